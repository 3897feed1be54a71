package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestAFeedsFirstPollAnnouncesNothingOlderThanADay(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/feed")
		saved := poll(t, s, feed, monday,
			entry("3", "Von heute", monday.Add(-time.Hour)),
			entry("2", "Ohne Datum", time.Time{}),
			entry("1", "Von vorgestern", monday.Add(-48*time.Hour)))
		if want := (feeds.Saved{New: 3}); saved != want {
			t.Errorf("saved %+v, want %+v", saved, want)
		}
		got, _ := news(t, s, 0)
		if diff := cmp.Diff([]string{"Von heute", "Ohne Datum"}, got); diff != "" {
			t.Errorf("news (-want +got):\n%s", diff)
		}
		if it := find(t, s, "https://a.example/1"); !it.Dated.Equal(monday.Add(-48 * time.Hour)) {
			t.Errorf("an item of the archive is dated %s, want the feed's claim", it.Dated)
		}
		poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Hour), entry("0", "Spät nachgereicht", monday.Add(-72*time.Hour)))
		if got, _ := news(t, s, 2); len(got) != 1 {
			t.Errorf("after the first poll an old date is news: got %q", got)
		}
	})
}

// Who adds a list of sixty press releases without dates on a Monday has the twenty
// on top in the digest, and the others found by searches and led by no list.
func TestAFirstPollWithoutDatesAnnouncesWhatStandsOnTop(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/presse")
		all := []feeds.Entry{entry("alt", "Von vorgestern", monday.Add(-48*time.Hour)), entry("2099", "Aus ferner Zukunft", monday.Add(70*365*24*time.Hour))}
		for i := range 60 {
			all = append(all, entry(fmt.Sprint("p", i), fmt.Sprint("Mitteilung ", i), time.Time{}))
		}
		poll(t, s, feed, monday, all...)
		got, _ := news(t, s, 0)
		slices.Sort(got)
		var want []string
		for i := range feeds.FirstUndated {
			want = append(want, fmt.Sprint("Mitteilung ", i))
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("news (-want +got):\n%s", diff)
		}
		old := find(t, s, "https://a.example/p20")
		if !old.Dated.Before(monday) || old.Held {
			t.Errorf("the first that is archive is dated %s, held %t", old.Dated, old.Held)
		}
		changed := with(all[22], func(e *feeds.Entry) { e.Summary = "Anderer Teaser" })
		if saved := poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Hour), changed, entry("neu", "Von heute, ohne Datum", time.Time{})); saved.New != 1 || saved.Updated != 1 {
			t.Errorf("the second poll: %+v", saved)
		}
		if it := find(t, s, "https://a.example/p20"); !it.Dated.Equal(old.Dated) || it.News != 0 {
			t.Errorf("a change dates it %s instead of %s, news %d", it.Dated, old.Dated, it.News)
		}
		if latest, _, err := s.Latest(context.Background(), "", 0, 1); err != nil || len(latest) != 1 || latest[0].Title != "Von heute, ohne Datum" {
			t.Errorf("the latest are %v, %v", latest, err)
		}
	})
}

// An agency's feed of five hundred items of a day, added while the desk looks on,
// announces its newest hundred, in whatever order it lists them; the others are
// archive, dated as they say, and found.
func TestAFirstPollAnnouncesTheNewestOfADay(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/agentur")
		var all []feeds.Entry
		want := make([]string, feeds.FirstDated)
		for i := range 500 {
			n := i * 7 % 500
			all = append(all, entry(fmt.Sprint("a", n), fmt.Sprint("Agenturmeldung ", n), monday.Add(-time.Duration(n)*2*time.Minute)))
		}
		for n := range want {
			want[len(want)-1-n] = fmt.Sprint("Agenturmeldung ", n)
		}
		if saved := poll(t, s, feed, monday, all...); saved != (feeds.Saved{New: 500}) {
			t.Errorf("saved %+v", saved)
		}
		got, high := news(t, s, 0)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("news (-want +got):\n%s", diff)
		}
		rest := find(t, s, "https://a.example/a100")
		if rest.News != 0 || rest.Held || !rest.Dated.Equal(monday.Add(-200*time.Minute)) {
			t.Errorf("the hundred and first newest: news %d, held %t, dated %s", rest.News, rest.Held, rest.Dated)
		}
		found, _, err := s.Search(t.Context(), parse(t, "Agenturmeldung 499"), monday, 0, 5)
		if err != nil || len(found) != 1 {
			t.Errorf("a search for the oldest finds %d, %v", len(found), err)
		}
		next := entry("neu", "Danach", monday.Add(time.Minute))
		poll(t, s, feedOf(t, s, feed.URL), monday.Add(time.Hour), append(all, next)...)
		if got, _ := news(t, s, high); !slices.Equal(got, []string{"Danach"}) {
			t.Errorf("the next poll announces %q", got)
		}
	})
}

func TestAPollThatBringsNothingNewStoresNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		one, two := entry("1", "Erste", monday), entry("2", "Zweite", monday)
		poll(t, s, feed, monday, one, two)
		before := find(t, s, one.URL)
		saved := poll(t, s, feed, monday.Add(time.Hour), one, two)
		if want := (feeds.Saved{Known: 2}); saved != want {
			t.Errorf("saved %+v, want %+v", saved, want)
		}
		if diff := cmp.Diff(before, find(t, s, one.URL)); diff != "" {
			t.Errorf("the item changed (-before +after):\n%s", diff)
		}
		f := feedOf(t, s, feed.URL)
		if f.Items != 2 || !f.LastNew.Equal(monday) || !f.LastPoll.Equal(monday.Add(time.Hour)) {
			t.Errorf("feed has %d items, last new %s, last poll %s", f.Items, f.LastNew, f.LastPoll)
		}
	})
}

func TestAChangedHeadlineOrDateIsAnUpdate(t *testing.T) {
	base := entry("1", "Bund plant Register", monday.Add(-time.Hour))
	cases := map[string]func(*feeds.Entry){
		"headline":  func(e *feeds.Entry) { e.Title = "Bund plant neues Register" },
		"teaser":    func(e *feeds.Entry) { e.Summary = "Anders." },
		"full text": func(e *feeds.Entry) { e.Content = "Der ganze Text." },
		"address":   func(e *feeds.Entry) { e.URL, e.Link = "https://a.example/neu", "https://a.example/neu" },
		"date":      func(e *feeds.Entry) { e.Published = monday.Add(-2 * time.Hour) },
		"update":    func(e *feeds.Entry) { e.Updated = monday },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				feed := knownFeed(t, s, "https://a.example/feed")
				poll(t, s, feed, monday, base)
				before := find(t, s, base.URL)
				saved := poll(t, s, feed, monday.Add(time.Hour), with(base, change))
				if want := (feeds.Saved{Updated: 1}); saved != want {
					t.Fatalf("saved %+v, want %+v", saved, want)
				}
				want := before
				changed := with(base, change)
				want.Title, want.Summary, want.Content, want.URL = changed.Title, changed.Summary, changed.Content, changed.URL
				want.Published, want.Dated, want.Updated = changed.Published, changed.Published, changed.Updated
				if diff := cmp.Diff(want, find(t, s, changed.URL)); diff != "" {
					t.Errorf("item (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAnUpdateThatMatchesANewTopicIsNewsAgain(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		if _, err := s.SyncTopics(t.Context(), []feeds.Topic{topic(t, "OZG", "OZG"), topic(t, "Register", "Register")}); err != nil {
			t.Fatal(err)
		}
		if err := s.Reclassify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		feed := knownFeed(t, s, "https://a.example/feed")
		e := matching(entry("1", "Neues zum OZG", monday), "OZG", "OZG")
		poll(t, s, feed, monday, e, entry("2", "Anderes", monday))
		_, high := news(t, s, 0)

		e.Summary = "Tippfehler behoben, immer noch OZG."
		poll(t, s, feed, monday.Add(time.Hour), e)
		if got, _ := news(t, s, high); len(got) != 0 {
			t.Errorf("a mended teaser announced %q again", got)
		}
		e.Summary = "Jetzt auch mit dem Register."
		e.Matches = append(e.Matches, feeds.Match{Topic: "Register", Words: []string{"Register"}})
		poll(t, s, feed, monday.Add(2*time.Hour), e)
		if got, _ := news(t, s, high); len(got) != 1 {
			t.Errorf("a topic that the item did not match before announced %q, want the item", got)
		}
		if diff := cmp.Diff(e.Matches, find(t, s, e.URL).Matches); diff != "" {
			t.Errorf("topics of the item (-want +got):\n%s", diff)
		}
	})
}

func TestAnUpdateThatMatchesASubscriptionIsNewsAgain(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, query := range []string{"Wallet", "Register"} {
			if _, _, err := s.Subscribe(t.Context(), digest.Subscription{Query: query, Cadence: digest.KindNow, Target: "C1"}); err != nil {
				t.Fatal(err)
			}
		}
		feed := addFeed(t, s, "https://a.example/feed")
		archived := entry("1", "Aus dem Archiv", monday.AddDate(0, -1, 0))
		e := entry("2", "Das Register kommt", monday)
		poll(t, s, feed, monday, archived, e)
		for _, c := range []struct {
			name    string
			item    feeds.Entry
			summary string
			want    []string
		}{
			{"what it matched before is no news", e, "Das Register kommt bald.", []string{}},
			{"what it did not match is", e, "Das Register kommt mit Wallet.", []string{"Das Register kommt"}},
			{"once", e, "Das Register kommt mit der Wallet.", []string{}},
			{"the archive stays the archive", archived, "Jetzt mit Wallet.", []string{}},
		} {
			_, high := news(t, s, 0)
			poll(t, s, feed, monday.Add(time.Hour), with(c.item, func(e *feeds.Entry) { e.Summary = c.summary }))
			if got, _ := news(t, s, high); !slices.Equal(got, c.want) {
				t.Errorf("%s: announced %q", c.name, got)
			}
		}
	})
}

func TestALinkMeansTheSameWithAndWithoutTLS(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		first, second := knownFeed(t, s, "https://a.example/feed"), knownFeed(t, s, "https://b.example/feed")
		e := entry("1", "Pressemitteilung", monday)
		e.URL, e.Link = "https://amt.example/pm", "https://amt.example/pm"
		plain := with(e, func(e *feeds.Entry) {
			e.GUID, e.Key, e.URL, e.Link = "2", "2", "http://amt.example/pm", "http://amt.example/pm"
		})
		other := with(plain, func(e *feeds.Entry) { e.GUID, e.Key, e.Title = "3", "3", "Etwas anderes" })
		if got, want := poll(t, s, first, monday, e, plain, other), (feeds.Saved{New: 2, Known: 1}); got != want {
			t.Errorf("in one document: %+v, want %+v", got, want)
		}
		if got, want := poll(t, s, second, monday, plain), (feeds.Saved{Known: 1}); got != want {
			t.Errorf("in another feed: %+v, want %+v", got, want)
		}
	})
}

func TestTheSameLinkInTwoFeedsIsOneItemWithTwoSightings(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		first, second := knownFeed(t, s, "https://a.example/feed"), knownFeed(t, s, "https://b.example/feed")
		e := entry("1", "Pressemitteilung", monday)
		poll(t, s, first, monday, e)
		before := find(t, s, e.URL)
		other := with(e, func(e *feeds.Entry) { e.GUID, e.Key, e.Title = "b-77", "b-77", "PM: Pressemitteilung" })
		saved := poll(t, s, second, monday.Add(time.Hour), other)
		if want := (feeds.Saved{Known: 1}); saved != want {
			t.Errorf("saved %+v, want %+v", saved, want)
		}
		if diff := cmp.Diff(before, find(t, s, e.URL)); diff != "" {
			t.Errorf("a second feed changed the item (-before +after):\n%s", diff)
		}
		other.Title = "PM, korrigiert"
		poll(t, s, second, monday.Add(2*time.Hour), other)
		sightings, err := s.Sightings(t.Context(), before.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := []feeds.Sighting{
			{Feed: "a.example", FeedURL: first.URL, GUID: "1", URL: e.URL, Title: "Pressemitteilung", Seen: monday, LastSeen: monday},
			{Feed: "b.example", FeedURL: second.URL, GUID: "b-77", URL: e.URL, Title: "PM, korrigiert",
				Seen: monday.Add(time.Hour), LastSeen: monday.Add(2 * time.Hour)},
		}
		if diff := cmp.Diff(want, sightings); diff != "" {
			t.Errorf("sightings (-want +got):\n%s", diff)
		}
		if n := feedOf(t, s, second.URL).Items; n != 1 {
			t.Errorf("the second feed carried %d items, want 1", n)
		}
	})
}

func TestOneLinkUnderTwoGUIDsOfOneFeed(t *testing.T) {
	cases := []struct {
		name  string
		title string
		items int
	}{
		{"same headline: one item", "Förderaufruf", 1},
		{"other headline: two items", "Zweiter Förderaufruf", 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, s *storage.Store) {
				feed := knownFeed(t, s, "https://a.example/feed")
				e := entry("1", "Förderaufruf", monday)
				poll(t, s, feed, monday, e)
				again := with(e, func(e *feeds.Entry) { e.GUID, e.Key, e.Title = "1-neu", "1-neu", c.title })
				poll(t, s, feed, monday.Add(time.Hour), again)
				for range 2 { // and stays so, whichever the feed gives
					poll(t, s, feed, monday.Add(2*time.Hour), e)
					poll(t, s, feed, monday.Add(3*time.Hour), again)
				}
				stats, err := s.Stats(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if stats.Items != c.items {
					t.Errorf("%d items, want %d", stats.Items, c.items)
				}
			})
		})
	}
}

func TestItemsOfOneDocumentThatShareAnAddressStayApart(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		shared := func(e *feeds.Entry) { e.URL, e.Link = "https://a.example/termine", "" }
		saved := poll(t, s, feed, monday,
			with(entry("1", "Termin eins", monday), shared), with(entry("2", "Termin zwei", monday), shared))
		if saved.New != 2 {
			t.Errorf("%d new items, want 2", saved.New)
		}
	})
}

func TestLongIdentitiesAreKeptApartAndFound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		long := "https://a.example/" + strings.Repeat("sehr-", 1000)
		one, two := entry("x", "Eins", monday), entry("y", "Zwei", monday)
		one.Key, one.Link, one.GUID = long+"1", long+"1", long+"1"
		two.Key, two.Link, two.GUID = long+"2", long+"2", long+"2"
		poll(t, s, feed, monday, one, two)
		if saved := poll(t, s, feed, monday, one, two); saved.Known != 2 {
			t.Errorf("second poll: %+v, want 2 known", saved)
		}
	})
}

func TestHostileTextIsStored(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		e := entry("1", "Nul\x00byte und \xff kaputt '; DROP TABLE items; --", monday)
		e.Tokens = []string{"o'brien", `back\slash`, `quo"te`, strings.Repeat("w", 3000), "", "nul\x00"}
		e.Categories = []string{"a\x00b"}
		feed.ETag, feed.LastModified = "\"\xff\"", "gestern"
		poll(t, s, feed, monday, e)
		if got, want := find(t, s, e.URL).Title, "Nulbyte und \uFFFD kaputt '; DROP TABLE items; --"; got != want {
			t.Errorf("title %q, want %q", got, want)
		}
		if f := feedOf(t, s, feed.URL); f.ETag != "" || f.LastModified != "" {
			t.Errorf("a validator that cannot be kept byte for byte was kept: %q, %q", f.ETag, f.LastModified)
		}
	})
}

func TestHostileDatesAreStored(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, 6, 1, 12, 0, 0, 0, time.UTC) }
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/feed")
		var entries []feeds.Entry
		for _, y := range []int{-4000, 0, 1, 800, 1582, 9999, 10000, 200000} {
			entries = append(entries, with(entry(fmt.Sprint("y", y), fmt.Sprint("Jahr ", y), year(y)), func(e *feeds.Entry) { e.Updated = year(y) }))
		}
		poll(t, s, feed, monday, entries...)
		for _, want := range []struct {
			name  string
			dated time.Time
		}{
			{"y1", year(1)}, {"y800", year(800)}, {"y1582", year(1582)},
			{"y-4000", monday}, {"y0", monday}, {"y9999", monday.Add(-24 * time.Hour)}, {"y10000", monday}, {"y200000", monday},
		} {
			if it := find(t, s, "https://a.example/"+want.name); !it.Dated.Equal(want.dated) {
				t.Errorf("%s is dated %s, want %s", it.Title, it.Dated, want.dated)
			}
		}
		items, _, err := s.Latest(t.Context(), "", 5, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Jahr 1582", "Jahr 800", "Jahr 1"}, titles(items)); diff != "" {
			t.Errorf("the oldest (-want +got):\n%s", diff)
		}
		if n, err := s.Count(t.Context(), parse(t, "Jahr"), time.Time{}); err != nil || n != 8 {
			t.Errorf("search finds %d, %v; want all 8", n, err)
		}
	})
}

func TestAPollOfManyItemsIsOneTransaction(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		var entries []feeds.Entry
		for i := range 600 { // more than one statement takes
			e := entry(fmt.Sprint(i), fmt.Sprintf("Meldung %d", i), monday)
			e.Tokens = []string{"meldung", fmt.Sprint("nr", i)}
			entries = append(entries, e)
		}
		if saved := poll(t, s, feed, monday, entries...); saved.New != 600 {
			t.Errorf("saved %+v, want 600 new", saved)
		}
		if saved := poll(t, s, feed, monday, entries...); saved.Known != 600 {
			t.Errorf("saved %+v, want 600 known", saved)
		}
		items, high, more, err := s.News(t.Context(), "digest:test", 0)
		if err != nil || !more || high != int64(len(items)) {
			t.Errorf("the first part of 600 news has %d, up to %d, %v", len(items), high, err)
		}
		all, high := news(t, s, 0)
		slices.Sort(all)
		if all = slices.Compact(all); len(all) != 600 || high != 600 {
			t.Errorf("%d headlines are news, up to %d; want 600", len(all), high)
		}
	})
}

func TestValidatorsAreNeverStoredWithoutTheItems(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		feed.ETag = `"neu"`
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.SavePoll(ctx, polled(feed, monday, entry("1", "Eins", monday))); err == nil {
			t.Fatal("a cancelled poll was stored")
		}
		if got := feedOf(t, s, feed.URL).ETag; got != "" {
			t.Errorf("validator %q is stored, its items are not", got)
		}
	})
}

func TestAFeedThatWasRemovedMeanwhileStoresNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		if err := s.RemoveFeed(t.Context(), feed.URL); err != nil {
			t.Fatal(err)
		}
		_, err := s.SavePoll(t.Context(), polled(feed, monday, entry("1", "Eins", monday)))
		if !errors.Is(err, feeds.ErrNotFound) {
			t.Errorf("got %v, want %v", err, feeds.ErrNotFound)
		}
		if _, err := s.Item(t.Context(), "https://a.example/1"); !errors.Is(err, feeds.ErrNotFound) {
			t.Errorf("its item: got %v, want %v", err, feeds.ErrNotFound)
		}
	})
}
