package feeds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
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
	if in.Feed.List == nil && !ended(resp.Body) {
		out.Feed.Validators = Validators{}
	}
	out.Feed.Title = firstOf(cut(doc.Title, 500), in.Feed.Title)
	out.Feed.Site = firstOf(doc.Site, in.Feed.Site)
	out.Items = doc.Entries()
	for i := range out.Items {
		classify(&out.Items[i], out.Feed.Label(), topics)
	}
	return out, nil
}

// rootEnd is the end tag of a feed's root, in any of its dialects.
var rootEnd = regexp.MustCompile(`(?i)</([\w.-]+:)?(rss|feed|rdf)[\s>]`)

// afterRoot is how many bytes caches and statistics leave behind the root, at most.
const afterRoot = 8 << 10

// ended says whether a body comes to its document's end. One that does not may
// have lost its rest to a connection that broke unnoticed, while its
// validators are those of the whole. So none are kept, and the next poll asks
// without a condition: the same bytes again are the whole, as their publisher
// sees it, and then the validators count.
func ended(body []byte) bool {
	tail := bytes.ReplaceAll(body[max(0, len(body)-afterRoot):], []byte{0}, nil) // in UTF-16, too
	if start := bytes.TrimLeft(body[:min(len(body), 64)], "\xef\xbb\xbf\xfe\xff\x00 \t\r\n"); len(start) > 0 && start[0] == '{' {
		return bytes.HasSuffix(bytes.TrimRight(tail, " \t\r\n"), []byte("}"))
	}
	return rootEnd.Match(tail)
}

// classify analyses an item once, for topics and for the index.
func classify(e *Entry, source string, topics []Topic) {
	e.Source = source
	doc := keyword.Analyse(e.Text())
	e.Matches = Classify(topics, doc)
	e.Tokens = doc.Tokens()
}
