package storage

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
)

// vocabulary holds every token of the archive in memory. It only grows, and is
// brought up to date by the serial numbers of the table, which become visible
// in their order because storing items is serial.
type vocabulary struct {
	mu    sync.Mutex
	last  int64
	list  []string // only appended to, so that a reader may keep a slice of it
	known map[string]struct{}
}

type tokenRow struct {
	ID    int64  `db:"id"`
	Token string `db:"token"`
}

// refresh reads what came since the last time. What a transaction that calls
// it has written itself must not be among it. The lock is not held during the
// query: who waits for a connection must not keep from its lock whom that
// connection waits for.
func (v *vocabulary) refresh(ctx context.Context, q selecter) error {
	v.mu.Lock()
	last := v.last
	v.mu.Unlock()
	var rows []tokenRow
	if err := q.query(ctx, &rows, `SELECT id, token FROM vocabulary WHERE id > ? ORDER BY id`, last); err != nil {
		return fmt.Errorf("read vocabulary after %d: %w", last, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil {
		v.known = make(map[string]struct{}, len(rows))
	}
	for _, r := range rows {
		v.last = max(v.last, r.ID)
		if _, ok := v.known[r.Token]; !ok {
			v.known[r.Token] = struct{}{}
			v.list = append(v.list, r.Token)
		}
	}
	return nil
}

// missing gives those words that are not known, in order.
func (v *vocabulary) missing(words map[string]bool) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, w := range slices.Sorted(maps.Keys(words)) {
		if _, ok := v.known[w]; !ok {
			out = append(out, w)
		}
	}
	return out
}

// all ranges over what was known at this moment.
func (v *vocabulary) all() iter.Seq[string] {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Values(v.list[:len(v.list):len(v.list)])
}
