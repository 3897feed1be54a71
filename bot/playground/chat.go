package playground

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// content is what a message says, checked.
type content struct {
	text     string
	blocks   []any
	metadata json.RawMessage
}

// readContent reads and checks text, blocks, attachments and metadata.
// total: the undocumented limit of all text together applies.
func readContent(a args, total bool) (content, *Refusal) {
	k := content{text: a.str("text")}
	v, err := a.value("blocks")
	if err != nil {
		return k, &Refusal{Code: "invalid_blocks_format"}
	}
	if v != nil {
		list, ok := v.([]any)
		if !ok {
			return k, &Refusal{Code: "invalid_blocks_format"}
		}
		k.blocks = list
	}
	attachments, err := a.value("attachments")
	if err != nil {
		return k, &Refusal{Code: "invalid_attachments"}
	}
	cards, _ := attachments.([]any)
	if len(cards) > 100 {
		return k, &Refusal{Code: "too_many_attachments"}
	}
	if utf8.RuneCountInString(k.text) > maxText {
		return k, &Refusal{Code: "msg_too_long"}
	}
	c := checkMessage(k.blocks)
	if len(c.faults) > 0 {
		return k, &Refusal{Code: "invalid_blocks", Messages: c.faults}
	}
	if total && c.tooLong(len(k.blocks)) {
		return k, &Refusal{Code: "msg_blocks_too_long"}
	}
	var bad *Refusal
	if k.metadata, bad = readMetadata(a); bad != nil {
		return k, bad
	}
	if strings.TrimSpace(k.text) == "" && len(k.blocks) == 0 && len(cards) == 0 {
		return k, &Refusal{Code: "no_text"}
	}
	return k, nil
}

// readMetadata reads {"event_type":"...","event_payload":{...}}.
func readMetadata(a args) (json.RawMessage, *Refusal) {
	v, err := a.value("metadata")
	if err != nil {
		return nil, &Refusal{Code: "invalid_metadata_format"}
	}
	if v == nil {
		return nil, nil
	}
	m, ok := v.(object)
	if !ok {
		return nil, &Refusal{Code: "invalid_metadata_format"}
	}
	kind, _ := m["event_type"].(string)
	_, whole := m["event_payload"].(object)
	if len(m) == 0 {
		return json.RawMessage("{}"), nil
	}
	if kind == "" || !whole {
		return nil, &Refusal{Code: "invalid_metadata_format"}
	}
	for key := range m {
		if key != "event_type" && key != "event_payload" {
			return nil, &Refusal{Code: "invalid_metadata_schema"}
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, &Refusal{Code: "invalid_metadata_format"}
	}
	return raw, nil
}

// packLocked stores the blocks with all ids filled in.
func (w *Workspace) packLocked(blocks []any) (json.RawMessage, error) {
	if len(blocks) == 0 {
		return nil, nil
	}
	w.fillIDsLocked(blocks)
	raw, err := json.Marshal(blocks)
	if err != nil {
		return nil, fmt.Errorf("playground: store blocks: %w", err)
	}
	return raw, nil
}

// targetLocked finds where to post. A user's id means the direct message.
func (w *Workspace) targetLocked(id string) (*conversation, *Refusal) {
	c := w.conversationLocked(id)
	if c == nil && strings.HasPrefix(id, "U") {
		c = w.directLocked(id)
	}
	switch {
	case c == nil:
		return nil, &Refusal{Code: "channel_not_found"}
	case c.Archived:
		return nil, &Refusal{Code: "is_archived"}
	case !c.Member && (c.Private || !w.may("chat:write.public")):
		return nil, &Refusal{Code: "not_in_channel"}
	}
	return c, nil
}

func chatPostMessage(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, bad := w.targetLocked(a.str("channel"))
	if bad != nil {
		return nil, bad
	}
	k, bad := readContent(a, true)
	if bad != nil {
		return nil, bad
	}
	thread := a.str("thread_ts")
	if thread != "" {
		parent := c.findLocked(thread)
		if parent == nil || parent.For != "" {
			return nil, &Refusal{Code: "thread_not_found"}
		}
		if parent.ThreadTS != "" {
			return nil, &Refusal{Code: "cannot_reply_to_message"}
		}
	}
	if wait, ok := w.allowLocked(c.ID); !ok {
		return nil, &Refusal{Code: "ratelimited", wait: wait}
	}
	raw, err := w.packLocked(k.blocks)
	if err != nil {
		return nil, &Refusal{Code: "internal_error"}
	}
	m := w.addLocked(c, Message{
		User: w.bot.ID, Bot: true, Text: k.text, Blocks: raw, Metadata: k.metadata, ThreadTS: thread,
		UnfurlLinks: a.optional("unfurl_links"), UnfurlMedia: a.optional("unfurl_media"),
	})
	return object{"channel": c.ID, "ts": m.TS, "message": w.wire(m, true)}, nil
}

func chatPostEphemeral(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, bad := w.targetLocked(a.str("channel"))
	if bad != nil {
		return nil, bad
	}
	u, ok := w.userLocked(a.str("user"))
	if !ok || u.Bot {
		return nil, &Refusal{Code: "user_not_in_channel"}
	}
	if c.im && c.with != u.ID {
		return nil, &Refusal{Code: "user_not_in_channel"}
	}
	k, bad := readContent(a, true)
	if bad != nil {
		return nil, bad
	}
	if len(k.text) > maxUpdateText {
		return nil, &Refusal{Code: "msg_too_long"}
	}
	raw, err := w.packLocked(k.blocks)
	if err != nil {
		return nil, &Refusal{Code: "internal_error"}
	}
	m := w.addLocked(c, Message{User: w.bot.ID, Bot: true, Text: k.text, Blocks: raw, For: u.ID, ThreadTS: a.str("thread_ts")})
	return object{"message_ts": m.TS}, nil
}

// ownLocked finds a message that the bot may change or delete. Ephemeral ones
// are not found, and a direct message needs its D... id.
func (w *Workspace) ownLocked(a args, denied string) (*conversation, *Message, *Refusal) {
	c := w.conversationLocked(a.str("channel"))
	if c == nil {
		return nil, nil, &Refusal{Code: "channel_not_found"}
	}
	m := c.findLocked(a.str("ts"))
	if m == nil || m.For != "" {
		return nil, nil, &Refusal{Code: "message_not_found"}
	}
	if !m.Bot {
		return nil, nil, &Refusal{Code: denied}
	}
	if c.Archived {
		return nil, nil, &Refusal{Code: "is_inactive"}
	}
	return c, m, nil
}

func chatUpdate(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, old, bad := w.ownLocked(a, "cant_update_message")
	if bad != nil {
		return nil, bad
	}
	k, bad := readContent(a, true)
	if bad != nil {
		return nil, bad
	}
	if utf8.RuneCountInString(k.text) > maxUpdateText {
		return nil, &Refusal{Code: "msg_too_long"}
	}
	raw, err := w.packLocked(k.blocks)
	if err != nil {
		return nil, &Refusal{Code: "internal_error"}
	}
	m := *old
	m.Text, m.Blocks, m.Edited = k.text, raw, raw == nil
	switch {
	case k.metadata == nil: // stays
	case string(k.metadata) == "{}":
		m.Metadata = nil
	default:
		m.Metadata = k.metadata
	}
	w.changeLocked(c, &m)
	return object{"channel": c.ID, "ts": m.TS, "text": m.Text, "message": w.wire(&m, true)}, nil
}

func chatDelete(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, m, bad := w.ownLocked(a, "cant_delete_message")
	if bad != nil {
		return nil, bad
	}
	w.removeLocked(c, m.TS)
	return object{"channel": c.ID, "ts": m.TS}, nil
}
