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
// begins, or any part whose end tag lacks only its "<" ("Name</author>" as
// "Name/author>"). before is the number of repairs that precede the start tag.
func (g *guard) endField(next field, before int) {
	top := len(g.stack) - 1
	if top < 1 || !g.stack[top-1].item {
		return
	}
	text := bytes.TrimRight(g.text[g.last:g.pos], " \t\r\n")
	stump := stumpLength(text, g.stack[top].name)
	if stump == 0 && !g.stack[top].kind.endsAt(next) {
		return
	}
	repairs := []edit{{g.pos, 0, closingTags(g.stack[top:])}}
	i := before
	if stump > 0 {
		text = bytes.TrimRight(text[:len(text)-stump], "</") // maybe a "/" too many
		at := g.last + len(text)
		repairs = slices.Insert(repairs, 0, edit{at, g.pos - at, ""})
		for i > 0 && g.edits[i-1].at >= at {
			i--
		}
	}
	g.edits = slices.Replace(g.edits, i, before, repairs...)
	g.shut(top)
}

// stumpLength measures "/name>" at the end of text; 0: there is none.
func stumpLength(text, name []byte) int {
	n := len(name) + len("/>")
	if len(text) < n || text[len(text)-1] != '>' || text[len(text)-n] != '/' || !bytes.EqualFold(text[len(text)-n+1:len(text)-1], name) {
		return 0
	}
	return n
}

// linkEnd is an end tag that has the attributes of a start tag.
var linkEnd = regexp.MustCompile(`^</(?:[A-Za-z][A-Za-z0-9]{0,19}:)?link(?:\s+[\w:]+="[^"<>]*")+\s*/?>`)

var attributesEnd = regexp.MustCompile(`^(?:\s+[\w:]+="[^"<>&]*")*\s*>`)

// beginField gives an end tag of a part that is not open its start tag, where
// the item has had no such part yet: the text since the last tag is the part,
// maybe with what is left of the start tag before it. Where there is no text,
// but there is between this end tag and another such, this one is the start tag
// with a "/" too many. after is what follows the end tag.
func (g *guard) beginField(name, after []byte) bool {
	kind := fieldOf(name)
	if kind == noField || kind == otherField || !g.inItem() || g.seen&(1<<kind) != 0 || !isName(name) {
		return false
	}
	text := bytes.TrimLeft(g.text[g.last:g.pos], " \t\r\n")
	if len(text) == 0 && endsWith(after, name) {
		g.edits = append(g.edits, edit{g.pos, len("</") + len(name), "<" + string(name)})
		g.stack = append(g.stack, element{name: name, tag: slices.Concat([]byte("<"), name, []byte(">")), kind: kind})
		g.seen |= 1 << kind
		return true
	}
	at := g.pos - len(text)
	insert := "<" + string(name) + ">"
	if len(text) > len(name) && bytes.EqualFold(text[:len(name)], name) && attributesEnd.Match(text[len(name):]) {
		insert = "<" // "title>Text</title>"
	}
	i := len(g.edits)
	for i > 0 && g.edits[i-1].at >= at {
		i--
	}
	g.edits = slices.Insert(g.edits, i, edit{at, 0, insert})
	g.seen |= 1 << kind
	return true
}

var (
	linkText = regexp.MustCompile(`^link(?:\s+[\w:]+="[^"<>]*")+\s*/?>$`)
	openLink = regexp.MustCompile(`^<(?:[A-Za-z][A-Za-z0-9]{0,19}:)?link(?:\s+[\w:]+="[^"<>]*")+\s*/?\s*<`)
)

// bareLink gives a link that stands in an item without its "<" that back. at
// is the number of repairs that precede the tag now being read.
func (g *guard) bareLink(at int) {
	if !g.inItem() || g.seen&(1<<linkField) != 0 {
		return
	}
	text := bytes.TrimSpace(g.text[g.last:g.pos])
	if !bytes.HasPrefix(text, []byte("link")) || len(text) > maxName || !linkText.Match(text) {
		return
	}
	from := g.last + bytes.Index(g.text[g.last:g.pos], text)
	for at > 0 && g.edits[at-1].at > from {
		at--
	}
	end := edit{from + len(text) - 1, 0, "/"}
	if text[len(text)-2] == '/' {
		end.insert = ""
	}
	g.edits = slices.Insert(g.edits, at, edit{from, 0, "<"}, end)
	g.seen |= 1 << linkField
}

// endsWith says whether the next tag in text is the end tag of that name.
func endsWith(text, name []byte) bool {
	if rest := bytes.TrimLeft(text[:min(len(text), maxName)], " \t\r\n"); bytes.HasPrefix(rest, []byte("<![CDATA[")) {
		i := bytes.Index(text, []byte("]]>"))
		if i < 0 {
			return false
		}
		text = text[i:]
	}
	i := bytes.IndexByte(text, '<')
	return i >= 0 && len(text) > i+len(name)+2 && text[i+1] == '/' && bytes.Equal(text[i+2:i+2+len(name)], name) && text[i+2+len(name)] == '>'
}

// unended reads "<titleText</title>" in an item, a start tag without its ">", or
// one whose attributes cannot be read, as if it had none.
func (g *guard) unended(name []byte) bool {
	if !g.inItem() {
		return false
	}
	if m := openLink.Find(g.text[g.pos:min(len(g.text), g.pos+maxName)]); m != nil && g.seen&(1<<linkField) == 0 {
		tag := bytes.TrimRight(m[:len(m)-1], " \t\r\n/") // `<link href="..."` without its end
		g.edits = append(g.edits, edit{g.pos + len(tag), len(m) - 1 - len(tag), "/>"})
		g.seen |= 1 << linkField
		g.pos += len(m) - 1
		return true
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
