package article

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// berlin is where dates without a zone are meant.
var berlin = mustBerlin()

func mustBerlin() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil { // cannot be, with time/tzdata linked in
		return time.FixedZone("CET", 3600)
	}
	return loc
}

const datePattern = `(\d{1,2})\.\s?(\d{1,2}\.|Jan(?:uar|\.)?|Jän(?:ner|\.)?|Feb(?:ruar|\.)?|März|Maerz|Mär\.?|Apr(?:il|\.)?|Mai|Jun[i.]?|Jul[i.]?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Okt(?:ober|\.)?|Nov(?:ember|\.)?|Dez(?:ember|\.)?)\s?(\d{4})`

const clockPattern = `(?:\s*(?:,|\||-|–|um)?\s*(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?\s*(?:Uhr|h)?)?`

var (
	// "[9.3.2021]"
	bracketDate = regexp.MustCompile(`^\s*[\[(]` + datePattern + `[\])]\s*[:–—-]?\s*`)
	// "Schwerin, 9. März 2021 -", "Berlin (ots), den 09.03.2021."
	placeDate  = regexp.MustCompile(`^\s*(?:[A-ZÄÖÜ][\p{L}.\-/]*(?:[ /][\p{L}.()\-]+){0,4}(?:\s?\([^)]{1,30}\))?\s*,?\s*(?:den|am|,)?\s+|[A-ZÄÖÜ][\p{L}.\- /()]{1,40},\s*)(?:(?:Mo|Die|Mitt|Do|Frei|Sams|Sonn)\p{L}{0,8},?\s*(?:den\s+)?)?` + datePattern + `(?:\s*(?:[.:–—|/-]|\([\p{L}/, -]{2,30}\)))+\s*`)
	placeAlone = regexp.MustCompile(`^\s*[A-ZÄÖÜ][\p{L}.\- /()]{1,60},\s*(?:den\s+|am\s+)?` + datePattern + `\.?\s*$`)
	// "9. März 2021", "Datum: 09.03.2021 | 14:30 Uhr", "Pressemitteilung Nr. 12 vom 9. März 2021"
	aloneDate = regexp.MustCompile(`(?i)^\s*(?:(?:Datum|Erscheinungsdatum|Veröffentlichungsdatum|Veröffentlicht(?: am)?|Erschienen(?: am)?|Online seit|Stand|Vom|(?:Presse|Medien)(?:mitteilung|information|meldung)|Meldung|Nachricht|Artikel|News)\b(?:[^.!?]|Nr\.){0,40}?\s*:?\s*)?(?:(?:Mo|Di|Mi|Do|Fr|Sa|So)\p{L}{0,8}\.?,?\s*(?:den\s+)?)?(?:vom\s+|am\s+)?` +
		datePattern + clockPattern + `\s*(?:[|·•–/-].{0,80})?$`)
)

var months = map[string]time.Month{"jan": 1, "jän": 1, "feb": 2, "mär": 3, "mae": 3, "apr": 4, "mai": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "okt": 10, "nov": 11, "dez": 12}

// dateOf reads the three groups of datePattern, and a clock where it follows.
// Zero: there is no such day.
func dateOf(m []string) time.Time {
	if len(m) < 4 {
		return time.Time{}
	}
	day, _ := strconv.Atoi(m[1])
	year, _ := strconv.Atoi(m[3])
	var month time.Month
	if n, err := strconv.Atoi(strings.TrimSuffix(m[2], ".")); err == nil {
		month = time.Month(n)
	} else {
		month = months[strings.ToLower(string([]rune(m[2])[:3]))]
	}
	hour, minute := 0, 0
	if len(m) >= 6 && m[4] != "" {
		hour, _ = strconv.Atoi(m[4])
		minute, _ = strconv.Atoi(m[5])
	}
	t := time.Date(year, month, day, hour, minute, 0, 0, berlin)
	if month < 1 || month > 12 || t.Day() != day || hour > 23 || minute > 59 {
		return time.Time{}
	}
	return t
}

// pageDate looks for a line that is a date, right before or after the
// headline: parsers take it for something other than the article.
func pageDate(page *rendered) time.Time {
	for i, l := range page.lines {
		if l.level != 1 || l.side {
			continue
		}
		for j := i + 1; j < min(i+7, len(page.lines)); j++ {
			if t := dateIn(page.lines[j].text); !t.IsZero() {
				return t
			}
			if page.lines[j].prose() {
				break
			}
		}
		for j := i - 1; j >= max(0, i-3); j-- {
			if t := dateIn(page.lines[j].text); !t.IsZero() {
				return t
			}
		}
	}
	return time.Time{}
}

var anyDate = regexp.MustCompile(`(?:^|[^\d.])` + datePattern + `(?:$|[^\d])`)

// nearbyDate looks for a short line with a date around the headline and the
// first of the prose: a guess.
func nearbyDate(page *rendered) time.Time {
	first := -1 // line of prose, or the headline
	for i, l := range page.lines {
		if !l.side && (l.level == 1 || l.prose()) {
			first = i
			break
		}
	}
	if first < 0 {
		return time.Time{}
	}
	for _, r := range []span{{first, first + 12}, {first - 8, first}} {
		for _, l := range page.lines[max(0, r.from):min(r.to, len(page.lines))] {
			if m := anyDate.FindStringSubmatch(l.text); m != nil && len(l.text) <= 150 && !l.side {
				if t := dateOf(m); !t.IsZero() {
					return t
				}
			}
		}
	}
	return time.Time{}
}

func dateIn(text string) time.Time {
	if m := bracketDate.FindStringSubmatch(text); m != nil {
		return dateOf(m[:4])
	}
	if len(text) > 120 {
		if m := placeDate.FindStringSubmatch(text); m != nil {
			return dateOf(m[:4])
		}
		return time.Time{}
	}
	for _, re := range []*regexp.Regexp{placeAlone, aloneDate, placeDate} {
		if m := re.FindStringSubmatch(text); m != nil {
			return dateOf(m)
		}
	}
	return time.Time{}
}

// stamps are the forms of declared dates (RFC 3339, ISO 8601, what systems
// make of them); those without a zone are German.
var stamps = []string{
	time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05.999Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -0700 MST", time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02", "20060102T150405Z0700", "20060102",
	"02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006, 15:04", "02.01.2006", "2.1.2006",
}

// parseStamp reads a declared date; zero where it is none.
func parseStamp(s string) time.Time {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 60 {
		return time.Time{}
	}
	for _, text := range []string{s, zones.Replace(s)} {
		for _, layout := range stamps {
			if t, err := time.ParseInLocation(layout, text, berlin); err == nil && !invented(t) {
				return t
			}
		}
	}
	return dateIn(s)
}

// zones are the names of German time that package time does not know.
var zones = strings.NewReplacer(" MESZ", " +0200", " MEZ", " +0100")

// invented says whether package time knew a zone by its name only, and took it
// for UTC.
func invented(t time.Time) bool {
	name, offset := t.Zone()
	return offset == 0 && name != "" && name != "UTC" && name != "GMT"
}

// believable refuses dates before the web and those that lie ahead of now.
func believable(t, now time.Time) time.Time {
	if t.Year() < 1990 || t.Year() > 2200 || !now.IsZero() && t.After(now.Add(24*time.Hour)) {
		return time.Time{}
	}
	return t
}
