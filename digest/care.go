package digest

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// NoticeStore keeps what owners of feeds were told.
type NoticeStore interface {
	// SaveNotice stores the run of a notice with its deliveries, and of every
	// feed what it tells, in one transaction. It reports false, and changes
	// nothing, where something of it was told in the meantime, a feed has left
	// the list, or the plan already ran for that occasion.
	SaveNotice(ctx context.Context, r Run, told []Told) (bool, error)
	// Arrived counts the items that a feed was the first to bring since then.
	Arrived(ctx context.Context, feed int64, since time.Time) (int, error)
}

// NoticeRenderer turns a notice into the messages it takes, in order.
type NoticeRenderer interface {
	RenderNotice(n Notice) ([]Message, error)
}

// Care is how the owners of feeds are told that one broke, is back, is gone or
// flooded. Store and Renderer are required.
type Care struct {
	Store    NoticeStore
	Renderer NoticeRenderer
	Owner    string // who is told of feeds without an owner: a Slack user or channel; empty: nobody
	Patience Patience
	Language string         // "de" or "en"
	Location *time.Location // zone of the times that notices tell
}

// Attend tells the owners of feeds, once, what they have to know. The ledger does the
// rest: a notice is a run like any other, stored together with the note that
// it was told. Until the last one to an owner has arrived, no further is made.
func (r *Runner) Attend(ctx context.Context) error {
	if r.Care == nil {
		return nil
	}
	list, err := r.Desk.Feeds(ctx)
	if err != nil {
		return err
	}
	c, now := r.Care, r.Now().UTC()
	patience := c.Patience.withDefaults()
	last := map[string]time.Time{}
	occasion := map[string]Progress{}
	for _, n := range notices(list, c.Owner, patience, nil, now) {
		progress, err := r.Store.Peek(ctx, n.Plan.Name, now)
		if err != nil {
			return fmt.Errorf("notice to %s: %w", n.Plan.Target, err)
		}
		last[n.Plan.Target], occasion[n.Plan.Target] = progress.At, progress
	}
	if len(occasion) == 0 {
		return nil
	}
	var errs []error
	for _, n := range notices(list, c.Owner, patience, last, now) {
		if progress, ok := occasion[n.Plan.Target]; ok {
			errs = append(errs, r.notify(ctx, n, progress))
		}
	}
	return errors.Join(errs...)
}

// notify writes one notice to the ledger.
func (r *Runner) notify(ctx context.Context, n Notice, progress Progress) error {
	result, err := r.notified(ctx, n, progress)
	if r.Observe.Ran != nil {
		r.Observe.Ran(n.Plan, result, err, 0)
	}
	if err != nil {
		return fmt.Errorf("notice to %s: %w", n.Plan.Target, err)
	}
	if result.Reason == ReasonPosted {
		r.Log.Info("owner of feeds is told", "target", n.Plan.Target, "broken", len(n.Broken), "gone", len(n.Gone),
			"back", len(n.Back), "flooded", len(n.Flooded))
		signal(r.kick)
	}
	return nil
}

func (r *Runner) notified(ctx context.Context, n Notice, progress Progress) (Result, error) {
	switch behind, err := r.Ledger.Behind(ctx, n.Plan.Name); {
	case err != nil:
		return Result{}, err
	case behind:
		return Result{Reason: ReasonBehind}, nil
	}
	n.Plan.Language, n.Plan.Location = r.Care.Language, r.Care.Location
	if n.Plan.Location == nil {
		n.Plan.Location = time.UTC
	}
	for i, b := range n.Back {
		items, err := r.Care.Store.Arrived(ctx, b.Feed.ID, b.Feed.Recovered)
		if err != nil {
			return Result{}, err
		}
		n.Back[i].Items = items
	}
	messages, err := r.Care.Renderer.RenderNotice(n)
	if err != nil {
		return Result{}, fmt.Errorf("render: %w", err)
	}
	run := Run{Plan: n.Plan.Name, Scheduled: alertOccasion(progress, n.At), At: n.At, Upto: progress.Upto}
	run.Deliveries = deliveriesOf(run, n.Plan.Target, messages)
	saved, err := r.Care.Store.SaveNotice(ctx, run, n.Told())
	if err != nil {
		return Result{}, err
	}
	if !saved {
		return Result{Reason: ReasonAlreadyRan}, nil
	}
	return Result{Reason: ReasonPosted, Run: run}, nil
}
