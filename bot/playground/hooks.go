package playground

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Answer is one thing that the bot said to a command or a button.
type Answer struct {
	TS           string // of the message that came of it
	Text         string
	Blocks       json.RawMessage // nil: none
	ResponseType string          // "ephemeral" or "in_channel"
	Replace      bool            // it replaced the message with the button
	Delete       bool            // it deleted it
	InBand       bool            // it was the body of the answer, not a post to the response URL
}

// Reply collects what the bot says to one command or one press of a button.
// It grows while the response URL lives.
type Reply struct {
	ResponseURL string
	TriggerID   string

	mu      sync.Mutex
	answers []Answer
	grown   chan struct{} // closed at the next answer
}

// Answers lists what came so far, oldest first.
func (r *Reply) Answers() []Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Answer(nil), r.answers...)
}

// Wait waits until n answers came.
func (r *Reply) Wait(ctx context.Context, n int) ([]Answer, error) {
	for {
		r.mu.Lock()
		have, grown := append([]Answer(nil), r.answers...), r.grown
		r.mu.Unlock()
		if len(have) >= n {
			return have, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return have, fmt.Errorf("playground: wait for %d answers, have %d: %w", n, len(have), ctx.Err())
		}
	}
}

func (r *Reply) add(a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, a)
	close(r.grown)
	r.grown = make(chan struct{})
}

// hook is a response URL.
type hook struct {
	channel string
	user    string
	message string // the message whose button was pressed; empty for a command
	born    time.Time
	uses    int
	reply   *Reply
}

// token makes an unguessable word, the same for the same number.
func (w *Workspace) token(purpose string, n int) string {
	mac := hmac.New(sha256.New, []byte(w.opt.SigningSecret))
	fmt.Fprintf(mac, "%s %d", purpose, n)
	return hex.EncodeToString(mac.Sum(nil))[:24]
}

// hookLocked makes a response URL.
func (w *Workspace) hookLocked(channel, user, message string) *Reply {
	w.forgetLocked()
	w.serial++
	id := w.token("hook", w.serial)
	r := &Reply{ResponseURL: w.url + "/hooks/" + teamID + "/" + id, TriggerID: w.triggerLocked(user), grown: make(chan struct{})}
	w.hooks[id] = &hook{channel: channel, user: user, message: message, born: w.opt.Now(), reply: r}
	return r
}

// forgetLocked drops what expired long ago. For a while an expired response URL
// is still told apart from one that never was.
func (w *Workspace) forgetLocked() {
	long := w.opt.Now().Add(-2 * hookLife)
	maps.DeleteFunc(w.hooks, func(_ string, h *hook) bool { return h.born.Before(long) })
	maps.DeleteFunc(w.triggers, func(_ string, t trigger) bool { return t.at.Before(long) })
	maps.DeleteFunc(w.tickets, func(_ string, at time.Time) bool { return at.Before(long) })
}

// serveHook answers a post to a response URL.
func (w *Workspace) serveHook(rw http.ResponseWriter, r *http.Request) {
	const name = "response_url"
	r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, "invalid_payload", http.StatusBadRequest)
		return
	}
	a := args{}
	if v, err := decode(body); err == nil {
		if o, ok := v.(object); ok {
			a = o
		}
	}
	f := w.fault(name)
	if w.faulty(rw, r, f, name, a) {
		return
	}
	status, bad := w.take(r.PathValue("token"), a)
	if f.CutAfterAccept {
		w.note(name, a, 0, code(bad))
		cut(rw)
		return
	}
	w.note(name, a, status, code(bad))
	if bad != nil {
		writeJSON(rw, status, object{"ok": false, "error": bad.Code, "response_metadata": object{"messages": bad.Messages}})
		return
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(rw, "ok") // the caller left; nobody is there to tell
}

// take does what a post to a response URL asks.
func (w *Workspace) take(token string, a args) (status int, bad *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hooks[token]
	switch {
	case h == nil:
		return http.StatusNotFound, &Refusal{Code: "invalid_url"}
	case w.opt.Now().Sub(h.born) > hookLife:
		return http.StatusNotFound, &Refusal{Code: "expired_url"}
	case h.uses >= hookUses:
		return http.StatusNotFound, &Refusal{Code: "used_url"}
	}
	h.uses++
	got, bad := w.sayLocked(h, a)
	if bad != nil {
		return http.StatusBadRequest, bad
	}
	h.reply.add(got)
	return http.StatusOK, nil
}

// sayLocked does what a reply says: deletes or replaces the message with the
// button, or adds one. A message stays ephemeral, or public, for ever.
func (w *Workspace) sayLocked(h *hook, a args) (Answer, *Refusal) {
	c := w.conversationLocked(h.channel)
	if c == nil {
		return Answer{}, &Refusal{Code: "channel_not_found"}
	}
	old := c.findLocked(h.message)
	kind := a.str("response_type")
	if kind != "in_channel" {
		kind = "ephemeral"
	}
	if a.flag("delete_original") {
		if old == nil {
			return Answer{}, &Refusal{Code: "message_not_found"}
		}
		w.removeLocked(c, old.TS)
		return Answer{TS: old.TS, Delete: true}, nil
	}
	if m, ok := a["metadata"].(object); ok && m["event_type"] == "" {
		delete(a, "metadata")
	}
	k, bad := readContent(a, false)
	if bad != nil {
		return Answer{}, bad
	}
	raw, err := w.packLocked(k.blocks)
	if err != nil {
		return Answer{}, &Refusal{Code: "internal_error"}
	}
	got := Answer{Text: k.text, Blocks: raw, ResponseType: kind}
	if a.flag("replace_original") && old != nil {
		m := *old
		m.Text, m.Blocks = k.text, raw
		w.changeLocked(c, &m)
		got.TS, got.Replace = m.TS, true
		return got, nil
	}
	m := Message{User: w.bot.ID, Bot: true, Text: k.text, Blocks: raw, Metadata: k.metadata, ThreadTS: a.str("thread_ts")}
	if kind == "ephemeral" {
		m.For = h.user
	}
	got.TS = w.addLocked(c, m).TS
	return got, nil
}
