package keyword

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is what a query looks at. All fields are plain text, no markup.
type Text struct {
	Title    string
	Text     string
	Source   string
	Keywords []string
}

// A field of Text, in the order in which hits are reported.
type field uint8

const (
	inTitle field = iota
	inText
	inKeywords
	inSource
)

var fieldNames = [...]string{inTitle: "title", inText: "text", inKeywords: "keywords", inSource: "source"}

// What stands between two pieces. The characters . / & + ' stand for themselves.
const (
	sepNone     byte = 0   // nothing: letters turn into digits or back
	sepHyphen   byte = '-' // a hyphen, also one that a line break tore off
	sepSpace    byte = ' '
	sepPunct    byte = ',' // any other punctuation
	sepSentence byte = '!'
	sepBreak    byte = '\n' // a paragraph, a keyword, a field
	sepDangling byte = '~'  // "Landes- und": the hyphen waits for its word
)

// piece is a run of letters or a run of digits.
type piece struct {
	raw        string // as it reads, case kept
	lo, hi     int32  // its folded form in Document.hay
	start, end int32  // bytes of its field
	word       int32  // counts words; a break counts as farWords
	entry      int32  // of which keyword
	field      field
	sep        byte // what stands before it
	class      uint8
}

// farWords is more words than any NEAR can ask for.
const farWords = 1000

// longestPiece bounds a folded piece in bytes. What is longer is no word, and
// full-text indexes refuse it; the rest of it is not looked at.
const longestPiece = 96

// Document is an analysed Text: analyse once, match many queries. It is
// immutable and safe for concurrent use.
type Document struct {
	text      Text
	pieces    []piece
	joins     []join
	hay       string // all folded forms, each followed by a blank: pieces, then joins
	grams     grams  // of hay
	ellipses  int    // how many of the joins are
	pieceHigh int32  // where in hay the joins begin
}

type analysis struct {
	Document
	hay  []byte
	word int32
}

// Analyse prepares a text for matching.
func Analyse(t Text) *Document {
	size := len(t.Title) + len(t.Text) + len(t.Source)
	for _, k := range t.Keywords {
		size += len(k)
	}
	a := analysis{hay: make([]byte, 0, size+size/4+32)}
	a.text = t
	a.pieces = make([]piece, 0, size/6+8)
	a.scan(inTitle, 0, t.Title)
	a.scan(inText, 0, t.Text)
	for i, k := range t.Keywords {
		a.scan(inKeywords, int32(i), k)
	}
	a.scan(inSource, 0, t.Source)
	a.pieceHigh = int32(len(a.hay))
	a.addJoins()
	a.Document.hay = string(a.hay)
	a.grams = newGrams(a.hay)
	d := a.Document
	return &d
}

func (a *analysis) scan(f field, entry int32, s string) {
	end := -1
	for i := 0; i < len(s); {
		r, w := runeAt(s, i)
		if class(r) == other {
			i += w
			continue
		}
		sep := sepBreak
		if end >= 0 {
			sep = a.separator(s, end, i)
		}
		p := a.readPiece(s, i)
		switch sep {
		case sepBreak:
			a.word += farWords
		case sepSpace, sepPunct, sepSentence, sepDangling:
			a.word++
		}
		p.field, p.entry, p.sep, p.word = f, entry, sep, a.word
		a.pieces = append(a.pieces, p)
		i, end = int(p.end), int(p.end)
	}
}

// readPiece reads the run of letters or digits that begins at s[i].
func (a *analysis) readPiece(s string, i int) piece {
	p := piece{start: int32(i), lo: int32(len(a.hay))}
	asIs := true
	letters, j := 0, i
	for j < len(s) {
		r, w := runeAt(s, j)
		if c := class(r); c != other {
			if p.class == other {
				p.class = c
			}
			if c != p.class {
				break
			}
			if len(a.hay)-int(p.lo) < longestPiece {
				a.hay = appendFold(a.hay, r)
			}
			if w > utf8.UTFMax || s[j] == '&' {
				asIs = false
			}
			letters++
			j += w
			p.end = int32(j)
			continue
		}
		if invisible(r) {
			asIs = false
			j += w
			continue
		}
		if unicode.Is(unicode.Mn, r) {
			a.hay = appendMark(a.hay, r)
			asIs = false
			j += w
			p.end = int32(j)
			continue
		}
		suffix, n := 0, 0
		if p.class == letter && letters >= 3 {
			suffix, n = genderSuffix(s, j)
		}
		if n == 0 {
			break
		}
		for _, c := range s[j+suffix : j+n] {
			if class(c) == letter {
				a.hay = appendFold(a.hay, c)
			}
		}
		asIs = false
		j += n
		p.end = int32(j)
		break
	}
	p.hi = int32(len(a.hay))
	a.hay = append(a.hay, ' ')
	if p.raw = s[p.start:p.end]; !asIs {
		p.raw = plain(p.raw)
	}
	return p
}

// genderSuffix recognises ":innen", "*in", "_innen", "/-innen", "(innen)" and
// their like at s[i:]. It gives the width of the sign and of the whole.
func genderSuffix(s string, i int) (sign, width int) {
	rest := s[i:]
	for _, sg := range [...]string{"/-", ":", "*", "_", "/", "·", "("} {
		after, ok := strings.CutPrefix(rest, sg)
		if !ok {
			continue
		}
		for _, ending := range [...]string{"innen", "in"} {
			tail, ok := strings.CutPrefix(after, ending)
			if !ok {
				continue
			}
			width = len(sg) + len(ending)
			if sg == "(" {
				if !strings.HasPrefix(tail, ")") {
					return 0, 0
				}
				return len(sg), width + 1
			}
			if r, _ := utf8.DecodeRuneInString(tail); class(r) != other {
				return 0, 0
			}
			return len(sg), width
		}
		return 0, 0
	}
	return 0, 0
}

// separator classifies what stands in s[from:to], between two pieces.
func (a *analysis) separator(s string, from, to int) byte {
	switch to - from {
	case 0:
		return sepNone
	case 1:
		switch c := s[from]; c {
		case ' ', '\n', '\t':
			return sepSpace
		case '-', '_':
			return sepHyphen
		case '.', '/', '&', '+', '\'':
			return c
		default:
			return sepPunct
		}
	}
	var seen struct{ hyphens, spaces, lines, stops, others int }
	var first rune
	n := 0
	for i := from; i < to; {
		r, w := runeAt(s, i)
		i += w
		if invisible(r) {
			continue
		}
		if n == 0 {
			first = r
		}
		n++
		switch {
		case r == '\n':
			seen.lines++
			seen.spaces++
		case unicode.IsSpace(r):
			seen.spaces++
		case hyphen(r):
			seen.hyphens++
		case r == '.' || r == '!' || r == '?' || r == '…':
			seen.stops++
		default:
			seen.others++
		}
	}
	switch {
	case n == 0:
		return sepNone
	case seen.lines > 1:
		return sepBreak
	case n == 1 && seen.hyphens == 1:
		return sepHyphen
	case n == 1 && apostrophe(first):
		return '\''
	case n == 1 && first == '&':
		return '&'
	case hyphen(first) && seen.hyphens == 1 && n > 1 && seen.stops == 0:
		if seen.others > 0 || conjunction(s[to:]) {
			return sepDangling
		}
		return sepHyphen
	case seen.stops > 0 && seen.spaces > 0 && a.sentenceEnds(s[to:]):
		return sepSentence
	case n == seen.spaces:
		return sepSpace
	}
	return sepPunct
}

// sentenceEnds says whether a full stop before next ends a sentence rather
// than an abbreviation or an ordinal.
func (a *analysis) sentenceEnds(next string) bool {
	r, _ := utf8.DecodeRuneInString(next)
	last := a.pieces[len(a.pieces)-1]
	return !unicode.IsLower(r) && last.class == letter && last.hi-last.lo > 3
}

// firstAt gives the first piece of the form that stands at a place of hay.
func (d *Document) firstAt(pos int32) int {
	if pos < d.pieceHigh {
		return sort.Search(len(d.pieces), func(i int) bool { return d.pieces[i].hi > pos })
	}
	i := sort.Search(len(d.joins), func(i int) bool { return d.joins[i].hi > pos })
	return int(d.joins[i].first)
}

// Tokens gives the distinct index tokens of the document, in no particular
// order: non-empty, lower case, only letters and digits. They are what a
// full-text index stores so that Needs can find candidates.
func (d *Document) Tokens() []string {
	tokens := strings.Fields(d.hay)
	for _, p := range d.pieces {
		if p.class == letter {
			tokens = appendAcronyms(tokens, p.raw)
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}
