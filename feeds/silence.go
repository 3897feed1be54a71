package feeds

import (
	"time"

	"github.com/rickar/cal/v2/de"
)

// A feed is silent when nothing new came for silentTimes its own rhythm and
// for silentLeast on working days.
const (
	silentTimes = 4
	silentLeast = 48 * time.Hour
)

// quiet says whether a feed is silent at now, which last brought something new
// at last and does so once in a rhythm as a rule. A feed whose rhythm is not
// known, or that never brought anything, is not. Weekends, nationwide
// holidays of Germany and the days from Christmas Eve to New Year are not held against it:
// "at least two days" means working days, in UTC.
func quiet(last, now time.Time, rhythm time.Duration) bool {
	if last.IsZero() || rhythm <= 0 || now.Sub(last) <= silentTimes*rhythm {
		return false
	}
	return workedFor(last.UTC(), now.UTC(), silentLeast)
}

// workedFor says whether more than so much time of working days lies between.
func workedFor(from, to time.Time, want time.Duration) bool {
	var sum time.Duration
	for from.Before(to) && sum <= want {
		next := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, time.UTC)
		if next.After(to) {
			next = to
		}
		if !dayOff(from) {
			sum += next.Sub(from)
		}
		from = next
	}
	return sum > want
}

// dayOff says whether hardly a newsroom or press office of the public sector
// publishes on that day.
func dayOff(day time.Time) bool {
	switch {
	case day.Weekday() == time.Saturday, day.Weekday() == time.Sunday:
		return true
	case day.Month() == time.December && day.Day() >= 24:
		return true
	}
	for _, h := range de.Holidays {
		if on, _ := h.Calc(day.Year()); on.Month() == day.Month() && on.Day() == day.Day() {
			return true
		}
	}
	return false
}

// silentFor says that a feed of that rhythm is silent.
func silentFor(rhythm time.Duration) string {
	switch hours := int64(rhythm.Round(time.Hour) / time.Hour); {
	case hours <= 1:
		return saySilentHour.with()
	case hours < 48:
		return saySilentHours.with(hours)
	default:
		return saySilentDays.with((hours + 12) / 24)
	}
}
