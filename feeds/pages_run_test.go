package feeds_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// run runs a poller until the condition holds, then ends it.
func (d *desk) run(until func() bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	poller := feeds.NewPoller(d.store, d.client, feeds.PollOptions{Pages: d.pages, Every: time.Hour, Min: 50 * time.Millisecond})
	done := make(chan error, 1)
	go func() { done <- poller.Run(ctx) }()
	for !until() && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if ctx.Err() != nil {
		d.t.Error("it took too long")
	}
	cancel()
	if err := <-done; err != nil {
		d.t.Error(err)
	}
}

// TestRunIsCutShort: pages are read while feeds are polled. What the end of
// the process left unread is read after the next start, and nothing twice but
// the page that was under way.
func TestRunIsCutShort(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newOutlet(t)
		o.dated = time.Now()
		var paths []string
		hang, reached := make(chan struct{}), make(chan struct{})
		var once sync.Once
		for i := range 6 {
			paths = append(paths, fmt.Sprintf("/%d", i))
			title := fmt.Sprintf("Rat tagt zum %d. Mal", i)
			o.announces(paths[i], title, "Die Sitzung dauerte lange.")
			page := newsPage(title, "Grundlage ist das OZG.", "Haushalt")
			o.answers(paths[i], func(w http.ResponseWriter, r *http.Request) {
				if i == 2 {
					once.Do(func() {
						close(reached)
						select {
						case <-hang:
						case <-r.Context().Done():
						}
					})
				}
				_, _ = w.Write([]byte(page))
			})
		}
		d := newDesk(t, store, o, "OZG")
		d.run(func() bool {
			select {
			case <-reached:
				return true
			default:
				return false
			}
		})
		close(hang)
		read := func() int {
			_, total, err := store.TopicHits(t.Context(), "OZG", 10)
			if err != nil {
				t.Fatal(err)
			}
			return total
		}
		if n := read(); n != 2 {
			t.Errorf("%d pages read before the end", n)
		}
		d.run(func() bool { return read() == 6 })
		got := o.requests()
		for i, p := range paths {
			if want := map[bool]int{true: 2, false: 1}[i == 2]; got[p] != want {
				t.Errorf("page %d was asked for %d times", i, got[p])
			}
		}
		var titles []string
		items, _, _, err := store.News(t.Context(), "digest:test", 0)
		for _, it := range items {
			titles = append(titles, it.Title)
		}
		if err != nil || len(titles) != 6 || !slices.IsSorted(titles) {
			t.Errorf("news %q, %v", titles, err)
		}
	})
}

// TestAHostThatAsksForRest: its pages are left alone as long as it says, and no
// try is counted; its items are news meanwhile.
func TestAHostThatAsksForRest(t *testing.T) {
	o := newOutlet(t)
	store := storagetest.New(t)
	d := newDesk(t, store, o, "OZG")
	for i := range 3 {
		o.announces(fmt.Sprintf("/%d", i), "Rat tagt", "Die Sitzung dauerte lange.")
		o.answers(fmt.Sprintf("/%d", i), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			http.Error(w, "Pause", http.StatusTooManyRequests)
		})
	}
	d.round()
	if got := o.requests(); len(got) != 1 {
		t.Errorf("after the first 429 it was asked on: %v", got)
	}
	for i := range 3 {
		if it := d.item(fmt.Sprintf("/%d", i)); it.News == 0 || it.Page.State != feeds.PageWanted {
			t.Errorf("item %+v", it)
		}
	}
}

// backlog is a store of pages that are due, and of nothing else.
type backlog struct {
	mu   sync.Mutex
	due  []feeds.PageOrder
	read []int64
}

func (q *backlog) DuePages(_ context.Context, _ time.Time, limit int) ([]feeds.PageOrder, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.due[:min(limit, len(q.due))]), nil
}

func (q *backlog) TakePage(context.Context, int64, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (q *backlog) SavePage(_ context.Context, p feeds.PageResult) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due = slices.DeleteFunc(q.due, func(o feeds.PageOrder) bool { return o.Item == p.Item })
	if p.State == feeds.PageRead {
		q.read = append(q.read, p.Item)
	}
	return nil
}

func (*backlog) ReleasePages(context.Context, time.Time) (int, error) { return 0, nil }

// TestAHostWithManyPagesKeepsNoOtherWaiting: thousands of pages of a host that
// asks for rest stand before the only one of another.
func TestAHostWithManyPagesKeepsNoOtherWaiting(t *testing.T) {
	now := time.Now()
	busy, idle := newOutlet(t), newOutlet(t)
	busy.answers("/0", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "Pause", http.StatusTooManyRequests)
	})
	idle.publishes("/1", newsPage("Rat tagt", "Grundlage ist das OZG.", "Haushalt"))
	q := &backlog{}
	for i := range 3000 {
		q.due = append(q.due, feeds.PageOrder{Item: int64(i), URL: fmt.Sprintf("%s/%d", busy.URL, i), Wanted: now})
	}
	q.due = append(q.due, feeds.PageOrder{Item: 4000, URL: idle.URL + "/1", Wanted: now})
	d := newDesk(t, storagetest.New(t), busy)
	if err := d.store.RemoveFeed(t.Context(), busy.URL+"/feed"); err != nil {
		t.Fatal(err)
	}
	if err := feeds.NewPoller(d.store, d.client, feeds.PollOptions{Pages: q}).Round(t.Context(), false, nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(q.read, []int64{4000}) || len(busy.requests()) != 1 {
		t.Errorf("read %v; the busy host was asked for %v", q.read, busy.requests())
	}
}

// TestASidebarOfUnknownMake: an outlet whose pages carry a list of other
// articles in a form that nobody has seen. After three pages it is known for
// what it is, be its entries short or long; a headline is kept wherever it
// stands besides.
func TestASidebarOfUnknownMake(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newOutlet(t)
		d := newDesk(t, store, o, "OZG", "Deich")
		const strange = `<p>Hier steht, was alle lesen: Die Länder holen beim OZG auf, und der Bund will die Umsetzung in diesem Jahr auf neue Füße stellen, sagt der Staatssekretär.</p>
<p>OZG kurz und knapp</p><p>Und außerdem: Der OZG-Stammtisch trifft sich am Donnerstag im Ratskeller von Mittelau, diesmal mit Gästen aus dem Norden.</p>`
		for i := range 6 {
			path, title := fmt.Sprintf("/%d", i), fmt.Sprintf("Der Deich an Abschnitt %d wird höher", i)
			o.announces(path, title, "Die Arbeiten beginnen im Frühjahr.")
			o.publishes(path, `<html><head><title>`+title+`</title></head><body><div class="x1"><h1>`+title+`</h1><p>Die Arbeiten beginnen im Frühjahr.</p>
<p>Abschnitt `+fmt.Sprint(i)+` ist `+strings.Repeat("sehr ", i)+`alt und muss nach Ansicht der Fachleute dringend erneuert werden, bevor das nächste Hochwasser kommt, wie der Kreis mitteilt.</p>
<p>Für Teil `+fmt.Sprint(i)+` stehen `+fmt.Sprint(i+2)+` Millionen Euro bereit, von denen das Land die Hälfte übernimmt, wenn der Antrag noch in diesem Jahr gestellt wird.</p>`+strange+`</div></body></html>`)
			d.round()
			it := d.item(path)
			if i < 3 {
				continue // a first page may be taken in
			}
			if got := d.topics(path); !slices.Equal(got, []string{"Deich"}) {
				t.Errorf("page %d: topics %v, text:\n%s", i, got, it.Content)
			}
			if !strings.Contains(it.Content, "Fachleute dringend") || !strings.Contains(it.Content, "Millionen Euro") {
				t.Errorf("page %d has lost its text:\n%s", i, it.Content)
			}
		}
	})
}
