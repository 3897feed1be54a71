package keyword

import (
	"fmt"
	"strings"
)

func fault(query string, at int, detail, de, en string) *SyntaxError {
	return &SyntaxError{Query: query, Offset: at, Detail: detail, de: de, en: en}
}

func (l *lexer) faultVerbatimStar(at int) error {
	n := place(l.query, at)
	return fault(l.query, at, "a verbatim word cannot have a star",
		fmt.Sprintf("An Stelle %d stehen Gleichheitszeichen und Stern zusammen; wörtlich und mit offenem Ende zugleich geht nicht. Beispiel: =OZG oder digital*", n),
		fmt.Sprintf("At position %d an equals sign meets a star; a word cannot be verbatim and open-ended at once. Example: =OZG or digital*", n))
}

func (l *lexer) faultNear(at int) error {
	n := place(l.query, at)
	return fault(l.query, at, fmt.Sprintf("NEAR reaches from 1 to %d words", maxNear),
		fmt.Sprintf("An Stelle %d: Der Abstand bei NAHE liegt zwischen 1 und %d Wörtern. Beispiel: Cloud NAHE/5 Verwaltung", n, maxNear),
		fmt.Sprintf("At position %d: NEAR takes a distance from 1 to %d words. Example: Cloud NEAR/5 Verwaltung", n, maxNear))
}

func (l *lexer) faultStar(at int) error {
	n := place(l.query, at)
	return fault(l.query, at, "a star must stand at the beginning or the end of a word",
		fmt.Sprintf("Der Stern an Stelle %d braucht ein Wort: Er steht direkt davor oder dahinter, nicht mittendrin. Beispiel: digital* oder *register", n),
		fmt.Sprintf("The star at position %d needs a word: it stands right before or after one, not inside it. Example: digital* or *register", n))
}

func (l *lexer) faultShortStar(at int, word string) error {
	n := place(l.query, at)
	return fault(l.query, at, fmt.Sprintf("%q is too short for a star: %d letters at least", word, shortestStar),
		fmt.Sprintf("„%s“ an Stelle %d ist zu kurz für einen Stern, es braucht mindestens drei Buchstaben. Beispiel: dig*", word, n),
		fmt.Sprintf("“%s” at position %d is too short for a star, it takes at least three letters. Example: dig*", word, n))
}

func (l *lexer) faultQuote(opening int) error {
	end, from := place(l.query, len(l.query)), place(l.query, opening)
	return fault(l.query, len(l.query), "closing quotation mark missing",
		fmt.Sprintf("An Stelle %d fehlt das schließende Anführungszeichen zu dem an Stelle %d. Beispiel: \"Open Source\"", end, from),
		fmt.Sprintf("At position %d the closing quotation mark for the one at position %d is missing. Example: \"Open Source\"", end, from))
}

func (l *lexer) faultEmptyPhrase(at int) error {
	n := place(l.query, at)
	return fault(l.query, at, "no word between the quotation marks",
		fmt.Sprintf("Zwischen den Anführungszeichen an Stelle %d steht kein Wort. Beispiel: \"Open Source\"", n),
		fmt.Sprintf("There is no word between the quotation marks at position %d. Example: \"Open Source\"", n))
}

func (l *lexer) faultPhrase(at int) error {
	n := place(l.query, at)
	return fault(l.query, at, fmt.Sprintf("a phrase has %d words at the most", maxPhrase),
		fmt.Sprintf("Ab Stelle %d ist die Phrase zu lang, sie darf höchstens %d Wörter haben. Beispiel: \"Open Source\"", n, maxPhrase),
		fmt.Sprintf("From position %d on the phrase is too long, it may have %d words at the most. Example: \"Open Source\"", n, maxPhrase))
}

func (l *lexer) faultField(at int, name string) error {
	n := place(l.query, at)
	de, en := "", ""
	if near := nearestField(strings.ToLower(name)); near != "" {
		de, en = fmt.Sprintf(" Meinten Sie %s:?", near), fmt.Sprintf(" Did you mean %s:?", near)
	}
	return fault(l.query, at, fmt.Sprintf("unknown field %q", name),
		fmt.Sprintf("Das Feld „%s“ an Stelle %d gibt es nicht.%s Felder sind titel:, text:, quelle: und stichwort:. Beispiel: titel:OZG", name, n, de),
		fmt.Sprintf("There is no field “%s” (position %d).%s The fields are title:, text:, source: and tag:. Example: title:OZG", name, n, en))
}

// nearestField gives the field whose name takes the fewest edits, two at the most.
func nearestField(name string) string {
	best, least := "", 3
	for _, f := range fieldSpellings {
		if n := edits(name, f); n < least {
			best, least = f, n
		}
	}
	return best
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func (p *parser) faultLength() error {
	return fault(p.query, min(maxQuery, len(p.query)), fmt.Sprintf("the query is longer than %d bytes", maxQuery),
		fmt.Sprintf("Die Suchanfrage ist zu lang: Nach %d Zeichen ist Schluss. Teilen Sie sie auf mehrere Themen auf.", maxQuery),
		fmt.Sprintf("The query is too long: it ends at %d characters. Split it into several topics.", maxQuery))
}

func (p *parser) faultDepth(at int) error {
	n := place(p.query, at)
	return fault(p.query, at, fmt.Sprintf("nested more than %d deep", maxDepth),
		fmt.Sprintf("Ab Stelle %d sind mehr als %d Klammern oder Verneinungen ineinander verschachtelt.%s", n, maxDepth, exampleDE),
		fmt.Sprintf("From position %d on, more than %d brackets or negations are nested.%s", n, maxDepth, exampleEN))
}

func (p *parser) faultClosing(opening int) error {
	end, from := place(p.query, len(p.query)), place(p.query, opening)
	return fault(p.query, len(p.query), "closing parenthesis missing",
		fmt.Sprintf("An Stelle %d fehlt eine schließende Klammer zu der an Stelle %d.%s", end, from, exampleDE),
		fmt.Sprintf("At position %d the closing parenthesis for the one at position %d is missing.%s", end, from, exampleEN))
}

func (p *parser) faultOpening(at int) error {
	n := place(p.query, at)
	return fault(p.query, at, "closing parenthesis without an opening one",
		fmt.Sprintf("Zur schließenden Klammer an Stelle %d fehlt die öffnende.%s", n, exampleDE),
		fmt.Sprintf("The closing parenthesis at position %d has no opening one.%s", n, exampleEN))
}

func (p *parser) faultWord(at int) error {
	n := place(p.query, at)
	return fault(p.query, at, "a word is missing",
		fmt.Sprintf("An Stelle %d fehlt ein Suchwort.%s", n, exampleDE),
		fmt.Sprintf("At position %d a word to search for is missing.%s", n, exampleEN))
}

func (p *parser) faultEmpty() error {
	return fault(p.query, 0, "the query has no word",
		"Die Suchanfrage enthält kein Wort, nach dem zu suchen wäre."+exampleDE,
		"The query has no word to search for."+exampleEN)
}

func (p *parser) faultNegative(at int) error {
	n := place(p.query, at)
	return fault(p.query, at, "the query only says what must not occur",
		fmt.Sprintf("Ab Stelle %d sagt die Suchanfrage nur, was nicht vorkommen soll. Sie braucht mindestens ein Wort, das vorkommt.%s", n, exampleDE),
		fmt.Sprintf("From position %d on, the query only says what must not occur. It needs at least one word that does.%s", n, exampleEN))
}

func (p *parser) faultNested(at int) error {
	n := place(p.query, at)
	return fault(p.query, at, "a field inside a field",
		fmt.Sprintf("An Stelle %d steht ein Feld in einem anderen; ein Wort kann nur in einem gesucht werden. Beispiel: titel:OZG text:Frist", n),
		fmt.Sprintf("At position %d one field stands inside another; a word is looked for in one of them. Example: title:OZG text:Frist", n))
}

func (p *parser) faultNearOperand(at int) error {
	n := place(p.query, at)
	return fault(p.query, at, "NEAR joins words, phrases and their alternatives",
		fmt.Sprintf("An Stelle %d: NAHE verbindet nur Wörter, Phrasen und deren Alternativen. Beispiel: (Cloud ODER Rechenzentrum) NAHE/5 Verwaltung", n),
		fmt.Sprintf("At position %d: NEAR joins words, phrases and their alternatives only. Example: (Cloud OR Rechenzentrum) NEAR/5 Verwaltung", n))
}
