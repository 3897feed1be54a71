package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
)

const pressPage = `<!doctype html><html lang="de"><head><title>Landesamt: Presse</title></head><body>
<nav><ul><li><a href="/">Start</a><li><a href="/amt">Das Amt</a><li><a href="/presse">Presse</a></ul></nav><main>
<article class="teaser"><h3><a href="/presse/1">Das OZG bekommt einen Nachfolger</a></h3><p class="meta">9. März 2021</p><p class="text">Was sich für Kommunen ändert, steht in sieben Absätzen.</p></article>
<article class="teaser"><h3><a href="/presse/2">Sieben Register tauschen jetzt Daten aus</a></h3><p class="meta">2. März 2021</p><p class="text">Der Abgleich läuft nachts und dauert elf Minuten.</p></article>
<article class="teaser"><h3><a href="/presse/3">Die Präsidentin besucht das Rechenzentrum</a></h3><p class="meta">26. Februar 2021</p><p class="text">Sie sprach mit den Auszubildenden über ihre Pläne.</p></article>
</main></body></html>`

// newPressOffice is a body without a feed.
func newPressOffice(t *testing.T, robots string) (*program, string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			_, _ = w.Write([]byte(robots))
		case "/presse":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(pressPage))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	p := newProgram(t)
	p.configure("")
	return p, s.URL + "/presse"
}

// configure writes the configuration file: these feeds, asked at once.
func (p *program) configure(feeds string) {
	p.t.Helper()
	text := "topics:\n  - {name: OZG, query: OZG}\nfetch: {allow_networks: [127.0.0.0/8]}\npoll: {host_gap: 0s, min: 1ms}\nfeeds:\n" + feeds
	if err := os.WriteFile(defaultFile, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func TestAPageWithoutAFeedIsTriedAddedPolledAndKept(t *testing.T) {
	p, page := newPressOffice(t, "")
	if r := p.want(1, "feeds", "check", page); !strings.Contains(r.stdout, "this is an HTML page, not a feed") {
		t.Errorf("check without selectors: %s", r.stdout)
	}
	tried := p.want(0, "feeds", "check", page, "--entry", "article.teaser", "--date", ".meta", "--summary", ".text").stdout
	for _, want := range []string{"ok ", "3 items", "Das OZG bekommt einen Nachfolger", "2021-03-09", page + "/1", "sieben Absätzen"} {
		if !strings.Contains(tried, want) {
			t.Errorf("check does not show %q:\n%s", want, tried)
		}
	}
	got := decoded[checked](t, p.want(0, "feeds", "check", page, "--entry", "article.teaser", "--json").stdout)
	if got.New != 3 || len(got.First) != 3 || got.First[0].URL != page+"/1" || got.First[0].Published != "" {
		t.Errorf("check as JSON: %+v", got)
	}
	if r := p.want(1, "feeds", "check", page, "--entry", "article.news"); !strings.Contains(r.stdout, "the page has no entries that match article.news: its layout may have changed") {
		t.Errorf("check by what matches nothing: %s", r.stdout)
	}
	for _, wrong := range [][]string{{"feeds", "check", page, "--entry", "li["}, {"feeds", "add", page, "--title", "h3"}, {"feeds", "check", "--entry", "li"}, {"feeds", "add", page, "--entry", "li:has(a)"}} {
		p.want(2, wrong...)
	}
	p.want(0, "feeds", "add", page, "--entry", "article.teaser", "--date", ".meta", "--name", "Landesamt")
	p.want(0, "poll")
	rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout)
	if len(rows) != 1 || rows[0].Kind != "list" || rows[0].State != "ok" || rows[0].Items != 3 {
		t.Errorf("list: %+v", rows)
	}
	if got := p.want(0, "search", "OZG").stdout; !strings.Contains(got, page+"/1") {
		t.Errorf("search: %s", got)
	}
	if r := p.want(0, "feeds", "check", "--json"); decoded[checked](t, r.stdout).New != 3 {
		t.Errorf("check of all: %s", r.stdout)
	}
}

func TestAPageWithoutAFeedIsProposed(t *testing.T) {
	p, page := newPressOffice(t, "")
	rows := decoded[[]candidateRow](t, p.want(0, "feeds", "discover", page, "--json").stdout)
	if len(rows) != 1 || rows[0].Type != "list" || rows[0].URL != page || rows[0].Items != 3 || rows[0].Newest != "2021-03-08T23:00:00Z" || len(rows[0].First) != 3 || rows[0].List.Entry != "article.teaser" {
		t.Fatalf("as JSON: %+v", rows)
	}
	text := p.want(0, "feeds", "discover", page).stdout
	_, command, ok := strings.Cut(text, "follow it: depesche ")
	if !ok || !strings.Contains(text, "Das OZG bekommt einen Nachfolger") {
		t.Fatalf("for people: %s", text)
	}
	var args []string
	for _, word := range strings.Fields(command) {
		args = append(args, strings.Trim(word, "'"))
	}
	p.want(0, args...)
	p.want(0, "poll")
	if rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout); len(rows) != 1 || rows[0].Items != 3 {
		t.Errorf("followed as proposed: %+v", rows)
	}
}

func TestADeclaredPageIsFollowedByItsSelectorsAndAnotherOnesWhenTheyChange(t *testing.T) {
	p, page := newPressOffice(t, "")
	p.configure("  - url: " + page + "\n    list: {entry: article.teaser, title: h3, link: a, date: .meta, summary: .text}\n")
	p.want(0, "poll")
	if rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout); len(rows) != 1 || rows[0].Kind != "list" || rows[0].Items != 3 {
		t.Errorf("list: %+v", rows)
	}
	p.configure("  - url: " + page + "\n    list: {entry: li.news}\n")
	p.want(0, "poll")
	rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout)
	if rows[0].State != "failing" || !strings.Contains(rows[0].Reason, "no entries that match li.news") {
		t.Errorf("by other selectors: %+v", rows)
	}
}

func TestAnExportIsImportedAsItWas(t *testing.T) {
	p, page := newPressOffice(t, "")
	p.want(0, "feeds", "add", page, "--entry", "article.teaser", "--date", ".meta", "--name", "Landesamt", "--role", "primary")
	p.want(0, "feeds", "add", "https://neu.example/feed", "--role", "own")
	opml := p.want(0, "feeds", "export").stdout
	p.want(0, "feeds", "remove", page)
	p.want(0, "feeds", "remove", "https://neu.example/feed")
	p.stdin = strings.Replace(opml, "</body>", `<outline text="x" xmlUrl="https://`+strings.Repeat("x", 2100)+`.example/"/><outline text="y" xmlUrl="gopher://y.example/"/></body>`, 1)
	got := decoded[importResult](t, p.want(0, "feeds", "import", "-", "--json").stdout)
	if got.Added != 2 || len(got.Refused) != 2 {
		t.Errorf("import: %+v", got)
	}
	if again := p.want(0, "feeds", "export").stdout; again != opml {
		t.Errorf("came back as\n%s\nwas\n%s", again, opml)
	}
	p.stdin = opml[:strings.Index(opml, "</body>")]
	if r := p.want(0, "feeds", "import", "-"); !strings.Contains(r.stdout, "the list breaks off after 2 feeds; what came after that is missing\n0 added, 2 known already, 0 refused") {
		t.Errorf("a file that breaks off: %s", r.stdout)
	}
	p.stdin = `<opml><body><outline text="Ordner"/></body></opml>`
	if r := p.want(0, "feeds", "import", "-"); !strings.Contains(r.stdout, "the file names no feed") {
		t.Errorf("a file without feeds: %s", r.stdout)
	}
	if r := p.want(1, "feeds", "import", "fehlt.opml"); !strings.Contains(r.stderr, "import: open fehlt.opml: ") {
		t.Errorf("a file that is not there: %s", r.stderr)
	}
}

func TestAnotherSpellingIsNoOtherFeed(t *testing.T) {
	p := newProgram(t)
	p.want(0, "feeds", "add", "https://amt.example/feed?a=1")
	p.want(0, "feeds", "add", "HTTPS://Amt.Example/feed?a=1#oben")
	p.want(0, "feeds", "add", "https://amt.example/Feed?a=1")
	if r := p.want(0, "feeds", "add", "https://amt.example:443/feed?a=1", "--name", "Amt"); !strings.Contains(r.stdout, "is on the list already, and stays as it was") {
		t.Errorf("added again: %s", r.stdout)
	}
	for address, write := range map[string]string{"amt.example:81/feed": "write https://amt.example:81/feed, or http://", "feed://amt.example/feed": "write http://amt.example/feed", "feed": "write https://HOST/PATH"} {
		if r := p.want(2, "feeds", "add", address); !strings.Contains(r.stderr, write) {
			t.Errorf("%s: %s", address, r.stderr)
		}
	}
	if rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout); len(rows) != 2 || rows[0].URL != "https://amt.example/feed?a=1" {
		t.Errorf("list: %+v", rows)
	}
	p.want(0, "feeds", "remove", "https://AMT.example/feed?a=1")
	p.want(1, "feeds", "remove", "https://AMT.example/feed?a=1")
}

func TestAPageThatRobotsMayNotReadIsNotFollowed(t *testing.T) {
	p, page := newPressOffice(t, "User-agent: *\nDisallow: /presse\n")
	r := p.want(1, "feeds", "check", page, "--entry", "article")
	if got := decoded[checked](t, p.run("feeds", "check", page, "--entry", "article", "--json").stdout); !strings.HasPrefix(got.Reason, feeds.Reason(feeds.ErrRobots)+"; ") || got.New != 0 {
		t.Errorf("check: %+v, %s", got, r.stdout)
	}
}

func TestWhatTheDeskSaysOfAFeedIsKept(t *testing.T) {
	p := newProgram(t)
	p.want(2, "feeds", "add", "https://amt.example/feed", "--owner", "@petra")
	if r := p.want(2, "feeds", "add", "https://amt.example/feed", "--role", "foe"); !strings.Contains(r.stderr, "--role wants one of rival, own, primary, vendor, not \"foe\"") {
		t.Errorf("a role that is none: %s", r.stderr)
	}
	p.want(0, "feeds", "add", "https://amt.example/feed", "--owner", "U0123456", "--full-text", "--name", "Amt")
	store, err := storage.Open(t.Context(), "sqlite:depesche.db")
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(store)
	list, err := store.Feeds(t.Context())
	if err != nil || len(list) != 1 || list[0].Owner != "U0123456" || !list[0].FullText || list[0].Name != "Amt" || list[0].Role != feeds.RoleRival {
		t.Errorf("stored as %+v, %v", list, err)
	}
	if r := p.want(0, "feeds", "list"); !strings.Contains(r.stdout, "FROM") || !strings.Contains(r.stdout, " desk ") {
		t.Errorf("list: %s", r.stdout)
	}
}

func TestWhatIsFoundInPlaceOfALostPageSaysSo(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(pressPage, `"/presse/`, `"/p/`)))
	}))
	defer s.Close()
	p := newProgram(t)
	p.configure("")
	if r := p.want(0, "feeds", "discover", s.URL+"/nix"); !strings.HasPrefix(r.stdout, s.URL+"/nix: HTTP 404 Not Found; from the front page of its site:\n") {
		t.Errorf("for people: %s", r.stdout)
	}
	if rows := decoded[[]candidateRow](t, p.want(0, "feeds", "discover", s.URL+"/nix", "--json").stdout); len(rows) != 1 || rows[0].Missed != "HTTP 404 Not Found" {
		t.Errorf("as JSON: %+v", rows)
	}
}

func TestHelpOfFlagsReadsAsSentences(t *testing.T) {
	p := newProgram(t)
	text := strings.Join(strings.Fields(p.want(0, "feeds", "add", "--help").stdout), " ")
	for _, want := range []string{"--role ROLE rival, own, primary or vendor (rival)", "--name NAME what the desk calls it", "--date SELECTOR CSS SELECTOR of an entry's date (without it: its time element)", "--full-text fetch", "--owner ID ID of the Slack"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

func TestRelativeLinksOfAFileWantABase(t *testing.T) {
	p := newProgram(t)
	p.stdin = `<rss><channel><title>Amt</title><item><title>Eins</title><link>/eins</link></item></channel></rss>`
	if r := p.want(0, "parse", "-"); !strings.Contains(r.stderr, "1 item without an address; where the links are relative, --base URL says from where") {
		t.Errorf("without a base: %s", r.stderr)
	}
	if r := p.want(0, "parse", "--base", "https://amt.example/", "-"); r.stderr != "" || !strings.Contains(r.stdout, `"https://amt.example/eins"`) {
		t.Errorf("with a base: %s%s", r.stdout, r.stderr)
	}
}

func TestPlansAreNamedForPeople(t *testing.T) {
	for want, plan := range map[string]digest.Plan{
		"digest morgen":         {Name: "digest:morgen", Label: "morgen"},
		"digest abend":          {Name: "digest:abend"}, // no longer configured: only the ledger knows it
		"subscriptions (daily)": {Name: "daily:U0123456"},
		"health:U0123456":       {Name: "health:U0123456"},
	} {
		if got := planLabel(plan); got != want {
			t.Errorf("%s: %q, want %q", plan.Name, got, want)
		}
	}
}
