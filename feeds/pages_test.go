package feeds_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// outlet is a site with a feed and article pages that counts what it is asked for.
type outlet struct {
	*httptest.Server
	dated time.Time // of its items; zero: they bear no date
	mu    sync.Mutex
	items []string                    // of the feed
	pages map[string]http.HandlerFunc // by path
	asked map[string]int              // by path
}

func newOutlet(t *testing.T) *outlet {
	o := &outlet{pages: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.asked[r.URL.Path]++
		page, items := o.pages[r.URL.Path], strings.Join(o.items, "\n")
		o.mu.Unlock()
		switch {
		case r.URL.Path == "/feed":
			w.Header().Set("Content-Type", "application/rss+xml")
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Rathausblatt</title>%s</channel></rss>`, items)
		case page != nil:
			page(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(o.Close)
	return o
}

// announces puts an item into the feed, the newest one first.
func (o *outlet) announces(path, title, teaser string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	date := ""
	if !o.dated.IsZero() {
		date = "<pubDate>" + o.dated.Format(time.RFC1123Z) + "</pubDate>"
	}
	o.items = append([]string{fmt.Sprintf(`<item><title>%s</title><link>%s%s</link><guid>%s</guid><description>%s</description>%s</item>`,
		title, o.URL, path, o.URL+path, teaser, date)}, o.items...)
}

// publishes puts a page where its address leads.
func (o *outlet) publishes(path, page string) {
	o.answers(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	})
}

func (o *outlet) answers(path string, h http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pages[path] = h
}

// requests gives how often each page was asked for, the feed and robots.txt left out.
func (o *outlet) requests() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := maps.Clone(o.asked)
	delete(out, "/feed")
	delete(out, "/robots.txt")
	return out
}

// desk polls one outlet for full text and classifies by topics.
type desk struct {
	t      *testing.T
	store  *storage.Store
	pages  feeds.Pages
	client *feeds.Client
	now    time.Time
	o      *outlet
}

func newDesk(t *testing.T, store *storage.Store, o *outlet, topics ...string) *desk {
	t.Helper()
	d := &desk{t: t, store: store, pages: store, o: o, now: time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)}
	var list []feeds.Topic
	for _, name := range topics {
		query, err := keyword.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, feeds.Topic{Name: name, Query: query})
	}
	if _, err := store.SyncTopics(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if err := store.Reclassify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := store.AddFeed(t.Context(), feeds.Feed{URL: o.URL + "/feed", FullText: true}, d.now); err != nil {
		t.Fatal(err)
	}
	d.client = feeds.NewClient(feeds.ClientOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 10 * time.Second})
	t.Cleanup(d.client.Close)
	return d
}

// round polls everything an hour later, by a poller that knows nothing of the ones before.
func (d *desk) round() {
	d.t.Helper()
	d.now = d.now.Add(time.Hour)
	poller := feeds.NewPoller(d.store, d.client, feeds.PollOptions{Pages: d.pages, Now: func() time.Time { return d.now }})
	if err := poller.Round(d.t.Context(), true, nil); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) item(path string) feeds.Item {
	d.t.Helper()
	it, err := d.store.Item(d.t.Context(), d.o.URL+path)
	if err != nil {
		d.t.Fatal(err)
	}
	return it
}

// topics gives the topics of an item.
func (d *desk) topics(path string) []string {
	d.t.Helper()
	var out []string
	for _, m := range d.item(path).Matches {
		out = append(out, m.Topic)
	}
	return out
}

// once checks that each page was asked for exactly once, and no other.
func (o *outlet) once(t *testing.T, paths ...string) {
	t.Helper()
	want := map[string]int{}
	for _, p := range paths {
		want[p] = 1
	}
	if got := o.requests(); !maps.Equal(got, want) {
		t.Errorf("asked for %v, want each once of %v", got, paths)
	}
}

const council = `Der Rat der Stadt hat am Abend beschlossen, die Anträge der Bürgerinnen und Bürger künftig vollständig elektronisch anzunehmen und zu bearbeiten. ` +
	`Bis zum Sommer sollen zunächst die Leistungen der Meldebehörde folgen, danach jene des Bauamts.`

// newsPage is a page of an outlet of today.
func newsPage(title, more, keywords string) string {
	return `<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>` + title + ` | Rathausblatt</title></head><body>
<header><nav><a href="/">Start</a> <a href="/themen">Themen</a></nav></header>
<main><article><h1>` + title + `</h1><p>[16.11.2026] ` + council + `</p>
<p>` + more + ` Das teilte die Verwaltung mit, die dafür eine eigene Abteilung mit zwölf Stellen einrichtet und im Haushalt zwei Millionen Euro vorsieht. (sib)</p>
<p>Stichwörter: ` + keywords + `</p></article></main>
<footer><p>Impressum Datenschutz</p></footer></body></html>`
}

// TestPagesAreReadOnce: what stands only on the page classifies the item, its
// text can be searched, and no page is asked for a second time, however often
// the feed is polled, changes the item, or is polled after a restart.
func TestPagesAreReadOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newOutlet(t)
		o.announces("/rat", "Rat beschließt Haushalt", "Die Sitzung dauerte lange.")
		o.publishes("/rat", newsPage("Rat beschließt Haushalt", "Grundlage ist das Onlinezugangsgesetz, kurz OZG.", "Haushalt, Blockchain"))
		d := newDesk(t, store, o, "OZG", "Blockchain", "tag:Haushalt")
		d.round()
		it := d.item("/rat")
		if got := d.topics("/rat"); !slices.Equal(got, []string{"OZG", "Blockchain", "tag:Haushalt"}) {
			t.Errorf("topics %v", got)
		}
		if it.News == 0 || !strings.Contains(it.Content, "zwei Millionen Euro") || strings.Contains(it.Content, "Impressum") {
			t.Errorf("item %+v", it)
		}
		if it.Author != "sib" || it.Published.IsZero() || it.Page.State != feeds.PageRead {
			t.Errorf("fields %q %s %+v", it.Author, it.Published, it.Page)
		}
		hits, _, err := store.Search(t.Context(), mustQuery(t, `"zwölf Stellen"`), d.now, 0, 5)
		if err != nil || len(hits) != 1 {
			t.Errorf("search found %v, %v", hits, err)
		}

		d.round() // the same again
		o.mu.Lock()
		o.items[0] = strings.ReplaceAll(o.items[0], "dauerte lange", "dauerte sehr lange")
		o.mu.Unlock()
		d.round() // with another teaser
		after := d.item("/rat")
		if after.Content != it.Content || !strings.Contains(after.Summary, "sehr lange") || after.News != it.News || after.Author != "sib" {
			t.Errorf("after a change of the teaser %+v", after)
		}
		if got := d.topics("/rat"); !slices.Equal(got, []string{"OZG", "Blockchain", "tag:Haushalt"}) {
			t.Errorf("after a change of the teaser, topics %v", got)
		}
		o.once(t, "/rat")
	})
}

func mustQuery(t *testing.T, s string) *keyword.Query {
	t.Helper()
	q, err := keyword.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}
