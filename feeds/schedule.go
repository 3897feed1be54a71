package feeds

import (
	"errors"
	"net/http"
	"time"
)

// Rhythm bounds how often feeds are asked.
type Rhythm struct {
	Every time.Duration // between polls of a feed that works
	Min   time.Duration // bounds of every interval that we choose by ourselves,
	Max   time.Duration // backing off included
}

// Bounds of what a server may ask for: a Retry-After of a year, or an absurd
// max-age, is a fault and not a wish.
const (
	maxRetryAfter = 7 * 24 * time.Hour
	maxFreshness  = 24 * time.Hour
)

// emptyAfter is how many items a feed must have carried for an empty document
// to be suspicious.
const emptyAfter = 5

// answer is what one poll met, all that the decisions below need of it.
type answer struct {
	err        error         // nil: it worked
	took       time.Duration // for the whole exchange
	movedTo    string        // where permanent redirects lead
	freshness  time.Duration // what the server or the feed asks: not again before
	retryAfter time.Duration // what a refusing server asks
	overloaded bool          // its host is, not only this feed (429, 503)
}

// answerOf sums up a response.
func answerOf(r Response, err error) answer {
	a := answer{err: err, took: r.Took, movedTo: r.MovedTo, freshness: r.MaxAge}
	var status *StatusError
	if errors.As(err, &status) {
		a.retryAfter = status.RetryAfter
		a.overloaded = status.overloaded()
	}
	return a
}

func (a answer) gone() bool {
	var status *StatusError
	return errors.As(a.err, &status) && status.Status == http.StatusGone
}

// Why says which rule chose the time of the next poll.
type Why string

// The rules, in the words of logs.
const (
	WhyRhythm     Why = "its rhythm"
	WhyFresh      Why = "the server or the feed asks to wait"
	WhyBackOff    Why = "backing off after failures"
	WhyRetryAfter Why = "Retry-After"
	WhyGone       Why = "gone, not asked again"
)

// nextPoll chooses when a feed is asked again. failures counts this answer's
// failure too; chance, in [0,1), spreads what would else come in step. What we
// choose stays between r.Min and r.Max; what a server asks for may be later.
//
//   - It worked: r.Every, 10 % more or less, and not before max-age or ttl is over.
//   - It failed: r.Every, doubled with every further failure in a row, 20 % more
//     or less, and not before Retry-After (RFC 9110, 10.2.3).
//   - 410 Gone (RFC 9110, 15.5.11): not at all; the time is only a formality.
func nextPoll(now time.Time, r Rhythm, failures int, a answer, chance float64) (time.Time, Why) {
	switch {
	case a.gone():
		return now.Add(r.Max), WhyGone
	case a.err == nil:
		wait := r.clamp(spread(r.Every, 0.1, chance))
		if asked := min(a.freshness, maxFreshness); asked > wait {
			return now.Add(asked), WhyFresh
		}
		return now.Add(wait), WhyRhythm
	}
	wait := r.Every
	for i := 1; i < failures && wait < r.Max; i++ {
		wait *= 2
	}
	wait = r.clamp(spread(min(wait, r.Max), 0.2, chance))
	if asked := min(a.retryAfter, maxRetryAfter); asked > wait {
		return now.Add(asked), WhyRetryAfter
	}
	return now.Add(wait), WhyBackOff
}

func (r Rhythm) clamp(d time.Duration) time.Duration { return max(r.Min, min(d, r.Max)) }

// spread moves d by at most part of itself, up or down, as chance has it.
func spread(d time.Duration, part, chance float64) time.Duration {
	return time.Duration(float64(d) * (1 + part*(2*chance-1)))
}
