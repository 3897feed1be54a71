package article_test

import (
	"strings"
	"testing"

	"depesche/feeds/article"
)

func TestDatelines(t *testing.T) {
	cases := []struct {
		name, start  string
		author, date string
		left         string // of the start in the text
	}{
		{"place, date, code", "Schwerin, 9. März 2021 (sib) – ", "sib", "2021-03-09", ""},
		{"place, date, codes and a stop", "Schwerin, 9. März 2021 (sib/dpa). ", "sib/dpa", "2021-03-09", ""},
		{"a dash before the code", "Schwerin, 9. März 2021 – (sib) ", "sib", "2021-03-09", ""},
		{"place, agency, date", "Schwerin (dpa), 9. März 2021 – ", "dpa", "2021-03-09", ""},
		{"brackets and place", "[9.3.2021] Schwerin. ", "", "2021-03-09", ""},
		{"brackets and two places", "[9.3.2021] Schwerin/Bad Doberan – ", "", "2021-03-09", ""},
		{"brackets, place, code", "[9.3.2021] Schwerin (sib) – ", "sib", "2021-03-09", ""},
		{"brackets and code", "[9.3.2021] (sib) ", "sib", "2021-03-09", ""},
		{"a bare date and code", "09.03.2021 (sib) – ", "sib", "2021-03-09", ""},
		{"place and agency", "Schwerin (dpa) – ", "dpa", "", ""},
		{"place, agency and desk", "Schwerin (dpa/mv) - ", "dpa/mv", "", ""},
		{"place and agency without a dash", "Schwerin (dpa) ", "dpa", "", ""},
		{"a place of three words", "Frankfurt am Main (dpa) – ", "dpa", "", ""},
		{"a place with its river", "Frankfurt (Oder), 9. März 2021 – ", "", "2021-03-09", ""},
		{"an agency alone", "(dpa) – ", "dpa", "", ""},
		{"a sentence of one word", "[9.3.2021] Geschafft. ", "", "2021-03-09", "Geschafft."},
		{"an abbreviation", "[9.3.2021] OZG. ", "", "2021-03-09", "OZG."},
		{"a topic", "[9.3.2021] Digitalpakt: ", "", "2021-03-09", "Digitalpakt:"},
		{"a remark in brackets", "Das Gesetz (neu) – ", "", "", "Das Gesetz (neu) –"},
		{"a word and a dash without a date", "Rathaus – ", "", "", "Rathaus –"},
		{"a party is no code", "Muster (parteilos) – ", "", "", "Muster (parteilos) –"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := extract(t, article.Page{Body: page("<p>" + c.start + prose + "</p>" + paragraphs(2))})
			date := ""
			if !a.Published.IsZero() {
				date = a.Published.In(day("2021-03-09 00:00").Location()).Format("2006-01-02")
			}
			if a.Author != c.author || date != c.date {
				t.Errorf("author %q of %q, want %q of %q", a.Author, date, c.author, c.date)
			}
			if want := strings.TrimSpace(c.left + " " + strings.TrimSpace(prose)); !strings.HasPrefix(a.Text, want) {
				t.Errorf("the text begins %.100q, want %.100q", a.Text, want)
			}
		})
	}
}

func TestTheDatelinesCodeStandsBehindAPerson(t *testing.T) {
	body := strings.Replace(string(page("<p>Schwerin (dpa) – "+prose+"</p><p>"+prose+" (sib)</p>")), "<title>", `<meta name="author" content="Karla Mertens"><title>`, 1)
	if a := extract(t, article.Page{Body: []byte(body)}); a.Author != "Karla Mertens" || strings.Contains(a.Text, "dpa") || strings.Contains(a.Text, "(sib)") {
		t.Errorf("author %q, text %q", a.Author, a.Text)
	}
	if a := extract(t, article.Page{Body: page("<p>Schwerin (dpa) – " + prose + "</p><p>" + prose + " (sib)</p>")}); a.Author != "dpa, sib" {
		t.Errorf("two codes give %q", a.Author)
	}
}

// The source line is a field; the sources of pictures are none of the article's.
func TestSources(t *testing.T) {
	cases := []struct{ name, tail, want string }{
		{"a line of its own", "<p>Quelle: Amtsblatt</p>", "Amtsblatt"},
		{"in brackets", "<p>(Quelle: Amtsblatt)</p>", "Amtsblatt"},
		{"several", "<p>Quellen: Amtsblatt, Kreistag</p>", "Amtsblatt, Kreistag"},
		{"below the keywords", "<p>Stichwörter: OZG, Portal</p><p>Quelle: www.amtsblatt.example</p>", "www.amtsblatt.example"},
		{"of a picture", "<figure><img src=a.jpg><figcaption>Quelle: Bildstelle</figcaption></figure>" + paragraphs(1), ""},
		{"a picture's and the article's", "<figure><figcaption>Quelle: Bildstelle</figcaption></figure>" + paragraphs(1) + "<p>Quelle: Amtsblatt</p>", "Amtsblatt"},
		{"of a picture, in a paragraph", "<p>Quelle: Bildstelle</p>" + paragraphs(1), ""},
		{"of another article", "<h3>Weitere Meldungen</h3><p>Zeugnisse im Test</p><p>Quelle: Fremdblatt</p>", ""},
		{"a sentence", "<p>Die Quelle: ein Amtsblatt.</p>", ""},
		{"none", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := extract(t, article.Page{Body: page(paragraphs(3) + c.tail)})
			if a.Source != c.want || c.want != "" && strings.Contains(a.Text, c.want) {
				t.Errorf("source %q, want %q; text %q", a.Source, c.want, a.Text)
			}
		})
	}
	if a := extract(t, article.Page{Body: []byte("Antrag ohne Papier\n\n" + prose + "\n\nStichwörter: Portal\n\nQuelle: Amtsblatt"), ContentType: "text/plain"}); a.Source != "Amtsblatt" {
		t.Errorf("plain text gives %q", a.Source)
	}
}
