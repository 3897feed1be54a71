package feeds

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestARequestCarriesNothingElse: through redirects, cookies and errors.
func TestARequestCarriesNothingElse(t *testing.T) {
	in(t, "amt", func(t *testing.T) {
		h := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "sitzung=1; Path=/")
			w.Header().Set("Accept-CH", "Sec-CH-UA-Full-Version")
			switch r.URL.Path {
			case "/f":
				http.Redirect(w, r, "/zwei?x=1", http.StatusFound)
			default:
				sends(rssOf("Eins"), "Etag", `"1"`)(w, r)
			}
		})
		d := newDesk(t, map[string]*host{"amt": h})
		d.poll(0)
		d.poll(time.Hour)
		var asked []string
		for _, r := range h.asked {
			asked = append(asked, r.Method+" "+r.URL.String())
			var names []string
			for name := range r.Header {
				names = append(names, name)
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != "Accept Accept-Encoding Connection User-Agent" && got != "Accept Accept-Encoding Connection If-None-Match User-Agent" {
				t.Errorf("%s carried %s", r.URL, got) // Connection: the network in memory keeps none open
			}
			if r.UserAgent() != "Depesche/1.2.3 (+desk@example.org)" || r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("%v", r.Header)
			}
		}
		if got := strings.Join(asked, ", "); got != "GET /f, GET /zwei?x=1, GET /f, GET /zwei?x=1" {
			t.Errorf("asked %s", got)
		}
	})
}

func TestEncodings(t *testing.T) {
	zip := func(s []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(s)
		_ = w.Close()
		return b.Bytes()
	}
	feed := []byte(rssOf("Eins"))
	bomb := zip(append(feed, make([]byte, 9<<20)...))
	for _, c := range []struct {
		name   string
		body   []byte
		coding []string
		reason string
		more   int // bytes that Content-Length promises besides
	}{
		{"gzip", zip(feed), []string{"gzip"}, "", 0},
		{"gzip by its old name", zip(feed), []string{"X-GZIP"}, "", 0},
		{"none, said so", feed, []string{"identity"}, "", 0},
		{"none", feed, nil, "", 0},
		{"nine megabytes in nine kilobytes", bomb, []string{"gzip"}, "the compressed answer unpacks to more than 100 times its size", 0},
		{"twice", zip(zip(feed)), []string{"gzip, gzip"}, "unknown content encoding", 0},
		{"twice, in two lines", zip(zip(feed)), []string{"gzip", "gzip"}, "unknown content encoding", 0},
		{"one that nobody asked for", feed, []string{"br"}, "unknown content encoding", 0},
		{"cut short", zip(feed)[:100], []string{"gzip"}, "the connection broke", 0},
		{"its end lost, but not the feed's", zip(feed)[:len(zip(feed))-8], []string{"gzip"}, "", 0},
		{"gzip, and it is none", feed, []string{"gzip"}, "", 0},
		{"a length that is too large", feed, nil, "", 500},
		{"a length that is right, and half a feed", feed[:len(feed)-8], nil, "the connection broke", 8},
	} {
		in(t, c.name, func(t *testing.T) {
			h := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Encoding"] = c.coding
				w.Header().Set("Content-Length", strconv.Itoa(len(c.body)+c.more))
				_, _ = w.Write(c.body)
			})
			r := newDesk(t, map[string]*host{"amt": h}).poll(0)[0]
			if !strings.HasPrefix(r.Reason, c.reason) || (r.Outcome == OutcomeNew) != (c.reason == "") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestHTTP2(t *testing.T) {
	var version int
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version = r.ProtoMajor
		sends(rssOf("Eins"))(w, r)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	c := testClient(t)
	c.http.Transport.(*http.Transport).TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	c.http.Transport.(*http.Transport).TLSClientConfig.NextProtos = nil
	if _, err := c.Fetch(context.Background(), srv.URL, Validators{}); err != nil || version != 2 {
		t.Errorf("HTTP/%d, %v", version, err)
	}
}

// TestOneAtATimeOnAHost: ten feeds of one host, due at once, each after the
// other and a pause; and so they stay apart.
func TestOneAtATimeOnAHost(t *testing.T) {
	in(t, "amt", func(t *testing.T) {
		h := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			sends(rssOf("Eins"))(w, r)
		})
		var urls []string
		for i := range 10 {
			urls = append(urls, fmt.Sprintf("http://amt.example/%d", i))
		}
		d := newDesk(t, map[string]*host{"amt": h}, urls...)
		d.live(3 * time.Hour)
		if h.most != 1 {
			t.Errorf("%d requests at a time", h.most)
		}
		for i := 1; i < len(h.at); i++ {
			if gap := h.at[i].Sub(h.at[i-1]); gap < 5*time.Second {
				t.Fatalf("%v between two requests that take three seconds", gap)
			}
		}
	})
}

// TestSlowServersEndInTime, each by the limit that fits, and hold up nobody.
func TestSlowServersEndInTime(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request, size int, pause time.Duration) {
		for range 1000 {
			if _, err := w.Write(bytes.Repeat([]byte(" "), size)); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			if sleep(r.Context(), pause) != nil {
				return
			}
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		after  time.Duration
		reason string
	}{
		{"no head", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 15 * time.Second, "no answer within 15 s"},
		{"a byte a second", func(w http.ResponseWriter, r *http.Request) { drip(w, r, 1, time.Second) }, 10 * time.Second, "sends less than 1 KB a second"},
		{"a head, and no more", func(w http.ResponseWriter, r *http.Request) { drip(w, r, 1, time.Hour) }, 10 * time.Second, "sends less than 1 KB a second"},
		{"a good start", func(w http.ResponseWriter, r *http.Request) {
			drip(w, r, 20<<10, time.Hour)
		}, 20 * time.Second, "sends less than 1 KB a second"},
		{"two kilobytes a second for ever", func(w http.ResponseWriter, r *http.Request) { drip(w, r, 2<<10, time.Second) }, 30 * time.Second, "no answer within 30 s"},
	} {
		in(t, c.name, func(t *testing.T) {
			slow := (&host{}).plays(c.answer)
			d := newDesk(t, map[string]*host{"langsam": slow, "gut": (&host{}).plays(sends(rssOf("Eins")))})
			began := time.Now()
			for _, r := range d.poll(0) {
				if strings.Contains(r.URL, "gut.example") {
					if r.Outcome != OutcomeNew {
						t.Errorf("%+v", r)
					}
					continue
				}
				if took := time.Duration(r.Millis) * time.Millisecond; !strings.HasPrefix(r.Reason, c.reason) || took < c.after || took > c.after+time.Second {
					t.Errorf("%q after %v, want %q after %v", r.Reason, took, c.reason, c.after)
				}
			}
			if took := time.Since(began); took > c.after+2*time.Second {
				t.Errorf("the round took %v", took)
			}
			d.client.Close()
			synctest.Wait()
		})
	}
	in(t, "many slow servers leave places to the others", func(t *testing.T) {
		hosts := map[string]*host{}
		var urls []string
		for i := range 60 {
			name := fmt.Sprint("langsam", i)
			hosts[name] = (&host{}).plays(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			urls = append(urls, "http://"+name+".example/f")
		}
		good := (&host{}).plays(sends(rssOf("Eins")))
		hosts["gut"] = good
		d := newDesk(t, hosts, append(urls, "http://gut.example/f")...)
		d.poll(0) // now they are known to be slow
		began := time.Now()
		d.poll(time.Hour)
		if wait := good.at[1].Sub(began) - time.Hour; wait > time.Second {
			t.Errorf("the good one waited %v", wait)
		}
	})
}

// TestFeedsObeyARobotsTxtThatNamesUs, and no other; which is asked for after
// the feed, once a day a host.
func TestFeedsObeyARobotsTxtThatNamesUs(t *testing.T) {
	serve := func(robots string) *host {
		return (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				_, _ = w.Write([]byte(robots))
				return
			}
			sends(rssOf("Eins"), "Etag", `"1"`)(w, r)
		})
	}
	paths := func(h *host) map[string]int {
		out := map[string]int{}
		for _, r := range h.asked {
			out[r.URL.Path]++
		}
		return out
	}
	in(t, "three days", func(t *testing.T) {
		named := serve("User-agent: depesche\nDisallow: /f")
		all := serve("User-agent: *\nDisallow: /")
		broken := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			sends(rssOf("Eins"), "Etag", `"1"`)(w, r)
		})
		d := newDesk(t, map[string]*host{"nein": named, "alle": all, "kaputt": broken},
			"http://nein.example/f", "http://alle.example/f", "http://alle.example/g", "http://kaputt.example/f")
		d.opts.Robots = true
		d.start()
		d.live(72 * time.Hour)
		if got := paths(named); got["/f"] != 1 || got["/robots.txt"] < 1 || got["/robots.txt"] > 3 {
			t.Errorf("the one that names us: %v", got)
		}
		if f := d.memory.feed(1); f.State != StateFailing || !strings.HasPrefix(f.Reason, "the host's robots.txt asks this bot not to read it") {
			t.Errorf("its feed is %s: %q", f.State, f.Reason)
		}
		if got := paths(all); got["/f"] < 40 || got["/g"] < 40 || got["/robots.txt"] != 3 {
			t.Errorf("the one that names all: %v", got)
		}
		if named.asked[0].URL.Path != "/f" || all.asked[2].URL.Path != "/robots.txt" {
			t.Error("robots.txt was asked for before the feeds")
		}
		if got := paths(broken); got["/f"] < 40 {
			t.Errorf("the one whose robots.txt is broken: %v", got)
		}
		d.start()
		d.live(72 * time.Hour)
		if got := paths(named); got["/f"] != 1 {
			t.Errorf("after a start: %v", got)
		}
		named.plays(sends(rssOf("Eins")))
		d.live(72 * time.Hour)
		if f := d.memory.feed(1); f.State != StateOK {
			t.Errorf("allowed again, its feed is %s: %q", f.State, f.Reason)
		}
	})
	in(t, "a round of the command line asks for none", func(t *testing.T) {
		h := serve("")
		d := newDesk(t, map[string]*host{"amt": h})
		d.opts.Robots = true
		d.start()
		d.poll(0)
		if got := paths(h); got["/robots.txt"] != 0 {
			t.Errorf("%v", got)
		}
	})
}
