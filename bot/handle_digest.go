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
	if !known && at.Arg != "" {
		return b.digestUnknown(ctx, a, at.Arg, configured)
	}
	var d digest.Digest
	if known && !at.Day.Set {
		d, err = b.o.Digests.Preview(ctx, plan.Label)
	} else {
		if !known {
			if plan, err = b.plainPlan(ctx); err != nil {
				return Reply{}, err
			}
		}
		from, to, advice := b.bounds(a, plan, at.Day)
		if advice != "" {
			return b.advice(advice), nil
		}
		at.Day = dayOf(from) // what the buttons carry means this day tomorrow, too
		if d, err = b.dayDigest(ctx, plan, from, to); err == nil && d.Count() == 0 {
			advice, err = b.beforeArchive(ctx, a, from, to)
		}
		if advice != "" {
			return b.advice(advice), nil
		}
	}
	if err != nil {
		return Reply{}, err
	}
	d.Plan.Language = b.voice.lang
	list, err := layout(d, a.name)
	if err != nil {
		return Reply{}, fmt.Errorf("render digest %q: %w", plan.Label, err)
	}
	at.Arg, at.Name = plan.Label, a.name
	return b.digestReply(a, at, list), nil
}

// bounds gives the ends of a day in the plan's time zone; today's, where none
// is named. For a day that no digest can have, advice says so.
func (b *Bot) bounds(a asker, plan digest.Plan, day Day) (from, to time.Time, advice string) {
	now := b.o.Now().In(b.zone(plan))
	from, to, ok := day.Span(now)
	switch {
	case !ok:
		advice = b.voice.say("DayUnknown", "Day", mrkdwn(day.Written, 20))
	case from.After(now):
		advice = b.voice.say("DayFuture", "Day", longDate(b.voice.lang, from), "Command", a.name)
	}
	return from, to, advice
}

// dayDigest composes what the time from one moment to another brought.
func (b *Bot) dayDigest(ctx context.Context, plan digest.Plan, from, to time.Time) (digest.Digest, error) {
	items, err := b.o.Archive.Between(ctx, from, to)
	if err != nil {
		return digest.Digest{}, fmt.Errorf("list items from %s to %s: %w", from, to, err)
	}
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return digest.Digest{}, fmt.Errorf("list feeds: %w", err)
	}
	d := digest.DayDigest(plan, items, list, from, to)
	d.At, d.From = b.o.Now().In(b.zone(plan)), time.Time{} // the title names the day: nothing "since" then
	if end := to.Add(-time.Second); end.Before(d.At) {
		d.At = end
	}
	return d, nil
}

// lookBack is how many days without a single item make the days before the
// archive's first.
const lookBack = 30

// beforeArchive says of a past day that the archive probably begins later;
// empty where it does not.
func (b *Bot) beforeArchive(ctx context.Context, a asker, from, to time.Time) (string, error) {
	if to.After(b.o.Now()) {
		return "", nil
	}
	items, err := b.o.Archive.Between(ctx, from.AddDate(0, 0, -lookBack), to)
	if err != nil {
		return "", fmt.Errorf("list items of the %d days before %s: %w", lookBack, to, err)
	}
	if len(items) > 0 {
		return "", nil
	}
	return b.voice.say("DayBefore", "Day", longDate(b.voice.lang, from), "Days", lookBack, "Command", a.name), nil
}

// digestUnknown says which digests there are, and which command may be meant.
func (b *Bot) digestUnknown(ctx context.Context, a asker, name string, configured []digest.Plan) (Reply, error) {
	lines := []string{b.voice.say("NoDigests")}
	var labels []string
	for _, p := range configured {
		labels = append(labels, p.Label)
	}
	if len(labels) > 0 {
		lines[0] = b.voice.say("DigestUnknown", "Name", mrkdwn(name, showQuery), "Names", b.voice.names(labels, showQuiet))
	}
	topic, topics, err := b.topic(ctx, name)
	if err != nil {
		return Reply{}, err
	}
	switch label := nearName(name, labels); {
	case topic != "":
		lines = append(lines, b.voice.say("PerhapsMeant", "Try", b.try(a, VerbLatest, topic)))
	case label != "":
		lines = append(lines, b.voice.say("PerhapsMeant", "Try", b.try(a, VerbDigest, label)))
	case nearName(name, topics) != "":
		lines = append(lines, b.voice.say("PerhapsMeant", "Try", b.try(a, VerbLatest, nearName(name, topics))))
	case len(labels) > 0:
		lines = append(lines, b.voice.say("ForExample", "Try", b.try(a, VerbDigest, labels[0])))
	}
	return b.advice(strings.Join(lines, "\n")), nil
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
	var under []slack.Block
	if value := at.value(); value != "" && !a.shared {
		text := b.voice.say("ButtonShare")
		under = append(under, slack.NewActionBlock("", button(actionShare, text, value, text)))
	}
	if a.pressed {
		under = b.signature(under, a)
	}
	last := &list[len(list)-1]
	for _, block := range under {
		if blocks, err := appendBlock(last.Blocks, block); err == nil {
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
