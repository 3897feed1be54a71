package main

import (
	"context"
	"flag"
	"io"
	"slices"
	"strings"
	"time"

	"depesche/feeds"
	"depesche/feeds/article"
)

func articleCommand() command {
	return command{
		name: "article", args: "FILE-or-URL...", brief: "what is read out of an article page", min: 1, max: -1, json: true,
		about: `
Prints one JSON object each ("-" is standard input):
  {"file","ok","error","title","text","keywords":[],"published","author","site","source"}
"published" is RFC 3339 in UTC, "" where unknown; the text has a blank line
between its paragraphs. An http or https address is asked for as serve would ask
for it, its robots.txt first. Exit status 1 where one could not be read as an article.`,
		setup: func(flags *flag.FlagSet) action {
			contentType := flags.String("content-type", "", "`TYPE`: the Content-Type that a server sent with a file")
			return func(ctx context.Context, c *call) error { return readArticles(ctx, c, *contentType) }
		},
	}
}

// articleReport is what became of one file or address.
type articleReport struct {
	File      string   `json:"file"`
	OK        bool     `json:"ok"`
	Error     string   `json:"error"`
	Title     string   `json:"title"`
	Text      string   `json:"text"`
	Keywords  []string `json:"keywords"`
	Published string   `json:"published"`
	Author    string   `json:"author"`
	Site      string   `json:"site"`
	Source    string   `json:"source"` // whom the article names: "Quelle: Amtsblatt"
}

// readArticles reads each argument in turn. The configuration is wanted, and
// must be right, only where an address is to be asked.
func readArticles(ctx context.Context, c *call, contentType string) error {
	var client *feeds.Client
	if slices.ContainsFunc(c.args, isAddress) {
		cfg, err := c.config()
		if err != nil {
			return err
		}
		client = newClient(cfg.Fetch, cfg.Poll)
		defer client.Close()
	}
	failed := false
	for _, arg := range c.args {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r := readArticle(ctx, arg, func() (article.Page, error) {
			if isAddress(arg) {
				return fetchPage(ctx, client, arg)
			}
			return c.filePage(arg, contentType)
		})
		failed = failed || !r.OK
		if err := printJSONLine(c.stdout, r); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// readArticle reads one page. Of a page without an article it tells what else
// the page said.
func readArticle(ctx context.Context, name string, read func() (article.Page, error)) articleReport {
	r := articleReport{File: name, Keywords: []string{}}
	if isAddress(name) {
		r.File = feeds.SafeURL(name)
	}
	p, err := read()
	if err != nil {
		r.Error = err.Error()
		return r
	}
	p.Now = time.Now()
	a, err := article.Extract(ctx, p)
	r.Title, r.Text, r.Keywords, r.Published, r.Author, r.Site, r.Source = a.Title, a.Text, some(a.Keywords), stamp(a.Published), a.Author, a.Site, a.Source
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.OK = true
	return r
}

func fetchPage(ctx context.Context, client *feeds.Client, address string) (article.Page, error) {
	resp, err := client.FetchPage(ctx, address, feeds.Validators{})
	if err != nil {
		return article.Page{}, err
	}
	return article.Page{Body: resp.Body, ContentType: resp.ContentType, URL: resp.FinalURL}, nil
}

func (c *call) filePage(name, contentType string) (article.Page, error) {
	in, err := c.input(name)
	if err != nil {
		return article.Page{}, err
	}
	defer closeQuietly(in)
	body, err := io.ReadAll(io.LimitReader(in, article.MaxBytes+1)) // the one byte more has it refused
	return article.Page{Body: body, ContentType: contentType}, err
}

// isAddress tells addresses of the web from names of files.
func isAddress(s string) bool {
	scheme, _, found := strings.Cut(s, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}
