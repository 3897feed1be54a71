package feeds

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The quick way to take tags off gives what the tokenizer gives, or says that
// it cannot.
func TestStripSimple(t *testing.T) {
	pieces := []string{
		"<p>", "</p>", "<b>", "</b>", `<a href="x>y">`, "</a>", "<a href=x>", "<br/>", "<br />", `<img src='a"b'/>`, "&amp;", "&am", "p;", "&#8211;",
		" ", "ä", "Wort", "<", "< p>", "</ p>", "<p/>", "<p", `a="`, "<script>", "</script>", "<h2>", `<p class = "x">`, `<p "q>`, "<!-- x -->", "<li>",
		"\n", "<p\tx>", `<a b="" c='d'>`, "<em\n>", "<plaintext>", "<P>", "&lt", "<h>", "<p//>", `<a href="u"title="v">`,
	}
	chance, simple := rand.New(rand.NewPCG(1, 2)), 0
	for range 50_000 {
		var b strings.Builder
		for range 1 + chance.IntN(7) {
			b.WriteString(pieces[chance.IntN(len(pieces))])
		}
		got, ok := stripSimple(b.String())
		if !ok {
			continue
		}
		simple++
		if want := stripTags(b.String(), false); tidyText(got) != tidyText(want) {
			t.Fatalf("%q: got %q, want %q", b.String(), got, want)
		}
	}
	if simple < 5_000 {
		t.Errorf("only %d texts went the quick way", simple)
	}
}
