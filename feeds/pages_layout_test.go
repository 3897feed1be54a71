package feeds_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// The pages below are of invented outlets, in the layouts that German trade
// press, ministries and associations really have. In each, OZG stands beside
// the article only, and Haushalt in it.
const (
	dike     = `<p>[9.3.2021] Der Kreis Mittelau lässt die Deiche an der Elbe in den nächsten drei Jahren erneuern und stellt dafür im Haushalt vierzehn Millionen Euro bereit, wie der Kreistag am Montagabend einstimmig beschloss.</p>`
	flood    = `<p>„Nach dem letzten Hochwasser war klar, dass wir nicht länger warten können“, sagte Landrätin Erika Muster. Die Arbeiten beginnen im April bei Lindenwerder und enden, wenn das Wetter mitspielt, im Herbst des dritten Jahres. (sib)</p>`
	keywords = `<p>Stichwörter: Hochwasserschutz, Mittelau,<br>Deichbau</p>`
)

var layouts = map[string]string{
	"a column at the right": `<div id="wrap"><div id="left"><h1>Deiche werden erneuert</h1>` + dike + flood + `<p>https://www.mittelau.example</p><p>Quelle: Kreis Mittelau</p>` + keywords + `</div>
<div id="right"><div class="box"><b>Aktuelle Meldungen</b><br><a href="/1">OZG: Länder holen auf</a><br>[8.3.2021] Die Umsetzung des OZG kommt in den Ländern voran. <a href="/1">mehr...</a></div>
<div class="box"><a href="/2">OZG-Dashboard geht online</a><br>[5.3.2021] Wie weit das OZG ist, zeigt nun eine Karte. <a href="/2">mehr...</a></div></div></div>`,
	"one table cell for all": `<table><tr><td><h1>Deiche werden erneuert</h1>` + dike + flood + keywords + `<p><b>Weitere Meldungen und Beiträge aus dem Bereich: Umwelt</b></p>
<p><a href="/1">OZG: Länder holen auf</a><br>[8.3.2021] Die Umsetzung des OZG kommt in den Ländern voran. <a href="/1">mehr...</a></p>
<p><a href="/2">OZG-Dashboard geht online</a><br>[5.3.2021] Wie weit das OZG ist, zeigt nun eine Karte im Netz. <a href="/2">mehr...</a></p></td></tr></table>`,
	"loose text in a cell": `<table width="600"><tr><td><b><font size="4">Deiche werden erneuert</font></b><br><br>` + unwrapped(dike) + `<br><br>` + unwrapped(flood) + `<br><br>Stichwörter: Hochwasserschutz, Mittelau,<br>Deichbau<br><br>Druckversion<br><br>
<b>Weitere Meldungen</b><br><br><a href="/1">OZG: Länder holen auf</a><br>[8.3.2021] Die Umsetzung des OZG kommt voran. <a href="/1">mehr...</a></td></tr></table>`,
	"an aside": `<main><article><h1>Deiche werden erneuert</h1>` + dike + flood + keywords + `</article>
<aside><h2>Meistgelesen</h2><ul><li><a href="/1">OZG: Länder holen auf</a></li><li><a href="/2">Was vom OZG bleibt</a></li></ul></aside></main>`,
	"a related list within": `<article><h1>Deiche werden erneuert</h1>` + dike + `<div class="related"><h3>Lesen Sie auch</h3><ul><li><a href="/1">OZG: Länder holen auf</a></li><li><a href="/2">Was vom OZG bleibt</a></li></ul></div>` + flood + keywords +
		`<h3>Mehr zum Thema</h3><p><a href="/3">OZG-Leistungen im Kreis</a></p></article>`,
	"a publisher about itself": `<article><h1>Deiche werden erneuert</h1>` + dike + flood + keywords + `<h3>Über die Deichwerk eG</h3>
<p>Die Deichwerk eG berät Kommunen beim Hochwasserschutz, bei der Umsetzung des OZG und bei der Beschaffung und hat ihren Sitz in Lindenwerder.</p></article>`,
	"a teaser with a date": `<div class="content"><h1>Deiche werden erneuert</h1>` + dike + flood + keywords + `<p>OZG: Länder holen auf [8.3.2021] Die Umsetzung des OZG kommt in den Ländern voran ... <a href="/1">mehr...</a></p></div>`,
}

func unwrapped(p string) string {
	return strings.TrimSuffix(strings.TrimPrefix(p, "<p>"), "</p>")
}

// noLearning keeps pages, and nothing of what they have in common.
type noLearning struct{ *storage.Store }

func (s noLearning) SavePage(ctx context.Context, p feeds.PageResult) error {
	p.Text.Lines = nil
	return s.Store.SavePage(ctx, p)
}

// TestWhatStandsBesideTheArticle goes from the page to the topics: a word in a
// sidebar, a list of other articles or a publisher's description of itself
// classifies nothing. Dateline, author's code, source line and keywords are
// fields and no text.
func TestWhatStandsBesideTheArticle(t *testing.T) {
	o := newOutlet(t)
	pages := map[string]string{} // by path, what they show
	for name, body := range layouts {
		for _, charset := range []string{"utf-8", "windows-1252"} {
			// Each on a path of its own, with a title of its own: they are different articles.
			title, path := fmt.Sprintf("Deiche werden erneuert (%d)", len(pages)), fmt.Sprintf("/deiche/%d", len(pages))
			pages[path] = name + " in " + charset
			o.announces(path, title, "Der Kreistag hat beschlossen.")
			page := `<html><head><title>` + title + `</title></head><body><div><a href="/">Start</a> <a href="/ozg">OZG</a> <a href="/abo">Abo</a></div>` +
				strings.ReplaceAll(body, "Deiche werden erneuert", title) + `<div>Impressum</div></body></html>`
			if charset == "windows-1252" {
				var err error
				if page, err = charmap.Windows1252.NewEncoder().String(page); err != nil {
					t.Fatal(err)
				}
			}
			o.answers(path, content("text/html; charset="+charset, page))
		}
	}
	store := storagetest.New(t)
	d := newDesk(t, store, o, "OZG", "Haushalt", "Hochwasser", "tag:Deichbau")
	d.pages = noLearning{store} // the pages have more in common than those of a site have
	d.round()
	for path, name := range pages {
		t.Run(name, func(t *testing.T) {
			it := d.item(path)
			if got := d.topics(path); !slices.Equal(got, []string{"Haushalt", "Hochwasser", "tag:Deichbau"}) {
				t.Errorf("topics %v, text:\n%s", got, it.Content)
			}
			for _, no := range []string{"[9.3.2021]", "(sib)", "Quelle:", "Stichw", "Impressum", "mehr...", "Abo"} {
				if strings.Contains(it.Content, no) {
					t.Errorf("%q is in the text:\n%s", no, it.Content)
				}
			}
			if !slices.Equal(it.Categories, []string{"Hochwasserschutz", "Mittelau", "Deichbau"}) || it.Author != "sib" {
				t.Errorf("keywords %q, author %q", it.Categories, it.Author)
			}
			if got := it.Published.Format("2.1.2006"); got != "8.3.2021" { // midnight in Berlin, in UTC
				t.Errorf("published %s", it.Published)
			}
			if it.Page.State != feeds.PageRead {
				t.Errorf("page %+v", it.Page)
			}
		})
	}
}
