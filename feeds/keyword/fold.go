package keyword

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Classes of characters. A run of one class is a piece of a word.
const (
	other uint8 = iota
	letter
	digit
)

var asciiClass = func() (table [utf8.RuneSelf]uint8) {
	for r := range rune(utf8.RuneSelf) {
		switch {
		case '0' <= r && r <= '9':
			table[r] = digit
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			table[r] = letter
		}
	}
	return table
}()

func class(r rune) uint8 {
	switch {
	case r < utf8.RuneSelf:
		return asciiClass[r]
	case unicode.IsLetter(r):
		return letter
	case unicode.IsDigit(r):
		return digit
	}
	return other
}

// The letters from U+00C0 to U+017F, folded. German spells its umlauts in two
// letters where it has no keys for them, so that is their canonical form; all
// other accents fall.
const foldFirst, foldLast = 0xC0, 0x17F

var latinFold = func() (table [foldLast - foldFirst + 1]string) {
	spelled := map[rune]string{
		'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'æ': "ae", 'ø': "oe", 'œ': "oe",
		'ð': "d", 'þ': "th", 'đ': "d", 'ħ': "h", 'ł': "l", 'ŧ': "t", 'ı': "i", 'ĸ': "k", 'ŋ': "n",
	}
	for r := rune(foldFirst); r <= foldLast; r++ {
		low := unicode.ToLower(r)
		base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(low)))
		switch s, ok := spelled[low]; {
		case ok:
			table[r-foldFirst] = s
		case base < utf8.RuneSelf:
			table[r-foldFirst] = string(base)
		default:
			table[r-foldFirst] = string(low)
		}
	}
	return table
}()

// appendFold appends the folded form of a letter or digit: lower case, umlauts
// and ß spelled out, accents dropped.
func appendFold(dst []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(dst, byte(r))
	case r <= foldLast && r >= foldFirst:
		return append(dst, latinFold[r-foldFirst]...)
	case r == 'ẞ':
		return append(dst, "ss"...)
	}
	low := unicode.ToLower(r)
	letters := dst
	for _, c := range norm.NFD.String(string(low)) {
		if class(c) != other {
			letters = utf8.AppendRune(letters, c)
		}
	}
	if len(letters) > len(dst) {
		return letters
	}
	return utf8.AppendRune(dst, low)
}

// appendMark folds a combining mark onto what was folded before it. Only the
// two dots over a, o and u mean something: some systems store umlauts so.
func appendMark(dst []byte, mark rune) []byte {
	const diaeresis = 0x308
	if n := len(dst); mark == diaeresis && n > 0 && strings.IndexByte("aou", dst[n-1]) >= 0 {
		return append(dst, 'e')
	}
	return dst
}

// fold gives the folded form of a word. What is no letter or digit falls.
func fold(s string) string {
	dst := make([]byte, 0, len(s)+4)
	for _, r := range s {
		if class(r) != other {
			dst = appendFold(dst, r)
		} else {
			dst = appendMark(dst, r)
		}
	}
	return string(dst)
}

// invisible says whether typesetting put this character in: soft hyphen, zero
// width space and joiners, word joiner, byte order mark.
func invisible(r rune) bool {
	return r == 0xAD || 0x200B <= r && r <= 0x200D || r == 0x2060 || r == 0xFEFF
}

// hyphen says whether this character joins words: the hyphens, the en dash
// and the minus sign, which keyboards and editors put in a hyphen's place.
func hyphen(r rune) bool {
	return r == '-' || r == '_' || 0x2010 <= r && r <= 0x2013 || r == 0x2212
}

func apostrophe(r rune) bool { return r == '\'' || r == '‘' || r == '’' || r == 'ʼ' }

// runeAt decodes the character at s[i:], or the one that an HTML reference
// there stands for, and its width in bytes.
func runeAt(s string, i int) (rune, int) {
	c := s[i]
	if c < utf8.RuneSelf {
		if c == '&' {
			return reference(s, i)
		}
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s[i:])
}

const longestReference = 12

func reference(s string, i int) (rune, int) {
	end := min(len(s), i+longestReference)
	n := strings.IndexByte(s[i:end], ';')
	if n < 0 {
		return '&', 1
	}
	text := html.UnescapeString(s[i : i+n+1])
	if r, w := utf8.DecodeRuneInString(text); w == len(text) && w < n+1 {
		return r, n + 1
	}
	return '&', 1
}

// plain gives a piece of text as it reads: references resolved, marks
// composed, nothing invisible, gender signs dropped.
func plain(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, w := runeAt(s, i)
		if class(r) != other || unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
		i += w
	}
	return norm.NFC.String(b.String())
}
