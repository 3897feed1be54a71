package feeds

import (
	"fmt"
	"strings"
	"testing"
)

// Sections that are not closed, wrapped twice or closed without having been
// opened cost no item, not even the one that they stand in.
func TestSectionsOutOfOrder(t *testing.T) {
	const items = 24
	item := func(n int, title, more string) string {
		return fmt.Sprintf("<item><title>%s</title><link>https://amt.example/%d</link>%s<guid>g%d</guid></item>\n", title, n, more, n)
	}
	for name, c := range map[string]struct{ title, more, wantTitle, wantText string }{
		"an end of CDATA in a title":          {title: "Grüße ]]&gt; Maß ]]> Ende", wantTitle: "Grüße ]]> Maß ]]> Ende"},
		"an end of CDATA in a teaser":         {more: "<description>vorn ]]> hinten</description>", wantText: "vorn ]]> hinten"},
		"CDATA wrapped once more":             {more: "<description><![CDATA[vorn <![CDATA[mitte]]> hinten]]></description>", wantText: "vorn mitte hinten"},
		"a comment never closed":              {more: "<!-- a -- b --<description>Text</description>", wantText: "Text"},
		"a comment closed by the next item's": {more: "<!-- a <description>Text</description>", wantText: "Text"},
		"an instruction never closed":         {more: `<?php echo "x" <description>Text</description>`, wantText: "Text"},
		"a name with two colons":              {more: "<a:b:c>x</a:b:c><description>Text</description>", wantText: "Text"},
		"a name that is a colon":              {more: "<:x/><x:/><description>Text</description>", wantText: "Text"},
	} {
		for _, all := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in every item: %t", name, all), func(t *testing.T) {
				title := firstOf(c.title, "Grüße")
				var b strings.Builder
				b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Amt</title>`)
				for n := range items {
					if all || n == 6 {
						b.WriteString(item(n, title, c.more))
					} else {
						b.WriteString(item(n, "Grüße", "<!-- ganz --><description>Text</description>"))
					}
				}
				b.WriteString("</channel></rss>")
				doc, err := Parse([]byte(b.String()), "", "")
				if err != nil || len(doc.Items) != items {
					t.Fatalf("%d items, %v", len(doc.Items), err)
				}
				it := doc.Items[6]
				if it.Title != firstOf(c.wantTitle, "Grüße") || it.Summary != c.wantText || it.URL != "https://amt.example/6" {
					t.Errorf("%q, %q, %q", it.Title, it.Summary, it.URL)
				}
			})
		}
	}
}

func TestACommentMayHideAnItem(t *testing.T) {
	doc, err := Parse([]byte(`<rss><channel><!-- <item><title>alt</title></item> --><item><title>neu</title></item></channel></rss>`), "", "")
	if err != nil || len(doc.Items) != 1 || doc.Items[0].Title != "neu" {
		t.Errorf("%+v, %v", doc.Items, err)
	}
}

func TestJSONFeedBehindJunkAndWithForeignEscapes(t *testing.T) {
	const feed = `{"version":"https://jsonfeed.org/version/1.1","title":"Amt","items":[{"id":"1","title":"Grüße aus \'Köln\' \x und \"Bonn\"\u0021"}]}`
	for _, junk := range []string{"", "Warning: a file is missing in line 3\n\n"} {
		doc, err := Parse([]byte(junk+feed), "application/json", "")
		if err != nil || len(doc.Items) != 1 || doc.Items[0].Title != `Grüße aus 'Köln' x und "Bonn"!` {
			t.Errorf("behind %q: %+v, %v", junk, doc.Items, err)
		}
	}
}
