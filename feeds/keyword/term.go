package keyword

import (
	"slices"
	"strings"
)

// possible is the quick no: false means that no form of the document matches.
func (t *term) possible(d *Document) bool {
	if d.ellipses > 0 && t.single() {
		return true
	}
	for _, list := range t.literals {
		found := false
		for i := range list {
			if list[i].in(d) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (t *term) single() bool {
	return len(t.words) == 1 && len(t.words[0].parts) == 1 && !t.verbatim
}

// mask is a set of fields.
type mask uint8

const everywhere mask = 1<<inTitle | 1<<inText | 1<<inKeywords

// find reports the pieces of every place where the term stands, until yield
// says to stop. A place may be reported more than once.
func (t *term) find(d *Document, m mask, yield func(first, last int) bool) bool {
	if !t.possible(d) {
		return true
	}
	for i := range t.starts {
		if len(t.starts) > 1 && !t.starts[i].in(d) {
			continue
		}
		for from := 0; ; {
			n := strings.Index(d.hay[from:], t.starts[i].s)
			if n < 0 {
				break
			}
			first := d.firstAt(int32(from + n))
			from += n + 1
			if m&(1<<d.pieces[first].field) == 0 {
				continue
			}
			if last := t.at(d, first); last >= 0 {
				if !yield(first, last) {
					return false
				}
			}
		}
	}
	if d.ellipses > 0 && t.single() {
		return t.findEllipses(d, m, yield)
	}
	return true
}

func (t *term) findEllipses(d *Document, m mask, yield func(first, last int) bool) bool {
	p := &t.words[0].parts[0]
	for _, j := range d.joins {
		if j.ellipsis && m&(1<<d.pieces[j.first].field) != 0 && p.completes(d.hay[j.lo:j.hi]) {
			if !yield(int(j.first), int(j.last)) {
				return false
			}
		}
	}
	return true
}

// at gives the last piece of the term if it begins at piece i, or -1.
func (t *term) at(d *Document, i int) int {
	if t.verbatim {
		return t.verbatimAt(d, i)
	}
	if t.whole != nil {
		if last := wholeAt(t.whole, d, i); last >= 0 {
			return last
		}
	}
	return t.wordsAt(d, i)
}

// wordsAt matches the words one after the other, from piece i on. A word may
// end at several pieces ("E" and "E-Government"), so it follows all of them.
func (t *term) wordsAt(d *Document, i int) int {
	var now, next [mostEnds]int
	from := append(now[:0], i)
	for w := range t.words {
		ends := next[:0]
		for _, i := range from {
			if w == 0 || i < len(d.pieces) && d.pieces[i].sep != sepBreak && d.pieces[i].sep != sepSentence {
				ends = t.words[w].ends(ends, d, i)
			}
		}
		if len(ends) == 0 {
			return -1
		}
		from, now, next = append(now[:0], ends...), next, now
	}
	return from[0] - 1
}

// mostEnds bounds how many pieces a word of a phrase may end at.
const mostEnds = 8

// ends appends where the next word begins if this one begins at piece i.
func (w *word) ends(ends []int, d *Document, i int) []int {
	add := func(last int) {
		if last >= 0 && len(ends) < mostEnds && !slices.Contains(ends, last+1) {
			ends = append(ends, last+1)
		}
	}
	add(partsAt(w, d, i))
	one := w.joined
	if one == nil {
		if len(w.parts) > 1 {
			return ends
		}
		one = &w.parts[0]
	} else if d.pieces[i].class == letter && one.matches(d.pieces[i].raw, d.folded(i)) {
		add(i)
	}
	for _, j := range d.joinsAt(i) {
		if one.joins(d, j) {
			add(int(j.last))
		}
	}
	return ends
}

// wholeAt matches one compiled word at piece i, alone or joined to the next.
func wholeAt(p *part, d *Document, i int) int {
	if p.matches(d.pieces[i].raw, d.folded(i)) {
		return i
	}
	return joinAt(p, d, i)
}

// joinAt matches one compiled word with a joined form that begins at piece i.
func joinAt(p *part, d *Document, i int) int {
	for _, j := range d.joinsAt(i) {
		if p.joins(d, j) {
			return int(j.last)
		}
	}
	return -1
}

// joins says whether the word is a joined form. An acronym's capitals are
// those of the pieces.
func (p *part) joins(d *Document, j join) bool {
	switch form := d.hay[j.lo:j.hi]; {
	case j.ellipsis:
		return false
	case p.acronym:
		return form == p.fold && acronymJoin(p.raw, d, j)
	default:
		return p.matchesFolded(form)
	}
}

func acronymJoin(k string, d *Document, j join) bool {
	for i := j.first; i <= j.last; i++ {
		var ok bool
		if k, ok = strings.CutPrefix(k, d.pieces[i].raw); !ok {
			return false
		}
	}
	return k == ""
}

// partsAt matches the parts of a word one after the other.
func partsAt(w *word, d *Document, i int) int {
	if i+len(w.parts) > len(d.pieces) {
		return -1
	}
	for k := range w.parts {
		p := &d.pieces[i+k]
		if k > 0 && !allowed(w.seps[k-1], p.sep) {
			return -1
		}
		if p.class != w.parts[k].class || !w.parts[k].matches(p.raw, d.folded(i+k)) || w.parts[k].denies(p, d.folded(i+k)) {
			return -1
		}
	}
	return i + len(w.parts) - 1
}

// allowed says whether a text may have got between two parts that the query
// has want between. Hyphens, blanks and nothing stand for each other.
func allowed(want, got byte) bool {
	switch want {
	case sepNone, sepHyphen, sepSpace:
		return got == sepNone || got == sepHyphen || got == sepSpace
	}
	return got == want
}

// verbatimAt matches letter by letter, at the borders of words.
func (t *term) verbatimAt(d *Document, i int) int {
	if d.pieces[i].sep == sepNone {
		return -1
	}
	for k := range t.words {
		w := &t.words[k]
		for n := range w.parts {
			if i == len(d.pieces) || d.pieces[i].raw != w.parts[n].raw {
				return -1
			}
			got := d.pieces[i].sep
			if n > 0 && got != w.seps[n-1] || n == 0 && k > 0 && got != sepSpace && got != sepPunct {
				return -1
			}
			i++
		}
	}
	if i < len(d.pieces) && d.pieces[i].sep == sepNone {
		return -1
	}
	return i - 1
}
