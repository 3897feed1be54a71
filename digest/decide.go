package digest

import "time"

// Reason names what was decided, and why.
type Reason string

// The reasons of a run.
const (
	ReasonPosted     Reason = "posted"      // composed and written to the ledger
	ReasonNothingNew Reason = "nothing-new" // a subscription's list without items is not sent
	ReasonAlreadyRan Reason = "already-ran" // the plan ran for this occasion, here or in another process
	ReasonNotDue     Reason = "not-due"     // the occasion lies in the future
	ReasonNoTarget   Reason = "no-target"   // there is nobody to post to
	ReasonBehind     Reason = "behind"      // an earlier message of the plan has not arrived; what is new waits for the run after it
)

// Due decides whether a plan runs for an occasion. Its answer is
// ReasonPosted where it does.
//
// Only the very occasion that ran is refused, not every earlier one: a run
// that was stored while the clock was wrong must not silence the plan until
// the clock catches up with it. That no item is shown twice does not hang on it.
func Due(p Plan, progress Progress, scheduled, now time.Time) Reason {
	switch {
	case p.Target == "":
		return ReasonNoTarget
	case scheduled.After(now):
		return ReasonNotDue
	case !progress.Scheduled.IsZero() && progress.Scheduled.Equal(scheduled):
		return ReasonAlreadyRan
	}
	return ReasonPosted
}

// Worth decides whether a composed digest is posted. A digest of the
// configuration always is, also an empty one: it says what silence means.
// A subscription's list is posted where there is something in it.
func Worth(d Digest) Reason {
	if d.Plan.Kind != KindDigest && d.Count() == 0 {
		return ReasonNothingNew
	}
	return ReasonPosted
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// start is where a plan begins that was first seen at now: at the last
// occasion of its schedule before now, as if it had run then. That is a day back at most,
// or a week where occasions lie more than four days apart; and a day back where
// they lie less than a day apart, so that a first digest has something to say.
// The plans of subscriptions begin with the archive: each of their rules says
// by After from where on it counts.
func start(p Plan, now time.Time) time.Time {
	if p.Kind != KindDigest {
		return time.Unix(0, 0).UTC()
	}
	last := lastOccasion(p.Schedule, now.Add(-time.Nanosecond), week)
	if last.IsZero() {
		return now.Add(-day)
	}
	switch rhythm := p.Schedule.Next(last).Sub(last); {
	case rhythm > 4*day:
		return last
	case rhythm < 23*time.Hour: // a day may be that short when clocks change
		return now.Add(-day)
	}
	return latest(last, now.Add(-day))
}

// covered is the time from which on a plan's next digest covers; zero: unknown.
func covered(p Plan, progress Progress, now time.Time) time.Time {
	switch {
	case progress.At.After(now): // by a clock that was ahead
		return time.Time{}
	case !progress.Scheduled.IsZero() || p.Kind != KindDigest:
		return progress.At
	case !progress.At.IsZero():
		return start(p, progress.At)
	}
	return start(p, now)
}

// cursor is the News rank after which a plan's next run looks: what no rule
// can take is not even loaded.
func cursor(p Plan, progress Progress) int64 {
	if len(p.Rules) == 0 {
		return progress.Upto
	}
	after := p.Rules[0].After
	for _, r := range p.Rules[1:] {
		after = min(after, r.After)
	}
	return max(after, progress.Upto)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
