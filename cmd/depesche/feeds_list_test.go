package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"depesche/feeds"
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
	if r := p.want(0, "feeds", "import", "-"); !strings.Contains(r.stdout, "refused a part of the file: the list breaks off after 2 feeds") {
		t.Errorf("a file that breaks off: %s", r.stdout)
	}
}

func TestAnotherSpellingIsNoOtherFeed(t *testing.T) {
	p := newProgram(t)
	p.want(0, "feeds", "add", "https://amt.example/feed?a=1")
	p.want(0, "feeds", "add", "HTTPS://Amt.Example/feed?a=1#oben")
	p.want(0, "feeds", "add", "https://amt.example/Feed?a=1")
	if rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout); len(rows) != 2 || rows[0].URL != "https://amt.example/feed?a=1" {
		t.Errorf("list: %+v", rows)
	}
	p.want(0, "feeds", "remove", "https://AMT.example/feed?a=1")
	p.want(1, "feeds", "remove", "https://AMT.example/feed?a=1")
}

func TestAPageThatRobotsMayNotReadIsNotFollowed(t *testing.T) {
	p, page := newPressOffice(t, "User-agent: *\nDisallow: /presse\n")
	r := p.want(1, "feeds", "check", page, "--entry", "article")
	if got := decoded[checked](t, p.run("feeds", "check", page, "--entry", "article", "--json").stdout); got.Reason != feeds.Reason(feeds.ErrRobots) || got.New != 0 {
		t.Errorf("check: %+v, %s", got, r.stdout)
	}
}
