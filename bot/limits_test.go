package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"depesche/digest"
)

// textObject is a text as Slack would read it.
type textObject struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Verbatim bool   `json:"verbatim"`
	Emoji    *bool  `json:"emoji"`
}

// element is a button as Slack would read it.
type element struct {
	Type     string      `json:"type"`
	Text     *textObject `json:"text"`
	ActionID string      `json:"action_id"`
	Value    string      `json:"value"`
	Label    string      `json:"accessibility_label"`
}

// checkMessage says what Slack would refuse in a message, and what we do not
// allow ourselves: mrkdwn without verbatim, unescaped text.
func checkMessage(m digest.Message) error {
	if m.Text == "" || units(m.Text) > maxText {
		return fmt.Errorf("text has %d characters", units(m.Text))
	}
	if err := checkMarkup(m.Text); err != nil {
		return fmt.Errorf("text: %w", err)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(m.Blocks, &list); err != nil {
		return err
	}
	if len(list) == 0 || len(list) > maxBlocks {
		return fmt.Errorf("%d blocks", len(list))
	}
	total := blockCost * len(list)
	for i, raw := range list {
		size, err := checkBlock(raw)
		if err != nil {
			return fmt.Errorf("block %d (%s): %w", i, raw, err)
		}
		total += size
	}
	if total > maxTotal {
		return fmt.Errorf("costs %d in all", total)
	}
	return nil
}

// checkBlock checks one block and gives the characters of its texts.
func checkBlock(raw json.RawMessage) (int, error) {
	var b struct {
		Type      string            `json:"type"`
		Text      *textObject       `json:"text"`
		Elements  []json.RawMessage `json:"elements"`
		Accessory *element          `json:"accessory"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		return 0, err
	}
	switch b.Type {
	case "header":
		return units(b.Text.Text), checkText(b.Text, "plain_text", maxHeader)
	case "section":
		if b.Accessory != nil {
			if err := checkButton(*b.Accessory, map[string]bool{}); err != nil {
				return 0, err
			}
		}
		return units(b.Text.Text), checkText(b.Text, "mrkdwn", maxSection)
	case "context":
		return checkContext(b.Elements)
	case "actions":
		return 0, checkActions(b.Elements)
	case "divider":
		return 0, nil
	default:
		return 0, fmt.Errorf("unexpected type")
	}
}

func checkContext(list []json.RawMessage) (total int, err error) {
	if len(list) == 0 || len(list) > maxElements {
		return 0, fmt.Errorf("%d elements", len(list))
	}
	for _, raw := range list {
		var t textObject
		if err := json.Unmarshal(raw, &t); err != nil {
			return 0, err
		}
		if err := checkText(&t, "mrkdwn", maxSection); err != nil {
			return 0, err
		}
		total += units(t.Text)
	}
	return total, nil
}

func checkActions(list []json.RawMessage) error {
	if len(list) == 0 || len(list) > maxActions {
		return fmt.Errorf("%d elements", len(list))
	}
	seen := map[string]bool{}
	for _, raw := range list {
		var e element
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		if err := checkButton(e, seen); err != nil {
			return err
		}
	}
	return nil
}

func checkButton(e element, seen map[string]bool) error {
	switch {
	case e.Type != "button":
		return fmt.Errorf("element %q", e.Type)
	case e.ActionID == "" || len(e.ActionID) > maxID || seen[e.ActionID]:
		return fmt.Errorf("action_id %q", e.ActionID)
	case e.Value == "" || units(e.Value) > maxButtonValue:
		return fmt.Errorf("value of %d characters", units(e.Value))
	case e.Label == "" || units(e.Label) > maxLabel:
		return fmt.Errorf("accessibility_label %q", e.Label)
	}
	seen[e.ActionID] = true
	return checkText(e.Text, "plain_text", maxButtonText)
}

func checkText(t *textObject, kind string, most int) error {
	switch {
	case t == nil || t.Text == "":
		return fmt.Errorf("no text")
	case t.Type != kind:
		return fmt.Errorf("text of type %q", t.Type)
	case units(t.Text) > most:
		return fmt.Errorf("%d characters", units(t.Text))
	case kind == "mrkdwn" && (!t.Verbatim || t.Emoji != nil):
		return fmt.Errorf("verbatim must be set, emoji must not")
	}
	return checkMarkup(t.Text)
}

var ownLink = regexp.MustCompile(`<https?://[^<>|\s]+\|([^<>]+)>|<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+>`)

// checkMarkup allows links, mentions of people and channels by id, and entities.
func checkMarkup(s string) error {
	bare := entity.ReplaceAllString(ownLink.ReplaceAllString(s, "$1"), "")
	if strings.ContainsAny(bare, "&<>") {
		return fmt.Errorf("unescaped: %q", s)
	}
	if mention.MatchString(bare) {
		return fmt.Errorf("a mention: %q", s)
	}
	return nil
}
