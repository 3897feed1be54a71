package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"depesche/feeds"
)

type webSubRow struct {
	ID        int64  `db:"id"`
	FeedID    int64  `db:"feed_id"`
	Hub       string `db:"hub"`
	Topic     string `db:"topic"`
	Base      string `db:"base"`
	Token     string `db:"token"`
	Secret    string `db:"secret"`
	State     string `db:"state"`
	Reason    string `db:"reason"`
	Lease     stamp  `db:"lease"`
	Requested stamp  `db:"requested"`
	Failures  int    `db:"failures"`
	NextTry   stamp  `db:"next_try"`
	LastPush  stamp  `db:"last_push"`
	Checked   stamp  `db:"checked"`
	Missed    int    `db:"missed"`
	Recent    words  `db:"recent"`
	Version   int64  `db:"version"`
}

const webSubColumns = `id, feed_id, hub, topic, base, token, secret, state, reason, lease, requested, failures, next_try,
  last_push, checked, missed, recent, version`

func (r webSubRow) webSub() feeds.WebSub {
	return feeds.WebSub{
		ID: r.ID, FeedID: r.FeedID, Hub: r.Hub, Topic: r.Topic, Base: r.Base, Token: r.Token, Secret: r.Secret,
		State: feeds.WebSubState(r.State), Reason: r.Reason, Lease: r.Lease.Time, Requested: r.Requested.Time,
		Failures: r.Failures, NextTry: r.NextTry.Time, LastPush: r.LastPush.Time, Checked: r.Checked.Time,
		Missed: r.Missed, Recent: r.Recent, Version: r.Version,
	}
}

// WebSubs implements feeds.HubStore.
func (s *Store) WebSubs(ctx context.Context) ([]feeds.WebSub, error) {
	var rows []webSubRow
	if err := s.query(ctx, &rows, `SELECT `+webSubColumns+` FROM websub ORDER BY next_try NULLS LAST, id`); err != nil {
		return nil, fmt.Errorf("list subscriptions at hubs: %w", err)
	}
	list := make([]feeds.WebSub, len(rows))
	for i, r := range rows {
		list[i] = r.webSub()
	}
	return list, nil
}

// WebSub implements feeds.HubStore.
func (s *Store) WebSub(ctx context.Context, token string) (feeds.WebSub, error) {
	var r webSubRow
	err := s.row(ctx, &r, `SELECT `+webSubColumns+` FROM websub WHERE token = ?`, token)
	if errors.Is(err, sql.ErrNoRows) {
		err = feeds.ErrNotFound
	}
	if err != nil {
		return feeds.WebSub{}, fmt.Errorf("look up a callback: %w", err) // its token is a secret
	}
	return r.webSub(), nil
}

// AddWebSub implements feeds.HubStore.
func (s *Store) AddWebSub(ctx context.Context, w feeds.WebSub) error {
	err := s.inTx(ctx, func(tx *tx) error {
		_, err := tx.exec(ctx, `INSERT INTO websub (feed_id, hub, topic, base, token, secret, state, next_try, checked)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (feed_id, hub, topic, base) DO NOTHING`,
			w.FeedID, clean(w.Hub), clean(w.Topic), w.Base, w.Token, w.Secret, string(w.State), at(w.NextTry), at(w.Checked))
		return err
	})
	if err != nil {
		return fmt.Errorf("add subscription of feed %d at a hub: %w", w.FeedID, err)
	}
	return nil
}

// errOutdated rolls back a change of what has changed meanwhile.
var errOutdated = errors.New("it was changed meanwhile")

// UpdateWebSub implements feeds.HubStore.
func (s *Store) UpdateWebSub(ctx context.Context, w feeds.WebSub) (bool, error) {
	err := s.inTx(ctx, func(tx *tx) error {
		n, err := tx.updateWebSub(ctx, w)
		if err == nil && n == 0 {
			err = errOutdated
		}
		if err != nil {
			return err
		}
		return tx.setPushed(ctx, w)
	})
	if errors.Is(err, errOutdated) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change subscription %d at a hub (%s): %w", w.ID, w.State, err)
	}
	return true, nil
}

func (t *tx) updateWebSub(ctx context.Context, w feeds.WebSub) (changed int64, err error) {
	if w.State == feeds.WebSubEnded {
		return t.exec(ctx, `DELETE FROM websub WHERE id = ? AND version = ?`, w.ID, w.Version)
	}
	return t.exec(ctx, `UPDATE websub SET state = ?, reason = ?, lease = ?, requested = ?, failures = ?, next_try = ?, last_push = ?,
		checked = ?, missed = ?, recent = ?, version = version + 1 WHERE id = ? AND version = ?`,
		string(w.State), clean(w.Reason), at(w.Lease), at(w.Requested), w.Failures, at(w.NextTry), at(w.LastPush),
		at(w.Checked), w.Missed, words(w.Recent), w.ID, w.Version)
}

// setPushed notes until when a feed is pushed: by the trusted one of its
// subscriptions that lasts longest.
func (t *tx) setPushed(ctx context.Context, w feeds.WebSub) error {
	var rows []webSubRow
	if err := t.query(ctx, &rows, `SELECT `+webSubColumns+` FROM websub WHERE feed_id = ?`, w.FeedID); err != nil {
		return err
	}
	var until time.Time
	for _, r := range rows {
		if r.webSub().Trusted() && r.Lease.After(until) {
			until = r.Lease.Time
		}
	}
	_, err := t.exec(ctx, `UPDATE feeds SET pushed = ? WHERE id = ?`, at(until), w.FeedID)
	return err
}

// FeedByID implements feeds.PushStore.
func (s *Store) FeedByID(ctx context.Context, id int64) (feeds.Feed, error) {
	list, err := s.feedsWhere(ctx, feedColumns+`, marks`, `active AND id = ?`, id)
	if err == nil && len(list) == 0 {
		err = feeds.ErrNotFound
	}
	if err != nil {
		return feeds.Feed{}, fmt.Errorf("look up feed %d: %w", id, err)
	}
	return list[0], nil
}

// SavePush implements feeds.PushStore. It is feeds.ErrNotFound where the feed
// has left the list in the meantime; nothing is stored then.
func (s *Store) SavePush(ctx context.Context, p feeds.Poll) (feeds.Saved, error) {
	p = cleanPoll(p)
	if len(p.Items) == 0 {
		return feeds.Saved{Known: p.Skipped}, nil
	}
	var saved feeds.Saved
	err := s.inTx(ctx, func(tx *tx) error {
		done, err := s.ingest(ctx, tx, p)
		if err != nil {
			return err
		}
		saved = done.saved
		saved.Known += p.Skipped
		f := p.Feed.After(saved, p.At)
		set, args := `items = items + ?`, []any{done.added}
		if saved.New > 0 {
			set += `, last_new = ?`
			args = append(args, at(p.At))
		}
		if saved.Held+saved.Renamed > 0 {
			set += `, flooded = ?, held = ?, renamed = ?`
			args = append(args, at(f.Flooded), f.Held, f.Renamed)
		}
		if saved.Updated > 0 {
			set += `, etag = '', last_modified = '', body_hash = '', marks = NULL, ` + soonerSQL
			args = append(args, at(p.Again), at(p.Again))
		}
		if f.State != p.Feed.State { // it was silent
			set += `, state = ?, reason = ?, since = ?`
			args = append(args, string(f.State), f.Reason, at(f.Since))
		}
		n, err := tx.exec(ctx, `UPDATE feeds SET `+set+` WHERE id = ? AND active`, append(args, p.Feed.ID)...)
		if err == nil && n == 0 {
			err = feeds.ErrNotFound
		}
		return err
	})
	if err != nil {
		return feeds.Saved{}, fmt.Errorf("save push of %q (%d items): %w", p.Feed.URL, len(p.Items), err)
	}
	return saved, nil
}

// soonerSQL makes a feed due at a time or before, and keeps a poll that is under
// way from having the last word. A feed that fails waits for its turn: its
// server may have asked for it.
const soonerSQL = `recheck = recheck + 1, next_poll = CASE WHEN failures = 0 AND next_poll > ? THEN ? ELSE next_poll END`

// PollBy implements feeds.PushStore.
func (s *Store) PollBy(ctx context.Context, feed int64, by time.Time) error {
	err := s.inTx(ctx, func(tx *tx) error {
		_, err := tx.exec(ctx, `UPDATE feeds SET `+soonerSQL+` WHERE id = ?`, at(by), at(by), feed)
		return err
	})
	if err != nil {
		return fmt.Errorf("have feed %d polled soon: %w", feed, err)
	}
	return nil
}
