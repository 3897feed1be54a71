package keyword

import (
	"cmp"
	"slices"
)

// Query is a parsed query. It is immutable and safe for concurrent use.
type Query struct {
	root *node
	text string
}

func newQuery(root *node) *Query {
	q := &Query{root: root}
	q.text = canonical(root)
	return q
}

// String gives the query in canonical form; parsing it again gives the same query.
func (q *Query) String() string { return q.text }

// Hit is one place where a term of the query was found.
type Hit struct {
	Term string `json:"term"` // as the query has it
	Text string `json:"text"` // as the text has it
	In   string `json:"in"`   // "title", "text", "source" or "keywords"

	// Start and End are bytes of that field's UTF-8, as it was given to
	// Analyse: Text is what stands between them. Among keywords they count in
	// the one keyword that was hit.
	Start int `json:"start"`
	End   int `json:"end"`
}

// Match reports whether the query accepts the document, and every place that
// made it so, in the order title, text, keywords, source, then by offset.
// A word without a field is looked for in title, text and keywords, never in
// the source. What a NOT names is never a hit. Of one term the first 1,000
// places are reported.
func (q *Query) Match(d *Document) ([]Hit, bool) {
	if !accepts(q.root, d, everywhere) {
		return nil, false
	}
	c := collector{d: d}
	c.collect(q.root, everywhere)
	return c.hits(), true
}

func accepts(n *node, d *Document, m mask) bool {
	switch n.op {
	case opTerm:
		return !n.term.find(d, m, func(int, int) bool { return false })
	case opField:
		return accepts(n.kids[0], d, fieldMasks[n.field])
	case opNot:
		return !accepts(n.kids[0], d, m)
	case opOr:
		for _, k := range n.kids {
			if accepts(k, d, m) {
				return true
			}
		}
		return false
	case opAnd:
		for _, k := range n.kids {
			if !accepts(k, d, m) {
				return false
			}
		}
		return true
	case opNear:
		return nearby(n, d, m, func(spot, spot) bool { return false })
	}
	return false
}

// spot is a term found at some pieces of a document.
type spot struct {
	term        *term
	first, last int
}

type collector struct {
	d     *Document
	spots []spot
}

// collect gathers what made a node match that is known to.
func (c *collector) collect(n *node, m mask) {
	switch n.op {
	case opTerm:
		c.spots = n.appendSpots(c.spots, c.d, m, mostSpots)
	case opField:
		c.collect(n.kids[0], fieldMasks[n.field])
	case opAnd:
		for _, k := range n.kids {
			c.collect(k, m)
		}
	case opOr:
		for _, k := range n.kids {
			if k.op == opTerm || accepts(k, c.d, m) {
				c.collect(k, m)
			}
		}
	case opNear:
		most := len(c.spots) + mostSpots
		nearby(n, c.d, m, func(a, b spot) bool {
			c.spots = append(c.spots, a, b)
			return len(c.spots) < most
		})
	}
}

// mostSpots bounds the hits of one term. Nobody reads more of them, and a
// text that repeats one word must not fill the memory.
const mostSpots = 1000

// appendSpots appends where a term, or one of several, stands, up to most
// places each.
func (n *node) appendSpots(spots []spot, d *Document, m mask, most int) []spot {
	if n.op == opTerm {
		most += len(spots)
		n.term.find(d, m, func(first, last int) bool {
			spots = append(spots, spot{n.term, first, last})
			return len(spots) < most
		})
		return spots
	}
	for _, k := range n.kids {
		spots = k.appendSpots(spots, d, m, most)
	}
	return spots
}

// nearby reports the pairs of places that stand no farther apart than n asks
// for, until yield says to stop; it says whether there was any.
func nearby(n *node, d *Document, m mask, yield func(a, b spot) bool) bool {
	left := n.kids[0].appendSpots(nil, d, m, len(d.hay))
	if len(left) == 0 {
		return false
	}
	found := false
	right := n.kids[1].appendSpots(nil, d, m, len(d.hay))
	slices.SortFunc(right, func(a, b spot) int { return cmp.Compare(a.first, b.first) })
	for _, a := range left {
		earliest := d.pieces[a.first].word - int32(n.near) - farWords/2
		from, _ := slices.BinarySearchFunc(right, earliest, func(b spot, word int32) int {
			return cmp.Compare(d.pieces[b.first].word, word)
		})
		for _, b := range right[from:] {
			if int(d.pieces[b.first].word-d.pieces[a.last].word) > n.near {
				break
			}
			if distance(d, a, b) > n.near {
				continue
			}
			found = true
			if !yield(a, b) {
				return true
			}
		}
	}
	return found
}

// distance counts the words from one place to the other; no word is near itself.
func distance(d *Document, a, b spot) int {
	if b.first < a.first {
		a, b = b, a
	}
	if b.first <= a.last {
		return farWords
	}
	return int(d.pieces[b.first].word - d.pieces[a.last].word)
}

// hits gives what was gathered, sorted, each once.
func (c *collector) hits() []Hit {
	slices.SortFunc(c.spots, func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last), cmp.Compare(a.term.text, b.term.text))
	})
	c.spots = slices.CompactFunc(c.spots, func(a, b spot) bool {
		return a.first == b.first && a.last == b.last && a.term.text == b.term.text
	})
	hits := make([]Hit, len(c.spots))
	for i, s := range c.spots {
		first, last := &c.d.pieces[s.first], &c.d.pieces[s.last]
		start, end := int(first.start), int(last.end)
		hits[i] = Hit{
			Term:  s.term.text,
			Text:  c.d.source(first)[start:end],
			In:    fieldNames[first.field],
			Start: start,
			End:   end,
		}
	}
	return hits
}

// source gives the text that a piece stands in.
func (d *Document) source(p *piece) string {
	switch p.field {
	case inTitle:
		return d.text.Title
	case inText:
		return d.text.Text
	case inKeywords:
		return d.text.Keywords[p.entry]
	}
	return d.text.Source
}
