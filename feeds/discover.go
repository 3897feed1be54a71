package feeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Candidate is a feed that Discover found, or a page that can be followed in
// place of one.
type Candidate struct {
	URL    string
	Title  string
	Type   string    // "rss", "atom", "json", or "list": a page
	Items  int       // that it has
	Newest time.Time // of them; zero: not said
	List   *List     // of a page: the selectors that are proposed
	First  []Item    // of a page: its first entries, to see whether they fit
	Untold bool      // the site names it; there was no time to ask it
	Missed string    // the address given is not there, as Reason says it ("HTTP 404 Not Found"): found from the front page of its site
}

// What Discover asks of a site, while a person waits.
const (
	discoverWithin = 20 * time.Second
	discoverAsks   = 10 // requests, those for robots.txt not counted
	maxCandidates  = 30
	showFirst      = 3 // entries of a page
)

// usualPaths are tried where a site names no feed itself: what the usual
// content management systems serve.
var usualPaths = []string{"/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml"}

// Discover finds the feeds of a site: the address itself where it is one, else
// those that the page names in link elements and links, else what answers at
// usual paths; each was asked and read. Where there is none, it proposes how
// the page, or the site's page of news, can be followed by selectors. An
// address without a scheme is asked over https, then http. It takes at most
// some twenty seconds and ten requests, and pages are asked for where
// robots.txt allows it. Where the address is not there (404, 410), the front page
// of its site is searched, and each candidate says so. A site without any of
// that gives an empty list, no error; Reason puts an error into words.
func Discover(ctx context.Context, c *Client, address string) ([]Candidate, error) {
	within, cancel := context.WithTimeout(ctx, discoverWithin)
	defer cancel()
	s := search{ctx: within, client: c, left: discoverAsks, asked: map[string]bool{}}
	resp, err := s.begin(address)
	if err != nil {
		return nil, fmt.Errorf("discover feeds: %w", err)
	}
	var found []Candidate
	if feed, ok := candidateOf(resp); ok {
		found = []Candidate{feed}
	} else {
		found = s.site(resp)
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("discover feeds: %w", ctx.Err())
	case s.missed != nil && len(found) == 0:
		return nil, fmt.Errorf("discover feeds: %w", s.missed)
	}
	for i := range found {
		found[i].Missed = Reason(s.missed)
	}
	return found, nil
}

// search is one Discover under way.
type search struct {
	ctx    context.Context //nolint:containedctx // of one call
	client *Client
	left   int // requests
	asked  map[string]bool
	missed error // why the front page is searched in place of the page that was given
}

// begin asks for the address that a person gave. Where that page is no longer
// there, the front page of its site may tell.
func (s *search) begin(address string) (Response, error) {
	address = strings.TrimSpace(address)
	bare := !strings.Contains(address, "://")
	if bare {
		address = "https://" + address
	}
	resp, err := s.page(address)
	if plain, ok := strings.CutPrefix(address, "https://"); err != nil && bare && ok && !answered(err) {
		if other, second := s.page("http://" + plain); second == nil {
			return other, nil
		}
	}
	u, bad := url.Parse(address)
	if status := (*StatusError)(nil); bad == nil && errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusGone) && strings.Trim(u.Path, "/") != "" {
		if front, second := s.page(u.ResolveReference(&url.URL{Path: "/"}).String()); second == nil {
			s.missed = err
			return front, nil
		}
	}
	if errors.Is(err, ErrRobots) && feedLike(u) && s.left > 0 { // what is made for readers is no page
		s.left--
		return s.client.do(s.ctx, address, order{accept: acceptFeed})
	}
	return resp, err
}

// answered says whether a server stood behind an error, or our own caution.
func answered(err error) bool {
	var status *StatusError
	var addr *addressError
	return errors.As(err, &status) || errors.As(err, &addr) || errors.Is(err, ErrRobots) || errors.Is(err, errBadURL)
}

func (s *search) page(address string) (Response, error) {
	return s.fetch(address, order{accept: acceptPage, robots: true})
}

// errSpent ends a search that has asked enough.
var errSpent = errors.New("asked enough")

func (s *search) fetch(address string, o order) (Response, error) {
	if s.left == 0 || s.asked[address] {
		return Response{}, errSpent
	}
	s.left--
	s.asked[address] = true
	resp, err := s.client.do(s.ctx, address, o)
	return resp, unreachable(err)
}

// unreachable gives the reason why a host cannot be reached, in place of the
// one that its robots.txt could therefore not be read.
func unreachable(err error) error {
	var (
		unread *robotsUnread
		status *StatusError
	)
	if errors.As(err, &unread) && !errors.As(unread.cause, &status) {
		return unread.cause
	}
	return err
}

// site looks for the feeds of the site that a page belongs to.
func (s *search) site(resp Response) []Candidate {
	p, err := parsePage(resp.Body, resp.ContentType, resp.FinalURL)
	if err != nil || p.base == nil {
		return nil
	}
	if found := s.verify(p.feedLinks()); len(found) > 0 {
		return found
	}
	home, err := url.Parse(resp.FinalURL)
	if err != nil {
		return nil
	}
	if found := s.usual(home); len(found) > 0 {
		return found
	}
	if list, ok := p.listOf(resp.FinalURL); ok && !p.isArticle() {
		return []Candidate{list}
	}
	next := p.newsPage(home)
	if next == "" {
		return nil
	}
	if resp, err = s.page(next); err != nil {
		return nil
	}
	if p, err = parsePage(resp.Body, resp.ContentType, resp.FinalURL); err != nil {
		return nil
	}
	if found := s.verify(p.feedLinks()); len(found) > 0 {
		return found
	}
	if list, ok := p.listOf(resp.FinalURL); ok && !p.isArticle() {
		return []Candidate{list}
	}
	return nil
}

// verify asks each of the addresses, and keeps those that are feeds. Feeds of
// comments count only where there are no others.
func (s *search) verify(links []feedLink) []Candidate {
	slices.SortStableFunc(links, func(a, b feedLink) int { return a.rank() - b.rank() })
	var out []Candidate
	seen := map[string]bool{}
	for _, l := range links {
		if l.comments() && len(out) > 0 || len(out) == maxCandidates {
			continue
		}
		resp, err := s.fetch(l.url, order{accept: acceptFeed, robots: !l.declared})
		if errors.Is(err, errSpent) || s.ctx.Err() != nil {
			if l.declared && !s.asked[l.url] {
				out = append(out, Candidate{URL: l.url, Title: l.title, Type: l.kind, Untold: true})
			}
			continue
		}
		found, ok := candidateOf(resp)
		if err != nil || !ok || seen[found.URL] {
			continue
		}
		seen[found.URL] = true
		found.Title = firstOf(found.Title, l.title)
		out = append(out, found)
	}
	return out
}

// usual asks for the usual paths of a site, and of the section that the page is
// in, one after the other, until one is a feed.
func (s *search) usual(home *url.URL) []Candidate {
	var list []string
	if section := strings.TrimSuffix(home.Path, "/"); section != "" && !strings.Contains(section[strings.LastIndexByte(section, '/'):], ".") {
		list = append(list, section+"/feed/")
	}
	for _, path := range append(list, usualPaths...) {
		if s.left < 2 { // one is kept for the page of news
			return nil
		}
		resp, err := s.fetch(home.ResolveReference(&url.URL{Path: path}).String(), order{accept: acceptFeed, robots: true})
		if s.ctx.Err() != nil {
			return nil
		}
		if found, ok := candidateOf(resp); err == nil && ok && found.Items > 0 {
			return []Candidate{found}
		}
	}
	return nil
}

// candidateOf reads an answer as a feed.
func candidateOf(r Response) (Candidate, bool) {
	if r.Status != http.StatusOK {
		return Candidate{}, false
	}
	doc, err := Parse(r.Body, r.ContentType, r.FinalURL)
	if err != nil {
		return Candidate{}, false
	}
	return Candidate{URL: r.FinalURL, Title: doc.Title, Type: typeOf(r), Items: len(doc.Items), Newest: newest(doc.Items)}, true
}

func newest(list []Item) (last time.Time) {
	for _, it := range list {
		if it.Published.After(last) {
			last = it.Published
		}
	}
	return last
}

// listOf proposes how a page can be followed.
func (p page) listOf(address string) (Candidate, bool) {
	s, ok := p.suggest()
	if !ok {
		return Candidate{}, false
	}
	return Candidate{
		URL: address, Title: p.title(), Type: "list", Items: len(s.items), Newest: newest(s.items),
		List: &s.list, First: s.items[:min(len(s.items), showFirst)],
	}, true
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
