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
		if list = indexable(list); s.dialect.prefixes {
			list = prefixed(list, s.vocabulary.all())
		}
		switch {
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

// span is a part of the archive to look for candidates in, by slots:
// [oldest, before).
type span struct {
	condition      string // on item_index, with one argument; empty: every item is a candidate
	expression     string
	oldest, before int64
}

// scan calls yield with every item that the query accepts, newest first, until
// yield says no. The index gives candidates; the query itself decides, over
// the item's text. Nothing dated before the second of since is looked at.
func (s *Store) scan(ctx context.Context, q *keyword.Query, needs [][]string, since time.Time, yield func(candidate, []keyword.Hit) bool) error {
	all := span{oldest: math.MinInt64, before: math.MaxInt64}
	if !since.IsZero() {
		all.oldest = slot(since, 0)
	}
	if len(needs) > 0 {
		all.condition, all.expression = s.dialect.matchesRare, s.dialect.expression(needs)
	}
	if len(needs) == 0 || s.dialect.stretch == 0 || !since.IsZero() {
		_, _, err := s.scanSpan(ctx, q, all, yield)
		return err
	}
	bound, total, err := s.stretch(ctx)
	if err != nil {
		return err
	}
	newest, rest := all, all
	newest.condition, newest.oldest, rest.before = s.dialect.matches, bound, bound
	n, stopped, err := s.scanSpan(ctx, q, newest, yield)
	if err != nil || stopped {
		return err
	}
	if isCommon(n, s.dialect.stretch, total) {
		rest.condition = s.dialect.matches
	}
	_, _, err = s.scanSpan(ctx, q, rest, yield)
	return err
}

// stretch gives the slot of the item that ends the newest stretch, and how
// many items there are.
func (s *Store) stretch(ctx context.Context) (bound, total int64, err error) {
	var r struct {
		Bound *int64 `db:"bound"`
		Total int64  `db:"total"`
	}
	err = s.row(ctx, &r, `SELECT item AS total, (SELECT slot FROM items ORDER BY slot DESC LIMIT 1 OFFSET ?) AS bound
		FROM counters`, s.dialect.stretch)
	if err != nil {
		return 0, 0, fmt.Errorf("measure the archive: %w", err)
	}
	if r.Bound == nil {
		return math.MinInt64, r.Total, nil
	}
	return *r.Bound, r.Total, nil
}

// isCommon says whether to go on through the archive item by item rather than
// have the index fetch all matches: n of the newest stretch matched. Going
// through costs about four times as much an item, but ends with the batch.
func isCommon(n, stretch int, total int64) bool {
	share := float64(n) / float64(stretch)
	return share > 0 && 4*firstBatch/share < share*float64(total)
}

// scanSpan is scan in one span. n counts the candidates.
func (s *Store) scanSpan(ctx context.Context, q *keyword.Query, in span, yield func(candidate, []keyword.Hit) bool) (n int, stopped bool, err error) {
	query := `SELECT id, slot, revision FROM items WHERE slot >= ? AND slot < ? ORDER BY slot DESC LIMIT ?`
	var args []any
	if in.condition != "" {
		query = `SELECT items.id, items.slot, items.revision FROM item_index JOIN items ON items.slot = item_index.rowid
			WHERE ` + in.condition + ` AND item_index.rowid >= ? AND item_index.rowid < ?
			ORDER BY item_index.rowid DESC LIMIT ?`
		args = []any{in.expression}
	}
	for batch := firstBatch; ; batch = laterBatch {
		var list []candidate
		if err := s.query(ctx, &list, query, append(args[:len(args):len(args)], in.oldest, in.before, batch)...); err != nil {
			return n, false, fmt.Errorf("read candidates: %w", err)
		}
		n += len(list)
		docs, err := s.documents.get(ctx, s, list)
		if err != nil {
			return n, false, err
		}
		for i, c := range list {
			if hits, ok := q.Match(docs[i]); ok && !yield(c, hits) {
				return n, true, nil
			}
		}
		if len(list) < batch {
			return n, false, nil
		}
		in.before = list[len(list)-1].Slot
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
