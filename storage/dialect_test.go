package storage

import (
	"slices"
	"testing"
	"time"
)

func TestConditionsForTheIndex(t *testing.T) {
	cases := []struct {
		name             string
		needs            [][]string
		postgres, sqlite string
	}{
		{"one word", [][]string{{"ozg"}}, `('ozg')`, `("ozg")`},
		{"either of two", [][]string{{"straße", "straßen"}}, `('straße' | 'straßen')`, `("straße" OR "straßen")`},
		{"both of two", [][]string{{"ozg"}, {"ki"}}, `('ozg') & ('ki')`, `("ozg") AND ("ki")`},
		{"what begins so, which PostgreSQL alone is asked for", [][]string{{"amt", "daten*"}}, `('amt' | 'daten':*)`, `("amt" OR "daten*")`},
		{"signs of the syntax", [][]string{{`a'b`, `c\d`, `e"f`}}, `('a''b' | 'c\\d' | 'e"f')`, `("a'b" OR "c\d" OR "e""f")`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := tsquery(c.needs); got != c.postgres {
				t.Errorf("PostgreSQL: got %s, want %s", got, c.postgres)
			}
			if got := ftsquery(c.needs); got != c.sqlite {
				t.Errorf("SQLite: got %s, want %s", got, c.sqlite)
			}
		})
	}
}

func TestSlotsSortLikeDatesThenNumbers(t *testing.T) {
	day := func(year int) time.Time { return time.Date(year, 3, 1, 12, 0, 0, 0, time.UTC) }
	slots := []int64{
		slot(day(1), 1), slot(day(1969), 9), slot(day(1970), 1), slot(day(2026), 1), slot(day(2026), 2),
		slot(day(2026).Add(time.Second), 1), slot(day(9999), 1),
	}
	if !slices.IsSorted(slots) || len(slices.Compact(slots)) != 7 {
		t.Errorf("slots are not in order: %v", slots)
	}
	if got := second(slot(day(1969), 9)); !got.Equal(day(1969)) {
		t.Errorf("the slot of a date before 1970 stands for %s", got)
	}
}

func TestTheArchiveIsAnalysedAsItGrows(t *testing.T) {
	cases := []struct {
		from, to int64
		want     bool
	}{
		{0, 0, false}, {0, 1023, false}, {0, 1024, true}, {1024, 1030, false}, {1000, 5000, true}, {4096, 16383, false}, {16383, 16384, true},
	}
	for _, c := range cases {
		if got := quadrupled(c.from, c.to); got != c.want {
			t.Errorf("from %d to %d items: got %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func TestHowTheIndexIsAsked(t *testing.T) {
	cases := []struct {
		name    string
		n       int // of the newest 500 items
		archive int64
		want    bool
	}{
		{"no hit lately, large archive", 0, 1_000_000, false},
		{"one hit lately, small archive", 1, 10_000, false},
		{"one hit lately, large archive", 1, 1_000_000, false},
		{"a tenth of all, small archive", 50, 10_000, false},
		{"a third of all, small archive", 150, 10_000, true},
		{"a tenth of all, large archive", 50, 1_000_000, true},
	}
	for _, c := range cases {
		if got := isCommon(c.n, 500, c.archive); got != c.want {
			t.Errorf("%s: item by item is %v, want %v", c.name, got, c.want)
		}
	}
}

func TestManyCompoundsAreLookedForByTheirBeginning(t *testing.T) {
	vocabulary := slices.Values([]string{"amt", "bund", "bunddaten", "daten", "datenamt", "datenbank", "datennetz", "datenschutz",
		"ozg", "ozga", "ozgb", "ozgc", "stand", "standort", "standards", "standardamt", "standardnetz", "standbild", "standesamt", "standuhr", "standpunkt"})
	cases := []struct {
		name       string
		list, want []string
	}{
		{"a word and its compounds", []string{"datenbank", "daten", "bunddaten", "datenamt", "datennetz", "datenschutz"}, []string{"bunddaten", "daten*"}},
		{"too few to be worth it", []string{"daten", "datenamt", "datenbank"}, []string{"daten", "datenamt", "datenbank"}},
		{"a short word", []string{"ozg", "ozga", "ozgb", "ozgc"}, []string{"ozg", "ozga", "ozgb", "ozgc"}},
		{"others begin so too", []string{"stand", "standards", "standesamt", "standuhr"}, []string{"stand", "standards", "standesamt", "standuhr"}},
		{"nothing", nil, nil},
	}
	for _, c := range cases {
		if got := prefixed(c.list, vocabulary); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
