package storage

import (
	"iter"
	"slices"
	"strings"
)

// When a word stands for many tokens, most of them are its own compounds:
// "daten", "datenamt", "datenbank" ... The index then looks for all that begins
// so, written "daten*", which costs it a fraction of as many words: PostgreSQL
// collects the matches of a prefix once, but weighs every word of a list
// against every item.
const (
	prefixLength = 4 // a shorter beginning says too little
	prefixWorth  = 4 // fewer tokens are looked for one by one
)

// prefixed replaces tokens that begin with another one of the list by that
// one with a star, unless that would bring in more of the vocabulary than it
// stands for. What it gives finds everything that the list finds.
func prefixed(list []string, vocabulary iter.Seq[string]) []string {
	if len(list) < prefixWorth {
		return list
	}
	list = slices.Sorted(slices.Values(list))
	out := make([]string, 0, len(list))
	for len(list) > 0 {
		n := 1
		for n < len(list) && strings.HasPrefix(list[n], list[0]) {
			n++
		}
		if n < prefixWorth || len(list[0]) < prefixLength || beginning(vocabulary, list[0]) > 2*n {
			n = 1
			out = append(out, list[0])
		} else {
			out = append(out, list[0]+"*")
		}
		list = list[n:]
	}
	return out
}

// beginning counts the tokens that begin so.
func beginning(vocabulary iter.Seq[string], prefix string) int {
	n := 0
	for token := range vocabulary {
		if strings.HasPrefix(token, prefix) {
			n++
		}
	}
	return n
}
