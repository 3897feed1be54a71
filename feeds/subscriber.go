package feeds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SubscriberOptions set up a Subscriber.
type SubscriberOptions struct {
	// PublicURL is where the bot's HTTP server is reachable from outside. Empty:
	// it is not; subscriptions that are left from before are ended.
	PublicURL string
	Observe   func(PushOutcome) // called after every push, maybe by several goroutines at once
}

// Subscriber has hubs push what is new, where feeds name a hub and the bot has
// a public address (W3C WebSub). Its Run subscribes and renews; as an
// http.Handler it answers what hubs ask of the callbacks, below /websub/.
// What is pushed goes the way of a poll. Pushes are a favour and no promise:
// polling goes on, more rarely, and a hub that misses items is not relied on.
//
// Any number of processes may share a store: a request to a hub is made by the
// one that claimed it, and a push is taken by whichever gets it.
type Subscriber struct {
	store  HubStore
	poller *Poller
	opts   SubscriberOptions
	bodies chan struct{} // places for pushes that are being read
	feeds  keyed         // one push of a feed at a time
}

// NewSubscriber makes a subscriber that reads what is pushed as the poller reads
// what it polls, and asks hubs with the poller's client, clock, log and rhythm.
func NewSubscriber(store HubStore, p *Poller, o SubscriberOptions) *Subscriber {
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	if o.Observe == nil {
		o.Observe = func(PushOutcome) {}
	}
	return &Subscriber{store: store, poller: p, opts: o, bodies: make(chan struct{}, pushesAtOnce), feeds: keyed{busy: map[int64]chan struct{}{}}}
}

// hubsAtOnce is how many hubs are asked at a time.
const hubsAtOnce = 4

// Run subscribes, renews and ends subscriptions until ctx ends, then waits for
// what is under way and gives nil. Without a public address it ends as soon as
// the last subscription has.
func (s *Subscriber) Run(ctx context.Context) error {
	tick := min(10*time.Second, s.poller.opts.Min)
	for ctx.Err() == nil {
		left, err := s.round(ctx)
		if err == nil && left == 0 && s.opts.PublicURL == "" {
			break
		}
		pause := tick
		if err != nil && ctx.Err() == nil {
			s.poller.opts.Log.Error("subscriptions at hubs are held up", "error", err)
			pause = max(tick, 10*time.Second)
		}
		_ = sleep(ctx, pause) // its error is that of ctx
	}
	return nil
}

// round brings the subscriptions in step with the feeds, asks the hubs whose
// turn it is, and says how many subscriptions there are.
func (s *Subscriber) round(ctx context.Context) (left int, err error) {
	have, err := s.store.WebSubs(ctx)
	if err != nil || s.opts.PublicURL == "" && len(have) == 0 {
		return 0, err
	}
	list, err := s.store.Feeds(ctx)
	if err != nil {
		return 0, err
	}
	names := make(map[int64]string, len(list))
	for _, f := range list {
		names[f.ID] = f.Label()
	}
	before := make(map[int64]WebSub, len(have))
	for _, w := range have {
		before[w.ID] = w
	}
	add, change := arrange(s.opts.PublicURL, list, have, s.now())
	for _, w := range add {
		if err := s.store.AddWebSub(ctx, w); err != nil {
			return 0, err
		}
	}
	for _, w := range change {
		changed, err := s.store.UpdateWebSub(ctx, w)
		if err == nil && changed {
			s.tell(before[w.ID], w, names[w.FeedID])
			err = s.catchUp(ctx, before[w.ID], w)
		}
		if err != nil {
			return 0, err
		}
	}
	if len(add)+len(change) > 0 {
		if have, err = s.store.WebSubs(ctx); err != nil {
			return 0, err
		}
	}
	return len(have), s.askHubs(ctx, have, names)
}

// tell logs what a review changed and an operator may want to know.
func (s *Subscriber) tell(before, w WebSub, feed string) {
	log := s.poller.opts.Log.With("feed", feed, "hub", hostOf(w.Hub))
	switch {
	case before.State == WebSubActive && w.State == WebSubAsking:
		log.Warn("a subscription at a hub ran out; the feed is polled as often as any", "reason", w.Reason)
	case before.Trusted() && w.State == WebSubActive && !w.Trusted():
		log.Warn("polls keep finding what the hub did not push; the feed is polled as often as any until the hub pushes again")
	}
}

// catchUp has a feed that was pushed until now polled as soon as one that was
// not: its next poll may be far away.
func (s *Subscriber) catchUp(ctx context.Context, before, w WebSub) error {
	if !before.Trusted() || w.Trusted() {
		return nil
	}
	return s.store.PollBy(ctx, w.FeedID, s.now().Add(s.poller.rhythm.clamp(s.poller.rhythm.Every)))
}

// askHubs asks for what is due.
func (s *Subscriber) askHubs(ctx context.Context, have []WebSub, names map[int64]string) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		slots = make(chan struct{}, hubsAtOnce)
		now   = s.now()
	)
	defer wg.Wait()
	for _, w := range have {
		if w.State == WebSubDenied || w.State == WebSubEnded || w.NextTry.IsZero() || w.NextTry.After(now) {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := s.ask(ctx, w, names[w.FeedID]); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// ask makes one request to a hub, unless another process makes it. Only the
// store's failures are errors.
func (s *Subscriber) ask(ctx context.Context, w WebSub, feed string) error {
	before := w
	w = requestOf(w, s.poller.rhythm, s.now(), s.poller.opts.Chance())
	claim := w
	claim.NextTry = later(w.NextTry, s.now().Add(claimFor))
	mine, err := s.store.UpdateWebSub(ctx, claim)
	if err != nil || !mine {
		return err
	}
	w.Version++
	mode := "subscribe"
	if w.State == WebSubEnding {
		mode = "unsubscribe"
	}
	log := s.poller.opts.Log.With("feed", feed, "hub", hostOf(w.Hub), "mode", mode)
	err = s.poller.client.askHub(ctx, w, mode)
	if err == nil {
		log.Debug("asked a hub")
		_, err = s.store.UpdateWebSub(ctx, w) // false where the hub verified it already
		return err
	}
	if ctx.Err() != nil { // it may not have been asked at all: the next start asks again
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		w.Failures, w.NextTry = before.Failures, before.NextTry
		_, err := s.store.UpdateWebSub(ending, w)
		return err
	}
	var (
		status *StatusError
		held   *heldError
	)
	switch {
	case errors.As(err, &status):
		w.NextTry = later(w.NextTry, s.now().Add(min(status.RetryAfter, maxRetryAfter)))
	case errors.As(err, &held): // it was not asked
		w.Failures, w.NextTry = before.Failures, s.now().Add(held.left)
	}
	w.Reason = Reason(err)
	if w.Failures == 1 {
		log.Warn("a hub could not be asked; the feed is polled as often as any", "reason", w.Reason, "next", w.NextTry)
	} else {
		log.Debug("a hub could not be asked again", "reason", w.Reason, "failures", w.Failures, "next", w.NextTry)
	}
	_, err = s.store.UpdateWebSub(ctx, w) // false where the hub verified it all the same
	return err
}

func (s *Subscriber) now() time.Time { return s.poller.opts.Now().UTC() }

// askHub sends a hub a request (section 5.1). The answer says only that it was
// received; what comes of it the hub tells the callback.
func (c *Client) askHub(ctx context.Context, w WebSub, mode string) error {
	u, err := hubAddress(w.Hub, c.opts.AllowNetworks)
	if err != nil {
		return err
	}
	form := url.Values{"hub.mode": {mode}, "hub.topic": {w.Topic}, "hub.callback": {w.Callback()}}
	if mode == "subscribe" {
		form.Set("hub.secret", w.Secret)
		form.Set("hub.lease_seconds", strconv.Itoa(int(leaseAsked/time.Second)))
	}
	const hops = 3
	for range hops {
		next, err := c.post(ctx, u, form.Encode())
		if err != nil {
			return fmt.Errorf("ask hub %q: %w", safeURL(u), err)
		}
		if next == nil {
			return nil
		}
		// A hub may send us to another (section 5.1.2). The secret goes nowhere
		// that the feed did not name.
		if next.Hostname() != u.Hostname() || u.Scheme == "https" && next.Scheme != "https" {
			return fmt.Errorf("ask hub %q: %w", safeURL(u), errNoLocation)
		}
		u = next
	}
	return fmt.Errorf("ask hub %q: %w", safeURL(u), errRedirects)
}

// post sends a form. It gives the next address where the answer is a redirect
// that repeats the request (307, 308); any other answer but 2xx is a *StatusError.
func (c *Client) post(ctx context.Context, u *url.URL, form string) (*url.URL, error) {
	release, err := c.hosts.acquire(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	defer release()
	if left := c.hosts.heldFor(u.Host); left > 0 {
		return nil, &heldError{left}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := startWatch(c.opts.Timeout, func() { cancel(&timeoutError{c.opts.Timeout}) })
	defer w.stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form))
	if err != nil {
		return nil, errBadURL
	}
	req.GetBody = nil // a form with a secret is sent once
	req.Header.Set("User-Agent", c.UserAgent())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req) //nolint:bodyclose // drain closes it
	if err != nil {
		return nil, cause(ctx, err, w.spent())
	}
	defer drain(resp.Body)
	switch {
	case resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect:
		return redirectTarget(u, resp.Header.Get("Location"))
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		refusal := statusError(resp, time.Now())
		if refusal.overloaded() {
			c.hosts.hold(u.Host, min(refusal.RetryAfter, maxRetryAfter))
		}
		return nil, refusal
	}
	return nil, nil
}

// keyed keeps what concerns one feed apart.
type keyed struct {
	mu   sync.Mutex
	busy map[int64]chan struct{} // closed when it is over
}

// lock waits until nobody else has the key, or for the end of ctx.
func (k *keyed) lock(ctx context.Context, key int64) (unlock func(), err error) {
	for {
		k.mu.Lock()
		other := k.busy[key]
		if other == nil {
			mine := make(chan struct{})
			k.busy[key] = mine
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				delete(k.busy, key)
				k.mu.Unlock()
				close(mine)
			}, nil
		}
		k.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
