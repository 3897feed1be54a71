package main

import (
	"context"
	"fmt"
	"slices"
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
		return fmt.Errorf("import: %w", err)
	}
	defer closeQuietly(in)
	outlines, left, err := feeds.ReadOPML(in)
	if err != nil {
		return fmt.Errorf("import %q: %w", c.args[0], err)
	}
	return withStore(ctx, c, func(_ Config, store *storage.Store) error {
		result := importResult{Refused: []refusedRow{}}
		for _, l := range left {
			result.Refused = append(result.Refused, refusedRow{l.URL, l.Reason})
		}
		var list []feeds.Feed
		for _, o := range outlines {
			if err := importable(o); err != nil {
				result.Refused = append(result.Refused, refusedRow{feeds.SafeURL(o.URL), err.Error()})
				continue
			}
			list = append(list, feeds.Feed{URL: o.URL, Name: o.Title, Role: o.Role, List: o.List})
		}
		bar := c.progress(len(list), "importing")
		defer bar.end()
		for part := range slices.Chunk(list, importPart) {
			added, err := store.AddFeeds(ctx, part, time.Now())
			if err != nil {
				return err
			}
			for _, new := range added {
				bar.step()
				if new {
					result.Added++
				} else {
					result.Known++
				}
			}
		}
		bar.end()
		return c.printImport(result)
	})
}

// importPart is how many feeds are stored at once.
const importPart = 2000

// importable says why an outline cannot be followed.
func importable(o feeds.Outline) error {
	if len(o.URL) > storage.MaxURL {
		return fmt.Errorf("its address has %d bytes; %d are the most", len(o.URL), storage.MaxURL)
	}
	return checkWebAddress(o.URL)
}

func (c *call) printImport(r importResult) error {
	if c.json {
		return printJSON(c.stdout, r)
	}
	var b strings.Builder
	refused := 0
	for _, x := range r.Refused {
		if x.URL == "" { // the list itself is at fault
			fmt.Fprintf(&b, "%s\n", line(x.Reason))
			continue
		}
		refused++
		fmt.Fprintf(&b, "refused %s: %s\n", line(x.URL), line(x.Reason))
	}
	if r.Added+r.Known+len(r.Refused) == 0 {
		b.WriteString("the file names no feed: no outline in it has an xmlUrl\n")
	}
	_, err := fmt.Fprintf(c.stdout, "%s%d added, %d known already, %d refused\n", b.String(), r.Added, r.Known, refused)
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
