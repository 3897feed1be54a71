package bot

import (
	"strings"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

// sampleNotice is what U1 is told on a Monday at eight.
func sampleNotice(lang string) digest.Notice {
	hours := func(n int) time.Time { return monday.Add(-time.Duration(n) * time.Hour) }
	return digest.Notice{
		Plan: digest.Plan{Name: "health:U1", Kind: digest.KindHealth, Target: "U1", Language: lang, Location: berlin}, At: monday,
		Failing: 3, Sources: 40,
		Broken: []feeds.Feed{
			{Name: "Rat & Tat <!channel>", State: feeds.StateFailing, Since: hours(50), Failures: 9,
				Reason: "HTTP 404 Not Found; its address may have changed; to find the new one: depesche feeds discover https://rat.example/"},
			{URL: "https://www.amt.example/feed", State: feeds.StateFailing, Since: hours(7), Failures: 1,
				Reason: "no answer within 30 s; if it lasts, tell the site's operator, or raise fetch.timeout"},
		},
		Gone: []feeds.Feed{{Name: "Altes Blatt", State: feeds.StateGone, Since: hours(1), Failures: 1,
			Reason: "HTTP 410 Gone; it is not asked any more; to look for its successor: depesche feeds discover https://alt.example/"}},
		Back: []digest.Return{
			{Feed: feeds.Feed{Name: "Kommunal", Troubled: hours(31), Recovered: hours(1)}, Items: 12},
			{Feed: feeds.Feed{Name: "Stille Post", Troubled: hours(100), Recovered: hours(2)}},
		},
		Flooded: []feeds.Feed{{Name: "Umzug", Flooded: hours(2), Renamed: 50, Held: 1}, {Name: "Schwall", Flooded: hours(3), Held: 210}},
	}
}

func TestNoticesLook(t *testing.T) {
	outage := sampleNotice("de")
	outage.Gone, outage.Back, outage.Flooded = nil, nil, nil
	outage.Failing, outage.Sources = 48, 50
	back := sampleNotice("de")
	back.Broken, back.Gone, back.Flooded = nil, nil, nil
	for name, n := range map[string]digest.Notice{
		"notice_de": sampleNotice("de"), "notice_en": sampleNotice("en"), "notice_outage": outage, "notice_back": back,
	} {
		t.Run(name, func(t *testing.T) {
			list, err := New(Options{}).RenderNotice(n)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if err := checkMessage(m); err != nil {
					t.Error(err)
				}
				if all := m.Text + string(m.Blocks); strings.Contains(all, "<!channel>") {
					t.Errorf("a feed's name calls the channel: %s", all)
				}
			}
			golden(t, name+".json", pretty(t, list))
		})
	}
}

// Fifty feeds that broke together are one message within Slack's limits.
func TestANoticeOfManyFeedsIsOneMessage(t *testing.T) {
	n := sampleNotice("de")
	long := n.Broken[0]
	long.Name, long.Reason = strings.Repeat("Ü", 300), strings.Repeat("Grund & ", 200)
	n.Broken = nil
	for range 50 {
		n.Broken = append(n.Broken, long)
	}
	n.Gone, n.Failing, n.Sources = n.Broken, 50, 50
	list, err := New(Options{}).RenderNotice(n)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	if err := checkMessage(list[0]); err != nil {
		t.Error(err)
	}
	if !strings.Contains(list[0].Text, "50 Quellen sind gestört") || !strings.Contains(string(list[0].Blocks), " weitere Quellen: `/news quellen`") {
		t.Errorf("it does not count them: %s", list[0].Text)
	}
}

// Whatever is wrong with a source, no answer sends an editor to a shell or into
// the configuration: each cure is something to enter in Slack, or somebody to tell.
func TestEditorsAreSentToNoShell(t *testing.T) {
	reasons := []string{
		"this is an HTML page, not a feed; the feed may have a new address; to look for it: depesche feeds discover https://amt.example/",
		"address 10.0.0.1 is private; add it to fetch.allow_networks",
		"it redirects to 169.254.169.254, which is no address of the public internet; that is not followed, the site may have been tampered with; tell its operator",
		"larger than 10 MB; raise fetch.max_bytes, or take a smaller feed of the site: depesche feeds discover https://amt.example/",
		"no answer within 30 s; if it lasts, tell the site's operator, or raise fetch.timeout",
	}
	for lang, find := range map[string]string{"de": "`/desk quelle https://amt.example/`", "en": "`/desk source https://amt.example/`"} {
		o := newOffice(t, func(o *Options) { o.Language, o.Command = lang, "/desk" })
		for _, reason := range reasons {
			o.desk.feeds = append(o.desk.feeds, feeds.Feed{URL: "https://amt.example/rss", State: feeds.StateFailing, Reason: reason, Since: monday})
		}
		list, err := o.RenderNotice(digest.Notice{Plan: digest.Plan{Language: lang}, At: monday, Broken: o.desk.feeds, Failing: 5, Sources: 9})
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]string{"a notice": readable(list[0].Blocks)}
		for _, verb := range []Verb{VerbSources, VerbStatus} {
			r := o.answer(t.Context(), asker{user: "U1", channel: "C1", name: "/desk"}, Command{Verb: verb})
			said[string(verb)] = readable(r.Messages[0].Blocks)
		}
		for where, text := range said {
			if strings.Count(text, find) != 2 || !strings.Contains(text, "169.254.169.254") {
				t.Errorf("%s in %s:\n%s", where, lang, text)
			}
			for _, foreign := range []string{"depesche feeds", "fetch."} {
				if strings.Contains(text, foreign) {
					t.Errorf("%s in %s speaks of %q:\n%s", where, lang, foreign, text)
				}
			}
		}
	}
}
