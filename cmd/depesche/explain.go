package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
)

func explainCommand() command {
	return command{
		name: "explain", args: "URL-or-ID", brief: "what became of one item, stage by stage", min: 1, max: 1, json: true,
		about: `
Seen when and in which feeds, which topics took it and why, and for every
digest and subscription: delivered when and where, or the reason why not.`,
		setup: func(*flag.FlagSet) action { return explain },
	}
}

// explanation is all that is known of one item.
type explanation struct {
	itemRow
	News      bool          `json:"news"` // false: too old when its feed was first polled, or page.waits
	Page      pageRow       `json:"page"`
	Sightings []sightingRow `json:"sightings"`
	Matches   []feeds.Match `json:"matches"`
	Plans     []verdictRow  `json:"plans"`
}

// pageRow is what became of the item's article page; State is "" where none
// was asked for.
type pageRow struct {
	State  string `json:"state"`  // wanted, read, refused
	Reason string `json:"reason"` // why it was not read
	At     string `json:"at"`     // when it was read or given up; with wanted, when it is asked for next
	Waits  bool   `json:"waits"`  // the item is no news before that
}

type sightingRow struct {
	Feed string `json:"feed"`
	URL  string `json:"feed_url"`
	Seen string `json:"seen"`
}

type verdictRow struct {
	Plan    string `json:"plan"`
	label   string // of the plan, for people
	Target  string `json:"target"`
	Reason  string `json:"reason"` // one word, such as delivered or no-rule
	Meaning string `json:"meaning"`
	Section string `json:"section"`
	At      string `json:"at"`
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Detail  string `json:"detail"`
}

func explain(ctx context.Context, c *call) error {
	return withStore(ctx, c, func(cfg Config, store *storage.Store) error {
		item, err := store.Item(ctx, c.args[0])
		if errors.Is(err, feeds.ErrNotFound) {
			return fmt.Errorf("no item %q in the archive; give its address or its number as search prints it, or add the feed that carries it", c.args[0])
		}
		if err != nil {
			return err
		}
		sightings, err := store.Sightings(ctx, item.ID)
		if err != nil {
			return err
		}
		outcomes, err := store.Outcomes(ctx, item.ID)
		if err != nil {
			return err
		}
		runner := newRunner(cfg, nil, store, nil, newLogger(io.Discard, cfg.Log), digest.Observer{})
		verdicts, err := runner.Explain(ctx, item, outcomes)
		if err != nil {
			return err
		}
		e := explanationOf(item, sightings, verdicts)
		if c.json {
			return printJSON(c.stdout, e)
		}
		return e.print(c.stdout, cfg.Location)
	})
}

func explanationOf(item feeds.Item, sightings []feeds.Sighting, verdicts []digest.Verdict) explanation {
	e := explanation{
		itemRow: itemRows([]feeds.Item{item})[0], News: item.News > 0,
		Page:      pageRow{string(item.Page.State), item.Page.Reason, stamp(item.Page.At), item.Page.Waits},
		Sightings: []sightingRow{}, Matches: some(item.Matches), Plans: []verdictRow{},
	}
	for _, s := range sightings {
		e.Sightings = append(e.Sightings, sightingRow{s.Feed, s.FeedURL, stamp(s.Seen)})
	}
	for _, v := range verdicts {
		e.Plans = append(e.Plans, verdictRow{
			Plan: v.Plan.Name, label: planLabel(v.Plan), Target: v.Plan.Target, Reason: string(v.Reason), Meaning: meanings[v.Reason], Section: v.Section,
			At: stamp(v.At), Channel: v.Channel, TS: v.TS, Detail: v.Detail,
		})
	}
	return e
}

// planLabel names a plan for people: "digest morgen", "daily subscriptions".
func planLabel(p digest.Plan) string {
	kind, rest, _ := strings.Cut(p.Name, ":")
	switch digest.Kind(kind) {
	case digest.KindDigest:
		return "digest " + orElse(p.Label, rest)
	case digest.KindNow, digest.KindDaily, digest.KindWeekly:
		return "subscriptions (" + kind + ")"
	}
	return p.Name
}

// meanings say a verdict's reason in words.
var meanings = map[digest.Reason]string{
	digest.ReasonDelivered:          "delivered",
	digest.ReasonPending:            "in the ledger; Slack has not accepted it yet",
	digest.ReasonFailed:             "in the ledger; it will not arrive",
	digest.ReasonWaiting:            "waits for the next run",
	digest.ReasonArchive:            "never news: when its feed was first polled it was older than a day, or many others stood before it",
	digest.ReasonHeld:               "never news: it came in a flood of its feed, which was braked",
	digest.ReasonPage:               "waits for its article page before it is news, at the latest until",
	digest.ReasonNoRule:             "none of its topics or queries takes the item",
	digest.ReasonFiltered:           "a topic takes it, the digest's own query does not",
	digest.ReasonBeforeSubscription: "seen before the subscription was made",
	digest.ReasonBeforePlan:         "seen before the digest began",
	digest.ReasonPassed:             "considered when nothing took it; topics or item changed since",
}

func (e explanation) print(w io.Writer, loc *time.Location) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\nitem %d\n\nSeen\n", line(e.Title), line(e.URL), e.ID)
	for _, s := range e.Sightings {
		fmt.Fprintf(&b, "  %s  %s (%s)\n", local(s.Seen, loc), line(s.Feed), line(s.URL))
	}
	if e.Published != "" {
		fmt.Fprintf(&b, "  published, as the feed says, %s\n", local(e.Published, loc))
	}
	b.WriteString("\nTopics\n")
	for _, m := range e.Matches {
		fmt.Fprintf(&b, "  %s, because of: %s\n", line(m.Topic), line(strings.Join(m.Words, ", ")))
	}
	if len(e.Matches) == 0 {
		b.WriteString("  none\n")
	}
	e.Page.print(&b, loc)
	b.WriteString("\nDigests and subscriptions\n")
	for _, v := range e.Plans {
		fmt.Fprintf(&b, "  %s to %s: %s", line(v.label), orElse(line(orElse(v.Channel, v.Target)), "nobody"), orElse(v.Meaning, v.Reason))
		if v.At != "" {
			b.WriteString(", " + local(v.At, loc))
		}
		if v.Section != "" {
			b.WriteString(", under " + line(v.Section))
		}
		if v.Detail != "" {
			b.WriteString(" (" + line(v.Detail) + ")")
		}
		b.WriteByte('\n')
	}
	if len(e.Plans) == 0 {
		b.WriteString("  there are none\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// print says it in one line; nothing where no page was asked for.
func (p pageRow) print(b *strings.Builder, loc *time.Location) {
	switch feeds.PageState(p.State) {
	case feeds.PageRead:
		fmt.Fprintf(b, "\nArticle page\n  read %s; topics and search know its text\n", local(p.At, loc))
	case feeds.PageRefused:
		fmt.Fprintf(b, "\nArticle page\n  not read, %s: %s; what the feed says counts\n", local(p.At, loc), line(p.Reason))
	case feeds.PageWanted:
		fmt.Fprintf(b, "\nArticle page\n  to be read, not before %s", local(p.At, loc))
		if p.Reason != "" {
			b.WriteString("; last time: " + line(p.Reason))
		}
		b.WriteByte('\n')
	}
}

// local shows a stamp in the desk's own zone.
func local(stamp string, loc *time.Location) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return "at an unknown time"
	}
	return t.In(loc).Format("2006-01-02 15:04")
}
