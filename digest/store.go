package digest

import (
	"context"
	"time"

	"depesche/feeds"
)

// Store is what composing needs kept.
type Store interface {
	// Progress tells how far the plan has come. A plan it does not know is
	// created: its Upto lies below the News of every item seen since then, so
	// that its first run covers them.
	Progress(ctx context.Context, plan string, since, now time.Time) (Progress, error)
	// Peek tells what Progress would, and changes nothing: a plan that the
	// store does not know is not created, its Scheduled and At are zero.
	Peek(ctx context.Context, plan string, since time.Time) (Progress, error)
	// News lists the items with News greater than after that no run of the
	// plan has shown, by News ascending; high is the highest News there is. A
	// long list comes in parts: more says that there is another one after high.
	News(ctx context.Context, plan string, after int64) (items []feeds.Item, high int64, more bool, err error)
	// SaveRun stores the run, what it shows and its deliveries, and moves the
	// plan's Upto, in one transaction. It reports false, and changes nothing,
	// where that plan already ran for that occasion or an item was already shown.
	SaveRun(ctx context.Context, r Run) (bool, error)
}

// Ledger is what delivering needs kept.
type Ledger interface {
	// Pending lists deliveries to attempt now: status pending, NotBefore not
	// after now or more than MaxWait after it, and no earlier delivery to the
	// same target still pending; oldest first.
	Pending(ctx context.Context, now time.Time, limit int) ([]Delivery, error)
	// Settle stores a delivery's new Status, Attempts, Reason, NotBefore,
	// Sent, Channel and TS. It changes nothing where the delivery is no longer
	// pending, nor, unless it was sent, where a later attempt was begun: an
	// answer that comes late does not undo what another process settled.
	// feeds.ErrNotFound says that there is no such delivery.
	Settle(ctx context.Context, d Delivery) error
	// Behind reports whether a delivery of the plan is pending.
	Behind(ctx context.Context, plan string) (bool, error)
	// Retry makes every pending delivery due at once, except those that may
	// have arrived (Unsure): they are under way, or about to be looked for.
	Retry(ctx context.Context) error
}

// Claimer is a Ledger that several processes may share. Where the Ledger is
// one, a delivery is claimed before it is posted; else Settle writes the claim,
// and two processes may post the same.
type Claimer interface {
	// Claim stores the Attempts, Reason and NotBefore of a delivery that is
	// about to be posted, provided that it is still pending and that its stored
	// Attempts are one less. It reports false, and changes nothing, otherwise.
	Claim(ctx context.Context, d Delivery) (bool, error)
}

// Desk is what else a runner asks of the store.
type Desk interface {
	Feeds(ctx context.Context) ([]feeds.Feed, error)
	// Subscriptions lists those of one target; of all where target is empty.
	Subscriptions(ctx context.Context, target string) ([]Subscription, error)
}

// Renderer turns a digest into the messages it takes, in order.
type Renderer interface {
	Render(d Digest) ([]Message, error)
}

// Poster sends one delivery. Its error is a *PostError where the receiver said why.
type Poster interface {
	Post(ctx context.Context, d Delivery) (Receipt, error)
}

// Finder looks whether a delivery whose outcome is unknown arrived after all.
// A Poster may be one; it is asked before such a delivery is sent again.
// errors.ErrUnsupported, or a *PostError of ClassTarget, ClassAccess or
// ClassMessage, says that looking is not possible: the delivery is then sent again.
type Finder interface {
	Find(ctx context.Context, d Delivery) (Receipt, bool, error)
}

// Receipt is the receiver's proof.
type Receipt struct {
	Channel string
	TS      string
}
