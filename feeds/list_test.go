package feeds

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pageCase is what stands beside a page of testdata/pages: where it is, how its
// entries are found, and what is read of them.
type pageCase struct {
	Base  string     `json:"base"`
	List  List       `json:"list"`
	Items []pageItem `json:"items"`
}

type pageItem struct {
	Title     string `json:"title"`
	URL       string `json:"url"`
	Published string `json:"published,omitempty"` // in Berlin
	Summary   string `json:"summary,omitempty"`
}

func pageItems(doc Document) []pageItem {
	out := []pageItem{}
	for _, it := range doc.Items {
		p := pageItem{Title: it.Title, URL: it.URL, Summary: it.Summary}
		if !it.Published.IsZero() {
			p.Published = it.Published.In(berlin).Format("2006-01-02 15:04")
		}
		out = append(out, p)
	}
	return out
}

// eachPage runs the test on every page of testdata/pages and its case.
func eachPage(t *testing.T, test func(t *testing.T, body []byte, c pageCase, file string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/pages/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".html"), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(file, ".html") + ".json"
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var c pageCase
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			test(t, body, c, name)
		})
	}
}

func TestPagesAreReadByTheirSelectors(t *testing.T) {
	eachPage(t, func(t *testing.T, body []byte, c pageCase, file string) {
		doc, err := parseList(body, "", c.Base, c.List)
		if err != nil {
			t.Fatal(err)
		}
		got := pageItems(doc)
		if *update {
			c.Items = got
			var b strings.Builder
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(c); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(c.Items, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestAnEntrysParts(t *testing.T) {
	const when = "2021-03-09 00:00"
	cases := []struct {
		name, html string
		list       List
		want       []pageItem
	}{
		{"title and link by default", `<li><a href="a">Eins</a><li><a href="b">Zwei</a>`, List{Entry: "li"},
			[]pageItem{{Title: "Eins", URL: "https://amt.example/x/a"}, {Title: "Zwei", URL: "https://amt.example/x/b"}}},
		{"the entry is the link", `<a class=n href=/a><h3>Eins</h3><p>Text</p></a>`, List{Entry: "a.n"}, []pageItem{{Title: "Eins", URL: "https://amt.example/a"}}},
		{"the picture is linked, too", `<li><a href=a><img alt=Bild></a><h3><a href=a>Eins</a></h3>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a"}}},
		{"a link that only says more", `<li><h3>Eins</h3><p>Text <a href=a>Mehr lesen …</a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a"}}},
		{"a headline that begins like one", `<li><a href=a>Mehr Digitalisierung wagen</a>`, List{Entry: "li"}, []pageItem{{Title: "Mehr Digitalisierung wagen", URL: "https://amt.example/x/a"}}},
		{"words for screen readers", `<li><a href=a>Eins <span class=sr-only>öffnet neues Fenster</span></a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a"}}},
		{"marks inside a word", `<li><a href=a><b>OZG</b>-Um<wbr>set&shy;zung<br>läuft</a>`, List{Entry: "li"}, []pageItem{{Title: "OZG-Umsetzung läuft", URL: "https://amt.example/x/a"}}},
		{"selectors of formatting elements", `<li><small class=d>9.3.2021</small> <b class=t>Eins</b> <a href=a>mehr</a>`, List{Entry: "li", Title: "b.t", Date: "small.d"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: when}}},
		{"alternatives", `<div class=a><a href=1>Eins</a></div><p class=b><a href=2>Zwei</a></p>`, List{Entry: ".a, .b"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/1"}, {Title: "Zwei", URL: "https://amt.example/x/2"}}},
		{"siblings", `<h3><a href=1>Nein</a></h3><h4>x</h4><h3><a href=2>Zwei</a></h3><p></p><h3><a href=3>Drei</a></h3>`, List{Entry: "h4 ~ h3"}, []pageItem{{Title: "Zwei", URL: "https://amt.example/x/2"}, {Title: "Drei", URL: "https://amt.example/x/3"}}},
		{"the next sibling", `<h4>x</h4><h3><a href=2>Zwei</a></h3><h3><a href=3>Drei</a></h3>`, List{Entry: "h4+h3"}, []pageItem{{Title: "Zwei", URL: "https://amt.example/x/2"}}},
		{"children alone", `<ul class=l><li><a href=1>Eins</a><ul><li><a href=2>Unterpunkt</a></ul></ul>`, List{Entry: "ul.l > li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/1"}}},
		{"without some", `<ul><li><a href=1>Eins</a><li class=ad><a href=2>Anzeige</a></ul>`, List{Entry: "li:not(.ad)"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/1"}}},
		{"a class that has to be escaped", `<li class="md:w-1/2"><a href=1>Eins</a>`, List{Entry: `li.md\:w-1\/2`}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/1"}}},
		{"a title outside of what the selector says", `<li><h3>Eins</h3><a href=1>Link</a>`, List{Entry: "li", Title: "h2"}, nil},
		{"no link", `<li><h3>Eins</h3><li><h3>Zwei</h3><a href=2>mehr</a>`, List{Entry: "li"}, []pageItem{{Title: "Zwei", URL: "https://amt.example/x/2"}}},
		{"links that lead nowhere", `<li><a href="#a">Eins</a><li><a href="javascript:x()">Zwei</a><li><a href="mailto:a@b.example">Drei</a><li><a name=x>Vier</a><li><a href="tel:115">Fünf</a>`, List{Entry: "li"}, nil},
		{"twice in the page", `<li><a href=1>Eins</a><li><a href=1>Eins</a><p>Text</p>`, List{Entry: "li", Summary: "p"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/1", Summary: "Text"}}},
		{"two headlines of one page", `<li><a href=1>Eins</a><li><a href=1>Zwei</a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/1"}, {Title: "Zwei", URL: "https://amt.example/x/1"}}},
		{"a base", `<base href="https://www.amt.example/de/"><li><a href="a">Eins</a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://www.amt.example/de/a"}}},
		{"a base of that site", `<base href="/de/"><li><a href="a">Eins</a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/de/a"}}},
		{"tracking and sessions", `<li><a href="a;jsessionid=0A1B.live1?nn=7&utm_source=x">Eins</a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a?nn=7"}}},
		{"datetime comes before the words", `<li><a href=a>Eins</a><time datetime="2021-03-09T14:30:00+01:00">gestern</time>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: "2021-03-09 14:30"}}},
		{"a time that is none", `<li><a href=a>Eins</a><time>3 min</time> <time>9. März 2021</time>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: when}}},
		{"microdata", `<li><a href=a>Eins</a><p class=d><meta itemprop=datePublished content=2021-03-09></p>`, List{Entry: "li", Date: ".d"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: when}}},
		{"dateline", `<li><a href=a>Eins</a><p>Schwerin, 9. März 2021. Das Land</p>`, List{Entry: "li", Date: "p"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: when}}},
		{"in brackets", `<li><a href=a>Eins</a><p>[9.3.2021] Das Land</p>`, List{Entry: "li", Date: "p"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: when}}},
		{"with the hour", `<li><a href=a>Eins</a><p>Stand: 09.03.2021, 14:30 Uhr</p>`, List{Entry: "li", Date: "p"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: "2021-03-09 14:30"}}},
		{"an impossible date, then one", `<li><a href=a>Eins</a><p>31.2.2021 oder 9.3.2021</p>`, List{Entry: "li", Date: "p"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a", Published: when}}},
		{"no date", `<li><a href=a>Eins am 9.3.2021</a>`, List{Entry: "li"}, []pageItem{{Title: "Eins am 9.3.2021", URL: "https://amt.example/x/a"}}},
		{"markup that is text", `<li><a href=a>1 &lt; 2 &amp;amp; &lt;script&gt;</a><p>&lt;b&gt; ist fett</p>`, List{Entry: "li", Summary: "p"}, []pageItem{{Title: "1 < 2 &amp; <script>", URL: "https://amt.example/x/a", Summary: "<b> ist fett"}}},
		{"scripts and styles", `<li><a href=a>Eins<script>x</script><style>y</style><svg><title>Pfeil</title></svg></a>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a"}}},
		{"what readers without scripts see", `<noscript><li><a href=a>Eins</a></noscript>`, List{Entry: "li"}, []pageItem{{Title: "Eins", URL: "https://amt.example/x/a"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc, err := parseList([]byte(c.html), "text/html; charset=utf-8", "https://amt.example/x/liste", c.list)
			if c.want == nil {
				if err == nil || !strings.Contains(err.Error(), "has both a link and a title") {
					t.Fatalf("read %v, error %v", pageItems(doc), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, pageItems(doc)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A layout that changed must not look like a day without news.
func TestAPageWithoutEntriesSaysSo(t *testing.T) {
	list := List{Entry: "article.teaser"}
	cases := []struct {
		name, body, contentType string
		list                    List
		want, german            string
	}{
		{"another layout", "<html><body><div class=teaser><a href=/a>Eins</a></div></body></html>", "text/html", list,
			"the page has no entries that match article.teaser: its layout may have changed", "Die Seite hat keine Einträge, die zu article.teaser passen; vielleicht ist sie umgebaut worden"},
		{"entries without links", "<article class=teaser>Eins</article>", "", list,
			"none of the entries that match article.teaser has both a link and a title: the page's layout may have changed", "Von den Einträgen, die zu article.teaser passen, hat keiner Link und Titel; vielleicht ist die Seite umgebaut worden"},
		{"nothing", " \n", "text/html", list, "the body is empty", "Die Antwort ist leer"},
		{"a feed", rssOf("Eins"), "application/rss+xml", list, "this is a feed, not a page; it needs no selectors", "Das ist ein Feed, keine Seite; er braucht keine Selektoren"},
		{"JSON", `{"a": "<article class=teaser>"}`, "application/json", list, "not an HTML page", "Das ist keine HTML-Seite"},
		{"a PDF", "%PDF-1.7 ...", "application/pdf", list, "not an HTML page", "Das ist keine HTML-Seite"},
		{"a bad selector", "<p>", "", List{Entry: "article", Title: "h3["}, "h3[ is not a CSS selector (expected identifier, found EOF instead)", "h3[ ist kein CSS-Selektor (expected identifier, found EOF instead)"},
		{"no selector", "<p>", "", List{}, "a list needs a selector for its entries", "Eine Liste braucht einen Selektor für ihre Einträge"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc, err := parseList([]byte(c.body), c.contentType, "", c.list)
			if err == nil {
				t.Fatalf("read %v", pageItems(doc))
			}
			if got := Reason(err); got != c.want {
				t.Errorf("says %q, want %q", got, c.want)
			}
			if got := SayReason(Reason(err), "de"); got != c.german {
				t.Errorf("says %q, want %q", got, c.german)
			}
		})
	}
}

func TestSelectorsThatAreRefused(t *testing.T) {
	for s, want := range map[string]string{
		"":                                "needs a selector",
		"h3[":                             "h3[ is not a CSS selector",
		"a:hover::before":                 "is not a CSS selector",
		"> a":                             "> a is not a CSS selector",
		"a >":                             "a > is not a CSS selector",
		"a,":                              "a, is not a CSS selector",
		"li:nth-child(":                   "is not a CSS selector",
		"div:has(a)":                      "selectors with :has() are not supported",
		"p:Contains('x')":                 "selectors with :contains() are not supported",
		"li:not(ul li)":                   "selectors with :not(a b) are not supported",
		strings.Repeat("a ", 30):          "too many steps",
		strings.Repeat("a,", 9) + "a":     "too many alternatives",
		"." + strings.Repeat("long", 200): "too long",
	} {
		if err := (List{Entry: s}).Check(); err == nil || !strings.Contains(Reason(err), want) {
			t.Errorf("%.40q: %v, want %q", s, err, want)
		}
	}
	for _, s := range []string{"a", "li > a", "#x .y", "a[href^='/news, > ']", `.md\:x`, "tr:nth-child(2n + 1) td", "h2, h3", "li:not(.a,.b)", "*", "a>b+c~d e", `[title="a]b"]`} {
		if err := (List{Entry: s}).Check(); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// Whatever a page of 10 MB holds, and whatever the selectors ask of it.
func TestHostilePagesAreReadInTimeAndMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 200 MB")
	}
	const size = 10 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	pages := map[string]string{
		"nested": fill("<div>"), "unclosed formatting": fill("<b><p>"), "unclosed links": fill("<a href=x><p>"), "lists": fill("<dl><dt>"), "tables": fill("<table><tr><td>"),
		"drawings": fill("<svg><p>"), "one attribute": "<div " + fill("a=b ") + ">", "classes": "<li class='" + fill("a b ") + "'>x", "words": fill("wort "), "bare <": fill("<"),
		"siblings": strings.Repeat("<li>", maxPageTags), "as deep as it may be": strings.Repeat(strings.Repeat("<div>", 400)+strings.Repeat("</div>", 400), 60),
		"links in depth": strings.Repeat("<div>", 60) + strings.Repeat("<h2><a href=/x>a</a></h2>", maxPageTags/4-20), "forms": fill("<select><option>"), "templates": fill("<template>"),
	}
	lists := []List{{Entry: "li:nth-child(2)"}, {Entry: "div div div div div div a", Link: "div", Title: "div", Date: "div", Summary: "div"}, {Entry: "*", Link: "*", Title: "*", Date: "*", Summary: "*"}, {Entry: "*"}}
	const slow = 20 * time.Second * raceFactor // what grows by the square takes minutes
	for name, text := range pages {
		for _, l := range lists {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			doc, err := parseList([]byte(text), "text/html", "https://x.example/", l)
			if took := time.Since(start); took > slow {
				t.Errorf("%s by %s took %v", name, l.Entry, took)
			}
			runtime.ReadMemStats(&after)
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 1500 {
				t.Errorf("%s by %s allocated %d MB", name, l.Entry, used)
			}
			if err == nil && len(doc.Items) > maxItems {
				t.Errorf("%s by %s: %d items", name, l.Entry, len(doc.Items))
			}
		}
	}
}

// An entry may be full of elements that could hold its date, and hold none.
func TestDatesAreNotLookedForWithoutEnd(t *testing.T) {
	for tries, dated := range map[int]bool{0: true, dateTries - 1: true, dateTries: false, 500: false} {
		entry := "<div class=e><a href=/1>Das OZG kommt</a>" + strings.Repeat("<i>am 1. Wort</i>", tries) + "<i>9.3.2021</i></div>"
		doc, err := parseList([]byte(entry), "text/html", "https://x.example/", List{Entry: ".e", Date: "i"})
		if err != nil || len(doc.Items) != 1 || doc.Items[0].Published.IsZero() == dated {
			t.Errorf("behind %d that hold none: %+v, %v", tries, doc.Items, err)
		}
	}
}

// A page is followed like a feed: what is new in it is stored, what it had is
// known, and when its layout changes the desk is told.
func TestAPageIsFollowedLikeAFeed(t *testing.T) {
	body := ""
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/presse" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>Presse</title>" + body))
	})
	store := newMemory(srv.URL + "/presse")
	followed := store.feeds[1]
	followed.List = &List{Entry: "li", Date: "i"}
	store.feeds[1] = followed
	p := NewPoller(store, testClient(t), PollOptions{})
	const one, two = "<li><i>9.3.2021</i> <a href='/m/1;jsessionid=%s'>Das OZG kommt</a>", "<li><i>10.3.2021</i> <a href=/m/2>Noch eine Meldung</a>"
	for i, step := range []struct {
		body    string
		outcome Outcome
		new     int
		reason  string
	}{
		{fmt.Sprintf(one, "A1"), OutcomeNew, 1, ""},
		{fmt.Sprintf(one, "B2"), OutcomeUnchanged, 0, ""},
		{two + fmt.Sprintf(one, "C3"), OutcomeNew, 1, ""},
		{strings.ReplaceAll(two, "li", "div"), OutcomeFailed, 0, "the page has no entries that match li: its layout may have changed"},
	} {
		body = step.body
		var r reports
		if err := p.Round(t.Context(), true, r.add); err != nil {
			t.Fatal(err)
		}
		if got := r.list[0]; got.Outcome != step.outcome || got.New != step.new || bare(got.Reason) != step.reason {
			t.Errorf("round %d: %s, %d new, %q", i+1, got.Outcome, got.New, got.Reason)
		}
	}
	f := store.feed(1)
	if f.State != StateFailing || f.Title != "Presse" || f.Site != srv.URL+"/presse" || f.Items != 2 {
		t.Errorf("the feed: %+v", f)
	}
	report, items := p.CheckFeed(t.Context(), Feed{URL: srv.URL + "/presse", List: &List{Entry: "div"}})
	if report.Outcome != OutcomeNew || report.New != 1 || len(items) != 1 || items[0].Title != "Noch eine Meldung" {
		t.Errorf("the check: %+v, %+v", report, items)
	}
}
