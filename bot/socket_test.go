package bot

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

func TestARefusedAppTokenEndsSocketMode(t *testing.T) {
	for _, code := range []string{"invalid_auth", "not_allowed_token_type", "missing_scope", "token_expired", "account_inactive"} {
		t.Run(code, func(t *testing.T) {
			api := webAPI(t, map[string]http.HandlerFunc{"apps.connections.open": answer(`{"ok":false,"error":"` + code + `"}`)})
			b := New(Options{APIURL: api, AppToken: "xapp-very-secret"})
			ctx, cancel := contextWithTimeout(t, 30*time.Second)
			defer cancel()
			err := b.RunSocket(ctx)
			if err == nil || !strings.Contains(err.Error(), code) || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") || strings.Contains(err.Error(), "very-secret") {
				t.Errorf("error %v", err)
			}
			if c := b.Connection(); c.Connected || !c.Used {
				t.Errorf("connection %+v", c)
			}
		})
	}
}

func TestSocketModeRidesOutPassingFaults(t *testing.T) {
	api := webAPI(t, map[string]http.HandlerFunc{"apps.connections.open": answer(`{"ok":false,"error":"internal_error"}`)})
	b := New(Options{APIURL: api, AppToken: "xapp-1"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.RunSocket(ctx) }()
	for range 3000 {
		if b.Connection().Err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := b.Connection().Err; err == nil {
		t.Error("health does not know of the fault")
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("after the end was asked for: %v", err)
	}
}

// overSocket runs the bot on a Socket Mode of few words, which says hello and
// sends the envelopes, by their ids; it gives what each was acknowledged with.
func overSocket(t *testing.T, sent map[string]string) map[string]string {
	t.Helper()
	acked := make(chan map[string]string, 1)
	mux := http.NewServeMux()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for _, s := range append([]string{`{"type":"hello"}`}, slices.Collect(maps.Values(sent))...) {
			if err := conn.WriteMessage(websocket.TextMessage, []byte(s)); err != nil {
				t.Error(err)
			}
		}
		got := map[string]string{}
		for len(got) < len(sent) {
			_, raw, err := conn.ReadMessage()
			if err != nil {
				break
			}
			var ack struct {
				ID      string          `json:"envelope_id"`
				Payload json.RawMessage `json:"payload"`
			}
			if err := json.Unmarshal(raw, &ack); err != nil {
				t.Error(err)
			}
			got[ack.ID] = string(ack.Payload)
		}
		acked <- got
		_, _, _ = conn.ReadMessage() // until the client leaves
	})
	s := server(t, mux)
	mux.HandleFunc("POST /api/apps.connections.open", answer(`{"ok":true,"url":"ws`+strings.TrimPrefix(s.URL, "http")+`/ws"}`))
	o := newOffice(t, func(o *Options) { o.APIURL, o.AppToken = s.URL+"/api/", "xapp-1" })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.RunSocket(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		o.jobs.Wait()
	}()
	select {
	case got := <-acked:
		return got
	case <-time.After(30 * time.Second):
		t.Error("envelopes were not acknowledged")
		return nil
	}
}

// TestEveryEnvelopeIsAcknowledged sends what slack-go cannot read.
func TestEveryEnvelopeIsAcknowledged(t *testing.T) {
	sent := map[string]string{
		"E1": `{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","event_id":"x","event":{"type":"brand_new_thing"}}}`,
		"E2": `{"envelope_id":"E2","type":"brand_new_envelope","payload":{}}`,
		"E3": `{"envelope_id":"E3","type":"slash_commands","accepts_response_payload":true,"payload":{"command":"/news","text":"hilfe","is_enterprise_install":"false","user_id":"U1","channel_id":"C1"}}`,
		"E4": `{"envelope_id":"E4","type":"interactive","payload":{"type":"view_closed"}}`,
		"E5": `{"envelope_id":"E5","type":"slash_commands","accepts_response_payload":true,"payload":{"command":7}}`,
		"E6": `{"envelope_id":"E6","type":"events_api","payload":"nothing"}`,
	}
	got := overSocket(t, sent)
	if len(got) != len(sent) || !strings.Contains(got["E3"], `"response_type":"ephemeral"`) {
		t.Errorf("acknowledged %v", got)
	}
}

// TestAnswersOverASparseSocket: where the answer may stand in the
// acknowledgement, and where else.
func TestAnswersOverASparseSocket(t *testing.T) {
	in := &inbox{}
	hooks := server(t, in)
	command := func(id, more, url string) string {
		return `{"envelope_id":"` + id + `","type":"slash_commands"` + more + `,"payload":{"text":"OZG","response_url":"` + url + `"}}`
	}
	got := overSocket(t, map[string]string{
		"yes":    command("yes", `,"accepts_response_payload":true`, hooks.URL+"/1"),
		"no":     command("no", `,"accepts_response_payload":false`, hooks.URL+"/2"),
		"unsaid": command("unsaid", ``, hooks.URL+"/3"),
		"only":   command("only", `,"accepts_response_payload":false`, ""),
	})
	for id, inside := range map[string]bool{"yes": true, "no": false, "unsaid": false, "only": true} {
		if strings.Contains(got[id], "OZG-Umsetzung") != inside {
			t.Errorf("%s: acknowledged with %q", id, got[id])
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.got) != 2 {
		t.Errorf("%d answers over the response URL, want 2", len(in.got))
	}
}
