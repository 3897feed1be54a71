package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Command types a slash command, text without the command's name, as that user
// in that channel. It returns when the bot has acknowledged it; what comes
// later by the response URL is found in the Reply. The error is a *Refusal with
// the code that Slack would show, such as "operation_timeout".
func (w *Workspace) Command(ctx context.Context, channel, user, text string) (*Reply, error) {
	return w.command(ctx, channel, user, w.opt.Command, text)
}

func (w *Workspace) command(ctx context.Context, channel, user, name, text string) (*Reply, error) {
	w.mu.Lock()
	c := w.conversationLocked(channel)
	u, known := w.userLocked(user)
	if c == nil || !known {
		w.mu.Unlock()
		return nil, fmt.Errorf("playground: command in channel %q as user %q: no such channel or user", channel, user)
	}
	if c.Archived {
		w.mu.Unlock()
		return nil, &Refusal{Code: "is_archived"}
	}
	reply := w.hookLocked(c.ID, user, "")
	h := &hook{channel: c.ID, user: user, reply: reply}
	shown := c.Name
	if c.Private {
		shown = "privategroup"
	}
	w.addLocked(c, Message{User: user, Text: strings.TrimSpace(name + " " + text), For: user, Typed: true})
	fields := map[string]string{
		"token": "", "team_id": teamID, "team_domain": "playground", "channel_id": c.ID, "channel_name": shown,
		"user_id": user, "user_name": u.Name, "command": name, "text": w.escapeLocked(text), "api_app_id": appID,
		"is_enterprise_install": "false", "response_url": reply.ResponseURL, "trigger_id": reply.TriggerID,
	}
	w.mu.Unlock()

	form := url.Values{}
	for k, v := range fields {
		form.Set(k, v)
	}
	got, err := w.deliver(ctx, dispatch{kind: "slash_commands", path: "/slack/commands", form: form, payload: fields, accepts: true})
	if err != nil {
		return reply, err
	}
	return reply, w.inBand(h, got, name+" "+text)
}

// inBand takes the body of the answer to a command.
func (w *Workspace) inBand(h *hook, got answer, typed string) error {
	if len(strings.TrimSpace(string(got.body))) == 0 {
		return nil
	}
	a := args{"text": string(got.body)}
	if got.json {
		v, err := decode(got.body)
		o, ok := v.(object)
		if err != nil || !ok {
			return &Refusal{Code: "invalid_command_response"}
		}
		a = o
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.str("response_type") == "in_channel" {
		if c := w.conversationLocked(h.channel); c != nil {
			w.addLocked(c, Message{User: h.user, Text: escapeText(typed)})
		}
	}
	said, bad := w.sayLocked(h, a)
	if bad != nil && bad.Code == "no_text" {
		return nil // {"response_type":"in_channel"} alone only shows the command
	}
	if bad != nil {
		return &Refusal{Code: "invalid_command_response", Messages: append([]string{bad.Code}, bad.Messages...)}
	}
	said.InBand = true
	h.reply.add(said)
	return nil
}

// OpenHome opens the bot's Home tab as that user.
func (w *Workspace) OpenHome(ctx context.Context, user string) error {
	channel := w.Direct(user)
	if channel == "" {
		return &Refusal{Code: "user_not_found"}
	}
	inner := object{"type": "app_home_opened", "user": user, "channel": channel, "tab": "home"}
	w.mu.Lock()
	if v := w.homes[user]; v != nil {
		inner["view"] = v.wire()
	}
	w.mu.Unlock()
	return w.event(ctx, inner)
}

// Mention says something in a channel as that user, and mentions the bot.
func (w *Workspace) Mention(ctx context.Context, channel, user, text string) error {
	return w.Say(ctx, channel, user, "@"+w.bot.Name+" "+text)
}

// Say says something in a conversation as that user. The bot hears of it where
// it is mentioned, and in its direct messages.
func (w *Workspace) Say(ctx context.Context, channel, user, text string) error {
	w.mu.Lock()
	c := w.conversationLocked(channel)
	if _, ok := w.userLocked(user); c == nil || !ok {
		w.mu.Unlock()
		return fmt.Errorf("playground: say in channel %q as user %q: no such channel or user", channel, user)
	}
	if c.Archived {
		w.mu.Unlock()
		return &Refusal{Code: "is_archived"}
	}
	escaped := unlabel(w.escapeLocked(text))
	m := w.addLocked(c, Message{User: user, Text: escaped})
	inner := object{"type": "message", "channel": c.ID, "user": user, "text": escaped, "ts": m.TS, "team": teamID, "channel_type": "im"}
	direct, member := c.im, c.Member
	w.mu.Unlock()
	switch {
	case direct:
	case member && strings.Contains(escaped, "<@"+w.bot.ID+">"):
		inner["type"] = "app_mention"
		delete(inner, "channel_type")
	default:
		return nil
	}
	return w.event(ctx, inner)
}

// Press presses a button, or chooses from a menu, in a message that Messages or
// Ephemerals gave, as the page's user (or the only reader of an ephemeral
// message). Where several elements have that action id, value tells which; for
// menus, value is the chosen option's.
func (w *Workspace) Press(ctx context.Context, m Message, actionID string, value ...string) (*Reply, error) {
	user := w.opt.Me
	if m.For != "" {
		user = m.For
	}
	return w.PressAs(ctx, user, m, actionID, value...)
}

// PressAs is Press as that user.
func (w *Workspace) PressAs(ctx context.Context, user string, m Message, actionID string, value ...string) (*Reply, error) {
	p := press{user: user, channel: m.Channel, ts: m.TS, action: actionID}
	if len(value) > 0 {
		p.value = &value[0]
	}
	return w.press(ctx, p)
}

// PressHome presses a button in that user's Home tab.
func (w *Workspace) PressHome(ctx context.Context, user, actionID string, value ...string) (*Reply, error) {
	p := press{user: user, action: actionID}
	if len(value) > 0 {
		p.value = &value[0]
	}
	return w.press(ctx, p)
}

// press is one use of an interactive element; without a channel, in the Home tab.
type press struct {
	user, channel, ts string
	block             string // empty: any
	action            string
	value             *string
}

func (w *Workspace) press(ctx context.Context, p press) (*Reply, error) {
	payload, reply, err := w.pressPayload(p)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("playground: encode the press of %q: %w", p.action, err)
	}
	_, err = w.deliver(ctx, dispatch{
		kind: "interactive", path: "/slack/interactions", form: url.Values{"payload": {string(raw)}}, payload: json.RawMessage(raw),
	})
	return reply, err
}

// pressPayload builds the block_actions payload.
func (w *Workspace) pressPayload(p press) (object, *Reply, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, ok := w.userLocked(p.user)
	if !ok {
		return nil, nil, &Refusal{Code: "user_not_found"}
	}
	payload := object{
		"type": "block_actions", "team": object{"id": teamID, "domain": "playground"}, "api_app_id": appID, "token": "",
		"user":  object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
		"state": object{"values": object{}}, "enterprise": nil, "is_enterprise_install": false,
	}
	var raw json.RawMessage
	var reply *Reply
	if p.channel == "" {
		v := w.homes[p.user]
		if v == nil {
			return nil, nil, &Refusal{Code: "view_not_found"}
		}
		raw = v.Blocks
		reply = w.hookLocked("", p.user, "")
		payload["view"] = v.wire()
		payload["container"] = object{"type": "view", "view_id": v.ID}
	} else {
		c := w.conversationLocked(p.channel)
		if c == nil {
			return nil, nil, &Refusal{Code: "channel_not_found"}
		}
		m := c.findLocked(p.ts)
		if m == nil || (m.For != "" && m.For != p.user) {
			return nil, nil, &Refusal{Code: "message_not_found"}
		}
		raw = m.Blocks
		reply = w.hookLocked(c.ID, p.user, m.TS)
		payload["channel"] = object{"id": c.ID, "name": c.Name}
		payload["container"] = object{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.For != ""}
		payload["response_url"] = reply.ResponseURL
		if m.For == "" {
			payload["message"] = w.wire(m, true)
		}
	}
	action, err := chosen(raw, p)
	if err != nil {
		return nil, nil, err
	}
	action["action_ts"] = w.stampLocked()
	payload["actions"] = []object{action}
	payload["trigger_id"] = reply.TriggerID
	return payload, reply, nil
}

// chosen finds the element that was used and describes what was done with it.
func chosen(raw json.RawMessage, p press) (object, error) {
	v, err := decode(raw)
	blocks, _ := v.([]any)
	if err != nil && len(raw) > 0 {
		return nil, fmt.Errorf("playground: read blocks: %w", err)
	}
	for _, b := range blocks {
		block, _ := b.(object)
		if p.block != "" && block["block_id"] != p.block {
			continue
		}
		for _, e := range elementsOf(block) {
			if e["action_id"] != p.action {
				continue
			}
			if a := use(e, p.value); a != nil {
				a["action_id"], a["block_id"], a["type"] = e["action_id"], block["block_id"], e["type"]
				return a, nil
			}
		}
	}
	return nil, &Refusal{Code: "action_not_found", Messages: []string{"no element with action_id " + p.action}}
}

// use is the part of an action that depends on the element; nil: the element
// does not have that value.
func use(e object, value *string) object {
	v := ""
	if value != nil {
		v = *value
	}
	switch e["type"] {
	case "button":
		own, _ := e["value"].(string)
		if value != nil && v != own {
			return nil
		}
		a := object{"text": e["text"]}
		for _, key := range []string{"value", "style", "url"} {
			if e[key] != nil {
				a[key] = e[key]
			}
		}
		return a
	case "users_select":
		return object{"selected_user": v}
	case "channels_select":
		return object{"selected_channel": v}
	case "conversations_select":
		return object{"selected_conversation": v}
	case "datepicker":
		return object{"selected_date": v}
	case "timepicker":
		return object{"selected_time": v}
	}
	for _, o := range optionsOf(e) {
		if o["value"] != v {
			continue
		}
		if e["type"] == "checkboxes" || e["type"] == "multi_static_select" {
			return object{"selected_options": []object{o}}
		}
		return object{"selected_option": o}
	}
	return nil
}

func optionsOf(e object) []object {
	var out []object
	add := func(v any) {
		list, _ := v.([]any)
		for _, x := range list {
			if o, ok := x.(object); ok {
				out = append(out, o)
			}
		}
	}
	add(e["options"])
	if groups, ok := e["option_groups"].([]any); ok {
		for _, g := range groups {
			if o, ok := g.(object); ok {
				add(o["options"])
			}
		}
	}
	return out
}

var (
	// addresses as Slack's composer finds them; a bare host gets http:// and a label.
	addresses = regexp.MustCompile(`https?://[^\s<>"„“”«»]+|\b(?:[a-z0-9-]+\.)+(?:de|org|com|net|eu|info)\b(?:/[^\s<>"„“”«»]*)?`)
	bracket   = regexp.MustCompile(`&[lg]t;`) // < and > end an address
	handles   = regexp.MustCompile(`(^|\s)([@#])([\pL\pN][\pL\pN._-]*)`)
)

func escapeText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// escapeLocked writes a command's text as Slack sends it with should_escape:
// &, < and > as entities, addresses in angle brackets, people and channels by
// their ids, a private channel without its name. Quotes stay as they were typed.
func (w *Workspace) escapeLocked(text string) string {
	text = addresses.ReplaceAllStringFunc(escapeText(text), func(s string) string {
		link := s
		if i := bracket.FindStringIndex(link); i != nil {
			link = link[:i[0]]
		}
		link = strings.TrimRight(link, ".,;:!?)")
		rest := s[len(link):]
		if strings.HasPrefix(link, "http") {
			return "<" + link + ">" + rest
		}
		return "<http://" + link + "|" + link + ">" + rest
	})
	return handles.ReplaceAllStringFunc(text, func(s string) string {
		m := handles.FindStringSubmatch(s)
		name := strings.TrimRight(m[3], ".")
		rest := m[3][len(name):]
		if m[2] == "@" {
			for _, u := range w.users {
				if u.Name == name {
					return m[1] + "<@" + u.ID + "|" + u.Name + ">" + rest
				}
			}
			return s
		}
		for _, c := range w.channels {
			if c.Name != name || c.im {
				continue
			}
			if c.Private {
				return m[1] + "<#" + c.ID + "|>" + rest
			}
			return m[1] + "<#" + c.ID + "|" + c.Name + ">" + rest
		}
		return s
	})
}

// sentence is an error as the page shows it.
func (w *Workspace) sentence(err error) string {
	var bad *Refusal
	if !errors.As(err, &bad) {
		return err.Error()
	}
	if w.opt.Language == "en" {
		return "That did not work. Slack would say “" + bad.Error() + "”."
	}
	return "Das hat nicht geklappt. Slack würde melden: „" + bad.Error() + "“."
}
