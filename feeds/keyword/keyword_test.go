package keyword

import (
	"os"
	"strings"
	"testing"
)

func mustParse(t testing.TB, s string) *Query {
	t.Helper()
	q, err := Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return q
}

// Every line of testdata/decisions.txt is a decision an editor can check.
func TestDecisions(t *testing.T) {
	data, err := os.ReadFile("testdata/decisions.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, line := range strings.Split(string(data), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		query, want, text := decision(t, line)
		cases++
		_, got := mustParse(t, query).Match(Analyse(Text{Title: text}))
		if got != want {
			t.Errorf("%s | %t, want %t | %s", query, got, want, text)
		}
	}
	if cases < 100 {
		t.Errorf("read %d decisions only", cases)
	}
}

func decision(t *testing.T, line string) (query string, want bool, text string) {
	t.Helper()
	for _, answer := range []string{"yes", "no"} {
		if before, after, ok := strings.Cut(line, " | "+answer+" | "); ok {
			return before, answer == "yes", after
		}
	}
	t.Fatalf("no decision: %q", line)
	return
}
