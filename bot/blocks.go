package bot

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"depesche/digest"
)

// markup is a mrkdwn object. Verbatim keeps Slack from turning bare names and
// addresses in it into mentions and links.
func markup(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: text, Verbatim: true}
}

var noEmoji = false

func plainText(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: text, Emoji: &noEmoji}
}

// header is a heading of foreign or own text; a dash where nothing of it can be seen.
func header(text string) slack.Block {
	return slack.NewHeaderBlock(plainText(cmp.Or(plain(text, maxHeader), "–")))
}

// section is a paragraph of ready mrkdwn.
func section(text string) *slack.SectionBlock {
	return slack.NewSectionBlock(markup(text), nil, nil)
}

// note is small print of ready mrkdwn, a line each.
func note(lines ...string) slack.Block {
	elements := make([]slack.MixedElement, len(lines))
	for i, line := range lines {
		elements[i] = markup(line)
	}
	return slack.NewContextBlock("", elements...)
}

// button is a button with own text; label tells it from its like to people who
// do not see the block it stands in.
func button(action, text, value, label string) *slack.ButtonBlockElement {
	e := slack.NewButtonBlockElement(action, value, plainText(plain(text, maxButtonText)))
	e.AccessibilityLabel = plain(label, maxLabel)
	return e
}

// message is one Slack message of these blocks, with the text that screen
// readers and notifications use.
func message(text string, blocks []slack.Block) (digest.Message, error) {
	raw, err := marshal(blocks)
	if err != nil {
		return digest.Message{}, fmt.Errorf("encode %d blocks: %w", len(blocks), err)
	}
	return digest.Message{Text: text, Blocks: raw}, nil
}

func marshal(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// sheet collects the blocks of one message and what they cost of maxTotal.
type sheet struct {
	blocks []slack.Block
	cost   int
}

// add appends blocks whose texts have size characters in all.
func (s *sheet) add(size int, blocks ...slack.Block) {
	s.blocks = append(s.blocks, blocks...)
	s.cost += size + blockCost*len(blocks)
}

// takes reports whether n more blocks with size characters fit.
func (s *sheet) takes(size, n int) bool {
	return len(s.blocks)+n <= maxBlocks && s.cost+size+blockCost*n <= fillTotal
}
