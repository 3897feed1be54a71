package keyword

import (
	"math/bits"
	"strings"
)

// grams is a set of hashed triples of letters. Most queries have nothing to
// do with most texts, and a few bits say so sooner than a search of the text.
type grams struct {
	set   []uint64
	shift uint8
}

// gramBits is how many bits there are to a letter: with eight, a word of
// seven letters that is not there passes once in ten thousand times.
const gramBits = 8

func gram(a, b, c byte) uint32 {
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 0x9E3779B1
}

func newGrams(hay []byte) grams {
	log := max(6, bits.Len(uint(len(hay)*gramBits)))
	g := grams{set: make([]uint64, 1<<(log-6)), shift: uint8(32 - log)}
	for i := 2; i < len(hay); i++ {
		h := gram(hay[i-2], hay[i-1], hay[i]) >> (g.shift & 31)
		g.set[h>>6] |= 1 << (h & 63)
	}
	return g
}

// literal is a string that is looked for in Document.hay.
type literal struct {
	s     string
	grams []uint32
}

func newLiteral(s string) literal {
	l := literal{s: s}
	for i := 2; i < len(s); i++ {
		l.grams = append(l.grams, gram(s[i-2], s[i-1], s[i]))
	}
	return l
}

func literals(list []string) []literal {
	out := make([]literal, len(list))
	for i, s := range list {
		out[i] = newLiteral(s)
	}
	return out
}

// in says whether a form of the document holds the literal.
func (l *literal) in(d *Document) bool {
	for _, g := range l.grams {
		h := g >> (d.grams.shift & 31)
		if d.grams.set[h>>6]&(1<<(h&63)) == 0 {
			return false
		}
	}
	return strings.Contains(d.hay, l.s)
}
