package keyword

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError is a fault in a query, with its place.
type SyntaxError struct {
	Query  string
	Offset int    // byte offset of the fault in Query, 0 to len(Query)
	Detail string // English, for Error

	de, en string // the sentences of Explain
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query %q, offset %d: %s", e.Query, e.Offset, e.Detail)
}

// Explain says the fault in a sentence, with what would be right; lang is "de" or "en".
func (e *SyntaxError) Explain(lang string) string {
	switch {
	case e.en == "":
		return e.Detail
	case lang == "de":
		return e.de
	}
	return e.en
}

// place gives the number, from 1, of the character at a byte offset, as a
// person counts.
func place(query string, offset int) int {
	return utf8.RuneCountInString(query[:min(max(offset, 0), len(query))]) + 1
}

const (
	exampleDE = " Beispiel: (OZG ODER Onlinezugangsgesetz) NICHT Krypto"
	exampleEN = " Example: (OZG OR Onlinezugangsgesetz) NOT Krypto"
)
