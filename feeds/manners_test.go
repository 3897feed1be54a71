package feeds

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The manners of a feed reader, one test a rule, in the order in which one
// would list them. In each a server records what it was asked, and time is
// simulated.

// host is a server that plays one part and records what it is asked.
type host struct {
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []*http.Request
	at     []time.Time
	now    int
	most   int // requests at a time
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked, h.at = append(h.asked, r), append(h.at, time.Now())
	h.now++
	h.most = max(h.most, h.now)
	answer := h.answer
	h.mu.Unlock()
	answer(w, r)
	h.mu.Lock()
	h.now--
	h.mu.Unlock()
}

// plays changes what the host answers.
func (h *host) plays(answer http.HandlerFunc) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
	return h
}

func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func (h *host) last() *http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[len(h.asked)-1]
}

// desk is a poller with a memory, in a world of hosts.
type desk struct {
	*Poller
	t      *testing.T
	hosts  pipes
	memory *memory
	client *Client
	opts   PollOptions
}

// newDesk polls http://HOST.example/f of each host, and what else is added.
func newDesk(t *testing.T, hosts map[string]*host, urls ...string) *desk {
	world := pipes{}
	var all []string
	for name, h := range hosts {
		world[name+".example"] = h
		all = append(all, "http://"+name+".example/f")
	}
	if len(urls) > 0 {
		all = urls
	}
	d := &desk{t: t, hosts: world, memory: newMemory(all...), opts: PollOptions{Chance: func() float64 { return 0 }}}
	d.start()
	return d
}

// start starts the bot, or starts it anew: what is not stored is forgotten.
func (d *desk) start() {
	if d.client != nil {
		d.client.Close()
	}
	d.client = d.hosts.client(d.t, ClientOptions{Contact: "desk@example.org", Version: "1.2.3", HostGap: 2 * time.Second})
	d.Poller = NewPoller(d.memory, d.client, d.opts)
}

// poll asks every feed after a time and gives the reports.
func (d *desk) poll(after time.Duration) []Report {
	d.t.Helper()
	time.Sleep(after)
	var got reports
	if err := d.Round(context.Background(), true, got.add); err != nil && d.memory.fail == nil {
		d.t.Fatal(err)
	}
	return got.list
}

// live lets the bot run for a time.
func (d *desk) live(d2 time.Duration) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d2)
	defer cancel()
	if err := d.Run(ctx); err != nil {
		d.t.Fatal(err)
	}
}

// in runs a test in a bubble of simulated time.
func in(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// sends answers with headers and, unless the request's validators match them, a body.
func sends(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header()[headers[i]] = append(w.Header()[headers[i]], headers[i+1])
		}
		_, _ = w.Write([]byte(body))
	}
}

func answers(status int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header()[headers[i]] = []string{headers[i+1]}
		}
		w.WriteHeader(status)
	}
}

func validators(r *http.Request) string {
	return strings.Join(r.Header["If-None-Match"], "|") + " " + strings.Join(r.Header["If-Modified-Since"], "|")
}

func TestValidatorsGoBackByteForByte(t *testing.T) {
	for _, v := range [][2]string{
		{`"abc"`, "Mon, 16 Nov 2026 08:00:00 GMT"},
		{`W/"abc"`, ""},
		{`abc`, ""},
		{`W/abc`, "Mon, 16 Nov 2026 08:00:00 +0000"},
		{`"a,b \"c\""`, "Tue, 19 Jan 2038 03:14:08 GMT"},
		{`""`, "2026-11-16 08:00:00"},
		{"", "Monday, 16-Nov-26 08:00:00 GMT"},
		{"", "mon, 16 nov 2026  8:0:0 gmt"},
		{"", "0"},
		{`"größe"`, "so nicht"},
	} {
		in(t, v[0]+" "+v[1], func(t *testing.T) {
			var headers []string
			if v[0] != "" {
				headers = append(headers, "Etag", v[0])
			}
			if v[1] != "" {
				headers = append(headers, "Last-Modified", v[1])
			}
			h := (&host{}).plays(sends(rssOf("Eins"), headers...))
			d := newDesk(t, map[string]*host{"amt": h})
			d.poll(0)
			if got := validators(h.last()); got != " " {
				t.Errorf("the first request carried %q", got)
			}
			h.plays(answers(http.StatusNotModified))
			for range 2 { // a 304 without validators leaves them as they are
				if r := d.poll(time.Hour); r[0].Outcome != OutcomeUnchanged {
					t.Errorf("%+v", r[0])
				}
				if got, want := validators(h.last()), v[0]+" "+v[1]; got != want {
					t.Errorf("sent %q, want %q", got, want)
				}
			}
		})
	}
}

func TestValidatorsAreThoseOfWhatIsStored(t *testing.T) {
	start := func(t *testing.T) (*host, *desk) {
		h := (&host{}).plays(sends(rssOf("Eins"), "Etag", `"1"`))
		d := newDesk(t, map[string]*host{"amt": h})
		d.poll(0)
		return h, d
	}
	next := func(t *testing.T, h *host, d *desk, want string) {
		t.Helper()
		d.poll(time.Hour)
		if got := validators(h.last()); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	in(t, "a store that fails", func(t *testing.T) {
		h, d := start(t)
		d.memory.fail = errDisk
		h.plays(sends(rssOf("Eins", "Zwei"), "Etag", `"2"`))
		d.poll(time.Hour)
		d.memory.fail = nil
		next(t, h, d, `"1" `)
		next(t, h, d, `"2" `)
	})
	in(t, "a body that cannot be read", func(t *testing.T) {
		h, d := start(t)
		h.plays(sends("<html>Wartung</html>", "Etag", `"2"`))
		d.poll(time.Hour)
		next(t, h, d, `"1" `)
	})
	in(t, "a body cut short", func(t *testing.T) {
		h, d := start(t)
		h.plays(sends(rssOf("Eins", "Zwei"), "Etag", `"2"`, "Content-Length", "100000"))
		d.poll(time.Hour)
		next(t, h, d, `"1" `)
	})
	in(t, "an error page", func(t *testing.T) {
		h, d := start(t)
		h.plays(answers(http.StatusInternalServerError, "Etag", `"2"`))
		d.poll(time.Hour)
		next(t, h, d, `"1" `)
	})
	in(t, "a 304 that names new ones", func(t *testing.T) {
		h, d := start(t)
		h.plays(answers(http.StatusNotModified, "Etag", `W/"1"`, "Last-Modified", "morgen"))
		d.poll(time.Hour)
		next(t, h, d, `W/"1" morgen`)
	})
	in(t, "a body without any", func(t *testing.T) {
		h, d := start(t)
		h.plays(sends(rssOf("Eins", "Zwei")))
		d.poll(time.Hour)
		next(t, h, d, " ")
	})
	in(t, "the same body under a new name", func(t *testing.T) {
		h, d := start(t)
		h.plays(sends(rssOf("Eins"), "Etag", `"2"`))
		d.poll(time.Hour)
		next(t, h, d, `"2" `)
	})
}

// TestValidatorsBelongToAnAddress: what one address gave no other gets to see.
func TestValidatorsBelongToAnAddress(t *testing.T) {
	in(t, "a redirect and its changing targets", func(t *testing.T) {
		target := "http://eins.example/feed"
		hop := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
		one := (&host{}).plays(sends(rssOf("Eins"), "Etag", `"1"`))
		two := (&host{}).plays(sends(rssOf("Zwei"), "Etag", `"1"`)) // the same word for another thing
		d := newDesk(t, map[string]*host{"amt": hop, "eins": one, "zwei": two}, "http://amt.example/f")
		d.poll(0)
		d.poll(time.Hour)
		if got := validators(one.last()) + "," + validators(hop.last()); got != `"1" , ` {
			t.Errorf("sent %q", got)
		}
		target = "http://zwei.example/feed"
		if r := d.poll(time.Hour); validators(two.last()) != " " || r[0].New != 1 {
			t.Errorf("sent %q, got %+v", validators(two.last()), r[0])
		}
		d.poll(time.Hour)
		if got := validators(two.last()); got != `"1" ` {
			t.Errorf("sent %q", got)
		}
	})
}

// TestTheSameIsUnchanged: a server that knows no conditional requests sends
// the same again and again; nothing is read twice. Where its validators stay
// and the body changes, the body is right.
func TestTheSameIsUnchanged(t *testing.T) {
	in(t, "amt", func(t *testing.T) {
		h := (&host{}).plays(sends(rssOf("Eins"), "Etag", `"1"`))
		d := newDesk(t, map[string]*host{"amt": h})
		d.poll(0)
		if r := d.poll(time.Hour); r[0].Outcome != OutcomeUnchanged || d.memory.polls[1].Items != nil {
			t.Errorf("the same again: %+v", r[0])
		}
		h.plays(sends(rssOf("Eins", "Zwei"), "Etag", `"1"`))
		if r := d.poll(time.Hour); r[0].New != 1 {
			t.Errorf("another body of the same name: %+v", r[0])
		}
	})
}

// TestEveryEightDaysAWholeBody: a server that has begun to answer 304 for ever
// is found out.
func TestEveryEightDaysAWholeBody(t *testing.T) {
	in(t, "amt", func(t *testing.T) {
		title := "Eins"
		h := (&host{}).plays(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified) // whatever was sent
				return
			}
			sends(rssOf(title), "Etag", `"1"`)(w, r)
		})
		d := newDesk(t, map[string]*host{"amt": h})
		d.poll(0)
		title = "Zwei"
		for range 7 {
			if r := d.poll(24 * time.Hour); r[0].Outcome != OutcomeUnchanged {
				t.Fatalf("%+v", r[0])
			}
		}
		if r := d.poll(24 * time.Hour); r[0].New != 1 || validators(h.last()) != " " {
			t.Errorf("on the eighth day: %+v, sent %q", r[0], validators(h.last()))
		}
		if d.poll(time.Hour); validators(h.last()) != `"1" ` {
			t.Errorf("after it: sent %q", validators(h.last()))
		}
	})
}

// TestNotBeforeItIsFresh: when a feed is asked again that says how long it
// stays as it is.
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
