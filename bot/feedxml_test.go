package bot

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"depesche/feeds"
)

func TestTopicFeed(t *testing.T) {
	o := newOffice(t, nil)
	o.desk.topics = []feeds.Topic{{Name: "OZG"}, {Name: "Öffentlicher Dienst"}}
	get := func(path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		o.TopicFeed().ServeHTTP(w, r)
		return w
	}
	w := get("/topics/ozg.xml")
	golden(t, "topic.xml", w.Body.Bytes())
	var doc rss
	if err := xml.Unmarshal(w.Body.Bytes(), &doc); err != nil || len(doc.Channel.Items) != 2 || w.Header().Get("Content-Type") != "application/rss+xml; charset=utf-8" {
		t.Fatalf("%v, %d items, %s", err, len(doc.Channel.Items), w.Header())
	}
	if it := doc.Channel.Items[1]; it.Title != "Bürger*innen <!channel> & *Fett* `x`" || it.GUID.Value != "depesche:item:2" || it.Published != "Sun, 22 Nov 2026 01:00:00 +0000" {
		t.Errorf("item %+v", it)
	}
	if w := get("/topics/ozg.xml", "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("conditional request: %d", w.Code)
	}
	if w := get("/topics/%C3%96ffentlicher%20Dienst.xml"); w.Code != http.StatusOK {
		t.Errorf("a name with spaces: %d", w.Code)
	}
	for _, path := range []string{"/topics/fehlt.xml", "/topics/OZG", "/topics/"} {
		if w := get(path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Topics: OZG") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	o.archive.err = errors.New("disk is on fire")
	if w := get("/topics/OZG.xml"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("broken archive: %d %s", w.Code, w.Body)
	}
}
