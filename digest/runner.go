package digest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"depesche/feeds"
)

// RunnerOptions are what a Runner works with. Store, Ledger, Desk, Renderer and
// Poster are required.
type RunnerOptions struct {
	Store    Store
	Ledger   Ledger
	Desk     Desk
	Renderer Renderer
	Poster   Poster // may be a Finder too
	Declared []Plan // the digests of the configuration
	Lists    Lists
	Care     *Care            // how owners of feeds are told of them; nil: they are not
	Log      *slog.Logger     // nil: no log
	Now      func() time.Time // nil: time.Now
	Observe  Observer
	Pace     time.Duration // least time between two posts to one target; zero: one second (Slack, "Rate limits"), negative: none
	Every    time.Duration // between looks for alerts and deliveries that nobody announced; zero: five seconds
}

// Observer is told what happened, for metrics. Its functions may be nil; they
// are called from several goroutines.
type Observer struct {
	Ran    func(p Plan, result Result, err error, took time.Duration)
	Posted func(d Delivery, err error, took time.Duration) // d as it was settled
}

// Result is what running a plan came to. Run and Digest are set where Reason
// is ReasonPosted; Digest also where it is ReasonNothingNew.
type Result struct {
	Reason Reason
	Run    Run
	Digest Digest

	high   int64 // the highest News rank there was
	beaten bool  // another process stored a run at the same moment
}

// Runner runs plans and delivers what they say. It is safe for concurrent use.
// In one process there must be one Runner to a ledger, or messages are posted
// twice.
type Runner struct {
	RunnerOptions
	wake     chan struct{} // new items may be there
	kick     chan struct{} // new deliveries may be there
	draining chan struct{} // held by the one drain of the ledger under way

	running sync.Mutex      // one plan is composed and stored at a time
	known   map[string]bool // plans that the store has
	looked  map[string]look // what alerts considered without result; saves writing that down

	complaint string               // what the loop of alerts complained of last
	inOrder   map[string]time.Time // until when a plan cannot have missed anything; the loop of missed runs has it

	posting   sync.Mutex
	last      map[string]time.Time // of the last post to a target
	unsettled map[int64]Delivery   // posted, but the ledger could not be told
	waiting   map[int64]time.Time  // when deliveries that were put off are due
}

// NewRunner makes a Runner; nothing runs until Run, Fire or Deliver is called.
func NewRunner(o RunnerOptions) *Runner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pace == 0 {
		o.Pace = time.Second
	}
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	return &Runner{
		RunnerOptions: o,
		wake:          make(chan struct{}, 1),
		kick:          make(chan struct{}, 1),
		draining:      make(chan struct{}, 1),
		known:         map[string]bool{},
		looked:        map[string]look{},
		inOrder:       map[string]time.Time{},
		last:          map[string]time.Time{},
		unsettled:     map[int64]Delivery{},
		waiting:       map[int64]time.Time{},
	}
}

// Plans lists the digests of the configuration and the plans of all subscriptions.
func (r *Runner) Plans(ctx context.Context) ([]Plan, error) {
	subs, err := r.Desk.Subscriptions(ctx, "")
	if err != nil {
		return nil, err
	}
	return slices.Concat(r.Declared, SubscriptionPlans(subs, r.Lists)), nil
}

// Upcoming is the next occasion of a plan.
type Upcoming struct {
	Plan Plan
	At   time.Time
}

// Next lists the next occasion of every plan that has a schedule, soonest first.
func (r *Runner) Next(ctx context.Context) ([]Upcoming, error) {
	plans, err := r.Plans(ctx)
	if err != nil {
		return nil, err
	}
	var out []Upcoming
	now := r.Now()
	for _, p := range plans {
		if p.Schedule == nil {
			continue
		}
		if at := p.Schedule.Next(now); !at.IsZero() {
			out = append(out, Upcoming{p, at})
		}
	}
	slices.SortStableFunc(out, func(a, b Upcoming) int { return a.At.Compare(b.At) })
	return out, nil
}

// Preview gives what the digest of that label would say now, and changes
// nothing. An unknown label is an error that wraps feeds.ErrNotFound.
func (r *Runner) Preview(ctx context.Context, label string) (Digest, error) {
	p, err := r.declared(label)
	if err != nil {
		return Digest{}, err
	}
	now := r.Now()
	progress, err := r.Store.Peek(ctx, p.Name, start(p, now))
	if err != nil {
		return Digest{}, fmt.Errorf("preview %s: %w", p.Name, err)
	}
	d, _, err := r.compose(ctx, p, progress, cursor(p, progress), now)
	if err != nil {
		return Digest{}, fmt.Errorf("preview %s: %w", p.Name, err)
	}
	return d, nil
}

// Fire runs the digest of that label for an occasion (seconds count), stores
// the run with its deliveries, and delivers what is due. A second call for the
// same occasion answers ReasonAlreadyRan. An error that comes with
// ReasonPosted is one of delivering; the ledger keeps what is still to be sent.
func (r *Runner) Fire(ctx context.Context, label string, scheduled time.Time) (Result, error) {
	p, err := r.declared(label)
	if err != nil {
		return Result{}, err
	}
	result, err := r.fire(ctx, p, scheduled)
	if err != nil {
		return result, err
	}
	return result, r.Deliver(ctx)
}

// Declared finds a plan of the configuration by its label or its name.
func (r *Runner) declared(label string) (Plan, error) {
	var labels []string
	for _, p := range r.Declared {
		if p.Label == label || p.Name == label {
			return p, nil
		}
		labels = append(labels, p.Label)
	}
	if len(labels) == 0 {
		return Plan{}, fmt.Errorf("digest %q: %w; none is configured", label, feeds.ErrNotFound)
	}
	return Plan{}, fmt.Errorf("digest %q: %w; there are: %s", label, feeds.ErrNotFound, strings.Join(labels, ", "))
}

// fire runs one plan for one occasion and tells the observer. A panic becomes
// an error, so that plans after this one have their turn.
func (r *Runner) fire(ctx context.Context, p Plan, scheduled time.Time) (result Result, err error) {
	r.running.Lock()
	defer r.running.Unlock()
	began := time.Now()
	if r.Observe.Ran != nil {
		defer func() { r.Observe.Ran(p, result, err, time.Since(began)) }()
	}
	err = r.safely("compose", func() (err error) {
		at := scheduled.UTC().Truncate(time.Second)
		if result, err = r.run(ctx, p, at); err == nil && result.beaten {
			result, err = r.run(ctx, p, at) // another process may have run for another occasion
		}
		return err
	})
	if err != nil {
		return result, fmt.Errorf("run %s for %s: %w", p.Name, scheduled.UTC().Format(time.RFC3339), err)
	}
	if result.Reason == ReasonPosted {
		signal(r.kick)
	}
	return result, nil
}

// run goes the whole way from what is new to the ledger.
func (r *Runner) run(ctx context.Context, p Plan, scheduled time.Time) (Result, error) {
	now := r.Now()
	progress, err := r.progress(ctx, p, now)
	if err != nil {
		return Result{}, err
	}
	after := cursor(p, progress)
	if p.Kind == KindNow {
		scheduled = alertOccasion(progress, now)
		after = max(after, r.looked[p.Name].since(p))
	} else if reason := Due(p, progress, scheduled, now); reason != ReasonPosted {
		return Result{Reason: reason}, nil
	}
	switch behind, err := r.Ledger.Behind(ctx, p.Name); {
	case err != nil:
		return Result{}, err
	case behind:
		return Result{Reason: ReasonBehind}, nil
	}
	d, high, err := r.compose(ctx, p, progress, after, now)
	if err != nil {
		return Result{}, err
	}
	result := Result{Reason: Worth(d), Digest: d, high: high}
	if result.Reason == ReasonNothingNew && p.Kind == KindNow && high-progress.Upto < noteAfter {
		r.looked[p.Name] = lookAt(p, high)
		return result, nil
	}
	run := Run{Plan: p.Name, Scheduled: scheduled, At: now, Upto: high}
	if result.Reason == ReasonPosted {
		if run, err = r.write(run, d); err != nil {
			return Result{}, err
		}
	}
	switch saved, err := r.Store.SaveRun(ctx, run); {
	case err != nil:
		return Result{}, err
	case !saved:
		return Result{Reason: ReasonAlreadyRan, beaten: true}, nil
	}
	if p.Kind == KindNow {
		r.looked[p.Name] = lookAt(p, high)
	}
	if result.Reason == ReasonPosted {
		result.Run = run
	}
	return result, nil
}

// write renders the digest into the run's deliveries.
func (r *Runner) write(run Run, d Digest) (Run, error) {
	messages, err := r.Renderer.Render(d)
	if err != nil {
		return Run{}, fmt.Errorf("render: %w", err)
	}
	if len(messages) == 0 {
		return Run{}, errors.New("render: the digest became no message")
	}
	for _, s := range d.Sections {
		for i := range s.Items {
			run.Items = append(run.Items, s.Items[i].ID)
		}
	}
	run.Deliveries = deliveriesOf(run, d.Plan.Target, messages)
	return run, nil
}

// deliveriesOf makes a run's messages lines of the ledger.
func deliveriesOf(run Run, target string, messages []Message) []Delivery {
	var out []Delivery
	for i, m := range messages {
		out = append(out, Delivery{
			Key:     fmt.Sprintf("%s/%s/%d", run.Plan, run.Scheduled.Format(time.RFC3339), i+1),
			Plan:    run.Plan,
			Target:  target,
			Part:    i + 1,
			Parts:   len(messages),
			Message: m,
			Status:  StatusPending,
			Created: run.At,
		})
	}
	return out
}

// progress makes sure that the store has the plan, and tells how far it came.
func (r *Runner) progress(ctx context.Context, p Plan, now time.Time) (Progress, error) {
	progress, err := r.Store.Progress(ctx, p.Name, start(p, now), now)
	if err == nil {
		r.known[p.Name] = true
	}
	return progress, err
}

// compose selects what is new for the plan and sorts it.
func (r *Runner) compose(ctx context.Context, p Plan, progress Progress, after int64, now time.Time) (Digest, int64, error) {
	items, high, err := r.news(ctx, p, after)
	if err != nil {
		return Digest{}, 0, err
	}
	var list []feeds.Feed
	if p.Kind == KindDigest || len(items) > 0 {
		if list, err = r.Desk.Feeds(ctx); err != nil {
			return Digest{}, 0, err
		}
	}
	return Compose(p, items, list, covered(p, progress, now), now), high, nil
}

// news reads what is new part by part, and of a long list keeps only what the
// plan takes: months may have passed, and an archive need not fit into memory.
func (r *Runner) news(ctx context.Context, p Plan, after int64) ([]feeds.Item, int64, error) {
	var kept map[int64]feeds.Item // by ID: one may be changed, and news again, while we read
	for {
		items, high, more, err := r.Store.News(ctx, p.Name, after)
		if err != nil || !more && kept == nil {
			return items, high, err
		}
		if kept == nil {
			kept = map[int64]feeds.Item{}
		}
		for _, it := range items {
			if takes(p, it) {
				kept[it.ID] = it
			}
		}
		if !more {
			return slices.Collect(maps.Values(kept)), high, nil
		}
		after = high
	}
}

// signal leaves a note in a channel of one place; a note that is there already will do.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
