package storage_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

// search gives the titles of a page, and whether there is another one.
func search(t testing.TB, s *storage.Store, query string, offset, limit int) ([]string, bool) {
	t.Helper()
	found, more, err := s.Search(t.Context(), parse(t, query), monday, offset, limit)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = f.Title
	}
	return out, more
}

func TestSearchGivesTheBestFirst(t *testing.T) {
	day := 24 * time.Hour
	items := []feeds.Entry{
		entry("1", "OZG-Umsetzung stockt", monday.Add(-20*day)),
		with(entry("2", "Kommunen klagen", monday), func(e *feeds.Entry) { e.Summary = "Das OZG überfordert viele." }),
		entry("3", "Lozgenfest in der Stadt", monday),
		entry("4", "OZG: Rückblick auf das Jahr", monday.Add(-400*day)),
		with(entry("5", "Neue Dienste", monday), func(e *feeds.Entry) { e.Categories = []string{"OZG"} }),
		entry("6", "Blockchaintechnologie im Amt", monday),
		entry("7", "Förderung für Straßen und Brücken", monday.Add(-time.Hour)),
	}
	cases := []struct {
		name, query string
		want        []string
	}{
		{"a headline before the outlet's keywords before the text, unless it is old", "OZG",
			[]string{"OZG-Umsetzung stockt", "Neue Dienste", "Kommunen klagen", "OZG: Rückblick auf das Jahr"}},
		{"part of a compound", "Blockchain", []string{"Blockchaintechnologie im Amt"}},
		{"umlaut and sharp s", "Straße", []string{"Förderung für Straßen und Brücken"}},
		{"all words", "Förderung Brücken", []string{"Förderung für Straßen und Brücken"}},
		{"either word, all of equal weight", "Blockchain OR Förderung", []string{"Blockchaintechnologie im Amt", "Förderung für Straßen und Brücken"}},
		{"nothing has it", "Quantenrechner", []string{}},
		{"nothing has both", "OZG Quantenrechner", []string{}},
	}
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := addFeed(t, s, "https://a.example/feed") // a first poll: dates are believed
		for i := range items {
			items[i].Tokens = keyword.Analyse(items[i].Text()).Tokens()
		}
		poll(t, s, feed, monday, items...)
		for _, c := range cases {
			got, more := search(t, s, c.query, 0, 10)
			if diff := cmp.Diff(c.want, got); diff != "" || more {
				t.Errorf("%s: %s: more %v (-want +got):\n%s", c.name, c.query, more, diff)
			}
		}
	})
}

func TestSearchPagesThroughEverythingOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		var entries []feeds.Entry
		for i := range 700 {
			entries = append(entries, entry(fmt.Sprint(i), fmt.Sprintf("Register Nummer %d", i), time.Time{}))
		}
		poll(t, s, feed, monday, entries...)
		seen := map[string]bool{}
		for offset, more := 0, true; more; offset += 70 {
			var page []string
			page, more = search(t, s, "Register", offset, 70)
			for _, title := range page {
				if seen[title] {
					t.Fatalf("%q is on two pages", title)
				}
				seen[title] = true
			}
		}
		if len(seen) != 700 {
			t.Errorf("%d items on all pages, want 700", len(seen))
		}
		if page, more := search(t, s, "Register", 700, 5); len(page) != 0 || more {
			t.Errorf("behind the last page: %q, %v", page, more)
		}
	})
}

func TestSearchSaysWhyAndWhatTopicsAnItemHas(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		e := matching(entry("1", "Das OZG kommt", monday), "OZG", "Gesetze")
		poll(t, s, feed, monday, e)
		found, _, err := s.Search(t.Context(), parse(t, "OZG"), monday, 0, 1)
		if err != nil || len(found) != 1 {
			t.Fatalf("found %d, %v", len(found), err)
		}
		want := keyword.Hit{Term: "OZG", Text: "OZG", In: "title", Start: 4, End: 7}
		if len(found[0].Hits) == 0 || found[0].Hits[0] != want {
			t.Errorf("hits %+v, want %+v first", found[0].Hits, want)
		}
		if diff := cmp.Diff(e.Matches, found[0].Matches); diff != "" {
			t.Errorf("topics (-want +got):\n%s", diff)
		}
	})
}

func TestSearchFollowsChanges(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday, entry("1", "Das Register kommt", monday))
		if got, _ := search(t, s, "Register", 0, 5); len(got) != 1 {
			t.Fatalf("found %q", got)
		}
		poll(t, s, feed, monday.Add(time.Hour), entry("1", "Die Zugspitze bleibt", monday))
		if got, _ := search(t, s, "Register", 0, 5); len(got) != 0 {
			t.Errorf("what the headline said before is found: %q", got)
		}
		if got, _ := search(t, s, "Zugspitze", 0, 5); len(got) != 1 {
			t.Errorf("what the headline says now is not found")
		}
	})
}

func TestCountOfTheLastDays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		day := 24 * time.Hour
		fresh := addFeed(t, s, "https://b.example/feed")
		poll(t, s, fresh, monday, entry("0", "Altes zum Register", monday.Add(-300*day)))
		feed := knownFeed(t, s, "https://a.example/feed")
		for i := range 5 {
			at := monday.Add(-time.Duration(i*10) * day)
			poll(t, s, feed, at, entry(fmt.Sprint("r", i), "Neues zum Register", at), entry(fmt.Sprint("x", i), "Anderes", at))
		}
		for since, want := range map[time.Duration]int{0: 1, 25 * day: 3, 30 * day: 4, 1000 * day: 6} {
			got, err := s.Count(t.Context(), parse(t, "Register"), monday.Add(-since))
			if err != nil || got != want {
				t.Errorf("since %s: %d, %v; want %d", since, got, err, want)
			}
		}
	})
}

// TestSearchAgreesWithMatch asks random questions of a random archive: search
// must give exactly what the queries accept, on both databases.
func TestSearchAgreesWithMatch(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		r := rand.New(rand.NewPCG(seed, 1))
		feed := knownFeed(t, s, "https://a.example/feed")
		var entries []feeds.Entry
		for i := range 300 {
			entries = append(entries, randomEntry(r, i))
		}
		poll(t, s, feed, monday, entries...)
		docs := make([]*keyword.Document, len(entries))
		for i, e := range entries {
			docs[i] = keyword.Analyse(find(t, s, e.URL).Text())
		}
		for range 60 {
			text := randomQuery(r, 2)
			q, err := keyword.Parse(text)
			if err != nil {
				continue // such as a query of nothing but NOT
			}
			var want []string
			for i, doc := range docs {
				if _, ok := q.Match(doc); ok {
					want = append(want, entries[i].GUID)
				}
			}
			found, _, err := s.Search(t.Context(), q, monday, 0, 1000)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got := make([]string, 0, len(found))
			for _, f := range found {
				got = append(got, f.GUID)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s: search gives %v, match accepts %v", text, got, want)
			}
			if n, err := s.Count(t.Context(), q, time.Time{}); err != nil || n != len(want) {
				t.Errorf("%s: count %d, %v; want %d", text, n, err, len(want))
			}
		}
	})
}

var someWords = strings.Fields(`OZG OZG-Umsetzung Onlinezugangsgesetz Register Registermodernisierung Verwaltung
	Verwaltungsdigitalisierung Digitalisierung Straße Strasse Straßenbau Förderung Forderung Förderungen Kommune Kommunen
	kommunale Landes- und Kommunal-IT KI EU EU-Kommission Blockchain Blockchaintechnologie Bürger:innen Häuser Haus Rathaus
	Rathäuser der die das ist neu E-Akte eAkte Größe Übung 2026 5G Netz Netze Netzausbau`)

func randomEntry(r *rand.Rand, i int) feeds.Entry {
	pick := func(n int) string {
		out := make([]string, n)
		for i := range out {
			out[i] = someWords[r.IntN(len(someWords))]
		}
		return strings.Join(out, " ")
	}
	e := entry(fmt.Sprint(i), pick(1+r.IntN(5)), monday)
	e.Summary, e.Source = pick(r.IntN(12)), "a.example"
	if r.IntN(3) == 0 {
		e.Categories = []string{pick(1)}
	}
	e.Tokens = keyword.Analyse(e.Text()).Tokens()
	return e
}

func randomQuery(r *rand.Rand, depth int) string {
	word := func() string { return someWords[r.IntN(len(someWords))] }
	if depth == 0 || r.IntN(3) == 0 {
		switch r.IntN(6) {
		case 0:
			return `"` + word() + " " + word() + `"`
		case 1:
			w := []rune(strings.Trim(word(), "-"))
			return string(w[:max(min(3, len(w)), len(w)/2)]) + "*"
		default:
			return word()
		}
	}
	a, b := randomQuery(r, depth-1), randomQuery(r, depth-1)
	return []string{"(" + a + " " + b + ")", "(" + a + " OR " + b + ")", "(" + a + " NOT " + b + ")"}[r.IntN(3)]
}
