package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// later is how long items of these tests wait for their pages.
const later = 10 * time.Minute

// wanting is a poll whose new items wait for their pages.
func wanting(t *testing.T, s *storage.Store, feed feeds.Feed, now time.Time, entries ...feeds.Entry) {
	t.Helper()
	p := polled(feed, now, entries...)
	p.PagesBy = now.Add(later)
	if _, err := s.SavePoll(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// due gives the pages that are to be asked for, as the items' titles.
func due(t *testing.T, s *storage.Store, now time.Time) []string {
	t.Helper()
	list, err := s.DuePages(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, o := range list {
		out = append(out, strings.TrimPrefix(o.URL, "https://a.example/"))
	}
	return out
}

func savePage(t *testing.T, s *storage.Store, p feeds.PageResult) {
	t.Helper()
	if err := s.SavePage(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, s *storage.Store, item int64, now time.Time) bool {
	t.Helper()
	ok, err := s.TakePage(t.Context(), item, now, now.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func release(t *testing.T, s *storage.Store, now time.Time) int {
	t.Helper()
	n, err := s.ReleasePages(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNewsWaitForTheirPages: items can be found at once and are news in the
// order in which their pages were done, ten minutes later at the latest.
func TestNewsWaitForTheirPages(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		wanting(t, s, feed, monday, entry("3", "Drei", monday), entry("2", "Zwei", monday), entry("1", "Eins", monday))
		other := knownFeed(t, s, "https://b.example/feed")
		poll(t, s, other, monday, entry("0", "Null", monday))
		if got, _ := news(t, s, 0); !slices.Equal(got, []string{"Null"}) {
			t.Fatalf("news before any page was read: %q", got)
		}
		if got := due(t, s, monday); !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("due pages %q", got)
		}
		_, high := news(t, s, 0)
		savePage(t, s, feeds.PageResult{Item: find(t, s, "https://a.example/3").ID, At: monday, State: feeds.PageRead, Text: feeds.PageText{Text: "Der Artikel."}})
		savePage(t, s, feeds.PageResult{Item: find(t, s, "https://a.example/1").ID, At: monday, State: feeds.PageRefused, Reason: "HTTP 404 Not Found"})
		got, next := news(t, s, high)
		if !slices.Equal(got, []string{"Drei", "Eins"}) {
			t.Errorf("news by their pages: %q", got)
		}
		it := find(t, s, "https://a.example/2")
		if !it.Page.Waits || it.Page.State != feeds.PageWanted || !it.Page.Until.Equal(monday.Add(later)) {
			t.Errorf("the one that waits: %+v", it.Page)
		}
		if n := release(t, s, monday.Add(later-time.Second)); n != 0 {
			t.Errorf("%d released before their time", n)
		}
		if n := release(t, s, monday.Add(later)); n != 1 {
			t.Errorf("%d released in time", n)
		}
		if got, _ := news(t, s, next); !slices.Equal(got, []string{"Zwei"}) {
			t.Errorf("news after ten minutes: %q", got)
		}
		if got := due(t, s, monday.Add(later)); !slices.Equal(got, []string{"2"}) {
			t.Errorf("its page is no longer wanted: %q", got)
		}
		if n := release(t, s, monday.Add(2*later)); n != 0 {
			t.Errorf("%d released twice", n)
		}
	})
}

// TestPagesOfOneItem: second sightings, edits and a late second result ask for
// no page and change nothing that the page said.
func TestPagesOfOneItem(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		if _, err := s.SyncTopics(t.Context(), []feeds.Topic{topic(t, "OZG", "OZG"), topic(t, "Haushalt", "stichwort:Haushalt")}); err != nil {
			t.Fatal(err)
		}
		if err := s.Reclassify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		feed := knownFeed(t, s, "https://a.example/feed")
		first := entry("1", "Rat tagt", time.Time{})
		wanting(t, s, feed, monday, first)
		id := find(t, s, "https://a.example/1").ID

		edited := with(first, func(e *feeds.Entry) {
			e.Summary = "Nun auch zum OZG"
			e.Matches = []feeds.Match{{Topic: "OZG", Words: []string{"OZG"}}}
		})
		wanting(t, s, feed, monday.Add(time.Minute), edited)
		if got, _ := news(t, s, 0); len(got) != 0 {
			t.Errorf("an edit made it news before its page was read: %q", got)
		}
		published := monday.Add(-3 * time.Hour)
		savePage(t, s, feeds.PageResult{Item: id, At: monday.Add(2 * time.Minute), State: feeds.PageRead,
			Text: feeds.PageText{Text: "Der Rat tagte lange zum OZG.", Keywords: []string{"Haushalt"}, Author: "sib", Published: published}})
		savePage(t, s, feeds.PageResult{Item: id, At: monday.Add(3 * time.Minute), State: feeds.PageRead, Text: feeds.PageText{Text: "Etwas anderes."}})

		second := knownFeed(t, s, "https://b.example/feed")
		wanting(t, s, second, monday.Add(4*time.Minute), with(first, func(e *feeds.Entry) { e.Key = "x" }))
		wanting(t, s, feed, monday.Add(5*time.Minute), with(first, func(e *feeds.Entry) { e.Title, e.Summary, e.Categories = "Rat tagte", "Ganz anders", []string{"Rat"} }))
		it := find(t, s, "https://a.example/1")
		if it.Title != "Rat tagte" || it.Summary != "Ganz anders" || it.Content != "Der Rat tagte lange zum OZG." || it.Author != "sib" ||
			!slices.Equal(it.Categories, []string{"Rat", "Haushalt"}) || !it.Published.Equal(published) || !it.Dated.Equal(published) {
			t.Errorf("item %+v", it)
		}
		if len(it.Matches) != 2 || it.News == 0 {
			t.Errorf("matches %+v, news %d", it.Matches, it.News)
		}
		found, _, err := s.Search(t.Context(), parse(t, "lange AND anders"), monday, 0, 5)
		if err != nil || len(found) != 1 {
			t.Errorf("search by page and teaser: %v, %v", found, err)
		}
		if got := due(t, s, monday.Add(time.Hour)); len(got) != 0 {
			t.Errorf("pages asked for again: %q", got)
		}
	})
}

// TestPagesAfterACrash: a page that was taken and not saved is asked for by
// nobody else for two minutes, and then again.
func TestPagesAfterACrash(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		wanting(t, s, feed, monday, entry("1", "Eins", monday), entry("2", "Zwei", monday))
		id := find(t, s, "https://a.example/1").ID
		if !take(t, s, id, monday) || take(t, s, id, monday) {
			t.Error("a page was not to be had, or twice")
		}
		if got := due(t, s, monday.Add(time.Minute)); !slices.Equal(got, []string{"2"}) {
			t.Errorf("due while one is under way: %q", got)
		}
		if got := due(t, s, monday.Add(2*time.Minute)); !slices.Equal(got, []string{"2", "1"}) {
			t.Errorf("due after a crash: %q", got)
		}
		if !take(t, s, id, monday.Add(2*time.Minute)) {
			t.Error("not to be had after a crash")
		}
		list, err := s.DuePages(t.Context(), monday.Add(time.Hour), 10)
		if err != nil || len(list) != 2 || list[1].Tries != 2 {
			t.Errorf("tries %+v, %v", list, err)
		}
		savePage(t, s, feeds.PageResult{Item: id, At: monday.Add(3 * time.Minute), State: feeds.PageWanted, Again: monday.Add(3 * time.Minute), Untold: true})
		if list, err = s.DuePages(t.Context(), monday.Add(3*time.Minute), 10); err != nil || len(list) != 2 || list[1].Tries != 1 {
			t.Errorf("tries after it was given back %+v, %v", list, err)
		}
	})
}

// TestWhosePagesAreWanted: those of what is new and news, at an address of its
// own, and of a feed that brings hundreds at once the newest hundred.
func TestWhosePagesAreWanted(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		fresh := addFeed(t, s, "https://a.example/feed")
		shared := with(entry("teilt", "Teilt die Adresse", monday), func(e *feeds.Entry) { e.Link = "" })
		wanting(t, s, fresh, monday, entry("alt", "Archiv", monday.Add(-30*24*time.Hour)), entry("neu", "Neu", monday.Add(-time.Hour)), shared)
		if got := due(t, s, monday); !slices.Equal(got, []string{"neu"}) {
			t.Errorf("of a first poll: %q", got)
		}
		if got, _ := news(t, s, 0); !slices.Equal(got, []string{"Teilt die Adresse"}) {
			t.Errorf("news at once: %q", got)
		}
		var many []feeds.Entry
		for i := range 150 {
			many = append(many, entry(fmt.Sprintf("m%03d", i), fmt.Sprintf("Viel %03d", i), monday.Add(time.Duration(i)*time.Second)))
		}
		wanting(t, s, knownFeed(t, s, "https://b.example/feed"), monday.Add(time.Hour), many...)
		if got := due(t, s, monday.Add(time.Hour)); len(got) != 101 || got[1] != "m050" || got[100] != "m149" {
			t.Errorf("of 150 at once: %d, %q", len(got), got)
		}
	})
}

// TestLinesOfASite: a line that stands on three pages of a site is no text of a
// fourth one; on another site it is, and so is the article's own teaser.
func TestLinesOfASite(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		const body = "Der Kreis erneuert seine Deiche in den nächsten drei Jahren und stellt dafür vierzehn Millionen Euro bereit."
		read := func(n int, site, text string) feeds.Item {
			t.Helper()
			guid := fmt.Sprintf("%s-%d", site, n)
			now := monday.Add(time.Duration(n) * time.Hour)
			wanting(t, s, feed, now, with(entry(guid, fmt.Sprintf("Meldung %d", n), now), func(e *feeds.Entry) { e.Summary = "Der Teaser dieser Meldung ist lang genug." }))
			savePage(t, s, feeds.PageResult{Item: find(t, s, "https://a.example/"+guid).ID, At: now, State: feeds.PageRead,
				Text: feeds.PageText{Site: site, Text: text, Lines: strings.Split(strings.ReplaceAll(text, "\n\n", "\n"), "\n")}})
			return find(t, s, "https://a.example/"+guid)
		}
		full := func(n int) string {
			return fmt.Sprintf("Der Teaser dieser Meldung ist lang genug.\n\n%d. %s\n\nOZG: Länder holen auf\nJetzt abonnieren", n, body)
		}
		for n := range 3 {
			if got := read(n, "a.example", full(n)).Content; got != full(n) {
				t.Errorf("page %d: %q", n, got)
			}
		}
		if got, want := read(3, "a.example", full(3)).Content, "Der Teaser dieser Meldung ist lang genug.\n\n3. "+body; got != want {
			t.Errorf("the fourth page: %q", got)
		}
		if got := read(4, "b.example", full(4)).Content; got != full(4) {
			t.Errorf("another site: %q", got)
		}
		if got := read(5, "a.example", "OZG: Länder holen auf\n\nJetzt abonnieren").Content; got != "OZG: Länder holen auf\n\nJetzt abonnieren" {
			t.Errorf("nothing else on the page: %q", got)
		}
	})
}
