package feeds

import (
	"math/rand/v2"
	"testing"
	"time"
)

// entriesAt makes items that were published so long before now.
func entriesAt(now time.Time, ago ...time.Duration) (list []Entry) {
	for _, d := range ago {
		list = append(list, Entry{Item: Item{Published: now.Add(-d)}})
	}
	return list
}

// workdays gives the times of items from nine to five on working days, one
// every so often, newest last.
func workdays(until time.Time, days int, step time.Duration) (list []Entry) {
	for d := range days {
		day := until.AddDate(0, 0, d-days).Truncate(24 * time.Hour)
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		for at := 9 * time.Hour; at < 17*time.Hour; at += step {
			list = append(list, Entry{Item: Item{Published: day.Add(at)}})
		}
	}
	return list
}

// TestFirstDocumentTeaches: what one document says of a feed's rhythm.
func TestFirstDocumentTeaches(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	every := func(step time.Duration, n int) (list []Entry) {
		for i := range n {
			list = append(list, entriesAt(now, time.Duration(i)*step)...)
		}
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list
	}
	for _, c := range []struct {
		name  string
		items []Entry
		want  time.Duration
	}{
		{"every ten minutes", every(10*time.Minute, 30), 10 * time.Minute},
		{"monthly", every(30*24*time.Hour, 12), 30 * 24 * time.Hour},
		{"hourly at work, nights and weekends quiet", workdays(now, 21, time.Hour), time.Hour},
		{"one a working day", workdays(now, 40, 8*time.Hour), 24 * time.Hour},
		{"two a working day", workdays(now, 40, 5*time.Hour), 5 * time.Hour},
		{"five at once every morning", entriesAt(now,
			0, time.Minute, 2*time.Minute, 24*time.Hour, 24*time.Hour+time.Second, 24*time.Hour+time.Minute,
			48*time.Hour, 48*time.Hour+time.Minute, 72*time.Hour, 72*time.Hour+2*time.Minute), 24 * time.Hour},
		{"an archive brought in at one stroke, then weekly", append(every(time.Second, 0), entriesAt(now,
			0, 7*24*time.Hour, 14*24*time.Hour, 21*24*time.Hour, 21*24*time.Hour+time.Second, 21*24*time.Hour+2*time.Second)...), 7 * 24 * time.Hour},
		{"a long pause among regular items", entriesAt(now, 0, time.Hour, 2*time.Hour, 3*time.Hour, 900*time.Hour, 901*time.Hour, 902*time.Hour), time.Hour},
		{"all at one moment say nothing", every(0, 30), 0},
		{"two say nothing", every(time.Hour, 2), 0},
		{"no dates say nothing", make([]Entry, 30), 0},
		{"dates to come say nothing", every(-time.Hour, 30)[1:], 0},
		{"dates of the epoch say nothing", append(entriesAt(now, 0, time.Hour), Entry{Item: Item{Published: time.Unix(0, 0)}}), 0},
		{"no items", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := learn(Feed{}, now, c.items).rhythm; got.Round(time.Minute) != c.want {
				t.Errorf("rhythm %v, want %v", got, c.want)
			}
		})
	}
}

// TestLaterItemsRefine: a feed is polled, and its new items come one by one.
func TestLaterItemsRefine(t *testing.T) {
	start := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	hour := func(n int) time.Duration { return time.Hour }
	for _, c := range []struct {
		name     string
		before   time.Duration // what was known
		gap      func(n int) time.Duration
		news     int
		dated    bool
		from, to time.Duration
	}{
		{"it stays as it is", time.Hour, hour, 50, true, 59 * time.Minute, 61 * time.Minute},
		{"it becomes faster", 24 * time.Hour, hour, 20, true, 55 * time.Minute, 90 * time.Minute},
		{"it becomes slower", time.Hour, func(int) time.Duration { return 24 * time.Hour }, 15, true, 20 * time.Hour, 25 * time.Hour},
		{"nights fool nobody", time.Hour, func(n int) time.Duration {
			if n%8 == 7 {
				return 16 * time.Hour
			}
			return time.Hour
		}, 400, true, 50 * time.Minute, 2 * time.Hour},
		{"a week of holidays fools nobody", time.Hour, func(n int) time.Duration {
			if n == 45 {
				return 9 * 24 * time.Hour
			}
			return time.Hour
		}, 50, true, 55 * time.Minute, 90 * time.Minute},
		{"a burst fools nobody for long", 24 * time.Hour, func(n int) time.Duration {
			if n < 4 {
				return 10 * time.Minute
			}
			return 24 * time.Hour
		}, 14, true, 18 * time.Hour, 25 * time.Hour},
		{"without dates, from when they were met", 0, hour, 10, false, 59 * time.Minute, 61 * time.Minute},
		{"without dates, and it becomes slower", time.Hour, func(int) time.Duration { return 24 * time.Hour }, 15, false, 20 * time.Hour, 25 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := start
			f := Feed{Rhythm: c.before, LastNew: now, Marks: []byte{1}}
			for n := range c.news {
				now = now.Add(c.gap(n))
				entry := Entry{}
				if c.dated {
					entry.Published = now
				}
				got := learn(f, now, []Entry{entry})
				if !got.latest.Equal(now) {
					t.Fatalf("its latest news are of %v, not of %v", got.latest, now)
				}
				f.Rhythm, f.LastNew = got.rhythm, now
				if same := learn(f, now.Add(time.Minute), nil); same != (lesson{rhythm: f.Rhythm, latest: now}) {
					t.Fatalf("a poll without items taught %+v", same)
				}
			}
			if f.Rhythm < c.from || f.Rhythm > c.to {
				t.Errorf("rhythm %v, want %v to %v", f.Rhythm, c.from, c.to)
			}
		})
	}
	t.Run("an old item that is met again teaches nothing", func(t *testing.T) {
		f := Feed{Rhythm: time.Hour, LastNew: start} // no marks: who knows which items are new
		if got := learn(f, start.Add(time.Minute), entriesAt(start, time.Hour, 2*time.Hour)); got != (lesson{rhythm: time.Hour, latest: start}) {
			t.Errorf("%+v", got)
		}
	})
}
