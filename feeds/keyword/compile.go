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
