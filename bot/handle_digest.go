package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
)

// digest shows a digest to the asker: what it would say now, or what a day brought.
func (b *Bot) digest(ctx context.Context, a asker, at view) (Reply, error) {
	plans, err := b.plans(ctx)
	if err != nil {
		return Reply{}, err
	}
	configured := declared(plans)
	plan, known := choose(configured, at.Arg, a.channel)
	if len(configured) == 0 && at.Arg != "" {
		return b.sentence(b.voice.say("NoDigests")), nil
	}
	if !known && at.Arg != "" {
		var labels []string
		for _, p := range configured {
			labels = append(labels, p.Label)
		}
		return b.sentence(b.voice.say("DigestUnknown", "Name", mrkdwn(at.Arg, showQuery), "Names", b.nameList(labels), "Command", a.name)), nil
	}
	var d digest.Digest
	switch {
	case known && !at.Day.Set:
		if d, err = b.o.Digests.Preview(ctx, plan.Label); err != nil {
			return Reply{}, err
		}
	default:
		var r Reply
		if d, r, err = b.dayDigest(ctx, plan, known, at.Day); err != nil || len(r.Messages) > 0 {
			return r, err
		}
	}
	d.Plan.Language = b.voice.lang
	list, err := layout(d, a.name)
	if err != nil {
		return Reply{}, fmt.Errorf("render digest %q: %w", plan.Label, err)
	}
	at.Arg, at.Name = plan.Label, a.name
	return b.digestReply(a, at, list), nil
}

// dayDigest composes what one day brought; today where none is named. Where
// there is no such day, it gives the reply that says so.
func (b *Bot) dayDigest(ctx context.Context, plan digest.Plan, known bool, day Day) (digest.Digest, Reply, error) {
	now := b.now()
	if plan.Location != nil {
		now = now.In(plan.Location)
	}
	from, to, ok := day.Span(now)
	switch {
	case !ok:
		return digest.Digest{}, b.sentence(b.voice.say("DayUnknown", "Day", mrkdwn(day.Written, 20))), nil
	case from.After(now):
		return digest.Digest{}, b.sentence(b.voice.say("DayFuture", "Day", longDate(b.voice.lang, from))), nil
	}
	if !known {
		var err error
		if plan, err = b.plainPlan(ctx); err != nil {
			return digest.Digest{}, Reply{}, err
		}
	}
	items, err := b.o.Archive.Between(ctx, from, to)
	if err != nil {
		return digest.Digest{}, Reply{}, fmt.Errorf("list items from %s to %s: %w", from, to, err)
	}
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return digest.Digest{}, Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	d := digest.DayDigest(plan, items, list, from, to)
	d.At, d.From = now, time.Time{} // the title names the day: nothing "since" then
	if end := to.Add(-time.Second); end.Before(now) {
		d.At = end
	}
	return d, Reply{}, nil
}

// plainPlan is the plan of a digest where none is configured: all topics, or
// everything where there are no topics either.
func (b *Bot) plainPlan(ctx context.Context) (digest.Plan, error) {
	topics, err := b.o.Desk.Topics(ctx)
	if err != nil {
		return digest.Plan{}, fmt.Errorf("list topics: %w", err)
	}
	p := digest.Plan{Kind: digest.KindDigest, Location: b.o.Location}
	for _, t := range topics {
		p.Rules = append(p.Rules, digest.Rule{Title: t.Name, Topic: t.Name})
	}
	if len(p.Rules) == 0 {
		p.Rules = []digest.Rule{{Title: b.voice.say("AllItems"), All: true}}
	}
	return p, nil
}

// plans lists every plan; none where the bot has no digests.
func (b *Bot) plans(ctx context.Context) ([]digest.Plan, error) {
	if b.o.Digests == nil {
		return nil, nil
	}
	plans, err := b.o.Digests.Plans(ctx)
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	return plans, nil
}

// declared keeps the configured digests.
func declared(plans []digest.Plan) []digest.Plan {
	var out []digest.Plan
	for _, p := range plans {
		if p.Kind == digest.KindDigest {
			out = append(out, p)
		}
	}
	return out
}

// choose finds the digest of that label; without a label, the one that goes to
// this channel, else the first.
func choose(plans []digest.Plan, label, channel string) (digest.Plan, bool) {
	for _, p := range plans {
		if label != "" && strings.EqualFold(p.Label, label) || label == "" && p.Target == channel {
			return p, true
		}
	}
	if label == "" && len(plans) > 0 {
		return plans[0], true
	}
	return digest.Plan{}, false
}

// digestReply is a digest's messages as an answer, as many as one answer may
// have, with a button to share them under the last.
func (b *Bot) digestReply(a asker, at view, list []digest.Message) Reply {
	if len(list) > maxFollowUps {
		rest := len(list) - (maxFollowUps - 1)
		r := b.sentence(b.voice.count("DigestCut", rest, "Command", a.name))
		list = append(list[:maxFollowUps-1:maxFollowUps-1], r.Messages...)
	}
	if value := at.value(); value != "" && !a.shared {
		text := b.voice.say("ButtonShare")
		row := slack.NewActionBlock("", button(actionShare, text, value, text))
		last := &list[len(list)-1]
		if blocks, err := appendBlock(last.Blocks, row); err == nil {
			last.Blocks = blocks
		}
	}
	return Reply{Messages: list}
}

// firstOf is the reply's first message alone, which says how many are missing.
func (b *Bot) firstOf(r Reply) Reply {
	first := r.Messages[0]
	missing := note(b.voice.count("DigestCut", len(r.Messages)-1, "Command", b.o.Command))
	if blocks, err := appendBlock(first.Blocks, missing); err == nil {
		first.Blocks = blocks
	}
	r.Messages = []digest.Message{first}
	return r
}

var errFull = errors.New("message is full")

// appendBlock adds a block to a finished message's.
func appendBlock(raw json.RawMessage, block slack.Block) (json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) >= maxBlocks {
		return nil, errFull
	}
	item, err := marshal(block)
	if err != nil {
		return nil, err
	}
	return marshal(append(list, item))
}

// coverage says how far the feeds can be relied on.
func coverage(list []feeds.Feed, now time.Time) digest.Coverage {
	return digest.Compose(digest.Plan{}, nil, list, time.Time{}, now).Coverage
}
