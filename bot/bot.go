package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
)

// Digests tells of the configured digests and of the lists that subscriptions make.
type Digests interface {
	// Plans lists every plan: the configured digests, and what channels and
	// people subscribed to.
	Plans(ctx context.Context) ([]digest.Plan, error)
	// Preview composes what the digest of that label would say now, and
	// changes nothing; feeds.ErrNotFound where there is none.
	Preview(ctx context.Context, label string) (digest.Digest, error)
	// Explain says what became of the item in every plan, and why; outcomes
	// are the runs that showed it.
	Explain(ctx context.Context, item feeds.Item, outcomes []digest.Outcome) ([]digest.Verdict, error)
}

// Options are what a bot is made of. Archive, Subscribers, Desk and Digests
// are needed for answers; Token for whatever the bot says unasked.
type Options struct {
	Archive     Archive
	Subscribers Subscribers
	Desk        Desk
	Digests     Digests
	Sources     Sources // optional: without it no site is searched for feeds

	Token         string // xoxb-, the bot's
	SigningSecret string // verifies requests; empty: all are refused
	AppToken      string // xapp-, for Socket Mode
	APIURL        string // of the Web API; empty: Slack's own

	Language string         // of answers: "de" (default) or "en"
	Location *time.Location // of every date shown; default UTC
	Command  string         // what the slash command is called where no request says so; default "/news"
	Version  string         // for status

	Log        *slog.Logger     // default: discards
	Now        func() time.Time // default: time.Now
	HTTPClient *http.Client     // default: one with a timeout of ten seconds
}

// Bot is Depesche in Slack. Make one with New.
type Bot struct {
	o     Options
	api   *slack.Client
	voice voice

	seats    chan struct{} // one for each question that is worked on
	searches chan struct{} // one for each site that is searched

	mu     sync.Mutex
	closed bool
	jobs   sync.WaitGroup                // work that outlives its request
	stops  map[uint64]context.CancelFunc // of that work
	last   uint64
	socket socketState
	self   selfState
}

// New makes a bot. It connects to nothing.
func New(o Options) *Bot {
	if o.APIURL == "" {
		o.APIURL = slack.APIURL
	}
	if !strings.HasSuffix(o.APIURL, "/") {
		o.APIURL += "/"
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Command == "" {
		o.Command = "/news"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 10 * time.Second}
	}
	b := &Bot{o: o, voice: speak(o.Language), seats: make(chan struct{}, maxAtOnce), searches: make(chan struct{}, maxSearches), stops: map[uint64]context.CancelFunc{}}
	b.api = slack.New(o.Token,
		slack.OptionHTTPClient(strictly(o.HTTPClient)),
		slack.OptionAPIURL(o.APIURL),
		slack.OptionAppLevelToken(o.AppToken),
	)
	return b
}

const (
	jobTimeout = 60 * time.Second // for one piece of work; a response URL lives for half an hour, nobody waits that long
	maxJobs    = 1000             // pieces of work, those included that wait for a seat
	maxAtOnce  = 32               // questions worked on at the same time
)

// spawn runs the work in a goroutine that Close waits for. It reports false
// where the bot is closed or has more to do than it will ever get done.
func (b *Bot) spawn(work func(ctx context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.stops) >= maxJobs {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), jobTimeout)
	b.last++
	id := b.last
	b.stops[id] = cancel
	b.jobs.Go(func() {
		defer b.ended(id)
		work(ctx)
	})
	return true
}

// ended forgets a piece of work.
func (b *Bot) ended(id uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stops[id]()
	delete(b.stops, id)
}

// Close waits for the work under way, which new requests can no longer add to.
// Where ctx ends first, the rest of the work is cancelled and waited for.
func (b *Bot) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.jobs.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		b.cancel()
		<-done
		return fmt.Errorf("answers under way were cancelled: %w", ctx.Err())
	}
}

// cancel ends all work under way.
func (b *Bot) cancel() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, stop := range b.stops {
		stop()
	}
}

// now is the time in the zone that dates are shown in.
func (b *Bot) now() time.Time { return b.o.Now().In(b.o.Location) }
