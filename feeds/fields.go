package feeds

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// What the guard knows of an item's parts: none of the short ones (headline,
// link, id, date) has another part inside it. So where one begins while another
// is open, the end tag of that is missing or misspelt; and an end tag of one
// that is not open had a start tag once.

// field is a kind of an item's parts.
type field uint8

const (
	noField field = iota
	titleField
	linkField
	idField
	dateField
	textField  // may hold markup
	otherField // author, category and the like
)

// fields are the parts by their local names in lower case. Where names are
// tried as prefixes, longer ones come first.
var fields = []struct {
	name string
	kind field
}{
	{"lastbuilddate", dateField}, {"description", textField}, {"published", dateField}, {"enclosure", otherField}, {"modified", dateField}, {"category", otherField},
	{"comments", otherField}, {"pubdate", dateField}, {"updated", dateField}, {"summary", textField}, {"content", textField},
	{"encoded", textField}, {"creator", otherField}, {"author", otherField}, {"issued", dateField}, {"title", titleField},
	{"link", linkField}, {"guid", idField}, {"date", dateField}, {"id", idField},
}

// fieldNames are the names as a regular expression.
func fieldNames() string {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	return strings.Join(names, "|")
}

func fieldOf(name []byte) field {
	local := localName(name)
	if len(local) > len("lastbuilddate") {
		return noField
	}
	for _, f := range fields {
		if fold(local, f.name) {
			return f.kind
		}
	}
	return noField
}

// endsAt says whether a part that is open cannot go on where one of another
// kind begins.
func (f field) endsAt(next field) bool {
	switch f {
	case titleField, linkField, idField, dateField:
		return next != noField
	case textField:
		return next == idField || next == dateField // what no markup has
	default:
		return false
	}
}

// inItem says whether the innermost open element is an item.
func (g *guard) inItem() bool { return len(g.stack) > 0 && g.stack[len(g.stack)-1].item }

// endField closes the part of an item that is open where one of another kind
// begins. before is the number of repairs that precede its start tag.
func (g *guard) endField(next field, before int) {
	top := len(g.stack) - 1
	if top < 1 || !g.stack[top-1].item || !g.stack[top].kind.endsAt(next) {
		return
	}
	text := bytes.TrimRight(g.text[g.last:g.pos], " \t\r\n")
	repairs := []edit{{g.pos, 0, closingTags(g.stack[top:])}}
	i := before
	if end := slices.Concat([]byte("/"), g.stack[top].name, []byte(">")); len(text) >= len(end) && bytes.EqualFold(text[len(text)-len(end):], end) {
		text = bytes.TrimRight(text[:len(text)-len(end)], "</") // "</link>" without its "<", or with a "/" too many
		at := g.last + len(text)
		repairs = slices.Insert(repairs, 0, edit{at, g.pos - at, ""})
		for i > 0 && g.edits[i-1].at >= at {
			i--
		}
	}
	g.edits = slices.Replace(g.edits, i, before, repairs...)
	g.shut(top)
}

var attributesEnd = regexp.MustCompile(`^(?:\s+[\w:]+="[^"<>&]*")*\s*>`)

// beginField gives an end tag of a part that is not open its start tag, where
// the item has had no such part yet: the text since the last tag is the part,
// maybe with what is left of the start tag before it.
func (g *guard) beginField(name []byte) bool {
	kind := fieldOf(name)
	if kind == noField || kind == otherField || !g.inItem() || g.seen&(1<<kind) != 0 || !isName(name) {
		return false
	}
	text := bytes.TrimLeft(g.text[g.last:g.pos], " \t\r\n")
	at := g.pos - len(text)
	insert := "<" + string(name) + ">"
	if len(text) > len(name) && bytes.EqualFold(text[:len(name)], name) && attributesEnd.Match(text[len(name):]) {
		insert = "<" // "title>Text</title>"
	}
	i := len(g.edits)
	for i > 0 && g.edits[i-1].at > at {
		i--
	}
	g.edits = slices.Insert(g.edits, i, edit{at, 0, insert})
	g.seen |= 1 << kind
	return true
}

// unended reads "<titleText</title>" in an item, a start tag without its ">", or
// one whose attributes cannot be read, as if it had none.
func (g *guard) unended(name []byte) bool {
	if !g.inItem() {
		return false
	}
	for _, f := range fields {
		if len(name) < len(f.name) || !fold(name[:len(f.name)], f.name) || f.kind == otherField || g.seen&(1<<f.kind) != 0 {
			continue
		}
		n, end := 1+len(f.name), 0
		rest := g.text[g.pos:min(len(g.text), g.pos+maxName)]
		if len(rest) > n && isBlank(rest[n]) { // attributes that cannot be read
			if end = bytes.IndexAny(rest[n:], "<>"); end < 0 || rest[n+end] == '<' {
				return false
			}
		}
		g.edits = append(g.edits, edit{g.pos + n, end, ""})
		if end == 0 {
			g.edits[len(g.edits)-1].insert = ">"
		}
		g.stack = append(g.stack, element{name: name[:n-1], tag: g.text[g.pos : g.pos+n], kind: f.kind})
		g.seen |= 1 << f.kind
		if g.pos += n; end > 0 {
			g.pos += end + 1
		}
		return true
	}
	return false
}

// isName says whether a name has nothing in it that would be markup.
func isName(name []byte) bool {
	return !bytes.ContainsFunc(name, func(r rune) bool {
		return r != ':' && r != '_' && r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}
