package feeds

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // hubs sign with it; what it signs is not trusted, see signature
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// PushOutcome is what a push came to, in one word.
type PushOutcome string

// The outcomes of a push.
const (
	PushNew       PushOutcome = "new"       // new or changed items were stored
	PushUnchanged PushOutcome = "unchanged" // nothing new
	PushRepeated  PushOutcome = "repeated"  // a body that came before
	PushPolled    PushOutcome = "polled"    // its body was not taken; the feed is polled instead
	PushRefused   PushOutcome = "refused"   // not signed, wrongly signed, or too large: nothing was done
	PushFailed    PushOutcome = "failed"    // it could not be stored; the hub is told to try again
)

// PushOutcomes lists them all.
func PushOutcomes() []PushOutcome {
	return []PushOutcome{PushNew, PushUnchanged, PushRepeated, PushPolled, PushRefused, PushFailed}
}

const (
	pushesAtOnce = 4               // pushes whose bodies are in memory at a time
	pushTimeout  = 8 * time.Second // for a push to be stored; hubs wait ten seconds or longer
	maxChallenge = 2048            // bytes
	maxQuery     = 16 << 10        // bytes
)

// ServeHTTP answers hubs: GET with a question about a subscription (sections
// 5.2 and 5.3), POST with content (section 7). The address is the secret of who
// knows it; any other is not found.
func (s *Subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		respond(w, http.StatusMethodNotAllowed)
		return
	}
	token := strings.TrimPrefix(r.URL.Path, callbackPath)
	if raw, err := hex.DecodeString(token); err != nil || len(raw) != 16 {
		respond(w, http.StatusNotFound)
		return
	}
	ws, err := s.store.WebSub(r.Context(), token)
	switch {
	case errors.Is(err, ErrNotFound):
		respond(w, http.StatusNotFound)
	case err != nil:
		s.unavailable(w, r, err)
	case r.Method == http.MethodGet:
		s.question(w, r, ws)
	default:
		s.content(w, r, ws)
	}
}

// respond sends a status and its name.
func respond(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

// unavailable tells a hub to try again later.
func (s *Subscriber) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.poller.opts.Log.Error("a hub's request could not be answered", "error", err)
	}
	w.Header().Set("Retry-After", "30")
	respond(w, http.StatusServiceUnavailable)
}

// question answers a hub that verifies or denies a subscription.
func (s *Subscriber) question(w http.ResponseWriter, r *http.Request, ws WebSub) {
	in, ok := intentOf(r.URL.RawQuery)
	if !ok {
		respond(w, http.StatusNotFound)
		return
	}
	next, ok, err := s.change(r.Context(), ws, func(ws WebSub) (WebSub, bool) {
		return confirm(ws, in, s.poller.rhythm, s.now())
	})
	switch {
	case err != nil:
		s.unavailable(w, r, err)
		return
	case !ok:
		respond(w, http.StatusNotFound)
		return
	}
	if err := s.catchUp(r.Context(), ws, next); err != nil {
		s.unavailable(w, r, err)
		return
	}
	log := s.poller.opts.Log.With("hub", hostOf(ws.Hub), "topic", SafeURL(ws.Topic))
	switch next.State {
	case WebSubActive:
		log.Info("a hub pushes what is new", "until", next.Lease)
	case WebSubDenied:
		log.Warn("a hub denies the subscription; the feed is polled as ever", "reason", next.Reason)
	default:
		log.Info("a hub ended the subscription")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if in.mode != "denied" {
		_, _ = io.WriteString(w, in.challenge) // the hub is gone, and asks again
	}
}

// intentOf reads a hub's question; false: it is none.
func intentOf(raw string) (intent, bool) {
	if len(raw) > maxQuery {
		return intent{}, false
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return intent{}, false
	}
	in := intent{mode: q.Get("hub.mode"), topic: q.Get("hub.topic"), challenge: q.Get("hub.challenge"), reason: q.Get("hub.reason")}
	in.lease = seconds(q.Get("hub.lease_seconds"))
	return in, len(in.challenge) <= maxChallenge
}

// change changes a subscription whatever others change meanwhile. decide gives
// what it becomes, and false where it stays as it is.
func (s *Subscriber) change(ctx context.Context, ws WebSub, decide func(WebSub) (WebSub, bool)) (WebSub, bool, error) {
	for range 5 {
		next, ok := decide(ws)
		if !ok {
			return ws, false, nil
		}
		done, err := s.store.UpdateWebSub(ctx, next)
		if err != nil || done {
			return next, done, err
		}
		ws, err = s.store.WebSub(ctx, ws.Token)
		if errors.Is(err, ErrNotFound) {
			return ws, false, nil
		}
		if err != nil {
			return ws, false, err
		}
	}
	return ws, false, errors.New("change a subscription: others change it all the time")
}

// content takes what a hub pushes. It is acknowledged when it is stored, which
// takes milliseconds, so that a hub tries again what was not (section 7).
func (s *Subscriber) content(w http.ResponseWriter, r *http.Request, ws WebSub) {
	switch ws.State {
	case WebSubActive:
	case WebSubDenied, WebSubEnding:
		respond(w, http.StatusGone)
		return
	default:
		respond(w, http.StatusNotFound)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pushTimeout)
	defer cancel()
	place := turn{places: s.bodies}
	if err := place.take(ctx); err != nil {
		s.unavailable(w, r, err)
		return
	}
	defer place.end()
	status, outcome, err := s.receive(ctx, w, r, ws)
	s.opts.Observe(outcome)
	log := s.poller.opts.Log.With("hub", hostOf(ws.Hub), "topic", SafeURL(ws.Topic))
	switch {
	case err != nil:
		s.unavailable(w, r, err)
		return
	case outcome == PushRefused:
		log.Warn("a push was refused", "status", status)
	default:
		log.Debug("a push was taken", "outcome", string(outcome))
	}
	respond(w, status)
}

// receive reads a push, checks its signature and acts on it. An error means
// that the hub should try again.
func (s *Subscriber) receive(ctx context.Context, w http.ResponseWriter, r *http.Request, ws WebSub) (int, PushOutcome, error) {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return http.StatusUnsupportedMediaType, PushRefused, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.poller.client.opts.MaxBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, PushRefused, nil
	case err != nil:
		return http.StatusBadRequest, PushRefused, nil // the hub broke off
	}
	signed := signature(r.Header, ws.Secret, body)
	if signed == signedNot {
		return http.StatusForbidden, PushRefused, nil
	}
	unlock, err := s.feeds.lock(ctx, ws.FeedID)
	if err != nil {
		return 0, PushFailed, err
	}
	defer unlock()
	if ws, err = s.store.WebSub(ctx, ws.Token); err != nil { // what came before this one may have changed it
		return 0, PushFailed, err
	}
	if ws.State != WebSubActive {
		return http.StatusGone, PushRefused, nil
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:16])
	if slices.Contains(ws.Recent, hash) {
		return http.StatusOK, PushRepeated, nil
	}
	outcome, err := s.push(ctx, ws, body, r.Header.Get("Content-Type"), signed == signedWell)
	if err != nil {
		return 0, PushFailed, err
	}
	now := s.now()
	_, _, err = s.change(ctx, ws, func(ws WebSub) (WebSub, bool) { return pushed(ws, hash, outcome != PushPolled, now), true })
	if err != nil {
		return 0, PushFailed, err
	}
	return http.StatusOK, outcome, nil
}

// push stores what a hub sent of a feed, by the way of a poll. A body that is
// not trusted, or cannot be read, is worth a poll: the feed's own server has
// the last word. Only the store's failures are errors.
func (s *Subscriber) push(ctx context.Context, ws WebSub, body []byte, contentType string, trusted bool) (PushOutcome, error) {
	f, err := s.store.FeedByID(ctx, ws.FeedID)
	if errors.Is(err, ErrNotFound) {
		return PushUnchanged, nil // it just left the list
	}
	if err != nil {
		return PushFailed, err
	}
	soon := later(s.now(), f.LastPoll.Add(s.poller.rhythm.Min))
	if !trusted || f.LastSuccess.IsZero() {
		return PushPolled, s.store.PollBy(ctx, f.ID, soon)
	}
	report, err := s.poller.take(ctx, s.store, f, body, contentType, soon)
	switch {
	case err != nil:
		return PushFailed, err
	case report.Outcome == OutcomeFailed:
		return PushPolled, s.store.PollBy(ctx, f.ID, soon)
	case report.New+report.Updated > 0:
		return PushNew, nil
	}
	return PushUnchanged, nil
}

// take reads and stores a pushed body. It says nothing of the feed's health, its
// validators or its next poll: it did not come from the feed's server, and it
// may hold new items alone (section 7). Pushes may come late or in the wrong
// order; which of two wordings is the younger one the feed itself knows, so
// that it is asked by again where items changed.
func (p *Poller) take(ctx context.Context, store PushStore, f Feed, body []byte, contentType string, again time.Time) (Report, error) {
	report := Report{URL: SafeURL(f.URL), Name: f.Label()}
	topics, err := store.Topics(ctx)
	if err != nil {
		return report, err
	}
	large := turn{places: p.large}
	defer large.end()
	if len(body) >= largeBody {
		if err := large.take(ctx); err != nil {
			return report, err
		}
	}
	began := time.Now()
	resp := Response{Status: http.StatusOK, Body: body, ContentType: contentType, FinalURL: SafeURL(f.Address()), Validators: f.Validators}
	next, failed := p.read(Poll{Feed: f, At: p.opts.Now().UTC()}, resp, topics)
	if failed != nil {
		report.Outcome, report.Reason = OutcomeFailed, Reason(failed)
		p.opts.Log.Warn("a push cannot be read; the feed is polled instead", "feed", report.Name, "reason", report.Reason)
		return report, nil
	}
	next.PagesBy, next.Again = p.pagesBy(f, next.At), again
	next.Feed.Marks = joinMarks(next.Feed.Marks, f.Marks)
	saved, err := store.SavePush(ctx, next)
	if errors.Is(err, ErrNotFound) {
		report.Outcome, report.Reason = OutcomeSkipped, sayUnlisted.with()
		return report, nil
	}
	if err != nil {
		return report, err
	}
	report.New, report.Updated, report.Known = saved.New, saved.Updated, saved.Known
	report.Outcome = OutcomeUnchanged
	if saved.New+saved.Updated > 0 {
		report.Outcome = OutcomeNew
		p.opts.Log.Info("pushed", "feed", report.Name, "new", saved.New, "updated", saved.Updated, "ms", time.Since(began).Milliseconds())
		if p.opts.Saved != nil {
			p.opts.Saved(saved)
		}
	}
	return report, nil
}

// How well a body is signed.
type signing int

const (
	signedNot    signing = iota // not, or not with our key
	signedWeakly                // with SHA-1: worth a poll, and no more
	signedWell
)

// signatures are the algorithms of section 7.1.1. Most hubs still sign with
// SHA-1, as the section says, and a hub that does is no reason to wait for the
// next poll. What it signs is not taken at its word, though (section 8.3: "a
// minimum of SHA-256 should be used").
var signatures = map[string]struct {
	new   func() hash.Hash
	grade signing
}{
	"sha1":   {sha1.New, signedWeakly},
	"sha256": {sha256.New, signedWell},
	"sha384": {sha512.New384, signedWell},
	"sha512": {sha512.New, signedWell},
}

// signature checks the X-Hub-Signature headers of a push, and
// X-Hub-Signature-256, which some hubs send besides. The best one counts; one
// that is wrong is not made good by another.
func signature(h http.Header, secret string, body []byte) signing {
	best := signedNot
	given := append(slices.Clone(h.Values("X-Hub-Signature")), h.Values("X-Hub-Signature-256")...)
	if len(given) > 4 {
		return signedNot
	}
	for _, s := range given {
		method, value, _ := strings.Cut(strings.TrimSpace(s), "=")
		algorithm, ok := signatures[strings.ToLower(method)]
		if !ok {
			continue
		}
		mac := hmac.New(algorithm.new, []byte(secret))
		mac.Write(body)
		got, err := hex.DecodeString(value)
		if err != nil || !hmac.Equal(got, mac.Sum(nil)) {
			return signedNot
		}
		best = max(best, algorithm.grade)
	}
	return best
}
