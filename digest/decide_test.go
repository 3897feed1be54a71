package digest

import (
	"testing"
	"time"
)

func TestStart(t *testing.T) {
	cases := []struct{ name, spec, now, want string }{
		{"a daily digest begins at its last occasion", "0 8 * * *", "2026-11-20 17:00 CET", "2026-11-20 08:00 CET"},
		{"before eight, that is yesterday's", "0 8 * * *", "2026-11-20 07:00 CET", "2026-11-19 08:00 CET"},
		{"at eight sharp, that is yesterday's too", "0 8 * * *", "2026-11-20 08:00 CET", "2026-11-19 08:00 CET"},
		{"on Sunday a weekday digest begins a day back", "0 8 * * 1-5", "2026-11-22 17:00 CET", "2026-11-21 17:00 CET"},
		{"a weekly digest begins up to a week back", "0 8 * * 1", "2026-11-22 17:00 CET", "2026-11-16 08:00 CET"},
		{"an hourly digest has a day to begin with", "0 * * * *", "2026-11-20 17:00 CET", "2026-11-19 17:00 CET"},
		{"a monthly digest begins a day back", "0 8 1 * *", "2026-11-20 17:00 CET", "2026-11-19 17:00 CET"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := Plan{Kind: KindDigest, Schedule: schedule(t, c.spec)}
			if got := start(p, moment(t, c.now)); !got.Equal(moment(t, c.want)) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestDue(t *testing.T) {
	eight := moment(t, "2026-11-20 08:00 CET")
	p := Plan{Target: "C1"}
	cases := []struct {
		name     string
		plan     Plan
		progress Progress
		now      time.Time
		want     Reason
	}{
		{"first time", p, Progress{}, eight, ReasonPosted},
		{"ran yesterday", p, Progress{Scheduled: eight.Add(-day)}, eight, ReasonPosted},
		{"ran for this occasion", p, Progress{Scheduled: eight.UTC()}, eight.Add(time.Minute), ReasonAlreadyRan},
		{"ran when the clock was wrong", p, Progress{Scheduled: eight.AddDate(70, 0, 0)}, eight, ReasonPosted},
		{"too early", p, Progress{}, eight.Add(-time.Second), ReasonNotDue},
		{"nobody to post to", Plan{}, Progress{}, eight, ReasonNoTarget},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Due(c.plan, c.progress, eight, c.now); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestCovered(t *testing.T) {
	now := moment(t, "2026-11-20 08:00 CET")
	morning := Plan{Kind: KindDigest, Schedule: schedule(t, "0 8 * * *")}
	cases := []struct {
		name     string
		plan     Plan
		progress Progress
		want     time.Time
	}{
		{"from the last run on", morning, Progress{Scheduled: now.Add(-day), At: now.Add(-day)}, now.Add(-day)},
		{"a plan without a run: from where it began", morning, Progress{At: now.Add(-time.Hour)}, start(morning, now.Add(-time.Hour))},
		{"a plan that the store does not know", morning, Progress{}, start(morning, now)},
		{"a run of next year, when the clock was wrong: nobody knows", morning, Progress{Scheduled: now.AddDate(1, 0, 0), At: now.AddDate(1, 0, 0)}, time.Time{}},
		{"a list: from when somebody subscribed", Plan{Kind: KindDaily}, Progress{At: now.Add(-time.Hour)}, now.Add(-time.Hour)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := covered(c.plan, c.progress, now); !got.Equal(c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
