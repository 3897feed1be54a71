package feeds

import (
	"context"
	"sync"
	"time"
)

// hostQueue keeps requests to one host apart: so many at a time, and a pause
// after each.
type hostQueue struct {
	limit int
	gap   time.Duration
	mu    sync.Mutex
	hosts map[string]*hostSlot
	held  map[string]time.Time // hosts that asked to be left alone, and until when
	fresh map[string]bool      // which of these are not stored yet
	idle  map[string]time.Time // hosts that we leave alone for reasons of our own
}

type hostSlot struct {
	turns chan struct{} // holds one token a running request
	users int           // running and waiting; guarded by the queue's mu
	mu    sync.Mutex
	free  time.Time // not before; guarded by mu
}

func newHostQueue(limit int, gap time.Duration) *hostQueue {
	return &hostQueue{limit: limit, gap: gap, hosts: map[string]*hostSlot{}, held: map[string]time.Time{}, fresh: map[string]bool{}, idle: map[string]time.Time{}}
}

// acquire waits for the host's turn. release must be called when the request is over.
func (q *hostQueue) acquire(ctx context.Context, host string) (release func(), err error) {
	q.mu.Lock()
	s := q.hosts[host]
	if s == nil {
		q.sweep(time.Now())
		s = &hostSlot{turns: make(chan struct{}, q.limit)}
		q.hosts[host] = s
	}
	s.users++
	q.mu.Unlock()

	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		q.leave(s)
		return nil, ctx.Err()
	}
	if err := s.pause(ctx, q.gap); err != nil {
		<-s.turns
		q.leave(s)
		return nil, err
	}
	return func() {
		s.mu.Lock()
		s.free = time.Now().Add(q.gap)
		s.mu.Unlock()
		<-s.turns
		q.leave(s)
	}, nil
}

// pause waits until the host's gap is over. With several turns a host, each
// start also moves the next one's by a gap.
func (s *hostSlot) pause(ctx context.Context, gap time.Duration) error {
	if gap <= 0 {
		return nil
	}
	for {
		s.mu.Lock()
		now := time.Now()
		wait := s.free.Sub(now)
		if wait <= 0 {
			s.free = now.Add(gap)
			s.mu.Unlock()
			return nil
		}
		s.mu.Unlock()
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// hold notes that a host is to be left alone for d: with a Retry-After it
// speaks for all its addresses (RFC 9110, 10.2.3; RFC 6585, 4).
func (q *hostQueue) hold(host string, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if extend(q.held, host, d) {
		q.fresh[host] = true
	}
}

// restore is hold for what the store remembered.
func (q *hostQueue) restore(host string, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	extend(q.held, host, d)
}

// rest notes that we leave a host alone for d, though it did not ask for it.
func (q *hostQueue) rest(host string, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	extend(q.idle, host, d)
}

func extend(m map[string]time.Time, host string, d time.Duration) bool {
	until := time.Now().Add(d)
	if d <= 0 || !until.After(m[host]) {
		return false
	}
	m[host] = until
	return true
}

// heldFor is how long a host that asked for it is still to be left alone; 0:
// it may be asked.
func (q *hostQueue) heldFor(host string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return left(q.held, host)
}

// isHeld says whether a host is to be left alone, for whatever reason.
func (q *hostQueue) isHeld(host string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return left(q.held, host) > 0 || left(q.idle, host) > 0
}

func left(m map[string]time.Time, host string) time.Duration {
	until, ok := m[host]
	if !ok {
		return 0
	}
	d := time.Until(until)
	if d <= 0 {
		delete(m, host)
		return 0
	}
	return d
}

// unstored gives the hosts whose wish is not stored yet, with how long it
// still lasts, and takes them as stored.
func (q *hostQueue) unstored() map[string]time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.fresh) == 0 {
		return nil
	}
	out := map[string]time.Duration{}
	for host := range q.fresh {
		if d := left(q.held, host); d > 0 {
			out[host] = d
		}
	}
	clear(q.fresh)
	return out
}

// forgotten takes a host's wish as not stored.
func (q *hostQueue) forgotten(host string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fresh[host] = true
}

// await waits until the host's gap is over, without taking its turn.
func (q *hostQueue) await(ctx context.Context, host string) error {
	q.mu.Lock()
	s := q.hosts[host]
	q.mu.Unlock()
	if s == nil {
		return ctx.Err()
	}
	s.mu.Lock()
	wait := time.Until(s.free)
	s.mu.Unlock()
	return sleep(ctx, wait)
}

// sleep waits for d or for the end of ctx, whose error it then gives.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *hostQueue) leave(s *hostSlot) {
	q.mu.Lock()
	s.users--
	q.mu.Unlock()
}

// sweep forgets hosts that nobody waits for and whose gap is over, so that the
// queue does not grow with every host ever seen. The caller holds q.mu.
func (q *hostQueue) sweep(now time.Time) {
	if len(q.hosts) < 1024 {
		return
	}
	for name, s := range q.hosts {
		s.mu.Lock()
		idle := s.users == 0 && !s.free.After(now)
		s.mu.Unlock()
		if idle {
			delete(q.hosts, name)
		}
	}
}
