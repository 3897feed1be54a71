package feeds

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOldAndRareForms: what feeds say in ways of long ago, or by extensions.
func TestOldAndRareForms(t *testing.T) {
	rss := func(item string) string {
		return `<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Amt</title><item>` + item + `</item></channel></rss>`
	}
	atom := func(space, entry string) string {
		return `<feed xmlns="` + space + `"><title>Amt</title><entry>` + entry + `</entry></feed>`
	}
	for name, c := range map[string]struct {
		body string
		want Item
	}{
		"a text as XHTML body":                 {rss(`<title>T</title><body xmlns="http://www.w3.org/1999/xhtml"><p>Ein <b>Text</b>.</p></body><category>K</category>`), Item{Title: "T", Summary: "Ein Text.", Categories: []string{"K"}}},
		"a text as XHTML body with prefix":     {rss(`<description>Kurz.</description><xhtml:body xmlns:xhtml="http://www.w3.org/1999/xhtml"><xhtml:p>Lang.</xhtml:p></xhtml:body>`), Item{Summary: "Kurz.", Content: "Lang."}},
		"a body that is never closed":          {rss(`<title>T</title><body><p>Ein Text.`), Item{Title: "T", Summary: "Ein Text."}},
		"an empty body":                        {rss(`<title>T</title><body/>`), Item{Title: "T"}},
		"a text as fullitem":                   {rss(`<fullitem>&lt;p&gt;Ein Text.&lt;/p&gt;</fullitem>`), Item{Summary: "Ein Text."}},
		"a namespace that nobody knows":        {atom("http://www.w3.org/2005/atom", `<title>T</title><summary>S</summary>`), Item{Title: "T", Summary: "S"}},
		"the namespace of a draft":             {atom("http://purl.org/echo/", `<title>T</title>`), Item{Title: "T"}},
		"base64 that is said to be text":       {atom("http://purl.org/atom/ns#", `<title type="text/plain" mode="base64">R3LDvMOfZQ==</title>`), Item{Title: "Grüße"}},
		"the same with the mode first":         {atom("http://purl.org/atom/ns#", `<title mode="base64" type="text/plain">R3LDvMOfZQ==</title>`), Item{Title: "Grüße"}},
		"an id in capitals":                    {atom(atomSpace, `<id>HTTP://Amt.Example/Über?a=1&amp;b=2</id><title>T</title>`), Item{GUID: "HTTP://Amt.Example/Über?a=1&b=2", URL: "http://amt.example/%C3%9Cber?a=1&b=2", Title: "T"}},
		"an id behind that of its source":      {atom(atomSpace, `<source><id>http://Quelle.example/</id></source><id>http://Amt.example/1</id><title>T</title>`), Item{GUID: "http://Amt.example/1", URL: "http://amt.example/1", Title: "T"}},
		"categories with labels":               {atom(atomSpace, `<title>T</title><category term="ozg" label="OZG"/><category term="https://x.example/7" label="Register"/><category term="KI" label="Künstliche Intelligenz"/><category term="Wahl"/>`), Item{Title: "T", Categories: []string{"OZG", "Register", "KI", "Künstliche Intelligenz", "Wahl"}}},
		"categories of media":                  {rss(`<title>T</title><media:category label="Bau">b</media:category><media:category>Amt</media:category><itunes:category text="Technik"><itunes:category text="Netze"/></itunes:category>`), Item{Title: "T", Categories: []string{"Bau", "Amt", "Technik", "Netze"}}},
		"title and teaser of media":            {rss(`<media:title>T</media:title><media:group><media:description>S</media:description></media:group>`), Item{Title: "T", Summary: "S"}},
		"an entity of its own":                 {`<!DOCTYPE rss [<!ENTITY amt "Bürgeramt">]>` + rss(`<title>&amt; und &amp; mehr &amt;</title>`), Item{Title: "Bürgeramt und & mehr Bürgeramt"}},
		"an entity that holds another":         {`<!DOCTYPE rss [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>` + rss(`<title>Titel &b;</title>`), Item{Title: "Titel &b;"}},
		"an entity that lies outside":          {`<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + rss(`<title>Titel &a;</title>`), Item{Title: "Titel &a;"}},
		"a comment in a title that never ends": {rss(`<title>Titel&lt;!-- geheim</title>`), Item{Title: "Titel"}},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := Parse([]byte(c.body), "", base)
			if err != nil || len(doc.Items) != 1 {
				t.Fatalf("%d items, %v", len(doc.Items), err)
			}
			if diff := cmp.Diff(c.want, doc.Items[0]); diff != "" || doc.Title != "Amt" {
				t.Errorf("feed %q; item (-want +got):\n%s", doc.Title, diff)
			}
		})
	}
}

// TestEntitiesAddLittle: entities of the document's own cannot blow it up.
func TestEntitiesAddLittle(t *testing.T) {
	prolog := []byte(`<!DOCTYPE rss [<!ENTITY a "` + strings.Repeat("x", maxEntity) + `">]>`)
	text := []byte(strings.Repeat("&a;", 100_000))
	if out := expand(prolog, text); len(out) > len(text)+maxEntityBytes+maxEntity || len(out) < maxEntityBytes {
		t.Errorf("%d bytes became %d", len(text), len(out))
	}
}

// TestWhatAFeedAsks: how rarely, and when not, a feed wants to be read.
func TestWhatAFeedAsks(t *testing.T) {
	all := strings.Repeat("<hour>x</hour>", 3)
	for i := range 24 {
		all += "<hour>" + strconv.Itoa(i) + "</hour>"
	}
	for name, c := range map[string]struct {
		head  string
		ttl   time.Duration
		hours uint32
		days  uint8
	}{
		"nothing":                      {"", 0, 0, 0},
		"a ttl":                        {"<ttl> 90 </ttl>", 90 * time.Minute, 0, 0},
		"a ttl of a year":              {"<ttl>525600</ttl>", 24 * time.Hour, 0, 0},
		"a ttl of nothing":             {"<ttl>0</ttl>", 0, 0, 0},
		"a ttl in words":               {"<ttl>bald</ttl>", 0, 0, 0},
		"twice a day":                  {"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 12 * time.Hour, 0, 0},
		"hourly, as WordPress writes":  {"<sy:updatePeriod>\n hourly </sy:updatePeriod><sy:updateFrequency>\n 1 </sy:updateFrequency>", time.Hour, 0, 0},
		"from when periods count":      {"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>", 24 * time.Hour, 0, 0},
		"weekly is daily":              {"<sy:updatePeriod>weekly</sy:updatePeriod>", 24 * time.Hour, 0, 0},
		"the longer of two":            {"<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", time.Hour, 0, 0},
		"not in the night":             {"<skipHours><hour>0</hour><hour>1</hour><hour> 23 </hour></skipHours>", 0, 1 | 1<<1 | 1<<23, 0},
		"midnight as 24":               {"<skipHours><hour>24</hour></skipHours>", 0, 1, 0},
		"hours that are none":          {"<skipHours><hour>25</hour><hour>-1</hour><hour>x</hour></skipHours>", 0, 0, 0},
		"not on weekends":              {"<skipDays><day>Saturday</day><day>sunday</day></skipDays>", 0, 0, 1 | 1<<6},
		"days that are none":           {"<skipDays><day>Sonntag</day></skipDays>", 0, 0, 0},
		"never cannot be meant":        {"<skipHours>" + all + "</skipHours>", 0, 0, 0},
		"never on any day, no more so": {"<skipDays><day>Monday</day><day>Tuesday</day><day>Wednesday</day><day>Thursday</day><day>Friday</day><day>Saturday</day><day>Sunday</day></skipDays>", 0, 0, 0},
	} {
		doc, err := Parse([]byte(`<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>x</title>`+c.head+`</channel></rss>`), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if doc.TTL != c.ttl || doc.SkipHours != c.hours || doc.SkipDays != c.days {
			t.Errorf("%s: ttl %v, hours %b, days %b", name, doc.TTL, doc.SkipHours, doc.SkipDays)
		}
	}
}

// TestPartsOfItemsAreKept: one broken tag costs nothing but itself, and often
// not even that.
func TestPartsOfItemsAreKept(t *testing.T) {
	sound := Item{GUID: "amt-1", Title: "Eine Meldung", URL: "https://amt.example/1", Summary: "Ein Teaser."}
	for name, item := range map[string]string{
		"sound":                                     `<title>Eine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"no end of a title":                         `<title>Eine Meldung<link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"the end of a title misspelt":               `<title>Eine Meldung</titel><link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"the end of a link without its <":           `<title>Eine Meldung</title><link>https://amt.example/1/link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"the end of a link without its >":           `<title>Eine Meldung</title><link>https://amt.example/1</link<guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"no beginning of a link":                    `<title>Eine Meldung</title>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"the beginning of a title without its <":    `title>Eine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"the same with an attribute":                `<title>Eine Meldung</title><link>https://amt.example/1</link>guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"the beginning of a title without its >":    `<titleEine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"a quotation mark missing":                  `<title>Eine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false>amt-1</guid><description>Ein Teaser.</description>`,
		"a slash too many":                          `<title>Eine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false">amt-1<//guid><description>Ein Teaser.</description>`,
		"markup in a link":                          `<title>Eine Meldung</title><link><br>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
		"no end of a teaser":                        `<title>Eine Meldung</title><link>https://amt.example/1</link><description>Ein Teaser.<guid isPermaLink="false">amt-1</guid>`,
		"CDATA of a title, closed by the teaser's":  `<title><![CDATA[Eine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description><![CDATA[Ein Teaser.]]></description>`,
		"CDATA of the last part":                    `<title>Eine Meldung</title><link>https://amt.example/1</link><guid isPermaLink="false">amt-1</guid><description><![CDATA[Ein Teaser.</description>`,
		"a mark of the kind that does not end tags": `<title>Eine Meldung</b></title><link>https://amt.example/1</link></p><guid isPermaLink="false">amt-1</guid><description>Ein Teaser.</description>`,
	} {
		doc, err := Parse([]byte(`<rss version="2.0"><channel><title>Amt</title><item>`+item+`</item><item><title>Danach</title></item></channel></rss>`), "", base)
		if err != nil || len(doc.Items) != 2 || doc.Items[1].Title != "Danach" {
			t.Errorf("%s: %d items, %v", name, len(doc.Items), err)
			continue
		}
		if diff := cmp.Diff(sound, doc.Items[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
