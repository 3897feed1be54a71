package keyword

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// What an editor types, what it is in canonical form, and how it is said back.
func TestSayBack(t *testing.T) {
	for _, c := range []struct{ query, canonical, de, en string }{
		{"OZG", "OZG", "OZG", "OZG"},
		{"(OZG ODER Onlinezugangsgesetz) NICHT Krypto", "(OZG OR Onlinezugangsgesetz) NOT Krypto",
			"(OZG oder Onlinezugangsgesetz) und nicht Krypto", "(OZG or Onlinezugangsgesetz) and not Krypto"},
		{"OZG UND KI | Cloud", "OZG KI OR Cloud", "(OZG und KI) oder Cloud", "(OZG and KI) or Cloud"},
		{"Forschung und Entwicklung", "Forschung und Entwicklung", "Forschung und „und“ und Entwicklung", "Forschung and “und” and Entwicklung"},
		{`"Open Source" -Linux`, `"Open Source" NOT Linux`, "„Open Source“ und nicht Linux", "“Open Source” and not Linux"},
		{"„Open Source“ –Linux", `"Open Source" NOT Linux`, "„Open Source“ und nicht Linux", "“Open Source” and not Linux"},
		{"»Open Source« Amt", `"Open Source" Amt`, "„Open Source“ und Amt", "“Open Source” and Amt"},
		{"Titel:OZG quelle:kommune21", "title:OZG source:kommune21", "OZG im Titel und kommune21 als Quelle", "OZG in the title and kommune21 as source"},
		{"stichwort:(Cloud | KI)", "tag:(Cloud OR KI)", "(Cloud oder KI) als Stichwort", "(Cloud or KI) as keyword"},
		{"=OZG", "=OZG", "genau „OZG“", "exactly “OZG”"},
		{`="Open Source"`, `="Open Source"`, "genau „Open Source“", "exactly “Open Source”"},
		{"digital*", "digital*", "digital… (am Wortanfang)", "digital… (start of a word)"},
		{"*register", "*register", "…register (am Wortende)", "…register (end of a word)"},
		{"Cloud NAHE Amt", "Cloud NEAR/5 Amt", "Cloud höchstens 5 Wörter neben Amt", "Cloud within 5 words of Amt"},
		{"R&amp;D", "R&D", "R&D", "R&D"},
		{"<http://kommune21.de|kommune21.de>", "kommune21.de", "kommune21.de", "kommune21.de"},
		{"<https://kommune21.de>", "kommune21.de", "kommune21.de", "kommune21.de"},
		{"https://kommune21.de", "kommune21.de", "kommune21.de", "kommune21.de"},
		{"OZG\u00a0Amt", "OZG Amt", "OZG und Amt", "OZG and Amt"},
		{"Ver\u00adwaltung", "Verwaltung", "Verwaltung", "Verwaltung"},
		{"Bu\u0308rger", "Bürger", "Bürger", "Bürger"},
		{"Bürger:innen", "Bürgerinnen", "Bürgerinnen", "Bürgerinnen"},
		{"NOT (NOT OZG) Amt", "OZG Amt", "OZG und Amt", "OZG and Amt"},
		{"OZG KI OZG", "OZG KI", "OZG und KI", "OZG and KI"},
		{"OZG, KI; Cloud!", "OZG KI Cloud", "OZG und KI und Cloud", "OZG and KI and Cloud"},
		{"OZG: was kommt", "OZG was kommt", "OZG und was und kommt", "OZG and was and kommt"},
		{"OZG – Amt", "OZG Amt", "OZG und Amt", "OZG and Amt"},
		{"-(Krypto | Bitcoin) OZG", "NOT (Krypto OR Bitcoin) OZG", "nicht (Krypto oder Bitcoin) und OZG", "not (Krypto or Bitcoin) and OZG"},
	} {
		q, err := Parse(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if got := q.String(); got != c.canonical {
			t.Errorf("%s: String() = %s, want %s", c.query, got, c.canonical)
		}
		if got := q.Describe("de"); got != c.de {
			t.Errorf("%s: in German %s, want %s", c.query, got, c.de)
		}
		if got := q.Describe("en"); got != c.en {
			t.Errorf("%s: in English %s, want %s", c.query, got, c.en)
		}
	}
}

// alternatives is a query of so many words: "a0|a1|a2".
func alternatives(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = "a" + strconv.Itoa(i)
	}
	return strings.Join(words, "|")
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		query  string
		offset int
		de     string // how the German sentence begins
	}{
		{"", 0, "Die Suchanfrage enthält kein Wort"},
		{" ,;", 0, "Die Suchanfrage enthält kein Wort"},
		{"(OZG KI", 7, "An Stelle 8 fehlt eine schließende Klammer zu der an Stelle 1."},
		{"(Bürger", 8, "An Stelle 8 fehlt eine schließende Klammer zu der an Stelle 1."},
		{"OZG)", 3, "Zur schließenden Klammer an Stelle 4 fehlt die öffnende."},
		{`OZG "Open Source`, 16, "An Stelle 17 fehlt das schließende Anführungszeichen zu dem an Stelle 5."},
		{`""`, 0, "Zwischen den Anführungszeichen an Stelle 1 steht kein Wort."},
		{"()", 1, "An Stelle 2 fehlt ein Suchwort."},
		{"OZG OR", 6, "An Stelle 7 fehlt ein Suchwort."},
		{"OR OZG", 0, "An Stelle 1 fehlt ein Suchwort."},
		{"NOT OZG", 0, "Ab Stelle 1 sagt die Suchanfrage nur, was nicht vorkommen soll."},
		{"NICHT (OZG ODER KI)", 0, "Ab Stelle 1 sagt die Suchanfrage nur, was nicht vorkommen soll."},
		{"-OZG -KI", 0, "Ab Stelle 1 sagt die Suchanfrage nur, was nicht vorkommen soll."},
		{"di*", 0, "„di“ an Stelle 1 ist zu kurz für einen Stern"},
		{"*", 0, "Der Stern an Stelle 1 braucht ein Wort"},
		{"dig*tal", 0, "Der Stern an Stelle 1 braucht ein Wort"},
		{"=digital*", 0, "An Stelle 1 stehen Gleichheitszeichen und Stern zusammen"},
		{"titl:OZG", 0, "Das Feld „titl“ an Stelle 1 gibt es nicht. Meinten Sie titel:?"},
		{"thema:OZG", 0, "Das Feld „thema“ an Stelle 1 gibt es nicht."},
		{"titel:text:OZG", 6, "An Stelle 7 steht ein Feld in einem anderen"},
		{"Amt NEAR/0 KI", 4, "An Stelle 5: Der Abstand bei NAHE"},
		{"Amt NEAR (KI OZG)", 4, "An Stelle 5: NAHE verbindet nur"},
		{`"` + strings.Repeat("a ", 41) + `"`, 81, "Ab Stelle 82 ist die Phrase zu lang"},
		{strings.Repeat("a ", 1001), 2000, "Die Suchanfrage ist zu lang"},
		{alternatives(400), 1889, "Die Suchanfrage ist zu lang"}, // not as it is written, but with OR spelled out
		{strings.Repeat("(", 51) + "a", 50, "Ab Stelle 51 sind mehr als 50"},
		{strings.Repeat("-", 60) + "a", 50, "Ab Stelle 51 sind mehr als 50"},
	} {
		_, err := Parse(c.query)
		var fault *SyntaxError
		if !errors.As(err, &fault) {
			t.Errorf("%.40q: no fault but %v", c.query, err)
			continue
		}
		if fault.Offset != c.offset || fault.Query != c.query {
			t.Errorf("%.40q: fault at %d, want %d (%s)", c.query, fault.Offset, c.offset, fault.Detail)
		}
		if got := fault.Explain("de"); !strings.HasPrefix(got, c.de) {
			t.Errorf("%.40q: %s\nwant %s", c.query, got, c.de)
		}
		if got := fault.Explain("en"); got == "" || got == fault.Explain("de") {
			t.Errorf("%.40q: no English explanation: %s", c.query, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"OZG", "(OZG ODER Onlinezugangsgesetz) NICHT Krypto", `"Open Source" -Linux`, "„Open Source“ –Linux", "titel:(a | b) text:c",
		"digital* *amt *abc*", `="a-b" =c`, "a NEAR/3 (b OR c) NAHE d", "<http://a.de|a.de> &amp;lt;x", "Bürger:innen R&amp;D", "a:b", "((((a", "Bu\u0308rger", "https://a.de/b?c",
	} {
		f.Add(s)
	}
	doc := Analyse(Text{Title: "Bürger:innen und OZG", Text: "Open-Source für Landes- und Kommunal-IT. a b c", Keywords: []string{"a", "c"}})
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			var fault *SyntaxError
			if !errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(s) || fault.Explain("de") == "" || fault.Explain("en") == "" {
				t.Fatalf("%q: bad error %#v", s, err)
			}
			return
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%q: String() = %q: %v", s, q.String(), err)
		}
		if again.String() != q.String() || again.Describe("de") != q.Describe("de") {
			t.Fatalf("%q: String() = %q, then %q", s, q.String(), again.String())
		}
		hits, ok := q.Match(doc)
		hitsAgain, okAgain := again.Match(doc)
		if ok != okAgain || len(hits) != len(hitsAgain) {
			t.Fatalf("%q matches %t, its canonical form %q %t", s, ok, q.String(), okAgain)
		}
		checkHits(t, doc, hits)
	})
}

func TestAnAlternativeMaySayWhatMustNotOccur(t *testing.T) {
	q, err := Parse("KI OR NOT OZG")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"KI und OZG":    true,
		"KI allein":     true,
		"OZG allein":    false,
		"nichts davon":  true,
		"OZG-Umsetzung": false,
	} {
		if _, got := q.Match(Analyse(Text{Text: text})); got != want {
			t.Errorf("%q in %q: got %v, want %v", q, text, got, want)
		}
	}
	if needs := q.Needs(func(func(string) bool) {}); len(needs) != 0 {
		t.Errorf("it needs %v, though a text without any of its words matches", needs)
	}
}
