package feeds

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFetchAsksPolitely(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sitzung", Value: "1"})
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(rssOf("Eins")))
	})
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c := testClient(t)
	v := Validators{ETag: `W/"a, \b"`, LastModified: "Mon, 16 Nov 2026 08:00:00  GMT"}
	for range 2 {
		if _, err := c.Fetch(context.Background(), srv.URL+"/first#absatz", v); err != nil {
			t.Fatal(err)
		}
	}
	list := srv.requests()
	if len(list) != 4 {
		t.Fatalf("%d requests", len(list))
	}
	for _, r := range list {
		for header, want := range map[string]string{
			"User-Agent": "Depesche/1.2.3 (+desk@example.org)", "If-None-Match": v.ETag, "If-Modified-Since": v.LastModified,
			"Accept-Encoding": "gzip", "Cookie": "", "Referer": "", "Authorization": "",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s %s: %q, want %q", r.URL.Path, header, got, want)
			}
		}
		if r.Method != http.MethodGet || r.URL.RawQuery != "" {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
	}
}

func TestFetchWithoutValidatorsIsUnconditional(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {})
	if _, err := testClient(t).Fetch(context.Background(), srv.URL, Validators{}); err != nil {
		t.Fatal(err)
	}
	for _, h := range []string{"If-None-Match", "If-Modified-Since"} {
		if _, ok := srv.requests()[0].Header[h]; ok {
			t.Errorf("sent %s", h)
		}
	}
}

func TestFetchAnswers(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"x"`)
		w.Header().Set("Last-Modified", "so nicht, doch Byte für Byte")
		w.Header().Set("Cache-Control", "public, max-age=600")
		w.Header().Set("Age", "100")
		w.Header().Set("Content-Type", "application/rss+xml")
		switch r.URL.Path {
		case "/304":
			w.Header().Del("ETag")
			w.WriteHeader(http.StatusNotModified)
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			zw := gzip.NewWriter(w)
			_, _ = zw.Write([]byte("<rss/>"))
			_ = zw.Close()
		case "/moved":
			http.Redirect(w, r, "/moved2", http.StatusMovedPermanently)
		case "/moved2":
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
		case "/detour":
			http.Redirect(w, r, "/moved", http.StatusFound)
		default:
			_, _ = w.Write([]byte("<rss/>"))
		}
	})
	c := testClient(t)
	get := func(path string) Response {
		t.Helper()
		r, err := c.Fetch(context.Background(), srv.URL+path, Validators{ETag: `"old"`})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := get("/gzip"); string(r.Body) != "<rss/>" || r.ETag != `W/"x"` || r.LastModified != "so nicht, doch Byte für Byte" || r.MaxAge != 500*time.Second || r.ContentType != "application/rss+xml" {
		t.Errorf("gzip: %+v", r)
	}
	if r := get("/304"); !r.NotModified || r.Body != nil || r.ETag != `"old"` || r.LastModified == "" {
		t.Errorf("304 does not renew what it names and keep the rest: %+v", r)
	}
	if r := get("/moved"); r.MovedTo != srv.URL+"/new" || r.FinalURL != srv.URL+"/new" {
		t.Errorf("moved: %q, final %q", r.MovedTo, r.FinalURL)
	}
	if r := get("/detour"); r.MovedTo != "" || r.FinalURL != srv.URL+"/new" {
		t.Errorf("a temporary redirect first: moved %q, final %q", r.MovedTo, r.FinalURL)
	}
}

func TestFetchRefusals(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		zw := gzip.NewWriter(&b)
		chunk := make([]byte, 1<<20)
		for range 50 {
			_, _ = zw.Write(chunk)
		}
		_ = zw.Close()
		return b.Bytes()
	}()
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(make([]byte, 2<<20))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("\x1f\x8bnot gzip at all"))
		case "/gzip-damaged":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(slices.Concat(bomb[:20], []byte("xxxx"), bomb[20:]))
		case "/br":
			w.Header().Set("Content-Encoding", "br")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/hops":
			http.Redirect(w, r, "/hops?"+r.URL.RawQuery+"x", http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		case "/404":
			http.NotFound(w, r)
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		case "/drip":
			for range 50 {
				_, _ = w.Write([]byte("x"))
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("x"))
		}
	})
	c := testClient(t, func(o *ClientOptions) { o.MaxBytes, o.Timeout = 1<<20, 20*time.Second })
	hasty := testClient(t, func(o *ClientOptions) { o.Timeout = 300 * time.Millisecond })
	host := strings.TrimPrefix(srv.URL, "http://")
	for _, x := range []struct{ url, reason string }{
		{srv.URL + "/large", "larger than 1 MB"},
		{srv.URL + "/bomb", "the compressed answer unpacks to more than 100 times its size"},
		{srv.URL + "/gzip", "the compressed answer is damaged"},
		{srv.URL + "/gzip-damaged", "the compressed answer is damaged"},
		{srv.URL + "/br", "unknown content encoding"},
		{srv.URL + "/loop", "redirects in a circle"},
		{srv.URL + "/hops", "more than 5 redirects"},
		{srv.URL + "/metadata", "it redirects to 169.254.169.254, which is no address of the public internet"},
		{srv.URL + "/file", "only http and https are asked"},
		{srv.URL + "/nowhere", "a redirect without a usable Location"},
		{srv.URL + "/404", "HTTP 404 Not Found"},
		{srv.URL + "/slow", "no answer within 300 ms"},
		{srv.URL + "/drip", "no answer within 300 ms"},
		{srv.URL + "/cut", "the connection broke"},
		{"http://127.0.0.1:1/", "connection refused"},
		{"http://10.0.0.1/", "address 10.0.0.1 is private; add it to fetch.allow_networks"},
		{"ftp://example.org/", "only http and https are asked"},
		{"kein Link", "not an absolute http or https address"},
		{"http://geheim:wort@" + host + "/404", "HTTP 404 Not Found"},
		{"http://geheim:wort@10.0.0.1/", "address 10.0.0.1 is private; add it to fetch.allow_networks"},
		{"http://geheim:wort@%zz/", "not an absolute http or https address"},
	} {
		client := c
		if strings.HasPrefix(x.reason, "no answer") {
			client = hasty
		}
		_, err := client.Fetch(context.Background(), x.url, Validators{})
		if got := Reason(err); got != x.reason {
			t.Errorf("%s: %q, want %q (%v)", x.url, got, x.reason, err)
		}
		if err != nil && (strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "wort@")) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	before := len(srv.requests())
	_, _ = c.Fetch(context.Background(), srv.URL+"/hops", Validators{})
	if n := len(srv.requests()) - before; n != 6 {
		t.Errorf("asked %d times along endless redirects, want 6", n)
	}
}

func TestNoWayFromHTTPSToHTTP(t *testing.T) {
	plain := record(t, func(w http.ResponseWriter, r *http.Request) {})
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	c := testClient(t)
	_, err := c.Fetch(context.Background(), secure.URL, Validators{})
	if got := Reason(err); got != "TLS certificate is signed by an unknown authority" {
		t.Errorf("an unknown certificate: %q", got)
	}
	// A client for each: connections that were begun may still read what they go by.
	trusting := func(name string) *Client {
		c := testClient(t)
		config := secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		config.ServerName = name
		c.http.Transport.(*http.Transport).TLSClientConfig = config
		return c
	}
	_, err = trusting("").Fetch(context.Background(), secure.URL, Validators{})
	if !errors.Is(err, errDowngrade) || len(plain.requests()) != 0 {
		t.Errorf("got %v after %d requests in the clear", err, len(plain.requests()))
	}
	u, err := url.Parse(secure.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = trusting("anders.example").Fetch(context.Background(), "https://localhost:"+u.Port(), Validators{})
	if got := Reason(err); !strings.HasPrefix(got, "TLS certificate is not valid for anders.example") {
		t.Errorf("a certificate of another name: %q (%v)", got, err)
	}
}

func TestAddresses(t *testing.T) {
	for addr, want := range map[string]string{
		"8.8.8.8": "", "2a00:1450:4001::1": "", "100.63.255.255": "", "100.128.0.1": "", "172.32.0.1": "",
		"10.1.2.3": "private", "172.16.0.1": "private", "192.168.1.1": "private", "100.64.0.1": "private (carrier NAT)",
		"127.0.0.1": "loopback", "127.255.0.9": "loopback", "::1": "loopback", "0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "::": "unspecified",
		"169.254.169.254": "link-local", "fe80::1": "link-local", "fd00::1": "private", "fc00::1": "private", "fec0::1": "private",
		"224.0.0.1": "multicast", "ff02::1": "multicast", "240.0.0.1": "reserved", "255.255.255.255": "reserved",
		"::ffff:10.0.0.1": "private", "::ffff:127.0.0.1": "loopback", "::127.0.0.1": "loopback",
		"64:ff9b::a00:1": "private", "64:ff9b::7f00:1": "loopback", "64:ff9b::808:808": "", "64:ff9b:1::1": "private",
		"2002:7f00:1::": "loopback", "2002:a9fe:a9fe::1": "link-local", "2002:808:808::": "", "2001:0:1::1": "reserved",
		"fe80::1%eth0": "link-local", "192.88.99.1": "reserved", "2001:2::1": "reserved", "3fff::1": "reserved", "4000::1": "reserved", "8000::1": "reserved", "5f00::1": "reserved",
		"::ffff:0:127.0.0.1": "loopback", "::ffff:0:8.8.8.8": "", "2a00:1450:4001:1:0:5efe:10.0.0.1": "private", "2a00:1450:4001:1:200:5efe:192.168.0.1": "private",
	} {
		err := checkAddr(netip.MustParseAddr(addr), nil)
		got := ""
		var e *addressError
		if errors.As(err, &e) {
			_, got, _ = strings.Cut(e.Error(), " is ")
			got, _, _ = strings.Cut(got, ";")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	allow := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	if err := checkAddr(netip.MustParseAddr("10.0.0.9"), allow); err != nil {
		t.Errorf("an allowed network is refused: %v", err)
	}
	if err := checkAddr(netip.MustParseAddr("10.0.1.9"), allow); err == nil {
		t.Error("the neighbour of an allowed network is let through")
	}
}

// TestNamesAreCheckedWhereTheyLead: a name that resolves to loopback is
// refused at connection time, and the server never hears of it.
func TestNamesAreCheckedWhereTheyLead(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {})
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
	c := testClient(t, func(o *ClientOptions) { o.AllowNetworks = nil })
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0x7f.0.0.1", "0"} {
		_, err := c.Fetch(context.Background(), "http://"+host+":"+port+"/", Validators{})
		if err == nil {
			t.Errorf("%s was asked", host)
		}
	}
	if n := len(srv.requests()); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestHostLimitAndGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newHostQueue(1, 2*time.Second)
		start := time.Now()
		var running, most atomic.Int32
		var begun []time.Duration
		done := make(chan time.Duration, 3)
		for range 3 {
			go func() {
				release, err := q.acquire(context.Background(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				at := time.Since(start)
				most.Store(max(most.Load(), running.Add(1)))
				time.Sleep(5 * time.Second)
				running.Add(-1)
				release()
				done <- at
			}()
		}
		for range 3 {
			begun = append(begun, <-done)
		}
		if want := "[0s 7s 14s]"; fmt.Sprint(begun) != want || most.Load() != 1 {
			t.Errorf("begun at %v, %d at a time; want %s, 1", begun, most.Load(), want)
		}
		release, err := q.acquire(context.Background(), "b") // another host waits for nobody
		if err != nil {
			t.Fatal(err)
		}
		release()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := q.acquire(ctx, "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the gap does not obey the context: %v", err)
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "": 0, "bald": 0, "-5": 0, "Mon, 16 Nov 2026 08:30:00 GMT": 30 * time.Minute,
		"Mon, 16 Nov 2026 07:00:00 GMT": 0, "99999999999999999999": 0, "9999999999": 365 * 24 * time.Hour,
	} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestFreshness(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Cache-Control": {"max-age=60"}, "Expires": {"Mon, 16 Nov 2026 12:00:00 GMT"}}, time.Minute},
		{http.Header{"Cache-Control": {"no-cache, max-age=60"}}, 0},
		{http.Header{"Cache-Control": {`private, max-age="90"`}, "Age": {"30"}}, time.Minute},
		{http.Header{"Cache-Control": {"max-age=60"}, "Age": {"90"}}, 0},
		{http.Header{"Expires": {"Mon, 16 Nov 2026 09:00:00 GMT"}}, time.Hour},
		{http.Header{"Expires": {"0"}}, 0},
	} {
		if got := freshness(c.header, now); got != c.want {
			t.Errorf("%v: %v, want %v", c.header, got, c.want)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) }))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c := testClient(t)
	for range 20 {
		if _, err := c.Fetch(context.Background(), srv.URL, Validators{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 requests", n)
	}
}
