package feeds

import (
	"slices"
	"testing"
	"time"
)

func TestWhatItemsAreOrderedBy(t *testing.T) {
	seen := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	cases := []struct {
		name      string
		published time.Time
		archive   bool
		want      time.Time
	}{
		{"no date: when we saw it", time.Time{}, false, seen},
		{"an hour ago", seen.Add(-time.Hour), false, seen.Add(-time.Hour)},
		{"the day before yesterday, at the edge", seen.Add(-48 * time.Hour), false, seen.Add(-48 * time.Hour)},
		{"a month ago, but new to us: when we saw it", seen.AddDate(0, -1, 0), false, seen},
		{"a month ago, at the feed's first poll", seen.AddDate(0, -1, 0), true, seen.AddDate(0, -1, 0)},
		{"a server's clock that is ten minutes fast", seen.Add(10 * time.Minute), false, seen},
		{"2099", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), false, seen.Add(-24 * time.Hour)},
		{"2099, at the feed's first poll", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), true, seen.Add(-24 * time.Hour)},
		{"the last year that a time can have", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), false, seen.Add(-24 * time.Hour)},
		{"the year 1", time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), false, seen},
	}
	for _, c := range cases {
		if got := Date(c.published, seen, c.archive); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAnItemOf2099NeverLeadsAList(t *testing.T) {
	seen := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	claims := []time.Time{time.Date(2099, 11, 20, 0, 0, 0, 0, time.UTC), seen.Add(-30 * time.Second), seen.Add(-8 * time.Hour), {}}
	first := slices.MaxFunc(claims, func(a, b time.Time) int { return Date(a, seen, false).Compare(Date(b, seen, false)) })
	if first.Year() == 2099 {
		t.Error("2099 leads")
	}
	for _, today := range claims[1:] {
		if !Date(today, seen, false).After(Date(claims[0], seen, false)) {
			t.Errorf("%v does not stand before 2099", today)
		}
	}
}
