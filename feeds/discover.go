package feeds

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Candidate is a feed that Discover found. Type is "rss", "atom" or "json".
type Candidate struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	Type  string `json:"type"`
}

// usualPaths are tried where a page names no feed itself: what the content
// management systems of German outlets and public bodies serve.
var usualPaths = []string{"/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/feed.json"}

const maxCandidates = 30

// Discover finds the feeds of a site: the address itself where it is one, else
// those that the page's link elements name, else what answers at usual paths.
// A page that names no feed and serves none gives an empty list, no error.
func Discover(ctx context.Context, c *Client, address string) ([]Candidate, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	resp, err := c.Fetch(ctx, address, Validators{})
	if err != nil {
		return nil, fmt.Errorf("discover feeds: %w", err)
	}
	if doc, err := Parse(resp.Body, resp.ContentType, resp.FinalURL); err == nil {
		return []Candidate{{URL: resp.FinalURL, Title: doc.Title, Type: typeOf(resp)}}, nil
	}
	base, err := url.Parse(resp.FinalURL)
	if err != nil {
		return nil, fmt.Errorf("discover feeds: %w", errBadURL)
	}
	if list := linked(decode(resp.Body, resp.ContentType), base); len(list) > 0 {
		return list, nil
	}
	return tryUsual(ctx, c, base)
}

// tryUsual asks for the usual paths of a site, one after the other, until one is a feed.
func tryUsual(ctx context.Context, c *Client, base *url.URL) ([]Candidate, error) {
	for _, path := range usualPaths {
		resp, err := c.Fetch(ctx, base.ResolveReference(&url.URL{Path: path}).String(), Validators{})
		if ctx.Err() != nil {
			return nil, fmt.Errorf("discover feeds: %w", ctx.Err())
		}
		if err != nil {
			continue
		}
		if doc, err := Parse(resp.Body, resp.ContentType, resp.FinalURL); err == nil {
			return []Candidate{{URL: resp.FinalURL, Title: doc.Title, Type: typeOf(resp)}}, nil
		}
	}
	return nil, nil
}

// feedTypes are the media types of link elements that lead to feeds.
var feedTypes = map[string]string{
	"application/rss+xml":   "rss",
	"application/rdf+xml":   "rss",
	"application/atom+xml":  "atom",
	"application/feed+json": "json",
	"text/xml":              "rss",
	"application/xml":       "rss",
}

// linked reads <link rel="alternate"> (HTML, 4.6.7.1) of a page, its <base> included.
func linked(page []byte, base *url.URL) []Candidate {
	var out []Candidate
	seen := map[string]bool{}
	z := html.NewTokenizer(bytes.NewReader(page))
	for len(out) < maxCandidates {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tok := z.Token()
		attr := map[string]string{}
		for _, a := range tok.Attr {
			attr[a.Key] = a.Val
		}
		switch tok.DataAtom {
		case atom.Base:
			if u, err := base.Parse(attr["href"]); err == nil {
				base = u
			}
		case atom.Link, atom.A:
			media, _, _ := strings.Cut(strings.ToLower(attr["type"]), ";")
			kind := feedTypes[strings.TrimSpace(media)]
			u := feedURL(attr["href"], base)
			if kind == "" || u == "" || seen[u] || !hasWord(attr["rel"], "alternate") {
				continue
			}
			seen[u] = true
			out = append(out, Candidate{URL: u, Title: plainTitle(attr["title"]), Type: kind})
		}
	}
	return out
}

// feedURL resolves the address of a feed, whose parameters all stay as they are.
func feedURL(href string, base *url.URL) string {
	ref, err := base.Parse(strings.TrimSpace(href))
	if err != nil || href == "" {
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

// typeOf tells the format of a body that Parse has read.
func typeOf(r Response) string {
	head := bytes.TrimLeft(decode(r.Body[:min(len(r.Body), rootWindow)], r.ContentType), " \t\r\n\ufeff")
	if len(head) > 0 && head[0] == '{' {
		return "json"
	}
	if root, err := findRoot(head); err == nil && bytes.HasPrefix(bytes.ToLower(root[bytes.IndexAny(root, "<:")+1:]), []byte("feed")) {
		return "atom"
	}
	return "rss"
}
