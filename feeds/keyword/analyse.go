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
	sepLeading  byte = '^'  // "und -modernisierung": the hyphen had its word
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
		case sepSpace, sepPunct, sepSentence, sepDangling, sepLeading:
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
	asIs := true // the text reads as it is written
	for letters := 0; i < len(s); {
		r, w := runeAt(s, i)
		c := class(r)
		if p.class == other {
			p.class = c
		}
		switch {
		case c != other && c != p.class:
			w = 0
		case c != other:
			if len(a.hay)-int(p.lo) < longestPiece {
				a.hay = appendFold(a.hay, r)
			}
			letters++
			p.end = int32(i + w)
			asIs = asIs && s[i] != '&'
		case invisible(r):
			asIs = false
		case unicode.Is(unicode.Mn, r):
			a.hay = appendMark(a.hay, r)
			p.end = int32(i + w)
			asIs = false
		default:
			if p.class == letter && letters >= shortestGendered {
				if n := a.readGender(s, i); n > 0 {
					p.end = int32(i + n)
					asIs = false
				}
			}
			w = 0
		}
		if w == 0 {
			break
		}
		i += w
	}
	p.hi = int32(len(a.hay))
	a.hay = append(a.hay, ' ')
	if p.raw = s[p.start:p.end]; !asIs {
		p.raw = plain(p.raw)
	}
	return p
}

// shortestGendered is how many letters stand before a gender sign at least.
const shortestGendered = 3

// readGender folds the ending of a gender form at s[i:], and gives its width.
func (a *analysis) readGender(s string, i int) int {
	sign, width := genderSuffix(s, i)
	for _, r := range s[i+sign : i+width] {
		if class(r) == letter {
			a.hay = appendFold(a.hay, r)
		}
	}
	return width
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
	g := readGap(s[from:to])
	switch {
	case g.n == 0:
		return sepNone
	case g.lines > 1:
		return sepBreak
	case g.n == 1 && g.hyphens == 1:
		return sepHyphen
	case g.n == 1 && apostrophe(g.first):
		return '\''
	case g.n == 1 && g.first == '&':
		return '&'
	case hyphen(g.first) && g.hyphens == 1 && g.stops == 0:
		// A line break tore the word apart there, or the word is yet to come.
		if g.n > 1+g.spaces || conjunction(s[to:]) {
			return sepDangling
		}
		return sepHyphen
	case g.hyphens == 1 && g.n == 1+g.spaces && hyphen(g.last) && conjunction(a.pieces[len(a.pieces)-1].raw):
		return sepLeading
	case g.stops > 0 && g.spaces > 0 && a.sentenceEnds(s[to:]):
		return sepSentence
	case g.n == g.spaces:
		return sepSpace
	}
	return sepPunct
}

// gap counts what stands between two pieces.
type gap struct {
	first, last                      rune
	n, spaces, lines, hyphens, stops int
}

func readGap(s string) gap {
	var g gap
	for i := 0; i < len(s); {
		r, w := runeAt(s, i)
		i += w
		if invisible(r) {
			continue
		}
		if g.n == 0 {
			g.first = r
		}
		g.n++
		g.last = r
		switch {
		case r == '\n':
			g.lines++
			g.spaces++
		case unicode.IsSpace(r):
			g.spaces++
		case hyphen(r):
			g.hyphens++
		case r == '.' || r == '!' || r == '?' || r == '…':
			g.stops++
		}
	}
	return g
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
