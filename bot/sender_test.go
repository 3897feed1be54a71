package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"depesche/digest"
)

// webAPI is a stand-in for Slack's Web API: a function for each method.
func webAPI(t *testing.T, methods map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	for name, h := range methods {
		mux.HandleFunc("POST /api/"+name, h)
	}
	return server(t, mux).URL + "/api/"
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}
}

func sampleDelivery(t *testing.T) digest.Delivery {
	t.Helper()
	list, err := New(Options{}).Render(sampleDigest("de"))
	if err != nil {
		t.Fatal(err)
	}
	return digest.Delivery{Key: "digest:morgen/2026-11-23T07:00:00Z/1", Target: "C1", Message: list[0], Created: monday}
}

func TestPostSendsWhatTheLedgerHolds(t *testing.T) {
	d := sampleDelivery(t)
	var form map[string][]string
	api := webAPI(t, map[string]http.HandlerFunc{"chat.postMessage": func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form = r.PostForm
		answer(`{"ok":true,"channel":"C1","ts":"1700000000.000100"}`)(w, r)
	}})
	receipt, err := New(Options{Token: "xoxb-1", APIURL: api}).Post(t.Context(), d)
	if err != nil || receipt != (digest.Receipt{Channel: "C1", TS: "1700000000.000100"}) {
		t.Fatal(receipt, err)
	}
	for field, want := range map[string]string{
		"channel": "C1", "text": d.Message.Text, "unfurl_links": "false", "unfurl_media": "false",
		"metadata": `{"event_type":"depesche_delivery","event_payload":{"key":"digest:morgen/2026-11-23T07:00:00Z/1"}}`,
	} {
		if got := form[field]; len(got) != 1 || got[0] != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	var sent, kept any
	if json.Unmarshal([]byte(form["blocks"][0]), &sent) != nil || json.Unmarshal(d.Message.Blocks, &kept) != nil || fmt.Sprint(sent) != fmt.Sprint(kept) {
		t.Errorf("blocks = %s, want %s", form["blocks"], d.Message.Blocks)
	}
	for _, field := range []string{"link_names", "parse"} {
		if form[field] != nil {
			t.Errorf("%s = %q", field, form[field])
		}
	}
}

func TestWhatSlackRefuses(t *testing.T) {
	cases := []struct {
		name  string
		h     http.HandlerFunc
		class digest.Class
		code  string
		after time.Duration
	}{
		{"rate limit, with a header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		}, digest.ClassWait, "ratelimited", 7 * time.Second},
		{"rate limit, without", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, digest.ClassWait, "ratelimited", 0},
		{"rate limit, as a word", answer(`{"ok":false,"error":"ratelimited"}`), digest.ClassWait, "ratelimited", 0},
		{"unknown channel", answer(`{"ok":false,"error":"channel_not_found"}`), digest.ClassTarget, "channel_not_found", 0},
		{"archived channel", answer(`{"ok":false,"error":"is_archived"}`), digest.ClassTarget, "is_archived", 0},
		{"revoked token", answer(`{"ok":false,"error":"token_revoked"}`), digest.ClassAccess, "token_revoked", 0},
		{"missing scope", answer(`{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"commands"}`), digest.ClassAccess, "missing_scope", 0},
		{"refused blocks", answer(`{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] too long"]}}`), digest.ClassMessage, "invalid_blocks", 0},
		{"a code that is new", answer(`{"ok":false,"error":"brand_new"}`), digest.ClassMessage, "brand_new", 0},
		{"a fault of Slack's", answer(`{"ok":false,"error":"internal_error"}`), digest.ClassUnknown, "internal_error", 0},
		{"502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, digest.ClassUnknown, "http_502", 0},
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, digest.ClassWait, "http_503", 0},
		{"not ok, without a word", answer(`{"ok":false}`), digest.ClassUnknown, "not_ok", 0},
		{"connection lost", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, digest.ClassUnknown, "connection", 0},
		{"not JSON", answer(`<html>`), digest.ClassUnknown, "connection", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := New(Options{Token: "xoxb-very-secret", APIURL: webAPI(t, map[string]http.HandlerFunc{"chat.postMessage": c.h})})
			_, err := b.Post(t.Context(), sampleDelivery(t))
			var fault *digest.PostError
			if !errors.As(err, &fault) {
				t.Fatalf("error %v", err)
			}
			if fault.Class != c.class || fault.Code != c.code || fault.RetryAfter != c.after {
				t.Errorf("class %s, code %s, after %s; want %s, %s, %s (%v)", fault.Class, fault.Code, fault.RetryAfter, c.class, c.code, c.after, err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, fault.Err), "very-secret") {
				t.Errorf("the token is in the error: %v", err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		s := httptest.NewServer(http.NotFoundHandler())
		s.Close()
		_, err := New(Options{Token: "xoxb-very-secret", APIURL: s.URL + "/"}).Post(t.Context(), sampleDelivery(t))
		var fault *digest.PostError
		if !errors.As(err, &fault) || fault.Class != digest.ClassWait {
			t.Errorf("error %v", err)
		}
	})
}

func TestRefusedBlocksGoAsPlainText(t *testing.T) {
	var tries []string
	api := webAPI(t, map[string]http.HandlerFunc{"chat.postMessage": func(w http.ResponseWriter, r *http.Request) {
		blocks := r.FormValue("blocks")
		tries = append(tries, blocks)
		if blocks != "" {
			answer(`{"ok":false,"error":"msg_blocks_too_long"}`)(w, r)
			return
		}
		answer(`{"ok":true,"channel":"C1","ts":"1.2"}`)(w, r)
	}})
	receipt, err := New(Options{APIURL: api}).Post(t.Context(), sampleDelivery(t))
	if err != nil || receipt.TS != "1.2" || len(tries) != 2 {
		t.Errorf("%+v, %v after %d tries", receipt, err, len(tries))
	}
}

func TestFindLooksThroughTheHistory(t *testing.T) {
	d := sampleDelivery(t)
	pages := map[string]string{
		"":   `{"ok":true,"has_more":true,"messages":[{"ts":"3.0","text":"other"}],"response_metadata":{"next_cursor":"p2"}}`,
		"p2": `{"ok":true,"has_more":false,"messages":[{"ts":"2.0","metadata":{"event_type":"depesche_delivery","event_payload":{"key":"` + d.Key + `"}}}]}`,
	}
	api := webAPI(t, map[string]http.HandlerFunc{"conversations.history": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("include_all_metadata") == "" || r.FormValue("channel") != "C1" || r.FormValue("limit") != "15" {
			t.Errorf("asked with %v", r.Form)
		}
		answer(pages[r.FormValue("cursor")])(w, r)
	}})
	b := New(Options{APIURL: api})
	if receipt, found, err := b.Find(t.Context(), d); err != nil || !found || receipt.TS != "2.0" {
		t.Errorf("%+v %v %v", receipt, found, err)
	}
	d.Key = "another"
	if _, found, err := b.Find(t.Context(), d); err != nil || found {
		t.Errorf("found what is not there: %v", err)
	}
	d.Target = "U123"
	if _, _, err := b.Find(t.Context(), d); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("direct messages: %v", err)
	}
}

func TestAuthenticate(t *testing.T) {
	api := webAPI(t, map[string]http.HandlerFunc{"auth.test": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("token") != "xoxb-good" && r.Header.Get("Authorization") != "Bearer xoxb-good" {
			answer(`{"ok":false,"error":"invalid_auth"}`)(w, r)
			return
		}
		w.Header().Set("X-OAuth-Scopes", "commands,chat:write")
		answer(`{"ok":true,"team":"Redaktion","team_id":"T1","user":"depesche","user_id":"U9","bot_id":"B9"}`)(w, r)
	}})
	who, err := New(Options{Token: "xoxb-good", APIURL: api}).Authenticate(t.Context())
	if err != nil || who.Team != "Redaktion" || who.UserID != "U9" || len(who.Scopes) != 2 {
		t.Errorf("%+v %v", who, err)
	}
	if missing := who.Missing(); len(missing) != len(Scopes())-2 {
		t.Errorf("missing %v", missing)
	}
	_, err = New(Options{Token: "xoxb-bad-token", APIURL: api}).Authenticate(t.Context())
	if err == nil || strings.Contains(err.Error(), "bad-token") || !strings.Contains(err.Error(), "SLACK_BOT_TOKEN") {
		t.Errorf("wrong token: %v", err)
	}
}

func TestResolveChannel(t *testing.T) {
	api := webAPI(t, map[string]http.HandlerFunc{"conversations.list": func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.FormValue("types"), "private"):
			answer(`{"ok":false,"error":"missing_scope","needed":"groups:read"}`)(w, r)
		case r.FormValue("cursor") == "":
			answer(`{"ok":true,"channels":[{"id":"C1","name":"allgemein"}],"response_metadata":{"next_cursor":"2"}}`)(w, r)
		default:
			answer(`{"ok":true,"channels":[{"id":"C2","name":"ozg"}]}`)(w, r)
		}
	}})
	b := New(Options{APIURL: api})
	for name, want := range map[string]string{"#ozg": "C2", "C77": "C77"} {
		if id, err := b.ResolveChannel(context.Background(), name); err != nil || id != want {
			t.Errorf("%s: %q %v", name, id, err)
		}
	}
	if id, err := b.ResolveChannel(context.Background(), "#fehlt"); err == nil {
		t.Errorf("#fehlt is %q", id)
	}
}
