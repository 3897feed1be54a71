package feeds

import (
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC) // a Monday

// bare is a reason without its cure.
func bare(reason string) string { return SayReason(reason, "en") }

// On the desk every cure is said in both languages, with what an editor can
// enter; commands of a shell and keys of the configuration are for others.
func TestEveryCureIsSaidOnTheDesk(t *testing.T) {
	const address = "https://amt.example/presse;v=1"
	find := func(address string) string { return "<find " + address + ">" }
	for c := cureNone + 1; c < cures; c++ {
		r := remedies[c]
		if r.en == "" || r.de == "" {
			t.Errorf("cure %d lacks a wording: %+v", c, r)
		}
		reason := join("HTTP 404 Not Found", c, address)
		if bare(reason) != "HTTP 404 Not Found" || SayReason(reason, "de") != "Der Server antwortet mit HTTP 404 (nicht gefunden)" {
			t.Errorf("%q comes apart as %q, %q", reason, bare(reason), SayReason(reason, "de"))
		}
		if strings.Contains(r.en, "%s") != strings.Contains(reason, address) {
			t.Errorf("%q lost or gained its address", reason)
		}
		want := ""
		if strings.Contains(r.en, "%s") {
			want = find(address)
		}
		for _, lang := range []string{"de", "en"} {
			said := SayCure(reason, lang, find)
			if !strings.Contains(said, want) || strings.Contains(said, "%s") || lang == "de" && said == SayCure(reason, "en", find) {
				t.Errorf("%q in %s: %q", reason, lang, said)
			}
			for _, foreign := range []string{"depesche feeds", "fetch.", "selector", "Selektor"} {
				if strings.Contains(said, foreign) {
					t.Errorf("an editor is told %q, by %q", foreign, said)
				}
			}
		}
	}
	if said := SayCure("HTTP 404 Not Found; words of somebody else", "de", find); said != "" {
		t.Errorf("a cure that is none: %q", said)
	}
}

func TestFailuresNameTheirCure(t *testing.T) {
	f := Feed{URL: "https://user:geheim@amt.example/presse/rss.xml?token=1", Site: ""}
	for _, c := range []struct {
		err  error
		want string
	}{
		{&StatusError{Status: 404}, "HTTP 404 Not Found; its address may have changed; to find the new one: depesche feeds discover https://amt.example/"},
		{&StatusError{Status: 410}, "HTTP 410 Gone; it is not asked any more; to look for its successor: depesche feeds discover https://amt.example/"},
		{&StatusError{Status: 403}, "HTTP 403 Forbidden; the site's operator has to let Depesche in, or the feed goes off the list"},
		{&StatusError{Status: 502}, "HTTP 502 Bad Gateway; the fault is the server's; if it lasts, tell the site's operator"},
		{&htmlError{ParseError{sayHTML.with()}, "https://amt.example/neu.xml"}, "this is an HTML page, not a feed; the page names this feed, which may take its place: https://amt.example/neu.xml"},
		{&htmlError{ParseError{sayHTML.with()}, ""}, "this is an HTML page, not a feed; the feed may have a new address; to look for it: depesche feeds discover https://amt.example/"},
	} {
		if got := explained(c.err, f); got != c.want {
			t.Errorf("%v:\n got %q\nwant %q", c.err, got, c.want)
		}
	}
}

func TestAPageInTheFeedsPlaceNamesTheFeed(t *testing.T) {
	page := `<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/aktuell/feed.xml"></head><body>Hallo</body></html>`
	resp := Response{Body: []byte(page), ContentType: "text/html", FinalURL: "https://amt.example/presse"}
	_, err := Parse(resp.Body, resp.ContentType, resp.FinalURL)
	got := explained(proposed(err, resp), Feed{URL: "https://amt.example/rss"})
	if want := "https://amt.example/aktuell/feed.xml"; !strings.HasSuffix(got, want) || bare(got) != "this is an HTML page, not a feed" {
		t.Errorf("got %q, want it to name %s", got, want)
	}
}

// A feed is silent when it is clearly quieter than its own rhythm, and weekends
// and holidays are not held against it.
func TestSilence(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		name      string
		last, now string
		rhythm    time.Duration
		want      bool
	}{
		{"an hourly feed is quiet for a day", "2026-11-17 10:00", "2026-11-18 10:00", time.Hour, false},
		{"an hourly feed is quiet for two working days", "2026-11-17 10:00", "2026-11-19 10:01", time.Hour, true},
		{"over a weekend", "2026-11-20 16:00", "2026-11-23 09:00", time.Hour, false},
		{"over a weekend and two days", "2026-11-20 16:00", "2026-11-24 16:01", time.Hour, true},
		{"a daily feed over Easter", "2026-04-02 12:00", "2026-04-07 20:00", 24 * time.Hour, false},
		{"a daily feed a week after Easter", "2026-04-02 12:00", "2026-04-10 12:00", 24 * time.Hour, true},
		{"from Christmas to New Year", "2026-12-23 12:00", "2027-01-03 12:00", 12 * time.Hour, false},
		{"a weekly feed after three weeks", "2026-10-05 12:00", "2026-10-26 12:00", 7 * 24 * time.Hour, false},
		{"a weekly feed after five weeks", "2026-10-05 12:00", "2026-11-09 12:00", 7 * 24 * time.Hour, true},
		{"no rhythm is known", "2026-01-05 12:00", "2026-11-09 12:00", 0, false},
		{"the clock was set back", "2026-11-17 10:00", "2026-11-10 10:00", time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := quiet(day(c.last), day(c.now), c.rhythm); got != c.want {
				t.Errorf("quiet since %s at %s with a rhythm of %v: %t", c.last, c.now, c.rhythm, got)
			}
		})
	}
	if quiet(time.Time{}, t0, time.Hour) {
		t.Error("a feed that never brought anything is silent")
	}
}

func TestASilentFeedSpeaksInThePollThatBringsSomething(t *testing.T) {
	last := t0.Add(-10 * 24 * time.Hour)
	f := Feed{URL: "https://amt.example/rss", Items: 9, State: StateOK, Since: t0.Add(-90 * 24 * time.Hour), LastNew: last, Rhythm: 6 * time.Hour}
	f = health(f, t0, answer{}).After(Saved{}, t0)
	if f.State != StateSilent || !f.Since.Equal(last) {
		t.Fatalf("it is %s since %v, want silent since %v", f.State, f.Since, last)
	}
	if want := "quieter than usual: until then something new came about every 6 hours"; bare(f.Reason) != want || SayReason(f.Reason, "de") == f.Reason {
		t.Errorf("reason %q", f.Reason)
	}
	later := t0.Add(time.Hour)
	again := health(f, later, answer{}).After(Saved{Known: 5}, later)
	if again.State != StateSilent || !again.Since.Equal(last) {
		t.Errorf("after a poll without news it is %s since %v", again.State, again.Since)
	}
	f = health(again, later, answer{}).After(Saved{New: 1}, later)
	if f.State != StateOK || f.Reason != "" || !f.Since.Equal(later) || !f.LastNew.Equal(later) {
		t.Errorf("after news it is %s %q since %v", f.State, f.Reason, f.Since)
	}
}

// Of several states that fit, the first of gone, failing, moved, silent, slow
// and ok holds.
func TestPrecedenceOfStates(t *testing.T) {
	old := Feed{URL: "https://amt.example/rss", LastNew: t0.Add(-60 * 24 * time.Hour), Rhythm: time.Hour}
	moved := old
	moved.Move = Move{Since: t0.Add(-48 * time.Hour), Adopted: "https://neu.example/rss"}
	for _, c := range []struct {
		name string
		feed Feed
		a    answer
		want State
	}{
		{"gone before all", moved, answer{err: &StatusError{Status: 410}}, StateGone},
		{"failing before moved", moved, answer{err: &StatusError{Status: 500}}, StateFailing},
		{"moved before silent", moved, answer{}, StateMoved},
		{"silent before slow", old, answer{took: time.Minute}, StateSilent},
		{"slow before ok", Feed{}, answer{took: time.Minute}, StateSlow},
		{"ok", Feed{}, answer{}, StateOK},
	} {
		if got := health(c.feed, t0, c.a).After(Saved{}, t0); got.State != c.want {
			t.Errorf("%s: %s", c.name, got.State)
		}
	}
	if f := health(moved, t0, answer{}); !f.Since.Equal(moved.Move.Since) || !strings.Contains(f.Reason, "https://neu.example/rss") {
		t.Errorf("an adopted address: %s %q since %v", f.State, f.Reason, f.Since)
	}
}

func TestWhenAFeedIsBack(t *testing.T) {
	f := Feed{URL: "https://amt.example/rss", State: StateOK, Since: t0}
	down, back := t0.Add(time.Hour), t0.Add(9*time.Hour)
	f = health(f, down, answer{err: &StatusError{Status: 500}})
	f = health(f, down.Add(time.Hour), answer{err: &StatusError{Status: 404}})
	if !f.Since.Equal(down) || f.Failures != 2 || !f.Recovered.IsZero() {
		t.Errorf("failing since %v, %d failures, recovered %v", f.Since, f.Failures, f.Recovered)
	}
	f = health(f, back, answer{})
	f = health(f, back.Add(time.Hour), answer{})
	if f.State != StateOK || !f.Recovered.Equal(back) || !f.Since.Equal(back) {
		t.Errorf("it is %s since %v, recovered %v, want %v", f.State, f.Since, f.Recovered, back)
	}
}

func TestDatesInTheFutureAreCounted(t *testing.T) {
	dated := func(at time.Time) Entry { return Entry{Item: Item{Published: at}} }
	items := []Entry{dated(time.Time{}), dated(t0), dated(t0.Add(23 * time.Hour)), dated(t0.Add(25 * time.Hour)), dated(t0.AddDate(73, 0, 0))}
	if n := future(items, t0); n != 2 {
		t.Errorf("%d of them lie in the future, want 2", n)
	}
}

// What a first document with many dates says of a feed is believed: one that
// has had nothing for weeks is silent, and since when.
func TestAFeedThatWasSilentBeforeWeCame(t *testing.T) {
	daily := func(items int, newest time.Time) (list []Entry) {
		for i := range items {
			list = append(list, Entry{Item: Item{Published: newest.Add(-time.Duration(i) * 24 * time.Hour)}})
		}
		return list
	}
	p := NewPoller(nil, nil, PollOptions{})
	for _, c := range []struct {
		name  string
		items []Entry
		state State
		since time.Time
		last  time.Time
	}{
		{"twenty days, the last of them forty days ago", daily(20, t0.Add(-960*time.Hour)), StateSilent, t0.Add(-960 * time.Hour), t0.Add(-960 * time.Hour)},
		{"twenty days, the last of them today", daily(20, t0.Add(-time.Hour)), StateOK, t0, t0.Add(-time.Hour)},
		{"five days, the last of them forty days ago", daily(5, t0.Add(-960*time.Hour)), StateOK, t0, t0},
		{"no dates", make([]Entry, 20), StateOK, t0, t0},
	} {
		next, _ := p.decide(Poll{At: t0, Items: c.items}, answer{})
		f := next.Feed.After(Saved{New: len(c.items)}, t0)
		if f.State != c.state || !f.Since.Equal(c.since) || !f.LastNew.Equal(c.last) {
			t.Errorf("%s: %s since %v, last new %v", c.name, f.State, f.Since, f.LastNew)
		}
		f.Items = len(c.items)
		later := t0.Add(time.Hour)
		next, _ = p.decide(Poll{At: later, Feed: f, Items: daily(1, later)}, answer{})
		if f = next.Feed.After(Saved{New: 1}, later); f.State != StateOK || !f.LastNew.Equal(later) {
			t.Errorf("%s, and something new: %s, last new %v", c.name, f.State, f.LastNew)
		}
	}
}
