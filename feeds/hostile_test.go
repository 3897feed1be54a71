package feeds_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds"

	"golang.org/x/net/dns/dnsmessage"
)

// The hostile and broken inputs that good readers know, and their tests:
//
//	bombs, bodies without end, stacked encodings      TestBombsAreDefused
//	slow servers                                      TestSlowServersCostTheirTimeAlone
//	redirects in circles, too many, elsewhere         TestRedirectsEnd
//	redirects and names that lead inside, rebinding   TestInnerNetworksAreOutOfReach
//	entities                                          TestEntitiesAreNotExpanded
//	nesting, namespaces, bases, attributes            TestDocumentsThatEatTimeOrStack
//	100,000 items                                     TestHundredThousandItems
//	a title of 10 MB                                  TestTitleOfTenMegabytes
//	2099, the epoch, no date, clock changes           TestDatesThatCannotBe
//	GUIDs and addresses that change, or are all one   TestItemsAreKnownAgain, TestOldAddressStaysAName
//	tracking parameters, edited items                 TestItemsAreKnownAgain
//	everything published again                        TestEverythingAgain, TestNight
//	pages with 200, consent walls, empty feeds        TestPagesInPlaceOfAFeed, TestPageThatNamesItsFeed
//	half a body                                       TestBodyThatEndsEarly
//	charsets, marks, false labels                     TestNight (damaged)
//	one story in two feeds                            TestPollsReachTheStore, TestNight
//	markup, scripts, odd links, pixels, prompts       TestTextIsData
//	all of it at once                                 TestNight; of the real program: TestSiege

func TestBombsAreDefused(t *testing.T) {
	encoded := func(encoding string, bytes []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			_, _ = w.Write(bytes)
		}
	}
	endless := func(w http.ResponseWriter, r *http.Request) {
		for chunk := bytes.Repeat([]byte("<item/>"), 10_000); r.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	claimed := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "1099511627776") }
	for name, c := range map[string]struct {
		h      http.HandlerFunc
		reason string
	}{
		"a gigabyte in a megabyte of gzip": {encoded("gzip", oneGigabyte()), "the compressed answer unpacks to more than 100 times its size"},
		"gzip inside gzip":                 {encoded("gzip, gzip", zip(oneGigabyte())), "unknown content encoding"},
		"gzip of which one layer is named": {encoded("gzip", zip(zip([]byte(feedOf(portal))))), "this is no feed"},
		"Brotli":                           {encoded("br", []byte("x")), "unknown content encoding"},
		"a body without end":               {endless, "larger than 10 MB"},
		"a terabyte announced":             {claimed, "larger than 10 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(t)
			tr.follow("/bombe", c.h)
			bounded(t, 10*time.Second, 64<<20, func() { tr.fails(tr.poll()["/bombe"], "/bombe", c.reason) })
		})
	}
}

// TestSlowServersCostTheirTimeAlone: a server that trickles, and one that says
// nothing, are left after the time limit; another host's feed is read at once,
// and so is the next feed of the same host.
func TestSlowServersCostTheirTimeAlone(t *testing.T) {
	trickle := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	headers := func(w http.ResponseWriter, r *http.Request) {
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = out.WriteString("HTTP/1.1 200 OK\r\n")
		for n := 0; ; n++ {
			fmt.Fprintf(out, "X-%d: langsam\r\n", n)
			if out.Flush() != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	silence := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, h := range map[string]http.HandlerFunc{"a body byte by byte": trickle, "headers without end": headers, "silence": silence} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, func(o *feeds.ClientOptions) { o.Timeout, o.PerHost = 700*time.Millisecond, 1 })
			tr.follow("/langsam", h)
			tr.follow("/danach", body(feedOf(portal)))
			var quick time.Duration
			began := time.Now()
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				quick = time.Since(began)
				_, _ = io.WriteString(w, feedOf(lehre))
			}))
			defer other.Close()
			tr.list(other.URL + "/heil")
			reports := tr.poll()
			tr.fails(reports["/langsam"], "/langsam", "no answer within 700 ms")
			if quick > 500*time.Millisecond || reports["/heil"].New != 1 || reports["/danach"].New != 1 {
				t.Errorf("the other host was asked after %v; %+v", quick, reports)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("all took %v", took)
			}
		})
	}
}

func TestRedirectsEnd(t *testing.T) {
	tr := newTrial(t)
	to := func(path string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, path, http.StatusFound) }
	}
	tr.follow("/selbst", to("/selbst"))
	tr.follow("/hin", to("/her"))
	tr.mux.HandleFunc("/her", to("/hin"))
	for n := range 10 {
		tr.mux.HandleFunc(fmt.Sprintf("/stufe%d", n), to(fmt.Sprintf("/stufe%d", n+1)))
	}
	tr.mux.HandleFunc("/stufe10", body(feedOf(portal)))
	tr.list(tr.server.URL + "/stufe0")
	tr.list(tr.server.URL + "/stufe4")
	tr.list(tr.server.URL + "/stufe5")
	tr.follow("/nirgends", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) })
	tr.follow("/datei", to("file:///etc/passwd"))
	tr.follow("/gopher", to("gopher://127.0.0.1:11211/_stats"))
	r := tr.poll()
	tr.fails(r["/selbst"], "/selbst", "redirects in a circle")
	tr.fails(r["/hin"], "/hin", "redirects in a circle")
	tr.fails(r["/stufe0"], "/stufe0", "more than 5 redirects")
	tr.fails(r["/stufe4"], "/stufe4", "more than 5 redirects")
	if r["/stufe5"].New != 1 {
		t.Errorf("five redirects: %+v", r["/stufe5"])
	}
	tr.fails(r["/nirgends"], "/nirgends", "a redirect without a usable Location")
	tr.fails(r["/datei"], "/datei", "only http and https are asked")
	tr.fails(r["/gopher"], "/gopher", "only http and https are asked")
}

// TestInnerNetworksAreOutOfReach: neither a feed's address, nor a redirect,
// nor a name that changes its answer leads to a server that is not the
// internet's. 127.0.0.1 is allowed here; 127.0.0.2 stands for the inside.
func TestInnerNetworksAreOutOfReach(t *testing.T) {
	var reached atomic.Int32
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		_, _ = io.WriteString(w, feedOf(portal))
	}))
	inside.Listener.Close()
	inside.Listener = l
	inside.Start()
	defer inside.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())

	for name, target := range map[string]string{
		"loopback":              inside.URL,
		"IPv4 in IPv6":          "http://[::ffff:127.0.0.2]:" + port,
		"NAT64":                 "http://[64:ff9b::7f00:2]:" + port,
		"6to4":                  "http://[2002:7f00:2::]:" + port,
		"metadata":              "http://169.254.169.254/latest/meta-data/",
		"metadata over IPv6":    "http://[fd00:ec2::254]/latest/meta-data/",
		"private":               "http://192.168.1.1/feed",
		"unspecified":           "http://0.0.0.0:" + port,
		"carrier":               "http://100.64.0.1/feed",
		"user before the host":  "http://egovernment.de@127.0.0.2:" + port,
		"octal":                 "http://0177.0.0.2:" + port,
		"a number for a host":   "http://2130706434:" + port,
		"hexadecimal":           "http://0x7f000002:" + port,
		"with a dot at the end": "http://127.0.0.2.:" + port,
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(t)
			tr.list(target + "/feed")
			tr.follow("/umleitung", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, target+"/feed", http.StatusTemporaryRedirect)
			})
			for path, r := range tr.poll() {
				if r.Outcome != feeds.OutcomeFailed {
					t.Errorf("%s: %+v", path, r)
				}
			}
		})
	}
	t.Run("rebinding", func(t *testing.T) {
		tr := newTrial(t)
		tr.server.Config.SetKeepAlivesEnabled(false)
		tr.mux.HandleFunc("/feed", body(feedOf(portal)))
		own := tr.server.Listener.Addr().(*net.TCPAddr)
		resolveAs(t, func(asked int) []string {
			return [][]string{{"127.0.0.1"}, {"127.0.0.2"}, {"127.0.0.2", "127.0.0.2"}}[min(asked, 2)]
		})
		tr.list(fmt.Sprintf("http://umgebogen.example:%d/feed", own.Port))
		if r := tr.poll()["/feed"]; r.New != 1 {
			t.Fatalf("the name's first answer is allowed: %+v", r)
		}
		for range 2 {
			if r := tr.poll()["/feed"]; r.Outcome != feeds.OutcomeFailed || !strings.HasPrefix(r.Reason, "address 127.0.0.2 is loopback") {
				t.Errorf("the name's later answers: %+v", r)
			}
		}
	})
	if n := reached.Load(); n != 0 {
		t.Errorf("the inside was reached %d times", n)
	}
}

// resolveAs has every name mean what answer gives for the nth look-up.
func resolveAs(t *testing.T, answer func(asked int) []string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		asked := -1
		for buffer := make([]byte, 512); ; {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil {
				continue
			}
			m.Response, m.Additionals = true, nil
			if m.Questions[0].Type == dnsmessage.TypeA {
				asked++
				for _, a := range answer(asked) {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
						Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
					})
				}
			}
			reply, err := m.Pack()
			if err == nil {
				_, err = conn.WriteTo(reply, from)
			}
			if err != nil {
				return
			}
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		conn.Close()
		<-done
	})
}
