package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"
	"depesche/digest"
	"depesche/feeds"
)

func TestEveryVerbAnswers(t *testing.T) {
	cases := []struct {
		text string
		want []string
	}{
		{"", []string{"`/news abos`", "`/news warum ADRESSE`"}},
		{"hilfe suche", []string{"feste Wendungen"}},
		{"OZG", []string{"*Suche:* `OZG` · 1 Meldung", "<https://example.org/ozg?id=1&amp;x=2|OZG-Umsetzung: Länder ziehen Bilanz>", "Treffer: OZG", "Im Kanal teilen"}},
		{"gibtesnicht", []string{"Nichts gefunden zu: `gibtesnicht`", "`/news abo gibtesnicht`"}},
		{"hilfee", []string{"`/news hilfe` gemeint?"}},
		{"suche", []string{"Beispiel: `/news suche"}},
		{"neu", []string{"*Neueste Meldungen* · 3 Meldungen", "Bürger*innen &lt;!channel&gt; &amp; ∗Fett∗ ˋxˋ"}},
		{"neu ozg", []string{"*Neueste Meldungen zu OZG* · 2 Meldungen"}},
		{"neu Unfug", []string{"Ein Thema „Unfug“ gibt es nicht. Themen: OZG, govdigital"}},
		{"digest", []string{"Morgen · Montag, 23. November 2026 · 3 Meldungen", "38 von 40 Quellen geprüft"}},
		{"digest abend", []string{"Einen Digest „abend“ gibt es nicht. Digests: morgen."}},
		{"digest heute", []string{"1 von 2 Quellen geprüft"}},
		{"digest 31.2.2026", []string{"Den Tag „31.2.2026“ gibt es im Kalender nicht"}},
		{"digest 2099-01-01", []string{"1. Januar 2099 liegt noch vor uns"}},
		{"abo", []string{"Beispiel: `/news abo"}},
		{"abos", []string{"Noch gibt es hier keine Abos"}},
		{"abbestellen 4711", []string{"Ein Abo `4711` gibt es hier nicht"}},
		{"themen", []string{"*2 Themen*", "• *OZG*: `OZG`"}},
		{"quellen", []string{"1 von 2 Quellen geprüft", "Rat &amp; Tat> · gestört seit", "Der Server antwortet mit HTTP 503 (vorübergehend nicht verfügbar)", "Amtsblick> · in Ordnung"}},
		{"status", []string{"Gestört: Rat &amp; Tat", "Heute eingetroffen", "Digest „morgen“: "}},
		{"warum https://example.org/b", []string{"Eingetroffen: ", "Thema: *OZG* (Treffer: OZG)", "Vorgesehen: Digest „morgen“"}},
		{"warum example.org/b", []string{"Eingetroffen: "}}, // Slack makes a link with a label of it
		{`warum "example.org/b"`, []string{"Eingetroffen: "}},
		{"warum <example.org/b>", []string{"Eingetroffen: "}},
		{"warum <https://example.org/ozg?id=1&x=2>.", []string{"Eingetroffen: "}},
		{"warum https://example.org/fehlt", []string{"Diese Adresse steht nicht im Archiv", "Diese Quelle wird gelesen"}},
		{"warum https://nirgends.example/x", []string{"Von nirgends.example wird keine Quelle gelesen"}},
		{"warum Unsinn", []string{"Gebraucht wird die ganze Adresse"}},
	}
	overBoth(t, func(t *testing.T, n *newsroom) {
		for _, c := range cases {
			t.Run(c.text, func(t *testing.T) { says(t, n.types(t, channel, anna, c.text), c.want...) })
		}
	})
}

func TestSharedAnswersAreForTheChannel(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		if _, err := n.slack.Command(t.Context(), channel, anna, "neu teilen"); err != nil {
			t.Fatal(err)
		}
		m := n.newest(t, "neu teilen", 1, func() []playground.Message { return n.slack.Messages(channel) })
		says(t, m, "*Neueste Meldungen*")
		if strings.Contains(string(m.Blocks), "Im Kanal teilen") {
			t.Error("a shared answer can be shared again")
		}
	})
}

func TestSubscribing(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		says(t, n.types(t, channel, anna, "abo OZG sofort"), "Abo 1 ist eingerichtet:* `OZG`", "hätte es eine Meldung gebracht",
			"sobald eine Meldung eintrifft", "alle hier sehen sie", "`/news abbestellen 1`", "Beenden")
		says(t, n.types(t, channel, ben, "abo OZG sofort"), "gibt es schon, es ist Nummer 1")
		says(t, n.types(t, channel, anna, "abo Blockchain wöchentlich mir"), "Abo 2", "wöchentlich", "als Direktnachricht; sonst")
		says(t, n.types(t, closed, ben, "abo Haushalt"), "Abo 3", "keine Meldung gebracht", "`/invite`", "täglich")
		if got := n.subscribers.list[1].Target; got != anna {
			t.Errorf("a personal one goes to %s", got)
		}

		says(t, n.types(t, channel, anna, "abos"), "*2 Abos*", "*1* · `OZG` · sofort · in diesem Kanal", "*2* · `Blockchain` · wöchentlich · als Direktnachricht")
		m := n.types(t, channel, ben, "abos")
		says(t, m, "*1 Abo*", "eingerichtet von <@"+anna+">")
		if strings.Contains(readable(m.Blocks), "Haushalt") || strings.Contains(readable(m.Blocks), "Blockchain") {
			t.Errorf("ben sees what is not his: %s", readable(m.Blocks))
		}

		says(t, n.types(t, channel, ben, "abbestellen 2"), "gibt es hier nicht") // anna's own
		says(t, n.types(t, channel, ben, "abbestellen 3"), "gibt es hier nicht") // another channel's
		says(t, n.types(t, channel, ben, "abbestellen ozg"), "Abo 1 ist beendet:* `OZG`", "`/news abo OZG sofort`", "Rückgängig")
		if len(n.subscribers.list) != 2 {
			t.Errorf("%d subscriptions are left", len(n.subscribers.list))
		}
	})
}

func TestButtons(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		for i := range 12 {
			it := sampleItems()[0]
			it.Title, it.URL = "Seite "+string(rune('A'+i)), ""
			n.archive.items = append(n.archive.items, it)
		}
		m := n.types(t, channel, anna, "Seite")
		says(t, m, "Meldungen 1–5", "Seite A", "Weitere")
		n.press(t, m, actionMore)
		m = n.ephemeral(t, anna, "Meldungen 6–10")
		says(t, m, "Seite F", "Zurück")
		n.press(t, m, actionBack)
		m = n.ephemeral(t, anna, "Meldungen 1–5")
		if got := len(n.slack.Ephemerals(channel, anna)); got != 1 {
			t.Errorf("turning pages left %d messages", got)
		}
		n.press(t, m, actionShare)
		n.until(t, "shared", func() bool { return len(n.slack.Messages(channel)) == 1 })
		says(t, n.slack.Messages(channel)[0], "Seite A", "Geteilt von <@"+anna+">")
		n.press(t, m, actionShare)
		n.ephemeral(t, anna, "steht schon im Kanal")

		m = n.types(t, channel, anna, "abo OZG")
		n.press(t, m, actionEnd)
		m = n.ephemeral(t, anna, "ist beendet")
		n.press(t, m, actionUndo)
		n.ephemeral(t, anna, "Abo 2 ist eingerichtet")
		if len(n.subscribers.list) != 1 {
			t.Errorf("%d subscriptions", len(n.subscribers.list))
		}
	})
}

func TestHomeMentionsAndDirectMessages(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.types(t, channel, anna, "abo OZG mir")
		if err := n.slack.OpenHome(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		home := func() string { return readable(n.slack.Home(anna)) }
		n.until(t, "home", func() bool { return strings.Contains(home(), "*1* · `OZG`") })
		for _, want := range []string{"Nächste Digests", "Digest „morgen“", "Eigene Abos", "So lässt sich Depesche fragen", "`/news status`"} {
			if !strings.Contains(home(), want) {
				t.Errorf("home lacks %q", want)
			}
		}
		if _, err := n.slack.PressHome(t.Context(), anna, actionEnd); err != nil {
			t.Fatal(err)
		}
		n.until(t, "home without it", func() bool { return strings.Contains(home(), "Noch gibt es keine eigenen Abos") })

		if err := n.slack.Mention(t.Context(), channel, ben, "neu OZG"); err != nil {
			t.Fatal(err)
		}
		m := n.newest(t, "mention", 1, func() []playground.Message { return n.slack.Messages(channel) })
		says(t, m, "Neueste Meldungen zu OZG")
		if strings.Contains(string(m.Blocks), "Geteilt von") {
			t.Error("an answer to a mention is not shared by anybody")
		}
		if m.ThreadTS == "" {
			t.Error("the answer is not in a thread")
		}
		im := n.slack.Direct(ben)
		if err := n.slack.Say(t.Context(), im, ben, "abo Blockchain hier"); err != nil {
			t.Fatal(err)
		}
		m = n.newest(t, "direct message", 1, func() []playground.Message { return n.slack.Messages(im) })
		says(t, m, "ist eingerichtet", "als Direktnachricht; sonst")
		if err := n.slack.Invite(t.Context(), "C0NEU"); err != nil {
			t.Fatal(err)
		}
		m = n.newest(t, "greeting", 0, func() []playground.Message { return n.slack.Messages("C0NEU") })
		says(t, m, "Depesche ist jetzt in diesem Kanal", "`/news hilfe`")
	})
}

func TestSlowAnswersComeOverTheResponseURL(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.archive.slow = ackBudget + 200*time.Millisecond
		says(t, n.types(t, channel, anna, "OZG"), "OZG-Umsetzung")
	})
}

func TestFaultsOfOursAreAnsweredPolitely(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.archive.err = errors.New("disk is on fire")
		m := n.types(t, channel, anna, "neu")
		says(t, m, "ließ sich gerade nicht beantworten")
		if strings.Contains(m.Text, "fire") {
			t.Error("the fault is shown")
		}
	})
}

func TestABusyBotSaysSo(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		n.mu.Lock()
		for i := range uint64(maxJobs) {
			n.stops[1<<32+i] = func() {}
		}
		n.mu.Unlock()
		if _, err := n.slack.Command(t.Context(), channel, anna, "neu"); err != nil {
			t.Fatal(err)
		}
		n.until(t, "an answer", func() bool { return len(n.slack.Ephemerals(channel, anna)) == 1 })
		if got := n.slack.Ephemerals(channel, anna)[0].Text; !strings.Contains(got, "ließ sich gerade nicht beantworten") {
			t.Errorf("answer %q", got)
		}
	})
}

func TestLongDigestsComeInParts(t *testing.T) {
	overBoth(t, func(t *testing.T, n *newsroom) {
		d := sampleDigest("de")
		for range 7 {
			d.Sections = append(d.Sections, d.Sections[0])
		}
		for i := range d.Sections {
			d.Sections[i].Items = append(d.Sections[i].Items[:0:0], make([]feeds.Item, 40)...)
			for j := range d.Sections[i].Items {
				d.Sections[i].Items[j] = sampleItems()[0]
			}
		}
		n.o.Digests = &plansOf{plans: []digest.Plan{d.Plan}, preview: d}
		if _, err := n.slack.Command(t.Context(), channel, anna, "digest morgen"); err != nil {
			t.Fatal(err)
		}
		n.until(t, "five messages", func() bool { return len(n.slack.Ephemerals(channel, anna)) == maxFollowUps })
		list := n.slack.Ephemerals(channel, anna)
		says(t, list[0], "(Teil 1/")
		says(t, list[maxFollowUps-1], "weitere Teile passen nicht in eine Antwort", "Im Kanal teilen")
	})
}
