package article_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"depesche/feeds/article"
)

// What stands beside an article, and how.
var (
	listHeads = []string{"Weitere Meldungen", "Aktuelle Meldungen", "Verwandte Artikel", "Das könnte Sie auch interessieren", "Lesen Sie auch:", "Mehr zum Thema",
		"Auch interessant", "Meistgelesen", "Neueste Beiträge", "Weitere Artikel zum Thema", "Empfehlungen der Redaktion", "Zum Thema", "Top-Themen", "Passend dazu",
		"Weitere Beiträge aus dem Bereich Politik", "Aktuelles", "Related Articles", "Interessante Artikel", "Aus dem Archiv", "Siehe auch", "Mehr News", "Nachrichten",
		"Termine", "Veranstaltungen", "Partner", "Stellenmarkt", "Jetzt lesen", "Lesetipps", "Leseempfehlung", "Was sonst geschah"}
	listForms = map[string]string{
		"links in a list": `<ul><li><a href="/1">OZG: Länder holen auf</a></li><li><a href="/2">Was vom OZG noch bleibt</a></li><li><a href="/3">OZG-Messe im Mai</a></li></ul>`,
		"titles with teasers": `<div><a href="/1">OZG: Länder holen auf</a><p>Die Umsetzung des OZG kommt in den Ländern voran, doch bleibt viel zu tun.</p></div>
<div><a href="/2">Was vom OZG noch bleibt</a><p>Wie weit das OZG ist, zeigt nun eine Karte im Netz.</p></div>`,
		"titles with long teasers": `<div><h4><a href="/1">OZG: Länder holen auf</a></h4><p>Die Umsetzung des OZG kommt in den Ländern voran, doch bleibt nach Ansicht der Fachleute noch sehr viel zu tun, bis alle Leistungen online sind.</p></div>
<div><h4><a href="/2">Was vom OZG noch bleibt</a></h4><p>Wie weit das OZG ist, zeigt nun eine Karte im Netz, die das Ministerium am Montag der Öffentlichkeit und der Presse vorgestellt hat.</p></div>`,
		"teasers with dates": `<p><a href="/1">OZG: Länder holen auf</a><br>[8.3.2021] Die Umsetzung des OZG kommt voran. <a href="/1">mehr...</a></p>
<p><a href="/2">Was vom OZG noch bleibt</a><br>[7.3.2021] Noch mehr OZG. <a href="/2">mehr...</a></p>`,
		"cards with pictures": `<article class="card"><a href="/1"><img src="a.jpg" alt="OZG"></a><time>8.3.2021</time><h3><a href="/1">OZG: Länder holen auf</a></h3><p>Das OZG kommt voran.</p></article>
<article class="card"><a href="/2"><img src="b.jpg" alt="OZG"></a><time>7.3.2021</time><h3><a href="/2">Was vom OZG noch bleibt</a></h3><p>Wie weit das OZG ist, zeigt eine Karte.</p></article>`,
	}
	listPlaces = map[string]string{
		"after the article, within it": `<article><h1>Deiche werden erneuert</h1>TEXT<div>LIST</div></article>`,
		"in a column at the right":     `<div><div><h1>Deiche werden erneuert</h1>TEXT</div><div>LIST</div></div>`,
		"in a column at the left":      `<div><div>LIST</div><div><h1>Deiche werden erneuert</h1>TEXT</div></div>`,
		"in an aside":                  `<main><article><h1>Deiche werden erneuert</h1>TEXT</article><aside>LIST</aside></main>`,
		"in a cell of its own":         `<table><tr><td>LIST</td><td><h1>Deiche werden erneuert</h1>TEXT</td></tr></table>`,
		"in the article's cell":        `<table><tr><td><h1>Deiche werden erneuert</h1>TEXTLIST</td></tr></table>`,
		"right below the article":      `<h1>Deiche werden erneuert</h1>TEXTLIST`,
	}
	shortText = `<p>[9.3.2021] Der Kreis Mittelau lässt die Deiche an der Elbe in den nächsten drei Jahren erneuern und stellt dafür im Haushalt vierzehn Millionen Euro bereit, wie der Kreistag am Montagabend einstimmig beschloss.</p>`
	wholeText = shortText + `<p>„Nach dem letzten Hochwasser war klar, dass wir nicht länger warten können“, sagte Landrätin Erika Muster. Die Arbeiten beginnen im April bei Lindenwerder und enden, wenn das Wetter mitspielt, im Herbst.</p>
<p>Das Land übernimmt die Hälfte der Kosten. Zuvor hatte es darüber lange Streit gegeben. (sib)</p>`
)

// TestListsOfOtherArticles: whatever their heading, their form and their
// place, what they announce is no text, and the article is whole.
func TestListsOfOtherArticles(t *testing.T) {
	n, head := 0, 0
	for _, form := range slices.Sorted(maps.Keys(listForms)) {
		list := listForms[form]
		for _, where := range slices.Sorted(maps.Keys(listPlaces)) {
			place := listPlaces[where]
			for _, tag := range []string{"h3", "b", "div", "strong"} {
				for _, text := range []string{shortText, wholeText} {
					head++
					title := listHeads[head%len(listHeads)]
					page := `<html><head><title>Deiche werden erneuert</title></head><body><nav><a href="/">Start</a></nav>` +
						strings.NewReplacer("TEXT", text, "LIST", "<"+tag+">"+title+"</"+tag+">"+list).Replace(place) + `<footer>Impressum</footer></body></html>`
					a, err := article.Extract(t.Context(), article.Page{Body: []byte(page), ContentType: "text/html; charset=utf-8"})
					n++
					if strings.Contains(a.Text, "OZG") || !strings.Contains(a.Text, "vierzehn Millionen") || (text == wholeText) != strings.Contains(a.Text, "lange Streit gegeben.") {
						t.Errorf("%s, %s, under %q in <%s>, %d bytes: %v\n%s", form, where, title, tag, len(text), err, a.Text)
					}
				}
			}
		}
	}
	t.Logf("%d pages", n)
}
