package article

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	shortCode = `(?:[a-zäöüß]{2,5}|AFP|KNA|SID|APA|dpa-[A-Za-z]{2,10})`
	moreCodes = `(?:\s?[/,]\s?` + shortCode + `){0,3}`
	placeWord = `(?:St\. )?[A-ZÄÖÜ]\p{L}*(?:['’-]\p{L}+)*`
	// "Schwerin", "Bad Doberan", "Frankfurt/Main", "Halle (Saale)"
	placePattern = `(` + placeWord + `(?:[ /](?:` + placeWord + `|an|am|im|in|bei|der|dem|den|ob|vor|\([A-ZÄÖÜ]\p{L}+\))){0,4})`
)

var (
	// "(sib)", "*(ve)*", "(dpa/ck)" at the very end, a dash before it or not.
	authorCode = regexp.MustCompile(`(?:^|\s)(?:[–—-]\s)?\*{0,2}\(((?:` + shortCode + `|[A-Z][a-zäöüß]{1,4}\.?)` + moreCodes + `)\)\*{0,2}(\.?)\s*$`)
	codesIn    = regexp.MustCompile(`\((` + shortCode + moreCodes + `)\)`)
	// "Schwerin (dpa) – ", "(sib) – "
	placeCode = regexp.MustCompile(`^(?:` + placePattern + `,?\s*)?\((` + shortCode + moreCodes + `)\)\s*((?:[.:–—|-]\s?)*)\s*`)
	// "Schwerin. ", "Bad Doberan – ", behind a date
	placeOnly = regexp.MustCompile(`^` + placePattern + `\s*(?:[:–—]|-\s|\.\s)\s*[\p{Lu}„“"»]`)
	agency    = regexp.MustCompile(`^(?:dpa|ots|epd|kna|afp|apa|sid|dts|AFP|KNA|APA|SID)\b`)
	// "09.03.2021 (sib) – "
	dateCode = regexp.MustCompile(`^\s*` + datePattern + `\s*[,|–—-]?\s*\(` + shortCode + moreCodes + `\)(?:\s*[.:–—|-])*\s*`)
	// What begins a text as a place does, and is none.
	noPlace = regexp.MustCompile(`^(?:Der|Die|Das|Den|Dem|Ein|Eine|Diese[rs]?|Endlich|Nein|Ja|Doch|Fertig|Vorbei|Schluss|Stillstand|Neustart|Achtung)\b|^\p{Lu}{2,4}$|` +
		`(?:ung|heit|keit|schaft|ion|tät|pakt|gesetz|amt|portal|strategie|ismus)(?:en)?$|^(?i:ab|an|auf|aus|ein|zu)?(?i:ge|be|ver|er|ent)\p{Ll}{2,}[^\sdsr]t$`)
	onlyLink = regexp.MustCompile(`^(?:<?(?:https?://|www\.)[^\s>]+>?|\(?https?://[^\s)]+\)?)$`)
)

const (
	datelineBytes = 300 // of text, and
	datelineLines = 5   // in which a dateline stands
)

// takeDateline takes the dateline off the beginning of the text. It gives its
// date, midnight in Germany, and the codes of authors and agencies in it.
func takeDateline(lines []line) ([]line, time.Time, []string) {
	lines, at, codes := takeDate(lines)
	seen := 0
	for i, l := range lines[:min(len(lines), datelineLines)] {
		if seen > datelineBytes || len(codes) > 0 {
			break
		}
		if rest, found := takePlace(l.text, false); len(found) > 0 && rest != "" {
			lines = slices.Clone(lines)
			lines[i].text = rest
			return lines, at, found
		}
		seen += len(l.text)
	}
	return lines, at, codes
}

// takeDate takes the date off, and what stands beside it in its line.
func takeDate(lines []line) ([]line, time.Time, []string) {
	seen := 0
	for i, l := range lines[:min(len(lines), datelineLines)] {
		if seen > datelineBytes {
			break
		}
		for _, re := range []*regexp.Regexp{bracketDate, placeDate, dateCode} {
			m := re.FindStringSubmatch(l.text)
			if m == nil {
				continue
			}
			t := dateOf(m[:4])
			if t.IsZero() {
				continue
			}
			codes := codesOf(m[0])
			rest, more := takePlace(strings.TrimSpace(l.text[len(m[0]):]), re == bracketDate)
			out := slices.Clone(lines)
			if out[i].text = rest; rest == "" {
				out = slices.Delete(out, i, i+1)
			}
			return out, t, append(codes, more...)
		}
		for _, re := range []*regexp.Regexp{placeAlone, aloneDate} {
			if m := re.FindStringSubmatch(l.text); m != nil && len(l.text) <= 120 {
				if t := dateOf(m); !t.IsZero() {
					return slices.Concat(lines[:i], lines[i+1:]), t, nil
				}
			}
		}
		seen += len(l.text)
	}
	return lines, time.Time{}, nil
}

// takePlace takes a place and codes off the beginning of a text. A place alone
// is believed right behind a date, and a code that is no agency's only there or
// before a dash.
func takePlace(text string, dated bool) (string, []string) {
	if m := placeCode.FindStringSubmatch(text); m != nil && (agency.MatchString(m[2]) || (dated || m[3] != "") && !noPlace.MatchString(m[1])) {
		return text[len(m[0]):], []string{m[2]}
	}
	if m := placeOnly.FindStringSubmatchIndex(text); m != nil && dated {
		if place := text[m[2]:m[3]]; len(place) >= 3 && strings.Count(place, " ") <= 3 && !noPlace.MatchString(place) {
			return strings.TrimLeft(text[m[3]:], " .:–—-"), nil
		}
	}
	return text, nil
}

func codesOf(text string) []string {
	var out []string
	for _, m := range codesIn.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// takeAuthorCode takes the author's code off the last line of prose, and the
// addresses below it.
func takeAuthorCode(lines []line) ([]line, string) {
	end := len(lines)
	for end > 1 && onlyLink.MatchString(lines[end-1].text) {
		end--
	}
	if end == 0 {
		return lines, ""
	}
	lines = append([]line{}, lines[:end]...)
	last := &lines[end-1]
	m := authorCode.FindStringSubmatchIndex(last.text)
	if m == nil {
		return lines, ""
	}
	code, before := last.text[m[2]:m[3]], strings.TrimSpace(last.text[:m[0]])
	// "… in drei Farben (rot, blau)." is a sentence.
	if (m[4] < m[5] || strings.ContainsAny(code, ",")) && before != "" && !endsSentence(before) {
		return lines, ""
	}
	if last.text = before; before == "" {
		lines = lines[:end-1]
	}
	return lines, code
}
