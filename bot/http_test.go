package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The vector of Slack's documentation, "Verifying requests from Slack".
const (
	documentedStamp = 1531420618
	documentedBody  = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	documentedSign  = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
)

func TestSignature(t *testing.T) {
	stamp := strconv.Itoa(documentedStamp)
	at := time.Unix(documentedStamp, 0)
	cases := []struct {
		name              string
		stamp, sign, body string
		secret            string
		now               time.Time
		ok                bool
	}{
		{"documented vector", stamp, documentedSign, documentedBody, secret, at, true},
		{"300 seconds later", stamp, documentedSign, documentedBody, secret, at.Add(300 * time.Second), true},
		{"301 seconds later", stamp, documentedSign, documentedBody, secret, at.Add(301 * time.Second), false},
		{"300 seconds in the future", stamp, documentedSign, documentedBody, secret, at.Add(-300 * time.Second), true},
		{"301 seconds in the future", stamp, documentedSign, documentedBody, secret, at.Add(-301 * time.Second), false},
		{"other body", stamp, documentedSign, documentedBody + "x", secret, at, false},
		{"other secret", stamp, documentedSign, documentedBody, "x" + secret, at, false},
		{"no secret configured", stamp, documentedSign, documentedBody, "", at, false},
		{"other version", stamp, "v1" + documentedSign[2:], documentedBody, secret, at, false},
		{"no signature", stamp, "", documentedBody, secret, at, false},
		{"no timestamp", "", documentedSign, documentedBody, secret, at, false},
		{"timestamp that is no number", "soon", documentedSign, documentedBody, secret, at, false},
		{"timestamp with a fraction", stamp + ".5", documentedSign, documentedBody, secret, at, false},
		{"timestamp beyond all numbers", strings.Repeat("9", 40), documentedSign, documentedBody, secret, at, false},
		{"timestamp of the beginning", "-9223372036854775808", documentedSign, documentedBody, secret, at, false},
		{"signature in capitals", stamp, "v0=" + strings.ToUpper(documentedSign[3:]), documentedBody, secret, at, false},
		{"signature without its version", stamp, documentedSign[3:], documentedBody, secret, at, false},
		{"signature cut short", stamp, documentedSign[:40], documentedBody, secret, at, false},
		{"empty body", stamp, documentedSign, "", secret, at, false},
		{"timestamp with a sign in front", "+" + stamp, documentedSign, documentedBody, secret, at, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"X-Slack-Request-Timestamp": {c.stamp}, "X-Slack-Signature": {c.sign}}
			if err := verify(h, []byte(c.body), c.secret, c.now); (err == nil) != c.ok {
				t.Errorf("verify: %v, want ok %v", err, c.ok)
			}
		})
	}
}

// send signs and sends a body to the handler.
func send(h http.Handler, path, contentType, body string) *httptest.ResponseRecorder {
	stamp := strconv.FormatInt(monday.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const formType = "application/x-www-form-urlencoded"

// ask types a slash command and gives the response's payload.
func ask(t *testing.T, b *Bot, text string) payload {
	t.Helper()
	form := url.Values{"command": {"/news"}, "text": {text}, "channel_id": {"C1"}, "user_id": {"U1"}, "team_id": {"T1"}}
	w := send(b.Handler(), "/slack/commands", formType, form.Encode())
	if w.Code != http.StatusOK {
		t.Fatalf("%q: status %d: %s", text, w.Code, w.Body)
	}
	var p payload
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%q: %v: %s", text, err, w.Body)
	}
	return p
}

func TestSearchAndHelpOverHTTP(t *testing.T) {
	o := newOffice(t, nil)
	p := ask(t, o.Bot, "OZG")
	if p.ResponseType != "ephemeral" || !strings.Contains(string(p.Blocks), "<https://example.org/ozg?id=1&amp;x=2|OZG-Umsetzung: Länder ziehen Bilanz>") {
		t.Errorf("search: %+v %s", p, p.Blocks)
	}
	if p := ask(t, o.Bot, "suche OZG teilen"); p.ResponseType != "in_channel" {
		t.Errorf("shared search: %+v", p)
	}
	if p := ask(t, o.Bot, ""); !strings.Contains(p.Text, "/news abos") {
		t.Errorf("help: %+v", p)
	}
}

func TestWhatIsNotSignedIsRefused(t *testing.T) {
	o := newOffice(t, nil)
	for _, path := range []string{"/slack/commands", "/slack/interactions", "/slack/events"} {
		w := httptest.NewRecorder()
		o.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("text=abo+OZG")))
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s unsigned: status %d", path, w.Code)
		}
		if w := send(o.Handler(), path, formType, strings.Repeat("x", maxBody+1)); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s too large: status %d", path, w.Code)
		}
		w = httptest.NewRecorder()
		o.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: status %d", path, w.Code)
		}
	}
	if len(o.subscribers.list) != 0 {
		t.Error("something changed")
	}
}

// TestForgedRequestsChangeNothing sends a subscription with every flaw that a
// signature can have.
func TestForgedRequestsChangeNothing(t *testing.T) {
	const body = "command=%2Fnews&text=abo+OZG&channel_id=C1&user_id=U1"
	sign := func(stamp, body string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
		return "v0=" + hex.EncodeToString(mac.Sum(nil))
	}
	now := strconv.FormatInt(monday.Unix(), 10)
	old := strconv.FormatInt(monday.Unix()-301, 10)
	for name, h := range map[string]http.Header{
		"no headers":        {},
		"no signature":      {"X-Slack-Request-Timestamp": {now}},
		"no timestamp":      {"X-Slack-Signature": {sign(now, body)}},
		"301 seconds old":   {"X-Slack-Request-Timestamp": {old}, "X-Slack-Signature": {sign(old, body)}},
		"no number":         {"X-Slack-Request-Timestamp": {"now"}, "X-Slack-Signature": {sign("now", body)}},
		"in capitals":       {"X-Slack-Request-Timestamp": {now}, "X-Slack-Signature": {"v0=" + strings.ToUpper(sign(now, body)[3:])}},
		"of version 1":      {"X-Slack-Request-Timestamp": {now}, "X-Slack-Signature": {"v1" + sign(now, body)[2:]}},
		"of another body":   {"X-Slack-Request-Timestamp": {now}, "X-Slack-Signature": {sign(now, body+"x")}},
		"of another moment": {"X-Slack-Request-Timestamp": {now}, "X-Slack-Signature": {sign(old, body)}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, nil)
			r := httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader(body))
			r.Header = h
			r.Header.Set("Content-Type", formType)
			w := httptest.NewRecorder()
			o.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized || len(o.subscribers.list) != 0 {
				t.Errorf("status %d, subscriptions %v", w.Code, o.subscribers.list)
			}
		})
	}
	o := newOffice(t, nil)
	if w := send(o.Handler(), "/slack/commands", formType, body); w.Code != http.StatusOK || len(o.subscribers.list) != 1 {
		t.Errorf("without a flaw: status %d, subscriptions %v", w.Code, o.subscribers.list)
	}
}

func TestSSLCheck(t *testing.T) {
	o := newOffice(t, nil)
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader("ssl_check=1&token=x&text=abo+OZG&user_id=U1&channel_id=C1")),
		httptest.NewRequest(http.MethodGet, "/slack/commands?ssl_check=1&token=x", nil),
	} {
		w := httptest.NewRecorder()
		o.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() != 0 {
			t.Errorf("%s: status %d, body %q", r.Method, w.Code, w.Body)
		}
	}
	if len(o.subscribers.list) != 0 {
		t.Error("something changed")
	}
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/slack/commands", strings.NewReader("text=ssl_check=1")))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a text that says ssl_check: status %d", w.Code)
	}
}
