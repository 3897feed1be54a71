package feeds

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Bounds of the flood brake.
const (
	// floodLeast is how many items make a flood at the least: a day with twelve
	// pieces of breaking news is none.
	floodLeast = 10
	// surgeLeast is how many new items of one poll are news in any case.
	surgeLeast = 20
	// surgeYoung is the same for a feed of which too little is known.
	surgeYoung = 100
	// surgeTimes is how many times its usual number a feed may bring.
	surgeTimes = 5
	// usualPolls is how many polls that brought something must be known before
	// anything is usual.
	usualPolls = 5
	// freshFor is how long before the last poll that worked an item may be dated
	// and still be news in a flood: outlets date by the minute of writing.
	freshFor = 24 * time.Hour
)

// unstableFrom is how many polls in a row known items must have come under new
// GUIDs before the feed's GUIDs count for nothing.
const unstableFrom = 2

// Past is an item that a feed brought before.
type Past struct {
	Item      int64
	Title     string
	URL       string
	Published time.Time // zero: unknown
	Seen      time.Time // when this feed first had it
	News      bool      // it was announced, or could have been
	Met       bool      // it is in the document under a name of its own: no stranger is it
}

// Brake decides what of a poll's strangers, the entries that go by no known
// name, are old acquaintances or too many at once. Past is what the feed
// brought before, newest first.
//
// A site that moves publishes everything anew, under other addresses and other
// GUIDs. Its items are known again by the path of their address, by title and
// day, or by a title that occurs once. That is believed
//
//   - when more than ten of the strangers are known so, and more than half of them;
//   - when three quarters of all that the feed lists are, three items at least;
//   - of a single one, by title and day, where it has no link of its own or the
//     feed's GUIDs are not stable;
//   - of a single one by title and instant: a site may move a few items a day.
//
// What is known is mapped to the old items, whose links are renewed; nothing of
// it is announced. In such a flood, and where a poll brings more than twenty
// new items and more than five times what is usual, the others are news only
// where they are fresh: dated after the last poll that worked, a day's grace
// included; and of them the newest, as many as five times the usual or twenty.
// Where the flood dates old items fresh, only what is dated after all of these
// is. An item without a date is fresh where its feed gives none as a rule and
// it stands before all that is known. Of ten at most beside what is known, all
// are fresh but those whose own dates say otherwise: so few can be looked
// over, and one may be today's story. The rest is held: stored, found by
// searches, and not announced.
//
// Usual is what the feed's polls brought so far, and grows with the time since
// the last poll that worked: a feed that was away for two weeks brings two
// weeks' worth. A feed of which fewer than five such polls are known has no
// usual number. The most that a poll of it brought, the first one included,
// stands for it, and as many as a hundred fresh items are news.
type Brake struct {
	Strangers   []Entry
	Past        []Past
	Listed      int // items that the poll listed, skipped ones included
	Unstable    int // Feed.Unstable
	At          time.Time
	LastSuccess time.Time
}

// Braked is what the brake decided, by the place of a stranger.
type Braked struct {
	Same []int  // the place in Past of the item that it is; -1: it is new
	Held []bool // it is new, and not to be announced
	Twin []bool // it is an item of Past by title and instant, and changes silently
	// Flood says that what is known came at once, and is to change silently. A
	// feed whose GUIDs are not stable names all anew in every poll: that is none.
	Flood bool
}

// Decide looks at a poll's strangers.
func (b Brake) Decide() Braked {
	same, strong, twin := b.recognise()
	out := Braked{Same: same, Held: make([]bool, len(b.Strangers)), Twin: twin}
	if out.Flood = b.Unstable < unstableFrom && b.republished(same); !out.Flood {
		for i, e := range b.Strangers {
			if !twin[i] && (!strong[i] || e.Link != "" && b.Unstable < unstableFrom) {
				same[i] = -1
			}
		}
	}
	var unknown []int
	for i := range same {
		if same[i] < 0 {
			unknown = append(unknown, i)
		}
	}
	usual, known := b.usual()
	limit := max(surgeLeast, int(surgeTimes*usual))
	surge := usual > 0 && len(unknown) > limit
	if !known {
		limit = max(limit, surgeYoung)
	}
	if !out.Flood && !surge {
		return out
	}
	for _, i := range unknown {
		out.Held[i] = true
	}
	fresh := slices.DeleteFunc(unknown, b.stale(same, out.Flood, len(unknown) <= floodLeast))
	slices.SortStableFunc(fresh, func(x, y int) int { return b.Strangers[y].Published.Compare(b.Strangers[x].Published) })
	for _, i := range fresh[:min(len(fresh), limit)] {
		out.Held[i] = false
	}
	return out
}

// stale gives the test of what is no news in a flood or a surge. few says that
// hardly anything comes beside what is known.
func (b Brake) stale(same []int, flood, few bool) func(int) bool {
	var newest time.Time // of what is known, where their dates are those of the flood
	if flood && !few && b.datedAnew(same) {
		for i, at := range same {
			if e := b.Strangers[i]; at >= 0 && b.fresh(e.Item) && e.Published.After(newest) {
				newest = e.Published
			}
		}
	}
	top := slices.IndexFunc(same, func(at int) bool { return at >= 0 })
	if top < 0 {
		top = len(same)
	}
	undated := b.undated()
	return func(i int) bool {
		e := b.Strangers[i]
		if e.Published.IsZero() {
			return !few && (!undated || i > top)
		}
		return !b.fresh(e.Item) || !e.Published.After(newest)
	}
}

// undated says that the feed gives its items no dates, as a rule.
func (b Brake) undated() bool {
	n := 0
	for _, p := range b.Past {
		if p.Published.IsZero() {
			n++
		}
	}
	return 2*n > len(b.Past)
}

// republished says whether so many are known that the feed publishes anew.
func (b Brake) republished(same []int) bool {
	known := 0
	for _, at := range same {
		if at >= 0 {
			known++
		}
	}
	return known > floodLeast && 2*known > len(b.Strangers) || known >= 3 && 4*known >= 3*b.Listed
}

// fresh says whether an item is dated so that it can be what happened lately.
func (b Brake) fresh(it Item) bool {
	return !it.Published.IsZero() && it.Published.After(b.LastSuccess.Add(-freshFor)) && it.Published.Before(b.At.Add(freshFor))
}

// datedAnew says whether the dates of a flood are those of the move: most of
// the old items that it brings bear fresh ones.
func (b Brake) datedAnew(same []int) bool {
	old, fresh := 0, 0
	for i, at := range same {
		if at < 0 || b.fresh(Item{Published: b.Past[at].Seen}) {
			continue
		}
		old++
		if b.fresh(b.Strangers[i].Item) {
			fresh++
		}
	}
	return 2*fresh > old
}

// recognise finds for every stranger the past item that it is. strong says that
// title and day agree, twin that title and instant do.
func (b Brake) recognise() (same []int, strong, twin []bool) {
	const several = -2
	paths, days, titles := map[string]int{}, map[string]int{}, map[string]int{}
	note := func(m map[string]int, name string, i int) {
		if name == "" {
			return
		}
		if _, ok := m[name]; ok {
			i = several
		}
		m[name] = i
	}
	for i, p := range b.Past {
		if p.Met {
			continue
		}
		note(paths, pathOf(p.URL), i)
		note(days, titleDay(p.Title, p.Published), i)
		note(titles, foldedTitle(p.Title), i)
	}
	claimed := map[int]bool{}
	same, strong, twin = b.twins(claimed), make([]bool, len(b.Strangers)), make([]bool, len(b.Strangers))
	for i, e := range b.Strangers {
		if twin[i] = same[i] >= 0; twin[i] {
			continue
		}
		path, byPath := paths[pathOf(e.URL)]
		day, byDay := days[titleDay(e.Title, e.Published)]
		title, byTitle := titles[foldedTitle(e.Title)]
		switch {
		case byDay && day >= 0 && !claimed[day]:
			same[i], strong[i] = day, true
		case byTitle && title >= 0 && !claimed[title]:
			same[i] = title
			strong[i] = e.Published.IsZero() && b.Past[title].Published.IsZero()
		case byPath && path >= 0 && !claimed[path]:
			same[i] = path
		}
		if same[i] >= 0 {
			claimed[same[i]] = true
		}
	}
	return same, strong, twin
}

// usual is how many new items this poll may be expected to bring; known says
// that enough polls taught it. 0: nothing is known.
func (b Brake) usual() (n float64, known bool) {
	items, polls, most, together := 0, 0, 0, 0
	var first, before, poll time.Time
	for _, p := range b.Past { // newest first
		if together++; !p.Seen.Equal(poll) {
			poll, together = p.Seen, 1
		}
		most = max(most, together)
		if !p.News {
			continue
		}
		items++
		if first = p.Seen; !p.Seen.Equal(before) {
			polls++
			before = p.Seen
		}
	}
	if polls < usualPolls {
		return float64(most), false
	}
	const day = float64(24 * time.Hour)
	span := max(float64(b.At.Sub(first)), day)
	away := max(float64(b.At.Sub(b.LastSuccess)), day)
	return max(float64(items)/float64(polls), float64(items)*away/span), true
}

// pathOf is what of an address outlives the move to another host; empty: it
// says nothing.
func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path
}

func foldedTitle(title string) string {
	return strings.ToLower(strings.Join(strings.Fields(title), " "))
}

func titleDay(title string, published time.Time) string {
	if title = foldedTitle(title); title == "" || published.IsZero() {
		return ""
	}
	return title + "|" + published.Format(time.DateOnly)
}

// Named gives the entries of the poll by the names that count. Where the
// feed's GUIDs are not stable, an item goes by its link, and by title and day
// where it has none; one that shares them with another keeps its GUID.
func (p Poll) Named() []Entry {
	if p.Feed.Unstable < unstableFrom {
		return p.Items
	}
	count := map[string]int{}
	name := func(e Entry) string { return firstOf(e.Link, titleKey(e.Item)) }
	for _, e := range p.Items {
		count[name(e)]++
	}
	out := slices.Clone(p.Items)
	for i, e := range out {
		if n := name(e); count[n] == 1 && len(n) <= maxKey {
			out[i].Key = n
		}
	}
	return out
}

// Stability gives Feed.Unstable after a poll in which so many known items came
// under new names, and so many under their own. A feed whose GUIDs count for
// nothing any more stays so.
func (f Feed) Stability(renamed, same int) int {
	switch {
	case f.Unstable >= unstableFrom || renamed+same == 0:
		return f.Unstable
	case renamed > same:
		return f.Unstable + 1
	}
	return 0
}

// Unnamed reports whether new names of this feed's items are not worth
// keeping: each poll brings others.
func (f Feed) Unnamed() bool { return f.Unstable >= unstableFrom }
