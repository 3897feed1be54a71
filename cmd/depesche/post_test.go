package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"depesche/bot/playground"
)

// slackFor has the program talk to a stand-in for Slack with one channel.
func slackFor(t *testing.T, p *program) *playground.Workspace {
	t.Helper()
	w := playground.New(playground.Options{BotToken: "xoxb-1", Channels: []playground.Channel{{ID: "C0123456", Name: "redaktion"}}})
	s := httptest.NewServer(w.Handler())
	t.Cleanup(func() { w.Close(); s.Close() })
	p.env["SLACK_BOT_TOKEN"], p.env["SLACK_API_URL"] = "xoxb-1", s.URL+"/api"
	return w
}

func TestPostingADigestSaysWhatSlackSaid(t *testing.T) {
	p, _ := newDesk(t)
	w := slackFor(t, p)
	p.want(0, "poll")

	p.env["SLACK_BOT_TOKEN"] = "xoxb-wrong"
	if r := p.want(1, "digest", "morgen", "--post"); !strings.Contains(r.stderr, "invalid_auth") || r.stdout != "" {
		t.Errorf("wrong token: %s%s", r.stdout, r.stderr)
	}
	p.env["SLACK_BOT_TOKEN"] = "xoxb-1"
	w.Fail("chat.postMessage", playground.Fault{Error: "not_in_channel", Times: 1})
	if r := p.want(1, "digest", "morgen", "--post"); !strings.Contains(r.stderr, "not_in_channel") || !strings.Contains(r.stderr, "/invite") {
		t.Errorf("not invited: %s", r.stderr)
	}
	if got := p.want(0, "explain", "1", "--json").stdout; !strings.Contains(got, `"reason": "pending"`) {
		t.Errorf("the item is not in the ledger: %s", got)
	}
	// The bot is invited: what was refused goes first, then what is new.
	if r := p.want(0, "digest", "morgen", "--post"); !strings.Contains(r.stderr, "posted to C0123456") {
		t.Errorf("invited: %s", r.stderr)
	}
	messages := w.Messages("C0123456")
	if len(messages) != 2 || !strings.Contains(messages[0].Text, "OZG: Land meldet Vollzug") || strings.Contains(messages[1].Text, "OZG: Land meldet Vollzug") {
		t.Errorf("the channel has %d messages: %+v", len(messages), messages)
	}
}
