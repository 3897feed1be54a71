package article_test

import (
	"fmt"
	"strings"
	"testing"

	"depesche/feeds/article"
)

// Portraits of companies, associations and authors at the end are no text. A
// sentence that begins with "Über" is, at the end too.
func TestPortraitsAtTheEnd(t *testing.T) {
	const firm = "Die Firma Nordlicht baut Sprachmodelle."
	cases := []struct {
		name, tail string
		stays      bool
	}{
		{"in one paragraph", "<p>Über die Firma Nordlicht: " + firm + "</p>", false},
		{"a name of one letter", "<p>Über die Firma X: Die Firma baut Sprachmodelle.</p>", false},
		{"a bold label", "<p><strong>Über die Firma Nordlicht:</strong> " + firm + "</p>", false},
		{"a bold label and a line end", "<p><strong>Über die Firma Nordlicht</strong><br>" + firm + "</p>", false},
		{"two paragraphs", "<p>Über die Firma Nordlicht</p><p>" + firm + "</p>", false},
		{"a name in lower case", "<p>Über govdigital: Die Genossenschaft baut Sprachmodelle.</p>", false},
		{"a legal form behind lower case", "<p>Über die init AG</p><p>Sie baut Sprachmodelle.</p>", false},
		{"English", "<p><b>About Nordlicht:</b> Nordlicht builds Sprachmodelle.</p>", false},
		{"an author under a heading", "<h3>Zum Autor</h3><p>Max Muster baut Sprachmodelle.</p>", false},
		{"an author behind a label", "<p>Zur Autorin: Maxi Muster baut Sprachmodelle.</p>", false},
		{"a portrait of two paragraphs", "<p>Über Nordlicht: Nordlicht gibt es seit 1998.</p><p>Das Unternehmen mit Sitz in Neuburg baut mit 80 Menschen Sprachmodelle.</p>", false},
		{"two portraits", "<p>Über Nordlicht: Nordlicht gibt es seit 1998.</p><p>Über die Südlicht eG: Südlicht baut Sprachmodelle.</p>", false},
		{"and a source", "<p>Über Nordlicht: Nordlicht baut Sprachmodelle.</p><p>Quelle: Amtsblatt</p>", false},

		{"a number", "<p>Über 500 Kommunen nutzen Sprachmodelle.</p>", true},
		{"a number with an article", "<p>Über die 500 Kommunen: Kommunen nutzen Sprachmodelle.</p>", true},
		{"a quarrel", "<p>Über die Reform stritten Bund und Länder.</p><p>Die Reform betrifft Sprachmodelle.</p>", true},
		{"a sentence with a company at its end", "<p>Über den Beitritt entscheidet die Musterwerk AG.</p><p>Die AG baut Sprachmodelle.</p>", true},
		{"a sentence with a colon", "<p>Über allem steht die Frage: Wer baut Sprachmodelle?</p>", true},
		{"a colon behind names", "<p>Über Geld wird gestritten: Geld für Sprachmodelle fehlt.</p>", true},
		{"who tells about whom", "<p>Die Autorin erzählt über Sprachmodelle.</p>", true},
	}
	short := ""
	for i := range 8 {
		short += fmt.Sprintf("<p>Das Rathaus öffnet am %d. Mai.</p>", i+1)
	}
	for _, c := range cases {
		for before, text := range map[string]string{"prose": paragraphs(3), "short paragraphs": short} {
			t.Run(c.name+" after "+before, func(t *testing.T) {
				a := extract(t, article.Page{Body: page(text + c.tail)})
				if got := strings.Contains(a.Text, "Sprachmodelle"); got != c.stays {
					t.Errorf("in the text: %v, want %v: %q", got, c.stays, a.Text)
				}
				if !strings.Contains(a.Text, "Rathaus") {
					t.Errorf("the article itself is gone: %q", a.Text)
				}
			})
		}
	}
}

// What looks like a portrait and is followed by more of the article is text.
func TestPortraitsInTheMiddleAreText(t *testing.T) {
	for name, middle := range map[string]string{
		"in one paragraph": "<p>Über die Firma Nordlicht: Die Firma Nordlicht baut Sprachmodelle.</p>",
		"a bold label":     "<p><strong>Über Nordlicht:</strong> Nordlicht baut Sprachmodelle.</p>",
		"an author":        "<p>Zum Autor: Max Muster baut Sprachmodelle.</p>",
		"a section":        "<h3>Über Nordlicht</h3><p>Nordlicht baut Sprachmodelle.</p><h3>Wie es weitergeht</h3>",
	} {
		t.Run(name, func(t *testing.T) {
			tail := ""
			for i := range 3 {
				tail += fmt.Sprintf("<p>%sDas war Teil %d.</p>", prose, i)
			}
			a := extract(t, article.Page{Body: page(paragraphs(3) + middle + tail)})
			if !strings.Contains(a.Text, "Sprachmodelle") || !strings.Contains(a.Text, "Teil 2") {
				t.Errorf("%q", a.Text)
			}
		})
	}
}
