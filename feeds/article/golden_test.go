package article_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"depesche/feeds/article"
)

var update = flag.Bool("update", false, "write the golden files anew; what they say must not be there stays")

// golden is what a page must give. Never is kept by hand: words that stand on
// the page, and not in the article.
type golden struct {
	Never     []string  `json:"never"`
	Reason    string    `json:"reason,omitempty"`
	Title     string    `json:"title"`
	Text      []string  `json:"text"` // a paragraph each
	Keywords  []string  `json:"keywords"`
	Published time.Time `json:"published"`
	Uncertain bool      `json:"uncertain,omitempty"`
	Author    string    `json:"author"`
	Source    string    `json:"source,omitempty"`
	Site      string    `json:"site"`
	Canonical string    `json:"canonical,omitempty"`
	Paywalled bool      `json:"paywalled,omitempty"`
}

// reasons are the errors that a page may give, by the name they have in the files.
var reasons = map[string]error{"consent": article.ErrConsent, "paywall": article.ErrPaywall, "no text": article.ErrNoText}

func reasonOf(t *testing.T, err error) string {
	t.Helper()
	for name, reason := range reasons {
		if errors.Is(err, reason) {
			return name
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}

// A pair page.html and page.json in testdata is a case; a new one needs no code.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("testdata/*.html")
	if err != nil || len(pages) < 12 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".html"), func(t *testing.T) {
			body, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			a, err := article.Extract(t.Context(), article.Page{Body: body, ContentType: "text/html", URL: "https://www.outlet.example/a/1",
				Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)})
			got := golden{
				Reason: reasonOf(t, err), Title: a.Title, Text: strings.Split(a.Text, "\n\n"), Keywords: a.Keywords, Published: a.Published,
				Uncertain: a.DateUncertain, Author: a.Author, Source: a.Source, Site: a.Site, Canonical: a.Canonical, Paywalled: a.Paywalled,
			}
			compare(t, strings.TrimSuffix(page, ".html")+".json", got)
		})
	}
}

func compare(t *testing.T, file string, got golden) {
	t.Helper()
	var want golden
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, &want)
	}
	if err != nil && !*update {
		t.Fatal(err)
	}
	got.Never = want.Never
	if *update {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := errors.Join(e.Encode(got), os.WriteFile(file, []byte(b.String()), 0o600)); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	page, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".html")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range want.Never {
		if !strings.Contains(string(page), word) {
			t.Errorf("%q does not stand on the page, so that its absence says nothing", word)
		}
		if strings.Contains(strings.Join(got.Text, "\n"), word) {
			t.Errorf("%q stands in the text, and only beside the article on the page", word)
		}
	}
}
