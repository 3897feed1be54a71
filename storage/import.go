package storage

import (
	"context"
	"fmt"
	"time"

	"depesche/feeds"
)

// MaxURL is the longest address of a feed that is stored, in bytes.
const MaxURL = maxURL

// AddFeeds is AddFeed for many, in one transaction: the result says of each
// whether it was added. A feed whose address is too long, or that stands there
// a second time, is not.
func (s *Store) AddFeeds(ctx context.Context, list []feeds.Feed, now time.Time) (added []bool, err error) {
	err = s.inTx(ctx, func(tx *tx) error {
		added = make([]bool, len(list)) // the transaction may be tried again
		var rows []feedRow
		if err := tx.query(ctx, &rows, `SELECT `+feedColumns+` FROM feeds`); err != nil {
			return err
		}
		known := make(map[string]feedRow, len(rows))
		for _, r := range rows {
			known[r.URL] = r
		}
		var fresh [][]any
		for i, f := range list {
			if len(f.URL) > maxURL {
				continue
			}
			f.Origin = feeds.OriginDesk
			if f.Role == "" {
				f.Role = feeds.RoleRival
			}
			r, ok := known[f.URL]
			switch {
			case !ok:
				fresh = append(fresh, newFeed(f, now))
			case r.Active:
				continue
			default:
				if err := tx.redeclare(ctx, r, f, now); err != nil {
					return fmt.Errorf("feed %q: %w", f.URL, err)
				}
			}
			added[i] = true
			known[f.URL] = feedRow{URL: f.URL, Active: true}
		}
		return tx.insertFeeds(ctx, fresh)
	})
	if err != nil {
		return nil, fmt.Errorf("add %d feeds: %w", len(list), err)
	}
	return added, nil
}
