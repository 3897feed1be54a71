package feeds

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A check says of a broken feed what a poll would, and what to do about it;
// who is only asked for a rest is not broken.
func TestACheckSaysWhatAPollWould(t *testing.T) {
	srv := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rast":
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/weg":
			w.WriteHeader(http.StatusGone)
		case "/kreis":
			http.Redirect(w, r, "/kreis", http.StatusFound)
		case "/um":
			http.Redirect(w, r, "/neu", http.StatusMovedPermanently)
		case "/neu":
			_, _ = w.Write([]byte(rssOf("Eins")))
		case "/liste":
			_, _ = w.Write([]byte("<html><body><p>Nichts</body></html>"))
		case "/ab":
			panic(http.ErrAbortHandler)
		default:
			http.NotFound(w, r)
		}
	})
	for _, c := range []struct {
		path    string
		list    *List
		outcome Outcome
		reason  string
		cure    string
		rests   bool
	}{
		{"/weg", nil, OutcomeFailed, "HTTP 410 Gone", remedies[cureGone].en, false},
		{"/fehlt", nil, OutcomeFailed, "HTTP 404 Not Found", remedies[cureAddress].en, false},
		{"/kreis", nil, OutcomeFailed, "redirects in a circle", remedies[cureServer].en, false},
		{"/ab", nil, OutcomeFailed, "the connection broke", remedies[cureDown].en, false},
		{"/um", nil, OutcomeNew, "moved permanently to " + srv.URL + "/neu", remedies[cureMoved].en, false},
		{"/liste", &List{Entry: "li"}, OutcomeFailed, "the page has no entries that match li: its layout may have changed", strings.ReplaceAll(remedies[cureLayout].en, "%s", "%sliste"), false},
		{"/rast", nil, OutcomeFailed, "HTTP 429 Too Many Requests", remedies[cureBusy].en, true},
		{"/danach", nil, OutcomeSkipped, "its host asks to be left alone for another 10 min (Retry-After)", remedies[cureBusy].en, true}, // last: it is held now
	} {
		poller := NewPoller(newMemory(), testClient(t), PollOptions{})
		if c.outcome == OutcomeSkipped {
			poller.Check(t.Context(), srv.URL+"/rast")
		}
		r, _ := poller.CheckFeed(t.Context(), Feed{URL: srv.URL + c.path, Name: "Amt", List: c.list})
		if r.Name != "Amt" || r.Outcome != c.outcome || r.Rests != c.rests || SayReason(r.Reason, "en") != c.reason {
			t.Errorf("%s: %+v", c.path, r)
		}
		if want := strings.ReplaceAll(c.cure, "%s", srv.URL+"/"); Cure(r.Reason) != want {
			t.Errorf("%s: cure %q, want %q", c.path, Cure(r.Reason), want)
		}
	}
}

func TestRobotsAndDeafServersHaveACure(t *testing.T) {
	for _, c := range []struct {
		err  error
		want cure
	}{
		{ErrRobots, cureForbidden},
		{&robotsUnread{&StatusError{Status: 500}}, cureDown},
		{&StatusError{Status: http.StatusMethodNotAllowed}, cureServer},
		{errBomb, cureServer},
		{errCrawl, cureServer},
	} {
		if got := cureOf(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	if Cure("HTTP 404 Not Found") != "" {
		t.Error("a reason without a cure has one")
	}
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{300 * time.Millisecond: "1 s", 45 * time.Second: "45 s", 61 * time.Second: "2 min", 90 * time.Minute: "90 min", 150 * time.Minute: "3 h"} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
