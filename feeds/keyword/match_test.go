package keyword

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// checkHits says that every hit is where it claims to be, in order, once.
func checkHits(t *testing.T, d *Document, hits []Hit) {
	t.Helper()
	for i, h := range hits {
		var in []string
		switch h.In {
		case "title":
			in = []string{d.text.Title}
		case "text":
			in = []string{d.text.Text}
		case "source":
			in = []string{d.text.Source}
		case "keywords":
			in = d.text.Keywords
		}
		ok := slices.ContainsFunc(in, func(s string) bool {
			return 0 <= h.Start && h.Start < h.End && h.End <= len(s) && s[h.Start:h.End] == h.Text
		})
		if !ok {
			t.Errorf("hit %+v is not there", h)
		}
		if slices.Index(hits, h) != i && h.In != "keywords" {
			t.Errorf("hit %+v is there twice", h)
		}
		if h.Term == "" {
			t.Errorf("hit %+v has no term", h)
		}
	}
}

func TestHits(t *testing.T) {
	text := Text{
		Title:    "OZG: Bür\u00adger:innen warten",
		Text:     "Die Block-Chain im OZGÄndG.\n\nLandes- und Kommunal-IT, Open&shy;Source &amp; mehr; kein Krypto. Bu\u0308rger*innen.",
		Source:   "Kommune21",
		Keywords: []string{"E-Government", "OZG"},
	}
	d := Analyse(text)
	for _, c := range []struct {
		query string
		want  []string // "field start text", nil for no match
	}{
		{"OZG", []string{"title 0 OZG", "text 19 OZGÄndG", "keywords 0 OZG"}},
		{"Bürger", []string{"title 5 Bür\u00adger:innen", "text 96 Bu\u0308rger*innen"}},
		{"Blockchain", []string{"text 4 Block-Chain"}},
		{"Landes-IT", []string{"text 30 Landes- und Kommunal-IT"}},
		{"Opensource", []string{"text 55 Open&shy;Source"}},
		{"quelle:kommune21", []string{"source 0 Kommune21"}},
		{"kommune21", nil},
		{"stichwort:OZG", []string{"keywords 0 OZG"}},
		{"titel:eGovernment", nil},
		{"eGovernment", []string{"keywords 0 E-Government"}},
		{"OZG NOT Krypto", nil},
		{"titel:OZG -titel:Krypto", []string{"title 0 OZG"}},
		{"OZG Blockchain", []string{"title 0 OZG", "text 4 Block-Chain", "text 19 OZGÄndG", "keywords 0 OZG"}},
		{"Cloud OR Krypto", []string{"text 88 Krypto"}},
		{"Blockchain NEAR/2 OZG", []string{"text 4 Block-Chain", "text 19 OZGÄndG"}},
		{"Blockchain NEAR/2 Krypto", nil},
		{`"kein Krypto"`, []string{"text 83 kein Krypto"}},
	} {
		hits, ok := mustParse(t, c.query).Match(d)
		if ok != (c.want != nil) {
			t.Errorf("%s: match %t", c.query, ok)
		}
		var got []string
		for _, h := range hits {
			got = append(got, fmt.Sprintf("%s %d %s", h.In, h.Start, h.Text))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.query, got, c.want)
		}
		checkHits(t, d, hits)
	}
}

func TestHitNamesItsTerm(t *testing.T) {
	d := Analyse(Text{Text: "Offene Quellen: Open-Source für digitales Regieren"})
	hits, _ := mustParse(t, `"Open Source" digital* text:Quelle`).Match(d)
	var terms []string
	for _, h := range hits {
		terms = append(terms, h.Term)
	}
	if want := []string{"Quelle", `"Open Source"`, "digital*"}; !slices.Equal(terms, want) {
		t.Errorf("terms %q, want %q", terms, want)
	}
}

func TestTokens(t *testing.T) {
	d := Analyse(Text{Title: "Die E-Akte, das OZGÄndG und die E-Akte", Text: "NIS2 & Bürger:innen", Source: "Kommune21"})
	got := d.Tokens()
	slices.Sort(got)
	want := []string{"2", "21", "akte", "buergerinnen", "das", "die", "e", "eakte", "kommune", "nis", "ozg", "ozgaendg", "und"}
	if !slices.Equal(got, want) {
		t.Errorf("tokens %q\nwant   %q", got, want)
	}
}

// stems and glue make random texts and queries that meet often.
var (
	stems = strings.Fields(`OZG KI IT NIS2 OZGÄndG OZGs Bürger Bürger:innen BürgerInnen Buerger Verwaltung Verwaltungen verwaltungs
		Digitalisierung Verwaltungsdigitalisierung digital digitale digitaler Landes Bundes Kommunal Behörde Landesbehörden Blockchain
		Block Chain Blockchaintechnologie GovDigital govdigital E Government eGovernment Haus Häuser Häusern Zentrum Zentren
		Rechenzentrum Rechenzentren Straße Strasse Open Source OpenSource IT.NRW Komm.ONE R&D Gesetz Gesetze Onlinezugangsgesetz
		Online-Zugangs-Gesetz ozg ki 5G 2 21 2026 Café Ver` + "\u00ad" + `waltung Bürger KRITIS Kritis`)
	glue = []string{" ", " ", " ", " ", "-", "-", ". ", ", ", "- und ", " und -", "\n\n", "/", ".", "", "& ", " für ", "- "}
)

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(14) {
		b.WriteString(stems[r.IntN(len(stems))])
		b.WriteString(glue[r.IntN(len(glue))])
	}
	return b.String()
}

func randomQuery(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(3) == 0 {
		w := stems[r.IntN(len(stems))]
		switch r.IntN(9) {
		case 0:
			return w + "*"
		case 1:
			return "*" + w
		case 2:
			return `"` + w + " " + stems[r.IntN(len(stems))] + `"`
		case 3:
			return "=" + w
		case 4:
			return w + "-" + stems[r.IntN(len(stems))]
		case 5:
			return w + strings.ToLower(stems[r.IntN(len(stems))])
		}
		return w
	}
	a, b := randomQuery(r, depth-1), randomQuery(r, depth-1)
	switch r.IntN(6) {
	case 0:
		return "(" + a + " OR " + b + ")"
	case 1:
		return "(" + a + " NOT " + b + ")"
	case 2:
		return "titel:(" + strings.ReplaceAll(a, "titel:", "") + ")"
	case 3:
		return stems[r.IntN(len(stems))] + " NEAR/3 " + stems[r.IntN(len(stems))]
	}
	return a + " " + b
}

// Whatever Match accepts, the index finds: of each list that Needs gives the
// document has a token.
func TestNeedsExcludesNoMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	accepted, excluded := 0, 0
	for range 300 {
		var docs []*Document
		var tokens []map[string]bool // of each document
		vocabulary := map[string]bool{}
		for range 20 {
			d := Analyse(Text{Title: randomText(r), Text: randomText(r), Source: randomText(r), Keywords: []string{randomText(r)}})
			own := map[string]bool{}
			for _, token := range d.Tokens() {
				checkToken(t, token)
				vocabulary[token], own[token] = true, true
			}
			docs, tokens = append(docs, d), append(tokens, own)
		}
		words := func(yield func(string) bool) {
			for w := range vocabulary {
				if !yield(w) {
					return
				}
			}
		}
		for range 30 {
			text := randomQuery(r, 2)
			q, err := Parse(text)
			if err != nil {
				continue
			}
			lists := q.Needs(words)
			for i, d := range docs {
				hits, ok := q.Match(d)
				checkHits(t, d, hits)
				candidate := fulfils(tokens[i], lists)
				switch {
				case ok && !candidate:
					t.Fatalf("%s accepts %+v with %+v, but needs %q", text, d.text, hits, lists)
				case ok:
					accepted++
				case !candidate:
					excluded++
				}
			}
		}
	}
	if accepted < 5000 || excluded < 5000 {
		t.Errorf("%d accepted, %d excluded: too few to say anything", accepted, excluded)
	}
}

func checkToken(t *testing.T, token string) {
	t.Helper()
	if token == "" || token != strings.ToLower(token) || strings.IndexFunc(token, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) >= 0 {
		t.Fatalf("token %q", token)
	}
}

func fulfils(tokens map[string]bool, lists [][]string) bool {
	for _, list := range lists {
		if !slices.ContainsFunc(list, func(s string) bool { return tokens[s] }) {
			return false
		}
	}
	return true
}

// FuzzAnalyse reads what strangers write: hits stand where they say, and the
// index finds what Match accepts.
func FuzzAnalyse(f *testing.F) {
	for _, s := range []string{"Die OZG-Umsetzung", "Landes- und Kommunal-IT", "Bu\u0308rger:innen(in)", "a&amp;b&shy;c", "\xff\xfe-x", "É ế Å ǅ İ ẞ 한글 Ⅷ²", "Bundes-, Landes- und Kommunalbehörden"} {
		f.Add(s)
	}
	var queries []*Query
	for _, s := range []string{"OZG", "Landes-IT", "Bürger", "*und*", "Bundesbehörde", "=OZG", `"a b"`, "a NEAR c", "aaa*", "a", "ki"} {
		queries = append(queries, mustParse(f, s))
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := Analyse(Text{Title: s, Keywords: []string{s}})
		tokens := d.Tokens()
		set := map[string]bool{}
		for _, token := range tokens {
			checkToken(t, token)
			set[token] = true
		}
		own := queries
		if q, err := Parse(s); err == nil {
			own = append(slices.Clone(queries), q)
		}
		for _, q := range own {
			hits, ok := q.Match(d)
			checkHits(t, d, hits)
			if ok && !fulfils(set, q.Needs(slices.Values(tokens))) {
				t.Fatalf("%s accepts %q but needs %q of %q", q, s, q.Needs(slices.Values(tokens)), tokens)
			}
		}
	})
}
