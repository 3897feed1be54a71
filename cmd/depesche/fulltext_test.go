package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// TestFullTextFromEndToEnd: what stands only on an item's page makes it a
// topic's, poll says how many pages it read, and explain what became of each.
func TestFullTextFromEndToEnd(t *testing.T) {
	now := time.Now().Add(-time.Hour).Format(time.RFC1123Z)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.xml":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Probeblatt</title>
<item><title>Kreistag tagt</title><link>http://%[1]s/tagt</link><guid>1</guid><pubDate>%[2]s</pubDate></item>
<item><title>Kreistag ruht</title><link>http://%[1]s/ruht</link><guid>2</guid><pubDate>%[2]s</pubDate></item></channel></rss>`, r.Host, now)
		case "/tagt":
			fmt.Fprint(w, `<!doctype html><html><body><article><h1>Kreistag tagt</h1><p>Der Kreistag hat am Montagabend lange über die Umsetzung des OZG gesprochen und am Ende beschlossen, eine Stelle dafür einzurichten.</p></article></body></html>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	p := newProgram(t)
	text := fmt.Sprintf(`
topics: [{name: OZG, query: OZG}]
feeds: [{url: "%s/feed.xml", name: Probeblatt, full_text: true}]
digests: [{name: morgen, channel: C0123456, schedule: "0 8 * * 1-5"}]
poll: {host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`, s.URL)
	if err := os.WriteFile(defaultFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := p.want(0, "poll"); !strings.Contains(r.stderr, "article pages: 1 read, 1 not to be had") {
		t.Errorf("poll: %s", r.stderr)
	}
	read := decoded[explanation](t, p.want(0, "explain", "--json", s.URL+"/tagt").stdout)
	if !read.News || len(read.Matches) != 1 || read.Matches[0].Topic != "OZG" || read.Page.State != "read" || read.Page.Waits {
		t.Errorf("the page that was read: %+v", read)
	}
	refused := decoded[explanation](t, p.want(0, "explain", "--json", s.URL+"/ruht").stdout)
	if !refused.News || len(refused.Matches) != 0 || refused.Page.State != "refused" || refused.Page.Reason != "HTTP 404 Not Found" {
		t.Errorf("the page that is not there: %+v", refused)
	}
	if got := p.want(0, "explain", s.URL+"/tagt").stdout; !strings.Contains(got, "topics and search know its text") {
		t.Errorf("for people: %s", got)
	}
	if got := p.want(0, "explain", s.URL+"/ruht").stdout; !strings.Contains(got, "HTTP 404 Not Found; what the feed says counts") {
		t.Errorf("for people: %s", got)
	}
	if got := p.want(0, "digest", "morgen", "--format", "text").stdout; !strings.Contains(got, "Kreistag tagt") {
		t.Errorf("the digest: %s", got)
	}
	if got := p.want(0, "search", "Montagabend").stdout; !strings.Contains(got, s.URL+"/tagt") {
		t.Errorf("search: %s", got)
	}
}
