package keyword

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is a run of letters or a run of digits of a query word, compiled.
type part struct {
	raw, fold string
	class     uint8
	acronym   bool // case counts
	orAcronym bool // a short word in lower case: its capitals are meant as well
	titled    bool // an acronym that the press may write as a name: Kritis
	noun      bool // written with a capital, as German nouns are
	edge      bool // may stand at the edge of a compound
	open      bool // digital*
	tail      bool // *register
	bases     []base
	needles   []string // every form of the part that a text can have holds one of them
}

// word is a query word: its parts one after the other, or all as one.
type word struct {
	parts  []part
	seps   []byte // between the parts
	joined *part  // nil when there is nothing to join
}

// An acronym has two capitals or more, and no fewer than it has small
// letters: OZG, EfA, BMWi. Written in seven capitals or more, a word is
// merely loud.
const longestAcronym, shortestName, longestMixed = 6, 6, 12

func acronym(raw string) bool {
	var upper, lower int
	for _, r := range raw {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper >= 2 && upper >= lower && upper+lower <= longestMixed && (lower > 0 || upper <= longestAcronym)
}

func lowerCase(raw string) bool {
	return strings.IndexFunc(raw, func(r rune) bool { return !unicode.IsLower(r) }) < 0
}

type partOptions struct {
	inner      bool // another part or word of the same term follows
	open, tail bool
}

func newPart(raw string, c uint8, o partOptions) part {
	p := part{raw: raw, fold: fold(raw), class: c, open: o.open, tail: o.tail}
	if len(p.fold) > longestPiece {
		p.fold = p.fold[:longestPiece]
		for !utf8.ValidString(p.fold) {
			p.fold = p.fold[:len(p.fold)-1]
		}
	}
	p.acronym = c == letter && acronym(raw)
	letters := utf8.RuneCountInString(raw)
	switch {
	case p.open || p.tail:
		if !p.open && c == letter && !p.acronym {
			p.bases = suffixBases(p.fold)
		}
	case c == digit || p.acronym:
		p.titled = p.acronym && letters >= shortestName
	case letters <= 2:
		p.orAcronym = lowerCase(raw)
		p.bases = []base{{stem: p.fold, ends: endNone | endS}}
	default:
		lower := lowerCase(raw)
		p.orAcronym = lower && letters < shortestEdge
		p.noun = !lower && !o.inner && !adjectival(p.fold)
		p.edge = letters >= shortestEdge || p.noun && letters >= shortestNoun
		p.bases = inflections(p.fold, lower || o.inner || adjectival(p.fold))
	}
	p.needles = p.makeNeedles()
	return p
}

// suffixBases gives the forms in which a text may have the word of "*register".
func suffixBases(k string) []base {
	bases := inflections(k, false)
	for i := range bases {
		bases[i].left = false
	}
	return bases
}

// shortestNeedle is how much the forms of a word must have in common to be
// looked for by that.
const shortestNeedle = 4

func (p *part) makeNeedles() []string {
	if len(p.bases) == 0 {
		return []string{p.fold}
	}
	var needles []string
	for _, b := range p.bases {
		covered := false
		for i, n := range needles {
			if c := common(n, b.stem); len(c) >= min(shortestNeedle, len(n), len(b.stem)) {
				needles[i], covered = c, true
				break
			}
		}
		if !covered {
			needles = append(needles, b.stem)
		}
	}
	return needles
}

func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// matches says whether a piece of a text is this part.
func (p *part) matches(raw, folded string) bool {
	if p.open || p.tail {
		if p.acronym && !caseOccurs(p.raw, raw, p.open, p.tail) {
			return false
		}
		return p.matchesFolded(folded)
	}
	if p.acronym {
		return acronymIn(p.raw, raw) || p.titled && folded == p.fold && titleCase(raw)
	}
	return p.matchesFolded(folded) || p.orAcronym && acronymIn(strings.ToUpper(p.raw), raw)
}

// denies says that a word of running text, for all its letters, is not this
// noun: it begins small, as inflected nouns and compounds with a noun at the
// end never do, nor nouns in -n, which are verbs then. So Steuer is not in
// "steuern", nor Recht in "senkrecht", nor Kosten in "kosten".
func (p *part) denies(t *piece, folded string) bool {
	if !p.noun || t.field != inTitle && t.field != inText || t.sep == sepHyphen || t.sep == sepNone {
		return false
	}
	first, _ := utf8.DecodeRuneInString(t.raw)
	asItIs := folded == p.fold && !hasAnySuffix(p.fold, "en", "ern", "eln") || folded == p.fold+"s"
	return unicode.IsLower(first) && !asItIs && !p.opens(folded)
}

// opens says whether the word begins a compound.
func (p *part) opens(t string) bool {
	for i := range p.bases {
		b := &p.bases[i]
		if rest, ok := strings.CutPrefix(t, b.stem); ok && p.edge && b.opens(rest) {
			return true
		}
	}
	return false
}

// opens says whether the stem and rest make a compound.
func (b *base) opens(rest string) bool {
	return b.left && len(rest) >= 3 && (!b.short || len(rest) > 3 && !vowel(rest[0])) && tail(rest, b.links)
}

func titleCase(raw string) bool {
	_, w := utf8.DecodeRuneInString(raw)
	return lowerCase(raw[w:])
}

func caseOccurs(k, raw string, open, tail bool) bool {
	switch {
	case open && tail:
		return strings.Contains(raw, k)
	case open:
		return strings.HasPrefix(raw, k)
	}
	return strings.HasSuffix(raw, k)
}

// matchesFolded says the same of a folded word of which the case is not
// known. It holds whenever matches does, but for an acronym inside a word.
func (p *part) matchesFolded(t string) bool {
	switch {
	case p.open && p.tail:
		return strings.Contains(t, p.fold)
	case p.open:
		return strings.HasPrefix(t, p.fold)
	case p.tail && len(p.bases) == 0:
		return strings.HasSuffix(t, p.fold)
	case len(p.bases) == 0:
		return t == p.fold
	}
	for i := range p.bases {
		if p.base(&p.bases[i], t) {
			return true
		}
	}
	return false
}

func (p *part) base(b *base, t string) bool {
	if rest, ok := strings.CutPrefix(t, b.stem); ok {
		if endingOf(rest)&b.ends != 0 {
			return true
		}
		if p.edge && b.opens(rest) {
			return true
		}
	}
	if !p.edge && !p.tail || b.alone {
		return false
	}
	for from := 1; from < len(t); {
		i := strings.Index(t[from:], b.stem)
		if i < 0 {
			return false
		}
		at := from + i
		if endingOf(t[at+len(b.stem):])&b.ends != 0 && (p.tail || head(t[:at], p.fold)) {
			return true
		}
		from = at + 1
	}
	return false
}

// completes says whether an ellipsis stands for this word: for "x0y" x begins
// the word and the rest of it ends y, as in "Bundes- und Landesbehörden"; for
// "x00y" the word begins as x does and ends in y, as in "Onlinedienste und
// -portale".
func (p *part) completes(form string) bool {
	x, y, ok := strings.Cut(form, "0")
	if !ok || !p.edge || len(x) < 3 {
		return false
	}
	y, leading := strings.CutPrefix(y, "0")
	for i := range p.bases {
		b := &p.bases[i]
		if leading && b.completesLeading(x, y) || !leading && b.completesOpen(x, y) {
			return true
		}
	}
	return false
}

func (b *base) completesOpen(x, y string) bool {
	last, ok := strings.CutPrefix(b.stem, x)
	if !ok || len(last) < 3 {
		return false
	}
	at := strings.LastIndex(y, last)
	return at >= 3 && endingOf(y[at+len(last):])&b.ends != 0
}

func (b *base) completesLeading(x, y string) bool {
	for i := 4; i+3 <= len(b.stem) && i+3 <= len(x); i++ {
		if x[i-1] != b.stem[i-1] || !strings.HasPrefix(x, b.stem[:i]) {
			break
		}
		if rest, ok := strings.CutPrefix(y, b.stem[i:]); ok && endingOf(rest)&b.ends != 0 {
			return true
		}
	}
	return false
}

// acronymIn says whether raw is the acronym, or begins or ends with it where
// its capitals do: OZGs, OZGÄndG, LandesIT; not KIT or SKI for KI.
func acronymIn(k, raw string) bool {
	if k == raw || utf8.RuneCountInString(k) < 2 {
		return k == raw
	}
	if rest, ok := strings.CutPrefix(raw, k); ok {
		if rest == "s" {
			return true
		}
		r, w := utf8.DecodeRuneInString(rest)
		next, _ := utf8.DecodeRuneInString(rest[w:])
		if unicode.IsUpper(r) && unicode.IsLower(next) {
			return true
		}
	}
	rest, ok := strings.CutSuffix(raw, k)
	if !ok {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(rest)
	first, _ := utf8.DecodeRuneInString(k)
	return len(rest) >= 3 && unicode.IsLower(last) && unicode.IsUpper(first)
}

// appendAcronyms appends, folded, every acronym other than raw itself that
// acronymIn finds in raw.
func appendAcronyms(tokens []string, raw string) []string {
	add := func(s string) {
		if utf8.RuneCountInString(s) > 1 && (acronym(s) || strings.ToUpper(s) == s && len(s) <= longestMixed) {
			tokens = append(tokens, fold(s))
		}
	}
	var at rune // the character before i
	for i, r := range raw {
		switch {
		case unicode.IsLower(r) && unicode.IsUpper(at):
			add(raw[:i-utf8.RuneLen(at)]) // its last capital begins a word
		case unicode.IsUpper(r) && unicode.IsLower(at):
			add(raw[i:])
		}
		at = r
	}
	if short, ok := strings.CutSuffix(raw, "s"); ok {
		add(short)
	}
	return tokens
}
