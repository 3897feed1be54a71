package feeds

import (
	"context"
	"errors"
	"time"
)

// Store keeps what polling needs.
type Store interface {
	// Due lists the feeds whose NextPoll is not after now, longest overdue
	// first; with all, every feed that is not gone. It leaves out their marks.
	Due(ctx context.Context, now time.Time, all bool) ([]Feed, error)
	// Marks gives the Feed.Marks of a feed; nil: there are none. Most polls bring
	// no body to read by them, and of a thousand feeds they are megabytes.
	Marks(ctx context.Context, feed int64) ([]byte, error)
	// SavePoll stores what one poll brought, in one transaction.
	SavePoll(ctx context.Context, p Poll) (Saved, error)
	// Topics lists the topics to classify by.
	Topics(ctx context.Context) ([]Topic, error)
	// Hold notes that a host asked to be left alone until then, be it later than
	// what it asked before; what is shorter changes nothing. A host has its port
	// with it where it is not the usual one.
	Hold(ctx context.Context, host string, until time.Time) error
	// Holds gives the hosts that are to be left alone at now, and until when.
	Holds(ctx context.Context, now time.Time) (map[string]time.Time, error)
}

// Poll is what one poll of one feed brought. Feed carries the feed's new
// state: health, validators, next poll. Items is nil where nothing was read
// (304, failure).
type Poll struct {
	Feed    Feed
	At      time.Time // when the answer was read; becomes Seen of what is new
	Items   []Entry   // in the feed's order, without those that the marks say are known and unchanged
	Skipped int       // items that the feed listed besides, known and unchanged, and that were not read again
	Topics  []Topic   // what Items were classified by; the store does it again where they have changed. nil: it takes Items as they are
	Again   time.Time // where a push wants the feed polled again and Feed was read before it did: by then, and without validators or marks
	PagesBy time.Time // until when new items wait for their pages before they are news (Feed.FullText); zero: they do not
}

// Entry is one item of one poll, classified and analysed. The item's ID, Seen,
// Dated and News are the store's to give. SavePoll finds the item it belongs
// to by the feed's own Key, else (first sighting in this feed) by Link in any
// feed, else it is new. A known item whose title, teaser, text or date changed
// is updated; one that a second feed carries only gains a sighting.
type Entry struct {
	Item
	Key    string   // identity inside its feed: GUID, else canonical link, else title and day
	Link   string   // canonical link, the identity across feeds; empty: none, or shared by several items of this document
	Tokens []string // index tokens of its text
}

// Saved counts what SavePoll did.
type Saved struct {
	New     int // items we did not have
	Updated int // items that changed
	Known   int // items that were already there, second sightings and skipped ones included
	Held    int // new items that the flood brake keeps from being news; not part of New
	Renamed int // items of a flood that are known under other names: a site that moved and publishes all anew; part of Updated or Known
}

// ErrNotFound is what a look-up answers where there is nothing of that name.
var ErrNotFound = errors.New("not found")
