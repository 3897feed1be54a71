package feeds

import (
	"context"
	"time"
)

// watch counts the time that asking takes against a limit. Waiting for a turn
// of ours does not count: a server is slow or it is not, whatever else we do.
type watch struct {
	timer   *time.Timer
	limit   time.Duration
	started time.Time
	waited  time.Duration
}

// startWatch calls late when the limit is over.
func startWatch(limit time.Duration, late func()) *watch {
	return &watch{timer: time.AfterFunc(max(0, limit), late), limit: limit, started: time.Now()}
}

// spent is the time that counts so far.
func (w *watch) spent() time.Duration { return time.Since(w.started) - w.waited }

// pause waits, and lets the watch rest meanwhile.
func (w *watch) pause(wait func() error) error {
	if !w.timer.Stop() {
		return nil // the limit is over: what comes next will say so
	}
	began := time.Now()
	err := wait()
	w.waited += time.Since(began)
	w.timer.Reset(max(0, w.limit-w.spent()))
	return err
}

// stop ends the watch and gives the time that counted.
func (w *watch) stop() time.Duration {
	w.timer.Stop()
	return w.spent()
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
