package playground

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Signature signs a request's body as Slack does: "v0=" and the HMAC-SHA256 of
// "v0:TIMESTAMP:BODY" in hexadecimal ("Verifying requests from Slack").
func Signature(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%d:", at.Unix())
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// dispatch is something for the bot, in the shapes of both transports.
type dispatch struct {
	kind    string     // the envelope's type
	path    string     // of the bot's HTTP server
	form    url.Values // over HTTP; nil: the payload as JSON
	payload any        // in the envelope
	retry   int
	reason  string
	accepts bool // the answer may carry a payload
}

// answer is what the bot said to a dispatch.
type answer struct {
	body []byte
	json bool
}

// deliver sends a dispatch over the configured transport and waits for the
// bot's answer. The Refusal's codes are those that Slack shows to the user.
func (w *Workspace) deliver(ctx context.Context, d dispatch) (answer, error) {
	w.mu.Lock()
	base := w.botURL
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	if base == "" {
		return w.overSocket(ctx, d)
	}
	return w.overHTTP(ctx, strings.TrimSuffix(base, "/")+d.path, d)
}

func (w *Workspace) overHTTP(ctx context.Context, address string, d dispatch) (answer, error) {
	kind := "application/x-www-form-urlencoded"
	body := []byte(d.form.Encode())
	if d.form == nil {
		kind = "application/json"
		var err error
		if body, err = json.Marshal(d.payload); err != nil {
			return answer{}, fmt.Errorf("playground: encode %s: %w", d.kind, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("playground: send %s to the bot: %w", d.kind, err)
	}
	now := w.opt.Now()
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	req.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("X-Slack-Signature", Signature(w.opt.SigningSecret, now, body))
	if d.retry > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(d.retry))
		req.Header.Set("X-Slack-Retry-Reason", d.reason)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return answer{}, &Refusal{Code: "operation_timeout"}
		}
		return answer{}, &Refusal{Code: "dispatch_failed", Messages: []string{"the bot's server does not answer"}}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return answer{}, &Refusal{Code: "operation_timeout"}
	case err != nil:
		return answer{}, &Refusal{Code: "dispatch_failed"}
	case resp.StatusCode >= 500:
		return answer{}, &Refusal{Code: "http_service_error", Messages: []string{resp.Status}}
	case resp.StatusCode >= 400:
		return answer{}, &Refusal{Code: "http_client_error", Messages: []string{resp.Status}}
	case resp.StatusCode >= 300:
		return answer{}, &Refusal{Code: "too_many_redirects", Messages: []string{resp.Status}}
	}
	return answer{body: text, json: strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json")}, nil
}

// trigger allows one modal within three seconds.
type trigger struct {
	user string
	at   time.Time
	used bool
}

func (w *Workspace) triggerLocked(user string) string {
	w.serial++
	now := w.opt.Now()
	id := fmt.Sprintf("%d.%d.%s", w.serial, now.Unix(), w.token("trigger", w.serial)[:16])
	w.triggers[id] = trigger{user: user, at: now}
	return id
}

// exchangeLocked uses a trigger up.
func (w *Workspace) exchangeLocked(id string) (user string, bad *Refusal) {
	t, ok := w.triggers[id]
	switch {
	case !ok:
		return "", &Refusal{Code: "invalid_trigger"}
	case t.used:
		return "", &Refusal{Code: "trigger_exchanged"}
	case w.opt.Now().Sub(t.at) > ackTime:
		return "", &Refusal{Code: "trigger_expired"}
	}
	t.used = true
	w.triggers[id] = t
	return t.user, nil
}

// event tells the bot that something happened. A failed delivery is repeated
// once, at once; Slack's later attempts, after one and five minutes, are not.
func (w *Workspace) event(ctx context.Context, inner object) error {
	w.mu.Lock()
	w.eventNum++
	now := w.opt.Now()
	id := fmt.Sprintf("Ev%08d", w.eventNum)
	inner["event_ts"] = w.stampLocked()
	w.mu.Unlock()
	d := dispatch{kind: "events_api", path: "/slack/events", payload: object{
		"type": "event_callback", "team_id": teamID, "api_app_id": appID, "event": inner, "event_id": id,
		"event_time": now.Unix(), "is_ext_shared_channel": false, "token": "",
		"authorizations": []object{{"team_id": teamID, "user_id": w.bot.ID, "is_bot": true, "is_enterprise_install": false}},
	}}
	_, err := w.deliver(ctx, d)
	if err == nil || ctx.Err() != nil {
		return err
	}
	d.retry, d.reason = 1, "http_error"
	var bad *Refusal
	if errors.As(err, &bad) && bad.Code == "operation_timeout" {
		d.reason = "http_timeout"
	}
	_, err = w.deliver(ctx, d)
	return err
}

// Verify sends the challenge with which Slack checks an event address, and
// reports whether the bot gave it back. Over Socket Mode there is none.
func (w *Workspace) Verify(ctx context.Context) error {
	const challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
	got, err := w.deliver(ctx, dispatch{kind: "url_verification", path: "/slack/events", payload: object{
		"type": "url_verification", "token": "", "challenge": challenge,
	}})
	if err != nil {
		return err
	}
	if !strings.Contains(string(got.body), challenge) {
		return errors.New("playground: the bot did not return the challenge")
	}
	return nil
}
