package playground

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// object is a JSON object whose shape is not ours to fix.
type object = map[string]any

// Message is one message of a conversation, as the workspace keeps it.
type Message struct {
	Channel  string
	TS       string // "1700000000.000100": unique in the workspace
	ThreadTS string // the parent's TS, for a reply
	User     string // who said it
	Bot      bool   // the bot said it
	Text     string
	Blocks   json.RawMessage // with every block_id and action_id filled in; nil: none
	Metadata json.RawMessage // nil: none
	For      string          // an ephemeral message's only reader
	Edited   bool
	Typed    bool // the command line that a user typed, which only that user sees

	UnfurlLinks, UnfurlMedia *bool // as the bot asked
}

// Ephemeral reports whether one user alone sees the message.
func (m Message) Ephemeral() bool { return m.For != "" }

// Messages lists what everyone in a conversation sees, oldest first. An
// unknown channel has none.
func (w *Workspace) Messages(channel string) []Message {
	return w.list(channel, func(m *Message) bool { return m.For == "" })
}

// Ephemerals lists what that user alone sees in a conversation, oldest first.
func (w *Workspace) Ephemerals(channel, user string) []Message {
	return w.list(channel, func(m *Message) bool { return m.For == user && !m.Typed })
}

func (w *Workspace) list(channel string, keep func(*Message) bool) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Message
	if c := w.conversationLocked(channel); c != nil {
		for _, m := range c.messages {
			if keep(m) {
				out = append(out, *m)
			}
		}
	}
	return out
}

// stampLocked gives a timestamp that no other message has.
func (w *Workspace) stampLocked() string {
	us := w.opt.Now().UnixMicro()
	if us <= w.lastTS {
		us = w.lastTS + 1
	}
	w.lastTS = us
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}

// addLocked puts a message into its conversation and shows it on the page.
func (w *Workspace) addLocked(c *conversation, m Message) *Message {
	m.Channel, m.TS = c.ID, w.stampLocked()
	p := &m
	if len(c.messages) >= keepCalls {
		c.messages = slices.Delete(c.messages, 0, keepCalls/10)
	}
	c.messages = append(c.messages, p)
	w.showLocked(frame{Kind: "message", Message: p})
	return p
}

// findLocked finds a message by its timestamp.
func (c *conversation) findLocked(ts string) *Message {
	for _, m := range c.messages {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// changeLocked replaces what a message says. Messages handed out earlier keep
// what they were.
func (w *Workspace) changeLocked(c *conversation, m *Message) {
	for i, old := range c.messages {
		if old.TS == m.TS {
			c.messages[i] = m
			w.showLocked(frame{Kind: "changed", Message: m})
			return
		}
	}
}

func (w *Workspace) removeLocked(c *conversation, ts string) {
	for i, m := range c.messages {
		if m.TS == ts {
			c.messages = slices.Delete(c.messages, i, i+1)
			w.showLocked(frame{Kind: "deleted", Message: m})
			return
		}
	}
}

// wire is the message as the Web API shows it. Metadata's payload is left out
// unless whole, as Slack does without include_all_metadata.
func (w *Workspace) wire(m *Message, whole bool) object {
	o := object{"type": "message", "ts": m.TS, "text": m.Text, "user": m.User, "team": teamID}
	if m.Bot {
		o["bot_id"], o["app_id"] = botID, appID
	}
	if m.Blocks != nil {
		o["blocks"] = m.Blocks
	}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	if m.Edited {
		o["edited"] = object{"user": m.User, "ts": m.TS}
	}
	if m.Metadata != nil {
		if whole {
			o["metadata"] = m.Metadata
		} else {
			var meta struct {
				EventType string `json:"event_type"`
			}
			if json.Unmarshal(m.Metadata, &meta) == nil {
				o["metadata"] = object{"event_type": meta.EventType}
			}
		}
	}
	return o
}

// bucket is one channel's allowance of messages.
type bucket struct {
	left float64
	at   time.Time
}

// allowLocked takes one message from the channel's allowance: one a second,
// and Burst at once (Slack: "Rate limits", posting messages). Otherwise it
// gives the time to wait.
func (w *Workspace) allowLocked(channel string) (wait time.Duration, ok bool) {
	if !w.opt.RateLimit {
		return 0, true
	}
	now, burst := w.opt.Now(), float64(w.opt.Burst)
	b := w.buckets[channel]
	if b == nil {
		b = &bucket{left: burst, at: now}
		w.buckets[channel] = b
	}
	b.left = min(burst, b.left+max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) * float64(time.Second)), false
	}
	b.left--
	return 0, true
}

// fillIDs gives every block, and every interactive element, an id where the
// bot gave none, as Slack does. The blocks are changed in place.
func (w *Workspace) fillIDsLocked(blocks []any) {
	for _, b := range blocks {
		block, ok := b.(object)
		if !ok {
			continue
		}
		if s, _ := block["block_id"].(string); s == "" {
			block["block_id"] = w.shortLocked("b")
		}
		for _, e := range elementsOf(block) {
			if kind, _ := e["type"].(string); interactive[kind] {
				if s, _ := e["action_id"].(string); s == "" {
					e["action_id"] = w.shortLocked("a")
				}
			}
		}
	}
}

func (w *Workspace) shortLocked(prefix string) string {
	w.serial++
	return fmt.Sprintf("%s%04x", prefix, w.serial)
}

// elementsOf lists a block's elements that may be interactive.
func elementsOf(block object) []object {
	var out []object
	for _, key := range []string{"accessory", "element"} {
		if e, ok := block[key].(object); ok {
			out = append(out, e)
		}
	}
	if list, ok := block["elements"].([]any); ok {
		for _, x := range list {
			if e, ok := x.(object); ok {
				out = append(out, e)
			}
		}
	}
	return out
}

// unlabel turns "<@U1|anna>" into "<@U1>", the form that messages are stored in.
func unlabel(text string) string { return labelled.ReplaceAllString(text, "<@$1>") }

var labelled = regexp.MustCompile(`<@(U[^|>]*)\|[^>]*>`)
