package feeds

import (
	"errors"
	"hash/fnv"
	"net/http"
	"time"
)

// Bounds of what a server may ask for: a Retry-After of a year, or an absurd
// max-age, is a fault and not a wish.
const (
	maxRetryAfter = 7 * 24 * time.Hour
	maxFreshness  = 24 * time.Hour
)

// wholeAfter is how old the last whole body may become. Some servers answer
// 304 for ever once they have begun to; now and then they are asked without
// validators.
const wholeAfter = 8 * 24 * time.Hour

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
	forsaken   bool          // it came from an adopted address that is given up now
	latest     time.Time     // when the feed last had something new; zero: not known
	astray     bool          // the poll came at no chosen time: the first one, or long overdue
}

// answerOf sums up a response.
func answerOf(r Response, err error) answer {
	a := answer{err: err, took: r.Took, movedTo: r.MovedTo, freshness: r.MaxAge}
	var status *StatusError
	var held *heldError
	switch {
	case errors.As(err, &status):
		a.retryAfter, a.overloaded = status.RetryAfter, status.overloaded()
	case errors.As(err, &held):
		a.retryAfter = held.left
	}
	return a
}

func (a answer) gone() bool {
	var status *StatusError
	return !a.forsaken && errors.As(a.err, &status) && status.Status == http.StatusGone
}

// conditions gives the validators to send: those of the last body, unless
// nothing of it is stored, or it is time to see a whole one again.
func conditions(f Feed, now time.Time) Validators {
	if f.BodyHash == "" || now.Sub(f.LastBody) >= wholeAfter {
		return Validators{}
	}
	return f.Validators
}

// Why says which rule chose the time of the next poll.
type Why string

// The rules, in the words of logs.
const (
	WhyEvery      Why = "its rhythm is not known yet"
	WhyRhythm     Why = "its rhythm"
	WhyFresh      Why = "the server or the feed asks to wait"
	WhySkip       Why = "the feed asks not to be read at that hour"
	WhyBackOff    Why = "backing off after failures"
	WhyRetryAfter Why = "Retry-After"
	WhyGone       Why = "gone, not asked again"
)

// nextPoll chooses when a feed is asked again. f is the feed after this
// answer, its failure and what it asks counted; chance, in [0,1), spreads what
// would else come in step. What we choose stays between b.Min and b.Max; what a
// server asks for may be later.
//
//   - It worked: its interval, 10 % more or less. After a poll that came at no
//     chosen time, such as the first, between half of it and the whole, by the
//     feed's address: a thousand feeds that began together part.
//   - Not before max-age, Expires, ttl or sy: is over, at most 24 hours (RFC 9111,
//     4.2), and not in an hour or on a day that the feed rules out.
//   - It failed: b.Every, or twice its interval where that is less, doubled with
//     every further failure in a row up to 24 hours, 20 % more or less; once more
//     for an overloaded server (429, 503) that does not say how long.
//   - Not before Retry-After (RFC 9110, 10.2.3), at most seven days.
//   - 410 Gone (RFC 9110, 15.5.11): not at all; the time is only a formality.
func nextPoll(now time.Time, b Rhythm, f Feed, a answer, chance float64) (time.Time, Why) {
	if a.gone() {
		return now.Add(b.Max), WhyGone
	}
	var wait, asked time.Duration
	var why, askedWhy Why
	if a.err == nil {
		wait, why = b.interval(f, now, a.latest), WhyRhythm
		if f.Rhythm == 0 {
			why = WhyEvery
		}
		if a.astray {
			wait = time.Duration(float64(wait) * (0.5 + 0.5*phase(f.URL)))
		}
		wait = b.clamp(spread(wait, 0.1, chance))
		asked, askedWhy = min(max(a.freshness, f.Asks.TTL), maxFreshness), WhyFresh
	} else {
		wait, why = b.clamp(spread(b.backOff(f, now, a), 0.2, chance)), WhyBackOff
		asked, askedWhy = min(a.retryAfter, maxRetryAfter), WhyRetryAfter
	}
	if asked > wait {
		wait, why = asked+time.Duration(0.05*chance*float64(asked)), askedWhy
	}
	at := now.Add(wait)
	if open := f.Asks.open(at, phase(f.URL)); open.After(at) {
		return open, WhySkip
	}
	return at, why
}

// backOff is how long a feed that failed is left alone.
func (b Rhythm) backOff(f Feed, now time.Time, a answer) time.Duration {
	steps := f.Failures - 1
	if a.overloaded && a.retryAfter == 0 {
		steps++
	}
	longest := min(b.Max, ladderLast)
	wait := min(b.Every, 2*b.interval(f, now, f.LastNew))
	for ; steps > 0 && wait < longest; steps-- {
		wait *= 2
	}
	return min(wait, longest)
}

// spread moves d by at most part of itself, up or down, as chance has it.
func spread(d time.Duration, part, chance float64) time.Duration {
	return time.Duration(float64(d) * (1 + part*(2*chance-1)))
}

// phase is a number in [0,1) that an address always has.
func phase(address string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(address)) // never fails
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // FNV leaves addresses close together that differ at their ends
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return float64(x>>11) / (1 << 53)
}

const (
	allHours = 1<<24 - 1
	allDays  = 1<<7 - 1
)

// shut says whether the feed asks not to be read at a time (RSS 2.0 skipHours
// and skipDays, in UTC). One that rules out every hour or every day means
// something else.
func (a Asks) shut(t time.Time) bool {
	t = t.UTC()
	hours, days := a.SkipHours&allHours, a.SkipDays&allDays
	return hours != allHours && hours>>t.Hour()&1 == 1 || days != allDays && days>>t.Weekday()&1 == 1
}

// open gives the first time, not before t, at which the feed may be read.
// Where that is the beginning of an hour, feeds come in its first quarter,
// each at its own phase.
func (a Asks) open(t time.Time, phase float64) time.Time {
	if !a.shut(t) {
		return t
	}
	for range 8 * 24 {
		t = t.Truncate(time.Hour).Add(time.Hour)
		if !a.shut(t) {
			break
		}
	}
	return t.Add(time.Duration(phase * float64(15*time.Minute)))
}
