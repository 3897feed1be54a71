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
	Owner    string // Slack user or channel to tell when it breaks; may be empty
	FullText bool
	Origin   Origin
	List     *List // how its page is read, where it is a page that is followed in place of a feed; nil: it is a feed

	Validators           // of the last body that was stored
	BodyHash   string    // SHA-256 of that body, hex
	LastBody   time.Time // when a whole body was last read, be it the same one; zero: never
	Marks      []byte    // what is known of the items of that body, for the next reading; filled in where a body is to be read, see Store.Marks
	Asks       Asks      // what that body asked of its readers
	Move       Move      // where it redirects to for good, as long as it does
	Unstable   int       // polls in a row in which known items came under new GUIDs

	State       State
	Reason      string        // why State is what it is and what to do, one sentence for a person; empty when ok, but for a day after a flood
	Since       time.Time     // since when State holds; of a silent feed, when it last brought something new
	Failures    int           // failed polls in a row
	LastPoll    time.Time     // zero: never
	LastSuccess time.Time     // zero: never; also decides what a first poll is
	NextPoll    time.Time     // zero: at once
	LastNew     time.Time     // when it last brought a new item; of a first poll with dates enough, when its newest is of
	Items       int           // items seen in it so far
	Rhythm      time.Duration // between two new items as a rule; 0: not known yet
	Troubled    time.Time     // since when the polls fail of which its owner was told; zero: nobody was told of anything that lasts
	Pushed      time.Time     // until when its hub pushes what is new (WebSub lease); zero: it does not
	Flooded     time.Time     // when the flood brake last held items back; zero: never
	Held        int           // new items that it held back then
	Renamed     int           // known items that came under new names then
	FloodTold   time.Time     // the flood of which its owner was told; zero: none
	Recheck     int64         // of the row: how often pushes wanted the feed polled again, see Poll.Again
	Recovered   time.Time     // when polls last worked again after they had failed; zero: they never failed, or still do
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
	From         string // the address that gave them, which alone they are sent to; empty: not known, any
}

// Address is where the feed is asked for: its URL, or where that has lasting
// redirects to.
func (f Feed) Address() string { return firstOf(f.Move.Adopted, f.URL) }

// Asks is what a feed asks of its readers, apart from HTTP.
type Asks struct {
	TTL       time.Duration // not to be read more often (RSS 2.0 ttl, RSS 1.0 sy:); 0: not said
	SkipHours uint32        // hours of the day in UTC when not to be read, bit 0 for 0:00 to 0:59 (RSS 2.0 skipHours)
	SkipDays  uint8         // days of the week in UTC when not to be read, bit 0 for Sunday (RSS 2.0 skipDays)
	Hub       string        // its WebSub hub; empty: none
	Self      string        // the address that it gives for itself, the topic of its hub; may be empty
}

// Move is a permanent redirect that was met. One answer proves nothing: it is
// adopted where it lasts (RFC 9110, 15.4.2, allows it and does not demand it).
type Move struct {
	To      string    // where the last answer's permanent redirects led; empty: nowhere
	Since   time.Time // since when they lead there
	Polls   int       // answers in a row that did
	Adopted string    // the address that is asked in place of the feed's URL; empty: its URL
}

// List says how the entries of an HTML page are found: CSS selectors, of which
// all but Entry are looked for inside an entry, and may be empty.
type List struct {
	Entry   string `json:"entry"`             // every match is an entry
	Title   string `json:"title,omitempty"`   // its title; default: the text of the link
	Link    string `json:"link,omitempty"`    // the link to its page; default: the entry itself where it is a link, else the first one in it
	Date    string `json:"date,omitempty"`    // when it was published; default: a time element, else the day is when it was first seen
	Summary string `json:"summary,omitempty"` // its teaser; default: none
}
