package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"depesche/feeds"
	"depesche/storage"
)

func topicsCommand() command {
	return command{
		name: "topics", args: "COMMAND", brief: "the topics: list, and test what one caught lately",
		subs: []command{
			{name: "topics list", brief: "every topic with its query", json: true, setup: func(*flag.FlagSet) action { return listTopics }},
			{
				name: "topics test", args: "NAME", brief: "what a topic's query caught in the archive lately", min: 1, max: 1, json: true,
				setup: func(flags *flag.FlagSet) action {
					limit := flags.Int("limit", 20, "at most `N` items")
					return func(ctx context.Context, c *call) error { return testTopic(ctx, c, *limit) }
				},
			},
		},
	}
}

type topicRow struct {
	Name    string `json:"name"`
	Query   string `json:"query"`
	Meaning string `json:"meaning"`
}

func listTopics(ctx context.Context, c *call) error {
	return withStore(ctx, c, func(_ Config, store *storage.Store) error {
		topics, err := store.Topics(ctx)
		if err != nil {
			return err
		}
		rows := make([]topicRow, len(topics))
		for i, t := range topics {
			rows[i] = topicRow{t.Name, t.Query.String(), t.Query.Describe("en")}
		}
		if c.json {
			return printJSON(c.stdout, rows)
		}
		table := [][]string{{"TOPIC", "QUERY"}}
		for _, r := range rows {
			table = append(table, []string{line(r.Name), line(r.Query)})
		}
		return printTable(c.stdout, table...)
	})
}

// hitRow is an item that a topic caught, with the words that made it so.
type hitRow struct {
	itemRow
	Words []string `json:"words"`
}

func testTopic(ctx context.Context, c *call, limit int) error {
	if limit < 1 {
		return usagef("depesche topics test", "--limit wants 1 or more")
	}
	name := c.args[0]
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		topics, err := store.Topics(ctx)
		if err != nil {
			return err
		}
		if !hasTopic(topics, name) {
			return usagef("depesche topics test", "there is no topic %q; %s", name, thereAre(namesOfTopics(topics)))
		}
		items, total, err := store.TopicHits(ctx, name, limit)
		if err != nil {
			return err
		}
		rows := make([]hitRow, len(items))
		for i, row := range itemRows(items) {
			rows[i] = hitRow{row, wordsOf(items[i], name)}
		}
		if c.json {
			return printJSON(c.stdout, rows)
		}
		var b strings.Builder
		for i, it := range items {
			fmt.Fprintf(&b, "%s  %s\n    %s: %s\n", it.Dated.In(cfg.Location).Format("2006-01-02 15:04"), line(it.Title),
				line(it.Source), line(strings.Join(rows[i].Words, ", ")))
		}
		_, err = fmt.Fprintf(c.stdout, "%s%d of %d items\n", b.String(), len(items), total)
		return err
	})
}

func hasTopic(topics []feeds.Topic, name string) bool {
	return slices.ContainsFunc(topics, func(t feeds.Topic) bool { return t.Name == name })
}

func namesOfTopics(topics []feeds.Topic) []string {
	out := make([]string, len(topics))
	for i, t := range topics {
		out[i] = t.Name
	}
	return out
}

// wordsOf gives the words of an item that made the topic accept it.
func wordsOf(it feeds.Item, topic string) []string {
	for _, m := range it.Matches {
		if m.Topic == topic {
			return some(m.Words)
		}
	}
	return []string{}
}
