package playground_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"
)

func TestEventsReachTheBot(t *testing.T) {
	b := newBot(t)
	w, base := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	events := func() (out []string) {
		for _, r := range b.received() {
			o := object(t, []byte(r.body))
			inner := o["event"].(map[string]any)
			out = append(out, fmt.Sprint(o["type"], " ", inner["type"], " ", inner["text"]))
		}
		return out
	}
	if err := w.Mention(short(t), "C1", "U0BEN", "hilfe"); err != nil {
		t.Fatal(err)
	}
	if err := w.Say(short(t), "C1", "U0BEN", "nur unter uns"); err != nil {
		t.Fatal(err)
	}
	if err := w.Say(short(t), w.Direct("U0BEN"), "U0BEN", "hallo"); err != nil {
		t.Fatal(err)
	}
	if err := w.OpenHome(short(t), "U0BEN"); err != nil {
		t.Fatal(err)
	}
	if err := w.Invite(short(t), "C3"); err != nil {
		t.Fatal(err)
	}
	want := "event_callback app_mention <@U0DEPESCHE> hilfe|event_callback message hallo|" +
		"event_callback app_home_opened <nil>|event_callback member_joined_channel <nil>"
	if got := strings.Join(events(), "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C3","text":"danke"}`); got["ok"] != true {
		t.Errorf("after the invitation: %v", got)
	}
}

func TestAnEventIsRepeatedOnce(t *testing.T) {
	b := newBot(t)
	b.events = func(rw http.ResponseWriter, _ map[string]any) { rw.WriteHeader(http.StatusInternalServerError) }
	w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	if err := w.Mention(short(t), "C1", "U0BEN", "x"); err == nil {
		t.Error("the bot failed")
	}
	got := b.received()
	if len(got) != 2 || got[0].body != got[1].body || got[1].header.Get("X-Slack-Retry-Num") != "1" || got[1].header.Get("X-Slack-Retry-Reason") != "http_error" {
		t.Errorf("got %+v", got)
	}
}

func TestTheChallenge(t *testing.T) {
	b := newBot(t)
	b.events = func(rw http.ResponseWriter, o map[string]any) { fmt.Fprint(rw, o["challenge"]) }
	w, _ := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	if err := w.Verify(short(t)); err != nil {
		t.Error(err)
	}
	b.events = func(rw http.ResponseWriter, _ map[string]any) { fmt.Fprint(rw, "ok") }
	if err := w.Verify(short(t)); err == nil {
		t.Error("the challenge was not returned")
	}
}

func TestATriggerOpensOneModalWithinThreeSeconds(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	b := newBot(t)
	w, base := desk(t, func(o *playground.Options) {
		o.BotURL, o.Now = b.URL, func() time.Time { return now }
	})
	open := func(trigger string) any {
		return api(t, base, "xoxb-1", "views.open", `{"trigger_id":"`+trigger+`","view":{"type":"modal","title":`+plainX+`,"blocks":[`+divider+`]}}`)["error"]
	}
	reply, err := w.Command(short(t), "C1", "U0ANNA", "x")
	if err != nil {
		t.Fatal(err)
	}
	if got := open(reply.TriggerID); got != nil || len(w.Modals()) != 1 {
		t.Errorf("at once: %v", got)
	}
	if got := open(reply.TriggerID); got != "trigger_exchanged" {
		t.Errorf("again: %v", got)
	}
	if reply, err = w.Command(short(t), "C1", "U0ANNA", "x"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(4 * time.Second)
	if got := open(reply.TriggerID); got != "trigger_expired" {
		t.Errorf("late: %v", got)
	}
}
