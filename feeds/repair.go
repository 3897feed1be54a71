package feeds

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// clean drops what XML forbids and feeds have all the same: control
// characters, U+FFFE and U+FFFF, and references to any of them. It works on
// valid UTF-8 and copies only where there is something to drop.
func clean(text []byte) []byte {
	if !bytes.Contains(text, []byte("&#")) && !hasForbidden(text) {
		return text
	}
	out, from := make([]byte, 0, len(text)), 0
	for i := 0; i < len(text); {
		n, legal := 1, true
		switch c := text[i]; {
		case c == '&' && i+1 < len(text) && text[i+1] == '#':
			n, legal = charRef(text[i:])
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			legal = false
		case c == 0xef && i+2 < len(text) && text[i+1] == 0xbf && text[i+2] >= 0xbe:
			n, legal = 3, false
		}
		if !legal {
			out = append(out, text[from:i]...)
			from = i + n
		}
		i += n
	}
	return append(out, text[from:]...)
}

func hasForbidden(text []byte) bool {
	for i, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xef && i+2 < len(text) && text[i+1] == 0xbf && text[i+2] >= 0xbe {
			return true
		}
	}
	return false
}

// charRef measures a numeric character reference at the beginning of b and
// says whether it may stay. What is no whole reference is one "&" that may.
func charRef(b []byte) (int, bool) {
	end := bytes.IndexByte(b[:min(len(b), 16)], ';')
	if end < 3 {
		return 1, true
	}
	digits, base := string(b[2:end]), 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 1, true
	}
	r := rune(n)
	legal := r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
	return end + 1, legal && n <= utf8.MaxRune
}

var (
	feedRoot = regexp.MustCompile(`(?i)<(?:[a-z][a-z0-9]{0,19}:)?(?:rss|feed|rdf|channel)[\s>/]`)
	htmlRoot = regexp.MustCompile(`(?i)<(?:html|head|body)[\s>]`)
	htmlType = regexp.MustCompile(`(?i)<!doctype\s+html[\s>]`)
)

// wrapped is a page around a feed with nothing else in it.
var wrapped = regexp.MustCompile(`(?i)^(?:\s|<(?:html|body)(?:\s[^<>]*)?>)*$`)

// rootWindow is how far behind junk a root element is looked for.
const rootWindow = 64 << 10

// findRoot cuts what stands before the root element: declarations, DOCTYPEs,
// comments, warnings of a web server's script.
func findRoot(text []byte) ([]byte, error) {
	rest := skipProlog(text)
	head := rest[:min(len(rest), rootWindow)]
	root := feedRoot.FindIndex(head)
	if root != nil && root[0] == 0 {
		return rest, nil
	}
	page := htmlRoot.FindIndex(head)
	if root != nil && wrapped.Match(head[:root[0]]) {
		page = nil
	}
	switch {
	case page != nil && (root == nil || page[0] < root[0]), root == nil && htmlType.Match(text[:min(len(text), rootWindow)]):
		return nil, unreadable(sayHTML)
	case root == nil:
		return nil, unreadable(sayNoFeed)
	}
	return rest[root[0]:], nil
}

// Bounds of the entities that a document may declare for itself. They are
// put in place once; what they hold is not looked through for further ones.
const (
	maxEntities    = 50
	maxEntity      = 200     // bytes of its text
	maxEntityBytes = 1 << 20 // that they may add to a document in all
)

var entityDeclaration = regexp.MustCompile(`<!ENTITY\s+([A-Za-z_][A-Za-z0-9._-]{0,60})\s+(?:"([^"<&%]{0,200})"|'([^'<&%]{0,200})')\s*>`)

// expand puts short texts in the place of the entities that the DOCTYPE
// declares for them. Entities that hold others, or lie outside, stay as they
// are.
func expand(prolog, text []byte) []byte {
	i := bytes.Index(prolog, []byte("<!DOCTYPE"))
	if i < 0 {
		return text
	}
	own := map[string][]byte{}
	for _, m := range entityDeclaration.FindAllSubmatch(prolog[i:min(len(prolog), i+rootWindow)], maxEntities) {
		if name := string(m[1]); len(m[2])+len(m[3]) <= maxEntity && own[name] == nil {
			own[name] = slices.Concat(m[2], m[3])
		}
	}
	if len(own) == 0 {
		return text
	}
	out, from, room := make([]byte, 0, len(text)), 0, maxEntityBytes
	for i := bytes.IndexByte(text, '&'); i >= 0 && room > 0; {
		end := bytes.IndexByte(text[i:min(len(text), i+64)], ';')
		next := i + 1
		if end > 0 {
			if value, ok := own[string(text[i+1:i+end])]; ok {
				out = append(append(out, text[from:i]...), value...)
				next = i + end + 1
				from, room = next, room-len(value)
			}
		}
		j := bytes.IndexByte(text[next:], '&')
		if j < 0 {
			break
		}
		i = next + j
	}
	return append(out, text[from:]...)
}

// skipProlog skips white space, comments, processing instructions and DOCTYPEs.
func skipProlog(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \t\r\n\ufeff")
		var end int
		switch {
		case bytes.HasPrefix(text, []byte("<!--")):
			end = endOf(text, "-->")
		case bytes.HasPrefix(text, []byte("<?")):
			end = endOf(text, "?>")
		case bytes.HasPrefix(text, []byte("<!")):
			end = directiveLength(text)
		}
		if end <= 0 {
			return text
		}
		text = text[end:]
	}
}

// endOf gives the place behind the first end; 0: there is none.
func endOf(text []byte, end string) int {
	if i := bytes.Index(text, []byte(end)); i >= 0 {
		return i + len(end)
	}
	return 0
}

// directiveLength measures <!...> with the brackets inside it; 0: it never ends.
func directiveLength(text []byte) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
