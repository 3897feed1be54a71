package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"depesche/bot"
	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
)

func digestCommand() command {
	return command{
		name: "digest", args: "NAME", brief: "what this digest would say now", min: 1, max: 1, json: true,
		about: `
With --post it is delivered through the ledger, as the schedule would: what it
shows is not shown again by this digest. --json is --format json:
  {"digest","at","from","to","sections":[{"title","items":[...]}],
   "coverage":{"sources","checked","broken":[{"url","name","reason","since"}],"quiet":[]}}
--format blocks prints the Slack messages: {"messages":[{"text","blocks"}]}.`,
		setup: func(flags *flag.FlagSet) action {
			post := flags.Bool("post", false, "deliver it")
			format := "text"
			flags.Var(oneOf{&format, []string{"text", "markdown", "json", "blocks"}}, "format", "`FORMAT`: text, markdown, json or blocks")
			return func(ctx context.Context, c *call) error {
				if c.json {
					format = "json"
				}
				return showDigest(ctx, c, format, *post)
			}
		},
	}
}

func showDigest(ctx context.Context, c *call, format string, post bool) error {
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		if post && cfg.BotToken == "" {
			return &configError{[]fault{{key: "SLACK_BOT_TOKEN", text: "it is not set, and --post needs it; set it to the app's bot token (xoxb-...)"}}}
		}
		log := newLogger(c.stderr, cfg.Log)
		digests := &digestDesk{}
		b := newBot(cfg, store, digests, nil, log)
		defer func() { _ = b.Close(ctx) }()
		channels := map[string]string{}
		if post {
			var err error
			if _, err = b.Authenticate(ctx); err != nil {
				return err
			}
			if channels, err = resolveChannels(ctx, b, cfg.Digests); err != nil {
				return err
			}
		}
		posted := &posting{byKey: map[string]digest.Delivery{}}
		runner := newRunner(cfg, channels, store, b, log, posted.observer())
		digests.Runner = runner
		d, err := runner.Preview(ctx, c.args[0])
		if errors.Is(err, feeds.ErrNotFound) {
			return usagef("depesche digest", "there is no digest %q; %s", c.args[0], thereAre(cfg.digestNames()))
		}
		if err != nil {
			return err
		}
		if post {
			if d, err = posted.postDigest(ctx, c, runner, d); err != nil {
				return err
			}
		}
		return writeDigest(c.stdout, format, d, b)
	})
}

func thereAre(names []string) string {
	if len(names) == 0 {
		return "the configuration declares none"
	}
	return "there are " + strings.Join(names, ", ")
}

// posting is what became of the messages of one digest that is posted now.
type posting struct {
	mu    sync.Mutex
	byKey map[string]digest.Delivery // as they were last settled
}

func (p *posting) observer() digest.Observer {
	return digest.Observer{Posted: func(d digest.Delivery, _ error, _ time.Duration) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.byKey[d.Key] = d
	}}
}

// unsent gives the first of the messages that Slack has not accepted.
func (p *posting) unsent(messages []digest.Delivery) (digest.Delivery, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range messages {
		if settled := p.byKey[d.Key]; settled.Status != digest.StatusSent {
			settled.Status = cmp.Or(settled.Status, digest.StatusPending)
			return settled, true
		}
	}
	return digest.Delivery{}, false
}

// postDigest delivers the digest now and says so. What Slack did not take is an
// error; it stays in the ledger, and the next serve or --post delivers it.
func (p *posting) postDigest(ctx context.Context, c *call, runner *digest.Runner, preview digest.Digest) (digest.Digest, error) {
	if err := runner.Ledger.Retry(ctx); err != nil {
		return digest.Digest{}, err
	}
	label, target := preview.Plan.Label, preview.Plan.Target
	result, err := runner.Fire(ctx, label, time.Now())
	if err == nil && (result.Reason == digest.ReasonBehind || result.Reason == digest.ReasonAlreadyRan) {
		// An earlier message had to go first, or this second has its digest.
		if err := nextSecond(ctx); err != nil {
			return digest.Digest{}, err
		}
		result, err = runner.Fire(ctx, label, time.Now())
	}
	switch {
	case err != nil:
		return digest.Digest{}, err
	case result.Reason == digest.ReasonBehind:
		return digest.Digest{}, fmt.Errorf("digest %q is not posted: an earlier message of it has not arrived in %s yet; depesche doctor says why", label, target)
	case result.Reason != digest.ReasonPosted:
		return digest.Digest{}, fmt.Errorf("digest %q is not posted: %s", label, result.Reason)
	}
	if d, ok := p.unsent(result.Run.Deliveries); ok {
		return digest.Digest{}, fmt.Errorf("digest %q is stored and not delivered to %s: %s; serve delivers it, or --post again", label, target, orElse(d.Reason, "it waits"))
	}
	_, _ = fmt.Fprintf(c.stderr, "posted to %s, messages: %d\n", target, len(result.Run.Deliveries))
	return result.Digest, nil
}

// nextSecond waits until the clock shows another second, or ctx ends.
func nextSecond(ctx context.Context) error {
	now := time.Now()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now)):
		return nil
	}
}

// writeDigest prints a digest in one of the formats.
func writeDigest(w io.Writer, format string, d digest.Digest, b *bot.Bot) error {
	switch format {
	case "json":
		return printJSON(w, documentOf(d))
	case "blocks":
		messages, err := b.Render(d)
		if err != nil {
			return err
		}
		return printJSON(w, map[string]any{"messages": some(messages)})
	case "markdown":
		_, err := io.WriteString(w, clean(bot.Markdown(d)))
		return err
	default:
		_, err := io.WriteString(w, clean(bot.PlainText(d)))
		return err
	}
}

// digestDocument is a digest as --format json prints it.
type digestDocument struct {
	Digest   string            `json:"digest"`
	At       string            `json:"at"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Sections []digestSection   `json:"sections"`
	Coverage digestCoverageRow `json:"coverage"`
}

type digestSection struct {
	Title string       `json:"title"`
	Items []digestItem `json:"items"`
}

type digestItem struct {
	itemRow
	Summary string        `json:"summary"`
	Matches []feeds.Match `json:"matches"`
}

type digestCoverageRow struct {
	Sources int         `json:"sources"`
	Checked int         `json:"checked"`
	Broken  []brokenRow `json:"broken"`
	Quiet   []string    `json:"quiet"`
}

type brokenRow struct {
	URL    string `json:"url"`
	Name   string `json:"name"`
	State  string `json:"state"`
	Reason string `json:"reason"`
	Since  string `json:"since"`
}

func documentOf(d digest.Digest) digestDocument {
	doc := digestDocument{
		Digest: d.Plan.Label, At: stamp(d.At), From: stamp(d.From), To: stamp(d.To), Sections: []digestSection{},
		Coverage: digestCoverageRow{d.Coverage.Sources, d.Coverage.Checked, []brokenRow{}, some(d.Coverage.Quiet)},
	}
	for _, s := range d.Sections {
		section := digestSection{Title: s.Title, Items: []digestItem{}}
		for i, row := range itemRows(s.Items) {
			section.Items = append(section.Items, digestItem{row, s.Items[i].Summary, some(s.Items[i].Matches)})
		}
		doc.Sections = append(doc.Sections, section)
	}
	for _, f := range d.Coverage.Broken {
		doc.Coverage.Broken = append(doc.Coverage.Broken, brokenRow{f.URL, f.Label(), string(f.State), f.Reason, stamp(f.Since)})
	}
	return doc
}
