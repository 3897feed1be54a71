package storage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestManyFeedsAreAddedAtOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		if err := s.SyncFeeds(t.Context(), []feeds.Feed{{URL: "https://declared.example/feed"}}, monday); err != nil {
			t.Fatal(err)
		}
		addFeed(t, s, "https://left.example/feed")
		if err := s.RemoveFeed(t.Context(), "https://left.example/feed"); err != nil {
			t.Fatal(err)
		}
		list := []feeds.Feed{
			{URL: "https://new.example/feed", Name: "Neu", Role: feeds.RoleVendor},
			{URL: "https://declared.example/feed", Name: "Anders"},
			{URL: "https://left.example/feed", Name: "Wieder da"},
			{URL: "https://new.example/feed", Name: "Noch einmal"},
			{URL: "https://long.example/" + strings.Repeat("x", 3000)},
			{URL: "https://page.example/", List: &feeds.List{Entry: "li"}},
		}
		added, err := s.AddFeeds(t.Context(), list, monday)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]bool{true, false, true, false, false, true}, added); diff != "" {
			t.Errorf("added (-want +got):\n%s", diff)
		}
		all, err := s.Feeds(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range all {
			got = append(got, fmt.Sprintf("%s %q %s %s %s %v", f.URL, f.Name, f.Role, f.Origin, f.State, f.List))
		}
		want := []string{
			`https://declared.example/feed "" rival file new <nil>`,
			`https://left.example/feed "Wieder da" rival desk new <nil>`,
			`https://new.example/feed "Neu" vendor desk new <nil>`,
			`https://page.example/ "" rival desk new &{li    }`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("on the list (-want +got):\n%s", diff)
		}
	})
}

// TestTenThousandFeedsAreImportedInSeconds also prints how long it takes.
func TestTenThousandFeedsAreImportedInSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	list := make([]feeds.Feed, 10_000)
	for i := range list {
		list[i] = feeds.Feed{URL: fmt.Sprintf("https://amt%d.example/feed", i), Name: fmt.Sprintf("Amt %d", i)}
	}
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, pass := range []string{"new", "known"} {
			start := time.Now()
			added, err := s.AddFeeds(t.Context(), list, monday)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s: %v", pass, took)
			} else {
				t.Logf("%s: %v", pass, took.Round(time.Millisecond))
			}
			if added[0] != (pass == "new") {
				t.Errorf("%s: added is %v", pass, added[0])
			}
		}
		if all, err := s.Feeds(t.Context()); err != nil || len(all) != len(list) {
			t.Errorf("%d feeds, %v", len(all), err)
		}
	})
}
