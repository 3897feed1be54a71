package feeds

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// Check fetches and parses one address and reports what would be read. It
// changes nothing; New counts the items that the document has.
func (p *Poller) Check(ctx context.Context, url string) Report {
	r, _ := p.CheckFeed(ctx, Feed{URL: url})
	return r
}

// CheckFeed is Check for a feed that may be a list, and gives what it has, in
// its order.
func (p *Poller) CheckFeed(ctx context.Context, f Feed) (Report, []Item) {
	r := Report{URL: SafeURL(f.URL), Name: f.Label(), Outcome: OutcomeFailed}
	large := turn{places: p.large}
	defer large.end()
	resp, err := p.client.ask(ctx, f, Validators{}, large.take)
	r.Millis = resp.Took.Milliseconds()
	if err != nil {
		return r.failed(err, f), nil
	}
	f.Marks = nil // all of it is to be read
	got, err := f.read(resp)
	if err != nil {
		return r.failed(err, f), nil
	}
	doc := got.doc
	r.Name = firstOf(f.Name, doc.Title, r.Name)
	r.Outcome, r.New = OutcomeNew, len(doc.Items)
	switch {
	case len(doc.Items) == 0:
		r.Outcome, r.Reason = OutcomeUnchanged, join(sayNoItems.with(), cureNoItems)
	case resp.MovedTo != "":
		r.Reason = join(sayMoved.with(cut(resp.MovedTo, 500)), cureMoved)
	}
	return r, doc.Items
}

// failed is the report of a check that failed, as a poll would say it.
func (r Report) failed(err error, f Feed) Report {
	r.Reason, r.Rests = explained(err, f), rests(err)
	if errors.As(err, new(*heldError)) {
		r.Outcome = OutcomeSkipped // nobody was asked
	}
	return r
}

// rests says that a host asks to be left alone for a while: nothing is broken,
// and nobody has to do anything.
func rests(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Status == http.StatusTooManyRequests || status.overloaded() && status.RetryAfter > 0
	}
	return errors.As(err, new(*heldError))
}

// Cure gives what to do about a reason (Feed.Reason, Report.Reason), for whom
// runs the program; empty where it does not say.
func Cure(reason string) string {
	return strings.TrimPrefix(strings.TrimPrefix(reason, SayReason(reason, "en")), "; ")
}
