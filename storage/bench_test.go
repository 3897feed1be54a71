package storage_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage/storagetest"
)

// BenchmarkSearch asks 200 mixed questions of one to three words of an archive
// of 10,000 items and reports the median and the 99th percentile of all answers.
func BenchmarkSearch(b *testing.B) {
	for database, url := range storagetest.URLs(b) {
		b.Run(database, func(b *testing.B) {
			s := storagetest.Open(b, url)
			r := rand.New(rand.NewPCG(1, 2))
			storagetest.Fill(b, s, r, 10_000, monday)
			queries := make([]*keyword.Query, 200)
			for i := range queries {
				queries[i] = parse(b, storagetest.Question(r))
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

// BenchmarkSavePoll stores polls of 100 items, all new and all known, of three new
// ones of thirty, and polls that read nothing (304).
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
					last = storagetest.Entries(r, next, 100, monday)
					next += 100
					b.StartTimer()
					poll(b, s, feed, monday, last...)
				}
			})
			b.Run("three new", func(b *testing.B) { // of thirty, the others known by their marks
				for b.Loop() {
					b.StopTimer()
					p := polled(feedOf(b, s, feed.URL), monday, storagetest.Entries(r, next, 3, monday)...)
					p.Skipped = 27
					next += 3
					b.StartTimer()
					if _, err := s.SavePoll(context.Background(), p); err != nil {
						b.Fatal(err)
					}
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
