package feeds

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// turncoat is a name server whose answers change: the n-th look-up of any name
// gets the n-th address, the last one again and again.
func turncoat(t *testing.T, addrs ...string) (*net.Resolver, *atomic.Int32) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(buf[:n]) != nil || len(q.Questions) != 1 {
				continue
			}
			a := dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, Authoritative: true}, Questions: q.Questions}
			if q.Questions[0].Type == dnsmessage.TypeA {
				addr := addrs[min(int(asked.Add(1)), len(addrs))-1]
				a.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 0},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()},
				}}
			}
			if out, err := a.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
	return r, &asked
}

// TestRebinding: a name that leads to a permitted address when it is looked up
// first, and into our own network afterwards, leads nowhere. 127.0.0.2 plays
// the public address here, all else of loopback our own network.
func TestRebinding(t *testing.T) {
	listen := func(addr string, h http.Handler) (*httptest.Server, string) {
		l, err := net.Listen("tcp4", addr)
		if err != nil {
			t.Skipf("%s cannot be listened on: %v", addr, err)
		}
		srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
		srv.Start()
		t.Cleanup(srv.Close)
		_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
		return srv, port
	}
	var inner atomic.Int32
	_, port := listen("127.0.0.2:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // the next request needs a connection of its own
		if r.URL.Path == "/weiter" {
			http.Redirect(w, r, "/ziel", http.StatusFound)
		}
	}))
	listen("127.0.0.1:"+port, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))

	client := func(addrs ...string) (*Client, *atomic.Int32) {
		resolver, asked := turncoat(t, addrs...)
		allow := []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}
		c := testClient(t, func(o *ClientOptions) { o.AllowNetworks = allow })
		c.http.Transport.(*http.Transport).DialContext = dialer(allow, resolver)
		return c, asked
	}
	const reason = "address 127.0.0.1 is loopback; add it to fetch.allow_networks"
	for _, c := range []struct {
		name  string
		addrs []string
		path  string
		polls []string // the reason of each
	}{
		{"between two polls", []string{"127.0.0.2", "127.0.0.1"}, "/feed", []string{"", reason}},
		{"between two hops", []string{"127.0.0.2", "127.0.0.1"}, "/weiter", []string{"it redirects to 127.0.0.1, which is no address of the public internet"}},
		{"from the start", []string{"127.0.0.1"}, "/feed", []string{reason}},
		{"there and back", []string{"127.0.0.1", "127.0.0.2"}, "/feed", []string{reason, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, asked := client(c.addrs...)
			for i, want := range c.polls {
				_, err := client.Fetch(context.Background(), "http://amt.example:"+port+c.path, Validators{})
				if got := Reason(err); got != want {
					t.Errorf("poll %d: %q, want %q (%v)", i, got, want, err)
				}
			}
			if asked.Load() == 0 || inner.Load() != 0 {
				t.Errorf("%d look-ups; our own network was asked %d times", asked.Load(), inner.Load())
			}
		})
	}
}
