package bot

import (
	"strings"
	"testing"
	"time"

	"depesche/feeds"
)

// TestExplainSaysWhatBecameOfThePage, in either language, in one line.
func TestExplainSaysWhatBecameOfThePage(t *testing.T) {
	for _, c := range []struct {
		name     string
		page     feeds.PageNote
		news     int64
		de, en   string
		unwanted string
	}{
		{"read", feeds.PageNote{State: feeds.PageRead, At: monday}, 1, "ihr Text zählt für Themen und Suche", "its text counts for topics and search", "Galt nicht als neu"},
		{"refused", feeds.PageNote{State: feeds.PageRefused, Reason: "the article is behind a paywall", At: monday}, 1, "Grund: Der Artikel steht hinter einer Bezahlschranke", "Reason: the article is behind a paywall", "Galt nicht als neu"},
		{"awaited", feeds.PageNote{State: feeds.PageWanted, Waits: true, At: monday, Until: monday.Add(10 * time.Minute)}, 0, "wird gerade geholt", "being fetched", "Galt nicht als neu"},
		{"tried again", feeds.PageNote{State: feeds.PageWanted, At: monday}, 1, "wird später wieder versucht", "tried again later", "Galt nicht als neu"},
		{"none was asked for", feeds.PageNote{}, 0, "Galt nicht als neu", "Did not count as new", "Artikelseite"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for lang, want := range map[string]string{"de": c.de, "en": c.en} {
				o := newOffice(t, func(o *Options) { o.Language = lang })
				o.archive.items = []feeds.Item{{ID: 1, Title: "Die erste", URL: "https://site.example/1", Seen: monday, Dated: monday, News: c.news, Page: c.page}}
				got := readable(typed(t, o, "warum https://site.example/1").Messages[0].Blocks)
				if !strings.Contains(got, want) || strings.Contains(got, c.unwanted) {
					t.Errorf("%s:\n%s", lang, got)
				}
			}
		})
	}
}
