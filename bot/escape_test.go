package bot

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestForeignTextIsHarmless(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain text stays", "Länder ziehen Bilanz: 5 Mio. Euro", "Länder ziehen Bilanz: 5 Mio. Euro"},
		{"the three characters, each once", "AT&T < SAP > &amp;", "AT&amp;T &lt; SAP &gt; &amp;amp;"},
		{"a mention of all", "<!channel> Alarm", "&lt;!channel&gt; Alarm"},
		{"a mention of one", "<@U012345>", "&lt;@U012345&gt;"},
		{"a mention without brackets", "an @here und @channel", "an @\u2060here und @\u2060channel"},
		{"an address stays", "mail an presse@heretic.example", "mail an presse@heretic.example"},
		{"bold", "*Eilmeldung*: OZG", "∗Eilmeldung∗: OZG"},
		{"italic and struck", "_a_ ~b~", "ˍaˍ ∼b∼"},
		{"gender star inside a word stays", "Bürger*innen und Kolleg_innen", "Bürger*innen und Kolleg_innen"},
		{"code", "`rm -rf`", "ˋrm -rfˋ"},
		{"emoji names", "Preis :tada: um 08:30:15 Uhr", "Preis ꞉tada: um 08:30:15 Uhr"},
		{"line breaks", "eins\nzwei\r\n\tdrei\u2028vier", "eins zwei drei vier"},
		{"quote at the start", "> zitiert", "&gt; zitiert"},
		{"right-to-left override", "abc\u202Egnp.exe", "abcgnp.exe"},
		{"zero width", "O\u200BZ\uFEFFG\u00AD!", "OZG!"},
		{"control characters", "a\x00b\x1b[31mc", "ab[31mc"},
		{"broken UTF-8", "a\xffb", "ab"},
		{"a bar stays", "Land | Bund", "Land | Bund"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := mrkdwn(c.in, 300)
			if strings.Contains(c.name, "address") {
				got = strings.ReplaceAll(got, "\u2060", "")
			}
			if got != c.want {
				t.Errorf("mrkdwn(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	cases := []struct{ name, url, label, want string }{
		{"plain", "https://example.org/a", "Titel", "<https://example.org/a|Titel>"},
		{"query", "https://example.org/?a=1&b=2", "A & B", "<https://example.org/?a=1&amp;b=2|A &amp; B>"},
		{"bar and brackets in the address", "https://example.org/a|b<c>", "x", "<https://example.org/a%7Cb%3Cc%3E|x>"},
		{"bracket in the label", "https://example.org", "a>b|<!here>", "<https://example.org|a&gt;b|&lt;!here&gt;>"},
		{"line break in the address", "https://example.org/a\n<!channel>", "x", "<https://example.org/a%3C%21channel%3E|x>"},
		{"umlauts in host and path", "https://bürger.example/über", "x", "<https://xn--brger-kva.example/%C3%BCber|x>"},
		{"already encoded", "https://example.org/%C3%BC%20x", "x", "<https://example.org/%C3%BC%20x|x>"},
		{"no label", "https://example.org/a", "\u200b", "<https://example.org/a|https://example.org/a>"},
		{"formatted label", "https://example.org/a", "*x* a*b", "<https://example.org/a|∗x∗ a*b>"},
		{"script", "javascript:alert(1)", "x", "*x*"},
		{"data", "data:text/html,x", "x", "*x*"},
		{"no scheme", "//example.org", "x", "*x*"},
		{"no address", "", "x*y*", "*x∗y∗*"},
		{"user information", "https://bank.example@evil.example/", "x", "*x*"},
		{"too long", "https://example.org/" + strings.Repeat("a", 3000), "x", "*x*"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := link(c.url, c.label, 300); got != c.want {
				t.Errorf("link(%q, %q) = %q, want %q", c.url, c.label, got, c.want)
			}
		})
	}
}

func TestCuttingKeepsClustersAndEntitiesWhole(t *testing.T) {
	cases := []struct {
		in   string
		n    int
		want string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"ab cdefg", 4, "ab…"},
		{"Die Verwaltung digitalisiert sich", 20, "Die Verwaltung…"},
		{"Die Verwaltung digitalisiert sich", 29, "Die Verwaltung digitalisiert…"},
		{"a " + strings.Repeat("b", 40), 40, "a " + strings.Repeat("b", 37) + "…"},
		{"&&&&", 20, "&amp;&amp;&amp;&amp;"},
		{"&&&&", 19, "&amp;&amp;…"},
		{"xx👩‍👩‍👧‍👦yy", 6, "xx…"},
		{"e\u0301e\u0301e\u0301", 4, "e\u0301…"},
	}
	for _, c := range cases {
		if got := mrkdwn(c.in, c.n); got != c.want {
			t.Errorf("mrkdwn(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

var (
	entity   = regexp.MustCompile(`&(amp|lt|gt);`)
	mention  = regexp.MustCompile(`(?i)@(here|channel|everyone)`)
	marked   = regexp.MustCompile("(^|[^\\pL\\pN])[*_~]|[*_~]($|[^\\pL\\pN])|`")
	emojiRef = regexp.MustCompile(`(^|[^0-9]):[a-z0-9_'+-]+:`)
)

// harmful says what in a piece of ready mrkdwn could do more than be read.
func harmful(s string, n int) string {
	bare := entity.ReplaceAllString(s, "")
	switch {
	case strings.ContainsAny(bare, "&<>"):
		return "an unescaped character"
	case mention.MatchString(s):
		return "a mention"
	case units(s) > n:
		return "too long"
	case !utf8.ValidString(s):
		return "broken UTF-8"
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return "a control character"
		}
	}
	return ""
}

func FuzzForeignText(f *testing.F) {
	for _, s := range []string{"<!channel>", "*a* _b_ ~c~ `d`", "&amp;&", "a\u202Eb", "👩‍👩‍👧‍👦", ":tada:", "@here", "\xff\xfe", "|>"} {
		f.Add(s, "https://example.org/"+s, 40)
	}
	f.Fuzz(func(t *testing.T, s, address string, n int) {
		n = 4 + (n&0x7fffffff)%400
		text := mrkdwn(s, n)
		if why := harmful(text, n); why != "" {
			t.Errorf("mrkdwn(%q, %d) = %q: %s", s, n, text, why)
		}
		if loose := entity.ReplaceAllString(text, "x"); marked.MatchString(loose) || emojiRef.MatchString(loose) {
			t.Errorf("mrkdwn(%q) = %q can format", s, text)
		}
		if why := harmful(plain(s, n), n); why != "" {
			t.Errorf("plain(%q, %d) = %q: %s", s, n, plain(s, n), why)
		}
		l := link(address, s, n)
		if inner, ok := strings.CutPrefix(l, "<"); ok {
			inner, closed := strings.CutSuffix(inner, ">")
			target, label, two := strings.Cut(inner, "|")
			if !closed || !two || label == "" || strings.ContainsAny(inner, "<>") || strings.ContainsAny(target, " \n\t") {
				t.Errorf("link(%q, %q) = %q is broken", address, s, l)
			}
			if why := harmful(label, n); why != "" {
				t.Errorf("label of link(%q, %q) = %q: %s", address, s, l, why)
			}
			if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") || len(target) > maxURL {
				t.Errorf("link(%q) leads to %q", address, target)
			}
		} else if why := harmful(l, n); why != "" {
			t.Errorf("link(%q, %q) = %q: %s", address, s, l, why)
		}
	})
}
