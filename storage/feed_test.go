package storage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestDueFeeds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, f := range []struct {
			url   string
			next  time.Time
			state feeds.State
		}{
			{"https://later.example/feed", monday.Add(time.Minute), feeds.StateOK},
			{"https://now.example/feed", monday, feeds.StateOK},
			{"https://overdue.example/feed", monday.Add(-time.Hour), feeds.StateFailing},
			{"https://gone.example/feed", monday.Add(-time.Hour), feeds.StateGone},
		} {
			feed := addFeed(t, s, f.url)
			feed.NextPoll, feed.State = f.next, f.state
			if _, err := s.SavePoll(t.Context(), feeds.Poll{Feed: feed, At: monday}); err != nil {
				t.Fatal(err)
			}
		}
		addFeed(t, s, "https://never-polled.example/feed")
		due, err := s.Due(t.Context(), monday, false)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"https://never-polled.example/feed", "https://overdue.example/feed", "https://now.example/feed"}
		if diff := cmp.Diff(want, urls(due)); diff != "" {
			t.Errorf("due, longest overdue first (-want +got):\n%s", diff)
		}
		all, err := s.Due(t.Context(), monday, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append(want, "https://later.example/feed"), urls(all)); diff != "" {
			t.Errorf("all that are not gone (-want +got):\n%s", diff)
		}
	})
}

func TestAFeedComesBackAsItWasStored(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		declared := feeds.Feed{URL: "https://a.example/feed", Name: "A", Role: feeds.RoleOwn, Owner: "U1", FullText: true}
		if err := s.SyncFeeds(t.Context(), []feeds.Feed{declared}, monday); err != nil {
			t.Fatal(err)
		}
		want := feedOf(t, s, declared.URL)
		want.Title, want.Site, want.BodyHash = "Ausgabe A", "https://a.example/", "abc"
		want.Validators = feeds.Validators{ETag: `W/"1"`, LastModified: "Mon, 16 Nov 2026 07:00:00 GMT"}
		want.State, want.Reason, want.Since, want.Failures = feeds.StateFailing, "antwortet nicht", monday.Add(123456*time.Microsecond), 3
		want.LastPoll, want.LastSuccess, want.NextPoll = monday, monday.Add(-time.Hour), monday.Add(time.Hour)
		if _, err := s.SavePoll(t.Context(), feeds.Poll{Feed: want, At: monday}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, feedOf(t, s, declared.URL)); diff != "" {
			t.Errorf("feed (-stored +read):\n%s", diff)
		}
	})
}

func TestDeclaredFeedsAreKeptInStepWithTheFile(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		declare := func(list ...feeds.Feed) {
			t.Helper()
			if err := s.SyncFeeds(ctx, list, monday); err != nil {
				t.Fatal(err)
			}
		}
		listed := func() []string {
			t.Helper()
			list, err := s.Feeds(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return urls(list)
		}
		a, b := feeds.Feed{URL: "https://a.example/feed", Name: "A"}, feeds.Feed{URL: "https://b.example/feed", Name: "B"}
		addFeed(t, s, "https://desk.example/feed")
		declare(a, b, feeds.Feed{URL: b.URL, Name: "B, zum zweiten Mal"})
		if f := feedOf(t, s, b.URL); f.Name != "B" {
			t.Errorf("a feed that is declared twice is called %q, want its first name", f.Name)
		}
		poll(t, s, feedOf(t, s, a.URL), monday, entry("1", "Eins", monday))

		declare(b)
		if diff := cmp.Diff([]string{"https://desk.example/feed", b.URL}, listed()); diff != "" {
			t.Errorf("without A in the file (-want +got):\n%s", diff)
		}
		find(t, s, "https://a.example/1") // its items stay

		a.Name = "A neu"
		declare(a, b)
		back := feedOf(t, s, a.URL)
		if back.Name != "A neu" || back.State != feeds.StateNew || !back.LastSuccess.IsZero() || back.Items != 1 {
			t.Errorf("A came back as %+v; want its new name, like new, with its item", back)
		}
		poll(t, s, back, monday.Add(time.Hour), entry("2", "Alt", monday.Add(-30*24*time.Hour)))
		if got, _ := news(t, s, 1); len(got) != 0 {
			t.Errorf("what A carried while it was away is announced: %q", got)
		}

		declare(a, b, feeds.Feed{URL: "https://desk.example/feed", Name: "Tisch"})
		if f := feedOf(t, s, "https://desk.example/feed"); f.Origin != feeds.OriginFile || f.Name != "Tisch" {
			t.Errorf("a feed of the desk that the file declares: got %+v, want it to be the file's", f)
		}
	})
}

func TestAddingAndRemovingFeeds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		f := feeds.Feed{URL: "https://a.example/feed", Name: "A"}
		for i, want := range []bool{true, false} {
			added, err := s.AddFeed(ctx, f, monday)
			if err != nil || added != want {
				t.Errorf("add %d: %v, %v; want %v", i+1, added, err, want)
			}
		}
		if err := s.RemoveFeed(ctx, f.URL); err != nil {
			t.Error(err)
		}
		if err := s.RemoveFeed(ctx, f.URL); !errors.Is(err, feeds.ErrNotFound) {
			t.Errorf("remove twice: got %v, want %v", err, feeds.ErrNotFound)
		}
		if added, err := s.AddFeed(ctx, f, monday); err != nil || !added {
			t.Errorf("add again: %v, %v; want true", added, err)
		}
		if err := s.SyncFeeds(ctx, []feeds.Feed{f}, monday); err != nil {
			t.Fatal(err)
		}
		if err := s.RemoveFeed(ctx, f.URL); !errors.Is(err, storage.ErrDeclared) {
			t.Errorf("remove a declared feed: got %v, want %v", err, storage.ErrDeclared)
		}
		if _, err := s.AddFeed(ctx, feeds.Feed{URL: "https://a.example/" + strings.Repeat("x", 5000)}, monday); err == nil {
			t.Error("an address of 5,000 bytes was taken")
		}
	})
}

// Marks are kept by polls that bring a body, survive those that bring none, and
// are read for themselves.
func TestMarksAreReadWhereTheyAreAskedFor(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/feed")
		if got, err := s.Marks(t.Context(), feed.ID); err != nil || len(got) != 0 {
			t.Errorf("a new feed has marks %q, %v", got, err)
		}
		feed.Marks, feed.LastBody = []byte("\x00\xffmarks"), monday
		poll(t, s, feed, monday, entry("1", "Eins", monday))
		due, err := s.Due(t.Context(), monday, true)
		if err != nil || len(due) != 1 || due[0].Marks != nil {
			t.Fatalf("due are %d feeds, the first with marks %q, %v", len(due), due[0].Marks, err)
		}
		poll(t, s, due[0], monday.Add(time.Hour)) // not modified
		if got, err := s.Marks(t.Context(), feed.ID); err != nil || string(got) != "\x00\xffmarks" {
			t.Errorf("after a poll without a body the marks are %q, %v", got, err)
		}
		if _, err := s.Marks(t.Context(), 999); !errors.Is(err, feeds.ErrNotFound) {
			t.Errorf("of no feed: %v", err)
		}
	})
}
