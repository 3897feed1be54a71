package feeds

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of a suggestion.
const (
	minEntries = 3  // fewer are no list
	maxTries   = 60 // selectors that are tried on a page

	maxSuggestNesting = 300_000 // see maxPageNesting: a large page of news has 60,000

	plainHeading = 12 // characters that a headline has as a rule; menus have fewer
	longHeading  = 25 // and what it must have where nothing else speaks for news
)

// suggestion is a way to read a page's entries, and what it gives.
type suggestion struct {
	list  List
	items []Item
	score float64
}

// suggest proposes the selectors by which a page's news can be followed: it
// tries what repeats in the page, and takes what gives the most entries that
// look like news (a headline, a page of its own, a date). False where nothing
// in the page looks like that.
func (p page) suggest() (suggestion, bool) {
	var best suggestion
	if p.nesting > maxSuggestNesting {
		return best, false
	}
	apart := p.furnitureOf()
	for _, selector := range p.repeated(apart) {
		s, ok := p.try(List{Entry: selector}, apart)
		if ok && s.score > best.score {
			best = s
		}
	}
	return best, best.score > 0
}

// repeated lists selectors of what there is three times or more with a link in
// it or around it, what there is most often first.
func (p page) repeated(apart map[*html.Node]bool) []string {
	type group struct {
		selector string
		linked   int
		place    int
	}
	groups := map[string]*group{}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode || !entryLike[n.DataAtom] || apart[n] {
			continue
		}
		if linkURL(n, p.base) == "" && !holdsLink(n) {
			continue
		}
		for _, s := range selectorsOf(n) {
			if groups[s] == nil {
				groups[s] = &group{selector: s, place: len(groups)}
			}
			groups[s].linked++
		}
	}
	var list []*group
	for _, g := range groups {
		if g.linked >= minEntries {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *group) int { return cmp.Or(cmp.Compare(b.linked, a.linked), cmp.Compare(a.place, b.place)) })
	var out []string
	for _, g := range list[:min(len(list), maxTries)] {
		out = append(out, g.selector)
	}
	return out
}

// entryLike elements may be entries of a list.
var entryLike = map[atom.Atom]bool{
	atom.Article: true, atom.Li: true, atom.Div: true, atom.Tr: true, atom.Dd: true, atom.A: true, atom.Section: true, atom.P: true,
	atom.H2: true, atom.H3: true, atom.H4: true,
}

// furniture is what a page has around its content.
var furniture = map[atom.Atom]bool{atom.Nav: true, atom.Header: true, atom.Footer: true, atom.Aside: true, atom.Form: true}

// furnished are parts of class names and ids that say the same.
var furnished = regexp.MustCompile(`(?i)(?:^|[-_\s])(?:nav|navi|navigation|menu|menue|breadcrumbs?|footer|pager|pagination|sidebar|social|share|cookie|widget|tagcloud|sitemap|skip)(?:$|[-_\s])`)

// furnitureOf marks the elements that belong to the furniture of a page. The
// header of an article is none.
func (p page) furnitureOf() map[*html.Node]bool {
	out := map[*html.Node]bool{}
	var walk func(n *html.Node, apart, article bool)
	walk = func(n *html.Node, apart, article bool) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			article := article || c.DataAtom == atom.Article || c.DataAtom == atom.Main
			apart := apart || furniture[c.DataAtom] && (c.DataAtom != atom.Header || !article) ||
				c.DataAtom != atom.Body && c.DataAtom != atom.Html && furnished.MatchString(cut(attr(c, "class"), 300)+" "+cut(attr(c, "id"), 100))
			if apart {
				out[c] = true
			}
			walk(c, apart, article)
		}
	}
	walk(p.root, false, false)
	return out
}

func holdsLink(n *html.Node) bool {
	seen := 0
	for d := range n.Descendants() {
		if d.DataAtom == atom.A && hasAttr(d, "href") {
			return true
		}
		if seen++; seen > 400 {
			return false
		}
	}
	return false
}

// selectorsOf gives selectors by which an element may be told from others: by
// each of its classes, else by where it stands.
func selectorsOf(n *html.Node) []string {
	out := byClasses(n)
	if n.DataAtom == atom.Div || n.DataAtom == atom.P || n.DataAtom == atom.Section || n.DataAtom == atom.A && len(out) > 0 {
		if len(out) > 0 {
			return out
		}
	}
	if at := placeOf(n.Parent, 3); at != "" {
		out = append(out, at+" > "+n.Data)
	} else if n.DataAtom == atom.Article {
		out = append(out, n.Data)
	}
	return out
}

// placeOf names an element by its id or a class of its own or of what it stands in.
func placeOf(n *html.Node, depth int) string {
	if n == nil || n.Type != html.ElementNode || depth == 0 {
		return ""
	}
	if id := attr(n, "id"); plainName.MatchString(id) && !strings.ContainsAny(id, "0123456789") {
		return "#" + id
	}
	if c := byClasses(n); len(c) > 0 {
		return c[0]
	}
	if n.DataAtom == atom.Main {
		return "main"
	}
	if at := placeOf(n.Parent, depth-1); at != "" {
		return at + " > " + n.Data
	}
	return ""
}

var (
	// plainName is a name that stands in a selector as it is.
	plainName = regexp.MustCompile(`^-?[A-Za-z_][A-Za-z0-9_-]{1,60}$`)
	// passing are names that change: made by tools, of one entry, of its state,
	// or of a grid.
	passing = regexp.MustCompile(`(?i)^(?:odd|even|first|last|active|current|clearfix|row|col|grid|item|even|left|right|show|open|has-.*|is-.*|js-.*|col-.*|post-\d+|id-?\d+|mt-.*|mb-.*|p[xytblr]?-.*|m[xytblr]?-.*|d-.*|w-.*|text-.*|css-.*|sc-.*|jsx-.*|topnews)$|\d{3,}|[a-z]\d[a-z]|__[A-Za-z0-9]{5,}$`)
)

func byClasses(n *html.Node) []string {
	var out []string
	for c := range strings.FieldsSeq(cut(attr(n, "class"), 500)) {
		if plainName.MatchString(c) && !passing.MatchString(c) && len(out) < 4 {
			out = append(out, n.Data+"."+c)
		}
	}
	return out
}

// try reads a page by a selector of entries, finds selectors for their parts,
// and judges what comes of it.
func (p page) try(l List, apart map[*html.Node]bool) (suggestion, bool) {
	s, err := l.compile()
	if err != nil {
		return suggestion{}, false
	}
	found := shallow(s.entry.all(p.root))
	if len(found) < minEntries || len(found) > 500 {
		return suggestion{}, false
	}
	var entries []entry
	for _, n := range found {
		if !apart[n] {
			entries = append(entries, entryAt(n))
		}
	}
	if len(entries) < minEntries || len(entries)*5 < len(found)*4 {
		return suggestion{}, false
	}
	l.Title = shared(entries, 0.8, headingOf)
	l.Date = p.dateSelector(entries)
	l.Summary = shared(entries, 0.5, teaserOf)
	if s, err = l.compile(); err != nil {
		return suggestion{}, false
	}
	out := suggestion{list: l, items: p.entries(s).Items}
	out.score = judge(out.items, len(found), l)
	return out, out.score > 0
}

// shared gives the selector that the part which most entries have goes by;
// empty where fewer than that share of them agree.
func shared(entries []entry, share float64, part func(entry) string) string {
	count := map[string]int{}
	best := ""
	for _, e := range entries {
		s := part(e)
		if s == "" {
			continue
		}
		if count[s]++; count[s] > count[best] {
			best = s
		}
	}
	if float64(count[best]) < share*float64(len(entries)) {
		return ""
	}
	return best
}

// headingOf names the heading of an entry.
func headingOf(e entry) string {
	for d := range e.inside() {
		if headings[d.DataAtom] && d != e[0] && nodeText(d, 300) != "" {
			return d.Data
		}
	}
	return ""
}

// teaserOf names the longest paragraph of an entry that is not its heading.
func teaserOf(e entry) string {
	longest, name := 40, ""
	for d := range e.inside() {
		if d.DataAtom != atom.P && (d.DataAtom != atom.Div || holdsBlocks(d)) || d == e[0] {
			continue
		}
		if n := utf8.RuneCountInString(teaserText(d)); n > longest {
			longest, name = n, partName(d)
		}
	}
	return name
}

func holdsBlocks(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && !inline[d.DataAtom] && d.DataAtom != atom.Br && d.DataAtom != atom.Img {
			return true
		}
	}
	return false
}

// partName names an element inside an entry.
func partName(n *html.Node) string {
	if c := byClasses(n); len(c) > 0 {
		return "." + strings.SplitN(c[0], ".", 2)[1]
	}
	if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		nth := 1
		for s := sibling(n, false); s != nil; s = sibling(s, false) {
			nth++
		}
		return n.Data + ":nth-child(" + strconv.Itoa(nth) + ")"
	}
	if n.DataAtom == atom.Div {
		return ""
	}
	return n.Data
}

// dateSelector finds where entries have their dates; empty where time elements
// tell them, or nothing does.
func (p page) dateSelector(entries []entry) string {
	timed := 0
	for _, e := range entries {
		if !(finder{}).dateOf(e).IsZero() {
			timed++
		}
	}
	if timed*2 > len(entries) {
		return ""
	}
	return shared(entries, 0.5, dateOfEntry)
}

// dateOfEntry names the innermost element that begins with a date, a few words
// before it allowed.
func dateOfEntry(e entry) string {
	for d := range e.inside() {
		if d == e[0] || headings[d.DataAtom] || d.DataAtom == atom.A {
			continue
		}
		text := nodeText(d, 300)
		at := textDates.FindStringIndex(text)
		if at == nil || at[0] > 60 {
			continue
		}
		if _, ok := dateInText(text); !ok {
			continue
		}
		inner := d
		for c := range d.Descendants() {
			if c.Type == html.ElementNode && textDates.MatchString(nodeText(c, 300)) {
				inner = c
			}
		}
		return firstOf(partName(inner), partName(d))
	}
	if at := textDates.FindStringIndex(nodeText(e[0], 300)); at != nil && at[0] <= 30 {
		return partName(e[0])
	}
	return ""
}

// judge says how much a list of items looks like news; 0: not at all.
func judge(items []Item, matched int, l List) float64 {
	if len(items) < minEntries || len(items)*4 < matched*3 {
		return 0
	}
	pages, titles, dated, length, teased, called := map[string]bool{}, map[string]bool{}, 0, 0, 0, 0
	for _, it := range items {
		pages[CanonicalURL(it.URL)], titles[it.Title] = true, true
		length += min(utf8.RuneCountInString(it.Title), 120)
		if utf8.RuneCountInString(it.Title) > 250 || isCall(it.Title) {
			called++
		}
		if !it.Published.IsZero() {
			dated++
		}
		if it.Summary != "" {
			teased++
		}
	}
	n := len(items)
	average := float64(length) / float64(n)
	switch {
	case len(pages)*10 < n*9 || len(titles)*10 < n*8 || called*5 > n:
		return 0
	case average < plainHeading, dated*2 < n && average < longHeading:
		return 0
	case dated*2 < n && teased*2 < n && l.Title == "":
		return 0
	}
	share := func(k int) float64 { return float64(k) / float64(n) }
	score := float64(min(n, 30))/10 + 6*share(dated) + 2*share(teased) + min(average, 60)/30
	if l.Title != "" {
		score++
	}
	if strings.Contains(l.Entry, ".") {
		score += 0.5
	}
	return score - 0.05*float64(strings.Count(l.Entry, " ")) - 0.002*float64(len(l.Entry))
}
