package playground_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"
)

// The vector of Slack's "Verifying requests from Slack".
func TestSignatureVector(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
		"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
		"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	got := playground.Signature(secret, time.Unix(1531420618, 0), []byte(body))
	if want := "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestACommandIsSignedAndComplete(t *testing.T) {
	b := newBot(t)
	b.commands = func(rw http.ResponseWriter, form url.Values) { sayJSON(rw, `{"text":"gut"}`) }
	w, base := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	reply, err := w.Command(short(t), "C5", "U0ANNA", "abo „OZG & Co“")
	if err != nil {
		t.Fatal(err)
	}
	got := b.received()[0]
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%d:%s", got.at.Unix(), got.body)
	if want := "v0=" + hex.EncodeToString(mac.Sum(nil)); got.signature != want {
		t.Errorf("signature %s, want %s", got.signature, want)
	}
	if age := time.Since(got.at); age < 0 || age > 5*time.Second {
		t.Errorf("the timestamp is %v old", age)
	}
	form, err := url.ParseQuery(got.body)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"command": "/news", "text": "abo „OZG &amp; Co“", "channel_id": "C5", "channel_name": "privategroup", "user_id": "U0ANNA",
		"user_name": "anna", "response_url": reply.ResponseURL, "trigger_id": reply.TriggerID,
	} {
		if form.Get(key) != want {
			t.Errorf("%s = %q, want %q", key, form.Get(key), want)
		}
	}
	if !strings.HasPrefix(reply.ResponseURL, base+"/hooks/") {
		t.Errorf("response URL %s", reply.ResponseURL)
	}
	answers := reply.Answers()
	if len(answers) != 1 || answers[0].Text != "gut" || answers[0].ResponseType != "ephemeral" || !answers[0].InBand {
		t.Errorf("answers %+v", answers)
	}
	if len(w.Messages("C5")) != 0 || len(w.Ephemerals("C5", "U0ANNA")) != 1 {
		t.Error("an answer without a type is for the asker alone")
	}
}

func TestWhatAUserTypesArrivesEscaped(t *testing.T) {
	b := newBot(t)
	w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	for typed, want := range map[string]string{
		"warum https://example.org/a?b=1&c=2.": "warum <https://example.org/a?b=1&amp;c=2>.",
		"warum <example.de/a> x":               "warum &lt;<http://example.de/a|example.de/a>&gt; x",
		"warum example.de/artikel":             "warum <http://example.de/artikel|example.de/artikel>",
		"a < b > c":                            "a &lt; b &gt; c",
		"für @ben in #redaktion":               "für <@U0BEN|ben> in <#C1|redaktion>",
		"abo OZG #geheim":                      "abo OZG <#C5|>",
		"an @niemand in #nirgends":             "an @niemand in #nirgends",
		"“quoted” ‚so‘ – nbsp":                 "“quoted” ‚so‘ – nbsp",
		"20.11.2026 und C5/Az. 3":              "20.11.2026 und C5/Az. 3",
	} {
		if _, err := w.Command(short(t), "C1", "U0ANNA", typed); err != nil {
			t.Fatal(err)
		}
		all := b.received()
		form, err := url.ParseQuery(all[len(all)-1].body)
		if err != nil {
			t.Fatal(err)
		}
		if got := form.Get("text"); got != want {
			t.Errorf("%q arrives as %q, want %q", typed, got, want)
		}
	}
}

func TestWhatGoesWrongWithACommand(t *testing.T) {
	for _, c := range []struct {
		name, code string
		answer     func(http.ResponseWriter)
	}{
		{"the bot refuses", "http_client_error", func(rw http.ResponseWriter) { http.Error(rw, "no", http.StatusUnauthorized) }},
		{"the bot fails", "http_service_error", func(rw http.ResponseWriter) { http.Error(rw, "oh", http.StatusInternalServerError) }},
		{"the bot sends elsewhere", "too_many_redirects", func(rw http.ResponseWriter) {
			rw.Header().Set("Location", "/")
			rw.WriteHeader(http.StatusFound)
		}},
		{"broken JSON", "invalid_command_response", func(rw http.ResponseWriter) { sayJSON(rw, `{"text":`) }},
		{"broken blocks", "invalid_command_response", func(rw http.ResponseWriter) { sayJSON(rw, `{"text":"x","blocks":[{"type":"header"}]}`) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBot(t)
			b.commands = func(rw http.ResponseWriter, _ url.Values) { c.answer(rw) }
			w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
			_, err := w.Command(short(t), "C1", "U0ANNA", "x")
			var bad *playground.Refusal
			if !errors.As(err, &bad) || bad.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestNoCommandInAnArchivedChannel(t *testing.T) {
	b := newBot(t)
	w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	if _, err := w.Command(short(t), "C4", "U0ANNA", "x"); err == nil || err.Error() != "is_archived" || len(b.received()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestABotThatIsSlowTimesOut(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	b := newBot(t)
	b.commands = func(http.ResponseWriter, url.Values) { <-left }
	w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	begun := time.Now()
	_, err := w.Command(t.Context(), "C1", "U0ANNA", "x")
	close(left)
	var bad *playground.Refusal
	if !errors.As(err, &bad) || bad.Code != "operation_timeout" {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took < 3*time.Second || took > 30*time.Second {
		t.Errorf("it took %v, want about three seconds", took)
	}
}

func TestAResponseURLTakesFivePostsInThirtyMinutes(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	b := newBot(t)
	w, _ := desk(t, func(o *playground.Options) {
		o.BotURL, o.Now = b.URL, func() time.Time { return now }
	})
	reply, err := w.Command(short(t), "C1", "U0ANNA", "x")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if status, text := postJSON(t, reply.ResponseURL, `{"text":"später"}`); status != http.StatusOK || text != "ok" {
			t.Fatalf("post %d: %d %s", i+1, status, text)
		}
	}
	if status, text := postJSON(t, reply.ResponseURL, `{"text":"später"}`); status != http.StatusNotFound || !strings.Contains(text, "used_url") {
		t.Errorf("the sixth: %d %s", status, text)
	}
	if got, err := reply.Wait(short(t), 5); err != nil || got[4].InBand {
		t.Errorf("answers %+v, %v", got, err)
	}
	if reply, err = w.Command(short(t), "C1", "U0ANNA", "x"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(30*time.Minute + time.Second)
	if status, text := postJSON(t, reply.ResponseURL, `{"text":"x"}`); status != http.StatusNotFound || !strings.Contains(text, "expired_url") {
		t.Errorf("after half an hour: %d %s", status, text)
	}
	if status, _ := postJSON(t, reply.ResponseURL+"0", `{"text":"x"}`); status != http.StatusNotFound {
		t.Errorf("an invented one: %d", status)
	}
}

func TestWhatAResponseURLDoes(t *testing.T) {
	b := newBot(t)
	w, base := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	command, err := w.Command(short(t), "C1", "U0ANNA", "x")
	if err != nil {
		t.Fatal(err)
	}
	say := func(address, body string, want int) {
		t.Helper()
		if status, text := postJSON(t, address, body); status != want {
			t.Fatalf("%s: %d %s", body, status, text)
		}
	}
	say(command.ResponseURL, `{"text":"a","blocks":[`+inActions(`{"type":"button","action_id":"go","value":"7","text":`+plainX+`}`)+`]}`, http.StatusOK)
	say(command.ResponseURL, `{"text":"b","replace_original":true}`, http.StatusOK)
	if got := w.Ephemerals("C1", "U0ANNA"); len(got) != 2 {
		t.Fatalf("%d answers: a command's URL cannot replace what was said before", len(got))
	}
	say(command.ResponseURL, `{"text":"c","response_type":"in_channel"}`, http.StatusOK)
	if got := w.Messages("C1"); len(got) != 1 || got[0].Text != "c" {
		t.Fatalf("in the channel: %+v", got)
	}
	say(command.ResponseURL, `{"text":""}`, http.StatusBadRequest)

	first := w.Ephemerals("C1", "U0ANNA")[0]
	press, err := w.Press(short(t), first, "go")
	if err != nil {
		t.Fatal(err)
	}
	say(press.ResponseURL, `{"text":"d","replace_original":true,"response_type":"in_channel","metadata":{"event_type":"","event_payload":null}}`, http.StatusOK)
	got := w.Ephemerals("C1", "U0ANNA")
	if len(got) != 2 || got[0].Text != "d" || got[0].TS != first.TS || len(w.Messages("C1")) != 1 {
		t.Errorf("a message stays ephemeral: %+v", got)
	}
	say(press.ResponseURL, `{"text":"e"}`, http.StatusOK)
	if got := w.Ephemerals("C1", "U0ANNA"); len(got) != 3 || got[0].Text != "d" {
		t.Errorf("without being asked to, nothing is replaced: %+v", got)
	}
	say(press.ResponseURL, `{"delete_original":true}`, http.StatusOK)
	if got := w.Ephemerals("C1", "U0ANNA"); len(got) != 2 || got[0].TS == first.TS {
		t.Errorf("deleted: %+v", got)
	}
	if _, err := w.Press(short(t), first, "go"); err == nil {
		t.Error("a button of a message that is gone was pressed")
	}
	api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x"}`)
	answers := press.Answers()
	if len(answers) != 3 || !answers[0].Replace || answers[1].Replace || !answers[2].Delete {
		t.Errorf("answers %+v", answers)
	}
}

func TestFaultsOfResponseURLs(t *testing.T) {
	b := newBot(t)
	w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	reply, err := w.Command(short(t), "C1", "U0ANNA", "x")
	if err != nil {
		t.Fatal(err)
	}
	w.Fail("response_url", playground.Fault{Status: http.StatusInternalServerError, Times: 1})
	if status, _ := postJSON(t, reply.ResponseURL, `{"text":"x"}`); status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	if len(w.Ephemerals("C1", "U0ANNA")) != 0 {
		t.Error("a post that failed was shown")
	}
	if status, _ := postJSON(t, reply.ResponseURL, `{"text":"x"}`); status != http.StatusOK {
		t.Errorf("status %d after the fault", status)
	}
	var got []string
	for _, r := range w.Requests() {
		got = append(got, fmt.Sprint(r.Method, " ", r.Status))
	}
	if want := "response_url 500,response_url 200"; strings.Join(got, ",") != want {
		t.Errorf("requests %q, want %s", got, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if have, err := reply.Wait(ctx, 2); !errors.Is(err, context.DeadlineExceeded) || len(have) != 1 {
		t.Errorf("waiting for a second answer: %d, %v", len(have), err)
	}
}

func TestAPressTellsWhatWasPressed(t *testing.T) {
	b := newBot(t)
	w, base := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	one := inActions(`{"type":"button","action_id":"end","value":"1","text":` + plainX + `}`)
	two := inActions(`{"type":"button","action_id":"end","value":"2","text":` + plainX + `},{"type":"static_select","action_id":"when","options":[` + numbered(3, option) + `]}`)
	if got := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":[`+one+`,`+two+`]}`); got["ok"] != true {
		t.Fatal(got)
	}
	m := w.Messages("C1")[0]
	press := func(action string, value ...string) map[string]any {
		t.Helper()
		reply, err := w.PressAs(short(t), "U0BEN", m, action, value...)
		if err != nil {
			t.Fatal(err)
		}
		all := b.received()
		form, err := url.ParseQuery(all[len(all)-1].body)
		if err != nil {
			t.Fatal(err)
		}
		p := object(t, []byte(form.Get("payload")))
		if p["type"] != "block_actions" || p["response_url"] != reply.ResponseURL || p["trigger_id"] != reply.TriggerID {
			t.Errorf("payload %v", p)
		}
		if user := p["user"].(map[string]any); user["id"] != "U0BEN" {
			t.Errorf("pressed by %v", user)
		}
		if message := p["message"].(map[string]any); message["ts"] != m.TS {
			t.Errorf("in %v", message)
		}
		return p["actions"].([]any)[0].(map[string]any)
	}
	if a := press("end", "2"); a["value"] != "2" || a["action_id"] != "end" || a["type"] != "button" || a["block_id"] == "" {
		t.Errorf("second button: %v", a)
	}
	if a := press("end"); a["value"] != "1" {
		t.Errorf("first button: %v", a)
	}
	if a := press("when", "v1"); a["selected_option"].(map[string]any)["value"] != "v1" {
		t.Errorf("menu: %v", a)
	}
	if _, err := w.Press(short(t), m, "when", "v9"); err == nil {
		t.Error("an option that is not there was chosen")
	}
	if _, err := w.Press(short(t), m, "begin"); err == nil {
		t.Error("a button that is not there was pressed")
	}
}
