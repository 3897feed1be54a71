package keyword

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// join is several pieces read as one word.
type join struct {
	lo, hi      int32 // its folded form in Document.hay
	first, last int32 // pieces
	// ellipsis says that a hyphen stands for half a word. The folded form is
	// "bundes0landesamt" for "Bundes- und Landesamt", and "onlinedienste00portale"
	// for "Onlinedienste und -portale".
	ellipsis bool
}

var conjunctions = [...]string{"und", "oder", "bzw", "sowie", "als", "wie", "noch", "bis", "and", "or"}

func conjunction(s string) bool {
	for _, c := range conjunctions {
		if after, ok := strings.CutPrefix(s, c); ok {
			r, _ := utf8.DecodeRuneInString(after)
			return class(r) == other
		}
	}
	return false
}

// addJoins adds the words that hyphens hold together, and those that a
// hyphen left open completes ("Landes- und Kommunal-IT"), in the order of
// their first pieces.
func (a *analysis) addJoins() {
	for i := 0; i < len(a.pieces); {
		end := a.runEnd(i)
		a.addLeading(i, end)
		if end-i > 1 {
			a.addRun(i, end)
		}
		if end < len(a.pieces) && a.pieces[end].sep == sepDangling && a.pieces[end-1].class == letter {
			a.addEllipsis(end - 1)
		}
		i = end
	}
}

// runEnd gives the end of the run of pieces from i on that hyphens join.
func (a *analysis) runEnd(i int) int {
	for i++; i < len(a.pieces) && a.pieces[i].sep == sepHyphen; i++ {
	}
	return i
}

// longestRun is how many pieces are read as one word. A longer run is a file
// name or a joke; of it the pairs are.
const longestRun = 6

func (a *analysis) addRun(from, to int) {
	n := to - from
	if n <= longestRun {
		var all [longestRun]int
		for i := range n {
			all[i] = from + i
		}
		a.addJoin(from, to-1, all[:n]...)
	}
	for i := from; i < to-1 && n > 2; i++ {
		a.addJoin(i, i+1, i, i+1)
	}
}

// addJoin adds the letters of some pieces as one word, which the text between
// the pieces first and last says.
func (a *analysis) addJoin(first, last int, of ...int) {
	lo := len(a.hay)
	for _, i := range of {
		p := a.pieces[i]
		if p.class != letter || len(a.hay)-lo+int(p.hi-p.lo) > longestPiece {
			a.hay = a.hay[:lo]
			return
		}
		a.hay = append(a.hay, a.hay[p.lo:p.hi]...)
	}
	a.joins = append(a.joins, join{lo: int32(lo), hi: int32(len(a.hay)), first: int32(first), last: int32(last)})
	a.hay = append(a.hay, ' ')
}

// farthestEllipsis bounds how many pieces further on the word may stand that
// completes an open hyphen: "Bundes-, Landes- und Kommunalbehörden".
const farthestEllipsis = 8

func (a *analysis) addEllipsis(x int) {
	for y := x + 1; y < len(a.pieces) && y <= x+farthestEllipsis; {
		p, end := a.pieces[y], a.runEnd(y)
		if p.sep == sepBreak || p.sep == sepSentence {
			return
		}
		open := end < len(a.pieces) && a.pieces[end].sep == sepDangling
		if open || p.class != letter || conjunction(p.raw) {
			y = end
			continue
		}
		if end-y > 1 {
			of := []int{x}
			for z := y + 1; z < min(end, y+longestRun); z++ {
				of = append(of, z)
			}
			a.addJoin(x, end-1, of...)
			return
		}
		a.addForm(x, y, "0")
		return
	}
}

// addLeading adds the word that a hyphen before the second of two words left
// out, if the pieces from to to are the first.
func (a *analysis) addLeading(from, to int) {
	y := to + 1
	if y >= len(a.pieces) || a.pieces[y].sep != sepLeading || a.pieces[y].class != letter || to-from > longestRun {
		return
	}
	if to-from == 1 {
		a.addForm(from, y, "00")
		return
	}
	var of []int
	for i := from; i < to-1; i++ {
		of = append(of, i)
	}
	a.addJoin(from, y, append(of, y)...)
}

// addForm adds an ellipsis of two pieces.
func (a *analysis) addForm(x, y int, sign string) {
	px, py := a.pieces[x], a.pieces[y]
	if px.class != letter {
		return
	}
	lo := len(a.hay)
	a.hay = append(a.hay, a.hay[px.lo:px.hi]...)
	a.hay = append(a.hay, sign...)
	a.hay = append(a.hay, a.hay[py.lo:py.hi]...)
	a.joins = append(a.joins, join{lo: int32(lo), hi: int32(len(a.hay)), first: int32(x), last: int32(y), ellipsis: true})
	a.ellipses++
	a.hay = append(a.hay, ' ')
}

// joinsAt gives the joins that begin at piece i.
func (d *Document) joinsAt(i int) []join {
	if len(d.joins) == 0 {
		return nil
	}
	from := sort.Search(len(d.joins), func(n int) bool { return int(d.joins[n].first) >= i })
	to := from
	for to < len(d.joins) && int(d.joins[to].first) == i {
		to++
	}
	return d.joins[from:to]
}

func (d *Document) folded(i int) string { return d.hay[d.pieces[i].lo:d.pieces[i].hi] }
