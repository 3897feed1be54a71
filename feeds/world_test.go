package feeds_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"depesche/feeds"
)

// world is a network in memory: names, addresses, servers, and what all of
// them were asked. Its connections are pipes, so that inside a bubble of
// testing/synctest days pass in seconds.
type world struct {
	mu      sync.Mutex
	hosts   map[string]*host     // by name
	byAddr  map[netip.Addr]*host // by address
	dialled map[netip.Addr]int   // connections by address
	asked   []*request           // in the order in which they came
	ca      authority
	servers sync.WaitGroup
}

// host is a server of the world. The first four fields may change at any time
// under the world's lock.
type host struct {
	name   string
	addr   netip.Addr
	noName bool             // its name is not found
	down   bool             // it refuses connections
	cert   *tls.Certificate // what it shows on port 443
	server *http.Server
	plain  chan net.Conn
	secret chan net.Conn
	now    int // requests under way
	most   int // the most that ever were
}

// request is one request as its server saw it, and how it was answered.
type request struct {
	host, path   string
	at, end      time.Time
	header       http.Header
	status       int
	etag, mod    string        // the validators it was answered with
	retryAfter   time.Duration // what it was told, as a reader should understand it
	fresh        time.Duration // likewise, by Cache-Control or Expires
	feed         *publisher    // which was asked; nil: robots.txt, the target of a redirect
	of           *publisher    // whose answer it was, redirects included
	whole        bool          // it got a feed that can be read, to its end
	cut          bool          // it was sent a part, and could not know
	stories      []*story      // which that feed held
	begun, ended bool          // not before, not after
}

func newWorld(t testing.TB) *world {
	w := &world{hosts: map[string]*host{}, byAddr: map[netip.Addr]*host{}, dialled: map[netip.Addr]int{}, ca: newAuthority(t)}
	t.Cleanup(w.close)
	return w
}

// addHost puts a server on the network, at an address of its own.
func (w *world) addHost(t testing.TB, name string, h http.Handler) *host {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.hosts) + 1
	out := &host{name: name, addr: netip.AddrFrom4([4]byte{93, 184, byte(n / 250), byte(1 + n%250)}), plain: make(chan net.Conn), secret: make(chan net.Conn)}
	cert := w.ca.issue(t, name, time.Now().Add(-24*time.Hour), time.Now().Add(90*24*time.Hour))
	out.cert = &cert
	out.server = &http.Server{Handler: w.recorded(out, h), ErrorLog: log.New(io.Discard, "", 0)}
	w.hosts[name], w.byAddr[out.addr] = out, out
	done := make(chan struct{})
	out.server.RegisterOnShutdown(func() { close(done) })
	w.servers.Go(func() { _ = out.server.Serve(&queue{out.plain, done}) }) // it ends with ErrServerClosed
	shown := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return out.cert, nil
	}}
	w.servers.Go(func() { _ = out.server.Serve(tls.NewListener(&queue{out.secret, done}, shown)) })
	return out
}

// change is for turning a host's fortune.
func (w *world) change(name string, f func(*host)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.hosts[name])
}

func (w *world) close() {
	for _, h := range w.hosts {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = h.server.Shutdown(ctx) // runs what is registered, and leaves connections under way to Close
		_ = h.server.Close()
	}
	w.servers.Wait()
}

// join connects a client to the world.
func (w *world) join(c *feeds.Client) {
	c.Through(w.lookUp, w.connect, w.ca.pool)
}

func (w *world) lookUp(name string) (netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.hosts[name]; h != nil && !h.noName {
		return h.addr, nil
	}
	return netip.Addr{}, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (w *world) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	h := w.byAddr[to.Addr()]
	w.dialled[to.Addr()]++
	down := h == nil || h.down
	w.mu.Unlock()
	if down {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	door := h.plain
	if to.Port() == 443 {
		door = h.secret
	}
	here, there := net.Pipe()
	select {
	case door <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// queue is a listener for pipes.
type queue struct {
	conns chan net.Conn
	done  chan struct{}
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

func (q *queue) Close() error   { return nil }
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }

type requestKey struct{}

// recorded notes every request and how many a host has at a time.
func (w *world) recorded(h *host, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := &request{host: h.name, path: r.URL.Path, at: time.Now(), header: r.Header.Clone(), begun: true}
		w.mu.Lock()
		w.asked = append(w.asked, q)
		h.now++
		h.most = max(h.most, h.now)
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			h.now--
			q.end, q.ended = time.Now(), true
			w.mu.Unlock()
		}()
		next.ServeHTTP(&noted{ResponseWriter: rw, of: q}, r.WithContext(context.WithValue(r.Context(), requestKey{}, q)))
	})
}

// requestOf gives the record of a request under way.
func requestOf(r *http.Request) *request { return r.Context().Value(requestKey{}).(*request) }

// noted keeps the status of an answer.
type noted struct {
	http.ResponseWriter
	of *request
}

func (n *noted) WriteHeader(status int) {
	n.of.status = status
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Write(b []byte) (int, error) {
	if n.of.status == 0 {
		n.of.status = http.StatusOK
	}
	return n.ResponseWriter.Write(b)
}

func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// authority signs the world's certificates.
type authority struct {
	pool *x509.CertPool
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Stelle der Welt"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return authority{pool, cert, key}
}

// issue signs a certificate for a name.
func (a authority) issue(t testing.TB, name string, from, until time.Time) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, NotBefore: from, NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}
