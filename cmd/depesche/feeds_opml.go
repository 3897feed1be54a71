package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"depesche/feeds"
	"depesche/storage"
)

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
