package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// subscribe stores a subscription and says what comes of it, and how to undo it.
func (b *Bot) subscribe(ctx context.Context, a asker, c Command) (Reply, error) {
	q, err := keyword.Parse(c.Arg)
	if err != nil {
		return Reply{}, err
	}
	s := digest.Subscription{Query: q.String(), Cadence: c.Cadence, Target: a.target(), Creator: a.user, Language: b.voice.lang, Created: b.o.Now().UTC()}
	if c.Me {
		s.Target = a.user
	}
	if s.Target == "" {
		return b.advice(b.voice.say("NoPlace", "Command", a.name)), nil
	}
	stored, created, err := b.o.Subscribers.Subscribe(ctx, s)
	if err != nil {
		return Reply{}, fmt.Errorf("subscribe %q to %q: %w", s.Target, s.Query, err)
	}
	caught, err := b.o.Archive.Count(ctx, q, b.o.Now().AddDate(0, 0, -30))
	if err != nil {
		return Reply{}, fmt.Errorf("count items of %q: %w", s.Query, err)
	}
	next, err := b.nextList(ctx, stored)
	if err != nil {
		return Reply{}, err
	}
	title := b.voice.say("Subscribed", "Number", stored.ID, "Query", quoted(stored.Query, showQuery))
	if !created {
		title = b.voice.say("SubscribedAlready", "Number", stored.ID, "Query", quoted(stored.Query, showQuery))
	}
	lines := []string{title, b.voice.say("SubscribeMeans", "Description", mrkdwn(q.Describe(b.voice.lang), 600)), b.caught(caught), next, b.audience(a, stored.Target)}
	if a.private && stored.Target == a.channel {
		lines = append(lines, b.voice.say("InviteMe"))
	}
	lines = append(lines, b.voice.say("SubscribeUndo", "Command", a.name, "Number", stored.ID))
	text := strings.Join(lines, "\n")
	return b.blocks(text, section(text), slack.NewActionBlock("", b.endButton(stored))), nil
}

// caught says how many items a query would have brought.
func (b *Bot) caught(n int) string {
	if n == 0 {
		return b.voice.say("CaughtNone")
	}
	return b.voice.count("Caught", n)
}

// audience says who will see what is delivered.
func (b *Bot) audience(a asker, target string) string {
	if target == a.user {
		return b.voice.say("SeenByMe")
	}
	return b.voice.say("SeenByChannel")
}

// nextList says when a subscription delivers.
func (b *Bot) nextList(ctx context.Context, s digest.Subscription) (string, error) {
	if s.Cadence == digest.KindNow {
		return b.voice.say("DeliveredNow"), nil
	}
	plans, err := b.plans(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range plans {
		if p.Kind != s.Cadence || p.Target != s.Target || p.Schedule == nil {
			continue
		}
		if at := p.Schedule.Next(b.now()); !at.IsZero() {
			return b.voice.say("DeliveredNext", "Cadence", b.cadence(s.Cadence), "Time", occasion(b.voice.lang, at.In(b.zone(p)))), nil
		}
	}
	return b.voice.say("Delivered", "Cadence", b.cadence(s.Cadence)), nil
}

// zone is a plan's time zone; the bot's, where it has none.
func (b *Bot) zone(p digest.Plan) *time.Location {
	if p.Location == nil {
		return b.o.Location
	}
	return p.Location
}

func (b *Bot) cadence(k digest.Kind) string {
	switch k {
	case digest.KindNow:
		return b.voice.say("CadenceNow")
	case digest.KindWeekly:
		return b.voice.say("CadenceWeekly")
	default:
		return b.voice.say("CadenceDaily")
	}
}

func (b *Bot) endButton(s digest.Subscription) *slack.ButtonBlockElement {
	text := b.voice.say("ButtonEnd")
	return button(actionEnd, text, strconv.FormatInt(s.ID, 10), b.voice.say("EndLabel", "Number", s.ID, "Query", s.Query))
}

// own lists what the asker may see and end here, by number. An answer for the
// whole channel shows the channel's alone.
func (b *Bot) own(ctx context.Context, a asker) ([]digest.Subscription, error) {
	targets := []string{a.target(), a.user}
	switch {
	case a.channel == "":
		targets = []string{""}
	case a.shared:
		targets = targets[:1]
	}
	slices.Sort(targets)
	var out []digest.Subscription
	for _, target := range slices.Compact(targets) {
		list, err := b.o.Subscribers.Subscriptions(ctx, target)
		if err != nil {
			return nil, fmt.Errorf("list subscriptions of %q: %w", target, err)
		}
		for _, s := range list {
			if a.owns(s) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(x, y digest.Subscription) int { return cmp.Compare(x.ID, y.ID) })
	return out, nil
}

// showSubscriptions is how many stand in one answer.
const showSubscriptions = 25

// subscriptions lists them, each with a button to end it.
func (b *Bot) subscriptions(ctx context.Context, a asker) (Reply, error) {
	list, err := b.own(ctx, a)
	if err != nil {
		return Reply{}, err
	}
	if len(list) == 0 {
		return b.sentence(b.voice.say("SubscriptionsNone", "Command", a.name)), nil
	}
	title := b.voice.count("SubscriptionsTitle", len(list))
	blocks, lines := b.subscriptionRows(a, list)
	blocks = append([]slack.Block{section(title)}, blocks...)
	blocks = append(blocks, note(b.voice.say("SubscriptionsHint", "Command", a.name)))
	return b.blocks(listing(title, lines), blocks...), nil
}

// subscriptionRows gives a section for each subscription, with its button.
func (b *Bot) subscriptionRows(a asker, list []digest.Subscription) (blocks []slack.Block, lines []string) {
	for i, s := range list {
		if i == showSubscriptions {
			blocks = append(blocks, note(b.voice.count("AndMore", len(list)-i)))
			break
		}
		line := b.subscriptionLine(a, s)
		row := section(line)
		row.Accessory = slack.NewAccessory(b.endButton(s))
		blocks = append(blocks, row)
		lines = append(lines, line)
	}
	return blocks, lines
}

// subscriptionLine says what a subscription is, where it goes and who made it.
func (b *Bot) subscriptionLine(a asker, s digest.Subscription) string {
	place := b.voice.say("PlaceHere")
	switch {
	case s.Target == a.user:
		place = b.voice.say("PlaceMe")
	case s.Target != a.channel:
		place = channelMention(s.Target)
	}
	line := b.voice.say("SubscriptionLine", "Number", s.ID, "Query", quoted(s.Query, 100), "Cadence", b.cadence(s.Cadence), "Place", place)
	if who := userMention(s.Creator); who != "" && s.Target != a.user && s.Creator != a.user {
		line += " · " + b.voice.say("SetUpBy", "User", who)
	}
	return line
}

// unsubscribe ends the subscription of that number or query.
func (b *Bot) unsubscribe(ctx context.Context, a asker, which string) (Reply, error) {
	list, err := b.own(ctx, a)
	if err != nil {
		return Reply{}, err
	}
	hits := pick(list, which)
	switch len(hits) {
	case 0:
		return b.noSubscription(a, which), nil
	case 1:
		return b.end(ctx, a, hits[0])
	default:
		title := b.voice.say("UnsubscribeWhich", "Which", quoted(which, showQuery))
		blocks, lines := b.subscriptionRows(a, hits)
		return b.blocks(listing(title, lines), append([]slack.Block{section(title)}, blocks...)...), nil
	}
}

// noSubscription says that the asker can end no subscription of that number or query.
func (b *Bot) noSubscription(a asker, which string) Reply {
	return b.advice(b.voice.say("UnsubscribeUnknown", "Which", quoted(which, showQuery), "Command", a.name))
}

// pick finds subscriptions by number or, in any spelling, by query.
func pick(list []digest.Subscription, which string) []digest.Subscription {
	number, err := strconv.ParseInt(strings.TrimPrefix(which, "#"), 10, 64)
	query := which
	if q, bad := keyword.Parse(which); bad == nil {
		query = q.String()
	}
	var out []digest.Subscription
	for _, s := range list {
		if err == nil && s.ID == number {
			return []digest.Subscription{s}
		}
		if strings.EqualFold(s.Query, query) || strings.EqualFold(s.Query, which) {
			out = append(out, s)
		}
	}
	return out
}

// end ends a subscription and offers to undo that.
func (b *Bot) end(ctx context.Context, a asker, s digest.Subscription) (Reply, error) {
	err := b.o.Subscribers.Unsubscribe(ctx, s.ID)
	if errors.Is(err, feeds.ErrNotFound) {
		return b.noSubscription(a, strconv.FormatInt(s.ID, 10)), nil
	}
	if err != nil {
		return Reply{}, fmt.Errorf("unsubscribe %d: %w", s.ID, err)
	}
	text := b.voice.say("Unsubscribed", "Number", s.ID, "Query", quoted(s.Query, showQuery)) + "\n" +
		b.voice.say("UnsubscribeUndo", "Again", code(b.again(a, s), 400))
	blocks := []slack.Block{section(text)}
	if value := (finished{Query: s.Query, Cadence: s.Cadence, Target: s.Target}).value(); value != "" {
		undo := b.voice.say("ButtonUndo")
		blocks = append(blocks, slack.NewActionBlock("", button(actionUndo, undo, value, undo+": "+s.Query)))
	}
	return b.blocks(text, blocks...), nil
}

// again is the command that makes the subscription anew.
func (b *Bot) again(a asker, s digest.Subscription) string {
	words := []string{a.name, b.verbName(VerbSubscribe), s.Query, b.cadence(s.Cadence)}
	if s.Target == a.user && a.target() != a.user {
		words = append(words, b.voice.say("WordMe"))
	}
	return strings.Join(words, " ")
}

// finished is a subscription that a button can bring back.
type finished struct {
	Query   string      `json:"q"`
	Cadence digest.Kind `json:"c"`
	Target  string      `json:"t"`
}

func (e finished) value() string {
	raw, err := json.Marshal(e)
	if err != nil || len(raw) > maxButtonValue {
		return ""
	}
	return string(raw)
}
