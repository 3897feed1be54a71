package bot

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/slack-go/slack"
)

const (
	maxBody    = 1 << 20                 // of a request; Slack's own are far smaller
	maxSkew    = 300 * time.Second       // between Slack's clock and ours
	ackBudget  = 2 * time.Second         // of the three that Slack waits
	lastMoment = 2600 * time.Millisecond // and where nothing can be said later
)

// Handler serves what Slack sends over HTTP: POST /slack/commands,
// /slack/interactions and /slack/events, each signed. What is not signed, is
// older than 300 seconds or too large is refused and changes nothing.
func (b *Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /slack/commands", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("ssl_check") != "1" {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "only POST", http.StatusMethodNotAllowed)
		}
	})
	mux.Handle("POST /slack/commands", b.signed(b.serveCommand))
	mux.Handle("POST /slack/interactions", b.signed(b.serveInteraction))
	mux.Handle("POST /slack/events", b.signed(b.serveEvent))
	return mux
}

// signed reads the body once, verifies it, and hands it on. A panic ends the
// request, not the process.
func (b *Bot) signed(serve func(w http.ResponseWriter, body []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				b.o.Log.Error("panic in handler", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			status := http.StatusBadRequest
			if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
				status = http.StatusRequestEntityTooLarge
			}
			http.Error(w, http.StatusText(status), status)
			return
		}
		if sslCheck(r, body) {
			return
		}
		if err := verify(r.Header, body, b.o.SigningSecret, b.o.Now()); err != nil {
			b.o.Log.Warn("request refused", "path", r.URL.Path, "reason", err)
			http.Error(w, "not signed by Slack", http.StatusUnauthorized)
			return
		}
		serve(w, body)
	})
}

// sslCheck recognises the requests with which Slack looks at our certificate:
// nothing is to be done but to answer 200.
func sslCheck(r *http.Request, body []byte) bool {
	if r.URL.Path != "/slack/commands" || !bytes.Contains(body, []byte("ssl_check=1")) {
		return false
	}
	form, err := url.ParseQuery(string(body))
	return err == nil && form.Get("ssl_check") == "1"
}

// verify checks a request's signature, version v0 (docs.slack.dev, "Verifying
// requests from Slack"): HMAC-SHA256 of "v0:timestamp:body", at most 300
// seconds old either way.
func verify(h http.Header, body []byte, secret string, now time.Time) error {
	if secret == "" {
		return errors.New("no signing secret is configured")
	}
	stamp := h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("timestamp %q is not a number", short(stamp, 30))
	}
	if age := now.Sub(time.Unix(seconds, 0)).Truncate(time.Second).Abs(); age > maxSkew {
		return fmt.Errorf("timestamp is %s off", age)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	want := "v0=" + hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(h.Get("X-Slack-Signature")), []byte(want)) {
		return errors.New("signature does not match")
	}
	return nil
}

// serveCommand answers a slash command, whichever of its fields are missing:
// of an error Slack would show the asker nothing but its number.
func (b *Bot) serveCommand(w http.ResponseWriter, body []byte) {
	form, _ := url.ParseQuery(string(body)) // a field that cannot be read is missing
	c := slack.SlashCommand{
		ChannelID: form.Get("channel_id"), ChannelName: form.Get("channel_name"), UserID: form.Get("user_id"),
		Command: form.Get("command"), Text: form.Get("text"), ResponseURL: form.Get("response_url"),
	}
	reply, done := b.within(c.ResponseURL, func(ctx context.Context) Reply { return b.command(ctx, c) })
	if done {
		b.write(w, reply)
	}
}

// write answers with the reply's only message.
func (b *Bot) write(w http.ResponseWriter, r Reply) {
	list := r.payloads()
	if len(list) == 0 {
		return
	}
	body, err := marshal(list[0])
	if err != nil {
		b.o.Log.Error("encode reply", "error", err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := w.Write(body); err != nil {
		b.o.Log.Warn("write reply", "error", err)
	}
}

// within does the work in the time that Slack waits: the reply then belongs
// into the response. What takes longer, or more than one message, goes to the
// response URL instead, and done is false. Without such a URL the response is
// all there is: it waits longer, and at the last moment asks for patience.
func (b *Bot) within(responseURL string, work func(ctx context.Context) Reply) (reply Reply, done bool) {
	budget, only := ackBudget, b.checkResponseURL(responseURL) != nil
	if only {
		budget = lastMoment
	}
	result := make(chan Reply)
	late := make(chan struct{})
	ok := b.spawn(func(ctx context.Context) {
		r := b.careful(ctx, work)
		now := r
		switch {
		case len(r.Messages) > 1 && only:
			now = b.firstOf(r)
		case len(r.Messages) > 1:
			now = Reply{}
		}
		select {
		case result <- now:
			if len(now.Messages) > 0 {
				return
			}
		case <-late:
		}
		if !only {
			b.respondLogged(ctx, responseURL, r)
		}
	})
	if !ok {
		return b.failed(), true
	}
	timer := time.NewTimer(budget)
	defer timer.Stop()
	select {
	case r := <-result:
		return r, len(r.Messages) > 0
	case <-timer.C:
		close(late)
	}
	if only {
		return b.sentence(b.voice.say("Late")), true
	}
	return Reply{}, false
}

// careful runs the work when there is a seat for it, and turns a panic into an
// apology.
func (b *Bot) careful(ctx context.Context, work func(ctx context.Context) Reply) (r Reply) {
	select {
	case b.seats <- struct{}{}:
		defer func() { <-b.seats }()
	case <-ctx.Done():
		return b.failed()
	}
	defer func() {
		if p := recover(); p != nil {
			b.o.Log.Error("panic in answer", "panic", p, "stack", string(debug.Stack()))
			r = b.failed()
		}
	}()
	return work(ctx)
}

func (b *Bot) respondLogged(ctx context.Context, responseURL string, r Reply) {
	if len(r.Messages) == 0 {
		return
	}
	if err := b.respond(ctx, responseURL, r); err != nil {
		b.o.Log.Warn("reply not delivered", "error", err)
	}
}
