package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
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
				about: `
It is asked at the next poll; depesche feeds check URL tries it at once, and
depesche feeds discover URL finds the feeds of a site. A page without a feed is
followed by CSS selectors: --entry and, where the page's own order is not
enough, the others. A feed that is on the list already stays as it is; to change
one, remove it and add it again. What depesche.yaml declares is changed there.`,
				setup: func(flags *flag.FlagSet) action {
					f, list := addFlags(flags), listFlags(flags)
					return func(ctx context.Context, c *call) error { return addFeed(ctx, c, *f, list) }
				},
			},
			{
				name: "feeds remove", args: "URL", brief: "take a feed off the list; its items stay", min: 1, max: 1, json: true,
				about: "A feed that depesche.yaml declares is removed there: the file decides, and would bring it back.",
				setup: func(*flag.FlagSet) action { return removeFeed },
			},
			{
				name: "feeds check", args: "[URL...]", brief: "fetch and report, change nothing", max: -1, json: true,
				about: `
Without a URL, every feed on the list. Exit status 1 where one failed, and what
to do about it. With --entry, a page is read by CSS selectors, and its first
entries are shown; depesche feeds discover URL proposes selectors.`,
				setup: func(flags *flag.FlagSet) action {
					list := listFlags(flags)
					return func(ctx context.Context, c *call) error { return checkFeedsNow(ctx, c, list) }
				},
			},
			{
				name: "feeds import", args: "FILE.opml", brief: "put an OPML file's feeds on the list", min: 1, max: 1, json: true,
				about: `
"-" is standard input. Feeds that are on the list already, by hand or from
depesche.yaml, stay as they are. The file may be in any charset and damaged;
what cannot be followed is named and left out.`,
				setup: func(*flag.FlagSet) action { return importFeeds },
			},
			{
				name: "feeds export", brief: "the list as OPML",
				about: `
Writes to standard output: depesche feeds export > feeds.opml. Names, roles and
selectors come back with depesche feeds import; owners and full_text do not.`,
				setup: func(*flag.FlagSet) action { return exportFeeds },
			},
			{
				name: "feeds discover", args: "URL", brief: "find the feeds of a site", min: 1, max: 1, json: true,
				about: `
Looks at what the page names, at links and at usual paths, in at most twenty
seconds and ten requests; changes nothing. Feeds of comments are left out where
there are others. Where there is no feed, it proposes CSS selectors by which the
page can be followed. Without http:// or https://, both are tried.`,
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
	Kind     string `json:"kind"`   // feed, or list: a page that is followed in place of one
	Pushed   string `json:"pushed"` // until when its hub pushes what is new; empty: it does not
}

func kindOf(f feeds.Feed) string {
	if f.List != nil {
		return "list"
	}
	return "feed"
}

func feedRows(list []feeds.Feed) []feedRow {
	rows := make([]feedRow, len(list))
	for i, f := range list {
		if f.State == feeds.StateGone {
			f.NextPoll = time.Time{} // never
		}
		if !f.Pushed.After(time.Now()) {
			f.Pushed = time.Time{}
		}
		rows[i] = feedRow{f.URL, f.Label(), string(f.Role), string(f.State), f.Reason, stamp(f.Since),
			stamp(f.LastPoll), stamp(f.NextPoll), f.Items, string(f.Origin), kindOf(f), stamp(f.Pushed)}
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
	table := [][]string{{"STATE", "KIND", "FEED", "ROLE", "FROM", "ITEMS", "LAST POLL", "URL"}}
	var reasons strings.Builder
	for _, r := range rows {
		last := "never"
		if r.LastPoll != "" {
			last = local(r.LastPoll, loc)
		}
		table = append(table, []string{r.State, r.Kind, line(r.Name), r.Role, r.Origin, strconv.Itoa(r.Items), last, line(r.URL)})
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

// addFlags are what the desk says of a feed, as the configuration has it.
func addFlags(flags *flag.FlagSet) *feeds.Feed {
	f := &feeds.Feed{Role: feeds.RoleRival}
	flags.StringVar(&f.Name, "name", "", "`NAME`: what the desk calls it")
	flags.Var(oneOf{(*string)(&f.Role), []string{"rival", "own", "primary", "vendor"}}, "role", "`ROLE`: rival, own, primary or vendor")
	flags.StringVar(&f.Owner, "owner", "", "`ID` of the Slack user or channel that is told when it breaks")
	flags.BoolVar(&f.FullText, "full-text", false, "fetch each new item's page and classify by its text, too")
	return f
}

// listFlags are the selectors of a page, by the names that the configuration
// has for them. The function gives nil where none is set.
func listFlags(flags *flag.FlagSet) func() (*feeds.List, error) {
	l := &feeds.List{}
	flags.StringVar(&l.Entry, "entry", "", "CSS `SELECTOR` of the entries of an HTML page that is no feed")
	flags.StringVar(&l.Title, "title", "", "CSS `SELECTOR` of an entry's title (without it: its heading or link)")
	flags.StringVar(&l.Link, "link", "", "CSS `SELECTOR` of the link to an entry's page (without it: its first link)")
	flags.StringVar(&l.Date, "date", "", "CSS `SELECTOR` of an entry's date (without it: its time element)")
	flags.StringVar(&l.Summary, "summary", "", "CSS `SELECTOR` of an entry's teaser (without it: no teaser)")
	return func() (*feeds.List, error) {
		switch {
		case *l == feeds.List{}:
			return nil, nil
		case l.Entry == "":
			return nil, errors.New("--entry is missing; the other selectors are looked for inside an entry")
		}
		return l, l.Check()
	}
}

func addFeed(ctx context.Context, c *call, f feeds.Feed, list func() (*feeds.List, error)) error {
	f.URL = c.args[0]
	if err := feedAddress("depesche feeds add", f.URL); err != nil {
		return err
	}
	f.URL = addressKey(f.URL) // another spelling is no other feed
	var err error
	if f.List, err = list(); err != nil {
		return usagef("depesche feeds add", "%v", err)
	}
	if f.Owner != "" && !isID(f.Owner, "UWCG") {
		return usagef("depesche feeds add", "--owner %q is no Slack user or channel; write the member id, such as U0123456, or the channel's, such as C0123456", f.Owner)
	}
	return withStore(ctx, c, func(_ Config, store *storage.Store) error {
		added, err := store.AddFeed(ctx, f, time.Now())
		if err != nil {
			return err
		}
		if c.json {
			return printJSON(c.stdout, map[string]any{"url": f.URL, "added": added, "kind": kindOf(f)})
		}
		text := "is on the list already, and stays as it was"
		if added {
			text = "is on the list; it is asked at the next poll, and depesche feeds check tries it now"
		}
		_, err = fmt.Fprintf(c.stdout, "%s %s\n", line(f.URL), text)
		return err
	})
}

func removeFeed(ctx context.Context, c *call) error {
	address := c.args[0]
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		err := store.RemoveFeed(ctx, address)
		if errors.Is(err, feeds.ErrNotFound) && addressKey(address) != address {
			address = addressKey(address)
			err = store.RemoveFeed(ctx, address)
		}
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
