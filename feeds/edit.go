package feeds

import (
	"bytes"
	"math"
)

// edit is a repair: at a place of the text, so many bytes give way to others.
type edit struct {
	at, drop int
	insert   string
}

// place is a part of the text.
type place struct{ from, to int }

// closingTags writes the end tags of open elements, the innermost first.
func closingTags(open []element) string {
	var b bytes.Buffer
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString("</")
		if open[i].as != "" {
			b.WriteString(open[i].as)
		} else {
			b.Write(open[i].name)
		}
		b.WriteByte('>')
	}
	return b.String()
}

// apply gives the text with all repairs made, and where its items are now.
func (g *guard) apply() ([]byte, []place) {
	if len(g.edits) == 0 && g.tail == "" {
		return g.text[:g.end], g.items
	}
	out := make([]byte, 0, g.end+64*len(g.edits)+len(g.tail))
	from, moved := 0, 0 // read so far; how much longer what is written is than what was read
	items := make([]place, 0, len(g.items))
	next, inside := 0, false
	settle := func(upTo int) { // notes the places that lie before the next repair
		for next < len(g.items) {
			switch it := g.items[next]; {
			case !inside && it.from < upTo:
				items = append(items, place{from: it.from + moved})
				inside = true
			case inside && it.to < upTo:
				items[next].to = it.to + moved
				inside = false
				next++
			default:
				return
			}
		}
	}
	for _, e := range g.edits {
		if e.at > g.end || e.at < from {
			continue
		}
		settle(e.at + e.drop)
		out = append(out, g.text[from:e.at]...)
		out = append(out, e.insert...)
		from = e.at + e.drop
		moved += len(e.insert) - e.drop
	}
	settle(math.MaxInt)
	if from < g.end {
		out = append(out, g.text[from:g.end]...)
	}
	return append(out, g.tail...), items
}
