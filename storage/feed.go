package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"depesche/feeds"
)

// maxURL is the longest address of a feed, in bytes.
const maxURL = 2000

type feedRow struct {
	ID           int64  `db:"id"`
	URL          string `db:"url"`
	Name         string `db:"name"`
	Title        string `db:"title"`
	Site         string `db:"site"`
	Role         string `db:"role"`
	Owner        string `db:"owner"`
	FullText     bool   `db:"full_text"`
	Origin       string `db:"origin"`
	Active       bool   `db:"active"`
	ETag         string `db:"etag"`
	LastModified string `db:"last_modified"`
	Validated    string `db:"validated"`
	BodyHash     string `db:"body_hash"`
	State        string `db:"state"`
	Reason       string `db:"reason"`
	Since        stamp  `db:"since"`
	Failures     int    `db:"failures"`
	LastPoll     stamp  `db:"last_poll"`
	LastSuccess  stamp  `db:"last_success"`
	NextPoll     stamp  `db:"next_poll"`
	LastNew      stamp  `db:"last_new"`
	Items        int    `db:"items"`
	List         string `db:"list"`
	Rhythm       int64  `db:"rhythm"`
	TTL          int64  `db:"ttl"`
	SkipHours    int64  `db:"skip_hours"`
	SkipDays     int64  `db:"skip_days"`
	Hub          string `db:"hub"`
	Self         string `db:"self"`
	LastBody     stamp  `db:"last_body"`
	MovedTo      string `db:"moved_to"`
	MovedSince   stamp  `db:"moved_since"`
	MovedPolls   int    `db:"moved_polls"`
	Adopted      string `db:"adopted"`
	Marks        []byte `db:"marks"`
	Unstable     int    `db:"unstable"`
	Troubled     stamp  `db:"troubled"`
	Flooded      stamp  `db:"flooded"`
	Pushed       stamp  `db:"pushed"`
	Held         int    `db:"held"`
	Renamed      int    `db:"renamed"`
	FloodTold    stamp  `db:"flood_told"`
	Recovered    stamp  `db:"recovered"`
	Recheck      int64  `db:"recheck"`
}

const feedColumns = `id, url, name, title, site, role, owner, full_text, origin, active, etag, last_modified, validated,
  body_hash, state, reason, since, failures, last_poll, last_success, next_poll, last_new, items,
  list, rhythm, ttl, skip_hours, skip_days, hub, self, last_body, moved_to, moved_since, moved_polls, adopted,
  unstable, troubled, flooded, pushed, held, renamed, flood_told, recovered, recheck`

func (r feedRow) feed() feeds.Feed {
	return feeds.Feed{
		ID: r.ID, URL: r.URL, Name: r.Name, Title: r.Title, Site: r.Site,
		Role: feeds.Role(r.Role), Owner: r.Owner, FullText: r.FullText, Origin: feeds.Origin(r.Origin),
		Validators: feeds.Validators{ETag: r.ETag, LastModified: r.LastModified, From: r.Validated}, BodyHash: r.BodyHash,
		State: feeds.State(r.State), Reason: r.Reason, Since: r.Since.Time, Failures: r.Failures,
		LastPoll: r.LastPoll.Time, LastSuccess: r.LastSuccess.Time, NextPoll: r.NextPoll.Time,
		LastNew: r.LastNew.Time, Items: r.Items,
		List: listOf(r.List), Rhythm: time.Duration(r.Rhythm) * time.Second, LastBody: r.LastBody.Time, Marks: r.Marks,
		Asks: feeds.Asks{
			TTL: time.Duration(r.TTL) * time.Second, SkipHours: uint32(r.SkipHours), SkipDays: uint8(r.SkipDays), // sets of 24 and 7 bits
			Hub: r.Hub, Self: r.Self,
		},
		Move:     feeds.Move{To: r.MovedTo, Since: r.MovedSince.Time, Polls: r.MovedPolls, Adopted: r.Adopted},
		Unstable: r.Unstable, Troubled: r.Troubled.Time, Flooded: r.Flooded.Time, Pushed: r.Pushed.Time,
		Held: r.Held, Renamed: r.Renamed, FloodTold: r.FloodTold.Time, Recovered: r.Recovered.Time,
		Recheck: r.Recheck,
	}
}

// listOf reads the selectors of a page that is followed; what cannot be read
// is a page whose list is empty, and says so when it is polled.
func listOf(stored string) *feeds.List {
	if stored == "" {
		return nil
	}
	var l feeds.List
	if err := json.Unmarshal([]byte(stored), &l); err != nil {
		return &feeds.List{}
	}
	return &l
}

// listText writes the selectors of a page; the same list gives the same text.
func listText(l *feeds.List) string {
	if l == nil {
		return ""
	}
	text, err := json.Marshal(l)
	if err != nil {
		return "" // strings alone can always be written
	}
	return string(text)
}

func (s *Store) feedsWhere(ctx context.Context, columns, clause string, args ...any) ([]feeds.Feed, error) {
	var rows []feedRow
	if err := s.query(ctx, &rows, `SELECT `+columns+` FROM feeds WHERE `+clause, args...); err != nil {
		return nil, err
	}
	list := make([]feeds.Feed, len(rows))
	for i, r := range rows {
		list[i] = r.feed()
	}
	return list, nil
}

// Feeds lists the feeds that are on the list, in the order in which they came
// onto it.
func (s *Store) Feeds(ctx context.Context) ([]feeds.Feed, error) {
	list, err := s.feedsWhere(ctx, feedColumns, `active ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list feeds: %w", err)
	}
	return list, nil
}

// skew is how far the clocks of two processes may be apart.
const skew = time.Hour

// Due implements feeds.Store. A feed that was polled in the future, by a clock
// that was wrong, is due too.
func (s *Store) Due(ctx context.Context, now time.Time, all bool) ([]feeds.Feed, error) {
	list, err := s.feedsWhere(ctx, feedColumns, `active AND state <> ? AND (? OR next_poll IS NULL OR next_poll <= ? OR last_poll > ?)
		ORDER BY next_poll NULLS FIRST, id`, string(feeds.StateGone), all, at(now), at(now.Add(skew)))
	if err != nil {
		return nil, fmt.Errorf("list due feeds: %w", err)
	}
	return list, nil
}

// Marks implements feeds.Store. It is feeds.ErrNotFound where there is no such feed.
func (s *Store) Marks(ctx context.Context, feed int64) ([]byte, error) {
	var marks []byte
	err := s.row(ctx, &marks, `SELECT marks FROM feeds WHERE id = ?`, feed)
	if errors.Is(err, sql.ErrNoRows) {
		err = feeds.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read marks of feed %d: %w", feed, err)
	}
	return marks, nil
}

// SyncFeeds brings the list of feeds in step with those that the configuration
// declares. A new one is added; a known one gets its declared name, role,
// owner and full_text; one that is no longer declared leaves the list but
// keeps its items, and starts like new should it come back. What the desk
// added stays, unless the file declares it too: then it is the file's.
func (s *Store) SyncFeeds(ctx context.Context, declared []feeds.Feed, now time.Time) error {
	err := s.inTx(ctx, func(tx *tx) error {
		var rows []feedRow
		if err := tx.query(ctx, &rows, `SELECT `+feedColumns+` FROM feeds`); err != nil {
			return err
		}
		known := make(map[string]feedRow, len(rows))
		for _, r := range rows {
			known[r.URL] = r
		}
		var added [][]any
		before := map[string]bool{} // declared already; the first one counts
		for _, f := range declared {
			if before[f.URL] {
				continue
			}
			before[f.URL] = true
			f.Origin = feeds.OriginFile
			if r, ok := known[f.URL]; !ok {
				added = append(added, newFeed(f, now))
			} else if err := tx.redeclare(ctx, r, f, now); err != nil {
				return fmt.Errorf("feed %q: %w", f.URL, err)
			}
			delete(known, f.URL)
		}
		for _, r := range known {
			if r.Active && r.Origin == string(feeds.OriginFile) {
				if _, err := tx.exec(ctx, `UPDATE feeds SET active = ? WHERE id = ?`, false, r.ID); err != nil {
					return fmt.Errorf("feed %q: %w", r.URL, err)
				}
			}
		}
		return tx.insertFeeds(ctx, added)
	})
	if err != nil {
		return fmt.Errorf("sync %d declared feeds: %w", len(declared), err)
	}
	return nil
}

// redeclare gives a known feed the fields that f declares, and puts it back on
// the list where it had left it: as a new one, so that what it carried in the
// meantime is not announced all at once.
func (t *tx) redeclare(ctx context.Context, r feedRow, f feeds.Feed, now time.Time) error {
	if !r.Active {
		_, err := t.exec(ctx, `UPDATE feeds SET active = ?, state = ?, reason = '', since = ?, failures = 0, etag = '',
			last_modified = '', body_hash = '', marks = NULL, last_body = NULL, last_success = NULL, next_poll = NULL,
			moved_to = '', moved_since = NULL, moved_polls = 0, adopted = '', unstable = 0, troubled = NULL,
			flooded = NULL, held = 0, renamed = 0, flood_told = NULL, recovered = NULL WHERE id = ?`,
			true, string(feeds.StateNew), at(now), r.ID)
		if err != nil {
			return err
		}
	}
	if r.Name == f.Name && r.Role == string(f.Role) && r.Owner == f.Owner && r.FullText == f.FullText &&
		r.Origin == string(f.Origin) && r.List == listText(f.List) {
		return nil
	}
	if r.List != listText(f.List) { // what was read by other selectors is not what is read now
		if _, err := t.exec(ctx, `UPDATE feeds SET list = ?, etag = '', last_modified = '', body_hash = '', marks = NULL,
			next_poll = NULL WHERE id = ?`, listText(f.List), r.ID); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `UPDATE feeds SET name = ?, role = ?, owner = ?, full_text = ?, origin = ? WHERE id = ?`,
		f.Name, string(f.Role), f.Owner, f.FullText, string(f.Origin), r.ID)
	return err
}

func newFeed(f feeds.Feed, now time.Time) []any {
	if f.Role == "" {
		f.Role = feeds.RoleRival
	}
	return []any{f.URL, f.Name, string(f.Role), f.Owner, f.FullText, string(f.Origin), true, string(feeds.StateNew), at(now), listText(f.List)}
}

func (t *tx) insertFeeds(ctx context.Context, rows [][]any) error {
	return t.insert(ctx, `INSERT INTO feeds (url, name, role, owner, full_text, origin, active, state, since, list)`,
		`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, ``, rows)
}

// AddFeed puts a feed on the list for the desk. It is false where a feed of
// this address is on it already, which stays as it is.
func (s *Store) AddFeed(ctx context.Context, f feeds.Feed, now time.Time) (added bool, err error) {
	if len(f.URL) > maxURL {
		return false, fmt.Errorf("add feed: its address has %d bytes; %d are the most", len(f.URL), maxURL)
	}
	f.Origin = feeds.OriginDesk
	if f.Role == "" {
		f.Role = feeds.RoleRival
	}
	err = s.inTx(ctx, func(tx *tx) error {
		var r feedRow
		err := tx.row(ctx, &r, `SELECT `+feedColumns+` FROM feeds WHERE url = ?`, f.URL)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			added = true
			return tx.insertFeeds(ctx, [][]any{newFeed(f, now)})
		case err != nil:
			return err
		case r.Active:
			added = false
			return nil
		}
		added = true
		return tx.redeclare(ctx, r, f, now)
	})
	if err != nil {
		return false, fmt.Errorf("add feed %q: %w", f.URL, err)
	}
	return added, nil
}

// ErrDeclared is what RemoveFeed answers for a feed of the configuration file.
var ErrDeclared = errors.New("the configuration file declares this feed; remove it there")

// RemoveFeed takes a feed that the desk added off the list; its items stay. It
// is feeds.ErrNotFound where no such feed is on the list, and ErrDeclared for
// one that the configuration declares.
func (s *Store) RemoveFeed(ctx context.Context, url string) error {
	err := s.inTx(ctx, func(tx *tx) error {
		var r feedRow
		err := tx.row(ctx, &r, `SELECT `+feedColumns+` FROM feeds WHERE url = ?`, url)
		switch {
		case errors.Is(err, sql.ErrNoRows) || err == nil && !r.Active:
			return feeds.ErrNotFound
		case err != nil:
			return err
		case r.Origin == string(feeds.OriginFile):
			return ErrDeclared
		}
		_, err = tx.exec(ctx, `UPDATE feeds SET active = ? WHERE id = ?`, false, r.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove feed %q: %w", url, err)
	}
	return nil
}
