package storage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

const day = 24 * time.Hour

// history gives a feed twenty-five days of two items each.
func history(t *testing.T, s *storage.Store) (feeds.Feed, []feeds.Entry) {
	t.Helper()
	feed := knownFeed(t, s, "https://a.example/rss")
	var all []feeds.Entry
	for i := range 25 {
		at := monday.Add(time.Duration(i-25) * day)
		two := []feeds.Entry{entry(fmt.Sprint("a", i), fmt.Sprint("Meldung A des Tages ", i), at), entry(fmt.Sprint("b", i), fmt.Sprint("Meldung B des Tages ", i), at)}
		if saved := poll(t, s, feed, at, two...); saved.New != 2 {
			t.Fatalf("day %d: %+v", i, saved)
		}
		all = append(all, two...)
		feed = feedOf(t, s, feed.URL)
	}
	return feed, all
}

// republished is the same under another GUID and another address.
func republished(list []feeds.Entry, host string) []feeds.Entry {
	out := make([]feeds.Entry, len(list))
	for i, e := range list {
		out[i] = with(e, func(e *feeds.Entry) {
			e.GUID, e.Key = host+"#"+e.GUID, host+"#"+e.GUID
			e.URL = "https://" + host + "/node/" + fmt.Sprint(1000+i)
			e.Link = e.URL
		})
	}
	return out
}

func newsAfter(t *testing.T, s *storage.Store, after int64) ([]feeds.Item, int64) {
	t.Helper()
	items, high, _, err := s.News(context.Background(), "digest:x", after)
	if err != nil {
		t.Fatal(err)
	}
	return items, high
}

// A site moves its CMS and publishes fifty known items anew: nothing is new,
// nothing is announced, and the old items have the new addresses.
func TestASiteThatMovesIsNoNews(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed, old := history(t, s)
		_, high := newsAfter(t, s, 0)
		moved := republished(old, "neu.example")
		for i := range moved {
			moved[i].Published, moved[i].Summary = monday, "Neuer Teaser aus dem neuen CMS"
		}
		saved := poll(t, s, feed, monday.Add(time.Hour), moved...)
		if saved.New != 0 || saved.Held != 0 || saved.Renamed != 50 || saved.Updated+saved.Known != 50 {
			t.Fatalf("saved %+v, want fifty old ones", saved)
		}
		if items, _ := newsAfter(t, s, high); len(items) != 0 {
			t.Errorf("%d items are news again, the first is %q", len(items), items[0].Title)
		}
		now, err := s.Item(context.Background(), "https://neu.example/node/1007")
		if err != nil {
			t.Fatal(err)
		}
		then, err := s.Item(context.Background(), "https://a.example/"+old[7].GUID)
		if err != nil || then.ID != now.ID || now.URL != "https://neu.example/node/1007" || !now.Dated.Equal(old[7].Published) {
			t.Errorf("the old address leads to %d, the new to %d (%s, dated %s), %v", then.ID, now.ID, now.URL, now.Dated, err)
		}
		f := feedOf(t, s, feed.URL)
		if !f.Flooded.Equal(monday.Add(time.Hour)) || f.Renamed != 50 || f.State != feeds.StateOK || f.Reason == "" || f.Unstable != 1 {
			t.Errorf("flooded %v, %d renamed, %s %q, %d unstable", f.Flooded, f.Renamed, f.State, f.Reason, f.Unstable)
		}
		saved = poll(t, s, f, monday.Add(2*time.Hour), append(moved, entry("frisch", "Frisch von heute", monday))...)
		if f = feedOf(t, s, feed.URL); saved.New != 1 || saved.Renamed != 0 || saved.Known != 50 || f.Unstable != 0 || f.Reason == "" {
			t.Errorf("the next poll: %+v, %d unstable, reason %q", saved, f.Unstable, f.Reason)
		}
		poll(t, s, f, monday.Add(26*time.Hour))
		if f = feedOf(t, s, feed.URL); f.Reason != "" || f.Items != 51 {
			t.Errorf("a day later: %q, %d items", f.Reason, f.Items)
		}
	})
}

// Among fifty old acquaintances, what happened today is news; what nobody had
// and is old is kept, and not announced.
func TestWhatIsFreshInAFloodIsNews(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed, old := history(t, s)
		_, high := newsAfter(t, s, 0)
		list := append(republished(old, "neu.example"), entry("heute", "Eilmeldung von heute", monday), entry("alt", "Fundstück von damals", monday.Add(-400*day)))
		saved := poll(t, s, feed, monday.Add(time.Hour), list...)
		if saved.New != 1 || saved.Held != 1 || saved.Renamed != 50 {
			t.Errorf("saved %+v", saved)
		}
		if items, _ := newsAfter(t, s, high); len(items) != 1 || items[0].Title != "Eilmeldung von heute" {
			t.Errorf("news: %d items", len(items))
		}
		found, _, err := s.Search(context.Background(), parse(t, "Fundstück"), monday, 0, 5)
		if err != nil || len(found) != 1 || !found[0].Held {
			t.Errorf("a search for what was held finds %d, %v", len(found), err)
		}
	})
}

func TestFarMoreThanUsualIsHeld(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed, _ := history(t, s)
		_, high := newsAfter(t, s, 0)
		var many []feeds.Entry
		for i := range 120 {
			many = append(many, entry(fmt.Sprint("m", i), fmt.Sprint("Nachgereichte Meldung ", i), time.Time{}))
		}
		saved := poll(t, s, feed, monday.Add(time.Hour), many...)
		if saved.New != 0 || saved.Held != 120 {
			t.Errorf("saved %+v, want all held", saved)
		}
		if items, _ := newsAfter(t, s, high); len(items) != 0 {
			t.Errorf("%d of them are news", len(items))
		}
		if f := feedOf(t, s, feed.URL); f.Held != 120 || f.Items != 170 || f.Flooded.IsZero() {
			t.Errorf("%d held of %d items, flooded %v", f.Held, f.Items, f.Flooded)
		}
		if saved = poll(t, s, feedOf(t, s, feed.URL), monday.Add(2*time.Hour), many...); saved.Known != 120 || saved.Held+saved.New != 0 {
			t.Errorf("the same again: %+v", saved)
		}
	})
}

// A feed whose GUIDs change with every poll brings nothing twice, and the names
// of its items do not become more and more.
func TestGUIDsThatChangeWithEveryPoll(t *testing.T) {
	for name, change := range map[string]func(e *feeds.Entry, n int){
		"the link stays": func(*feeds.Entry, int) {},
		"the link changes too": func(e *feeds.Entry, n int) {
			e.URL = fmt.Sprintf("%s?sid=%d", e.URL, n)
			e.Link = e.URL
		},
		"no links, by title and day": func(e *feeds.Entry, _ int) { e.URL, e.Link = "", "" },
		"neither links nor dates":    func(e *feeds.Entry, _ int) { e.URL, e.Link, e.Published = "", "", time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.EachURL(t, func(t *testing.T, url string) {
				s := storagetest.Open(t, url)
				feed := knownFeed(t, s, "https://a.example/rss")
				list := func(n int) (out []feeds.Entry) {
					for i := range 8 {
						out = append(out, with(entry(fmt.Sprint("g", i), fmt.Sprint("Amtliche Meldung ", i), monday), func(e *feeds.Entry) {
							change(e, n)
							e.GUID = fmt.Sprintf("g%d-%d", i, n)
							e.Key = e.GUID
						}))
					}
					return out
				}
				if saved := poll(t, s, feed, monday, list(0)...); saved.New != 8 {
					t.Fatalf("first %+v", saved)
				}
				for n := 1; n <= 12; n++ {
					saved := poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Duration(n)*time.Hour), list(n)...)
					if saved.New+saved.Held != 0 || saved.Known+saved.Updated != 8 {
						t.Errorf("poll %d: %+v", n, saved)
					}
				}
				more := append(list(13), with(entry("", "Endlich etwas Neues", monday.Add(time.Hour)), func(e *feeds.Entry) {
					change(e, 13)
					e.GUID, e.Key = "neu-13", "neu-13"
				}))
				if saved := poll(t, s, feedOf(t, s, feed.URL), monday.Add(13*time.Hour), more...); saved.New != 1 {
					t.Errorf("something new: %+v", saved)
				}
				f := feedOf(t, s, feed.URL)
				var aliases int
				if err := raw(t, url).Get(&aliases, `SELECT COUNT(*) FROM aliases`); err != nil {
					t.Fatal(err)
				}
				if f.Unstable < 2 || f.Items != 9 || aliases > 9*8 {
					t.Errorf("%d polls unstable, %d items, %d names", f.Unstable, f.Items, aliases)
				}
			})
		})
	}
}

// A new host, or https in place of http, changes the links and nothing else.
func TestLinksChangeAndGUIDsStay(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed, old := history(t, s)
		_, high := newsAfter(t, s, 0)
		var list []feeds.Entry
		for _, e := range old {
			list = append(list, with(e, func(e *feeds.Entry) {
				e.URL = "https://www.b.example/" + e.GUID
				e.Link = e.URL
			}))
		}
		saved := poll(t, s, feed, monday, list...)
		if items, _ := newsAfter(t, s, high); saved.Updated != 50 || saved.New+saved.Held+saved.Renamed != 0 || len(items) != 0 {
			t.Errorf("saved %+v, %d news", saved, len(items))
		}
		for _, address := range []string{"http://a.example/a3", "https://www.b.example/a3"} {
			if it, err := s.Item(context.Background(), address); err != nil || it.URL != "https://www.b.example/a3" {
				t.Errorf("%s leads to %q, %v", address, it.URL, err)
			}
		}
	})
}

func TestASilentFeedBringsSomething(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/rss")
		poll(t, s, feed, monday.Add(-20*day), entry("1", "Alt", monday.Add(-20*day)))
		silent := feedOf(t, s, feed.URL)
		silent.Rhythm = time.Hour
		poll(t, s, silent, monday)
		if f := feedOf(t, s, feed.URL); f.State != feeds.StateSilent || !f.Since.Equal(monday.Add(-20*day)) {
			t.Fatalf("it is %s since %v", f.State, f.Since)
		}
		silent = feedOf(t, s, feed.URL)
		poll(t, s, silent, monday.Add(time.Hour), entry("2", "Neu", monday))
		if f := feedOf(t, s, feed.URL); f.State != feeds.StateOK || f.Reason != "" {
			t.Errorf("it is %s %q", f.State, f.Reason)
		}
	})
}

// An item without a date is of the day we first saw it, however often it is
// read again or changed.
func TestAMissingDateIsNotNowAtEveryPoll(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/rss")
		undated := entry("1", "Ohne Datum", time.Time{})
		poll(t, s, feed, monday, undated)
		for n := 1; n < 4; n++ {
			undated.Summary = fmt.Sprint("Fassung ", n)
			poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Duration(n)*day), undated)
		}
		it, err := s.Item(context.Background(), undated.URL)
		if err != nil || !it.Dated.Equal(monday) || !it.Seen.Equal(monday) || it.Summary != "Fassung 3" {
			t.Errorf("it is dated %v, seen %v, %q, %v", it.Dated, it.Seen, it.Summary, err)
		}
	})
}
