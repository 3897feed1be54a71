package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
)

// lines lays out a title and lines as paragraphs, as many lines as one message
// takes; the rest is counted.
func (b *Bot) lines(title string, lines []string) Reply {
	var s sheet
	s.add(units(title), section(title))
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			s.add(units(text.String()), section(text.String()))
			text.Reset()
		}
	}
	for i, line := range lines {
		size := units(text.String()) + units(line) + 1
		if size > fillSection {
			flush()
			size = units(line)
		}
		if !s.takes(size+100, 2) { // room for the count
			flush()
			s.add(0, note(b.voice.count("AndMore", len(lines)-i)))
			return b.blocks(listing(title, lines), s.blocks...)
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(line)
	}
	flush()
	return b.blocks(listing(title, lines), s.blocks...)
}

// topics lists what new items are sorted by.
func (b *Bot) topics(ctx context.Context) (Reply, error) {
	list, err := b.o.Desk.Topics(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list topics: %w", err)
	}
	if len(list) == 0 {
		return b.sentence(b.voice.say("TopicsNone")), nil
	}
	lines := make([]string, 0, len(list))
	for _, t := range list {
		query := ""
		if t.Query != nil {
			query = t.Query.String()
		}
		lines = append(lines, "• "+bold(t.Name, showWord)+": "+quoted(query, showQuery))
	}
	return b.lines(b.voice.count("TopicsTitle", len(list)), lines), nil
}

// stateNames are the messages that name a feed's state.
var stateNames = map[feeds.State]string{
	feeds.StateNew: "StateNew", feeds.StateOK: "StateOK", feeds.StateSlow: "StateSlow", feeds.StateFailing: "StateFailing",
	feeds.StateSilent: "StateSilent", feeds.StateMoved: "StateMoved", feeds.StateGone: "StateGone",
}

// sources lists the feeds, those that need somebody first.
func (b *Bot) sources(ctx context.Context, a asker) (Reply, error) {
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	if len(list) == 0 {
		return b.sentence(b.voice.say("NoSources", "Command", a.name)), nil
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y feeds.Feed) int {
		return cmp.Or(cmp.Compare(urgency(x.State), urgency(y.State)), strings.Compare(strings.ToLower(x.Label()), strings.ToLower(y.Label())))
	})
	now := b.now()
	lines := make([]string, 0, len(list))
	for _, f := range list {
		lines = append(lines, "• "+b.sourceLine(a, f, now))
	}
	c := coverage(list, b.o.Now())
	return b.lines(b.voice.checked(c), lines), nil
}

// urgency orders states: what is broken first, what works last.
func urgency(s feeds.State) int {
	return slices.Index([]feeds.State{feeds.StateGone, feeds.StateFailing, feeds.StateMoved, feeds.StateSilent, feeds.StateSlow, feeds.StateNew, feeds.StateOK}, s)
}

// sourceLine says how one feed fares.
func (b *Bot) sourceLine(a asker, f feeds.Feed, now time.Time) string {
	state := b.voice.say("StateNew")
	if id, ok := stateNames[f.State]; ok {
		state = b.voice.say(id)
	}
	parts := []string{link(cmp.Or(f.Site, f.URL), f.Label(), showSource), state}
	if f.State != feeds.StateOK && f.State != feeds.StateNew && !f.Since.IsZero() {
		parts[1] += " " + b.voice.say("Since", "Time", moment(b.voice.lang, f.Since, now))
	}
	if reason := b.voice.wrongAndCure(f.Reason, a.name); reason != "" {
		parts[1] += ": " + reason
	}
	if !f.LastPoll.IsZero() {
		parts = append(parts, b.voice.say("LastPoll", "Time", moment(b.voice.lang, f.LastPoll, now)))
	}
	return strings.Join(append(parts, b.voice.count("ItemCount", f.Items)), " · ")
}

// status says how everything fares, and what comes next.
func (b *Bot) status(ctx context.Context, a asker) (Reply, error) {
	lines, err := b.statusLines(ctx, a)
	if err != nil {
		return Reply{}, err
	}
	return b.lines(b.voice.say("StatusTitle"), lines), nil
}

func (b *Bot) statusLines(ctx context.Context, a asker) ([]string, error) {
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("list feeds: %w", err)
	}
	now := b.now()
	var lines []string
	c := coverage(list, now)
	w := newItemWriter(b.voice, now)
	if c.Sources == 0 {
		lines = append(lines, b.voice.say("NoSources", "Command", a.name))
	} else {
		lines = append(lines, b.voice.checked(c))
	}
	for i, f := range c.Broken {
		if i == showBroken {
			lines = append(lines, "• "+b.voice.count("MoreBroken", len(c.Broken)-i, "Command", a.name))
			break
		}
		lines = append(lines, "• "+b.voice.say("Broken")+" "+w.brokenAndCure(f, a.name))
	}
	if line := w.silent(c.Silent, a.name); line != "" {
		lines = append(lines, "• "+line)
	}
	for _, f := range list {
		if f.State == feeds.StateMoved {
			lines = append(lines, "• "+b.sourceLine(a, f, now))
		}
	}
	if last := lastPoll(list); !last.IsZero() {
		lines = append(lines, b.voice.say("StatusPolled", "Time", moment(b.voice.lang, last, now)))
	}
	from, _, _ := Day{}.Span(now)
	today, err := b.o.Archive.Between(ctx, from, now.Add(time.Second))
	if err != nil {
		return nil, fmt.Errorf("list items since %s: %w", from, err)
	}
	lines = append(lines, b.voice.say("StatusToday", "Items", b.voice.count("ItemCount", len(today))))
	waiting, err := b.waiting(ctx, a)
	if err != nil {
		return nil, err
	}
	coming, err := b.coming(ctx)
	if err != nil {
		return nil, err
	}
	lines = append(lines, slices.Concat(waiting, coming)...)
	own, err := b.own(ctx, a)
	if err != nil {
		return nil, err
	}
	lines = append(lines, b.voice.say("StatusSubscriptions", "Count", len(own), "Command", a.name))
	if b.o.Version != "" {
		lines = append(lines, "Depesche "+mrkdwn(b.o.Version, showWord))
	}
	return lines, nil
}

// waiting says which messages Slack did not take yet, and why: those of the
// digests and those to where the asker is. Other channels are nobody's business.
func (b *Bot) waiting(ctx context.Context, a asker) ([]string, error) {
	list, err := b.o.Desk.Pending(ctx, b.o.Now().Add(digest.MaxWait), 100)
	if err != nil {
		return nil, fmt.Errorf("list pending deliveries: %w", err)
	}
	var lines []string
	for _, d := range list {
		if d.Attempts == 0 || d.Unsure() { // about to be posted, or under way
			continue
		}
		if name, ok := b.planName(a, d.Plan); ok {
			lines = append(lines, "• "+b.voice.say("OutcomeRetried", "Plan", name, "Reason", b.reason(d.Reason)))
		}
	}
	return lines, nil
}

func lastPoll(list []feeds.Feed) (last time.Time) {
	for _, f := range list {
		if f.LastPoll.After(last) {
			last = f.LastPoll
		}
	}
	return last
}

// coming says when the configured digests come next, soonest first.
func (b *Bot) coming(ctx context.Context) ([]string, error) {
	plans, err := b.plans(ctx)
	if err != nil {
		return nil, err
	}
	type next struct {
		plan digest.Plan
		at   time.Time
	}
	var list []next
	for _, p := range declared(plans) {
		if p.Schedule == nil {
			continue
		}
		if at := p.Schedule.Next(b.now()); !at.IsZero() {
			list = append(list, next{p, at})
		}
	}
	slices.SortStableFunc(list, func(x, y next) int { return x.at.Compare(y.at) })
	var lines []string
	for i, n := range list {
		if i == 10 {
			break
		}
		lines = append(lines, b.voice.say("NextDigest", "Name", mrkdwn(n.plan.Label, showWord), "Time", occasion(b.voice.lang, n.at.In(b.zone(n.plan)))))
	}
	return lines, nil
}

// home is the Home tab: what comes next, the person's subscriptions, how to ask.
func (b *Bot) home(ctx context.Context, user string) (slack.HomeTabViewRequest, error) {
	a := asker{user: user, name: b.o.Command}
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab}
	add := func(blocks ...slack.Block) { view.Blocks.BlockSet = append(view.Blocks.BlockSet, blocks...) }
	coming, err := b.coming(ctx)
	if err != nil {
		return view, err
	}
	if len(coming) == 0 {
		coming = []string{b.voice.say("NoDigests")}
	}
	add(header(b.voice.say("HomeDigests")), section(strings.Join(coming, "\n")))
	own, err := b.own(ctx, a)
	if err != nil {
		return view, err
	}
	add(header(b.voice.say("HomeSubscriptions")))
	if len(own) == 0 {
		add(section(b.voice.say("HomeNone", "Command", a.name)))
	}
	rows, _ := b.subscriptionRows(a, own)
	add(rows...)
	add(header(b.voice.say("HomeHelp")), section(strings.TrimSpace(b.voice.say("Help", "Command", a.name))))
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return view, fmt.Errorf("list feeds: %w", err)
	}
	c := coverage(list, b.o.Now())
	if c.Sources > 0 {
		add(note(b.voice.checked(c) + " `" + a.name + " " + b.verbName(VerbStatus) + "`"))
	}
	return view, nil
}

// publishHome puts the Home tab before a person.
func (b *Bot) publishHome(ctx context.Context, user string) error {
	view, err := b.home(ctx, user)
	if err != nil {
		return err
	}
	if _, err := b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view}); err != nil {
		return &callError{"publish the home of " + user, postError(err)}
	}
	return nil
}
