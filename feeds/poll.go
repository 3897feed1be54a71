package feeds

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/semaphore"
)

// PollOptions set up a Poller. The zero value is usable.
type PollOptions struct {
	Every       time.Duration    // between polls of one feed; default 30 min
	Min, Max    time.Duration    // bounds of every interval we choose; default 5 min and 24 h
	Concurrency int              // feeds under way at a time, those not counted that wait for their servers for more than two seconds; default 16
	Robots      bool             // Run asks each host for its robots.txt once a day, and obeys what names this bot
	Log         *slog.Logger     // default: silent
	Now         func() time.Time // default: time.Now
	Chance      func() float64   // in [0,1), spreads polls; default: math/rand
	Saved       func(Saved)      // called after a poll that stored new or changed items, and with zeros after a page that made one news; maybe by several goroutines at once
	Observe     func(Report)     // called after every poll, one at a time, for metrics
	Pages       Pages            // where feeds that ask for full text have it; nil: none is fetched
	ObservePage func(PageState)  // called after every page that was asked for, maybe by several goroutines at once
}

// Outcome is what a poll came to, in one word.
type Outcome string

// The outcomes of a poll.
const (
	OutcomeNew       Outcome = "new"       // new or changed items were stored
	OutcomeUnchanged Outcome = "unchanged" // nothing new
	OutcomeFailed    Outcome = "failed"    // Reason says why
	OutcomeSkipped   Outcome = "skipped"   // not asked, or no longer on the list; Reason says why
)

// Report is what became of one poll.
type Report struct {
	URL     string  `json:"url"`
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	New     int     `json:"new"`
	Updated int     `json:"updated"`
	Known   int     `json:"known"`
	Held    int     `json:"held"`   // new, and not announced: a flood was braked
	Future  int     `json:"future"` // of those read now, dated more than a day ahead: such dates are not believed
	Reason  string  `json:"reason"`
	Millis  int64   `json:"milliseconds"`
	Rests   bool    `json:"-"` // of a check: its host asks to be left alone for a while, nothing is broken
}

// Poller asks feeds when they are due and stores what they bring. One that is
// under way is not asked a second time by the same Poller; Round and Run may
// be used one after the other, not at once.
type Poller struct {
	store  Store
	client *Client
	opts   PollOptions
	rhythm Rhythm
	large  chan struct{}       // places for polls with large bodies
	parses *semaphore.Weighted // places for article pages being read
}

// largeAtOnce is how many large bodies are read, parsed and stored at a time,
// so that memory stays bounded whatever many servers send at once.
const largeAtOnce = 2

// NewPoller makes a poller. It asks nobody until Round or Run is called.
func NewPoller(store Store, client *Client, o PollOptions) *Poller {
	if o.Every <= 0 {
		o.Every = 30 * time.Minute
	}
	if o.Min <= 0 {
		o.Min = min(5*time.Minute, o.Every)
	}
	if o.Max <= 0 {
		o.Max = max(24*time.Hour, o.Every)
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 16
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	return &Poller{store: store, client: client, opts: o, rhythm: Rhythm{Every: o.Every, Min: o.Min, Max: o.Max}, large: make(chan struct{}, largeAtOnce),
		parses: semaphore.NewWeighted(parsesAtOnce)}
}

// poll asks one feed and stores what came of it. Only the store's failures are
// errors; a feed's are part of the report.
func (p *Poller) poll(ctx context.Context, f Feed, topics []Topic) (Report, error) {
	report := Report{URL: SafeURL(f.URL), Name: f.Label()}
	have := conditions(f, p.opts.Now())
	large := turn{places: p.large}
	defer large.end()
	var resp Response
	err := p.client.barred(ctx, f)
	if err == nil {
		resp, err = p.client.ask(ctx, f, have, large.take)
	}
	if ctx.Err() != nil {
		return cancelled(report), nil
	}
	report.Millis = resp.Took.Milliseconds()
	if errors.As(err, new(*heldError)) && p.client.hosts.isHeld(laneOf(f.Address())) { // nobody was asked: its host spoke up while this poll waited
		report.Outcome, report.Reason = OutcomeSkipped, heldFor(p.client.hosts.heldFor(laneOf(f.Address())))
		return report, nil
	}
	now := p.opts.Now().UTC()
	if err == nil && resp.NotModified && have == (Validators{}) {
		err = &StatusError{Status: resp.Status} // 304 to an unconditional request brings nothing
	}
	a := answerOf(resp, err)
	next := Poll{Feed: f, At: now}
	if err == nil && !resp.NotModified {
		if next.Feed.Marks, err = p.store.Marks(ctx, f.ID); err != nil {
			return p.unstored(ctx, report, f, err)
		}
	}
	if err == nil {
		next, a.err = p.read(next, resp, topics)
	}
	if a.err != nil {
		next = Poll{Feed: f, At: now} // nothing of a failed poll is kept, its validators least of all
	}
	next, why := p.decide(next, a)
	next.PagesBy, next.Again = p.pagesBy(f, now), now.Add(p.rhythm.Min)
	p.keepHolds(ctx)
	saved, err := p.store.SavePoll(ctx, next)
	if err != nil {
		return p.unstored(ctx, report, f, err)
	}
	if to := next.Feed.Move.Adopted; to != f.Move.Adopted {
		p.opts.Log.InfoContext(ctx, "a feed's new address is asked from now on", "feed", report.Name, "url", report.URL, "address", SafeURL(firstOf(to, f.URL)))
	}
	next.Feed = next.Feed.After(saved, now)
	report = finish(report, next.Feed, a, saved)
	report.Future = future(next.Items, now)
	p.log(ctx, report, next.Feed, why)
	if p.opts.Saved != nil && saved.New+saved.Updated > 0 {
		p.opts.Saved(saved)
	}
	return report, nil
}

// unstored is what a poll comes to that the store failed.
func (p *Poller) unstored(ctx context.Context, report Report, f Feed, err error) (Report, error) {
	select {
	case <-ctx.Done():
		return cancelled(report), nil
	default:
	}
	if errors.Is(err, ErrNotFound) {
		report.Outcome, report.Reason = OutcomeSkipped, sayUnlisted.with()
		return report, nil
	}
	p.client.hosts.rest(laneOf(f.Address()), p.rhythm.Min) // its next poll is stored nowhere, and it must not be asked at every turn
	return report, err
}

// decide gives a poll its feed's new state: what it learned, where it moved, how
// it fares and when it is asked again. p.Feed is the feed as it was, but for
// what the body said.
func (p *Poller) decide(next Poll, a answer) (Poll, Why) {
	f, now := next.Feed, next.At
	a.astray = f.LastPoll.IsZero() || now.Sub(f.NextPoll) > p.rhythm.Every
	if a.err == nil {
		was := learn(f, now, next.Items)
		f.Rhythm, a.latest = was.rhythm, was.latest
		if was.sure {
			f.LastNew = was.latest
		}
		f.Move = moved(f, a.movedTo, now)
	} else if forsaken(f, a.err, now) {
		f.Move, a.forsaken = Move{}, true
	}
	f = health(f, now, a)
	var why Why
	f.NextPoll, why = nextPoll(now, p.rhythm, f, a, p.opts.Chance())
	next.Feed = f
	return next, why
}

// future counts the items whose dates are nonsense, see Date.
func future(items []Entry, now time.Time) (n int) {
	for _, e := range items {
		if !e.Published.IsZero() && !Plausible(e.Published, now) {
			n++
		}
	}
	return n
}

// cancelled is the report of a poll that the end of its context cut short.
func cancelled(r Report) Report {
	r.Outcome, r.Reason = OutcomeSkipped, sayCancelled.with()
	return r
}

// finish fills the report of a poll that was stored.
func finish(r Report, f Feed, a answer, saved Saved) Report {
	r.Name, r.Reason = f.Label(), f.Reason
	r.New, r.Updated, r.Known, r.Held = saved.New, saved.Updated, saved.Known, saved.Held
	switch {
	case a.err != nil:
		r.Outcome = OutcomeFailed
	case saved.New+saved.Updated > 0:
		r.Outcome = OutcomeNew
	default:
		r.Outcome = OutcomeUnchanged
	}
	return r
}

func (p *Poller) log(ctx context.Context, r Report, f Feed, why Why) {
	level := slog.LevelDebug
	switch {
	case r.Outcome == OutcomeFailed:
		level = slog.LevelWarn
	case r.New+r.Updated > 0:
		level = slog.LevelInfo
	}
	p.opts.Log.Log(ctx, level, "polled", "feed", r.Name, "outcome", r.Outcome, "new", r.New, "updated", r.Updated, "held", r.Held, "future", r.Future,
		"reason", r.Reason, "failures", f.Failures, "ms", r.Millis, "next", f.NextPoll, "why", string(why))
}
