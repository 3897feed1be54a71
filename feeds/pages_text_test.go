package feeds_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
)

// TestWithPage: what a page adds to an item, and what of the feed's it leaves.
func TestWithPage(t *testing.T) {
	day := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	long := strings.Repeat("Der Rat tagte. ", 40)
	cases := []struct {
		name      string
		item      feeds.Item
		page      feeds.PageText
		content   string
		kept      bool
		author    string
		keywords  []string
		published time.Time
	}{
		{"a teaser gains everything", feeds.Item{Summary: "Kurz"}, feeds.PageText{Text: long, Keywords: []string{"OZG"}, Author: "sib", Published: day}, long, true, "sib", []string{"OZG"}, day},
		{"the feed's author and date stay", feeds.Item{Author: "Erika Muster", Published: day}, feeds.PageText{Text: long, Author: "sib", Published: day.Add(time.Hour)}, long, true, "Erika Muster", nil, day},
		{"keywords are joined, whatever their case", feeds.Item{Categories: []string{"ozg", "Politik"}}, feeds.PageText{Text: long, Keywords: []string{"OZG", "Haushalt"}}, long, true, "", []string{"ozg", "Politik", "Haushalt"}, time.Time{}},
		{"the feed's full text, a little longer by its own end, gives way", feeds.Item{Content: long + " Der Beitrag erschien zuerst im Rathausblatt."}, feeds.PageText{Text: long}, long, true, "", nil, time.Time{}},
		{"the feed's full text stays where the page has a part of it", feeds.Item{Content: long}, feeds.PageText{Text: long[:200], Keywords: []string{"OZG"}}, long, false, "", []string{"OZG"}, time.Time{}},
		{"a page without text", feeds.Item{Content: "Kurz"}, feeds.PageText{Text: " \n"}, "Kurz", false, "", nil, time.Time{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.item.Categories)
			got, kept := c.item.WithPage(c.page)
			if got.Content != c.content || kept != c.kept || got.Author != c.author || !slices.Equal(got.Categories, c.keywords) || !got.Published.Equal(c.published) {
				t.Errorf("%+v, kept %t", got, kept)
			}
			if !slices.Equal(c.item.Categories, before) {
				t.Error("the item given was changed")
			}
		})
	}
}

// TestWithoutTheSitesLines: what is left of a text whose lines stand on other
// pages too.
func TestWithoutTheSitesLines(t *testing.T) {
	const body = "Der Kreis erneuert seine Deiche in den nächsten drei Jahren und stellt dafür vierzehn Millionen Euro bereit."
	item := feeds.Item{Title: "Deiche werden erneuert", Summary: "Die Arbeiten an der Elbe beginnen schon im kommenden Frühjahr."}
	for _, c := range []struct{ name, text, learned, want string }{
		{"short lines and long", "Jetzt abonnieren\n" + body + "\n\nOZG: Länder holen auf\n\nEnde der Meldung.", "Jetzt abonnieren|OZG: Länder holen auf", body + "\n\nEnde der Meldung."},
		{"its own headline and teaser stay", "Deiche werden erneuert\n\nDie Arbeiten an der Elbe beginnen schon im kommenden Frühjahr.\n\n" + body, "Deiche werden erneuert|Die Arbeiten an der Elbe beginnen schon im kommenden Frühjahr.",
			"Deiche werden erneuert\n\nDie Arbeiten an der Elbe beginnen schon im kommenden Frühjahr.\n\n" + body},
		{"nothing would be left", "Jetzt abonnieren\n\n" + body, "Jetzt abonnieren|" + body, "Jetzt abonnieren\n\n" + body},
		{"nothing is learned", body, "", body},
	} {
		t.Run(c.name, func(t *testing.T) {
			learned := strings.Split(c.learned, "|")
			got := feeds.PageText{Text: c.text}.Without(item, func(line string) bool { return slices.Contains(learned, line) })
			if got.Text != c.want {
				t.Errorf("%q", got.Text)
			}
		})
	}
}
