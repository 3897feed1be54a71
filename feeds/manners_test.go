package feeds

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The manners of a feed reader, one test a rule, in the order in which one
// would list them. In each a server records what it was asked, and time is
// simulated.

func TestNotBeforeItIsFresh(t *testing.T) {
	channel := func(inside string) string { return strings.Replace(rssOf("Eins"), "<item>", inside+"<item>", 1) }
	sy := `<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">daily</sy:updatePeriod><sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">4</sy:updateFrequency>`
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   time.Duration
	}{
		{"nothing said", sends(rssOf("Eins")), 0},
		{"max-age", sends(rssOf("Eins"), "Cache-Control", "public, max-age=7200"), 2 * time.Hour},
		{"max-age less Age", sends(rssOf("Eins"), "Cache-Control", "max-age=7200", "Age", "1800"), 90 * time.Minute},
		{"max-age in a second line", sends(rssOf("Eins"), "Cache-Control", "public", "Cache-Control", "max-age=7200"), 2 * time.Hour},
		{"max-age before Expires", sends(rssOf("Eins"), "Cache-Control", "max-age=7200", "Expires", "Thu, 01 Jan 2099 00:00:00 GMT"), 2 * time.Hour},
		{"no-cache asks for nothing", sends(rssOf("Eins"), "Cache-Control", "max-age=7200, no-cache"), 0},
		{"Expires less Date, by the server's clock", sends(rssOf("Eins"), "Date", "Mon, 16 Nov 2015 08:00:00 GMT", "Expires", "Mon, 16 Nov 2015 11:00:00 GMT"), 3 * time.Hour},
		{"Expires in the past", sends(rssOf("Eins"), "Expires", "Thu, 01 Jan 1970 00:00:00 GMT"), 0},
		{"a year is a mistake", sends(rssOf("Eins"), "Cache-Control", "max-age=31536000"), 24 * time.Hour},
		{"ttl", sends(channel("<ttl>180</ttl>")), 3 * time.Hour},
		{"a ttl of a year is a mistake", sends(channel("<ttl>525600</ttl>")), 24 * time.Hour},
		{"sy:", sends(channel(sy)), 6 * time.Hour},
		{"the longest of them", sends(channel("<ttl>60</ttl>"), "Cache-Control", "max-age=7200"), 2 * time.Hour},
	} {
		in(t, c.name, func(t *testing.T) {
			h := (&host{}).plays(c.answer)
			d := newDesk(t, map[string]*host{"amt": h})
			d.live(25 * time.Hour)
			synctest.Wait()
			least := 25 * time.Hour
			for i := 1; i < len(h.at); i++ {
				least = min(least, h.at[i].Sub(h.at[i-1]))
			}
			if c.want == 0 && least > 30*time.Minute || c.want > 0 && (least < c.want || least > c.want+2*time.Second) {
				t.Errorf("asked again after %v, want %v", least, c.want)
			}
			if c.want > 0 && len(h.at) < int(24*time.Hour/c.want) {
				t.Errorf("asked %d times", len(h.at))
			}
		})
	}
	in(t, "a 304 says it too, and the ttl of the last body still holds", func(t *testing.T) {
		h := (&host{}).plays(sends(channel("<ttl>180</ttl>"), "Etag", `"1"`))
		d := newDesk(t, map[string]*host{"amt": h})
		d.poll(0)
		h.plays(answers(http.StatusNotModified))
		d.poll(time.Hour)
		if got := time.Until(d.memory.feed(1).NextPoll); got < 3*time.Hour {
			t.Errorf("next poll in %v", got)
		}
		h.plays(answers(http.StatusNotModified, "Cache-Control", "max-age=36000"))
		d.poll(time.Hour)
		if got := time.Until(d.memory.feed(1).NextPoll); got < 10*time.Hour {
			t.Errorf("next poll in %v", got)
		}
	})
}

// TestAStartAsksNobodyEarly: when a feed is due is stored, not remembered.
func TestAStartAsksNobodyEarly(t *testing.T) {
	in(t, "amt", func(t *testing.T) {
		h := (&host{}).plays(sends(rssOf("Eins")))
		d := newDesk(t, map[string]*host{"amt": h})
		for range 10 {
			d.live(time.Minute)
			d.start()
		}
		if h.count() != 1 {
			t.Errorf("asked %d times in ten minutes of ten starts", h.count())
		}
	})
}

// TestRetryAfterHoldsTheWholeHost, in every form, for every address, over a
// start and along redirects; other hosts go on.
func TestRetryAfterHoldsTheWholeHost(t *testing.T) {
	for name, after := range map[string]func() string{
		"seconds": func() string { return "7200" },
		"a date":  func() string { return time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat) },
	} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			in(t, fmt.Sprint(status, " with ", name), func(t *testing.T) {
				busy := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) { answers(status, "Retry-After", after())(w, r) })
				calm := (&host{}).plays(sends(rssOf("Eins")))
				hop := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, "http://voll.example/dorthin", http.StatusFound)
				})
				d := newDesk(t, map[string]*host{"voll": busy, "ruhig": calm, "weiter": hop},
					"http://voll.example/a", "http://voll.example/b", "http://ruhig.example/f", "http://weiter.example/f")
				first := time.Now()
				d.live(30 * time.Minute)
				d.start()
				d.live(89 * time.Minute)
				if busy.count() != 1 {
					t.Errorf("asked %d times while it was to be left alone", busy.count())
				}
				if calm.count() < 3 || hop.count() < 1 {
					t.Errorf("the others were asked %d and %d times", calm.count(), hop.count())
				}
				if f := d.memory.feed(2); f.State != StateNew || f.Failures != 0 {
					t.Errorf("a feed that was not asked is %s", f.State)
				}
				busy.plays(sends(rssOf("Eins")))
				d.live(20 * time.Minute)
				if busy.count() < 3 || busy.at[1].Sub(first) < 2*time.Hour {
					t.Errorf("asked again %d times, at first after %v", busy.count()-1, busy.at[1].Sub(first))
				}
			})
		}
	}
	in(t, "without Retry-After the interval doubles, for this feed alone", func(t *testing.T) {
		busy := (&host{}).plays(answers(http.StatusTooManyRequests))
		d := newDesk(t, map[string]*host{"voll": busy}, "http://voll.example/a", "http://voll.example/b")
		d.poll(0)
		if busy.count() != 2 {
			t.Errorf("asked %d times", busy.count())
		}
		if got := time.Until(d.memory.feed(1).NextPoll).Round(time.Minute); got != 48*time.Minute {
			t.Errorf("next poll in %v, want an hour less 20 %%", got)
		}
	})
	in(t, "a week is the most", func(t *testing.T) {
		busy := (&host{}).plays(answers(http.StatusServiceUnavailable, "Retry-After", "99999999"))
		d := newDesk(t, map[string]*host{"voll": busy})
		d.live(7*24*time.Hour + time.Minute)
		if busy.count() != 2 {
			t.Errorf("asked %d times in a week and a minute", busy.count())
		}
	})
}

// TestGoneIsGone and the rest of 4xx is asked daily at last, for as long as it
// takes.
func TestGoneIsGone(t *testing.T) {
	in(t, "ten days", func(t *testing.T) {
		hosts := map[string]*host{"weg": (&host{}).plays(answers(http.StatusGone)), "fehlt": (&host{}).plays(http.NotFound),
			"zu": (&host{}).plays(answers(http.StatusForbidden)), "auth": (&host{}).plays(answers(http.StatusUnauthorized))}
		d := newDesk(t, hosts)
		d.live(10 * 24 * time.Hour)
		if n := hosts["weg"].count(); n != 1 {
			t.Errorf("gone, and asked %d times", n)
		}
		for _, name := range []string{"fehlt", "zu", "auth"} {
			h := hosts[name]
			if n := h.count(); n < 12 || n > 18 {
				t.Errorf("%s: asked %d times in ten days", name, n)
			}
			if last := h.at[len(h.at)-1].Sub(h.at[len(h.at)-2]); last < 19*time.Hour || last > 24*time.Hour+2*time.Second {
				t.Errorf("%s: asked every %v at last", name, last)
			}
		}
	})
}

func TestSkippedHoursAndDays(t *testing.T) {
	for _, c := range []struct {
		name, inside string
		shut         func(time.Time) bool
	}{
		{"nights", "<skipHours>" + hourList(0, 1, 2, 3, 4, 5, 22, 23) + "</skipHours>", func(t time.Time) bool { return t.UTC().Hour() < 6 || t.UTC().Hour() > 21 }},
		{"weekends", "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>", func(t time.Time) bool {
			return t.UTC().Weekday() == time.Saturday || t.UTC().Weekday() == time.Sunday
		}},
	} {
		in(t, c.name, func(t *testing.T) {
			time.Sleep(time.Until(time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)))
			h := (&host{}).plays(sends(strings.Replace(rssOf("Eins"), "<item>", c.inside+"<item>", 1)))
			d := newDesk(t, map[string]*host{"amt": h})
			d.live(70 * time.Hour)
			d.start()
			d.live(70 * time.Hour)
			for _, at := range h.at {
				if c.shut(at) {
					t.Errorf("asked on %s", at.UTC().Format("Mon 15:04"))
				}
			}
			if h.count() < 80 {
				t.Errorf("asked %d times", h.count())
			}
		})
	}
	in(t, "after a pause of ours that ends in one", func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)))
		h := (&host{}).plays(sends(strings.Replace(rssOf("Eins"), "<item>", "<skipHours><hour>20</hour></skipHours><item>", 1)))
		d := newDesk(t, map[string]*host{"amt": h})
		d.poll(0)
		time.Sleep(8 * time.Hour)
		var got reports
		if err := d.Round(context.Background(), false, got.add); err != nil {
			t.Fatal(err)
		}
		if r := got.list[0]; h.count() != 1 || r.Outcome != OutcomeSkipped || r.Reason != "the feed asks not to be read at this hour" {
			t.Errorf("asked %d times: %+v", h.count(), r)
		}
		if d.poll(0); h.count() != 2 { // a person who asks for all gets all
			t.Errorf("asked %d times", h.count())
		}
	})
}

func hourList(hours ...int) (s string) {
	for _, h := range hours {
		s += fmt.Sprintf("<hour>%d</hour>", h)
	}
	return s
}
