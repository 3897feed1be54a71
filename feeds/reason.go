package feeds

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

var (
	errBadURL       = errors.New(sayBadURL.with())
	errScheme       = errors.New(sayScheme.with())
	errRedirects    = errors.New(sayRedirects.with(maxRedirects))
	errRedirectLoop = errors.New(sayRedirectLoop.with())
	errDowngrade    = errors.New(sayDowngrade.with())
	errNoLocation   = errors.New(sayNoLocation.with())
	errEncoding     = errors.New(sayEncoding.with())
	errBomb         = errors.New(sayBomb.with(maxRatio))
	errCrawl        = errors.New(sayCrawl.with(size(paceLeast)))
)

// StatusError is an answer that is neither 200, 304 nor a redirect.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // what the server asks for; 0: nothing
}

func (e *StatusError) Error() string {
	return strings.TrimSpace(sayStatus.with(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
}

func statusError(resp *http.Response, now time.Time) *StatusError {
	return &StatusError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now)}
}

// overloaded says that the answer speaks for the whole host.
func (e *StatusError) overloaded() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}

// heldError says that a host asked to be left alone, and for how much longer.
type heldError struct{ left time.Duration }

func (e *heldError) Error() string { return heldFor(e.left) }

// heldFor says that a host is left alone, and how much longer where that is known.
func heldFor(left time.Duration) string {
	if left <= 0 {
		return sayHeld.with()
	}
	return sayHeldFor.with(roughly(left))
}

type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string { return sayTimeout.with(span(e.limit)) }

type sizeError struct{ limit int64 }

func (e *sizeError) Error() string { return sayTooLarge.with(size(e.limit)) }

// cause prefers what ended the context (our time limit) to what it ended with,
// names the limit that other timeouts ran into, and takes net/http's wrapper
// off, which quotes the address with its user.
func cause(ctx context.Context, err error, after time.Duration) error {
	var (
		ours    *timeoutError
		wrapper *url.Error
		theirs  net.Error
	)
	if err == nil {
		return nil
	}
	if errors.As(context.Cause(ctx), &ours) {
		return ours
	}
	if errors.Is(context.Cause(ctx), errCrawl) {
		return errCrawl
	}
	if errors.As(err, &wrapper) {
		err = wrapper.Err
	}
	if ctx.Err() == nil && errors.As(err, &theirs) && theirs.Timeout() {
		return &timeoutError{after.Round(time.Second)}
	}
	return err
}

// Reason puts an error of Fetch or Parse into a short English phrase for
// people. It tells no address beyond host names and numbers, no secret and no
// text of the server's.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	for _, r := range reasons {
		if s := r(err); s != "" {
			return s
		}
	}
	return sayFailed.with()
}

// reasons are tried in order; each knows one family of errors.
var reasons = []func(error) string{ownReason, networkReason, tlsReason}

func ownReason(err error) string {
	var (
		status  *StatusError
		timeout *timeoutError
		tooBig  *sizeError
		addr    *addressError
		parse   *ParseError
		held    *heldError
	)
	switch {
	case errors.As(err, new(*robotsUnread)):
		return sayRobotsUnread.with()
	case errors.As(err, &status):
		return status.Error()
	case errors.As(err, &timeout):
		return timeout.Error()
	case errors.As(err, &tooBig):
		return tooBig.Error()
	case errors.As(err, &addr):
		return addr.Error()
	case errors.As(err, &parse):
		return parse.Error()
	case errors.As(err, &held):
		return held.Error()
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, new(flate.CorruptInputError)) {
		return sayGzip.with()
	}
	for _, e := range []error{errBadURL, errScheme, errRedirects, errRedirectLoop, errDowngrade, errNoLocation, errEncoding, errBomb, errCrawl, ErrRobots} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return ""
}

func networkReason(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return sayNoHost.with(dns.Name)
	case errors.As(err, &dns):
		return sayLookup.with(dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return sayRefused.with()
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return sayBroke.with()
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return sayUnreachable.with()
	case errors.Is(err, context.Canceled):
		return sayCancelled.with()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return sayInTime.with()
	}
	return ""
}

func tlsReason(err error) string {
	var (
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &host):
		return sayCertHost.with(host.Host)
	case errors.As(err, &authority):
		return sayCertAuthority.with()
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return sayCertExpired.with()
	case errors.As(err, &invalid), errors.As(err, &verify):
		return sayCert.with()
	case errors.As(err, &record), errors.As(err, &alert):
		return sayHandshake.with()
	}
	return ""
}

// span writes a duration for people: "30 s", "500 ms".
func span(d time.Duration) string {
	if d >= time.Second && d%time.Second == 0 {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// roughly writes a duration for people, rounded up to what matters of it:
// "45 s", "12 min", "3 h".
func roughly(d time.Duration) string {
	upTo := func(unit time.Duration) int64 { return int64((d + unit - 1) / unit) }
	switch {
	case d <= time.Minute:
		return fmt.Sprintf("%d s", upTo(time.Second))
	case d <= 2*time.Hour:
		return fmt.Sprintf("%d min", upTo(time.Minute))
	}
	return fmt.Sprintf("%d h", upTo(time.Hour))
}

// size writes a number of bytes for people: "10 MB", "512 KB", "100 B".
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
