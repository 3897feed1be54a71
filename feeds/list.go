package feeds

import (
	"context"
	"strings"

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
