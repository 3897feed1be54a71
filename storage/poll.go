package storage

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"depesche/feeds"
)

// SavePoll implements feeds.Store. It is feeds.ErrNotFound where the feed has
// left the list in the meantime; nothing is stored then.
func (s *Store) SavePoll(ctx context.Context, p feeds.Poll) (feeds.Saved, error) {
	p = cleanPoll(p)
	var saved feeds.Saved
	err := s.inTx(ctx, func(tx *tx) error {
		saved = feeds.Saved{Known: p.Skipped}
		if len(p.Items) == 0 {
			return tx.saveFeed(ctx, p, saved, 0)
		}
		done, err := s.ingest(ctx, tx, p)
		if err != nil {
			return err
		}
		saved = done.saved
		saved.Known += p.Skipped
		p := p
		p.Feed.Unstable = done.unstable
		return tx.saveFeed(ctx, p, saved, done.added)
	})
	if err != nil {
		return feeds.Saved{}, fmt.Errorf("save poll of %q (%d items): %w", p.Feed.URL, len(p.Items), err)
	}
	return saved, nil
}

// saveFeed stores the feed's new state. added is how many items were seen in
// it for the first time. Where a push wanted the feed polled again while this
// poll was under way, the next one comes soon and reads the whole body: this one
// may have seen what the feed said before.
func (t *tx) saveFeed(ctx context.Context, p feeds.Poll, saved feeds.Saved, added int) error {
	f := p.Feed.After(saved, p.At)
	n, err := t.updateFeed(ctx, p, f, saved, added, ` AND recheck = ?`, f.Recheck)
	if err == nil && n == 0 {
		f.ETag, f.LastModified, f.BodyHash, f.Marks = "", "", "", nil
		if f.Failures == 0 && !p.Again.IsZero() && p.Again.Before(f.NextPoll) {
			f.NextPoll = p.Again
		}
		n, err = t.updateFeed(ctx, p, f, saved, added, ``)
	}
	if err == nil && n == 0 {
		err = feeds.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("feed %d: %w", f.ID, err)
	}
	return nil
}

// updateFeed writes what a poll brought of a feed on the list, where it meets a
// condition besides.
func (t *tx) updateFeed(ctx context.Context, p feeds.Poll, f feeds.Feed, saved feeds.Saved, added int, condition string, more ...any) (changed int64, err error) {
	set := `etag = ?, last_modified = ?, validated = ?, state = ?, reason = ?, since = ?, failures = ?, last_poll = ?,
		last_success = ?, next_poll = ?, moved_to = ?, moved_since = ?, moved_polls = ?, adopted = ?, recovered = ?`
	args := []any{f.ETag, f.LastModified, f.From, string(f.State), f.Reason, at(f.Since), f.Failures, at(f.LastPoll),
		at(f.LastSuccess), at(f.NextPoll), f.Move.To, at(f.Move.Since), f.Move.Polls, f.Move.Adopted, at(f.Recovered)}
	if !bodiless(p) {
		set += `, title = ?, site = ?, body_hash = ?, items = items + ?, rhythm = ?, ttl = ?, skip_hours = ?, skip_days = ?,
		hub = ?, self = ?, last_body = ?, marks = ?, unstable = ?, flooded = ?, held = ?, renamed = ?`
		args = append(args, f.Title, f.Site, f.BodyHash, added, wholeSeconds(f.Rhythm), wholeSeconds(f.Asks.TTL), int64(f.Asks.SkipHours), int64(f.Asks.SkipDays),
			f.Asks.Hub, f.Asks.Self, at(f.LastBody), f.Marks, f.Unstable, at(f.Flooded), f.Held, f.Renamed)
	}
	if saved.New+saved.Held > 0 {
		set += `, last_new = ?`
		args = append(args, at(f.LastNew))
	}
	args = append(append(args, f.ID), more...)
	return t.exec(ctx, `UPDATE feeds SET `+set+` WHERE id = ? AND active`+condition, args...)
}

// bodiless says that a poll brought no body, as most do (304, failure): what
// the last one said still stands, marks of many kilobytes among it.
func bodiless(p feeds.Poll) bool {
	return len(p.Items) == 0 && p.Skipped == 0 && !p.Feed.LastBody.IsZero() && p.Feed.LastBody.Before(p.At)
}

// cleanPoll makes sure that no text of the poll is one that PostgreSQL refuses
// (NUL, broken UTF-8). The parser lets none through; a single one would keep
// its whole feed out for ever.
func cleanPoll(p feeds.Poll) feeds.Poll {
	f := &p.Feed
	for _, s := range []*string{&f.Title, &f.Site, &f.Reason, &f.Asks.Hub, &f.Asks.Self, &f.Move.To, &f.Move.Adopted} {
		*s = clean(*s)
	}
	// A validator goes back byte for byte or not at all.
	if f.ETag != clean(f.ETag) || f.LastModified != clean(f.LastModified) || f.From != clean(f.From) {
		f.Validators = feeds.Validators{}
	}
	items := make([]feeds.Entry, len(p.Items))
	for i, e := range p.Items {
		for _, s := range []*string{&e.GUID, &e.URL, &e.Title, &e.Summary, &e.Content, &e.Author, &e.Source, &e.Key, &e.Link} {
			*s = clean(*s)
		}
		e.Categories = mapped(e.Categories, clean)
		if e.Source == "" {
			e.Source = f.Label()
		}
		e.Published, e.Updated = at(e.Published).Time, at(e.Updated).Time
		items[i] = e
	}
	p.Items = items
	p.At = at(p.At).Time
	return p
}

func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

func mapped(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}

func wholeSeconds(d time.Duration) int64 { return int64(d / time.Second) }
