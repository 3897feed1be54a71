package digest

import (
	"encoding/json"
	"time"

	"depesche/feeds"
)

// Digest is one composed message before rendering. Sections without items are
// left out; an item stands in the first section that takes it, and nowhere else.
type Digest struct {
	Plan     Plan
	At       time.Time // when it was composed
	From, To time.Time // what it covers; From may be zero (unknown)
	Sections []Section
	Coverage Coverage
}

// Section is one topic's or query's items, newest first.
type Section struct {
	Title string
	Items []feeds.Item
}

// Count is the number of items in all sections.
func (d Digest) Count() int {
	n := 0
	for _, s := range d.Sections {
		n += len(s.Items)
	}
	return n
}

// Coverage says what silence means: what was asked, what is broken, what found nothing.
type Coverage struct {
	Sources int          // feeds on the list
	Checked int          // of them, those whose last poll worked
	Broken  []feeds.Feed // failing or gone, longest first
	Silent  []feeds.Feed // of those checked: clearly quieter than their own rhythm, longest first
	Quiet   []string     // titles of rules that no item answers, not even one that stands in an earlier section
}

// Message is one Slack message: blocks as JSON, and the text that screen
// readers and notifications use.
type Message struct {
	Text   string          `json:"text"`
	Blocks json.RawMessage `json:"blocks"`
}

// Status is where a delivery stands.
type Status string

// A delivery is pending until Slack accepted it (sent) or it is known that it
// never will be (failed).
const (
	StatusPending Status = "pending"
	StatusSent    Status = "sent"
	StatusFailed  Status = "failed"
)

// Delivery is one message, or part of one, to one target: a line of the ledger.
type Delivery struct {
	ID        int64
	Key       string // unique: "<plan>/<scheduled, RFC 3339 UTC>/<part>"
	Plan      string // Plan.Name
	Target    string
	Part      int // from 1
	Parts     int
	Message   Message
	Status    Status
	Attempts  int
	Reason    string    // why it is not sent yet, or failed; for people
	NotBefore time.Time // next attempt; zero: at once
	Created   time.Time
	Sent      time.Time
	Channel   string // as Slack answered (a DM's id differs from the user's)
	TS        string // Slack's timestamp of the message
}

// Run is one execution of a plan.
type Run struct {
	Plan       string
	Scheduled  time.Time // the occasion; (Plan, Scheduled) is unique
	At         time.Time
	Upto       int64   // every item with News up to this was considered
	Items      []int64 // items that the messages show
	Deliveries []Delivery
}

// Progress is how far a plan has come.
type Progress struct {
	Plan      string
	Upto      int64     // News rank of the last item considered
	Scheduled time.Time // of the last run; zero: none yet
	At        time.Time // of the last run, or of the plan's creation
}

// Outcome is what became of one item in one plan.
type Outcome struct {
	Plan       string
	Scheduled  time.Time
	Deliveries []Delivery
}
