package feeds

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/charmap"
)

// Bounds of what is kept of one item, in bytes of UTF-8.
const (
	maxTitle   = 64 << 10
	maxText    = 1 << 20
	maxSummary = 2000 // longer teasers are texts; the teaser is then their beginning
	maxGUID    = 4096
)

// plainTitle gives a headline as plain text. Names in angle brackets that are
// no HTML ("vector<int>") are kept: a headline may speak of them.
func plainTitle(s string) string { return plain(cut(s, maxTitle), true) }

// plainText gives a teaser or text as plain text.
func plainText(s string) string { return plain(cut(s, maxText), false) }

// plain takes markup off: tags, comments, script and style with what they
// hold, entities (a second time where they were escaped twice). White space
// becomes single spaces; block elements separate words, inline ones do not.
func plain(s string, title bool) string {
	if !strings.ContainsAny(s, "<&") {
		return tidyText(s)
	}
	text, simple := "", false
	if !strings.Contains(s, "<") {
		text, simple = html.UnescapeString(s), true
	} else if !title {
		text, simple = stripSimple(s)
	}
	if !simple {
		text = stripTags(s, title)
	}
	if again := html.UnescapeString(text); again != text && !tagLike.MatchString(again) {
		text = again
	}
	return tidyText(text)
}

var tagLike = regexp.MustCompile(`<[a-zA-Z/!?]`)

// stripSimple takes off well-formed tags that mean no more than a space or
// nothing, which is all that most teasers have, without the tokenizer's
// buffers. false: there is more to it.
func stripSimple(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return string(appendText(out, s)), true
		}
		out = appendText(out, s[:i])
		name := strings.TrimPrefix(s[i+1:], "/")
		n := 0
		for n < len(name) && name[n]|0x20 >= 'a' && name[n]|0x20 <= 'z' || n == 1 && n < len(name) && name[1] >= '1' && name[1] <= '6' {
			n++
		}
		end := tagLength(name[n:])
		left, known := simpleTags[name[:n]]
		if !known || end == 0 {
			return "", false
		}
		out = append(out, left...)
		s = name[n+end:]
	}
}

// appendText adds text with its entities resolved.
func appendText(out []byte, s string) []byte {
	if strings.IndexByte(s, '&') >= 0 {
		s = html.UnescapeString(s)
	}
	return append(out, s...)
}

// tagLength measures the rest of a tag behind its name, up to and with its
// ">"; 0: there are no plain attributes, or it never ends.
func tagLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '>':
			return i + 1
		case '"', '\'':
			if s[i-min(i, 1)] != '=' {
				return 0
			}
			n := strings.IndexByte(s[i+1:], c)
			if n < 0 {
				return 0
			}
			i += n + 1
		case '<', 0:
			return 0
		default:
			if i == 0 && c != ' ' && c != '\n' && c != '/' {
				return 0
			}
		}
	}
	return 0
}

// simpleTags are the tags that stripSimple knows, as most write them, and what
// is left of each.
var simpleTags = map[string]string{
	"p": " ", "br": " ", "div": " ", "img": " ", "ul": " ", "ol": " ", "li": " ", "blockquote": " ", "figure": " ",
	"h1": " ", "h2": " ", "h3": " ", "h4": " ", "h5": " ", "h6": " ", "hr": " ",
	"a": "", "b": "", "i": "", "em": "", "strong": "", "span": "", "small": "", "code": "",
}

func stripTags(s string, title bool) string {
	if i := strings.LastIndexByte(s, '<'); title && !strings.ContainsAny(s[i:], ">=") && !strings.HasPrefix(s[i:], "<!--") {
		s = s[:i] + "&lt;" + s[i+1:] // "less than", not the beginning of a tag
	}
	var b strings.Builder
	b.Grow(len(s))
	z := html.NewTokenizer(strings.NewReader(s))
	skip := "" // the element whose content is no text
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := string(z.Raw()) // TagName and Text consume it
			name, _ := z.TagName()
			a := atom.Lookup(name)
			if kind == html.SelfClosingTagToken || a == atom.Iframe {
				z.NextIsNotRawText() // else all that follows an unclosed one were lost
			}
			switch {
			case skip != "":
			case a == 0 && title && !strings.ContainsAny(raw, `:-="`):
				b.WriteString(raw)
			case kind == html.StartTagToken && (a == atom.Script || a == atom.Style || a == atom.Template || a == atom.Noscript):
				skip = a.String()
			case !inline[a]:
				b.WriteByte(' ')
			}
		case html.EndTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case skip != "" && a.String() == skip:
				skip = ""
			case skip != "":
			case a == 0 && title && !strings.ContainsAny(raw, ":-"):
				b.WriteString(raw)
			case !inline[a]:
				b.WriteByte(' ')
			}
		}
	}
}

// inline elements stand inside words: "<b>OZG</b>-Umsetzung".
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Big: true, atom.Cite: true,
	atom.Code: true, atom.Del: true, atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Ins: true,
	atom.Kbd: true, atom.Mark: true, atom.Q: true, atom.S: true, atom.Samp: true, atom.Small: true, atom.Span: true,
	atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true, atom.Tt: true, atom.U: true,
	atom.Var: true, atom.Wbr: true,
}

// tidyText collapses white space and drops what cannot be seen but could do
// harm or hide words: control characters, soft hyphens, zero-width spaces,
// marks that turn the writing direction. C1 controls are what Windows-1252
// bytes become when numbered as characters; they are read as meant.
func tidyText(s string) string {
	if isTidy(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := 0; i < len(s); {
		if n := printable(s[i:]); n > 0 {
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r >= 0x80 && r <= 0x9f && r != 0x85 {
			r = charmap.Windows1252.DecodeByte(byte(r))
		}
		switch {
		case unicode.IsSpace(r):
			space = true
		case hidden(r):
		default:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printable measures the run of printable ASCII at the beginning of s.
func printable(s string) int {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			return i
		}
	}
	return len(s)
}

func hidden(r rune) bool {
	if r >= 0xc0 && r < 0x200b { // letters of Europe
		return false
	}
	switch {
	case r == utf8.RuneError, unicode.IsControl(r):
		return true
	case r == 0xad, r == 0x200b, r == 0x2060, r == 0xfeff:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f:
		return true
	case r >= 0xfff0 && r <= 0xffff, r >= 0xe0000 && r <= 0xe0fff, unicode.Is(unicode.Noncharacter_Code_Point, r):
		return true
	}
	return false
}

// isTidy is the quick way for plain ASCII text.
func isTidy(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return last != ' ' || s == ""
}

// cut shortens to at most n bytes, never inside a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// excerpt gives the beginning of a text, at most n characters, ended at a word.
func excerpt(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	end, count := 0, 0
	for i := range s {
		if count++; count > n-1 {
			end = i
			break
		}
	}
	short := s[:end]
	if i := strings.LastIndexByte(short, ' '); i > end/2 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,;:–-") + "…"
}

// wordpressTails are what WordPress writes under every teaser: how the line
// begins, and what follows the headline that it repeats.
var wordpressTails = [][2]string{
	{"Der Beitrag ", " erschien zuerst auf "},
	{"The post ", " appeared first on "},
	{"The post ", " first appeared on "},
}

// withoutTail drops WordPress's last line, which says nothing and would match
// queries by the outlet's own name.
func withoutTail(s string) string {
	end := s[max(0, len(s)-600):]
	for _, t := range wordpressTails {
		if mark := strings.LastIndex(end, t[1]); mark >= 0 && len(end)-mark < 200 {
			if begin := strings.LastIndex(end[:mark], t[0]); begin >= 0 {
				return strings.TrimSpace(s[:len(s)-len(end)+begin])
			}
		}
	}
	return s
}

// teaserAndText settles which text is the teaser and which the full text.
func teaserAndText(description, content string) (summary, text string) {
	summary, text = withoutTail(plainText(description)), withoutTail(plainText(content))
	if summary == "" {
		summary, text = text, ""
	}
	if len(summary) > maxSummary {
		if len(text) < len(summary) {
			text = summary
		}
		summary = excerpt(summary, 600)
	}
	return summary, text
}
