package feeds

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// ClientOptions set up a Client. The zero value is usable.
type ClientOptions struct {
	Timeout       time.Duration  // for one request with its redirects and body, waiting for the host's turn not counted; default 30 s
	MaxBytes      int64          // of a decompressed body; default 10 MiB
	Contact       string         // who runs this bot: an address or a page, for the User-Agent
	Version       string         // of the program, for the User-Agent; default "dev"
	AllowNetworks []netip.Prefix // networks outside the public internet that may be asked
	PerHost       int            // requests to one host at a time; default 1
	HostGap       time.Duration  // pause on one host, from the end of a request to the next one's start; 0: none
}

const (
	maxRedirects  = 5
	maxAddress    = 4096 // bytes
	headerTimeout = 15 * time.Second
)

// Client asks other people's servers, politely and warily: conditional
// requests, one User-Agent that says who asks, no cookies, no proxy from the
// environment, http and https alone, and no address outside the public
// internet unless it is allowed. Any port is asked, since the address check
// guards what a port list would. It is safe for concurrent use; every wait
// obeys the context.
type Client struct {
	opts   ClientOptions
	http   *http.Client
	hosts  *hostQueue
	robots robotsCache
}

// Response is a server's final answer with status 200 or 304.
type Response struct {
	Status      int
	Body        []byte // decompressed; nil with 304
	ContentType string
	FinalURL    string // where the answer came from, without user information
	MovedTo     string // where redirects led that were permanent (301, 308), every one of them; empty: nowhere
	Validators         // to store; with 304 the stored ones, renewed by the answer's
	NotModified bool
	Hub, Self   string        // what its Link headers name as the feed's WebSub hub and as its own address; may be empty
	MaxAge      time.Duration // what is left of the answer's freshness (RFC 9111, 4.2); 0: not said
	Took        time.Duration // from the first byte sent to the last one read
}

// NewClient makes a client. Close it when done.
func NewClient(o ClientOptions) *Client {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 10 << 20
	}
	if o.PerHost <= 0 {
		o.PerHost = 1
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	c := &Client{opts: o, hosts: newHostQueue(o.PerHost, o.HostGap)}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer(o.AllowNetworks, nil),
			DisableCompression:     true, // we decompress, so that MaxBytes counts what comes out
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  headerTimeout,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    max(2, min(o.PerHost, 64)),
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Close gives up idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// UserAgent is what the client calls itself.
func (c *Client) UserAgent() string {
	if c.opts.Contact == "" {
		return "Depesche/" + headerText(c.opts.Version)
	}
	return "Depesche/" + headerText(c.opts.Version) + " (+" + headerText(c.opts.Contact) + ")"
}

// headerText drops what cannot stand in a header value.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// What is asked for, most wanted first.
const (
	acceptFeed = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
	acceptPage = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5"
	acceptText = "text/plain, */*;q=0.5"
)

// Fetch asks for an address, with the validators of what we hold. An answer
// other than 200 or 304 is an error: a *StatusError, or one that Reason can
// put into words; of the Response only Took is then set. A host that asked to
// be left alone (429 or 503 with Retry-After) is not asked until that time is
// over; the error says so. No error tells the address's user information.
func (c *Client) Fetch(ctx context.Context, raw string, v Validators) (Response, error) {
	return c.fetch(ctx, raw, v, nil)
}

// fetch is Fetch; large, which may be nil, is called once before more than
// largeBody is read, and may wait.
func (c *Client) fetch(ctx context.Context, raw string, v Validators, large func(context.Context) error) (Response, error) {
	return c.do(ctx, raw, order{accept: acceptFeed, have: v, large: large})
}

// FetchPage is Fetch for a page of the web: it asks for HTML, and only where
// the robots.txt of the page's host allows it. Where it does not, the error is
// ErrRobots. Every redirect is checked too.
func (c *Client) FetchPage(ctx context.Context, raw string, v Validators) (Response, error) {
	return c.do(ctx, raw, order{accept: acceptPage, have: v, robots: true})
}

// order is what a request is to fetch, and how.
type order struct {
	accept string
	have   Validators
	robots bool                        // ask robots.txt before every hop,
	anew   bool                        // and again where it could not be read
	limit  int64                       // bytes of a decompressed body; 0: the client's
	cut    bool                        // a longer body is cut off there, not refused
	large  func(context.Context) error // called once before more than largeBody is read; may wait, may be nil
}

// do is Fetch for an order. It follows redirects.
func (c *Client) do(ctx context.Context, raw string, o order) (Response, error) {
	u, err := parseTarget(raw)
	if err != nil {
		return Response{}, err
	}
	if o.limit == 0 {
		o.limit = c.opts.MaxBytes
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var out Response
	fail := func(err error) (Response, error) {
		return Response{Took: out.Took}, fmt.Errorf("fetch %q: %w", safeURL(u), err)
	}
	permanent, seen := true, map[string]bool{}
	for hops := 0; ; hops++ {
		if seen[u.String()] {
			return fail(errRedirectLoop)
		}
		seen[u.String()] = true
		if hops > maxRedirects {
			return fail(errRedirects)
		}
		if o.robots {
			if err := c.permitted(ctx, u, o.anew); err != nil {
				return fail(astray(err, hops))
			}
		}
		next, status, err := c.hop(ctx, cancel, u, &o, &out)
		if err != nil {
			return fail(astray(err, hops))
		}
		if next == nil {
			return out, nil
		}
		if u.Scheme == "https" && next.Scheme == "http" {
			return fail(errDowngrade)
		}
		permanent = permanent && (status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect)
		out.MovedTo = ""
		if permanent {
			out.MovedTo = safeURL(next)
		}
		u = next
	}
}

// hop makes one request. It gives the next address where the answer is a
// redirect, else fills out.
func (c *Client) hop(ctx context.Context, cancel context.CancelCauseFunc, to *url.URL, o *order, out *Response) (*url.URL, int, error) {
	release, err := c.hosts.acquire(ctx, to.Host)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	if left := c.hosts.heldFor(to.Host); left > 0 {
		return nil, 0, &heldError{left}
	}
	w := startWatch(c.opts.Timeout-out.Took, func() { cancel(&timeoutError{c.opts.Timeout}) })
	defer func() { out.Took += w.stop() }()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return nil, 0, errBadURL
	}
	o.headers(req.Header, c.UserAgent(), safeURL(to))
	resp, err := c.http.Do(req) //nolint:bodyclose // drain closes it
	if err != nil {
		return nil, 0, cause(ctx, err, w.spent())
	}
	defer drain(resp.Body)
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := redirectTarget(to, resp.Header.Get("Location"))
		return next, resp.StatusCode, err
	case http.StatusOK, http.StatusNotModified:
	default:
		refusal := statusError(resp, time.Now())
		if refusal.overloaded() {
			c.hosts.hold(to.Host, min(refusal.RetryAfter, maxRetryAfter))
		}
		return nil, 0, refusal
	}
	out.take(resp, to, o.have)
	if !out.NotModified {
		out.Body, err = o.body(ctx, resp, w, func() { cancel(errCrawl) })
	}
	return nil, resp.StatusCode, cause(ctx, err, w.spent())
}

// take notes what an answer's head says.
func (r *Response) take(resp *http.Response, from *url.URL, have Validators) {
	r.Status = resp.StatusCode
	r.FinalURL = safeURL(from)
	r.ContentType = resp.Header.Get("Content-Type")
	r.MaxAge = freshness(resp.Header, time.Now())
	r.Hub, r.Self = linkHeaders(resp.Header, from)
	r.Validators = Validators{ETag: validator(resp.Header.Get("ETag")), LastModified: validator(resp.Header.Get("Last-Modified"))}
	if resp.StatusCode == http.StatusNotModified {
		r.NotModified = true
		r.Validators = Validators{ETag: firstOf(r.ETag, have.ETag), LastModified: firstOf(r.LastModified, have.LastModified)}
	}
	if r.Validators != (Validators{}) {
		r.From = r.FinalURL
	}
}

// headers sets what a request carries. Validators go to where they came from
// alone: at another address the same words mean another thing.
func (o *order) headers(h http.Header, agent, to string) {
	h.Set("User-Agent", agent)
	h.Set("Accept", o.accept)
	h.Set("Accept-Encoding", "gzip")
	if o.have.From != "" && o.have.From != to {
		return
	}
	if o.have.ETag != "" {
		h["If-None-Match"] = []string{o.have.ETag}
	}
	if o.have.LastModified != "" {
		h["If-Modified-Since"] = []string{o.have.LastModified}
	}
}

// validator gives a validator that can be stored and sent back byte for byte;
// one that cannot be is none.
func validator(s string) string {
	if len(s) > 1024 || !utf8.ValidString(s) || !httpguts.ValidHeaderFieldValue(s) {
		return ""
	}
	return s
}
