package feeds_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage/storagetest"

	"github.com/mmcdole/gofeed"
)

// BenchmarkRound304 polls 1,000 feeds on loopback that all answer 304, against
// a real SQLite store. The bar: under 2 s and 60 MB a round.
func BenchmarkRound304(b *testing.B) {
	const count = 1000
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><item><title>Eins</title><guid>%[1]s</guid></item></channel></rss>`, r.URL.Path)
	}))
	defer srv.Close()
	ctx := context.Background()
	store := storagetest.New(b)
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	var list []feeds.Feed
	for i := range count {
		list = append(list, feeds.Feed{URL: fmt.Sprintf("%s/%d", srv.URL, i)})
	}
	if err := store.SyncFeeds(ctx, list, now); err != nil {
		b.Fatal(err)
	}
	client := feeds.NewClient(feeds.ClientOptions{PerHost: 16, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	defer client.Close()
	poller := feeds.NewPoller(store, client, feeds.PollOptions{})
	if err := poller.Round(ctx, true, nil); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	var peak uint64
	for b.Loop() {
		done := 0
		err := poller.Round(ctx, true, func(r feeds.Report) {
			if r.Outcome != feeds.OutcomeUnchanged {
				b.Errorf("%+v", r)
			}
			if done++; done%100 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		})
		if err != nil || done != count {
			b.Fatalf("%d reports, %v", done, err)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "MB-peak-heap")
}

// realistic is a feed of 30 items with teasers and texts, about 150 KB.
func realistic() []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Amtsblatt</title><link>https://amt.example/</link>`)
	text := strings.Repeat("<p>Die Verwaltung des Kreises stellt ihre Fachverfahren um, und die Ämter prüfen Anträge künftig <b>digital</b>.</p>\n", 40)
	for i := range 30 {
		fmt.Fprintf(&b, `<item><title>Meldung %d: Kreis öffnet „Portal“</title><link>https://amt.example/%[1]d</link><guid isPermaLink="false">amt-%[1]d</guid><pubDate>Mon, 16 Nov 2026 08:%02[1]d:00 +0100</pubDate><dc:creator>Erika Beispiel</dc:creator><category>OZG</category><description><![CDATA[<p>Teaser über Größe &amp; Straße.</p>]]></description><content:encoded><![CDATA[%s]]></content:encoded></item>`+"\n", i, text)
	}
	b.WriteString(`</channel></rss>`)
	return b.Bytes()
}

// BenchmarkParse reads a feed from bytes to items; BenchmarkGofeed is what
// gofeed alone takes for the same bytes.
func BenchmarkParse(b *testing.B) {
	body := realistic()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if doc, err := feeds.Parse(body, "", ""); err != nil || len(doc.Items) != 30 {
			b.Fatal(err)
		}
	}
}

func BenchmarkGofeed(b *testing.B) {
	body := realistic()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(body)); err != nil {
			b.Fatal(err)
		}
	}
}
