package keyword

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// strange are words that have nothing to do with each other, so that what a
// query means depends on its signs alone.
var strange = strings.Fields("lorbak mifuz tegros wapelk jodrin quasth")

// meaning is a query as its author thinks of it: a word, or signs between such.
type meaning struct {
	sign string // "", "and", "or" or "not"
	word string
	kids []meaning
}

func randomMeaning(r *rand.Rand, depth int) meaning {
	if depth == 0 || r.IntN(4) == 0 {
		return meaning{word: strange[r.IntN(len(strange))]}
	}
	sign := []string{"and", "and", "or", "or", "not"}[r.IntN(5)]
	m := meaning{sign: sign}
	for range 2 + r.IntN(2) {
		m.kids = append(m.kids, randomMeaning(r, depth-1))
	}
	if sign == "not" {
		m.kids = m.kids[:1]
	}
	return m
}

// holds is what the signs mean, by the words of the text alone.
func (m meaning) holds(words map[string]bool) bool {
	switch m.sign {
	case "and":
		for _, k := range m.kids {
			if !k.holds(words) {
				return false
			}
		}
		return true
	case "or":
		for _, k := range m.kids {
			if k.holds(words) {
				return true
			}
		}
		return false
	case "not":
		return !m.kids[0].holds(words)
	}
	return words[m.word]
}

// binding says how tightly a sign binds: NOT before AND before OR.
func (m meaning) binding() int {
	switch m.sign {
	case "or":
		return 1
	case "and":
		return 2
	case "not":
		return 3
	}
	return 4
}

// write spells a meaning out, in any of the spellings of its signs, with the
// parentheses that it needs and here and there one more pair.
func (m meaning) write(r *rand.Rand, outer int) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var s string
	switch m.sign {
	case "":
		s = m.word
	case "not":
		s = pick("NOT ", "NICHT ", "-") + m.kids[0].write(r, 3)
	default:
		for i, k := range m.kids {
			switch {
			case i == 0:
			case m.sign == "and":
				s += pick(" ", "  ", " AND ", " UND ")
			default:
				s += pick(" OR ", " ODER ", " | ", "|")
			}
			s += k.write(r, m.binding())
		}
	}
	if m.binding() < outer || r.IntN(6) == 0 {
		return "(" + s + ")"
	}
	return s
}

// TestSignsMeanWhatTheyMean: random queries of unrelated words against all the
// texts that can be made of them, as a reader of the rules would judge.
func TestSignsMeanWhatTheyMean(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	type text struct {
		words map[string]bool
		doc   *Document
	}
	var texts []text
	for subset := range 1 << len(strange) {
		x, row := text{words: map[string]bool{}}, "nichts"
		for i, w := range strange {
			if subset&(1<<i) != 0 {
				x.words[w] = true
				row += " " + w
			}
		}
		x.doc = Analyse(Text{Text: row})
		texts = append(texts, x)
	}
	var yes, no int
	for range 1500 {
		m := randomMeaning(r, 4)
		text := m.write(r, 0)
		q, err := Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "only says what must not occur") {
				continue
			}
			t.Fatalf("%s: %v", text, err)
		}
		for _, x := range texts {
			want := m.holds(x.words)
			if want {
				yes++
			} else {
				no++
			}
			if _, got := q.Match(x.doc); got != want {
				t.Fatalf("%s (read as %s) on %v: %t, want %t", text, q, x.words, got, want)
			}
		}
	}
	if yes < 10_000 || no < 10_000 {
		t.Errorf("%d times yes, %d times no: too few to say anything", yes, no)
	}
}

// TestPlacesMeanWhatTheyMean: phrases, NEAR and stars over random rows of
// unrelated words, judged by counting.
func TestPlacesMeanWhatTheyMean(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var yes, no int
	for range 20_000 {
		row := make([]string, 1+r.IntN(9))
		for i := range row {
			row[i] = strange[r.IntN(len(strange))]
		}
		a, b := strange[r.IntN(len(strange))], strange[r.IntN(len(strange))]
		var query string
		var want bool
		switch n := 1 + r.IntN(4); r.IntN(4) {
		case 0:
			query = `"` + a + " " + b + `"`
			want = strings.Contains(" "+strings.Join(row, " ")+" ", " "+a+" "+b+" ")
		case 1:
			query = a + " NEAR/" + strconv.Itoa(n) + " " + b
			for i := range row {
				for j := max(0, i-n); j < min(len(row), i+n+1); j++ {
					want = want || i != j && row[i] == a && row[j] == b
				}
			}
		case 2:
			query = a[:4] + "*"
			want = slices.Contains(row, a)
		default:
			query = "*" + a[2:]
			want = slices.Contains(row, a)
		}
		if want {
			yes++
		} else {
			no++
		}
		doc := Analyse(Text{Text: strings.Join(row, " ")})
		hits, got := mustParse(t, query).Match(doc)
		if got != want {
			t.Fatalf("%s on %q: %t, want %t", query, row, got, want)
		}
		checkHits(t, doc, hits)
	}
	if yes < 5000 || no < 5000 {
		t.Errorf("%d times yes, %d times no: too few to say anything", yes, no)
	}
}
