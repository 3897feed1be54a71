package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// golden compares with testdata/NAME, which -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// pretty is messages as a person reads them in a golden file.
func pretty(t *testing.T, list []digest.Message) []byte {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func sampleDigest(lang string) digest.Digest {
	items := sampleItems()
	return digest.Digest{
		Plan: digest.Plan{Name: "digest:morgen", Label: "morgen", Kind: digest.KindDigest, Target: "C1", Language: lang, Location: berlin},
		At:   monday, From: monday.Add(-72 * time.Hour), To: monday,
		Sections: []digest.Section{{Title: "OZG", Items: items[:2]}, {Title: "govdigital", Items: items[2:]}},
		Coverage: digest.Coverage{Sources: 40, Checked: 38, Quiet: []string{"Blockchain"}, Broken: []feeds.Feed{
			{Name: "Kommunal & Co", State: feeds.StateFailing, Since: monday.Add(-50 * time.Hour), Reason: "HTTP 503 Service Unavailable"},
			{URL: "https://www.example.net/feed", State: feeds.StateGone, Since: monday.Add(-400 * 24 * time.Hour)},
		}, Silent: []feeds.Feed{{Name: "Stiller <Bote>", State: feeds.StateSilent, Since: monday.Add(-9 * 24 * time.Hour)}}},
	}
}

func TestDigestsLook(t *testing.T) {
	empty := sampleDigest("de")
	empty.Sections = nil
	alert := sampleDigest("de")
	alert.Plan.Kind, alert.Plan.Label = digest.KindNow, ""
	alert.Sections = alert.Sections[:1]
	daily := sampleDigest("de")
	daily.Plan.Kind, daily.Plan.Label = digest.KindDaily, ""
	cases := []struct {
		name string
		d    digest.Digest
	}{
		{"digest_de", sampleDigest("de")},
		{"digest_en", sampleDigest("en")},
		{"digest_empty", empty},
		{"alert", alert},
		{"daily", daily},
	}
	b := New(Options{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			list, err := b.Render(c.d)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if err := checkMessage(m); err != nil {
					t.Error(err)
				}
			}
			golden(t, c.name+".json", pretty(t, list))
		})
	}
}

func TestDigestsAsText(t *testing.T) {
	golden(t, "digest.txt", []byte(PlainText(sampleDigest("de"))))
	golden(t, "digest.md", []byte(Markdown(sampleDigest("de"))))
}

func TestEmptyDigestSaysSo(t *testing.T) {
	d := sampleDigest("de")
	d.Sections = nil
	list, err := New(Options{}).Render(d)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	for _, want := range []string{"Keine neuen Meldungen seit Freitag, 20.11., 08:00 Uhr.", "38 von 40 Quellen geprüft"} {
		if !strings.Contains(string(list[0].Blocks), want) {
			t.Errorf("%q is missing: %s", want, list[0].Blocks)
		}
	}
}

func TestQueryRulesShowTheirWords(t *testing.T) {
	q, err := keyword.Parse("Genossenschaft")
	if err != nil {
		t.Fatal(err)
	}
	d := sampleDigest("de")
	d.Plan.Kind = digest.KindDaily
	d.Plan.Rules = []digest.Rule{{Title: "Genossenschaft", Query: q}}
	d.Sections = []digest.Section{{Title: "Genossenschaft", Items: d.Sections[1].Items}}
	list, err := New(Options{}).Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Treffer: Genossenschaft"; !strings.Contains(string(list[0].Blocks), want) {
		t.Errorf("%q is missing: %s", want, list[0].Blocks)
	}
}

// manyItems makes items with text of all kinds and lengths.
func manyItems(r *rand.Rand, n int) []feeds.Item {
	pieces := []string{"Land", "OZG", "<!channel>", "&", "*", "_x_", "Bürger*innen", "👩‍👩‍👧‍👦", "https://x.example", "Digitalisierung", "\u202E", "`a`", "|", "@here", "e\u0301\u0301\u0301\u0301\u0301\u0301", ":tada:", "\n"}
	text := func(words int) string {
		var b strings.Builder
		for range r.IntN(words + 1) {
			b.WriteString(pieces[r.IntN(len(pieces))])
			if r.IntN(4) > 0 {
				b.WriteByte(' ')
			}
		}
		return b.String()
	}
	out := make([]feeds.Item, n)
	for i := range out {
		out[i] = feeds.Item{
			ID: int64(i + 1), Title: text(60), Summary: text(200), Source: text(12),
			URL:   "https://example.org/" + strings.Repeat("&a|", r.IntN(500)),
			Dated: monday.Add(-time.Duration(r.IntN(900)) * time.Hour),
		}
		if r.IntN(8) == 0 {
			out[i].URL = text(3)
		}
		for range r.IntN(9) {
			out[i].Matches = append(out[i].Matches, feeds.Match{Topic: text(5), Words: strings.Fields(text(20))})
		}
	}
	return out
}

// numbered are the headlines in a top-level text.
var numbered = regexp.MustCompile(`(?m)^\d+\. `)

func TestEveryDigestObeysSlacksLimits(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		kinds := []digest.Kind{digest.KindDigest, digest.KindNow, digest.KindDaily, digest.KindWeekly}
		d := sampleDigest([]string{"de", "en"}[r.IntN(2)])
		d.Plan.Kind = kinds[r.IntN(len(kinds))]
		d.Plan.Label = strings.Repeat("Morgen & ", r.IntN(40))
		d.Sections = nil
		total := 0
		for range r.IntN(6) {
			n := 1 + r.IntN(60)
			total += n
			d.Sections = append(d.Sections, digest.Section{Title: strings.Repeat("<Thema> ", r.IntN(40)) + "T", Items: manyItems(r, n)})
		}
		for i := range r.IntN(60) {
			d.Coverage.Broken = append(d.Coverage.Broken, feeds.Feed{Name: strings.Repeat("Quelle&", i), Reason: strings.Repeat("<x>", i*9), Since: monday})
			d.Coverage.Quiet = append(d.Coverage.Quiet, strings.Repeat("&", i*3)+"q")
		}
		list, err := New(Options{}).Render(d)
		if err != nil {
			t.Fatal(err)
		}
		sections, read := 0, 0
		for i, m := range list {
			if err := checkMessage(m); err != nil {
				t.Fatalf("seed %d, message %d of %d: %v", seed, i+1, len(list), err)
			}
			sections += strings.Count(string(m.Blocks), `"type":"section"`)
			read += len(numbered.FindAllString(m.Text, -1))
		}
		if read != total {
			t.Errorf("seed %d: %d items in, %d headlines in the top-level texts", seed, total, read)
		}
		if total == 0 {
			total = 1 // the sentence that there is nothing
		}
		if d.Plan.Kind == digest.KindNow {
			sections -= len(list) // their titles
		}
		if sections != total {
			t.Errorf("seed %d: %d items in, %d paragraphs out", seed, total, sections)
		}
	}
}

func TestPartsAreNumberedAndHeadingsRepeated(t *testing.T) {
	d := sampleDigest("de")
	items := make([]feeds.Item, 60)
	for i := range items {
		items[i] = feeds.Item{ID: int64(i + 1), Title: fmt.Sprintf("Meldung %d", i+1), URL: "https://example.org/", Summary: strings.Repeat("Wort ", 60), Source: "Amtsblick", Dated: monday}
	}
	d.Sections = []digest.Section{{Title: "OZG", Items: items}}
	list, err := New(Options{}).Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 3 {
		t.Fatalf("%d parts", len(list))
	}
	for i, m := range list {
		if want := fmt.Sprintf("Morgen · Montag, 23. November 2026 · 60 Meldungen (Teil %d/%d)", i+1, len(list)); !strings.HasPrefix(m.Text, want) {
			t.Errorf("part %d begins %q", i+1, short(m.Text, 90))
		}
		if i > 0 && !strings.Contains(string(m.Blocks), "OZG (Fortsetzung)") {
			t.Errorf("part %d does not repeat the heading", i+1)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	d := sampleDigest("de")
	plan := d.Plan
	var items []feeds.Item
	for i := range 1000 {
		it := sampleItems()[0]
		it.ID, it.News = int64(i+1), int64(i+1)
		it.Title = fmt.Sprintf("Meldung %d: Länder ziehen Bilanz der OZG-Umsetzung & mehr", i+1)
		it.URL = fmt.Sprintf("https://www.example.org/verwaltung/2026/11/meldung-%d.html?a=1&b=2", i+1)
		items = append(items, it)
	}
	plan.Rules = []digest.Rule{{Title: "OZG", Topic: "OZG"}, {Title: "Blockchain", Topic: "Blockchain"}}
	bot := New(Options{})
	for b.Loop() {
		list, err := bot.Render(digest.Compose(plan, items, nil, monday.Add(-24*time.Hour), monday))
		if err != nil || len(list) < 10 {
			b.Fatal(len(list), err)
		}
	}
}

func TestLongHeadlinesAllReachScreenReaders(t *testing.T) {
	d := sampleDigest("de")
	items := make([]feeds.Item, 60)
	for i := range items {
		items[i] = feeds.Item{ID: int64(i + 1), Title: strings.Repeat("Lange Überschrift ", 15), URL: "https://example.org/", Dated: monday}
	}
	d.Sections = []digest.Section{{Title: "OZG", Items: items}}
	list, err := New(Options{}).Render(d)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, m := range list {
		if err := checkMessage(m); err != nil {
			t.Error(err)
		}
		read += len(numbered.FindAllString(m.Text, -1))
	}
	if read != len(items) {
		t.Errorf("%d headlines of %d", read, len(items))
	}
}
