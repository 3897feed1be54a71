package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"depesche/feeds"
	"depesche/storage"
)

func checkFeedsNow(ctx context.Context, c *call, given func() (*feeds.List, error)) error {
	for _, address := range c.args {
		if err := feedAddress("depesche feeds check", address); err != nil {
			return err
		}
	}
	list, err := given()
	if err == nil && list != nil && len(c.args) == 0 {
		err = errors.New("selectors such as --entry are tried on one page; give its address: depesche feeds check URL --entry SELECTOR")
	}
	if err != nil {
		return usagef("depesche feeds check", "%v", err)
	}
	if len(c.args) > 0 {
		cfg, err := c.config()
		if err != nil {
			return err
		}
		return c.reportChecks(ctx, cfg, cfg.feedsAt(c.args, list))
	}
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		list, err := store.Feeds(ctx)
		if err != nil {
			return err
		}
		return c.reportChecks(ctx, cfg, list)
	})
}

// feedsAt are the feeds of these addresses: read by the list that is given, else
// as the configuration declares them.
func (c Config) feedsAt(addresses []string, list *feeds.List) []feeds.Feed {
	out := make([]feeds.Feed, len(addresses))
	for i, address := range addresses {
		out[i] = feeds.Feed{URL: address, List: list}
		at := slices.IndexFunc(c.Feeds, func(f feeds.Feed) bool { return addressKey(f.URL) == addressKey(address) })
		if list == nil && at >= 0 {
			out[i].List = c.Feeds[at].List
		}
		if at >= 0 {
			out[i].Name = c.Feeds[at].Name
		}
	}
	return out
}

// checked is what a check came to. First is what a list's page has at its top.
type checked struct {
	feeds.Report
	First []entryRow `json:"first,omitempty"`
}

// entryRow is one entry of a page.
type entryRow struct {
	Title     string `json:"title"`
	URL       string `json:"url"`
	Published string `json:"published"`
	Summary   string `json:"summary"`
}

// showEntries is how many entries are shown of a page.
const showEntries = 5

func entryRows(list []feeds.Item, most int) []entryRow {
	rows := make([]entryRow, min(len(list), most))
	for i := range rows {
		rows[i] = entryRow{list[i].Title, list[i].URL, stamp(list[i].Published), list[i].Summary}
	}
	return rows
}

func (c *call) reportChecks(ctx context.Context, cfg Config, list []feeds.Feed) error {
	failed := false
	bar := c.progress(len(list), "checking")
	defer bar.end()
	checkAll(ctx, cfg, list, func(r checked) {
		bar.step()
		if ctx.Err() != nil {
			return // it was broken off, and says nothing of the feed
		}
		failed = failed || r.Outcome == feeds.OutcomeFailed
		if c.json {
			_ = printJSONLine(c.stdout, r) // the reader is gone; the checks go on
			return
		}
		_, _ = io.WriteString(c.stdout, checkText(r.Report)+entriesText(r.First, "         ", cfg.Location))
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed:
		return errReported
	}
	return nil
}

// entriesText shows entries for people, so that they see whether they fit.
func entriesText(list []entryRow, indent string, loc *time.Location) string {
	var b strings.Builder
	for _, e := range list {
		date := "no date"
		if e.Published != "" {
			date = local(e.Published, loc)
		}
		fmt.Fprintf(&b, "%s%s  %s\n%s    %s\n", indent, date, line(e.Title), indent, line(e.URL))
		if e.Summary != "" {
			fmt.Fprintf(&b, "%s    %s\n", indent, line(e.Summary))
		}
	}
	return b.String()
}

// checkText says what a check came to, for people.
func checkText(r feeds.Report) string {
	what := "ok"
	switch r.Outcome {
	case feeds.OutcomeFailed, feeds.OutcomeSkipped:
		what = string(r.Outcome)
	}
	text := fmt.Sprintf("%-7s  %s  %s, %d ms  %s\n", what, line(r.Name), itemCount(r.New), r.Millis, line(r.URL))
	if r.Reason != "" {
		text += "         " + line(r.Reason) + "\n"
	}
	return text
}

func itemCount(n int) string {
	if n == 1 {
		return "1 item"
	}
	return fmt.Sprintf("%d items", n)
}

// checkAll tries the feeds side by side, each address once, and reports each as
// it is done, one at a time.
func checkAll(ctx context.Context, cfg Config, list []feeds.Feed, report func(checked)) {
	client := newClient(cfg.Fetch, cfg.Poll)
	defer client.Close()
	poller := newPoller(cfg.Poll, nil, client, newLogger(io.Discard, cfg.Log), feeds.PollOptions{})
	reports := make(chan checked)
	slots := make(chan struct{}, cfg.Poll.Concurrency)
	list = slices.SortedFunc(slices.Values(list), func(a, b feeds.Feed) int { return strings.Compare(a.URL, b.URL) })
	list = slices.CompactFunc(list, func(a, b feeds.Feed) bool { return a.URL == b.URL })
	check := func(f feeds.Feed) {
		slots <- struct{}{}
		r, items := poller.CheckFeed(ctx, feeds.Feed{URL: f.URL, Name: f.Name, Title: f.Title, Site: f.Site, List: f.List})
		<-slots
		out := checked{Report: r}
		if f.List != nil {
			out.First = entryRows(items, showEntries)
		}
		reports <- out
	}
	for _, lane := range byHost(list) { // no more of a host take a place than it may be asked at once
		workers := min(max(1, cfg.Poll.PerHost), len(lane))
		for first := range workers {
			go func() {
				for i := first; i < len(lane); i += workers {
					check(lane[i])
				}
			}()
		}
	}
	for range list {
		report(<-reports)
	}
}

// byHost groups feeds by their hosts.
func byHost(list []feeds.Feed) map[string][]feeds.Feed {
	out := map[string][]feeds.Feed{}
	for _, f := range list {
		host := ""
		if u, err := url.Parse(f.URL); err == nil {
			host = strings.ToLower(u.Host)
		}
		out[host] = append(out[host], f)
	}
	return out
}
