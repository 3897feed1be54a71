package feeds

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// Bars of reading: the first time in gofeed's own time, a body without news in
// that of a first reading.
const (
	maxFirst = 1.5
	maxKnown = 0.25
)

// outlet is a feed of 30 items as outlets send it, from, as the first one,
// downwards: teasers alone (20 KB) or whole texts (150 KB). built is what
// changes with every answer.
func outlet(form string, from int, built string) []byte {
	var b bytes.Buffer
	text := strings.Repeat("<p>Die Verwaltung des Kreises stellt ihre Fachverfahren um, und die Ämter prüfen Anträge künftig <b>digital</b>.</p>\n", 40)
	const teaser = "<p>Der Kreis öffnet sein Portal für Anträge; die Ämter prüfen künftig digital, sagt die Landrätin. Größe &amp; Straße.</p>"
	switch form {
	case "teasers", "texts":
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Amtsblatt</title><link>https://amt.example/</link><lastBuildDate>` + built + `</lastBuildDate>`)
		for i := from; i > from-30; i-- {
			fmt.Fprintf(&b, `<item><title>Meldung %d: Kreis öffnet „Portal“</title><link>https://amt.example/%[1]d</link><guid isPermaLink="false">amt-%[1]d</guid><pubDate>Mon, 16 Nov 2026 08:%02[2]d:00 +0100</pubDate><dc:creator>Erika Beispiel</dc:creator><category>OZG</category><description><![CDATA[%[3]s]]></description>`, i, i%60, teaser)
			if form == "texts" {
				b.WriteString("<content:encoded><![CDATA[" + text + "]]></content:encoded>")
			}
			b.WriteString("</item>\n")
		}
		b.WriteString(`</channel></rss>`)
	case "Atom":
		b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Amtsblatt</title><updated>` + built + `</updated><link href="https://amt.example/"/>`)
		for i := from; i > from-30; i-- {
			fmt.Fprintf(&b, `<entry><id>urn:amt:%d</id><title>Meldung %[1]d: Kreis öffnet „Portal“</title><link href="https://amt.example/%[1]d"/><published>2026-11-16T08:%02[2]d:00+01:00</published><updated>2026-11-16T08:%02[2]d:00+01:00</updated><summary type="html">%[3]s</summary></entry>`+"\n", i, i%60, escape(teaser))
		}
		b.WriteString(`</feed>`)
	case "JSON":
		b.WriteString(`{"version":"https://jsonfeed.org/version/1.1","title":"Amtsblatt","description":"` + built + `","items":[`)
		for i := from; i > from-30; i-- {
			if i < from {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"amt-%d","url":"https://amt.example/%[1]d","title":"Meldung %[1]d: Kreis öffnet „Portal“","date_published":"2026-11-16T08:%02[2]d:00+01:00","content_html":%[3]q}`+"\n", i, i%60, teaser)
		}
		b.WriteString(`]}`)
	}
	return b.Bytes()
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// speeds are times for a body of one form of feed: gofeed alone, a first
// reading, and polls after it, with no news (known) or 3 new items of 30
// (mixed). Each is the fastest of all runs: the one that least else disturbed.
type speeds struct{ alone, first, known, mixed time.Duration }

// measure runs each some times more, in turn, so that whatever disturbs one
// disturbs all.
func (s *speeds) measure(t testing.TB, form string, runs int) {
	before, same, more := outlet(form, 100, "gestern"), outlet(form, 100, "heute"), outlet(form, 103, "heute")
	begin, err := readBody(before, "", base, nil)
	if err != nil || len(begin.doc.Items) != 30 {
		t.Fatalf("%d items, %v", len(begin.doc.Items), err)
	}
	read := func(body, marks []byte, skipped int) func() {
		return func() {
			if r, err := readBody(body, "", base, marks); err != nil || r.skipped != skipped || len(r.doc.Items) != 30-skipped {
				t.Fatalf("%d read, %d skipped, %v", len(r.doc.Items), r.skipped, err)
			}
		}
	}
	plain := func() {
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(same)); err != nil {
			t.Fatal(err)
		}
	}
	for range runs {
		s.alone = min(s.alone, timed(plain))
		s.first = min(s.first, timed(read(same, nil, 0)))
		s.known = min(s.known, timed(read(same, begin.marks, 30)))
		s.mixed = min(s.mixed, timed(read(more, begin.marks, 27)))
	}
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// TestSpeed holds reading to its bars, by ratios, and prints them.
func TestSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	if raceFactor > 1 {
		t.Skip("the race detector slows our code more than others'")
	}
	for _, form := range []string{"teasers", "texts", "Atom", "JSON"} {
		s := speeds{time.Hour, time.Hour, time.Hour, time.Hour}
		ok := false
		for try := 0; try < 12 && !ok; try++ { // others may use the machine too
			s.measure(t, form, 15)
			ok = ratio(s.first, s.alone) <= maxFirst && ratio(s.known, s.first) <= maxKnown
		}
		report := fmt.Sprintf("%-8s gofeed alone %v, first reading %v (%.2f of gofeed), all known %v (%.3f of first), 3 of 30 new %v (%.3f)",
			form, s.alone, s.first, ratio(s.first, s.alone), s.known, ratio(s.known, s.first), s.mixed, ratio(s.mixed, s.first))
		t.Log(report)
		if !ok {
			t.Errorf("over the bar of %v or %v: %s", maxFirst, maxKnown, report)
		}
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// BenchmarkPollFirst is what a poll of 30 unknown items costs, from the body
// to classified entries; BenchmarkPollKnown the same for a body all of whose
// items are known, and which differs from the last one in its build date.
func BenchmarkPollFirst(b *testing.B) { benchmarkPoll(b, 100, 100, false) }

// BenchmarkPollKnown: see BenchmarkPollFirst.
func BenchmarkPollKnown(b *testing.B) { benchmarkPoll(b, 100, 100, true) }

// BenchmarkPollThreeNew is a poll of 30 items of which 3 are new.
func BenchmarkPollThreeNew(b *testing.B) { benchmarkPoll(b, 100, 103, true) }

func benchmarkPoll(b *testing.B, had, has int, marked bool) {
	for _, form := range []string{"teasers", "texts", "Atom", "JSON"} {
		b.Run(form, func(b *testing.B) {
			p := NewPoller(newMemory(), nil, PollOptions{})
			in, err := p.read(Poll{Feed: Feed{ID: 1}}, Response{Body: outlet(form, had, "gestern"), FinalURL: base}, nil)
			if err != nil {
				b.Fatal(err)
			}
			if !marked {
				in.Feed.Marks = nil
			}
			body := outlet(form, has, "heute")
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				out, err := p.read(Poll{Feed: in.Feed}, Response{Body: body, FinalURL: base}, nil)
				if err != nil || marked && len(out.Items) != has-had || !marked && len(out.Items) != 30 {
					b.Fatalf("%d items, %v", len(out.Items), err)
				}
			}
		})
	}
}
