package feeds

import (
	"strings"
	"testing"
	"time"
)

func TestCanonicalURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://Amt.Example/Meldung":                               "https://amt.example/Meldung",
		"HTTP://amt.example:80/a":                                   "http://amt.example/a",
		"https://amt.example:443/a":                                 "https://amt.example/a",
		"https://amt.example:8443/a":                                "https://amt.example:8443/a",
		"https://amt.example":                                       "https://amt.example/",
		"https://amt.example/a#absatz":                              "https://amt.example/a",
		"https://amt.example/a?utm_source=rss&id=7&utm_medium=feed": "https://amt.example/a?id=7",
		"https://amt.example/a?wt_mc=rss.ho.beitrag.rdf":            "https://amt.example/a",
		"https://amt.example/a?b=2&a=1&fbclid=x&gclid=y&mc_cid=z&pk_campaign=q&at_medium=r": "https://amt.example/a?b=2&a=1",
		"https://amt.example/?p=126531&post_type=k21-meldungen":                             "https://amt.example/?p=126531&post_type=k21-meldungen",
		"https://amt.example/?tx_news%5Bnews%5D=3&cHash=ab12":                               "https://amt.example/?tx_news%5Bnews%5D=3&cHash=ab12",
		"https://münchen.example/über":                                                      "https://xn--mnchen-3ya.example/%C3%BCber",
		"https://m%C3%BCnchen.example/":                                                     "https://xn--mnchen-3ya.example/",
		"https://user:wort@amt.example/a":                                                   "https://amt.example/a",
		"https://komm.example/a+b/c":                                                        "https://komm.example/a+b/c",
		" https://amt.example/a\n b ":                                                       "https://amt.example/a%20b",
		"http://[2001:db8::1]:8080/a":                                                       "http://[2001:db8::1]:8080/a",
		"https://amt.example/?q=a|b<c>\"ü{}":                                                "https://amt.example/?q=a%7Cb%3Cc%3E%22%C3%BC%7B%7D",
		"https://amt.example/a|b<c>":                                                        "https://amt.example/a%7Cb%3Cc%3E",
		"javascript:alert(1)":                                                               "",
		"data:text/html,x":                                                                  "",
		"/meldung/7":                                                                        "",
		"mailto:a@b.example":                                                                "",
		"https://":                                                                          "",
		"":                                                                                  "",
		"https://amt.example/" + strings.Repeat("a", 5000):                                  "",
	} {
		got := CanonicalURL(in)
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := CanonicalURL(got); again != got {
			t.Errorf("%q is not canonical of itself: %q", got, again)
		}
	}
}

func TestEntries(t *testing.T) {
	day := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	type id struct{ key, link string }
	for _, c := range []struct {
		name  string
		items []Item
		want  []id
	}{
		{"the GUID first", []Item{{GUID: "g", URL: "https://a.example/1?utm_source=x", Title: "T"}}, []id{{"g", "https://a.example/1"}}},
		{"else the link", []Item{{URL: "https://a.example/1#x", Title: "T"}}, []id{{"https://a.example/1", "https://a.example/1"}}},
		{"else title and day", []Item{{Title: "T", Published: day}}, []id{{"title:T|2026-11-16", ""}}},
		{"a title on another day is another item", []Item{{Title: "T", Published: day}, {Title: "T", Published: day.AddDate(0, 0, 1)}}, []id{{"title:T|2026-11-16", ""}, {"title:T|2026-11-17", ""}}},
		{"one GUID for all: the links tell", []Item{{GUID: "g", URL: "https://a.example/1"}, {GUID: "g", URL: "https://a.example/2"}, {GUID: "h", URL: "https://a.example/3"}},
			[]id{{"g|https://a.example/1", "https://a.example/1"}, {"g|https://a.example/2", "https://a.example/2"}, {"h", "https://a.example/3"}}},
		{"one link for all: the titles tell", []Item{{URL: "https://a.example/x", Title: "A"}, {URL: "https://a.example/x", Title: "B"}},
			[]id{{"https://a.example/x|title:A", ""}, {"https://a.example/x|title:B", ""}}},
		{"a front page is no item's page", []Item{{URL: "https://a.example/?utm_source=x#top", Title: "A"}}, []id{{"title:A", ""}}},
		{"a query may name the page", []Item{{URL: "https://a.example/?p=7", Title: "A"}}, []id{{"https://a.example/?p=7", "https://a.example/?p=7"}}},
		{"nothing tells: the place does", []Item{{GUID: "g", Title: "A", Summary: "x"}, {GUID: "g", Title: "A", Summary: "y"}}, []id{{"g|title:A", ""}, {"g|title:A|#1", ""}}},
		{"the same twice is one", []Item{{GUID: "g", URL: "https://a.example/1", Title: "A"}, {GUID: "g", URL: "https://a.example/1", Title: "A"}}, []id{{"g", "https://a.example/1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := (Document{Items: c.items}).Entries()
			if len(got) != len(c.want) {
				t.Fatalf("%d entries, want %d: %+v", len(got), len(c.want), got)
			}
			for i, e := range got {
				if e.Key != c.want[i].key || e.Link != c.want[i].link {
					t.Errorf("item %d: got %q, %q, want %q, %q", i, e.Key, e.Link, c.want[i].key, c.want[i].link)
				}
			}
		})
	}
	long := Document{Items: []Item{{Title: "A", GUID: strings.Repeat("x", 4000)}, {Title: "B", GUID: strings.Repeat("x", 4000) + "y"}}}.Entries()
	if len(long[0].Key) > 100 || long[0].Key == long[1].Key {
		t.Errorf("long GUIDs: %q, %q", long[0].Key, long[1].Key)
	}
	if e := (Document{Items: []Item{{Author: "Nur ein Autor", GUID: "g"}}}).Entries(); len(e) != 0 {
		t.Errorf("an item that says nothing became %+v", e)
	}
	if e := (Document{Items: []Item{{Summary: "Ohne Titel, mit Teaser."}}}).Entries(); e[0].Title != "Ohne Titel, mit Teaser." {
		t.Errorf("an item without a title is called %q", e[0].Title)
	}
}
