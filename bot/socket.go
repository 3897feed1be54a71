package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

const (
	ackTimeout = 2 * time.Second
	maxAck     = 16 << 10 // of a reply inside an acknowledgement; Slack drops 20 kB and more
)

// Connection is how the Socket Mode connection stands.
type Connection struct {
	Used      bool // RunSocket was called
	Connected bool
	Since     time.Time // of Connected
	LastEvent time.Time // when Slack last sent anything
	Err       error     // why it is not connected; nil where that is not known
}

type socketState struct {
	mu sync.Mutex
	Connection
}

func (s *socketState) set(now time.Time, connected bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Used || s.Connected != connected {
		s.Since = now
	}
	s.Used, s.Connected, s.Err = true, connected, err
	s.LastEvent = now
}

func (s *socketState) heard(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.LastEvent = now
}

// Connection tells how the Socket Mode connection stands, for health checks.
func (b *Bot) Connection() Connection {
	b.socket.mu.Lock()
	defer b.socket.mu.Unlock()
	return b.socket.Connection
}

// quiet takes slack-go's log lines, which say nothing that its events do not.
type quiet struct{}

// Output implements slack-go's logger.
func (quiet) Output(int, string) error { return nil }

// fatal are the refusals that another attempt does not mend. slack-go gives up
// on four of them by itself and retries the others for ever.
var fatal = []string{
	"invalid_auth", "account_inactive", "not_authed", "token_revoked", "token_expired", "not_allowed_token_type",
	"missing_scope", "no_permission", "team_access_not_granted", "forbidden_team",
}

// RunSocket answers over Socket Mode until ctx ends; then it gives nil. It
// connects again by itself; what another attempt cannot mend, such as a wrong
// app token, is an error. Work under way is left to Close.
func (b *Bot) RunSocket(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.socket.set(b.o.Now(), false, nil)
	client := socketmode.New(b.api, socketmode.OptionLog(quiet{}))
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	for {
		select {
		case evt := <-client.Events:
			if err := b.dispatch(client, evt); err != nil {
				cancel(err)
			}
		case err := <-ended:
			b.socket.set(b.o.Now(), false, err)
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				return nil
			}
			return socketError(err)
		}
	}
}

// socketError says in a sentence what to mend.
func socketError(err error) error {
	if err == nil {
		return errors.New("connection ended")
	}
	if slices.Contains(fatal, err.Error()) {
		return fmt.Errorf("slack refuses the app token (%w): SLACK_APP_TOKEN must begin with xapp- and have the scope connections:write", err)
	}
	return scrub(err)
}

// dispatch hands one event on, in a goroutine of its own where it takes time.
// Every envelope is acknowledged, also one that is not understood. Its error
// ends the connection for good.
func (b *Bot) dispatch(client *socketmode.Client, evt socketmode.Event) error {
	now := b.o.Now()
	switch evt.Type {
	case socketmode.EventTypeConnected:
		b.socket.set(now, true, nil)
		b.o.Log.Info("socket mode connected")
	case socketmode.EventTypeConnectionError:
		return b.connectionError(evt)
	case socketmode.EventTypeInvalidAuth:
		b.socket.set(now, false, errors.New("invalid_auth"))
	case socketmode.EventTypeDisconnect, socketmode.EventTypeConnecting:
		b.socket.set(now, false, nil)
	case socketmode.EventTypeSlashCommand:
		if evt.Request != nil {
			b.socketCommand(client, *evt.Request)
		}
	case socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		if evt.Request != nil {
			b.socketEnvelope(client, *evt.Request)
		}
	case socketmode.EventTypeErrorBadMessage:
		b.badMessage(client, evt)
	default:
		b.socket.heard(now)
	}
	return nil
}

func (b *Bot) connectionError(evt socketmode.Event) error {
	failure, ok := evt.Data.(*slack.ConnectionErrorEvent)
	if !ok || failure.ErrorObj == nil {
		return nil
	}
	err := scrub(failure.ErrorObj)
	b.socket.set(b.o.Now(), false, err)
	b.o.Log.Warn("socket mode not connected", "error", err, "again_in", failure.Backoff)
	if slices.Contains(fatal, failure.ErrorObj.Error()) {
		return failure.ErrorObj
	}
	return nil
}

// badMessage takes what slack-go could not read: parts of it may be new to it
// and yet of no matter to us.
func (b *Bot) badMessage(client *socketmode.Client, evt socketmode.Event) {
	bad, ok := evt.Data.(*socketmode.ErrorBadMessage)
	if !ok {
		return
	}
	var req socketmode.Request
	if err := json.Unmarshal(bad.Message, &req); err != nil || req.EnvelopeID == "" {
		b.o.Log.Warn("socket mode message not understood", "error", bad.Cause)
		return
	}
	if req.Type == socketmode.RequestTypeSlashCommands {
		b.socketCommand(client, req)
		return
	}
	b.socketEnvelope(client, req)
}

// socketEnvelope hands an event or an interaction on and acknowledges it.
func (b *Bot) socketEnvelope(client *socketmode.Client, req socketmode.Request) {
	b.socket.heard(b.o.Now())
	taken := true
	switch req.Type {
	case socketmode.RequestTypeInteractive:
		taken = b.interact(req.Payload)
	case socketmode.RequestTypeEventsAPI:
		var e envelope
		if err := json.Unmarshal(req.Payload, &e); err != nil {
			b.o.Log.Warn("event not understood", "error", err)
			break
		}
		taken = b.event(e)
	}
	if taken {
		b.ack(client, req, nil) // else Slack sends it again
	}
}

// socketCommand answers a slash command: inside the acknowledgement, where the
// reply is there in time and small enough, else over the response URL.
func (b *Bot) socketCommand(client *socketmode.Client, req socketmode.Request) {
	b.socket.heard(b.o.Now())
	var c struct {
		ChannelID   string `json:"channel_id"`
		ChannelName string `json:"channel_name"`
		UserID      string `json:"user_id"`
		Command     string `json:"command"`
		Text        string `json:"text"`
		ResponseURL string `json:"response_url"`
	}
	if err := json.Unmarshal(req.Payload, &c); err != nil {
		b.o.Log.Warn("command not understood", "error", err)
		b.ack(client, req, nil)
		return
	}
	command := slack.SlashCommand{ChannelID: c.ChannelID, ChannelName: c.ChannelName, UserID: c.UserID, Command: c.Command, Text: c.Text, ResponseURL: c.ResponseURL}
	taken := b.spawn(func(ctx context.Context) {
		reply, done := b.within(c.ResponseURL, func(ctx context.Context) Reply { return b.command(ctx, command) })
		if !done {
			b.ack(client, req, nil)
			return
		}
		body, err := marshal(reply.payloads()[0])
		fits := err == nil && len(body) <= maxAck
		switch later := b.checkResponseURL(c.ResponseURL) == nil; {
		case fits && (req.AcceptsResponsePayload || !later):
			b.ack(client, req, body)
		case later:
			b.ack(client, req, nil)
			b.respondLogged(ctx, c.ResponseURL, reply)
		default: // too large, and nowhere else to go
			b.ack(client, req, reply.payloads()[0].bare())
		}
	})
	if !taken { // of a command without an answer Slack would show the asker nothing but a code
		b.ack(client, req, b.failed().payloads()[0].bare())
	}
}

// ack acknowledges an envelope.
func (b *Bot) ack(client *socketmode.Client, req socketmode.Request, payload any) {
	if req.EnvelopeID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	if err := client.AckCtx(ctx, req.EnvelopeID, payload); err != nil {
		b.o.Log.Warn("envelope not acknowledged", "envelope", req.EnvelopeID, "error", err)
	}
}
