package feeds

import (
	"bytes"
	"regexp"
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
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '&' && i+1 < len(text) && text[i+1] == '#':
			n, ok := charRef(text[i:])
			if ok {
				out = append(out, text[i:i+n]...)
			}
			i += n
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			i++
		case c == 0xef && i+2 < len(text) && text[i+1] == 0xbf && text[i+2] >= 0xbe:
			i += 3
		default:
			out = append(out, c)
			i++
		}
	}
	return out
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
	switch {
	case page != nil && (root == nil || page[0] < root[0]), root == nil && htmlType.Match(text[:min(len(text), rootWindow)]):
		return nil, unreadable(sayHTML)
	case root == nil:
		return nil, unreadable(sayNoFeed)
	}
	return rest[root[0]:], nil
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
