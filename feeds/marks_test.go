package feeds

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is a feed whose head changes with every build, as most do.
type told struct {
	head  string
	items []string
}

func (f told) String() string {
	return `<rss version="2.0"` + f.head + `><channel><title>Amtsblatt</title><link>https://amt.example/</link>` + strings.Join(f.items, "\n") + `</channel></rss>`
}

func told1(id, title string) string {
	return `<item><title>` + title + `</title><link>https://amt.example/` + id + `</link><guid isPermaLink="false">` + id + `</guid></item>`
}

func dated1(id, date string) string {
	return strings.Replace(told1(id, id), "</item>", "<pubDate>"+date+"</pubDate></item>", 1)
}

const base = "https://amt.example/feed.xml"

// TestKnownItemsAreSkipped: what the marks of a first body make of a second
// one. left is what is read of it; skipped is what is not.
func TestKnownItemsAreSkipped(t *testing.T) {
	a, b, c := told1("a", "Erste"), told1("b", "Zweite"), told1("c", "Dritte")
	many := make([]string, maxMarks+20)
	for i := range many {
		many[i] = told1(fmt.Sprint("n", i), fmt.Sprint("Meldung ", i))
	}
	atom := func(lang string, entries ...string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"` + lang + `><title>Amt</title><updated>2026-11-16T08:00:00Z</updated>` + strings.Join(entries, "") + `</feed>`
	}
	entry := func(id string) string {
		return `<entry><id>` + id + `</id><title>` + id + `</title><link href="` + id + `.html"/></entry>`
	}
	rdf := func(items ...string) string {
		return `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>Amt</title></channel>` + strings.Join(items, "") + `</rdf:RDF>`
	}
	rdfItem := func(id string) string {
		return `<item rdf:about="https://amt.example/` + id + `"><title>` + id + `</title><link>https://amt.example/` + id + `</link></item>`
	}
	json := func(items ...string) string {
		return `{"version":"https://jsonfeed.org/version/1.1","title":"Amt","items":[` + strings.Join(items, ",") + `]}`
	}
	jsonItem := func(id string) string {
		return `{"id":"` + id + `","url":"https://amt.example/` + id + `","title":"` + id + `","content_text":"x"}`
	}
	for _, tc := range []struct {
		name          string
		first, second string
		base          string // of the second; default: that of the first
		left          []string
		skipped       int
		zone          bool // the second knows less of the zone than the first told
	}{
		{name: "all known", first: told{"", []string{a, b}}.String(), second: strings.Replace(told{"", []string{a, b}}.String(), "<link>", "<lastBuildDate>heute</lastBuildDate><link>", 1), skipped: 2},
		{name: "one new in front", first: told{"", []string{a, b}}.String(), second: told{"", []string{c, a, b}}.String(), left: []string{"Dritte"}, skipped: 2},
		{name: "one new between", first: told{"", []string{a, b}}.String(), second: told{"", []string{a, c, b}}.String(), left: []string{"Dritte"}, skipped: 2},
		{name: "one gone", first: told{"", []string{a, b}}.String(), second: told{"", []string{b}}.String(), skipped: 1},
		{name: "one changed", first: told{"", []string{a, b}}.String(), second: told{"", []string{a, told1("b", "Zweite, berichtigt")}}.String(), left: []string{"Zweite, berichtigt"}, skipped: 1},
		{name: "nothing known", first: told{"", []string{a}}.String(), second: told{"", []string{b, c}}.String(), left: []string{"Zweite", "Dritte"}},
		{name: "another namespace at the root: all anew", first: told{"", []string{a}}.String(), second: told{` xmlns="urn:x"`, []string{a, b}}.String(), left: []string{"Erste", "Zweite"}},
		{name: "another address of the feed: all anew", first: told{"", []string{a}}.String(), second: told{"", []string{a, b}}.String(), base: "https://neu.example/feed.xml", left: []string{"Erste", "Zweite"}},
		{name: "tracking in the feed's address matters not", first: told{"", []string{a}}.String(), second: told{"", []string{a, b}}.String(), base: base + "?utm_source=x", left: []string{"Zweite"}, skipped: 1},
		{name: "a new item with a known GUID: all anew", first: told{"", []string{a, b}}.String(), second: told{"", []string{a, b, `<item><title>Andere</title><guid isPermaLink="false">a</guid></item>`}}.String(), left: []string{"Erste", "Zweite", "Andere"}},
		{name: "a new item with a known link: all anew", first: told{"", []string{a, b}}.String(), second: told{"", []string{a, b, `<item><title>Andere</title><link>https://amt.example/a?utm_source=x</link></item>`}}.String(), left: []string{"Erste", "Zweite", "Andere"}},
		{name: "a new item without an address of its own: all anew", first: told{"", []string{`<item><title>A</title><link>https://amt.example/</link></item>`}}.String(),
			second: told{"", []string{`<item><title>A</title><link>https://amt.example/</link></item>`, `<item><title>B</title><link>https://amt.example/</link></item>`}}.String(), left: []string{"A", "B"}},
		{name: "three quarters new, as in a flood: all anew", first: told{"", many[:1]}.String(), second: told{"", many[:4]}.String(), left: titles(many[:4])},
		{name: "eleven new, as in a flood: all anew", first: told{"", many[:20]}.String(), second: told{"", many[:31]}.String(), left: titles(many[:31])},
		{name: "ten new are no flood", first: told{"", many[:20]}.String(), second: told{"", many[:30]}.String(), left: titles(many[20:30]), skipped: 20},
		{name: "the zone of dates, once told by an item", first: told{"", []string{dated1("a", "Mon, 16 Nov 2026 08:00:00 -0500"), dated1("b", "16 Nov 2026 08:00")}}.String(),
			second: told{"", []string{dated1("c", "16 Nov 2026 09:00"), dated1("b", "16 Nov 2026 08:00")}}.String(), left: []string{"c"}, skipped: 1, zone: true},
		{name: "a date without a zone beside known ones that need none: all anew", first: told{"", []string{dated1("a", "Mon, 16 Nov 2026 08:00:00 -0500")}}.String(),
			second: told{"", []string{dated1("c", "16 Nov 2026 09:00"), dated1("a", "Mon, 16 Nov 2026 08:00:00 -0500")}}.String(), left: []string{"c", "a"}},
		{name: "the same item twice counts once", first: told{"", []string{a, a, b}}.String(), second: told{"", []string{a, a, b, c}}.String(), left: []string{"Dritte"}, skipped: 2},
		{name: "a missing </item> is repaired the same way", first: told{"", []string{strings.TrimSuffix(a, "</item>"), b}}.String(), second: told{"", []string{strings.TrimSuffix(a, "</item>"), b, c}}.String(), left: []string{"Dritte"}, skipped: 2},
		{name: "an item that became the last of a truncated feed", first: told{"", []string{a, b}}.String(), second: strings.TrimSuffix(told{"", []string{c, a, b}}.String(), "</channel></rss>") + "<item><title>Halb", left: []string{"Dritte"}, skipped: 2},
		{name: "windows-1252 then UTF-8 is the same item", first: strings.Replace(told{"", []string{told1("a", "Gr\xfc\xdfe"), b}}.String(), "<rss", `<?xml version="1.0" encoding="windows-1252"?><rss`, 1),
			second: told{"", []string{told1("a", "Grüße"), b, c}}.String(), left: []string{"Dritte"}, skipped: 2},
		{name: "Atom", first: atom("", entry("a"), entry("b")), second: atom("", entry("c"), entry("a"), entry("b")), left: []string{"c"}, skipped: 2},
		{name: "Atom with another xml:base: all anew", first: atom("", entry("a")), second: atom(` xml:base="https://x.example/"`, entry("a"), entry("b")), left: []string{"a", "b"}},
		{name: "RSS 1.0", first: rdf(rdfItem("a"), rdfItem("b")), second: rdf(rdfItem("c"), rdfItem("a"), rdfItem("b")), left: []string{"c"}, skipped: 2},
		{name: "JSON Feed", first: json(jsonItem("a"), jsonItem("b")), second: json(jsonItem("c"), jsonItem("a"), jsonItem("b")), left: []string{"c"}, skipped: 2},
		{name: "another format: all anew", first: json(jsonItem("a")), second: told{"", []string{a}}.String(), left: []string{"Erste"}},
		{name: "items at two depths have no order to rely on", first: `<rss><channel><title>x</title>` + a + `</channel>` + b + `</rss>`, second: `<rss><channel><title>x</title>` + a + c + `</channel>` + b + `</rss>`, left: []string{"Erste", "Dritte", "Zweite"}},
		{name: "more items than are remembered", first: told{"", many}.String(), second: told{"", many}.String() + " ", left: titles(many[maxMarks:]), skipped: maxMarks},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first, err := readBody([]byte(tc.first), "", base, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readBody([]byte(tc.second), "", firstOf(tc.base, base), first.marks)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, it := range got.doc.Items {
				left = append(left, it.Title)
			}
			if diff := cmp.Diff(tc.left, left); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			if got.skipped != tc.skipped {
				t.Errorf("skipped %d, want %d", got.skipped, tc.skipped)
			}
			// What is read beside skipped items is what a whole reading makes of it.
			whole, err := readBody([]byte(tc.second), "", firstOf(tc.base, base), nil)
			if err != nil {
				t.Fatal(err)
			}
			all := whole.doc.Entries()
			if tc.zone {
				all[0].Published = time.Date(2026, 11, 16, 14, 0, 0, 0, time.UTC)
			}
			for _, e := range got.doc.Entries() {
				if !slices.ContainsFunc(all, func(w Entry) bool { return cmp.Equal(w, e) }) {
					t.Errorf("beside skipped items it became %+v", e)
				}
			}
			if len(got.marks) > contextSize+40+maxMarks*markSize {
				t.Errorf("%d bytes of marks", len(got.marks))
			}
			// And a third reading of the same skips all that is remembered.
			if got.marks != nil {
				third, err := readBody([]byte(tc.second), "", firstOf(tc.base, base), got.marks)
				if err != nil || third.skipped < len(third.doc.Items) || len(third.doc.Items) > max(0, len(whole.doc.Items)-maxMarks) {
					t.Errorf("third reading: %d skipped, %d read, %v", third.skipped, len(third.doc.Items), err)
				}
			}
		})
	}
}

func titles(items []string) []string {
	var out []string
	for _, it := range items {
		_, rest, _ := strings.Cut(it, "<title>")
		title, _, _ := strings.Cut(rest, "</title>")
		out = append(out, title)
	}
	return out
}

// TestMarksOfAnySort: stored marks that are none make a whole reading.
func TestMarksOfAnySort(t *testing.T) {
	body := []byte(told{"", []string{told1("a", "Erste")}}.String())
	first, err := readBody(body, "", base, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, known := range map[string][]byte{
		"none": nil, "empty": {}, "short": {1, 2, 3}, "cut": first.marks[:len(first.marks)-1], "of zeros": make([]byte, len(first.marks)), "only a context": first.marks[:contextSize],
	} {
		if r, err := readBody(body, "", base, known); err != nil || len(r.doc.Items) != 1 || r.skipped != 0 {
			t.Errorf("%s: %d items, %d skipped, %v", name, len(r.doc.Items), r.skipped, err)
		}
	}
}

// TestSkippingKeepsTheGuard: a body whose known items are followed by hostile
// ones is refused as if nothing were known.
func TestSkippingKeepsTheGuard(t *testing.T) {
	known := []string{told1("a", "Erste"), told1("b", "Zweite")}
	first, err := readBody([]byte(told{"", known}.String()), "", base, nil)
	if err != nil {
		t.Fatal(err)
	}
	deep := "<item>" + strings.Repeat("<x>", 300) + "</item>"
	_, err = readBody([]byte(told{"", append(known, deep)}.String()), "", base, first.marks)
	if err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("got %v", err)
	}
}

// TestPollsSkip: over HTTP, a second poll stores only what is new and reports
// the others as known; a poll that could not be stored leaves no marks.
func TestPollsSkip(t *testing.T) {
	items := []string{told1("a", "Erste"), told1("b", "Zweite")}
	srv := record(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, told{"", items})
	})
	store := newMemory(srv.URL)
	p := NewPoller(store, testClient(t), PollOptions{})
	poll := func() Report {
		t.Helper()
		var out Report
		if err := p.Round(context.Background(), true, func(r Report) { out = r }); err != nil && store.fail == nil {
			t.Fatal(err)
		}
		return out
	}
	store.fail = errDisk
	poll()
	if m := store.feed(1).Marks; m != nil {
		t.Errorf("marks of a poll that was not stored: %x", m)
	}
	store.fail = nil
	p = NewPoller(store, testClient(t), PollOptions{}) // the old one leaves the host alone for a while
	if r := poll(); r.New != 2 || r.Known != 0 {
		t.Errorf("first: %+v", r)
	}
	items = append([]string{told1("c", "Dritte")}, items...)
	if r := poll(); r.New != 1 || r.Known != 2 || r.Outcome != OutcomeNew {
		t.Errorf("second: %+v", r)
	}
	items = items[1:]
	if r := poll(); r.New != 0 || r.Known != 2 || r.Outcome != OutcomeUnchanged {
		t.Errorf("third: %+v", r)
	}
	last := store.polls[len(store.polls)-1]
	if len(last.Items) != 0 || last.Skipped != 2 {
		t.Errorf("third: stored %d items, skipped %d", len(last.Items), last.Skipped)
	}
	if state := store.feed(1); state.State != StateOK || state.LastBody.IsZero() || time.Since(state.LastBody) > time.Hour {
		t.Errorf("state %q, last body %v", state.State, state.LastBody)
	}
}

// A push holds new items alone; what it says nothing of stays known.
func TestMarksOfAPush(t *testing.T) {
	a, b, c := told1("a", "Erste"), told1("b", "Zweite"), told1("c", "Dritte")
	marksOf := func(body string, known []byte) []byte {
		r, err := readBody([]byte(body), "", base, known)
		if err != nil {
			t.Fatal(err)
		}
		return r.marks
	}
	polled := marksOf(told{"", []string{a, b}}.String(), nil)
	push := marksOf(told{"", []string{c}}.String(), polled)
	other := marksOf(told{` xmlns="urn:x"`, []string{c}}.String(), polled)
	for _, tc := range []struct {
		name    string
		marks   []byte
		skipped int
	}{
		{"of both", joinMarks(push, polled), 3},
		{"of the push alone", push, 1},
		{"of a push that was read in another way", joinMarks(other, polled), 0},
		{"of a push without items", joinMarks(nil, polled), 2},
		{"of a first body", joinMarks(polled, nil), 2},
	} {
		r, err := readBody([]byte(told{"", []string{c, a, b}}.String()), "", base, tc.marks)
		if err != nil || r.skipped != tc.skipped || len(r.doc.Items) != 3-tc.skipped {
			t.Errorf("marks %s: %d skipped, %d read, %v", tc.name, r.skipped, len(r.doc.Items), err)
		}
	}
}
