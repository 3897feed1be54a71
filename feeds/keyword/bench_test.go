package keyword

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const teaser = `Das Land will seine Online-Dienste bis zum Herbst in allen Kommunen ausrollen. Nach Angaben des Ministeriums
sind zwei Drittel der Bürgerinnen und Bürger mit den digitalen Anträgen zufrieden, doch bei der Umsetzung des
Onlinezugangsgesetzes hakt es: Die Schnittstellen zu den Fachverfahren fehlen, und das Rechenzentrum des Landes- und
Kommunal-IT-Dienstleisters arbeitet am Limit. Künftig sollen Open-Source-Lösungen und eine gemeinsame Cloud-Plattform
helfen. „Wir brauchen weniger Papier und mehr Verbindlichkeit“, sagte die Staatssekretärin auf der Fachtagung in Kassel.
Der Städtetag fordert mehr Geld.`

func BenchmarkAnalyse(b *testing.B) {
	t := Text{Title: "OZG: Land zieht Bilanz", Text: teaser}
	b.SetBytes(int64(len(teaser)))
	b.ReportAllocs()
	for b.Loop() {
		Analyse(t)
	}
}

func BenchmarkMatch(b *testing.B) {
	d := Analyse(Text{Title: "OZG: Land zieht Bilanz", Text: teaser})
	for _, c := range []struct{ name, query string }{
		{"none", "Blockchain"},
		{"typical", "(OZG ODER Onlinezugangsgesetz) NICHT Krypto"},
		{"words", "Blockchain OR DLT OR Kryptowährung OR Smart-Contract"},
		{"phrase", `"digitale Souveränität" OR "Open Source"`},
		{"hyphen", "E-Government OR Landes-IT"},
	} {
		q := mustParse(b, c.query)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.Match(d)
			}
		})
	}
}

func BenchmarkNeeds(b *testing.B) {
	tokens := Analyse(Text{Text: teaser}).Tokens()
	var vocabulary []string
	for i := 0; len(vocabulary) < 50_000; i++ {
		a, z := tokens[i%len(tokens)], tokens[i/len(tokens)%len(tokens)]
		vocabulary = append(vocabulary, fmt.Sprintf("%s%s%c", a, z, 'a'+i%26))
	}
	for _, s := range []string{"OZG", "Verwaltung", "Onlinezugangsgesetz", "Landes-IT"} {
		q := mustParse(b, s)
		b.Run(strings.ToLower(s), func(b *testing.B) {
			for b.Loop() {
				q.Needs(slices.Values(vocabulary))
			}
		})
	}
}
