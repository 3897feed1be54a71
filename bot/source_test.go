package bot

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"
	"depesche/feeds"
)

// sampleCandidates are what is found at some addresses: feeds, one of which is
// on the list, and a page that can be followed.
func sampleCandidates() map[string][]feeds.Candidate {
	day := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return map[string][]feeds.Candidate{
		"kommune21.de": {
			{URL: "https://www.kommune21.de/k21-meldungen/feed/", Title: "Kommune21 <!channel> & *Meldungen*", Type: "rss", Items: 10, Newest: day},
			{URL: "https://example.org/feed/", Title: "Amtsblick", Type: "atom", Items: 1},
			{URL: "https://www.kommune21.de/termine.xml", Type: "rss", Untold: true},
		},
		"https://kreis.example/nix": {{URL: "https://kreis.example/feed", Title: "Kreis", Type: "rss", Items: 3, Newest: day, Missed: "HTTP 404 Not Found"}},
		"https://kreis.example/presse": {{
			URL: "https://kreis.example/presse", Title: "Kreis: Presse", Type: "list", Items: 12, Newest: day, List: &feeds.List{Entry: "article.teaser", Title: "h3", Date: ".meta"},
			First: []feeds.Item{{Title: "Kreis führt die E-Rechnung ein", URL: "https://kreis.example/presse/3", Published: day}, {Title: "Zulassungsstelle <zieht> um", URL: "https://kreis.example/presse/2"}},
		}},
	}
}

func TestASiteIsPastedAndItsFeedAddedByAButton(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.sources.found = sampleCandidates()
		offer := n.types(t, channel, anna, "kommune21.de")
		says(t, offer, "*3 Feeds gefunden* auf `kommune21.de`", "Kommune21 &lt;!channel&gt; &amp; ∗Meldungen∗", "10 Meldungen", "neueste Meldung vom 20.11.2026", "steht schon auf der Liste", "noch nicht geprüft", "Hinzufügen", "`/news suche kommune21.de`")
		n.press(t, offer, actionAdd)
		added := n.ephemeral(t, anna, "steht jetzt auf der Liste")
		says(t, added, "Rückgängig", "`/news quellen`")
		if got := len(n.desk.list()); got != 3 {
			t.Fatalf("%d feeds on the list", got)
		}
		if f := n.desk.list()[2]; f.URL != "https://www.kommune21.de/k21-meldungen/feed/" || f.Origin != feeds.OriginDesk || f.List != nil {
			t.Errorf("added %+v", f)
		}
		if list := n.slack.Ephemerals(channel, anna); !strings.Contains(readable(list[len(list)-2].Blocks), "3 Feeds gefunden") {
			t.Error("the offer of the others is gone")
		}
		n.press(t, offer, actionAdd)
		n.until(t, "said that it is there", func() bool { return len(n.slack.Ephemerals(channel, anna)) == 3 })
		says(t, n.slack.Ephemerals(channel, anna)[2], "steht schon auf der Liste.")
		n.press(t, added, actionRemove)
		var removed playground.Message
		n.until(t, "removed", func() bool { // in the place of what was said of the addition
			removed = n.slack.Ephemerals(channel, anna)[1]
			return strings.Contains(readable(removed.Blocks), "wird nicht mehr gelesen")
		})
		if got := len(n.desk.list()); got != 2 {
			t.Errorf("%d feeds on the list after it was undone", got)
		}
		n.press(t, removed, actionAdd)
		n.ephemeral(t, anna, "steht jetzt auf der Liste")
	})
}

func TestAPageIsFollowedAsProposed(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.sources.found = sampleCandidates()
		offer := n.types(t, channel, ben, "<https://kreis.example/presse>")
		says(t, offer, "Kein Feed gefunden", "Kreis führt die E-Rechnung ein> · 20.11.2026", "Zulassungsstelle &lt;zieht&gt; um", "Einträge zurzeit:", "Hinzufügen")
		if _, err := n.slack.PressAs(t.Context(), ben, offer, actionAdd); err != nil {
			t.Fatal(err)
		}
		n.ephemeral(t, ben, "steht jetzt auf der Liste")
		list := n.desk.list()
		if f := list[len(list)-1]; f.List == nil || *f.List != (feeds.List{Entry: "article.teaser", Title: "h3", Date: ".meta"}) {
			t.Errorf("added %+v", f)
		}
	})
}

func TestAPastedAddressOfAKnownItemIsExplained(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		says(t, n.types(t, channel, anna, "<https://example.org/b>"), "Eingetroffen: ", "Thema: *OZG*")
		if len(n.sources.asked) != 0 {
			t.Errorf("asked %q", n.sources.asked)
		}
	})
}

func TestAPastedAddressInADirectMessage(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.sources.found = sampleCandidates()
		im := n.slack.Direct(anna)
		if err := n.slack.Say(t.Context(), im, anna, "kommune21.de"); err != nil {
			t.Fatal(err)
		}
		m := n.newest(t, "kommune21.de", 1, func() []playground.Message { return n.slack.Messages(im) })
		says(t, m, "3 Feeds gefunden", "Hinzufügen")
	})
}

func TestWhatASearchOfASiteCannotFind(t *testing.T) {
	o := newOffice(t, nil)
	says := func(text string, want ...string) {
		t.Helper()
		got := readable(typed(t, o, text).Messages[0].Blocks)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s does not say %q:\n%s", text, w, got)
			}
		}
	}
	says("leer.de", "Kein Feed gefunden", "`/news suche leer.de`")
	says("quelle leer.example.org/x", "Kein Feed gefunden")
	o.sources.err = &feeds.StatusError{Status: 403}
	says("quelle https://zu.example/weg", "ließ sich nicht durchsuchen")
	if got := readable(typed(t, o, "quelle https://zu.example/weg").Messages[0].Blocks); strings.Contains(got, "Archiv") {
		t.Errorf("speaks of the archive, where nobody asked for it: %s", got)
	}
	says("https://zu.example/", "`https://zu.example/` ließ sich nicht durchsuchen.* Der Server antwortet mit HTTP 403 (Zugriff verweigert).")
	o.sources.err = errors.New("dial tcp 10.1.2.3: secret")
	if got := readable(typed(t, o, "https://zu.example/").Messages[0].Blocks); strings.Contains(got, "secret") {
		t.Errorf("the answer tells the error: %s", got)
	}
	for range maxSearches {
		o.searches <- struct{}{}
	}
	says("leer.de", "schon mehrere Websites durchsucht")
	o.o.Sources = nil
	says("kommune21.de", "Nichts gefunden zu: `kommune21.de`")
}

func TestSourcesAreRemovedByNameOfTheirAddress(t *testing.T) {
	o := newOffice(t, nil)
	o.desk.feeds = []feeds.Feed{
		{URL: "https://a.example/feed", Name: "A", Origin: feeds.OriginDesk}, {URL: "https://www.b.example/1", Name: "B1", Origin: feeds.OriginDesk},
		{URL: "https://b.example/2", Name: "B2", Origin: feeds.OriginDesk}, {URL: "https://c.example/feed", Name: "C", Origin: feeds.OriginFile},
	}
	for _, c := range []struct{ text, want string }{
		{"quelle entfernen https://c.example/feed", "steht in der Konfigurationsdatei"},
		{"quelle entfernen https://b.example/", "mehrere Feeds gelesen"},
		{"quelle entfernen http://b.example/2/", "B2> wird nicht mehr gelesen"},
		{"quelle entfernen https://a.example", "A> wird nicht mehr gelesen"},
		{"source remove https://a.example/feed", "steht nicht auf der Liste"},
	} {
		if got := readable(typed(t, o, c.text).Messages[0].Blocks); !strings.Contains(got, c.want) {
			t.Errorf("%s does not say %q:\n%s", c.text, c.want, got)
		}
	}
	if list := o.desk.list(); len(list) != 2 || list[0].Name != "B1" || list[1].Name != "C" {
		t.Errorf("left are %+v", list)
	}
}

// What a button's value says may be made up by anybody in the workspace.
func TestButtonsOfSourcesTrustNobody(t *testing.T) {
	var log strings.Builder
	o := newOffice(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	press := func(action, value string) string {
		in := interaction{}
		in.User.ID, in.Channel.ID = "U1", "C1"
		in.Actions = append(in.Actions, struct {
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		}{action, value})
		r := o.press(t.Context(), in)
		for _, m := range r.Messages {
			if err := checkMessage(m); err != nil {
				t.Errorf("%s %s: %v", action, value, err)
			}
		}
		return readable(r.Messages[0].Blocks)
	}
	for _, value := range []string{"", "{", `{"u":"javascript:x"}`, `{"u":"file:///etc/passwd"}`, `{"u":"https://me:pw@amt.example/"}`, `{"u":"https://amt.example/","l":{"entry":"li["}}`, `{"u":"https://amt.example/","l":{}}`} {
		for _, action := range []string{actionAdd, actionRemove} {
			if got := press(action, value); !strings.Contains(got, "gilt nicht mehr") {
				t.Errorf("%s %s: %s", action, value, got)
			}
		}
	}
	if len(o.desk.list()) != 0 {
		t.Fatalf("added %+v", o.desk.list())
	}
	press(actionAdd, `{"u":"https://amt.example/feed","t":"<!channel> *x*"}`)
	if !strings.Contains(log.String(), "feed added") || !strings.Contains(log.String(), "by=U1") || !strings.Contains(log.String(), "https://amt.example/feed") {
		t.Errorf("the log says %s", log.String())
	}
}
