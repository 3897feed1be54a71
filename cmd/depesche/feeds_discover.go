package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"depesche/feeds"
)

// candidateRow is a feed that was found, or with type list a page that can be
// followed by selectors.
type candidateRow struct {
	URL     string      `json:"url"`
	Title   string      `json:"title"`
	Type    string      `json:"type"`             // rss, atom, json or list
	Items   int         `json:"items"`            // that it has
	Newest  string      `json:"newest"`           // of them; empty where none is dated
	Checked bool        `json:"checked"`          // it was asked and read
	List    *feeds.List `json:"list,omitempty"`   // the selectors that are proposed
	First   []entryRow  `json:"first,omitempty"`  // what they give
	Missed  string      `json:"missed,omitempty"` // why the address that was given could not be read, and the site's front page was
}

func candidateRows(list []feeds.Candidate) []candidateRow {
	rows := make([]candidateRow, len(list))
	for i, f := range list {
		rows[i] = candidateRow{f.URL, f.Title, f.Type, f.Items, stamp(f.Newest), !f.Untold, f.List, entryRows(f.First, showEntries), f.Missed}
	}
	return rows
}

// siteAddress checks the address of a site that was typed: a whole one, or a
// bare host.
func siteAddress(where, address string) error {
	if !strings.Contains(address, "://") && strings.Contains(address, ".") && !strings.ContainsAny(address, " @") {
		address = "https://" + address
	}
	return feedAddress(where, address)
}

func discoverFeeds(ctx context.Context, c *call) error {
	if err := siteAddress("depesche feeds discover", c.args[0]); err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	client := newClient(cfg.Fetch, cfg.Poll)
	defer client.Close()
	found, err := feeds.Discover(ctx, client, c.args[0])
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("discover %s: %s", c.args[0], feeds.Reason(err))
	}
	rows := candidateRows(found)
	if c.json {
		return printJSON(c.stdout, rows)
	}
	return printCandidates(c.stdout, c.args[0], rows, cfg.Location)
}

func printCandidates(w io.Writer, address string, rows []candidateRow, loc *time.Location) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "no feed found, and no page that looks like a list of news; depesche feeds check URL --entry SELECTOR tries one of your own")
		return err
	}
	if missed := rows[0].Missed; missed != "" {
		if _, err := fmt.Fprintf(w, "%s: %s; from the front page of its site:\n", line(address), line(missed)); err != nil {
			return err
		}
	}
	if rows[0].Type == "list" {
		_, err := io.WriteString(w, proposal(rows[0], loc))
		return err
	}
	table := [][]string{{"TYPE", "ITEMS", "NEWEST", "TITLE", "URL"}}
	for _, r := range rows {
		items, newest := strconv.Itoa(r.Items), "no date"
		if r.Newest != "" {
			newest = local(r.Newest, loc)
		}
		if !r.Checked {
			items, newest = "?", "not asked"
		}
		table = append(table, []string{line(r.Type), items, newest, line(r.Title), line(r.URL)})
	}
	return printTable(w, table...)
}

// proposal shows how a page can be followed, and the commands to do so.
func proposal(r candidateRow, loc *time.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "no feed found; this page can be followed as a list, %d entries:\n%s  %s\n\n", r.Items, line(r.URL), line(r.Title))
	b.WriteString(entriesText(r.First, "  ", loc))
	flags := ""
	for _, s := range []struct{ name, value string }{{"entry", r.List.Entry}, {"title", r.List.Title}, {"link", r.List.Link}, {"date", r.List.Date}, {"summary", r.List.Summary}} {
		if s.value != "" {
			flags += " --" + s.name + " " + quoteArg(s.value)
		}
	}
	fmt.Fprintf(&b, "\ntry it:    depesche feeds check %s%s\nfollow it: depesche feeds add %[1]s%[2]s\n", quoteArg(line(r.URL)), flags)
	return b.String()
}

// quoteArg quotes an argument for a shell.
func quoteArg(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
