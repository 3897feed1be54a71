package feeds

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
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
	maxRedirects = 5
	maxAddress   = 4096 // bytes
)

// Client asks other people's servers, politely and warily: conditional
// requests, one User-Agent that says who asks, no cookies, no proxy from the
// environment, http and https alone, and no address outside the public
// internet unless it is allowed. Any port is asked, since the address check
// guards what a port list would. It is safe for concurrent use; every wait
// obeys the context.
type Client struct {
	opts  ClientOptions
	http  *http.Client
	hosts *hostQueue
}

// Response is a server's final answer with status 200 or 304.
type Response struct {
	Status      int
	Body        []byte // decompressed; nil with 304
	ContentType string
	FinalURL    string // where the answer came from, without user information
	MovedTo     string // where permanent redirects (301, 308) alone led from the address asked; empty: nowhere
	Validators         // to store; with 304 the stored ones, renewed by the answer's
	NotModified bool
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
			DialContext:            dialer(o.AllowNetworks),
			DisableCompression:     true, // we decompress, so that MaxBytes counts what comes out
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    10 * time.Second,
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

// Fetch asks for an address, with the validators of what we hold. An answer
// other than 200 or 304 is an error: a *StatusError, or one that Reason can
// put into words; of the Response only Took is then set. No error tells the
// address's user information.
func (c *Client) Fetch(ctx context.Context, raw string, v Validators) (Response, error) {
	return c.fetch(ctx, raw, v, nil)
}

// largeBody is the size in bytes from which a body waits for its turn, where
// who fetches has one to wait for.
const largeBody = 1 << 20

// fetch is Fetch; large, which may be nil, is called once before more than
// largeBody is read, and may wait.
func (c *Client) fetch(ctx context.Context, raw string, v Validators, large func(context.Context) error) (Response, error) {
	u, err := parseTarget(raw)
	if err != nil {
		return Response{}, err
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
		next, status, err := c.hop(ctx, cancel, hop{u, v, large}, &out)
		if err != nil {
			return fail(err)
		}
		if next == nil {
			return out, nil
		}
		if u.Scheme == "https" && next.Scheme == "http" {
			return fail(errDowngrade)
		}
		permanent = permanent && (status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect)
		if permanent {
			out.MovedTo = safeURL(next)
		}
		u = next
	}
}

// hop is one request of those that redirects lead to.
type hop struct {
	to    *url.URL
	have  Validators
	large func(context.Context) error // see fetch
}

// hop makes one request. It gives the next address where the answer is a
// redirect, else fills out.
func (c *Client) hop(ctx context.Context, cancel context.CancelCauseFunc, h hop, out *Response) (*url.URL, int, error) {
	release, err := c.hosts.acquire(ctx, h.to.Host)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	w := startWatch(c.opts.Timeout-out.Took, func() { cancel(&timeoutError{c.opts.Timeout}) })
	defer func() { out.Took += w.stop() }()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.to.String(), nil)
	if err != nil {
		return nil, 0, errBadURL
	}
	setHeaders(req.Header, c.UserAgent(), h.have)
	resp, err := c.http.Do(req) //nolint:bodyclose // drain closes it
	if err != nil {
		return nil, 0, cause(ctx, err, w.spent())
	}
	defer drain(resp.Body)
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := redirectTarget(h.to, resp.Header.Get("Location"))
		return next, resp.StatusCode, err
	case http.StatusOK, http.StatusNotModified:
	default:
		return nil, 0, statusError(resp, time.Now())
	}
	out.Status = resp.StatusCode
	out.FinalURL = safeURL(h.to)
	out.ContentType = resp.Header.Get("Content-Type")
	out.MaxAge = freshness(resp.Header, time.Now())
	out.Validators = Validators{ETag: validator(resp.Header.Get("ETag")), LastModified: validator(resp.Header.Get("Last-Modified"))}
	if resp.StatusCode == http.StatusNotModified {
		out.NotModified = true
		out.Validators = Validators{ETag: firstOf(out.ETag, h.have.ETag), LastModified: firstOf(out.LastModified, h.have.LastModified)}
		return nil, resp.StatusCode, nil
	}
	out.Body, err = c.readBody(resp, func() error {
		if h.large == nil {
			return nil
		}
		return w.pause(func() error { return h.large(ctx) })
	})
	return nil, resp.StatusCode, cause(ctx, err, w.spent())
}

func setHeaders(h http.Header, agent string, v Validators) {
	h.Set("User-Agent", agent)
	h.Set("Accept", "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5")
	h.Set("Accept-Encoding", "gzip")
	if v.ETag != "" {
		h["If-None-Match"] = []string{v.ETag}
	}
	if v.LastModified != "" {
		h["If-Modified-Since"] = []string{v.LastModified}
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

// readBody reads and decompresses a body; large is called before more than
// largeBody of it is read.
func (c *Client) readBody(resp *http.Response, large func() error) ([]byte, error) {
	var r io.Reader = resp.Body
	switch enc := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
		if resp.ContentLength > c.opts.MaxBytes {
			return nil, &sizeError{c.opts.MaxBytes}
		}
	case "gzip", "x-gzip":
		zr, err := gzip.NewReader(resp.Body)
		if errors.Is(err, io.EOF) {
			return nil, nil // no body at all is an empty body
		}
		if err != nil {
			return nil, fmt.Errorf("read body: %w", err)
		}
		r = zr
	default:
		return nil, fmt.Errorf("%w %q", errEncoding, enc)
	}
	body, err := io.ReadAll(io.LimitReader(r, min(largeBody, c.opts.MaxBytes+1)))
	if err == nil && len(body) == largeBody {
		if err := large(); err != nil {
			return nil, err
		}
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r, c.opts.MaxBytes+1-largeBody))
		body = append(body, rest...)
	}
	if int64(len(body)) > c.opts.MaxBytes {
		return nil, &sizeError{c.opts.MaxBytes}
	}
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return body, nil
}

// drain reads what little is left of a body, so that its connection can serve
// again. Where it cannot be read, the connection is given up, and nothing else
// is lost.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 16<<10)
	_ = body.Close()
}

// parseTarget reads an address to be asked: absolute, http or https.
func parseTarget(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil || u.Scheme == "" || len(raw) > maxAddress:
		return nil, errBadURL // url.Error quotes the address, password and all
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errScheme
	case u.Hostname() == "":
		return nil, errBadURL
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, errBadURL
	}
	u.Host = joinPort(host, u.Port())
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func redirectTarget(from *url.URL, location string) (*url.URL, error) {
	if location == "" {
		return nil, errNoLocation
	}
	ref, err := url.Parse(location)
	if err != nil {
		return nil, errNoLocation
	}
	next := from.ResolveReference(ref)
	if next.User == nil && next.Host == from.Host {
		next.User = from.User
	}
	return parseTarget(next.String())
}

// SafeURL gives an address as it may be shown: without its user information,
// which may hold a password.
func SafeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(not an address)"
	}
	return safeURL(u)
}

// safeURL gives an address without user information, for people and logs.
func safeURL(u *url.URL) string {
	c := *u
	c.User = nil
	return c.String()
}

// freshness says how long the answer stays fresh (RFC 9111, 4.2.1).
func freshness(h http.Header, now time.Time) time.Duration {
	for part := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(name) {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			return max(0, seconds(strings.Trim(value, `"`))-seconds(h.Get("Age")))
		}
	}
	if at, err := http.ParseTime(h.Get("Expires")); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// seconds reads a count of seconds; what is none, or absurd, is bounded to 0 and a year.
func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, 365*24*3600)) * time.Second
}

// retryAfter reads RFC 9110, 10.2.3: seconds or a date. 0: not said.
func retryAfter(s string, now time.Time) time.Duration {
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return seconds(s)
}
