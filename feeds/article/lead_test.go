package article_test

import (
	"fmt"
	"strings"
	"testing"

	"depesche/feeds/article"
)

// German systems name the lead "teaser".
func TestLeadsNamedTeaser(t *testing.T) {
	const lead = "[9.3.2021] Neuburg hat den Digitalpakt beschlossen."
	cases := []struct {
		name, html string
		stays      bool
	}{
		{"a paragraph", "<p class=teaser>" + lead + "</p>", true},
		{"a box", "<div class='article-teaser'><p>" + lead + "</p></div>", true},
		{"loose in a box", "<div id=TeaserText>" + lead + "</div>", true},
		{"a part of a line", "<p><span class=teaser>" + lead + "</span></p>", true},
		{"below a date", "<p>9. März 2021</p><section class=teaser><p>" + lead + "</p></section>", true},
		{"another article's", "<div class=teaser><h3><a href=/x>Digitalpakt: Länder holen auf</a></h3><p>Noch mehr zum Digitalpakt.</p></div>", false},
		{"another article's, with a link", "<p class=teaser><a href=/x>Digitalpakt: Länder holen auf</a> Noch mehr dazu.</p>", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := ""
			for i := range 8 {
				text += fmt.Sprintf("<p>%sDas war Teil %d.</p>", prose, i)
			}
			a := extract(t, article.Page{Body: page(c.html + text + "<div class=teaser><p>Am Rand steht Blockchain.</p></div>")})
			if got := strings.Contains(a.Text, "Digitalpakt"); got != c.stays || strings.Contains(a.Text, "Blockchain") {
				t.Errorf("in the text: %v, want %v: %q", got, c.stays, a.Text)
			}
			if !strings.Contains(a.Text, "Teil 7") {
				t.Errorf("the article itself is gone: %q", a.Text)
			}
		})
	}
}
