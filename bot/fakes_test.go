package bot

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

var berlin = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return loc
}()

// monday is the moment of all tests: 23 November 2026, 08:00 in Berlin.
var monday = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// archive is an Archive of a list, which answers every query with the items
// whose title contains it.
type archive struct {
	items     []feeds.Item
	sightings []feeds.Sighting
	outcomes  []digest.Outcome
	slow      time.Duration
	err       error
}

func (a *archive) Search(ctx context.Context, q *keyword.Query, _ time.Time, offset, limit int) ([]feeds.Found, bool, error) {
	if a.slow > 0 {
		select {
		case <-time.After(a.slow):
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
	var all []feeds.Found
	for _, it := range a.items {
		if strings.Contains(it.Title, q.String()) {
			all = append(all, feeds.Found{Item: it, Hits: []keyword.Hit{{Term: q.String(), Text: q.String(), In: "title"}}})
		}
	}
	page, more := cut(all, offset, limit)
	return page, more, a.err
}

func cut[T any](all []T, offset, limit int) ([]T, bool) {
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))], len(all) > limit
}

func (a *archive) Count(_ context.Context, q *keyword.Query, _ time.Time) (int, error) {
	n := 0
	for _, it := range a.items {
		if strings.Contains(it.Title, q.String()) {
			n++
		}
	}
	return n, a.err
}

func (a *archive) Latest(_ context.Context, topic string, offset, limit int) ([]feeds.Item, bool, error) {
	var all []feeds.Item
	for _, it := range a.items {
		if topic == "" || hasTopic(it, topic) {
			all = append(all, it)
		}
	}
	page, more := cut(all, offset, limit)
	return page, more, a.err
}

func hasTopic(it feeds.Item, topic string) bool {
	for _, m := range it.Matches {
		if m.Topic == topic {
			return true
		}
	}
	return false
}

func (a *archive) Between(_ context.Context, from, to time.Time) ([]feeds.Item, error) {
	var out []feeds.Item
	for _, it := range a.items {
		if !it.Seen.Before(from) && it.Seen.Before(to) {
			out = append(out, it)
		}
	}
	return out, a.err
}

func (a *archive) Item(_ context.Context, key string) (feeds.Item, error) {
	for _, it := range a.items {
		if it.URL == key || it.URL != "" && it.URL == feeds.CanonicalURL(key) {
			return it, nil
		}
	}
	return feeds.Item{}, feeds.ErrNotFound
}

func (a *archive) Sightings(context.Context, int64) ([]feeds.Sighting, error) {
	return a.sightings, a.err
}
func (a *archive) Outcomes(context.Context, int64) ([]digest.Outcome, error) {
	return a.outcomes, a.err
}

// subscribers is a Subscribers in memory.
type subscribers struct {
	list []digest.Subscription
	last int64
}

func (s *subscribers) Subscriptions(_ context.Context, target string) ([]digest.Subscription, error) {
	var out []digest.Subscription
	for _, sub := range s.list {
		if target == "" || sub.Target == target {
			out = append(out, sub)
		}
	}
	return out, nil
}

func (s *subscribers) Subscribe(_ context.Context, sub digest.Subscription) (digest.Subscription, bool, error) {
	for _, old := range s.list {
		if old.Query == sub.Query && old.Cadence == sub.Cadence && old.Target == sub.Target {
			return old, false, nil
		}
	}
	s.last++
	sub.ID = s.last
	s.list = append(s.list, sub)
	return sub, true, nil
}

func (s *subscribers) Unsubscribe(_ context.Context, id int64) error {
	for i, sub := range s.list {
		if sub.ID == id {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return nil
		}
	}
	return feeds.ErrNotFound
}

// desk is a Desk in memory.
type desk struct {
	mu      sync.Mutex // of feeds
	feeds   []feeds.Feed
	topics  []feeds.Topic
	keys    map[string]bool
	pending []digest.Delivery
}

func (d *desk) Pending(context.Context, time.Time, int) ([]digest.Delivery, error) {
	return d.pending, nil
}

func (d *desk) Feeds(context.Context) ([]feeds.Feed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.feeds), nil
}

func (d *desk) Topics(context.Context) ([]feeds.Topic, error) { return d.topics, nil }

// list is Feeds for tests.
func (d *desk) list() []feeds.Feed {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.feeds)
}

func (d *desk) Once(_ context.Context, key string, _ time.Time) (bool, error) {
	if d.keys == nil {
		d.keys = map[string]bool{}
	}
	first := !d.keys[key]
	d.keys[key] = true
	return first, nil
}

// sources is a Sources that finds the same in every site, and keeps the desk's list.
type sources struct {
	desk  *desk
	found map[string][]feeds.Candidate // by address
	err   error                        // of every search
	asked []string
}

func (s *sources) Discover(_ context.Context, address string) ([]feeds.Candidate, error) {
	s.asked = append(s.asked, address)
	return s.found[address], s.err
}

func (s *sources) AddFeed(_ context.Context, f feeds.Feed, _ time.Time) (bool, error) {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if onList(s.desk.feeds, f.URL) >= 0 {
		return false, nil
	}
	f.Origin, f.State = feeds.OriginDesk, feeds.StateNew
	s.desk.feeds = append(s.desk.feeds, f)
	return true, nil
}

func (s *sources) RemoveFeed(_ context.Context, url string) error {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	at := slices.IndexFunc(s.desk.feeds, func(f feeds.Feed) bool { return f.URL == url })
	switch {
	case at < 0:
		return feeds.ErrNotFound
	case s.desk.feeds[at].Origin == feeds.OriginFile:
		return ErrDeclared
	}
	s.desk.feeds = slices.Delete(slices.Clone(s.desk.feeds), at, at+1)
	return nil
}

// office is a bot with everything behind it in memory.
type office struct {
	*Bot
	archive     *archive
	subscribers *subscribers
	desk        *desk
	sources     *sources
}

const secret = "8f742231b10e8888abcd99yyyzzz85a5"

func newOffice(t *testing.T, change func(*Options)) *office {
	t.Helper()
	o := &office{archive: &archive{items: sampleItems()}, subscribers: &subscribers{}, desk: &desk{}}
	o.sources = &sources{desk: o.desk}
	options := Options{
		Archive: o.archive, Subscribers: o.subscribers, Desk: o.desk, Sources: o.sources,
		Token: "xoxb-secret", SigningSecret: secret, Language: "de", Location: berlin,
		Now: func() time.Time { return monday },
	}
	if change != nil {
		change(&options)
	}
	o.Bot = New(options)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := o.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return o
}

func sampleItems() []feeds.Item {
	day := func(h int) time.Time { return monday.Add(-time.Duration(h) * time.Hour) }
	return []feeds.Item{
		{ID: 1, Title: "OZG-Umsetzung: Länder ziehen Bilanz", URL: "https://example.org/ozg?id=1&x=2", Source: "Amtsblick",
			Summary: "Die Länder melden 412 Leistungen als fertig; in zwei Flächenländern fehlen noch die Anschlüsse.",
			Seen:    day(1), Dated: day(1), News: 3, Matches: []feeds.Match{{Topic: "OZG", Words: []string{"OZG-Umsetzung"}}, {Topic: "Blockchain", Words: []string{"Blockchain"}}}},
		{ID: 2, Title: "Bürger*innen <!channel> & *Fett* `x`", URL: "https://example.org/b", Source: "Rat & Tat", Seen: day(30), Dated: day(30), News: 2,
			Matches: []feeds.Match{{Topic: "OZG", Words: []string{"OZG"}}}},
		{ID: 3, Title: "Genossenschaft nimmt Mitglied auf", Source: "Kommunalbote", Seen: day(40), Dated: day(40), News: 1,
			Matches: []feeds.Match{{Topic: "govdigital", Words: []string{"govdigital"}}}},
	}
}

// server is an HTTP server that ends with the test.
func server(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}
