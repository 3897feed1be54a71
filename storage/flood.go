package storage

import (
	"context"
	"fmt"

	"depesche/feeds"
)

// pastItems is how far back a flood is compared with what a feed brought.
const pastItems = 1000

type pastRow struct {
	known
	SightingURL string `db:"sighting_url"`
	Published   stamp  `db:"published"`
	Seen        stamp  `db:"seen"`
	News        int64  `db:"news"`
}

// judged is what the flood brake decided of a poll, by the place of an entry.
type judged struct {
	same  map[int]*known // the old item that a stranger is
	held  map[int]bool   // a new item that is not announced
	flood bool           // what is known came at once, and changes silently
}

// brake asks the flood brake about the entries that go by no known name, where
// there is anything to ask.
func (t *tx) brake(ctx context.Context, p feeds.Poll, entries []feeds.Entry, lastSuccess stamp, have map[string]*known) (judged, error) {
	places, worth := strangers(p, entries, have)
	if lastSuccess.IsZero() || !worth {
		return judged{}, nil
	}
	var rows []pastRow
	err := t.query(ctx, &rows, `SELECT items.id AS item_id, items.feed_id, sightings.title, sightings.fingerprint, sightings.url AS sighting_url,
		items.published, sightings.seen, items.news FROM sightings JOIN items ON items.id = sightings.item_id
		WHERE sightings.feed_id = ? ORDER BY sightings.seen DESC, items.id DESC LIMIT ?`, p.Feed.ID, pastItems)
	if err != nil {
		return judged{}, fmt.Errorf("read what the feed brought before: %w", err)
	}
	b := feeds.Brake{Listed: len(entries) + p.Skipped, Unstable: p.Feed.Unstable, At: p.At, LastSuccess: lastSuccess.Time}
	for _, i := range places {
		b.Strangers = append(b.Strangers, entries[i])
	}
	byID, met := map[int64]*known{}, map[*known]bool{}
	for _, item := range have {
		byID[item.Item] = item
	}
	for _, e := range entries {
		if item := named(p.Feed.ID, e, have); item != nil {
			met[item] = true
		}
	}
	var items []*known
	for _, r := range rows {
		item := byID[r.Item]
		if item == nil {
			item = &r.known
		}
		items = append(items, item)
		b.Past = append(b.Past, feeds.Past{Item: r.Item, Title: *r.Title, URL: r.SightingURL, Published: r.Published.Time,
			Seen: r.Seen.Time, News: r.News > 0, Met: met[item]})
	}
	decided := b.Decide()
	out := judged{same: map[int]*known{}, held: map[int]bool{}, flood: decided.Flood}
	for n, i := range places {
		if at := decided.Same[n]; at >= 0 {
			out.same[i] = items[at]
		}
		out.held[i] = decided.Held[n]
	}
	return out, nil
}

// strangers gives the places of the entries that go by no known name. worth
// says whether the brake could decide anything about them.
func strangers(p feeds.Poll, entries []feeds.Entry, have map[string]*known) (places []int, worth bool) {
	nameless := false
	for i, e := range entries {
		if named(p.Feed.ID, e, have) == nil {
			places = append(places, i)
			nameless = nameless || e.Link == ""
		}
	}
	n := len(places)
	return places, n > 10 || n > 0 && (nameless || p.Feed.Unnamed() || 4*n >= 3*(len(entries)+p.Skipped))
}

// named finds the item of an entry by the entry's key, or by its link where the
// title agrees.
func named(feed int64, e feeds.Entry, have map[string]*known) *known {
	if item := have[keyAlias(feed, e.Key)]; item != nil {
		return item
	}
	if link := linkAlias(e.Link); link != "" {
		if other := have[link]; other != nil && (other.Title == nil || *other.Title == e.Title) {
			return other
		}
	}
	return nil
}
