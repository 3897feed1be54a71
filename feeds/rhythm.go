package feeds

import (
	"math"
	"slices"
	"time"
)

// A feed's rhythm is the time between two of its items as a rule: between two
// occasions, to be exact, since five items that a desk files within minutes
// are one. It is the median, so that nights, weekends and one quiet August
// leave it alone. The first document that has dates teaches it at once; later
// items refine it.
const (
	burstPart   = 10               // items closer together than a tenth of the mean gap are one occasion,
	burstLast   = 30 * time.Minute // but never those that lie farther apart than this
	lessonShare = 0.25             // how much one later gap moves the rhythm, on a logarithmic scale,
	lessonLimit = 4                // and how many times longer or shorter it counts at most
	surely      = 10               // dated items of a first document that tell when the feed last had something new
	fewest      = 3                // occasions from which a rhythm is learned
)

// oldestDate is before any date of a feed that can be believed.
var oldestDate = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// lesson is what one poll teaches of a feed's rhythm.
type lesson struct {
	rhythm time.Duration // 0: not known
	latest time.Time     // when it last had something new, as far as is known
	sure   bool          // a first document has so many dates that latest is no accident
}

// learn gives what is known of a feed's rhythm after a poll that read items
// at now. f is the feed as it was before.
func learn(f Feed, now time.Time, items []Entry) lesson {
	known := lesson{rhythm: f.Rhythm, latest: f.LastNew}
	if len(items) == 0 {
		return known
	}
	var dates []time.Time
	for _, e := range items {
		if d := e.Published; d.After(oldestDate) && !d.After(now) {
			dates = append(dates, d)
		}
	}
	slices.SortFunc(dates, time.Time.Compare)
	if f.LastNew.IsZero() { // the first document shows the past
		known.latest = now
		if len(dates) > 0 {
			known.latest = dates[len(dates)-1]
		}
		known.sure = len(dates) >= surely
		known.rhythm = usual(dates)
		return known
	}
	fresh := after(dates, f.LastNew)
	if len(fresh) == 0 && (f.Marks != nil || len(dates) == 0) {
		fresh = []time.Time{now} // new to us, though the feed gives it no date, or an old one
	}
	if len(fresh) == 0 {
		return known
	}
	known.latest = now
	if known.rhythm == 0 {
		if known.rhythm = usual(dates); known.rhythm == 0 {
			known.rhythm = max(time.Second, now.Sub(f.LastNew))
		}
		return known
	}
	known.rhythm = refine(known.rhythm, fresh[0].Sub(f.LastNew))
	for _, gap := range gaps(fresh, known.rhythm/burstPart) {
		known.rhythm = refine(known.rhythm, gap)
	}
	return known
}

// usual gives the median gap between occasions; 0: there are too few.
func usual(dates []time.Time) time.Duration {
	if len(dates) < fewest {
		return 0
	}
	mean := dates[len(dates)-1].Sub(dates[0]) / time.Duration(len(dates)-1)
	list := gaps(dates, mean/burstPart)
	if len(list) < fewest-1 {
		return 0
	}
	slices.Sort(list)
	return max(time.Second, list[(len(list)-1)/2])
}

// gaps gives the times between occasions of sorted dates: from one's beginning
// to the next one's.
func gaps(dates []time.Time, burst time.Duration) (list []time.Duration) {
	burst = min(burst, burstLast)
	begin, last := dates[0], dates[0]
	for _, d := range dates[1:] {
		if d.Sub(last) > burst {
			list = append(list, d.Sub(begin))
			begin = d
		}
		last = d
	}
	return list
}

// refine moves a rhythm towards a gap that was met.
func refine(rhythm, gap time.Duration) time.Duration {
	ratio := float64(gap) / float64(rhythm)
	ratio = max(1.0/lessonLimit, min(ratio, lessonLimit))
	return max(time.Second, time.Duration(float64(rhythm)*math.Pow(ratio, lessonShare)))
}

// after gives what of sorted dates lies after t.
func after(dates []time.Time, t time.Time) []time.Time {
	i, _ := slices.BinarySearchFunc(dates, t, func(d, t time.Time) int {
		if d.After(t) {
			return 1
		}
		return -1
	})
	return dates[i:]
}

// Rhythm is how often feeds are asked (the configuration's poll.every, min
// and max).
type Rhythm struct {
	Every time.Duration // between polls of a feed that works and whose rhythm is not known
	Min   time.Duration // bounds of every interval that we choose by ourselves,
	Max   time.Duration // backing off included
}

const (
	sleepPart  = 4 // a feed that is quiet for four rhythms begins to sleep
	bareTimes  = 2 // a feed without validators is asked half as often,
	pushTimes  = 4 // and one whose hub pushes a quarter as often (W3C WebSub; feeds that push still lose some)
	oneDay     = 24 * time.Hour
	ladderLast = oneDay // the longest step of backing off
)

// interval is the time between two polls of a feed that works:
//
//   - its rhythm is not known: Every.
//   - rhythm up to twice Every: half the rhythm. What comes every ten minutes is
//     asked for every five.
//   - slower, up to a day: from Every to twice Every. What a weekday feed
//     publishes is known within the hour.
//   - slower still: in proportion, so that a feed is asked about 24 times in its
//     rhythm where Every is half an hour; a weekly one every seven hours.
//
// A feed that sleeps counts as one whose rhythm is a quarter of its silence; a
// weekend lies below that. One without validators, which sends its whole body
// each time, is asked half as often, one whose hub pushes a quarter as often.
func (b Rhythm) interval(f Feed, now, latest time.Time) time.Duration {
	rhythm := f.Rhythm
	if !latest.IsZero() {
		rhythm = max(rhythm, now.Sub(latest)/sleepPart)
	}
	wait := b.of(rhythm)
	if f.Rhythm == 0 {
		wait = max(b.Every, wait)
	} else if f.Validators == (Validators{}) {
		wait *= bareTimes
	}
	if f.Pushed.After(now) {
		wait *= pushTimes
	}
	return b.clamp(wait)
}

// of is the interval for a rhythm.
func (b Rhythm) of(rhythm time.Duration) time.Duration {
	twice := 2 * b.Every
	switch {
	case rhythm <= twice:
		return rhythm / 2
	case rhythm <= oneDay:
		return b.Every + time.Duration(float64(b.Every)*float64(rhythm-twice)/float64(oneDay-twice))
	}
	return min(b.Max, time.Duration(float64(twice)*float64(rhythm)/float64(max(oneDay, twice))))
}

func (b Rhythm) clamp(d time.Duration) time.Duration { return max(b.Min, min(d, b.Max)) }
