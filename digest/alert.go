package digest

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// noteAfter is how many items alerts look through in memory before the store is
// told that they were considered: a run without messages each time would fill
// it with nothing, and never to tell would make every start look through all.
const noteAfter = 500

// look is how far an alert plan was looked through without anything to say.
// It counts as long as the plan has the same rules: a new subscription looks
// again.
type look struct {
	upto  int64
	rules int
	after int64
}

func lookAt(p Plan, upto int64) look {
	l := look{upto: upto, rules: len(p.Rules)}
	for _, r := range p.Rules {
		l.after = max(l.after, r.After)
	}
	return l
}

// since is the News rank after which the plan has to be looked through.
func (l look) since(p Plan) int64 {
	if l != lookAt(p, l.upto) {
		return 0
	}
	return l.upto
}

// alertOccasion is the occasion of an alert, which has no schedule: now, but
// no second twice, and never before the one that was.
func alertOccasion(progress Progress, now time.Time) time.Time {
	at := now.UTC().Truncate(time.Second)
	if next := progress.Scheduled.UTC().Add(time.Second); at.Before(next) {
		return next
	}
	return at
}

// alert posts what instant subscriptions wait for, and makes the plans of new
// subscriptions known to the store. Where nothing new came since it last
// looked, that costs two queries however many plans there are.
func (r *Runner) alert(ctx context.Context) error {
	subs, err := r.Desk.Subscriptions(ctx, "")
	if err != nil {
		return err
	}
	r.complain(subs)
	var errs []error
	high := int64(-1)
	for _, p := range SubscriptionPlans(subs, r.Lists) {
		if err := r.introduce(ctx, p); err != nil {
			errs = append(errs, err)
			continue
		}
		if p.Kind != KindNow || high >= 0 && r.upToDate(p, high) {
			continue
		}
		result, err := r.fire(ctx, p, r.Now())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.report(p, result)
		high = max(high, result.high)
	}
	return errors.Join(errs...)
}

// introduce makes a plan known to the store when it is first met, so that its
// first list is caught up too.
func (r *Runner) introduce(ctx context.Context, p Plan) error {
	r.running.Lock()
	defer r.running.Unlock()
	if r.known[p.Name] {
		return nil
	}
	if _, err := r.progress(ctx, p, r.Now()); err != nil {
		return fmt.Errorf("introduce %s: %w", p.Name, err)
	}
	return nil
}

// upToDate reports whether the alert plan was looked through up to high.
func (r *Runner) upToDate(p Plan, high int64) bool {
	r.running.Lock()
	defer r.running.Unlock()
	l, ok := r.looked[p.Name]
	return ok && l == lookAt(p, l.upto) && l.upto >= high
}

// complain logs subscriptions that cannot be read, each kind of trouble once.
func (r *Runner) complain(subs []Subscription) {
	err := CheckSubscriptions(subs)
	if err == nil {
		r.complaint = ""
		return
	}
	if err.Error() != r.complaint {
		r.complaint = err.Error()
		r.Log.Error("subscriptions cannot be read and deliver nothing", "error", err)
	}
}
