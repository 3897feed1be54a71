package digest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
)

// holidaysOf lists the public holidays of the sixteen Länder by ISO 3166-2 code.
var holidaysOf = map[string][]*cal.Holiday{
	"DE-BW": de.HolidaysBW, "DE-BY": de.HolidaysBY, "DE-BE": de.HolidaysBE, "DE-BB": de.HolidaysBB,
	"DE-HB": de.HolidaysHB, "DE-HH": de.HolidaysHH, "DE-HE": de.HolidaysHE, "DE-MV": de.HolidaysMV,
	"DE-NI": de.HolidaysNI, "DE-NW": de.HolidaysNW, "DE-RP": de.HolidaysRP, "DE-SL": de.HolidaysSL,
	"DE-SN": de.HolidaysSN, "DE-ST": de.HolidaysST, "DE-SH": de.HolidaysSH, "DE-TH": de.HolidaysTH,
}

// Holidays tells the public holidays of one Land. It is safe for concurrent use.
type Holidays struct{ days []*cal.Holiday }

// HolidaysIn gives the holidays of a Land by its ISO 3166-2 code, such as
// DE-NW. Holidays that only some of its municipalities keep are not among them.
func HolidaysIn(code string) (*Holidays, error) {
	days, ok := holidaysOf[code]
	if !ok {
		return nil, fmt.Errorf("%q is no German state; write one of %s", code, strings.Join(slices.Sorted(maps.Keys(holidaysOf)), ", "))
	}
	return &Holidays{days: days}, nil
}

// On reports whether the calendar day of t, in t's own zone, is a holiday.
func (h *Holidays) On(t time.Time) bool {
	for _, d := range h.days {
		if day, _ := d.Calc(t.Year()); !day.IsZero() && day.Month() == t.Month() && day.Day() == t.Day() {
			return true
		}
	}
	return false
}

// SkipHolidays gives a schedule without the occasions that fall on a holiday
// of loc's calendar. What lies between belongs to the next occasion.
func SkipHolidays(s Schedule, h *Holidays, loc *time.Location) Schedule {
	if h == nil {
		return s
	}
	return workdays{s, h, loc}
}

type workdays struct {
	Schedule
	holidays *Holidays
	loc      *time.Location
}

// Next gives the next occasion after t that is not on a holiday.
func (w workdays) Next(t time.Time) time.Time {
	for range 400 { // a schedule that only ever falls on holidays never fires
		t = w.Schedule.Next(t)
		local := t.In(w.loc)
		if t.IsZero() || !w.holidays.On(local) {
			return t
		}
		t = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, -1, w.loc)
	}
	return time.Time{}
}
