package feeds

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestNextPoll(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	r := Rhythm{Every: 30 * time.Minute, Min: 5 * time.Minute, Max: 24 * time.Hour}
	status := func(code int, after time.Duration) answer {
		return answer{err: &StatusError{Status: code}, retryAfter: after}
	}
	failed := answer{err: errors.New("x")}
	for _, c := range []struct {
		name     string
		rhythm   Rhythm
		failures int
		answer   answer
		chance   float64
		want     time.Duration
		why      Why
	}{
		{"works", r, 0, answer{}, 0.5, 30 * time.Minute, WhyRhythm},
		{"works, early by chance", r, 0, answer{}, 0, 27 * time.Minute, WhyRhythm},
		{"works, late by chance", r, 0, answer{}, 1, 33 * time.Minute, WhyRhythm},
		{"max-age raises", r, 0, answer{freshness: 2 * time.Hour}, 0.5, 2 * time.Hour, WhyFresh},
		{"max-age never lowers", r, 0, answer{freshness: time.Minute}, 0.5, 30 * time.Minute, WhyRhythm},
		{"a year of max-age is a mistake", r, 0, answer{freshness: 365 * 24 * time.Hour}, 0.5, 24 * time.Hour, WhyFresh},
		{"max-age may exceed max", Rhythm{time.Second, time.Second, 5 * time.Second}, 0, answer{freshness: time.Minute}, 0.5, time.Minute, WhyFresh},
		{"first failure", r, 1, failed, 0.5, 30 * time.Minute, WhyBackOff},
		{"second failure", r, 2, failed, 0.5, time.Hour, WhyBackOff},
		{"fifth failure", r, 5, failed, 0.5, 8 * time.Hour, WhyBackOff},
		{"hundredth failure", r, 100, failed, 0.5, 24 * time.Hour, WhyBackOff},
		{"max bounds chance too", r, 100, failed, 0.99, 24 * time.Hour, WhyBackOff},
		{"min bounds chance too", Rhythm{time.Second, time.Second, 5 * time.Second}, 1, failed, 0, time.Second, WhyBackOff},
		{"max bounds backing off", Rhythm{time.Second, time.Second, 5 * time.Second}, 9, failed, 0.5, 5 * time.Second, WhyBackOff},
		{"503 with Retry-After", r, 1, status(503, 3*time.Hour), 0.5, 3 * time.Hour, WhyRetryAfter},
		{"429 with a Retry-After beyond max", r, 1, status(429, 48*time.Hour), 0.5, 48 * time.Hour, WhyRetryAfter},
		{"Retry-After of a year is a mistake", r, 1, status(429, 365*24*time.Hour), 0.5, 7 * 24 * time.Hour, WhyRetryAfter},
		{"Retry-After shorter than our own wait", r, 1, status(429, time.Second), 0.5, 30 * time.Minute, WhyBackOff},
		{"gone", r, 1, status(http.StatusGone, 0), 0.5, 24 * time.Hour, WhyGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, why := nextPoll(now, c.rhythm, c.failures, c.answer, c.chance)
			if at.Sub(now) != c.want || why != c.why {
				t.Errorf("in %v because of %s, want %v because of %s", at.Sub(now), why, c.want, c.why)
			}
		})
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
