package feeds

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WebSub is the subscription to one feed at its hub (W3C Recommendation WebSub,
// 23 January 2018; sections below are its). All times are UTC.
type WebSub struct {
	ID     int64
	FeedID int64
	Hub    string // address of the hub, as the feed names it
	Topic  string // what the hub knows the feed by: its rel=self
	Base   string // the bot's public address that the callback was made with, without a slash at its end
	Token  string // the part of the callback's address that nobody can guess: 128 random bits, hex
	Secret string // key of the hub's signatures: 256 random bits, hex

	State     WebSubState
	Reason    string    // why it was denied or refused, for the operator; foreign text, bounded
	Lease     time.Time // until when the hub pushes; zero: it was never verified
	Requested time.Time // when the hub was last asked; zero: never
	Failures  int       // requests in a row that the hub did not verify, the one under way included
	NextTry   time.Time // when to ask again; zero: never

	LastPush time.Time // zero: never
	Checked  time.Time // up to when the feed's new items are accounted for, by pushes or as missed
	Missed   int       // polls that found what no push had brought, less the pushes that came
	Recent   []string  // hashes of the last bodies, newest last
	Version  int64     // of the row: an update of an older version changes nothing
}

// WebSubState says how a subscription stands.
type WebSubState string

// The states of a subscription. One that has ended is no more.
const (
	WebSubAsking WebSubState = "asking" // wanted, and not verified (any more)
	WebSubActive WebSubState = "active" // verified
	WebSubDenied WebSubState = "denied" // the hub refused it; not asked again while the feed names this hub and topic
	WebSubEnding WebSubState = "ending" // not wanted any more, and its end is not verified yet
	WebSubEnded  WebSubState = "ended"  // to be removed
)

// Limits of WebSub.
const (
	leaseAsked = 10 * 24 * time.Hour // what we ask for: "10 days is a good default" (section 8.2)
	leaseMost  = 30 * 24 * time.Hour // what we believe: a hub that says more is asked again all the same
	// missedMost is how many polls may find what no push brought before the hub
	// is not relied on. One is no proof: the poll may have been faster.
	missedMost = 3
	// endTries is how often a hub is asked to end a subscription. It ends by
	// itself with its lease.
	endTries = 3
	// recentBodies is how many bodies are remembered, so that they do nothing
	// when they are sent again.
	recentBodies = 16
	// claimFor is how long a request belongs to the process that makes it, at
	// the least.
	claimFor = 10 * time.Minute
	// pingGrace is for how long after a push whose body is not trusted the
	// items that polls find are the push's merit.
	pingGrace = 10 * time.Minute
)

// Trusted says whether the feed is pushed by this hub reliably enough to be
// polled less often.
func (w WebSub) Trusted() bool { return w.State == WebSubActive && w.Missed < missedMost }

// Callback is the address that the hub is told.
func (w WebSub) Callback() string { return w.Base + callbackPath + w.Token }

// callbackPath is where callbacks are, below the public address.
const callbackPath = "/websub/"

// HubStore keeps what a Subscriber needs.
type HubStore interface {
	Feeds(ctx context.Context) ([]Feed, error) // those on the list
	WebSubs(ctx context.Context) ([]WebSub, error)
	// WebSub gives the subscription whose callback has this token, or ErrNotFound.
	WebSub(ctx context.Context, token string) (WebSub, error)
	// AddWebSub stores a new subscription, unless there is one of its feed, hub,
	// topic and base.
	AddWebSub(ctx context.Context, w WebSub) error
	// UpdateWebSub stores a changed subscription, removes an ended one, and sets
	// Feed.Pushed by them. It changes nothing and is false where w.Version is not
	// the stored one.
	UpdateWebSub(ctx context.Context, w WebSub) (bool, error)
	PushStore
}

// PushStore stores what hubs push.
type PushStore interface {
	// FeedByID gives a feed on the list, its marks included, or ErrNotFound.
	FeedByID(ctx context.Context, id int64) (Feed, error)
	Topics(ctx context.Context) ([]Topic, error)
	// SavePush stores the items of a push. Of the feed it changes only what its
	// items are: how many, and when the last one was new. Where items changed, the
	// feed has the last word: it is polled by Poll.Again, and its whole body read.
	SavePush(ctx context.Context, p Poll) (Saved, error)
	// PollBy makes the feed due at that time or before, whatever a poll that is
	// under way finds.
	PollBy(ctx context.Context, feed int64, at time.Time) error
}

// hubAndTopic gives a feed's hub and what that knows the feed by. Link headers
// come first (section 4); a feed that does not say what it is called is called
// by where it came from.
func hubAndTopic(doc Document, resp Response) (hub, self string) {
	if hub = firstOf(resp.Hub, doc.Hub); hub == "" {
		return "", firstOf(resp.Self, doc.Self)
	}
	return hub, firstOf(resp.Self, doc.Self, resp.FinalURL)
}

// newWebSub makes a subscription that is wanted from now on.
func newWebSub(f Feed, t target, base string, now time.Time) WebSub {
	return WebSub{FeedID: f.ID, Hub: t.hub, Topic: t.topic, Base: base, Token: randomHex(16), Secret: randomHex(32),
		State: WebSubAsking, NextTry: now, Checked: now}
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return hex.EncodeToString(b)
}

// target is what a feed can be subscribed to.
type target struct{ hub, topic string }

// targetOf says where a feed can be subscribed to; false: nowhere. The topic is
// what the feed calls itself, else its address (section 4): it names the feed
// towards the hub and serves nothing else. An address with a password is
// nobody's topic.
func targetOf(f Feed) (target, bool) {
	if f.Asks.Hub == "" || f.List != nil || f.State == StateGone || f.LastSuccess.IsZero() {
		return target{}, false
	}
	t := target{hub: f.Asks.Hub, topic: firstOf(f.Asks.Self, f.Address())}
	for _, raw := range []string{t.hub, t.topic} {
		if u, err := parseTarget(raw); err != nil || u.User != nil {
			return target{}, false
		}
	}
	return t, true
}

// arrange compares the feeds on the list with the subscriptions there are. base
// is the bot's public address; empty: none is wanted. Subscriptions to add have
// no ID; those to change differ in what they are to be.
func arrange(base string, list []Feed, have []WebSub, now time.Time) (add, change []WebSub) {
	wanted := map[int64]target{}
	feeds := map[int64]Feed{}
	for _, f := range list {
		feeds[f.ID] = f
		if t, ok := targetOf(f); ok && base != "" {
			wanted[f.ID] = t
		}
	}
	for _, w := range have {
		t, ok := wanted[w.FeedID]
		keep := ok && t == (target{w.Hub, w.Topic}) && w.Base == base
		if keep {
			delete(wanted, w.FeedID)
		}
		if next, changed := review(w, feeds[w.FeedID], keep, now); changed {
			change = append(change, next)
		}
	}
	for _, f := range list { // in their order
		if t, ok := wanted[f.ID]; ok {
			add = append(add, newWebSub(f, t, base, now))
		}
	}
	return add, change
}

// review says what becomes of a subscription that time has passed over.
func review(w WebSub, f Feed, keep bool, now time.Time) (WebSub, bool) {
	before := w.State
	if w.State == WebSubActive && !w.Lease.After(now) {
		w.State = WebSubAsking
	}
	switch {
	case keep && w.State == WebSubEnding: // wanted again
		w.State, w.NextTry, w.Failures = WebSubAsking, now, 0
	case keep || w.State == WebSubEnding && w.Lease.After(now) && (w.Failures < endTries || w.NextTry.After(now)):
	case w.State == WebSubActive:
		w.State, w.NextTry, w.Failures = WebSubEnding, now, 0
	default: // the hub pushes nothing, or nothing for long: there is nothing to end
		w.State = WebSubEnded
	}
	if w.State == WebSubActive && f.LastNew.After(w.Checked) {
		w.Checked, w.Missed = f.LastNew, min(w.Missed+1, 2*missedMost)
		return w, true
	}
	return w, w.State != before
}

// requestOf gives the subscription as it is while its hub is being asked: as
// though it failed, since a hub that never answers does not say so. What the
// hub's verification finds is confirmed by confirm.
func requestOf(w WebSub, r Rhythm, now time.Time, chance float64) WebSub {
	w.Failures++
	w.Requested = now
	wait := r.Every
	for i := 1; i < w.Failures && wait < r.Max; i++ {
		wait *= 2
	}
	wait = r.clamp(spread(min(wait, r.Max), 0.2, chance))
	if w.State != WebSubAsking { // more than once before the lease is over
		wait = max(r.Min, min(wait, w.Lease.Sub(now)/2))
	}
	w.NextTry = now.Add(wait)
	return w
}

// intent is what a hub asks of a callback (sections 5.2 and 5.3).
type intent struct {
	mode, topic, challenge, reason string
	lease                          time.Duration // 0: not said, or nonsense
}

// confirm decides on a hub's request: what the subscription becomes, and
// whether the hub is told that we agree.
func confirm(w WebSub, in intent, r Rhythm, now time.Time) (WebSub, bool) {
	known := in.topic == w.Topic
	switch {
	case !known:
		return w, false
	case in.mode == "subscribe" && (w.State == WebSubAsking && !w.Requested.IsZero() || w.State == WebSubActive) && in.challenge != "":
		lease := min(in.lease, leaseMost)
		if lease <= 0 {
			lease = leaseAsked
		}
		if w.State == WebSubAsking { // what came before is nobody's fault
			w.Checked, w.Missed = now, 0
		}
		w.State, w.Reason, w.Failures = WebSubActive, "", 0
		w.Lease, w.NextTry = now.Add(lease), now.Add(max(r.Min, lease/2))
		return w, true
	case in.mode == "unsubscribe" && w.State == WebSubEnding && in.challenge != "":
		w.State = WebSubEnded
		return w, true
	case in.mode == "denied" && (w.State == WebSubAsking || w.State == WebSubActive):
		w.State, w.Reason = WebSubDenied, firstOf(oneLine(in.reason, 200), "no reason given")
		w.Lease, w.NextTry = time.Time{}, time.Time{}
		return w, true
	}
	return w, false
}

// pushed gives the subscription after a push. Where its body was not taken, what
// the poll in its place finds is still the push's merit.
func pushed(w WebSub, hash string, taken bool, now time.Time) WebSub {
	w.LastPush = now
	w.Missed = max(0, w.Missed-1)
	if taken {
		w.Checked = later(w.Checked, now)
	} else {
		w.Checked = later(w.Checked, now.Add(pingGrace))
	}
	w.Recent = append(slices.Clone(w.Recent), hash)
	w.Recent = w.Recent[max(0, len(w.Recent)-recentBodies):]
	return w
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// oneLine gives foreign text as it can stand in a log: one line, bounded.
func oneLine(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), 4*most)], "")
	return cut(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == ' ' || r >= 0x80 && r < 0xa0 }), " "), most)
}

// hubAddress is where a hub is asked. The secret is for its eyes only, so that
// an http hub is asked over https (section 8.2), unless it stands in a network
// of the operator's own, given by number.
func hubAddress(raw string, allow []netip.Prefix) (*url.URL, error) {
	u, err := parseTarget(raw)
	if err != nil || u.Scheme == "https" {
		return u, err
	}
	host := u.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil && slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) }) {
		return u, nil
	}
	u.Scheme = "https"
	return u, nil
}
