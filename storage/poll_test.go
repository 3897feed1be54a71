package storage_test

import (
	"context"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

// monday is the present of these tests: a Monday morning, in UTC.
var monday = time.Date(2026, 11, 16, 7, 0, 0, 0, time.UTC)

func TestPollOfANewFeed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/feed")
		saved := poll(t, s, feed, monday,
			entry("1", "Kommune führt OZG-Dienst ein", monday.Add(-time.Hour)),
			entry("2", "Alte Meldung", monday.Add(-72*time.Hour)))
		if want := (feeds.Saved{New: 2}); saved != want {
			t.Errorf("first poll: got %+v, want %+v", saved, want)
		}
		again := poll(t, s, feed, monday.Add(time.Hour),
			entry("1", "Kommune führt OZG-Dienst ein", monday.Add(-time.Hour)),
			entry("2", "Alte Meldung", monday.Add(-72*time.Hour)))
		if want := (feeds.Saved{Known: 2}); again != want {
			t.Errorf("second poll: got %+v, want %+v", again, want)
		}
	})
}

func TestDueFeeds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := context.Background()
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
			if _, err := s.SavePoll(ctx, feeds.Poll{Feed: feed, At: monday}); err != nil {
				t.Fatal(err)
			}
		}
		addFeed(t, s, "https://never-polled.example/feed")
		due, err := s.Due(ctx, monday, false)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"https://never-polled.example/feed", "https://overdue.example/feed", "https://now.example/feed"}
		if diff := cmp.Diff(want, urls(due)); diff != "" {
			t.Errorf("due, longest overdue first (-want +got):\n%s", diff)
		}
		all, err := s.Due(ctx, monday, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append(want, "https://later.example/feed"), urls(all)); diff != "" {
			t.Errorf("all that are not gone (-want +got):\n%s", diff)
		}
	})
}

func addFeed(t *testing.T, s *storage.Store, url string) feeds.Feed {
	t.Helper()
	if _, err := s.AddFeed(context.Background(), feeds.Feed{URL: url}, monday); err != nil {
		t.Fatal(err)
	}
	return feedOf(t, s, url)
}

func feedOf(t *testing.T, s *storage.Store, url string) feeds.Feed {
	t.Helper()
	list, err := s.Feeds(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.URL == url {
			return f
		}
	}
	t.Fatalf("feed %q is not on the list", url)
	return feeds.Feed{}
}

// poll stores what a working poll of the feed read.
func poll(t *testing.T, s *storage.Store, feed feeds.Feed, now time.Time, entries ...feeds.Entry) feeds.Saved {
	t.Helper()
	feed.State, feed.LastPoll, feed.LastSuccess, feed.NextPoll = feeds.StateOK, now, now, now.Add(time.Hour)
	saved, err := s.SavePoll(context.Background(), feeds.Poll{Feed: feed, At: now, Items: entries})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// entry is an item with a GUID and a page of its own.
func entry(guid, title string, published time.Time) feeds.Entry {
	link := "https://a.example/" + guid
	return feeds.Entry{
		Item: feeds.Item{GUID: guid, URL: link, Title: title, Summary: "Teaser zu " + title, Published: published},
		Key:  guid, Link: link, Tokens: []string{"teaser", "zu"},
	}
}

func urls(list []feeds.Feed) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = f.URL
	}
	return out
}
