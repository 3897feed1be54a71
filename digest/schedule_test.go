package digest

import (
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

const minuteLayout = "2006-01-02 15:04 MST"

func inBerlin(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func schedule(t testing.TB, spec string) Schedule {
	t.Helper()
	s, err := ParseSchedule(spec, inBerlin(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchedule(t *testing.T) {
	cases := []struct {
		name, spec, after string
		want              []string
	}{
		{"the eight o'clock digest on weekdays skips the weekend", "0 8 * * 1-5", "2026-11-20 08:00 CET",
			[]string{"2026-11-23 08:00 CET", "2026-11-24 08:00 CET"}},
		{"eight o'clock stays eight o'clock when clocks change", "0 8 * * *", "2026-03-28 08:00 CET",
			[]string{"2026-03-29 08:00 CEST", "2026-03-30 08:00 CEST"}},
		{"half past two on the day without one fires at the change", "30 2 * * *", "2026-03-28 02:30 CET",
			[]string{"2026-03-29 03:00 CEST", "2026-03-30 02:30 CEST"}},
		{"two skipped times are one run", "0,30 2 * * *", "2026-03-29 00:00 CET",
			[]string{"2026-03-29 03:00 CEST", "2026-03-30 02:00 CEST"}},
		{"a skipped time and the one after it", "30 2,3 * * *", "2026-03-29 00:00 CET",
			[]string{"2026-03-29 03:00 CEST", "2026-03-29 03:30 CEST", "2026-03-30 02:30 CEST"}},
		{"half past two on the day with two of them fires at the first", "30 2 * * *", "2026-10-24 12:00 CEST",
			[]string{"2026-10-25 02:30 CEST", "2026-10-26 02:30 CET"}},
		{"asked in the repeated hour, the run has been", "30 2 * * *", "2026-10-25 02:10 CET",
			[]string{"2026-10-26 02:30 CET"}},
		{"every half hour by elapsed time in spring", "*/30 * * * *", "2026-03-29 01:20 CET",
			[]string{"2026-03-29 01:30 CET", "2026-03-29 03:00 CEST", "2026-03-29 03:30 CEST"}},
		{"every half hour by elapsed time in autumn", "*/30 * * * *", "2026-10-25 02:20 CEST",
			[]string{"2026-10-25 02:30 CEST", "2026-10-25 02:00 CET", "2026-10-25 02:30 CET", "2026-10-25 03:00 CET"}},
		{"every two hours has no run in the skipped hour", "0 */2 * * *", "2026-03-29 00:00 CET",
			[]string{"2026-03-29 04:00 CEST"}},
		{"hourly", "@hourly", "2026-10-25 02:00 CEST",
			[]string{"2026-10-25 02:00 CET", "2026-10-25 03:00 CET"}},
		{"daily is midnight here", "@daily", "2026-11-20 10:00 CET",
			[]string{"2026-11-21 00:00 CET"}},
		{"another zone", "CRON_TZ=America/New_York 0 8 * * *", "2026-11-20 10:00 CET",
			[]string{"2026-11-20 14:00 CET"}},
		{"another zone, short", "TZ=UTC 0 8 * * *", "2026-11-20 10:00 CET",
			[]string{"2026-11-21 09:00 CET"}},
		{"an interval does not depend on when it was asked", "@every 90m", "2026-11-20 10:07 CET",
			[]string{"2026-11-20 11:30 CET", "2026-11-20 13:00 CET"}},
		{"leap day", "0 8 29 2 *", "2026-11-20 10:00 CET",
			[]string{"2028-02-29 08:00 CET", "2032-02-29 08:00 CET"}},
		{"leap day across 2100, which has none", "0 8 29 2 *", "2097-01-01 10:00 CET",
			[]string{"2104-02-29 08:00 CET"}},
		{"day of month and day of week are alternatives", "0 8 1 * mon", "2026-11-23 09:00 CET",
			[]string{"2026-11-30 08:00 CET", "2026-12-01 08:00 CET"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			at := moment(t, c.after)
			for _, want := range c.want {
				at = schedule(t, c.spec).Next(at)
				if got := at.In(inBerlin(t)).Format(minuteLayout); got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			}
		})
	}
}

// moment reads a time such as "2026-10-25 02:30 CET".
func moment(t testing.TB, s string) time.Time {
	t.Helper()
	text, zone := s[:16], s[17:]
	offset := map[string]int{"UTC": 0, "CET": 1, "CEST": 2}[zone]
	at, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone(zone, offset*3600))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestScheduleFaultsSayWhichFieldAndWhatIsRight(t *testing.T) {
	cases := []struct{ name, spec, want string }{
		{"empty", " ", "it is empty"},
		{"four fields", "0 8 * *", "it has 4 fields, not five"},
		{"seconds are no field", "0 0 8 * * *", "it has 6 fields, not five"},
		{"minute", "60 8 * * *", `minute "60"`},
		{"hour", "0 24 * * *", `hour "24"`},
		{"what an hour may be", "0 24 * * *", "0 to 23"},
		{"day of month", "0 8 0 * *", `day of month "0"`},
		{"month", "0 8 * mrz *", `month "mrz"`},
		{"day of week", "0 8 * * 7", `day of week "7"`},
		{"what a day of week may be", "0 8 * * 7", "0 is Sunday"},
		{"two faults at once", "60 8 * 13 *", `month "13"`},
		{"empty list", "0 , * * *", `hour ","`},
		{"trailing comma", "0 8, * * *", `hour "8,"`},
		{"range backwards", "0 20-2 * * *", `hour "20-2"`},
		{"step zero", "*/0 * * * *", `minute "*/0"`},
		{"zone", "CRON_TZ=Europe/Bonn 0 8 * * *", `time zone "Europe/Bonn" is not known`},
		{"zone alone", "CRON_TZ=Europe/Berlin", "it is empty"},
		{"no zone", "TZ= 0 8 * * *", `time zone ""`},
		{"descriptor", "@dayly", `descriptor "@dayly" is not known`},
		{"no duration", "@every day", `interval "day" is no duration`},
		{"too often", "@every 100ms", "not at least one second"},
		{"backwards", "@every -5s", "not at least one second"},
		{"31 February", "0 8 31 2 *", `day of month "31" never comes in month "2"`},
		{"30 February by name", "0 8 30,31 feb ?", "never comes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseSchedule(c.spec, inBerlin(t))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
			}
		})
	}
}

// TestScheduleOverAYear compares every occasion of 2026 with the days and
// times counted out by hand: for each calendar day the fields allow, the
// wall-clock times, and for skipped ones the moment of the change.
func TestScheduleOverAYear(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"} // one skips midnight, one half an hour
	specs := []struct {
		spec    string
		minutes []int // of the day
		day     func(time.Time) bool
	}{
		{"0 8 * * 1-5", []int{480}, func(d time.Time) bool { return d.Weekday() > 0 && d.Weekday() < 6 }},
		{"30 2 * * *", []int{150}, func(time.Time) bool { return true }},
		{"*/20 1-2 * * *", []int{60, 80, 100, 120, 140, 160}, func(time.Time) bool { return true }},
		{"0 0 * * *", []int{0}, func(time.Time) bool { return true }},
		{"15 0 1 * *", []int{15}, func(d time.Time) bool { return d.Day() == 1 }},
		{"45 23 * 3,10 0", []int{1425}, func(d time.Time) bool {
			return d.Weekday() == 0 && (d.Month() == 3 || d.Month() == 10)
		}},
	}
	for _, zone := range zones {
		for _, c := range specs {
			t.Run(zone+" "+c.spec, func(t *testing.T) {
				loc, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				s, err := ParseSchedule(c.spec, loc)
				if err != nil {
					t.Fatal(err)
				}
				at := time.Date(2025, 12, 31, 23, 59, 59, 0, loc)
				for _, want := range expectation(loc, c.minutes, c.day) {
					next := s.Next(at)
					if !next.Equal(want) {
						t.Fatalf("after %s: got %s, want %s", at.In(loc), next.In(loc), want.In(loc))
					}
					at = next
				}
				if next := s.Next(at); next.In(loc).Year() != 2027 {
					t.Errorf("after the last of the year: %s", next.In(loc))
				}
			})
		}
	}
}

// expectation counts through 2026 in steps of five minutes, as the wall clock
// shows them: a time is due when it is first shown, or when the clock jumps
// over it. What it is asked for, and clock changes, are at such times.
func expectation(loc *time.Location, minutes []int, day func(time.Time) bool) []time.Time {
	due := map[int64]bool{}
	for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		for _, m := range minutes {
			if day(d) {
				due[d.Unix()/60+int64(m)] = true
			}
		}
	}
	const step = 5
	var out []time.Time
	shown := wallOf(time.Date(2025, 12, 31, 23, 60-step, 0, 0, loc))
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, loc); at.Year() == 2026; at = at.Add(step * time.Minute) {
		wall, fires := wallOf(at), false
		for ; shown.Before(wall); shown = shown.Add(step * time.Minute) {
			key := shown.Unix()/60 + step
			fires = fires || due[key]
			delete(due, key)
		}
		if fires {
			out = append(out, at)
		}
	}
	return out
}

// TestScheduleByElapsedTime: between clock changes, and for wildcard hours
// across them, the answer is robfig/cron's own.
func TestScheduleByElapsedTime(t *testing.T) {
	for _, spec := range []string{"*/7 * * * *", "0 * * * *", "@hourly", "13,26 * * * 1-5"} {
		t.Run(spec, func(t *testing.T) {
			theirs, err := cron.ParseStandard("CRON_TZ=Europe/Berlin " + spec)
			if err != nil {
				t.Fatal(err)
			}
			ours, at := schedule(t, spec), moment(t, "2026-01-01 00:00 CET")
			for at.Year() == 2026 {
				got, want := ours.Next(at), theirs.Next(at)
				if !got.Equal(want) {
					t.Fatalf("after %s: got %s, want %s", at, got, want)
				}
				at = got
			}
		})
	}
}

func TestNextIsStrictlyAfter(t *testing.T) {
	specs := []string{"30 2 * * *", "* 2 * * *", "*/30 * * * *", "@every 5s", "@every 7h", "@weekly", "0 */2 * * *", "59 23 31 12 *"}
	for _, around := range []string{"2026-03-29 01:00 UTC", "2026-10-25 01:00 UTC", "2026-12-31 23:00 UTC"} {
		for _, spec := range specs {
			s, middle := schedule(t, spec), moment(t, around)
			for step := -3 * time.Hour; step < 3*time.Hour; step += 97*time.Second + 333*time.Millisecond {
				at := middle.Add(step)
				next := s.Next(at)
				if !next.After(at) || !s.Next(next.Add(-1)).Equal(next) {
					t.Fatalf("%s after %s: %s", spec, at, next)
				}
			}
		}
	}
}

func TestLastOccasion(t *testing.T) {
	cases := []struct {
		name, spec, now string
		back            time.Duration
		want            string
	}{
		{"this very moment", "0 8 * * *", "2026-11-20 08:00 CET", 24 * time.Hour, "2026-11-20 08:00 CET"},
		{"this morning", "0 8 * * *", "2026-11-20 17:31 CET", 24 * time.Hour, "2026-11-20 08:00 CET"},
		{"of several the last", "0 8,12 * * *", "2026-11-20 17:31 CET", 24 * time.Hour, "2026-11-20 12:00 CET"},
		{"on Sunday, Friday's is too old", "0 8 * * 1-5", "2026-11-22 09:00 CET", 24 * time.Hour, "none"},
		{"on Sunday, Friday's", "0 8 * * 1-5", "2026-11-22 09:00 CET", 7 * 24 * time.Hour, "2026-11-20 08:00 CET"},
		{"dense", "@every 5s", "2026-11-20 08:01 CET", 24 * time.Hour, "2026-11-20 08:01 CET"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			at, got := lastOccasion(schedule(t, c.spec), moment(t, c.now), c.back), "none"
			if !at.IsZero() {
				got = at.In(inBerlin(t)).Format(minuteLayout)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func FuzzParseSchedule(f *testing.F) {
	for _, s := range []string{"0 8 * * 1-5", "@every 5s", "CRON_TZ=Europe/Berlin 30 2 * * *", "TZ=", "*/2,3-4/2 ? 29 feb *", "@daily"} {
		f.Add(s, int64(1790000000))
	}
	f.Fuzz(func(t *testing.T, spec string, seconds int64) {
		s, err := ParseSchedule(spec, inBerlin(t))
		if err != nil {
			return
		}
		at := time.Unix(seconds%4_000_000_000, 0)
		for range 3 {
			next := s.Next(at)
			if !next.After(at) {
				t.Fatalf("%q after %s: %s", spec, at, next)
			}
			at = next
		}
	})
}
