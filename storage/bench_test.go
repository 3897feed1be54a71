package storage_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// BenchmarkSearch asks 200 mixed questions of one to three words of an archive
// of 10,000 items and reports the median and the 99th percentile of all answers.
func BenchmarkSearch(b *testing.B) {
	for database, url := range storagetest.URLs(b) {
		b.Run(database, func(b *testing.B) {
			s := storagetest.Open(b, url)
			r := rand.New(rand.NewPCG(1, 2))
			fill(b, s, r, 10_000)
			queries := make([]*keyword.Query, 200)
			for i := range queries {
				n := 1 + r.IntN(3)
				words := make([]string, n)
				for j := range words {
					words[j] = contentWord(r)
				}
				queries[i] = parse(b, strings.Join(words, []string{" ", " OR ", " "}[r.IntN(3)]))
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				begin := time.Now()
				if _, _, err := s.Search(context.Background(), queries[i%len(queries)], monday, 0, 5); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkSavePoll stores polls of 100 items, all new and all known, and polls
// that read nothing (304).
func BenchmarkSavePoll(b *testing.B) {
	for database, url := range storagetest.URLs(b) {
		b.Run(database, func(b *testing.B) {
			s := storagetest.Open(b, url)
			feed := addFeed(b, s, "https://a.example/feed")
			r := rand.New(rand.NewPCG(1, 2))
			next := 0
			var last []feeds.Entry
			b.Run("new", func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					last = benchEntries(r, next, 100)
					next += 100
					b.StartTimer()
					poll(b, s, feed, monday, last...)
				}
			})
			b.Run("known", func(b *testing.B) {
				for b.Loop() {
					poll(b, s, feed, monday, last...)
				}
			})
			b.Run("unchanged", func(b *testing.B) {
				for b.Loop() {
					poll(b, s, feed, monday)
				}
			})
		})
	}
}

// fill stores n items of some 600 characters.
func fill(b testing.TB, s *storage.Store, r *rand.Rand, n int) {
	b.Helper()
	feed := addFeed(b, s, "https://a.example/feed")
	for i := 0; i < n; i += 500 {
		poll(b, s, feed, monday, benchEntries(r, i, 500)...)
	}
}

func benchEntries(r *rand.Rand, from, n int) []feeds.Entry {
	entries := make([]feeds.Entry, n)
	for i := range entries {
		at := monday.Add(-time.Duration(r.IntN(365*24)) * time.Hour)
		e := entry(fmt.Sprint(from+i), benchText(r, 8), at)
		e.Summary = benchText(r, 75)
		e.Tokens = keyword.Analyse(e.Text()).Tokens()
		entries[i] = e
	}
	return entries
}

func benchText(r *rand.Rand, words int) string {
	out := make([]string, words)
	for i := range out {
		out[i] = benchWord(r)
	}
	return strings.Join(out, " ")
}

// The words of the archive that benchmarks search: little words, nouns, their
// compounds, acronyms, and names that occur a few times each.
var (
	little   = strings.Fields("der die das und in zu den von mit für auf ist im eine nicht als auch es an werden aus er hat dass sie nach wird bei einer um am")
	nouns    = strings.Fields("Verwaltung Register Kommune Bund Land Netz Daten Bürger Dienst Amt Gesetz Haushalt Schule Verkehr Energie Wahl Sicherheit Cloud Straße Übung Größe Plan Antrag Bescheid Konto Ausweis Vergabe Behörde Ministerium Kreis Stadt Gemeinde Wohnung Steuer Gesundheit Polizei Justiz Gericht Umwelt Wasser Kita Personal Software Rechenzentrum Standard Förderung Forschung Einkauf Archiv Zertifikat")
	firsts   = strings.Fields("Verwaltungs Register Kommunal Bundes Landes Netz Daten Bürger Dienst Haushalts Schul Verkehrs Energie Wahl Sicherheits Cloud Straßen Antrags Vergabe Behörden Kreis Stadt Gemeinde Steuer Gesundheits Polizei Justiz Umwelt Personal Software Standard Förder Forschungs Zertifikats Digital Online")
	heads    = strings.Fields("projekt stelle strategie ordnung plattform zentrum bericht vorhaben reform verfahren konzept gipfel verbund rat schutz bau recht lösung anbieter portal wesen pflicht angebot fonds kommission modernisierung digitalisierung vergabe prüfung technik")
	acronyms = strings.Fields("OZG KI EU BSI BMI IT EfA NOOTS DSGVO FITKO eID AKDB")
	sounds   = strings.Fields("ba ber bo den dor eck el fe gen hau hei ing ka kel ler lin mar mei nau neu ot pe ra rei ro sch sen stein tal ul wei zin")
)

// draw picks early words far more often than late ones, as language does.
func draw(r *rand.Rand, list []string) string {
	return list[min(int(r.ExpFloat64()*float64(len(list))/4), len(list)-1)]
}

func benchWord(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 45:
		return draw(r, little)
	default:
		return contentWord(r)
	}
}

func contentWord(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 45:
		return draw(r, nouns)
	case n < 80:
		return draw(r, firsts) + draw(r, heads) + []string{"", "", "s", "en"}[r.IntN(4)]
	case n < 92:
		return draw(r, acronyms)
	default:
		name := sounds[r.IntN(len(sounds))] + sounds[r.IntN(len(sounds))] + sounds[r.IntN(len(sounds))]
		return strings.ToUpper(name[:1]) + name[1:]
	}
}
