package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"depesche/bot/playground"
	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

func demoCommand() command {
	return command{
		name: "demo", brief: "the whole job with no account, no database server and no network",
		about: `
Serves bundled sample feeds on loopback, polls them, classifies and stores what
they bring in SQLite, posts a digest, and shows a local page that stands in for
Slack. Nothing of it stays: Ctrl-C ends it and removes its temporary files.
Neither the environment's database nor the configuration file is read.`,
		setup: func(flags *flag.FlagSet) action {
			listen := flags.String("listen", "", "show the page at `ADDR` (127.0.0.1:8080 where that is free)")
			once := flags.Bool("once", false, "poll once, print the digest and end")
			quiet := flags.Bool("no-browser", false, "do not open a browser")
			return func(ctx context.Context, c *call) error {
				if *listen != "" {
					if err := checkAddress(*listen); err != nil {
						return usagef("depesche demo", "--listen: %v", err)
					}
				}
				return demo(ctx, c, *listen, *once, !*quiet)
			}
		},
	}
}

func demo(ctx context.Context, c *call, listen string, once, browser bool) error {
	dir, err := os.MkdirTemp("", "depesche-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	level, err := demoLog(c.env("DEPESCHE_LOG"))
	if err != nil {
		return err
	}
	listener, err := demoListener(ctx, listen, once)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another with --listen", listen, rootCause(err))
	}
	d, err := newDemo(listener, filepath.Join(dir, "demo.db"), newLogger(c.stderr, level))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer d.close()
	if once {
		return d.once(ctx, c.stdout)
	}
	return d.run(ctx, c, browser)
}

// demoLog keeps the log out of the way unless somebody asks for it: one of the
// sample feeds is broken on purpose.
func demoLog(setting string) (LogConfig, error) {
	if setting == "" {
		return LogConfig{Level: slog.LevelError}, nil
	}
	l, err := parseLog(setting)
	if err != nil {
		return l, &configError{[]fault{{key: "DEPESCHE_LOG", text: err.Error()}}}
	}
	return l, nil
}

// demoListener takes the address that was asked for, else the usual port, else
// any free one.
func demoListener(ctx context.Context, listen string, once bool) (net.Listener, error) {
	var config net.ListenConfig
	if listen != "" {
		return config.Listen(ctx, "tcp", listen)
	}
	if !once {
		if l, err := config.Listen(ctx, "tcp", "127.0.0.1:8080"); err == nil {
			return l, nil
		}
	}
	return config.Listen(ctx, "tcp", "127.0.0.1:0")
}

// demonstration is the world around the service: outlets, and a workspace.
type demonstration struct {
	cfg       Config
	log       *slog.Logger
	page      string // address of the page
	sample    *sample
	workspace *playground.Workspace
	server    *http.Server
	served    chan struct{}

	pressing sync.Mutex // one button at a time, and none before the start is done
	app      *App       // nil: not started
}

// newDemo serves the outlets and the workspace on the listener, which it takes over.
func newDemo(listener net.Listener, database string, logger *slog.Logger) (*demonstration, error) {
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	inside := "http://127.0.0.1:" + port
	if host, ok := loopbackOf(listener); ok {
		inside = "http://" + net.JoinHostPort(host, port)
	}
	world, err := newSample(inside+"/sample", time.Now())
	if err != nil {
		return nil, err
	}
	cfg, err := demoConfig(world.feeds(), inside, database)
	if err != nil {
		return nil, err
	}
	d := &demonstration{cfg: cfg, log: logger, page: inside + "/", sample: world, served: make(chan struct{})}
	d.workspace = playground.New(playground.Options{
		BotToken: string(cfg.BotToken), SigningSecret: string(cfg.SigningSecret), URL: inside, Log: logger,
		Actions: []playground.Action{
			{ID: "new-items", Label: "Neue Meldungen treffen ein", Run: d.newItems},
			{ID: "digest-now", Label: "Digest jetzt", Run: d.digestNow},
		},
		Suggestions: []string{
			"OZG\tim Archiv suchen", "Registermodernisierung ODER NOOTS\teines von beiden", "neu\tdie neuesten Meldungen", "neu KI\tdie neuesten zu einem Thema",
			"digest morgen\twas der nächste Digest bringt", "digest morgen heute\tder Digest eines Tages",
			"abo OZG sofort\tmelden, sobald etwas kommt", "abo \"Digitale Souveränität\" täglich mir\teine Liste, nur für dich", "abos\tzeigen und beenden",
			"themen\twas beobachtet wird", "quellen\twoher es kommt", "status\twie es darum steht", "hilfe\talles auf einen Blick",
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/sample/", world)
	mux.Handle("/", d.workspace.Handler())
	d.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug)}
	go func() {
		defer close(d.served)
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the page is gone", "error", err)
		}
	}()
	return d, nil
}

// loopbackOf gives the listener's own host where the demo can reach itself by it.
func loopbackOf(l net.Listener) (string, bool) {
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok || tcp.IP.IsUnspecified() {
		return "", false
	}
	return tcp.IP.String(), true
}

// demoConfig is what the demo's desk would have in its file.
func demoConfig(list []feeds.Feed, base, database string) (Config, error) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return Config{}, err
	}
	cfg := Config{
		File: "the demo", DatabaseURL: Secret("sqlite:" + database),
		BotToken: Secret("xoxb-demo-" + rand.Text()), SigningSecret: Secret(rand.Text()), APIURL: base + "/api/", Listen: "127.0.0.1:0",
		Language: "de", Location: zone, Feeds: list,
		Poll: PollConfig{Every: 5 * time.Minute, Min: time.Minute, Max: time.Hour, Concurrency: 16, PerHost: 16},
		Fetch: FetchConfig{Timeout: 10 * time.Second, MaxBytes: 10 << 20, Contact: "demo",
			AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}},
	}
	for _, t := range [][2]string{
		{"OZG", "OZG OR Onlinezugangsgesetz"},
		{"govdigital", "govdigital"},
		{"Blockchain", `Blockchain OR "Distributed Ledger"`},
		{"Registermodernisierung", `Registermodernisierung OR NOOTS OR "Once Only"`},
		{"KI", `KI OR "Künstliche Intelligenz" OR Sprachmodell*`},
		{"Digitale Souveränität", `"Digitale Souveränität" OR openDesk OR "Open Source"`},
	} {
		query, err := keyword.Parse(t[1])
		if err != nil {
			return Config{}, fmt.Errorf("topic %q: %w", t[0], err)
		}
		cfg.Topics = append(cfg.Topics, feeds.Topic{Name: t[0], Query: query})
	}
	cfg.Lists = ListsConfig{DailyCron: "0 8 * * 1-5", WeeklyCron: "0 8 * * 1"}
	morning := DigestConfig{Name: "morgen", Channel: "C0REDAKTION", Cron: "0 8 * * 1-5", Topics: cfg.topicNames()}
	for _, s := range []struct {
		spec string
		to   *digest.Schedule
	}{{cfg.Lists.DailyCron, &cfg.Lists.Daily}, {cfg.Lists.WeeklyCron, &cfg.Lists.Weekly}, {morning.Cron, &morning.Schedule}} {
		if *s.to, err = digest.ParseSchedule(s.spec, zone); err != nil {
			return Config{}, err
		}
	}
	cfg.Digests = []DigestConfig{morning}
	return cfg, nil
}

// once polls, prints the digest and leaves nothing behind.
func (d *demonstration) once(ctx context.Context, w io.Writer) error {
	store, err := openStore(ctx, d.cfg)
	if err != nil {
		return err
	}
	defer closeQuietly(store)
	if err := declare(ctx, store, d.cfg, time.Now()); err != nil {
		return err
	}
	client := newClient(d.cfg.Fetch, d.cfg.Poll)
	defer client.Close()
	if err := newPoller(d.cfg.Poll, store, client, d.log, feeds.PollOptions{}).Round(ctx, true, nil); err != nil {
		return err
	}
	digests := &digestDesk{}
	b := newBot(d.cfg, store, digests, nil, d.log)
	defer func() { _ = b.Close(ctx) }()
	digests.Runner = newRunner(d.cfg, nil, store, b, d.log, digest.Observer{})
	shown, err := digests.Preview(ctx, "morgen")
	if err != nil {
		return err
	}
	return writeDigest(w, "text", shown, b)
}

// run shows the page until ctx ends.
func (d *demonstration) run(ctx context.Context, c *call, browser bool) error {
	d.pressing.Lock()
	started := sync.OnceFunc(d.pressing.Unlock)
	defer started()
	app, err := New(ctx, d.cfg, d.log)
	if err != nil {
		return err
	}
	d.app = app
	d.workspace.SetBotURL("http://" + app.Address())
	return app.Run(ctx, func(ctx context.Context) error {
		if _, err := d.poll(ctx); err != nil {
			return err
		}
		if _, err := app.runner.Fire(ctx, "morgen", time.Now()); err != nil {
			return err
		}
		started()
		_, _ = fmt.Fprintf(c.stdout, "Depesche's demo is at %s\nTry /news OZG there. Ctrl-C ends it.\n", d.page)
		if browser && isTerminal(c.stdout) {
			openBrowser(d.page)
		}
		return nil
	})
}

// poll asks every outlet once and counts what is new.
func (d *demonstration) poll(ctx context.Context) (feeds.Saved, error) {
	var sum feeds.Saved
	var mu sync.Mutex
	poller := newPoller(d.cfg.Poll, d.app.store, d.app.client, d.log, feeds.PollOptions{
		Saved: func(s feeds.Saved) {
			mu.Lock()
			defer mu.Unlock()
			sum.New += s.New
			sum.Updated += s.Updated
		}, Observe: d.app.metrics.polled, ObservePage: d.app.metrics.page,
	})
	err := poller.Round(ctx, true, nil)
	d.app.runner.Wake()
	return sum, err
}

// errNotStarted answers who presses a button of a demo that could not start.
var errNotStarted = errors.New("the demo has not started")

// newItems lets held-back items appear, as the page's button promises.
func (d *demonstration) newItems(ctx context.Context) (string, error) {
	d.pressing.Lock()
	defer d.pressing.Unlock()
	if d.app == nil {
		return "", errNotStarted
	}
	if !d.sample.release(time.Now()) {
		return "Es sind keine weiteren Meldungen vorbereitet.", nil
	}
	saved, err := d.poll(ctx)
	if err != nil {
		return "", err
	}
	verb := "sind"
	if saved.New == 1 {
		verb = "ist"
	}
	return fmt.Sprintf("%s %s eingetroffen. „Digest jetzt“ und /news neu zeigen sie.", count(saved.New, "neue Meldung", "neue Meldungen"), verb), nil
}

// count says how many in German.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// digestNow fires the digest, as the page's button promises.
func (d *demonstration) digestNow(ctx context.Context) (string, error) {
	d.pressing.Lock()
	defer d.pressing.Unlock()
	if d.app == nil {
		return "", errNotStarted
	}
	result, err := d.app.runner.Fire(ctx, "morgen", time.Now())
	switch {
	case err != nil:
		return "", err
	case result.Reason != digest.ReasonPosted:
		return "Der Digest ist gerade erst erschienen.", nil
	case result.Digest.Count() == 0:
		return "Der Digest steht in #redaktion. Seit dem letzten kam nichts Neues zu den Themen.", nil
	}
	return fmt.Sprintf("Der Digest steht in #redaktion: %s.", count(result.Digest.Count(), "Meldung", "Meldungen")), nil
}

// close ends page and outlets.
func (d *demonstration) close() {
	d.workspace.Close()
	_ = d.server.Close() // its listener is closed either way
	<-d.served
}
