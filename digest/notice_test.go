package digest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
)

// broken is a feed that fails since so long before now, by so many polls.
func broken(id int64, owner string, since time.Duration, failures int, now time.Time) feeds.Feed {
	return feeds.Feed{ID: id, Owner: owner, State: feeds.StateFailing, Since: now.Add(-since), Failures: failures,
		LastPoll: now.Add(-time.Minute), NextPoll: now.Add(time.Hour)}
}

func TestWhoIsToldOfWhat(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const h = time.Hour
	change := func(f feeds.Feed, with func(*feeds.Feed)) feeds.Feed { with(&f); return f }
	told := func(f *feeds.Feed) { f.Troubled = f.Since }
	back := func(f *feeds.Feed) {
		f.Troubled, f.Failures, f.State, f.Recovered = f.Since, 0, feeds.StateOK, now.Add(-time.Minute)
		f.Since = f.Recovered
	}
	gone := func(f *feeds.Feed) { f.State = feeds.StateGone }
	flooded := func(at, before time.Duration) feeds.Feed {
		f := feeds.Feed{ID: 1, Owner: "U1", State: feeds.StateOK, Flooded: now.Add(-at), Held: 50}
		if before > 0 {
			f.FloodTold = now.Add(-before)
		}
		return f
	}
	fine := feeds.Feed{ID: 99, State: feeds.StateOK}
	for _, c := range []struct {
		name string
		list []feeds.Feed
		last map[string]time.Time
		want []string // target, then what: "U1 broken 1 2"
	}{
		{name: "nothing is wrong", list: []feeds.Feed{fine, {State: feeds.StateNew}, {State: feeds.StateSilent}}},
		{name: "three failures and six hours", list: []feeds.Feed{broken(1, "U1", 6*h, 3, now)}, want: []string{"U1 broken 1"}},
		{name: "two failures in a week", list: []feeds.Feed{broken(1, "U1", 7*24*h, 2, now)}},
		{name: "ten failures in five hours", list: []feeds.Feed{broken(1, "U1", 5*h, 10, now)}},
		{name: "it was told before", list: []feeds.Feed{change(broken(1, "U1", 30*h, 9, now), told)}},
		{name: "nothing was asked for a week: it has to fail once more", list: []feeds.Feed{change(broken(1, "U1", 7*24*h, 3, now), func(f *feeds.Feed) {
			f.LastPoll, f.NextPoll = f.Since.Add(2*h), f.Since.Add(4*h)
		})}},
		{name: "nobody owns it", list: []feeds.Feed{broken(1, "", 9*h, 5, now)}, want: []string{"C9 broken 1"}},
		{name: "two owners", list: []feeds.Feed{broken(1, "U2", 9*h, 5, now), broken(2, "U1", 8*h, 5, now)}, want: []string{"U1 broken 2", "U2 broken 1"}},
		{name: "the longest first", list: []feeds.Feed{broken(1, "U1", 8*h, 5, now), broken(2, "U1", 9*h, 5, now)}, want: []string{"U1 broken 2 1"}},
		{name: "it waits for one that broke shortly after", list: []feeds.Feed{broken(1, "U1", 6*h, 5, now), broken(2, "U1", 5*h+30*time.Minute, 5, now)}},
		{name: "but an hour at most", list: []feeds.Feed{broken(1, "U1", 7*h, 5, now), broken(2, "U1", 5*h+30*time.Minute, 5, now)}, want: []string{"U1 broken 1"}},
		{name: "and not for another owner's", list: []feeds.Feed{broken(1, "U1", 6*h, 5, now), broken(2, "U2", 5*h+30*time.Minute, 5, now)}, want: []string{"U1 broken 1"}},
		{name: "the owner was told something half an hour ago", list: []feeds.Feed{broken(1, "U1", 7*h, 5, now)}, last: map[string]time.Time{"U1": now.Add(-h / 2)}},
		{name: "the owner was told something by a clock that was ahead", list: []feeds.Feed{broken(1, "U1", 7*h, 5, now)}, last: map[string]time.Time{"U1": now.Add(9 * h)}, want: []string{"U1 broken 1"}},
		{name: "gone is told at once, and takes others along", list: []feeds.Feed{change(broken(1, "U1", time.Minute, 1, now), gone), broken(2, "U1", 7*h, 5, now)},
			last: map[string]time.Time{"U1": now.Add(-time.Minute)}, want: []string{"U1 broken 2 gone 1"}},
		{name: "gone was told", list: []feeds.Feed{change(change(broken(1, "U1", h, 1, now), gone), told)}},
		{name: "told that it fails, and now gone", list: []feeds.Feed{change(change(broken(1, "U1", h, 1, now), gone), func(f *feeds.Feed) { f.Troubled = now.Add(-9 * h) })}, want: []string{"U1 gone 1"}},
		{name: "it is back", list: []feeds.Feed{change(broken(1, "U1", 9*h, 5, now), back)}, want: []string{"U1 back 1"}},
		{name: "it is back, and nobody knew", list: []feeds.Feed{change(change(broken(1, "U1", 5*h, 5, now), back), func(f *feeds.Feed) { f.Troubled = time.Time{} })}},
		{name: "one is back, another that went with it was not asked since", list: []feeds.Feed{change(broken(1, "U1", 9*h, 5, now), back),
			change(broken(2, "U1", 9*h, 5, now), func(f *feeds.Feed) { told(f); f.LastPoll = now.Add(-2 * h) })}},
		{name: "one is back, another that went with it was asked and is not", list: []feeds.Feed{change(broken(1, "U1", 9*h, 5, now), back),
			change(broken(2, "U1", 9*h, 5, now), func(f *feeds.Feed) { told(f); f.LastPoll = now })}, want: []string{"U1 back 1"}},
		{name: "one is back, another is dead for weeks", list: []feeds.Feed{change(broken(1, "U1", 9*h, 5, now), back),
			change(broken(2, "U1", 900*h, 5, now), func(f *feeds.Feed) { told(f); f.LastPoll = now.Add(-2 * h) })}, want: []string{"U1 back 1"}},
		{name: "a flood", list: []feeds.Feed{flooded(time.Minute, 0)}, want: []string{"U1 flooded 1"}},
		{name: "the same flood goes on", list: []feeds.Feed{flooded(time.Minute, 3*h)}},
		{name: "another flood", list: []feeds.Feed{flooded(time.Minute, 72*h)}, want: []string{"U1 flooded 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, n := range notices(c.list, "C9", Patience{}.withDefaults(), c.last, now) {
				got = append(got, said(n))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := notices([]feeds.Feed{broken(1, "", 9*h, 5, now)}, "", Patience{}.withDefaults(), nil, now); len(got) != 0 {
		t.Errorf("without any owner %q is told", got[0].Plan.Target)
	}
}

func said(n Notice) string {
	out := n.Plan.Target
	list := func(what string, all []feeds.Feed) {
		if len(all) > 0 {
			out += " " + what
		}
		for _, f := range all {
			out += " " + string(rune('0'+f.ID))
		}
	}
	list("broken", n.Broken)
	list("gone", n.Gone)
	for _, r := range n.Back {
		list("back", []feeds.Feed{r.Feed})
	}
	list("flooded", n.Flooded)
	return out
}

// Fifty feeds fail within half an hour because our network is down: their
// owner gets one message, that says so, and one when they are back.
func TestAnOutageIsOneMessageEachWay(t *testing.T) {
	began := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	list := make([]feeds.Feed, 50)
	for i := range list {
		list[i] = feeds.Feed{ID: int64(i + 1), Owner: "U1", State: feeds.StateFailing, Since: began.Add(time.Duration(i*37) * time.Second), Failures: 1}
	}
	var got []Notice
	last := map[string]time.Time{}
	look := func(from, to time.Time) {
		for now := from; now.Before(to); now = now.Add(time.Minute) {
			for i := range list {
				if f := &list[i]; f.State == feeds.StateFailing {
					f.Failures, f.LastPoll, f.NextPoll = 1+int(now.Sub(f.Since)/(90*time.Minute)), now.Add(-time.Minute), now.Add(time.Hour)
				}
			}
			for _, n := range notices(list, "", Patience{}.withDefaults(), last, now) {
				got, last["U1"] = append(got, n), now
				for _, told := range n.Told() {
					list[told.Feed.ID-1].Troubled = told.Troubled
				}
			}
		}
	}
	look(began, began.Add(12*time.Hour))
	if len(got) != 1 || len(got[0].Broken) != 50 || !got[0].Outage() || got[0].At.Sub(began) < 6*time.Hour || got[0].At.Sub(began) > 7*time.Hour {
		t.Fatalf("%d messages, the first of %d feeds", len(got), len(got[0].Broken))
	}
	for i := range list {
		f := &list[i]
		f.State, f.Failures, f.Recovered = feeds.StateOK, 0, began.Add(12*time.Hour+time.Duration(i)*time.Minute)
		f.LastPoll = f.Recovered
	}
	look(began.Add(13*time.Hour), began.Add(24*time.Hour))
	if len(got) != 2 || len(got[1].Back) != 50 || got[1].Outage() {
		t.Fatalf("%d messages, the second tells of %s", len(got), strings.TrimSpace(said(got[1])))
	}
}
