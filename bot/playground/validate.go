package playground

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Limits of a message as a whole.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxMarkdown      = 12_000 // characters of all markdown blocks together
	maxText          = 40_000 // characters; Slack cuts a longer text, which nobody wants
	maxUpdateText    = 4_000  // characters of chat.update, bytes of chat.postEphemeral
	// Slack refuses long messages although each block is legal, from a total
	// that it does not document; users measured refusals from 11,341 characters.
	maxTotal      = 11_300
	totalPerBlock = 150
)

// interactive are the elements with an action_id.
var interactive = map[string]bool{
	"button": true, "overflow": true, "static_select": true, "multi_static_select": true, "users_select": true,
	"channels_select": true, "conversations_select": true, "checkboxes": true, "radio_buttons": true,
	"datepicker": true, "timepicker": true, "plain_text_input": true,
}

// checker collects what is wrong with blocks.
type checker struct {
	modal   bool
	faults  []string
	blocks  map[string]bool // block ids
	actions map[string]bool // action ids of the block at hand
	total   int             // characters of text
	markup  int             // characters of markdown blocks
	inputs  bool
	focus   int
}

func (c *checker) fail(at, format string, a ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, a...)+" [json-pointer:"+at+"]")
}

// checkMessage checks the blocks of a message.
func checkMessage(blocks []any) *checker {
	c := &checker{blocks: map[string]bool{}}
	c.list("/blocks", blocks, maxMessageBlocks)
	if c.markup > maxMarkdown {
		c.fail("/blocks", "markdown blocks must be less than %d characters together", maxMarkdown+1)
	}
	return c
}

// tooLong is the undocumented total.
func (c *checker) tooLong(blocks int) bool { return c.total+totalPerBlock*blocks > maxTotal }

func (c *checker) list(at string, blocks []any, most int) {
	if len(blocks) > most {
		c.fail(at, "no more than %d items allowed", most)
		return
	}
	for i, b := range blocks {
		p := at + "/" + strconv.Itoa(i)
		o, ok := b.(object)
		if !ok {
			c.fail(p, "must be an object")
			continue
		}
		c.block(p, o)
	}
}

// blockFields are the fields that each type of block may have, besides type
// and block_id. What is not here is refused: blocks that this stand-in does not
// know would be shown wrongly.
var blockFields = map[string][]string{
	"section":   {"text", "fields", "accessory", "expand"},
	"header":    {"text"},
	"context":   {"elements"},
	"actions":   {"elements"},
	"divider":   {},
	"image":     {"image_url", "slack_file", "alt_text", "title"},
	"rich_text": {"elements"},
	"input":     {"label", "element", "hint", "optional", "dispatch_action"},
	"markdown":  {"text"},
}

func (c *checker) block(at string, b object) {
	kind, _ := b["type"].(string)
	allowed, known := blockFields[kind]
	if !known {
		c.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.fields(at, b, append([]string{"type", "block_id"}, allowed...))
	c.id(at, b, "block_id", c.blocks)
	c.actions = map[string]bool{}
	switch kind {
	case "section":
		c.section(at, b)
	case "header":
		c.text(at+"/text", b["text"], textRule{most: 150, plain: true})
	case "context":
		c.each(at, b, "elements", 1, 10, c.contextElement)
	case "actions":
		c.each(at, b, "elements", 1, 25, func(p string, e object) { c.element(p, e, "actions") })
	case "image":
		c.image(at, b)
		c.optionalText(at+"/title", b["title"], textRule{most: 2000, plain: true})
	case "rich_text":
		c.each(at, b, "elements", 0, 100, c.richBlock)
	case "input":
		c.input(at, b)
	case "markdown":
		c.markup += c.str(at, b, "text", 1, maxMarkdown, true)
	}
}

func (c *checker) section(at string, b object) {
	if b["text"] == nil && b["fields"] == nil {
		c.fail(at, "missing required field: text or fields")
	}
	c.optionalText(at+"/text", b["text"], textRule{most: 3000})
	if b["fields"] != nil {
		list, _ := b["fields"].([]any)
		c.count(at+"/fields", list, 1, 10)
		for i, f := range list {
			c.text(at+"/fields/"+strconv.Itoa(i), f, textRule{most: 2000})
		}
	}
	if b["accessory"] != nil {
		c.nested(at+"/accessory", b["accessory"], func(p string, e object) { c.element(p, e, "section") })
	}
}

func (c *checker) input(at string, b object) {
	c.inputs = true
	c.text(at+"/label", b["label"], textRule{most: 2000, plain: true})
	c.optionalText(at+"/hint", b["hint"], textRule{most: 2000, plain: true})
	c.nested(at+"/element", b["element"], func(p string, e object) { c.element(p, e, "input") })
}

func (c *checker) contextElement(at string, e object) {
	switch e["type"] {
	case "mrkdwn", "plain_text":
		c.text(at, e, textRule{most: 3000})
	case "image":
		c.fields(at, e, []string{"type", "image_url", "slack_file", "alt_text"})
		c.image(at, e)
	default:
		c.fail(at+"/type", "unsupported type: %v", e["type"])
	}
}

func (c *checker) image(at string, b object) {
	switch {
	case (b["image_url"] == nil) == (b["slack_file"] == nil):
		c.fail(at, "exactly one of image_url and slack_file is required")
	case b["image_url"] != nil:
		c.link(at, b, "image_url", []string{"https", "http"})
	}
	c.str(at, b, "alt_text", 1, 2000, true)
}

// nested checks a required object.
func (c *checker) nested(at string, v any, check func(string, object)) {
	o, ok := v.(object)
	if !ok {
		c.fail(at, "missing required object")
		return
	}
	check(at, o)
}

// each checks a required list of objects.
func (c *checker) each(at string, b object, key string, least, most int, check func(string, object)) {
	p := at + "/" + key
	list, ok := b[key].([]any)
	if !ok {
		c.fail(at, "missing required field: %s", key)
		return
	}
	if !c.count(p, list, least, most) {
		return
	}
	for i, x := range list {
		c.nested(p+"/"+strconv.Itoa(i), x, check)
	}
}

func (c *checker) count(at string, list []any, least, most int) bool {
	if len(list) < least {
		c.fail(at, "no less than %d items allowed", least)
		return false
	}
	if len(list) > most {
		c.fail(at, "no more than %d items allowed", most)
		return false
	}
	return true
}

// fields refuses what an object may not have. A null field counts as absent.
func (c *checker) fields(at string, o object, allowed []string) {
	for _, key := range sortedKeys(o) {
		if o[key] != nil && !slices.Contains(allowed, key) {
			c.fail(at, "invalid additional property: %s", key)
		}
	}
}

// id checks a block_id or action_id: at most 255 characters, and new.
func (c *checker) id(at string, o object, key string, seen map[string]bool) {
	if o[key] == nil {
		return
	}
	c.str(at, o, key, 0, 255, false)
	id, _ := o[key].(string)
	if id == "" {
		return
	}
	if seen[id] {
		c.fail(at+"/"+key, "`%s` %q already exists for another element", key, id)
	}
	seen[id] = true
}

// str checks a string field, and gives its length in characters.
func (c *checker) str(at string, o object, key string, least, most int, required bool) int {
	if o[key] == nil {
		if required {
			c.fail(at, "missing required field: %s", key)
		}
		return 0
	}
	s, ok := o[key].(string)
	if !ok {
		c.fail(at+"/"+key, "must be a string")
		return 0
	}
	n := utf8.RuneCountInString(s)
	c.length(at+"/"+key, n, least, most)
	return n
}

func (c *checker) length(at string, n, least, most int) {
	if n < least {
		c.fail(at, "must be more than %d characters", least-1)
	}
	if n > most {
		c.fail(at, "must be less than %d characters", most+1)
	}
}

func (c *checker) boolean(at string, o object, key string) {
	if _, ok := o[key].(bool); !ok && o[key] != nil {
		c.fail(at+"/"+key, "must be a boolean")
	}
}

func (c *checker) number(at string, o object, key string, least, most int64) {
	if o[key] == nil {
		return
	}
	n, ok := o[key].(json.Number)
	if !ok {
		c.fail(at+"/"+key, "must be an integer")
		return
	}
	if i, err := n.Int64(); err != nil || i < least || i > most {
		c.fail(at+"/"+key, "must be an integer from %d to %d", least, most)
	}
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
