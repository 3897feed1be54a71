package feeds

import (
	"context"
	"iter"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Check says what is wrong with the selectors: a *ParseError that names the
// one at fault, and why; nil: nothing.
func (l List) Check() error {
	_, err := l.compile()
	return err
}

// lister is a List whose selectors are read. Those that are nil are not given.
type lister struct {
	list                              List
	entry, title, link, date, summary selector
}

func (l List) compile() (lister, error) {
	out := lister{list: l}
	if strings.TrimSpace(l.Entry) == "" {
		return out, unreadable(sayNoEntrySelector)
	}
	for _, s := range []struct {
		text string
		to   *selector
	}{{l.Entry, &out.entry}, {l.Title, &out.title}, {l.Link, &out.link}, {l.Date, &out.date}, {l.Summary, &out.summary}} {
		if strings.TrimSpace(s.text) == "" {
			continue
		}
		var err error
		if *s.to, err = parseSelector(s.text); err != nil {
			return out, err
		}
	}
	return out, nil
}

// read reads what answered for a feed: the feed, or the entries of the page that
// is followed in place of one.
func (f Feed) read(r Response) (reading, error) {
	if f.List == nil {
		return readBody(r.Body, r.ContentType, r.FinalURL, f.Marks)
	}
	doc, err := parseList(r.Body, r.ContentType, r.FinalURL, *f.List)
	return reading{doc: doc}, err
}

// ask asks for a feed; a page that is followed in place of one by the rules
// that its site has for robots (RFC 9309).
func (c *Client) ask(ctx context.Context, f Feed, v Validators, large func(context.Context) error) (Response, error) {
	if f.List != nil {
		resp, err := c.do(ctx, f.Address(), order{accept: acceptPage, have: v, robots: true, anew: true, large: large})
		return resp, unreachable(err)
	}
	return c.fetch(ctx, f.Address(), v, large)
}

// parseList reads the entries of an HTML page as if they were a feed's items.
// contentType is the HTTP header, base the address of the page; both may be
// empty. An entry without a link or a title is none; one that stands there
// twice counts once. A page without entries is an error: a layout that has
// changed must not look like a day without news.
func parseList(body []byte, contentType, base string, l List) (Document, error) {
	s, err := l.compile()
	if err != nil {
		return Document{}, err
	}
	p, err := parsePage(body, contentType, base)
	if err != nil {
		return Document{}, err
	}
	doc := p.entries(s)
	switch {
	case doc.Items == nil:
		return Document{}, unreadable(sayNoEntries, l.Entry)
	case len(doc.Items) == 0:
		return Document{}, unreadable(sayBareEntries, l.Entry)
	}
	return doc, nil
}

// entries reads the items of a page. Nil items: no entry matches; no items:
// none of those that do has both link and title.
func (p page) entries(s lister) Document {
	doc := Document{Title: p.title()}
	if p.base != nil {
		doc.Site = itemURL(p.base.String(), nil)
	}
	found := shallow(s.entry.all(p.root))
	if len(found) == 0 {
		return doc
	}
	doc.Items = []Item{}
	in := finder{title: setOfNodes(s.title, p.root), link: setOfNodes(s.link, p.root), date: setOfNodes(s.date, p.root), summary: setOfNodes(s.summary, p.root)}
	type look struct{ url, title string }
	seen := map[look]int{}
	for _, n := range found {
		it := in.item(entryAt(n), p.base)
		if it.URL == "" || it.Title == "" {
			continue
		}
		key := look{CanonicalURL(it.URL), it.Title}
		if at, again := seen[key]; again {
			doc.Items[at].fill(it)
			continue
		}
		if len(doc.Items) == maxItems {
			break
		}
		seen[key] = len(doc.Items)
		doc.Items = append(doc.Items, it)
	}
	return doc
}

// maxWithin is in how many other entries an entry may stand.
const maxWithin = 3

// shallow leaves out entries that stand in too many others: a selector that
// accepts every element would have a deep page read once for each.
func shallow(list []*html.Node) []*html.Node {
	within := map[*html.Node]int{} // entries that an entry stands in, itself included
	out := list[:0]
	for _, n := range list {
		up := n.Parent
		for up != nil && within[up] == 0 {
			up = up.Parent
		}
		if within[n] = within[up] + 1; within[n] <= maxWithin+1 {
			out = append(out, n)
		}
	}
	return out
}

// fill takes from a second mention of an item what the first one does not say.
func (it *Item) fill(other Item) {
	it.Summary = firstOf(it.Summary, other.Summary)
	if it.Published.IsZero() {
		it.Published = other.Published
	}
}

// title is what a page calls itself.
func (p page) title() string {
	for n := range p.root.Descendants() {
		if n.DataAtom == atom.Title && n.Namespace == "" {
			return nodeText(n, maxTitle)
		}
	}
	return ""
}

type nodes map[*html.Node]bool

// setOfNodes gives what a selector accepts; nil where there is no selector.
func setOfNodes(s selector, root *html.Node) nodes {
	if s == nil {
		return nil
	}
	out := nodes{}
	for _, n := range s.all(root) {
		out[n] = true
	}
	return out
}

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
