package storage_test

import (
	"testing"
	"time"

	"depesche/digest"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// The clock was a year ahead when these were stored, and is right again.

func TestADigestOfNextYearDoesNotHideThatTodaysWasMissed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, occasion := range []time.Time{monday.AddDate(1, 0, 0), monday} {
			if ok, err := s.SaveRun(t.Context(), run(occasion, 0)); err != nil || !ok {
				t.Fatal(ok, err)
			}
		}
		p, err := s.Progress(t.Context(), "digest:morgen", monday, monday)
		if err != nil || !p.Scheduled.Equal(monday) || !digest.Missed(p, monday.AddDate(0, 0, 1)) {
			t.Errorf("the last run is that of %s, %v", p.Scheduled, err)
		}
	})
}

func TestADeliveryPutOffToNextYearIsDue(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		if ok, err := s.SaveRun(t.Context(), run(monday, 0)); err != nil || !ok {
			t.Fatal(ok, err)
		}
		for _, c := range []struct {
			until time.Time
			due   int
		}{
			{monday.Add(digest.MaxWait), 0},
			{monday.AddDate(1, 0, 0), 1},
		} {
			settle(t, s, digest.Delivery{ID: 1, Status: digest.StatusPending, NotBefore: c.until})
			list, err := s.Pending(t.Context(), monday, 10)
			if err != nil || len(list) != c.due {
				t.Errorf("put off until %s: %d are due, %v; want %d", c.until, len(list), err, c.due)
			}
		}
	})
}

func TestAFeedPolledNextYearIsDue(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/feed")
		for _, c := range []struct {
			polled time.Time
			due    int
		}{
			{monday.Add(time.Minute), 0}, // by a process whose clock is a little ahead
			{monday.AddDate(1, 0, 0), 1},
		} {
			poll(t, s, feed, c.polled)
			list, err := s.Due(t.Context(), monday, false)
			if err != nil || len(list) != c.due {
				t.Errorf("polled at %s: %d are due, %v; want %d", c.polled, len(list), err, c.due)
			}
		}
	})
}
