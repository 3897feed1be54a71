package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"depesche/feeds"
)

func parseCommand() command {
	return command{
		name: "parse", args: "FILE...", brief: "what is read out of feed files", min: 1, max: -1, json: true,
		about: `
Prints one JSON object a file ("-" is standard input):
  {"file","ok","error","title","items":[{"guid","title","url","published","updated","summary","author","categories":[]}]}
Times are RFC 3339 in UTC, "" where unknown. Relative links want --base, the
address that the file comes from; without it their url is "". Exit status 1
where a file could not be read as a feed.`,
		setup: func(flags *flag.FlagSet) action {
			base := flags.String("base", "", "relative links start from this `URL`; without it they are left out")
			contentType := flags.String("content-type", "", "`TYPE`: the Content-Type that the server sent")
			return func(ctx context.Context, c *call) error {
				failed := false
				for _, file := range c.args {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					p := c.parseFile(file, *contentType, *base)
					failed = failed || !p.OK
					if err := printJSONLine(c.stdout, p); err != nil {
						return err
					}
				}
				if failed {
					return errReported
				}
				return nil
			}
		},
	}
}

type parsedFile struct {
	File  string       `json:"file"`
	OK    bool         `json:"ok"`
	Error string       `json:"error"`
	Title string       `json:"title"`
	Items []parsedItem `json:"items"`
}

type parsedItem struct {
	GUID       string   `json:"guid"`
	Title      string   `json:"title"`
	URL        string   `json:"url"`
	Published  string   `json:"published"`
	Updated    string   `json:"updated"`
	Summary    string   `json:"summary"`
	Author     string   `json:"author"`
	Categories []string `json:"categories"`
}

func (c *call) parseFile(file, contentType, base string) parsedFile {
	p := parsedFile{File: file, Items: []parsedItem{}}
	in, err := c.input(file)
	if err != nil {
		p.Error = err.Error()
		return p
	}
	defer closeQuietly(in)
	body, err := io.ReadAll(in)
	if err != nil {
		p.Error = err.Error()
		return p
	}
	doc, err := feeds.Parse(body, contentType, base)
	if err != nil {
		p.Error = err.Error()
		return p
	}
	p.OK, p.Title = true, doc.Title
	lost := 0
	for _, it := range doc.Items {
		if it.URL == "" {
			lost++
		}
		p.Items = append(p.Items, parsedItem{
			GUID: it.GUID, Title: it.Title, URL: it.URL, Published: stamp(it.Published), Updated: stamp(it.Updated),
			Summary: it.Summary, Author: it.Author, Categories: some(it.Categories),
		})
	}
	if lost > 0 && base == "" {
		_, _ = fmt.Fprintf(c.stderr, "%s: %s without an address; where the links are relative, --base URL says from where\n", line(file), itemCount(lost))
	}
	return p
}
