package bot

import (
	"fmt"
	"strings"
	"time"
)

var (
	weekdays = map[string][7]string{
		"de": {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	}
	months = map[string][12]string{
		"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	}
)

// longDate is "Montag, 23. November 2026" or "Monday, 23 November 2026", in t's zone.
func longDate(lang string, t time.Time) string {
	dot := ""
	if lang == "de" {
		dot = "."
	}
	return fmt.Sprintf("%s, %d%s %s %d", weekdays[lang][t.Weekday()], t.Day(), dot, months[lang][t.Month()-1], t.Year())
}

// stamp is when something happened, as short as it can be said on the day of
// now: "08:12", "20.11., 08:12", "20.11.2025, 08:12". Both times are in one zone.
func stamp(lang string, t, now time.Time) string {
	clock := t.Format("15:04")
	y, m, d := t.Date()
	ny, nm, nd := now.Date()
	switch {
	case y == ny && m == nm && d == nd:
		return clock
	case lang == "de" && y == ny:
		return fmt.Sprintf("%d.%d., %s", d, m, clock)
	case lang == "de":
		return fmt.Sprintf("%d.%d.%d, %s", d, m, y, clock)
	case y == ny:
		return fmt.Sprintf("%d %s, %s", d, months[lang][m-1][:3], clock)
	default:
		return fmt.Sprintf("%d %s %d, %s", d, months[lang][m-1][:3], y, clock)
	}
}

// moment is a stamp as a sentence says it, in the zone of now: "08:12 Uhr".
func moment(lang string, t, now time.Time) string {
	s := stamp(lang, t.In(now.Location()), now)
	if lang == "de" {
		s += " Uhr"
	}
	return s
}

// occasion is a time with its weekday: "Montag, 23.11., 08:00 Uhr".
func occasion(lang string, t time.Time) string {
	day := weekdays[lang][t.Weekday()]
	if lang == "de" {
		return fmt.Sprintf("%s, %d.%d., %s Uhr", day, t.Day(), t.Month(), t.Format("15:04"))
	}
	return fmt.Sprintf("%s, %d %s, %s", day, t.Day(), months[lang][t.Month()-1][:3], t.Format("15:04"))
}

// capital gives the text with a capital first letter, for a digest's label in a heading.
func capital(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}
