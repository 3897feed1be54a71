package feeds

import (
	"strings"
	"testing"
)

// One broken tag in an item costs neither its headline nor its address, and
// nothing of its neighbours.
func TestBrokenTags(t *testing.T) {
	const (
		rss  = `<rss version="2.0" xmlns:x="urn:x"><channel><title>Amt</title><item><title>Erste</title><link>https://amt.example/1</link></item>%<item><title>Dritte</title><link>https://amt.example/3</link></item></channel></rss>`
		atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Amt</title><entry><title>Erste</title><link href="https://amt.example/1"/></entry>%<entry><title>Dritte</title><link href="https://amt.example/3"/></entry></feed>`
	)
	for _, c := range []struct{ name, feed, item string }{
		{"a headline's start tag is an end tag", rss, `<item></title>Zweite</title><link>https://amt.example/2</link></item>`},
		{"a link's start tag is an end tag", rss, `<item><title>Zweite</title></link>https://amt.example/2</link><description>Text</description></item>`},
		{"so is that of a headline in CDATA", rss, `<item></title><![CDATA[Zweite]]></title><link>https://amt.example/2</link></item>`},
		{"a slash too many ends a headline", rss, `<item><title>Zweite<//title><x:y>no</x:y><link>https://amt.example/2</link></item>`},
		{"a slash too many ends an author", rss, `<item><title>Zweite</title><x:author>Erika<//x:author><x:z>a</x:z><link>https://amt.example/2</link></item>`},
		{"an author's end has lost its <", rss, `<item><title>Zweite</title><x:author>Erika/x:author><link>https://amt.example/2</link></item>`},
		{"so has a teaser's", rss, `<item><title>Zweite</title><description>Text/description><link>https://amt.example/2</link></item>`},
		{"so has a link's, before a foreign tag", rss, `<item><title>Zweite</title><link>https://amt.example/2/link><x:y>no</x:y></item>`},
		{"so has a link's, at the item's end", rss, `<item><title>Zweite</title><link>https://amt.example/2/link></item>`},
		{"a headline's start tag has lost its >", rss, `<item><titleZweite</title><link>https://amt.example/2</link></item>`},
		{"a foreign teaser's start tag has lost its >", rss, `<item><title>Zweite</title><x:summaryText, der lang ist</x:summary><link>https://amt.example/2</link></item>`},
		{"a headline's start tag has lost its <", rss, `<item>title>Zweite</title><link>https://amt.example/2</link></item>`},
		{"a headline is never closed", rss, `<item><title>Zweite<link>https://amt.example/2</link></item>`},
		{"a link with attributes is an end tag", atom, `<entry><title>Zweite</title></link rel="alternate" href="https://amt.example/2"/><id>urn:2</id></entry>`},
		{"a link with attributes has lost its <", atom, `<entry><title>Zweite</title>link rel="alternate" href="https://amt.example/2"/><id>urn:2</id></entry>`},
		{"a link with attributes has lost its < and its /", atom, `<entry><title>Zweite</title>link href="https://amt.example/2"></entry>`},
		{"a link with attributes has lost its >", atom, `<entry><title>Zweite</title><link href="https://amt.example/2"/ <id>urn:2</id></entry>`},
		{"a link with attributes has lost its />", atom, `<entry><link href="https://amt.example/2"` + "\n" + `<title>Zweite</title></entry>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := Parse([]byte(strings.Replace(c.feed, "%", c.item, 1)), "", base)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, it := range doc.Items {
				got = append(got, it.Title+" "+it.URL)
			}
			if want := "Erste https://amt.example/1; Zweite https://amt.example/2; Dritte https://amt.example/3"; strings.Join(got, "; ") != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestUnquotedBase(t *testing.T) {
	doc, err := Parse([]byte(`<feed xmlns=http://www.w3.org/2005/Atom><title>Amt</title><entry xml:base=https://amt.example/a/feed.xml><title>Eins</title><link href=b.html /></entry></feed>`), "", "")
	if err != nil || len(doc.Items) != 1 || doc.Items[0].URL != "https://amt.example/a/b.html" {
		t.Errorf("got %+v, %v", doc.Items, err)
	}
}
