package digest

import (
	"context"
	"errors"
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
