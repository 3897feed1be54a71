package feeds

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a container without zone files must read dates all the same
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
}

var weekdays = setOf("mo di mi do fr sa so mon tue tues wed thu thur thurs fri sat sun die mit don fre sam son " +
	"montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag monday tuesday wednesday thursday friday saturday sunday")

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
	"mst": -25200, "mdt": -21600, "pst": -28800, "pdt": -25200,
}

const clock = `(?:(?:[t,\s]|\s[-–|/]\s|\sum\s|\sat\s)\s*(?:um\s+)?(?P<h>\d{1,2})[:.](?P<i>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?(?:\s*(?P<ap>[ap])\.?m\.?)?(?:\s*uhr)?)?`
const zone = `(?:\s*(?P<z>[a-z]{1,10}/[a-z_]{1,20}|[a-z]{1,5}|(?:gmt|utc|ut)?\s*[-+−]\d{1,2}(?::?\d{2})?)(?:\s*\([^()]{1,40}\)|\s(?:gmt|utc|ut|mez|mesz|met|mest|cet|cest))?)?`

// dateForms are tried in order on the lower-cased date without its weekday.
var dateForms = []*regexp.Regexp{
	regexp.MustCompile(`^(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:t(?P<h>\d{2})(?P<i>\d{2})(?P<s>\d{2})?)?` + zone + `$`),
	regexp.MustCompile(`^(?P<y>\d{4})-(?P<m>\d{2})$`),
	regexp.MustCompile(`^(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2}),?` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<d>\d{1,2})\.?[-\s]\s*(?P<n>[a-zäöü]{3,9})\.?,?[-\s]\s*(?P<y>\d{4}|\d{2}),?` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<n>[a-zäöü]{3,9})\.?\s(?P<d>\d{1,2}),?\s(?P<y>\d{4}),?` + clock + zone + `$`),
	regexp.MustCompile(`^(?P<n>[a-z]{3})\s(?P<d>\d{1,2})\s(?P<h>\d{1,2}):(?P<i>\d{2}):(?P<s>\d{2})\s(?:(?P<z>[a-z]{1,5}|[-+]\d{4})\s)?(?P<y>\d{4})$`),
}

// parseDate reads the dates that feeds have: RFC 822 and 3339, the ones that
// German sites write (names, MEZ and MESZ, "5. März 2024, 10:00 Uhr",
// "05.03.2024 10:00"), and those without a zone as Berlin time.
// What has trailing junk, a part out of range, or a year before 1990 or after
// 2100 is no date.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC1123Z, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return plausible(t)
		}
	}
	if strings.HasSuffix(s, " GMT") {
		if t, err := time.Parse(time.RFC1123, s); err == nil {
			return plausible(t)
		}
	}
	s = withoutWeekday(strings.ToLower(strings.Join(strings.Fields(s), " ")))
	for _, form := range dateForms {
		if m := form.FindStringSubmatch(s); m != nil {
			return assemble(form, m)
		}
	}
	return time.Time{}, false
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
	rest := strings.TrimLeft(s[i:], " ,.")
	return strings.TrimPrefix(rest, "den ")
}

// assemble builds the time from a form's named groups.
func assemble(form *regexp.Regexp, m []string) (time.Time, bool) {
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
			return time.Time{}, false
		}
		month = int(known)
	}
	hour, minute, sec := num("h", 0), num("i", 0), num("s", 0)
	switch {
	case part["ap"] == "p" && hour < 12:
		hour += 12
	case part["ap"] == "a" && hour == 12:
		hour = 0
	}
	if sec == 60 {
		sec = 59 // a leap second
	}
	loc, ok := zoneOf(part["z"])
	if !ok || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || sec > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, sec, 0, loc)
	if t.Day() != day { // 31 February
		return time.Time{}, false
	}
	return plausible(t)
}

var offsetForm = regexp.MustCompile(`^(?:gmt|utc|ut)?\s*([-+−])(\d{1,2}):?(\d{2})?$`)

func zoneOf(z string) (*time.Location, bool) {
	if z == "" || z == "uhr" {
		return berlin, true
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
	if z == "europe/berlin" || z == "europe/vienna" || z == "europe/zurich" {
		return berlin, true
	}
	return nil, false
}
