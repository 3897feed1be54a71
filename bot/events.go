package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"depesche/digest"
)

// envelope is what we read of an event (docs.slack.dev, "The Events API").
// slack-go's parser refuses whole events for the sake of fields that we never
// look at.
type envelope struct {
	Type           string          `json:"type"`
	Challenge      string          `json:"challenge"`
	EventID        string          `json:"event_id"`
	Event          event           `json:"event"`
	Authorizations []authorization `json:"authorizations"`
}

type authorization struct {
	UserID string `json:"user_id"`
	IsBot  bool   `json:"is_bot"`
}

type event struct {
	Type        string `json:"type"`
	Subtype     string `json:"subtype"`
	User        string `json:"user"`
	BotID       string `json:"bot_id"`
	Text        string `json:"text"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type"`
	TS          string `json:"ts"`
	ThreadTS    string `json:"thread_ts"`
	Tab         string `json:"tab"`
}

// serveEvent acknowledges at once, whatever Slack signed: it would only send
// again what we do not understand.
func (b *Bot) serveEvent(w http.ResponseWriter, body []byte) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		b.o.Log.Warn("event not understood", "error", err)
		return
	}
	if e.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if _, err := w.Write([]byte(e.Challenge)); err != nil {
			b.o.Log.Warn("write challenge", "error", err)
		}
		return
	}
	if !b.event(e) {
		http.Error(w, "busy or shutting down", http.StatusServiceUnavailable) // Slack sends it again
	}
}

// event does what an event asks for, once, without waiting for it. It reports
// false where spawn does.
func (b *Bot) event(e envelope) bool {
	if e.Type != "event_callback" {
		return true
	}
	return b.spawn(func(ctx context.Context) {
		defer func() {
			if p := recover(); p != nil {
				b.o.Log.Error("panic in event", "event", e.Event.Type, "panic", p)
			}
		}()
		if err := b.handleEvent(ctx, e); err != nil {
			b.o.Log.Warn("event not answered", "event", e.Event.Type, "error", err)
		}
	})
}

func (b *Bot) handleEvent(ctx context.Context, e envelope) error {
	if e.EventID != "" {
		first, err := b.o.Desk.Once(ctx, "event/"+e.EventID, b.o.Now())
		if err != nil || !first {
			return err
		}
	}
	ev := e.Event
	switch ev.Type {
	case "app_home_opened":
		if ev.Tab != "home" {
			return nil
		}
		return b.publishHome(ctx, ev.User)
	case "app_mention":
		return b.converse(ctx, e, cmp.Or(ev.ThreadTS, ev.TS))
	case "message":
		if ev.ChannelType != "im" && (ev.ChannelType != "" || !strings.HasPrefix(ev.Channel, "D")) {
			return nil
		}
		return b.converse(ctx, e, ev.ThreadTS)
	case "member_joined_channel":
		return b.greet(ctx, e)
	default:
		return nil
	}
}

var leadingMention = regexp.MustCompile(`^\s*(<@[UW][A-Z0-9]+(\|[^>]*)?>[\s,:]*)+`)

// converse answers a mention or a direct message like a command. It answers
// people only, and never edits, joins and the like.
func (b *Bot) converse(ctx context.Context, e envelope, thread string) error {
	ev := e.Event
	if ev.BotID != "" || ev.User == "" || ev.Subtype != "" || ev.User == "USLACKBOT" {
		return nil
	}
	if self, err := b.selfID(ctx, e); err != nil {
		b.o.Log.Warn("own user id not known", "error", err) // what it says itself has a bot id, too
	} else if ev.User == self {
		return nil
	}
	a := asker{user: ev.User, channel: ev.Channel, shared: true, name: b.o.Command}
	text := leadingMention.ReplaceAllString(ev.Text, "")
	r := b.careful(ctx, func(ctx context.Context) Reply { return b.answer(ctx, a, ParseCommand(text)) })
	return b.say(ctx, ev.Channel, thread, r.Messages)
}

// say posts messages that nobody keeps a ledger of: answers and greetings.
func (b *Bot) say(ctx context.Context, channel, thread string, list []digest.Message) error {
	for _, m := range list {
		blocks, err := rawBlocks(m.Blocks)
		if err != nil {
			return fmt.Errorf("read blocks: %w", err)
		}
		options := []slack.MsgOption{slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(blocks...),
			slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}
		if thread != "" {
			options = append(options, slack.MsgOptionTS(thread))
		}
		if _, _, err := b.api.PostMessageContext(ctx, channel, options...); err != nil {
			return &callError{"answer in " + channel, postError(err)}
		}
	}
	return nil
}

// greet says hello in a channel that the bot was added to: what appears there,
// and how to ask.
func (b *Bot) greet(ctx context.Context, e envelope) error {
	self, err := b.selfID(ctx, e)
	if err != nil || e.Event.User != self || self == "" {
		return err
	}
	plans, err := b.plans(ctx)
	if err != nil {
		return err
	}
	lines := []string{b.voice.say("Greeting")}
	for _, p := range plans {
		if p.Target != e.Event.Channel || p.Schedule == nil || p.Kind != digest.KindDigest {
			continue
		}
		if at := p.Schedule.Next(b.now()); !at.IsZero() {
			lines = append(lines, "• "+b.voice.say("NextDigest", "Name", mrkdwn(p.Label, showWord), "Time", occasion(b.voice.lang, at.In(b.zone(p)))))
		}
	}
	lines = append(lines[:min(len(lines), 10)], b.voice.say("GreetingHelp", "Command", b.o.Command))
	return b.say(ctx, e.Event.Channel, "", b.sentence(strings.Join(lines, "\n")).Messages)
}

// selfID is the bot's own user id: as the event says, else as Slack does.
func (b *Bot) selfID(ctx context.Context, e envelope) (string, error) {
	if i := slices.IndexFunc(e.Authorizations, func(a authorization) bool { return a.IsBot }); i >= 0 {
		return e.Authorizations[i].UserID, nil
	}
	return b.self.id(ctx, b)
}
