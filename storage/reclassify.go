package storage

import (
	"context"
	"fmt"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// reclassifyBatch is how many items Reclassify reads at a time; polls wait
// meanwhile.
const reclassifyBatch = 250

// Reclassify applies new and changed topics to the archive, oldest item first.
// It goes on where an earlier call was interrupted, and does nothing where
// every topic is applied. Polls go on beside it. It never makes an item news:
// what a topic catches in retrospect is found, not announced. progress may be
// nil; it is told after every batch how many of how many items are done.
func (s *Store) Reclassify(ctx context.Context, progress func(done, total int)) error {
	for {
		var done, total int64
		more := false
		err := s.inTx(ctx, func(tx *tx) (err error) {
			done, total, more, err = tx.reclassify(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("reclassify the archive: %w", err)
		}
		if progress != nil && total > 0 {
			progress(int(done), int(total))
		}
		if !more {
			return nil
		}
	}
}

// reclassify does one batch. Because polls are kept out, an end that it
// reaches is the end: what is stored later was classified by all topics.
func (t *tx) reclassify(ctx context.Context) (done, total int64, more bool, err error) {
	if err := t.lockIngest(ctx); err != nil {
		return 0, 0, false, err
	}
	var rows []topicRow
	if err := t.query(ctx, &rows, `SELECT name, query, applied FROM topics WHERE applied IS NOT NULL ORDER BY position`); err != nil {
		return 0, 0, false, err
	}
	if len(rows) == 0 {
		return 0, 0, false, nil
	}
	topics, err := parseTopics(rows)
	if err != nil {
		return 0, 0, false, err
	}
	begin := *rows[0].Applied
	for _, r := range rows {
		begin = min(begin, *r.Applied)
	}
	var items []itemRow
	err = t.query(ctx, &items, `SELECT `+itemColumns+` FROM items WHERE id > ? ORDER BY id LIMIT ?`, begin, reclassifyBatch)
	if err != nil {
		return 0, 0, false, err
	}
	var matches [][]any
	for _, r := range items {
		doc := keyword.Analyse(r.item().Text())
		for i, topic := range topics {
			if *rows[i].Applied < r.ID {
				matches = append(matches, matchRows(r.ID, r.Slot, feeds.Classify([]feeds.Topic{topic}, doc))...)
			}
		}
	}
	if err := t.insertMatches(ctx, matches); err != nil {
		return 0, 0, false, err
	}
	if err := t.row(ctx, &total, `SELECT item FROM counters`); err != nil {
		return 0, 0, false, err
	}
	if len(items) < reclassifyBatch {
		if _, err = t.exec(ctx, `UPDATE topics SET applied = NULL WHERE applied IS NOT NULL`); err == nil {
			err = t.analyse(ctx) // a topic may have gone from no match to many
		}
		return total, total, false, err
	}
	done = items[len(items)-1].ID
	_, err = t.exec(ctx, `UPDATE topics SET applied = ? WHERE applied < ?`, done, done)
	return done, total, true, err
}
