package feeds

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// Limits of the guard. Real feeds stay far below them; what exceeds them is
// broken or hostile, and would cost the XML reader its stack, minutes of
// work or gigabytes (encoding/xml and gofeed recurse by depth, and copy
// every namespace in scope for every element).
const (
	maxDepth      = 200
	maxNamespaces = 64 // in scope at one place; XHTML in Atom declares its own in every entry
	maxAttributes = 200
	maxElements   = 250_000
	maxScopes     = 1_500_000 // namespaces in scope, summed over all elements
	maxItems      = 5_000     // what comes after is not read
	maxRepairs    = 100_000
	maxName       = 1 << 10 // bytes in which an end tag must end
	maxDate       = 1 << 10 // bytes of a date; what is longer is none, and gofeed tries a hundred forms on it
	maxValues     = 1_000_000
)

// ParseError says in words for people why a body is no feed that can be read.
type ParseError struct{ Detail string }

func (e *ParseError) Error() string { return e.Detail }

func unreadable(s sentence, args ...any) error { return &ParseError{s.with(args...)} }

// element is one open element of the scan.
type element struct {
	name   []byte // as written, with prefix
	tag    []byte // its whole start tag, as written
	as     string // the name that it is given; empty: its own
	item   bool
	kind   field // what part of an item it is
	spaces int   // namespaces that it declares
}

// guard walks once over XML text, from its root element on, in the way that
// encoding/xml would, but without recursion and without keeping anything but
// the names of open elements. It refuses what is too deep or too large, and
// notes repairs where the text would otherwise lose items: a missing
// </item>, an element never closed, a stray end tag, a bare "<", DOCTYPEs and
// processing instructions, a document that breaks off.
type guard struct {
	text  []byte
	pos   int
	stack []element
	edits []edit

	namespaces, scopes int // in scope; summed over the elements so far
	elements           int
	items              []place   // complete items, as places in text
	container          []element // the open elements around items
	scattered          bool      // items stand at several depths: the reader will not have them in the text's order
	itemStart          int
	last               int   // behind the last tag
	seen               uint8 // kinds of parts that the item has, as bits
	rdf                bool
	cdataEnds          next
	comments           next // their ends
	instructions       next // their ends
	itemEnds           next
	flattened          int    // openings of CDATA sections inside others, whose ends are still to come
	safe, safeDepth    int    // after the last complete item (or before the first): place, open elements
	end                int    // where the document ends; what follows is dropped
	tail               string // end tags of what is open there
}

func (g *guard) run() error {
	for {
		i := bytes.IndexByte(g.text[g.pos:], '<')
		if i < 0 {
			g.breakOff()
			return nil
		}
		if i > maxDate && g.inDate() {
			g.edits = append(g.edits, edit{g.pos, i, ""})
		} else {
			g.looseEnds(g.pos, g.pos+i)
		}
		g.pos += i
		at := g.pos
		ok, err := g.markup()
		if err != nil {
			return err
		}
		if len(g.edits) > maxRepairs {
			return unreadable(sayRepairs, maxRepairs)
		}
		if !ok {
			g.breakOff()
			return nil
		}
		if g.pos > at+1 && g.text[at+1] != '!' { // no bare "<", no CDATA
			g.last = g.pos
		}
		if len(g.stack) == 0 && g.elements > 0 {
			g.end = g.pos
			return nil
		}
	}
}

// markup reads what begins with "<" at pos and moves behind it. false: the
// text breaks off inside.
func (g *guard) markup() (bool, error) {
	rest := g.text[g.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return g.section(rest, "<!--", "-->", &g.comments), nil
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return g.cdata(rest), nil
	case bytes.HasPrefix(rest, []byte("<?")):
		return g.section(rest, "<?", "?>", &g.instructions), nil
	case bytes.HasPrefix(rest, []byte("<!")):
		return g.directive(rest), nil
	case len(rest) > 2 && rest[1] == '/' && nameStart(rest[2]):
		if g.inItem() && linkEnd.Match(rest[:min(len(rest), maxName)]) {
			g.edits = append(g.edits, edit{g.pos + 1, 1, ""})
			g.pos++ // "</link href=...>"
			return g.startTag(rest[1:])
		}
		return g.endTag(rest), nil
	case len(rest) > 3 && rest[1] == '/' && rest[2] == '/' && nameStart(rest[3]):
		return g.endTag(rest), nil
	case len(rest) > 1 && nameStart(rest[1]):
		return g.startTag(rest)
	}
	g.edits = append(g.edits, edit{g.pos, 1, "&lt;"})
	g.pos++
	return true, nil
}

func nameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
}

// cdata skips a CDATA section. One that was never closed, so that its end is
// missing or is that of a later part or item, ends at its element's end tag.
func (g *guard) cdata(rest []byte) bool {
	end := g.cdataEnds.from(g.text, g.pos, func(b []byte) int { return bytes.Index(b, cdataEnd) })
	inner := rest
	if end >= 0 {
		inner = rest[:end-g.pos]
	}
	if len(g.stack) > 0 {
		tag := append(append([]byte("</"), g.stack[len(g.stack)-1].name...), '>')
		i := bytes.Index(inner, tag)
		if i >= 0 && (end < 0 || itemEnd.Match(inner[i:min(len(inner), i+4096)]) || nextField.Match(inner[i:min(len(inner), i+4096)])) {
			g.pos += i
			g.edits = append(g.edits, edit{g.pos, 0, "]]>"})
			return true
		}
	}
	if end < 0 {
		return false
	}
	at := g.pos
	if g.pos = end + len(cdataEnd); g.pos-at > maxDate && g.inDate() {
		g.edits = append(g.edits, edit{at, g.pos - at, ""})
	} else {
		g.flatten(at+len(nested), end)
	}
	return true
}

func (g *guard) inDate() bool { return len(g.stack) > 0 && g.stack[len(g.stack)-1].kind == dateField }

var (
	itemEnd = regexp.MustCompile(`(?i)</(?:item|entry)>`)
	// nextField is an end tag with another part of an item behind it.
	nextField = regexp.MustCompile(`(?i)^</[^<>]{1,100}>\s*<(?:[a-z][a-z0-9]{0,19}:)?(?:` + fieldNames() + `)[\s>/]`)
)

// directive drops a <!DOCTYPE ...> with its internal subset.
func (g *guard) directive(rest []byte) bool {
	n := directiveLength(rest)
	if n == 0 {
		return false
	}
	g.edits = append(g.edits, edit{g.pos, n, ""})
	g.pos += n
	return true
}

// startTag reads a start tag with its attributes and opens the element.
func (g *guard) startTag(rest []byte) (bool, error) {
	before := len(g.edits)
	tag, ok, err := g.readTag(rest)
	if err != nil || !ok {
		return ok, err
	}
	if g.namespaces+tag.spaces > maxNamespaces {
		return false, unreadable(sayNamespaces, maxNamespaces)
	}
	if tag.broken {
		g.edits = g.edits[:before]
		if g.unended(tag.name) {
			return true, nil
		}
		g.edits = append(g.edits, edit{g.pos, 1, "&lt;"})
		g.pos++
		return true, nil
	}
	if g.elements++; g.elements > maxElements {
		return false, unreadable(sayElements, maxElements)
	}
	if g.scopes += g.namespaces + tag.spaces; g.scopes > maxScopes {
		return false, unreadable(sayScopes)
	}
	local := localName(tag.name)
	item := len(g.stack) > 0 && (fold(local, "item") || fold(local, "entry")) && g.samePrefix(tag.name)
	if len(g.stack) == 0 {
		g.rdf = fold(local, "rdf")
	}
	if item {
		item = g.beginItem(before)
		if item && len(g.items) == maxItems {
			return false, nil
		}
	}
	kind := noField
	if !item {
		kind = fieldOf(tag.name)
		repairs := len(g.edits)
		g.endField(kind, before)
		g.bareLink(before + len(g.edits) - repairs)
		before += len(g.edits) - repairs
	}
	at := g.pos
	g.pos += tag.length
	as := ""
	if !item && g.inItem() {
		g.seen |= 1 << kind
	}
	if !item {
		as = g.soundName(tag.name, at, before)
	}
	if as == "" && !tag.closed && !item && g.inItem() {
		if as = otherNames[strings.ToLower(string(local))]; as != "" {
			g.edits = append(g.edits[:before], edit{at, tag.length, "<" + as + ">"})
		}
	}
	if tag.closed {
		if item {
			g.endItem(at)
		}
		return true, nil
	}
	if len(g.stack) >= maxDepth {
		return false, unreadable(sayDepth, maxDepth)
	}
	g.stack = append(g.stack, element{name: tag.name, tag: rest[:tag.length], as: as, item: item, kind: kind, spaces: tag.spaces})
	g.namespaces += tag.spaces
	if item {
		g.itemStart, g.seen = at, 0
		if g.rdf && tag.about != "" {
			g.edits = append(g.edits, edit{g.pos, 0, `<guid isPermaLink="false">` + tag.about + `</guid>`})
		}
	}
	return true, nil
}

// otherNames are old names of an item's parts, and those by which gofeed
// reads them: the XHTML body module, Userland's fullitem, Atom 0.3's created.
var otherNames = map[string]string{"body": "content:encoded", "fullitem": "content:encoded", "created": "dcterms:created"}

func (g *guard) samePrefix(name []byte) bool {
	i := bytes.IndexByte(name, ':')
	if i < 0 {
		return true
	}
	root := g.stack[0].name
	j := bytes.IndexByte(root, ':')
	return j >= 0 && bytes.Equal(name[:i], root[:j])
}

// beginItem closes what was left open before this item: the item before it,
// or elements of the feed's head. It says false where the item stands inside
// another feed (a feed as the content of an entry). before is the number of
// repairs that precede the item's own start tag.
func (g *guard) beginItem(before int) bool {
	keep := 1
	g.flattened = 0
	for i, e := range g.stack {
		local := localName(e.name)
		if i > 0 && (fold(local, "feed") || fold(local, "rss") || fold(local, "rdf")) {
			return false
		}
		if i == 1 && fold(local, "channel") {
			keep = 2
		}
	}
	if len(g.stack) > keep {
		closing := edit{g.pos, 0, closingTags(g.stack[keep:])}
		if g.stack[keep].item {
			g.items = append(g.items, place{g.itemStart, g.pos})
		}
		g.edits = slices.Insert(g.edits, before, closing)
		g.shut(keep)
	}
	if g.container == nil {
		g.container = slices.Clone(g.stack[:keep])
	}
	g.scattered = g.scattered || len(g.container) != keep
	g.safe, g.safeDepth = g.pos, keep
	return true
}

func (g *guard) endItem(start int) {
	g.items = append(g.items, place{start, g.pos})
	g.safe, g.safeDepth = g.pos, len(g.stack)
}

// endTag closes the nearest open element of that name, with all inside it. A
// tag that closes nothing is dropped.
func (g *guard) endTag(rest []byte) bool {
	end := bytes.IndexByte(rest[:min(len(rest), maxName)], '>')
	if end < 0 {
		if len(rest) < maxName {
			return false
		}
		g.edits = append(g.edits, edit{g.pos, 1, "&lt;"})
		g.pos++
		return true
	}
	if lt := bytes.IndexByte(rest[1:end], '<'); lt >= 0 {
		end = lt // the ">" is missing: "</title<link>"
		g.edits = append(g.edits, edit{g.pos + end + 1, 0, ">"})
	}
	name := bytes.TrimSpace(rest[2:min(end+1, len(rest))])
	name = bytes.TrimSpace(bytes.TrimRight(name, ">"))
	doubled := name[0] == '/' // "<//title>"
	name = bytes.TrimPrefix(name, []byte("/"))
	if top := len(g.stack) - 1; top > 0 && !bytes.Equal(g.stack[top].name, name) {
		g.endField(noField, len(g.edits))
	}
	g.bareLink(len(g.edits))
	at := g.pos
	g.pos += end + 1
	for i := len(g.stack) - 1; i >= 0; i-- {
		if !bytes.Equal(g.stack[i].name, name) && !bytes.EqualFold(g.stack[i].name, name) {
			continue
		}
		// Written anew: inner elements that were left open are closed, and the
		// end tag is spelled as its start tag was.
		if i < len(g.stack)-1 || g.stack[i].as != "" || doubled || !bytes.Equal(g.stack[i].name, name) {
			g.edits = append(g.edits, edit{at, g.pos - at, closingTags(g.stack[i:])})
		}
		closed := g.stack[i]
		inside := false
		for _, e := range g.stack[i:] {
			inside = inside || e.item
		}
		g.shut(i)
		if closed.item || inside {
			g.endItem(g.itemStart)
		}
		return true
	}
	if end := g.pos; len(name) > 0 {
		if g.pos = at; g.beginField(name, rest[end-at:]) {
			g.pos = end
			return true
		}
		g.pos = end
	}
	g.edits = append(g.edits, edit{at, g.pos - at, ""})
	return true
}

// shut closes all but the outermost n open elements.
func (g *guard) shut(n int) {
	for _, e := range g.stack[n:] {
		g.namespaces -= e.spaces
	}
	g.stack = g.stack[:n]
}

// breakOff ends a document that stops early, after its last complete item.
func (g *guard) breakOff() {
	g.end = len(g.text)
	if len(g.stack) == 0 {
		return
	}
	if g.safe > 0 && g.safeDepth <= len(g.stack) {
		g.end = g.safe
		g.stack = g.stack[:g.safeDepth]
		for len(g.edits) > 0 && g.edits[len(g.edits)-1].at+g.edits[len(g.edits)-1].drop > g.end {
			g.edits = g.edits[:len(g.edits)-1]
		}
	} else {
		g.end = min(g.pos, len(g.text))
	}
	g.tail = closingTags(g.stack)
}

// localName is a name without its prefix.
func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

func fold(name []byte, want string) bool {
	return len(name) == len(want) && bytes.EqualFold(name, []byte(want))
}
