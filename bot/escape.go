package bot

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/net/idna"
)

// The ways of foreign text into a message, each from raw text to something
// that can neither notify, nor format, nor inject:
//
//	mrkdwn(text, n)   into a mrkdwn object (which must have verbatim set)
//	                  or a message's top-level text
//	bold(text, n)     the same, set in bold by us
//	link(url, label)  a link with a foreign address and label
//	plain(text, n)    into a plain_text object
//
// n bounds the characters of the result, escapes included.
//
// Slack, "Formatting text for app surfaces": &, < and > are escaped, each
// once, and nothing else is decoded. There is no escape for * _ ~ and `; where
// they could format they are swapped for look-alikes.

// maxURL is the longest address that becomes a link, encoded. Slack documents
// 3,000 for buttons and none for links; a section's text holds 3,000 in all.
const maxURL = 1500

// mrkdwn makes foreign text harmless in a mrkdwn object.
func mrkdwn(s string, n int) string {
	return fit(s, n, func(s string) string { return escape(neutral(s, false)) })
}

// bold is mrkdwn set in bold; empty stays empty.
func bold(s string, n int) string {
	s = fit(s, n-2, func(s string) string { return escape(neutral(s, true)) })
	if s == "" {
		return ""
	}
	return "*" + s + "*"
}

// plain makes foreign text harmless in a plain_text object, which formats nothing.
func plain(s string, n int) string {
	return fit(s, n, func(s string) string { return escape(deafen(s)) })
}

// link is a link to a foreign address with a foreign label of at most n
// characters. Where the address is not one to link to, the label stands alone
// in bold.
func link(address, label string, n int) string {
	target, ok := safeURL(address)
	if !ok {
		return bold(label, n)
	}
	text := mrkdwn(label, n)
	if text == "" {
		text = mrkdwn(address, n)
	}
	return "<" + target + "|" + text + ">"
}

// fit makes one line of the text, cuts it and makes it harmless, so that the
// result has at most n characters. It cuts before it escapes: no cut goes
// through an entity.
func fit(s string, n int, harmless func(string) string) string {
	if most := 32 * (n + 32); len(s) > most {
		s = s[:most] // nothing behind can be shown; tidy drops half a letter
	}
	s = tidy(s)
	for limit := n; limit > 0; {
		out := harmless(short(s, limit))
		over := units(out) - n
		if over <= 0 {
			return out
		}
		limit = min(limit, units(s)) - max(1, over/5)
	}
	return ""
}

// safeURL gives the address as it may stand in a link: absolute http or https,
// without user information, percent-encoded, & escaped.
func safeURL(raw string) (string, bool) {
	if isPlainURL(raw) {
		return strings.ReplaceAll(raw, "&", "&amp;"), true
	}
	if !strings.HasPrefix(raw, "https://") && !strings.HasPrefix(raw, "http://") {
		lower := strings.ToLower(strings.TrimSpace(raw))
		if !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") {
			return "", false
		}
		raw = strings.TrimSpace(raw)
	}
	u, err := url.Parse(strings.Map(dropControl, raw))
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	if !isASCII(u.Host) {
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return "", false
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	encoded := strings.ReplaceAll(percent(u.String()), "&", "&amp;")
	return encoded, len(encoded) <= maxURL
}

// isPlainURL reports whether an address needs nothing but its & escaped: the
// usual case, told without parsing.
func isPlainURL(raw string) bool {
	host, ok := strings.CutPrefix(raw, "https://")
	if !ok || len(raw) > maxURL/5 {
		return false
	}
	for i := range len(host) {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-':
		case c == '/':
			return i > 0 && isASCII(host) && !strings.ContainsAny(host, unsafe) && strings.IndexFunc(host, unicode.IsControl) < 0
		default:
			return false
		}
	}
	return host != ""
}

func dropControl(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// unsafe are the characters that are encoded in links though they are ASCII.
const unsafe = "|<> \"'`\\^{}*~"

// percent encodes what must not stand in a link: the characters that end it,
// quotes, and everything outside ASCII.
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	if isASCII(s) && !strings.ContainsAny(s, unsafe) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf || c <= ' ' || strings.IndexByte(unsafe, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escape(s string) string {
	if !strings.ContainsAny(s, "&<>") {
		return s
	}
	return entities.Replace(s)
}

// maxMarks is how many combining marks may follow one another; more only
// serve to overflow neighbouring lines.
const maxMarks = 4

// tidy makes one line of text: white space collapsed, without control and
// format characters (bidirectional overrides, zero-width spaces, tags) and
// broken UTF-8. The joiners that emoji and some scripts need stay.
func tidy(s string) string {
	if isTidy(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space, marks := false, 0
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			continue
		}
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = b.Len() > 0
			continue
		case r == '\u200C' || r == '\u200D':
			if b.Len() == 0 || space {
				continue
			}
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isTidy reports whether tidy would change nothing, for the usual case: ASCII
// and Latin letters, single spaces.
func isTidy(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ' ' && last == ' ', c < ' ', c == 0x7F:
			return false
		case c == 0xC3:
			if i+1 == len(s) || s[i+1] < 0x80 || s[i+1] > 0xBF {
				return false
			}
		case c >= utf8.RuneSelf && last != 0xC3:
			return false
		}
		last = c
	}
	return last != ' ' || s == ""
}

// wordCut is how many bytes a cut gives up to spare the word it falls into.
const wordCut = 24

// short cuts the text to at most n characters, the … included: between words
// where one is near, else between grapheme clusters. Slack does not say what it
// counts as a character; UTF-16 units are the largest of the candidates for
// text that people write.
func short(s string, n int) string {
	if len(s) <= n || units(s) <= n {
		return s
	}
	used, end, state := 0, 0, -1
	rest := s
	for rest != "" {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		used += units(cluster)
		if used > n-1 {
			break
		}
		end += len(cluster)
	}
	if space := strings.LastIndexByte(s[:end], ' '); space > 0 && end-space <= wordCut && end < len(s) && s[end] != ' ' {
		end = space
	}
	return strings.TrimRight(s[:end], " ") + "…"
}

// units counts UTF-16 units: one for each letter, two where UTF-8 takes four bytes.
func units(s string) int {
	n := 0
	for i := range len(s) {
		if s[i]&0xC0 != 0x80 {
			n++
		}
		if s[i] >= 0xF0 {
			n++
		}
	}
	return n
}

var lookAlike = map[rune]rune{'*': '∗', '_': 'ˍ', '~': '∼', '`': 'ˋ'}

// neutral swaps what could format for look-alikes: ` everywhere, * _ and ~ at
// the edges of words (inside, as in Bürger*innen, they cannot format) or, with
// all, everywhere; and the colons of :emoji: names. Mentions are deafened.
func neutral(s string, all bool) string {
	if !strings.ContainsAny(s, "*_~`:@") {
		return s
	}
	s = deafen(s)
	var b strings.Builder
	b.Grow(len(s) + 8)
	prev := ' '
	for i, r := range s {
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		out := r
		switch r {
		case '`':
			out = lookAlike[r]
		case '*', '_', '~':
			if all || !wordRune(prev) || !wordRune(next) {
				out = lookAlike[r]
			}
		case ':':
			if !unicode.IsDigit(prev) && emojiName(s[i+1:]) {
				out = '꞉'
			}
		}
		b.WriteRune(out)
		prev = r
	}
	return b.String()
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// emojiName reports whether s begins with an emoji's name and its closing colon.
func emojiName(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ':':
			return i > 0
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-', c == '+', c == '\'':
		default:
			return false
		}
	}
	return false
}

// deafen puts a word joiner, which nobody sees, into @here, @channel and
// @everyone, for the places where verbatim cannot be set.
func deafen(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] != '@' {
			continue
		}
		for _, name := range []string{"here", "channel", "everyone", "group"} {
			if len(s) > i+len(name) && strings.EqualFold(s[i+1:i+1+len(name)], name) {
				b.WriteString("\u2060")
			}
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
