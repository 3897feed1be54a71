package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

// typed answers a command in channel C1 as U1, without a transport.
func typed(t *testing.T, o *office, text string) Reply {
	t.Helper()
	r := o.answer(t.Context(), asker{user: "U1", channel: "C1", name: "/news"}, ParseCommand(text))
	for _, m := range r.Messages {
		if err := checkMessage(m); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	return r
}

// TestAnswersLook keeps every answer as an editor reads it.
func TestAnswersLook(t *testing.T) {
	commands := map[string][]string{
		"de": {"", "hilfe abo", "OZG", "nichts davon", "quelle", "neu", "neu Unfug", "neu Blok*", "digest", "digest abend", "digest Morgn", "digest ozg", "digest gestern", "digest 30.2.", "digest 1.1.2020", "digest 24.12.2026", "abo OZG", "abo OZG",
			"abo Blockchain sofort mir", "abo Genossenschaft wöchentlich", "abos", "abbestellen 1", "abbestellen 99", "abbestellen Unfug*", "themen", "quellen", "status",
			"warum https://example.org/ozg?id=1&amp;x=2", "warum https://example.org/fehlt", "warum https://nirgends.example/x", "suche", "warum", "suche (OZG ODER", "abo OZG NEAR/x Bayern", `suche "offen`, "di*", "abo (Blockchain ODER \"Distributed Ledger\") NICHT Bitcoin* wöchentlich",
			"kommune21.de", "https://kreis.example/presse", "https://kreis.example/nix", "https://leer.example/meldung/1", "https://example.org/ozg?id=1&amp;x=2", "quelle entfernen example.org", "quelle entfernen https://weg.example/feed"},
		"en": {"help", "OZG", "nothing of it", "latest OZG", "latest nonsense", "digest today", "digest evening", "digest mornin", "digest 2020-01-01", "digest 2026-12-24", "digest 2026-02-30", "unsubscribe 99", "di*", "subscribe OZG now here", "subscriptions", "unsubscribe OZG", "sources", "status",
			"explain https://example.org/ozg?id=1&amp;x=2", "subscribe", "search OZG AND (x OR", "subscribe OZG OR EfA weekly me",
			"kommune21.de", "https://kreis.example/presse", "https://kreis.example/nix", "leer.de", "source remove example.org"},
	}
	for lang, list := range commands {
		t.Run(lang, func(t *testing.T) {
			o := newOffice(t, func(o *Options) { o.Language = lang })
			preview := sampleDigest(lang)
			preview.Plan.Schedule, preview.Plan.Rules = every(23*time.Hour), []digest.Rule{{Title: "OZG", Topic: "OZG"}}
			daily := digest.Plan{Name: "daily:C1", Kind: digest.KindDaily, Target: "C1", Schedule: every(time.Hour), Location: berlin}
			o.o.Digests = &plansOf{plans: []digest.Plan{preview.Plan, daily}, preview: preview}
			o.desk.topics = []feeds.Topic{{Name: "OZG", Query: parse(t, "OZG")}, {Name: "R&D*", Query: parse(t, "Forschung")}}
			o.desk.feeds = append(sampleDigest(lang).Coverage.Broken,
				feeds.Feed{URL: "https://still.example/feed", Name: "Stiller <Bote>", State: feeds.StateSilent, Since: monday.Add(-9 * 24 * time.Hour), LastSuccess: monday, LastPoll: monday, Items: 90,
					Reason: "quieter than usual: until then something new came about every 6 hours; if the site has something new, its feed has moved or stopped: depesche feeds discover https://still.example/"},
				feeds.Feed{URL: "https://alt.example/feed", Name: "Umzug", State: feeds.StateMoved, Since: monday.Add(-48 * time.Hour), LastSuccess: monday, LastPoll: monday, Items: 7,
					Reason: "moved permanently to https://neu.example/feed; put that address in the place of the old one on the list"},
				feeds.Feed{URL: "https://example.org/feed", Name: "Amtsblick", State: feeds.StateOK, LastSuccess: monday, LastPoll: monday, Items: 412})
			o.archive.sightings = []feeds.Sighting{{Feed: "Amtsblick", Seen: monday}, {Feed: "Rat & Tat", Seen: monday.Add(time.Minute)}}
			o.archive.outcomes = []digest.Outcome{
				{Plan: "digest:abend", Scheduled: monday.Add(-time.Hour), Deliveries: []digest.Delivery{{Status: digest.StatusSent, Sent: monday.Add(-time.Hour)}}},
				{Plan: "now:C1", Scheduled: monday, Deliveries: []digest.Delivery{{Status: digest.StatusFailed, Reason: "not_in_channel: the bot is not in the channel; invite it with /invite"}}},
				{Plan: "daily:C9", Scheduled: monday},
				{Plan: "daily:U1", Scheduled: monday, Deliveries: []digest.Delivery{{Status: digest.StatusPending, Reason: "http_502: the connection broke or the answer made no sense; it is looked for, and sent again"}}},
			}
			o.desk.pending = []digest.Delivery{
				{Plan: "digest:abend", Status: digest.StatusPending, Attempts: 2, Reason: "not_in_channel: the bot is not in the channel; invite it with /invite"},
				{Plan: "daily:C9", Status: digest.StatusPending, Attempts: 2, Reason: "is_archived: the channel is archived; bring it back, or name another channel"},
				{Plan: "now:C1", Status: digest.StatusPending},
			}
			o.sources.found = sampleCandidates()
			var b strings.Builder
			for _, text := range list {
				b.WriteString(strings.TrimSpace("=== /news "+text) + "\n")
				for _, m := range typed(t, o, text).Messages {
					b.WriteString(readable(m.Blocks) + "\n")
				}
			}
			golden(t, "answers_"+lang+".txt", []byte(b.String()))
		})
	}
}

// TestAnItemIsFoundHoweverItsAddressIsTyped asks for an item of each scheme in
// the ways in which people type an address and Slack passes it on.
func TestAnItemIsFoundHoweverItsAddressIsTyped(t *testing.T) {
	o := newOffice(t, nil)
	o.archive.items = []feeds.Item{
		{ID: 1, Title: "Die erste", URL: "http://site.example/i/s1", Seen: monday, Dated: monday, News: 1},
		{ID: 2, Title: "Die zweite", URL: "https://site.example/i/s2", Seen: monday, Dated: monday, News: 2},
	}
	for i, title := range []string{"Die erste", "Die zweite"} {
		bare := []string{"site.example/i/s1", "site.example/i/s2"}[i]
		for _, text := range []string{
			"<http://" + bare + "|" + bare + ">", "<https://" + bare + ">", "<http://" + bare + "|zur Meldung>",
			bare, "//" + bare, "http://" + bare, "HTTPS://" + bare,
			`"` + bare + `"`, "„http://" + bare + "“", "'" + bare + "'", "`" + bare + "`",
			"&lt;" + bare + "&gt;", "&lt;http://" + bare + "&gt;", "&lt;http://" + bare + "|" + bare + "&gt;", "&lt;http://" + bare + "|zur Meldung&gt;",
			"<http://" + bare + "|" + bare + ">?", bare + ".", `"` + bare + `".`, "&lt;" + bare + "&gt;!",
		} {
			if got := readable(typed(t, o, "warum "+text).Messages[0].Blocks); !strings.Contains(got, title) {
				t.Errorf("warum %s:\n%s", text, got)
			}
		}
	}
	o.desk.feeds = []feeds.Feed{{URL: "https://site.example/feed", Name: "Seite"}}
	if got := readable(typed(t, o, "warum site.example/i/s3").Messages[0].Blocks); !strings.Contains(got, "Diese Quelle wird gelesen") {
		t.Errorf("an unknown item of a known source:\n%s", got)
	}
	if got := readable(typed(t, o, "warum s3").Messages[0].Blocks); !strings.Contains(got, "die ganze Adresse") {
		t.Errorf("what is no address:\n%s", got)
	}
}

// TestHostileItemsStayTextInEveryAnswer runs titles that attack through every
// answer that shows items; checkMessage, called by typed, is the judge.
func TestHostileItemsStayTextInEveryAnswer(t *testing.T) {
	hostile := []string{
		"<!channel> sofort lesen", "<!here|x>", "<@U1> gekündigt", "<!subteam^S1>", "<https://evil.example|Klick>", "@channel @here @everyone",
		"*fett* _kursiv_ ~weg~ `code` ```block```", "> Zitat\n> mehr", "a|b>c<d&e;&amp;lt;", "\u202Egnp.exe\u202C", "x\x00y\x1b[2Jz", "\xff\xfe", "<script>alert(1)</script>",
		strings.Repeat("&<>", 3000), strings.Repeat("👩‍👩‍👧‍👦", 500), "", "   \n\t ", "\u200b\u200b", strings.Repeat("\u0301", 500), "<date^0^{date}|x>", ":tada::tada:",
	}
	for _, text := range hostile {
		o := newOffice(t, nil)
		it := feeds.Item{ID: 1, Title: text + " OZG", Summary: text, Source: text, URL: "https://example.org/" + text, Seen: monday, Dated: monday, News: 1,
			Matches: []feeds.Match{{Topic: text, Words: []string{text}}, {Topic: "OZG", Words: []string{text, text}}}}
		bare := it
		bare.Title, bare.URL = text, "javascript:"+text
		o.archive.items = []feeds.Item{it, bare}
		o.desk.topics = []feeds.Topic{{Name: text, Query: parse(t, "OZG")}, {Name: "OZG", Query: parse(t, "OZG")}}
		o.desk.feeds = []feeds.Feed{{Name: text, URL: "https://example.org/" + text, State: feeds.StateFailing, Reason: text}}
		o.subscribers.list = []digest.Subscription{{ID: 1, Query: "q" + text, Cadence: digest.KindDaily, Target: "C1", Creator: text}}
		for _, command := range []string{"OZG", "neu", "neu OZG", "digest heute", "themen", "quellen", "status", "abos", "abbestellen 1", "warum " + it.URL,
			"suche " + text, "neu " + text, "digest " + text, "abo " + text, "abbestellen " + text, "warum https://example.org/" + text, text} {
			for _, m := range typed(t, o, command).Messages {
				if strings.Contains(readable(m.Blocks)+m.Text, "<@U1> gek") {
					t.Errorf("%q mentions a person: %s", command, m.Blocks)
				}
			}
		}
	}
}

// TestLongListsFit fills every list to the brim.
func TestLongListsFit(t *testing.T) {
	o := newOffice(t, nil)
	for i := range 400 {
		name := strings.Repeat("Name & ", i%30)
		o.desk.topics = append(o.desk.topics, feeds.Topic{Name: name + "T", Query: parse(t, strings.Repeat("Wort ", 1+i))})
		o.desk.feeds = append(o.desk.feeds, feeds.Feed{URL: "https://example.org/" + strings.Repeat("a&", i), Name: name, State: feeds.StateFailing, Reason: name, Since: monday})
		o.subscribers.list = append(o.subscribers.list, digest.Subscription{ID: int64(i), Query: name + "q", Target: "C1", Creator: "U2", Cadence: digest.KindDaily})
	}
	long := strings.Repeat("Name & ", 29)
	for command, want := range map[string]string{"neu " + long: "und 370 weitere", "themen": "weitere Einträge", "quellen": "weitere Einträge", "status": "weitere Quellen", "abos": "und 375 weitere Einträge"} {
		r := typed(t, o, command)
		if text := readable(r.Messages[0].Blocks); !strings.Contains(text, want) {
			t.Errorf("%s does not say what it leaves out", command)
		}
	}
}

func TestHomeFits(t *testing.T) {
	o := newOffice(t, nil)
	for i := range 400 {
		o.subscribers.list = append(o.subscribers.list, digest.Subscription{ID: int64(i), Query: strings.Repeat("Wort & ", 40), Target: "C0ANDERER", Creator: "U1", Cadence: digest.KindDaily})
	}
	view, err := o.home(t.Context(), "U1")
	if err != nil {
		t.Fatal(err)
	}
	blocks := view.Blocks.BlockSet
	if len(blocks) > maxViewBlocks {
		t.Errorf("%d blocks", len(blocks))
	}
	for _, block := range blocks {
		raw, err := marshal(block)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := checkBlock(raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	raw, err := marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	if text := readable(raw); !strings.Contains(text, "<#C0ANDERER>") || !strings.Contains(text, "und 375 weitere") {
		t.Errorf("home reads:\n%s", text)
	}
	if other, err := o.home(t.Context(), "U2"); err != nil || len(other.Blocks.BlockSet) >= len(blocks) {
		t.Errorf("another person's home has %d blocks, %v", len(other.Blocks.BlockSet), err)
	}
}

func TestADayWithoutItemsIsNotSaidToLastUntilNow(t *testing.T) {
	o := newOffice(t, nil)
	o.archive.items[0].Seen = time.Date(2026, 1, 15, 12, 0, 0, 0, berlin)
	r := typed(t, o, "digest 1.2.2026")
	if text := readable(r.Messages[0].Blocks); !strings.Contains(text, "Sonntag, 1. Februar 2026 · keine Meldungen") || strings.Contains(text, "seit") {
		t.Errorf("the digest reads\n%s", text)
	}
}

// TestSearchPagesByFive goes through eleven items.
func TestSearchPagesByFive(t *testing.T) {
	o := newOffice(t, nil)
	one := o.archive.items[0]
	for range 10 {
		o.archive.items = append(o.archive.items, one)
	}
	at := view{Verb: VerbSearch, Arg: "OZG"}
	for page, c := range []struct {
		items   int
		actions string
	}{{5, "more share"}, {5, "back more share"}, {1, "back share"}} {
		at.Offset = page * pageSize
		r, err := o.show(t.Context(), asker{user: "U1", channel: "C1", name: "/news"}, at)
		if err != nil {
			t.Fatal(err)
		}
		p := r.payloads()[0]
		if got := strings.Count(readable(p.Blocks), "<https://example.org/ozg"); got != c.items {
			t.Errorf("page %d has %d items, want %d", page+1, got, c.items)
		}
		var blocks []struct {
			Elements []struct {
				ID string `json:"action_id"`
			} `json:"elements"`
		}
		if err := json.Unmarshal(p.Blocks, &blocks); err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, b := range blocks {
			for _, e := range b.Elements {
				actions = append(actions, e.ID)
			}
		}
		if got := strings.Join(actions, " "); got != c.actions {
			t.Errorf("page %d has the buttons %q, want %q", page+1, got, c.actions)
		}
	}
}

func TestASharedAnswerTellsNothingOfOnesOwnSubscriptions(t *testing.T) {
	o := newOffice(t, nil)
	o.archive.outcomes = []digest.Outcome{{Plan: "now:U1", Scheduled: monday, Deliveries: []digest.Delivery{{Status: digest.StatusSent, Sent: monday}}}}
	own := readable(typed(t, o, "warum https://example.org/b").Messages[0].Blocks)
	shared := readable(typed(t, o, "warum https://example.org/b teilen").Messages[0].Blocks)
	if !strings.Contains(own, "Sofortmeldung als Direktnachricht") || strings.Contains(shared, "Sofortmeldung") || !strings.Contains(shared, "1 Lieferung") {
		t.Errorf("to oneself:\n%s\nto all:\n%s", own, shared)
	}
}
