package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatchPrintsTheLinesWithTheirWordsMarked(t *testing.T) {
	p := newProgram(t)
	p.stdin = "Die OZG-Umsetzung stockt\nLozgen ist ein Ort\r\nOZG, nochmals \x1b[31m OZG\n"
	r := p.want(0, "match", "OZG")
	if want := "Die «OZG»-Umsetzung stockt\n«OZG», nochmals [31m «OZG»\n"; r.stdout != want {
		t.Errorf("got  %q\nwant %q", r.stdout, want)
	}
	if err := os.WriteFile("lines.txt", []byte("nichts\nBlockchain im Grundbuch"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := p.want(0, "match", "Blockchain", "lines.txt").stdout; got != "«Blockchain» im Grundbuch\n" {
		t.Errorf("from a file: %q", got)
	}
	var one matchedLine
	if err := json.Unmarshal([]byte(p.want(0, "match", "--json", "Blockchain", "lines.txt").stdout), &one); err != nil || one.Line != 2 || len(one.Hits) != 1 {
		t.Errorf("--json: %+v, %v", one, err)
	}
	if got := p.want(0, "match", "--", "-Blockchain nichts", "lines.txt").stdout; got != "«nichts»\n" {
		t.Errorf("a query that begins with a dash: %q", got)
	}
}

func TestMatchFaults(t *testing.T) {
	p := newProgram(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no query":  {[]string{"match"}, "a QUERY is missing"},
		"bad query": {[]string{"match", "OZG OR ("}, "this is no query: at position 9"},
	} {
		if r := p.want(2, c.args...); !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: %q", name, r.stderr)
		}
	}
	if r := p.want(1, "match", "OZG", "nowhere.txt"); !strings.Contains(r.stderr, "nowhere.txt") {
		t.Errorf("missing file: %q", r.stderr)
	}
}

func TestMatchObjectsAnswersLineByLineAndGoesOn(t *testing.T) {
	p := newProgram(t)
	p.stdin = `{"query":"OZG","title":"OZG im Land","text":"","source":"","keywords":[]}
{"query":"OZG OR (","text":"OZG"}
this is no object

{"query":"govdigital","title":"Grün","keywords":["govdigital"]}
{"query":"Blockchain","text":"nichts davon"}
{"query":"quelle:Amtsblick OZG","title":"OZG","source":"Amtsblick"}`
	lines := strings.Split(strings.TrimSpace(p.want(0, "match", "--jsonl").stdout), "\n")
	if len(lines) != 7 {
		t.Fatalf("%d answers to seven lines: %q", len(lines), lines)
	}
	if want := `{"match":true,"hits":[{"term":"OZG","text":"OZG","in":"title","start":0,"end":3}],"error":""}`; lines[0] != want {
		t.Errorf("got  %s\nwant %s", lines[0], want)
	}
	if want := `{"match":false,"hits":[],"error":""}`; lines[5] != want {
		t.Errorf("got  %s\nwant %s", lines[5], want)
	}
	if want := `{"match":true,"hits":[{"term":"OZG","text":"OZG","in":"title","start":0,"end":3}],"error":""}`; lines[6] != want {
		t.Errorf("a hit in the source marks no word:\ngot  %s\nwant %s", lines[6], want)
	}
	type outcome struct {
		Match, Fault bool
	}
	var got []outcome
	for _, l := range lines {
		var a answer
		if err := json.Unmarshal([]byte(l), &a); err != nil {
			t.Fatal(err)
		}
		got = append(got, outcome{a.Match, a.Error != ""})
	}
	want := []outcome{{true, false}, {false, true}, {false, true}, {false, true}, {true, false}, {false, false}, {true, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParsePrintsAnObjectAFile(t *testing.T) {
	p := newProgram(t)
	const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>Amtsblick</title>
<item><title>Größe &amp; Maß</title><link>/a</link><guid>1</guid><pubDate>Fri, 20 Nov 2026 08:00:00 +0100</pubDate><description>Kurz.</description></item>
</channel></rss>`
	if err := os.WriteFile("feed.xml", []byte(feed), 0o600); err != nil {
		t.Fatal(err)
	}
	p.stdin = "<!doctype html><html><body>kein Feed</body></html>"
	r := p.want(1, "parse", "feed.xml", "--base", "https://a.example/rss", "-", "nowhere.xml")
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d objects for three files: %q", len(lines), lines)
	}
	want := `{"file":"feed.xml","ok":true,"error":"","title":"Amtsblick","items":[{"guid":"1","title":"Größe & Maß","url":"https://a.example/a","published":"2026-11-20T07:00:00Z","updated":"","summary":"Kurz.","author":"","categories":[]}]}`
	if lines[0] != want {
		t.Errorf("got  %s\nwant %s", lines[0], want)
	}
	for _, l := range lines[1:] {
		var f parsedFile
		if err := json.Unmarshal([]byte(l), &f); err != nil || f.OK || f.Error == "" || f.Items == nil {
			t.Errorf("%s: %+v, %v", l, f, err)
		}
	}
	p.want(0, "parse", "--json", "--base", "https://a.example/rss", "feed.xml")
	p.want(2, "parse")
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestMatchSaysOnceThatItsOutputIsFull(t *testing.T) {
	newProgram(t) // an empty working directory
	for _, args := range [][]string{{"match", "OZG"}, {"match", "--jsonl"}} {
		var stderr strings.Builder
		status := run(t.Context(), args, func(string) string { return "" }, strings.NewReader("OZG im Land\n"), fullDisk{}, &stderr)
		if status != 1 || strings.Count(stderr.String(), "no space left") != 1 {
			t.Errorf("%q: status %d, stderr %q", args, status, stderr.String())
		}
	}
}
