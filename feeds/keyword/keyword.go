package keyword

import "iter"

// Query is a parsed query. It is immutable and safe for concurrent use.
type Query struct{ text string }

// Parse reads one query. Its error is a *SyntaxError.
func Parse(s string) (*Query, error) { return &Query{text: s}, nil }

// String gives the query in canonical form; parsing it again gives the same query.
func (q *Query) String() string { return q.text }

// Describe says the query back in words a person can check; lang is "de" or "en".
func (q *Query) Describe(lang string) string { return q.text }

// SyntaxError is a fault in a query, with its place.
type SyntaxError struct {
	Query  string
	Offset int    // byte offset of the fault in Query, 0 to len(Query)
	Detail string // English, for Error
}

func (e *SyntaxError) Error() string { return e.Detail }

// Explain says the fault in a sentence, with what would be right; lang is "de" or "en".
func (e *SyntaxError) Explain(lang string) string { return e.Detail }

// Text is what a query looks at. All fields are plain text, no markup.
type Text struct {
	Title    string
	Text     string
	Source   string
	Keywords []string
}

// Document is an analysed Text: analyse once, match many queries.
type Document struct{}

// Analyse prepares a text for matching.
func Analyse(t Text) *Document { return &Document{} }

// Tokens gives the distinct index tokens of the document, in no particular
// order: non-empty, lower case, only letters and digits. They are what a
// full-text index stores so that Needs can find candidates.
func (d *Document) Tokens() []string { return nil }

// Hit is one place where a term of the query was found.
type Hit struct {
	Term  string `json:"term"`  // as the query has it
	Text  string `json:"text"`  // as the text has it
	In    string `json:"in"`    // "title", "text", "source" or "keywords"
	Start int    `json:"start"` // bytes of that field's UTF-8
	End   int    `json:"end"`
}

// Match reports whether the query accepts the document, and every place that
// made it so, in the order title, text, keywords, source, then by offset.
func (q *Query) Match(d *Document) ([]Hit, bool) { return nil, false }

// Needs gives a necessary condition for a match over index tokens: of every
// inner list at least one token is in a matching document's Tokens. The
// vocabulary holds every token of the archive. An empty outer list restricts
// nothing; an empty inner list means that nothing can match.
func (q *Query) Needs(vocabulary iter.Seq[string]) [][]string { return nil }
