package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
)

// TestAHostWithManyFeedsKeepsNoOtherFromBeingChecked: it is slow, and has more
// feeds than may be asked at once.
func TestAHostWithManyFeedsKeepsNoOtherFromBeingChecked(t *testing.T) {
	others := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-others // all of the others are done
		_, _ = io.WriteString(w, "<rss><channel><title>Langsam</title></channel></rss>")
	}))
	defer slow.Close()
	fast := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<rss><channel><title>Schnell</title></channel></rss>")
	}))
	defer fast.Close()
	cfg := Config{
		Poll:  PollConfig{Every: time.Hour, Min: time.Minute, Max: time.Hour, Concurrency: 2, PerHost: 1},
		Fetch: FetchConfig{Timeout: 30 * time.Second, MaxBytes: 1 << 20, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	var list []feeds.Feed
	for i := range 8 {
		list = append(list, feeds.Feed{URL: fmt.Sprintf("%s/a%d", slow.URL, i)}, feeds.Feed{URL: fmt.Sprintf("%s/z%d", fast.URL, i)})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := map[string]int{}
	checkAll(ctx, cfg, list, func(r checked) {
		if done[r.Name]++; r.Name == "Schnell" && done[r.Name] == 8 {
			close(others)
		}
		if r.Outcome == feeds.OutcomeFailed {
			t.Errorf("%s: %s", strings.TrimPrefix(r.URL, "http://"), r.Reason)
		}
	})
	if done["Schnell"] != 8 || done["Langsam"] != 8 {
		t.Errorf("checked: %v", done)
	}
}

// TestWhatIsWrongIsSaidAlikeEverywhere: by doctor, check, poll and list.
func TestWhatIsWrongIsSaidAlikeEverywhere(t *testing.T) {
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	empty := serve(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<rss><channel><title>Leer</title></channel></rss>")
	})
	gone := serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	busy := serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	p := newProgram(t)
	p.configure(fmt.Sprintf("  - {url: %s/leer, name: Leer}\n  - {url: %s/weg, name: Weg}\n  - {url: %s/rast, name: Rast}\n", empty, gone, busy))
	cures := map[string]string{
		empty + "/leer": "look at it in a browser; it may be filled later",
		gone + "/weg":   "it is not asked any more; to look for its successor: depesche feeds discover " + gone + "/",
		busy + "/rast":  "nothing has to be done, it is asked less often for a while",
	}
	p.want(0, "poll")
	for _, f := range decoded[[]finding](t, p.want(1, "doctor", "--json").stdout) {
		if want := cures[f.What]; f.Check == "feed" && (f.Cure != want || strings.Contains(f.Detail, f.Cure)) {
			t.Errorf("doctor: %+v, want the cure %q", f, want)
		}
		if wrong := map[bool]string{true: broken, false: warning}[f.What == gone+"/weg"]; f.Check == "feed" && f.Status != wrong {
			t.Errorf("doctor: %+v, want %s", f, wrong)
		}
	}
	checks := p.want(1, "feeds", "check").stdout
	for _, want := range append(slices.Collect(maps.Values(cures)), "  Leer  ", "  Weg  ", "  Rast  ") {
		if !strings.Contains(checks, want) {
			t.Errorf("check has no %q:\n%s", want, checks)
		}
	}
	for _, r := range decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout) {
		if r.State != "ok" && !strings.HasSuffix(r.Reason, "; "+cures[r.URL]) {
			t.Errorf("list: %+v, want the cure %q", r, cures[r.URL])
		}
	}
	all := p.want(0, "poll", "--all").stdout
	if want := "gone: HTTP 410 Gone; " + cures[gone+"/weg"] + " (to take it off the list, remove it from the configuration file)"; !strings.Contains(all, want) {
		t.Errorf("poll --all has no %q:\n%s", want, all)
	}
}
