package feeds

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPermanentRedirectsAreAdoptedWhenTheyLast; temporary ones never are.
func TestPermanentRedirectsAreAdoptedWhenTheyLast(t *testing.T) {
	leads := func(status int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
	}
	for _, c := range []struct {
		name    string
		first   http.HandlerFunc
		second  http.HandlerFunc // the host "zwei", between; nil: not on the way
		adopted bool
	}{
		{"301", leads(http.StatusMovedPermanently, "http://neu.example/f"), nil, true},
		{"308", leads(http.StatusPermanentRedirect, "http://neu.example/f"), nil, true},
		{"301, then 308", leads(http.StatusMovedPermanently, "http://zwei.example/f"), leads(http.StatusPermanentRedirect, "http://neu.example/f"), true},
		{"302", leads(http.StatusFound, "http://neu.example/f"), nil, false},
		{"303", leads(http.StatusSeeOther, "http://neu.example/f"), nil, false},
		{"307", leads(http.StatusTemporaryRedirect, "http://neu.example/f"), nil, false},
		{"301, then 302", leads(http.StatusMovedPermanently, "http://zwei.example/f"), leads(http.StatusFound, "http://neu.example/f"), false},
		{"302, then 301", leads(http.StatusFound, "http://zwei.example/f"), leads(http.StatusMovedPermanently, "http://neu.example/f"), false},
	} {
		in(t, c.name, func(t *testing.T) {
			old := (&host{}).plays(c.first)
			hosts := map[string]*host{"alt": old, "neu": (&host{}).plays(sends(rssOf("Eins"), "Etag", `"1"`))}
			if c.second != nil {
				hosts["zwei"] = (&host{}).plays(c.second)
			}
			d := newDesk(t, hosts, "http://alt.example/f")
			for range 3 {
				d.poll(12 * time.Hour)
			}
			f := d.memory.feed(1)
			if (f.Address() == "http://neu.example/f") != c.adopted || f.URL != "http://alt.example/f" {
				t.Errorf("adopted %q for %q", f.Address(), f.URL)
			}
			if (f.State == StateMoved) != c.adopted || c.adopted && !strings.Contains(f.Reason, "http://neu.example/f") {
				t.Errorf("the feed is %s: %q", f.State, f.Reason)
			}
			before := old.count()
			d.poll(time.Hour)
			if (old.count() == before) != c.adopted {
				t.Errorf("the old address was asked %d times more", old.count()-before)
			}
			if f := d.memory.feed(1); c.adopted && f.State != StateMoved {
				t.Errorf("then the feed is %s: %q", f.State, f.Reason)
			}
			if got := validators(hosts["neu"].last()); got != `"1" ` {
				t.Errorf("the new address got %q", got)
			}
		})
	}
	in(t, "what is no feed there is not adopted", func(t *testing.T) {
		d := newDesk(t, map[string]*host{"alt": (&host{}).plays(leads(301, "http://neu.example/")), "neu": (&host{}).plays(sends("<html>Geparkt</html>"))}, "http://alt.example/f")
		for range 5 {
			d.poll(12 * time.Hour)
		}
		if f := d.memory.feed(1); f.Address() != f.URL || f.State != StateFailing {
			t.Errorf("%s, %s", f.Address(), f.State)
		}
	})
	for _, c := range []struct {
		name  string
		after http.HandlerFunc
		polls int // half a day apart, until the old address is asked again
	}{
		{"a new address that is gone", answers(http.StatusGone), 1},
		{"a new address that is not found for days", answers(http.StatusNotFound), 6},
	} {
		in(t, c.name, func(t *testing.T) {
			old := (&host{}).plays(leads(301, "http://neu.example/f"))
			neu := (&host{}).plays(sends(rssOf("Eins")))
			d := newDesk(t, map[string]*host{"alt": old, "neu": neu}, "http://alt.example/f")
			for range 3 {
				d.poll(12 * time.Hour)
			}
			neu.plays(c.after)
			old.plays(sends(rssOf("Eins", "Zwei")))
			before := old.count()
			for n := range c.polls {
				if d.poll(12 * time.Hour); old.count() != before {
					t.Fatalf("asked after %d polls", n)
				}
			}
			if f := d.memory.feed(1); f.State != StateFailing {
				t.Errorf("the feed is %s: %q", f.State, f.Reason)
			}
			if r := d.poll(12 * time.Hour); old.count() != before+1 || r[0].New != 1 {
				t.Errorf("the old address was asked %d times: %+v", old.count()-before, r[0])
			}
		})
	}
}
