package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"depesche/feeds"
)

// known is what the database has of one item, as one feed sees it.
type known struct {
	Alias       string  `db:"alias"`
	Item        int64   `db:"item_id"`
	Owner       int64   `db:"feed_id"`     // the first feed that carried it
	Title       *string `db:"title"`       // in this feed; nil: this feed did not carry it yet
	Fingerprint *string `db:"fingerprint"` // likewise

	touched bool // by an earlier entry of this poll
}

// alias is a name that an item goes by.
type alias struct {
	name string
	item *known
}

// sorted is what one poll's entries mean for the database.
type sorted struct {
	fresh   []change // items we did not have, oldest first
	changed []change // items whose first feed changed them
	sighted []change // sightings to store, those of fresh included
	aliases []alias
	added   int // sightings of items that this feed did not carry before
	saved   feeds.Saved

	renamed int // known items of this feed that came under new names
	same    int // and those that came under their own
}

type change struct {
	item  *known
	entry feeds.Entry
	quiet bool // it changes in a flood: nothing of it is news
	held  bool // it is new, and not announced
}

// sortEntries decides for every entry of a poll of this feed whether it is a
// new item, a changed one, one more sighting, or nothing to store. have is by
// alias. The order of the rules is the contract of feeds.Entry: the feed's own
// key, then the link across feeds. A feed that gives one link two keys means
// one item where the titles agree, else two. What goes by neither name is what
// the flood brake says it is. Entries leave with Seen and Dated set; first says
// that this is the feed's first poll.
func sortEntries(feed int64, first bool, p feeds.Poll, entries []feeds.Entry, have map[string]*known, brake judged) sorted {
	var out sorted
	for i, e := range entries {
		e.Seen = p.At
		e.Dated = feeds.Date(e.Published, p.At, first)
		key, link := keyAlias(feed, e.Key), linkAlias(e.Link)
		item, quiet := named(feed, e, have), false
		if item == nil && brake.same[i] != nil {
			item, quiet = brake.same[i], brake.flood || brake.twin[i] && !p.Feed.Unnamed()
			if p.Feed.Unnamed() {
				link = "" // its links are as short-lived as its GUIDs
			}
		}
		if item == nil {
			out.add(feed, change{entry: e, held: brake.held[i]}, key, link, have)
			continue
		}
		out.name(item, key, have, brake.same[i] != nil && p.Feed.Unnamed())
		if quiet && brake.flood {
			out.saved.Renamed++
		}
		out.meet(feed, change{item: item, entry: e, quiet: quiet}, link, have)
	}
	out.oldestFirst()
	return out
}

// name notes by which key a known item came; fleeting says that the key is not
// worth keeping.
func (out *sorted) name(item *known, key string, have map[string]*known, fleeting bool) {
	switch {
	case have[key] != nil:
		out.same++
		return
	case item.Title != nil:
		out.renamed++
	}
	if have[key] = item; !fleeting {
		out.aliases = append(out.aliases, alias{key, item})
	}
}

// add takes an entry as a new item.
func (out *sorted) add(feed int64, c change, key, link string, have map[string]*known) {
	e := c.entry
	print := fingerprint(e.Item)
	item := &known{Owner: feed, Title: &e.Title, Fingerprint: &print, touched: true}
	c.item = item
	out.fresh = append(out.fresh, c)
	out.sighted = append(out.sighted, c)
	out.added++
	if c.held {
		out.saved.Held++
	} else {
		out.saved.New++
	}
	have[key] = item
	out.aliases = append(out.aliases, alias{key, item})
	if link != "" && have[link] == nil {
		have[link] = item
		out.aliases = append(out.aliases, alias{link, item})
	}
}

// meet takes an entry as an item that is there already. Only the item's first
// feed changes it: two feeds with different teasers would otherwise overwrite
// each other for ever. Of several entries that mean one item, the first counts.
func (out *sorted) meet(feed int64, c change, link string, have map[string]*known) {
	item, e := c.item, c.entry
	print := fingerprint(e.Item)
	same := item.Fingerprint != nil && *item.Fingerprint == print
	if same || item.touched {
		item.touched = true
		out.saved.Known++
		return
	}
	item.touched = true
	if item.Fingerprint == nil {
		out.added++
	}
	item.Title, item.Fingerprint = &e.Title, &print
	out.sighted = append(out.sighted, c)
	if link != "" && have[link] == nil {
		have[link] = item
		out.aliases = append(out.aliases, alias{link, item})
	}
	if item.Owner != feed {
		out.saved.Known++
		return
	}
	out.changed = append(out.changed, c)
	out.saved.Updated++
}

// oldestFirst orders new items by their dates, so that ranks follow the course
// of events; of one date, the later in the document is the older, as nearly
// all feeds have it.
func (out *sorted) oldestFirst() {
	slices.Reverse(out.fresh)
	slices.SortStableFunc(out.fresh, func(a, b change) int { return a.entry.Dated.Compare(b.entry.Dated) })
}

// undated counts the new items without a date that can be one.
func (out *sorted) undated() (n int) {
	for _, c := range out.fresh {
		if !feeds.Plausible(c.entry.Published, c.entry.Seen) {
			n++
		}
	}
	return n
}

// maxAlias is the longest alias that is stored as it is.
const maxAlias = 500

func keyAlias(feed int64, key string) string {
	return shorten("k" + strconv.FormatInt(feed, 10) + ":" + key)
}

// linkAlias leaves the scheme out: a site that moved to https, or an outlet
// that still writes http, means the same page.
func linkAlias(link string) string {
	if link == "" {
		return ""
	}
	link = strings.TrimPrefix(strings.TrimPrefix(link, "https:"), "http:")
	return shorten("l:" + link)
}

// shorten gives a long name in full SHA-256, because an index entry has a
// limit (PostgreSQL: 2,704 bytes) and a feed's GUID has none.
func shorten(name string) string {
	if len(name) <= maxAlias {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// fingerprint is the same for two readings of an item where nothing changed
// that readers would notice: title, teaser, text, address, dates.
func fingerprint(it feeds.Item) string {
	h := sha256.New()
	for _, s := range []string{it.Title, it.Summary, it.Content, it.URL, instant(it.Published), instant(it.Updated)} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}
