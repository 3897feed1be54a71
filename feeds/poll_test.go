package feeds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// reports collects what a round reports, by URL path.
type reports struct {
	mu   sync.Mutex
	list []Report
}

func (r *reports) add(x Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, x)
}

func (r *reports) of(t *testing.T, suffix string) Report {
	t.Helper()
	for _, x := range r.list {
		if strings.HasSuffix(x.URL, suffix) {
			return x
		}
	}
	t.Fatalf("no report of %s in %+v", suffix, r.list)
	return Report{}
}

func TestRound(t *testing.T) {
	body := rssOf("Kreis Beispiel öffnet sein Portal", "Neue Software für Meldeämter")
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			if r.Header.Get("If-None-Match") == `W/"v1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("ETag", `W/"v1"`)
			_, _ = w.Write([]byte(body))
		case "/page":
			w.Header().Set("ETag", `"page"`)
			_, _ = w.Write([]byte("<!DOCTYPE html><html><body>Wartung</body></html>"))
		case "/empty":
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/bomb":
			_, _ = w.Write([]byte("<rss><channel>" + strings.Repeat("<x:a>", 100_000)))
		default:
			http.NotFound(w, r)
		}
	})
	store := newMemory(srv.URL+"/page", srv.URL+"/empty", srv.URL+"/good", srv.URL+"/gone", srv.URL+"/missing", srv.URL+"/bomb", "ftp://example.org/x")
	p := NewPoller(store, testClient(t), PollOptions{})
	var first reports
	if err := p.Round(context.Background(), false, first.add); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path    string
		outcome Outcome
		reason  string
		state   State
		id      int64
	}{
		{"/page", OutcomeFailed, "this is an HTML page, not a feed", StateFailing, 1},
		{"/empty", OutcomeFailed, "the body is empty", StateFailing, 2},
		{"/good", OutcomeNew, "", StateOK, 3},
		{"/gone", OutcomeFailed, "HTTP 410 Gone", StateGone, 4},
		{"/missing", OutcomeFailed, "HTTP 404 Not Found", StateFailing, 5},
		{"/bomb", OutcomeFailed, "refused: elements nested more than 200 deep", StateFailing, 6},
		{"/x", OutcomeFailed, "only http and https are asked", StateFailing, 7},
	} {
		r, f := first.of(t, c.path), store.feed(c.id)
		if r.Outcome != c.outcome || bare(r.Reason) != c.reason {
			t.Errorf("%s: got %s %q, want %s %q", c.path, r.Outcome, r.Reason, c.outcome, c.reason)
		}
		if f.State != c.state || bare(f.Reason) != c.reason || f.NextPoll.IsZero() || f.Since.IsZero() {
			t.Errorf("%s: feed is %s %q, next %v, since %v", c.path, f.State, f.Reason, f.NextPoll, f.Since)
		}
		if c.outcome == OutcomeFailed && (f.Validators != Validators{} || f.Failures != 1 || !f.LastSuccess.IsZero()) {
			t.Errorf("%s: a failed poll left validators %+v, %d failures, success %v", c.path, f.Validators, f.Failures, f.LastSuccess)
		}
	}
	if r := first.of(t, "/good"); r.New != 2 || r.Name != "Amtsblatt" {
		t.Errorf("good feed: %+v", r)
	}
	if f := store.feed(3); f.ETag != `W/"v1"` || f.Site != "https://amtsblatt.example/" {
		t.Errorf("good feed was saved as %+v", f)
	}

	var second reports
	if err := p.Round(context.Background(), true, second.add); err != nil {
		t.Fatal(err)
	}
	if r := second.of(t, "/good"); r.Outcome != OutcomeUnchanged {
		t.Errorf("304 gave %+v", r)
	}
	for _, r := range second.list {
		if strings.HasSuffix(r.URL, "/gone") {
			t.Error("a feed that is gone was asked again")
		}
	}
	if f := store.feed(1); f.Failures != 2 {
		t.Errorf("second failure counted as %d", f.Failures)
	}
}

func TestRoundOnlyDue(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(rssOf("Eins"))) })
	store := newMemory(srv.URL + "/a")
	p := NewPoller(store, testClient(t), PollOptions{})
	for range 3 {
		if err := p.Round(context.Background(), false, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(srv.requests()); n != 1 {
		t.Errorf("asked %d times though due once", n)
	}
}

func TestSameBodyIsUnchanged(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, time.Now().UnixNano())) // a new one for the same body
		_, _ = w.Write([]byte(rssOf("Eins")))
	})
	store := newMemory(srv.URL + "/a")
	p := NewPoller(store, testClient(t), PollOptions{})
	var got reports
	for range 2 {
		if err := p.Round(context.Background(), true, got.add); err != nil {
			t.Fatal(err)
		}
	}
	if got.list[1].Outcome != OutcomeUnchanged || got.list[1].Known != 0 || store.polls[1].Items != nil {
		t.Errorf("the same body again: %+v with %d items", got.list[1], len(store.polls[1].Items))
	}
	if store.polls[0].Feed.ETag == store.polls[1].Feed.ETag {
		t.Error("the newer validator was not taken over")
	}
}

func TestEmptyAfterManyIsSuspicious(t *testing.T) {
	titles := []string{"A", "B", "C", "D", "E", "F"}
	var mu sync.Mutex
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("ETag", `"`+strconv.Itoa(len(titles))+`"`)
		_, _ = w.Write([]byte(rssOf(titles...)))
	})
	store := newMemory(srv.URL + "/a")
	p := NewPoller(store, testClient(t), PollOptions{})
	if err := p.Round(context.Background(), true, nil); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	titles = nil
	mu.Unlock()
	if err := p.Round(context.Background(), true, nil); err != nil {
		t.Fatal(err)
	}
	f := store.feed(1)
	if f.State != StateFailing || bare(f.Reason) != "the feed is empty; it has carried 6 items so far" || f.ETag != `"6"` {
		t.Errorf("an emptied feed is %s %q with validator %s", f.State, f.Reason, f.ETag)
	}
}

func TestStoreFailureEndsTheRound(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(rssOf("Eins"))) })
	store := newMemory(srv.URL+"/a", srv.URL+"/b")
	store.fail = errDisk
	err := NewPoller(store, testClient(t), PollOptions{Concurrency: 1}).Round(context.Background(), true, nil)
	if !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
}

func TestFeedTakenOffTheListMeanwhile(t *testing.T) {
	store := newMemory("")
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		store.mu.Lock()
		delete(store.feeds, 1)
		store.mu.Unlock()
		_, _ = w.Write([]byte(rssOf("Eins")))
	})
	store.feeds[1] = Feed{ID: 1, URL: srv.URL + "/a"}
	var got reports
	if err := NewPoller(store, testClient(t), PollOptions{}).Round(context.Background(), true, got.add); err != nil {
		t.Fatal(err)
	}
	if r := got.list[0]; r.Outcome != OutcomeSkipped || r.Reason != "no longer on the list" {
		t.Errorf("got %+v", r)
	}
}

// TestRetryAfterHoldsTheHost: a 429 with Retry-After speaks for the whole
// host; its other feeds are left alone and lose nothing, other hosts go on.
func TestRetryAfterHoldsTheHost(t *testing.T) {
	busy := record(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	calm := record(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(rssOf("Eins"))) })
	store := newMemory(busy.URL+"/a", busy.URL+"/b", busy.URL+"/c", calm.URL+"/d")
	p := NewPoller(store, testClient(t, func(o *ClientOptions) { o.PerHost = 1 }), PollOptions{})
	var got reports
	for range 2 {
		if err := p.Round(context.Background(), true, got.add); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(busy.requests()); n != 1 {
		t.Errorf("the busy host was asked %d times", n)
	}
	if n := len(calm.requests()); n != 2 {
		t.Errorf("the calm host was asked %d times", n)
	}
	if r := got.of(t, "/b"); r.Outcome != OutcomeSkipped || !strings.HasPrefix(r.Reason, "its host asks to be left alone for another ") {
		t.Errorf("got %+v", r)
	}
	if f := store.feed(1); bare(f.Reason) != "HTTP 429 Too Many Requests" || time.Until(f.NextPoll) < 9*time.Minute {
		t.Errorf("feed is %s %q, next in %v", f.State, f.Reason, time.Until(f.NextPoll))
	}
	if f := store.feed(2); f.State != StateNew || f.Failures != 0 {
		t.Errorf("a feed that was not asked is %s with %d failures", f.State, f.Failures)
	}
}

// TestPasswordsStayInside: the user information of an address is sent to its
// server and shown to nobody.
func TestPasswordsStayInside(t *testing.T) {
	var user, pass string
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ = r.BasicAuth()
		http.Redirect(w, r, "/neu", http.StatusMovedPermanently)
		if r.URL.Path == "/neu" {
			_, _ = w.Write([]byte("<html>"))
		}
	})
	var logged strings.Builder
	store := newMemory(strings.Replace(srv.URL, "http://", "http://redaktion:geheim@", 1) + "/a")
	p := NewPoller(store, testClient(t), PollOptions{Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	var got reports
	if err := p.Round(context.Background(), true, got.add); err != nil {
		t.Fatal(err)
	}
	if user != "redaktion" || pass != "geheim" {
		t.Errorf("the server got %q, %q", user, pass)
	}
	if all := fmt.Sprintf("%+v %s %s", got.list, logged.String(), store.feed(1).Reason); strings.Contains(all, "geheim") || strings.Contains(all, "redaktion") || logged.Len() == 0 {
		t.Errorf("told: %s", all)
	}
}

// TestAlways304: a server that answers 304 to an unconditional request has
// given us nothing; the feed fails and its first poll is still to come.
func TestAlways304(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) })
	store := newMemory(srv.URL)
	if err := NewPoller(store, testClient(t), PollOptions{}).Round(context.Background(), true, nil); err != nil {
		t.Fatal(err)
	}
	if f := store.feed(1); f.State != StateFailing || !f.LastSuccess.IsZero() {
		t.Errorf("feed is %s %q, last success %v", f.State, f.Reason, f.LastSuccess)
	}
}
