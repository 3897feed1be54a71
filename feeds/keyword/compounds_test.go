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

// The words of the trade, and those of everyday, find what an editor means.
func TestWordLists(t *testing.T) {
	for _, c := range []struct {
		file string
		bar  float64
	}{{"testdata/sector.txt", 0.97}, {"testdata/everyday.txt", 0.95}} {
		t.Run(c.file, func(t *testing.T) {
			found, missed, wrong := readWordList(t, c.file)
			f1 := 2 * found / (2*found + missed + wrong)
			t.Logf("%.0f found, %.0f missed, %.0f wrong, F1 %.3f", found, missed, wrong, f1)
			if f1 < c.bar || found < 300 {
				t.Errorf("F1 %.3f of %.0f", f1, found)
			}
		})
	}
}

func readWordList(t *testing.T, file string) (found, missed, wrong float64) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") || len(fields) != 3 {
			continue
		}
		q := mustParse(t, fields[0])
		matches := func(text string) bool {
			_, ok := q.Match(Analyse(Text{Text: text}))
			return ok
		}
		for _, text := range commaList(fields[1]) {
			if matches(text) {
				found++
			} else {
				missed++
				t.Logf("%s misses %s", q, text)
			}
		}
		for _, text := range commaList(fields[2]) {
			if matches(text) {
				wrong++
				t.Logf("%s finds %s", q, text)
			}
		}
	}
	return found, missed, wrong
}

// commaList splits a list at its commas.
func commaList(s string) []string {
	var out []string
	for _, x := range strings.Split(s, ",") {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}
