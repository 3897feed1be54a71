// Package dateparser stands in for github.com/markusmobius/go-dateparser,
// which go-htmldate imports for its extensive search and Depesche never calls:
// package article reads German dates itself. The original compiles the
// locales of the world when the program starts, 200 ms and 45 MB for every
// command. Only what go-htmldate names is here, and it finds nothing.
package dateparser

import (
	"errors"
	"time"
)

// ParserType names a way of the original to read dates.
type ParserType uint8

// The ways that go-htmldate asks for.
const (
	CustomFormat ParserType = iota
	AbsoluteTime
)

// PreferredDateSource says where the original places incomplete dates.
type PreferredDateSource uint8

// Past is the only place that go-htmldate names.
const Past PreferredDateSource = 1

// Configuration of a Parser.
type Configuration struct {
	PreferredDateSource PreferredDateSource
	StrictParsing       bool
}

// Date is what a Parser would find.
type Date struct {
	Time time.Time
}

// Parser finds no dates.
type Parser struct {
	ParserTypes []ParserType
}

var errNone = errors.New("dateparser: no date is looked for")

// Parse finds no date.
func (*Parser) Parse(*Configuration, string, ...string) (Date, error) { return Date{}, errNone }
