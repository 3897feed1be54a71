package article_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"depesche/feeds/article"
)

// prose is a paragraph of an article that an editor would recognise as such.
const prose = "Die Stadt Neuburg hat ihr Serviceportal überarbeitet und stellt nun 140 Anträge bereit, die sich ohne Unterschrift auf Papier " +
	"einreichen lassen, wie das Rathaus am Dienstag mitteilte. "

// page puts a body into a page with a headline.
func page(body string) []byte {
	return []byte("<!DOCTYPE html><html lang=de><head><meta charset=utf-8><title>Neuburg ohne Papier</title></head><body><article><h1>Neuburg ohne Papier</h1>" +
		body + "</article></body></html>")
}

func paragraphs(n int) string { return strings.Repeat("<p>"+prose+"</p>", n) }

func extract(t *testing.T, p article.Page) article.Article {
	t.Helper()
	a, err := article.Extract(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func day(s string) time.Time {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	t, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
	if err != nil {
		panic(err) // a test's own fault
	}
	return t
}

func TestDatesOfPages(t *testing.T) {
	now := day("2026-11-21 12:00")
	head := func(s string) []byte {
		return []byte("<html><head><title>Neuburg ohne Papier</title>" + s + "</head><body><article><h1>Neuburg ohne Papier</h1>" + paragraphs(3) + "</article></body></html>")
	}
	text := func(s string) []byte { return page("<p>" + s + prose + "</p>" + paragraphs(2)) }
	line := func(s string) []byte { return page("<p>" + s + "</p>" + paragraphs(3)) }
	cases := []struct {
		name      string
		body      []byte
		want      time.Time
		uncertain bool
	}{
		{"the trade press's brackets", text("[9.3.2021] "), day("2021-03-09 00:00"), false},
		{"place and month by name", text("Schwerin, 9. März 2021 – "), day("2021-03-09 00:00"), false},
		{"place, den", text("Kiel, den 09.03.2021: "), day("2021-03-09 00:00"), false},
		{"place with a weekday", text("Berlin, Dienstag, 9. März 2021. "), day("2021-03-09 00:00"), false},
		{"Austria's January", text("Wien, 9. Jänner 2021 - "), day("2021-01-09 00:00"), false},
		{"a line of its own", line("9. März 2021"), day("2021-03-09 00:00"), false},
		{"with a clock, in summer time", line("Veröffentlicht am 09.07.2021, 14:30 Uhr"), day("2021-07-09 14:30"), false},
		{"a press release's number", line("Pressemitteilung Nr. 17/2021 vom 9. März 2021"), day("2021-03-09 00:00"), false},
		{"a meta element without a zone is German", head(`<meta name="date" content="2021-03-09T23:30:00">`), day("2021-03-09 23:30"), false},
		{"a meta element in MEZ", head(`<meta name="date" content="Tue, 09 Mar 2021 14:30:00 MEZ">`), day("2021-03-09 14:30"), false},
		{"a meta element in MESZ", head(`<meta name="date" content="Fri, 09 Jul 2021 14:30:00 MESZ">`), day("2021-07-09 14:30"), false},
		{"a meta element in CEST", head(`<meta name="date" content="Fri, 09 Jul 2021 14:30:00 CEST">`), day("2021-07-09 14:30"), false},
		{"a meta element in GMT", head(`<meta name="date" content="Tue, 09 Mar 2021 13:30:00 GMT">`), day("2021-03-09 14:30"), false},
		{"a meta element in UTC", head(`<meta property="article:published_time" content="2021-03-09T23:30:00Z">`), day("2021-03-10 00:30"), false},
		{"RFC 822 as some systems write it", head(`<meta name="pubdate" content="Tue, 09 Mar 2021 10:00:00 +0100">`), day("2021-03-09 10:00"), false},
		{"what is declared goes before the dateline", []byte(strings.Replace(string(text("[9.3.2021] ")), "<title>", `<meta name="dcterms.issued" content="2021-03-08"><title>`, 1)), day("2021-03-08 00:00"), false},
		{"JSON-LD goes before a meta element", head(`<meta name="date" content="2021-01-01"><script type="application/ld+json">{"@type":"NewsArticle","headline":"x","datePublished":"2021-03-09"}</script>`), day("2021-03-09 00:00"), false},
		{"the future is not believed", head(`<meta name="date" content="2099-03-09">`), time.Time{}, false},
		{"nor the time before the web", head(`<meta name="date" content="1899-03-09">`), time.Time{}, false},
		{"31 February is no day", text("[31.2.2021] "), time.Time{}, false},
		{"a date within a sentence is none of the article's", text("Am 5. April 2019 trat das Gesetz in Kraft, seither gilt die Frist. "), day("2019-04-05 00:00"), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := extract(t, article.Page{Body: c.body, Now: now})
			if c.uncertain && a.Published.IsZero() {
				return // better none than a wrong one
			}
			if !a.Published.Equal(c.want) || a.DateUncertain != c.uncertain {
				t.Errorf("got %v (uncertain %v), want %v (%v)", a.Published, a.DateUncertain, c.want, c.uncertain)
			}
			for _, left := range []string{"[9.3.2021]", "Schwerin, 9", "Kiel, den", "14:30"} {
				if strings.Contains(a.Text, left) {
					t.Errorf("%q is left in %q", left, a.Text)
				}
			}
		})
	}
}

func TestKeywordsOfPages(t *testing.T) {
	cases := []struct {
		name, body string
		want       string // separated by |
	}{
		{"in one line", "<p>Stichwörter: OZG, E-Akte, IT.NRW</p>", "OZG|E-Akte|IT.NRW"},
		{"over two lines", "<p>Stichwörter: OZG,<br>E-Akte</p>", "OZG|E-Akte"},
		{"with semicolons, commas inside", "<p>Schlagwörter: Recht, öffentliches; OZG</p>", "Recht, öffentliches|OZG"},
		{"with bars", "<p>Schlagworte: OZG | Portal | Bund</p>", "OZG|Portal|Bund"},
		{"links", `<p>Tags: <a href=/a>OZG</a>, <a href=/b>Portal</a></p>`, "OZG|Portal"},
		{"a list below its label", `<h4>Schlagwörter</h4><ul><li><a href=/a>OZG</a></li><li><a href=/b>Portal</a></li></ul>`, "OZG|Portal"},
		{"repetitions fall away, whatever their case", "<p>Stichwörter: OZG, ozg, Portal</p>", "OZG|Portal"},
		{"a sentence is no list", "<p>Themen: wurden viele besprochen.</p>", ""},
		{"none", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := extract(t, article.Page{Body: page(paragraphs(3) + c.body)})
			if got := strings.Join(a.Keywords, "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if strings.Contains(a.Text, "wörter") || strings.Contains(a.Text, "worte") {
				t.Errorf("the keywords are left in the text: %q", a.Text)
			}
		})
	}
}

func TestAuthorCodes(t *testing.T) {
	cases := []struct{ name, end, author, want string }{
		{"a code", " (sib)", "", "sib"},
		{"in italics of plain text", " *(ve)*", "", "ve"},
		{"agency and desk", " (dpa/ck)", "", "dpa/ck"},
		{"the outlet is no author", " (sib)", "Redaktion Rathausfunk", "sib"},
		{"a person is", " (sib)", "Karla Mertens", "Karla Mertens"},
		{"an abbreviation stays", " Das gilt auch für Register (NOOTS).", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := string(page(paragraphs(2) + "<p>" + prose + c.end + "</p><p><a href='https://n.example'>https://n.example</a></p>"))
			if c.author != "" {
				body = strings.Replace(body, "<title>", `<meta name="author" content="`+c.author+`"><title>`, 1)
			}
			a := extract(t, article.Page{Body: []byte(body)})
			if a.Author != c.want {
				t.Errorf("author %q, want %q", a.Author, c.want)
			}
			if strings.Contains(a.Text, "(sib)") || strings.Contains(a.Text, "(ve)") || strings.Contains(a.Text, "https://") {
				t.Errorf("left in the text: %q", a.Text)
			}
		})
	}
}

func TestWhatEndsAnArticle(t *testing.T) {
	const secret = "Nur hier steht das Wort Blockchain, und zwar in einem Satz, der lang genug ist, um für den Text eines Artikels gehalten zu werden, wie Prüfungen zeigen."
	cases := []struct {
		name, tail string
		stays      bool
	}{
		{"other articles", "<h3>Weitere Meldungen</h3><p>" + secret + "</p>", false},
		{"a company about itself", "<h3>Über die Musterwerk eG</h3><p>" + secret + "</p>", false},
		{"the authority about itself", "<p><b>Über das Landesamt:</b></p><p>Das Landesamt gibt es seit 1950. " + secret + "</p>", false},
		{"whom the press may call", "<p>Pressekontakt:</p><p>" + secret + "</p>", false},
		{"print version", "<p>Druckversion</p><p>" + secret + "</p>", false},
		{"a subheading that begins with Über", "<h3>Über 500 Kommunen machen mit</h3><p>" + secret + "</p>", true},
		{"one teaser in the text", "<p>Lesen Sie auch: <a href=/x>Zeugnisse im Test</a></p><p>" + secret + "</p>", true},
		{"a picture's source in the text", "<p>Quelle: Stadt Neuburg</p><p>" + secret + "</p>", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := extract(t, article.Page{Body: page(paragraphs(4) + c.tail)})
			if got := strings.Contains(a.Text, "Blockchain"); got != c.stays {
				t.Errorf("in the text: %v, want %v: %q", got, c.stays, a.Text)
			}
			if n := strings.Count(a.Text, "Serviceportal"); n == 0 {
				t.Error("the article itself is gone")
			}
		})
	}
}

func TestPagesThatAreRefused(t *testing.T) {
	deep := strings.Repeat("<div>", 600) + prose
	wide := strings.Repeat("<div>", 400) + strings.Repeat("<p>x</p>", 10_000)
	cases := []struct {
		name string
		page article.Page
		want error
	}{
		{"empty", article.Page{}, article.ErrNoText},
		{"a picture", article.Page{Body: []byte("\x89PNG\r\n"), ContentType: "text/html"}, article.ErrNotArticle},
		{"a PDF", article.Page{Body: []byte("%PDF-1.7"), ContentType: "application/pdf"}, article.ErrNotArticle},
		{"a feed", article.Page{Body: []byte(`<?xml version="1.0"?><rss version="2.0"></rss>`), ContentType: "text/xml"}, article.ErrNotArticle},
		{"JSON", article.Page{Body: []byte(`{"a":1}`), ContentType: "application/json"}, article.ErrNotArticle},
		{"too large", article.Page{Body: make([]byte, 10<<20+1), ContentType: "text/html"}, article.ErrTooLarge},
		{"too much text", article.Page{Body: page("<p>" + strings.Repeat("wort ", 200_000))}, article.ErrTooLarge},
		{"too deep", article.Page{Body: page(deep)}, article.ErrTooComplex},
		{"too many elements", article.Page{Body: page(strings.Repeat("<b>x</b>", 30_000))}, article.ErrTooComplex},
		{"too many comments", article.Page{Body: page(strings.Repeat("<!-- -->", 60_000))}, article.ErrTooComplex},
		{"formatting that is never closed", article.Page{Body: page(strings.Repeat("<b><i><u>", 30) + strings.Repeat("<p>x", 10_000))}, article.ErrTooComplex},
		{"many elements too deep", article.Page{Body: page(wide)}, article.ErrTooComplex},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if a, err := article.Extract(t.Context(), c.page); !errors.Is(err, c.want) || a.Text != "" {
				t.Errorf("%v with %d bytes of text, want %v", err, len(a.Text), c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := article.Extract(ctx, article.Page{Body: page(paragraphs(3))}); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context gives %v", err)
	}
}

// A binary file is no page, whatever it is called; a few stray bytes are nothing.
func TestBinaryFiles(t *testing.T) {
	noise := make([]byte, 40_000)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	for name, body := range map[string][]byte{
		"noise":               noise,
		"a program":           append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 20_000)...),
		"a recording":         append([]byte("\xff\xfe"), noise...),
		"rich text":           []byte(`{\rtf1\ansi ` + prose + `}`),
		"noise named a page":  append([]byte("<html><p>"), noise...),
		"zeros between words": []byte(strings.Repeat("w\x00o\x00r\x00t\x00 \x00", 500)),
	} {
		for _, contentType := range []string{"", "text/plain", "text/html"} {
			if a, err := article.Extract(t.Context(), article.Page{Body: body, ContentType: contentType}); err == nil || a.Text != "" {
				t.Errorf("%s as %q is read: %.80q, %v", name, contentType, a.Text, err)
			}
		}
	}
	stray := strings.Replace(string(page(paragraphs(5))), "Serviceportal", "Service\x00portal\x01\x02\x03\x04", 1)
	if a := extract(t, article.Page{Body: []byte(stray)}); !strings.Contains(a.Text, "Neuburg") {
		t.Errorf("%q", a.Text)
	}
}

// A page that is declared not free but shown in full is marked, and read.
func TestAPaidArticleShownInFullIsMarked(t *testing.T) {
	body := strings.Replace(string(page(paragraphs(12))), "<title>", `<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script><title>`, 1)
	if a := extract(t, article.Page{Body: []byte(body)}); !a.Paywalled || len(a.Text) < 1500 {
		t.Errorf("paywalled %v, %d bytes", a.Paywalled, len(a.Text))
	}
}

// An article about cookies is no consent wall.
func TestAnArticleAboutConsentIsRead(t *testing.T) {
	about := "<p>Der Gerichtshof hat über Cookies entschieden: Eine Einwilligung muss ausdrücklich sein, ein Haken genügt nicht, und wer Tracking einsetzt, braucht die Zustimmung der Betroffenen.</p>"
	if a := extract(t, article.Page{Body: page(strings.Repeat(about, 2) + paragraphs(5))}); !strings.Contains(a.Text, "Gerichtshof") {
		t.Errorf("%q", a.Text)
	}
}

func TestPlainText(t *testing.T) {
	text := "Neuburg:\nAntrag ohne Papier\n\n[28.5.2024] " + prose + "\n\n" + prose + " (ve)\n\nhttps://www.neuburg.example\n\nStichwörter: Portal, E-Akte,\nNeuburg\n\nDruckversion\nWeitere Meldungen\nBlockchain im Test\n[1.5.2024] Zeugnisse kommen in die Kette. mehr...\n"
	a := extract(t, article.Page{Body: []byte(text), ContentType: "text/plain; charset=utf-8"})
	if a.Title != "Neuburg: Antrag ohne Papier" || a.Author != "ve" || !a.Published.Equal(day("2024-05-28 00:00")) ||
		strings.Join(a.Keywords, "|") != "Portal|E-Akte|Neuburg" || a.Text != strings.TrimSpace(prose)+"\n\n"+strings.TrimSpace(prose) {
		t.Errorf("%+v", a)
	}
}

// What hides formatting from a count of tags, or pretends to close it, must not
// make a small page a large tree.
func TestSmallPagesMakeSmallTrees(t *testing.T) {
	var open strings.Builder
	for i := range 400 {
		fmt.Fprintf(&open, "<b id=%d>", i)
	}
	bomb := "<p>" + open.String() + strings.Repeat("<p>x", 20_000)
	cases := []struct{ name, body string }{
		{"as it is", bomb},
		{"behind a style in an attribute", "<p a='<style>'>" + bomb + "</style>"},
		{"in a style of a drawing", "<svg><style>" + bomb + "</style></svg>"},
		{"in a script of a formula", "<math><script>" + bomb + "</script></math>"},
		{"in a drawing's label", "<svg><foreignObject><div></svg></div></foreignObject><style>" + bomb + "</style>"},
		{"closed in an attribute", "<p>" + open.String() + "<img alt='" + strings.Repeat("</b>", 400) + "'>" + strings.Repeat("<p>x", 20_000)},
		{"closed by another name", "<p>" + open.String() + strings.Repeat("</i>", 400) + strings.Repeat("<p>x", 20_000)},
		{"closed in a cell", "<p>" + open.String() + "<table><td>" + strings.Repeat("</b>", 400) + "</table>" + strings.Repeat("<p>x", 20_000)},
		{"attributes of the body", strings.ReplaceAll(open.String(), "<b id=", "<body a") + strings.Repeat("<body b1 b2 b3>", 20_000)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := article.Extract(t.Context(), article.Page{Body: page(paragraphs(3) + c.body)})
			runtime.ReadMemStats(&after)
			// Untamed, the worst make some gigabytes.
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 500 {
				t.Errorf("%d MB for %d bytes: %v", mb, len(c.body), err)
			} else {
				t.Logf("%d MB, %v", mb, err)
			}
		})
	}
}

func TestDrawingsAreNoText(t *testing.T) {
	const drawing = `<svg viewBox="0 0 9 9"><title>Logo</title><style>.a{fill:red}</style><text>Beschriftung</text></svg>`
	for name, body := range map[string]string{
		"closed":       paragraphs(2) + "<p>" + prose + drawing + "Zuletzt.</p>",
		"empty":        paragraphs(2) + "<p>" + prose + "<svg/>Zuletzt.</p>",
		"never closed": paragraphs(2) + "<svg><path d=x><text>Beschriftung</text><p>" + prose + "Zuletzt.</p>",
	} {
		t.Run(name, func(t *testing.T) {
			a := extract(t, article.Page{Body: page(body)})
			if !strings.Contains(a.Text, "Zuletzt.") || strings.Contains(a.Text, "Beschriftung") || strings.Contains(a.Text, "Logo") {
				t.Errorf("%q", a.Text)
			}
		})
	}
}

func FuzzExtract(f *testing.F) {
	pages, _ := filepath.Glob("testdata/*.html")
	for _, p := range pages {
		body, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, "text/html")
	}
	f.Add([]byte("Titel\n\n[9.3.2021] Text (ve)"), "text/plain")
	f.Add([]byte("<p>Über \n<p>x"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		start := time.Now()
		a, err := article.Extract(t.Context(), article.Page{Body: body, ContentType: contentType, URL: "https://a.example/"})
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("%v for %d bytes", took, len(body))
		}
		if err != nil && strings.Contains(err.Error(), "parser failed") {
			t.Fatal(err)
		}
		for _, s := range append([]string{a.Title, a.Author, a.Site, strings.ReplaceAll(a.Text, "\n", " ")}, a.Keywords...) {
			if !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 {
				t.Fatalf("%q is not clean", s)
			}
		}
		for p := range strings.SplitSeq(a.Text, "\n\n") {
			if a.Text != "" && strings.TrimSpace(p) == "" {
				t.Fatalf("an empty paragraph in %q", a.Text)
			}
		}
	})
}

func BenchmarkArticle(b *testing.B) {
	body, err := os.ReadFile("testdata/trade-related-inside.html")
	if err != nil {
		b.Fatal(err)
	}
	// The size of a usual page: some 700 elements.
	filler := strings.Repeat(`<div class="nav-item"><a href="/x">Ressort</a> <span>Unterpunkt</span></div>`, 200)
	large := []byte(strings.Replace(string(body), "</body>", filler+"</body>", 1))
	b.SetBytes(int64(len(large)))
	for b.Loop() {
		if _, err := article.Extract(b.Context(), article.Page{Body: large, ContentType: "text/html"}); err != nil {
			b.Fatal(err)
		}
	}
}
