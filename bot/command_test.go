package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"depesche/digest"
)

func TestCommands(t *testing.T) {
	daily := digest.KindDaily
	cases := []struct {
		text string
		want Command
	}{
		{"", Command{Verb: VerbHelp}},
		{"   ", Command{Verb: VerbHelp}},
		{"help", Command{Verb: VerbHelp}},
		{"Hilfe", Command{Verb: VerbHelp}},
		{"hilfe suche", Command{Verb: VerbHelp, Arg: "search"}},
		{"help abo", Command{Verb: VerbHelp, Arg: "subscribe"}},
		{"hilfe quatsch", Command{Verb: VerbHelp}},

		{"OZG", Command{Verb: VerbSearch, Arg: "OZG"}},
		{"OZG Bayern teilen", Command{Verb: VerbSearch, Arg: "OZG Bayern", Share: true}},
		{"teilen", Command{Verb: VerbSearch, Arg: "teilen"}},
		{"suche teilen", Command{Verb: VerbSearch, Share: true}},
		{`suche "teilen"`, Command{Verb: VerbSearch, Arg: `"teilen"`}},
		{"SUCHE  OZG   ODER  EfA", Command{Verb: VerbSearch, Arg: "OZG ODER EfA"}},
		{"search status", Command{Verb: VerbSearch, Arg: "status"}},
		{"suche", Command{Verb: VerbSearch}},
		{"Status Registermodernisierung", Command{Verb: VerbSearch, Arg: "Status Registermodernisierung"}},
		{"„Digitale Verwaltung“", Command{Verb: VerbSearch, Arg: `"Digitale Verwaltung"`}},
		{"A &amp; B &lt;x&gt; &amp;lt;", Command{Verb: VerbSearch, Arg: "A & B <x> &lt;"}},
		{"<https://govdigital.de|govdigital.de>", Command{Verb: VerbSource, Arg: "https://govdigital.de", Pasted: true}},
		{"<#C123|ozg> <#C987|> <@U1|anna> <@U2>", Command{Verb: VerbSearch, Arg: "#ozg #C987 @anna @U2"}},
		{"dig∗ Register∗", Command{Verb: VerbSearch, Arg: "dig* Register*"}}, // copied from what we showed
		{"wo\u0308chentlich", Command{Verb: VerbSearch, Arg: "wöchentlich"}},

		{"latest", Command{Verb: VerbLatest}},
		{"neu OZG", Command{Verb: VerbLatest, Arg: "OZG"}},
		{"neu Distributed Ledger share", Command{Verb: VerbLatest, Arg: "Distributed Ledger", Share: true}},
		{`neu "Distributed Ledger"`, Command{Verb: VerbLatest, Arg: "Distributed Ledger"}},

		{"abo OZG", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: daily}},
		{"abo OZG sofort", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: digest.KindNow}},
		{"abo OZG mir sofort", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: digest.KindNow, Me: true}},
		{"abo OZG sofort mir", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: digest.KindNow, Me: true}},
		{"subscribe OZG NOT Bavaria weekly here", Command{Verb: VerbSubscribe, Arg: "OZG NOT Bavaria", Cadence: digest.KindWeekly}},
		{"abo OZG WÖCHENTLICH", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: digest.KindWeekly}},
		{"abo OZG woechentlich hier", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: digest.KindWeekly}},
		{"abo OZG taeglich", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: daily}},
		{"abo OZG ta\u0308glich", Command{Verb: VerbSubscribe, Arg: "OZG", Cadence: daily}},
		{`abo "jetzt sofort" sofort`, Command{Verb: VerbSubscribe, Arg: `"jetzt sofort"`, Cadence: digest.KindNow}},
		{`subscribe "daily" now`, Command{Verb: VerbSubscribe, Arg: `"daily"`, Cadence: digest.KindNow}},
		{"abo täglich", Command{Verb: VerbSubscribe, Cadence: daily}},
		{"abo Apokalypse now täglich", Command{Verb: VerbSubscribe, Arg: "Apokalypse now", Cadence: daily}},
		{"abo", Command{Verb: VerbSubscribe, Cadence: daily}},
		{"abos", Command{Verb: VerbSubscriptions}},
		{"abos teilen", Command{Verb: VerbSubscriptions, Share: true}},
		{"abbestellen 12", Command{Verb: VerbUnsubscribe, Arg: "12"}},
		{"unsubscribe OZG NOT Bavaria", Command{Verb: VerbUnsubscribe, Arg: "OZG NOT Bavaria"}},

		{"themen", Command{Verb: VerbTopics}},
		{"Topics", Command{Verb: VerbTopics}},
		{"quellen", Command{Verb: VerbSources}},
		{"sources share", Command{Verb: VerbSources, Share: true}},
		{"status", Command{Verb: VerbStatus}},
		{"warum <https://example.org/a?b=1&amp;c=2|example.org>", Command{Verb: VerbExplain, Arg: "https://example.org/a?b=1&c=2"}},
		{"warum <http://site.example/i/s1|site.example/i/s1>", Command{Verb: VerbExplain, Arg: "http://site.example/i/s1"}},
		{"warum <http://site.example/i/s1|site.example/i/s1> teilen", Command{Verb: VerbExplain, Arg: "http://site.example/i/s1", Share: true}},
		{"suche <http://site.example/i/s1|site.example/i/s1>", Command{Verb: VerbSearch, Arg: "site.example/i/s1"}},
		{"<https://www.example.org/ozg|die Meldung>", Command{Verb: VerbSearch, Arg: "die Meldung"}},
		{"https://www.kommune21.de", Command{Verb: VerbSource, Arg: "https://www.kommune21.de", Pasted: true}},
		{"<https://www.kommune21.de>", Command{Verb: VerbSource, Arg: "https://www.kommune21.de", Pasted: true}},
		{"<https://amt.example/a?b=1&amp;c=2>", Command{Verb: VerbSource, Arg: "https://amt.example/a?b=1&c=2", Pasted: true}},
		{"&lt;https://www.kommune21.de&gt;", Command{Verb: VerbSource, Arg: "https://www.kommune21.de", Pasted: true}},
		{"<http://kommune21.de|kommune21.de>", Command{Verb: VerbSource, Arg: "kommune21.de", Pasted: true}},
		{"kommune21.de", Command{Verb: VerbSource, Arg: "kommune21.de", Pasted: true}},
		{"www.kommune21.de/presse/ teilen", Command{Verb: VerbSource, Arg: "www.kommune21.de/presse/", Pasted: true, Share: true}},
		{"HTTPS://kommune21.de.", Command{Verb: VerbSource, Arg: "https://kommune21.de", Pasted: true}},
		{"Node.js", Command{Verb: VerbSearch, Arg: "Node.js"}},
		{"ASP.NET", Command{Verb: VerbSearch, Arg: "ASP.NET"}},
		{"v2.0", Command{Verb: VerbSearch, Arg: "v2.0"}},
		{"co.uk", Command{Verb: VerbSearch, Arg: "co.uk"}},
		{`"kommune21.de"`, Command{Verb: VerbSearch, Arg: `"kommune21.de"`}},
		{"kommune21.de OZG", Command{Verb: VerbSearch, Arg: "kommune21.de OZG"}},
		{"<mailto:a@kommune21.de|a@kommune21.de>", Command{Verb: VerbSearch, Arg: "a@kommune21.de"}},
		{"ftp://kommune21.de", Command{Verb: VerbSearch, Arg: "ftp://kommune21.de"}},
		{"suche <http://kommune21.de|kommune21.de>", Command{Verb: VerbSearch, Arg: "kommune21.de"}},
		{"quelle <http://kommune21.de|kommune21.de>", Command{Verb: VerbSource, Arg: "kommune21.de"}},
		{"source add <https://kommune21.de/feed>", Command{Verb: VerbSource, Arg: "https://kommune21.de/feed"}},
		{`quelle "kommune21.de"`, Command{Verb: VerbSource, Arg: "kommune21.de"}},
		{"quelle entfernen <https://kommune21.de/feed>", Command{Verb: VerbSource, Arg: "https://kommune21.de/feed", Remove: true}},
		{"source https://kommune21.de/feed remove", Command{Verb: VerbSource, Arg: "https://kommune21.de/feed", Remove: true}},
		{"quelle der Meldung", Command{Verb: VerbSearch, Arg: "quelle der Meldung", Near: VerbSources}},
		{"explain 17", Command{Verb: VerbExplain, Arg: "17"}},

		{"digest", Command{Verb: VerbDigest}},
		{"digest morgen", Command{Verb: VerbDigest, Arg: "morgen"}},
		{"digest heute", Command{Verb: VerbDigest, Day: Day{Set: true, Written: "heute"}}},
		{"digest morgen gestern teilen", Command{Verb: VerbDigest, Arg: "morgen", Share: true, Day: Day{Set: true, Ago: 1, Written: "gestern"}}},
		{"digest yesterday morgen", Command{Verb: VerbDigest, Arg: "morgen", Day: Day{Set: true, Ago: 1, Written: "yesterday"}}},
		{"digest 2026-11-20", Command{Verb: VerbDigest, Day: Day{Set: true, Year: 2026, Month: 11, Date: 20, Written: "2026-11-20"}}},
		{"digest morgen 20.11.2026", Command{Verb: VerbDigest, Arg: "morgen", Day: Day{Set: true, Year: 2026, Month: 11, Date: 20, Written: "20.11.2026"}}},
		{"digest 20.11.", Command{Verb: VerbDigest, Day: Day{Set: true, Month: 11, Date: 20, Written: "20.11."}}},

		{"abonnieren OZG", Command{Verb: VerbSearch, Arg: "abonnieren OZG", Near: VerbSubscribe}},
		{"abbo OZG", Command{Verb: VerbSearch, Arg: "abbo OZG"}},
		{"subscirbe OZG", Command{Verb: VerbSearch, Arg: "subscirbe OZG", Near: VerbSubscribe}},
		{"abbestelen 3", Command{Verb: VerbSearch, Arg: "abbestelen 3", Near: VerbUnsubscribe}},
		{"hilfee", Command{Verb: VerbSearch, Arg: "hilfee", Near: VerbHelp}},
		{"Quelle", Command{Verb: VerbSource}},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ParseCommand(c.text)); diff != "" {
				t.Errorf("ParseCommand(%q) (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestDays(t *testing.T) {
	now := monday.In(berlin)
	cases := []struct{ text, from, to string }{
		{"heute", "2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00"},
		{"gestern", "2026-11-22T00:00:00+01:00", "2026-11-23T00:00:00+01:00"},
		{"20.11.", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"},
		{"24.12.", "2025-12-24T00:00:00+01:00", "2025-12-25T00:00:00+01:00"},
		{"20.11.24", "2024-11-20T00:00:00+01:00", "2024-11-21T00:00:00+01:00"},
		{"2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"}, // the day that summer time ends: 25 hours
		{"31.2.2026", "", ""},
		{"0.0.2026", "", ""},
		{"2026-13-01", "", ""},
		{"29.2.", "", ""}, // 2026 has none
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			d, ok := parseDay(c.text)
			if !ok {
				t.Fatal("not a day")
			}
			from, to, ok := d.Span(now)
			if !ok {
				if c.from != "" {
					t.Error("no such day")
				}
				return
			}
			if f, o := from.Format(time.RFC3339), to.Format(time.RFC3339); f != c.from || o != c.to {
				t.Errorf("%s to %s, want %s to %s", f, o, c.from, c.to)
			}
		})
	}
	for _, text := range []string{"morgen", "2026", "1.2", "12.", "2026-11"} {
		if d, ok := parseDay(text); ok {
			t.Errorf("%q is a day: %+v", text, d)
		}
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"abo OZG sofort mir", "digest 20.11.", "<https://x|y>", `"`, "suche", "&amp;lt;", "neu \u00a0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := ParseCommand(s)
		if _, ok := usages[c.Verb]; !ok {
			t.Errorf("ParseCommand(%q): verb %q", s, c.Verb)
		}
		if c.Arg != strings.TrimSpace(c.Arg) || c.Verb == VerbSearch && c.Arg == "" && !c.Share && strings.TrimSpace(s) == "" {
			t.Errorf("ParseCommand(%q) = %+v", s, c)
		}
		c.Day.Span(monday)
	})
}
