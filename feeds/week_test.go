package feeds_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"depesche/feeds"
)

// unchanged answers 304 to whoever sends a validator, whatever has changed.
func unchanged(_ *publisher, w http.ResponseWriter, r *http.Request, _ *request) bool {
	if r.Header.Get("If-None-Match") == "" {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// fromHour is a deed that begins so many hours into the days.
func fromHour(from float64, do deed) mischief { return meanwhile(from, 0, do) }

// TestNineDays is for what takes more than a night: validators that never
// change, redirects that last, hosts that ask for a week, feeds that fall silent.
func TestNineDays(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	seed := *nightSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		long := hours(6)
		list := []*publisher{
			{name: "versteinert", pace: long, holds: 60, mischief: []mischief{meanwhile(0, 0, unchanged)}, patience: 9 * 24 * time.Hour, states: quiet},
			{name: "gesund", pace: long, holds: 60, states: quiet},
			{name: "rege", pace: 10 * time.Minute, holds: 200},
			{name: "jahreszeit", pace: 40 * 24 * time.Hour, holds: 20, states: quiet},
			{name: "umzug", pace: long, mischief: []mischief{fromHour(1, redirects(301, "http://ziel.example/umzug"))}, states: moved},
			{name: "umzug308", pace: long, mischief: []mischief{fromHour(1, redirects(308, "http://ziel.example/umzug308"))}, states: moved},
			{name: "umweg", pace: long, mischief: []mischief{fromHour(1, redirects(302, "http://ziel.example/umweg"))}, states: quiet},
			{name: "flattert", pace: long, mischief: []mischief{meanwhile(0, 0, sometimes(2, redirects(301, "http://ziel.example/flattert")))}, states: append(moved, quiet...)},
			{name: "wochenlang", pace: long, mischief: []mischief{during(20, 21, refuses(503, says("31536000"), 7*24*time.Hour))}, states: append(failing, quiet...)},
			{name: "verstummt", pace: 30 * time.Minute, holds: 60, states: []feeds.State{feeds.StateSilent}},
			{name: "kaputt", pace: long, mischief: []mischief{during(2, 0, answers(500))}, states: failing},
			{name: "weg", pace: long, mischief: []mischief{during(30, 0, answers(410))}, states: gone},
		}
		n := newNight(t, seed, 9*24*time.Hour, list)
		n.options.Every, n.options.Max = 30*time.Minute, 24*time.Hour
		n.store.every = time.Minute
		fallen := list[9]
		fallen.stories = slices.DeleteFunc(fallen.stories, func(s *story) bool { return s.at.Sub(n.start) > 30*time.Hour })
		n.live(n.end, false)

		n.everyStoryOnce()
		n.noServerHasReasonToBlockUs()
		n.statesAtDawn()
		n.askedOnceAWeekWithoutCondition(list[0])
		n.movedFor(list[4], true)
		n.movedFor(list[5], true)
		n.movedFor(list[6], false)
		n.movedFor(list[7], false)
		n.figures()
		for _, o := range list {
			t.Logf("%-12s one story in %-8v asked %4d times", o.name, o.pace, len(n.asksOf(o)))
		}
	})
	t.Logf("seed %d, nine days in %v", seed, time.Since(began).Round(10*time.Millisecond))
}

// askedOnceAWeekWithoutCondition: a server that says "not modified" for ever
// is asked for the whole feed again after a week or so, and not more often.
func (n *night) askedOnceAWeekWithoutCondition(o *publisher) {
	var bare []time.Duration
	for _, q := range n.asksOf(o) {
		if q.header.Get("If-None-Match") == "" {
			bare = append(bare, q.at.Sub(n.start))
		}
	}
	if len(bare) != 2 || bare[1] < 6*24*time.Hour || bare[1] > 8*24*time.Hour+12*time.Hour {
		n.t.Errorf("%s was asked without a condition after %v", o.name, bare)
	}
	have := n.titles()
	for _, s := range o.stories {
		if len(bare) == 2 && s.at.Sub(n.start) < bare[1] && have[s.title] == 0 {
			n.t.Errorf("%s is not in the store although the whole feed was read after it", s.mark)
		}
	}
}

// movedFor holds whether the new address was asked directly in the end.
func (n *night) movedFor(o *publisher, adopted bool) {
	direct, old := 0, 0
	for _, q := range n.asked {
		if q.of != o || n.end.Sub(q.at) > 24*time.Hour {
			continue
		}
		if q.feed == o {
			old++
		} else {
			direct++
		}
	}
	if adopted && (old > 2 || direct == 0) || !adopted && old < direct {
		n.t.Errorf("on the last day %s was asked %d times at its old address, and %d times at its new one", o.name, old, direct)
	}
	list, err := n.store.Feeds(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	for _, f := range list {
		if f.URL == o.url && (f.Move.Adopted != "") != adopted {
			n.t.Errorf("%s: %+v is adopted", o.name, f.Move)
		}
	}
}
