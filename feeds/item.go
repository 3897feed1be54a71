package feeds

import (
	"net/url"
	"strings"
	"time"
)

// Item is one news item as the desk sees it, whatever number of feeds carry
// it. Text fields are plain text: no markup, no control characters, valid
// UTF-8. All times are UTC with microseconds; zero means unknown.
type Item struct {
	ID         int64
	GUID       string // as the first feed gave it; may be empty
	URL        string // absolute http(s) address without tracking parameters; may be empty
	Title      string
	Summary    string // the feed's teaser
	Content    string // full text, where the feed or the page gave one; may be empty
	Author     string
	Categories []string
	Published  time.Time // what the feed claims
	Updated    time.Time // what the feed claims
	Seen       time.Time // when we first had it; the clock of everything
	Dated      time.Time // what lists are ordered by, see Date
	News       int64     // rank among all news; 0: never news (found at a feed's first poll, too old or one of too many; see IsArchive)
	Held       bool      // never news so far, although not found at a first poll: the flood brake held it back, or it waits for its page
	Source     string    // Label of the first feed that carried it
	Matches    []Match   // topics that accept it, by topic name
	Page       PageNote  // what became of its article page; filled in where a single item is looked up
}

// Match says that a topic accepts an item, and by which words of its text.
type Match struct {
	Topic string   `json:"topic"`
	Words []string `json:"words"` // distinct, as the text has them, in order of appearance
}

// Sighting is one feed carrying one item.
type Sighting struct {
	Feed     string // Label of the feed
	FeedURL  string
	GUID     string
	URL      string
	Title    string
	Seen     time.Time
	LastSeen time.Time // last poll in which the feed still listed it with a change, or Seen
}

// Behind is what an item without a plausible date is ordered by, where it is
// not to lead lists: it stands behind all that is dated the day we saw it.
func Behind(seen time.Time) time.Time { return seen.Add(-24 * time.Hour) }

// firstPollWindow is how far back a feed's first poll counts as news.
const firstPollWindow = 24 * time.Hour

// Date gives the time that an item is ordered by: what its feed claims, where
// that is plausible, else when we saw it. A claim of more than two days before
// we saw the item is believed only where the item was found at its feed's first
// poll (archive). A claim in the future is never believed; one of more than a
// day ahead is nonsense, and the item stands behind all that is dated the day
// we saw it, so that 2099 never leads a list.
func Date(published, seen time.Time, archive bool) time.Time {
	age := seen.Sub(published)
	switch {
	case published.IsZero():
		return seen
	case age < -24*time.Hour:
		return Behind(seen)
	case age < 0:
		return seen
	case archive || age <= 48*time.Hour:
		return published
	default:
		return seen
	}
}

// FirstDated is how many dated items of a feed's first poll are news at most,
// the newest, and FirstUndated how many undated ones, the first ones of its
// document: nearly all feeds and lists have the newest on top.
const (
	FirstDated   = 100
	FirstUndated = 20
)

// IsArchive says whether an item found at a feed's first poll is no news: it is
// older than a day, or too many of its kind stand before it. A list of sixty
// press releases without dates is no news on the day that it is added, nor is
// an agency's day of five hundred. above is how many stand before it: newer
// ones, and of an item whose date is not given or is nonsense (see Date), those
// without a date.
func IsArchive(published, seen time.Time, above int) bool {
	if Plausible(published, seen) {
		return above >= FirstDated || seen.Sub(published) > firstPollWindow
	}
	return above >= FirstUndated
}

// Plausible says whether a date can be one: it is given, and not more than a
// day ahead of when its item was seen.
func Plausible(published, seen time.Time) bool {
	return !published.IsZero() && published.Sub(seen) <= 24*time.Hour
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
