package feeds

import (
	"iter"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// entry is what is read as one entry: the element that was selected, and of a
// definition list (HTML, 4.4.9) what belongs to it: the <dd> after a <dt>, the
// <dt> before a <dd>.
type entry []*html.Node

func entryAt(n *html.Node) entry {
	out := entry{n}
	switch n.DataAtom {
	case atom.Dt:
		for d := sibling(n, true); d != nil && d.DataAtom == atom.Dd; d = sibling(d, true) {
			out = append(out, d)
		}
	case atom.Dd:
		d := sibling(n, false)
		for d != nil && d.DataAtom == atom.Dd {
			d = sibling(d, false)
		}
		if d != nil && d.DataAtom == atom.Dt {
			out = append(out, d)
		}
	}
	return out
}

// sibling gives the next element, or the one before.
func sibling(n *html.Node, next bool) *html.Node {
	for {
		if next {
			n = n.NextSibling
		} else {
			n = n.PrevSibling
		}
		if n == nil || n.Type == html.ElementNode {
			return n
		}
	}
}

// inside walks through what is in an entry, its own elements last: a selector
// that accepts both means what is inside.
func (e entry) inside() iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		for _, n := range e {
			for d := range n.Descendants() {
				if d.Type == html.ElementNode && !yield(d) {
					return
				}
			}
		}
		for _, n := range e {
			if !yield(n) {
				return
			}
		}
	}
}

// first gives the first of the nodes that is in the entry; nil: there is none.
func (e entry) first(of nodes) *html.Node {
	for d := range e.inside() {
		if of[d] {
			return d
		}
	}
	return nil
}

// finder finds the parts of an entry among what the selectors accept in the
// whole page; a part that is nil has no selector.
type finder struct{ title, link, date, summary nodes }

// item reads one entry; what is missing in it stays empty.
func (f finder) item(e entry, base *url.URL) Item {
	var it Item
	link := f.linkOf(e, base)
	if link == nil {
		return it
	}
	it.URL = linkURL(link, base)
	if f.title == nil {
		it.Title = titleOf(e, link, it.URL, base)
	} else if t := e.first(f.title); t != nil {
		it.Title = nodeText(t, maxTitle)
	}
	it.Published = f.dateOf(e)
	if f.summary == nil {
		return it
	}
	if s := e.first(f.summary); s != nil {
		it.Summary, _ = teaserAndText(html.EscapeString(teaserText(s)), "")
	}
	return it
}

// linkOf gives the link of an entry; nil where it has none that can be opened.
func (f finder) linkOf(e entry, base *url.URL) *html.Node {
	if f.link == nil {
		if linkURL(e[0], base) != "" {
			return e[0]
		}
		for d := range e.inside() {
			if linkURL(d, base) != "" {
				return d
			}
		}
		return nil
	}
	for d := range e.inside() {
		if !f.link[d] {
			continue
		}
		for l := range (entry{d}).inside() {
			if linkURL(l, base) != "" {
				return l
			}
		}
	}
	return nil
}

// session is what Java servers append to addresses for readers without
// cookies, another one at each request.
var session = regexp.MustCompile(`(?i);jsessionid=[^?#/]*`)

// linkURL gives the address that an element leads to; empty: it is no link to
// a page, or one to a place in the same page.
func linkURL(n *html.Node, base *url.URL) string {
	if n.DataAtom != atom.A {
		return ""
	}
	href := strings.TrimSpace(attr(n, "href"))
	if href == "" || href[0] == '#' {
		return ""
	}
	return itemURL(session.ReplaceAllString(href, ""), base)
}

var headings = map[atom.Atom]bool{atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true}

// calls are the words of links that say nothing of where they lead.
var calls = setOf("mehr weiter weiterlesen details detail more read continue reading lesen ansehen anzeigen erfahren artikel meldung beitrag zum zur den die das hier klicken download pdf")

// titleOf gives the title of an entry for which no selector was given: the
// heading that is linked, else the text of the link, else of another link to
// the same page, else any heading.
func titleOf(e entry, link *html.Node, address string, base *url.URL) string {
	heading := ""
	for d := range e.inside() {
		if !headings[d.DataAtom] {
			continue
		}
		text := nodeText(d, maxTitle)
		if text != "" && (within(link, d) || within(d, link) || leadsTo(d, address, base)) {
			return text
		}
		heading = firstOf(heading, text)
	}
	if text := nodeText(link, maxTitle); text != "" && !isCall(text) {
		return text
	}
	for d := range e.inside() {
		if linkURL(d, base) == address {
			if text := nodeText(d, maxTitle); text != "" && !isCall(text) {
				return text
			}
		}
	}
	return firstOf(heading, tidyText(cut(attr(link, "title"), maxTitle)), tidyText(cut(attr(link, "aria-label"), maxTitle)), nodeText(link, maxTitle))
}

// within says whether n is in outer.
func within(n, outer *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == outer {
			return true
		}
	}
	return false
}

// leadsTo says whether a link in n leads to the address.
func leadsTo(n *html.Node, address string, base *url.URL) bool {
	for d := range n.Descendants() {
		if linkURL(d, base) == address {
			return true
		}
	}
	return false
}

// isCall says whether a link's text is only a call to follow it.
func isCall(text string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if !calls[w] {
			return false
		}
	}
	return true
}

// dateTries is how many elements of an entry are looked at for its date: what a
// selector accepts may be thousands, one in the other, none of which has one.
const dateTries = 10

// dateOf reads when an entry was published: by its selector, else by its first
// time element.
func (f finder) dateOf(e entry) time.Time {
	tries := 0
	for d := range e.inside() {
		if f.date != nil && !f.date[d] || f.date == nil && d.DataAtom != atom.Time {
			continue
		}
		if t, ok := dateIn(d); ok {
			return t
		}
		if tries++; tries == dateTries {
			break
		}
	}
	return time.Time{}
}

// dateIn reads the date of an element: the machine-readable one that it or an
// element in it has (HTML, 4.5.14; microdata), else the first one in its text.
func dateIn(n *html.Node) (time.Time, bool) {
	if t, ok := machineDate(n); ok {
		return t, true
	}
	for d := range n.Descendants() {
		if t, ok := machineDate(d); ok {
			return t, true
		}
	}
	return dateInText(nodeText(n, 1000))
}

func machineDate(n *html.Node) (time.Time, bool) {
	if t, ok := parseDate(attr(n, "datetime")); ok || !hasAttr(n, "itemprop") {
		return t, ok
	}
	return parseDate(attr(n, "content"))
}

// textDates finds what may be a date in running text: "Schwerin, 9. März
// 2021", "[9.3.2021]", "Stand: 09.03.21, 14:30 Uhr", "2021-03-09".
var textDates = regexp.MustCompile(`(?i)\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\s?\d{1,2}\.\s?(?:\d{4}|\d{2})|\d{1,2}\.?\s[a-zäöü]{3,9}\.?\s\d{4})\b(?:,?\s(?:um\s)?\d{1,2}[:.]\d{2}(?:\sUhr)?)?`)

// dateInText reads the first date in running text.
func dateInText(s string) (time.Time, bool) {
	for _, m := range textDates.FindAllString(s, 10) {
		if t, ok := parseDate(m); ok {
			return t, true
		}
	}
	return time.Time{}, false
}
