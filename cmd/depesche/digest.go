package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
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
			flags.Var(oneOf{&format, []string{"text", "markdown", "json", "blocks"}}, "format", "one of `text, markdown, json, blocks`")
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
		b := newBot(cfg, store, digests, log)
		defer func() { _ = b.Close(ctx) }()
		channels := map[string]string{}
		if post {
			var err error
			if channels, err = resolveChannels(ctx, b, cfg.Digests); err != nil {
				return err
			}
		}
		runner := newRunner(cfg, channels, store, b, log, digest.Observer{})
		digests.Runner = runner
		d, err := runner.Preview(ctx, c.args[0])
		if errors.Is(err, feeds.ErrNotFound) {
			return usagef("depesche digest", "there is no digest %q; %s", c.args[0], thereAre(cfg.digestNames()))
		}
		if err != nil {
			return err
		}
		if post {
			if d, err = postDigest(ctx, c, runner, d); err != nil {
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

// postDigest delivers the digest now and says so. What Slack did not take yet
// stays in the ledger, and the next serve delivers it.
func postDigest(ctx context.Context, c *call, runner *digest.Runner, preview digest.Digest) (digest.Digest, error) {
	result, err := runner.Fire(ctx, preview.Plan.Label, time.Now())
	if err != nil {
		return digest.Digest{}, err
	}
	if result.Reason != digest.ReasonPosted {
		_, _ = fmt.Fprintf(c.stderr, "not posted: %s\n", result.Reason)
		return preview, nil
	}
	_, _ = fmt.Fprintf(c.stderr, "posted to %s in %d messages\n", preview.Plan.Target, len(result.Run.Deliveries))
	return result.Digest, nil
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
