package bot

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/digest"
)

// shared is a buffer that many write to.
type shared struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// TestNoSecretIsLogged makes everything fail that can, with the log at its
// finest, and looks for what nobody may read there.
func TestNoSecretIsLogged(t *testing.T) {
	var log shared
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusInternalServerError)
	}))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	t.Cleanup(refusing.Close)
	o := newOffice(t, func(o *Options) {
		o.APIURL, o.Token, o.AppToken = refusing.URL+"/api/", "xoxb-geheim", "xapp-geheim"
		o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for _, base := range []string{refusing.URL, gone.URL, "https://elsewhere.example", "http://user:geheim@127.0.0.1", "://geheim"} {
		address := base + "/commands/T1/geheim"
		form := url.Values{"command": {"/news"}, "text": {"digest"}, "response_url": {address}, "trigger_id": {"1.2.geheim"}, "token": {"geheim"}, "user_id": {"U1"}, "channel_id": {"C1"}}
		send(o.Handler(), "/slack/commands", formType, form.Encode())
		press(t, o.Bot, address, true, actionMore, `{"v":"search","a":"OZG"}`)
	}
	long := Reply{Messages: []digest.Message{{Text: "1"}, {Text: "2"}}}
	o.within(refusing.URL+"/geheim", func(context.Context) Reply { return long })
	send(o.Handler(), "/slack/interactions", formType, "payload=%7Bgeheim")
	send(o.Handler(), "/slack/events", "application/json", `{"token":"geheim","event":"geheim"}`)
	send(o.Handler(), "/slack/events", "application/json", `{"token":"geheim","type":"event_callback","event":{"type":"app_mention","user":"U1","channel":"C1","text":"hilfe"}}`)
	send(o.signed(func(http.ResponseWriter, []byte) { panic("broken") }), "/slack/commands", formType, "x=1")
	o.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader("token=geheim")))
	if _, err := o.Post(t.Context(), sampleDelivery(t)); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("post: %v", err)
	}
	if _, err := o.Authenticate(t.Context()); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("authenticate: %v", err)
	}
	ctx, cancel := contextWithTimeout(t, 500*time.Millisecond)
	defer cancel()
	if err := o.RunSocket(ctx); err != nil && strings.Contains(err.Error(), "geheim") {
		t.Errorf("socket mode: %v", err)
	}
	o.jobs.Wait()
	text := log.String()
	if strings.Contains(text, "geheim") || strings.Contains(text, secret) {
		t.Errorf("a secret is in the log:\n%s", text)
	}
	for _, want := range []string{"panic in handler", "reply not delivered", "request refused", "event not answered", "interaction not understood"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %q:\n%s", want, text)
		}
	}
}
