package storage_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"depesche/storage"
	"depesche/storage/storagetest"
)

func TestHolds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := context.Background()
		now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
		hold := func(host string, until time.Time) {
			t.Helper()
			if err := s.Hold(ctx, host, until); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(at time.Time, want map[string]time.Time) {
			t.Helper()
			got, err := s.Holds(ctx, at)
			if err != nil || !maps.EqualFunc(got, want, time.Time.Equal) {
				t.Errorf("at %v: %v, %v; want %v", at, got, err, want)
			}
		}
		expect(now, map[string]time.Time{})
		hold("amt.example", now.Add(time.Hour))
		hold("kreis.example:8443", now.Add(2*time.Hour).In(time.FixedZone("MEZ", 3600)))
		expect(now, map[string]time.Time{"amt.example": now.Add(time.Hour), "kreis.example:8443": now.Add(2 * time.Hour)})
		expect(now.Add(time.Hour), map[string]time.Time{"kreis.example:8443": now.Add(2 * time.Hour)})
		hold("amt.example", now.Add(3*time.Hour))
		hold("kreis.example:8443", now.Add(time.Minute)) // another process knows of more
		expect(now, map[string]time.Time{"amt.example": now.Add(3 * time.Hour), "kreis.example:8443": now.Add(2 * time.Hour)})

		hold("kreis.example:8443", now.Add(20*24*time.Hour)) // by a clock that was wrong
		expect(now, map[string]time.Time{})
		hold("kreis.example:8443", now.Add(time.Hour))
		expect(now, map[string]time.Time{"kreis.example:8443": now.Add(time.Hour)})
		hold("stadt.example", now.Add(7*24*time.Hour))
		expect(now.Add(2*time.Hour), map[string]time.Time{"stadt.example": now.Add(7 * 24 * time.Hour)})
	})
}
