package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

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
	Name   string `json:"n,omitempty"` // of the slash command
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
func (b *Bot) search(ctx context.Context, a asker, at view, near Verb) (Reply, error) {
	q, err := keyword.Parse(at.Arg)
	if err != nil {
		return Reply{}, err
	}
	found, more, err := b.o.Archive.Search(ctx, q, b.o.Now(), at.Offset, pageSize)
	if err != nil {
		return Reply{}, fmt.Errorf("search %q: %w", q, err)
	}
	var top []slack.Block
	if near != "" {
		top = append(top, note(b.voice.say("DidYouMean", "Command", a.name, "Verb", b.verbName(near))))
	}
	shown := quoted(at.Arg, showQuery)
	if len(found) == 0 {
		text := b.voice.say("SearchEmpty", "Query", shown)
		if at.Offset > 0 {
			text = b.voice.say("SearchEnd", "Query", shown)
		}
		follow := b.try(a, VerbSubscribe, at.Arg)
		return b.blocks(text, append(top, section(text+"\n"+b.voice.say("SearchAdvice", "Follow", follow)))...), nil
	}
	w := newItemWriter(b.voice, b.now())
	p := itemPage{title: b.voice.say("SearchTitle", "Query", shown, "Range", b.span(at.Offset, len(found), more)), about: at.Arg, more: more}
	for _, f := range found {
		label := mrkdwn(w.titleOf(f.Item), showTitle)
		p.paragraphs = append(p.paragraphs, w.found(f, label))
		p.lines = append(p.lines, w.headline(f.Item, label))
	}
	return b.page(a, at, top, p), nil
}

// latest answers with the newest items, of one topic or of all.
func (b *Bot) latest(ctx context.Context, a asker, at view) (Reply, error) {
	if at.Arg != "" {
		name, names, err := b.topic(ctx, at.Arg)
		if err != nil {
			return Reply{}, err
		}
		if name == "" {
			return b.topicUnknown(a, at.Arg, names), nil
		}
		at.Arg = name
	}
	items, more, err := b.o.Archive.Latest(ctx, at.Arg, at.Offset, pageSize)
	if err != nil {
		return Reply{}, fmt.Errorf("list the latest of %q: %w", at.Arg, err)
	}
	if len(items) == 0 {
		text := b.voice.say("LatestEmpty", "Command", a.name)
		switch {
		case at.Offset > 0:
			text = b.voice.say("LatestEnd")
		case at.Arg != "":
			text = b.voice.say("LatestEmptyOf", "Topic", mrkdwn(at.Arg, showQuery), "Command", a.name)
		}
		return b.sentence(text), nil
	}
	shown := b.span(at.Offset, len(items), more)
	title := b.voice.say("LatestTitle", "Range", shown)
	if at.Arg != "" {
		title = b.voice.say("LatestTitleOf", "Topic", mrkdwn(at.Arg, showQuery), "Range", shown)
	}
	w := newItemWriter(b.voice, b.now())
	p := itemPage{title: title, about: at.Arg, more: more}
	for _, it := range items {
		label := mrkdwn(w.titleOf(it), showTitle)
		p.paragraphs = append(p.paragraphs, w.item(it, label, at.Arg, nil))
		p.lines = append(p.lines, w.headline(it, label))
	}
	return b.page(a, at, nil, p), nil
}

// span says which items a page shows: how many, where they are all there are.
func (b *Bot) span(offset, n int, more bool) string {
	if offset == 0 && !more {
		return b.voice.count("ItemCount", n)
	}
	return b.voice.say("ItemRange", "From", offset+1, "To", offset+n)
}

// topic finds a topic by its name, in any spelling of case; names are all there are.
func (b *Bot) topic(ctx context.Context, name string) (found string, names []string, err error) {
	list, err := b.o.Desk.Topics(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("list topics: %w", err)
	}
	for _, t := range list {
		if strings.EqualFold(t.Name, name) {
			found = t.Name
		}
		names = append(names, t.Name)
	}
	return found, names, nil
}

// topicUnknown says which topics there are, which of them may be meant, and
// how to find what is none.
func (b *Bot) topicUnknown(a asker, name string, names []string) Reply {
	lines := []string{b.voice.say("TopicsNone")}
	if len(names) > 0 {
		lines[0] = b.voice.say("TopicUnknown", "Topic", mrkdwn(name, showQuery), "Topics", b.voice.names(names, showQuiet))
	}
	if near := nearName(name, names); near != "" {
		lines = append(lines, b.voice.say("PerhapsMeant", "Try", b.try(a, VerbLatest, near)))
	}
	lines = append(lines, b.voice.say("SearchInstead", "Try", b.try(a, VerbSearch, name)))
	return b.advice(strings.Join(lines, "\n"))
}

// try is a command to copy.
func (b *Bot) try(a asker, v Verb, arg string) string {
	return quoted(strings.Join([]string{a.name, b.verbName(v), arg}, " "), showQuery)
}

// itemPage is a page of items before it is laid out.
type itemPage struct {
	title      string
	about      string // what the buttons lead on in, for people who do not see it
	paragraphs []string
	lines      []string
	more       bool
}

// page lays out a page of items with its buttons.
func (b *Bot) page(a asker, at view, top []slack.Block, p itemPage) Reply {
	at.Name = a.name
	blocks := append(top, section(p.title))
	for _, text := range p.paragraphs {
		blocks = append(blocks, section(text))
	}
	if a.pressed {
		blocks = b.signature(blocks, a)
	}
	if row := b.pager(at, p.more, !a.shared, p.about); row != nil {
		blocks = append(blocks, row)
	}
	return b.blocks(listing(p.title, p.lines), blocks...)
}

// signature says who shared an answer by a button.
func (b *Bot) signature(blocks []slack.Block, a asker) []slack.Block {
	if who := userMention(a.user); who != "" {
		return append(blocks, note(b.voice.say("SharedBy", "User", who)))
	}
	return blocks
}

// The actions of buttons.
const (
	actionMore   = "more"
	actionBack   = "back"
	actionShare  = "share"
	actionEnd    = "unsubscribe"
	actionUndo   = "resubscribe"
	actionAdd    = "add-source"
	actionRemove = "remove-source"
)

// pager gives the buttons under a page of items: back, on, share; nil where
// there are none.
func (b *Bot) pager(at view, more, share bool, about string) slack.Block {
	var buttons []slack.BlockElement
	add := func(action, text string, offset int) {
		to := at
		to.Offset = offset
		if value := to.value(); value != "" {
			buttons = append(buttons, button(action, text, value, text+": "+about))
		}
	}
	if at.Offset > 0 {
		add(actionBack, b.voice.say("ButtonBack"), max(0, at.Offset-pageSize))
	}
	if more {
		add(actionMore, b.voice.say("ButtonMore"), at.Offset+pageSize)
	}
	if share {
		add(actionShare, b.voice.say("ButtonShare"), at.Offset)
	}
	if len(buttons) == 0 {
		return nil
	}
	return slack.NewActionBlock("", buttons...)
}
