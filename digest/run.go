package digest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// lateLimit is how far back a missed occasion is caught up. What is older is
// in the next digest anyway.
const lateLimit = day

// catchUpEvery is how often that is looked for: after a failed run, and after
// the machine slept, when timers are late; seldomer where Every is longer.
const catchUpEvery = time.Minute

// Wake says that new items may have come: instant alerts look at once. It
// never blocks; several calls count as one.
func (r *Runner) Wake() { signal(r.wake) }

// Run runs every plan on its schedule, alerts at once, tells owners of feeds
// what they have to know, and delivers, until ctx
// ends. It then waits for what is under way: a post gets a grace of eight
// seconds to be answered, and what was answered is written down. What fails is
// logged and tried again; a panic in one plan stops neither that plan's next
// run nor any other. Run returns nil.
//
// An occasion that passed while nothing ran, or whose run failed, is caught up
// once within a day; older ones are part of the next.
//
// What waits for a person to mend a channel or a token is tried at once when
// Run begins: a start is often the mending. Until a plan's last message has
// arrived, no further one is composed; what is new waits, and comes in one.
func (r *Runner) Run(ctx context.Context) error {
	r.logged(ctx, r.Ledger.Retry(ctx))
	for _, p := range r.Declared {
		if err := r.introduce(ctx, p); err != nil {
			r.Log.Error("digest not ready yet", "plan", p.Name, "error", err)
		}
	}
	c := r.schedule(ctx)
	var loops sync.WaitGroup
	loops.Go(func() { r.loop(ctx, "alerts", r.wake, r.alert, nil) })
	loops.Go(func() {
		r.loop(ctx, "missed runs", nil, r.catchUp, func() time.Duration { return max(catchUpEvery, r.Every) })
	})
	loops.Go(func() { r.loop(ctx, "notices", nil, r.Attend, nil) })
	loops.Go(func() { r.loop(ctx, "deliveries", r.kick, r.Deliver, r.untilDue) })
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	loops.Wait()
	for _, s := range r.tell(ctx) {
		if s.err != nil {
			r.Log.Error("a message was answered, and the ledger could not be told", "target", s.target, "error", s.err)
		}
	}
	return nil
}

// schedule hands the plans to robfig/cron. Skip stands outside Recover: the
// other way round a panic keeps Skip's token, and the job never runs again.
func (r *Runner) schedule(ctx context.Context) *cron.Cron {
	log := cronLog{r.Log}
	c := cron.New(cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	for _, p := range r.Declared {
		if p.Schedule != nil {
			c.Schedule(p.Schedule, cron.FuncJob(func() {
				r.logged(ctx, r.occasion(ctx, p, lastOccasion(p.Schedule, r.Now(), lateLimit)))
			}))
		}
	}
	for kind, s := range map[Kind]Schedule{KindDaily: r.Lists.Daily, KindWeekly: r.Lists.Weekly} {
		if s != nil {
			c.Schedule(s, cron.FuncJob(func() {
				r.logged(ctx, r.lists(ctx, kind, lastOccasion(s, r.Now(), lateLimit)))
			}))
		}
	}
	return c
}

// occasion runs a plan for an occasion that has come; zero: there is none.
func (r *Runner) occasion(ctx context.Context, p Plan, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	result, err := r.fire(ctx, p, at)
	if err != nil {
		return err
	}
	r.report(p, result)
	return nil
}

// lists runs the lists of subscriptions at one cadence.
func (r *Runner) lists(ctx context.Context, kind Kind, at time.Time) error {
	subs, err := r.Desk.Subscriptions(ctx, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range SubscriptionPlans(subs, r.Lists) {
		if p.Kind == kind {
			errs = append(errs, r.occasion(ctx, p, at))
		}
	}
	return errors.Join(errs...)
}

// catchUp runs what should have run within the last day and did not. What it
// found in order it leaves alone until the plan's next occasion has passed.
func (r *Runner) catchUp(ctx context.Context) error {
	plans, err := r.Plans(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range plans {
		if p.Schedule == nil || p.Target == "" || r.Now().Before(r.inOrder[p.Name]) {
			continue
		}
		if err := r.catchUpOn(ctx, p); err != nil {
			errs = append(errs, fmt.Errorf("catch up: %w", err))
			continue
		}
		r.inOrder[p.Name] = p.Schedule.Next(r.Now())
	}
	return errors.Join(errs...)
}

// catchUpOn runs one plan, if it missed its last occasion.
func (r *Runner) catchUpOn(ctx context.Context, p Plan) error {
	now := r.Now()
	at := lastOccasion(p.Schedule, now, lateLimit)
	if at.IsZero() {
		return nil
	}
	progress, err := r.Store.Peek(ctx, p.Name, now) // of a plan that is not there, nothing matters
	if err != nil || !Missed(progress, at) {
		return err
	}
	return r.occasion(ctx, p, at)
}

// Missed reports whether a plan that came as far as progress has still to run
// for an occasion that has passed. A plan that was not there at the time did
// not miss it.
func Missed(progress Progress, occasion time.Time) bool {
	if progress.Scheduled.IsZero() {
		return !progress.At.IsZero() && progress.At.Before(occasion)
	}
	return progress.Scheduled.Before(occasion)
}

// loop does something now, whenever it is called for, and after each pause
// (nil: Every), until ctx ends.
func (r *Runner) loop(ctx context.Context, what string, call <-chan struct{}, do func(context.Context) error, until func() time.Duration) {
	for ctx.Err() == nil {
		r.logged(ctx, r.safely(what, func() error { return do(ctx) }))
		pause := r.Every
		if until != nil {
			pause = until()
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-call:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// safely turns a panic into an error with its stack.
func (r *Runner) safely(what string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", what, p, debug.Stack())
		}
	}()
	return do()
}

// logged logs an error, unless it only says that the end has come.
func (r *Runner) logged(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.Log.Error("digest work failed; it is tried again", "error", err)
	}
}

// report logs what a run came to.
func (r *Runner) report(p Plan, result Result) {
	if result.Reason == ReasonPosted {
		r.Log.Info("digest composed", "plan", p.Name, "scheduled", result.Run.Scheduled,
			"items", len(result.Run.Items), "messages", len(result.Run.Deliveries))
		return
	}
	r.Log.Debug("digest not composed", "plan", p.Name, "reason", result.Reason)
}

// cronLog writes robfig/cron's words to our log. Its news of every timer are
// left out; a job that is skipped because it still runs is not.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(msg string, details ...any) {
	if msg == "skip" {
		l.log.Warn("digest: the run before is still under way", details...)
	}
}

func (l cronLog) Error(err error, msg string, details ...any) {
	l.log.Error("digest: "+msg, append([]any{"error", err}, details...)...)
}
