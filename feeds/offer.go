package feeds

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// feedTypes are the media types of link elements that lead to feeds.
var feedTypes = map[string]string{
	"application/rss+xml":   "rss",
	"application/rdf+xml":   "rss",
	"application/atom+xml":  "atom",
	"application/feed+json": "json",
	"text/xml":              "rss",
	"application/xml":       "rss",
}

// feedLink is an address that may be a feed's.
type feedLink struct {
	url, title, kind string
	declared         bool // by <link rel="alternate"> with the type of a feed
}

func (l feedLink) comments() bool {
	return strings.Contains(l.url, "/comments/") || strings.Contains(strings.ToLower(l.title), "kommentar") || strings.Contains(strings.ToLower(l.title), "comments feed")
}

// rank orders links: what the page declares, then what looks like it; comments last.
func (l feedLink) rank() int {
	switch {
	case l.comments():
		return 2
	case !l.declared:
		return 1
	}
	return 0
}

// feedLinks lists what a page names as feeds: <link rel="alternate"> (HTML,
// 4.6.7.1), and links that look like one.
func (p page) feedLinks() []feedLink {
	var out []feedLink
	seen := map[string]bool{}
	for n := range p.root.Descendants() {
		if n.DataAtom != atom.Link && n.DataAtom != atom.A || len(out) == maxCandidates {
			continue
		}
		media, _, _ := strings.Cut(strings.ToLower(attr(n, "type")), ";")
		kind := feedTypes[strings.TrimSpace(media)]
		l := feedLink{url: feedURL(attr(n, "href"), p.base), kind: kind, title: tidyText(cut(attr(n, "title"), maxTitle))}
		l.declared = kind != "" && hasWord(attr(n, "rel"), "alternate")
		if l.url == "" || seen[l.url] || !l.declared && (n.DataAtom != atom.A || !p.leadsToFeed(n, l.url)) {
			continue
		}
		seen[l.url] = true
		out = append(out, l)
	}
	return out
}

// linked lists the feeds that a page declares in link elements; nobody asked them.
func linked(text []byte, base *url.URL) []Candidate {
	p, err := parsePage(text, "", base.String())
	if err != nil {
		return nil
	}
	var out []Candidate
	for _, l := range p.feedLinks() {
		if l.declared && !l.comments() {
			out = append(out, Candidate{URL: l.url, Title: l.title, Type: l.kind, Untold: true})
		}
	}
	return out
}

var (
	feedPath = regexp.MustCompile(`(?i)(?:^|[/._-])(?:feed|feeds|rss|rss2|atom|rdf)(?:/|\.xml|\.rss|\.atom|\.rdf|\.php|$)|\.(?:rss|atom|rdf)$|RSSNewsfeed|RSSFeed|RSSGenerator`)
	feedWord = regexp.MustCompile(`(?i)\b(?:rss|atom|newsfeed|rss-feed)\b`)
	feedArg  = regexp.MustCompile(`(?i)(?:^|&)(?:feed|format|type|alt)=(?:rss2?|atom|feed|rdf|9818|xml)(?:&|$)`)
)

func feedLike(u *url.URL) bool {
	return u != nil && (feedPath.MatchString(u.Path) || feedArg.MatchString(u.RawQuery))
}

// leadsToFeed says whether a link looks like one to a feed of this site.
func (p page) leadsToFeed(n *html.Node, address string) bool {
	u, err := url.Parse(address)
	if err != nil || bareHost(u) != bareHost(p.base) && !feedLike(u) {
		return false
	}
	return feedLike(u) || feedWord.MatchString(nodeText(n, 100))
}

func bareHost(u *url.URL) string {
	if u == nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// newsWords are what the page of news is called, the best first.
var newsWords = []string{"pressemitteilungen", "pressemeldungen", "alle meldungen", "meldungen", "presse", "aktuelles", "neuigkeiten", "nachrichten", "news", "aktuell", "newsroom"}

// newsPage gives the address of the page that has the site's news; empty where
// none is named. From a page below, the front page is the next best.
func (p page) newsPage(home *url.URL) string {
	best, found := len(newsWords), ""
	for n := range p.root.Descendants() {
		address := linkURL(n, p.base)
		if u, err := url.Parse(address); address == "" || err != nil || bareHost(u) != bareHost(home) || u.Path == home.Path {
			continue
		}
		text := strings.ToLower(nodeText(n, 60))
		for i, w := range newsWords[:best] {
			if text == w || strings.HasPrefix(text, w+" ") || strings.HasSuffix(text, " "+w) {
				best, found = i, address
				break
			}
		}
	}
	if found == "" && strings.Trim(home.Path, "/") != "" {
		return home.ResolveReference(&url.URL{Path: "/"}).String()
	}
	return found
}

// isArticle says whether a page says of itself that it is one piece of news:
// what repeats in it are others.
func (p page) isArticle() bool {
	for n := range p.root.Descendants() {
		if n.DataAtom == atom.Meta && strings.EqualFold(attr(n, "property"), "og:type") && strings.EqualFold(strings.TrimSpace(attr(n, "content")), "article") {
			return true
		}
	}
	return false
}

// feedURL resolves the address of a feed, whose parameters all stay as they are.
func feedURL(href string, base *url.URL) string {
	if href == "" || base == nil {
		return ""
	}
	ref, err := base.Parse(strings.TrimSpace(href))
	if err != nil {
		return ""
	}
	u, err := parseTarget(ref.String())
	if err != nil {
		return ""
	}
	return safeURL(u)
}

func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(list)) {
		if w == word {
			return true
		}
	}
	return false
}
