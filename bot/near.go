package bot

import (
	"cmp"
	"strings"
)

// meant are words that are no verbs and yet say which verb is wanted.
var meant = map[string]Verb{
	"find": VerbSearch, "finde": VerbSearch, "suchen": VerbSearch, "neueste": VerbLatest, "newest": VerbLatest,
	"abonnieren": VerbSubscribe, "abonniere": VerbSubscribe, "list": VerbSubscriptions, "liste": VerbSubscriptions,
}

// nearVerb gives the verb that a word nearly is: one slip away in short words,
// two in long ones. Words of fewer than four letters are near to nothing.
func nearVerb(word string) Verb {
	if v, ok := meant[word]; ok {
		return v
	}
	best, found := 3, Verb("")
	for name, verb := range verbs {
		if len(name) < 4 || len(word) < 4 {
			continue
		}
		limit := 1
		if len(name) >= 8 {
			limit = 2
		}
		d := slips([]rune(word), []rune(name))
		if d <= limit && (d < best || d == best && verb < found) {
			best, found = d, verb
		}
	}
	return found
}

// nearName gives the name that a person probably meant: the one that takes the
// fewest slips, one for every three letters typed at the most, else one that
// begins with what was typed or goes on after it; empty where none is near.
func nearName(typed string, names []string) string {
	word := []rune(strings.ToLower(typed))
	if len(word) < 2 || len(word) > showWord {
		return ""
	}
	best, found, begun := len(word)/3+1, "", ""
	for _, name := range names {
		lower := strings.ToLower(name)
		if d := slips(word, []rune(short(lower, 2*showWord))); d < best {
			best, found = d, name
		}
		if begun == "" && lower != "" && (strings.HasPrefix(lower, string(word)) || strings.HasPrefix(string(word), lower)) {
			begun = name
		}
	}
	return cmp.Or(found, begun)
}

// slips counts the letters to insert, remove, replace or swap with a neighbour
// that lead from a to b (optimal string alignment).
func slips(a, b []rune) int {
	prev2, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, row
	}
	return prev[len(b)]
}
