package feeds

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sites is a server of several small sites, told apart by their first path.
func sites(t *testing.T, pages map[string]string) *recorder {
	t.Helper()
	return record(t, func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(body))
	})
}

func TestFeedsAreFound(t *testing.T) {
	const atomFeed = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Amt</title><entry><title>A</title><link href="/a"/><updated>2021-03-09T10:00:00Z</updated></entry></feed>`
	dated := strings.ReplaceAll(rssOf("Eins", "Zwei"), "</guid>", "</guid><pubDate>Tue, 09 Mar 2021 10:00:00 GMT</pubDate>")
	when := time.Date(2021, 3, 9, 10, 0, 0, 0, time.UTC)
	cases := []struct {
		name  string
		pages map[string]string
		ask   string
		want  []Candidate
	}{
		{"link elements", map[string]string{
			"/seite": `<!doctype html><html><head><base href="/amt/"><link rel="stylesheet" href="x.css"><link rel="alternate" hreflang="en" href="/en">
<link rel="alternate" type="application/rss+xml" title="Alle &amp; neue" href="rss?art=alle&amp;utm_source=x"><link rel='ALTERNATE nofollow' type='application/atom+xml; charset=utf-8' href=atom>
<link rel="alternate" type="application/rss+xml" href="rss?art=alle&amp;utm_source=x"><link rel="alternate" type="application/rss+xml" href="javascript:x"></head></html>`,
			"/amt/rss?art=alle&utm_source=x": dated, "/amt/atom": atomFeed}, "/seite",
			[]Candidate{{URL: "/amt/rss?art=alle&utm_source=x", Title: "Amtsblatt", Type: "rss", Items: 2, Newest: when}, {URL: "/amt/atom", Title: "Amt", Type: "atom", Items: 1, Newest: when}}},
		{"what is named and is none is left out", map[string]string{"/": `<link rel=alternate type=application/rss+xml href=/alt><link rel=alternate type=application/rss+xml href=/tot><link rel=alternate type=application/rss+xml href=/neu>`,
			"/alt": "<html><body>umgezogen</body></html>", "/neu": rssOf("Eins")}, "/", []Candidate{{URL: "/neu", Title: "Amtsblatt", Type: "rss", Items: 1}}},
		{"the address is one itself", map[string]string{"/feed-selbst": atomFeed}, "/feed-selbst", []Candidate{{URL: "/feed-selbst", Title: "Amt", Type: "atom", Items: 1, Newest: when}}},
		{"a link in the page", map[string]string{"/": `<a href="/service/newsfeed.php?nn=1">RSS-Feed abonnieren</a><a href="/rss-erklaert.html">Was ist das?</a>`, "/service/newsfeed.php?nn=1": rssOf("Eins")}, "/",
			[]Candidate{{URL: "/service/newsfeed.php?nn=1", Title: "Amtsblatt", Type: "rss", Items: 1}}},
		{"comments come last, and not beside others", map[string]string{"/": `<link rel=alternate type=application/rss+xml title="Blog » Kommentar-Feed" href=/comments/feed/><link rel=alternate type=application/rss+xml title="Blog » Feed" href=/feed/>`,
			"/feed/": rssOf("Eins"), "/comments/feed/": rssOf("Kommentar")}, "/", []Candidate{{URL: "/feed/", Title: "Amtsblatt", Type: "rss", Items: 1}}},
		{"a usual path", map[string]string{"/leer": "<html><body>nichts</body></html>", "/rss.xml": rssOf("Eins")}, "/leer", []Candidate{{URL: "/rss.xml", Title: "Amtsblatt", Type: "rss", Items: 1}}},
		{"the feed of a section", map[string]string{"/k21-meldungen/": "<html><body>nichts</body></html>", "/k21-meldungen/feed/": rssOf("Eins"), "/feed/": rssOf("Anderes")}, "/k21-meldungen/",
			[]Candidate{{URL: "/k21-meldungen/feed/", Title: "Amtsblatt", Type: "rss", Items: 1}}},
		{"an article that is gone, on a site with a feed", map[string]string{"/": `<link rel=alternate type=application/rss+xml href=/neu>`, "/neu": rssOf("Eins")}, "/2019/alt.html", []Candidate{{URL: "/neu", Title: "Amtsblatt", Type: "rss", Items: 1, Missed: "HTTP 404 Not Found"}}},
		{"a page of news that the front page leads to", map[string]string{"/": `<body><a href="/amt">Das Amt</a> <a href="/presse/">Presse</a></body>`, "/presse/": `<link rel=alternate type=application/rss+xml href=/presse/neu>`, "/presse/neu": rssOf("Eins")}, "/",
			[]Candidate{{URL: "/presse/neu", Title: "Amtsblatt", Type: "rss", Items: 1}}},
		{"nothing at all", map[string]string{"/": "<html><body>nichts</body></html>"}, "/", nil},
		{"an empty feed at a usual path is none", map[string]string{"/": "<html><body>nichts</body></html>", "/feed/": rssOf()}, "/", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			srv := sites(t, c.pages)
			got, err := Discover(t.Context(), testClient(t), srv.URL+c.ask)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				got[i].URL = strings.TrimPrefix(got[i].URL, srv.URL)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			asked := 0
			for _, r := range srv.requests() {
				if r.URL.Path != "/robots.txt" {
					asked++
				}
			}
			if asked > discoverAsks {
				t.Errorf("%d requests", asked)
			}
		})
	}
}

func TestASiteWithoutAFeedCanBeFollowedByItsPage(t *testing.T) {
	typo3, err := os.ReadFile("testdata/pages/typo3.html")
	if err != nil {
		t.Fatal(err)
	}
	srv := sites(t, map[string]string{"/": `<body><a href="/aktuelles/">Aktuelles</a></body>`, "/aktuelles/": string(typo3),
		"/artikel": `<meta property="og:type" content="article">` + string(typo3)})
	for _, ask := range []string{"/aktuelles/", "/", "/artikel"} {
		got, err := Discover(t.Context(), testClient(t), srv.URL+ask)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %+v, %v", ask, got, err)
		}
		c := got[0]
		if c.URL != srv.URL+"/aktuelles/" || c.Type != "list" || c.Items != 3 || c.List == nil || c.List.Entry != "div.article" || len(c.First) != 3 || c.First[0].Title != "Verband eröffnet Testfeld für Fachverfahren" || c.Title != "Aktuelles | Zweckverband Rechenzentrum Nord" {
			t.Errorf("%s: %+v %+v", ask, c, c.List)
		}
	}
}

func TestDiscoveryKeepsItsBounds(t *testing.T) {
	var page strings.Builder
	for i := range 40 {
		fmt.Fprintf(&page, `<link rel=alternate type=application/rss+xml title="Rubrik %d" href=/rubrik/%d>`, i, i)
	}
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			_, _ = w.Write([]byte(page.String()))
		case strings.HasPrefix(r.URL.Path, "/rubrik/"):
			_, _ = w.Write([]byte(rssOf("Eins")))
		default:
			http.NotFound(w, r)
		}
	})
	got, err := Discover(t.Context(), testClient(t), srv.URL)
	if err != nil || len(got) != maxCandidates || len(srv.requests()) > discoverAsks+1 {
		t.Fatalf("%d candidates by %d requests, %v", len(got), len(srv.requests()), err)
	}
	if last := got[len(got)-1]; !last.Untold || last.Title != "Rubrik 29" || got[0].Untold {
		t.Errorf("the first is %+v, the last %+v", got[0], last)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Discover(ctx, testClient(t), srv.URL); err == nil {
		t.Error("a search that was called off found nothing and said so")
	}
}

func TestDiscoveryObeysRobots(t *testing.T) {
	srv := sites(t, map[string]string{
		"/robots.txt": "User-agent: *\nDisallow: /intern\nDisallow: /feed\n",
		"/":           `<a href="/feed/">RSS</a>`, "/feed/": rssOf("Eins"), "/intern": rssOf("Zwei"), "/intern/feed.xml": rssOf("Drei"),
		"/wp": `<link rel=alternate type=application/rss+xml href=/feed/>`,
	})
	c := testClient(t)
	if got, err := Discover(t.Context(), c, srv.URL); err != nil || len(got) != 0 {
		t.Errorf("what robots.txt forbids: %+v, %v", got, err)
	}
	if _, err := Discover(t.Context(), c, srv.URL+"/intern"); Reason(err) != Reason(ErrRobots) {
		t.Errorf("a page that robots.txt forbids: %v", err)
	}
	// A feed that the site itself offers to readers, or that a person names, is theirs to read.
	for _, ask := range []string{"/wp", "/intern/feed.xml"} {
		if got, err := Discover(t.Context(), c, srv.URL+ask); err != nil || len(got) != 1 {
			t.Errorf("%s: %+v, %v", ask, got, err)
		}
	}
}

func TestDiscoveryOfABareHostAndOfNone(t *testing.T) {
	srv := sites(t, map[string]string{"/": `<link rel=alternate type=application/rss+xml href=/neu>`, "/neu": rssOf("Eins")})
	none := sites(t, map[string]string{"/": "<p>Hier ist nichts."})
	bare := strings.TrimPrefix(srv.URL, "http://")
	got, err := Discover(t.Context(), testClient(t), bare)
	if diff := cmp.Diff([]Candidate{{URL: srv.URL + "/neu", Title: "Amtsblatt", Type: "rss", Items: 1}}, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	got, err = Discover(t.Context(), testClient(t), srv.URL+"/fehlt")
	if err != nil || len(got) != 1 || got[0].URL != srv.URL+"/neu" || got[0].Missed != "HTTP 404 Not Found" {
		t.Errorf("from the front page: %+v, %v", got, err)
	}
	for address, want := range map[string]string{
		srv.URL + "/fehlt.xml?x": "",
		none.URL + "/fehlt":      "HTTP 404 Not Found",
		none.URL:                 "",
		"http://127.0.0.1:1/":    "connection refused",
		"ftp://amt.example/":     "only http and https are asked",
		"":                       "not an absolute http or https address",
		"https://[::1":           "not an absolute http or https address",
		"http://10.0.0.1/":       "address 10.0.0.1 is private; add it to fetch.allow_networks",
	} {
		if _, err := Discover(t.Context(), testClient(t), address); Reason(err) != want {
			t.Errorf("%q: %q, want %q", address, Reason(err), want)
		}
	}
}
