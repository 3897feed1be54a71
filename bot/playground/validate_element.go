package playground

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textRule is what one place asks of its text object.
type textRule struct {
	most  int  // characters
	plain bool // plain_text only
}

func (c *checker) optionalText(at string, v any, rule textRule) {
	if v != nil {
		c.text(at, v, rule)
	}
}

// text checks a text object ("Composition objects: Text object").
func (c *checker) text(at string, v any, rule textRule) {
	t, ok := v.(object)
	if !ok {
		c.fail(at, "missing required object")
		return
	}
	switch t["type"] {
	case "plain_text":
		c.fields(at, t, []string{"type", "text", "emoji"})
		c.boolean(at, t, "emoji")
	case "mrkdwn":
		if rule.plain {
			c.fail(at+"/type", "must be one of: plain_text")
			return
		}
		c.fields(at, t, []string{"type", "text", "verbatim"})
		c.boolean(at, t, "verbatim")
	default:
		c.fail(at+"/type", "must be one of: plain_text, mrkdwn")
		return
	}
	c.total += c.str(at, t, "text", 1, rule.most, true)
}

// elementRule says what an element may have and where it may stand.
type elementRule struct {
	places []string
	fields []string
}

var (
	everywhere = []string{"section", "actions", "input"}
	elements   = map[string]elementRule{
		"button":               {[]string{"section", "actions"}, []string{"text", "url", "value", "style", "confirm", "accessibility_label"}},
		"overflow":             {[]string{"section", "actions"}, []string{"options", "confirm"}},
		"static_select":        {everywhere, []string{"options", "option_groups", "initial_option", "placeholder", "confirm", "focus_on_load"}},
		"multi_static_select":  {[]string{"section", "input"}, []string{"options", "option_groups", "initial_options", "placeholder", "confirm", "focus_on_load", "max_selected_items"}},
		"users_select":         {everywhere, []string{"initial_user", "placeholder", "confirm", "focus_on_load"}},
		"channels_select":      {everywhere, []string{"initial_channel", "placeholder", "confirm", "focus_on_load", "response_url_enabled"}},
		"conversations_select": {everywhere, []string{"initial_conversation", "default_to_current_conversation", "placeholder", "confirm", "focus_on_load", "response_url_enabled", "filter"}},
		"checkboxes":           {everywhere, []string{"options", "initial_options", "confirm", "focus_on_load"}},
		"radio_buttons":        {everywhere, []string{"options", "initial_option", "confirm", "focus_on_load"}},
		"datepicker":           {everywhere, []string{"initial_date", "placeholder", "confirm", "focus_on_load"}},
		"timepicker":           {everywhere, []string{"initial_time", "placeholder", "confirm", "focus_on_load", "timezone"}},
		"plain_text_input":     {[]string{"input"}, []string{"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "placeholder", "focus_on_load"}},
		"image":                {[]string{"section"}, []string{"image_url", "slack_file", "alt_text"}},
	}
)

// element checks a block element ("Block elements") where it stands.
func (c *checker) element(at string, e object, place string) {
	kind, _ := e["type"].(string)
	rule, known := elements[kind]
	if !known || !slices.Contains(rule.places, place) {
		c.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.fields(at, e, append([]string{"type", "action_id"}, rule.fields...))
	if kind == "image" {
		c.image(at, e)
		return
	}
	c.id(at, e, "action_id", c.actions)
	if e["confirm"] != nil {
		c.nested(at+"/confirm", e["confirm"], c.confirm)
	}
	c.optionalText(at+"/placeholder", e["placeholder"], textRule{most: 150, plain: true})
	if e["focus_on_load"] == true {
		if c.focus++; c.focus > 1 {
			c.fail(at+"/focus_on_load", "only one element may have focus_on_load")
		}
	}
	switch kind {
	case "button":
		c.button(at, e)
	case "overflow":
		c.options(at, e, 5, optionRule{url: true})
	case "static_select", "multi_static_select":
		c.choice(at, e)
	case "checkboxes", "radio_buttons":
		c.options(at, e, 10, optionRule{mrkdwn: true})
	case "plain_text_input":
		c.boolean(at, e, "multiline")
		c.number(at, e, "min_length", 0, 3000)
		c.number(at, e, "max_length", 1, 3000)
	}
}

func (c *checker) button(at string, e object) {
	c.text(at+"/text", e["text"], textRule{most: 75, plain: true})
	c.str(at, e, "value", 0, 2000, false)
	c.str(at, e, "accessibility_label", 1, 75, false)
	if e["url"] != nil {
		c.link(at, e, "url", []string{"https", "http", "mailto"})
	}
	if s := e["style"]; s != nil && s != "primary" && s != "danger" {
		c.fail(at+"/style", "must be one of: primary, danger")
	}
}

func (c *checker) choice(at string, e object) {
	if (e["options"] == nil) == (e["option_groups"] == nil) {
		c.fail(at, "exactly one of options and option_groups is required")
		return
	}
	if e["options"] != nil {
		c.options(at, e, 100, optionRule{})
		return
	}
	c.each(at, e, "option_groups", 1, 100, func(p string, g object) {
		c.text(p+"/label", g["label"], textRule{most: 75, plain: true})
		c.options(p, g, 100, optionRule{})
	})
}

// optionRule is what one kind of menu allows its options.
type optionRule struct{ url, mrkdwn bool }

func (c *checker) options(at string, e object, most int, rule optionRule) {
	c.each(at, e, "options", 1, most, func(p string, o object) {
		allowed := []string{"text", "value", "description"}
		if rule.url {
			allowed = append(allowed, "url")
		}
		c.fields(p, o, allowed)
		c.text(p+"/text", o["text"], textRule{most: 75, plain: !rule.mrkdwn})
		c.optionalText(p+"/description", o["description"], textRule{most: 75, plain: !rule.mrkdwn})
		c.str(p, o, "value", 1, 150, true)
		if o["url"] != nil {
			c.link(p, o, "url", []string{"https", "http"})
		}
	})
}

func (c *checker) confirm(at string, o object) {
	c.fields(at, o, []string{"title", "text", "confirm", "deny", "style"})
	c.text(at+"/title", o["title"], textRule{most: 100, plain: true})
	c.text(at+"/text", o["text"], textRule{most: 300})
	c.text(at+"/confirm", o["confirm"], textRule{most: 30, plain: true})
	c.text(at+"/deny", o["deny"], textRule{most: 30, plain: true})
}

// link checks an address: at most 3000 characters, absolute, of those schemes.
func (c *checker) link(at string, o object, key string, schemes []string) {
	s, ok := o[key].(string)
	if !ok || utf8.RuneCountInString(s) > 3000 {
		c.str(at, o, key, 1, 3000, true)
		return
	}
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, strings.ToLower(u.Scheme)) || (u.Host == "" && u.Scheme != "mailto") ||
		strings.ContainsAny(s, " \t\r\n") {
		c.fail(at+"/"+key, "must be a valid URL")
	}
}

// richBlock checks a part of a rich_text block.
func (c *checker) richBlock(at string, e object) {
	switch e["type"] {
	case "rich_text_section":
		c.fields(at, e, []string{"type", "elements"})
		c.each(at, e, "elements", 0, 1000, c.richInline)
	case "rich_text_quote", "rich_text_preformatted":
		c.fields(at, e, []string{"type", "elements", "border", "language"})
		c.number(at, e, "border", 0, 1)
		c.each(at, e, "elements", 0, 1000, c.richInline)
	case "rich_text_list":
		c.fields(at, e, []string{"type", "elements", "style", "indent", "offset", "border"})
		if s := e["style"]; s != "bullet" && s != "ordered" {
			c.fail(at+"/style", "must be one of: bullet, ordered")
		}
		c.number(at, e, "indent", 0, 8)
		c.number(at, e, "offset", 0, 1<<31)
		c.number(at, e, "border", 0, 1)
		c.each(at, e, "elements", 1, 1000, func(p string, item object) {
			if item["type"] != "rich_text_section" {
				c.fail(p+"/type", "must be one of: rich_text_section")
				return
			}
			c.richBlock(p, item)
		})
	default:
		c.fail(at+"/type", "unsupported type: %v", e["type"])
	}
}

// richInline checks a piece of rich text.
func (c *checker) richInline(at string, e object) {
	switch e["type"] {
	case "text":
		c.fields(at, e, []string{"type", "text", "style"})
		c.total += c.str(at, e, "text", 1, 1<<20, true)
	case "link":
		c.fields(at, e, []string{"type", "url", "text", "style", "unsafe"})
		c.total += c.str(at, e, "text", 0, 1<<20, false)
		c.link(at, e, "url", []string{"https", "http", "mailto"})
	case "emoji":
		c.fields(at, e, []string{"type", "name", "unicode", "style", "skin_tone"})
		c.str(at, e, "name", 1, 100, true)
	case "user":
		c.str(at, e, "user_id", 1, 30, true)
	case "channel":
		c.str(at, e, "channel_id", 1, 30, true)
	case "usergroup":
		c.str(at, e, "usergroup_id", 1, 30, true)
	case "broadcast":
		if r := e["range"]; r != "here" && r != "channel" && r != "everyone" {
			c.fail(at+"/range", "must be one of: here, channel, everyone")
		}
	case "date":
		c.number(at, e, "timestamp", 0, 1<<40)
		c.str(at, e, "format", 1, 200, true)
	default:
		c.fail(at+"/type", "unsupported type: %v", e["type"])
	}
	if e["style"] != nil {
		c.nested(at+"/style", e["style"], func(p string, s object) {
			c.fields(p, s, []string{"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"})
			for _, key := range sortedKeys(s) {
				c.boolean(p, s, key)
			}
		})
	}
}

// viewObject checks a Home tab or a modal ("Views reference").
func (c *checker) viewObject(v object) {
	kind, _ := v["type"].(string)
	c.modal = kind == "modal"
	allowed := []string{"type", "blocks", "private_metadata", "callback_id", "external_id"}
	switch kind {
	case "home":
	case "modal":
		allowed = append(allowed, "title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")
		c.text("/view/title", v["title"], textRule{most: 24, plain: true})
		c.optionalText("/view/submit", v["submit"], textRule{most: 24, plain: true})
		c.optionalText("/view/close", v["close"], textRule{most: 24, plain: true})
	default:
		c.fail("/view/type", "must be one of: home, modal")
		return
	}
	c.fields("/view", v, allowed)
	c.str("/view", v, "private_metadata", 0, 3000, false)
	c.str("/view", v, "callback_id", 0, 255, false)
	c.str("/view", v, "external_id", 0, 255, false)
	blocks, ok := v["blocks"].([]any)
	if !ok {
		c.fail("/view", "missing required field: blocks")
		return
	}
	for i, b := range blocks {
		if o, ok := b.(object); ok && o["type"] == "markdown" {
			c.fail("/view/blocks/"+strconv.Itoa(i)+"/type", "unsupported type: markdown")
		}
	}
	c.list("/view/blocks", blocks, maxViewBlocks)
	if c.inputs && c.modal && v["submit"] == nil {
		c.fail("/view", "submit is required when there is an input block")
	}
}
