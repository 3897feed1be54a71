package keyword

import (
	"iter"
	"slices"
	"strings"
)

// Needs gives a necessary condition for a match over index tokens: of every
// inner list at least one token is in a matching document's Tokens. The
// vocabulary holds every token of the archive. An empty outer list restricts
// nothing; an empty inner list means that nothing can match.
func (q *Query) Needs(vocabulary iter.Seq[string]) [][]string {
	lists := needs(q.root, vocabulary)
	for _, l := range lists {
		if len(l) == 0 {
			return [][]string{{}}
		}
	}
	return lists
}

func needs(n *node, vocabulary iter.Seq[string]) [][]string {
	switch n.op {
	case opTerm:
		return n.term.needs(vocabulary)
	case opField:
		return needs(n.kids[0], vocabulary)
	case opAnd, opNear:
		var lists [][]string
		for _, k := range n.kids {
			lists = append(lists, needs(k, vocabulary)...)
		}
		return lists
	case opOr:
		return needsOfOr(n, vocabulary)
	}
	return nil
}

// needsOfOr asks for one token out of the shortest list of each alternative.
func needsOfOr(n *node, vocabulary iter.Seq[string]) [][]string {
	union := []string{}
	for _, k := range n.kids {
		lists := needs(k, vocabulary)
		if len(lists) == 0 {
			return nil
		}
		union = append(union, slices.MinFunc(lists, func(a, b []string) int { return len(a) - len(b) })...)
	}
	slices.Sort(union)
	return [][]string{slices.Compact(union)}
}

// needs scans the vocabulary once for each word of the term.
func (t *term) needs(vocabulary iter.Seq[string]) [][]string {
	lists := make([][]string, len(t.words))
	for i := range t.words {
		w := &t.words[i]
		anchor := w.anchor()
		list := []string{}
		literals := t.literals[i]
		single := t.single()
		for token := range vocabulary {
			if t.token(token, anchor, w.joined, literals, single) {
				list = append(list, token)
			}
		}
		lists[i] = list
	}
	return lists
}

// token says whether a token can stand in a document for the word whose
// longest part is anchor.
func (t *term) token(token string, anchor, joined *part, literals []literal, single bool) bool {
	if single && strings.IndexByte(token, '0') > 0 && anchor.completes(token) {
		return true
	}
	found := false
	for i := range literals {
		if strings.Contains(token, literals[i].s) {
			found = true
			break
		}
	}
	if !found {
		return false
	}
	return anchor.matchesFolded(token) ||
		joined != nil && joined.matchesFolded(token) ||
		t.whole != nil && t.whole.matchesFolded(token)
}
