package storage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// issue is a feed's document of so many items, each of a minute of its own,
// four days and more old.
func issue(n int) (list []feeds.Entry) {
	for i := range n {
		list = append(list, entry(fmt.Sprint("alt", i), fmt.Sprint("Meldung Nummer ", i), monday.Add(-4*day-time.Duration(i)*time.Minute)))
	}
	return list
}

// A site that moves five items a day announces none of them again, tells nobody
// of a flood, and each is found by its old address and by its new one.
func TestARollingMoveIsNoNews(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/rss")
		list := issue(60)
		poll(t, s, feed, monday, list...)
		_, high := news(t, s, 0)
		moved := republished(list, "neu.example")
		for step := range 12 {
			copy(list[5*step:], moved[5*step:5*step+5])
			list[5*step].Summary = "Neuer Teaser aus dem neuen CMS"
			saved := poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Duration(step+1)*time.Hour), list...)
			if saved != (feeds.Saved{Updated: 5, Known: 55}) {
				t.Errorf("step %d: %+v", step, saved)
			}
		}
		if got, _ := news(t, s, high); len(got) != 0 {
			t.Errorf("%q are news again", got)
		}
		f := feedOf(t, s, feed.URL)
		if !f.Flooded.IsZero() || f.Reason != "" || f.Items != 60 || f.Unstable != 0 {
			t.Errorf("flooded %v, reason %q, %d items, %d unstable", f.Flooded, f.Reason, f.Items, f.Unstable)
		}
		then, now := find(t, s, "https://a.example/alt7"), find(t, s, "https://neu.example/node/1007")
		if then.ID != now.ID || now.URL != "https://neu.example/node/1007" || now.Title != "Meldung Nummer 7" {
			t.Errorf("the old address leads to %d, the new one to %d, %q at %s", then.ID, now.ID, now.Title, now.URL)
		}
	})
}

// What the marks left out of the poll is in the document nevertheless: there it
// is an item of its own, whoever shares its title and its minute.
func TestOneTitleAndOneInstantTwice(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(old, e *feeds.Entry) // of a stranger with the title and instant of old
		stays  bool                      // old is in the document too
		items  int
	}{
		{"in the place of the first", func(_, _ *feeds.Entry) {}, false, 5},
		{"written in other letters", func(_, e *feeds.Entry) { e.Title = "MELDUNG  nummer 0" }, false, 5},
		{"beside the first", func(_, _ *feeds.Entry) {}, true, 6},
		{"a second later", func(_, e *feeds.Entry) { e.Published = e.Published.Add(time.Second) }, false, 6},
		{"of one day, in UTC", func(old, e *feeds.Entry) { old.Published = monday.Add(-7 * time.Hour); e.Published = old.Published }, false, 6},
		{"of one day, in Berlin", func(old, e *feeds.Entry) { old.Published = monday.Add(-8 * time.Hour); e.Published = old.Published }, false, 6},
		{"without a date", func(old, e *feeds.Entry) { old.Published, e.Published = time.Time{}, time.Time{} }, false, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				feed := knownFeed(t, s, "https://a.example/rss")
				list := issue(5)
				again := republished(list[:1], "neu.example")[0]
				c.change(&list[0], &again)
				poll(t, s, feed, monday, list...)
				now := append(slices.Clone(list[1:]), again)
				if c.stays {
					now = append(now, list[0])
				}
				for n := range 2 { // and so it stays
					poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Duration(n+1)*time.Hour), now...)
					if f := feedOf(t, s, feed.URL); f.Items != c.items {
						t.Errorf("poll %d: %d items, want %d", n, f.Items, c.items)
					}
				}
			})
		})
	}
}

func TestTwoItemsOfOneTitleAndInstant(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed, other := knownFeed(t, s, "https://a.example/rss"), knownFeed(t, s, "https://b.example/rss")
		at := monday.Add(-time.Hour)
		two := []feeds.Entry{entry("x", "Stellenausschreibung", at), entry("y", "Stellenausschreibung", at)}
		if saved := poll(t, s, feed, monday, two...); saved.New != 2 {
			t.Fatalf("in one document: %+v", saved)
		}
		if saved := poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Hour), republished(two, "neu.example")...); saved.New+saved.Held != 0 {
			t.Errorf("both under new names: %+v", saved)
		}
		if saved := poll(t, s, other, monday, republished(two[:1], "b.example")...); saved.New != 1 {
			t.Errorf("in another feed: %+v", saved)
		}
	})
}

// A feed of two items is too small for a flood, and twenty of sixty too few.
func TestFewTwinsAreNoNews(t *testing.T) {
	for _, c := range []struct{ known, more int }{{2, 0}, {20, 40}} {
		t.Run(fmt.Sprint(c.known, " known and ", c.more, " others"), func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				feed := knownFeed(t, s, "https://a.example/rss")
				list := issue(c.known)
				poll(t, s, feed, monday, list...)
				_, high := news(t, s, 0)
				now := republished(list, "neu.example")
				for i := range c.more {
					now = append(now, entry(fmt.Sprint("mehr", i), fmt.Sprint("Ganz andere Meldung ", i), monday.Add(-20*day-time.Duration(i)*time.Minute)))
				}
				saved := poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Hour), now...)
				if saved.Updated != c.known || saved.New+saved.Held != c.more || saved.Renamed != 0 {
					t.Errorf("saved %+v", saved)
				}
				got, _ := news(t, s, high)
				for _, e := range list {
					if slices.Contains(got, e.Title) {
						t.Errorf("%q is news again", e.Title)
					}
				}
			})
		})
	}
}

// What is older than all that the brake looks through is known all the same.
func TestATwinOfLongAgo(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/rss")
		old := entry("alt", "Aus dem ersten Jahr", monday.Add(-5*day))
		poll(t, s, feed, monday.Add(-5*day), old)
		var later []feeds.Entry
		for i := range 1100 {
			later = append(later, entry(fmt.Sprint(i), fmt.Sprint("Spätere Meldung ", i), monday.Add(-4*day)))
		}
		poll(t, s, feedOf(t, s, feed.URL), monday.Add(-4*day), later...)
		now := republished([]feeds.Entry{old}, "neu.example")
		for i := range 12 {
			now = append(now, entry(fmt.Sprint("neu", i), fmt.Sprint("Von heute ", i), monday.Add(-time.Hour)))
		}
		if saved := poll(t, s, feedOf(t, s, feed.URL), monday, now...); saved.New != 12 || saved.Updated != 1 {
			t.Errorf("saved %+v", saved)
		}
	})
}
