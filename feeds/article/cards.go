package article

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What a card is: an element of a few lines of which one is a linked title.
const (
	cardLines = 5
	cardTitle = 15  // bytes of a linked title at least
	cardSize  = 700 // bytes of a card at most
)

// dropCards finds lists of other articles by their form, whatever they are
// called: two or more elements side by side that each hold a linked title and
// little else. The heading above them goes too. In an article's own text links
// stand between its paragraphs, and no element holds just the two.
func dropCards(page *rendered, drop []bool) {
	for n := range page.spans {
		if n.PrevSibling != nil && page.isCard(previousElement(n)) || !page.isCard(n) {
			continue // n does not begin a list
		}
		first, last, count := page.spans[n], page.spans[n], 0
		for c := n; page.isCard(c); c = nextElement(c) {
			last = page.spans[c]
			count++
		}
		if count < 2 {
			continue
		}
		from := first.from
		if from > 0 && page.lines[from-1].headsList() {
			from--
		}
		mark(drop, from, last.to)
	}
}

// headsList says whether the line may be the heading of a list.
func (l line) headsList() bool {
	return len(l.text) <= 60 && l.level != 1 && !endsSentence(l.text)
}

// isCard says whether an element holds a linked title and little else; one
// that holds nothing else is one in a list only.
func (r *rendered) isCard(n *html.Node) bool {
	if n == nil {
		return false
	}
	s, ok := r.spans[n]
	if !ok || s.to-s.from < 1 || s.to-s.from > cardLines || s.to-s.from == 1 && n.DataAtom != atom.Li {
		return false
	}
	titles, size := 0, 0
	for _, l := range r.lines[s.from:s.to] {
		size += len(l.text)
		if l.level == 1 {
			return false
		}
		if l.mostlyLinks() && len(l.text) >= cardTitle {
			titles++
		}
	}
	return titles >= 1 && size <= cardSize
}

func nextElement(n *html.Node) *html.Node {
	for n = n.NextSibling; n != nil && !isBox(n); n = n.NextSibling {
	}
	return n
}

func previousElement(n *html.Node) *html.Node {
	for n = n.PrevSibling; n != nil && !isBox(n); n = n.PrevSibling {
	}
	return n
}

// isBox says whether a node is an element that may hold lines.
func isBox(n *html.Node) bool {
	return n.Type == html.ElementNode && n.DataAtom != atom.Br && n.DataAtom != atom.Hr && n.DataAtom != atom.Script
}
