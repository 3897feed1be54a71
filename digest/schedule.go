package digest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ParseSchedule reads a cron specification: five fields (minute, hour, day of
// month, month, day of week), a descriptor such as @daily, or an interval such
// as "@every 90m". Times of day are meant in loc (nil: UTC), unless the
// specification begins with CRON_TZ=ZONE or TZ=ZONE. An error names the field
// and says what would be right; a specification that never comes true, such
// as 31 February, is an error too.
//
// Where clocks change, a schedule follows what Debian's cron does:
//
//   - Fixed hours ("30 2 * * *") go by the clock on the wall. A time that the
//     spring change skips comes true at the moment of the change, so 02:30 on
//     29 March 2026 in Berlin is 03:00 CEST; several skipped times become one.
//     A time that the autumn change repeats comes true once, the first time.
//   - A wildcard in the hour ("*/15 * * * *", "0 */2 * * *", @hourly) goes by
//     elapsed time: nothing is made up for the skipped hour, and the repeated
//     hour has its runs twice.
//
// An @every schedule is counted from a fixed point, not from the start of the
// program, so that a restart does not move it: "@every 5s" comes true at every
// full five seconds, "@every 24h" at midnight UTC.
func ParseSchedule(spec string, loc *time.Location) (Schedule, error) {
	if loc == nil {
		loc = time.UTC
	}
	rest, loc, err := cutZone(strings.TrimSpace(spec), loc)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", spec, err)
	}
	var s Schedule
	switch {
	case rest == "":
		err = errors.New(`it is empty; right would be, for example, "0 8 * * 1-5"`)
	case strings.HasPrefix(rest, "@every"):
		s, err = parseEvery(rest)
	case strings.HasPrefix(rest, "@"):
		s, err = parseDescriptor(rest, loc)
	default:
		s, err = parseFields(strings.Fields(rest), loc)
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", spec, err)
	}
	return s, nil
}

// cutZone takes a leading CRON_TZ= or TZ= off.
func cutZone(spec string, loc *time.Location) (string, *time.Location, error) {
	first, rest, _ := strings.Cut(spec, " ")
	name, found := strings.CutPrefix(first, "CRON_TZ=")
	if !found {
		name, found = strings.CutPrefix(first, "TZ=")
	}
	if !found {
		return spec, loc, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return "", nil, fmt.Errorf("time zone %q is not known; right would be, for example, CRON_TZ=Europe/Berlin", name)
	}
	return strings.TrimSpace(rest), zone, nil
}

// every is a schedule of whole multiples of itself since the zero time.
type every time.Duration

// Next gives the first multiple after t.
func (e every) Next(t time.Time) time.Time {
	d := time.Duration(e)
	return t.Round(0).Truncate(d).Add(d)
}

func parseEvery(spec string) (Schedule, error) {
	text := strings.TrimSpace(strings.TrimPrefix(spec, "@every"))
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("interval %q is no duration; right would be, for example, @every 90m", text)
	}
	if d < time.Second || d%time.Second != 0 {
		return nil, fmt.Errorf("interval %q is not at least one second in whole seconds", text)
	}
	return every(d), nil
}

func parseDescriptor(spec string, loc *time.Location) (Schedule, error) {
	fields, err := onPlainClock(spec)
	if err != nil {
		return nil, fmt.Errorf("descriptor %q is not known; there are @hourly, @daily, @weekly, @monthly, @yearly and @every DURATION", spec)
	}
	return &wallClock{fields: fields, loc: loc, elapsed: spec == "@hourly"}, nil
}

// cronFields are the five fields in their order, with what each may hold.
var cronFields = []struct {
	name    string
	option  cron.ParseOption
	allowed string
}{
	{"minute", cron.Minute, "0 to 59"},
	{"hour", cron.Hour, "0 to 23"},
	{"day of month", cron.Dom, "1 to 31"},
	{"month", cron.Month, "1 to 12 or jan to dec"},
	{"day of week", cron.Dow, "0 to 6, where 0 is Sunday, or sun to sat"},
}

func parseFields(fields []string, loc *time.Location) (Schedule, error) {
	if len(fields) != len(cronFields) {
		return nil, fmt.Errorf(`it has %d fields, not five: minute, hour, day of month, month, day of week, as in "0 8 * * 1-5"`, len(fields))
	}
	var faults []string
	for i, f := range cronFields {
		if err := checkField(fields[i], f.option); err != nil {
			faults = append(faults, fmt.Sprintf("%s %q: %v; right is %s", f.name, fields[i], err, f.allowed))
		}
	}
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; ") + ", a list as in 1,3, a range as in 1-3, steps as in */2, or *")
	}
	spec, err := onPlainClock(strings.Join(fields, " "))
	if err != nil {
		return nil, err
	}
	s := &wallClock{fields: spec, loc: loc, elapsed: strings.ContainsAny(fields[1], "*?")}
	if s.fields.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("day of month %q never comes in month %q", fields[2], fields[3])
	}
	return s, nil
}

// checkField tries one field by itself; robfig/cron takes an empty list, which
// never comes true, for good.
func checkField(text string, option cron.ParseOption) error {
	if slices.Contains(strings.Split(text, ","), "") {
		return errors.New("an entry of the list is empty")
	}
	_, err := cron.NewParser(option).Parse(text)
	if err != nil && strings.Contains(err.Error(), "failed to parse int") {
		return errors.New("it is no number, and no name of one")
	}
	return err
}

// onPlainClock parses fields or a descriptor for a clock without time zone.
func onPlainClock(spec string) (*cron.SpecSchedule, error) {
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, err
	}
	fields, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%q is not a time of day", spec)
	}
	fields.Location = time.UTC
	return fields, nil
}

// wallClock evaluates the fields on the clock on the wall, which it represents
// as a time in UTC, and decides by itself what a clock change means. robfig's
// own evaluation drops a day whose time was skipped, and repeats the others.
type wallClock struct {
	fields  *cron.SpecSchedule // in UTC
	loc     *time.Location
	elapsed bool
}

// Next gives the next time after t in t's own zone; zero: never.
func (s *wallClock) Next(t time.Time) time.Time {
	zone := t.Location()
	at := s.nextFixed(t)
	if s.elapsed {
		at = s.nextElapsed(t)
	}
	if at.IsZero() {
		return at
	}
	return at.In(zone)
}

// nextFixed walks the wall clock until it shows a time that lies after t. It
// never goes back: a wall-clock time is at the earlier of its instants, and a
// skipped one at the moment of the change, so instants only grow. Nor does it
// loop for long: only the times of one repeated hour can lie before t.
func (s *wallClock) nextFixed(t time.Time) time.Time {
	wall := wallOf(t.In(s.loc))
	for {
		wall = s.nextWall(wall)
		if wall.IsZero() {
			return wall
		}
		if at := instant(wall, s.loc); at.After(t) {
			return at
		}
	}
}

// nextElapsed goes from one clock change to the next; between two of them the
// wall clock runs straight.
func (s *wallClock) nextElapsed(t time.Time) time.Time {
	local := t.In(s.loc)
	for {
		_, end := local.ZoneBounds()
		_, offset := local.Zone()
		wall := s.nextWall(wallOf(t.In(time.FixedZone("", offset))))
		if wall.IsZero() {
			return wall
		}
		at := wall.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || at.Before(end) {
			return at
		}
		// On, with the clock as it is after the change; the change itself counts.
		local, t = end.In(s.loc), end.Add(-time.Nanosecond)
	}
}

// nextWall is the next time that the fields allow. robfig looks five years
// ahead; 29 February may be eight years away.
func (s *wallClock) nextWall(wall time.Time) time.Time {
	at := s.fields.Next(wall)
	if at.IsZero() {
		at = s.fields.Next(time.Date(wall.Year()+5, 1, 1, 0, 0, 0, -1, time.UTC))
	}
	return at
}

// wallOf is what the clock on the wall shows at t, as a time in UTC.
func wallOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is when the clock in loc first shows wall; where it never does, when
// it jumps over it.
func instant(wall time.Time, loc *time.Location) time.Time {
	// The offset in force is that of some instant within a day of it.
	before := wall.Add(-24 * time.Hour).In(loc)
	for {
		_, offset := before.Zone()
		_, end := before.ZoneBounds()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || at.Before(end) {
			return at
		}
		before = end.In(loc)
		if !wallOf(before).Before(wall) {
			// The change brought the clock to or past wall: it was skipped,
			// or it is the moment itself.
			return before
		}
	}
}

// lastOccasion is the latest occasion of s that is not after now and after
// now-back; zero: none. It looks in growing windows, so that a dense schedule
// costs no more than a sparse one.
func lastOccasion(s Schedule, now time.Time, back time.Duration) time.Time {
	if s == nil {
		return time.Time{}
	}
	for window := time.Second; ; window *= 60 {
		window = min(window, back)
		var last time.Time
		for at := s.Next(now.Add(-window)); !at.IsZero() && !at.After(now); at = s.Next(at) {
			last = at
		}
		if !last.IsZero() || window == back {
			return last
		}
	}
}
