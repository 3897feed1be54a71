package feeds

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// brought is what a feed brought in so many polls, two items each, one poll a day.
func brought(polls int) (past []Past) {
	for p := range polls {
		for i := range 2 {
			n := 2*p + i
			at := t0.Add(-time.Duration(p+1) * 24 * time.Hour)
			past = append(past, Past{Item: int64(n + 1), Title: fmt.Sprint("Meldung Nummer ", n), URL: fmt.Sprint("https://alt.example/artikel/", n), Published: at, Seen: at, News: true})
		}
	}
	return past
}

// strangersOf are so many entries that the feed never had, dated at.
func strangersOf(n int, at time.Time) (list []Entry) {
	for i := range n {
		link := fmt.Sprint("https://alt.example/neu/", i)
		list = append(list, Entry{Item: Item{GUID: fmt.Sprint("neu-", i), Title: fmt.Sprint("Ganz neu ", i), URL: link, Published: at}, Key: fmt.Sprint("neu-", i), Link: link})
	}
	return list
}

// firstPoll is what a feed's first poll brought, none of it news.
func firstPoll(items int) (past []Past) {
	for n := range items {
		past = append(past, Past{Item: int64(n + 1), Title: fmt.Sprint("Altes ", n), URL: fmt.Sprint("https://alt.example/a/", n), Published: t0.Add(-100 * time.Hour), Seen: t0.Add(-50 * time.Hour)})
	}
	return past
}

// met says that all of it is in the document still.
func met(past []Past) []Past {
	for i := range past {
		past[i].Met = true
	}
	return past
}

// undated takes the dates off.
func undated(past []Past) []Past {
	for i := range past {
		past[i].Published = time.Time{}
	}
	return past
}

// onDays takes the time of day off the dates.
func onDays(past []Past) []Past {
	for i := range past {
		past[i].Published = past[i].Published.Truncate(24 * time.Hour)
	}
	return past
}

// underOtherNames are past items as a site that moved brings them again.
func underOtherNames(past []Past, change func(*Entry)) (list []Entry) {
	for _, p := range past {
		e := Entry{Item: Item{GUID: "g" + p.Title, Title: p.Title, URL: "https://neu.example/p/" + fmt.Sprint(p.Item*7), Published: p.Published}}
		change(&e)
		e.Key, e.Link = e.GUID, e.URL
		list = append(list, e)
	}
	return list
}

func TestTheFloodBrake(t *testing.T) {
	asIs := func(*Entry) {}
	now := func(e *Entry) { e.Published = t0 }
	for _, c := range []struct {
		name                string
		b                   Brake
		same, held, flooded int // how many; flooded: 1 is a flood
	}{
		{"fifty known titles under new names", Brake{Strangers: underOtherNames(brought(25), asIs)}, 50, 0, 1},
		{"the move dates all of them today", Brake{Strangers: underOtherNames(brought(25), now)}, 50, 0, 1},
		{"known paths on another host, with edited titles", Brake{Strangers: underOtherNames(brought(25), func(e *Entry) {
			e.Title, e.URL = "Neu: "+e.Title, "https://www.neu.example/artikel/"+e.Title[len("Meldung Nummer "):]
		})}, 50, 0, 1},
		{"known titles, and among them two of today", Brake{Strangers: append(underOtherNames(brought(25), asIs), strangersOf(2, t0)...)}, 50, 0, 1},
		{"known titles, and older ones that nobody had", Brake{Strangers: append(underOtherNames(brought(25), asIs), strangersOf(20, t0.Add(-90*24*time.Hour))...)}, 50, 20, 1},
		{"a move that dates all of them today, those too that nobody had", Brake{Strangers: append(underOtherNames(brought(25), now), strangersOf(20, t0)...)}, 50, 20, 1},
		{"a move that dates all of them today, those that nobody had, and one story after them",
			Brake{Strangers: append(underOtherNames(brought(25), now), append(strangersOf(20, t0), strangersOf(1, t0.Add(time.Minute))...)...)}, 50, 20, 1},
		{"a move that dates all of them today, and among them one story of today", Brake{Strangers: append(underOtherNames(brought(25), now), strangersOf(1, t0)...)}, 50, 0, 1},
		{"a move of a list without dates, a story on top and a page of old ones behind",
			Brake{Past: undated(brought(25)), Strangers: slices.Concat(strangersOf(1, time.Time{}), underOtherNames(undated(brought(25)), asIs), strangersOf(20, time.Time{}))}, 50, 20, 1},
		{"a move of a list without dates, and two new ones among them",
			Brake{Past: undated(brought(25)), Strangers: append(underOtherNames(undated(brought(25)), asIs), strangersOf(2, time.Time{})...)}, 50, 0, 1},
		{"two hundred at once, where nothing ever had a date", Brake{Past: undated(brought(25)), Strangers: strangersOf(200, time.Time{})}, 0, 180, 0},
		{"a small feed moves", Brake{Strangers: underOtherNames(brought(25)[:5], asIs)}, 5, 0, 1},
		{"one title comes again at the same instant", Brake{Strangers: underOtherNames(brought(25)[:1], asIs), Listed: 20}, 1, 0, 0},
		{"one title comes again a second later", Brake{Strangers: underOtherNames(brought(25)[:1], func(e *Entry) { e.Published = e.Published.Add(time.Second) }), Listed: 20}, 0, 0, 0},
		{"one title comes again at the same instant, and the first is still there", Brake{Past: met(brought(25)), Strangers: underOtherNames(brought(25)[:1], asIs), Listed: 20}, 0, 0, 0},
		{"one title comes again, of the same day", Brake{Past: onDays(brought(25)), Strangers: underOtherNames(onDays(brought(25))[:1], asIs), Listed: 20}, 0, 0, 0},
		{"twenty of sixty are known by title and instant, and the others are old",
			Brake{Strangers: append(underOtherNames(brought(25)[:20], asIs), strangersOf(40, t0.Add(-90*24*time.Hour))...)}, 20, 40, 0},
		{"three hundred of last month, beside all that the feed brought so far", Brake{Past: met(brought(25)), Strangers: strangersOf(300, t0.Add(-30*24*time.Hour)), Listed: 350}, 0, 300, 0},
		{"twelve pieces of breaking news", Brake{Strangers: strangersOf(12, t0)}, 0, 0, 0},
		{"twenty pieces of news", Brake{Strangers: strangersOf(20, t0)}, 0, 0, 0},
		{"two hundred at once, without dates", Brake{Strangers: strangersOf(200, time.Time{})}, 0, 200, 0},
		{"two hundred at once, all of today", Brake{Strangers: strangersOf(200, t0)}, 0, 180, 0},
		{"two hundred at once, of last year", Brake{Strangers: strangersOf(200, t0.Add(-300*24*time.Hour))}, 0, 200, 0},
		{"two hundred after four weeks away", Brake{Strangers: strangersOf(200, time.Time{}), LastSuccess: t0.Add(-28 * 24 * time.Hour)}, 0, 0, 0},
		{"four hundred of days ago, from a feed that brought little so far", Brake{Strangers: strangersOf(400, t0.Add(-48*time.Hour)), Past: brought(2)}, 0, 400, 0},
		{"four hundred of today, from a feed that brought little so far", Brake{Strangers: strangersOf(400, t0), Past: brought(2)}, 0, 300, 0},
		{"thirty of today, from a feed that brought little so far", Brake{Strangers: strangersOf(30, t0), Past: brought(2)}, 0, 0, 0},
		{"a page of old ones, from a feed whose first poll brought as many", Brake{Strangers: strangersOf(60, t0.Add(-72*time.Hour)), Past: firstPoll(25)}, 0, 0, 0},
		{"forty of any date, from a feed that was empty", Brake{Strangers: strangersOf(40, t0.Add(-72*time.Hour)), Past: []Past{}}, 0, 0, 0},
		{"no link and another GUID, by title and day", Brake{Strangers: underOtherNames(brought(25)[:1], func(e *Entry) { e.URL = "" }), Listed: 20}, 1, 0, 0},
		{"no link and another GUID, on another day", Brake{Strangers: underOtherNames(brought(25)[:1], func(e *Entry) { e.URL, e.Published = "", t0 }), Listed: 20}, 0, 0, 0},
		{"GUIDs and links that change with every poll", Brake{Strangers: underOtherNames(brought(25)[:1], asIs), Listed: 20, Unstable: 2}, 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.b
			b.At = t0
			if b.Past == nil {
				b.Past = brought(25)
			}
			if b.Listed == 0 {
				b.Listed = len(b.Strangers)
			}
			if b.LastSuccess.IsZero() {
				b.LastSuccess = t0.Add(-time.Hour)
			}
			got := b.Decide()
			same, held := 0, 0
			for i := range b.Strangers {
				if got.Same[i] >= 0 {
					same++
				}
				if got.Held[i] {
					held++
				}
				if got.Same[i] >= 0 && got.Held[i] {
					t.Errorf("%q is known and held", b.Strangers[i].Title)
				}
			}
			if same != c.same || held != c.held || got.Flood != (c.flooded == 1) {
				t.Errorf("%d known, %d held, flood %t; want %d, %d, %t", same, held, got.Flood, c.same, c.held, c.flooded == 1)
			}
		})
	}
}

// A flood never takes two entries for one item, nor one for the wrong one.
func TestTheFloodBrakeMapsEachToItsOwn(t *testing.T) {
	past := brought(25)
	list := underOtherNames(past, func(*Entry) {})
	list = append(list, list[0])
	got := Brake{Strangers: list, Past: past, Listed: len(list), At: t0, LastSuccess: t0}.Decide()
	for i := range past {
		if got.Same[i] != i {
			t.Errorf("%q is taken for the item at %d, want %d", list[i].Title, got.Same[i], i)
		}
	}
	if got.Same[50] != -1 {
		t.Errorf("a second %q is taken for the same item", list[50].Title)
	}
}

func TestNamesOfUnstableFeeds(t *testing.T) {
	items := []Entry{
		{Item: Item{GUID: "1?s=x", Title: "A", Published: t0}, Key: "1?s=x", Link: "https://a.example/1"},
		{Item: Item{GUID: "2?s=x", Title: "B", Published: t0}, Key: "2?s=x"},
		{Item: Item{GUID: "3?s=x", Title: "C"}, Key: "3?s=x"},
		{Item: Item{GUID: "4?s=x", Title: "C"}, Key: "4?s=x"},
	}
	for unstable, want := range map[int][]string{
		0: {"1?s=x", "2?s=x", "3?s=x", "4?s=x"}, 1: {"1?s=x", "2?s=x", "3?s=x", "4?s=x"},
		2: {"https://a.example/1", "title:B|2026-11-16", "3?s=x", "4?s=x"},
	} {
		for i, e := range (Poll{Feed: Feed{Unstable: unstable}, Items: items}).Named() {
			if e.Key != want[i] {
				t.Errorf("after %d polls %q goes by %q, want %q", unstable, e.Title, e.Key, want[i])
			}
		}
	}
	for _, c := range []struct{ before, renamed, same, want int }{{0, 5, 0, 1}, {1, 5, 2, 2}, {1, 2, 5, 0}, {1, 0, 0, 1}, {2, 0, 9, 2}} {
		if got := (Feed{Unstable: c.before}).Stability(c.renamed, c.same); got != c.want {
			t.Errorf("%d, then %d renamed and %d as before: %d, want %d", c.before, c.renamed, c.same, got, c.want)
		}
	}
}
