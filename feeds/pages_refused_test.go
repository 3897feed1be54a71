package feeds_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// status answers with a status and a body that speaks of OZG, so that a body
// which is read against the rules shows.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(newsPage("Fehler", "OZG", "OZG")))
	}
}

func content(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(body))
	}
}

// TestPagesThatAreNotToBeHad: each item is news by what its feed says, with
// the reason, and a refusal is taken for an answer.
func TestPagesThatAreNotToBeHad(t *testing.T) {
	cases := []struct {
		name   string
		answer http.HandlerFunc
		reason string
	}{
		{"not there", status(404), "HTTP 404 Not Found"},
		{"gone", status(410), "HTTP 410 Gone"},
		{"forbidden", status(403), "HTTP 403 Forbidden"},
		{"to be paid for", status(402), "HTTP 402 Payment Required"},
		{"a consent wall", content("text/html", `<html><body><h1>Wie möchten Sie das Rathausblatt nutzen?</h1><p>Mit Werbung und Cookies weiterlesen: Mit Ihrer Einwilligung verarbeiten wir und unsere Drittanbieter personenbezogene Daten, etwa zum OZG. Tracking akzeptieren Sie mit einem Klick auf Zustimmen.</p></body></html>`),
			"the page asks for consent in place of the article"},
		{"a paywall", content("text/html", `<html><head><script type="application/ld+json">{"@type":"NewsArticle","headline":"Rat tagt","isAccessibleForFree":false}</script></head><body><article><h1>Rat tagt</h1><p>Der Rat tagte zum OZG, und es war lange nicht klar, wie die Abstimmung ausgehen würde, denn drei Fraktionen hatten eigene Anträge eingebracht.</p></article></body></html>`),
			"the article is behind a paywall"},
		{"what robots.txt forbids", status(200), "the host's robots.txt asks this bot not to read it"},
		{"no article", content("text/html", `<html><head><title>OZG</title></head><body></body></html>`), "no article was found on the page"},
		{"a PDF", content("application/pdf", "%PDF-1.7 OZG"), "its address does not lead to a page of text"},
		{"the start page", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusMovedPermanently) }, "its address leads to the start page of the site"},
		{"a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "redirects in a circle"},
		{"metadata of a cloud", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}, "it redirects to 169.254.169.254, which is no address of the public internet"},
	}
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newOutlet(t)
		d := newDesk(t, store, o, "OZG", "Rat")
		o.publishes("/", newsPage("Rathausblatt", "Alles zum OZG.", "OZG"))
		o.dated = d.now
		var paths []string
		for i, c := range cases {
			paths = append(paths, fmt.Sprintf("/%d", i))
			o.announces(paths[i], "Rat beschließt "+c.name, "Die Sitzung dauerte lange.")
			o.answers(paths[i], c.answer)
			if strings.Contains(c.name, "robots.txt") {
				o.answers("/robots.txt", content("text/plain", "User-agent: *\nDisallow: "+paths[i]+"$\n"))
			}
		}
		d.round()
		d.round()
		for i, c := range cases {
			it := d.item(paths[i])
			if it.Page.State != feeds.PageRefused || it.Page.Reason != c.reason || it.Page.At.IsZero() {
				t.Errorf("%s: page %+v", c.name, it.Page)
			}
			if it.News == 0 || it.Content != "" || len(d.topics(paths[i])) != 1 {
				t.Errorf("%s: item %+v", c.name, it)
			}
			if got := feeds.SayReason(it.Page.Reason, "de"); got == it.Page.Reason {
				t.Errorf("%s: no German for %q", c.name, got)
			}
		}
		got := o.requests()
		for i, c := range cases {
			want := 1
			if strings.Contains(c.name, "robots.txt") {
				want = 0
			}
			if got[paths[i]] != want {
				t.Errorf("%s: asked %d times", c.name, got[paths[i]])
			}
		}
	})
}

// TestFaultsThatMayPass: a page that failed is asked for again, three times in
// all and at growing distance. Its item is news meanwhile, by what its feed
// says, and news again when the page brings a topic after all.
func TestFaultsThatMayPass(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newOutlet(t)
		d := newDesk(t, store, o, "OZG", "Rat")
		page := newsPage("Rat beschließt", "Grundlage ist das OZG.", "Haushalt")
		var early atomic.Int32
		o.announces("/spaeter", "Rat beschließt", "Die Sitzung dauerte lange.")
		o.answers("/spaeter", func(w http.ResponseWriter, r *http.Request) {
			if early.Add(1) < 3 {
				http.Error(w, "später", http.StatusInternalServerError)
				return
			}
			_, _ = w.Write([]byte(page))
		})
		o.announces("/nie", "Rat vertagt sich", "Die Sitzung dauerte lange.")
		o.answers("/nie", status(502))

		d.round()
		first := d.item("/spaeter")
		if first.News == 0 || first.Page.State != feeds.PageWanted || first.Page.Reason != "HTTP 500 Internal Server Error" {
			t.Errorf("after the first fault %+v", first)
		}
		if wait := first.Page.At.Sub(d.now); wait != 30*time.Second {
			t.Errorf("asked again after %s", wait)
		}
		d.round()
		if wait := d.item("/spaeter").Page.At.Sub(d.now); wait != 2*time.Minute {
			t.Errorf("asked for the third time after %s", wait)
		}
		d.round()
		it := d.item("/spaeter")
		if it.Page.State != feeds.PageRead || !strings.Contains(it.Content, "OZG") || len(d.topics("/spaeter")) != 2 || it.News <= first.News {
			t.Errorf("after the page came %+v", it)
		}
		for range 2 {
			d.round()
		}
		if it := d.item("/nie"); it.News == 0 || it.Page.State != feeds.PageRefused || it.Page.Reason != "HTTP 502 Bad Gateway" {
			t.Errorf("what never came %+v", it)
		}
		if got := o.requests(); got["/spaeter"] != 3 || got["/nie"] != 3 {
			t.Errorf("asked %v", got)
		}
	})
}
