package playground_test

import (
	"context"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"depesche/bot/playground"

	"github.com/chromedp/chromedp"
)

var pictures = flag.String("pictures", "", "folder for pictures of the page")

const digest = `{"channel":"C1","text":"Morgenlage: 3 Meldungen","unfurl_links":false,"blocks":[
{"type":"header","text":{"type":"plain_text","text":"Morgenlage · Samstag, 21. November 2026"}},
{"type":"context","elements":[{"type":"mrkdwn","text":"Seit gestern, 8:00 · 3 Meldungen aus 14 Quellen","verbatim":true}]},
{"type":"divider"},
{"type":"section","text":{"type":"mrkdwn","text":"*OZG* · 2","verbatim":true}},
{"type":"section","text":{"type":"mrkdwn","text":"<https://example.org/1|Bund und Länder vereinbaren Zeitplan für die zweite Stufe der OZG-Umsetzung>\nBis Mitte 2027 sollen die fünfzehn wichtigsten Leistungen bundesweit online sein. Kommunen vermissen eine Zusage zur Finanzierung.","verbatim":true},
 "accessory":{"type":"button","action_id":"explain","value":"1","text":{"type":"plain_text","text":"Warum?"}}},
{"type":"context","elements":[{"type":"mrkdwn","text":"Amtsblatt Nord · <!date^1795248000^{date_short_pretty} {time}|21.11., 8:00> · traf: *OZG-Umsetzung*","verbatim":true}]},
{"type":"section","text":{"type":"mrkdwn","text":"<https://example.org/2|Landkreis schaltet digitale Baugenehmigung frei>\nNach zwei Jahren Erprobung ist der Antrag R&amp;D-frei und &lt;vollständig&gt; digital.","verbatim":true}},
{"type":"context","elements":[{"type":"mrkdwn","text":"Kreisbote · <!date^1795237200^{date_short_pretty} {time}|21.11., 5:00> · traf: *Onlinezugangsgesetz*","verbatim":true}]},
{"type":"divider"},
{"type":"section","text":{"type":"mrkdwn","text":"*Blockchain* · 1","verbatim":true}},
{"type":"section","fields":[{"type":"mrkdwn","text":"*Quelle*\nZeugnis-Register"},{"type":"mrkdwn","text":"*Stand*\nPilot in drei Ländern"}]},
{"type":"context","elements":[{"type":"mrkdwn","text":"Geprüft: 14 Quellen, 1 gestört: _Stadtanzeiger_ seit Donnerstag. Ohne Treffer: govdigital.","verbatim":true}]},
{"type":"actions","elements":[{"type":"button","style":"primary","action_id":"all","text":{"type":"plain_text","text":"Alle anzeigen"}},
 {"type":"button","action_id":"mute","text":{"type":"plain_text","text":"Stumm"}},
 {"type":"overflow","action_id":"over","options":[{"text":{"type":"plain_text","text":"Als Text"},"value":"text"}]}]}]}`

// furnished is a workspace in the middle of a morning.
func furnished(t *testing.T) string {
	b := newBot(t)
	b.commands = func(rw http.ResponseWriter, form url.Values) {
		sayJSON(rw, `{"response_type":"ephemeral","text":"x","blocks":[
{"type":"section","text":{"type":"mrkdwn","text":"*2 Treffer* für `+"`OZG`"+` in den letzten 30 Tagen"}},
{"type":"section","text":{"type":"mrkdwn","text":"<https://example.org/3|Fünf Jahre OZG: Was blieb liegen?>\nAmtsblatt Nord · gestern\n> „Die Nutzerkonten sind der Engpass.“"}},
{"type":"actions","elements":[{"type":"button","action_id":"more","value":"2","text":{"type":"plain_text","text":"Weitere"}},
{"type":"button","action_id":"drop","style":"danger","value":"1","text":{"type":"plain_text","text":"Abo beenden"}}]}]}`)
	}
	b.events = func(rw http.ResponseWriter, _ map[string]any) {}
	do := func(context.Context) (string, error) { return "Drei Meldungen trafen ein.", nil }
	w, address := desk(t, func(o *playground.Options) {
		o.BotURL = b.URL
		o.Actions = []playground.Action{{ID: "arrive", Label: "Neue Meldungen treffen ein", Run: do}, {ID: "digest", Label: "Digest jetzt", Run: do}}
	})
	if err := w.Say(t.Context(), "C1", "U0BEN", "Moin, gibt es schon etwas zum *OZG*?"); err != nil {
		t.Fatal(err)
	}
	if got := api(t, address, "xoxb-1", "chat.postMessage", digest); got["ok"] != true {
		t.Fatal(got)
	}
	if got := api(t, address, "xoxb-1", "chat.postMessage", `{"channel":"C5","text":"Still"}`); got["ok"] != true {
		t.Fatal(got)
	}
	if _, err := w.Command(t.Context(), "C1", w.Me(), "OZG"); err != nil {
		t.Fatal(err)
	}
	return address
}

func TestThePageFitsItsWindow(t *testing.T) {
	address := furnished(t)
	for _, c := range []struct {
		name          string
		width, height int64
		flags         []chromedp.ExecAllocatorOption
		typed         string
	}{
		{"desk", 1200, 800, nil, ""},
		{"dark", 1200, 800, []chromedp.ExecAllocatorOption{chromedp.Flag("blink-settings", "preferredColorScheme=0")}, "/news a"},
		{"narrow", 500, 800, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := browser(t, c.width, c.height, c.flags...)
			do(t, ctx, chromedp.Navigate(address),
				chromedp.WaitVisible(css(`body[data-ready]`)), chromedp.WaitVisible(css(`.message.ephemeral`)))
			if c.typed != "" {
				do(t, ctx, chromedp.SendKeys(css(`#composer`), c.typed), chromedp.WaitVisible(css(`.suggestion`)))
			}
			do(t, ctx, chromedp.Sleep(100*time.Millisecond))
			if wide := get(t, ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > c.width {
				t.Errorf("the page is %d pixels wide in a window of %d", wide, c.width)
			}
			if !get(t, ctx, chromedp.Evaluate[bool](`document.querySelector("#top").getBoundingClientRect().top === 0`)) {
				t.Error("the page as a whole was scrolled; only the messages should be")
			}
			const inside = `(() => { const r = document.querySelector("#send").getBoundingClientRect(); return r.bottom <= innerHeight && r.right <= innerWidth })()`
			if !get(t, ctx, chromedp.Evaluate[bool](inside)) {
				t.Error("the button to send is outside of the window")
			}
			picture(t, ctx, c.name)
		})
	}
}

// picture keeps a picture of the page where one is asked for.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	png := get(t, ctx, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
