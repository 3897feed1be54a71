package storage_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestLatestItemsFirst(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday,
			matching(entry("1", "Gestern", monday.Add(-24*time.Hour)), "x", "T"),
			entry("2", "Heute", monday),
			matching(entry("3", "Im Jahr 2099", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)), "x", "T"))
		poll(t, s, feed, monday.Add(time.Hour), entry("4", "Später", time.Time{}))
		cases := []struct {
			name          string
			topic         string
			offset, limit int
			want          []string
			more          bool
		}{
			{"a date in 2099 never sorts above today", "", 0, 10, []string{"Später", "Heute", "Gestern", "Im Jahr 2099"}, false},
			{"first page", "", 0, 2, []string{"Später", "Heute"}, true},
			{"last page", "", 2, 2, []string{"Gestern", "Im Jahr 2099"}, false},
			{"of a topic", "T", 0, 10, []string{"Gestern", "Im Jahr 2099"}, false},
			{"of a topic that nobody knows", "U", 0, 10, []string{}, false},
		}
		for _, c := range cases {
			items, more, err := s.Latest(t.Context(), c.topic, c.offset, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			got := titles(items)
			if diff := cmp.Diff(c.want, got); diff != "" || more != c.more {
				t.Errorf("%s: more %v, want %v (-want +got):\n%s", c.name, more, c.more, diff)
			}
		}
		hits, total, err := s.TopicHits(t.Context(), "T", 1)
		if err != nil || total != 2 || len(hits) != 1 || hits[0].Title != "Gestern" {
			t.Errorf("hits of the topic: %q of %d, %v", titles(hits), total, err)
		}
	})
}

func TestItemsOfOneDay(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		fresh := addFeed(t, s, "https://b.example/feed")
		poll(t, s, fresh, monday, entry("0", "Archiv", monday.Add(-240*time.Hour)))
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday.Add(-time.Microsecond), entry("1", "Knapp davor", time.Time{}))
		poll(t, s, feed, monday, entry("2", "Erste", time.Time{}))
		poll(t, s, feed, monday.Add(time.Hour), entry("3", "Letzte", time.Time{}))
		poll(t, s, feed, monday.Add(2*time.Hour), entry("4", "Danach", time.Time{}))
		items, err := s.Between(t.Context(), monday, monday.Add(2*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Letzte", "Erste"}, titles(items)); diff != "" {
			t.Errorf("between (-want +got):\n%s", diff)
		}
	})
}

func TestAnItemIsFoundByItsNumberOrItsAddressInAnySpelling(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		e := entry("1", "Eins", monday)
		e.URL = "https://a.example/artikel?id=7"
		e.Link = feeds.CanonicalURL(e.URL)
		e.Categories = []string{"Verwaltung", "OZG"}
		e.Author = "M. Muster"
		shared := entry("2", "Zwei", monday)
		shared.Link, shared.Key = "", "https://a.example/zwei"
		poll(t, s, feed, monday, shared, e)
		for _, name := range []string{"1", " 1 ", e.URL, "HTTPS://A.example:443/artikel?id=7&utm_source=x#top",
			"http://a.example/artikel?id=7", "a.example/artikel?id=7"} {
			it := find(t, s, name)
			want := e.Item
			want.ID, want.News, want.Source, want.Seen, want.Dated = 1, 1, "a.example", monday, monday
			if diff := cmp.Diff(want, it); diff != "" {
				t.Errorf("%q (-want +got):\n%s", name, diff)
			}
		}
		if it := find(t, s, "https://a.example/zwei"); it.Title != "Zwei" {
			t.Errorf("an item that only its feed's key names: got %q", it.Title)
		}
		for _, name := range []string{"", "0", "99", "-1", "99999999999999999999", "https://a.example/", "kein Treffer", "\x00"} {
			if _, err := s.Item(t.Context(), name); !errors.Is(err, feeds.ErrNotFound) {
				t.Errorf("%s: got %v, want %v", strconv.Quote(name), err, feeds.ErrNotFound)
			}
		}
	})
}
