package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"strings"

	"depesche/feeds/keyword"
)

func matchCommand() command {
	return command{
		name: "match", args: "QUERY [FILE]", brief: "try a query on lines of text", min: 0, max: 2, json: true,
		about: `
Prints the matching lines of FILE or standard input. The words that matched are
bold and underlined on a terminal and stand in «» elsewhere. A query that
begins with a dash follows --. With --json, one object a matching line.

With --jsonl no QUERY is given: FILE or standard input holds one object a line,
  {"query","title","text","source","keywords":[]}
and each is answered by one line, in the same order:
  {"match":bool,"hits":[{"term","text","in","start","end"}],"error":""}
where "in" is title, text or keywords, and start and end count bytes.
A line that is no such object, or whose query is wrong, says so in "error".

Exit status 0 whether or not anything matched.`,
		setup: func(flags *flag.FlagSet) action {
			jsonl := flags.Bool("jsonl", false, "read and answer one object a line")
			return func(ctx context.Context, c *call) error {
				if *jsonl {
					return matchObjects(ctx, c)
				}
				return matchLines(ctx, c)
			}
		},
	}
}

// input opens the named file, or gives standard input where name is empty or "-".
func (c *call) input(name string) (io.ReadCloser, error) {
	if name == "" || name == "-" {
		return io.NopCloser(c.stdin), nil
	}
	return os.Open(name)
}

func (c *call) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

// readLines calls f for each line, without its end, until f fails or ctx ends.
// last says that nothing more is at hand, so output should not wait.
func readLines(ctx context.Context, r io.Reader, f func(line []byte, last bool) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for ctx.Err() == nil {
		text, err := in.ReadBytes('\n')
		if len(text) > 0 {
			if err := f(bytes.TrimRight(text, "\r\n"), in.Buffered() == 0); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// finish writes what still waits in out. A writer that failed repeats its error
// at every call, so that one is enough.
func finish(out *bufio.Writer, err error) error {
	if flushed := out.Flush(); err == nil {
		return flushed
	}
	return err
}

// matchedLine is what --json prints for a line.
type matchedLine struct {
	Line int           `json:"line"`
	Text string        `json:"text"`
	Hits []keyword.Hit `json:"hits"`
}

func matchLines(ctx context.Context, c *call) error {
	if len(c.args) == 0 {
		return usagef("depesche match", "a QUERY is missing")
	}
	query, err := keyword.Parse(c.args[0])
	if err != nil {
		return usagef("depesche match", "this is no query: %s", queryFault(err))
	}
	in, err := c.input(c.arg(1))
	if err != nil {
		return err
	}
	defer closeQuietly(in)
	out := bufio.NewWriter(c.stdout)
	open, shut := "«", "»"
	if isTerminal(c.stdout) {
		open, shut = "\x1b[1;4m", "\x1b[0m"
	}
	number := 0
	err = readLines(ctx, in, func(text []byte, last bool) error {
		number++
		s := strings.ToValidUTF8(string(text), "\uFFFD")
		if hits, ok := query.Match(keyword.Analyse(keyword.Text{Text: s})); ok {
			if c.json {
				if err := printJSONLine(out, matchedLine{number, s, some(hits)}); err != nil {
					return err
				}
			} else {
				_, _ = out.WriteString(mark(s, hits, open, shut) + "\n") // Flush tells
			}
		}
		if last {
			return out.Flush()
		}
		return nil
	})
	return finish(out, err)
}

// mark puts open and shut around the places in text, which are in order.
func mark(text string, hits []keyword.Hit, open, shut string) string {
	var b strings.Builder
	at := 0
	for _, h := range hits {
		if h.In != "text" || h.End <= at {
			continue
		}
		start := max(h.Start, at)
		b.WriteString(clean(text[at:start]) + open + clean(text[start:h.End]) + shut)
		at = h.End
	}
	b.WriteString(clean(text[at:]))
	return b.String()
}

// question and answer are a line of --jsonl, in and out.
type question struct {
	Query    string   `json:"query"`
	Title    string   `json:"title"`
	Text     string   `json:"text"`
	Source   string   `json:"source"`
	Keywords []string `json:"keywords"`
}

type answer struct {
	Match bool          `json:"match"`
	Hits  []keyword.Hit `json:"hits"`
	Error string        `json:"error"`
}

func matchObjects(ctx context.Context, c *call) error {
	if len(c.args) > 1 {
		return usagef("depesche match", "with --jsonl each object has its query; give at most a FILE")
	}
	in, err := c.input(c.arg(0))
	if err != nil {
		return err
	}
	defer closeQuietly(in)
	out := bufio.NewWriter(c.stdout)
	queries := queryCache{}
	err = readLines(ctx, in, func(text []byte, last bool) error {
		if err := printJSONLine(out, queries.answer(text)); err != nil {
			return err
		}
		if last {
			return out.Flush()
		}
		return nil
	})
	return finish(out, err)
}

// queryCache keeps parsed queries, since many lines ask the same one.
type queryCache map[string]parsedQuery

type parsedQuery struct {
	query *keyword.Query
	fault string
}

func (q queryCache) parse(text string) parsedQuery {
	p, ok := q[text]
	if !ok {
		if len(q) >= 1000 {
			clear(q)
		}
		var err error
		if p.query, err = keyword.Parse(text); err != nil {
			p = parsedQuery{fault: queryFault(err)}
		}
		q[text] = p
	}
	return p
}

func (q queryCache) answer(line []byte) answer {
	var ask question
	if err := json.Unmarshal(line, &ask); err != nil {
		return answer{Hits: []keyword.Hit{}, Error: "this line is no such object: " + err.Error()}
	}
	p := q.parse(ask.Query)
	if p.query == nil {
		return answer{Hits: []keyword.Hit{}, Error: p.fault}
	}
	hits, ok := p.query.Match(keyword.Analyse(keyword.Text{Title: ask.Title, Text: ask.Text, Source: ask.Source, Keywords: ask.Keywords}))
	// That the source is the one asked for marks no word of the item.
	hits = slices.DeleteFunc(hits, func(h keyword.Hit) bool { return h.In == "source" })
	return answer{Match: ok, Hits: some(hits)}
}
