package keyword

import (
	"strings"
	"testing"
	"time"
)

// Neither a long query nor a long text made to be slow takes long.
func TestHostileLengths(t *testing.T) {
	queries := []string{
		strings.Repeat("a ", 999),
		`"` + strings.Repeat("Verwaltung ", 40) + `"`,
		strings.Repeat("aB", 999),
		strings.Repeat("a-", 999) + "a",
		"a NEAR/100 b",
		"Verwaltung", "*a-a",
		"*ab* OR " + strings.Repeat("herab", 300),
		"Bundesverwaltung OR ver*",
	}
	texts := []string{
		strings.Repeat("a-", 10_000),
		strings.Repeat("a b ", 5_000),
		strings.Repeat("Verwaltung-", 2_000),
		strings.Repeat("Bundes- und ", 2_000),
		strings.Repeat("herab", 4_000) + "verwaltung",
		strings.Repeat("&", 20_000), strings.Repeat("&amp;", 4_000),
		strings.Repeat("a\u0308", 6_000),
	}
	start := time.Now()
	for _, text := range texts {
		d := Analyse(Text{Text: text})
		d.Tokens()
		for _, s := range queries {
			q, err := Parse(s)
			if err != nil {
				continue
			}
			at := time.Now()
			q.Match(d)
			if took := time.Since(at); took > 300*time.Millisecond {
				t.Logf("%.30q in %.30q took %s", s, text, took)
			}
			if q.String() == "" {
				t.Errorf("%q is nothing", s)
			}
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}
