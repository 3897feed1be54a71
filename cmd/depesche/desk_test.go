package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
)

// outlet serves one RSS feed with fresh items, and a page that links to it.
func outlet(t *testing.T) *httptest.Server {
	t.Helper()
	now := time.Now().Add(-time.Hour)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := "http://" + r.Host
		switch r.URL.Path {
		case "/":
			fmt.Fprintf(w, `<!doctype html><html><head><link rel="alternate" type="application/rss+xml" title="Alles" href="/feed.xml"></head></html>`)
		case "/feed.xml":
			w.Header().Set("Content-Type", "application/rss+xml")
			fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Probeblatt</title>`)
			for i, title := range []string{"OZG: Land meldet Vollzug", "Blockchain im Grundbuch", "Wetter im Allgäu"} {
				fmt.Fprintf(w, `<item><title>%s</title><link>%s/%d</link><guid>%d</guid><pubDate>%s</pubDate><description>Ein Satz dazu.</description></item>`,
					title, base, i, i, now.Add(time.Duration(i)*time.Minute).Format(time.RFC1123Z))
			}
			fmt.Fprint(w, `</channel></rss>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// newDesk is a program with a configuration that watches the outlet and an
// address that answers 404.
func newDesk(t *testing.T) (*program, *httptest.Server) {
	t.Helper()
	s := outlet(t)
	p := newProgram(t)
	text := fmt.Sprintf(`
topics:
  - {name: OZG, query: OZG OR Onlinezugangsgesetz}
  - {name: Blockchain, query: Blockchain}
feeds:
  - {url: "%[1]s/feed.xml", name: Probeblatt, role: own}
  - {url: "%[1]s/missing.xml", name: Leerstelle}
digests:
  - {name: morgen, channel: C0123456, schedule: "0 8 * * 1-5"}
poll: {host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`, s.URL)
	if err := os.WriteFile(defaultFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p, s
}

// decoded reads JSON strictly.
func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestPollReportsAFeedALine(t *testing.T) {
	p, s := newDesk(t)
	lines := strings.Split(strings.TrimSpace(p.want(0, "poll", "--json").stdout), "\n")
	got := map[string]feeds.Report{}
	for _, l := range lines {
		r := decoded[feeds.Report](t, l)
		got[r.URL] = r
	}
	if r := got[s.URL+"/feed.xml"]; r.Outcome != feeds.OutcomeNew || r.New != 3 || r.Reason != "" {
		t.Errorf("the outlet: %+v", r)
	}
	if r := got[s.URL+"/missing.xml"]; r.Outcome != feeds.OutcomeFailed || !strings.Contains(r.Reason, "404") {
		t.Errorf("the missing one: %+v", r)
	}
	if r := p.want(0, "poll"); r.stdout != "" || !strings.Contains(r.stderr, "--all") {
		t.Errorf("nothing is due yet, but: %s%s", r.stdout, r.stderr)
	}
	if r := p.want(0, "poll", "--all"); !strings.Contains(r.stdout, "unchanged") || r.stderr != "" {
		t.Errorf("--all: %s%s", r.stdout, r.stderr)
	}
}

func TestPollNamesAFeedThatIsGone(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	t.Cleanup(s.Close)
	p := newProgram(t)
	text := fmt.Sprintf("feeds: [{url: \"%s/feed\", name: Altblatt}]\nfetch: {allow_networks: [127.0.0.0/8]}\n", s.URL)
	if err := os.WriteFile(defaultFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []feeds.Outcome{feeds.OutcomeFailed, feeds.OutcomeSkipped} {
		r := decoded[feeds.Report](t, p.want(0, "poll", "--all", "--json").stdout)
		if r.URL != s.URL+"/feed" || r.Outcome != want || !strings.Contains(r.Reason, "410") {
			t.Errorf("got %+v, want it %s with its reason", r, want)
		}
	}
}

func TestTheArchiveIsLookedUp(t *testing.T) {
	p, s := newDesk(t)
	if got := p.want(0, "search", "OZG", "--json").stdout; strings.TrimSpace(got) != "[]" {
		t.Errorf("an empty archive: %q", got)
	}
	p.want(0, "poll")

	rows := decoded[[]itemRow](t, p.want(0, "search", "--json", "OZG").stdout)
	if len(rows) != 1 || rows[0].Title != "OZG: Land meldet Vollzug" || rows[0].Source != "Probeblatt" || len(rows[0].Topics) != 1 || rows[0].Topics[0] != "OZG" {
		t.Fatalf("search: %+v", rows)
	}
	for _, at := range []string{rows[0].Published, rows[0].Seen} {
		if parsed, err := time.Parse(time.RFC3339, at); err != nil || parsed.Location() != time.UTC {
			t.Errorf("%q is no UTC time: %v", at, err)
		}
	}
	if all := decoded[[]itemRow](t, p.want(0, "search", "--json", "--limit", "2", "OZG OR Blockchain OR Wetter").stdout); len(all) != 2 {
		t.Errorf("--limit 2 gave %d", len(all))
	}
	if got := p.want(0, "search", "OZG").stdout; !strings.Contains(got, s.URL+"/0") {
		t.Errorf("for people: %s", got)
	}
	p.want(2, "search", "OZG OR (")
	p.want(2, "search", "--limit", "0", "OZG")
	p.want(2, "search")

	e := decoded[explanation](t, p.want(0, "explain", s.URL+"/0", "--json").stdout)
	if !e.News || len(e.Sightings) != 1 || len(e.Plans) != 1 || e.Plans[0].Reason != "waiting" || e.Plans[0].Section != "OZG" {
		t.Errorf("explain: %+v", e)
	}
	none := decoded[explanation](t, p.want(0, "explain", s.URL+"/2", "--json").stdout)
	if none.Plans[0].Reason != "no-rule" || len(none.Matches) != 0 {
		t.Errorf("explain what no topic takes: %+v", none)
	}
	if got := p.want(0, "explain", fmt.Sprint(e.ID)).stdout; !strings.Contains(got, "because of: OZG") || !strings.Contains(got, "waits for the next run") {
		t.Errorf("explain for people: %s", got)
	}
	if r := p.want(1, "explain", "https://nowhere.example/x"); !strings.Contains(r.stderr, "no item") {
		t.Errorf("explain what is not there: %s", r.stderr)
	}
}

func TestTopics(t *testing.T) {
	p, _ := newDesk(t)
	p.want(0, "poll")
	if rows := decoded[[]topicRow](t, p.want(0, "topics", "list", "--json").stdout); len(rows) != 2 || rows[0].Name != "OZG" {
		t.Errorf("list: %+v", rows)
	}
	if rows := decoded[[]hitRow](t, p.want(0, "topics", "test", "Blockchain", "--json").stdout); len(rows) != 1 || len(rows[0].Words) != 1 || rows[0].Words[0] != "Blockchain" {
		t.Errorf("test: %+v", rows)
	}
	if r := p.want(2, "topics", "test", "Blockchai"); !strings.Contains(r.stderr, `there is no topic "Blockchai"; there are OZG, Blockchain`) {
		t.Errorf("unknown topic: %s", r.stderr)
	}
	if r := p.want(2, "topics"); !strings.Contains(r.stderr, "say what to do: list, test") {
		t.Errorf("no verb: %s", r.stderr)
	}
}

func TestDigestFormats(t *testing.T) {
	p, s := newDesk(t)
	p.want(0, "poll")
	doc := decoded[digestDocument](t, p.want(0, "digest", "morgen", "--json").stdout)
	if len(doc.Sections) != 2 || doc.Sections[0].Items[0].Title != "OZG: Land meldet Vollzug" || doc.Coverage.Sources != 2 || len(doc.Coverage.Broken) != 1 {
		t.Errorf("json: %+v", doc)
	}
	for _, format := range []string{"text", "markdown"} {
		if got := p.want(0, "digest", "--format", format, "morgen").stdout; !strings.Contains(got, s.URL+"/0") || !strings.Contains(got, "Leerstelle") {
			t.Errorf("%s: %s", format, got)
		}
	}
	blocks := decoded[struct {
		Messages []struct {
			Text   string           `json:"text"`
			Blocks []map[string]any `json:"blocks"`
		} `json:"messages"`
	}](t, p.want(0, "digest", "morgen", "--format=blocks").stdout)
	if len(blocks.Messages) != 1 || len(blocks.Messages[0].Blocks) < 3 || blocks.Messages[0].Text == "" {
		t.Errorf("blocks: %+v", blocks)
	}
	if r := p.want(2, "digest", "abend"); !strings.Contains(r.stderr, `there is no digest "abend"; there are morgen`) {
		t.Errorf("unknown digest: %s", r.stderr)
	}
	if r := p.want(2, "digest", "morgen", "--format", "pdf"); !strings.Contains(r.stderr, "--format wants one of text, markdown, json, blocks") {
		t.Errorf("unknown format: %s", r.stderr)
	}
	if r := p.want(2, "digest", "morgen", "--post"); !strings.Contains(r.stderr, "SLACK_BOT_TOKEN: it is not set") {
		t.Errorf("--post without a token: %s", r.stderr)
	}
}

func TestFeeds(t *testing.T) {
	p, s := newDesk(t)
	added := "https://neu.example/feed"
	if got := p.want(0, "feeds", "add", added, "--name", "Neu", "--role", "vendor").stdout; !strings.Contains(got, "is asked at the next poll") {
		t.Errorf("add: %s", got)
	}
	if got := p.want(0, "feeds", "add", added, "--json").stdout; !strings.Contains(got, `"added": false`) {
		t.Errorf("add again: %s", got)
	}
	for _, bad := range []string{"neu.example", "ftp://neu.example/x", "https://", "https://me:pw@neu.example/"} {
		p.want(2, "feeds", "add", bad)
	}
	rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout)
	if len(rows) != 3 || rows[0].State != "new" || rows[0].LastPoll != "" || rows[2].Name != "Neu" || rows[2].Role != "vendor" || rows[2].Origin != "desk" {
		t.Errorf("list: %+v", rows)
	}
	if got := p.want(0, "feeds", "list").stdout; !strings.Contains(got, "STATE") || !strings.Contains(got, "never") {
		t.Errorf("list for people: %s", got)
	}
	if r := p.want(1, "feeds", "remove", s.URL+"/feed.xml"); !strings.Contains(r.stderr, "is declared in depesche.yaml; remove it there") {
		t.Errorf("remove a declared one: %s", r.stderr)
	}
	opml := p.want(0, "feeds", "export").stdout
	p.want(0, "feeds", "remove", added)
	if r := p.want(1, "feeds", "remove", added); !strings.Contains(r.stderr, "is not on the list") {
		t.Errorf("remove again: %s", r.stderr)
	}
	if err := os.WriteFile("list.opml", []byte(opml), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := decoded[importResult](t, p.want(0, "feeds", "import", "list.opml", "--json").stdout); got.Added != 1 || got.Known != 2 || len(got.Refused) != 0 {
		t.Errorf("import: %+v", got)
	}
	p.want(1, "feeds", "import", "nowhere.opml")
}

func TestFeedsCheckAndDiscoverChangeNothing(t *testing.T) {
	p, s := newDesk(t)
	r := p.want(1, "feeds", "check", "--json")
	if lines := strings.Split(strings.TrimSpace(r.stdout), "\n"); len(lines) != 2 {
		t.Errorf("check: %q", lines)
	}
	if r := p.want(0, "feeds", "check", s.URL+"/feed.xml"); !strings.HasPrefix(r.stdout, "ok ") || !strings.Contains(r.stdout, "3 items") {
		t.Errorf("check one: %s", r.stdout)
	}
	for _, row := range decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout) {
		if row.State != "new" || row.Items != 0 {
			t.Errorf("check changed %+v", row)
		}
	}
	if found := decoded[[]candidateRow](t, p.want(0, "feeds", "discover", s.URL+"/", "--json").stdout); len(found) != 1 || found[0].URL != s.URL+"/feed.xml" {
		t.Errorf("discover: %+v", found)
	}
	p.want(2, "feeds", "check", "nowhere")
	p.want(2, "feeds", "discover", "nowhere")
	p.want(2, "feeds", "discover", "ftp://nowhere.example")
	if r := p.want(0, "feeds", "discover", strings.TrimPrefix(s.URL, "http://")); !strings.Contains(r.stdout, s.URL+"/feed.xml") {
		t.Errorf("discover of a bare host: %s", r.stdout)
	}
}

func TestWithoutAFileNothingIsTakenOffTheList(t *testing.T) {
	p, _ := newDesk(t)
	p.want(0, "poll")
	if err := os.Remove(defaultFile); err != nil {
		t.Fatal(err)
	}
	if rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout); len(rows) != 2 {
		t.Errorf("%d feeds are left of 2", len(rows))
	}
}

func TestManifest(t *testing.T) {
	p := newProgram(t)
	if got := p.want(0, "manifest", "--url", "https://news.example.org").stdout; !strings.Contains(got, "https://news.example.org/slack/commands") {
		t.Errorf("for HTTP: %s", got)
	}
	if got := p.want(0, "manifest", "--socket-mode").stdout; strings.Contains(got, "/slack/commands") || !strings.Contains(got, "socket_mode_enabled: true") {
		t.Errorf("for Socket Mode: %s", got)
	}
	if r := p.want(0, "manifest"); !strings.Contains(r.stdout, placeholder) || !strings.Contains(r.stderr, "--socket-mode") {
		t.Errorf("for neither: %s%s", r.stdout, r.stderr)
	}
	p.want(2, "manifest", "--url", "news.example.org")
	p.want(2, "manifest", "--url", "http://news.example.org")

	// Without --url it is the address that the configuration has.
	p.env["DEPESCHE_CONFIG"] = writeFile(t, "public_url: https://oeffentlich.example.org/\n")
	if r := p.want(0, "manifest"); !strings.Contains(r.stdout, "https://oeffentlich.example.org/slack/commands") || r.stderr != "" {
		t.Errorf("from the configuration: %s%s", r.stdout, r.stderr)
	}
	if r := p.want(0, "manifest", "--url", "https://news.example.org"); strings.Contains(r.stdout, "oeffentlich") {
		t.Errorf("--url does not come first: %s", r.stdout)
	}
	p.env["DEPESCHE_CONFIG"] = writeFile(t, "public_url: http://oeffentlich.example.org\n")
	p.want(2, "manifest")
	p.want(0, "manifest", "--socket-mode")
	p.env["DEPESCHE_CONFIG"] = writeFile(t, "languag: de\n")
	p.want(0, "manifest")
	p.want(2, "manifest", "--config", p.env["DEPESCHE_CONFIG"])
}

func TestMigrate(t *testing.T) {
	p := newProgram(t)
	if got := p.want(0, "migrate").stdout; got != "the sqlite schema is up to date\n" {
		t.Errorf("migrate: %q", got)
	}
	p.env["DATABASE_URL"] = "sqlite:nowhere/x.db"
	if r := p.want(1, "migrate"); strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "nowhere") {
		t.Errorf("a folder that is not there: %q", r.stderr)
	}
	p.env["DATABASE_URL"] = "postgres://desk:geheim@127.0.0.1:1/desk?sslmode=disable"
	if r := p.want(1, "migrate"); strings.Contains(r.stderr, "geheim") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("a server that is not there: %q", r.stderr)
	}
}
