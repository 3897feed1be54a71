package digest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// follow subscribes a target now.
func (h *house) follow(target, query string, c Cadence) {
	h.set(func(m *memory) {
		m.subs = append(m.subs, Subscription{ID: int64(len(m.subs) + 1), Query: query, Cadence: c, Target: target,
			Language: "de", Created: time.Now(), After: int64(len(m.items))})
	})
}

func TestAnAlertComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.store("Wallet before the subscription", time.Now())
		h.follow("U1", "Wallet", KindNow)
		h.follow("C1", "OZG", KindNow)
		stop := h.run(t)
		time.Sleep(time.Minute + time.Second)
		h.store("Wallet kommt", time.Now())
		h.store("OZG und Wallet", time.Now())
		h.Wake()
		h.Wake()
		synctest.Wait()
		wantPosts(t, h.to("C1"), "OZG: OZG und Wallet;")
		wantPosts(t, h.to("U1"), "Wallet: OZG und Wallet; Wallet kommt;")
		time.Sleep(time.Minute)
		if n := len(h.all()); n != 2 {
			t.Errorf("%d posts after a minute, want 2", n)
		}
		stop()
	})
}

func TestAnAlertComesSoonWhenNobodyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.follow("U1", "Wallet", KindNow)
		stop := h.run(t)
		time.Sleep(time.Minute)
		h.store("Wallet kommt", time.Now())
		time.Sleep(5 * time.Second)
		synctest.Wait()
		wantPosts(t, h.to("U1"), "Wallet: Wallet kommt;")
		stop()
	})
}

func TestTwoAlertsInOneSecondAreTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.follow("U1", "Wallet", KindNow)
		stop := h.run(t)
		for _, title := range []string{"Wallet eins", "Wallet zwei"} {
			synctest.Wait()
			h.store(title, time.Now())
			h.Wake()
		}
		time.Sleep(2 * time.Second)
		wantPosts(t, h.to("U1"), "Wallet: Wallet eins;", "Wallet: Wallet zwei;")
		stop()
	})
}

func TestLookingForAlertsIsCheapWhenNothingIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		for _, u := range []string{"U1", "U2", "U3", "U4"} {
			h.follow(u, "Wallet", KindNow)
		}
		stop := h.run(t)
		h.store("Nichts davon", time.Now())
		time.Sleep(11 * time.Second)
		synctest.Wait()
		var before, after int
		h.set(func(m *memory) { before = m.newsCalls })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		h.set(func(m *memory) { after = m.newsCalls })
		if after-before != 2 {
			t.Errorf("%d queries in two looks at four plans, want 2", after-before)
		}
		if len(h.runs) != 0 {
			t.Errorf("%d runs were stored for nothing", len(h.runs))
		}
		stop()
	})
}

func TestWhatAlertsConsideredIsWrittenDownNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.follow("U1", "Wallet", KindNow)
		for range noteAfter {
			h.store("Nichts davon", time.Now())
		}
		stop := h.run(t)
		time.Sleep(time.Minute)
		stop()
		if len(h.runs) != 1 || h.runs[0].Upto != noteAfter || len(h.all()) != 0 {
			t.Errorf("runs %+v, %d posts", h.runs, len(h.all()))
		}
	})
}

func TestAPanicInOneAlertStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.follow("U1", "Wallet", KindNow)
		h.follow("U2", "Wallet", KindNow)
		h.Renderer = &failing{left: 1, panics: true}
		h.store("Wallet kommt", time.Now())
		h.subs[0].After, h.subs[1].After = 0, 0
		stop := h.run(t)
		synctest.Wait()
		wantPosts(t, h.to("U1"))
		wantPosts(t, h.to("U2"), "Wallet: Wallet kommt;")
		time.Sleep(6 * time.Second)
		wantPosts(t, h.to("U1"), "Wallet: Wallet kommt;")
		stop()
	})
}

func TestDailyAndWeeklyLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET") // a Friday
		stop := h.run(t)
		h.follow("C1", "OZG", KindDaily)
		h.follow("U1", "OZG", KindWeekly)
		sleepUntil(t, "2026-11-20 13:00 CET")
		h.store("OZG am Freitag", time.Now())
		h.follow("C1", "Wallet", KindDaily)
		sleepUntil(t, "2026-11-21 08:00 CET")
		wantPosts(t, h.all(), "OZG: OZG am Freitag;")
		sleepUntil(t, "2026-11-22 07:00 CET")
		h.store("OZG mit Wallet", time.Now())
		h.store("Wallet am Sonntag", time.Now())
		sleepUntil(t, "2026-11-22 08:01 CET")
		wantPosts(t, h.to("C1"), "OZG: OZG am Freitag;", "OZG: OZG mit Wallet;", "Wallet: Wallet am Sonntag;")
		wantPosts(t, h.to("U1"))
		sleepUntil(t, "2026-11-23 08:01 CET")
		wantPosts(t, h.to("C1"), "OZG: OZG am Freitag;", "OZG: OZG mit Wallet;", "Wallet: Wallet am Sonntag;")
		wantPosts(t, h.to("U1"), "OZG: OZG mit Wallet; OZG am Freitag;")
		stop()
	})
}

func TestAFirstListThatFellIntoDowntimeIsCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		stop := h.run(t)
		h.follow("C1", "OZG", KindDaily)
		time.Sleep(time.Minute)
		h.store("OZG am Freitag", time.Now())
		stop()
		sleepUntil(t, "2026-11-21 10:00 CET")
		stop = h.run(t)
		synctest.Wait()
		wantPosts(t, h.all(), "OZG: OZG am Freitag;")
		if at := h.runs[0].Scheduled; !at.Equal(moment(t, "2026-11-21 08:00 CET")) {
			t.Errorf("for %s", at)
		}
		stop()
	})
}

// shaky is a Desk that panics while told to.
type shaky struct {
	*memory
	panics atomic.Bool
}

func (s *shaky) Subscriptions(ctx context.Context, target string) ([]Subscription, error) {
	if s.panics.Load() {
		panic("desk")
	}
	return s.memory.Subscriptions(ctx, target)
}

// The list of the next day comes at eight sharp: it was the schedule that ran
// it, not what catches up on missed runs.
func TestAPanicInAScheduledJobDoesNotSilenceIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 07:59 CET")
		time.Sleep(30 * time.Second)
		var log bytes.Buffer
		h.Log = slog.New(slog.NewTextHandler(&log, nil))
		desk := &shaky{memory: h.memory}
		h.Desk = desk
		h.follow("C1", "OZG", KindDaily)
		stop := h.run(t)
		time.Sleep(29*time.Second + time.Millisecond)
		desk.panics.Store(true)
		time.Sleep(2 * time.Second)
		desk.panics.Store(false)
		sleepUntil(t, "2026-11-20 12:00 CET")
		h.store("OZG am Freitag", time.Now())
		sleepUntil(t, "2026-11-21 12:00 CET")
		stop()
		posts := h.all()
		wantPosts(t, posts, "OZG: OZG am Freitag;")
		if len(posts) == 1 && !posts[0].at.Equal(moment(t, "2026-11-21 08:00 CET")) {
			t.Errorf("posted at %s", posts[0].at)
		}
		if !strings.Contains(log.String(), "panic") {
			t.Errorf("the panic is not in the log:\n%s", log.String())
		}
	})
}

func TestASubscriptionThatCannotBeReadIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		var log bytes.Buffer
		h.Log = slog.New(slog.NewTextHandler(&log, nil))
		h.follow("C1", "OZG", "hourly")
		stop := h.run(t)
		time.Sleep(time.Hour)
		stop()
		if n := strings.Count(log.String(), "unknown cadence"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
	})
}

func TestAQueryInADigest(t *testing.T) {
	q := mustParse(t, "Wallet OR Brieftasche")
	narrow := mustParse(t, "(Wallet OR Brieftasche) NOT Gerücht")
	p := Plan{Rules: []Rule{{Title: "OZG", Topic: "OZG"}, {Title: "Wallet", Query: q}}, Filter: narrow}
	now := moment(t, "2026-11-20 12:00 CET")
	d := Compose(p, itemsOf(now, "Wallet A", "Anderes", "Wallet ein Gerücht", "Digitale Brieftasche"), nil, now, now)
	if got := outline(d); got != "Wallet: Digitale Brieftasche Wallet A" {
		t.Errorf("got %q", got)
	}
	got := Why(itemsOf(now, "Wallet ein Gerücht")[0], []Plan{p}, nil, nil, now)[0]
	if got.Reason != ReasonFiltered || got.Section != "Wallet" || got.Detail != narrow.String() {
		t.Errorf("got %+v", got)
	}
}

func TestADatabaseThatIsGoneAtEight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 07:00 CET", morgen(t, "C1", "OZG"))
		stop := h.run(t)
		sleepUntil(t, "2026-11-20 07:58 CET")
		h.store("eins", time.Now(), "OZG")
		h.set(func(m *memory) { m.broken = errors.New("connection refused") })
		sleepUntil(t, "2026-11-20 08:03 CET")
		h.set(func(m *memory) { m.broken = nil })
		sleepUntil(t, "2026-11-20 08:05 CET")
		wantPosts(t, h.all(), "OZG: eins;")
		if at := h.runs[0].Scheduled; !at.Equal(moment(t, "2026-11-20 08:00 CET")) {
			t.Errorf("for %s", at)
		}
		stop()
	})
}
