package feeds_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds"
)

// titles gives what is in the store, in the alphabet's order.
func (tr *trial) titles() []string {
	tr.Helper()
	var out []string
	for _, it := range tr.items() {
		out = append(out, it.Title)
	}
	slices.Sort(out)
	return out
}

func (tr *trial) has(want ...string) {
	tr.Helper()
	if got := tr.titles(); !slices.Equal(got, want) {
		tr.Errorf("in the store: %q, want %q", got, want)
	}
}

// TestEntitiesAreNotExpanded: a billion laughs stay unlaughed, and no entity
// reads a file or an address.
func TestEntitiesAreNotExpanded(t *testing.T) {
	var fetched atomic.Int32
	tr := newTrial(t)
	tr.mux.HandleFunc("/x.dtd", func(http.ResponseWriter, *http.Request) { fetched.Add(1) })
	laughs := `<!DOCTYPE rss [<!ENTITY a0 "ha">`
	for n := 1; n < 30; n++ {
		laughs += fmt.Sprintf(`<!ENTITY a%d "&a%d;&a%[2]d;&a%[2]d;&a%[2]d;&a%[2]d;&a%[2]d;&a%[2]d;&a%[2]d;&a%[2]d;&a%[2]d;">`, n, n-1)
	}
	tr.follow("/lachen", body(laughs+`]>`+feedOf(`<item><title>Lachen &a29; eins</title><guid>l</guid></item>`)))
	tr.follow("/fremd", body(`<!DOCTYPE rss SYSTEM "`+tr.server.URL+`/x.dtd" [<!ENTITY % p SYSTEM "`+tr.server.URL+`/x.dtd">%p;<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY h SYSTEM "`+tr.server.URL+`/x.dtd">]>`+
		feedOf(`<item><title>Fremd &f;&h; zwei</title><guid>f</guid></item>`)))
	bounded(t, 5*time.Second, 64<<20, func() { tr.poll() })
	all := strings.Join(tr.titles(), "|")
	if len(tr.items()) != 2 || strings.Contains(all, "haha") || strings.Contains(all, "root:") || fetched.Load() != 0 {
		t.Errorf("in the store: %.300q, %d addresses fetched", all, fetched.Load())
	}
}

// TestDocumentsThatEatTimeOrStack: what costs gofeed alone its life, or
// minutes, is refused at once or read in seconds.
func TestDocumentsThatEatTimeOrStack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	spaces := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ` xmlns:n%d="urn:%d"`, i, i)
		}
		return b.String()
	}
	item := `<item><title>Eins</title><guid>1</guid></item>`
	for name, c := range map[string]struct {
		body string
		read bool
	}{
		"two million elements deep":           {nested(), false},
		"two million elements deep in Atom":   {`<feed xmlns="http://www.w3.org/2005/Atom"><entry>` + strings.Repeat("<b>", 2_000_000), false},
		"arrays two million deep":             {`{"version":"https://jsonfeed.org/version/1.1","items":` + strings.Repeat("[", 2_000_000), false},
		"5,000 namespaces on the channel":     {`<rss version="2.0"><channel` + spaces(5000) + `><title>x</title>` + strings.Repeat(item, 20_000) + `</channel></rss>`, false},
		"5,000 namespaces on the root":        {`<rss version="2.0"` + spaces(5000) + `><channel>` + item + `</channel></rss>`, false},
		"10,000 bases inside each other":      {`<rss version="2.0"><channel>` + strings.Repeat(`<a xml:base="b/">`, 10_000), false},
		"a million attributes":                {`<rss version="2.0"><channel><item ` + strings.Repeat(`a="" `, 1_000_000) + `/></channel></rss>`, false},
		"a million categories":                {feedOf(`<item><title>Eins</title><guid>1</guid>` + strings.Repeat("<category/>", 900_000) + `</item>`), false},
		"five million ampersands":             {feedOf(`<item><title>Eins</title><guid>1</guid><description>` + strings.Repeat("&", 5_000_000) + `</description></item>`), false},
		"200,000 nested tags in a teaser":     {feedOf(`<item><title>Eins</title><guid>1</guid><description><![CDATA[` + strings.Repeat("<b>", 200_000) + `]]></description></item>`), true},
		"9 MB of teaser":                      {feedOf(`<item><title>Eins</title><guid>1</guid><description>` + strings.Repeat("Satz. ", 1_500_000) + `</description></item>`), true},
		"half a million unfinished comments":  {`<rss version="2.0"><channel>` + strings.Repeat("<!--", 500_000), false},
		"half a million unfinished CDATA":     {`<rss version="2.0"><channel>` + strings.Repeat("<![CDATA[", 500_000), false},
		"half a million items without an end": {`<rss version="2.0"><channel>` + strings.Repeat("<item><title>x", 500_000), false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(t)
			tr.follow("/feed", body(c.body))
			tr.follow("/heil", body(feedOf(portal)))
			var reports map[string]feeds.Report
			bounded(t, 10*time.Second, 600<<20, func() { reports = tr.poll() })
			if c.read && reports["/feed"].New != 1 || reports["/heil"].New != 1 {
				t.Errorf("%+v", reports)
			}
			if len(tr.items()) > 5_001 {
				t.Errorf("%d items are in the store", len(tr.items()))
			}
		})
	}
}

// TestHundredThousandItems: at most 5,000 are read, the first ones; those that
// stand in the feed later are not lost when they move up.
func TestHundredThousandItems(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	tr := newTrial(t)
	tr.follow("/masse", turns(crowd(100_000), crowd(100_000)+" ", feedOf(portal)))
	bounded(t, 20*time.Second, 1200<<20, func() {
		if r := tr.poll()["/masse"]; r.New+r.Held > 5_000 || r.New+r.Held < 500 {
			t.Errorf("first poll: %+v", r)
		}
	})
	before := len(tr.items())
	if r := tr.poll()["/masse"]; r.New != 0 {
		t.Errorf("the same again: %+v", r)
	}
	if r := tr.poll()["/masse"]; r.New != 1 || len(tr.items()) != before+1 {
		t.Errorf("an ordinary feed after that: %+v", r)
	}
}

// TestTitleOfTenMegabytes: 64 KB of it are kept.
func TestTitleOfTenMegabytes(t *testing.T) {
	tr := newTrial(t)
	tr.follow("/lang", turns(feedOf(`<item><title>`+strings.Repeat("Amt ", 2_400_000)+`</title><guid>lang</guid></item>`),
		feedOf(`<item><title>`+strings.Repeat("Amt ", 2_400_000)+` Ende</title><guid>lang</guid></item>`)))
	tr.poll()
	tr.poll()
	if list := tr.items(); len(list) != 1 || len(list[0].Title) > 64<<10 || !strings.HasPrefix(list[0].Title, "Amt Amt Amt") {
		t.Errorf("%d items", len(list))
	}
}

// TestDatesThatCannotBe: the future never leads a list, the epoch is no date,
// and an item without one keeps the day on which it was first seen.
func TestDatesThatCannotBe(t *testing.T) {
	dated := func(name, date string) string {
		if date != "" {
			date = "<pubDate>" + date + "</pubDate>"
		}
		return `<item><title>` + name + `</title><guid>` + name + `</guid>` + date + `</item>`
	}
	list := dated("2099", "Thu, 31 Dec 2099 23:59:59 GMT") + dated("Morgen", "Wed, 18 Nov 2026 08:00:00 GMT") + dated("Epoche", "Thu, 01 Jan 1970 00:00:00 GMT") +
		dated("Jahr eins", "0001-01-01T00:00:00Z") + dated("Ohne", "") + dated("Unsinn", "gestern um acht") + dated("Schaltsekunde", "Mon, 16 Nov 2026 05:59:60 GMT") +
		dated("Heute", "Mon, 16 Nov 2026 08:30:00 GMT") + dated("Sommerzeit", "So, 25 Okt 2026 02:30:00 MESZ") + dated("Winterzeit", "So, 25 Okt 2026 02:30:00 MEZ")
	tr := newTrial(t)
	tr.follow("/daten", turns(feedOf(list), feedOf(list+portal), feedOf(list+portal+lehre)))
	tr.poll()
	seen := tr.clock
	first := tr.items()
	for _, it := range first {
		if it.Dated.After(seen) || it.Dated.Year() < 2026 {
			t.Errorf("%s is dated %v", it.Title, it.Dated)
		}
		switch it.Title {
		case "Epoche", "Jahr eins", "Ohne", "Unsinn":
			if !it.Published.IsZero() || !it.Dated.Equal(seen) {
				t.Errorf("%s: published %v, dated %v", it.Title, it.Published, it.Dated)
			}
		case "Schaltsekunde":
			if want := time.Date(2026, 11, 16, 5, 59, 59, 0, time.UTC); !it.Published.Equal(want) && !it.Published.Equal(want.Add(time.Second)) {
				t.Errorf("23:59:60 is %v", it.Published)
			}
		case "Sommerzeit", "Winterzeit":
			if want := map[string]int{"Sommerzeit": 0, "Winterzeit": 1}[it.Title]; it.Published.Hour() != want || it.Published.Minute() != 30 {
				t.Errorf("half past two in %s is %v", it.Title, it.Published)
			}
		case "2099":
			if it.Published.Year() != 2099 {
				t.Errorf("what the feed says is forgotten: %v", it.Published)
			}
		}
	}
	if first[0].Title == "2099" || first[0].Title == "Morgen" {
		t.Errorf("%s leads the list", first[0].Title)
	}
	tr.poll()
	tr.poll()
	for _, it := range tr.items() {
		for _, old := range first {
			if it.Title == old.Title && !it.Dated.Equal(old.Dated) {
				t.Errorf("%s moved from %v to %v", it.Title, old.Dated, it.Dated)
			}
		}
	}
}

// reading is one item of three readings of a feed.
func reading(title, link, guid, date string) string {
	s := `<item><title>` + title + `</title>`
	if link != "" {
		s += `<link>` + link + `</link>`
	}
	if guid != "" {
		s += `<guid isPermaLink="false">` + guid + `</guid>`
	}
	if date != "" {
		s += `<pubDate>` + date + `</pubDate>`
	}
	return s + `</item>`
}

// sessions gives four items whose GUIDs and addresses are good for one visit.
func sessions(n int) string {
	s := ""
	for i, title := range []string{"Eins", "Zwei", "Drei", "Vier"} {
		s += reading(title, fmt.Sprintf("https://a.example/%d?sid=%d", i, n), fmt.Sprintf("s-%d-%d", n, i), "Mon, 16 Nov 2026 08:30:00 GMT")
	}
	return s
}

// TestItemsAreKnownAgain: what identifies an item when its publisher does not know.
func TestItemsAreKnownAgain(t *testing.T) {
	const today, later = "Mon, 16 Nov 2026 08:30:00 GMT", "Mon, 16 Nov 2026 11:45:00 GMT"
	for name, c := range map[string]struct {
		readings []string
		want     []string
	}{
		"by its GUID, whatever its address": {[]string{
			reading("Eins", "https://a.example/1", "g1", today), reading("Eins", "https://a.example/neu/1?x=2", "g1", today), reading("Eins", "https://b.example/1", "g1", today),
		}, []string{"Eins"}},
		"by its address, where the GUID changes with every poll": {[]string{
			reading("Eins", "https://a.example/1", "s-1", today), reading("Eins", "https://a.example/1", "s-2", today), reading("Eins", "https://a.example/1", "s-3", today),
		}, []string{"Eins"}},
		"by title and day, where GUID and address change with every poll": {[]string{sessions(1), sessions(2), sessions(3), sessions(4)}, []string{"Drei", "Eins", "Vier", "Zwei"}},
		"by its address without tracking": {[]string{
			reading("Eins", "https://a.example/1?utm_source=rss", "", today), reading("Eins", "https://A.example:443/1?wt_mc=x#oben", "", today), reading("Eins", "https://a.example/1", "", today),
		}, []string{"Eins"}},
		"by title and day, where there is nothing else": {[]string{
			reading("Eins", "", "", today), reading("Eins", "", "", later), reading("Eins", "", "", today),
		}, []string{"Eins"}},
		"not at all by a parameter that makes the page": {[]string{
			reading("Eins", "https://a.example/?p=1", "", today) + reading("Zwei", "https://a.example/?p=2", "", today),
		}, []string{"Eins", "Zwei"}},
		"one by one, where all have the same GUID": {[]string{
			reading("Eins", "https://a.example/1", "alle", today) + reading("Zwei", "https://a.example/2", "alle", today),
			reading("Drei", "https://a.example/3", "alle", today) + reading("Eins", "https://a.example/1", "alle", today) + reading("Zwei", "https://a.example/2", "alle", today),
		}, []string{"Drei", "Eins", "Zwei"}},
		"by its title, where all have the same GUID and address": {[]string{
			reading("Eins", "https://a.example/", "alle", today) + reading("Zwei", "https://a.example/", "alle", today),
			reading("Drei", "https://a.example/", "alle", today) + reading("Eins", "https://a.example/", "alle", today) + reading("Zwei", "https://a.example/", "alle", today),
		}, []string{"Drei", "Eins", "Zwei"}},
		"as itself, when its headline is mended": {[]string{
			reading("Eins", "https://a.example/1", "g1", today), reading("Eins!", "https://a.example/1", "g1", today),
		}, []string{"Eins!"}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(t)
			var documents []string
			for _, r := range c.readings {
				documents = append(documents, feedOf(r))
			}
			tr.follow("/feed", turns(documents...))
			for range documents {
				if r := tr.poll()["/feed"]; r.Outcome == feeds.OutcomeFailed {
					t.Fatalf("%+v", r)
				}
			}
			tr.has(c.want...)
			if n := tr.news(); n != len(c.want) {
				t.Errorf("%d items were news", n)
			}
		})
	}
}

// TestOldAddressStaysAName: an item whose address changed is found under both,
// and a second feed that still has the old one carries the same item.
func TestOldAddressStaysAName(t *testing.T) {
	tr := newTrial(t)
	tr.follow("/feed", turns(feedOf(reading("Eins", "https://a.example/?p=1", "g1", "")), feedOf(reading("Eins", "https://a.example/eins", "g1", ""))))
	tr.poll()
	tr.poll()
	tr.follow("/zweiter", body(feedOf(reading("Eins", "https://a.example/?p=1", "x", ""))))
	tr.poll()
	tr.has("Eins")
	for _, address := range []string{"https://a.example/?p=1", "https://a.example/eins", "a.example/eins"} {
		if it, err := tr.store.Item(t.Context(), address); err != nil || it.Title != "Eins" || it.URL != "https://a.example/eins" {
			t.Errorf("%s: %+v, %v", address, it.URL, err)
		}
	}
}
