package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"runtime/debug"

	"depesche/feeds/keyword"
)

// read turns a response into a poll: parsed, identified, classified. The
// feed's validators become the response's, to be stored with the items. A
// panic, whatever a body provoked it with, is that feed's failure.
func (p *Poller) read(in Poll, resp Response, topics []Topic) (out Poll, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.opts.Log.Error("a feed could not be read", "feed", in.Feed.Label(), "panic", r, "stack", string(debug.Stack()))
			err = unreadable(sayUnreadable)
		}
	}()
	out = in
	out.Topics = topics
	out.Feed.Validators = resp.Validators
	if resp.NotModified {
		return out, nil
	}
	out.Feed.LastBody = in.At
	sum := sha256.Sum256(resp.Body)
	hash := hex.EncodeToString(sum[:])
	if hash == in.Feed.BodyHash {
		return out, nil
	}
	r, err := in.Feed.read(resp)
	if err != nil {
		return out, proposed(err, resp)
	}
	doc := r.doc
	out.Skipped, out.Feed.Marks = r.skipped, r.marks
	if len(doc.Items)+r.skipped == 0 && in.Feed.Items >= emptyAfter {
		return out, unreadable(sayWentEmpty, in.Feed.Items)
	}
	out.Feed.Asks = Asks{TTL: doc.TTL, SkipHours: doc.SkipHours, SkipDays: doc.SkipDays}
	out.Feed.Asks.Hub, out.Feed.Asks.Self = hubAndTopic(doc, resp)
	out.Feed.BodyHash = hash
	out.Feed.Title = firstOf(cut(doc.Title, 500), in.Feed.Title)
	out.Feed.Site = firstOf(doc.Site, in.Feed.Site)
	out.Items = doc.Entries()
	for i := range out.Items {
		classify(&out.Items[i], out.Feed.Label(), topics)
	}
	return out, nil
}

// classify analyses an item once, for topics and for the index.
func classify(e *Entry, source string, topics []Topic) {
	e.Source = source
	doc := keyword.Analyse(e.Text())
	e.Matches = Classify(topics, doc)
	e.Tokens = doc.Tokens()
}
