package digest

import (
	"context"
	"fmt"
	"time"

	"depesche/feeds"
)

// The reasons of a verdict: what became of one item in one plan.
const (
	ReasonDelivered          Reason = "delivered"           // the receiver has it
	ReasonPending            Reason = "pending"             // in the ledger, not accepted yet
	ReasonFailed             Reason = "failed"              // in the ledger, and it will not arrive
	ReasonWaiting            Reason = "waiting"             // in the plan's next run
	ReasonArchive            Reason = "archive"             // too old when its feed was first polled (feeds.IsArchive): never news
	ReasonHeld               Reason = "held"                // came in a flood of its feed: stored, and never news
	ReasonPage               Reason = "page"                // not news before its article page was read
	ReasonNoRule             Reason = "no-rule"             // none of the plan's topics or queries takes it
	ReasonFiltered           Reason = "filtered"            // a rule takes it, the plan's own query does not
	ReasonBeforeSubscription Reason = "before-subscription" // seen before somebody subscribed to it
	ReasonBeforePlan         Reason = "before-plan"         // seen before the plan began
	ReasonPassed             Reason = "passed"              // considered when no rule took it; rules or item changed since
)

// Verdict is what became of one item in one plan, and why.
type Verdict struct {
	Plan    Plan
	Reason  Reason
	Section string    // title of the rule that takes the item; empty where none does
	At      time.Time // when it was delivered, is tried again, is due, or is news at the latest; zero: unknown, or at once
	Channel string    // of the message that was delivered
	TS      string    // of that message
	Detail  string    // why it is pending or failed, for people
}

// Why explains the item, plan by plan: first in the order of plans, then those
// that showed it and are no longer there. progress has how far each plan came,
// by its name; outcomes are the runs that showed the item.
func Why(item feeds.Item, plans []Plan, progress map[string]Progress, outcomes []Outcome, now time.Time) []Verdict {
	shown := map[string]Outcome{}
	for _, o := range outcomes {
		shown[o.Plan] = o
	}
	var out []Verdict
	for _, p := range plans {
		o, ok := shown[p.Name]
		delete(shown, p.Name)
		v := Verdict{Plan: p}
		if ok {
			_, v.Section, _ = taking(p, item)
			v = v.delivered(o)
		} else {
			v = v.undelivered(item, progress[p.Name], now)
		}
		out = append(out, v)
	}
	for _, o := range outcomes {
		if _, ok := shown[o.Plan]; ok {
			delete(shown, o.Plan)
			out = append(out, Verdict{Plan: Plan{Name: o.Plan}}.delivered(o))
		}
	}
	return out
}

// delivered judges by the ledger: a run failed where one of its parts did, and
// has arrived where all did.
func (v Verdict) delivered(o Outcome) Verdict {
	v.Reason = ReasonPending
	sent := 0
	for _, d := range o.Deliveries {
		switch d.Status {
		case StatusFailed:
			v.Reason, v.Detail, v.At = ReasonFailed, d.Reason, time.Time{}
			return v
		case StatusSent:
			if sent++; sent == 1 {
				v.Channel, v.TS, v.At = d.Channel, d.TS, d.Sent
			}
		default:
			v.Detail, v.At = d.Reason, d.NotBefore
		}
	}
	if sent > 0 && sent == len(o.Deliveries) {
		v.Reason = ReasonDelivered
	}
	return v
}

// undelivered judges by the plan's rules and how far it came.
func (v Verdict) undelivered(item feeds.Item, progress Progress, now time.Time) Verdict {
	if item.News == 0 {
		switch v.Reason = ReasonArchive; {
		case item.Page.Waits:
			v.Reason, v.At = ReasonPage, item.Page.Until
		case item.Held:
			v.Reason = ReasonHeld
		}
		return v
	}
	v.Reason, v.Section, v.Detail = taking(v.Plan, item)
	switch {
	case v.Reason != ReasonWaiting:
	case item.News > progress.Upto:
		if v.Plan.Schedule != nil {
			v.At = v.Plan.Schedule.Next(now)
		}
	case progress.Scheduled.IsZero():
		v.Reason = ReasonBeforePlan
	default:
		v.Reason = ReasonPassed
	}
	return v
}

// taking says whether one of the plan's rules takes the item (ReasonWaiting),
// and which; where only the filter is against it, which filter.
func taking(p Plan, item feeds.Item) (reason Reason, section, detail string) {
	m := matcher{item: &item}
	reason = ReasonNoRule
	for _, rule := range p.Rules {
		after := rule.After
		rule.After = 0
		switch {
		case !m.takes(&rule):
			continue
		case !m.passes(p.Filter):
			return ReasonFiltered, rule.Title, p.Filter.String()
		case item.News > after:
			return ReasonWaiting, rule.Title, ""
		case reason == ReasonNoRule:
			reason, section = ReasonBeforeSubscription, rule.Title
		}
	}
	return reason, section, ""
}

// Explain gives Why for every digest and every subscription there is now.
// outcomes are the runs that showed the item.
func (r *Runner) Explain(ctx context.Context, item feeds.Item, outcomes []Outcome) ([]Verdict, error) {
	plans, err := r.Plans(ctx)
	if err != nil {
		return nil, err
	}
	now := r.Now()
	progress := make(map[string]Progress, len(plans))
	for _, p := range plans {
		if progress[p.Name], err = r.Store.Peek(ctx, p.Name, start(p, now)); err != nil {
			return nil, fmt.Errorf("explain: progress of %s: %w", p.Name, err)
		}
	}
	return Why(item, plans, progress, outcomes, now), nil
}
