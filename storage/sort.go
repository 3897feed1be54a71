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
}

type change struct {
	item  *known
	entry feeds.Entry
}

// sortEntries decides for every entry of a poll of this feed whether it is a
// new item, a changed one, one more sighting, or nothing to store. have is by
// alias. The order of the rules is the contract of feeds.Entry: the feed's own
// key, then the link across feeds. A feed that gives one link two keys means
// one item where the titles agree, else two. Entries leave with Seen and Dated
// set; first says that this is the feed's first poll.
func sortEntries(feed int64, first bool, p feeds.Poll, have map[string]*known) sorted {
	var out sorted
	for _, e := range p.Items {
		e.Seen = p.At
		e.Dated = feeds.Date(e.Published, p.At, first)
		key, link := keyAlias(feed, e.Key), linkAlias(e.Link)
		item := have[key]
		if item == nil && link != "" {
			if other := have[link]; other != nil && (other.Title == nil || *other.Title == e.Title) {
				item = other
				have[key] = item
				out.aliases = append(out.aliases, alias{key, item})
			}
		}
		if item == nil {
			out.add(feed, e, key, link, have)
			continue
		}
		out.meet(feed, item, e, link, have)
	}
	out.oldestFirst()
	return out
}

// add takes an entry as a new item.
func (out *sorted) add(feed int64, e feeds.Entry, key, link string, have map[string]*known) {
	print := fingerprint(e.Item)
	item := &known{Owner: feed, Title: &e.Title, Fingerprint: &print, touched: true}
	out.fresh = append(out.fresh, change{item, e})
	out.sighted = append(out.sighted, change{item, e})
	out.added++
	out.saved.New++
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
func (out *sorted) meet(feed int64, item *known, e feeds.Entry, link string, have map[string]*known) {
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
	out.sighted = append(out.sighted, change{item, e})
	if link != "" && have[link] == nil {
		have[link] = item
		out.aliases = append(out.aliases, alias{link, item})
	}
	if item.Owner != feed {
		out.saved.Known++
		return
	}
	out.changed = append(out.changed, change{item, e})
	out.saved.Updated++
}

// oldestFirst orders new items by their dates, so that ranks follow the course
// of events; of one date, the later in the document is the older, as nearly
// all feeds have it.
func (out *sorted) oldestFirst() {
	slices.Reverse(out.fresh)
	slices.SortStableFunc(out.fresh, func(a, b change) int { return a.entry.Dated.Compare(b.entry.Dated) })
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
