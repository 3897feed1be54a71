package feeds

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiscover(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/seite":
			_, _ = w.Write([]byte(`<!doctype html><html><head><base href="/amt/"><link rel="stylesheet" href="x.css">
<link rel="alternate" hreflang="en" href="/en"><link rel="alternate" type="application/rss+xml" title="Alle &amp; neue" href="rss?art=alle&amp;utm_source=x">
<link rel='ALTERNATE nofollow' type='application/atom+xml; charset=utf-8' href=//127.0.0.1/atom.xml>
<link rel="alternate" type="application/rss+xml" href="rss?art=alle&amp;utm_source=x"><link rel="alternate" type="application/rss+xml" href="javascript:x"></head></html>`))
		case "/feed-selbst":
			_, _ = w.Write([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>Amt</title></feed>`))
		case "/leer/", "/leer":
			_, _ = w.Write([]byte("<html><body>nichts</body></html>"))
		case "/rss.xml":
			_, _ = w.Write([]byte(rssOf("Eins")))
		default:
			http.NotFound(w, r)
		}
	})
	bare := record(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("<html><body>nichts</body></html>"))
	})
	c := testClient(t)
	for _, x := range []struct {
		address string
		want    []Candidate
	}{
		{srv.URL + "/seite", []Candidate{{srv.URL + "/amt/rss?art=alle&utm_source=x", "Alle & neue", "rss"}, {"http://127.0.0.1/atom.xml", "", "atom"}}},
		{srv.URL + "/feed-selbst", []Candidate{{srv.URL + "/feed-selbst", "Amt", "atom"}}},
		{srv.URL + "/leer", []Candidate{{srv.URL + "/rss.xml", "Amtsblatt", "rss"}}},
		{bare.URL, nil},
	} {
		got, err := Discover(context.Background(), c, x.address)
		if err != nil {
			t.Errorf("%s: %v", x.address, err)
		}
		if diff := cmp.Diff(x.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", x.address, diff)
		}
	}
	if _, err := Discover(context.Background(), c, srv.URL+"/fehlt"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a missing page: %v", err)
	}
}
