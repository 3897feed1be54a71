package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"
	"depesche/storage/storagetest"
)

// The secrets of the end-to-end desk. None may appear in what serve prints.
const (
	e2eBotToken = "xoxb-e2e-geheim"
	e2eAppToken = "xapp-e2e-geheim"
	e2eSigning  = "e2e-signing-geheim"
	e2eChannel  = "C0REDAKTION"
	e2eUser     = "U0ANNA"
)

// words are all texts that stand in blocks, as they are and not as JSON writes them.
func words(blocks json.RawMessage) string {
	var b strings.Builder
	dec := json.NewDecoder(bytes.NewReader(blocks))
	for {
		token, err := dec.Token()
		if err != nil {
			return b.String()
		}
		if s, ok := token.(string); ok {
			b.WriteString(s + "\n")
		}
	}
}

// said counts how often the text stands in the channel's messages.
func said(w *playground.Workspace, channel, text string) int {
	n := 0
	for _, m := range w.Messages(channel) {
		n += strings.Count(words(m.Blocks), text)
	}
	return n
}

// ask types a command and gives the last answer.
func ask(t *testing.T, w *playground.Workspace, text string) playground.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	reply, err := w.Command(ctx, e2eChannel, e2eUser, text)
	if err != nil {
		t.Fatalf("/news %s: %v", text, err)
	}
	answers, err := reply.Wait(ctx, 1)
	if err != nil {
		t.Fatalf("/news %s: %v", text, err)
	}
	return answers[len(answers)-1]
}

func TestServeDoesTheWholeJob(t *testing.T) {
	file := buildProgram(t)
	for database, databaseURL := range storagetest.URLs(t) {
		for _, transport := range []string{"http", "socket mode"} {
			t.Run(database+", "+transport, func(t *testing.T) {
				if transport == "socket mode" { // a database of its own
					databaseURL = storagetest.URLs(t)[database]
				}
				serveWholeJob(t, file, databaseURL, transport == "socket mode")
			})
		}
	}
}

func serveWholeJob(t *testing.T, file, databaseURL string, socket bool) {
	paper := &press{}
	for i := 1; i <= 7; i++ {
		paper.publish(fmt.Sprintf("OZG-Meldung Nummer %d", i))
	}
	outlet := httptest.NewServer(paper)
	defer outlet.Close()
	listen := freeAddress(t)
	options := playground.Options{BotToken: e2eBotToken, AppToken: e2eAppToken, SigningSecret: e2eSigning}
	if !socket {
		options.BotURL = "http://" + listen
	}
	workspace, api := newWorkspace(t, options)
	env := map[string]string{
		"DATABASE_URL": databaseURL, "SLACK_BOT_TOKEN": e2eBotToken, "SLACK_SIGNING_SECRET": e2eSigning,
		"SLACK_API_URL": api, "DEPESCHE_LISTEN": listen, "DEPESCHE_LOG": "json,debug",
		"DEPESCHE_CONFIG": writeFile(t, fmt.Sprintf(`
topics:
  - {name: OZG, query: OZG}
feeds:
  - {url: "%s/feed.xml", name: Probeblatt}
digests:
  - {name: laufend, channel: "#redaktion", schedule: "@every 2s"}
poll: {every: 1s, min: 1s, max: 1s, host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`, outlet.URL)),
	}
	if socket {
		env["SLACK_APP_TOKEN"] = e2eAppToken
		delete(env, "SLACK_SIGNING_SECRET")
	}
	s := startService(t, file, env)
	s.eventually("ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })

	s.eventually("a digest with the first headline", func() bool { return said(workspace, e2eChannel, "OZG-Meldung Nummer 1") > 0 })
	answersQuestions(t, workspace)
	deliversAlerts(t, s, workspace, paper)

	if code, body := s.get("/metrics"); code != http.StatusOK || !regexp.MustCompile(`depesche_polls_total\{outcome="new"\} [1-9]`).MatchString(body) {
		t.Errorf("/metrics: %d %s", code, body)
	}
	if code, body := s.get("/topics/OZG.xml"); code != http.StatusOK || !strings.Contains(body, "OZG-Meldung Nummer 7") {
		t.Errorf("/topics/OZG.xml: %d %s", code, body)
	}
	if code, _ := s.get("/topics/Nichts.xml"); code != http.StatusNotFound {
		t.Errorf("/topics/Nichts.xml: %d", code)
	}
	refusesForgeries(t, s)

	took := s.stop()
	t.Logf("ended %v after SIGTERM", took.Round(time.Millisecond))
	for i := 1; i <= 7; i++ {
		if n := said(workspace, e2eChannel, fmt.Sprintf("|OZG-Meldung Nummer %d>", i)); n != 1 {
			t.Errorf("headline %d stands %d times in the channel, want once", i, n)
		}
	}
	for _, secret := range []string{e2eBotToken, e2eAppToken, e2eSigning, "geheim"} {
		if strings.Contains(s.output.String(), secret) {
			t.Errorf("serve prints %q", secret)
		}
	}
}

// answersQuestions asks the archive, turns the page and shows what is only the asker's.
func answersQuestions(t *testing.T, w *playground.Workspace) {
	t.Helper()
	first := ask(t, w, "OZG")
	if first.ResponseType == "in_channel" || strings.Count(words(first.Blocks), "|OZG-Meldung Nummer") != 5 {
		t.Errorf("/news OZG shows %s as %q", first.Blocks, first.ResponseType)
	}
	list := w.Ephemerals(e2eChannel, e2eUser)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	reply, err := w.Press(ctx, list[len(list)-1], "more")
	if err != nil {
		t.Fatalf("press more: %v", err)
	}
	answers, err := reply.Wait(ctx, 1)
	if err != nil {
		t.Fatalf("press more: %v", err)
	}
	if n := strings.Count(words(answers[0].Blocks), "|OZG-Meldung Nummer"); n != 2 || !answers[0].Replace {
		t.Errorf("the second page has %d items: %s", n, answers[0].Blocks)
	}
	for _, command := range []string{"hilfe", "themen", "quellen", "status", "neu", "digest laufend heute", "OZG ODER ("} {
		if a := ask(t, w, command); a.Text == "" && a.Blocks == nil {
			t.Errorf("/news %s says nothing", command)
		}
	}
}

// deliversAlerts subscribes and waits for what comes of it.
func deliversAlerts(t *testing.T, s *service, w *playground.Workspace, paper *press) {
	t.Helper()
	if a := ask(t, w, "abo Neuland sofort"); !strings.Contains(words(a.Blocks)+a.Text, "Neuland") {
		t.Errorf("abo: %s %s", a.Text, a.Blocks)
	}
	paper.publish("Neuland in Sicht")
	s.eventually("the alert", func() bool { return said(w, e2eChannel, "Neuland in Sicht") > 0 })
	if a := ask(t, w, "abos"); !strings.Contains(words(a.Blocks)+a.Text, "Neuland") {
		t.Errorf("abos: %s %s", a.Text, a.Blocks)
	}
}

// refusesForgeries sends what Slack did not sign.
func refusesForgeries(t *testing.T, s *service) {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(s.base+"/slack/commands", "application/x-www-form-urlencoded", strings.NewReader("command=%2Fnews&text=hilfe"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unsigned command is answered with %s", resp.Status)
	}
}

func TestHealthAsksARunningService(t *testing.T) {
	p := newProgram(t)
	p.env["DEPESCHE_LISTEN"] = freeAddress(t)
	p.want(1, "health")
	p.env["DEPESCHE_LISTEN"] = "nowhere"
	p.want(2, "health")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p.env["DEPESCHE_LISTEN"] = ":" + port
	p.want(0, "health")
	server.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// Slack is slow, the operator does not wait, and nobody reads anything twice
// or misses it.
func TestWhatIsUnderWayAtTheEndArrivesOnce(t *testing.T) {
	file := buildProgram(t)
	paper := &press{}
	outlet := httptest.NewServer(paper)
	defer outlet.Close()
	workspace, api := newWorkspace(t, playground.Options{BotToken: e2eBotToken, SigningSecret: e2eSigning})
	env := map[string]string{
		"DATABASE_URL": storagetest.URLs(t)["sqlite"], "SLACK_BOT_TOKEN": e2eBotToken, "SLACK_SIGNING_SECRET": e2eSigning,
		"SLACK_API_URL": api, "DEPESCHE_LISTEN": freeAddress(t),
		"DEPESCHE_CONFIG": writeFile(t, fmt.Sprintf(`
topics:
  - {name: OZG, query: OZG}
feeds:
  - {url: "%s/feed.xml", name: Probeblatt}
digests:
  - {name: laufend, channel: %s, schedule: "@every 3s"}
poll: {every: 1s, min: 1s, max: 1s, host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`, outlet.URL, e2eChannel)),
	}
	faults := []playground.Fault{
		{Hang: 2 * time.Second}, // accepted after a while
		{CutAfterAccept: true},  // accepted, and nobody heard it
	}
	for round, fault := range faults {
		paper.publish(fmt.Sprintf("OZG-Runde %d", round))
		workspace.Fail("chat.postMessage", fault)
		s := startService(t, file, env)
		s.eventually("a message under way", func() bool {
			_, body := s.get("/metrics")
			return strings.Contains(body, `depesche_deliveries{status="pending"} 1`)
		})
		t.Logf("round %d ended %v after SIGTERM", round, s.stop().Round(time.Millisecond))
	}
	workspace.Fail("chat.postMessage", playground.Fault{})
	s := startService(t, file, env)
	s.eventually("nothing is under way", func() bool {
		_, body := s.get("/metrics")
		return strings.Contains(body, `depesche_deliveries{status="pending"} 0`)
	})
	s.stop()
	for round := range faults {
		if n := said(workspace, e2eChannel, fmt.Sprintf("|OZG-Runde %d>", round)); n != 1 {
			t.Errorf("headline %d stands %d times in the channel, want once", round, n)
		}
	}
}
