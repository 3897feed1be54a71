package feeds

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a container without zone files must read dates all the same
	"unicode"
)

// berlin is the zone of dates that name none: the feeds are German ones.
var berlin = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil { // cannot be, with time/tzdata linked in
		return time.FixedZone("MEZ", 3600)
	}
	return loc
}()

var months = map[string]time.Month{
	"jan": 1, "jän": 1, "januar": 1, "jänner": 1, "jaenner": 1, "january": 1,
	"feb": 2, "februar": 2, "feber": 2, "february": 2,
	"mär": 3, "mar": 3, "mrz": 3, "mär.": 3, "märz": 3, "maerz": 3, "march": 3,
	"apr": 4, "april": 4,
	"mai": 5, "may": 5,
	"jun": 6, "juni": 6, "june": 6,
	"jul": 7, "juli": 7, "july": 7,
	"aug": 8, "august": 8,
	"sep": 9, "sept": 9, "september": 9,
	"okt": 10, "oct": 10, "oktober": 10, "october": 10,
	"nov": 11, "november": 11,
	"dez": 12, "dec": 12, "dezember": 12, "december": 12,
	"janv": 1, "janvier": 1, "févr": 2, "fév": 2, "février": 2, "mars": 3, "avr": 4, "avril": 4, "juin": 6, "juil": 7,
	"juillet": 7, "août": 8, "septembre": 9, "octobre": 10, "novembre": 11, "déc": 12, "décembre": 12,
}

var weekdays = setOf("mo di mi do fr sa so mon tue tues wed thu thur thurs fri sat sun die mit don fre sam son " +
	"montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday friday saturday sunday")

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// zones gives offsets of zone names in seconds. MEZ is one hour in summer too:
// who writes it in July has forgotten the summer, or means it; nobody can tell.
var zones = map[string]int{
	"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
	"mez": 3600, "cet": 3600, "met": 3600, "bst": 3600, "west": 3600,
	"mesz": 7200, "cest": 7200, "mest": 7200, "eet": 7200,
	"eest": 10800, "msk": 10800,
	"est": -18000, "edt": -14400, "cst": -21600, "cdt": -18000,
	"at": -14400, "et": -18000, "ct": -21600, "mt": -25200, "pt": -28800,
	"mst": -25200, "mdt": -21600, "pst": -28800, "pdt": -25200,
}

const (
	clock = `(?:(?:[t,\s]|\s[-–|/]\s|\s(?:um|at)\s)\s*(?:um\s+)?(?:` + minutes + `|(?P<hh>\d{1,2})\s?uhr))?`
	// first is a time that stands before the day.
	first   = `(?:` + minutes + `(?:,|\s[-–|]|\sam)?\s)?`
	minutes = `(?P<h>\d{1,2})[:.](?P<i>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?(?:\s*(?P<ap>[ap])\.?m\.?)?(?:\s*uhr)?`
	zone    = `(?:\s*\(?(?P<z>[a-z]{1,10}/[a-z_]{1,20}|[a-z]{1,5}|(?:gmt|utc|ut|mez|mesz|met|mest|cet|cest)?\s*[-+−]\d{1,2}(?::?\d{2})?)\)?z?` + again + `)?`
	// again is the zone a second time, as a name.
	again = `(?:\s*\([^()]{1,40}\)|\s*\[[a-z_/]{1,30}\]|\s(?:gmt|utc|ut|mez|mesz|met|mest|cet|cest))?`
	word  = `(?P<n>[a-zäöüéû]{3,9})`
)

// dateForms are tried in order on the lower-cased date without its weekday.
var dateForms = []*regexp.Regexp{
	regexp.MustCompile(`^(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[t\s]?(?P<h>\d{2}):?(?P<i>\d{2}):?(?P<s>\d{2})?)?` + zone + `$`),
	regexp.MustCompile(`^(?P<y>\d{4})-(?P<m>\d{2})$`),
	regexp.MustCompile(`^(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2}),?` + clock + zone + `$`),
	regexp.MustCompile(`^` + first + `(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})$`),
	regexp.MustCompile(`^(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4}),?` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4}|\d{2}),?` + clock + zone + `$`), // or month first, see assemble
	regexp.MustCompile(`^(?P<d>\d{1,2})\s(?P<m>\d{1,2})\s(?P<y>\d{4})` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<d>\d{1,2})(?:st|nd|rd|th)?[.,]?[-\s.]?\s*` + word + `\.?,?[-\s.]\s*(?P<y>\d{4}|\d{2}),?` + clock + zone + `$`),
	regexp.MustCompile(`^` + first + `(?P<d>\d{1,2})\.?\s?` + word + `\.?\s(?P<y>\d{4})$`),
	regexp.MustCompile(`^` + word + `\.?\s(?P<d>\d{1,2}),?\s(?P<y>\d{4}),?` + clock + zone + `$`),
	regexp.MustCompile(`^` + word + `\s(?P<d>\d{1,2})\s(?P<h>\d{1,2}):(?P<i>\d{2}):(?P<s>\d{2})\s(?:(?P<z>[a-z]{1,5}|[-+]\d{4})\s)?(?P<y>\d{4})$`),
}

// parseDate reads the dates that feeds have: RFC 822 and 3339, the ones that
// German sites write (names, MEZ and MESZ, "5. März 2024, 10:00 Uhr",
// "05.03.2024 10:00"), and those without a zone as Berlin time.
// What has trailing junk, a part out of range, or a year before 1990 or after
// 2100 is no date.
func parseDate(s string) (time.Time, bool) { return readDate(s).in(berlin) }

// dated is a date as a feed has it. Where it names no zone it is bare: its time
// is what a clock shows, as if in UTC, until the feed's own zone is known.
type dated struct {
	time.Time
	bare bool
}

// in gives the time where bare dates are those of a zone. false: there is none.
func (d dated) in(own *time.Location) (time.Time, bool) {
	t := d.Time
	if d.bare {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), own)
	}
	return plausible(t)
}

// offset gives the zone that a date names by its distance from UTC in seconds.
// false: it names none, or UTC.
func (d dated) offset() (int, bool) {
	_, off := d.Zone()
	return off, !d.bare && off != 0
}

// readDate reads a date; the zero value says that it is none.
func readDate(s string) dated {
	s = strings.TrimSpace(s)
	if len(s) < 6 || len(s) > 100 {
		return dated{}
	}
	for _, layout := range []string{time.RFC1123Z, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return dated{Time: t}
		}
	}
	if strings.HasSuffix(s, " GMT") {
		if t, err := time.Parse(time.RFC1123, s); err == nil {
			return dated{Time: t}
		}
	}
	if sec, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) == 10 {
		return dated{Time: time.Unix(sec, 0).UTC()}
	}
	s = withoutWeekday(strings.TrimPrefix(strings.ToLower(strings.Join(strings.Fields(s), " ")), "stand: "))
	for _, form := range dateForms {
		if m := form.FindStringSubmatch(s); m != nil {
			return assemble(form, m)
		}
	}
	return dated{}
}

// plausible refuses years that no feed of ours can mean.
func plausible(t time.Time) (time.Time, bool) {
	if y := t.Year(); y < 1990 || y > 2100 {
		return time.Time{}, false
	}
	return t.UTC().Truncate(time.Microsecond), true
}

func withoutWeekday(s string) string {
	i := strings.IndexAny(s, " ,.")
	if i < 0 || !weekdays[s[:i]] {
		return s
	}
	if s[:i] == "mar" && !strings.HasPrefix(s[i:], ",") && !strings.HasPrefix(s[i:], ".,") {
		return s // March; mardi is written so before a comma
	}
	rest := strings.TrimLeft(s[i:], " ,.")
	return strings.TrimPrefix(rest, "den ")
}

// assemble builds the time from a form's named groups.
func assemble(form *regexp.Regexp, m []string) dated {
	part := map[string]string{}
	for i, name := range form.SubexpNames() {
		if name != "" && m[i] != "" {
			part[name] = m[i]
		}
	}
	num := func(name string, missing int) int {
		if n, err := strconv.Atoi(part[name]); err == nil {
			return n
		}
		return missing
	}
	year, month, day := num("y", 0), num("m", 1), num("d", 1)
	if len(part["y"]) == 2 {
		if year += 2000; year > 2069 {
			year -= 100
		}
	}
	if name := part["n"]; name != "" {
		known, ok := months[name]
		if !ok {
			return dated{}
		}
		month = int(known)
	}
	hour, minute, sec := num("h", num("hh", 0)), num("i", 0), num("s", 0)
	switch {
	case part["ap"] == "p" && hour < 12:
		hour += 12
	case part["ap"] == "a" && hour == 12:
		hour = 0
	}
	if sec == 60 {
		sec = 59 // a leap second
	}
	if monthFirst(form, part, month, day) {
		month, day = day, month
	}
	if part["h"] == "" && bareOffset.MatchString(part["z"]) {
		return dated{} // "2026-01-27-01" is no day with a zone
	}
	loc, ok := zoneOf(part["z"])
	if !ok || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || sec > 59 {
		return dated{}
	}
	out := dated{Time: time.Date(year, time.Month(month), day, hour, minute, sec, 0, cmp.Or(loc, time.UTC)), bare: loc == nil}
	if out.Day() != day { // 31 February
		return dated{}
	}
	return out
}

var bareOffset = regexp.MustCompile(`^[-+−]\d{1,2}$`)

// monthFirst says whether 3/5/2026 is 5 March: it is written so where the clock
// has twelve hours, and where there is no month of the other number.
func monthFirst(form *regexp.Regexp, part map[string]string, month, day int) bool {
	return form == slashed && (month > 12 && day <= 12 || part["ap"] != "" && day <= 12)
}

var slashed = dateForms[7]

var offsetForm = regexp.MustCompile(`^(?:gmt|utc|ut|mez|mesz|met|mest|cet|cest)?\s*([-+−])(\d{1,2}):?(\d{2})?$`)

// zoneOf finds a zone by its name or offset; nil: none is named.
func zoneOf(z string) (*time.Location, bool) {
	if z == "" || z == "uhr" {
		return nil, true
	}
	if off, ok := zones[z]; ok {
		return time.FixedZone("", off), true
	}
	if m := offsetForm.FindStringSubmatch(z); m != nil {
		h, _ := strconv.Atoi(m[2])
		i, _ := strconv.Atoi(m[3])
		if h > 14 || i > 59 {
			return nil, false
		}
		off := h*3600 + i*60
		if m[1] != "+" {
			off = -off
		}
		return time.FixedZone("", off), true
	}
	if region, city, ok := strings.Cut(z, "/"); ok {
		return zoneOfCity(region, city)
	}
	return nil, false
}

// zoneOfCity finds a zone of the IANA database by its lower-cased name.
func zoneOfCity(region, city string) (*time.Location, bool) {
	if region == "etc" && (city == "gmt" || city == "utc") {
		return time.UTC, true
	}
	capital := []byte(region + "/" + city)
	for i, c := range capital {
		if i == 0 || capital[i-1] == '/' || capital[i-1] == '_' {
			capital[i] = byte(unicode.ToUpper(rune(c)))
		}
	}
	loc, err := time.LoadLocation(string(capital))
	return loc, err == nil
}

// ownZone finds the zone of a feed's dates that name none: that in which its
// other dates stand, else that of the country whose language it declares, else
// Berlin's. UTC among the other dates says nothing: servers write it who think
// in their local time. Empty: nothing says so, and it is Berlin's.
func ownZone(language string, dates []dated) (name string) {
	offset, found, berlins := 0, false, true
	for _, d := range dates {
		off, ok := d.offset()
		if !ok {
			continue
		}
		_, here := d.In(berlin).Zone()
		if found && off != offset && (!berlins || off != here) {
			return "" // several zones: none is the feed's own
		}
		offset, found, berlins = off, true, berlins && off == here
	}
	switch {
	case found && berlins:
		return berlin.String()
	case found:
		return time.Time{}.In(time.FixedZone("", offset)).Format(offsetLayout)
	}
	return languageZones[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(language)), "_", "-")]
}

// noZone says that all dates of a feed name their zone.
const noZone = "-"

const offsetLayout = "-07:00"

// zoneNamed gives the zone of a name that ownZone gave.
func zoneNamed(name string) *time.Location {
	if name == "" || name == noZone || name == berlin.String() {
		return berlin
	}
	if t, err := time.Parse(offsetLayout, name); err == nil {
		_, off := t.Zone()
		return time.FixedZone("", off)
	}
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return berlin
}

// languageZones are the zones of languages that are spoken in one zone, other
// than Berlin's, or that name such a country.
var languageZones = map[string]string{
	"en-gb": "Europe/London", "en-ie": "Europe/Dublin", "pt": "Europe/Lisbon", "pt-pt": "Europe/Lisbon",
	"fi": "Europe/Helsinki", "fi-fi": "Europe/Helsinki", "et": "Europe/Tallinn", "et-ee": "Europe/Tallinn",
	"lv": "Europe/Riga", "lv-lv": "Europe/Riga", "lt": "Europe/Vilnius", "lt-lt": "Europe/Vilnius",
	"el": "Europe/Athens", "el-gr": "Europe/Athens", "ro": "Europe/Bucharest", "ro-ro": "Europe/Bucharest",
	"bg": "Europe/Sofia", "bg-bg": "Europe/Sofia", "uk": "Europe/Kyiv", "uk-ua": "Europe/Kyiv",
	"ja": "Asia/Tokyo", "ja-jp": "Asia/Tokyo", "ko": "Asia/Seoul", "ko-kr": "Asia/Seoul",
}
