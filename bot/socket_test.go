package bot

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

type ctxType = context.Context

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

// TestEveryEnvelopeIsAcknowledged sends what slack-go cannot read.
func TestEveryEnvelopeIsAcknowledged(t *testing.T) {
	sent := map[string]string{
		"E1": `{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","event_id":"x","event":{"type":"brand_new_thing"}}}`,
		"E2": `{"envelope_id":"E2","type":"brand_new_envelope","payload":{}}`,
		"E3": `{"envelope_id":"E3","type":"slash_commands","accepts_response_payload":true,"payload":{"command":"/news","text":"hilfe","is_enterprise_install":"false","user_id":"U1","channel_id":"C1"}}`,
		"E4": `{"envelope_id":"E4","type":"interactive","payload":{"type":"view_closed"}}`,
		"E5": `{"envelope_id":"E5","type":"slash_commands","accepts_response_payload":true,"payload":{"command":7}}`,
	}
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
		write := func(s string) {
			if err := conn.WriteMessage(websocket.TextMessage, []byte(s)); err != nil {
				t.Error(err)
			}
		}
		write(`{"type":"hello","num_connections":1}`)
		for _, s := range sent {
			write(s)
		}
		got := map[string]string{}
		for len(got) < len(sent) {
			_, raw, err := conn.ReadMessage()
			if err != nil {
				break
			}
			for id := range sent {
				if strings.Contains(string(raw), `"`+id+`"`) {
					got[id] = string(raw)
				}
			}
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
	select {
	case got := <-acked:
		if len(got) != len(sent) || !strings.Contains(got["E3"], `"response_type":"ephemeral"`) {
			t.Errorf("acknowledged %v", got)
		}
	case <-time.After(30 * time.Second):
		t.Error("envelopes were not acknowledged")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
