package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"depesche/bot/playground"
	"depesche/storage/storagetest"
)

// An editor pastes the address of a press office that has no feed; the real
// service proposes to follow its page, adds it by the button and reads it.
func TestServeFollowsASiteThatWasPasted(t *testing.T) {
	program := buildProgram(t) // before the working directory changes
	_, page := newPressOffice(t, "User-agent: *\nDisallow: /intern\n")
	site := strings.TrimSuffix(page, "/presse")
	listen := freeAddress(t)
	workspace, api := newWorkspace(t, playground.Options{BotToken: e2eBotToken, SigningSecret: e2eSigning, BotURL: "http://" + listen})
	s := startService(t, program, map[string]string{
		"DATABASE_URL": storagetest.URLs(t)["sqlite"], "SLACK_BOT_TOKEN": e2eBotToken, "SLACK_SIGNING_SECRET": e2eSigning,
		"SLACK_API_URL": api, "DEPESCHE_LISTEN": listen,
		"DEPESCHE_CONFIG": writeFile(t, `
poll: {every: 1s, min: 1s, max: 1s, host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`),
	})
	s.eventually("ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	ask(t, workspace, "<"+page+">")
	offers := workspace.Ephemerals(e2eChannel, e2eUser)
	offer := offers[len(offers)-1]
	for _, want := range []string{"Als Liste verfolgen lässt sich aber diese Seite", "Das OZG bekommt einen Nachfolger", "9.3.2021", "Einträge zurzeit:"} {
		if !strings.Contains(words(offer.Blocks), want) {
			t.Errorf("the offer lacks %q:\n%s", want, words(offer.Blocks))
		}
	}
	if _, err := workspace.PressAs(t.Context(), e2eUser, offer, "add-source"); err != nil {
		t.Fatal(err)
	}
	s.eventually("the page is read", func() bool { return strings.Contains(words(ask(t, workspace, "quellen").Blocks), "3 Meldungen") })
	if got := words(ask(t, workspace, "OZG Nachfolger").Blocks); !strings.Contains(got, page+"/1") {
		t.Errorf("its news is not found:\n%s", got)
	}
	if got := words(ask(t, workspace, page+"/1").Blocks); !strings.Contains(got, "Eingetroffen") {
		t.Errorf("a known item, pasted:\n%s", got)
	}
	if got := words(ask(t, workspace, site+"/intern").Blocks); !strings.Contains(got, "ließ sich nicht durchsuchen") || !strings.Contains(got, "robots.txt") {
		t.Errorf("a page that is not ours to read:\n%s", got)
	}
	s.stop()
	if log := s.output.String(); !strings.Contains(log, "feed added") || !strings.Contains(log, fmt.Sprintf("by=%s", e2eUser)) {
		t.Errorf("the log does not say who added it:\n%s", log)
	}
}
