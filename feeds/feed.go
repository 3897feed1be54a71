package feeds

import "time"

// Role says what a feed is to the desk.
type Role string

// The roles of a feed. A rival is another outlet, own is the desk's own site,
// primary is the body that an item is about, vendor sells to such bodies.
const (
	RoleRival   Role = "rival"
	RoleOwn     Role = "own"
	RolePrimary Role = "primary"
	RoleVendor  Role = "vendor"
)

// State is a feed's health in one word.
type State string

// The states of a feed.
const (
	StateNew     State = "new"     // not polled yet
	StateOK      State = "ok"      // the last poll worked
	StateSlow    State = "slow"    // works, but takes longer than ten seconds
	StateFailing State = "failing" // the last polls failed; Reason says why
	StateSilent  State = "silent"  // works, but nothing new came for longer than usual
	StateMoved   State = "moved"   // redirects permanently
	StateGone    State = "gone"    // answered 410; no longer asked
)

// Origin says who put a feed on the list.
type Origin string

// A feed is declared in the configuration file or was added by the desk.
const (
	OriginFile Origin = "file"
	OriginDesk Origin = "desk"
)

// Feed is one source and what is known of it. All times are UTC.
type Feed struct {
	ID       int64
	URL      string
	Name     string // the desk's name for it; where empty, see Label
	Title    string // what the feed calls itself
	Site     string // address of the site it belongs to
	Role     Role
	Owner    string // Slack user to tell when it breaks; may be empty
	FullText bool
	Origin   Origin

	Validators        // of the last body that was stored
	BodyHash   string // SHA-256 of that body, hex

	State       State
	Reason      string    // why State is what it is, one sentence for a person; empty when ok
	Since       time.Time // since when State holds
	Failures    int       // failed polls in a row
	LastPoll    time.Time // zero: never
	LastSuccess time.Time // zero: never; also decides what a first poll is
	NextPoll    time.Time // zero: at once
	LastNew     time.Time // when it last brought a new item
	Items       int       // items seen in it so far
}

// Label is the name to show: the desk's, else the feed's own, else its host.
func (f Feed) Label() string {
	return firstOf(f.Name, f.Title, hostOf(f.URL), SafeURL(f.URL))
}

// Validators are what a server gave for conditional requests, byte for byte
// (RFC 9110, 8.8 and 13.1).
type Validators struct {
	ETag         string
	LastModified string
}
