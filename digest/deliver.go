package digest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"depesche/feeds"
)

// What bounds delivering.
const (
	batch       = 200                     // deliveries looked at in one go, one for each target
	atOnce      = 16                      // targets that are posted to at the same time
	patience    = 10 * time.Second        // a drain waits that long for a delivery that may not go yet
	postLimit   = 15 * time.Second        // for one post
	postGrace   = 8 * time.Second         // for one post after the end was asked for
	settleLimit = 2500 * time.Millisecond // for writing down what came of it, and once more at the end
)

// Deliver posts every delivery that is due and waits for the answers: in order
// and with the pace of RunnerOptions within one target, side by side for
// different targets, so that a slow or failing target holds up no other. What
// has to wait for more than ten seconds stays pending. When ctx ends, nothing
// more is begun; a post under way has eight seconds left, and its answer is
// still written down. An error is the ledger's; the others are in the ledger.
func (r *Runner) Deliver(ctx context.Context) error {
	select {
	case r.draining <- struct{}{}:
		defer func() { <-r.draining }()
	case <-ctx.Done():
		return ctx.Err()
	}
	d := drain{
		Runner: r,
		busy:   map[string]bool{},
		stuck:  map[string]time.Time{},
		done:   make(chan settled),
		began:  time.Now(),
	}
	return d.run(ctx)
}

// drain is one call of Deliver.
type drain struct {
	*Runner
	busy  map[string]bool      // targets with a post under way
	stuck map[string]time.Time // targets whose ledger lines cannot be written, and until when they are left alone
	done  chan settled
	began time.Time // by the machine's clock, whatever Now says
	next  time.Time // when something can go on; zero: nothing is waited for
	errs  []error
}

// settled is what came of one attempt; err is the ledger's.
type settled struct {
	target string
	err    error
}

func (d *drain) run(ctx context.Context) error {
	for {
		if ctx.Err() == nil {
			d.start(ctx)
		}
		if len(d.busy) == 0 && (d.next.IsZero() || ctx.Err() != nil) {
			return errors.Join(d.errs...)
		}
		d.wait(ctx)
	}
}

// start begins whatever may be posted now.
func (d *drain) start(ctx context.Context) {
	now := d.Now()
	d.next = time.Time{}
	for _, s := range d.tell(ctx) {
		d.fault(s)
	}
	list, err := d.Ledger.Pending(ctx, now, batch)
	if err != nil {
		d.errs = append(d.errs, err)
		return
	}
	for _, delivery := range list {
		target := delivery.Target
		if d.busy[target] || d.stuck[target].After(now) || len(d.busy) >= atOnce {
			continue
		}
		if at := d.paced(target); at.After(now) {
			d.wake(at)
			continue
		}
		d.busy[target] = true
		go func() {
			err := d.attempt(ctx, delivery)
			d.done <- settled{target, err}
		}()
	}
	if at := d.nextDue(now); !at.IsZero() && at.Sub(now) <= patience-time.Since(d.began) {
		d.wake(at)
	}
	if len(d.busy) > 0 {
		d.wake(now.Add(d.Every)) // somebody else may have written deliveries
	}
}

// wake notes that something can go on at that time.
func (d *drain) wake(at time.Time) {
	if d.next.IsZero() || at.Before(d.next) {
		d.next = at
	}
}

// fault notes a fault of the ledger and leaves the target alone for a while.
func (d *drain) fault(s settled) {
	if s.err != nil {
		d.stuck[s.target] = d.Now().Add(d.Every)
		d.errs = append(d.errs, s.err)
	}
}

// wait waits until something changed.
func (d *drain) wait(ctx context.Context) {
	var tick <-chan time.Time
	if !d.next.IsZero() {
		timer := time.NewTimer(max(d.next.Sub(d.Now()), time.Millisecond))
		defer timer.Stop()
		tick = timer.C
	}
	ended, kick := ctx.Done(), d.kick
	if ctx.Err() != nil {
		ended, tick, kick = nil, nil, nil // only what is under way counts now
	}
	select {
	case s := <-d.done:
		delete(d.busy, s.target)
		d.fault(s)
	case <-tick:
	case <-kick:
	case <-ended:
	}
}

// attempt posts one delivery and writes down what came of it. Its error is
// the ledger's; a post without a line in the ledger does not happen.
func (r *Runner) attempt(ctx context.Context, d Delivery) error {
	look := d.Unsure()
	d = attempted(d, r.Now())
	if ours, err := r.claim(ctx, d); err != nil || !ours {
		return err
	}
	began := time.Now()
	var receipt Receipt
	err := r.safely("post", func() (err error) {
		receipt, look, err = r.send(ctx, d, look)
		return err
	})
	d = Settle(d, receipt, err, r.Now())
	if look && d.Status == StatusPending && !d.Unsure() {
		d.Reason = unsure + d.Reason
	}
	r.note(d, err)
	if r.Observe.Posted != nil {
		r.Observe.Posted(d, err, time.Since(began))
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return r.settle(ctx, d)
}

// afterwards gives the ledger its time, also when the end was asked for.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settleLimit)
}

// claim writes down that the delivery is about to be posted, and reports
// whether it is this process that posts it.
func (r *Runner) claim(ctx context.Context, d Delivery) (bool, error) {
	var err error
	ours := true
	if claimer, ok := r.Ledger.(Claimer); ok {
		ours, err = claimer.Claim(ctx, d)
	} else {
		err = r.Ledger.Settle(ctx, d)
	}
	if err != nil {
		return false, fmt.Errorf("begin delivery %s: %w", d.Key, err)
	}
	return ours, nil
}

// send posts a delivery, unless look says to look first whether it arrived
// before, and it had. doubt says that nobody could look.
func (r *Runner) send(ctx context.Context, d Delivery, look bool) (receipt Receipt, doubt bool, err error) {
	ctx, cancel := graceful(ctx)
	defer cancel()
	if finder, ok := r.Poster.(Finder); ok && look {
		receipt, found, err := finder.Find(ctx, d)
		switch {
		case found && err == nil:
			return receipt, false, nil
		case err != nil && !cannotLook(err):
			return Receipt{}, true, &lookError{err}
		case err != nil:
			r.Log.Warn("delivery of unknown outcome cannot be looked for and is sent again", "key", d.Key, "error", err)
			doubt = true
		}
	}
	receipt, err = r.Poster.Post(ctx, d)
	return receipt, doubt, err
}

// cannotLook reports whether looking will never work, rather than not now.
func cannotLook(err error) bool {
	var p *PostError
	return errors.Is(err, errors.ErrUnsupported) || errors.As(err, &p) && p.Class != ClassWait && p.Class != ClassUnknown
}

// graceful gives a post its time: as long as ctx lasts up to postLimit, and
// postGrace after ctx ended.
func graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), postLimit)
	var timer *time.Timer
	started := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(started)
		timer = time.AfterFunc(postGrace, cancel)
	})
	return inner, func() {
		if !stop() {
			<-started
			timer.Stop()
		}
		cancel()
	}
}

// settle writes down what came of a post. Where the ledger cannot be told,
// it is remembered, so that the message is not posted again.
func (r *Runner) settle(ctx context.Context, d Delivery) error {
	err := r.Ledger.Settle(ctx, d)
	r.posting.Lock()
	defer r.posting.Unlock()
	if err != nil {
		if errors.Is(err, feeds.ErrNotFound) {
			delete(r.unsettled, d.ID) // its line is gone, nobody asks for it any more
		} else {
			r.unsettled[d.ID] = d
		}
		return err
	}
	delete(r.unsettled, d.ID)
	if d.Status == StatusPending {
		r.waiting[d.ID] = d.NotBefore
	} else {
		delete(r.waiting, d.ID)
	}
	return nil
}

// tell settles what the ledger could not be told before. A target with a
// message that is posted but not settled is not posted to.
func (r *Runner) tell(ctx context.Context) []settled {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	r.posting.Lock()
	late := slices.Collect(maps.Values(r.unsettled))
	r.posting.Unlock()
	told := make([]settled, len(late))
	for i, d := range late {
		told[i] = settled{d.Target, r.settle(ctx, d)}
	}
	return told
}

// note remembers when the target was posted to, and logs what went wrong.
func (r *Runner) note(d Delivery, err error) {
	now := r.Now()
	r.posting.Lock()
	for target, at := range r.last {
		if now.Sub(at) > r.Pace {
			delete(r.last, target)
		}
	}
	r.last[d.Target] = now
	r.posting.Unlock()
	switch {
	case err == nil:
		r.Log.Info("delivered", "key", d.Key, "target", d.Target, "attempts", d.Attempts)
	case d.Status == StatusFailed || needsPerson(err):
		r.Log.Error("not delivered", "key", d.Key, "target", d.Target, "status", d.Status, "reason", d.Reason, "error", err)
	default:
		r.Log.Warn("not delivered yet", "key", d.Key, "target", d.Target, "reason", d.Reason, "next", d.NotBefore, "error", err)
	}
}

// paced is from when on the target may be posted to.
func (r *Runner) paced(target string) time.Time {
	r.posting.Lock()
	defer r.posting.Unlock()
	if at, ok := r.last[target]; ok && r.Pace > 0 {
		return at.Add(r.Pace)
	}
	return time.Time{}
}

// nextDue is when the next delivery that was put off is due; zero: none. What
// is due already is forgotten: the ledger has it.
func (r *Runner) nextDue(now time.Time) time.Time {
	r.posting.Lock()
	defer r.posting.Unlock()
	var next time.Time
	for id, at := range r.waiting {
		switch {
		case !at.After(now):
			delete(r.waiting, id)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	return next
}

// untilDue is how long the loop of deliveries pauses.
func (r *Runner) untilDue() time.Duration {
	now := r.Now()
	if at := r.nextDue(now); !at.IsZero() {
		return min(r.Every, at.Sub(now))
	}
	return r.Every
}
