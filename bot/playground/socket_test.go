package playground_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/bot/playground"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// connect runs slack-go's Socket Mode client until the test ends, and hands
// its requests to answer.
func connect(t *testing.T, w *playground.Workspace, base string, answer func(*socketmode.Client, socketmode.Event)) {
	t.Helper()
	c := socketmode.New(client(t, base, "xoxb-1", slack.OptionAppLevelToken("xapp-1")))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.RunContext(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("socket mode: %v", err)
		}
	})
	hello := make(chan struct{}, 8)
	running.Go(func() {
		for {
			select {
			case e := <-c.Events:
				if e.Type == socketmode.EventTypeHello {
					hello <- struct{}{}
				} else if e.Request != nil && e.Request.EnvelopeID != "" {
					answer(c, e)
				}
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		w.Close()
		running.Wait()
	})
	select {
	case <-hello:
	case <-time.After(30 * time.Second):
		t.Fatal("no hello")
	}
}

func TestSocketMode(t *testing.T) {
	w, base := desk(t, nil)
	kinds := make(chan string, 8)
	connect(t, w, base, func(c *socketmode.Client, e socketmode.Event) {
		var payload any
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			payload = map[string]any{"response_type": "ephemeral", "text": "du fragtest " + data.Text,
				"blocks": []any{map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "go",
					"text": map[string]any{"type": "plain_text", "text": "x"}}}}}}
			kinds <- data.Command + " " + data.ChannelID + " " + data.UserID
		case slack.InteractionCallback:
			kinds <- string(data.Type) + " " + data.ActionCallback.BlockActions[0].ActionID
		case slackevents.EventsAPIEvent:
			kinds <- data.InnerEvent.Type
		}
		if err := c.AckCtx(t.Context(), e.Request.EnvelopeID, payload); err != nil {
			t.Error(err)
		}
	})
	reply, err := w.Command(short(t), "C1", "U0ANNA", "OZG")
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Answers(); len(got) != 1 || got[0].Text != "du fragtest OZG" {
		t.Errorf("answers %+v", got)
	}
	if _, err := w.Press(short(t), w.Ephemerals("C1", "U0ANNA")[0], "go"); err != nil {
		t.Fatal(err)
	}
	if err := w.Mention(short(t), "C1", "U0BEN", "hilfe"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/news C1 U0ANNA", "block_actions go", "app_mention"} {
		if got := <-kinds; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSocketModeComesBackAfterADisconnect(t *testing.T) {
	w, base := desk(t, nil)
	connect(t, w, base, func(c *socketmode.Client, e socketmode.Event) {
		if err := c.AckCtx(t.Context(), e.Request.EnvelopeID, nil); err != nil {
			t.Error(err)
		}
	})
	w.Disconnect()
	if w.Sockets() != 0 {
		t.Error("the old connection is still used")
	}
	for end := time.Now().Add(30 * time.Second); w.Sockets() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the client did not come back")
		}
	}
	if _, err := w.Command(short(t), "C1", "U0ANNA", "OZG"); err != nil {
		t.Error(err)
	}
}

// dial opens a plain websocket and reads the hello.
func dial(t *testing.T, base string) *websocket.Conn {
	t.Helper()
	got := api(t, base, "xapp-1", "apps.connections.open", "")
	conn, _, err := websocket.DefaultDialer.Dial(got["url"].(string), http.Header{"Origin": {"https://api.slack.com"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var hello map[string]any
	if err := conn.ReadJSON(&hello); err != nil || hello["type"] != "hello" {
		t.Fatalf("hello %v, %v", hello, err)
	}
	return conn
}

func TestEnvelopesWithoutAnAnswerTimeOut(t *testing.T) {
	for _, c := range []struct{ name, payload, code string }{
		{"silence", "", "operation_timeout"},
		{"20 kB are dropped", `{"text":"` + strings.Repeat("x", 20_480) + `"}`, "operation_timeout"},
		{"just below is taken", `{"text":"` + strings.Repeat("x", 20_000) + `"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, base := desk(t, nil)
			conn := dial(t, base)
			var answering sync.WaitGroup
			answering.Go(func() {
				var e map[string]any
				if conn.ReadJSON(&e) == nil && c.payload != "" {
					if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"envelope_id":"`+e["envelope_id"].(string)+`","payload":`+c.payload+`}`)); err != nil {
						t.Error(err)
					}
				}
			})
			_, err := w.Command(t.Context(), "C1", "U0ANNA", "x")
			answering.Wait()
			var bad *playground.Refusal
			if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &bad) || bad.Code != c.code) {
				t.Errorf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestATicketOpensOneSocket(t *testing.T) {
	w, base := desk(t, nil)
	if _, err := w.Command(short(t), "C1", "U0ANNA", "x"); err == nil || !strings.Contains(err.Error(), "dispatch_failed") {
		t.Errorf("nobody is connected: %v", err)
	}
	address := api(t, base, "xapp-1", "apps.connections.open", "")["url"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, resp, err := websocket.DefaultDialer.Dial(address, nil)
	if err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a used ticket: %v, %v", resp, err)
	}
	fresh := api(t, base, "xapp-1", "apps.connections.open", "")["url"].(string)
	if _, _, err := websocket.DefaultDialer.Dial(fresh, http.Header{"Origin": {"https://evil.example"}}); err == nil {
		t.Error("a web site opened a socket")
	}
}
