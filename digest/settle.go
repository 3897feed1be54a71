package digest

import (
	"errors"
	"time"
)

// How long a delivery waits for its next attempt.
const (
	firstWait  = time.Second
	longWait   = 5 * time.Minute  // doubling ends here
	targetWait = 5 * time.Minute  // the channel refuses: only a person can help
	accessWait = 10 * time.Minute // the token is refused: likewise
	lease      = 30 * time.Second // a delivery under way is left alone by others: postLimit, postGrace and settleLimit together, and more
)

// MaxWait is the longest that a delivery waits for its next attempt, whatever
// the receiver asks for. One that would wait longer was put off by a clock that
// was wrong.
const MaxWait = time.Hour

// attempted is the delivery as the ledger has it while it is posted. Should the
// process die, it is due again when the lease ends.
func attempted(d Delivery, now time.Time) Delivery {
	d.Attempts++
	d.Reason = unsure + beingSent.en
	d.NotBefore = now.Add(lease)
	return d
}

// Settle says what a post made of a delivery whose Attempts count that post.
// A delivery that was accepted is sent; one whose message is refused has failed;
// every other waits for another attempt: as long as the receiver asked for, else
// from one second doubling to five minutes, five minutes where the channel
// refuses, and ten where the token is refused, but no longer than MaxWait. A
// message whose channel refuses is kept: somebody who forgot to invite the bot
// gets the digest once that is mended.
func Settle(d Delivery, receipt Receipt, err error, now time.Time) Delivery {
	if err == nil {
		d.Status, d.Reason, d.NotBefore = StatusSent, "", time.Time{}
		d.Sent, d.Channel, d.TS = now, receipt.Channel, receipt.TS
		return d
	}
	p := postError(err)
	wait := min(p.RetryAfter, MaxWait)
	if wait <= 0 {
		wait = backOff(d.Attempts)
	}
	switch p.Class {
	case ClassMessage:
		d.Status, d.Reason, d.NotBefore = StatusFailed, explained(p), time.Time{}
	case ClassTarget:
		d.Reason, d.NotBefore = explained(p), now.Add(targetWait)
	case ClassAccess:
		d.Reason, d.NotBefore = explained(p), now.Add(accessWait)
	case ClassWait:
		d.Reason, d.NotBefore = explained(p), now.Add(wait)
	default:
		d.Reason, d.NotBefore = unsure+explained(p), now.Add(wait)
	}
	return d
}

// lookError says that it could not be found out whether a message arrived.
type lookError struct{ err error }

func (e *lookError) Error() string { return "look for the message: " + e.err.Error() }

// Unwrap gives the cause.
func (e *lookError) Unwrap() error { return e.err }

// postError reads an error of a Poster; what is no *PostError may have arrived.
// So may what was looked for in vain: it stays of unknown outcome, for however
// long the look-up has to wait.
func postError(err error) *PostError {
	var p *PostError
	known := errors.As(err, &p)
	if look := (*lookError)(nil); errors.As(err, &look) {
		unknown := &PostError{Class: ClassUnknown, Code: "no_answer", Err: err}
		if known {
			unknown.Code, unknown.RetryAfter = p.Code, p.RetryAfter
		}
		return unknown
	}
	if known {
		return p
	}
	return &PostError{Class: ClassUnknown, Code: "no_answer", Err: err}
}

// backOff is the wait after so many attempts.
func backOff(attempts int) time.Duration {
	wait := firstWait
	for i := 1; i < attempts && wait < longWait; i++ {
		wait *= 2
	}
	return min(wait, longWait)
}

// needsPerson reports whether waiting alone will not mend it.
func needsPerson(err error) bool {
	class := postError(err).Class
	return class == ClassTarget || class == ClassAccess
}
