package digest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"depesche/feeds"
)

// KindHealth is what tells the owner of feeds how they fare. Its plans are
// named "health:TARGET" and have no schedule and no rules.
const KindHealth Kind = "health"

// Notice is one message to an owner about the feeds that he looks after. The
// lists are in the order in which things began.
type Notice struct {
	Plan    Plan
	At      time.Time
	Broken  []feeds.Feed // failing
	Gone    []feeds.Feed // answered 410, and not asked any more
	Back    []Return     // working again, of which he was told that they fail
	Flooded []feeds.Feed // the flood brake held items back

	Failing int // of all feeds, whoever looks after them
	Sources int // that are asked
}

// Return is a feed that works again: it failed from Feed.Troubled to
// Feed.Recovered, and brought so many new items since.
type Return struct {
	Feed  feeds.Feed
	Items int
}

// Outage reports whether nearly all feeds fail: then the fault is not theirs,
// but lies with our network.
func (n Notice) Outage() bool {
	return len(n.Broken) > 0 && n.Failing >= 3 && 5*n.Failing >= 4*n.Sources
}

// Told is what a notice tells of one feed, so that it is told once. The times
// of Feed are those that the notice was made by.
type Told struct {
	Feed     feeds.Feed
	Troubled time.Time // becomes Feed.Troubled; zero: its owner knows that it works
	Flood    time.Time // becomes Feed.FloodTold
}

// Told lists what the notice tells.
func (n Notice) Told() []Told {
	byID := map[int64]*Told{}
	told := func(f feeds.Feed) *Told {
		if byID[f.ID] == nil {
			byID[f.ID] = &Told{Feed: f, Troubled: f.Troubled, Flood: f.FloodTold}
		}
		return byID[f.ID]
	}
	for _, f := range slices.Concat(n.Broken, n.Gone) {
		told(f).Troubled = f.Since
	}
	for _, r := range n.Back {
		told(r.Feed).Troubled = time.Time{}
	}
	for _, f := range n.Flooded {
		told(f).Flood = f.Flooded
	}
	var out []Told
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		out = append(out, *byID[id])
	}
	return out
}

// Patience says how long a feed may fail before its owner is told.
type Patience struct {
	Failures int           // polls in a row, at least; default 3
	After    time.Duration // since the first of them, at least; default 6 h, negative: at once
}

func (p Patience) withDefaults() Patience {
	p.Failures = cmp.Or(max(p.Failures, 0), 3)
	p.After = max(cmp.Or(p.After, 6*time.Hour), 0)
	return p
}

// bundle is how long a notice may wait for others, so that what happened
// together is told together, and how far notices to one owner are apart.
func (p Patience) bundle() time.Duration { return p.After / 6 }

// floodAgain is how long after a flood that was told another one counts as the same.
const floodAgain = 24 * time.Hour

// notices decides what is told to whom, by target. It is a function of its
// arguments: list is all feeds, fallback who is told of feeds without an owner
// (may be empty), last when somebody was last told something.
//
//   - A feed that answers 410 is told of at once.
//   - One that fails is told of after Patience: so many failures in a row, and
//     so long. One message tells of all feeds of an owner that failed together:
//     it waits for those that are about to be due, an hour at most, and the next
//     one comes an hour later at the earliest (a sixth of Patience.After).
//   - One that was told of and works again is told of once the others that went
//     down with it were asked again too, three hours later at most.
//   - A flood is told of at once, and once in a day.
//
// A feed without an owner, where there is no fallback, is told of to nobody;
// digests and the bot's status tell it to all.
func notices(list []feeds.Feed, fallback string, p Patience, last map[string]time.Time, now time.Time) []Notice {
	byOwner := map[string][]feeds.Feed{}
	failing, asked := 0, 0
	for _, f := range list {
		switch f.State {
		case feeds.StateFailing:
			failing++
			asked++
		case feeds.StateNew, feeds.StateGone:
		default:
			asked++
		}
		if target := cmp.Or(f.Owner, fallback); target != "" {
			byOwner[target] = append(byOwner[target], f)
		}
	}
	var out []Notice
	for _, target := range slices.Sorted(maps.Keys(byOwner)) {
		n := Notice{Plan: Plan{Name: string(KindHealth) + ":" + target, Kind: KindHealth, Target: target}, At: now, Failing: failing, Sources: asked}
		if n.collect(byOwner[target], p, last[target], now) {
			out = append(out, n)
		}
	}
	return out
}

// collect fills the notice with what is due of one owner's feeds, and reports
// whether it is to be sent now.
func (n *Notice) collect(list []feeds.Feed, p Patience, last, now time.Time) bool {
	ready := false
	for _, f := range list {
		switch {
		case f.State == feeds.StateGone && !f.Troubled.Equal(f.Since):
			n.Gone = append(n.Gone, f)
			ready = true
		case f.State == feeds.StateFailing && f.Troubled.IsZero() && overdue(f, p, now):
			n.Broken = append(n.Broken, f)
			ready = ready || !othersSoon(list, f, p, now)
		case returned(f):
			n.Back = append(n.Back, Return{Feed: f})
			ready = ready || !othersOut(list, f, p, now)
		}
		if !f.Flooded.IsZero() && (f.FloodTold.IsZero() || f.Flooded.Sub(f.FloodTold) > floodAgain) {
			n.Flooded = append(n.Flooded, f)
			ready = true
		}
	}
	slices.SortStableFunc(n.Broken, longestFirst)
	slices.SortStableFunc(n.Gone, longestFirst)
	slices.SortStableFunc(n.Back, func(a, b Return) int { return a.Feed.Troubled.Compare(b.Feed.Troubled) })
	urgent := len(n.Gone)+len(n.Flooded) > 0
	return ready && (urgent || last.After(now) || now.Sub(last) >= p.bundle())
}

// overdue reports whether a failing feed has failed for long enough. After a
// time in which nothing was asked, it has to fail once more.
func overdue(f feeds.Feed, p Patience, now time.Time) bool {
	switch {
	case f.Failures < p.Failures:
		return false
	case f.LastPoll.Sub(f.Since) >= p.After:
		return true
	}
	return now.Sub(f.Since) >= p.After && f.NextPoll.After(now)
}

// othersSoon reports whether a feed that is to be told of had better wait for
// others that began to fail shortly after it.
func othersSoon(list []feeds.Feed, f feeds.Feed, p Patience, now time.Time) bool {
	until := f.Since.Add(p.After + p.bundle())
	return now.Before(until) && slices.ContainsFunc(list, func(o feeds.Feed) bool {
		return o.State == feeds.StateFailing && o.Troubled.IsZero() && !overdue(o, p, now) && o.Since.Add(p.After).Before(until)
	})
}

// returned reports whether a feed works again whose owner thinks that it does not.
func returned(f feeds.Feed) bool {
	return !f.Troubled.IsZero() && f.Failures == 0 && f.Recovered.After(f.Troubled) &&
		f.State != feeds.StateFailing && f.State != feeds.StateGone
}

// othersOut reports whether others that went down together with a feed that is
// back were not asked again since.
func othersOut(list []feeds.Feed, f feeds.Feed, p Patience, now time.Time) bool {
	return now.Before(f.Recovered.Add(p.After/2)) && slices.ContainsFunc(list, func(o feeds.Feed) bool {
		return o.State == feeds.StateFailing && !o.Troubled.IsZero() && o.Troubled.Sub(f.Troubled).Abs() <= p.After &&
			o.LastPoll.Before(f.Recovered)
	})
}
