package digest

import (
	"cmp"
	"slices"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// Compose sorts the items into the plan's sections. It is a function of its
// arguments: list is what is known of the feeds, from and now say what the
// digest covers (from may be zero).
//
// The rules are asked in their order; an item stands under the first that
// takes it, and nowhere else. Inside a section the newest item is first, by
// Dated, then News.
func Compose(p Plan, items []feeds.Item, list []feeds.Feed, from, now time.Time) Digest {
	sections := make([][]*feeds.Item, len(p.Rules))
	answered := make([]bool, len(p.Rules))
	for i := range items {
		if first := place(p, &items[i], answered); first >= 0 {
			sections[first] = append(sections[first], &items[i])
		}
	}
	d := Digest{Plan: p, At: now, From: from, To: now, Coverage: cover(list)}
	for i, rule := range p.Rules {
		if len(sections[i]) > 0 {
			d.Sections = append(d.Sections, Section{Title: rule.Title, Items: sorted(sections[i])})
		}
		if !answered[i] {
			d.Coverage.Quiet = append(d.Coverage.Quiet, rule.Title)
		}
	}
	return d
}

// DayDigest is what the plan would have said of the items of one stretch of
// time, such as a day, whatever was sent already: its From and To are the
// stretch's ends. The feeds' state is today's.
func DayDigest(p Plan, items []feeds.Item, list []feeds.Feed, from, to time.Time) Digest {
	return Compose(p, items, list, from, to)
}

// place gives the first rule that takes the item, or -1, and notes in answered
// every rule that this item answers and none did before.
func place(p Plan, item *feeds.Item, answered []bool) int {
	m := matcher{item: item}
	first := -1
	for i := range p.Rules {
		if first >= 0 && answered[i] || !m.takes(&p.Rules[i]) {
			continue
		}
		if first < 0 {
			if !m.passes(p.Filter) {
				return -1
			}
			first = i
		}
		answered[i] = true
	}
	return first
}

// takes reports whether the plan shows the item.
func takes(p Plan, item feeds.Item) bool {
	return place(p, &item, make([]bool, len(p.Rules))) >= 0
}

// matcher asks rules about one item, whose text it analyses when a query first
// needs it.
type matcher struct {
	item *feeds.Item
	doc  *keyword.Document
}

func (m *matcher) takes(r *Rule) bool {
	switch {
	case r.After > 0 && m.item.News <= r.After:
		return false
	case r.All:
		return true
	case r.Query != nil:
		return m.accepts(r.Query)
	}
	return slices.ContainsFunc(m.item.Matches, func(match feeds.Match) bool { return match.Topic == r.Topic })
}

func (m *matcher) passes(filter *keyword.Query) bool {
	return filter == nil || m.accepts(filter)
}

func (m *matcher) accepts(q *keyword.Query) bool {
	if m.doc == nil {
		m.doc = keyword.Analyse(m.item.Text())
	}
	_, ok := q.Match(m.doc)
	return ok
}

// sorted copies the items, newest first.
func sorted(list []*feeds.Item) []feeds.Item {
	slices.SortStableFunc(list, newestFirst)
	out := make([]feeds.Item, len(list))
	for i, it := range list {
		out[i] = *it
	}
	return out
}

func newestFirst(a, b *feeds.Item) int {
	if c := b.Dated.Compare(a.Dated); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(b.News, a.News), cmp.Compare(b.ID, a.ID))
}

// cover says how far the feeds can be relied on.
func cover(list []feeds.Feed) Coverage {
	c := Coverage{Sources: len(list)}
	for _, f := range list {
		switch f.State {
		case feeds.StateFailing, feeds.StateGone:
			c.Broken = append(c.Broken, f)
		case feeds.StateOK, feeds.StateSlow, feeds.StateSilent, feeds.StateMoved:
			if !f.LastSuccess.IsZero() {
				c.Checked++
			}
			if f.State == feeds.StateSilent {
				c.Silent = append(c.Silent, f)
			}
		}
	}
	slices.SortStableFunc(c.Broken, longestFirst)
	slices.SortStableFunc(c.Silent, longestFirst)
	return c
}

// longestFirst orders by Since; a feed that was broken since nobody knows when
// comes last.
func longestFirst(a, b feeds.Feed) int {
	if a.Since.IsZero() != b.Since.IsZero() {
		if a.Since.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.URL, b.URL))
}
