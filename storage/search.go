package storage

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// searchWindow is how many matches are ranked together.
const searchWindow = 100

// Search lists what the query accepts, best first: offset and limit page
// through it; more says whether there is another page. See the package comment
// for what best means. Nothing depends on now: a page stays what it is.
func (s *Store) Search(ctx context.Context, q *keyword.Query, now time.Time, offset, limit int) (found []feeds.Found, more bool, err error) {
	if offset < 0 || limit <= 0 {
		return nil, false, nil
	}
	page, err := s.ranked(ctx, q, offset, limit+1)
	if err == nil {
		found, err = s.load(ctx, page)
	}
	if err != nil {
		return nil, false, fmt.Errorf("search %.200q: %w", q, err)
	}
	if len(found) > limit {
		return found[:limit], true, nil
	}
	return found, false, nil
}

// ranked gives places offset to offset+limit of the whole order: window after
// window of matches, newest first, each in the order of its scores.
func (s *Store) ranked(ctx context.Context, q *keyword.Query, offset, limit int) ([]scored, error) {
	needs, err := s.needs(ctx, q)
	if err != nil || needs == nil {
		return nil, err
	}
	var page, window []scored
	passed := 0
	flush := func() {
		sortByScore(window)
		for _, m := range window {
			if passed++; passed > offset && len(page) < limit {
				page = append(page, m)
			}
		}
		window = nil
	}
	err = s.scan(ctx, q, needs, time.Time{}, func(c candidate, hits []keyword.Hit) bool {
		window = append(window, scored{candidate: c, hits: hits, score: score(hits, second(c.Slot))})
		if len(window) == searchWindow {
			flush()
		}
		return len(page) < limit
	})
	flush()
	return page, err
}

// Count counts what the query accepts among items seen since then. Of what a
// feed's first poll brought, only what is not older counts.
func (s *Store) Count(ctx context.Context, q *keyword.Query, since time.Time) (int, error) {
	needs, err := s.needs(ctx, q)
	n := 0
	if err == nil && needs != nil {
		err = s.scan(ctx, q, needs, since, func(candidate, []keyword.Hit) bool { n++; return true })
	}
	if err != nil {
		return 0, fmt.Errorf("count %.200q since %s: %w", q, since, err)
	}
	return n, nil
}

// needs says which tokens of the archive a match must have; nil: nothing can
// match, empty: any item may.
func (s *Store) needs(ctx context.Context, q *keyword.Query) ([][]string, error) {
	if err := s.vocabulary.refresh(ctx, s); err != nil {
		return nil, err
	}
	needs := [][]string{}
	for _, list := range q.Needs(s.vocabulary.all()) {
		switch list = indexable(list); {
		case len(list) == 0:
			return nil, nil
		case len(list) <= maxAlternatives:
			needs = append(needs, list)
		}
	}
	return needs, nil
}

// maxAlternatives is how many tokens one word may stand for in a question to
// the index. Beyond it the word is so common, such as an only letter with a
// star, that the newest items have it anyway.
const maxAlternatives = 2000

// candidate is an item that the index gives for a query.
type candidate struct {
	ID       int64 `db:"id"`
	Slot     int64 `db:"slot"`
	Revision int64 `db:"revision"`
}

// Sizes of the batches in which candidates are read: small first, because the
// newest ones usually suffice.
const (
	firstBatch = 120
	laterBatch = 1000
)

// scan calls yield with every item that the query accepts, newest first, until
// yield says no. The index gives candidates; the query itself decides, over
// the item's text. Nothing dated before the second of since is looked at.
func (s *Store) scan(ctx context.Context, q *keyword.Query, needs [][]string, since time.Time, yield func(candidate, []keyword.Hit) bool) error {
	query := `SELECT id, slot, revision FROM items WHERE slot >= ? AND slot < ? ORDER BY slot DESC LIMIT ?`
	var args []any
	if len(needs) > 0 {
		query = `SELECT items.id, items.slot, items.revision FROM item_index JOIN items ON items.slot = item_index.rowid
			WHERE ` + s.dialect.matches + ` AND item_index.rowid >= ? AND item_index.rowid < ?
			ORDER BY item_index.rowid DESC LIMIT ?`
		args = []any{s.dialect.expression(needs)}
	}
	oldest, before := int64(math.MinInt64), int64(math.MaxInt64)
	if !since.IsZero() {
		oldest = slot(since, 0)
	}
	for batch := firstBatch; ; batch = laterBatch {
		var list []candidate
		if err := s.query(ctx, &list, query, append(args[:len(args):len(args)], oldest, before, batch)...); err != nil {
			return fmt.Errorf("read candidates: %w", err)
		}
		docs, err := s.documents.get(ctx, s, list)
		if err != nil {
			return err
		}
		for i, c := range list {
			if hits, ok := q.Match(docs[i]); ok && !yield(c, hits) {
				return nil
			}
		}
		if len(list) < batch {
			return nil
		}
		before = list[len(list)-1].Slot
	}
}

// load reads the items of a page.
func (s *Store) load(ctx context.Context, page []scored) ([]feeds.Found, error) {
	ids := make([]int64, len(page))
	for i, m := range page {
		ids[i] = m.ID
	}
	rows, err := queryIn[itemRow](ctx, s, `SELECT `+itemColumns+` FROM items WHERE id IN (?)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	byID := make(map[int64]feeds.Item, len(rows))
	list := make([]feeds.Item, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.item())
	}
	if err := s.addMatches(ctx, list); err != nil {
		return nil, err
	}
	for _, it := range list {
		byID[it.ID] = it
	}
	found := make([]feeds.Found, 0, len(page))
	for _, m := range page {
		if it, ok := byID[m.ID]; ok {
			found = append(found, feeds.Found{Item: it, Hits: m.hits})
		}
	}
	return found, nil
}

// scored is one match with its score.
type scored struct {
	candidate
	hits  []keyword.Hit
	score float64
}

// halfLife is the age by which a match counts half.
const halfLife = 30 * 24 * time.Hour

// score is the binary logarithm of
//
//	(sum over distinct terms of the weight of the term's best place) * 2^(dated / halfLife)
//
// As age enters as a factor, the order of two items never changes as time goes by.
func score(hits []keyword.Hit, dated time.Time) float64 {
	best := map[string]float64{}
	for _, h := range hits {
		best[h.Term] = max(best[h.Term], placeWeight(h.In))
	}
	sum := 0.0
	for _, w := range best {
		sum += w
	}
	if sum == 0 {
		sum = 1 // accepted by what it does not say
	}
	return math.Log2(sum) + float64(dated.UnixMicro())/float64(halfLife.Microseconds())
}

// placeWeight is what a hit in a field is worth.
func placeWeight(in string) float64 {
	switch in {
	case "title":
		return 4
	case "keywords":
		return 2
	default:
		return 1
	}
}

// sortByScore puts the best first; of equals, the newest.
func sortByScore(list []scored) {
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.Slot, a.Slot))
	})
}
