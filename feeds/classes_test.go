package feeds

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What gofeed alone loses or gets wrong in sound feeds, class by class; damage
// is TestDamage's, dates are TestGermanDates', wrong types TestJSONFeed's.
func TestFailureClasses(t *testing.T) {
	rss := func(items string) string {
		return `<rss version="2.0" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Amt</title><link>https://amt.example/</link>` + items + `</channel></rss>`
	}
	atom := func(entries string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><title>Amt</title>` + entries + `</feed>`
	}
	type item struct{ GUID, Title, URL, Published string }
	for _, c := range []struct {
		name, body string
		want       []item
	}{
		{"RSS 1.0: rdf:about is the id", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>Amt</title></channel><item rdf:about="urn:7"><title>A</title><link>https://amt.example/7</link></item></rdf:RDF>`,
			[]item{{"urn:7", "A", "https://amt.example/7", ""}}},
		{"RSS 0.90: neither id nor date", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Amt</title></channel><item><title>A</title><link>https://amt.example/7</link></item></rdf:RDF>`,
			[]item{{"", "A", "https://amt.example/7", ""}}},
		{"the link is in the permalink alone", rss(`<item><title>A</title><guid>https://amt.example/7</guid></item>`),
			[]item{{"https://amt.example/7", "A", "https://amt.example/7", ""}}},
		{"a guid that is no permalink is none", rss(`<item><title>A</title><guid isPermaLink="false">https://amt.example/7</guid></item>`),
			[]item{{"https://amt.example/7", "A", "", ""}}},
		{"several links: the first that leads somewhere", rss(`<item><title>A</title><link>javascript:x()</link><link>https://amt.example/7</link><link>https://amt.example/8</link></item>`),
			[]item{{"", "A", "https://amt.example/7", ""}}},
		{"several alternates: the page, not the JSON", atom(`<entry><id>urn:7</id><title>A</title><link rel="alternate" type="application/json" href="https://amt.example/7.json"/><link rel="alternate" type="text/html" href="https://amt.example/7"/></entry>`),
			[]item{{"urn:7", "A", "https://amt.example/7", ""}}},
		{"relative links start from where the feed came from", rss(`<item><title>A</title><link>/7</link></item>`),
			[]item{{"", "A", "https://amt.example/7", ""}}},
		{"xml:base may name a file", atom(`<entry xml:base="https://x.example/a/feed.xml"><id>urn:7</id><title>A</title><link href="b.html"/></entry>`),
			[]item{{"urn:7", "A", "https://x.example/a/b.html", ""}}},
		{"umlauts in a host are IDNA", atom(`<entry><id>urn:7</id><title>A</title><link href="https://münchen.example/ü"/></entry>`),
			[]item{{"urn:7", "A", "https://xn--mnchen-3ya.example/%C3%BC", ""}}},
		{"ids stay as they are", atom(`<entry><id>HTTP://Amt.Example/X</id><title>A</title><link href="https://amt.example/7"/></entry>`),
			[]item{{"HTTP://Amt.Example/X", "A", "https://amt.example/7", ""}}},
		{"markup, escapes and comments in titles", rss(`<item><title><![CDATA[a <b>fett</b> &amp; c<!-- x -->d]]></title><link>https://amt.example/7</link></item>`),
			[]item{{"", "a fett & cd", "https://amt.example/7", ""}}},
		{"the title of a video", rss(`<item><media:title>A</media:title><link>https://amt.example/7</link></item>`),
			[]item{{"", "A", "https://amt.example/7", ""}}},
		{"dcterms:issued is a date", rss(`<item><title>A</title><link>https://amt.example/7</link><dcterms:issued>2026-11-16T08:00:00Z</dcterms:issued></item>`),
			[]item{{"", "A", "https://amt.example/7", "2026-11-16T08:00:00Z"}}},
		{"so is dcterms:modified, where there is no other", rss(`<item><title>A</title><link>https://amt.example/7</link><dcterms:modified>2026-11-16T08:00:00Z</dcterms:modified></item>`),
			[]item{{"", "A", "https://amt.example/7", "2026-11-16T08:00:00Z"}}},
		{"a head longer than 4 KB", "<!-- " + strings.Repeat("Amt ", 2000) + "-->" + rss(`<item><title>A</title><link>https://amt.example/7</link></item>`),
			[]item{{"", "A", "https://amt.example/7", ""}}},
		{"an item never closed hides no other", rss(`<item><title>A</title><link>https://amt.example/7</link><item><title>B</title><link>https://amt.example/8</link></item>`),
			[]item{{"", "A", "https://amt.example/7", ""}, {"", "B", "https://amt.example/8", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := Parse([]byte(c.body), "", base)
			if err != nil {
				t.Fatal(err)
			}
			var got []item
			for _, it := range doc.Items {
				i := item{it.GUID, it.Title, it.URL, ""}
				if !it.Published.IsZero() {
					i.Published = it.Published.UTC().Format("2006-01-02T15:04:05Z")
				}
				got = append(got, i)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("read otherwise (-want +got):\n%s", diff)
			}
		})
	}
}
