package feeds

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// memory is a Store in memory, as simple as the contract allows: an item is
// known by its key within its feed.
type memory struct {
	mu    sync.Mutex
	feeds map[int64]Feed
	items map[int64]map[string]Entry
	polls []Poll
	fail  error // what SavePoll answers from now on
	holds map[string]time.Time
}

func newMemory(urls ...string) *memory {
	m := &memory{feeds: map[int64]Feed{}, items: map[int64]map[string]Entry{}}
	for i, u := range urls {
		id := int64(i + 1)
		m.feeds[id] = Feed{ID: id, URL: u, State: StateNew}
		m.items[id] = map[string]Entry{}
	}
	return m
}

func (m *memory) Due(_ context.Context, now time.Time, all bool) ([]Feed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Feed
	for id := range int64(len(m.feeds) + 1) {
		f, ok := m.feeds[id]
		if ok && f.State != StateGone && (all || !f.NextPoll.After(now)) {
			f.Marks = nil
			out = append(out, f)
		}
	}
	return out, nil
}

func (m *memory) Marks(_ context.Context, id int64) ([]byte, error) { return m.feed(id).Marks, nil }

func (m *memory) SavePoll(_ context.Context, p Poll) (Saved, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return Saved{}, m.fail
	}
	if _, ok := m.feeds[p.Feed.ID]; !ok {
		return Saved{}, ErrNotFound
	}
	m.polls = append(m.polls, p)
	s := Saved{Known: p.Skipped}
	for _, e := range p.Items {
		old, ok := m.items[p.Feed.ID][e.Key]
		switch {
		case !ok:
			s.New++
			p.Feed.Items++
		case old.Title != e.Title || !old.Published.Equal(e.Published):
			s.Updated++
		default:
			s.Known++
		}
		m.items[p.Feed.ID][e.Key] = e
	}
	if len(p.Items) == 0 && p.Skipped == 0 && p.Feed.LastBody.Before(p.At) { // no body came, and the last one's marks stay
		p.Feed.Marks = m.feeds[p.Feed.ID].Marks
	}
	m.feeds[p.Feed.ID] = p.Feed
	return s, nil
}

func (m *memory) Hold(_ context.Context, host string, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holds == nil {
		m.holds = map[string]time.Time{}
	}
	m.holds[host] = until
	return nil
}

func (m *memory) Holds(_ context.Context, now time.Time) (map[string]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]time.Time{}
	for host, until := range m.holds {
		if until.After(now) {
			out[host] = until
		}
	}
	return out, nil
}

func (m *memory) Topics(context.Context) ([]Topic, error) { return nil, nil }

func (m *memory) feed(id int64) Feed {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.feeds[id]
}

var errDisk = errors.New("disk is full")

// loopback lets tests ask their own servers.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// testClient is a client for servers on loopback, without pauses.
func testClient(t testing.TB, change ...func(*ClientOptions)) *Client {
	t.Helper()
	o := ClientOptions{AllowNetworks: loopback, PerHost: 8, Version: "1.2.3", Contact: "desk@example.org", Timeout: 5 * time.Second}
	for _, f := range change {
		f(&o)
	}
	c := NewClient(o)
	t.Cleanup(c.Close)
	return c
}

// recorder is a server that keeps every request it got.
type recorder struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func record(t testing.TB, h http.HandlerFunc) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.seen = append(r.seen, req)
		r.mu.Unlock()
		h(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) requests() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

// rssOf makes a small feed of the given titles.
func rssOf(titles ...string) string {
	s := `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Amtsblatt</title><link>https://amtsblatt.example/</link>`
	for i, t := range titles {
		s += `<item><title>` + t + `</title><link>https://amtsblatt.example/` + strconv.Itoa(i) + `</link><guid isPermaLink="false">` + t + `</guid></item>`
	}
	return s + `</channel></rss>`
}
