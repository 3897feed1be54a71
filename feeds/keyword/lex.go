package keyword

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// char is a character of a query as a person meant it, and where it was.
type char struct {
	r  rune
	at int
}

// clean undoes what Slack, word processors and phones do to a query: it
// resolves &amp; and its like, unwraps links to what they show, and brings
// quotation marks, dashes and blanks to their plain forms.
func clean(s string) []char {
	out := make([]char, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] == '<' {
			if from, to, end, ok := link(s, i); ok {
				out = appendClean(out, s, from, to)
				i = end
				continue
			}
		}
		_, w := runeAt(s, i)
		out = appendClean(out, s, i, i+w)
		i += w
	}
	return out
}

func appendClean(out []char, s string, from, to int) []char {
	for i := from; i < to; {
		r, w := runeAt(s, i)
		switch {
		case invisible(r):
		case unicode.Is(unicode.Mn, r):
			if n := len(out); n > 0 {
				composed := norm.NFC.String(string(out[n-1].r) + string(r))
				if c, size := utf8.DecodeRuneInString(composed); size == len(composed) {
					out[n-1].r = c
				}
			}
		default:
			out = append(out, char{plainSign(r), i})
		}
		i += w
	}
	return out
}

func plainSign(r rune) rune {
	switch {
	case strings.ContainsRune("„“”‟«»‹›", r):
		return '"'
	case apostrophe(r) || r == '‚':
		return '\''
	case hyphen(r) && r != '_' || r == '—':
		return '-'
	case unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError:
		return ' '
	}
	return r
}

// link recognises Slack's <http://kommune21.de|kommune21.de> at s[i:] and
// gives what it shows.
func link(s string, i int) (from, to, end int, ok bool) {
	n := strings.IndexByte(s[i:], '>')
	if n < 0 {
		return 0, 0, 0, false
	}
	from, to, end = i+1, i+n, i+n+1
	inner := s[from:to]
	if !hasAnyPrefix(inner, "http://", "https://", "mailto:", "@", "#", "!") {
		return 0, 0, 0, false
	}
	if bar := strings.LastIndexByte(inner, '|'); bar >= 0 {
		return from + bar + 1, to, end, true
	}
	for _, scheme := range [...]string{"http://", "https://", "mailto:"} {
		if strings.HasPrefix(inner, scheme) {
			from += len(scheme)
			break
		}
	}
	return from, to, end, true
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokOpen
	tokClose
	tokAnd
	tokOr
	tokNot
	tokNear
	tokField
	tokTerm
)

type token struct {
	kind  tokenKind
	at    int // byte offset in the query
	near  int // of tokNear
	field string
	term  *term
}

type lexer struct {
	query string
	chars []char
	i     int
}

func (l *lexer) peek(ahead int) rune {
	if l.i+ahead < len(l.chars) {
		return l.chars[l.i+ahead].r
	}
	return 0
}

func (l *lexer) at(i int) int {
	if i < len(l.chars) {
		return l.chars[i].at
	}
	return len(l.query)
}

func isWord(r rune) bool { return class(r) != other }

// joins says whether a sign holds two halves of a word together.
func joins(r rune) bool { return strings.ContainsRune("-_./&+'", r) && r != 0 }

// next gives the next token. What is neither a word nor a sign of the
// language is passed over, as a pasted comma is.
func (l *lexer) next() (token, error) {
	for ; l.i < len(l.chars); l.i++ {
		at := l.at(l.i)
		switch r := l.peek(0); {
		case r == '(':
			l.i++
			return token{kind: tokOpen, at: at}, nil
		case r == ')':
			l.i++
			return token{kind: tokClose, at: at}, nil
		case r == '|':
			for l.peek(0) == '|' {
				l.i++
			}
			return token{kind: tokOr, at: at}, nil
		case r == '-' && (isWord(l.peek(1)) || strings.ContainsRune("(\"=*-", l.peek(1)) && l.peek(1) != 0):
			l.i++
			return token{kind: tokNot, at: at}, nil
		case r == '=' && (isWord(l.peek(1)) || l.peek(1) == '"'):
			l.i++
			return l.term(at, true)
		case r == '"' || r == '*' || isWord(r):
			return l.term(at, false)
		}
	}
	return token{kind: tokEnd, at: len(l.query)}, nil
}

func (l *lexer) term(at int, verbatim bool) (token, error) {
	if l.peek(0) == '"' {
		return l.phrase(at, verbatim)
	}
	w, err := l.word()
	if err != nil {
		return token{}, err
	}
	if w.open || w.tail {
		if verbatim {
			return token{}, l.faultVerbatimStar(at)
		}
	} else if !verbatim {
		if t, ok := operator(w.text, at); ok {
			if t.kind == tokNear && (t.near < 1 || t.near > maxNear) {
				return token{}, l.faultNear(at)
			}
			return t, nil
		}
		if t, ok, err := l.fieldToken(w, at); ok || err != nil {
			return t, err
		}
	}
	return token{kind: tokTerm, at: at, term: newTerm([]lexWord{w}, false, verbatim)}, nil
}

// maxNear is the farthest that NEAR may reach, in words.
const maxNear = 100

const defaultNear = 5

var nearSign = regexp.MustCompile(`^(?:NEAR|NAHE)(?:/(\d+))?$`)

func operator(s string, at int) (token, bool) {
	switch s {
	case "AND", "UND":
		return token{kind: tokAnd, at: at}, true
	case "OR", "ODER":
		return token{kind: tokOr, at: at}, true
	case "NOT", "NICHT":
		return token{kind: tokNot, at: at}, true
	}
	m := nearSign.FindStringSubmatch(s)
	if m == nil {
		return token{}, false
	}
	n := defaultNear
	if m[1] != "" {
		var err error
		if n, err = strconv.Atoi(m[1]); err != nil {
			n = maxNear + 1
		}
	}
	return token{kind: tokNear, at: at, near: n}, true
}

// fieldToken reads the colon behind a word that names a field. A colon with a
// blank behind it is punctuation, unless the word is a field.
func (l *lexer) fieldToken(w lexWord, at int) (token, bool, error) {
	if l.peek(0) != ':' || strings.IndexFunc(w.text, func(r rune) bool { return class(r) != letter }) >= 0 {
		return token{}, false, nil
	}
	if l.peek(1) == '/' && l.peek(2) == '/' {
		l.i += 3
		t, err := l.next() // the address says it without its scheme
		return t, true, err
	}
	name, known := queryFields[strings.ToLower(w.text)]
	switch {
	case known:
		l.i++
		return token{kind: tokField, at: at, field: name}, true, nil
	case l.peek(1) == 0 || l.peek(1) == ' ':
		return token{}, false, nil
	}
	return token{}, false, l.faultField(at, w.text)
}

// lexWord is a word as the query has it.
type lexWord struct {
	text       string // without stars
	open, tail bool
}

const shortestStar = 3

func (l *lexer) word() (lexWord, error) {
	start := l.i
	var w lexWord
	for l.peek(0) == '*' {
		w.tail = true
		l.i++
	}
	var b strings.Builder
	letters := 0
	for {
		r := l.peek(0)
		if isWord(r) {
			b.WriteRune(r)
			letters++
			l.i++
			continue
		}
		if n := l.genderSign(b.String()); n > 0 {
			l.i += n
			continue
		}
		if !joins(r) || !isWord(l.peek(1)) || letters == 0 {
			break
		}
		if r == '_' {
			r = '-'
		}
		b.WriteRune(r)
		l.i++
	}
	w.text = b.String()
	for l.peek(0) == '*' {
		w.open = true
		l.i++
	}
	switch {
	case letters == 0, w.open && isWord(l.peek(0)):
		return w, l.faultStar(l.at(start))
	case (w.open || w.tail) && letters < shortestStar:
		return w, l.faultShortStar(l.at(start), w.text)
	}
	return w, nil
}

// genderSign gives the width of the sign in "Bürger:innen" behind the word so
// far, 0 if there is none here.
func (l *lexer) genderSign(sofar string) int {
	run := strings.LastIndexFunc(sofar, func(r rune) bool { return class(r) != letter })
	if utf8.RuneCountInString(sofar[run+1:]) < 3 || isWord(l.peek(0)) {
		return 0
	}
	var b strings.Builder
	for n := 0; n < 8 && l.i+n < len(l.chars); n++ {
		b.WriteRune(l.peek(n))
	}
	sign, width := genderSuffix(b.String(), 0)
	if width == 0 || strings.HasPrefix(b.String(), "(") {
		return 0
	}
	return utf8.RuneCountInString(b.String()[:sign])
}

// maxPhrase is how many words a phrase may have.
const maxPhrase = 40

func (l *lexer) phrase(at int, verbatim bool) (token, error) {
	opening := l.at(l.i)
	l.i++
	var words []lexWord
	for {
		switch r := l.peek(0); {
		case l.i >= len(l.chars):
			return token{}, l.faultQuote(opening)
		case r == '"':
			l.i++
			if len(words) == 0 {
				return token{}, l.faultEmptyPhrase(opening)
			}
			return token{kind: tokTerm, at: at, term: newTerm(words, true, verbatim)}, nil
		case isWord(r) || r == '*' && (isWord(l.peek(1)) || l.peek(1) == '*'):
			start := l.at(l.i)
			w, err := l.word()
			if err != nil {
				return token{}, err
			}
			if verbatim && (w.open || w.tail) {
				return token{}, l.faultVerbatimStar(start)
			}
			if words = append(words, w); len(words) > maxPhrase {
				return token{}, l.faultPhrase(start)
			}
		default:
			l.i++
		}
	}
}
