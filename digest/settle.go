package digest

import (
	"errors"
	"strings"
	"time"
)

// How long a delivery waits for its next attempt.
const (
	firstWait  = time.Second
	longWait   = 5 * time.Minute  // doubling ends here
	accessWait = 10 * time.Minute // the token is refused: only a person can help
	lease      = 30 * time.Second // a delivery under way is left alone by others: postLimit, postGrace and settleLimit together, and more
)

// unsure begins the Reason of a delivery of which nobody knows whether it
// arrived. It stands there from before it is posted until it is settled, so
// that a process that dies in between leaves a trace.
const unsure = "outcome unknown: "

// Unsure reports whether the delivery may have arrived although it is pending.
func (d Delivery) Unsure() bool {
	return d.Status == StatusPending && strings.HasPrefix(d.Reason, unsure)
}

// attempted is the delivery as the ledger has it while it is posted. Should the
// process die, it is due again when the lease ends.
func attempted(d Delivery, now time.Time) Delivery {
	d.Attempts++
	d.Reason = unsure + "it was being sent"
	d.NotBefore = now.Add(lease)
	return d
}

// Settle says what a post made of a delivery whose Attempts count that post.
// A delivery that was accepted is sent; one whose target or message is refused
// has failed; every other waits for another attempt: as long as the receiver
// asked for, else from one second doubling to five minutes, and ten minutes
// where the token is refused.
func Settle(d Delivery, receipt Receipt, err error, now time.Time) Delivery {
	if err == nil {
		d.Status, d.Reason, d.NotBefore = StatusSent, "", time.Time{}
		d.Sent, d.Channel, d.TS = now, receipt.Channel, receipt.TS
		return d
	}
	p := postError(err)
	wait := p.RetryAfter
	if wait <= 0 {
		wait = backOff(d.Attempts)
	}
	switch p.Class {
	case ClassTarget, ClassMessage:
		d.Status, d.Reason, d.NotBefore = StatusFailed, explained(p), time.Time{}
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
		unknown := &PostError{Class: ClassUnknown, Code: "no answer", Err: err}
		if known {
			unknown.Code, unknown.RetryAfter = p.Code, p.RetryAfter
		}
		return unknown
	}
	if known {
		return p
	}
	return &PostError{Class: ClassUnknown, Code: "no answer", Err: err}
}

// backOff is the wait after so many attempts.
func backOff(attempts int) time.Duration {
	wait := firstWait
	for i := 1; i < attempts && wait < longWait; i++ {
		wait *= 2
	}
	return min(wait, longWait)
}

// cures say in words what Slack's codes mean and what to do
// (chat.postMessage, "Errors").
var cures = map[string]string{
	"channel_not_found":                   "there is no such channel, or it is private and the bot is not in it; invite the bot with /invite, or name another channel",
	"not_in_channel":                      "the bot is not in the channel; invite it with /invite",
	"is_archived":                         "the channel is archived; bring it back, or name another channel",
	"no_permission":                       "the bot may not write there; ask the channel's owner, or name another channel",
	"restricted_action":                   "only some people may write in the channel; allow the bot to, or name another channel",
	"messages_tab_disabled":               "the app's Messages tab is off; switch it on in the app's settings, or choose a channel",
	"user_not_found":                      "there is no such person in this workspace",
	"user_disabled":                       "the person's account is switched off",
	"missing_scope":                       "the token lacks a right; install the app again with the current manifest",
	"token_revoked":                       "the token was revoked; install the app again and set the new token",
	"token_expired":                       "the token has expired; install the app again and set the new token",
	"invalid_auth":                        "the token is not accepted; check SLACK_BOT_TOKEN",
	"not_authed":                          "the token is missing; check SLACK_BOT_TOKEN",
	"account_inactive":                    "the app was removed from the workspace; install it again and set the new token",
	"ratelimited":                         "Slack asks to wait",
	"rate_limited":                        "Slack asks to wait",
	"service_unavailable":                 "Slack is out of order",
	"restricted_action_read_only_channel": "the channel is read-only; allow the bot to write, or name another channel",
}

// explained is the code and what it means: the code first, so that a person
// can look it up and a program can translate it.
func explained(p *PostError) string {
	text, ok := cures[p.Code]
	if !ok {
		switch p.Class {
		case ClassTarget:
			text = "the channel cannot be posted to"
		case ClassAccess:
			text = "the workspace refuses the bot"
		case ClassMessage:
			text = "the message was refused, in its plain form too"
		case ClassWait:
			text = "it is tried again"
		default:
			text = "the connection broke or the answer made no sense; it is looked for, and sent again"
		}
	}
	if p.Code == "" {
		return text
	}
	return p.Code + ": " + text
}
