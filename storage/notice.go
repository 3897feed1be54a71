package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"depesche/digest"
)

// SaveNotice implements digest.NoticeStore. What was told of a feed before is
// compared with what the notice was made by: of two processes that tell the
// same, one does.
func (s *Store) SaveNotice(ctx context.Context, r digest.Run, told []digest.Told) (bool, error) {
	err := s.inTx(ctx, func(tx *tx) error {
		for _, t := range told {
			n, err := tx.exec(ctx, `UPDATE feeds SET troubled = ?, flood_told = ? WHERE id = ? AND active
				AND troubled IS NOT DISTINCT FROM ? AND flood_told IS NOT DISTINCT FROM ?`,
				at(t.Troubled), at(t.Flood), t.Feed.ID, at(t.Feed.Troubled), at(t.Feed.FloodTold))
			if err != nil {
				return fmt.Errorf("feed %d: %w", t.Feed.ID, err)
			}
			if n == 0 {
				return errRan
			}
		}
		return tx.saveRun(ctx, r)
	})
	if errors.Is(err, errRan) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("save notice %q for %s (%d feeds): %w", r.Plan, r.Scheduled.UTC().Format(time.RFC3339), len(told), err)
	}
	return true, nil
}

// Arrived implements digest.NoticeStore.
func (s *Store) Arrived(ctx context.Context, feed int64, since time.Time) (n int, err error) {
	if err := s.row(ctx, &n, `SELECT COUNT(*) FROM items WHERE seen >= ? AND feed_id = ?`, at(since), feed); err != nil {
		return 0, fmt.Errorf("count items of feed %d since %s: %w", feed, since.UTC().Format(time.RFC3339), err)
	}
	return n, nil
}
