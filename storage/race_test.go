package storage_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"golang.org/x/sync/errgroup"
)

// These cases have two stores on one database, as two processes would.

func eachTwice(t *testing.T, f func(t *testing.T, here, there *storage.Store)) {
	t.Helper()
	storagetest.EachURL(t, func(t *testing.T, url string) { f(t, storagetest.Open(t, url), storagetest.Open(t, url)) })
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	storagetest.EachURL(t, func(t *testing.T, url string) {
		var all errgroup.Group
		for range 4 {
			all.Go(func() error {
				s, err := storage.Open(context.Background(), url)
				if err != nil {
					return err
				}
				defer s.Close()
				if err := s.Migrate(context.Background()); err != nil {
					return err
				}
				return s.Ready(context.Background())
			})
		}
		if err := all.Wait(); err != nil {
			t.Error(err)
		}
		var versions []int
		if err := raw(t, url).Select(&versions, `SELECT version FROM schema_version ORDER BY version`); err != nil {
			t.Fatal(err)
		}
		for i, v := range versions {
			if v != i+1 {
				t.Fatalf("applied versions %v, want each once", versions)
			}
		}
		if len(versions) == 0 {
			t.Error("no version was applied")
		}
	})
}

func TestTwoProcessesSeeTheSameLinkAtOnce(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		a, b := knownFeed(t, here, "https://a.example/feed"), knownFeed(t, there, "https://b.example/feed")
		for round := range 20 {
			e := entry(fmt.Sprint(round), fmt.Sprint("Pressemitteilung ", round), monday)
			var created atomic.Int64
			var both errgroup.Group
			for s, feed := range map[*storage.Store]feeds.Feed{here: a, there: b} {
				both.Go(func() error {
					saved, err := s.SavePoll(context.Background(), polled(feed, monday, e))
					created.Add(int64(saved.New))
					return err
				})
			}
			if err := both.Wait(); err != nil {
				t.Fatal(err)
			}
			if created.Load() != 1 {
				t.Fatalf("round %d: %d new items, want 1", round, created.Load())
			}
			sightings, err := here.Sightings(t.Context(), find(t, here, e.URL).ID)
			if err != nil || len(sightings) != 2 {
				t.Fatalf("round %d: %d sightings, %v; want 2", round, len(sightings), err)
			}
		}
	})
}

func TestWhatIsStoredLateIsInTheNextDigest(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		const polls, size = 25, 8
		a, b := knownFeed(t, here, "https://a.example/feed"), knownFeed(t, there, "https://b.example/feed")
		var pollers errgroup.Group
		for s, feed := range map[*storage.Store]feeds.Feed{here: a, there: b} {
			pollers.Go(func() error {
				for n := range polls {
					var entries []feeds.Entry
					for i := range size {
						entries = append(entries, entry(fmt.Sprintf("%d-%d-%d", feed.ID, n, i), fmt.Sprintf("Meldung %d-%d", n, i), monday))
					}
					if _, err := s.SavePoll(context.Background(), polled(feed, monday, entries...)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		done := make(chan error, 1)
		go func() { done <- pollers.Wait() }()
		shown := map[int64]int{}
		finished := false
		for occasion := monday; ; occasion = occasion.Add(time.Minute) {
			showNews(t, here, occasion, shown)
			if finished {
				break
			}
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				finished = true // once more, for what came last
			default:
			}
		}
		if len(shown) != 2*polls*size {
			t.Errorf("%d items were shown, want %d", len(shown), 2*polls*size)
		}
		for id, n := range shown {
			if n != 1 {
				t.Errorf("item %d was shown %d times", id, n)
			}
		}
	})
}

// showNews runs a digest that shows everything it is offered.
func showNews(t *testing.T, s *storage.Store, occasion time.Time, shown map[int64]int) {
	t.Helper()
	p, err := s.Progress(t.Context(), "digest:morgen", monday.Add(-time.Hour), occasion)
	if err != nil {
		t.Fatal(err)
	}
	items, high, _, err := s.News(t.Context(), p.Plan, p.Upto)
	if err != nil {
		t.Fatal(err)
	}
	r := digest.Run{Plan: p.Plan, Scheduled: occasion, At: occasion, Upto: high}
	for _, it := range items {
		r.Items = append(r.Items, it.ID)
		shown[it.ID]++
	}
	if ok, err := s.SaveRun(t.Context(), r); err != nil || !ok {
		t.Fatalf("run of %s: %v, %v", occasion, ok, err)
	}
}

func TestTwoProcessesRunOneOccasionOnce(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		feed := knownFeed(t, here, "https://a.example/feed")
		poll(t, here, feed, monday, entry("1", "Eins", monday))
		for round := range 20 {
			r := digest.Run{Plan: "digest:morgen", Scheduled: monday.Add(time.Duration(round) * time.Hour), At: monday}
			var ran atomic.Int64
			var both errgroup.Group
			for _, s := range []*storage.Store{here, there} {
				both.Go(func() error {
					ok, err := s.SaveRun(context.Background(), r)
					if ok {
						ran.Add(1)
					}
					return err
				})
			}
			if err := both.Wait(); err != nil {
				t.Fatal(err)
			}
			if ran.Load() != 1 {
				t.Fatalf("round %d ran %d times, want once", round, ran.Load())
			}
		}
	})
}

func TestTwoProcessesAnswerOneRequestOnce(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		for round := range 20 {
			var answered atomic.Int64
			var both errgroup.Group
			for _, s := range []*storage.Store{here, there} {
				both.Go(func() error {
					fresh, err := s.Once(context.Background(), fmt.Sprint("Ev", round), monday)
					if fresh {
						answered.Add(1)
					}
					return err
				})
			}
			if err := both.Wait(); err != nil {
				t.Fatal(err)
			}
			if answered.Load() != 1 {
				t.Fatalf("request %d was answered %d times", round, answered.Load())
			}
		}
	})
}

func TestTwoProcessesClaimADeliveryOnce(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		if ok, err := here.SaveRun(t.Context(), run(monday, 0)); err != nil || !ok {
			t.Fatal(ok, err)
		}
		for attempt := 1; attempt <= 20; attempt++ {
			pending, err := here.Pending(t.Context(), monday, 1)
			if err != nil || len(pending) != 1 {
				t.Fatalf("%d pending, %v", len(pending), err)
			}
			d := pending[0]
			d.Attempts = attempt
			var claimed atomic.Int64
			var both errgroup.Group
			for _, s := range []*storage.Store{here, there} {
				both.Go(func() error {
					ours, err := s.Claim(context.Background(), d)
					if ours {
						claimed.Add(1)
					}
					return err
				})
			}
			if err := both.Wait(); err != nil {
				t.Fatal(err)
			}
			if claimed.Load() != 1 {
				t.Fatalf("attempt %d was claimed %d times", attempt, claimed.Load())
			}
		}
	})
}

func TestQuestionsAreAnsweredWhileAnotherProcessWrites(t *testing.T) {
	storagetest.EachURL(t, func(t *testing.T, url string) {
		s := storagetest.Open(t, url)
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday, entry("1", "Das Register", monday))
		writing, err := raw(t, url).Beginx()
		if err != nil {
			t.Fatal(err)
		}
		defer writing.Rollback()
		if _, err := writing.Exec(`UPDATE counters SET news = news`); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if found, _, err := s.Search(ctx, parse(t, "Register"), monday, 0, 5); err != nil || len(found) != 1 {
			t.Errorf("search: %d found, %v", len(found), err)
		}
		if items, _, err := s.Latest(ctx, "", 0, 5); err != nil || len(items) != 1 {
			t.Errorf("latest: %d items, %v", len(items), err)
		}
		if err := s.Ready(ctx); err != nil {
			t.Errorf("ready: %v", err)
		}
	})
}

func TestManyPollsAndQuestionsAtOnce(t *testing.T) {
	test := func(t *testing.T, url string) {
		s := storagetest.Open(t, url)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var all errgroup.Group
		for n := range 20 { // more than there are connections
			feed := knownFeed(t, s, fmt.Sprintf("https://%d.example/feed", n))
			all.Go(func() error {
				for i := range 5 {
					if _, err := s.Topics(ctx); err != nil {
						return err
					}
					e := entry(fmt.Sprintf("%d-%d", n, i), fmt.Sprintf("Register %d%d", n, i), monday)
					if _, err := s.SavePoll(ctx, polled(feed, monday, e)); err != nil {
						return err
					}
				}
				return nil
			})
			all.Go(func() error {
				for range 5 {
					if _, _, err := s.Search(ctx, parse(t, "Register"), monday, 0, 5); err != nil {
						return err
					}
					if _, err := s.Topics(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Count(ctx, parse(t, "Register"), time.Time{}); err != nil || n != 100 {
			t.Errorf("%d items are found, %v; want 100", n, err)
		}
	}
	storagetest.EachURL(t, test)
	t.Run("one connection for all", func(t *testing.T) { test(t, "sqlite::memory:") })
}
