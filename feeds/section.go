package feeds

import (
	"bytes"
	"regexp"
	"slices"
)

// next finds the next place of what is looked for, and remembers it: a text
// full of openings that are never closed is looked through once, not once an
// opening.
type next struct {
	at    int // -1: there is none any more
	known bool
}

// from gives the first place not before pos; -1: there is none.
func (n *next) from(text []byte, pos int, find func([]byte) int) int {
	if n.known && (n.at < 0 || n.at >= pos) {
		return n.at
	}
	n.known = true
	if n.at = find(text[pos:]); n.at >= 0 {
		n.at += pos
	}
	return n.at
}

var (
	nested   = []byte("<![CDATA[")
	cdataEnd = []byte("]]>")
)

func findItemEnd(text []byte) int {
	if m := itemEnd.FindIndex(text); m != nil {
		return m[0]
	}
	return -1
}

// section drops a comment or a processing instruction, which carry nothing for
// us. One that is never closed, or only behind the end of the item that it
// stands in, was not meant to hide what follows: it ends where the next tag begins.
func (g *guard) section(rest []byte, opening, end string, ends *next) bool {
	at := g.pos
	to := ends.from(g.text, at+len(opening), func(b []byte) int { return bytes.Index(b, []byte(end)) })
	inside := false
	for _, e := range g.stack {
		inside = inside || e.item
	}
	unclosed := to < 0
	if inside && !unclosed {
		item := g.itemEnds.from(g.text, at, findItemEnd)
		unclosed = item >= 0 && item < to
	}
	switch {
	case !unclosed:
		g.pos = to + len(end)
	case inside:
		i := bytes.IndexByte(rest[1:], '<')
		if i < 0 {
			return false
		}
		g.pos = at + 1 + i
	default:
		return false
	}
	g.edits = append(g.edits, edit{at, g.pos - at, ""})
	return true
}

// flatten takes the openings of further sections out of a CDATA section from
// one place to another: plugins wrap once more what is wrapped already, and the
// first end closes all of them for the reader.
func (g *guard) flatten(from, to int) {
	for len(g.edits) <= maxRepairs {
		i := bytes.Index(g.text[from:to], nested)
		if i < 0 {
			return
		}
		from += i
		g.edits = append(g.edits, edit{from, len(nested), ""})
		from += len(nested)
		g.flattened++
	}
}

// looseEnds mends the ends of CDATA sections that stand in text from one place
// to another, where XML forbids them: those of flattened sections go, others
// are text.
func (g *guard) looseEnds(from, to int) {
	for len(g.edits) <= maxRepairs {
		i := bytes.Index(g.text[from:to], cdataEnd)
		if i < 0 {
			return
		}
		from += i
		insert := "]]&gt;"
		if g.flattened > 0 {
			g.flattened--
			insert = ""
		}
		g.edits = append(g.edits, edit{from, len(cdataEnd), insert})
		from += len(cdataEnd)
	}
}

var doubleColon = regexp.MustCompile(`^:|:$|:.*:`)

// soundName gives an element a name that the XML reader takes, where its own
// has more colons than one. before is the number of repairs that precede its
// start tag, at the place of that.
func (g *guard) soundName(name []byte, at, before int) (as string) {
	if bytes.IndexByte(name, ':') < 0 || !doubleColon.Match(name) {
		return ""
	}
	as = "x" + string(bytes.ReplaceAll(name, []byte(":"), []byte("_")))
	g.edits = slices.Insert(g.edits, before, edit{at + 1, len(name), as})
	return as
}
