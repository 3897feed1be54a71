package article

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How a company, an association or an author is portrayed below an article:
// under a heading of its own, or behind a label in one paragraph.
var (
	aboutLabel = regexp.MustCompile(`^(?:Über|ÜBER|About) ([^:]{1,90}?)\s*(?::\s*(.*))?$`)
	//nolint:misspell // German
	authorLabel = regexp.MustCompile(`^(?:Zum (?:Autor|Verfasser|Unternehmen|Verband|Verein)|Zur (?:Autorin|Verfasserin|Person|Firma|Genossenschaft)|` +
		`Zu den (?:Autoren|Autorinnen|Personen)|(?:Der|Unser) Autor|(?:Die|Unsere) Autor(?:in|en|innen)|(?:Firmen|Unternehmens|Kurz)(?:profil|porträt|portrait|info))\s*(?::\s*(.*))?$`)
	legalForm = regexp.MustCompile(`^(?:eG|e\.|GmbH|AG|AöR|eV|KG|SE|mbH|gGmbH|Inc\.?|KdöR|gAG|UG|Ltd\.?)$`)
	anybody   = regexp.MustCompile(`^(?:uns|das Unternehmen|den Verband|den Verein|die (?:Initiative|Autorin|Autoren|Redaktion|Genossenschaft|Stiftung)|den (?:Autor|Verlag))$`) //nolint:misspell // German
	// "Das Unternehmen ...", "Seit 1998 ...": how portraits begin and go on.
	//nolint:misspell // German
	portrait = regexp.MustCompile(`^(?:(?:Das|Dieses) (?:Unternehmen|Haus|Rechenzentrum|Bündnis|Institut|Netzwerk)|Die (?:Firma|Genossenschaft|Gesellschaft|Stiftung|Gruppe|Anstalt|Initiative|Organisation|Mitglieder)|` +
		`Der (?:Verband|Verein|Zweckverband|Anbieter|IT-Dienstleister|Dienstleister|Konzern|Hersteller|Autor)|Die Autorin|Wir|Unser\p{L}*|Als|Seit (?:\d{4}|(?:mehr als|über)\b|ihrer|seiner|der)|Gegründet|Mit (?:Sitz|mehr als|über|rund)|Sie|Er|Zu (?:den|unseren)|Weitere Informationen|Mehr (?:Informationen|unter)|` +
		`Kontakt|Tel|www\.|https?:)(?:[\s:.]|$)|^\d{4} gegründet`)
	particles = []string{"die", "der", "das", "den", "dem", "des", "für", "und", "von", "vom", "im", "in", "am", "an", "zu", "zur", "zum", "bei", "mit", "e.v.", "v.", "the", "of", "for", "and", "&", "-", "–", "|"}
	adjective = regexp.MustCompile(`(?:isch|lich|al|ig|sam|iv|ell)e[nrs]?$`)
)

// maxPortrait is how many bytes of prose a portrait under a name has at most.
const maxPortrait = 2500

// label splits "Über die Musterwerk: Die Musterwerk verbindet ..." into who is
// portrayed, which is empty for an author, and what follows in the line.
func (l line) label() (name, text string, ok bool) {
	if m := aboutLabel.FindStringSubmatch(l.text); m != nil {
		return m[1], m[2], true
	}
	if m := authorLabel.FindStringSubmatch(l.text); m != nil {
		return "", m[1], true
	}
	return "", "", false
}

func (l line) labelled() bool {
	_, _, ok := l.label()
	return ok
}

// portraits finds portraits among lines.
type portraits struct {
	lines []line
	m     measures
	ahead []ahead // of each line, and of the end; nil until one is asked for
}

// ahead is where, from a line on, an end or a list of other articles is named,
// and where a heading stands that could be the article's.
type ahead struct{ stop, heading int }

// about says whether a portrait begins at line i and reaches to the line before
// end: it is labelled with a name, "Über Musterwerk", that the text below takes
// up or that is a company's, and the article does not go on behind it. Neither
// "Über 500 Kommunen nutzen ..." nor "Über die Reform stritten ..." is a name.
func (p *portraits) about(i, end int) bool {
	lines, m := p.lines, p.m
	name, text, ok := lines[i].label()
	if !ok {
		return false
	}
	inline := text != ""
	next := i + 1
	if !inline && next < end {
		text = lines[next].text
		next++
	}
	start := cut(text, 200)
	switch {
	case name == "":
		name = capitals(cut(text, 40))
	case !isName(name, start):
		return false
	case anybody.MatchString(name), hasLegalForm(name):
		if !inline {
			return m.prose(i, end) <= 2*m.prose(0, i)+maxPortrait && !p.goesOn(i+1, end)
		}
	case !takesUp(start, name) && !portrait.MatchString(start):
		return false
	case !inline:
		return m.prose(i+1, end) <= maxPortrait && !p.goesOn(i+1, end)
	}
	return m.prose(i, end) <= maxPortrait && !p.goesOn(i+1, end) && ofPortrait(lines[next:end], name)
}

// isName says whether the words after "Über" are a name and no sentence. A word
// in lower case belongs to one where the portrait repeats it ("govdigital"),
// where a legal form follows ("init AG"), or where it is an adjective.
func isName(name, start string) bool {
	words := strings.Fields(name)
	if endsSentence(name) && !legalForm.MatchString(words[len(words)-1]) && !strings.HasSuffix(name, "V.") {
		return false
	}
	capital := false
	for n, w := range words {
		r, _ := utf8.DecodeRuneInString(strings.TrimLeft(w, "„“”\"»«'("))
		switch {
		case unicode.IsDigit(r) && (n == 0 || n == 1 && slices.Contains(particles, strings.ToLower(words[0]))):
			return false // a number of things
		case !unicode.IsLower(r), strings.ContainsFunc(w, unicode.IsUpper), strings.ContainsFunc(w, unicode.IsDigit), hasNamed(start, w):
			capital = true
		case len(words) == 1 && portrait.MatchString(start):
			capital = true
		case slices.Contains(particles, strings.ToLower(w)), n+1 < len(words) && legalForm.MatchString(words[n+1]), adjective.MatchString(w):
		default:
			return anybody.MatchString(name)
		}
	}
	return capital || anybody.MatchString(name)
}

// capitals gives the words of a text that an author's name may be made of.
func capitals(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(text), func(w string) bool {
		r, _ := utf8.DecodeRuneInString(w)
		return !unicode.IsUpper(r)
	}), " ")
}

func hasLegalForm(name string) bool {
	return slices.ContainsFunc(strings.Fields(name), legalForm.MatchString) || strings.Contains(name, "e.V.")
}

// takesUp says whether a text repeats a word of the name.
func takesUp(text, name string) bool {
	return slices.ContainsFunc(strings.Fields(name), func(w string) bool { return hasNamed(text, w) })
}

// hasNamed says whether a word that can be part of a name stands in the text;
// a short one must stand for itself.
func hasNamed(text, w string) bool {
	w = strings.ToLower(strings.Trim(w, "„“”\"»«'(),.&–-"))
	if w == "" || slices.Contains(particles, w) {
		return false
	}
	text = strings.ToLower(text)
	if len(w) >= 4 {
		return strings.Contains(text, w)
	}
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), w)
}

// goesOn says whether prose follows under a heading that begins nothing of what
// stands below articles.
func (p *portraits) goesOn(from, end int) bool {
	if p.ahead == nil {
		p.look()
	}
	next := p.ahead[from]
	return next.heading < min(next.stop, end) && p.m.prose(next.heading, end) > 0
}

func (p *portraits) look() {
	n := len(p.lines)
	p.ahead = make([]ahead, n+1)
	p.ahead[n] = ahead{n, n}
	for i := n - 1; i >= 0; i-- {
		l, next := p.lines[i], p.ahead[i+1]
		if l.level > 0 && !l.mostlyLinks() && !l.labelled() {
			next.heading = i
		}
		if hardEnd.MatchString(l.text) || listHead.MatchString(l.text) {
			next.stop = i
		}
		p.ahead[i] = next
	}
}

// ofPortrait says whether the prose below a portrait's first paragraph belongs
// to it or to the next portrait, rather than to the article.
func ofPortrait(lines []line, name string) bool {
	for _, l := range lines {
		switch {
		case l.labelled(), hardEnd.MatchString(l.text), listHead.MatchString(l.text):
			return true
		case l.mostlyLinks(), sourceLine.MatchString(l.text), len(l.text) < 60, takesUp(cut(l.text, 200), name), portrait.MatchString(l.text), strings.Contains(l.text, "@"):
		default:
			return false
		}
	}
	return true
}
