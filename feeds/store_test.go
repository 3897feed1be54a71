package feeds_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
	"depesche/storage/storagetest"
)

const (
	portal = `<item><title>Kreis öffnet Portal</title><link>https://amt.example/1?utm_source=rss</link><guid isPermaLink="false">amt-1</guid><description>Das Onlinezugangsgesetz (OZG) wirkt.</description></item>`
	lehre  = `<item><title>Lozgen lernen</title><link>https://amt.example/2</link><guid isPermaLink="false">amt-2</guid></item>`
)

func feedOf(items string) string {
	return `<rss version="2.0"><channel><title>Amtsblatt</title>` + items + `</channel></rss>`
}

// TestPollsReachTheStore goes from a server's bytes to the archive: stored
// once, classified, updated when a headline changes, one item in two feeds,
// and nothing lost by a failure in between.
func TestPollsReachTheStore(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		ctx := context.Background()
		var body atomic.Value
		body.Store(feedOf(portal + lehre))
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/zweiter" {
				_, _ = w.Write([]byte(feedOf(strings.ReplaceAll(portal, "amt-1", "anders-1"))))
				return
			}
			w.Header().Set("ETag", `"v"`)
			_, _ = w.Write([]byte(body.Load().(string)))
		}))
		defer srv.Close()
		query, err := keyword.Parse("OZG")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.SyncTopics(ctx, []feeds.Topic{{Name: "OZG", Query: query}}); err != nil {
			t.Fatal(err)
		}
		clock := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
		if _, err := store.AddFeed(ctx, feeds.Feed{URL: srv.URL + "/erster"}, clock); err != nil {
			t.Fatal(err)
		}
		client := feeds.NewClient(feeds.ClientOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
		defer client.Close()
		poller := feeds.NewPoller(store, client, feeds.PollOptions{Now: func() time.Time { return clock }})
		var last feeds.Report
		round := func() {
			t.Helper()
			clock = clock.Add(48 * time.Hour)
			if err := poller.Round(ctx, false, func(r feeds.Report) { last = r }); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(what string, outcome feeds.Outcome, added, updated, known int) {
			t.Helper()
			if last.Outcome != outcome || last.New != added || last.Updated != updated || last.Known != known {
				t.Errorf("%s: %+v", what, last)
			}
		}
		round()
		expect("first poll", feeds.OutcomeNew, 2, 0, 0)
		hits, _, err := store.TopicHits(ctx, "OZG", 10)
		if err != nil || len(hits) != 1 || hits[0].Title != "Kreis öffnet Portal" || hits[0].URL != "https://amt.example/1" {
			t.Errorf("topic caught %+v, %v", hits, err)
		}
		round()
		expect("the same body", feeds.OutcomeUnchanged, 0, 0, 0)
		body.Store("<html>Wartung</html>")
		round()
		expect("a page", feeds.OutcomeFailed, 0, 0, 0)
		body.Store(feedOf(strings.ReplaceAll(portal, "öffnet", "eröffnet") + lehre))
		round()
		expect("a changed headline", feeds.OutcomeNew, 0, 1, 1)
		if _, err := store.AddFeed(ctx, feeds.Feed{URL: srv.URL + "/zweiter"}, clock); err != nil {
			t.Fatal(err)
		}
		if err := poller.Round(ctx, false, func(r feeds.Report) { last = r }); err != nil {
			t.Fatal(err)
		}
		expect("the same item in a second feed", feeds.OutcomeUnchanged, 0, 0, 1)
	})
}
