package feeds

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// kindOfDamage is what everyday carelessness does to a sound feed. charset is
// what the server says, if anything.
type kindOfDamage struct {
	name    string
	charset string
	damage  func(rnd *rand.Rand, feed string) []byte
}

var (
	itemForm  = regexp.MustCompile(`(?s)<item>.*?</item>|<entry>.*?</entry>`)
	itemClose = regexp.MustCompile(`</(?:item|entry)>`)
	textForm  = regexp.MustCompile(`</(?:description|summary)>`)
	anyTag    = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
)

func declared(feed, encoding string) string {
	return strings.Replace(feed, `encoding="UTF-8"`, encoding, 1)
}

func cp1252(feed string) []byte {
	out, err := charmap.Windows1252.NewEncoder().Bytes([]byte(feed))
	if err != nil {
		panic(err)
	}
	return out
}

func utf16Of(feed string, mark []byte, big bool) []byte {
	out := bytes.Clone(mark)
	for _, u := range utf16.Encode([]rune(feed)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// inTexts puts something at the end of every teaser.
func inTexts(feed, insert string) []byte {
	return []byte(textForm.ReplaceAllStringFunc(feed, func(end string) string { return " " + insert + end }))
}

// inOneItem changes one item.
func inOneItem(rnd *rand.Rand, feed string, change func(item string) string) []byte {
	all := itemForm.FindAllStringIndex(feed, -1)
	at := all[rnd.IntN(len(all))]
	return []byte(feed[:at[0]] + change(feed[at[0]:at[1]]) + feed[at[1]:])
}

// breakTag breaks one tag of an item, but for those of the item itself.
func breakTag(rnd *rand.Rand, item string) string {
	tags := anyTag.FindAllStringIndex(item, -1)
	at := tags[1+rnd.IntN(len(tags)-2)]
	from, to := at[0], at[1]
	switch rnd.IntN(4) {
	case 0:
		return item[:to-1] + item[to:] // its ">"
	case 1:
		return item[:from] + item[from+1:] // its "<"
	case 2:
		return item[:from] + item[to:] // all of it
	default:
		return item[:from] + strings.Replace(item[from:to], "/", "/x", 1) + item[to:] // another end tag
	}
}

func plainDamage(f func(feed string) string) func(*rand.Rand, string) []byte {
	return func(_ *rand.Rand, feed string) []byte { return []byte(f(feed)) }
}

func kindsOfDamage() []kindOfDamage {
	text := func(insert string) func(*rand.Rand, string) []byte {
		return func(_ *rand.Rand, feed string) []byte { return inTexts(feed, insert) }
	}
	before := func(junk string) func(*rand.Rand, string) []byte {
		return plainDamage(func(feed string) string { return junk + feed })
	}
	cutAt := func(share func(*rand.Rand) float64) func(*rand.Rand, string) []byte {
		return func(rnd *rand.Rand, feed string) []byte { return []byte(feed[:int(float64(len(feed))*share(rnd))]) }
	}
	replace := func(old, with string) func(*rand.Rand, string) []byte {
		return plainDamage(func(feed string) string { return strings.ReplaceAll(feed, old, with) })
	}
	const pi = `<?xml version="1.0" encoding="UTF-8"?>`
	return []kindOfDamage{
		{name: "cp1252 labelled UTF-8", damage: func(_ *rand.Rand, feed string) []byte { return cp1252(feed) }},
		{name: "cp1252 unlabelled", damage: func(_ *rand.Rand, feed string) []byte { return cp1252(declared(feed, "")) }},
		{name: "cp1252 by HTTP alone", charset: "windows-1252", damage: func(_ *rand.Rand, feed string) []byte { return cp1252(declared(feed, "")) }},
		{name: "UTF-8 labelled ISO-8859-1", damage: plainDamage(func(feed string) string { return declared(feed, `encoding="ISO-8859-1"`) })},
		{name: "UTF-8 labelled ISO-8859-1 by HTTP", charset: "iso-8859-1", damage: plainDamage(func(feed string) string { return feed })},
		{name: "single cp1252 bytes", damage: replace("Straße", "Stra\xdfe")},
		{name: "surrogate bytes", damage: text("\xed\xa0\xbd\xed\xb8\x80")},
		{name: "UTF-16 LE with mark", damage: func(_ *rand.Rand, feed string) []byte { return utf16Of(feed, []byte{0xff, 0xfe}, false) }},
		{name: "UTF-16 BE with mark", damage: func(_ *rand.Rand, feed string) []byte { return utf16Of(feed, []byte{0xfe, 0xff}, true) }},
		{name: "UTF-16 without mark", damage: func(_ *rand.Rand, feed string) []byte { return utf16Of(feed, nil, false) }},
		{name: "UTF-8 labelled UTF-16", damage: plainDamage(func(feed string) string { return declared(feed, `encoding="UTF-16"`) })},
		{name: "unknown label", damage: plainDamage(func(feed string) string { return declared(feed, `encoding="x-amt"`) })},
		{name: "control characters", damage: replace("Größe", "Grö\x0bße\x01")},
		{name: "U+FFFE", damage: replace("Größe", "Größe\ufffe")},
		{name: "references to control characters", damage: text("&#11;&#0;&#x1F;")},
		{name: "undefined entities", damage: text("&nbsp;&hellip;&uuml;&gibtsnicht;")},
		{name: "bare ampersands", damage: text("Tom & Jerry, A&B, ?a=1&b=2")},
		{name: "bare less-than", damage: text("5 < 6 und <3")},
		{name: "unescaped HTML", damage: text(`<p>Ein <b>Absatz</b><br>mit <img src="x.png"> und <a href="/x">Link</a>`)},
		{name: "unquoted attributes", damage: plainDamage(func(feed string) string {
			return regexp.MustCompile(`="([^"\s<>]+)"`).ReplaceAllStringFunc(feed, func(s string) string {
				if strings.Contains(s, "://") && !strings.Contains(s, "amt.example") || s == `="1.0"` || s == `="UTF-8"` {
					return s
				}
				return "=" + s[2:len(s)-1]
			})
		})},
		{name: "duplicate attributes", damage: plainDamage(func(feed string) string {
			return strings.NewReplacer(`isPermaLink="false"`, `isPermaLink="false" isPermaLink="false"`, `rel="alternate"`, `rel="alternate" rel="alternate"`).Replace(feed)
		})},
		{name: "a broken tag in one item", damage: func(rnd *rand.Rand, feed string) []byte {
			return inOneItem(rnd, feed, func(item string) string { return breakTag(rnd, item) })
		}},
		{name: "CDATA never closed in one teaser", damage: func(rnd *rand.Rand, feed string) []byte {
			return inOneItem(rnd, feed, func(item string) string {
				return regexp.MustCompile(`(<(?:description|summary)[^>]*>)`).ReplaceAllString(item, "$1<![CDATA[")
			})
		}},
		{name: "CDATA never closed in all titles", damage: plainDamage(func(feed string) string {
			return itemForm.ReplaceAllStringFunc(feed, func(item string) string { return strings.Replace(item, "<title>", "<title><![CDATA[", 1) })
		})},
		{name: "one item never closed", damage: func(rnd *rand.Rand, feed string) []byte {
			return inOneItem(rnd, feed, func(item string) string { return itemClose.ReplaceAllString(item, "") })
		}},
		{name: "no item closed", damage: plainDamage(func(feed string) string { return itemClose.ReplaceAllString(feed, "") })},
		{name: "an element of the head never closed", damage: plainDamage(func(feed string) string {
			i := itemForm.FindStringIndex(feed)[0]
			return feed[:i] + `<media:thumbnail url="x.png"><itunes:owner>` + feed[i:]
		})},
		{name: "cut in half", damage: cutAt(func(*rand.Rand) float64 { return .5 })},
		{name: "cut at 90 %", damage: cutAt(func(*rand.Rand) float64 { return .9 })},
		{name: "cut anywhere", damage: cutAt(func(rnd *rand.Rand) float64 { return .2 + .8*rnd.Float64() })},
		{name: "a warning of PHP in front", damage: before("<br />\n<b>Warning</b>: Undefined variable $x in <b>/srv/feed.php</b> on line <b>12</b><br />\n")},
		{name: "text in front", damage: before("Hinweis: Sitzung abgelaufen\n\n")},
		{name: "two declarations", damage: before(`<?xml version="1.0"?>` + "\n")},
		{name: "4 KB of comment in front", damage: replace(pi, pi+"<!-- "+strings.Repeat("Kommentar mit <rss> ", 250)+"-->")},
		{name: "XML 1.1", damage: replace(`<?xml version="1.0"`, `<?xml version="1.1"`)},
		{name: "a mark and blank lines in front", damage: before("\ufeff\n\n  \n")},
		{name: "garbage behind", damage: plainDamage(func(feed string) string { return feed + "\n<script>if (1 < 2) {}</script>\x00 Ende </html>" })},
		{name: "a DOCTYPE with a subset", damage: replace(pi, pi+`<!DOCTYPE rss PUBLIC "-//X//Y" "x.dtd" [<!ENTITY a "b"> <!ELEMENT rss ANY>]>`)},
		{name: "undeclared prefixes", damage: replace("</title>", `</title><amt:nr amt:von="x">7</amt:nr>`)},
		{name: "tags in capitals", damage: plainDamage(func(feed string) string {
			if strings.Contains(feed, "<entry>") {
				return feed // Atom's names are of one case (XML), and nobody writes them otherwise
			}
			return regexp.MustCompile(`</?(?:rss|channel|item|title|link|description|guid)\b`).ReplaceAllStringFunc(feed, strings.ToUpper)
		})},
		{name: "the root never closed", damage: plainDamage(func(feed string) string {
			return feed[:strings.LastIndex(feed, "</")]
		})},
	}
}

// soundFeeds are feeds of 20 items in several forms.
func soundFeeds() map[string]string {
	out := map[string]string{}
	title := func(i int) string {
		return fmt.Sprintf("Meldung %d: Größe „Maß“ – die Straße &amp; das Amt", i)
	}
	const teaser = "Die Ämter der Straße prüfen die Größe: „künftig“ – nicht früher."
	const pi = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	var rss, wordpress, atom, rdf strings.Builder
	rss.WriteString(pi + `<rss version="2.0"><channel><title>Amt</title><link>https://amt.example/</link>` + "\n")
	wordpress.WriteString(pi + `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Amt</title><link>https://amt.example/</link>` + "\n")
	atom.WriteString(pi + `<feed xmlns="http://www.w3.org/2005/Atom"><title>Amt</title><id>urn:amt</id>` + "\n")
	rdf.WriteString(pi + `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://amt.example/"><title>Amt</title></channel>` + "\n")
	for i := range 20 {
		fmt.Fprintf(&rss, "<item><title>%s</title><link>https://amt.example/%d</link><guid isPermaLink=\"false\">amt-%[2]d</guid><pubDate>Mon, 16 Nov 2026 08:%02[2]d:00 +0100</pubDate><description>%s</description></item>\n", title(i), i, teaser)
		fmt.Fprintf(&wordpress, "<item>\n<title>%s</title>\n<link>https://amt.example/%d/</link>\n<dc:creator>Erika Beispiel</dc:creator>\n<pubDate>Mon, 16 Nov 2026 08:%02[2]d:00 +0000</pubDate>\n<category>Amt</category>\n<guid isPermaLink=\"false\">https://amt.example/?p=%[2]d</guid>\n<description>%s</description>\n</item>\n", title(i), i, teaser)
		fmt.Fprintf(&atom, "<entry>\n  <id>urn:amt:%d</id>\n  <title>%s</title>\n  <link rel=\"alternate\" href=\"https://amt.example/%[1]d\"/>\n  <updated>2026-11-16T08:%02[1]d:00+01:00</updated>\n  <author><name>Erika</name></author>\n  <summary type=\"html\">%[3]s</summary>\n</entry>\n", i, title(i), teaser)
		fmt.Fprintf(&rdf, "<item><title>%s</title><link>https://amt.example/%d</link><description>%s</description></item>\n", title(i), i, teaser)
	}
	out["RSS 2.0"] = rss.String() + "</channel></rss>\n"
	out["WordPress"] = wordpress.String() + "</channel>\n</rss>\n"
	out["Atom"] = atom.String() + "</feed>\n"
	out["RSS 1.0"] = rdf.String() + "</rdf:RDF>\n"
	return out
}

// TestDamage: of sound feeds, damaged in all ways of every day, at least 99 %
// of the items come back with their exact title and link, and of no kind of
// damage less than 97 %.
func TestDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	rnd := rand.New(rand.NewPCG(3, 5))
	all, whole := 0, 0
	sound := soundFeeds()
	for _, k := range kindsOfDamage() {
		had, got := 0, 0
		for _, form := range slices.Sorted(maps.Keys(sound)) {
			sound := sound[form]
			want, err := Parse([]byte(sound), "", base)
			if err != nil || len(want.Items) != 20 {
				t.Fatalf("%s: %d items, %v", form, len(want.Items), err)
			}
			for range 4 {
				body := k.damage(rnd, sound)
				expected := want.Items
				if strings.HasPrefix(k.name, "cut") { // what the body still has
					expected = expected[:len(itemForm.FindAllIndex(body, -1))]
				}
				contentType := ""
				if k.charset != "" {
					contentType = "text/xml; charset=" + k.charset
				}
				doc, err := Parse(body, contentType, base)
				if err != nil {
					t.Errorf("%s, %s: %v", k.name, form, err)
				}
				have := map[[2]string]bool{}
				for _, it := range doc.Items {
					have[[2]string{it.Title, it.URL}] = true
				}
				for _, it := range expected {
					if had++; have[[2]string{it.Title, it.URL}] {
						got++
					}
				}
			}
		}
		share := 100 * float64(got) / float64(had)
		t.Logf("%-36s %5d of %5d  %6.2f %%", k.name, got, had, share)
		if share < 97 {
			t.Errorf("%s: %.2f %%", k.name, share)
		}
		all, whole = all+got, whole+had
	}
	share := 100 * float64(all) / float64(whole)
	t.Logf("%d kinds of damage: %d of %d items, %.2f %%", len(kindsOfDamage()), all, whole, share)
	if share < 99 {
		t.Errorf("%.2f %% of all items came back", share)
	}
}
