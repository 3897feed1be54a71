package feeds

import (
	"bytes"
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
	err = c.permitted(ctx, u)
	if err == ErrRobots { //nolint:errorlint // itself: one that cannot be read is told
		return false, nil
	}
	return err == nil, err
}

// permitted gives ErrRobots where a page must not be fetched.
func (c *Client) permitted(ctx context.Context, u *url.URL) error {
	r, err := c.robotsOf(ctx, u)
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
	if f.List != nil {
		return nil // its page is fetched by the rules for pages
	}
	u, err := parseTarget(f.Address())
	if err != nil {
		return nil // the request will say so
	}
	r := c.robots.known(u.Scheme + "://" + u.Host)
	if r == nil && strings.HasPrefix(f.Reason, sayRobots.with()) {
		r, err = c.robotsOf(ctx, u)
	}
	if r == nil || err != nil || !r.rules.named || r.rules.allow(u) {
		return nil
	}
	return ErrRobots
}

// meetRobots makes sure that the rules of a feed's host are known. Nobody
// waits for it, and where they cannot be read its feeds are asked all the same.
func (c *Client) meetRobots(ctx context.Context, feed string) {
	u, err := parseTarget(feed)
	if err == nil {
		_, _ = c.robotsOf(ctx, u)
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
// or a day old. However many ask at once, one request is made.
func (c *Client) robotsOf(ctx context.Context, u *url.URL) (*hostRobots, error) {
	origin := u.Scheme + "://" + u.Host
	for {
		known, mine := c.robots.claim(origin)
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
// old, it also gives a place to fill.
func (c *robotsCache) claim(origin string) (known, mine *hostRobots) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known = c.hosts[origin]
	if known != nil {
		select {
		case <-known.ready:
			if time.Now().Before(known.until) {
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

// robotsRules are the rules of a robots.txt that are for us.
type robotsRules struct {
	named bool // they stand in a group that names us
	list  []robotsRule
}

type robotsRule struct {
	pattern string // canonical; * stands for anything, a $ at the end for the end
	allow   bool
}

func (r robotsRules) size() int {
	n := 128
	for _, rule := range r.list {
		n += len(rule.pattern) + 24
	}
	return n
}

// parseRobots reads a robots.txt as RFC 9309 has it. Lines that it does not
// know are passed over; none is an error.
func parseRobots(text []byte) robotsRules {
	var ours, everybody robotsRules
	var forUs, forAll, inRules bool
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		name, value, found := strings.Cut(string(line), ":")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "user-agent":
			if inRules { // the group is over
				forUs, forAll, inRules = false, false, false
			}
			if token := productToken(value); strings.EqualFold(token, robotsToken) {
				forUs, ours.named = true, true
			} else if token == "" && (value == "*" || strings.HasPrefix(value, "* ")) {
				forAll = true
			}
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue // forbids nothing, and allows nothing
			}
			rule := robotsRule{robotsPattern(value), name == "allow"}
			if forUs {
				ours.list = append(ours.list, rule)
			}
			if forAll {
				everybody.list = append(everybody.list, rule)
			}
		}
	}
	if ours.named {
		return ours
	}
	return everybody
}

// productToken gives the letters, hyphens and underscores that a user-agent
// line begins with.
func productToken(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
	if end < 0 {
		return s
	}
	return s[:end]
}

// robotsPattern makes a path pattern comparable: one spelling for every octet,
// * and $ only where they mean something.
func robotsPattern(s string) string {
	s, anchored := strings.CutSuffix(s, "$")
	if !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "*") {
		s = "/" + s
	}
	parts := strings.Split(s, "*")
	kept := parts[:0]
	for i, part := range parts {
		if part != "" || i == 0 || i == len(parts)-1 { // ** says no more than *
			kept = append(kept, canonicalPath(part))
		}
	}
	s = strings.Join(kept, "*")
	if anchored {
		return s + "$"
	}
	return s
}

// canonicalPath spells every octet in one way: unreserved characters plain,
// everything that is not ASCII, and * and $, as %XX (RFC 9309, 2.2.2 and 2.2.3).
func canonicalPath(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c, escaped := s[i], false
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c, escaped = unhex(s[i+1])<<4|unhex(s[i+2]), true
			i += 2
		}
		switch {
		case c >= 0x7f || c <= ' ' || c == '*' || c == '$', escaped && !unreserved(c):
			out = append(out, '%', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// allow says whether the rules let an address be fetched: the longest pattern
// that matches decides, and of two as long the one that allows (RFC 9309,
// 2.2.2). The robots.txt itself is always allowed.
func (r robotsRules) allow(u *url.URL) bool {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if path == "/robots.txt" || len(r.list) == 0 {
		return true
	}
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	path = canonicalPath(path)
	best, allowed := -1, true
	for _, rule := range r.list {
		if n := len(rule.pattern); n >= best && rule.matches(path) {
			allowed = rule.allow || n == best && allowed
			best = n
		}
	}
	return allowed
}

// matches compares in one pass: what stands between two stars is looked for
// once, at the first place where it fits.
func (r robotsRule) matches(path string) bool {
	pattern, anchored := strings.CutSuffix(r.pattern, "$")
	first, rest, starred := strings.Cut(pattern, "*")
	if !strings.HasPrefix(path, first) {
		return false
	}
	path = path[len(first):]
	for starred {
		var part string
		part, rest, starred = strings.Cut(rest, "*")
		if !starred && anchored {
			return strings.HasSuffix(path, part)
		}
		at := strings.Index(path, part)
		if at < 0 {
			return false
		}
		path = path[at+len(part):]
	}
	return !anchored || path == ""
}
