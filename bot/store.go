package bot

import (
	"context"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// Archive is what questions are answered from.
type Archive interface {
	// Search lists what the query accepts, best first: offset and limit page
	// through it; more says whether there is another page.
	Search(ctx context.Context, q *keyword.Query, now time.Time, offset, limit int) (found []feeds.Found, more bool, err error)
	// Count counts what the query accepts among items seen since then.
	Count(ctx context.Context, q *keyword.Query, since time.Time) (int, error)
	// Latest lists the newest items by Dated; of one topic, where topic is not empty.
	Latest(ctx context.Context, topic string, offset, limit int) (items []feeds.Item, more bool, err error)
	// Between lists the items seen in [from, to), newest first, archive items
	// of a first poll left out.
	Between(ctx context.Context, from, to time.Time) ([]feeds.Item, error)
	// Item finds an item by its id in decimal or its address in any spelling;
	// feeds.ErrNotFound where there is none.
	Item(ctx context.Context, idOrURL string) (feeds.Item, error)
	// Sightings lists the feeds that carried the item, first one first.
	Sightings(ctx context.Context, item int64) ([]feeds.Sighting, error)
	// Outcomes lists the runs that showed the item, oldest first.
	Outcomes(ctx context.Context, item int64) ([]digest.Outcome, error)
}

// Subscribers keeps who follows what.
type Subscribers interface {
	// Subscriptions lists those of one target; of all where target is empty.
	Subscriptions(ctx context.Context, target string) ([]digest.Subscription, error)
	// Subscribe stores a subscription and gives it its ID and After. Where the
	// same query, cadence and target are already there, it gives the existing
	// one and created is false.
	Subscribe(ctx context.Context, s digest.Subscription) (stored digest.Subscription, created bool, err error)
	// Unsubscribe ends it; feeds.ErrNotFound where there is none.
	Unsubscribe(ctx context.Context, id int64) error
}

// Desk is what the bot tells about the desk itself.
type Desk interface {
	Feeds(ctx context.Context) ([]feeds.Feed, error)
	Topics(ctx context.Context) ([]feeds.Topic, error)
	// Once reports whether the key is new; it remembers it for 25 hours.
	Once(ctx context.Context, key string, now time.Time) (bool, error)
	// Pending lists the first delivery of each target that may be attempted at
	// now, see digest.Ledger.
	Pending(ctx context.Context, now time.Time, limit int) ([]digest.Delivery, error)
}
