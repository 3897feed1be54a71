package storage

import (
	"context"
	"fmt"
	"time"
)

// holdKept is how long a hold that is over stays in the table at least. No
// server is believed that asks for more than seven days.
const holdKept = 8 * 24 * time.Hour

// Hold implements feeds.Store. Of two wishes the later one holds, as another
// process may know more, unless it is later than any that is believed: then a
// clock was wrong. Holds that are long over are forgotten.
func (s *Store) Hold(ctx context.Context, host string, until time.Time) error {
	err := s.inTx(ctx, func(tx *tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM holds WHERE until < ?`, at(until.Add(-holdKept))); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO holds (host, until) VALUES (?, ?)
			ON CONFLICT (host) DO UPDATE SET until = excluded.until
			WHERE holds.until < excluded.until OR holds.until > ?`, clean(host), at(until), at(until.Add(holdKept)))
		return err
	})
	if err != nil {
		return fmt.Errorf("hold host %q until %v: %w", host, until.UTC(), err)
	}
	return nil
}

// Holds implements feeds.Store. One that no server is believed is none.
func (s *Store) Holds(ctx context.Context, now time.Time) (map[string]time.Time, error) {
	var rows []struct {
		Host  string `db:"host"`
		Until stamp  `db:"until"`
	}
	if err := s.query(ctx, &rows, `SELECT host, until FROM holds WHERE until > ? AND until < ?`, at(now), at(now.Add(holdKept))); err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.Host] = r.Until.Time
	}
	return out, nil
}
