package digest

import (
	"testing"
	"time"
)

func TestHolidaysOfTheLaender(t *testing.T) {
	cases := []struct {
		land, day string
		want      bool
		why       string
	}{
		{"DE-NW", "2026-01-01", true, "New Year everywhere"},
		{"DE-NW", "2026-04-03", true, "Good Friday 2026"},
		{"DE-NW", "2026-06-04", true, "Corpus Christi in North Rhine-Westphalia"},
		{"DE-BE", "2026-06-04", false, "no Corpus Christi in Berlin"},
		{"DE-BE", "2026-03-08", true, "Women's Day in Berlin"},
		{"DE-NW", "2026-10-31", false, "no Reformation Day in North Rhine-Westphalia"},
		{"DE-SN", "2026-10-31", true, "Reformation Day in Saxony"},
		{"DE-SN", "2026-11-18", true, "Day of Repentance in Saxony alone"},
		{"DE-TH", "2026-11-18", false, "Day of Repentance in Saxony alone"},
		{"DE-TH", "2026-09-20", true, "Children's Day in Thuringia"},
		{"DE-NW", "2026-12-24", false, "Christmas Eve is a working day"},
		{"DE-BY", "2026-12-26", true, "second day of Christmas"},
	}
	for _, c := range cases {
		h, err := HolidaysIn(c.land)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.ParseInLocation(time.DateOnly, c.day, berlin(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := h.On(day.Add(8 * time.Hour)); got != c.want {
			t.Errorf("%s on %s: got %v, want %v (%s)", c.land, c.day, got, c.want, c.why)
		}
	}
}

func TestAllSixteenLaenderAreKnown(t *testing.T) {
	if len(holidaysOf) != 16 {
		t.Errorf("%d Länder, want 16", len(holidaysOf))
	}
	for code := range holidaysOf {
		h, err := HolidaysIn(code)
		if err != nil {
			t.Fatal(err)
		}
		if !h.On(time.Date(2027, time.October, 3, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: 3 October is not a holiday", code)
		}
	}
	if _, err := HolidaysIn("DE-XX"); err == nil {
		t.Error("DE-XX was accepted")
	}
}

// everyMorning is a schedule of 08:00 on all days, without the real parser.
type everyMorning struct{ loc *time.Location }

func (e everyMorning) Next(t time.Time) time.Time {
	t = t.In(e.loc)
	next := time.Date(t.Year(), t.Month(), t.Day(), 8, 0, 0, 0, e.loc)
	if !next.After(t) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

type everySecond struct{}

func (everySecond) Next(t time.Time) time.Time { return t.Truncate(time.Second).Add(time.Second) }

func TestNoDigestOverChristmas(t *testing.T) {
	loc := berlin(t)
	h, err := HolidaysIn("DE-NW")
	if err != nil {
		t.Fatal(err)
	}
	s := SkipHolidays(everyMorning{loc}, h, loc)
	got := s.Next(time.Date(2026, time.December, 24, 9, 0, 0, 0, loc))
	if want := time.Date(2026, time.December, 27, 8, 0, 0, 0, loc); !got.Equal(want) {
		t.Errorf("after Christmas Eve: %v, want %v", got, want)
	}
	if got := SkipHolidays(everySecond{}, h, loc).Next(time.Date(2026, time.December, 25, 9, 0, 0, 0, loc)); got.In(loc).Day() != 27 {
		t.Errorf("a schedule of every second goes on at %v, want 27 December", got)
	}
	if SkipHolidays(everyMorning{loc}, nil, loc) != Schedule(everyMorning{loc}) {
		t.Error("no Land configured: the schedule should be untouched")
	}
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
