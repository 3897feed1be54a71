package feeds

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// crew polls feeds side by side: never more than its size under way, never
// more than the client's limit at one host. A feed that waits for its host's
// turn keeps no other feed waiting; nor does one whose server lets it wait: it
// leaves its place to another.
type crew struct {
	poller   *Poller
	done     func(Report, error) // called one at a time, also for feeds given up
	slots    chan struct{}
	doubt    chan struct{} // half as many: feeds that were slow or failed leave the rest to the others
	strays   chan struct{} // those that left their places
	recalled bool          // the hosts that asked to be left alone are known
	robots   bool          // ask each host for its robots.txt once a day
	wg       sync.WaitGroup

	mu     sync.Mutex
	hosts  map[string]*lane
	busy   map[int64]bool // feeds that wait or are under way
	report sync.Mutex
}

// lane holds what is to be asked of one host.
type lane struct {
	pending []job
	workers int
	robots  string // address of a feed that answered; empty: none
}

type job struct {
	feed   Feed
	topics []Topic
	all    bool // asked for by a person, at whatever hour
}

func (p *Poller) newCrew(done func(Report, error)) *crew {
	return &crew{poller: p, done: done, slots: make(chan struct{}, p.opts.Concurrency),
		doubt: make(chan struct{}, max(1, p.opts.Concurrency/2)), strays: make(chan struct{}, strayTimes*p.opts.Concurrency), hosts: map[string]*lane{}, busy: map[int64]bool{}}
}

// add puts a feed into its host's lane. It does not wait.
func (c *crew) add(ctx context.Context, f Feed, topics []Topic, all bool) {
	host := laneOf(f.Address())
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.hosts[host]
	if l == nil {
		l = &lane{}
		c.hosts[host] = l
	}
	l.pending = append(l.pending, job{f, topics, all})
	c.busy[f.ID] = true
	if l.workers < c.poller.client.opts.PerHost && l.workers < c.poller.opts.Concurrency {
		l.workers++
		c.wg.Go(func() { c.work(ctx, host, l) })
	}
}

// laneOf names the host as the client's queue does.
func laneOf(raw string) string {
	if u, err := parseTarget(raw); err == nil {
		return u.Host
	}
	return ""
}

// work polls what is in a lane until it is empty.
func (c *crew) work(ctx context.Context, host string, l *lane) {
	for {
		c.mu.Lock()
		if len(l.pending) == 0 {
			l.workers--
			last := l.workers == 0
			if last {
				delete(c.hosts, host)
			}
			c.mu.Unlock()
			if last && c.robots && l.robots != "" {
				c.poller.client.meetRobots(ctx, l.robots)
			}
			return
		}
		j := l.pending[0]
		l.pending = l.pending[1:]
		c.mu.Unlock()

		report, err := c.one(ctx, host, j)
		if err == nil && (report.Outcome == OutcomeNew || report.Outcome == OutcomeUnchanged) {
			c.mu.Lock()
			l.robots = j.feed.Address()
			c.mu.Unlock()
		}
		c.report.Lock()
		c.done(report, err)
		c.report.Unlock()
		c.mu.Lock()
		delete(c.busy, j.feed.ID)
		c.mu.Unlock()
	}
}

func (c *crew) one(ctx context.Context, host string, j job) (Report, error) {
	skipped := cancelled(Report{URL: SafeURL(j.feed.URL), Name: j.feed.Label()})
	if err := c.poller.client.hosts.await(ctx, host); err != nil {
		return skipped, nil
	}
	places := []chan struct{}{c.slots}
	if j.feed.Failures > 0 || j.feed.State == StateSlow {
		places = []chan struct{}{c.doubt, c.slots}
	}
	var taken []chan struct{}
	defer func() {
		for _, place := range taken {
			<-place
		}
	}()
	for _, place := range places {
		select {
		case place <- struct{}{}:
			taken = append(taken, place)
		case <-ctx.Done():
			return skipped, nil
		}
	}
	if ctx.Err() != nil {
		return skipped, nil
	}
	if c.poller.client.hosts.isHeld(host) {
		skipped.Reason = heldFor(c.poller.client.hosts.heldFor(host))
		return skipped, nil
	}
	if !j.all && j.feed.Asks.shut(c.poller.opts.Now()) {
		skipped.Reason = saySkipHour.with()
		return skipped, nil
	}
	back := c.stray(taken)
	defer func() { taken = back() }()
	return c.poller.poll(ctx, j.feed, j.topics)
}

const (
	// strayAfter is how long a poll keeps its place.
	strayAfter = 2 * time.Second
	// strayTimes is how many times the size of the crew may be waiting besides.
	strayTimes = 4
)

// stray has a poll that begins now leave its places when it takes long. back
// gives the places that are to be left when it is over.
func (c *crew) stray(places []chan struct{}) (back func() []chan struct{}) {
	var mu sync.Mutex
	over := false
	left := time.AfterFunc(strayAfter, func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		select {
		case c.strays <- struct{}{}:
		default:
			return // too many: it keeps its place
		}
		for _, place := range places {
			<-place
		}
		places = []chan struct{}{c.strays}
	})
	return func() []chan struct{} {
		left.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		return places
	}
}

// underWay gives the feeds that wait or are being polled.
func (c *crew) underWay() map[int64]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.busy)
}

// Round polls the feeds that are due, or with all every one that is not gone,
// once, and reports each as it is done (never two at once; report may be nil).
// A feed's failure is a report; a failure of the store ends the round and is
// its error. When ctx ends, what is not under way is reported as skipped, and
// Round gives the context's error.
func (p *Poller) Round(ctx context.Context, all bool, report func(Report)) error {
	if err := p.recallHolds(ctx); err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	list, err := p.store.Due(ctx, p.opts.Now().UTC(), all)
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	if len(list) == 0 {
		return p.finishPages(ctx)
	}
	topics, err := p.store.Topics(ctx)
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var failure error
	c := p.newCrew(func(r Report, err error) {
		switch {
		case err == nil:
			p.tell(r, report)
		case failure == nil:
			failure = err
			cancel()
		}
	})
	for _, f := range list {
		c.add(inner, f, topics, all)
	}
	c.wg.Wait()
	if failure != nil {
		return failure
	}
	defer p.keepHolds(ctx) // of pages
	return p.finishPages(ctx)
}

func (p *Poller) tell(r Report, report func(Report)) {
	if p.opts.Observe != nil {
		p.opts.Observe(r)
	}
	if report != nil {
		report(r)
	}
}

// Run polls what is due until ctx ends, then waits for what is under way and
// gives nil. It looks for due feeds about every second; after a failure of the
// store, which it logs, it waits longer. However many feeds are overdue, there
// are never more than Concurrency under way.
func (p *Poller) Run(ctx context.Context) error {
	var broken bool // the store failed; guarded by the crew's report lock
	c := p.newCrew(func(r Report, err error) {
		if err == nil {
			p.tell(r, nil)
			return
		}
		if ctx.Err() == nil {
			broken = true
			p.opts.Log.Error("storing a poll failed", "error", err)
		}
	})
	c.robots = p.opts.Robots
	defer c.wg.Wait()
	if p.opts.Pages != nil {
		c.wg.Go(func() { p.runPages(ctx) })
	}
	tick := min(time.Second, p.opts.Min)
	for {
		err := p.dispatch(ctx, c)
		if ctx.Err() != nil {
			return nil
		}
		c.report.Lock()
		failed := broken || err != nil
		broken = false
		c.report.Unlock()
		if err != nil {
			p.opts.Log.Error("polling is held up", "error", err)
		}
		pause := tick
		if failed {
			pause = max(tick, 10*time.Second)
		}
		if sleep(ctx, pause) != nil {
			return nil
		}
	}
}

// dispatch hands the feeds that are due to the crew. Those under way when the
// store was asked are left out: what it said of them may be old by now.
func (p *Poller) dispatch(ctx context.Context, c *crew) error {
	if !c.recalled {
		if err := p.recallHolds(ctx); err != nil {
			return err
		}
		c.recalled = true
	}
	p.keepHolds(ctx)
	busy := c.underWay()
	now := p.opts.Now()
	list, err := p.store.Due(ctx, now.UTC(), false)
	if err != nil {
		return err
	}
	var topics []Topic
	asked := false
	for _, f := range list {
		if busy[f.ID] || f.Asks.shut(now) || p.client.hosts.isHeld(laneOf(f.Address())) {
			continue
		}
		if !asked {
			if topics, err = p.store.Topics(ctx); err != nil {
				return err
			}
			asked = true
		}
		c.add(ctx, f, topics, false)
	}
	return nil
}

// recallHolds learns from the store which hosts asked to be left alone.
func (p *Poller) recallHolds(ctx context.Context) error {
	now := p.opts.Now().UTC()
	list, err := p.store.Holds(ctx, now)
	if err != nil {
		return err
	}
	for host, until := range list {
		p.client.hosts.restore(host, min(until.Sub(now), maxRetryAfter))
	}
	return nil
}

// keepHolds stores which hosts have asked to be left alone, so that a new
// start does not forget it. What cannot be stored is tried again.
func (p *Poller) keepHolds(ctx context.Context) {
	for host, d := range p.client.hosts.unstored() {
		if err := p.store.Hold(ctx, host, p.opts.Now().UTC().Add(d)); err != nil {
			p.client.hosts.forgotten(host)
			if ctx.Err() == nil {
				p.opts.Log.Error("storing that a host is to be left alone failed", "host", host, "error", err)
			}
		}
	}
}
