package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"

	"depesche/feeds"
)

//go:embed sample
var sampleFiles embed.FS

// sampleBatches is how many times new items can arrive in the demo.
const sampleBatches = 2

// sampleFeed is one bundled feed: a template, since its dates are counted from
// the start of the demo.
type sampleFeed struct {
	file, contentType string
	name              string
	role              feeds.Role
}

var sampleFeeds = []sampleFeed{
	{"amtsblick.rss", "application/rss+xml; charset=utf-8", "Amtsblick", feeds.RoleRival},
	{"verwaltungswerk.atom", "application/atom+xml", "Verwaltungswerk", feeds.RoleRival},
	{"kommunalnetz.json", "application/feed+json", "Kommunalnetz", feeds.RoleRival},
	{"rathausfunk.rss", "application/rss+xml", "Rathausfunk", feeds.RoleRival},
	{"fachdienst.atom", "application/atom+xml; charset=utf-8", "Fachdienst E-Government", feeds.RoleRival},
	{"mittelland.rss", "text/xml", "Digitalministerium Mittelland", feeds.RolePrimary},
	{"it-konferenz.json", "application/json", "IT-Konferenz der Länder", feeds.RolePrimary},
	{"suedrechner.rss", "application/xml", "Südrechner eG", feeds.RoleVendor},
	{"quellwerk.atom", "application/atom+xml", "Quellwerk", feeds.RoleVendor},
	{"unserblatt.rss", "application/rss+xml", "Unser Blatt", feeds.RoleOwn},
	// A page where a feed should be, so that the digest shows what it says of a broken feed.
	{"landesanzeiger.html", "text/html; charset=utf-8", "Landesanzeiger", feeds.RoleRival},
}

// sample is the demo's little world of outlets, served over HTTP.
type sample struct {
	base  string // address that it is served under, without a slash at the end
	start time.Time
	tmpl  *texttemplate.Template

	mu       sync.Mutex
	released []time.Time // when each batch of held-back items came out
}

func newSample(base string, start time.Time) (*sample, error) {
	tmpl, err := texttemplate.New("sample").Funcs(texttemplate.FuncMap{
		"rfc822":  func(t time.Time) string { return t.Format(time.RFC1123Z) },
		"rfc3339": func(t time.Time) string { return t.Format(time.RFC3339) },
	}).ParseFS(sampleFiles, "sample/*")
	if err != nil {
		return nil, fmt.Errorf("read the sample feeds: %w", err)
	}
	return &sample{base: base, start: start, tmpl: tmpl}, nil
}

// feeds lists the bundled feeds as the configuration would.
func (s *sample) feeds() []feeds.Feed {
	out := make([]feeds.Feed, len(sampleFeeds))
	for i, f := range sampleFeeds {
		out[i] = feeds.Feed{URL: s.base + "/feeds/" + f.file, Name: f.name, Role: f.role, Origin: feeds.OriginFile}
	}
	return out
}

// release publishes the next held-back items and reports whether there were any.
func (s *sample) release(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.released) == sampleBatches {
		return false
	}
	s.released = append(s.released, now)
	return true
}

// world is what the templates see.
type world struct {
	Base     string
	Batch    int // batches that are out
	start    time.Time
	released []time.Time
}

// Ago is a moment before the start of the demo.
func (w world) Ago(age string) (time.Time, error) {
	d, err := time.ParseDuration(age)
	return w.start.Add(-d), err
}

// Released is when the nth batch came out, n from 1.
func (w world) Released(n int) time.Time { return w.released[n-1] }

// Latest is when anything changed last.
func (w world) Latest() time.Time {
	return append([]time.Time{w.start}, w.released...)[len(w.released)]
}

func (s *sample) world() world {
	s.mu.Lock()
	defer s.mu.Unlock()
	return world{Base: s.base, Batch: len(s.released), start: s.start, released: slices.Clone(s.released)}
}

func (s *sample) render(w io.Writer, file string) error {
	return s.tmpl.ExecuteTemplate(w, file, s.world())
}

// ServeHTTP serves feeds under /feeds/ and a page for each item under /artikel/.
func (s *sample) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	dir, name := path.Split(strings.TrimPrefix(r.URL.Path, "/sample"))
	at := slices.IndexFunc(sampleFeeds, func(f sampleFeed) bool { return f.file == name })
	switch {
	case dir == "/feeds/" && at >= 0:
		s.serveFeed(w, r, sampleFeeds[at])
	case strings.HasPrefix(dir, "/artikel/"):
		s.serveArticle(w, r, s.base+dir+name)
	default:
		http.NotFound(w, r)
	}
}

func (s *sample) serveFeed(w http.ResponseWriter, r *http.Request, f sampleFeed) {
	var body bytes.Buffer
	if err := s.render(&body, f.file); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", f.contentType)
	// Two batches may come out within the second that Last-Modified can tell.
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(body.Bytes())))
	http.ServeContent(w, r, "", s.world().Latest(), bytes.NewReader(body.Bytes()))
}

var articlePage = template.Must(template.New("article").Parse(`<!doctype html>
<html lang="de">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>body{max-width:40rem;margin:3rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif}small{color:#555}</style>
<small>{{.Source}}</small>
<h1>{{.Title}}</h1>
<p>{{.Summary}}</p>
<p><small>Outlet und Meldung sind erfunden. Sie gehören zur Vorführung von Depesche.</small></p>
</html>
`))

// serveArticle shows the item that has the address.
func (s *sample) serveArticle(w http.ResponseWriter, r *http.Request, address string) {
	for _, f := range sampleFeeds {
		var body bytes.Buffer
		if s.render(&body, f.file) != nil {
			continue
		}
		doc, err := feeds.Parse(body.Bytes(), f.contentType, s.base)
		if err != nil {
			continue
		}
		for _, it := range doc.Items {
			if it.URL == address {
				it.Source = f.name
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_ = articlePage.Execute(w, it) // the reader is gone
				return
			}
		}
	}
	http.NotFound(w, r)
}
