package keyword

import (
	"os"
	"strings"
	"testing"
)

// A noun finds the compounds that it is a member of, and no words that merely
// begin or end with its letters.
func TestCompounds(t *testing.T) {
	data, err := os.ReadFile("testdata/compounds.txt")
	if err != nil {
		t.Fatal(err)
	}
	var found, missed, wrong float64
	for line := range strings.Lines(string(data)) {
		compound, rest, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		members, strangers, _ := strings.Cut(rest, "!")
		d := Analyse(Text{Text: compound})
		for _, m := range strings.Fields(members) {
			if _, ok := mustParse(t, m).Match(d); ok {
				found++
			} else {
				missed++
				t.Logf("%s misses %s", m, compound)
			}
		}
		for _, s := range strings.Fields(strangers) {
			if _, ok := mustParse(t, s).Match(d); ok {
				wrong++
				t.Logf("%s finds %s", s, compound)
			}
		}
	}
	recall, precision := found/(found+missed), found/(found+wrong)
	f1 := 2 * recall * precision / (recall + precision)
	t.Logf("recall %.3f, precision %.3f, F1 %.3f", recall, precision, f1)
	if f1 < 0.95 {
		t.Errorf("F1 %.3f", f1)
	}
}
