package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"depesche/bot"
	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
)

// stopTimeout bounds the orderly end, all stops together.
const stopTimeout = 14 * time.Second

// App is the whole service, joined. Make one with New, then Run it once.
type App struct {
	cfg Config
	log *slog.Logger

	store   *storage.Store
	client  *feeds.Client
	poller  *feeds.Poller
	hubs    *feeds.Subscriber
	bot     *bot.Bot
	runner  *digest.Runner
	metrics *metrics
	slack   slackState

	listener net.Listener
	server   *http.Server

	stops  []stop     // in the order of starting
	failed chan error // from what should run for ever and did not
}

// stop ends one part. It obeys ctx, by which the whole end is bounded.
type stop struct {
	name string
	run  func(ctx context.Context) error
}

// New joins the parts of the service and reaches out to database and Slack.
// Nothing is polled, posted or served before Run. What it opened is closed
// again where it fails.
func New(ctx context.Context, cfg Config, log *slog.Logger) (_ *App, err error) {
	a := &App{cfg: cfg, log: log, metrics: newMetrics(), failed: make(chan error, 8)}
	defer func() { //nolint:contextcheck // what was opened is closed also when ctx has ended
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.store, err = openStore(ctx, cfg); err != nil {
		return nil, err
	}
	a.onStop("database", func(context.Context) error { return a.store.Close() })
	if err := declare(ctx, a.store, cfg, time.Now()); err != nil {
		return nil, err
	}

	a.client = newClient(cfg.Fetch, cfg.Poll)
	a.onStop("connections to feeds", func(context.Context) error { a.client.Close(); return nil })
	digests, sites := &digestDesk{}, newSources(a.store, a.client)
	a.bot = newBot(cfg, a.store, digests, sites, log)
	a.onStop("answers under way", a.bot.Close)
	a.onStop("searches of sites", func(context.Context) error { sites.stop(); return nil })
	if err := a.authenticate(ctx); err != nil {
		return nil, err
	}
	channels, err := resolveChannels(ctx, a.bot, cfg.Digests)
	if err != nil {
		return nil, err
	}
	a.runner = newRunner(cfg, channels, a.store, a.bot, log, a.observer())
	digests.Runner = a.runner

	a.poller = newPoller(cfg.Poll, a.store, a.client, log, feeds.PollOptions{
		Robots: true, Saved: func(feeds.Saved) { a.runner.Wake() }, Observe: a.metrics.polled, ObservePage: a.metrics.page,
	})

	a.hubs = feeds.NewSubscriber(a.store, a.poller, feeds.SubscriberOptions{PublicURL: cfg.PublicURL, Observe: a.metrics.push})

	a.metrics.watch(a.store)
	if a.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("listen on %s: %w; set DEPESCHE_LISTEN to a free address", cfg.Listen, rootCause(err))
	}
	a.server = newServer(a.routes(), log)
	a.onStop("listener", func(context.Context) error { return ignoreClosed(a.listener.Close()) })
	return a, nil
}

// digestDesk hands the runner to the bot, which is made first since the runner
// posts through it.
type digestDesk struct{ *digest.Runner }

func newBot(cfg Config, store *storage.Store, digests bot.Digests, sites bot.Sources, log *slog.Logger) *bot.Bot {
	return bot.New(bot.Options{
		Archive: store, Subscribers: store, Desk: store, Digests: digests, Sources: sites,
		Token: string(cfg.BotToken), SigningSecret: string(cfg.SigningSecret), AppToken: string(cfg.AppToken), APIURL: cfg.APIURL,
		Language: cfg.Language, Location: cfg.Location, Version: version, Log: log,
	})
}

func newRunner(cfg Config, channels map[string]string, store *storage.Store, b *bot.Bot, log *slog.Logger, observe digest.Observer) *digest.Runner {
	return digest.NewRunner(digest.RunnerOptions{
		Store: store, Ledger: store, Desk: store, Renderer: b, Poster: b,
		Declared: declaredPlans(cfg, channels), Lists: lists(cfg), Care: care(cfg, store, b), Log: log, Observe: observe,
	})
}

// care says how owners of feeds are told of them.
func care(cfg Config, store *storage.Store, b *bot.Bot) *digest.Care {
	after := cfg.Health.After
	if after == 0 {
		after = -1 // at once
	}
	return &digest.Care{
		Store: store, Renderer: b, Owner: cfg.Health.Owner, Language: cfg.Language, Location: cfg.Location,
		Patience: digest.Patience{Failures: cfg.Health.Failures, After: after},
	}
}

func newClient(f FetchConfig, p PollConfig) *feeds.Client {
	return feeds.NewClient(feeds.ClientOptions{
		Timeout: f.Timeout, MaxBytes: f.MaxBytes, Contact: f.Contact, Version: version, AllowNetworks: f.AllowNetworks,
		PerHost: p.PerHost, HostGap: p.HostGap,
	})
}

// newPoller makes a poller as the configuration says; o has what it tells.
func newPoller(p PollConfig, store *storage.Store, client *feeds.Client, log *slog.Logger, o feeds.PollOptions) *feeds.Poller {
	o.Every, o.Min, o.Max, o.Concurrency, o.Log, o.Pages = p.Every, p.Min, p.Max, p.Concurrency, log, store
	return feeds.NewPoller(store, client, o)
}

// declaredPlans turns the configured digests into plans; channels gives the
// ids of those that are named.
func declaredPlans(cfg Config, channels map[string]string) []digest.Plan {
	plans := make([]digest.Plan, len(cfg.Digests))
	for i, d := range cfg.Digests {
		p := digest.Plan{
			Name: "digest:" + d.Name, Label: d.Name, Kind: digest.KindDigest, Target: orElse(channels[d.Channel], d.Channel),
			Language: cfg.Language, Location: cfg.Location, Cron: d.Cron, Filter: d.Filter,
			Schedule: digest.SkipHolidays(d.Schedule, cfg.Holidays, cfg.Location),
		}
		for _, t := range d.Topics {
			p.Rules = append(p.Rules, digest.Rule{Title: t, Topic: t})
		}
		plans[i] = p
	}
	return plans
}

// lists says when subscriptions are delivered. Holidays postpone the daily
// list; a weekly one that fell on a holiday would be a week late.
func lists(cfg Config) digest.Lists {
	return digest.Lists{
		Daily: digest.SkipHolidays(cfg.Lists.Daily, cfg.Holidays, cfg.Location), Weekly: cfg.Lists.Weekly,
		DailyCron: cfg.Lists.DailyCron, WeeklyCron: cfg.Lists.WeeklyCron, Location: cfg.Location,
	}
}

// observer counts what runs and posts come to. A post that the workspace
// refuses makes the service not ready, until keepAuthenticating asks again.
func (a *App) observer() digest.Observer {
	o := a.metrics.observer()
	counted := o.Posted
	o.Posted = func(d digest.Delivery, err error, took time.Duration) {
		counted(d, err, took)
		if refused(err) {
			a.slack.set(err)
		}
	}
	return o
}

// Address is where the HTTP server listens.
func (a *App) Address() string { return a.listener.Addr().String() }

// Run serves until ctx ends, then stops everything in order. It gives the
// error of a part that ended by itself. begin, which may be nil, is called once
// when HTTP is served and nothing else runs yet.
//
//nolint:contextcheck // parts end at their stops, in order, and not all at once with ctx
func (a *App) Run(ctx context.Context, begin func(context.Context) error) error {
	a.serve()
	a.log.Info("listening", "address", a.Address(), "database", a.store.Database(), "transport", a.cfg.transport())
	if begin != nil {
		if err := begin(ctx); err != nil {
			return errors.Join(err, a.Close())
		}
	}
	if a.cfg.AppToken != "" {
		a.start("Socket Mode", a.bot.RunSocket)
	}
	a.start("Slack", a.keepAuthenticating)
	a.start("digests", func(ctx context.Context) error {
		// Digests apply topics themselves before they go by them; this is for
		// those who look things up meanwhile.
		if err := a.store.Reclassify(ctx, nil); err != nil && ctx.Err() == nil {
			a.log.Error("changed topics are not applied to the archive yet", "error", err)
		}
		return a.runner.Run(ctx)
	})
	a.start("polls", a.poller.Run)
	a.start("hubs", a.hubs.Run)

	var err error
	select {
	case <-ctx.Done():
	case err = <-a.failed:
	}
	a.log.Info("stopping")
	err = errors.Join(err, a.Close())
	a.log.Info("stopped")
	return err
}

func (c Config) transport() string {
	if c.AppToken != "" {
		return "socket mode"
	}
	return "http"
}

// start runs a part until its stop, or until it fails.
func (a *App) start(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			a.failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
	a.onStop(name, func(stopping context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stopping.Done():
			return stopping.Err()
		}
	})
}

// serve answers HTTP until its stop, which lets requests under way finish.
func (a *App) serve() {
	a.start("HTTP", func(context.Context) error {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	a.onStop("requests under way", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := a.server.Shutdown(ctx); err != nil {
			return a.server.Close()
		}
		return nil
	})
}

func (a *App) onStop(name string, run func(context.Context) error) {
	a.stops = append(a.stops, stop{name, run})
}

// Close stops every part, the last one started first, within stopTimeout.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for len(a.stops) > 0 {
		s := a.stops[len(a.stops)-1]
		a.stops = a.stops[:len(a.stops)-1]
		if err := s.run(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", s.name, err))
		}
	}
	return errors.Join(errs...)
}

// slackState is what is known of the connection to Slack.
type slackState struct {
	mu    sync.Mutex
	known bool
	err   error
}

func (s *slackState) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.err = true, err
}

func (s *slackState) get() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		return errors.New("not asked yet")
	}
	return s.err
}

// authenticate asks Slack who we are. A token that Slack refuses is an error;
// where Slack cannot be reached, keepAuthenticating goes on asking.
func (a *App) authenticate(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := a.bot.Authenticate(asking)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.slack.set(err)
	if err == nil {
		return nil
	}
	if refused(err) {
		return err
	}
	a.log.Warn("Slack cannot be reached yet", "error", err)
	return nil
}

// refused reports whether Slack said no to the token itself.
func refused(err error) bool {
	var post *digest.PostError
	return errors.As(err, &post) && post.Class == digest.ClassAccess
}

// authenticateEvery is how often Slack is asked whether it still knows us.
const authenticateEvery = 5 * time.Minute

// keepAuthenticating asks Slack until ctx ends, soon again where it did not
// answer, so that /readyz tells how it stands.
func (a *App) keepAuthenticating(ctx context.Context) error {
	retry := time.Second
	for {
		wait := authenticateEvery
		if a.slack.get() != nil {
			wait, retry = retry, min(2*retry, time.Minute)
		} else {
			retry = time.Second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if err := a.authenticate(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("not authenticated", "error", err)
		}
	}
}

// resolveChannels finds the ids of channels that the configuration names.
func resolveChannels(ctx context.Context, b *bot.Bot, digests []DigestConfig) (map[string]string, error) {
	ids := map[string]string{}
	for _, d := range digests {
		if ids[d.Channel] != "" {
			continue
		}
		id, err := b.ResolveChannel(ctx, d.Channel)
		if err != nil {
			return nil, fmt.Errorf("digest %q: %w", d.Name, err)
		}
		ids[d.Channel] = id
	}
	return ids, nil
}

// rootCause is the innermost error, which says most in the fewest words.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
