package feeds

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

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
		h.plays(sends(strings.TrimSuffix(rssOf("Eins", "Zwei"), "</rss>"), "Etag", `"2"`, "Content-Length", "100000"))
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
