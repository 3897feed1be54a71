package bot

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

// explain says what became of one item, stage by stage.
func (b *Bot) explain(ctx context.Context, a asker, key string) (Reply, error) {
	key = strings.Trim(key, "<>\"")
	it, err := b.o.Archive.Item(ctx, key)
	if errors.Is(err, feeds.ErrNotFound) {
		return b.explainMissing(ctx, a, key)
	}
	if err != nil {
		return Reply{}, fmt.Errorf("look up item %q: %w", key, err)
	}
	w := newItemWriter(b.voice, b.now())
	seen, err := b.explainSeen(ctx, w, it)
	if err != nil {
		return Reply{}, err
	}
	lines := append(seen, b.explainTopics(it))
	if it.News == 0 {
		lines = append(lines, b.voice.say("ExplainOld"))
	}
	sent, err := b.explainSent(ctx, a, it)
	if err != nil {
		return Reply{}, err
	}
	for i, line := range append(lines, sent...) {
		if i < len(lines) {
			lines[i] = "• " + line
		} else {
			lines = append(lines, "• "+line)
		}
	}
	r := b.lines(link(it.URL, w.titleOf(it), showTitle), lines)
	r.Messages[0].Text = listing(w.headline(it, mrkdwn(w.titleOf(it), showTitle)), lines)
	return r, nil
}

// explainMissing says why an address may not be there.
func (b *Bot) explainMissing(ctx context.Context, a asker, key string) (Reply, error) {
	lines := []string{b.voice.say("ExplainMissing", "Address", mrkdwn(key, showQuery))}
	host := bareHost(key)
	if host == "" {
		return b.sentence(lines[0] + "\n" + b.voice.say("ExplainHow", "Command", a.name)), nil
	}
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	now, read := b.now(), false
	for _, f := range list {
		if bareHost(f.URL) == host || bareHost(f.Site) == host {
			read = true
			lines = append(lines, "• "+b.sourceLine(f, now))
		}
	}
	advice := b.voice.say("ExplainNoSource", "Host", mrkdwn(host, showSource))
	if read {
		advice = b.voice.say("ExplainSourceRead")
	}
	return b.sentence(strings.Join(append(lines[:min(len(lines), 8)], advice), "\n")), nil
}

func bareHost(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// showSightings is how many feeds are named that carried one item.
const showSightings = 6

func (b *Bot) explainSeen(ctx context.Context, w itemWriter, it feeds.Item) ([]string, error) {
	list, err := b.o.Archive.Sightings(ctx, it.ID)
	if err != nil {
		return nil, fmt.Errorf("list sightings of item %d: %w", it.ID, err)
	}
	at := func(t time.Time) string { return stamp(w.lang, t.In(w.now.Location()), w.now) }
	lines := []string{b.voice.say("ExplainSeen", "Time", at(it.Seen), "Source", mrkdwn(it.Source, showSource))}
	var also []string
	for i, s := range list {
		if i > 0 && i <= showSightings {
			also = append(also, mrkdwn(s.Feed, showSource)+" ("+at(s.Seen)+")")
		}
	}
	if len(also) > 0 {
		lines = append(lines, b.voice.say("ExplainAlso", "Sources", strings.Join(also, ", ")))
	}
	if !it.Published.IsZero() {
		lines = append(lines, b.voice.say("ExplainPublished", "Time", at(it.Published)))
	}
	return lines, nil
}

func (b *Bot) explainTopics(it feeds.Item) string {
	if len(it.Matches) == 0 {
		return b.voice.say("ExplainNoTopic")
	}
	w := itemWriter{voice: b.voice}
	var list []string
	for i, m := range it.Matches {
		if i == 2*showTopics {
			list = append(list, "…")
			break
		}
		list = append(list, bold(m.Topic, showWord)+" ("+b.voice.say("Matched", "Words", w.names(m.Words, showWords))+")")
	}
	return b.voice.say("ExplainTopics", "Topics", strings.Join(list, ", "))
}

// explainSent says where the item went, or why it did not. Of channels and
// people other than the asker's it gives the number alone.
func (b *Bot) explainSent(ctx context.Context, a asker, it feeds.Item) ([]string, error) {
	outcomes, err := b.o.Archive.Outcomes(ctx, it.ID)
	if err != nil {
		return nil, fmt.Errorf("list outcomes of item %d: %w", it.ID, err)
	}
	plans, err := b.plans(ctx)
	if err != nil {
		return nil, err
	}
	shown := map[string]bool{}
	var lines []string
	elsewhere := 0
	for _, o := range outcomes {
		shown[o.Plan] = true
		name, ok := b.planName(a, o.Plan)
		if !ok {
			elsewhere++
			continue
		}
		lines = append(lines, b.outcome(name, o))
	}
	if elsewhere > 0 {
		lines = append(lines, b.voice.count("ExplainElsewhere", elsewhere))
	}
	for _, p := range plans {
		name, ok := b.planName(a, p.Name)
		if !ok || shown[p.Name] || p.Schedule == nil || it.News == 0 || digest.Compose(p, []feeds.Item{it}, nil, time.Time{}, b.o.Now()).Count() == 0 {
			continue
		}
		if next := p.Schedule.Next(b.now()); !next.IsZero() {
			lines = append(lines, b.voice.say("ExplainComing", "Plan", name, "Time", occasion(b.voice.lang, next.In(b.zone(p)))))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, b.voice.say("ExplainNowhere"))
	}
	return lines, nil
}

// planName names a plan for the asker; false where it is none of theirs.
func (b *Bot) planName(a asker, plan string) (string, bool) {
	kind, name, _ := strings.Cut(plan, ":")
	if digest.Kind(kind) == digest.KindDigest {
		return b.voice.say("PlanDigest", "Name", mrkdwn(name, showWord)), true
	}
	if name != a.target() && name != a.user {
		return "", false
	}
	switch digest.Kind(kind) {
	case digest.KindNow:
		return b.voice.say("PlanNow"), true
	case digest.KindWeekly:
		return b.voice.say("WeeklyTitle"), true
	default:
		return b.voice.say("DailyTitle"), true
	}
}

// outcome says how the deliveries of one run ended.
func (b *Bot) outcome(plan string, o digest.Outcome) string {
	now := b.now()
	at := func(t time.Time) string { return stamp(b.voice.lang, t.In(now.Location()), now) }
	worst := digest.Delivery{Status: digest.StatusSent, Sent: o.Scheduled}
	for i, d := range o.Deliveries {
		if i == 0 || d.Status != digest.StatusSent && worst.Status != digest.StatusFailed {
			worst = d
		}
	}
	reason := mrkdwn(worst.Reason, showReason)
	if reason == "" {
		reason = b.voice.say("BrokenUnsaid")
	}
	switch worst.Status {
	case digest.StatusSent:
		return b.voice.say("OutcomeSent", "Plan", plan, "Time", at(worst.Sent))
	case digest.StatusFailed:
		return b.voice.say("OutcomeFailed", "Plan", plan, "Time", at(o.Scheduled), "Reason", reason)
	default:
		return b.voice.say("OutcomePending", "Plan", plan, "Time", at(o.Scheduled))
	}
}
