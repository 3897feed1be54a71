package digest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"depesche/feeds"
)

// house is a runner with all that is around it.
type house struct {
	*memory
	*slack
	*Runner
}

// newHouse has a runner for the plans, at the given time.
func newHouse(t *testing.T, at string, plans ...Plan) *house {
	t.Helper()
	time.Sleep(time.Until(moment(t, at)))
	h := &house{memory: newMemory(), slack: &slack{answers: map[string][]error{}, delay: map[string]time.Duration{}}}
	h.Runner = NewRunner(RunnerOptions{
		Store: h.memory, Ledger: h.memory, Desk: h.memory, Renderer: lines{}, Poster: h.slack, Declared: plans,
		Lists: Lists{Daily: schedule(t, "0 8 * * *"), Weekly: schedule(t, "0 8 * * 1"), Location: inBerlin(t)},
	})
	return h
}

// run runs the runner until the function returned is called.
func (h *house) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// morgen is the eight o'clock digest on weekdays.
func morgen(t *testing.T, target string, topics ...string) Plan {
	p := Plan{Name: "digest:morgen", Label: "morgen", Kind: KindDigest, Target: target, Language: "de",
		Location: inBerlin(t), Schedule: schedule(t, "0 8 * * 1-5"), Cron: "0 8 * * 1-5"}
	for _, topic := range topics {
		p.Rules = append(p.Rules, Rule{Title: topic, Topic: topic})
	}
	return p
}

func sleepUntil(t *testing.T, at string) {
	t.Helper()
	time.Sleep(time.Until(moment(t, at)))
	synctest.Wait()
}

// wantPosts compares texts of posts.
func wantPosts(t *testing.T, got []post, want ...string) {
	t.Helper()
	var texts []string
	for _, p := range got {
		texts = append(texts, p.text)
	}
	if strings.Join(texts, "\n") != strings.Join(want, "\n") {
		t.Errorf("posted\n%s\nwant\n%s", strings.Join(texts, "\n"), strings.Join(want, "\n"))
	}
}

func TestMondaysDigestCoversFridayToSunday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 07:00 CET", morgen(t, "C1", "OZG"))
		h.store("Thursday's", moment(t, "2026-11-19 23:00 CET"), "OZG")
		stop := h.run(t)
		sleepUntil(t, "2026-11-20 08:00 CET")
		wantPosts(t, h.all(), "OZG: Thursday's;")
		if at := h.all()[0].at; !at.Equal(moment(t, "2026-11-20 08:00 CET")) {
			t.Errorf("posted at %s", at)
		}
		for _, day := range []string{"2026-11-20", "2026-11-21", "2026-11-22"} {
			sleepUntil(t, day+" 12:00 CET")
			h.store(day, time.Now(), "OZG")
		}
		sleepUntil(t, "2026-11-23 07:59 CET")
		wantPosts(t, h.all(), "OZG: Thursday's;")
		d, err := h.Preview(t.Context(), "morgen")
		if err != nil || !d.From.Equal(moment(t, "2026-11-20 08:00 CET")) || d.Count() != 3 {
			t.Errorf("preview covers %d items from %s, %v", d.Count(), d.From, err)
		}
		sleepUntil(t, "2026-11-23 08:00 CET")
		wantPosts(t, h.all(), "OZG: Thursday's;", "OZG: 2026-11-22; 2026-11-21; 2026-11-20;")
		stop()
	})
}

func TestAnItemStoredLateIsInTheNextDigestWhateverTheClockSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 07:00 CET", morgen(t, "C1", "OZG"))
		stop := h.run(t)
		sleepUntil(t, "2026-11-20 08:00 CET")
		h.store("seen before eight, stored after", moment(t, "2026-11-20 07:59 CET"), "OZG")
		h.store("from a clock of last year", moment(t, "2025-11-20 07:59 CET"), "OZG")
		sleepUntil(t, "2026-11-25 08:00 CET")
		wantPosts(t, h.all(), "nothing new, 0 of 0 sources",
			"OZG: seen before eight, stored after; from a clock of last year;",
			"nothing new, 0 of 0 sources", "nothing new, 0 of 0 sources")
		stop()
	})
}

func TestALongAbsenceIsReadInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET", morgen(t, "C1", "OZG"))
		for i := range 10 {
			h.store(fmt.Sprint(i), moment(t, "2026-11-20 09:00 CET").Add(time.Duration(i)*time.Minute), []string{"OZG", "Wallet"}[i%2])
		}
		h.newsPart = 3
		result, err := h.Fire(t.Context(), "morgen", time.Now())
		if err != nil || result.Run.Upto != 10 {
			t.Fatalf("looked up to %d, %v", result.Run.Upto, err)
		}
		wantPosts(t, h.all(), "OZG: 8; 6; 4; 2; 0;")
	})
}

func TestAnEmptyDigestIsPostedAndAnEmptyListIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 07:00 CET", morgen(t, "C1", "OZG"))
		h.subs = []Subscription{{ID: 1, Query: "Wallet", Cadence: KindDaily, Target: "U1", Created: time.Now()}}
		stop := h.run(t)
		sleepUntil(t, "2026-11-20 08:01 CET")
		wantPosts(t, h.all(), "nothing new, 0 of 0 sources")
		stop()
	})
}

func TestFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET", morgen(t, "C1", "OZG", "Wallet"))
		h.store("eins", moment(t, "2026-11-20 09:00 CET"), "OZG", "Wallet")
		h.store("zwei", moment(t, "2026-11-20 10:00 CET"), "Wallet")
		at := moment(t, "2026-11-20 12:00 CET")
		preview, err := h.Preview(t.Context(), "morgen")
		if err != nil || preview.Count() != 2 || len(h.memory.known) != 0 {
			t.Fatalf("preview of %d items, %d plans created, %v", preview.Count(), len(h.memory.known), err)
		}
		result, err := h.Fire(t.Context(), "morgen", at)
		if err != nil || result.Reason != ReasonPosted {
			t.Fatalf("got %s, %v", result.Reason, err)
		}
		if key := result.Run.Deliveries[1].Key; key != "digest:morgen/2026-11-20T11:00:00Z/2" {
			t.Errorf("key %s", key)
		}
		wantPosts(t, h.all(), "OZG: eins;", "Wallet: zwei;")
		if gap := h.all()[1].at.Sub(h.all()[0].at); gap != time.Second {
			t.Errorf("%s between two posts to one channel, want 1s", gap)
		}
		for i, d := range h.ledger() {
			if d.Status != StatusSent || d.TS == "" || d.Channel != "C1" || d.Attempts != 1 || d.Reason != "" {
				t.Errorf("part %d: %+v", i+1, d)
			}
		}
		again, err := h.Fire(t.Context(), "morgen", at)
		if err != nil || again.Reason != ReasonAlreadyRan {
			t.Errorf("again: %s, %v", again.Reason, err)
		}
		early, err := h.Fire(t.Context(), "morgen", at.Add(time.Hour))
		if err != nil || early.Reason != ReasonNotDue {
			t.Errorf("early: %s, %v", early.Reason, err)
		}
		if _, err := h.Fire(t.Context(), "abend", at); !errors.Is(err, feeds.ErrNotFound) || !strings.Contains(err.Error(), "there are: morgen") {
			t.Errorf("unknown digest: %v", err)
		}
	})
}

func TestWhatFellIntoDowntimeIsCaughtUpOnce(t *testing.T) {
	cases := []struct {
		name, back string
		want       []string
	}{
		{"two hours later, at once", "2026-11-24 10:00 CET", []string{"OZG: Tuesday;"}},
		{"after two days, with the last one", "2026-11-26 07:30 CET", []string{"OZG: Tuesday;"}},
		{"over a weekend, older than a day: in the next", "2026-11-29 12:00 CET", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, "2026-11-23 07:00 CET", morgen(t, "C1", "OZG"))
				stop := h.run(t)
				sleepUntil(t, "2026-11-23 08:10 CET")
				stop()
				h.store("Tuesday", moment(t, "2026-11-24 07:00 CET"), "OZG")
				sleepUntil(t, c.back)
				stop = h.run(t)
				time.Sleep(5 * time.Minute)
				wantPosts(t, h.all(), append([]string{"nothing new, 0 of 0 sources"}, c.want...)...)
				stop()
			})
		})
	}
}

func TestANewDigestIsNotCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 09:00 CET", morgen(t, "C1", "OZG"))
		stop := h.run(t)
		time.Sleep(time.Hour)
		wantPosts(t, h.all())
		stop()
	})
}

func TestADigestThatCannotBeRenderedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 07:00 CET", morgen(t, "C1", "OZG"))
		h.store("eins", time.Now(), "OZG")
		broken := &failing{left: 2}
		h.Renderer = broken
		if _, err := h.Fire(t.Context(), "morgen", time.Now()); err == nil || len(h.runs) != 0 {
			t.Errorf("%v, %d runs stored", err, len(h.runs))
		}
		stop := h.run(t)
		sleepUntil(t, "2026-11-20 08:05 CET")
		wantPosts(t, h.all(), "OZG: eins;")
		stop()
	})
}

// failing renders after some failures; it panics where told to.
type failing struct {
	lines
	left   int
	panics bool
}

func (f *failing) Render(d Digest) ([]Message, error) {
	if f.left > 0 {
		f.left--
		if f.panics {
			panic("no template")
		}
		return nil, errors.New("no template")
	}
	return f.lines.Render(d)
}

func TestAPanicInOneDigestStopsNeitherItsNextRunNorAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := morgen(t, "C2", "OZG")
		other.Name, other.Label = "digest:mittag", "mittag"
		other.Schedule = schedule(t, "0 12 * * *")
		h := newHouse(t, "2026-11-20 07:00 CET", morgen(t, "C1", "OZG"), other)
		h.Renderer = &failing{left: 1, panics: true}
		h.store("eins", time.Now(), "OZG")
		stop := h.run(t)
		sleepUntil(t, "2026-11-20 12:00 CET")
		wantPosts(t, h.to("C1"), "OZG: eins;")
		wantPosts(t, h.to("C2"), "OZG: eins;")
		sleepUntil(t, "2026-11-23 08:00 CET")
		wantPosts(t, h.to("C1"), "OZG: eins;", "nothing new, 0 of 0 sources")
		stop()
	})
}

func TestNextListsWhatIsComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET", morgen(t, "C1", "OZG"))
		h.subs = []Subscription{
			{ID: 1, Query: "Wallet", Cadence: KindDaily, Target: "U1"},
			{ID: 2, Query: "Wallet", Cadence: KindNow, Target: "U1"},
		}
		next, err := h.Next(t.Context())
		if err != nil || len(next) != 2 {
			t.Fatalf("%d, %v", len(next), err)
		}
		if next[0].Plan.Name != "daily:U1" || !next[0].At.Equal(moment(t, "2026-11-21 08:00 CET")) {
			t.Errorf("first %s at %s", next[0].Plan.Name, next[0].At)
		}
		if next[1].Plan.Name != "digest:morgen" || !next[1].At.Equal(moment(t, "2026-11-23 08:00 CET")) {
			t.Errorf("second %s at %s", next[1].Plan.Name, next[1].At)
		}
	})
}

func TestExplain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET", morgen(t, "C1", "OZG"))
		old := h.store("alt", moment(t, "2026-11-18 11:00 CET"), "OZG")
		it := h.store("eins", moment(t, "2026-11-20 11:00 CET"), "OZG")
		old.News = 0
		for _, c := range []struct {
			item feeds.Item
			want Reason
		}{{it, ReasonWaiting}, {old, ReasonArchive}} {
			got, err := h.Explain(t.Context(), c.item, nil)
			if err != nil || len(got) != 1 || got[0].Reason != c.want {
				t.Errorf("got %+v, %v, want %s", got, err, c.want)
			}
		}
		if len(h.memory.known) != 0 {
			t.Error("explaining created a plan")
		}
	})
}

func TestTheObserverHearsOfRunsAndPosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET", morgen(t, "C1", "OZG"))
		var heard []string
		h.Observe = Observer{
			Ran: func(p Plan, r Result, err error, _ time.Duration) {
				heard = append(heard, p.Name+" "+string(r.Reason))
			},
			Posted: func(d Delivery, err error, _ time.Duration) { heard = append(heard, d.Target+" "+string(d.Status)) },
		}
		for range 2 {
			if _, err := h.Fire(t.Context(), "morgen", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(heard, ", "); got != "digest:morgen posted, C1 sent, digest:morgen already-ran" {
			t.Errorf("heard %s", got)
		}
	})
}

// rival is a store in which another process is faster once.
type rival struct {
	*memory
	before func()
}

func (r *rival) SaveRun(ctx context.Context, run Run) (bool, error) {
	if act := r.before; act != nil {
		r.before = nil
		act()
	}
	return r.memory.SaveRun(ctx, run)
}

func TestAnotherProcessWasFaster(t *testing.T) {
	cases := []struct {
		name   string
		before time.Duration // how long before our occasion theirs was
		want   Reason
		items  int
	}{
		{"for the same occasion", 0, ReasonAlreadyRan, 0},
		{"by hand, a minute before: ours has what is left", time.Minute, ReasonPosted, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, "2026-11-20 12:00 CET", morgen(t, "C1", "OZG"))
				h.store("eins", time.Now(), "OZG")
				at := time.Now().UTC()
				h.Store = &rival{memory: h.memory, before: func() {
					ok, err := h.SaveRun(t.Context(), Run{Plan: "digest:morgen", Scheduled: at.Add(-c.before), At: at, Upto: 1, Items: []int64{1}})
					if !ok || err != nil {
						t.Fatal(ok, err)
					}
				}}
				result, err := h.Fire(t.Context(), "morgen", at)
				if err != nil || result.Reason != c.want || len(result.Run.Items) != c.items {
					t.Errorf("got %s with %d items, %v", result.Reason, len(result.Run.Items), err)
				}
			})
		})
	}
}
