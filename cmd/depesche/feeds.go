package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"depesche/feeds"
	"depesche/storage"
)

func feedsCommand() command {
	return command{
		name: "feeds", args: "COMMAND", brief: "the feeds: list, add, remove, check, import, export, discover",
		subs: []command{
			{name: "feeds list", brief: "every feed and how it fares", json: true, setup: func(*flag.FlagSet) action { return listFeeds }},
			{
				name: "feeds add", args: "URL", brief: "put a feed on the list", min: 1, max: 1, json: true,
				about: "It is asked at the next poll; depesche feeds check URL tries it at once.",
				setup: func(flags *flag.FlagSet) action {
					name := flags.String("name", "", "what the desk calls it, `NAME`")
					role := "rival"
					flags.Var(oneOf{&role, []string{"rival", "own", "primary", "vendor"}}, "role", "one of `rival, own, primary, vendor`")
					return func(ctx context.Context, c *call) error { return addFeed(ctx, c, *name, feeds.Role(role)) }
				},
			},
			{
				name: "feeds remove", args: "URL", brief: "take a feed off the list; its items stay", min: 1, max: 1, json: true,
				setup: func(*flag.FlagSet) action { return removeFeed },
			},
			{
				name: "feeds check", args: "[URL...]", brief: "fetch and report, change nothing", max: -1, json: true,
				about: "Without a URL, every feed on the list. Exit status 1 where one failed.",
				setup: func(*flag.FlagSet) action { return checkFeedsNow },
			},
			{
				name: "feeds import", args: "FILE.opml", brief: "put an OPML file's feeds on the list", min: 1, max: 1, json: true,
				setup: func(*flag.FlagSet) action { return importFeeds },
			},
			{name: "feeds export", brief: "the list as OPML", setup: func(*flag.FlagSet) action { return exportFeeds }},
			{
				name: "feeds discover", args: "URL", brief: "find the feeds of a site", min: 1, max: 1, json: true,
				setup: func(*flag.FlagSet) action { return discoverFeeds },
			},
		},
	}
}

type feedRow struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Since    string `json:"since"`
	LastPoll string `json:"last_poll"`
	NextPoll string `json:"next_poll"`
	Items    int    `json:"items"`
	Origin   string `json:"origin"` // file or desk
}

func feedRows(list []feeds.Feed) []feedRow {
	rows := make([]feedRow, len(list))
	for i, f := range list {
		if f.State == feeds.StateGone {
			f.NextPoll = time.Time{} // never
		}
		rows[i] = feedRow{f.URL, f.Label(), string(f.Role), string(f.State), f.Reason, stamp(f.Since),
			stamp(f.LastPoll), stamp(f.NextPoll), f.Items, string(f.Origin)}
	}
	return rows
}

func listFeeds(ctx context.Context, c *call) error {
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		list, err := store.Feeds(ctx)
		if err != nil {
			return err
		}
		rows := feedRows(list)
		if c.json {
			return printJSON(c.stdout, rows)
		}
		return printFeeds(c.stdout, rows, cfg.Location)
	})
}

// printFeeds lists feeds for people, and below them what is wrong with some.
func printFeeds(w io.Writer, rows []feedRow, loc *time.Location) error {
	table := [][]string{{"STATE", "FEED", "ROLE", "ITEMS", "LAST POLL", "URL"}}
	var reasons strings.Builder
	for _, r := range rows {
		last := "never"
		if r.LastPoll != "" {
			last = local(r.LastPoll, loc)
		}
		table = append(table, []string{r.State, line(r.Name), r.Role, strconv.Itoa(r.Items), last, line(r.URL)})
		if r.Reason != "" {
			fmt.Fprintf(&reasons, "\n%s, %s since %s: %s\n", line(r.Name), r.State, local(r.Since, loc), line(r.Reason))
		}
	}
	if err := printTable(w, table...); err != nil {
		return err
	}
	_, err := io.WriteString(w, reasons.String())
	return err
}

// feedAddress checks an address that was typed.
func feedAddress(where, address string) error {
	if err := checkWebAddress(address); err != nil {
		return usagef(where, "%v", err)
	}
	return nil
}

func addFeed(ctx context.Context, c *call, name string, role feeds.Role) error {
	address := c.args[0]
	if err := feedAddress("depesche feeds add", address); err != nil {
		return err
	}
	return withStore(ctx, c, func(_ Config, store *storage.Store) error {
		added, err := store.AddFeed(ctx, feeds.Feed{URL: address, Name: name, Role: role}, time.Now())
		if err != nil {
			return err
		}
		if c.json {
			return printJSON(c.stdout, map[string]any{"url": address, "added": added})
		}
		text := "is on the list already"
		if added {
			text = "is on the list; it is asked at the next poll"
		}
		_, err = fmt.Fprintf(c.stdout, "%s %s\n", line(address), text)
		return err
	})
}

func removeFeed(ctx context.Context, c *call) error {
	address := c.args[0]
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		err := store.RemoveFeed(ctx, address)
		switch {
		case errors.Is(err, storage.ErrDeclared):
			return fmt.Errorf("%s is declared in %s; remove it there, or it would come back at the next start", address, orElse(cfg.File, "the configuration file"))
		case errors.Is(err, feeds.ErrNotFound):
			return fmt.Errorf("%s is not on the list; depesche feeds list shows what is", address)
		case err != nil:
			return err
		}
		if c.json {
			return printJSON(c.stdout, map[string]any{"url": address, "removed": true})
		}
		_, err = fmt.Fprintf(c.stdout, "%s is off the list; its items stay in the archive\n", line(address))
		return err
	})
}

func checkFeedsNow(ctx context.Context, c *call) error {
	for _, address := range c.args {
		if err := feedAddress("depesche feeds check", address); err != nil {
			return err
		}
	}
	if len(c.args) > 0 {
		cfg, err := c.config()
		if err != nil {
			return err
		}
		return c.reportChecks(ctx, cfg, c.args)
	}
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		list, err := store.Feeds(ctx)
		if err != nil {
			return err
		}
		return c.reportChecks(ctx, cfg, addressesOf(list))
	})
}

func addressesOf(list []feeds.Feed) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = f.URL
	}
	return out
}

func (c *call) reportChecks(ctx context.Context, cfg Config, addresses []string) error {
	failed := false
	bar := c.progress(len(addresses), "checking")
	defer bar.end()
	checkAll(ctx, cfg, addresses, func(r feeds.Report) {
		bar.step()
		failed = failed || r.Outcome == feeds.OutcomeFailed
		if c.json {
			_ = printJSONLine(c.stdout, r) // the reader is gone; the checks go on
			return
		}
		_, _ = io.WriteString(c.stdout, checkText(r))
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed:
		return errReported
	}
	return nil
}

// checkText says what a check came to, for people.
func checkText(r feeds.Report) string {
	what := "ok"
	if r.Outcome == feeds.OutcomeFailed {
		what = "failed"
	}
	text := fmt.Sprintf("%-6s  %s  %d items, %d ms  %s\n", what, line(r.Name), r.New, r.Millis, line(r.URL))
	if r.Reason != "" {
		text += "        " + line(r.Reason) + "\n"
	}
	return text
}

// importResult counts what an OPML file brought.
type importResult struct {
	Added   int          `json:"added"`
	Known   int          `json:"known"`
	Refused []refusedRow `json:"refused"`
}

type refusedRow struct {
	URL    string `json:"url"`
	Reason string `json:"reason"`
}

func importFeeds(ctx context.Context, c *call) error {
	in, err := c.input(c.args[0])
	if err != nil {
		return err
	}
	defer closeQuietly(in)
	outlines, err := feeds.ReadOPML(in)
	if err != nil {
		return fmt.Errorf("import %q: %w", c.args[0], err)
	}
	return withStore(ctx, c, func(_ Config, store *storage.Store) error {
		result := importResult{Refused: []refusedRow{}}
		bar := c.progress(len(outlines), "importing")
		defer bar.end()
		for _, o := range outlines {
			bar.step()
			if err := checkWebAddress(o.URL); err != nil {
				result.Refused = append(result.Refused, refusedRow{o.URL, err.Error()})
				continue
			}
			added, err := store.AddFeed(ctx, feeds.Feed{URL: o.URL, Name: o.Title}, time.Now())
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				result.Refused = append(result.Refused, refusedRow{o.URL, err.Error()})
			case added:
				result.Added++
			default:
				result.Known++
			}
		}
		bar.end()
		return c.printImport(result)
	})
}

func (c *call) printImport(r importResult) error {
	if c.json {
		return printJSON(c.stdout, r)
	}
	var refused strings.Builder
	for _, x := range r.Refused {
		fmt.Fprintf(&refused, "refused %s: %s\n", line(x.URL), line(x.Reason))
	}
	_, err := fmt.Fprintf(c.stdout, "%s%d added, %d known already, %d refused\n", refused.String(), r.Added, r.Known, len(r.Refused))
	return err
}

func exportFeeds(ctx context.Context, c *call) error {
	return withStore(ctx, c, func(_ Config, store *storage.Store) error {
		list, err := store.Feeds(ctx)
		if err != nil {
			return err
		}
		return feeds.WriteOPML(c.stdout, list)
	})
}

func discoverFeeds(ctx context.Context, c *call) error {
	if err := feedAddress("depesche feeds discover", c.args[0]); err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	client := newClient(cfg.Fetch, cfg.Poll)
	defer client.Close()
	found, err := feeds.Discover(ctx, client, c.args[0])
	if err != nil {
		return fmt.Errorf("discover %s: %s", c.args[0], feeds.Reason(err))
	}
	if c.json {
		return printJSON(c.stdout, some(found))
	}
	return printCandidates(c.stdout, found)
}

func printCandidates(w io.Writer, found []feeds.Candidate) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "no feed found")
		return err
	}
	var table [][]string
	for _, f := range found {
		table = append(table, []string{line(f.URL), line(f.Type), line(f.Title)})
	}
	return printTable(w, table...)
}

// checkAll tries the addresses side by side and reports each as it is done,
// one at a time.
func checkAll(ctx context.Context, cfg Config, addresses []string, report func(feeds.Report)) {
	client := newClient(cfg.Fetch, cfg.Poll)
	defer client.Close()
	poller := newPoller(cfg.Poll, nil, client, newLogger(io.Discard, cfg.Log), feeds.PollOptions{})
	reports := make(chan feeds.Report)
	slots := make(chan struct{}, cfg.Poll.Concurrency)
	addresses = slices.Compact(slices.Sorted(slices.Values(addresses)))
	for _, address := range addresses {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			reports <- poller.Check(ctx, address)
		}()
	}
	for range addresses {
		report(<-reports)
	}
}
