package feeds

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden is what a case's .json file holds: an editor can read and check it.
type golden struct {
	Error string       `json:"error,omitempty"`
	Title string       `json:"title,omitempty"`
	Site  string       `json:"site,omitempty"`
	Hub   string       `json:"hub,omitempty"`
	TTL   string       `json:"ttl,omitempty"`
	Items []goldenItem `json:"items,omitempty"`
}

type goldenItem struct {
	Key        string   `json:"key"`
	Link       string   `json:"link,omitempty"`
	GUID       string   `json:"guid,omitempty"`
	URL        string   `json:"url,omitempty"`
	Title      string   `json:"title,omitempty"`
	Summary    string   `json:"summary,omitempty"`
	Content    string   `json:"content,omitempty"`
	Author     string   `json:"author,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Published  string   `json:"published,omitempty"`
	Updated    string   `json:"updated,omitempty"`
}

func goldenOf(doc Document, err error) golden {
	g := golden{Title: doc.Title, Site: doc.Site, Hub: doc.Hub}
	if err != nil {
		g.Error = err.Error()
	}
	if doc.TTL > 0 {
		g.TTL = doc.TTL.String()
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	for _, e := range doc.Entries() {
		g.Items = append(g.Items, goldenItem{e.Key, e.Link, e.GUID, e.URL, e.Title, e.Summary, e.Content, e.Author, e.Categories, stamp(e.Published), stamp(e.Updated)})
	}
	return g
}

// TestGolden reads every feed in testdata and compares with the .json beside
// it. A new case needs a file and a run with -update, and a look at the
// result. "name.charset=iso-8859-1.xml" is served with that HTTP charset.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.feed")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".feed")
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			contentType := ""
			if _, cs, ok := strings.Cut(name, ".charset="); ok {
				contentType = "application/rss+xml; charset=" + cs
			}
			got := goldenOf(Parse(body, contentType, "https://amt.example/aktuell/feed.xml"))
			path := strings.TrimSuffix(file, ".feed") + ".json"
			if *update {
				var b bytes.Buffer
				enc := json.NewEncoder(&b)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				if err := enc.Encode(got); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want golden
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("read otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// corpus gives the bodies of all cases.
func corpus(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.feed")
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, body)
	}
	return out
}

// isPlain says whether a text may leave the parser: valid UTF-8 without
// control characters.
func isPlain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, unicode.IsControl)
}

func TestTitles(t *testing.T) {
	for in, want := range map[string]string{
		"a <b>fett</b> &amp; c<!-- x -->d":     "a fett & cd",
		"<b>OZG</b>-Umsetzung":                 "OZG-Umsetzung",
		"Zeile<br>Umbruch":                     "Zeile Umbruch",
		"Preis &lt; 5 Euro":                    "Preis < 5 Euro",
		"1 < 2 und 3 > 2":                      "1 < 2 und 3 > 2",
		"vector<int> im Amt":                   "vector<int> im Amt",
		"<script>alert(1)</script>Titel":       "Titel",
		"<style>p{}</style>Titel":              "Titel",
		"<img src=x onerror=alert(1)>Titel":    "Titel",
		"  viel\t\n Raum\u00a0 hier ":          "viel Raum hier",
		"Tom &amp;amp; Jerry":                  "Tom & Jerry",
		"&amp;lt;script&amp;gt;":               "&lt;script&gt;",
		"a<script src=\"x\"/> b":               "a b",
		"a <iframe src=\"x\"> b":               "a b",
		"a<template><p>x</p></template> b":     "a b",
		"nul\x00 und bell\x07":                 "nul und bell",
		"<o:p>Word</o:p>":                      "Word",
		"Kaputt \xff hier":                     "Kaputt hier",
		"":                                     "",
		"👩‍💻 bleibt ganz":                      "👩‍💻 bleibt ganz",
		"<unbekannt onclick=\"x\">Titel":       "Titel",
		"&#150; Strich, &#x2028;Trenner":       "– Strich, Trenner",
		"<a href='https://x.example'>Link</a>": "Link",
	} {
		if got := plainTitle(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTeaserAndText(t *testing.T) {
	long := strings.Repeat("Ein Satz über Verwaltung. ", 200)
	for _, c := range []struct{ name, description, content, summary, text string }{
		{"both", "<p>Kurz.</p>", "<p>Lang.</p>", "Kurz.", "Lang."},
		{"only a text", "", "<p>Lang.</p>", "Lang.", ""},
		{"only a teaser", "Kurz.", "", "Kurz.", ""},
	} {
		if s, x := teaserAndText(c.description, c.content); s != c.summary || x != c.text {
			t.Errorf("%s: got %q, %q", c.name, s, x)
		}
	}
	s, text := teaserAndText(long, "")
	if text != strings.TrimSpace(long) || len([]rune(s)) > 600 || !strings.HasSuffix(s, "…") || !strings.HasPrefix(long, strings.TrimSuffix(s, "…")) {
		t.Errorf("a long description gave a teaser of %d and a text of %d: %q", len(s), len(text), s)
	}
}
