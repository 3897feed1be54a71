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
	SightingGUID string `db:"sighting_guid"`
	SightingURL  string `db:"sighting_url"`
	Published    stamp  `db:"published"`
	Seen         stamp  `db:"seen"`
	News         int64  `db:"news"`
}

const pastColumns = `items.id AS item_id, items.feed_id, sightings.title, sightings.fingerprint, sightings.guid AS sighting_guid,
	sightings.url AS sighting_url, items.published, sightings.seen, items.news`

// judged is what the flood brake decided of a poll, by the place of an entry.
type judged struct {
	same  map[int]*known // the old item that a stranger is
	held  map[int]bool   // a new item that is not announced
	twin  map[int]bool   // it is an old item by title and instant, and changes silently
	flood bool           // what is known came at once, and changes silently
}

// brake asks the flood brake about the entries that go by no known name, where
// there is anything to ask.
func (t *tx) brake(ctx context.Context, p feeds.Poll, entries []feeds.Entry, lastSuccess stamp, have map[string]*known) (judged, error) {
	places, worth := strangers(p, entries, have)
	if lastSuccess.IsZero() || len(places) == 0 {
		return judged{}, nil
	}
	rows, err := t.twins(ctx, p.Feed.ID, entries, places)
	if err != nil {
		return judged{}, fmt.Errorf("look for items of the same dates: %w", err)
	}
	if !worth && len(rows) == 0 {
		return judged{}, nil
	}
	if worth {
		if rows, err = t.past(ctx, p.Feed.ID, rows); err != nil {
			return judged{}, fmt.Errorf("read what the feed brought before: %w", err)
		}
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
	standing := p.Standing()
	var items []*known
	for _, r := range rows {
		item := byID[r.Item]
		if item == nil {
			item = &r.known
		}
		items = append(items, item)
		b.Past = append(b.Past, feeds.Past{Item: r.Item, Title: *r.Title, URL: r.SightingURL, Published: r.Published.Time,
			Seen: r.Seen.Time, News: r.News > 0, Met: met[item] || standing(r.SightingGUID, r.SightingURL)})
	}
	decided := b.Decide()
	out := judged{same: map[int]*known{}, held: map[int]bool{}, twin: map[int]bool{}, flood: decided.Flood}
	for n, i := range places {
		if at := decided.Same[n]; at >= 0 {
			out.same[i] = items[at]
		}
		out.held[i], out.twin[i] = decided.Held[n], decided.Twin[n]
	}
	return out, nil
}

// twins reads what the feed carried under the very dates of strangers.
func (t *tx) twins(ctx context.Context, feed int64, entries []feeds.Entry, places []int) ([]pastRow, error) {
	var dates []stamp
	for _, i := range places {
		if feeds.Telling(entries[i].Published) {
			dates = append(dates, at(entries[i].Published))
		}
	}
	// CROSS JOIN has SQLite take the dates first.
	return queryIn[pastRow](ctx, t, `SELECT `+pastColumns+` FROM items CROSS JOIN sightings
		WHERE sightings.item_id = items.id AND sightings.feed_id = ? AND items.published IN (?)
		ORDER BY sightings.seen DESC, items.id DESC`, dates, feed)
}

// past reads what the feed brought lately, newest first, and behind it what of
// the twins is older than that. It tells nothing of what is usual.
func (t *tx) past(ctx context.Context, feed int64, twins []pastRow) (rows []pastRow, err error) {
	err = t.query(ctx, &rows, `SELECT `+pastColumns+` FROM sightings JOIN items ON items.id = sightings.item_id
		WHERE sightings.feed_id = ? ORDER BY sightings.seen DESC, items.id DESC LIMIT ?`, feed, pastItems)
	have := make(map[int64]bool, len(rows))
	for _, r := range rows {
		have[r.Item] = true
	}
	for _, r := range twins {
		if r.News = 0; !have[r.Item] {
			rows = append(rows, r)
		}
	}
	return rows, err
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
