package storage

import (
	"iter"
	"slices"
	"strings"
)

// When a word stands for many tokens, most of them are its own compounds:
// "daten", "datenamt", "datenbank" ... The index then looks for all that begins
// so, written "daten*", which costs PostgreSQL a fraction of as many words: it
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
	var heads []string
	var groups [][]string
	for len(list) > 0 {
		n := 1
		for n < len(list) && strings.HasPrefix(list[n], list[0]) {
			n++
		}
		if n < prefixWorth || len(list[0]) < prefixLength {
			n = 1
			out = append(out, list[0])
		} else {
			heads, groups = append(heads, list[0]), append(groups, list[:n])
		}
		list = list[n:]
	}
	for i, n := range beginning(vocabulary, heads) {
		if n > 2*len(groups[i]) {
			out = append(out, groups[i]...)
		} else {
			out = append(out, heads[i]+"*")
		}
	}
	return out
}

// beginning counts the tokens that begin with each of the heads, which are
// sorted, and none of which begins with another.
func beginning(vocabulary iter.Seq[string], heads []string) []int {
	counts := make([]int, len(heads))
	if len(heads) == 0 {
		return counts
	}
	for token := range vocabulary {
		i, found := slices.BinarySearch(heads, token)
		if !found {
			i-- // the last head before the token is the only one it can begin with
		}
		if i >= 0 && strings.HasPrefix(token, heads[i]) {
			counts[i]++
		}
	}
	return counts
}
