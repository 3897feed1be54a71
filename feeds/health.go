package feeds

import "time"

// slowAfter is when a working feed counts as slow.
const slowAfter = 10 * time.Second

// health gives the feed after a poll: its state, the reason a person reads,
// and since when. Since moves only when the state changes, so that "broken
// since Tuesday" stays true through every further failure.
func health(f Feed, at time.Time, a answer) Feed {
	before := f.State
	f.LastPoll = at
	if a.err != nil {
		f.Failures++
		f.State, f.Reason = StateFailing, Reason(a.err)
		if a.gone() {
			f.State = StateGone
		}
	} else {
		f.Failures, f.LastSuccess = 0, at
		switch {
		case a.movedTo != "":
			f.State, f.Reason = StateMoved, sayMoved.with(cut(a.movedTo, 500))
		case a.took > slowAfter:
			f.State, f.Reason = StateSlow, saySlow.with(int64(a.took.Round(time.Second)/time.Second))
		default:
			f.State, f.Reason = StateOK, ""
		}
	}
	if f.State != before || f.Since.IsZero() {
		f.Since = at
	}
	return f
}
