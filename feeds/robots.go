package feeds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// ErrRobots is what a page's fetch gives where the robots.txt of its host
// forbids it, or cannot be read.
var ErrRobots = errors.New(sayRobots.with())

// robotsUnread is ErrRobots for a host whose rules nobody knows.
type robotsUnread struct{ cause error }

func (e *robotsUnread) Error() string        { return sayRobotsUnread.with() + ": " + e.cause.Error() }
func (e *robotsUnread) Unwrap() error        { return e.cause }
func (e *robotsUnread) Is(target error) bool { return target == ErrRobots }

const (
	robotsToken  = "depesche"       // our product token (RFC 9309, 2.2.1); the User-Agent begins with it
	robotsLimit  = 500 << 10        // bytes of a robots.txt that are read (RFC 9309, 2.5)
	robotsFresh  = 24 * time.Hour   // how long rules are kept (RFC 9309, 2.4)
	robotsRetry  = 15 * time.Minute // when a host is asked again whose rules could not be read
	robotsHosts  = 4096             // how many hosts' rules are kept,
	robotsMemory = 8 << 20          // and how many bytes of them
)

// Allowed says whether the robots.txt of its host lets us fetch a page
// (RFC 9309): the group that names this bot decides, else the one for all. A
// host without a robots.txt (any 4xx but 429) allows everything. Where it
// cannot be read (5xx, no connection) nothing is allowed for now, and the
// error, which is ErrRobots too, says so. Answers are kept for a day.
func (c *Client) Allowed(ctx context.Context, raw string) (bool, error) {
	u, err := parseTarget(raw)
	if err != nil {
		return false, fmt.Errorf("robots.txt: %w", err)
	}
	err = c.permitted(ctx, u, false)
	if err == ErrRobots { //nolint:errorlint // itself: one that cannot be read is told
		return false, nil
	}
	return err == nil, err
}

// permitted gives ErrRobots where a page must not be fetched. anew has rules
// that could not be read asked for again, be it a minute later: for who backs
// off by itself.
func (c *Client) permitted(ctx context.Context, u *url.URL, anew bool) error {
	r, err := c.robotsOf(ctx, u, anew)
	if err != nil {
		return err
	}
	if !r.rules.allow(u) {
		return ErrRobots
	}
	return nil
}

// barred gives ErrRobots for a feed whose host's robots.txt forbids it to this
// bot by name. What it says to all robots does not count: a feed is published
// to be read by programs. Only what is known already counts, unless the feed
// was barred before: then the rules are read anew first, where they are old.
func (c *Client) barred(ctx context.Context, f Feed) error {
	u, err := parseTarget(f.Address())
	if err == nil && f.List == nil && c.bars(ctx, u, f) { // the page of a list is fetched by the rules for pages
		return ErrRobots
	}
	return nil
}

func (c *Client) bars(ctx context.Context, u *url.URL, f Feed) bool {
	r := c.robots.known(u.Scheme + "://" + u.Host)
	if r == nil && strings.HasPrefix(f.Reason, sayRobots.with()) {
		if fresh, err := c.robotsOf(ctx, u, false); err == nil {
			r = fresh
		}
	}
	return r != nil && r.rules.named && !r.rules.allow(u)
}

// meetRobots makes sure that the rules of a feed's host are known. Nobody
// waits for it, and where they cannot be read its feeds are asked all the same.
func (c *Client) meetRobots(ctx context.Context, feed string) {
	u, err := parseTarget(feed)
	if err == nil {
		_, _ = c.robotsOf(ctx, u, false)
	}
}

// hostRobots is what is known of one host's robots.txt.
type hostRobots struct {
	ready chan struct{} // closed when the rest is filled in
	rules robotsRules
	err   error // nothing is known, and why
	until time.Time
}

// robotsCache keeps rules, of so many hosts and so many bytes at most.
type robotsCache struct {
	mu    sync.Mutex
	hosts map[string]*hostRobots
}

// robotsOf gives the rules of a host, asking for them where they are not known
// or a day old, and with anew where they could not be read. However many ask at
// once, one request is made.
func (c *Client) robotsOf(ctx context.Context, u *url.URL, anew bool) (*hostRobots, error) {
	origin := u.Scheme + "://" + u.Host
	for {
		known, mine := c.robots.claim(origin, anew)
		if mine == nil {
			select {
			case <-known.ready:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if known.until.IsZero() {
				continue // who asked was cut short
			}
			return known, known.err
		}
		mine.rules, mine.err = c.readRobots(ctx, origin)
		if ctx.Err() != nil {
			c.robots.settle(origin, known)
			close(mine.ready)
			return nil, ctx.Err()
		}
		now := time.Now()
		mine.until = now.Add(robotsFresh)
		if mine.err != nil {
			mine.until = now.Add(robotsRetry)
			if known != nil && known.err == nil { // old rules are better than none (RFC 9309, 2.4)
				mine.rules, mine.err = known.rules, nil
			}
		}
		c.robots.settle(origin, mine)
		close(mine.ready)
		return mine, mine.err
	}
}

// claim gives what is known or being asked for. Where that is nothing, or too
// old, or with anew a failure, it also gives a place to fill.
func (c *robotsCache) claim(origin string, anew bool) (known, mine *hostRobots) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known = c.hosts[origin]
	if known != nil {
		select {
		case <-known.ready:
			if time.Now().Before(known.until) && (!anew || known.err == nil) {
				return known, nil
			}
		default:
			return known, nil
		}
	}
	if c.hosts == nil {
		c.hosts = map[string]*hostRobots{}
	}
	mine = &hostRobots{ready: make(chan struct{})}
	c.hosts[origin] = mine
	return known, mine
}

// known gives a host's rules where they are at hand; else nil.
func (c *robotsCache) known(origin string) *hostRobots {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.hosts[origin]
	if r == nil || !r.settled() || r.err != nil || time.Now().After(r.until) {
		return nil
	}
	return r
}

// settle keeps what was found, or with nil nothing, and forgets what is oldest
// where it has become too much.
func (c *robotsCache) settle(origin string, r *hostRobots) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hosts, origin)
	if r == nil {
		return
	}
	size := r.rules.size()
	for _, other := range c.hosts {
		if other.settled() {
			size += other.rules.size()
		}
	}
	for len(c.hosts) >= robotsHosts || size > robotsMemory {
		oldest := ""
		for name, other := range c.hosts {
			if other.settled() && (oldest == "" || other.until.Before(c.hosts[oldest].until)) {
				oldest = name
			}
		}
		if oldest == "" {
			break
		}
		size -= c.hosts[oldest].rules.size()
		delete(c.hosts, oldest)
	}
	c.hosts[origin] = r
}

func (r *hostRobots) settled() bool {
	select {
	case <-r.ready:
		return true
	default:
		return false
	}
}

// readRobots asks a host for its rules.
func (c *Client) readRobots(ctx context.Context, origin string) (robotsRules, error) {
	resp, err := c.do(ctx, origin+"/robots.txt", order{accept: acceptText, limit: robotsLimit, cut: true})
	var status *StatusError
	switch {
	case err == nil:
		return parseRobots(resp.Body), nil
	case errors.As(err, &status) && status.Status < 500 && status.Status != http.StatusTooManyRequests,
		errors.Is(err, errRedirects), errors.Is(err, errRedirectLoop):
		return robotsRules{}, nil // there is none (RFC 9309, 2.3.1.2 and 2.3.1.3)
	}
	return robotsRules{}, &robotsUnread{err}
}
