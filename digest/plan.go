package digest

import (
	"time"

	"depesche/feeds/keyword"
)

// Kind says what occasion a plan serves.
type Kind string

// A digest comes from the configuration; the others serve subscriptions.
const (
	KindDigest Kind = "digest"
	KindNow    Kind = "now"
	KindDaily  Kind = "daily"
	KindWeekly Kind = "weekly"
)

// Schedule gives the next time strictly after t; the zero time means never.
// robfig/cron's Schedule is one.
type Schedule interface {
	Next(t time.Time) time.Time
}

// Plan is one recurring message to one target: a digest that the
// configuration declares, or what one channel or person subscribed to at one
// cadence. An item appears at most once in all messages of one plan.
type Plan struct {
	Name     string // unique: "digest:morgen", "now:C0123456", "daily:U0123456"
	Label    string // for people: "morgen"; empty for subscriptions
	Kind     Kind
	Target   string         // Slack channel or user id
	Language string         // "de" or "en"
	Location *time.Location // zone of Schedule and of every date shown
	Schedule Schedule       // nil for KindNow
	Cron     string         // as configured, for people
	Rules    []Rule
	Filter   *keyword.Query // narrows all rules; nil: no restriction
}

// Rule is what one section of a plan takes. Exactly one of Topic, Query and
// All is set.
type Rule struct {
	Title string         // heading of the section
	Topic string         // takes items that this topic accepted when they were classified
	Query *keyword.Query // takes items that this query accepts
	All   bool           // takes every item
	After int64          // takes only items whose News is greater
}

// Cadence says how often a subscription delivers; it is one of KindNow,
// KindDaily, KindWeekly.
type Cadence = Kind

// Subscription is a query that a channel or a person follows.
type Subscription struct {
	ID       int64
	Query    string // canonical form
	Cadence  Cadence
	Target   string // channel id, or user id for a personal one
	Creator  string // user id
	Language string
	Created  time.Time // UTC
	After    int64     // News rank at creation: only later items are delivered
}
