package storage

import (
	"context"
	"fmt"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

// Stats are figures for metrics and for the desk's status.
type Stats struct {
	Feeds         map[feeds.State]int       // feeds on the list
	Items         int                       // items in the archive
	News          int64                     // the highest rank given
	LastSeen      time.Time                 // of the newest item; UTC, zero: none
	Topics        int                       // topics that items are classified by
	Reclassifying int                       // of them, those not yet applied to the whole archive
	Subscriptions int                       // of all targets
	Deliveries    map[digest.Status]int     // since the beginning
	Hubs          map[feeds.WebSubState]int // subscriptions to feeds at their hubs
	Waiting       time.Time                 // creation of the oldest pending delivery; UTC, zero: none is pending
}

// Stats reads them all.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	var one struct {
		Items         int   `db:"items"`
		News          int64 `db:"news"`
		LastSeen      stamp `db:"last_seen"`
		Topics        int   `db:"topics"`
		Reclassifying int   `db:"reclassifying"`
		Subscriptions int   `db:"subscriptions"`
		Waiting       stamp `db:"waiting"`
	}
	err := s.row(ctx, &one, `SELECT item AS items, news,
		(SELECT MAX(seen) FROM items) AS last_seen,
		(SELECT COUNT(*) FROM topics) AS topics,
		(SELECT COUNT(*) FROM topics WHERE applied IS NOT NULL) AS reclassifying,
		(SELECT COUNT(*) FROM subscriptions) AS subscriptions,
		(SELECT MIN(created) FROM deliveries WHERE status = 'pending') AS waiting
		FROM counters`)
	if err != nil {
		return Stats{}, fmt.Errorf("read figures: %w", err)
	}
	out := Stats{Feeds: map[feeds.State]int{}, Items: one.Items, News: one.News, LastSeen: one.LastSeen.Time,
		Topics: one.Topics, Reclassifying: one.Reclassifying, Subscriptions: one.Subscriptions,
		Deliveries: map[digest.Status]int{}, Hubs: map[feeds.WebSubState]int{}, Waiting: one.Waiting.Time}
	var counts []struct {
		Of   string `db:"of"`
		Name string `db:"name"`
		N    int    `db:"n"`
	}
	err = s.query(ctx, &counts, `SELECT 'feed' AS of, state AS name, COUNT(*) AS n FROM feeds WHERE active GROUP BY state
		UNION ALL SELECT 'delivery', status, COUNT(*) FROM deliveries GROUP BY status
		UNION ALL SELECT 'hub', state, COUNT(*) FROM websub GROUP BY state`)
	if err != nil {
		return Stats{}, fmt.Errorf("count feeds, deliveries and subscriptions at hubs: %w", err)
	}
	for _, c := range counts {
		switch c.Of {
		case "feed":
			out.Feeds[feeds.State(c.Name)] = c.N
		case "delivery":
			out.Deliveries[digest.Status(c.Name)] = c.N
		default:
			out.Hubs[feeds.WebSubState(c.Name)] = c.N
		}
	}
	return out, nil
}

// TopicHits lists the newest items that a topic accepts, and says how many
// there are in all.
func (s *Store) TopicHits(ctx context.Context, topic string, limit int) (items []feeds.Item, total int, err error) {
	if err := s.row(ctx, &total, `SELECT COUNT(*) FROM item_topics WHERE topic = ?`, topic); err != nil {
		return nil, 0, fmt.Errorf("count hits of topic %q: %w", topic, err)
	}
	items, _, err = s.Latest(ctx, topic, 0, limit)
	return items, total, err
}
