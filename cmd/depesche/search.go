package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
)

func searchCommand() command {
	return command{
		name: "search", args: "QUERY", brief: "look the archive up, best first", min: 1, max: -1, json: true,
		about: "Several words are one query. One that begins with a dash follows --.",
		setup: func(flags *flag.FlagSet) action {
			limit := flags.Int("limit", 10, "at most `N` items")
			return func(ctx context.Context, c *call) error { return search(ctx, c, *limit) }
		},
	}
}

func search(ctx context.Context, c *call, limit int) error {
	if limit < 1 {
		return usagef("depesche search", "--limit wants 1 or more")
	}
	text := strings.Join(c.args, " ")
	query, err := keyword.Parse(text)
	if err != nil {
		return usagef("depesche search", "this is no query: %s", queryFault(err))
	}
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		found, _, err := store.Search(ctx, query, time.Now(), 0, limit)
		if err != nil {
			return err
		}
		items := make([]feeds.Item, len(found))
		for i, f := range found {
			items[i] = f.Item
		}
		if c.json {
			return printJSON(c.stdout, itemRows(items))
		}
		if len(items) == 0 {
			_, err := fmt.Fprintln(c.stdout, "nothing found")
			return err
		}
		return printItems(c.stdout, items, cfg.Location)
	})
}

// itemRow is an item as lists print it.
type itemRow struct {
	ID        int64    `json:"id"`
	Title     string   `json:"title"`
	URL       string   `json:"url"`
	Source    string   `json:"source"`
	Published string   `json:"published"`
	Seen      string   `json:"seen"`
	Topics    []string `json:"topics"`
}

func itemRows(items []feeds.Item) []itemRow {
	rows := make([]itemRow, len(items))
	for i, it := range items {
		rows[i] = itemRow{it.ID, it.Title, it.URL, it.Source, stamp(it.Published), stamp(it.Seen), topicsOf(it)}
	}
	return rows
}

func topicsOf(it feeds.Item) []string {
	topics := []string{}
	for _, m := range it.Matches {
		topics = append(topics, m.Topic)
	}
	return topics
}

// printItems writes items for people.
func printItems(w io.Writer, items []feeds.Item, loc *time.Location) error {
	var b strings.Builder
	for _, it := range items {
		fmt.Fprintf(&b, "%s\n  %s, %s", line(it.Title), line(it.Source), it.Dated.In(loc).Format("2006-01-02 15:04"))
		if topics := topicsOf(it); len(topics) > 0 {
			b.WriteString(", " + line(strings.Join(topics, ", ")))
		}
		fmt.Fprintf(&b, "\n  %s (item %d)\n", line(it.URL), it.ID)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
