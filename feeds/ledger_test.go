package feeds_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"depesche/feeds"
	"depesche/storage"
)

// plan is what one poll left in the store.
type plan struct {
	at   time.Time
	feed feeds.Feed
	took int // items
}

// ledger is the bot's real store, which keeps a record and can fail.
type ledger struct {
	*storage.Store
	mu      sync.Mutex
	broken  bool // nothing works
	full    bool // nothing can be written
	looked  time.Time
	every   time.Duration     // how often it is really asked what is due
	plans   map[string][]plan // by the feed's URL
	saved   feeds.Saved
	failing int // calls that failed
}

var errStore = errors.New("the database is away")

func (l *ledger) Due(ctx context.Context, now time.Time, all bool) ([]feeds.Feed, error) {
	if l.fails() {
		return nil, errStore
	}
	l.mu.Lock()
	idle := now.Sub(l.looked) < l.every
	if !idle {
		l.looked = now
	}
	l.mu.Unlock()
	if idle {
		return nil, nil
	}
	return l.Store.Due(ctx, now, all)
}

func (l *ledger) Marks(ctx context.Context, feed int64) ([]byte, error) {
	if l.fails() {
		return nil, errStore
	}
	return l.Store.Marks(ctx, feed)
}

func (l *ledger) SavePoll(ctx context.Context, p feeds.Poll) (feeds.Saved, error) {
	if l.fails() || l.isFull() {
		return feeds.Saved{}, errStore
	}
	saved, err := l.Store.SavePoll(ctx, p)
	if err == nil {
		l.mu.Lock()
		l.plans[p.Feed.URL] = append(l.plans[p.Feed.URL], plan{p.At, p.Feed, len(p.Items)})
		l.saved.New += saved.New
		l.saved.Updated += saved.Updated
		l.saved.Held += saved.Held
		l.mu.Unlock()
	}
	return saved, err
}

func (l *ledger) Topics(ctx context.Context) ([]feeds.Topic, error) {
	if l.fails() {
		return nil, errStore
	}
	return l.Store.Topics(ctx)
}

func (l *ledger) fails() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		l.failing++
	}
	return l.broken
}

func (l *ledger) isFull() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.full
}

// breakDown lets nothing work, or nothing be written, for a time to come.
func (n *night) breakDown(from time.Duration, what func(l *ledger, on bool)) {
	set := func(on bool) func() {
		return func() {
			n.store.mu.Lock()
			defer n.store.mu.Unlock()
			what(n.store, on)
		}
	}
	time.AfterFunc(from, set(true))
	time.AfterFunc(from+5*time.Minute, set(false))
	n.away = append(n.away, span{n.start.Add(from - time.Minute), n.start.Add(from + 12*time.Minute)})
}
