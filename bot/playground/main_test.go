package playground_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/bot/playground"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	status := m.Run()
	if shared.stop != nil {
		if err := shared.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "browser:", err)
		}
	}
	if status == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// bot is a small bot on the other side: it keeps what it was sent, and answers
// as the test says.
type bot struct {
	*httptest.Server
	mu       sync.Mutex
	got      []received
	commands func(rw http.ResponseWriter, form url.Values)
	presses  func(rw http.ResponseWriter, payload map[string]any)
	events   func(rw http.ResponseWriter, event map[string]any)
}

type received struct {
	path, signature, body string
	at                    time.Time
	header                http.Header
}

const secret = "8f742231b10e8888abcd99yyyzzz85a5"

func newBot(t *testing.T) *bot {
	t.Helper()
	b := &bot{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seconds, _ := strconv.ParseInt(r.Header.Get("X-Slack-Request-Timestamp"), 10, 64)
		b.mu.Lock()
		b.got = append(b.got, received{r.URL.Path, r.Header.Get("X-Slack-Signature"), string(body), time.Unix(seconds, 0), r.Header})
		b.mu.Unlock()
		form, _ := url.ParseQuery(string(body))
		switch {
		case r.URL.Path == "/slack/commands" && b.commands != nil:
			b.commands(rw, form)
		case r.URL.Path == "/slack/interactions" && b.presses != nil:
			b.presses(rw, object(t, []byte(form.Get("payload"))))
		case r.URL.Path == "/slack/events" && b.events != nil:
			b.events(rw, object(t, body))
		}
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bot) received() []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]received(nil), b.got...)
}

func object(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(data, &o); err != nil {
		t.Errorf("decode %q: %v", data, err)
	}
	return o
}

// desk is a workspace with channels of every kind, and its server.
func desk(t *testing.T, change func(*playground.Options)) (*playground.Workspace, string) {
	t.Helper()
	o := playground.Options{
		BotToken: "xoxb-1", AppToken: "xapp-1", SigningSecret: secret,
		Channels: []playground.Channel{
			{ID: "C1", Name: "redaktion", Member: true},
			{ID: "C2", Name: "offen"},
			{ID: "C3", Name: "intern", Private: true},
			{ID: "C4", Name: "alt", Archived: true, Member: true},
			{ID: "C5", Name: "geheim", Private: true, Member: true},
		},
	}
	if change != nil {
		change(&o)
	}
	w := playground.New(o)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(func() {
		w.Close()
		server.CloseClientConnections()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	w.SetURL(server.URL)
	return w, server.URL
}

// api calls a method with JSON arguments.
func api(t *testing.T, base, token, method, args string) map[string]any {
	t.Helper()
	o, _ := apiFull(t, base, token, method, args)
	return o
}

func apiFull(t *testing.T, base, token, method, args string) (map[string]any, *http.Response) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, base+"/api/"+method, strings.NewReader(args))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return object(t, body), resp
}

func postJSON(t *testing.T, address, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(address, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func sayJSON(rw http.ResponseWriter, format string, a ...any) {
	rw.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(rw, format, a...)
}
