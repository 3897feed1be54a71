package feeds

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestMoved(t *testing.T) {
	const old, neu, third = "https://amt.example/rss", "https://neu.example/rss", "https://dritt.example/rss"
	type step struct {
		hour int
		to   string
		want string // the address asked from then on
	}
	for _, c := range []struct {
		name  string
		feed  Feed
		steps []step
	}{
		{"three times over a day", Feed{URL: old}, []step{{0, neu, old}, {12, neu, old}, {24, neu, neu}}},
		{"three times within hours prove nothing", Feed{URL: old}, []step{{0, neu, old}, {1, neu, old}, {2, neu, old}, {3, neu, old}, {25, neu, neu}}},
		{"a day and two answers prove nothing", Feed{URL: old}, []step{{0, neu, old}, {48, neu, old}, {49, neu, neu}}},
		{"a plain answer between begins anew", Feed{URL: old}, []step{{0, neu, old}, {12, neu, old}, {13, "", old}, {24, neu, old}, {30, neu, old}, {47, neu, old}, {48, neu, neu}}},
		{"another target begins anew", Feed{URL: old}, []step{{0, neu, old}, {12, neu, old}, {24, third, old}, {36, third, old}, {48, third, third}}},
		{"it moves on", Feed{URL: old, Move: Move{Adopted: neu}}, []step{{0, "", neu}, {1, third, neu}, {13, third, neu}, {25, third, third}}},
		{"it comes home", Feed{URL: old, Move: Move{Adopted: neu}}, []step{{0, old, neu}, {12, old, neu}, {24, old, old}}},
		{"a password is not left behind", Feed{URL: "https://a:b@amt.example/"}, []step{{0, neu, "https://a:b@amt.example/"}, {12, neu, "https://a:b@amt.example/"}, {48, neu, "https://a:b@amt.example/"}}},
		{"an endless address is not adopted", Feed{URL: old}, []step{{0, neu + strings.Repeat("x", 2000), old}, {12, neu + strings.Repeat("x", 2000), old}, {48, neu + strings.Repeat("x", 2000), old}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
			f := c.feed
			for _, s := range c.steps {
				f.Move = moved(f, s.to, start.Add(time.Duration(s.hour)*time.Hour))
				if got := f.Address(); got != s.want {
					t.Fatalf("after %d hours %s is asked, want %s", s.hour, got, s.want)
				}
			}
		})
	}
}

func TestForsaken(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	away := &net.DNSError{IsNotFound: true}
	for _, c := range []struct {
		name     string
		adopted  string
		failures int
		success  time.Duration // how long ago
		err      error
		want     bool
	}{
		{"gone is gone", "https://neu.example/", 0, time.Hour, &StatusError{Status: 410}, true},
		{"gone, and nothing to go back to", "", 0, time.Hour, &StatusError{Status: 410}, false},
		{"not found for days", "https://neu.example/", 3, 73 * time.Hour, &StatusError{Status: 404}, true},
		{"no such host for days", "https://neu.example/", 3, 73 * time.Hour, away, true},
		{"not found for a day", "https://neu.example/", 9, 24 * time.Hour, &StatusError{Status: 404}, false},
		{"not found, after days of no polls", "https://neu.example/", 0, 99 * time.Hour, &StatusError{Status: 404}, false},
		{"broken for days", "https://neu.example/", 9, 99 * time.Hour, &StatusError{Status: 500}, false},
		{"no answer for days", "https://neu.example/", 9, 99 * time.Hour, errors.New("x"), false},
	} {
		f := Feed{URL: "https://amt.example/", Move: Move{Adopted: c.adopted}, Failures: c.failures, LastSuccess: now.Add(-c.success)}
		if got := forsaken(f, c.err, now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
