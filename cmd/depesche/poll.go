package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"depesche/feeds"
	"depesche/storage"
)

func pollCommand() command {
	return command{
		name: "poll", brief: "one round over the due feeds, then end", json: true,
		about: `
Prints a line (with --json: an object) a feed as its answer comes in: url, name,
outcome (new, unchanged, failed, skipped), counts, reason, milliseconds.
Exit status 0 also where single feeds failed; they say why.`,
		setup: func(flags *flag.FlagSet) action {
			all := flags.Bool("all", false, "ask every feed, not only those that are due")
			return func(ctx context.Context, c *call) error { return poll(ctx, c, *all) }
		},
	}
}

func poll(ctx context.Context, c *call, all bool) error {
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		due, err := store.Due(ctx, time.Now(), all)
		if err != nil {
			return err
		}
		if len(due) == 0 && !all {
			_, _ = fmt.Fprintln(c.stderr, "no feed is due; depesche poll --all asks every one")
		}
		client := newClient(cfg.Fetch, cfg.Poll)
		defer client.Close()
		bar := c.progress(len(due), "polling")
		defer bar.end()
		log := newLogger(io.Discard, cfg.Log) // the reports say it all
		var pages pageCount
		poller := newPoller(cfg.Poll, store, client, log, feeds.PollOptions{ObservePage: pages.count})
		err = poller.Round(ctx, all, func(r feeds.Report) {
			bar.step()
			c.printReport(r)
		})
		pages.report(c.stderr)
		if err != nil || !all {
			return err
		}
		return c.reportGone(ctx, store)
	})
}

// pageCount counts the article pages of a round.
type pageCount struct{ read, refused, later atomic.Int64 }

func (n *pageCount) count(s feeds.PageState) {
	switch s {
	case feeds.PageRead:
		n.read.Add(1)
	case feeds.PageRefused:
		n.refused.Add(1)
	default:
		n.later.Add(1)
	}
}

// report says what became of them, where there were any.
func (n *pageCount) report(w io.Writer) {
	if n.read.Load()+n.refused.Load()+n.later.Load() > 0 {
		_, _ = fmt.Fprintf(w, "article pages: %d read, %d not to be had, %d to be tried again\n", n.read.Load(), n.refused.Load(), n.later.Load())
	}
}

// reportGone names the feeds that even --all does not ask.
func (c *call) reportGone(ctx context.Context, store *storage.Store) error {
	list, err := store.Feeds(ctx)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.State == feeds.StateGone {
			c.printReport(feeds.Report{URL: feeds.SafeURL(f.URL), Name: f.Label(), Outcome: feeds.OutcomeSkipped,
				Reason: "gone: " + f.Reason + " (" + takeOff(f) + ")"})
		}
	}
	return nil
}

// takeOff says how a feed comes off the list.
func takeOff(f feeds.Feed) string {
	if f.Origin == feeds.OriginFile {
		return "to take it off the list, remove it from the configuration file"
	}
	return "to take it off the list: depesche feeds remove " + quoteArg(feeds.SafeURL(f.URL))
}

// printReport writes what became of one feed. Whoever reads it may be gone; the
// round goes on all the same.
func (c *call) printReport(r feeds.Report) {
	if c.json {
		_ = printJSONLine(c.stdout, r)
		return
	}
	text := fmt.Sprintf("%-9s  %s  %d new, %d updated, %d known, %d ms", r.Outcome, line(r.URL), r.New, r.Updated, r.Known, r.Millis)
	if r.Held > 0 {
		text += fmt.Sprintf(", %d held back", r.Held)
	}
	if r.Reason != "" {
		text += "  " + line(r.Reason)
	}
	_, _ = fmt.Fprintln(c.stdout, text)
}
