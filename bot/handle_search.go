package bot

import (
	"context"
	"encoding/json"

	"github.com/slack-go/slack"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// pageSize is how many items an answer shows at a time.
const pageSize = 5

// view is what a button carries of the answer it stands in, to go on in it or
// to show it to the channel.
type view struct {
	Verb   Verb   `json:"v"`
	Arg    string `json:"a,omitempty"`
	Offset int    `json:"o,omitempty"`
	Day    Day    `json:"d,omitzero"`
}

// value is the view as a button's value; empty where it is too long for one.
func (w view) value() string {
	raw, err := json.Marshal(w)
	if err != nil || len(raw) > maxButtonValue {
		return ""
	}
	return string(raw)
}

// search answers with the archive's items that the query accepts, best first.
func (b *Bot) search(ctx context.Context, a asker, query string, offset int, near Verb) (Reply, error) {
	q, err := keyword.Parse(query)
	if err != nil {
		return Reply{}, err
	}
	found, more, err := b.o.Archive.Search(ctx, q, b.o.Now(), offset, pageSize)
	if err != nil {
		return Reply{}, err
	}
	w := newItemWriter(b.voice, b.now())
	shown := mrkdwn(query, showQuery)
	var blocks []slack.Block
	if near != "" {
		blocks = append(blocks, note(b.voice.say("DidYouMean", "Command", a.name, "Verb", b.verbName(near))))
	}
	if len(found) == 0 {
		text := b.voice.say("SearchEmpty", "Query", shown)
		if offset > 0 {
			text = b.voice.say("SearchEnd", "Query", shown)
		}
		blocks = append(blocks, section(text+"\n"+b.voice.say("SearchAdvice", "Command", a.name)))
		return b.blocks(plain(b.voice.say("SearchEmpty", "Query", query), fillText), blocks...), nil
	}
	title := b.voice.say("SearchTitle", "Query", shown, "From", offset+1, "To", offset+len(found))
	blocks = append(blocks, section(title))
	lines := make([]string, 0, len(found))
	for _, f := range found {
		blocks = append(blocks, section(w.found(f)))
		lines = append(lines, w.headline(f.Item))
	}
	blocks = b.pager(blocks, view{Verb: VerbSearch, Arg: query, Offset: offset}, more, query)
	return b.blocks(listing(plain(b.voice.say("SearchTitle", "Query", query, "From", offset+1, "To", offset+len(found)), maxHeader), lines), blocks...), nil
}

// headline is an item's line in the text for screen readers.
func (w *itemWriter) headline(it feeds.Item) string {
	s := plain(w.titleOf(it), showTitle)
	if it.Source != "" {
		s += " (" + plain(it.Source, showSource) + ")"
	}
	return s
}

// The actions of buttons.
const (
	actionMore  = "more"
	actionBack  = "back"
	actionShare = "share"
	actionEnd   = "unsubscribe"
	actionUndo  = "resubscribe"
)

// pager adds the buttons under a page of items: on, back, share.
func (b *Bot) pager(blocks []slack.Block, at view, more bool, about string) []slack.Block {
	var buttons []slack.BlockElement
	add := func(action, text string, to view) {
		if value := to.value(); value != "" {
			buttons = append(buttons, button(action, text, value, text+": "+about))
		}
	}
	if at.Offset > 0 {
		to := at
		to.Offset = max(0, at.Offset-pageSize)
		add(actionBack, b.voice.say("ButtonBack"), to)
	}
	if more {
		to := at
		to.Offset += pageSize
		add(actionMore, b.voice.say("ButtonMore"), to)
	}
	add(actionShare, b.voice.say("ButtonShare"), at)
	if len(buttons) == 0 {
		return blocks
	}
	return append(blocks, slack.NewActionBlock("", buttons...))
}
