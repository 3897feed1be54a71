package feeds_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// trial is a real server that does harm, a real store, and the poller between them.
type trial struct {
	*testing.T
	mux    *http.ServeMux
	server *httptest.Server
	store  *storage.Store
	client *feeds.Client
	poller *feeds.Poller
	clock  time.Time
}

func newTrial(t *testing.T, change ...func(*feeds.ClientOptions)) *trial {
	t.Helper()
	tr := &trial{T: t, mux: http.NewServeMux(), store: storagetest.New(t), clock: time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)}
	tr.server = httptest.NewServer(tr.mux)
	t.Cleanup(tr.server.Close)
	o := feeds.ClientOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, PerHost: 8}
	for _, f := range change {
		f(&o)
	}
	tr.client = feeds.NewClient(o)
	t.Cleanup(tr.client.Close)
	tr.poller = feeds.NewPoller(tr.store, tr.client, feeds.PollOptions{Now: func() time.Time { return tr.clock }})
	return tr
}

// follow puts an address on the list and has its server answer with h.
func (tr *trial) follow(path string, h http.HandlerFunc) {
	tr.Helper()
	tr.mux.HandleFunc(path, h)
	tr.list(tr.server.URL + path)
}

func (tr *trial) list(url string) {
	tr.Helper()
	if _, err := tr.store.AddFeed(tr.Context(), feeds.Feed{URL: url}, tr.clock); err != nil {
		tr.Fatal(err)
	}
}

// body answers with a text.
func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// turns answers with one text after the other, and with the last one for ever.
func turns(list ...string) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, _ *http.Request) {
		i := min(int(n.Add(1)), len(list)) - 1
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, i))
		_, _ = io.WriteString(w, list[i])
	}
}

// poll asks all feeds an hour later and gives the reports by path.
func (tr *trial) poll() map[string]feeds.Report {
	tr.Helper()
	tr.clock = tr.clock.Add(time.Hour)
	out := map[string]feeds.Report{}
	if err := tr.poller.Round(tr.Context(), true, func(r feeds.Report) { out[r.URL[strings.LastIndexByte(r.URL, '/'):]] = r }); err != nil {
		tr.Fatal(err)
	}
	return out
}

// items gives what is in the store, newest first.
func (tr *trial) items() []feeds.Item {
	tr.Helper()
	list, _, err := tr.store.Latest(tr.Context(), "", 0, 10_000)
	if err != nil {
		tr.Fatal(err)
	}
	return list
}

// news counts what was ever announced.
func (tr *trial) news() int {
	tr.Helper()
	list, err := tr.store.Between(tr.Context(), tr.clock.Add(-10000*time.Hour), tr.clock.Add(time.Hour))
	if err != nil {
		tr.Fatal(err)
	}
	return len(list)
}

func (tr *trial) feed(path string) feeds.Feed {
	tr.Helper()
	list, err := tr.store.Feeds(tr.Context())
	if err != nil {
		tr.Fatal(err)
	}
	for _, f := range list {
		if strings.HasSuffix(f.URL, path) {
			return f
		}
	}
	tr.Fatalf("no feed %s", path)
	return feeds.Feed{}
}

// fails holds that a feed's poll failed for a reason that begins so.
func (tr *trial) fails(r feeds.Report, path, reason string) {
	tr.Helper()
	if r.Outcome != feeds.OutcomeFailed || !strings.HasPrefix(r.Reason, reason) {
		tr.Errorf("%s is %s (%q), want it to fail with %q", path, r.Outcome, r.Reason, reason)
	}
	if f := tr.feed(path); f.State != feeds.StateFailing || f.Validators != (feeds.Validators{}) {
		tr.Errorf("%s is %s with validators %+v", path, f.State, f.Validators)
	}
}

// bounded runs f and holds that it took no longer, and did not allocate more
// in all: what was never allocated cannot fill the memory.
func bounded(t *testing.T, longest time.Duration, most uint64, f func()) {
	t.Helper()
	longest *= feeds.RaceFactor
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > most || took > longest {
		t.Errorf("took %v and %d MB, at most %v and %d MB are right", took, got>>20, longest, most>>20)
	}
}
