package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

// Latest lists the newest items by the second of Dated, then by ID; of one
// topic, where topic is not empty. more says whether there is another page.
func (s *Store) Latest(ctx context.Context, topic string, offset, limit int) (items []feeds.Item, more bool, err error) {
	if topic == "" {
		items, err = s.items(ctx, `1 = 1 ORDER BY slot DESC LIMIT ? OFFSET ?`, limit+1, offset)
	} else {
		items, err = s.items(ctx, `id IN (SELECT item_id FROM item_topics WHERE topic = ? ORDER BY slot DESC LIMIT ? OFFSET ?)
			ORDER BY slot DESC`, topic, limit+1, offset)
	}
	if err != nil {
		return nil, false, fmt.Errorf("latest items of topic %q: %w", topic, err)
	}
	if len(items) > limit {
		return items[:limit], true, nil
	}
	return items, false, nil
}

// Between lists the items seen in [from, to), newest first, archive items of a
// first poll left out.
func (s *Store) Between(ctx context.Context, from, to time.Time) ([]feeds.Item, error) {
	items, err := s.items(ctx, `seen >= ? AND seen < ? AND news > 0 ORDER BY slot DESC`, at(from), at(to))
	if err != nil {
		return nil, fmt.Errorf("items between %s and %s: %w", from, to, err)
	}
	return items, nil
}

// Item finds an item by its id in decimal or its address in any spelling, and
// tells what became of its page; feeds.ErrNotFound where there is none.
func (s *Store) Item(ctx context.Context, idOrURL string) (feeds.Item, error) {
	name := strings.TrimSpace(clean(idOrURL))
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		if id, err = s.itemByName(ctx, name); err != nil {
			return feeds.Item{}, fmt.Errorf("find item %.200q: %w", idOrURL, err)
		}
	}
	items, err := s.items(ctx, `id = ?`, id)
	if err == nil && len(items) == 0 {
		err = feeds.ErrNotFound
	}
	if err != nil {
		return feeds.Item{}, fmt.Errorf("find item %.200q: %w", idOrURL, err)
	}
	if items[0].Page, err = s.pageNote(ctx, id); err != nil {
		return feeds.Item{}, err
	}
	return items[0], nil
}

// itemByName finds an item by the link that identifies it, else by what any
// feed calls it: several items may share a link, and a GUID often is one.
func (s *Store) itemByName(ctx context.Context, name string) (int64, error) {
	canonical := feeds.CanonicalURL(name)
	if canonical == "" || !strings.Contains(name, "://") {
		canonical = feeds.CanonicalURL("https://" + name) // as people type it
	}
	var feedIDs []int64
	if err := s.query(ctx, &feedIDs, `SELECT id FROM feeds ORDER BY id`); err != nil {
		return 0, err
	}
	names := []string{linkAlias(canonical)}
	for _, f := range feedIDs {
		names = append(names, keyAlias(f, name), keyAlias(f, canonical))
	}
	type nameRow struct {
		Alias string `db:"alias"`
		Item  int64  `db:"item_id"`
	}
	rows, err := queryIn[nameRow](ctx, s, `SELECT alias, item_id FROM aliases WHERE alias IN (?)`, names)
	if err != nil {
		return 0, err
	}
	found := make(map[string]int64, len(rows))
	for _, r := range rows {
		found[r.Alias] = r.Item
	}
	for _, n := range names {
		if id, ok := found[n]; ok {
			return id, nil
		}
	}
	return 0, feeds.ErrNotFound
}

// Sightings lists the feeds that carried the item, first one first.
func (s *Store) Sightings(ctx context.Context, item int64) ([]feeds.Sighting, error) {
	var rows []struct {
		Feed     feedRow `db:"feed"`
		GUID     string  `db:"guid"`
		URL      string  `db:"url"`
		Title    string  `db:"title"`
		Seen     stamp   `db:"seen"`
		LastSeen stamp   `db:"last_seen"`
	}
	err := s.query(ctx, &rows, `SELECT feeds.url AS "feed.url", feeds.name AS "feed.name", feeds.title AS "feed.title",
		sightings.guid, sightings.url, sightings.title, sightings.seen, sightings.last_seen
		FROM sightings JOIN feeds ON feeds.id = sightings.feed_id JOIN items ON items.id = sightings.item_id
		WHERE sightings.item_id = ?
		ORDER BY CASE WHEN sightings.feed_id = items.feed_id THEN 0 ELSE 1 END, sightings.seen, feeds.id`, item)
	if err != nil {
		return nil, fmt.Errorf("sightings of item %d: %w", item, err)
	}
	list := make([]feeds.Sighting, len(rows))
	for i, r := range rows {
		list[i] = feeds.Sighting{Feed: r.Feed.feed().Label(), FeedURL: r.Feed.URL, GUID: r.GUID, URL: r.URL, Title: r.Title,
			Seen: r.Seen.Time, LastSeen: r.LastSeen.Time}
	}
	return list, nil
}

// Outcomes lists the runs that showed the item, oldest first.
func (s *Store) Outcomes(ctx context.Context, item int64) ([]digest.Outcome, error) {
	var runs []struct {
		ID        int64  `db:"id"`
		Plan      string `db:"plan"`
		Scheduled stamp  `db:"scheduled"`
	}
	err := s.query(ctx, &runs, `SELECT runs.id, runs.plan, runs.scheduled FROM run_items JOIN runs ON runs.id = run_items.run_id
		WHERE run_items.item_id = ? ORDER BY runs.at, runs.id`, item)
	if err != nil {
		return nil, fmt.Errorf("outcomes of item %d: %w", item, err)
	}
	ids := make([]int64, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	rows, err := queryIn[deliveryRow](ctx, s, `SELECT `+deliveryColumns+` FROM deliveries WHERE run_id IN (?) ORDER BY id`, ids)
	if err != nil {
		return nil, fmt.Errorf("deliveries of item %d: %w", item, err)
	}
	all, err := deliveries(rows)
	if err != nil {
		return nil, fmt.Errorf("outcomes of item %d: %w", item, err)
	}
	list := make([]digest.Outcome, len(runs))
	for i, r := range runs {
		list[i] = digest.Outcome{Plan: r.Plan, Scheduled: r.Scheduled.Time}
		for n, d := range all {
			if rows[n].RunID == r.ID {
				list[i].Deliveries = append(list[i].Deliveries, d)
			}
		}
	}
	return list, nil
}
