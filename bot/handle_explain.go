package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

// explain says what became of one item, stage by stage.
func (b *Bot) explain(ctx context.Context, a asker, key string) (Reply, error) {
	names := spellings(key)
	it, err := b.item(ctx, names)
	if errors.Is(err, feeds.ErrNotFound) {
		return b.explainMissing(ctx, a, names)
	}
	if err != nil {
		return Reply{}, err
	}
	w := newItemWriter(b.voice, b.now())
	seen, err := b.explainSeen(ctx, w, it)
	if err != nil {
		return Reply{}, err
	}
	lines := append(seen, b.explainTopics(it))
	if line := b.explainPage(it.Page); line != "" {
		lines = append(lines, line)
	}
	switch {
	case it.News > 0 || it.Page.Waits:
	case it.Held:
		lines = append(lines, b.voice.say("ExplainHeld"))
	default:
		lines = append(lines, b.voice.say("ExplainOld"))
	}
	sent, err := b.explainSent(ctx, a, it)
	if err != nil {
		return Reply{}, err
	}
	lines = append(lines, sent...)
	for i := range lines {
		lines[i] = "• " + lines[i]
	}
	r := b.lines(link(it.URL, w.titleOf(it), showTitle), lines)
	r.Messages[0].Text = listing(w.headline(it, mrkdwn(w.titleOf(it), showTitle)), lines)
	return r, nil
}

// spellings are what an item may be called that a person named so: without
// the marks around it, an address with either scheme, last without the
// punctuation of a sentence. Slack itself puts http:// before an address that
// was typed without one.
func spellings(key string) []string {
	const marks, punctuation = "<>\"'`‘’‚‹› ", ".,;:!?"
	if inner, ok := strings.CutPrefix(key, "<"); ok { // a link in marks that Slack escaped
		key, _, _ = strings.Cut(inner, ">")
		key, _, _ = strings.Cut(key, "|")
	}
	key = strings.Trim(key, marks)
	out := schemes(key)
	if bare := strings.TrimRight(key, marks+punctuation); bare != key && bare != "" {
		out = append(out, schemes(bare)...)
	}
	return out
}

// schemes are an address, as it stands and with each scheme that it lacks.
func schemes(key string) []string {
	scheme, address, absolute := strings.Cut(key, "://")
	switch {
	case absolute && strings.EqualFold(scheme, "http"):
		return []string{key, "https://" + address}
	case absolute && strings.EqualFold(scheme, "https"):
		return []string{key, "http://" + address}
	case absolute || !strings.ContainsAny(key, "./"):
		return []string{key}
	}
	address = strings.TrimPrefix(key, "//")
	return []string{key, "https://" + address, "http://" + address}
}

// item looks up the item that goes by one of the names, tried in order;
// feeds.ErrNotFound where none does.
func (b *Bot) item(ctx context.Context, names []string) (feeds.Item, error) {
	for _, name := range names {
		it, err := b.o.Archive.Item(ctx, name)
		if err == nil {
			return it, nil
		}
		if !errors.Is(err, feeds.ErrNotFound) {
			return feeds.Item{}, fmt.Errorf("look up item %q: %w", name, err)
		}
	}
	return feeds.Item{}, feeds.ErrNotFound
}

// explainMissing says why an address may not be there; names are its spellings.
func (b *Bot) explainMissing(ctx context.Context, a asker, names []string) (Reply, error) {
	lines := []string{b.voice.say("ExplainMissing", "Address", mrkdwn(names[0], showQuery))}
	host := bareHost(names[len(names)-1])
	if host == "" {
		return b.advice(lines[0] + "\n" + b.voice.say("ExplainHow", "Command", a.name)), nil
	}
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	now, read := b.now(), false
	for _, f := range list {
		if bareHost(f.URL) == host || bareHost(f.Site) == host {
			read = true
			lines = append(lines, "• "+b.sourceLine(a, f, now))
		}
	}
	advice := b.voice.say("ExplainNoSource", "Host", mrkdwn(host, showSource))
	if b.o.Sources != nil {
		advice = b.voice.say("ExplainAddSource", "Host", mrkdwn(host, showSource), "Try", b.try(a, VerbSource, host))
	}
	if read {
		advice = b.voice.say("ExplainSourceRead", "Command", a.name)
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
	at := func(t time.Time) string { return moment(w.lang, t, w.now) }
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
	var list []string
	for i, m := range it.Matches {
		if i == 2*showTopics {
			list = append(list, "…")
			break
		}
		list = append(list, bold(m.Topic, showWord)+" ("+b.voice.say("Matched", "Words", b.voice.names(m.Words, showWords))+")")
	}
	return b.voice.count("ExplainTopics", len(it.Matches), "Topics", strings.Join(list, ", "))
}

// explainPage says what became of the item's article page; empty where none
// was asked for.
func (b *Bot) explainPage(p feeds.PageNote) string {
	at := moment(b.voice.lang, p.At, b.now())
	switch {
	case p.State == feeds.PageRead:
		return b.voice.say("ExplainPageRead", "Time", at)
	case p.State == feeds.PageRefused:
		return b.voice.say("ExplainPageRefused", "Reason", b.voice.wrong(p.Reason))
	case p.Waits:
		return b.voice.say("ExplainPageAwaited", "Time", moment(b.voice.lang, p.Until, b.now()))
	case p.State == feeds.PageWanted:
		return b.voice.say("ExplainPageWanted")
	}
	return ""
}

// explainSent says where the item went or will go, or why it does not. Of
// channels and people other than the asker's it gives the number alone.
func (b *Bot) explainSent(ctx context.Context, a asker, it feeds.Item) ([]string, error) {
	outcomes, err := b.o.Archive.Outcomes(ctx, it.ID)
	if err != nil {
		return nil, fmt.Errorf("list outcomes of item %d: %w", it.ID, err)
	}
	verdicts, err := b.verdicts(ctx, it, outcomes)
	if err != nil {
		return nil, err
	}
	var lines, unmatched []string
	elsewhere, anywhere := 0, false
	for _, v := range verdicts {
		shown := slices.ContainsFunc(outcomes, func(o digest.Outcome) bool { return o.Plan == v.Plan.Name })
		name, ok := b.planName(a, v.Plan.Name)
		switch {
		case !ok && shown:
			elsewhere++
		case !ok:
		case v.Reason == digest.ReasonNoRule:
			unmatched = append(unmatched, name)
		default:
			anywhere = anywhere || shown || v.Reason == digest.ReasonWaiting
			if line := b.verdict(name, v); line != "" {
				lines = append(lines, line)
			}
		}
	}
	if elsewhere > 0 {
		lines = append(lines, b.voice.count("ExplainElsewhere", elsewhere))
	}
	if len(unmatched) > 0 {
		lines = append(lines, b.voice.say("VerdictNoRule", "Plans", strings.Join(unmatched[:min(len(unmatched), showPlans)], ", ")))
	}
	if !anywhere && elsewhere == 0 {
		lines = append(lines, b.voice.say("ExplainNowhere"))
	}
	return lines, nil
}

// showPlans is how many digests are named that an item does not match.
const showPlans = 10

// verdicts says what became of the item in every plan; without digests, in
// those that showed it.
func (b *Bot) verdicts(ctx context.Context, it feeds.Item, outcomes []digest.Outcome) ([]digest.Verdict, error) {
	if b.o.Digests == nil {
		return digest.Why(it, nil, nil, outcomes, b.o.Now()), nil
	}
	verdicts, err := b.o.Digests.Explain(ctx, it, outcomes)
	if err != nil {
		return nil, fmt.Errorf("explain item %d: %w", it.ID, err)
	}
	return verdicts, nil
}

// verdict says what became of the item in one plan of that name; empty where
// that is said elsewhere.
func (b *Bot) verdict(name string, v digest.Verdict) string {
	reason := b.reason(v.Detail)
	switch v.Reason {
	case digest.ReasonDelivered:
		return b.voice.say("OutcomeSent", "Plan", name, "Time", moment(b.voice.lang, v.At, b.now()))
	case digest.ReasonFailed:
		return b.voice.say("OutcomeFailed", "Plan", name, "Reason", cmp.Or(reason, b.voice.say("BrokenUnsaid")))
	case digest.ReasonPending:
		if reason == "" {
			return b.voice.say("OutcomePending", "Plan", name)
		}
		return b.voice.say("OutcomeRetried", "Plan", name, "Reason", reason)
	case digest.ReasonWaiting:
		if v.At.IsZero() {
			return b.voice.say("ExplainSoon", "Plan", name)
		}
		return b.voice.say("ExplainComing", "Plan", name, "Time", occasion(b.voice.lang, v.At.In(b.zone(v.Plan))))
	case digest.ReasonFiltered:
		return b.voice.say("VerdictFiltered", "Plan", name, "Section", mrkdwn(v.Section, showWord), "Filter", quoted(v.Detail, showQuery))
	case digest.ReasonBeforeSubscription:
		return b.voice.say("VerdictBeforeSubscription", "Plan", name)
	case digest.ReasonBeforePlan:
		return b.voice.say("VerdictBeforePlan", "Plan", name)
	case digest.ReasonPassed:
		return b.voice.say("VerdictPassed", "Plan", name)
	default: // ReasonArchive, ReasonHeld and ReasonPage stand above
		return ""
	}
}

// reason says why something was not delivered; Slack's code comes last.
func (b *Bot) reason(detail string) string {
	said := digest.SayReason(detail, b.voice.lang)
	if errorCode, rest, ok := strings.Cut(said, ": "); ok && !strings.ContainsFunc(errorCode, func(r rune) bool { return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
		said = rest + " (" + errorCode + ")"
	}
	return mrkdwn(said, showReason)
}

// planName names a plan for the asker; false where it is none of theirs.
func (b *Bot) planName(a asker, plan string) (string, bool) {
	kind, name, _ := strings.Cut(plan, ":")
	switch digest.Kind(kind) {
	case digest.KindDigest:
		return b.voice.say("PlanDigest", "Name", mrkdwn(name, showWord)), true
	case digest.KindHealth: // how the sources fare is everybody's business
		return b.voice.say("PlanHealth", "Target", cmp.Or(userMention(name), channelMention(name), mrkdwn(name, showWord))), true
	}
	title := b.voice.say("DailyTitle")
	switch digest.Kind(kind) {
	case digest.KindNow:
		title = b.voice.say("PlanNow")
	case digest.KindWeekly:
		title = b.voice.say("WeeklyTitle")
	}
	switch {
	case name == a.target():
		return title, true
	case name == a.user && !a.shared:
		return title + " " + b.voice.say("PlaceMe"), true
	default:
		return "", false
	}
}
