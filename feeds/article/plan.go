package article

import (
	"regexp"
	"strings"
)

// What ends an article, or interrupts it, in the words of German trade press,
// ministries, associations and the systems they publish with.
var (
	// After these the article does not go on.
	hardEnd = regexp.MustCompile(`(?i)^(?:` +
		`(?:Stich|Schlag)(?:wörter|worte|wort)\s*:|Tags\s*:|Keywords\s*:|Schlagwörter$|Stichwörter$|` +
		`Druckversion\b|(?:Artikel|Seite|Meldung|Beitrag) (?:aus)?drucken\b|Drucken$|PDF$|` +
		`Weitere (?:aktuelle )?(?:Meldungen|Nachrichten|Artikel|Beiträge|Pressemitteilungen|News|Themen|Berichte)\b.{0,80}$|` +
		`(?:Presse|Medien)kontakt\b|(?:Presse|Medien)stelle\s*:?$|Kontakt für (?:Medien|Presse|Rückfragen)|Ansprechpartner(?:in)?(?: für (?:die )?(?:Presse|Medien))?\s*:|` +
		`Kontakt\s*:?$|Original-Content von\b|Boilerplate\b|Kommentare(?: \(\d+\))?$|\d+ Kommentare?$|Kommentar schreiben\b|Schreiben Sie einen Kommentar|Schreibe einen Kommentar|` +
		`Zurück zur (?:Übersicht|Startseite)|Nach oben$|Zum Seitenanfang)`)
	// After these other articles are listed; the article may go on behind the list.
	listHead = regexp.MustCompile(`(?i)^(?:` +
		`Lesen Sie (?:auch|hierzu|dazu|mehr|weiter)\b|Lies auch\b|Auch interessant\b|Auch lesenswert\b|Mehr zum Thema\b|Mehr zu(?:m|r|:)|Mehr aus\b|Mehr dazu\b|` +
		`Zum Thema\s*:?$|Passend zum Thema|Passende (?:Artikel|Beiträge)|Das könnte (?:Sie|dich|Dich) (?:auch |ebenfalls )?interessieren|` +
		`(?:Ähnliche|Verwandte|Verknüpfte|Aktuelle|Neueste|Neue|Letzte|Meistgelesene|Beliebte|Andere|Empfohlene) (?:Artikel|Beiträge|Meldungen|Nachrichten|News|Themen|Pressemitteilungen|Berichte|Inhalte)\b.{0,60}$|` +
		`Meistgelesen|Meist gelesen|Top-?(?:Themen|Meldungen|News)\b|Newsletter\b.{0,60}$|(?:Siehe|Sehen Sie) auch\b|Verwandte Themen|Weiterführende (?:Links|Informationen|Artikel)|` +
		`Weitere Informationen\s*:?$|Weitere Links\s*:?$|Links zum Thema|Download(?:s|-Bereich)?\s*:?$|Anzeige$|Advertorial$|Empfehlungen der Redaktion|Unsere Empfehlungen?|Whitepaper\b.{0,60}$)`)
	// A line that only says where text or picture come from.
	sourceLine = regexp.MustCompile(`(?i)^[(\[]?(?:Quellen?|Bildquellen?|Bild|Foto|Fotos|Grafik|Titelbild|Beitragsbild|Bildnachweis|Copyright|©|\(c\))\s*[:/©]`)
	// "[6.12.2019] ... mehr...": another article's teaser.
	datedTeaser = regexp.MustCompile(`\[\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}\]`)
	moreEnd     = regexp.MustCompile(`(?i)(?:\bmehr|\bweiterlesen|\bweiter lesen|\bmehr lesen|\bmehr erfahren|\bzum Artikel|\bweiter)\s*(?:\.\.\.|…|»|>>|›|→|\[…\])\s*$|(?:\[mehr\]|\(mehr\)|\bweiterlesen|\bmehr lesen)\s*$`)
)

const (
	proseLength = 120 // bytes from which a line is taken for prose
	enoughProse = 200 // bytes of prose before an end is believed
	moreTail    = 40  // bytes in which "mehr lesen ..." stands
)

// prose says whether the line is part of somebody's running text.
func (l line) prose() bool {
	return len(l.text) >= proseLength && l.level == 0 && !l.mostlyLinks() && !l.teaser()
}

// teaser says whether the line announces another article.
func (l line) teaser() bool { return moreEnd.MatchString(l.text[max(0, len(l.text)-moreTail):]) }

// dated says whether the line holds a date in brackets, as teasers do.
func (l line) dated() bool { return strings.Contains(l.text, "[") && datedTeaser.MatchString(l.text) }

// plan says which lines are not the article's. It is a function of the lines
// alone, so that the same rules hold for the page and for what the parser
// finds on it.
func plan(lines []line) []bool {
	drop := make([]bool, len(lines))
	dropTeasers(lines, drop)
	m := measure(lines)
	found := portraits{lines: lines, m: m}
	before := 0 // bytes of prose so far
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		switch {
		case drop[i]:
		case hardEnd.MatchString(l.text):
			if before >= enoughProse {
				mark(drop, i, len(lines))
				return drop
			}
			i = mark(drop, i, labelEnd(lines, i)) - 1
		case m.text(0, i) >= enoughProse && found.about(i, len(lines)):
			mark(drop, i, len(lines))
			return drop
		case listHead.MatchString(l.text) && !l.prose():
			i = mark(drop, i, listEnd(lines, i)) - 1
		case sourceLine.MatchString(l.text) && len(l.text) <= 160:
			drop[i] = true
		case l.prose():
			before += len(l.text)
		}
	}
	return drop
}

// mark drops a range of lines and gives its end.
func mark(drop []bool, from, to int) int {
	for i := from; i < to; i++ {
		drop[i] = true
	}
	return to
}

// labelEnd gives where the line of a label ends: "Stichwörter: a, b," may go on.
func labelEnd(lines []line, i int) int {
	for i+1 < len(lines) && lines[i+1].para == lines[i].para && strings.HasSuffix(lines[i].text, ",") {
		i++
	}
	return i + 1
}

// measures are sums over the lines before each line, so that what a range of
// lines holds costs nothing to ask.
type measures []measured

type measured struct {
	bytes  int // of prose
	text   int // bytes of lines that are neither headings nor links
	lines  int // of prose that stands under no linked title
	titles int // headings of the first rank
}

func measure(lines []line) measures {
	m := make(measures, len(lines)+1)
	for i, l := range lines {
		sum := m[i]
		if l.prose() {
			sum.bytes += len(l.text)
			if !l.dated() && (i == 0 || !lines[i-1].mostlyLinks()) {
				sum.lines++
			}
		}
		if l.level == 0 && !l.mostlyLinks() {
			sum.text += len(l.text)
		}
		if l.level == 1 {
			sum.titles++
		}
		m[i+1] = sum
	}
	return m
}

// prose gives the bytes of prose in a range.
func (m measures) prose(from, to int) int { return m[to].bytes - m[from].bytes }

// text gives the bytes of a range that are neither headings nor links.
func (m measures) text(from, to int) int { return m[to].text - m[from].text }

// title says whether a range holds a headline.
func (m measures) title(from, to int) bool { return m[to].titles > m[from].titles }

// article guards against a heading that only sounds like a list's: two lines of
// prose, or a headline, are an article's.
func (m measures) article(from, to int) bool {
	return m[to].lines-m[from].lines >= 2 || m.title(from, to)
}

// listEnd gives where the list under the heading at i ends: before prose that is
// no item and stands under no linked title, and before its own heading. A head
// that holds a title itself ("Lesen Sie auch: ...") is the whole list.
func listEnd(lines []line, i int) int {
	head := lines[i]
	whole := len(head.text) > 40 || strings.Contains(head.text, ": ")
	for j := i + 1; j < len(lines); j++ {
		l, previous := lines[j], lines[j-1]
		if !l.prose() || l.dated() || l.item && !head.item {
			continue
		}
		inText := j == i+2 && j+1 < len(lines) && lines[j+1].prose() // one title, and the article goes on
		if !whole && j > i+1 && previous.mostlyLinks() && !inText {
			continue // a teaser's text
		}
		if previous.level > 0 && !previous.mostlyLinks() && j > i+1 {
			return j - 1
		}
		return j
	}
	return len(lines)
}

// dropTeasers finds the teasers of other articles by their form: a title, then
// "[6.12.2019] ... mehr...", perhaps a caption.
func dropTeasers(lines []line, drop []bool) {
	last := -10 // the teaser before
	for i, l := range lines {
		if !l.teaser() || !l.dated() && (len(l.text) >= 400 || l.linked == 0) {
			continue
		}
		from := i
		if i > 0 && !drop[i-1] && !lines[i-1].prose() && len(lines[i-1].text) <= 140 && !endsSentence(lines[i-1].text) {
			from = i - 1
		}
		if last >= 0 && from-last <= 4 && measure(lines[last+1:from]).prose(0, from-last-1) <= 300 {
			from = last + 1
		}
		mark(drop, from, i+1)
		last = i
	}
	if last < 0 {
		return
	}
	// Captions below the last teaser of a list.
	for i := last + 1; i < len(lines) && !lines[i].prose() && lines[i].level == 0 && len(lines[i].text) <= 140 && !hardEnd.MatchString(lines[i].text); i++ {
		if lines[i].para != lines[last].para && !drop[max(0, last-2)] {
			break
		}
		drop[i] = true
	}
}

func endsSentence(s string) bool {
	return strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, ".“") || strings.HasSuffix(s, `."`)
}

// prune cuts from the tree what the lines of the whole page give away. An end
// that the page names reaches as far as the element that holds the article.
// It says which lines it cut.
func prune(page *rendered) []bool {
	lines := page.lines
	drop := make([]bool, len(lines))
	dropTeasers(lines, drop)
	dropCards(page, drop)
	m := measure(lines)
	found := portraits{lines: lines, m: m}
	for i, l := range lines {
		switch {
		case drop[i]:
		case hardEnd.MatchString(l.text), l.labelled():
			scope, ok := page.scope(i, m)
			if ok && l.labelled() {
				ok = found.about(i, scope.to)
			}
			if ok && m.prose(i, scope.to) <= 2*m.prose(scope.from, i)+1500 && !m.title(i, scope.to) {
				mark(drop, i, scope.to)
			}
		case listHead.MatchString(l.text) && !l.prose():
			own := page.section(i, m)
			if own.to == i+1 { // the heading stands beside its list
				own.to = min(listEnd(lines, i), page.around(i).to)
			}
			mark(drop, own.from, own.to)
		}
	}
	for i := range lines {
		if !drop[i] {
			continue
		}
		for _, n := range lines[i].nodes {
			n.Data = ""
		}
	}
	return drop
}

// section gives the largest element whose first line is i and that does not
// hold an article of its own.
func (r *rendered) section(i int, m measures) span {
	best := span{i, i + 1}
	for n := r.lines[i].block; n != nil; n = n.Parent {
		s, ok := r.spans[n]
		if !ok {
			continue
		}
		if s.from != i || n.Data == "body" || m.article(s.from, s.to) {
			break
		}
		best = s
	}
	return best
}

// around gives the smallest element that holds more than line i.
func (r *rendered) around(i int) span {
	for n := r.lines[i].block; n != nil; n = n.Parent {
		if s, ok := r.spans[n]; ok && s.to > i+1 {
			return s
		}
	}
	return span{i, i + 1}
}

// scope gives the smallest element around line i that holds enough prose
// before it: the article's own.
func (r *rendered) scope(i int, m measures) (span, bool) {
	for n := r.lines[i].block; n != nil; n = n.Parent {
		if s, ok := r.spans[n]; ok && m.prose(s.from, i) >= enoughProse {
			return s, true
		}
	}
	return span{}, false
}
