package storage_test

import (
	"context"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
)

// monday is the present of these tests: a Monday morning, in UTC.
var monday = time.Date(2026, 11, 16, 7, 0, 0, 0, time.UTC)

func addFeed(t testing.TB, s *storage.Store, url string) feeds.Feed {
	t.Helper()
	if _, err := s.AddFeed(context.Background(), feeds.Feed{URL: url}, monday); err != nil {
		t.Fatal(err)
	}
	return feedOf(t, s, url)
}

// knownFeed is a feed that was polled with success before, so that whatever it
// brings is news.
func knownFeed(t testing.TB, s *storage.Store, url string) feeds.Feed {
	t.Helper()
	feed := addFeed(t, s, url)
	poll(t, s, feed, monday.Add(-7*24*time.Hour))
	return feedOf(t, s, url)
}

func feedOf(t testing.TB, s *storage.Store, url string) feeds.Feed {
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
func poll(t testing.TB, s *storage.Store, feed feeds.Feed, now time.Time, entries ...feeds.Entry) feeds.Saved {
	t.Helper()
	saved, err := s.SavePoll(context.Background(), polled(feed, now, entries...))
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func polled(feed feeds.Feed, now time.Time, entries ...feeds.Entry) feeds.Poll {
	feed.State, feed.Reason = feeds.StateOK, ""
	feed.LastPoll, feed.LastSuccess, feed.NextPoll = now, now, now.Add(time.Hour)
	return feeds.Poll{Feed: feed, At: now, Items: entries}
}

// entry is an item with a GUID and a page of its own.
func entry(guid, title string, published time.Time) feeds.Entry {
	link := "https://a.example/" + guid
	e := feeds.Entry{
		Item: feeds.Item{GUID: guid, URL: link, Title: title, Summary: "Teaser zu " + title, Published: published},
		Key:  guid, Link: link,
	}
	e.Tokens = keyword.Analyse(e.Text()).Tokens()
	return e
}

// with changes an entry, for cases that differ from it in one point.
func with(e feeds.Entry, change func(*feeds.Entry)) feeds.Entry {
	change(&e)
	return e
}

// matching is an entry that the topics accepted, each by the same word.
func matching(e feeds.Entry, word string, topics ...string) feeds.Entry {
	e.Matches = nil
	for _, name := range topics {
		e.Matches = append(e.Matches, feeds.Match{Topic: name, Words: []string{word}})
	}
	return e
}

func topic(t testing.TB, name, query string) feeds.Topic {
	t.Helper()
	return feeds.Topic{Name: name, Query: parse(t, query)}
}

func parse(t testing.TB, query string) *keyword.Query {
	t.Helper()
	q, err := keyword.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// find gives the item that the desk would find by this address or id.
func find(t testing.TB, s *storage.Store, idOrURL string) feeds.Item {
	t.Helper()
	it, err := s.Item(context.Background(), idOrURL)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// news gives the titles of all news after a rank, and the highest rank.
func news(t testing.TB, s *storage.Store, after int64) ([]string, int64) {
	t.Helper()
	all := []string{}
	for {
		items, high, more, err := s.News(context.Background(), "digest:test", after)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, titles(items)...); !more {
			return all, high
		}
		after = high
	}
}

func titles(items []feeds.Item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.Title
	}
	return out
}

func urls(list []feeds.Feed) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = f.URL
	}
	return out
}
