package feeds

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a network in memory, so that time can be simulated: servers by host name.
type pipes map[string]http.Handler

// client gives a client whose connections lead into the network.
func (p pipes) client(t *testing.T, o ClientOptions) *Client {
	c := NewClient(o)
	tr := c.http.Transport.(*http.Transport)
	tr.DisableKeepAlives = true
	tr.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		h := p[host]
		if h == nil {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		here, there := net.Pipe()
		srv := &http.Server{Handler: h}
		l := &oneConn{conn: there, done: make(chan struct{})}
		srv.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed || s == http.StateHijacked {
				l.Close()
			}
		}
		go func() { _ = srv.Serve(l) }()
		return here, nil
	}
	t.Cleanup(c.Close)
	return c
}

// oneConn is a listener of a single connection.
type oneConn struct {
	conn net.Conn
	once sync.Once
	end  sync.Once
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	var c net.Conn
	l.once.Do(func() { c = l.conn })
	if c != nil {
		return c, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { l.end.Do(func() { close(l.done) }); return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }

// TestRunForADay: a day of polling, simulated. Each feed is asked at its own
// rhythm, the broken one more and more rarely, the one with Retry-After not
// before its time, the gone one never again.
func TestRunForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		asked := map[string][]time.Duration{}
		note := func(h http.HandlerFunc) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				asked[r.Host] = append(asked[r.Host], time.Since(start))
				mu.Unlock()
				h(w, r)
			})
		}
		network := pipes{
			"gut.example": note(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(rssOf("Eins"))) }),
			"frisch.example": note(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=14400")
				_, _ = w.Write([]byte(rssOf("Eins")))
			}),
			"kaputt.example": note(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "x", 500) }),
			"warte.example": note(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "36000")
				http.Error(w, "x", http.StatusServiceUnavailable)
			}),
			"weg.example":    note(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusGone) }),
			"haengt.example": note(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		}
		store := newMemory("http://gut.example/f", "http://frisch.example/f", "http://kaputt.example/f", "http://warte.example/f", "http://weg.example/f", "http://haengt.example/f", "http://fehlt.example/f")
		p := NewPoller(store, network.client(t, ClientOptions{HostGap: 2 * time.Second}), PollOptions{
			Every: 30 * time.Minute, Min: 5 * time.Minute, Max: 6 * time.Hour, Chance: func() float64 { return 0.5 },
		})
		ctx, cancel := context.WithTimeout(context.Background(), 24*time.Hour)
		defer cancel()
		if err := p.Run(ctx); err != nil {
			t.Errorf("Run gave %v", err)
		}
		synctest.Wait()
		for host, want := range map[string][2]int{
			"gut.example": {46, 49}, "frisch.example": {6, 6}, "kaputt.example": {7, 8}, "warte.example": {3, 3}, "weg.example": {1, 1}, "haengt.example": {7, 8},
		} {
			if n := len(asked[host]); n < want[0] || n > want[1] {
				t.Errorf("%s was asked %d times, want %d to %d: %v", host, n, want[0], want[1], asked[host])
			}
		}
		list := asked["kaputt.example"]
		for i := 2; i < len(list); i++ {
			if gap, before := list[i]-list[i-1], list[i-1]-list[i-2]; gap < before-2*time.Second || gap > 6*time.Hour+2*time.Second {
				t.Errorf("backing off went from %v to %v", before, gap)
			}
		}
		for id, want := range map[int64]string{1: "", 3: "HTTP 500 Internal Server Error", 5: "HTTP 410 Gone", 6: "no answer within 15 s", 7: "no such host: fehlt.example"} {
			if f := store.feed(id); bare(f.Reason) != want {
				t.Errorf("%s: %s %q, want %q", f.URL, f.State, f.Reason, want)
			}
		}
	})
}

// TestNoBurstAfterDowntime: 200 overdue feeds on as many hosts are asked at
// most Concurrency at a time, and all of them.
func TestNoBurstAfterDowntime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, total atomic.Int32
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			total.Add(1)
			_, _ = w.Write([]byte(rssOf("Eins")))
		})
		network, urls := pipes{}, []string{}
		for i := range 200 {
			network["h"+strconv.Itoa(i)+".example"] = h
			urls = append(urls, "http://h"+strconv.Itoa(i)+".example/f")
		}
		store := newMemory(urls...)
		p := NewPoller(store, network.client(t, ClientOptions{HostGap: 2 * time.Second}), PollOptions{Concurrency: 4})
		start := time.Now()
		if err := p.Round(context.Background(), false, nil); err != nil {
			t.Fatal(err)
		}
		if most.Load() != 4 || total.Load() != 200 || time.Since(start) > 51*time.Second {
			t.Errorf("%d at a time, %d in all, in %v", most.Load(), total.Load(), time.Since(start))
		}
		synctest.Wait()
	})
}

// TestSlowHostHoldsNobodyUp: twenty feeds on one slow host wait for each
// other; the feed of another host is done at once although there are only two
// places.
func TestSlowHostHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var quick time.Duration
		network := pipes{
			"langsam.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { time.Sleep(5 * time.Second) }),
			"schnell.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { quick = time.Since(start) }),
		}
		var urls []string
		for i := range 20 {
			urls = append(urls, "http://langsam.example/"+strconv.Itoa(i))
		}
		p := NewPoller(newMemory(append(urls, "http://schnell.example/")...), network.client(t, ClientOptions{HostGap: 2 * time.Second}), PollOptions{Concurrency: 2})
		if err := p.Round(context.Background(), false, nil); err != nil {
			t.Fatal(err)
		}
		if quick > time.Second || time.Since(start) != 20*5*time.Second+19*2*time.Second {
			t.Errorf("the quick one after %v, all after %v", quick, time.Since(start))
		}
		synctest.Wait()
	})
}

// TestRunEndsAndForgetsNothing: when the context ends, Run waits for what is
// under way, which counts as no failure and is asked again next time.
func TestRunEndsAndForgetsNothing(t *testing.T) {
	asked := make(chan struct{}, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer srv.Close()
	store := newMemory(srv.URL)
	p := NewPoller(store, testClient(t), PollOptions{Min: 10 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	<-asked
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run gave %v", err)
	}
	if f := store.feed(1); f.State != StateNew || f.Failures != 0 || len(store.polls) != 0 {
		t.Errorf("a shutdown left the feed %s with %d failures", f.State, f.Failures)
	}
}

// TestRunSurvivesTheStore: a store that fails holds polling up and ends
// nothing, and the feed is not asked more often than Min for all that.
func TestRunSurvivesTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		network := pipes{"gut.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			_, _ = w.Write([]byte(rssOf("Eins")))
		})}
		store := newMemory("http://gut.example/f")
		store.fail = errDisk
		var saved Saved
		p := NewPoller(store, network.client(t, ClientOptions{}), PollOptions{Min: 5 * time.Minute, Saved: func(s Saved) { saved = s }})
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
		defer cancel()
		time.AfterFunc(6*time.Minute, func() {
			store.mu.Lock()
			store.fail = nil
			store.mu.Unlock()
		})
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if f := store.feed(1); f.State != StateOK || saved.New != 1 {
			t.Errorf("after the store came back the feed is %s, saved %+v", f.State, saved)
		}
		if n := asked.Load(); n != 3 {
			t.Errorf("the feed was asked %d times: want one failure, one 5 minutes later, and the success", n)
		}
	})
}

// TestFailedPollsSayHowLongTheyTook, and only a host that says it is
// overloaded is left alone as a whole.
func TestFailedPollsSayHowLongTheyTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := func(status int) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(3 * time.Second)
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(status)
			})
		}
		network := pipes{"fehlt.example": late(404), "voll.example": late(503)}
		store := newMemory("http://fehlt.example/a", "http://fehlt.example/b", "http://voll.example/a", "http://voll.example/b")
		var got reports
		p := NewPoller(store, network.client(t, ClientOptions{}), PollOptions{})
		if err := p.Round(context.Background(), false, got.add); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			url     string
			outcome Outcome
			millis  int64
		}{
			{"fehlt.example/a", OutcomeFailed, 3000},
			{"fehlt.example/b", OutcomeFailed, 3000},
			{"voll.example/a", OutcomeFailed, 3000},
			{"voll.example/b", OutcomeSkipped, 0},
		} {
			if r := got.of(t, c.url); r.Outcome != c.outcome || r.Millis != c.millis {
				t.Errorf("%s: %s after %d ms, want %s after %d", c.url, r.Outcome, r.Millis, c.outcome, c.millis)
			}
		}
		synctest.Wait()
	})
}

// TestLargeBodiesTakeTurns: of six servers that send more than a megabyte two
// are listened to at a time, and who waits does not run into the time limit.
func TestLargeBodiesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		blanks := []byte(strings.Repeat(" ", largeBody+1<<16))
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(rssOf("Eins")))
			_, _ = w.Write(blanks)
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(4 * time.Second)
			now.Add(-1)
		})
		network, urls := pipes{}, []string{}
		for i := range 6 {
			network["h"+strconv.Itoa(i)+".example"] = h
			urls = append(urls, "http://h"+strconv.Itoa(i)+".example/f")
		}
		p := NewPoller(newMemory(urls...), network.client(t, ClientOptions{Timeout: 5 * time.Second}), PollOptions{})
		var got reports
		start := time.Now()
		if err := p.Round(context.Background(), false, got.add); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.list {
			if r.Outcome != OutcomeNew || r.Millis != 4000 {
				t.Errorf("%s: %s %q after %d ms", r.URL, r.Outcome, r.Reason, r.Millis)
			}
		}
		if most.Load() != largeAtOnce || len(got.list) != 6 || time.Since(start) != 12*time.Second {
			t.Errorf("%d at a time, %d in all, in %v", most.Load(), len(got.list), time.Since(start))
		}
		synctest.Wait()
	})
}

func TestRoundEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer srv.Close()
	var got reports
	err := NewPoller(newMemory(srv.URL+"/a", srv.URL+"/b"), testClient(t, func(o *ClientOptions) { o.PerHost = 1 }), PollOptions{}).Round(ctx, false, got.add)
	if !errors.Is(err, context.Canceled) || len(got.list) != 2 || got.list[0].Outcome != OutcomeSkipped || got.list[1].Outcome != OutcomeSkipped {
		t.Errorf("got %v, %+v", err, got.list)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gut":
			_, _ = w.Write([]byte(rssOf("Eins", "Zwei")))
		case "/leer":
			_, _ = w.Write([]byte(rssOf()))
		default:
			_, _ = w.Write([]byte("<html></html>"))
		}
	})
	store := newMemory()
	p := NewPoller(store, testClient(t), PollOptions{})
	for path, want := range map[string]Report{
		"/gut":   {Name: "Amtsblatt", Outcome: OutcomeNew, New: 2},
		"/leer":  {Name: "Amtsblatt", Outcome: OutcomeUnchanged, Reason: "the feed works, but has no items; look at it in a browser; it may be filled later"},
		"/seite": {Name: "127.0.0.1", Outcome: OutcomeFailed, Reason: "this is an HTML page, not a feed; " + remedies[cureHTML].en},
	} {
		got := p.Check(context.Background(), srv.URL+path)
		want.Reason = strings.ReplaceAll(want.Reason, "%s", srv.URL+"/")
		want.URL, want.Millis = srv.URL+path, got.Millis
		if got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	if len(store.polls) != 0 {
		t.Error("a check was stored")
	}
}
