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
const searchWindow = 200

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
		window = append(window, scored{candidate: c, hits: hits, score: score(hits, c.Dated.Time)})
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
	needs := q.Needs(s.vocabulary.all())
	for i := range needs {
		if needs[i] = indexable(needs[i]); len(needs[i]) == 0 {
			return nil, nil
		}
	}
	if needs == nil {
		needs = [][]string{}
	}
	return needs, nil
}

// candidate is an item that the index gives for a query.
type candidate struct {
	ID       int64 `db:"id"`
	Dated    stamp `db:"dated"`
	Revision int64 `db:"revision"`
}

// Sizes of the batches in which candidates are read: small first, because the
// newest ones usually suffice.
const (
	firstBatch = 250
	laterBatch = 1000
)

// scan calls yield with every item that the query accepts, newest first by
// Dated, then by ID, until yield says no. The index gives candidates; the
// query itself decides, over the item's text.
func (s *Store) scan(ctx context.Context, q *keyword.Query, needs [][]string, since time.Time, yield func(candidate, []keyword.Hit) bool) error {
	from, where, args := `items`, `items.dated >= ?`, []any{at(since)}
	if since.IsZero() {
		where, args = `1 = 1`, nil
	}
	if len(needs) > 0 {
		from = `item_index JOIN items ON items.id = item_index.rowid`
		where = s.dialect.matches + ` AND ` + where
		args = append([]any{s.dialect.expression(needs)}, args...)
	}
	batch := firstBatch
	for {
		var list []candidate
		err := s.query(ctx, &list, `SELECT items.id, items.dated, items.revision FROM `+from+` WHERE `+where+
			` ORDER BY items.dated DESC, items.id DESC LIMIT ?`, append(args[:len(args):len(args)], batch)...)
		if err != nil {
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
		last := list[len(list)-1]
		if batch == firstBatch {
			where += ` AND (items.dated, items.id) < (?, ?)`
			args = append(args[:len(args):len(args)], at(last.Dated.Time), last.ID)
		} else {
			args[len(args)-2], args[len(args)-1] = at(last.Dated.Time), last.ID
		}
		batch = laterBatch
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
		return cmp.Or(cmp.Compare(b.score, a.score), b.Dated.Compare(a.Dated.Time), cmp.Compare(b.ID, a.ID))
	})
}
