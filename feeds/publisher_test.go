package feeds_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"depesche/feeds"
)

// publisher is a publisher of the world: one feed, the stories it will publish
// in the course of the night, and its manners.
type publisher struct {
	name     string // the mark of its stories
	url      string // where it is asked for
	pace     time.Duration
	holds    int                             // stories that its feed has room for
	format   string                          // "rss" where empty, "atom", "json", "rdf"
	head     string                          // markup in the head of its feed
	ctype    string                          // default: the right one
	header   http.Header                     // sent with every feed
	zipped   bool                            // it sends gzip
	noETag   bool                            // it has no validators at all
	etag     func() string                   // in place of the right one
	mischief []mischief                      // the first one that is in force and answers counts
	states   []feeds.State                   // one of which it must have at dawn; default: ok
	patience time.Duration                   // how long it may keep a reader away although all is well
	fresh    time.Duration                   // what header says, as a reader should understand it
	skip     uint32                          // hours that its feed asks not to be read in
	edit     func(*story)                    // changes a story as it is written, for this one reading
	spoil    func(*publisher, []byte) []byte // damages the document
	also     *publisher                      // whose stories it carries too

	mu      sync.Mutex
	asked   int
	stories []*story
	start   time.Time
	rand    *rand.Rand
}

// story is one item of an publisher. Its title holds its mark, by which it is
// found again.
type story struct {
	mark, title, link, guid string
	at                      time.Time // when it was published; the feed says so
	date                    string    // in place of at; "-": none
	noGUID                  bool
}

// mischief is what an publisher does in some hours, counted from the start of the
// night. do answers a request and is true, or leaves it to others.
type mischief struct {
	from, to time.Duration // to 0: for ever
	blind    bool          // there is nothing to read then
	do       func(o *publisher, w http.ResponseWriter, r *http.Request, q *request) bool
}

func (m mischief) in(d time.Duration) bool { return d >= m.from && (m.to == 0 || d < m.to) }

// towns make titles that no two stories share, with all that encodings spoil.
var towns = strings.Fields("Köln Düren Gießen Görlitz Münster Jülich Lübeck Güstrow Fürth Nürnberg Düsseldorf Mühlhausen Würzburg Göttingen Tübingen")

// begin writes the stories of the whole night: an archive of half of what the
// feed holds, then one about every pace until end.
func (o *publisher) begin(seed uint64, start, end time.Time) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(o.name)) // it never fails
	o.rand, o.start = rand.New(rand.NewPCG(seed, h.Sum64())), start
	if o.holds == 0 {
		o.holds = 40
	}
	u, err := url.Parse(o.url)
	if err != nil {
		panic(err)
	}
	at := start.Add(-time.Duration(o.holds/2) * o.pace)
	for n := 1; at.Before(end); n++ {
		mark := fmt.Sprintf("(%s-%d)", o.name, n)
		o.stories = append(o.stories, &story{
			mark: mark, at: at.Truncate(time.Second), guid: fmt.Sprintf("urn:%s:%d", o.name, n),
			title: fmt.Sprintf("%s: „Großes Amt“ öffnet – Bürger prüfen %s", towns[o.rand.IntN(len(towns))], mark),
			link:  fmt.Sprintf("%s://%s/%s/%d.html", u.Scheme, u.Host, o.name, n),
		})
		at = at.Add(time.Duration(float64(o.pace) * (0.7 + 0.6*o.rand.Float64())))
	}
}

// shown gives the stories that the feed holds now, newest first.
func (o *publisher) shown(now time.Time) []*story {
	var out []*story
	for i := len(o.stories) - 1; i >= 0 && len(out) < o.holds; i-- {
		if !o.stories[i].at.After(now) {
			out = append(out, o.stories[i])
		}
	}
	return out
}

// ServeHTTP answers as the publisher's manners have it.
func (o *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := requestOf(r)
	q.feed, q.of = o, o
	o.mu.Lock()
	o.asked++
	o.mu.Unlock()
	for _, m := range o.mischief {
		if m.in(time.Since(o.start)) && m.do(o, w, r, q) {
			return
		}
	}
	o.publish(w, r, q)
}

// publish answers with the feed as it is now, or says that it has not changed.
func (o *publisher) publish(w http.ResponseWriter, r *http.Request, q *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q.of = o
	shown := o.shown(time.Now())
	if o.also != nil {
		shown = append(shown, o.also.shown(time.Now())...)
	}
	plain := o.write(shown, false)
	for name, values := range o.header {
		w.Header()[name] = values
	}
	q.fresh = o.fresh
	if !o.noETag {
		sum := sha256.Sum256(plain)
		q.etag, q.mod = fmt.Sprintf(`W/"%x , ü"`, sum[:6]), shown[0].at.Format(http.TimeFormat)
		if o.etag != nil {
			q.etag = o.etag()
		}
		w.Header().Set("ETag", q.etag)
		w.Header().Set("Last-Modified", q.mod)
		if r.Header.Get("If-None-Match") == q.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Type", firstNonEmpty(o.ctype, contentTypes[o.format]))
	body := o.write(shown, true)
	if o.zipped {
		w.Header().Set("Content-Encoding", "gzip")
		body = zip(body)
	}
	q.whole, q.stories = true, shown
	_, _ = w.Write(body) // a reader that left is on record
}

var contentTypes = map[string]string{"": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json", "rdf": "application/rdf+xml"}

// write makes the document; as what is sent it has the publisher's damage.
func (o *publisher) write(list []*story, sent bool) []byte {
	copies := make([]story, len(list))
	for i, s := range list {
		copies[i] = *s
		if o.edit != nil && sent {
			o.edit(&copies[i])
		}
	}
	var body []byte
	switch o.format {
	case "atom":
		body = o.atom(copies)
	case "json":
		body = o.json(copies)
	case "rdf":
		body = o.rdf(copies)
	default:
		body = o.rss(copies)
	}
	if o.spoil != nil && sent {
		body = o.spoil(o, body)
	}
	return body
}

func (s story) when(layout string) string {
	switch s.date {
	case "":
		return s.at.Format(layout)
	case "-":
		return ""
	}
	return s.date
}

func (o *publisher) rss(list []story) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>%s</title><link>%s</link>%s\n", o.name, o.url, o.head)
	for _, s := range list {
		fmt.Fprintf(&b, "<item><title>%s</title><link>%s</link>", s.title, html.EscapeString(s.link))
		if !s.noGUID {
			fmt.Fprintf(&b, "<guid isPermaLink=\"false\">%s</guid>", html.EscapeString(s.guid))
		}
		if d := s.when(time.RFC1123Z); d != "" {
			fmt.Fprintf(&b, "<pubDate>%s</pubDate>", d)
		}
		fmt.Fprintf(&b, "<description>&lt;p&gt;Die Stadt öffnet ihr Register. %s&lt;/p&gt;</description></item>\n", s.mark)
	}
	b.WriteString("</channel></rss>\n")
	return b.Bytes()
}

func (o *publisher) atom(list []story) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>%s</title><id>%s</id><updated>%s</updated>%s\n", o.name, o.url, list[0].when(time.RFC3339), o.head)
	for _, s := range list {
		fmt.Fprintf(&b, "<entry><title>%s</title><link href=\"%s\"/><id>%s</id><updated>%s</updated><published>%[4]s</published><summary>Kurz %s</summary></entry>\n",
			s.title, html.EscapeString(s.link), html.EscapeString(s.guid), s.when(time.RFC3339), s.mark)
	}
	b.WriteString("</feed>\n")
	return b.Bytes()
}

func (o *publisher) rdf(list []story) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"%s\"><title>%s</title></channel>\n", o.url, o.name)
	for _, s := range list {
		link := html.EscapeString(s.link)
		fmt.Fprintf(&b, "<item rdf:about=\"%s\"><title>%s</title><link>%s</link><dc:date>%s</dc:date></item>\n", link, s.title, link, s.when(time.RFC3339))
	}
	b.WriteString("</rdf:RDF>\n")
	return b.Bytes()
}

func (o *publisher) json(list []story) []byte {
	type item struct {
		ID        string `json:"id"`
		URL       string `json:"url"`
		Title     string `json:"title"`
		Text      string `json:"content_text"`
		Published string `json:"date_published"`
	}
	doc := struct {
		Version string `json:"version"`
		Title   string `json:"title"`
		Items   []item `json:"items"`
	}{Version: "https://jsonfeed.org/version/1.1", Title: o.name}
	for _, s := range list {
		doc.Items = append(doc.Items, item{s.guid, s.link, s.title, "Kurz " + s.mark, s.when(time.RFC3339)})
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return text
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	_, _ = zw.Write(body) // into memory
	_ = zw.Close()
	return b.Bytes()
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
