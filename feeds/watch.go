package feeds

import (
	"context"
	"io"
	"sync"
	"time"
)

// A body may take its time at first; from then on it has to come at a pace
// that shows somebody is sending it.
const (
	paceAfter = 10 * time.Second
	paceLeast = 1 << 10 // bytes a second, on the average
)

// watch counts the time that asking takes against a limit, and the pace at
// which a body comes. Waiting for a turn of ours does not count: a server is
// slow or it is not, whatever else we do.
type watch struct {
	limit   time.Duration
	started time.Time
	late    *time.Timer

	mu      sync.Mutex
	waited  time.Duration
	resting time.Time     // since when it rests; zero: it does not
	body    time.Duration // when the body began
	got     int64         // bytes of it so far
	slow    *time.Timer   // looks at the pace; nil: no body, or no longer
	crawl   func()
}

// startWatch calls late when the limit is over.
func startWatch(limit time.Duration, late func()) *watch {
	return &watch{limit: limit, started: time.Now(), late: time.AfterFunc(max(0, limit), late)}
}

// spent is the time that counts so far.
func (w *watch) spent() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counted()
}

func (w *watch) counted() time.Duration {
	if !w.resting.IsZero() {
		return w.resting.Sub(w.started) - w.waited
	}
	return time.Since(w.started) - w.waited
}

// pause waits, and lets the watch rest meanwhile.
func (w *watch) pause(wait func() error) error {
	if !w.late.Stop() {
		return nil // the limit is over: what comes next will say so
	}
	w.mu.Lock()
	w.resting = time.Now()
	w.mu.Unlock()
	err := wait()
	w.mu.Lock()
	w.waited += time.Since(w.resting)
	w.resting = time.Time{}
	left := w.limit - w.counted()
	w.mu.Unlock()
	w.late.Reset(max(0, left))
	return err
}

// pace gives a body back whose pace is watched from now on, and calls crawl
// when it comes too slowly.
func (w *watch) pace(body io.Reader, crawl func()) io.Reader {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crawl = crawl
	w.body = w.counted()
	w.slow = time.AfterFunc(paceAfter, w.look)
	return paced{body, w}
}

// look ends a body that came too slowly, and otherwise looks again when what
// has come so far would be too little.
func (w *watch) look() {
	w.mu.Lock()
	if w.slow == nil {
		w.mu.Unlock()
		return
	}
	took := w.counted() - w.body
	enough := max(paceAfter, time.Duration(w.got)*time.Second/paceLeast)
	crawls := w.resting.IsZero() && took >= enough
	if !crawls {
		w.slow.Reset(max(time.Second/10, enough-took))
	}
	w.mu.Unlock()
	if crawls {
		w.crawl()
	}
}

type paced struct {
	from  io.Reader
	watch *watch
}

func (p paced) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	p.watch.mu.Lock()
	p.watch.got += int64(n)
	p.watch.mu.Unlock()
	return n, err
}

// stop ends the watch and gives the time that counted.
func (w *watch) stop() time.Duration {
	w.late.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.slow != nil {
		w.slow.Stop()
		w.slow = nil
	}
	return w.counted()
}

// turn is one poll's place among those that may hold a large body.
type turn struct {
	places chan struct{}
	taken  bool
}

// take waits for a place; it is kept until end.
func (t *turn) take(ctx context.Context) error {
	if t.taken {
		return nil
	}
	select {
	case t.places <- struct{}{}:
		t.taken = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turn) end() {
	if t.taken {
		<-t.places
		t.taken = false
	}
}
