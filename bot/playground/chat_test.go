package playground_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"depesche/bot/playground"

	"github.com/chromedp/chromedp"
)

func TestRepliesStayInTheirThread(t *testing.T) {
	w, base := desk(t, nil)
	post := func(args string) map[string]any { return api(t, base, "xoxb-1", "chat.postMessage", args) }
	parent := post(`{"channel":"C1","text":"Teil 1"}`)["ts"].(string)
	post(`{"channel":"C1","text":"danach"}`)
	reply := post(`{"channel":"C1","text":"Teil 2","thread_ts":"` + parent + `"}`)
	if reply["ok"] != true {
		t.Fatal(reply)
	}
	if got := post(`{"channel":"C1","text":"x","thread_ts":"` + reply["ts"].(string) + `"}`); got["error"] != "cannot_reply_to_message" {
		t.Errorf("a reply to a reply: %v", got)
	}
	history := api(t, base, "xoxb-1", "conversations.history", `{"channel":"C1"}`)["messages"].([]any)
	if len(history) != 2 || len(w.Messages("C1")) != 3 {
		t.Errorf("history shows %d of %d messages, want the two outside of the thread", len(history), len(w.Messages("C1")))
	}
	ctx := browser(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(base), chromedp.WaitVisible(css(`.message.reply`)))
	got := get(t, ctx, chromedp.Evaluate[string](`[...document.querySelectorAll(".message .content > .text")].map((n) => n.textContent).join()`))
	if got != "Teil 1,Teil 2,danach" {
		t.Errorf("the page shows %s: a reply stands below what it answers", got)
	}
}

// The Web API takes its arguments and its token in every place that Slack does.
func TestArgumentsAndTokensInEveryShape(t *testing.T) {
	w, base := desk(t, nil)
	blocks := `[` + divider + `]`
	for name, form := range map[string]url.Values{
		"form":                         {"token": {"xoxb-1"}, "channel": {"C1"}, "text": {"x"}},
		"blocks as a string":           {"token": {"xoxb-1"}, "channel": {"C1"}, "blocks": {blocks}},
		"flags as slack-go sends them": {"token": {"xoxb-1"}, "channel": {"C1"}, "text": {"x"}, "unfurl_links": {"false"}},
	} {
		before := len(w.Messages("C1"))
		resp, err := http.PostForm(base+"/api/chat.postMessage", form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if len(w.Messages("C1")) != before+1 {
			t.Errorf("%s: not accepted", name)
		}
	}
	resp, err := http.Get(base + "/api/auth.test?token=xoxb-1")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	quoted := strings.ReplaceAll(blocks, `"`, `\"`)
	if got := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":"`+quoted+`"}`); got["ok"] != true {
		t.Errorf("blocks as a string in JSON: %v", got)
	}
	if got := api(t, base, "", "api.test", `{"error":"oh"}`); got["error"] != "oh" {
		t.Errorf("api.test: %v", got)
	}
	for _, r := range w.Requests() {
		if r.Error != "" && r.Method != "api.test" {
			t.Errorf("%s: %s", r.Method, r.Error)
		}
	}
}

func TestOnlyTheBotsOwnMessagesChange(t *testing.T) {
	b := newBot(t)
	w, base := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	if err := w.Say(short(t), "C1", "U0BEN", "meins"); err != nil {
		t.Fatal(err)
	}
	theirs := w.Messages("C1")[0].TS
	if got := api(t, base, "xoxb-1", "chat.update", `{"channel":"C1","ts":"`+theirs+`","text":"x"}`); got["error"] != "cant_update_message" {
		t.Errorf("update: %v", got)
	}
	if got := api(t, base, "xoxb-1", "chat.delete", `{"channel":"C1","ts":"`+theirs+`"}`); got["error"] != "cant_delete_message" {
		t.Errorf("delete: %v", got)
	}
	quiet := api(t, base, "xoxb-1", "chat.postEphemeral", `{"channel":"C1","user":"U0BEN","text":"x"}`)["message_ts"].(string)
	if got := api(t, base, "xoxb-1", "chat.update", `{"channel":"C1","ts":"`+quiet+`","text":"y"}`); got["error"] != "message_not_found" {
		t.Errorf("update of an ephemeral message: %v", got)
	}
	own := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x"}`)["ts"].(string)
	if got := api(t, base, "xoxb-1", "chat.update", `{"channel":"C1","ts":"`+own+`","text":"`+long(4001)+`"}`); got["error"] != "msg_too_long" {
		t.Errorf("update over 4,000: %v", got)
	}
	if got := api(t, base, "xoxb-1", "chat.update", `{"channel":"C1","ts":"`+own+`","text":"x","metadata":{}}`); got["ok"] != true {
		t.Errorf("update: %v", got)
	}
}
