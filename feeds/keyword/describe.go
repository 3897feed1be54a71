package keyword

import (
	"fmt"
	"strings"
)

// canonical writes a query in the language itself, with a blank for AND.
func canonical(n *node) string {
	switch n.op {
	case opTerm:
		return n.term.text
	case opField:
		return n.field + ":" + grouped(n.kids[0], canonical, opTerm)
	case opNot:
		return "NOT " + grouped(n.kids[0], canonical, opTerm, opField)
	case opNear:
		return fmt.Sprintf("%s NEAR/%d %s", grouped(n.kids[0], canonical, opTerm), n.near, grouped(n.kids[1], canonical, opTerm))
	case opOr:
		return list(n.kids, " OR ", func(k *node) string { return canonical(k) })
	}
	return list(n.kids, " ", func(k *node) string { return grouped(k, canonical, opTerm, opField, opNot, opNear) })
}

func list(kids []*node, sep string, say func(*node) string) string {
	words := make([]string, len(kids))
	for i, k := range kids {
		words[i] = say(k)
	}
	return strings.Join(words, sep)
}

// grouped puts parentheses around what is none of the plain kinds.
func grouped(n *node, say func(*node) string, plain ...op) string {
	for _, o := range plain {
		if n.op == o {
			return say(n)
		}
	}
	return "(" + say(n) + ")"
}

// wording is what a language says a query with.
type wording struct {
	and, or, not, near             string
	quotes                         [2]string
	verbatim, open, tail, openTail string
	fields                         map[string]string
}

var wordings = map[string]*wording{
	"de": {
		and: " und ", or: " oder ", not: "nicht ", near: "%s höchstens %d Wörter neben %s",
		quotes: [2]string{"„", "“"}, verbatim: "genau ",
		open: "%s… (am Wortanfang)", tail: "…%s (am Wortende)", openTail: "…%s… (im Wort)",
		fields: map[string]string{"title": "%s im Titel", "text": "%s im Text", "tag": "%s als Stichwort", "source": "%s als Quelle"},
	},
	"en": {
		and: " and ", or: " or ", not: "not ", near: "%s within %d words of %s",
		quotes: [2]string{"“", "”"}, verbatim: "exactly ",
		open: "%s… (start of a word)", tail: "…%s (end of a word)", openTail: "…%s… (inside a word)",
		fields: map[string]string{"title": "%s in the title", "text": "%s in the text", "tag": "%s as keyword", "source": "%s as source"},
	},
}

// Describe says the query back in words a person can check; lang is "de" or "en".
func (q *Query) Describe(lang string) string {
	w := wordings[lang]
	if w == nil {
		w = wordings["en"]
	}
	return w.say(q.root)
}

func (w *wording) say(n *node) string {
	switch n.op {
	case opTerm:
		return w.term(n.term)
	case opField:
		return fmt.Sprintf(w.fields[n.field], grouped(n.kids[0], w.say, opTerm))
	case opNot:
		return w.not + grouped(n.kids[0], w.say, opTerm, opField)
	case opNear:
		return fmt.Sprintf(w.near, grouped(n.kids[0], w.say, opTerm), n.near, grouped(n.kids[1], w.say, opTerm))
	case opOr:
		return list(n.kids, w.or, func(k *node) string { return grouped(k, w.say, opTerm, opField, opNear) })
	}
	return list(n.kids, w.and, func(k *node) string { return grouped(k, w.say, opTerm, opField, opNot, opNear) })
}

func (w *wording) term(t *term) string {
	words := make([]string, len(t.source))
	for i, x := range t.source {
		switch words[i] = x.text; {
		case x.open && x.tail:
			words[i] = fmt.Sprintf(w.openTail, x.text)
		case x.open:
			words[i] = fmt.Sprintf(w.open, x.text)
		case x.tail:
			words[i] = fmt.Sprintf(w.tail, x.text)
		}
	}
	s := strings.Join(words, " ")
	if t.phrase || t.verbatim || connective(s) {
		s = w.quotes[0] + s + w.quotes[1]
	}
	if t.verbatim {
		s = w.verbatim + s
	}
	return s
}

// connective says whether a word, unquoted, would read as part of the sentence
// around it: small, it is a word to search for.
func connective(s string) bool {
	switch strings.ToLower(s) {
	case "und", "oder", "nicht", "and", "or", "not":
		return true
	}
	return false
}
