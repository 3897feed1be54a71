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
					words[j] = benchWord(r)
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

// BenchmarkSavePoll stores polls of 100 items: all new, and all known.
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
		})
	}
}

// fill stores n items of some 600 characters.
func fill(b *testing.B, s *storage.Store, r *rand.Rand, n int) {
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
		e.Summary = benchText(r, 60)
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

var (
	stems    = strings.Fields("Verwaltung Digital Register Kommune Bund Land Netz Daten Schutz Bürger Dienst Amt Gesetz Förder Haushalt Schul Verkehr Energie Wahl Sicherheit Cloud Straßen Übungs Größen Plan")
	suffixes = strings.Fields("projekt stelle strategie ordnung plattform zentrum bericht vorhaben reform verfahren konzept gipfel verbund rat")
	little   = strings.Fields("der die das und in zu den von mit für auf ist im eine nicht als auch es an werden aus er hat dass sie nach wird bei einer um am")
)

// benchWord draws words as unevenly as language does: a third are little ones,
// the rest names, compounds and rare ones.
func benchWord(r *rand.Rand) string {
	switch r.IntN(6) {
	case 0, 1:
		return little[r.IntN(len(little))]
	case 2:
		return stems[r.IntN(len(stems))]
	case 3:
		return stems[r.IntN(len(stems))] + suffixes[r.IntN(len(suffixes))]
	case 4:
		return stems[int(r.ExpFloat64()*4)%len(stems)] + suffixes[int(r.ExpFloat64()*3)%len(suffixes)]
	default:
		return fmt.Sprintf("%s%c%c%c", stems[r.IntN(len(stems))], 'a'+rune(r.IntN(26)), 'a'+rune(r.IntN(26)), 'a'+rune(r.IntN(26)))
	}
}
