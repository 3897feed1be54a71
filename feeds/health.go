package feeds

import (
	"net/url"
	"time"
)

// slowAfter is when a working feed counts as slow.
const slowAfter = 10 * time.Second

// health gives the feed after a poll: its state, the reason a person reads,
// and since when. Since moves only when the state changes, so that "broken
// since Tuesday" stays true through every further failure.
//
// Of several states that would fit, the first of these holds: gone, failing,
// moved, silent, slow, ok. Whether it is silent is not known before its items
// are stored; see Feed.After, which follows.
func health(f Feed, at time.Time, a answer) Feed {
	before := f.State
	f.LastPoll = at
	if a.err != nil {
		f.Failures++
		f.State = StateFailing
		if a.gone() {
			f.State = StateGone
		}
		f.Reason = explained(a.err, f)
	} else {
		if f.Failures > 0 {
			f.Recovered = at
		}
		f.Failures, f.LastSuccess = 0, at
		f.State, f.Reason = f.working(a)
	}
	if f.State != before || f.Since.IsZero() {
		f.Since = at
	}
	if f.State == StateMoved && !f.Move.Since.IsZero() {
		f.Since = f.Move.Since
	}
	return f
}

// working is the state of a feed whose poll worked. One that moved stays so
// when the new address is asked in place of the old one: until the list has it.
func (f Feed) working(a answer) (State, string) {
	switch to := firstOf(a.movedTo, f.Move.Adopted); {
	case to != "":
		return StateMoved, join(sayMoved.with(cut(to, 500)), cureMoved)
	case a.took > slowAfter:
		return StateSlow, saySlow.with(int64(a.took.Round(time.Second) / time.Second))
	}
	return StateOK, ""
}

// After gives the feed as a poll at that time leaves it, once it is known what
// the poll brought: when it last brought something new, whether it is silent,
// and that a flood was braked. A feed that failed is not touched.
func (f Feed) After(saved Saved, at time.Time) Feed {
	if saved.New+saved.Held > 0 && (f.Items > 0 || f.LastNew.IsZero()) { // else the first poll read it from dates
		f.LastNew = at
	}
	if saved.Held+saved.Renamed > 0 {
		f.Flooded, f.Held, f.Renamed = at, saved.Held, saved.Renamed
	}
	if f.State == StateSilent && !quiet(f.LastNew, at, f.Rhythm) { // a hub pushed something
		f.State, f.Since, f.Reason = StateOK, at, ""
	}
	if f.Failures > 0 || f.State != StateOK && f.State != StateSlow {
		return f
	}
	switch {
	case quiet(f.LastNew, at, f.Rhythm):
		f.State, f.Since, f.Reason = StateSilent, f.LastNew, join(silentFor(f.Rhythm), cureSilent, site(f))
	case f.State == StateOK && f.flooding(at):
		f.Reason = f.flood()
	}
	return f
}

// floodShown is how long a feed's Reason tells of a flood.
const floodShown = 24 * time.Hour

func (f Feed) flooding(at time.Time) bool {
	return !f.Flooded.IsZero() && at.Sub(f.Flooded) < floodShown
}

// flood says what the brake did.
func (f Feed) flood() string {
	switch {
	case f.Held == 0:
		return sayRenamed.with(f.Renamed)
	case f.Renamed == 0:
		return sayFlood.with(f.Held)
	}
	return sayFloodBoth.with(f.Renamed, f.Held)
}

// site is where the feed of a broken address is looked for: its site as it
// said itself, else the root of its host.
func site(f Feed) string {
	u, err := url.Parse(firstOf(f.Site, f.URL))
	if err != nil || u.Host == "" {
		return SafeURL(f.URL)
	}
	if f.Site == "" {
		u = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	}
	u.RawQuery, u.Fragment = "", ""
	return cut(safeURL(u), 300)
}
