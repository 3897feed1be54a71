package keyword

import (
	"slices"
	"strings"
	"unicode"
)

// term is what a query looks for at one place: a word, or a phrase.
type term struct {
	text     string // as the query has it, in canonical form
	source   []lexWord
	phrase   bool
	verbatim bool
	words    []word
	whole    *part       // a phrase written as one word: OpenSource
	literals [][]literal // of each list a matching document holds one
	starts   []literal   // a match begins at a form that holds one of these
}

func newTerm(source []lexWord, phrase, verbatim bool) *term {
	t := &term{source: source, phrase: phrase, verbatim: verbatim}
	var b strings.Builder
	if verbatim {
		b.WriteByte('=')
	}
	if phrase {
		b.WriteByte('"')
	}
	for i, w := range source {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.String())
		if verbatim {
			t.words = append(t.words, newVerbatim(w))
		} else {
			t.words = append(t.words, newWord(w, i < len(source)-1))
		}
	}
	if phrase {
		b.WriteByte('"')
	}
	t.text = b.String()
	t.whole = t.wholeWord()
	t.addLiterals()
	return t
}

func (w lexWord) String() string {
	s := w.text
	if w.tail {
		s = "*" + s
	}
	if w.open {
		s += "*"
	}
	return s
}

// wholeWord gives the word that the words of a phrase make without blanks.
func (t *term) wholeWord() *part {
	if len(t.words) < 2 || t.verbatim {
		return nil
	}
	raw := ""
	for i := range t.words {
		for j := range t.words[i].parts {
			p := &t.words[i].parts[j]
			if p.class != letter || p.open || p.tail {
				return nil
			}
			raw += p.raw
		}
	}
	p := newPart(strings.ToLower(raw), letter, partOptions{})
	return &p
}

func newWord(w lexWord, inner bool) word {
	raws, seps, classes := split(w.text, camel)
	var out word
	for i, raw := range raws {
		last := i == len(raws)-1
		out.parts = append(out.parts, newPart(raw, classes[i], partOptions{
			inner: inner || !last,
			open:  w.open && last,
			tail:  w.tail && i == 0,
		}))
	}
	out.seps = seps
	if len(raws) == 1 {
		return out
	}
	for i, c := range classes {
		if c != letter || i > 0 && seps[i-1] != sepHyphen && seps[i-1] != sepNone {
			return out
		}
	}
	p := newPart(strings.ToLower(strings.Join(raws, "")), letter, partOptions{inner: inner, open: w.open, tail: w.tail})
	p.orAcronym = false
	out.joined = &p
	return out
}

// newVerbatim compiles a word that is looked for letter by letter.
func newVerbatim(w lexWord) word {
	raws, seps, classes := split(w.text, func(raw string) []string { return []string{raw} })
	out := word{seps: seps}
	for i, raw := range raws {
		p := newPart(raw, classes[i], partOptions{})
		p.bases, p.needles = nil, []string{p.fold}
		out.parts = append(out.parts, p)
	}
	return out
}

// split takes a query word apart where a text's words are taken apart, and
// each run of it once more with further. seps[i] stands between the parts i
// and i+1.
func split(s string, further func(string) []string) (raws []string, seps []byte, classes []uint8) {
	from, last := -1, other
	flush := func(to int) {
		if from < 0 {
			return
		}
		raw := s[from:to]
		for i, piece := range further(raw) {
			if i > 0 {
				seps = append(seps, sepNone)
			}
			raws, classes = append(raws, piece), append(classes, last)
		}
		from = -1
	}
	for i, r := range s {
		c := class(r)
		if c == last && c != other {
			continue
		}
		flush(i)
		switch {
		case c == other:
			seps = append(seps, byte(r))
		case last != other:
			seps = append(seps, sepNone)
		}
		if c != other {
			from = i
		}
		last = c
	}
	flush(len(s))
	return raws, seps, classes
}

// camel takes a word apart before every capital that follows a small letter,
// unless the word is an acronym.
func camel(raw string) []string {
	if acronym(raw) {
		return []string{raw}
	}
	var pieces []string
	from, small := 0, false
	for i, r := range raw {
		upper := unicode.IsUpper(r)
		if upper && small {
			pieces = append(pieces, raw[from:i])
			from = i
		}
		small = !upper
	}
	return append(pieces, raw[from:])
}

// addLiterals finds what a document must hold, for a quick no.
func (t *term) addLiterals() {
	for i := range t.words {
		w := &t.words[i]
		t.literals = append(t.literals, t.literalsOf(w, w.anchor()))
	}
	t.starts = t.literalsOf(&t.words[0], &t.words[0].parts[0])
}

// literalsOf gives the literals of which a text has one where it has the word,
// by the given part, joined, or within the phrase written as one.
func (t *term) literalsOf(w *word, p *part) []literal {
	list := slices.Clone(p.needles)
	if w.joined != nil {
		list = append(list, w.joined.needles...)
	}
	if t.whole != nil {
		list = append(list, t.whole.needles...)
	}
	return literals(minimal(list))
}

// anchor gives the longest part, which is the rarest as a rule.
func (w *word) anchor() *part {
	longest := &w.parts[0]
	for i := range w.parts {
		if len(w.parts[i].fold) > len(longest.fold) {
			longest = &w.parts[i]
		}
	}
	return longest
}

// minimal drops every string that contains another one of the list.
func minimal(list []string) []string {
	var out []string
	for i, s := range list {
		kept := true
		for j, x := range list {
			if i != j && strings.Contains(s, x) && (len(x) < len(s) || j < i) {
				kept = false
				break
			}
		}
		if kept {
			out = append(out, s)
		}
	}
	return out
}

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
	for _, j := range d.joins {
		if int(j.first) == i && one.joins(d, j) {
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
	for _, j := range d.joins {
		if int(j.first) == i && p.joins(d, j) {
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
		if p.class != w.parts[k].class || !w.parts[k].matches(p.raw, d.folded(i+k)) {
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
