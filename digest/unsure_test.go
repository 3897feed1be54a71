package digest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// searcher is a slack that can look for what arrived.
type searcher struct {
	*slack
	arrived map[string]bool
	err     error
	asked   []string
}

func (s *searcher) Find(_ context.Context, d Delivery) (Receipt, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, d.Key)
	return Receipt{Channel: d.Target, TS: "found"}, s.arrived[d.Key], s.err
}

func TestAnUnknownOutcomeIsLookedUpBeforeItIsSentAgain(t *testing.T) {
	cases := []struct {
		name    string
		arrived bool
		err     error
		posts   []string
		ts      string
	}{
		{"it had arrived", true, nil, []string{"a"}, "found"},
		{"it had not", false, nil, []string{"a", "a"}, ""},
		{"history is forbidden: sent again", false, &PostError{Class: ClassAccess, Code: "missing_scope", Err: errors.New("x")}, []string{"a", "a"}, ""},
		{"the question is refused: sent again", false, &PostError{Class: ClassMessage, Code: "invalid_cursor", Err: errors.New("x")}, []string{"a", "a"}, ""},
		{"looking is not supported: sent again", false, errors.ErrUnsupported, []string{"a", "a"}, ""},
		{"history does not answer: not sent again yet", false, errors.New("timeout"), []string{"a"}, "never"},
		{"history asks to wait: not sent again yet", false, errLimit, []string{"a"}, "never"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, "2026-11-20 12:00 CET")
				h.answers["C1"] = []error{errServer}
				s := &searcher{slack: h.slack, arrived: map[string]bool{"k1": c.arrived}, err: c.err}
				h.Poster = s
				h.fill("C1 a")
				if err := h.Deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
				wantPosts(t, h.all(), c.posts...)
				d := h.ledger()[0]
				switch {
				case len(s.asked) == 0:
					t.Error("nobody looked")
				case errors.Is(c.err, errLimit) && d.NotBefore.Before(time.Now().Add(29*time.Second)):
					t.Errorf("looked for again at %s", d.NotBefore)
				case c.ts == "never" && !d.Unsure():
					t.Errorf("want it unsure, got %+v", d)
				case c.ts == "found" && (d.Status != StatusSent || d.TS != "found"):
					t.Errorf("want it found, got %+v", d)
				case c.ts == "" && (d.Status != StatusSent || d.TS == "found"):
					t.Errorf("want it sent, got %+v", d)
				}
			})
		})
	}
}

func TestWhatNobodyCouldLookForStaysUnsure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		s := &searcher{slack: h.slack, arrived: map[string]bool{"k1": true}, err: errToken}
		h.Poster = s
		h.answers["C1"] = []error{errServer, errToken}
		h.fill("C1 a")
		stop := h.run(t)
		time.Sleep(time.Minute)
		if d := h.ledger()[0]; !d.Unsure() || !strings.Contains(d.Reason, "token_revoked") {
			t.Errorf("nobody knows whether it arrived, and the ledger says %+v", d)
		}
		s.mu.Lock()
		s.err = nil // the app was installed again
		s.mu.Unlock()
		time.Sleep(10 * time.Minute)
		wantPosts(t, h.all(), "a", "a")
		if d := h.ledger()[0]; d.Status != StatusSent || d.TS != "found" {
			t.Errorf("ledger: %+v", d)
		}
		stop()
	})
}

func TestAfterACrashTheMessageIsLookedForFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "2026-11-20 12:00 CET")
		s := &searcher{slack: h.slack, arrived: map[string]bool{"k1": true}}
		h.Poster = s
		h.fill("C1 a", "C1 b")
		// What a process leaves that died while it posted the first.
		h.set(func(m *memory) { m.deliveries[0] = attempted(m.deliveries[0], time.Now()) })
		stop := h.run(t)
		time.Sleep(29 * time.Second)
		wantPosts(t, h.all())
		time.Sleep(10 * time.Second)
		wantPosts(t, h.all(), "b")
		if l := h.ledger(); l[0].Status != StatusSent || l[0].TS != "found" {
			t.Errorf("ledger: %+v", l[0])
		}
		stop()
	})
}
