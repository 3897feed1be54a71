package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
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
