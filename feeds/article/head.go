package article

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// head is what a page declares about its article: meta elements, links,
// microdata and JSON-LD.
type head struct {
	meta      map[string][]string // by lower-cased name, property or itemprop
	titleTag  string
	h1        []string
	canonical string
	paid      bool
	ld        linkedData
	times     []string // <time> elements that say they are of publication
	bylines   []string
	tags      []string // links with rel="tag" inside the article
}

// readHead collects it from the whole page, since declarations stand in bodies too.
func readHead(doc *html.Node, base *url.URL) *head {
	h := &head{meta: map[string][]string{}}
	if base == nil {
		base = &url.URL{}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Meta:
			h.addMeta(n)
		case atom.Title:
			if h.titleTag == "" && !within(n, atom.Svg) {
				h.titleTag = clean(textOf(n))
			}
		case atom.H1:
			if t := clean(textOf(n)); t != "" && len(t) <= maxTitle && len(h.h1) < 10 {
				h.h1 = append(h.h1, t)
			}
		case atom.Link:
			if h.canonical == "" && hasWord(attr(n, "rel"), "canonical") {
				h.canonical = absolute(base, attr(n, "href"))
			}
		case atom.Script:
			if media, _, _ := strings.Cut(attr(n, "type"), ";"); strings.EqualFold(strings.TrimSpace(media), "application/ld+json") {
				h.ld.read(textOf(n))
			}
		case atom.Time:
			h.addTime(n)
		case atom.A, atom.Span, atom.P, atom.Div, atom.Address, atom.Li:
			h.addByline(n)
		}
	}
	if h.canonical == "" {
		h.canonical = absolute(base, h.first("og:url"))
	}
	h.paid = h.ld.paid || strings.EqualFold(h.first("isaccessibleforfree"), "false") || strings.EqualFold(h.first("article:content_tier"), "locked")
	return h
}

func (h *head) addMeta(n *html.Node) {
	content := clean(html.UnescapeString(attr(n, "content")))
	if content == "" || len(content) > 10_000 {
		return
	}
	for _, key := range []string{"name", "property", "itemprop"} {
		if name := strings.ToLower(strings.TrimSpace(attr(n, key))); name != "" && len(h.meta[name]) < 100 {
			h.meta[name] = append(h.meta[name], content)
		}
	}
}

// addTime keeps <time> where it is declared to be the article's publication.
func (h *head) addTime(n *html.Node) {
	class := strings.ToLower(attr(n, "class"))
	published := strings.EqualFold(attr(n, "itemprop"), "datePublished") || hasAttr(n, "pubdate") ||
		hasWord(class, "published") || hasWord(class, "entry-date") || hasWord(class, "dt-published")
	if s := attr(n, "datetime"); published && s != "" && len(h.times) < 10 && !within(n, atom.Aside, atom.Nav, atom.Li) {
		h.times = append(h.times, s)
	}
}

// addByline keeps what names an author by microdata, rel or the class names of
// the usual systems, and the tags.
func (h *head) addByline(n *html.Node) {
	rel := attr(n, "rel")
	if n.DataAtom == atom.A && hasWord(rel, "tag") && !hasWord(rel, "category") {
		if len(h.tags) < maxKeywords && within(n, atom.Article, atom.Main) && !within(n, atom.Aside, atom.Nav) {
			h.tags = append(h.tags, clean(textOf(n)))
		}
		return
	}
	class := strings.ToLower(attr(n, "class"))
	if !hasWord(rel, "author") && !hasWord(attr(n, "itemprop"), "author") && !hasWord(class, "author") && !hasWord(class, "byline") &&
		!hasWord(class, "autor") && !hasWord(class, "p-author") && !hasWord(class, "entry-author") { //nolint:misspell // German class names
		return
	}
	if t := clean(textOf(n)); t != "" && len(t) <= 100 && len(h.bylines) < 5 && !within(n, atom.Aside, atom.Nav) {
		h.bylines = append(h.bylines, t)
	}
}

// first gives the first value among names, in their order.
func (h *head) first(names ...string) string {
	for _, name := range names {
		if v := h.meta[name]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// title prefers what a reader sees, the only headline there is or the one that
// the declarations agree with, to what the page declares for others.
func (h *head) title(page *rendered) string {
	declared := orElse(h.ld.headline, h.first("og:title", "twitter:title", "dc.title", "dcterms.title", "title", "headline"))
	site := fold(h.first("og:site_name", "application-name"))
	for _, t := range h.h1 {
		f := fold(t)
		if len(h.h1) == 1 && f != site && len(f) > 12 || len(f) > 8 && alike(f, fold(declared)) {
			return t
		}
	}
	if t := orElse(h.withoutSite(declared), h.withoutSite(h.titleTag)); t != "" {
		return t
	}
	for _, l := range page.lines {
		if l.level > 0 && !l.side {
			return cut(l.text, maxTitle)
		}
	}
	return ""
}

// alike says whether one title holds the other.
func alike(a, b string) bool {
	return a != "" && b != "" && (strings.Contains(a, b) || strings.Contains(b, a))
}

var titleTail = regexp.MustCompile(`^(.{10,}?)\s+[|–—»·•-]\s+([^|–—»·•]{2,60})$`)

// withoutSite takes "| Rathaus-Rundschau" off the end of a title.
func (h *head) withoutSite(t string) string {
	if m := titleTail.FindStringSubmatch(t); m != nil {
		site := fold(h.first("og:site_name", "application-name"))
		if site == "" || strings.Contains(fold(m[2]), site) || strings.Contains(site, fold(m[2])) {
			t = m[1]
		}
	}
	return cut(t, maxTitle)
}

// siteName is the outlet's name; its host where it says none.
func (h *head) siteName(base *url.URL) string {
	if s := orElse(h.first("og:site_name"), orElse(h.ld.publisher, h.first("application-name", "dc.publisher", "publisher"))); s != "" && !strings.Contains(s, "://") {
		return cut(s, 120)
	}
	if u, err := url.Parse(h.canonical); err == nil && base == nil {
		base = u
	}
	return siteOf(base)
}

func siteOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

var byPrefix = regexp.MustCompile(`(?i)^(?:(?:ein )?(?:artikel|beitrag|bericht|text|geschrieben|veröffentlicht)?\s*(?:von|by)|autor(?:in|en)?\s*:)\s+`) //nolint:misspell // German

// author gives the names that the page declares.
func (h *head) author() string {
	var out []string
	add := func(names ...string) {
		for _, name := range names {
			name = byPrefix.ReplaceAllString(clean(name), "")
			if name != "" && len(name) <= 100 && !strings.Contains(name, "://") && !strings.HasPrefix(name, "@") && !slices.Contains(out, name) && len(out) < 10 {
				out = append(out, name)
			}
		}
	}
	add(h.ld.authors...)
	for _, name := range []string{"author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "cxenseparse:author"} {
		if len(out) == 0 {
			add(h.meta[name]...)
		}
	}
	if len(h.bylines) > 0 && !realName(strings.Join(out, ", "), "") && realName(byPrefix.ReplaceAllString(h.bylines[0], ""), "") {
		out = nil // a page declares "admin" or its desk, and names the author to the reader
	}
	if len(out) == 0 && len(h.bylines) > 0 {
		add(h.bylines[0])
	}
	return strings.Join(out, ", ")
}

// published gives what the page declares, best first.
func (h *head) published() time.Time {
	candidates := []string{h.ld.published}
	candidates = append(candidates, h.first("article:published_time"), h.first("og:article:published_time", "og:published_time"), h.first("datepublished"))
	candidates = append(candidates, h.times...)
	for _, name := range []string{"dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "publish-date", "publication_date",
		"pubdate", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "citation_publication_date", "date", "dc.date", "dcterms.date"} {
		candidates = append(candidates, h.first(name))
	}
	candidates = append(candidates, h.ld.pagePublished)
	for _, s := range candidates {
		if t := parseStamp(s); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func hasWord(list, word string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(w string) bool { return strings.EqualFold(w, word) })
}

// textOf gives the text under an element, scripts included; <br> is a space.
func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom == atom.Br:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// absolute gives an address in full; empty where it is none of the web.
func absolute(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > 4096 {
		return ""
	}
	u, err := base.Parse(ref)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// cut bounds a text at a rune's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// fold makes texts comparable that differ in case, quotes and dashes only.
func fold(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch r {
		case '„', '“', '”', '"', '»', '«', '\'', '’', '‘', '‚', '-', '–', '—', ' ', '\u00a0':
			return -1
		}
		return r
	}, s))
}
