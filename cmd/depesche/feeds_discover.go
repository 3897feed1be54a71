package main

import (
	"context"
	"fmt"
	"io"

	"depesche/feeds"
)

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
