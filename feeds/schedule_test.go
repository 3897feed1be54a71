package feeds

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestNextPoll(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC) // a Monday
	usual := Rhythm{Every: 30 * time.Minute, Min: 5 * time.Minute, Max: 24 * time.Hour}
	quick := Rhythm{Every: time.Second, Min: time.Second, Max: 5 * time.Second}
	status := func(code int, after time.Duration) answer {
		return answerOf(Response{}, &StatusError{Status: code, RetryAfter: after})
	}
	failed := answer{err: errors.New("x")}
	kept := Validators{ETag: `"1"`}
	calm := Feed{Validators: kept}
	failing := func(n int) Feed { return Feed{Validators: kept, Failures: n} }
	rhythm := func(d time.Duration) Feed { return Feed{Validators: kept, Rhythm: d} }
	for _, c := range []struct {
		name   string
		rhythm Rhythm
		feed   Feed
		answer answer
		chance float64
		want   time.Duration
		why    Why
	}{
		{"works", usual, calm, answer{}, 0.5, 30 * time.Minute, WhyEvery},
		{"works, early by chance", usual, calm, answer{}, 0, 27 * time.Minute, WhyEvery},
		{"works, late by chance", usual, calm, answer{}, 1, 33 * time.Minute, WhyEvery},
		{"max bounds chance", quick, rhythm(time.Hour * 24 * 365), answer{}, 1, 5 * time.Second, WhyRhythm},
		{"min bounds chance", quick, calm, answer{}, 0, time.Second, WhyEvery},

		{"every ten minutes is asked every five", usual, rhythm(10 * time.Minute), answer{}, 0.5, 5 * time.Minute, WhyRhythm},
		{"faster than min is asked at min", usual, rhythm(time.Minute), answer{}, 0.5, 5 * time.Minute, WhyRhythm},
		{"hourly", usual, rhythm(time.Hour), answer{}, 0.5, 30 * time.Minute, WhyRhythm},
		{"daily is known within the hour", usual, rhythm(24 * time.Hour), answer{}, 0.5, time.Hour, WhyRhythm},
		{"weekly", usual, rhythm(7 * 24 * time.Hour), answer{}, 0.5, 7 * time.Hour, WhyRhythm},
		{"monthly at most daily", usual, rhythm(30 * 24 * time.Hour), answer{}, 0.5, 24 * time.Hour, WhyRhythm},
		{"yearly is bounded by max", usual, rhythm(366 * 24 * time.Hour), answer{}, 0.5, 24 * time.Hour, WhyRhythm},
		{"a night changes little", usual, rhythm(10 * time.Minute), answer{latest: now.Add(-12 * time.Hour)}, 0.5, 32*time.Minute + 37*time.Second, WhyRhythm},
		{"a weekend stays within the hour", usual, rhythm(time.Hour), answer{latest: now.Add(-64 * time.Hour)}, 0.5, 49*time.Minute + 34*time.Second, WhyRhythm},
		{"a feed that sleeps is asked more rarely", usual, rhythm(time.Hour), answer{latest: now.Add(-28 * 24 * time.Hour)}, 0.5, 7 * time.Hour, WhyRhythm},
		{"one that sleeps for a year daily", usual, rhythm(time.Hour), answer{latest: now.Add(-366 * 24 * time.Hour)}, 0.5, 24 * time.Hour, WhyRhythm},
		{"so is one whose rhythm is not known", usual, calm, answer{latest: now.Add(-28 * 24 * time.Hour)}, 0.5, 7 * time.Hour, WhyEvery},
		{"without validators half as often", usual, Feed{Rhythm: 10 * time.Minute}, answer{}, 0.5, 10 * time.Minute, WhyRhythm},
		{"without validators, and nothing known", usual, Feed{}, answer{}, 0.5, 30 * time.Minute, WhyEvery},
		{"pushed by its hub a quarter as often", usual, Feed{Validators: kept, Rhythm: time.Hour, Pushed: now.Add(time.Hour)}, answer{}, 0.5, 2 * time.Hour, WhyRhythm},
		{"no longer pushed", usual, Feed{Validators: kept, Rhythm: time.Hour, Pushed: now.Add(-time.Second)}, answer{}, 0.5, 30 * time.Minute, WhyRhythm},
		{"within seconds where the bounds are seconds", quick, rhythm(30 * 24 * time.Hour), answer{}, 0.5, 5 * time.Second, WhyRhythm},

		{"max-age raises", usual, calm, answer{freshness: 2 * time.Hour}, 0, 2 * time.Hour, WhyFresh},
		{"and never falls short by chance", usual, calm, answer{freshness: 2 * time.Hour}, 1, 2*time.Hour + 6*time.Minute, WhyFresh},
		{"max-age never lowers", usual, calm, answer{freshness: time.Minute}, 0.5, 30 * time.Minute, WhyEvery},
		{"a year of max-age is a mistake", usual, calm, answer{freshness: 365 * 24 * time.Hour}, 0, 24 * time.Hour, WhyFresh},
		{"max-age may exceed max", quick, calm, answer{freshness: time.Minute}, 0, time.Minute, WhyFresh},
		{"ttl raises", usual, Feed{Validators: kept, Asks: Asks{TTL: time.Hour}}, answer{freshness: time.Minute}, 0, time.Hour, WhyFresh},
		{"a year of ttl is a mistake", usual, Feed{Validators: kept, Asks: Asks{TTL: 365 * 24 * time.Hour}}, answer{}, 0, 24 * time.Hour, WhyFresh},
		{"skipHours", usual, Feed{Validators: kept, Asks: Asks{SkipHours: 1<<8 | 1<<9}}, answer{}, 0.5, 2*time.Hour + quarter(""), WhySkip},
		{"skipDays", usual, Feed{Validators: kept, Asks: Asks{SkipDays: 1 << time.Monday}}, answer{}, 0.5, 16*time.Hour + quarter(""), WhySkip},
		{"every hour skipped is nonsense", usual, Feed{Validators: kept, Asks: Asks{SkipHours: 1<<24 - 1}}, answer{}, 0.5, 30 * time.Minute, WhyEvery},
		{"every day skipped is nonsense", usual, Feed{Validators: kept, Asks: Asks{SkipDays: 1<<7 - 1}}, answer{}, 0.5, 30 * time.Minute, WhyEvery},
		{"failures keep to skipped hours too", usual, Feed{Failures: 1, Asks: Asks{SkipHours: 1 << 8}}, failed, 0.5, time.Hour + quarter(""), WhySkip},

		{"first failure", usual, failing(1), failed, 0.5, 30 * time.Minute, WhyBackOff},
		{"second failure", usual, failing(2), failed, 0.5, time.Hour, WhyBackOff},
		{"fifth failure", usual, failing(5), failed, 0.5, 8 * time.Hour, WhyBackOff},
		{"hundredth failure", usual, failing(100), failed, 0.5, 24 * time.Hour, WhyBackOff},
		{"a day is the longest step whatever max is", Rhythm{time.Hour, time.Minute, 365 * 24 * time.Hour}, failing(100), failed, 0.5, 24 * time.Hour, WhyBackOff},
		{"a failure early by chance", usual, failing(2), failed, 0, 48 * time.Minute, WhyBackOff},
		{"max bounds chance too", usual, failing(100), failed, 0.99, 24 * time.Hour, WhyBackOff},
		{"min bounds chance too", quick, failing(1), failed, 0, time.Second, WhyBackOff},
		{"max bounds backing off", quick, failing(9), failed, 0.5, 5 * time.Second, WhyBackOff},
		{"a fast feed begins at twice its interval", usual, Feed{Validators: kept, Rhythm: 10 * time.Minute, Failures: 1}, failed, 0.5, 10 * time.Minute, WhyBackOff},
		{"a slow feed begins at every", usual, Feed{Validators: kept, Rhythm: 30 * 24 * time.Hour, Failures: 1}, failed, 0.5, 30 * time.Minute, WhyBackOff},
		{"404 is asked daily at last", usual, failing(50), status(404, 0), 0.5, 24 * time.Hour, WhyBackOff},
		{"401 too", usual, failing(50), status(401, 0), 0.5, 24 * time.Hour, WhyBackOff},
		{"503 with Retry-After", usual, failing(1), status(503, 3*time.Hour), 0, 3 * time.Hour, WhyRetryAfter},
		{"429 without Retry-After doubles", usual, failing(1), status(429, 0), 0.5, time.Hour, WhyBackOff},
		{"503 without Retry-After doubles", usual, failing(2), status(503, 0), 0.5, 2 * time.Hour, WhyBackOff},
		{"429 with a Retry-After beyond max", usual, failing(1), status(429, 48*time.Hour), 0, 48 * time.Hour, WhyRetryAfter},
		{"Retry-After of a year is a mistake", usual, failing(1), status(429, 365*24*time.Hour), 0, 7 * 24 * time.Hour, WhyRetryAfter},
		{"Retry-After shorter than our own wait", usual, failing(1), status(429, time.Second), 0.5, 30 * time.Minute, WhyBackOff},
		{"Retry-After of two seconds is two seconds", quick, failing(1), status(429, 2*time.Second), 0, 2 * time.Second, WhyRetryAfter},
		{"a host that is held says until when", usual, failing(1), answerOf(Response{}, &heldError{2 * time.Hour}), 0, 2 * time.Hour, WhyRetryAfter},
		{"gone", usual, failing(1), status(http.StatusGone, 0), 0.5, 24 * time.Hour, WhyGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, why := nextPoll(now, c.rhythm, c.feed, c.answer, c.chance)
			if got := at.Sub(now); got.Round(time.Second) != c.want.Round(time.Second) || why != c.why {
				t.Errorf("in %v because of %s, want %v because of %s", got, why, c.want, c.why)
			}
		})
	}
}

// quarter is how far into an hour a feed comes that has waited for it.
func quarter(address string) time.Duration {
	return time.Duration(phase(address) * float64(15*time.Minute))
}

// TestFeedsThatBeganTogetherPart: a thousand feeds are polled at one moment.
// No tenth of the time until their next polls gets more than a fifth of them,
// and the same feeds come in the same order after every start.
func TestFeedsThatBeganTogetherPart(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	b := Rhythm{Every: 30 * time.Minute, Min: 5 * time.Minute, Max: 24 * time.Hour}
	var tenths [10]int
	for i := range 1000 {
		f := Feed{URL: "https://amt.example/" + strconv.Itoa(i)}
		at, _ := nextPoll(now, b, f, answer{astray: true}, 0.5)
		again, _ := nextPoll(now, b, f, answer{astray: true}, 0.5)
		if !at.Equal(again) {
			t.Fatal("not the same phase twice")
		}
		wait := at.Sub(now)
		if wait < b.Every/2 || wait >= b.Every {
			t.Fatalf("in %v", wait)
		}
		tenths[(wait-b.Every/2)*20/b.Every]++
	}
	for i, n := range tenths {
		if n < 50 || n > 200 {
			t.Errorf("%d feeds in tenth %d: %v", n, i, tenths)
		}
	}
}

func TestConditions(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	v := Validators{ETag: `"1"`, From: "https://amt.example/f"}
	for _, c := range []struct {
		name string
		feed Feed
		want Validators
	}{
		{"a body that is stored", Feed{Validators: v, BodyHash: "x", LastBody: now.Add(-7 * 24 * time.Hour)}, v},
		{"nothing is stored", Feed{Validators: v, LastBody: now}, Validators{}},
		{"the last body is eight days old", Feed{Validators: v, BodyHash: "x", LastBody: now.Add(-8 * 24 * time.Hour)}, Validators{}},
		{"nobody knows how old it is", Feed{Validators: v, BodyHash: "x"}, Validators{}},
	} {
		if got := conditions(c.feed, now); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestHealth(t *testing.T) {
	t0 := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	f := Feed{State: StateNew, Since: t0.Add(-time.Hour)}
	for i, step := range []struct {
		answer   answer
		state    State
		reason   string
		since    int // hours after t0
		failures int
	}{
		{answer{}, StateOK, "", 0, 0},
		{answer{}, StateOK, "", 0, 0},
		{answer{err: &StatusError{Status: 503}}, StateFailing, "HTTP 503 Service Unavailable", 2, 1},
		{answer{err: &StatusError{Status: 404}}, StateFailing, "HTTP 404 Not Found", 2, 2},
		{answer{took: 12 * time.Second}, StateSlow, "took 12 s to answer", 4, 0},
		{answer{movedTo: "https://neu.example/feed"}, StateMoved, "moved permanently to https://neu.example/feed", 5, 0},
		{answer{}, StateOK, "", 6, 0},
		{answer{err: &StatusError{Status: 410}}, StateGone, "HTTP 410 Gone", 7, 1},
	} {
		at := t0.Add(time.Duration(i) * time.Hour)
		f = health(f, at, step.answer)
		if f.State != step.state || bare(f.Reason) != step.reason || !f.Since.Equal(t0.Add(time.Duration(step.since)*time.Hour)) || f.Failures != step.failures {
			t.Errorf("step %d: %s %q since %v, %d failures", i, f.State, f.Reason, f.Since, f.Failures)
		}
		if !f.LastPoll.Equal(at) || (step.answer.err == nil) != f.LastSuccess.Equal(at) {
			t.Errorf("step %d: last poll %v, last success %v", i, f.LastPoll, f.LastSuccess)
		}
	}
}
