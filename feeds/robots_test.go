package feeds

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRobotsRules(t *testing.T) {
	for _, c := range []struct{ name, robots, path, want string }{
		{"nothing forbids nothing", "", "/a", "yes"},
		{"the group for all", "User-agent: *\nDisallow: /intern", "/intern/1", "no"},
		{"other paths stay open", "User-agent: *\nDisallow: /intern", "/presse", "yes"},
		{"our group alone counts", "User-agent: *\nDisallow: /\n\nUser-agent: Depesche\nDisallow: /intern", "/presse", "yes"},
		{"an empty Disallow for us opens all", "User-agent: Depesche\nDisallow:\n\nUser-agent: *\nDisallow: /", "/a", "yes"},
		{"a group for us without any rule opens all", "User-agent: *\nDisallow: /\n\nUser-agent: depesche", "/a", "yes"},
		{"our name in capitals and with a version", "User-agent: DEPESCHE/2.0\nDisallow: /", "/a", "no"},
		{"a name that begins like ours is another's", "User-agent: Depesche-Werbung\nDisallow: /", "/a", "yes"},
		{"a name that ours begins with is another's", "User-agent: Dep\nDisallow: /", "/a", "yes"},
		{"groups of one name are one group", "User-agent: depesche\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\nUser-agent: Depesche\nDisallow: /b", "/b", "no"},
		{"and neither part of it is lost", "User-agent: depesche\nDisallow: /a\n\nUser-agent: depesche\nDisallow: /b", "/a", "no"},
		{"two names share their rules", "User-agent: x\nUser-agent: depesche\nDisallow: /a", "/a", "no"},
		{"a line of another kind ends no group", "User-agent: depesche\nSitemap: https://amt.example/s.xml\nDisallow: /a", "/a", "no"},
		{"the longest rule decides", "User-agent: *\nDisallow: /presse\nAllow: /presse/feed", "/presse/feed/1", "yes"},
		{"whatever their order", "User-agent: *\nAllow: /presse/feed\nDisallow: /presse", "/presse/feed/1", "yes"},
		{"of two as long Allow decides", "User-agent: *\nDisallow: /presse\nAllow: /presse", "/presse", "yes"},
		{"in this order too", "User-agent: *\nAllow: /presse\nDisallow: /presse", "/presse", "yes"},
		{"a rule begins at the beginning", "User-agent: *\nDisallow: /presse", "/alt/presse", "yes"},
		{"a star stands for anything", "User-agent: *\nDisallow: /*.pdf", "/a/b.pdf?x=1", "no"},
		{"a star may stand for nothing", "User-agent: *\nDisallow: /a*b", "/ab", "no"},
		{"several stars", "User-agent: *\nDisallow: /a*b**c", "/a1b2c3", "no"},
		{"stars in vain", "User-agent: *\nDisallow: /a*b*c", "/a1c2b3", "yes"},
		{"a $ means the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf", "no"},
		{"and not what goes on", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x=1", "yes"},
		{"the end is looked for at the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf/b.pdf", "no"},
		{"the first page alone", "User-agent: *\nDisallow: /$", "/", "no"},
		{"not the others", "User-agent: *\nDisallow: /$", "/a", "yes"},
		{"a $ in the middle is a $", "User-agent: *\nDisallow: /a$b", "/a$b", "no"},
		{"the query belongs to it", "User-agent: *\nDisallow: /*?druck=", "/a?druck=1", "no"},
		{"letters beyond ASCII", "User-agent: *\nDisallow: /bücher", "/b%C3%BCcher/1", "no"},
		{"escaped in another way", "User-agent: *\nDisallow: /b%c3%bccher", "/b%C3%BCcher", "no"},
		{"an escaped letter is the letter", "User-agent: *\nDisallow: /%61bc", "/abc", "no"},
		{"an escaped slash is no slash", "User-agent: *\nDisallow: /a%2Fb", "/a/b", "yes"},
		{"case counts in paths", "User-agent: *\nDisallow: /Presse", "/presse", "yes"},
		{"case does not count in names of fields", "USER-AGENT: *\nDISALLOW: /a", "/a", "no"},
		{"comments and blanks", "# wir\n User-agent : * # alle\n\n  Disallow : /a # nicht\n", "/a", "no"},
		{"ends of lines of old", "User-agent: *\rDisallow: /a\r\nDisallow: /b", "/b", "no"},
		{"a byte order mark", "\ufeffUser-agent: *\nDisallow: /", "/a", "no"},
		{"rules before any group are nobody's", "Disallow: /\nUser-agent: x\nDisallow: /a", "/a", "yes"},
		{"what cannot be read spoils nothing", "User-agent: *\nCrawl-delay: bald\nDisallow: /a\n<html>", "/a", "no"},
		{"a path without its slash", "User-agent: *\nDisallow: intern", "/intern", "no"},
		{"a page in place of rules", "<!DOCTYPE html><html><body>Nicht gefunden: disallow</body></html>", "/a", "yes"},
		{"the robots.txt itself", "User-agent: *\nDisallow: /", "/robots.txt", "yes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := url.Parse("https://amt.example" + c.path)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want != "no"
			if got := parseRobots([]byte(c.robots)).allow(u); got != want {
				t.Errorf("%s is allowed: %v", c.path, got)
			}
		})
	}
}

func TestRobotsForeverIsQuick(t *testing.T) {
	rules := parseRobots([]byte("User-agent: *\n" + strings.Repeat("Disallow: /"+strings.Repeat("*a", 100)+"b$\n", 2000)))
	u := &url.URL{Path: "/" + strings.Repeat("a", 4000)}
	began := time.Now()
	if !rules.allow(u) {
		t.Error("forbidden by rules that do not match")
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// TestAllowed: what a host's robots.txt answers, and what that means
// (RFC 9309, 2.3.1).
func TestAllowed(t *testing.T) {
	long := "User-agent: *\n" + strings.Repeat("Disallow: /x\n", robotsLimit/13) + "Disallow: /hinten\n"
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		allowed bool
		reason  string // why it cannot be said
	}{
		{"rules that forbid", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("User-agent: *\nDisallow: /")) }, false, ""},
		{"rules that allow", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("User-agent: *\nDisallow: /x")) }, true, ""},
		{"no robots.txt", http.NotFound, true, ""},
		{"a locked robots.txt", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }, true, ""},
		{"no content", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }, true, ""},
		{"a broken server", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) }, false, "the host's robots.txt cannot be read, so its pages are left alone for now"},
		{"too many requests", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, false, "the host's robots.txt cannot be read, so its pages are left alone for now"},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "the host's robots.txt cannot be read, so its pages are left alone for now"},
		{"redirected once", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				http.Redirect(w, r, "/regeln", http.StatusFound)
				return
			}
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /"))
		}, false, ""},
		{"redirected for ever", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, true, ""},
		{"beyond 500 KiB nothing is read", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(long)) }, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := record(t, c.answer)
			client := testClient(t)
			for range 3 {
				ok, err := client.Allowed(context.Background(), srv.URL+"/hinten")
				if ok != c.allowed || Reason(err) != c.reason {
					t.Fatalf("allowed %v, %q", ok, Reason(err))
				}
				if err != nil && !errors.Is(err, ErrRobots) {
					t.Errorf("%v is not ErrRobots", err)
				}
			}
			asked := 0
			for _, r := range srv.requests() {
				if r.URL.Path == "/robots.txt" {
					asked++
				}
				if r.URL.Path == "/hinten" {
					t.Error("the page was asked for")
				}
			}
			if asked != 1 {
				t.Errorf("robots.txt was asked for %d times", asked)
			}
		})
	}
}

// TestRobotsAreKeptForADay, and old rules stand in for those that cannot be
// read again.
func TestRobotsAreKeptForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		var broken atomic.Bool
		c := pipes{"amt.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /intern"))
		})}.client(t, ClientOptions{})
		check := func(after time.Duration, requests int32) {
			t.Helper()
			time.Sleep(after)
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					intern, err := c.Allowed(context.Background(), "http://amt.example/intern")
					press, err2 := c.Allowed(context.Background(), "http://amt.example/presse")
					if intern || !press || err != nil || err2 != nil {
						t.Errorf("intern %v, presse %v, %v, %v", intern, press, err, err2)
					}
				})
			}
			wg.Wait()
			if n := asked.Load(); n != requests {
				t.Errorf("asked %d times, want %d", n, requests)
			}
		}
		check(0, 1)
		check(23*time.Hour, 1)
		check(2*time.Hour, 2)
		broken.Store(true)
		check(25*time.Hour, 3)
		check(10*time.Minute, 3)
		check(10*time.Minute, 4)
	})
}

// A list whose robots.txt could not be read is asked again with the next poll,
// and each failure that it counts is one that was met.
func TestAListIsBackAsSoonAsItsRobotsAre(t *testing.T) {
	var down atomic.Bool
	var asked atomic.Int32
	down.Store(true)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/robots.txt":
			_, _ = w.Write([]byte(`<ul><li><a href="/1">Der Rat beschließt den Haushalt</a></li></ul>`))
		case down.Load():
			asked.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	c := testClient(t)
	list := Feed{URL: srv.URL + "/presse", List: &List{Entry: "li"}}
	for n := range int32(3) {
		if _, err := c.ask(t.Context(), list, Validators{}, nil); !errors.Is(err, ErrRobots) || asked.Load() != n+1 {
			t.Errorf("poll %d: %v, robots.txt asked for %d times", n, err, asked.Load())
		}
		if _, err := c.FetchPage(t.Context(), srv.URL+"/1", Validators{}); !errors.Is(err, ErrRobots) || asked.Load() != n+1 {
			t.Errorf("a page after it: %v, robots.txt asked for %d times", err, asked.Load())
		}
	}
	down.Store(false)
	if resp, err := c.ask(t.Context(), list, Validators{}, nil); err != nil || len(resp.Body) == 0 {
		t.Errorf("once it is back: %d bytes, %v", len(resp.Body), err)
	}
}

func TestRobotsCacheIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	var c robotsCache
	large := robotsRules{list: []robotsRule{{pattern: strings.Repeat("x", robotsMemory/10)}}}
	for i := range robotsHosts + 100 {
		_, mine := c.claim(strconv.Itoa(i), false)
		mine.until = time.Now().Add(time.Hour + time.Duration(i))
		if i < 50 {
			mine.rules = large
		}
		close(mine.ready)
		c.settle(strconv.Itoa(i), mine)
		size := 0
		for _, r := range c.hosts {
			size += r.rules.size()
		}
		if len(c.hosts) > robotsHosts || size > robotsMemory+128*robotsHosts {
			t.Fatalf("%d hosts, %d bytes after %d", len(c.hosts), size, i)
		}
	}
	if c.hosts["0"] != nil || c.hosts[strconv.Itoa(robotsHosts+99)] == nil {
		t.Error("not the oldest went")
	}
}

// TestFetchPage asks robots.txt first, of every host on the way, and for HTML.
func TestFetchPage(t *testing.T) {
	other := record(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("User-agent: depesche\nDisallow: /"))
	})
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /intern\n"))
		case "/weiter":
			http.Redirect(w, r, "/intern/1", http.StatusFound)
		case "/fort":
			http.Redirect(w, r, other.URL+"/artikel", http.StatusFound)
		default:
			w.Header().Set("ETag", `"1"`)
			_, _ = w.Write([]byte("<html>Artikel</html>"))
		}
	})
	c := testClient(t)
	page, err := c.FetchPage(context.Background(), srv.URL+"/artikel", Validators{ETag: `"0"`})
	if err != nil || string(page.Body) != "<html>Artikel</html>" || page.ETag != `"1"` {
		t.Fatalf("%+v, %v", page, err)
	}
	for _, path := range []string{"/intern/1", "/weiter", "/fort"} {
		_, err := c.FetchPage(context.Background(), srv.URL+path, Validators{})
		if !errors.Is(err, ErrRobots) || Reason(err) != "the host's robots.txt asks this bot not to read it" ||
			SayReason(Reason(err), "de") != "Die robots.txt des Servers schließt diesen Bot aus" {
			t.Errorf("%s: %v", path, err)
		}
	}
	var paths []string
	for _, r := range srv.requests() {
		paths = append(paths, r.URL.Path)
		if r.URL.Path == "/artikel" && (!strings.HasPrefix(r.Header.Get("Accept"), "text/html") || r.Header.Get("If-None-Match") != `"0"`) {
			t.Errorf("asked with %v", r.Header)
		}
	}
	if got := strings.Join(paths, " "); got != "/robots.txt /artikel /weiter /fort" {
		t.Errorf("asked for %s", got)
	}
	for _, r := range other.requests() {
		if r.URL.Path != "/robots.txt" {
			t.Errorf("the other host was asked for %s", r.URL.Path)
		}
	}
}
