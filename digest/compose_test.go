package digest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// outline writes a digest as "OZG: a b | Wallet: c".
func outline(d Digest) string {
	var parts []string
	for _, s := range d.Sections {
		text := s.Title + ":"
		for _, it := range s.Items {
			text += " " + it.Title
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " | ")
}

func TestCompose(t *testing.T) {
	noon := moment(t, "2026-11-20 12:00 CET")
	item := func(title string, minutes int, news int64, topics ...string) feeds.Item {
		it := newItem(title, noon.Add(time.Duration(minutes)*time.Minute), topics...)
		it.ID, it.News = news, news
		return it
	}
	topic := func(names ...string) (rules []Rule) {
		for _, n := range names {
			rules = append(rules, Rule{Title: n, Topic: n})
		}
		return rules
	}
	cases := []struct {
		name  string
		rules []Rule
		items []feeds.Item
		want  string
		quiet []string
	}{
		{"sections are in the order of the rules", topic("OZG", "Wallet"),
			[]feeds.Item{item("w", 0, 1, "Wallet"), item("o", 0, 2, "OZG")}, "OZG: o | Wallet: w", nil},
		{"an item in two topics stands once, under the first", topic("OZG", "Wallet"),
			[]feeds.Item{item("both", 0, 1, "Wallet", "OZG"), item("w", 0, 2, "Wallet")}, "OZG: both | Wallet: w", nil},
		{"a topic whose only item stands elsewhere is not without a hit", topic("OZG", "Wallet", "KI"),
			[]feeds.Item{item("both", 0, 1, "Wallet", "OZG")}, "OZG: both", []string{"KI"}},
		{"the newest is first", topic("OZG"),
			[]feeds.Item{item("old", -5, 3, "OZG"), item("new", 5, 1, "OZG"), item("middle", 0, 2, "OZG")}, "OZG: new middle old", nil},
		{"of two from one minute the later found is first", topic("OZG"),
			[]feeds.Item{item("found first", 0, 1, "OZG"), item("found last", 0, 2, "OZG")}, "OZG: found last found first", nil},
		{"what no rule takes is left out", topic("OZG"),
			[]feeds.Item{item("x", 0, 1), item("y", 0, 2, "Wallet")}, "", []string{"OZG"}},
		{"all takes the rest", []Rule{{Title: "OZG", Topic: "OZG"}, {Title: "Rest", All: true}},
			[]feeds.Item{item("x", 0, 1), item("o", 0, 2, "OZG")}, "OZG: o | Rest: x", nil},
		{"what was there before a rule is not for it", []Rule{{Title: "OZG", Topic: "OZG", After: 7}},
			[]feeds.Item{item("before", 0, 7, "OZG"), item("after", 0, 8, "OZG")}, "OZG: after", nil},
		{"an older subscription takes what a newer one may not", []Rule{{Title: "new", Topic: "OZG", After: 7}, {Title: "old", Topic: "OZG", After: 3}},
			[]feeds.Item{item("five", 0, 5, "OZG")}, "old: five", []string{"new"}},
		{"an item without rank is composed too, as for a day gone by", topic("OZG"),
			[]feeds.Item{item("x", 0, 0, "OZG")}, "OZG: x", nil},
		{"nothing new", topic("OZG", "Wallet"), nil, "", []string{"OZG", "Wallet"}},
		{"a digest without rules is empty", nil, []feeds.Item{item("x", 0, 1, "OZG")}, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.items)
			d := Compose(Plan{Name: "digest:morgen", Rules: c.rules}, c.items, nil, noon.Add(-day), noon)
			if got := outline(d); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if !slices.Equal(d.Coverage.Quiet, c.quiet) {
				t.Errorf("quiet %q, want %q", d.Coverage.Quiet, c.quiet)
			}
			if d.Plan.Name != "digest:morgen" || !d.At.Equal(noon) || !d.To.Equal(noon) || !d.From.Equal(noon.Add(-day)) {
				t.Errorf("covers %s to %s, at %s", d.From, d.To, d.At)
			}
			for i := range before {
				if before[i].ID != c.items[i].ID {
					t.Error("the caller's items were moved")
				}
			}
		})
	}
}

func TestCoverageSaysWhatSilenceMeans(t *testing.T) {
	noon := moment(t, "2026-11-20 12:00 CET")
	feed := func(url string, state feeds.State, since time.Duration, polled bool) feeds.Feed {
		f := feeds.Feed{URL: url, State: state}
		if since > 0 {
			f.Since = noon.Add(-since)
		}
		if polled {
			f.LastSuccess = noon.Add(-time.Minute)
		}
		return f
	}
	list := []feeds.Feed{
		feed("fine", feeds.StateOK, 0, true), feed("slow", feeds.StateSlow, 0, true),
		feed("silent", feeds.StateSilent, 0, true), feed("moved", feeds.StateMoved, 0, true),
		feed("new", feeds.StateNew, 0, false), feed("fine by name alone", feeds.StateOK, 0, false),
		feed("broken, nobody knows since when", feeds.StateFailing, 0, true),
		feed("broken today", feeds.StateFailing, time.Hour, true),
		feed("gone this week", feeds.StateGone, 3*day, true),
		feed("broken for a month", feeds.StateFailing, 30*day, false),
	}
	c := Compose(Plan{}, nil, list, time.Time{}, noon).Coverage
	if c.Sources != 10 || c.Checked != 4 {
		t.Errorf("%d of %d checked, want 4 of 10", c.Checked, c.Sources)
	}
	var broken []string
	for _, f := range c.Broken {
		broken = append(broken, f.URL)
	}
	if want := "broken for a month, gone this week, broken today, broken, nobody knows since when"; strings.Join(broken, ", ") != want {
		t.Errorf("broken: %s", strings.Join(broken, ", "))
	}
}

func TestDayDigestCoversThatDay(t *testing.T) {
	from, to := moment(t, "2026-11-19 00:00 CET"), moment(t, "2026-11-20 00:00 CET")
	it := newItem("eins", from.Add(time.Hour), "OZG")
	it.News = 1
	d := DayDigest(morgen(t, "C1", "OZG"), []feeds.Item{it}, nil, from, to)
	if !d.From.Equal(from) || !d.To.Equal(to) || d.Count() != 1 {
		t.Errorf("%d items from %s to %s", d.Count(), d.From, d.To)
	}
}

func benchmarkItems(n int) []feeds.Item {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	items := make([]feeds.Item, n)
	for i := range items {
		items[i] = newItem(fmt.Sprintf("Land führt Dienst %d ein", i), now.Add(-time.Duration(i*7919%1440)*time.Minute), fmt.Sprintf("Thema %d", i%12))
		items[i].ID, items[i].News = int64(i+1), int64(i+1)
		items[i].Summary = "Das Ministerium hat den Zuschlag erteilt; die Kommunen sollen im nächsten Jahr folgen."
	}
	return items
}

func BenchmarkCompose(b *testing.B) {
	items := benchmarkItems(1000)
	p := Plan{Name: "digest:morgen"}
	for i := range 10 {
		name := fmt.Sprintf("Thema %d", i)
		p.Rules = append(p.Rules, Rule{Title: name, Topic: name})
	}
	for b.Loop() {
		if d := Compose(p, items, nil, time.Time{}, time.Time{}); d.Count() < 800 {
			b.Fatalf("%d items", d.Count())
		}
	}
}

func mustParse(t testing.TB, query string) *keyword.Query {
	t.Helper()
	q, err := keyword.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// itemsOf makes items that follow each other by a minute.
func itemsOf(first time.Time, titles ...string) []feeds.Item {
	var out []feeds.Item
	for i, title := range titles {
		it := newItem(title, first.Add(time.Duration(i)*time.Minute))
		it.ID, it.News = int64(i+1), int64(i+1)
		out = append(out, it)
	}
	return out
}

func BenchmarkComposeQueries(b *testing.B) {
	items := benchmarkItems(1000)
	p := Plan{Name: "daily:C1"}
	for _, q := range []string{"Wallet", "Zuschlag NOT Kommunen", `"Dienst 77"`, "Ministerium"} {
		p.Rules = append(p.Rules, Rule{Title: q, Query: mustParse(b, q)})
	}
	for b.Loop() {
		if d := Compose(p, items, nil, time.Time{}, time.Time{}); d.Count() != len(items) {
			b.Fatalf("%d items", d.Count())
		}
	}
}
