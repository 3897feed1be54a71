package digest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// fill puts deliveries into the ledger: "C1 a" is the text a for C1.
func (m *memory) fill(texts ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range texts {
		var target, text string
		fmt.Sscan(t, &target, &text)
		id := int64(len(m.deliveries) + 1)
		m.deliveries = append(m.deliveries, Delivery{ID: id, Key: fmt.Sprint("k", id), Plan: "digest:morgen", Target: target,
			Part: 1, Parts: 1, Message: Message{Text: text}, Status: StatusPending})
	}
}

var (
	errLimit   = &PostError{Class: ClassWait, Code: "ratelimited", RetryAfter: 30 * time.Second, Err: errors.New("429")}
	errBusy    = &PostError{Class: ClassWait, Code: "service_unavailable", Err: errors.New("503")}
	errArchive = &PostError{Class: ClassTarget, Code: "is_archived", Err: errors.New("is_archived")}
	errToken   = &PostError{Class: ClassAccess, Code: "token_revoked", Err: errors.New("token_revoked")}
	errBlocks  = &PostError{Class: ClassMessage, Code: "invalid_blocks", Err: errors.New("invalid_blocks")}
	errServer  = &PostError{Class: ClassUnknown, Code: "internal_error", Err: errors.New("500")}
)

func TestSettle(t *testing.T) {
	now := moment(t, "2026-11-20 08:00 CET")
	cases := []struct {
		name     string
		attempts int
		err      error
		status   Status
		wait     time.Duration
		reason   string
	}{
		{"accepted", 3, nil, StatusSent, 0, ""},
		{"rate limit: as long as Slack asks", 1, errLimit, StatusPending, 30 * time.Second, "ratelimited: Slack asks to wait"},
		{"rate limit: not for ever", 1, &PostError{Class: ClassWait, Code: "ratelimited", RetryAfter: 5 * time.Hour, Err: errors.New("429")},
			StatusPending, time.Hour, "ratelimited: Slack asks to wait"},
		{"out of order: a second first", 1, errBusy, StatusPending, time.Second, "service_unavailable: Slack is out of order"},
		{"out of order: then doubling", 4, errBusy, StatusPending, 8 * time.Second, "service_unavailable: Slack is out of order"},
		{"out of order for long: every five minutes", 5000, errBusy, StatusPending, 5 * time.Minute, "service_unavailable: Slack is out of order"},
		{"archived channel: kept, seldom tried", 1, errArchive, StatusPending, 5 * time.Minute, "is_archived: the channel is archived; bring it back, or name another channel"},
		{"wrapped", 1, fmt.Errorf("part 1: %w", errArchive), StatusPending, 5 * time.Minute, "is_archived: the channel is archived; bring it back, or name another channel"},
		{"unknown code", 1, &PostError{Class: ClassTarget, Code: "ekm_access_denied", Err: errors.New("x")}, StatusPending, 5 * time.Minute, "ekm_access_denied: the channel cannot be posted to"},
		{"revoked token: kept, seldom tried", 1, errToken, StatusPending, 10 * time.Minute, "token_revoked: the token was revoked; install the app again and set the new token"},
		{"refused message: not again", 1, errBlocks, StatusFailed, 0, "invalid_blocks: the message was refused, in its plain form too"},
		{"unknown outcome", 2, errServer, StatusPending, 2 * time.Second, "outcome unknown: internal_error: the connection broke or the answer made no sense; it is looked for, and sent again"},
		{"connection lost", 1, errors.New("EOF"), StatusPending, time.Second, "outcome unknown: no_answer: the connection broke or the answer made no sense; it is looked for, and sent again"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := attempted(Delivery{Status: StatusPending, Attempts: c.attempts - 1}, now)
			if !d.Unsure() {
				t.Error("a delivery under way must count as unsure")
			}
			d = Settle(d, Receipt{Channel: "C1", TS: "1.1"}, c.err, now)
			wait := time.Duration(0)
			if !d.NotBefore.IsZero() {
				wait = d.NotBefore.Sub(now)
			}
			if d.Status != c.status || wait != c.wait || d.Reason != c.reason || d.Attempts != c.attempts {
				t.Errorf("got %s, %s, %q after %d", d.Status, wait, d.Reason, d.Attempts)
			}
			if (d.TS == "1.1" && d.Channel == "C1" && d.Sent.Equal(now)) != (c.err == nil) {
				t.Errorf("proof: %q %q %s", d.Channel, d.TS, d.Sent)
			}
		})
	}
}

func TestARateLimitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.answers["C1"] = []error{errLimit}
		h.fill("C1 a", "C1 b", "C2 c")
		stop := h.run(t)
		began := time.Now()
		time.Sleep(29 * time.Second)
		wantPosts(t, h.to("C1"), "a")
		wantPosts(t, h.to("C2"), "c")
		time.Sleep(10 * time.Second)
		wantPosts(t, h.to("C1"), "a", "a", "b")
		if at := h.to("C1")[1].at.Sub(began); at != 30*time.Second {
			t.Errorf("tried again after %s, want 30s", at)
		}
		stop()
	})
}

func TestAShortWaitIsPartOfOneDelivering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.answers["C1"] = []error{errBusy, errBusy}
		h.answers["C2"] = []error{errLimit}
		h.fill("C1 a", "C2 b")
		if err := h.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantPosts(t, h.to("C1"), "a", "a", "a")
		if l := h.ledger(); l[0].Status != StatusSent || l[0].Attempts != 3 || l[1].Status != StatusPending || l[1].Unsure() {
			t.Errorf("ledger: %+v", l)
		}
	})
}

func TestAFailingTargetHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.answers["C1"] = []error{errArchive}
		h.answers["C3"] = []error{errToken}
		h.fill("C1 a", "C1 b", "C2 c", "C3 d", "C2 e")
		stop := h.run(t)
		time.Sleep(3 * time.Second)
		wantPosts(t, h.to("C1"), "a")
		wantPosts(t, h.to("C2"), "c", "e")
		wantPosts(t, h.to("C3"), "d")
		if l := h.ledger(); l[0].Status != StatusPending || l[0].Unsure() || l[1].Attempts != 0 || l[3].Status != StatusPending {
			t.Errorf("ledger: %+v", l)
		}
		time.Sleep(6 * time.Minute)
		wantPosts(t, h.to("C1"), "a", "a", "b") // the channel was brought back
		stop()
	})
}

func TestWhatWaitsForAPersonIsTriedAtOnceAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.answers["C1"], h.answers["C2"] = []error{errToken}, []error{errArchive}
		h.fill("C1 a", "C2 b")
		stop := h.run(t)
		time.Sleep(2 * time.Second)
		stop()
		wantPosts(t, h.to("C1"), "a")
		stop = h.run(t)
		time.Sleep(2 * time.Second)
		wantPosts(t, h.to("C1"), "a", "a")
		wantPosts(t, h.to("C2"), "b", "b")
		stop()
	})
}

func TestASlowTargetHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.delay["C1"] = 12 * time.Second
		h.fill("C1 slow", "C2 a", "C2 b")
		stop := h.run(t)
		time.Sleep(5 * time.Second)
		h.fill("C3 later")
		time.Sleep(6 * time.Second)
		wantPosts(t, h.all(), "a", "b", "later")
		time.Sleep(15 * time.Second)
		wantPosts(t, h.to("C1"), "slow")
		stop()
	})
}

func TestOneMessageASecondAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.fill("C1 a", "C1 b", "C2 c", "C1 d")
		began := time.Now()
		if err := h.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantPosts(t, h.to("C1"), "a", "b", "d")
		for i, p := range h.to("C1") {
			if at := p.at.Sub(began); at != time.Duration(i)*time.Second {
				t.Errorf("%s after %s", p.text, at)
			}
		}
	})
}

func TestALedgerThatFailsAfterThePostMakesNoDouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.fill("C1 a", "C1 b")
		h.set(func(m *memory) { m.brokenLine = errors.New("database is gone") })
		stop := h.run(t)
		time.Sleep(5 * time.Minute)
		wantPosts(t, h.all(), "a")
		h.set(func(m *memory) { m.brokenLine = nil })
		time.Sleep(10 * time.Second)
		wantPosts(t, h.all(), "a", "b")
		if l := h.ledger(); l[0].Status != StatusSent || l[0].Attempts != 1 {
			t.Errorf("ledger: %+v", l[0])
		}
		stop()
	})
}

func TestWhatTheLedgerMissedIsWrittenDownAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.fill("C1 a")
		h.set(func(m *memory) { m.brokenLine = errors.New("database is gone") })
		stop := h.run(t)
		time.Sleep(time.Second)
		h.set(func(m *memory) { m.brokenLine = nil })
		stop()
		wantPosts(t, h.all(), "a")
		if d := h.ledger()[0]; d.Status != StatusSent || d.TS == "" {
			t.Errorf("ledger: %+v", d)
		}
	})
}

func TestNothingIsPostedThatCannotBeWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.fill("C1 a")
		h.Ledger = unwritable{h.memory}
		if err := h.Deliver(t.Context()); err == nil {
			t.Error("want the ledger's error")
		}
		wantPosts(t, h.all())
	})
}

type unwritable struct{ *memory }

func (unwritable) Settle(context.Context, Delivery) error { return errors.New("disk full") }

// claims is a ledger in which another process claimed the first delivery.
type claims struct{ *memory }

func (c claims) Claim(ctx context.Context, d Delivery) (bool, error) {
	if d.ID == 1 {
		return false, nil
	}
	return true, c.Settle(ctx, d)
}

func (c claims) Pending(ctx context.Context, now time.Time, limit int) ([]Delivery, error) {
	list, err := c.memory.Pending(ctx, now, limit)
	if len(list) > 0 && list[0].ID == 1 {
		c.set(func(m *memory) { m.deliveries[0] = attempted(m.deliveries[0], now) })
	}
	return list, err
}

func TestWhatAnotherProcessClaimedIsLeftToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.Ledger = claims{h.memory}
		h.fill("C1 a", "C2 b")
		if err := h.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantPosts(t, h.all(), "b")
	})
}

func TestTheLeaseOutlastsAPost(t *testing.T) {
	if longest := postLimit + postGrace + settleLimit; lease <= longest {
		t.Errorf("a lease of %s ends while a post of up to %s is under way", lease, longest)
	}
}

func TestAPostUnderWayAtTheEnd(t *testing.T) {
	cases := []struct {
		name   string
		delay  time.Duration
		status Status
		unsure bool
		ends   time.Duration
	}{
		{"is confirmed when it is answered in time", 5 * time.Second, StatusSent, false, 5*time.Second - time.Second},
		{"is given up after eight seconds and looked for later", time.Minute, StatusPending, true, 8 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, "2026-11-20 12:00 CET")
				h.delay["C1"] = c.delay
				h.fill("C1 a", "C1 b")
				stop := h.run(t)
				time.Sleep(time.Second)
				asked := time.Now()
				stop()
				if took := time.Since(asked); took != c.ends {
					t.Errorf("ended after %s, want %s", took, c.ends)
				}
				l := h.ledger()
				if l[0].Status != c.status || l[0].Unsure() != c.unsure {
					t.Errorf("the first: %+v", l[0])
				}
				if l[1].Attempts != 0 {
					t.Errorf("the second was begun: %+v", l[1])
				}
			})
		})
	}
}

func TestAPosterThatPanicsCostsOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		h.Poster = &panicking{slack: h.slack}
		h.fill("C1 a")
		if err := h.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantPosts(t, h.all(), "a")
		if d := h.ledger()[0]; d.Attempts != 2 || d.Status != StatusSent {
			t.Errorf("got %+v", d)
		}
	})
}

type panicking struct {
	*slack
	calls int
}

func (p *panicking) Post(ctx context.Context, d Delivery) (Receipt, error) {
	if p.calls++; p.calls == 1 {
		panic("nil blocks")
	}
	return p.slack.Post(ctx, d)
}
