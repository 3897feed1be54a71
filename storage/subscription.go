package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

type subscriptionRow struct {
	ID       int64  `db:"id"`
	Target   string `db:"target"`
	Cadence  string `db:"cadence"`
	Query    string `db:"query"`
	Creator  string `db:"creator"`
	Language string `db:"language"`
	Created  stamp  `db:"created"`
	After    int64  `db:"after"`
}

const subscriptionColumns = `id, target, cadence, query, creator, language, created, after`

func (r subscriptionRow) subscription() digest.Subscription {
	return digest.Subscription{ID: r.ID, Query: r.Query, Cadence: digest.Cadence(r.Cadence), Target: r.Target,
		Creator: r.Creator, Language: r.Language, Created: r.Created.Time, After: r.After}
}

// Subscriptions lists those of one target, oldest first; of all where target
// is empty.
func (s *Store) Subscriptions(ctx context.Context, target string) ([]digest.Subscription, error) {
	var rows []subscriptionRow
	err := s.query(ctx, &rows, `SELECT `+subscriptionColumns+` FROM subscriptions WHERE ? = '' OR target = ? ORDER BY id`,
		target, target)
	if err != nil {
		return nil, fmt.Errorf("list subscriptions of %q: %w", target, err)
	}
	list := make([]digest.Subscription, len(rows))
	for i, r := range rows {
		list[i] = r.subscription()
	}
	return list, nil
}

// Subscribe stores a subscription and gives it its ID and After. Where the
// same query, cadence and target are already there, it gives the existing one
// and created is false.
func (s *Store) Subscribe(ctx context.Context, sub digest.Subscription) (stored digest.Subscription, created bool, err error) {
	err = s.inTx(ctx, func(tx *tx) error {
		var after int64
		if err := tx.row(ctx, &after, `SELECT news FROM counters`); err != nil {
			return err
		}
		var r subscriptionRow
		err := tx.row(ctx, &r, `INSERT INTO subscriptions (target, cadence, query_key, query, creator, language, created, after)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (target, cadence, query_key) DO NOTHING RETURNING `+subscriptionColumns,
			sub.Target, string(sub.Cadence), shorten(sub.Query), sub.Query, sub.Creator, sub.Language, at(sub.Created), after)
		if created = err == nil; errors.Is(err, sql.ErrNoRows) {
			err = tx.row(ctx, &r, `SELECT `+subscriptionColumns+` FROM subscriptions
				WHERE target = ? AND cadence = ? AND query_key = ?`, sub.Target, string(sub.Cadence), shorten(sub.Query))
		}
		stored = r.subscription()
		return err
	})
	if err != nil {
		return digest.Subscription{}, false, fmt.Errorf("subscribe %q to %.200q (%s): %w", sub.Target, sub.Query, sub.Cadence, err)
	}
	return stored, created, nil
}

// Unsubscribe ends a subscription; feeds.ErrNotFound where there is none.
func (s *Store) Unsubscribe(ctx context.Context, id int64) error {
	err := s.inTx(ctx, func(tx *tx) error {
		n, err := tx.exec(ctx, `DELETE FROM subscriptions WHERE id = ?`, id)
		if err == nil && n == 0 {
			err = feeds.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("unsubscribe %d: %w", id, err)
	}
	return nil
}

// subscribed gives the queries of all subscriptions. One that can no longer be
// read is left out; digest.CheckSubscriptions names it.
func (t *tx) subscribed(ctx context.Context) ([]*keyword.Query, error) {
	var list []string
	if err := t.query(ctx, &list, `SELECT DISTINCT query FROM subscriptions`); err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	var queries []*keyword.Query
	for _, text := range list {
		if q, err := keyword.Parse(text); err == nil {
			queries = append(queries, q)
		}
	}
	return queries, nil
}

// remember is how long Once knows a key: Slack delivers an event again for an
// hour, and a day after an outage ("Delayed events").
const remember = 25 * time.Hour

// Once reports whether the key is new; it remembers it for 25 hours.
func (s *Store) Once(ctx context.Context, key string, now time.Time) (bool, error) {
	key = shorten(clean(key))
	var fresh bool
	err := s.inTx(ctx, func(tx *tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM requests WHERE at <= ?`, at(now.Add(-remember))); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `INSERT INTO requests (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key, at(now))
		fresh = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("remember request %.200q: %w", key, err)
	}
	return fresh, nil
}
