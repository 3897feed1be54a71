package article

import (
	"sort"
	"strings"
)

const maxRelined = 50

// reline gives lines that the parser ran together, as it does with tables and
// short pages, the form they have on the page.
func reline(found []line, page *rendered, pruned []bool) []line {
	known := map[string]bool{}
	for _, l := range page.lines {
		known[l.text] = true
	}
	var all squashed
	var out []line
	for n, l := range found {
		if n < maxRelined && !known[l.text] {
			if all.starts == nil {
				all = squashLines(page.lines, pruned)
			}
			if whole := all.find(squash(l.text), page.lines); len(whole) > 1 {
				out = append(out, whole...)
				continue
			}
		}
		out = append(out, l)
	}
	return out
}

// squashed is the text of lines without its spaces.
type squashed struct {
	text   string
	starts []int // where each line begins
	lines  []int // which line it is
}

func squashLines(lines []line, pruned []bool) squashed {
	var b strings.Builder
	s := squashed{starts: []int{}}
	for i, l := range lines {
		if !pruned[i] {
			s.starts, s.lines = append(s.starts, b.Len()), append(s.lines, i)
			b.WriteString(squash(l.text))
		}
	}
	s.text = b.String()
	return s
}

// find gives the lines that make up a text, if they do so from end to end.
func (s squashed) find(text string, lines []line) []line {
	at := strings.Index(s.text, text)
	if at < 0 || text == "" {
		return nil
	}
	first := sort.SearchInts(s.starts, at)
	last := sort.SearchInts(s.starts, at+len(text))
	if first == len(s.starts) || s.starts[first] != at || last < len(s.starts) && s.starts[last] != at+len(text) {
		return nil
	}
	var out []line
	for _, i := range s.lines[first:last] {
		out = append(out, lines[i])
	}
	return out
}

func squash(s string) string { return strings.ReplaceAll(s, " ", "") }
