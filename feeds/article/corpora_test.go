package article

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
)

// The two corpora that the quality of reading pages is measured with are
// other people's and not part of this repository. ARTICLE_CORPORA names a
// folder with a checkout of each, "trafilatura" (github.com/adbar/trafilatura)
// and "fundus" (github.com/flairNLP/fundus):
//
//	ARTICLE_CORPORA=/path go test -run Corpus -v ./feeds/article
func corpora(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("ARTICLE_CORPORA")
	if root == "" {
		t.Skip("ARTICLE_CORPORA is not set")
	}
	return filepath.Join(root, name)
}

// TestCorpusOfMarks measures body text by trafilatura's evaluation pages: each
// has pieces of text that must and that must not be found. The German ones are
// those that say so, or use the commonest words.
func TestCorpusOfMarks(t *testing.T) {
	root := filepath.Join(corpora(t, "trafilatura"), "tests")
	raw, err := os.ReadFile(filepath.Join(root, "evaldata.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pages map[string]struct {
		File          string
		With, Without []string
	}
	if err := json.Unmarshal(raw, &pages); err != nil {
		t.Fatal(err)
	}
	var all, german marks
	for address, p := range pages {
		body, err := os.ReadFile(filepath.Join(root, "cache", p.File))
		if err != nil {
			if body, err = os.ReadFile(filepath.Join(root, "eval", p.File)); err != nil {
				t.Fatal(err)
			}
		}
		a, _ := Extract(t.Context(), Page{Body: body, URL: address, ContentType: "text/html"})
		text := clean(a.Text)
		var m marks
		for _, w := range p.With {
			if strings.Contains(text, clean(w)) {
				m.found++
			} else {
				m.missed++
			}
		}
		for _, w := range p.Without {
			if strings.Contains(text, clean(w)) {
				m.wrong++
			}
		}
		m.pages = 1
		all.add(m)
		if isGerman(string(body)) {
			german.add(m)
		}
	}
	t.Logf("all pages: %s", all)
	t.Logf("German pages: %s", german)
	if german.f1() < 0.91 {
		t.Errorf("German pages: F1 %.3f, want .91", german.f1())
	}
}

type marks struct{ pages, found, missed, wrong int }

func (m *marks) add(o marks) {
	m.pages, m.found, m.missed, m.wrong = m.pages+o.pages, m.found+o.found, m.missed+o.missed, m.wrong+o.wrong
}

func (m marks) f1() float64 {
	return 2 * float64(m.found) / float64(2*m.found+m.missed+m.wrong)
}

func (m marks) String() string {
	b, _ := json.Marshal(map[string]any{"pages": m.pages, "f1": float64(int(m.f1()*1000+.5)) / 1000,
		"precision": float64(int(1000*float64(m.found)/float64(m.found+m.wrong)+.5)) / 1000, "recall": float64(int(1000*float64(m.found)/float64(m.found+m.missed)+.5)) / 1000})
	return string(b)
}

var germanWord = regexp.MustCompile(`(?i)\b(?:und|nicht|eine[nrms]?|auch|werden|mit|wurde)\b`)

// isGerman says whether a page is: by its own declaration, else by the
// commonest words.
func isGerman(page string) bool {
	if m := regexp.MustCompile(`(?i)<html[^>]*\slang=["']?([a-z]{2})`).FindStringSubmatch(page); m != nil && !strings.EqualFold(m[1], "en") {
		return strings.EqualFold(m[1], "de")
	}
	return len(germanWord.FindAllString(page, -1))*150 > len(strings.Fields(page))*2
}

type gold struct {
	Body struct {
		Summary  []string
		Sections []struct{ Headline, Paragraphs []string }
	}
	Date string `json:"publishing_date"`
}

func (g gold) text() string {
	all := slices.Clone(g.Body.Summary)
	for _, s := range g.Body.Sections {
		all = append(append(all, s.Headline...), s.Paragraphs...)
	}
	return strings.Join(all, "\n")
}

// TestCorpusOfBodies measures bodies and dates by fundus' German pages, whose
// bodies were checked by hand: the mean F1 over words, and exact days.
func TestCorpusOfBodies(t *testing.T) {
	root := filepath.Join(corpora(t, "fundus"), "tests/resources/parser/test_data/de")
	files, err := filepath.Glob(filepath.Join(root, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages in %s: %v", root, err)
	}
	var addresses map[string]struct {
		URL string
		At  string `json:"crawl_date"`
	}
	readJSON(t, filepath.Join(root, "meta.info"), &addresses)
	var sum float64
	pages, days, guessed := 0, 0, 0
	for _, file := range files {
		var versions map[string]gold
		readJSON(t, file, &versions)
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		for page, info := range addresses {
			if !regexp.MustCompile(`^` + regexp.QuoteMeta(name) + `_\d{4}_\d\d_\d\d\.html\.gz$`).MatchString(page) {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, page)); err != nil {
				continue // named, and not in the repository
			}
			now, err := time.Parse(time.DateTime, info.At[:len(time.DateTime)])
			if err != nil {
				t.Fatal(err)
			}
			a, _ := Extract(t.Context(), Page{Body: unzip(t, filepath.Join(root, page)), URL: info.URL, ContentType: "text/html; charset=utf-8", Now: now})
			best, exact := -1.0, false
			for _, g := range versions { // the page's own is the one that agrees best
				if f := wordF1(g.text(), a.Text); f > best {
					best = f
					want := parseStamp(g.Date)
					exact = !want.IsZero() && want.In(berlin).Format(time.DateOnly) == a.Published.In(berlin).Format(time.DateOnly)
				}
			}
			pages++
			sum += best
			if exact {
				days++
			} else {
				t.Logf("%s: another day: %s", page, a.Published)
			}
			if a.DateUncertain {
				guessed++
			}
			if best < 0.8 {
				t.Logf("%s: F1 %.3f", page, best)
			}
		}
	}
	f1, exact := sum/float64(pages), float64(days)/float64(pages)
	t.Logf("%d pages: F1 %.3f, exact day %.3f (%d; %d guessed)", pages, f1, exact, days, guessed)
	if f1 < 0.95 || exact < 0.96 {
		t.Errorf("F1 %.3f, exact day %.3f; want .95 and .96", f1, exact)
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func unzip(t *testing.T, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

var word = regexp.MustCompile(`[\p{L}\d]+`)

// wordF1 compares two texts as bags of words.
func wordF1(want, got string) float64 {
	count := func(s string) (map[string]int, int) {
		words := word.FindAllString(strings.ToLower(s), -1)
		sort.Strings(words)
		out := map[string]int{}
		for _, w := range words {
			out[w]++
		}
		return out, len(words)
	}
	a, n := count(want)
	b, m := count(got)
	if n+m == 0 {
		return 1
	}
	both := 0
	for w, times := range a {
		both += min(times, b[w])
	}
	return 2 * float64(both) / float64(n+m)
}
