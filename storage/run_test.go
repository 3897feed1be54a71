package storage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestANewPlanBeginsWithWhatCameSince(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		feed := knownFeed(t, s, "https://a.example/feed")
		old := matching(entry("1", "Freitag", monday.Add(-72*time.Hour)), "x", "T")
		poll(t, s, feed, monday.Add(-72*time.Hour), old)
		poll(t, s, feed, monday.Add(-24*time.Hour), entry("2", "Sonntag", monday.Add(-24*time.Hour)))

		peeked, err := s.Peek(ctx, "digest:morgen", monday.Add(-48*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if want := (digest.Progress{Plan: "digest:morgen", Upto: 1}); peeked != want {
			t.Errorf("peek: got %+v, want %+v", peeked, want)
		}
		p, err := s.Progress(ctx, "digest:morgen", monday.Add(-48*time.Hour), monday)
		if err != nil {
			t.Fatal(err)
		}
		want := digest.Progress{Plan: "digest:morgen", Upto: 1, At: monday}
		if p != want {
			t.Errorf("progress: got %+v, want %+v", p, want)
		}
		// What a plan has seen is the plan's own from now on.
		p, err = s.Progress(ctx, "digest:morgen", monday.Add(-1000*time.Hour), monday.Add(time.Hour))
		if err != nil || p != want {
			t.Errorf("progress later: got %+v, %v, want %+v", p, err, want)
		}
		p, err = s.Progress(ctx, "digest:neu", monday, monday)
		if err != nil || p.Upto != 2 {
			t.Errorf("nothing came since: got %+v, %v, want to begin after all there is", p, err)
		}
	})
}

func TestAnOldItemThatIsNewsAgainHidesNothingFromANewPlan(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		old := entry("1", "Alt", monday.Add(-72*time.Hour))
		poll(t, s, feed, monday.Add(-72*time.Hour), old)
		poll(t, s, feed, monday.Add(-time.Hour), entry("2", "Neu", monday.Add(-time.Hour)))
		old.Summary = "Jetzt zum Thema."
		poll(t, s, feed, monday, matching(old, "Thema", "T"))
		p, err := s.Progress(t.Context(), "digest:test", monday.Add(-24*time.Hour), monday)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := news(t, s, p.Upto)
		if diff := cmp.Diff([]string{"Neu", "Alt"}, got); diff != "" {
			t.Errorf("news (-want +got):\n%s", diff)
		}
	})
}

// run is one that shows the items in two messages.
func run(scheduled time.Time, upto int64, items ...int64) digest.Run {
	r := digest.Run{Plan: "digest:morgen", Scheduled: scheduled, At: scheduled.Add(time.Second), Upto: upto, Items: items}
	for part := 1; part <= 2; part++ {
		r.Deliveries = append(r.Deliveries, digest.Delivery{
			Key:  fmt.Sprintf("digest:morgen/%s/%d", scheduled.Format(time.RFC3339), part),
			Plan: r.Plan, Target: "C1", Part: part, Parts: 2, Status: digest.StatusPending, Created: r.At,
			Message: digest.Message{Text: "Morgenlage <b>", Blocks: json.RawMessage(`[{"type":"divider","text":"<&>"}]`)},
		})
	}
	return r
}

func TestAnItemIsShownOnceInAllMessagesOfAPlan(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday, entry("1", "Eins", monday), entry("2", "Zwei", monday), entry("3", "Drei", monday))
		save := func(r digest.Run, want bool) {
			t.Helper()
			ok, err := s.SaveRun(ctx, r)
			if err != nil || ok != want {
				t.Errorf("save run: %v, %v; want %v", ok, err, want)
			}
		}
		save(run(monday, 2, 1, 2), true)
		save(run(monday, 3, 3), false)                // the occasion is taken
		save(run(monday.Add(time.Hour), 3, 2), false) // item 2 was shown
		p, err := s.Progress(ctx, "digest:morgen", monday, monday)
		if want := (digest.Progress{Plan: "digest:morgen", Upto: 2, Scheduled: monday, At: monday.Add(time.Second)}); err != nil || p != want {
			t.Errorf("progress: got %+v, %v, want %+v", p, err, want)
		}
		items, high, _, err := s.News(ctx, "digest:morgen", 0)
		if err != nil || high != 3 || len(items) != 1 || items[0].ID != 3 {
			t.Errorf("news left: %q up to %d, %v; want item 3 alone, up to 3", titles(items), high, err)
		}
		save(run(monday.Add(time.Hour), 3, 3), true)
		save(run(monday.Add(2*time.Hour), 3), true) // nothing to show is a run too
		other := run(monday, 3, 1, 2, 3)
		other.Plan, other.Deliveries = "digest:abend", nil
		save(other, true) // another plan, another list of what was shown
	})
}

func TestOutcomesTellWhereAnItemWasShown(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday, entry("1", "Eins", monday))
		r := run(monday, 1, 1)
		if _, err := s.SaveRun(ctx, r); err != nil {
			t.Fatal(err)
		}
		for i := range r.Deliveries {
			r.Deliveries[i].ID = int64(i + 1)
		}
		sent := &r.Deliveries[0]
		sent.Status, sent.Attempts, sent.Sent, sent.Channel, sent.TS = digest.StatusSent, 2, monday.Add(time.Minute), "D1", "1.2"
		settle(t, s, *sent)
		got, err := s.Outcomes(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []digest.Outcome{{Plan: r.Plan, Scheduled: monday, Deliveries: r.Deliveries}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if none, err := s.Outcomes(ctx, 99); err != nil || len(none) != 0 {
			t.Errorf("an unknown item: %v, %v", none, err)
		}
	})
}

func TestDeliveriesToOneTargetKeepTheirOrder(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		r := run(monday, 0)
		r.Deliveries = append(r.Deliveries, digest.Delivery{Key: "other", Plan: r.Plan, Target: "C2", Part: 1, Parts: 1, Created: r.At})
		if ok, err := s.SaveRun(ctx, r); err != nil || !ok {
			t.Fatal(ok, err)
		}
		pending := func(now time.Time, want ...string) []digest.Delivery {
			t.Helper()
			list, err := s.Pending(ctx, now, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range list {
				got = append(got, fmt.Sprint(d.Target, "/", d.Part))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pending (-want +got):\n%s", diff)
			}
			return list
		}
		first := pending(monday, "C1/1", "C2/1")[0]
		first.Attempts, first.Reason, first.NotBefore = 1, "rate limit", monday.Add(time.Minute)
		settle(t, s, first)
		pending(monday, "C2/1") // part 2 waits for part 1
		first = pending(monday.Add(time.Minute), "C1/1", "C2/1")[0]
		if first.Attempts != 1 || first.Reason != "rate limit" || !first.NotBefore.Equal(monday.Add(time.Minute)) {
			t.Errorf("the delivery came back as %+v", first)
		}
		first.Status, first.Sent, first.Channel, first.TS, first.NotBefore = digest.StatusSent, monday, "C1", "1.2", time.Time{}
		settle(t, s, first)
		pending(monday, "C1/2", "C2/1")
		if err := s.Settle(ctx, digest.Delivery{ID: 999}); !errors.Is(err, feeds.ErrNotFound) {
			t.Errorf("settle what is not there: got %v", err)
		}
		stats, err := s.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Deliveries[digest.StatusPending] != 2 || stats.Deliveries[digest.StatusSent] != 1 || !stats.Waiting.Equal(r.At) {
			t.Errorf("figures: %+v", stats)
		}
	})
}

// Two processes: the first one's answer comes after its lease has ended and
// the second one has begun another attempt, or finished it.
func TestAnAnswerThatComesLateUndoesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		if ok, err := s.SaveRun(ctx, run(monday, 0)); err != nil || !ok {
			t.Fatal(ok, err)
		}
		later := monday.Add(time.Hour)
		pending := func() digest.Delivery {
			t.Helper()
			list, err := s.Pending(ctx, later, 1)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d pending, %v", len(list), err)
			}
			return list[0]
		}
		claim := func(d digest.Delivery, attempt int) digest.Delivery {
			t.Helper()
			d.Attempts = attempt
			if ours, err := s.Claim(ctx, d); err != nil || !ours {
				t.Fatal(ours, err)
			}
			return d
		}
		first := claim(pending(), 1)
		second := claim(pending(), 2)
		late := first
		late.Reason = "rate limit"
		settle(t, s, late)
		if d := pending(); d.Attempts != 2 || d.Reason != "" {
			t.Errorf("a late refusal hides the second attempt: %+v", d)
		}
		late.Status, late.TS = digest.StatusSent, "1.1"
		settle(t, s, late)
		second.Status = digest.StatusFailed
		settle(t, s, second)
		if d := pending(); d.Part != 2 {
			t.Errorf("part 1 had arrived, and is pending again: %+v", d)
		}
		stats, err := s.Stats(ctx)
		if err != nil || stats.Deliveries[digest.StatusSent] != 1 {
			t.Errorf("deliveries: %v, %v", stats.Deliveries, err)
		}
	})
}

func settle(t *testing.T, s *storage.Store, d digest.Delivery) {
	t.Helper()
	if err := s.Settle(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
