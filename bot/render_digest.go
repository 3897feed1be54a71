package bot

import (
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// Render lays a digest out as the messages it takes, in order, each within
// Slack's limits. They break between items only. A digest without items gives
// one message that says so.
func (b *Bot) Render(d digest.Digest) ([]digest.Message, error) {
	return layout(d, b.o.Command)
}

// layout renders the digest; command is the slash command that it names.
func layout(d digest.Digest, command string) ([]digest.Message, error) {
	l := newLayouter(d, command)
	l.open()
	for _, s := range d.Sections {
		l.section(s)
	}
	if d.Count() == 0 {
		text := l.emptyLine()
		l.add(units(text), section(text))
		l.last().say(text)
	}
	l.end()
	return l.messages()
}

// part is one message in the making.
type part struct {
	sheet
	lines []string // of the top-level text
	said  int      // characters in lines
}

// say adds a line to the top-level text.
func (p *part) say(line string) {
	p.lines = append(p.lines, line)
	p.said += units(line) + 1
}

// hears reports whether a line of size characters fits the top-level text,
// beside the title.
func (p *part) hears(size int) bool { return p.said+size+1 <= fillText-maxHeader }

// layouter fills parts with a digest's pieces.
type layouter struct {
	digest.Digest
	itemWriter
	command string
	parts   []*part
	number  int // of the last item, through all parts
}

func newLayouter(d digest.Digest, command string) *layouter {
	if d.Plan.Location == nil {
		d.Plan.Location = time.UTC
	}
	v := speak(d.Plan.Language)
	w := newItemWriter(v, d.At.In(d.Plan.Location))
	return &layouter{Digest: d, itemWriter: w, command: command}
}

func (l *layouter) last() *part { return l.parts[len(l.parts)-1] }

// open begins a part. Its title comes in the end, when the number of parts is
// known; here is its room.
func (l *layouter) open() {
	p := &part{}
	p.add(maxHeader, nil)
	l.parts = append(l.parts, p)
}

// add puts a block of size characters into the last part, or into a new one.
func (l *layouter) add(size int, block slack.Block) {
	if !l.last().takes(size, 1) {
		l.open()
	}
	l.last().add(size, block)
}

// section adds a topic's heading and items. The heading is repeated where a
// part begins in the middle, and left out where the title says it.
func (l *layouter) section(s digest.Section) {
	rule := l.rule(s.Title)
	for i, it := range s.Items {
		label := mrkdwn(l.titleOf(it), showTitle)
		text := l.item(it, label, s.Title, rule)
		size := units(text)
		line := strconv.Itoa(l.number+1) + ". " + l.headline(it, label)
		fits := l.last().takes(size, 1) && l.last().hears(units(line))
		if i == 0 {
			fits = l.last().takes(size+maxHeader, 2) && l.last().hears(units(line)+maxHeader)
		}
		if !fits {
			l.open()
		}
		if (i == 0 || !fits) && l.headed() {
			heading := s.Title
			if i > 0 {
				heading = l.say("Continued", "Topic", s.Title)
			}
			l.last().add(maxHeader, header(heading))
			l.last().say(mrkdwn(heading, maxHeader-2) + ":")
		}
		l.last().add(size, section(text))
		l.number++
		l.last().say(line)
	}
}

// headed reports whether sections have headings: not in an alert to one topic.
func (l *layouter) headed() bool {
	return l.Plan.Kind != digest.KindNow || len(l.Sections) > 1
}

// rule gives the query behind a section, where it is one of its own.
func (l *layouter) rule(title string) *keyword.Query {
	for _, r := range l.Plan.Rules {
		if r.Title == title {
			return r.Query
		}
	}
	return nil
}

func (l *layouter) emptyLine() string {
	if l.From.IsZero() {
		return l.say("Empty")
	}
	return l.say("EmptySince", "Since", occasion(l.lang, l.From.In(l.Plan.Location)))
}

// title is the heading of part n.
func (l *layouter) title(n int) string {
	items := l.say("NoItems")
	if n := l.Count(); n > 0 {
		items = l.count("ItemCount", n)
	}
	label := capital(l.Plan.Label)
	switch l.Plan.Kind {
	case digest.KindNow:
		label = l.say("AlertTitleMany", "Items", items)
		if len(l.Sections) == 1 {
			label = l.say("AlertTitle", "Topic", short(tidy(l.Sections[0].Title), 100))
		}
	case digest.KindDaily:
		label = l.say("DailyTitle")
	case digest.KindWeekly:
		label = l.say("WeeklyTitle")
	default:
		if label == "" {
			label = l.say("DigestDefault")
		}
	}
	if l.Plan.Kind != digest.KindNow {
		label = l.say("DigestTitle", "Label", short(tidy(label), 60), "Date", longDate(l.lang, l.now), "Items", items)
	}
	if len(l.parts) > 1 {
		label = short(label, maxHeader-30) + " " + l.say("PartOf", "Part", n, "Parts", len(l.parts))
	}
	return label
}

// end adds what silence means, and how to end a subscription.
func (l *layouter) end() {
	lines := l.ending()
	if l.Plan.Kind != digest.KindNow && l.last().takes(units(lines[0]), 2) {
		l.last().add(0, slack.NewDividerBlock())
	}
	for _, line := range lines {
		l.add(units(line), note(line))
	}
}

func (l *layouter) ending() []string {
	switch l.Plan.Kind {
	case digest.KindNow:
		return []string{l.say("HowToEndAlert", "Command", l.command)}
	case digest.KindDaily, digest.KindWeekly:
		return append(l.coverage(), l.say("HowToEndList", "Command", l.command))
	default:
		return l.coverage()
	}
}

const (
	showBroken = 8
	showQuiet  = 30
)

// coverage says what was asked, what is broken and what found nothing.
func (l *layouter) coverage() []string {
	c := l.Coverage
	first := l.say("NoSources", "Command", l.command)
	if c.Sources > 0 {
		first = l.checked(c)
	}
	lines := []string{first}
	if len(c.Broken) > 0 {
		list := []string{l.say("Broken")}
		for i, f := range c.Broken {
			if i == showBroken {
				list = append(list, "• "+l.count("MoreBroken", len(c.Broken)-i, "Command", l.command))
				break
			}
			list = append(list, "• "+l.broken(f))
		}
		lines = append(lines, strings.Join(list, "\n"))
	}
	if line := l.silent(c.Silent, l.command); line != "" {
		lines = append(lines, line)
	}
	if len(c.Quiet) > 0 {
		lines = append(lines, l.say("QuietTopics", "Topics", l.names(c.Quiet, showQuiet)))
	}
	return lines
}

// broken says which source is broken, since when, and why; readers of a digest
// are not asked to mend it.
func (v itemWriter) broken(f feeds.Feed) string { return v.brokenFor(f, v.wrong(f.Reason)) }

// brokenAndCure says besides what to do about it.
func (v itemWriter) brokenAndCure(f feeds.Feed, command string) string {
	return v.brokenFor(f, v.wrongAndCure(f.Reason, command))
}

// silent names the sources that are quieter than usual; empty where there are none.
func (v itemWriter) silent(list []feeds.Feed, command string) string {
	if len(list) == 0 {
		return ""
	}
	var names []string
	for i, f := range list {
		if i == showBroken && len(list) > showBroken+1 {
			names = append(names, v.count("MoreBroken", len(list)-i, "Command", command))
			break
		}
		names = append(names, v.say("SilentSince", "Source", mrkdwn(f.Label(), showSource), "Since", moment(v.lang, f.Since, v.now)))
	}
	return v.say("Silent", "Sources", strings.Join(names, "; "))
}

func (v itemWriter) brokenFor(f feeds.Feed, reason string) string {
	name := mrkdwn(f.Label(), showSource)
	if reason == "" {
		reason = v.say("BrokenUnsaid")
	}
	if f.Since.IsZero() {
		return v.say("BrokenNow", "Source", name, "Reason", reason)
	}
	return v.say("BrokenSince", "Source", name, "Since", moment(v.lang, f.Since, v.now), "Reason", reason)
}

// wrong says what is wrong with a source; empty where nothing is.
func (v voice) wrong(reason string) string {
	return mrkdwn(feeds.SayReason(reason, v.lang), showReason)
}

// wrongAndCure says besides what an editor can do about it; command is the
// slash command of this workspace.
func (v voice) wrongAndCure(reason, command string) string {
	cure := feeds.SayCure(reason, v.lang, func(address string) string {
		return quoted(strings.TrimSpace(command+" "+verbNames[v.lang][VerbSource]+" "+address), showReason)
	})
	if cure == "" {
		return v.wrong(reason)
	}
	return v.wrong(reason) + "; " + cure
}

// checked says how many sources were read.
func (v voice) checked(c digest.Coverage) string {
	return v.count("SourcesChecked", c.Sources, "Checked", c.Checked)
}

// names joins foreign names, so many at most; more are counted, unless it is
// one alone.
func (v voice) names(list []string, most int) string {
	out := make([]string, 0, min(len(list), most+1))
	for i, s := range list {
		if rest := len(list) - i; i >= most && rest > 1 {
			return strings.Join(out, ", ") + " " + v.say("NamesMore", "Count", rest)
		}
		out = append(out, mrkdwn(s, showWord))
	}
	return strings.Join(out, ", ")
}

// messages gives the finished messages.
func (l *layouter) messages() ([]digest.Message, error) {
	out := make([]digest.Message, 0, len(l.parts))
	for i, p := range l.parts {
		title := l.title(i + 1)
		p.blocks[0] = header(title)
		if l.Plan.Kind == digest.KindNow { // an alert is small: no heading
			p.blocks[0] = section(bold(title, maxHeader))
		}
		m, err := message(listing(mrkdwn(title, maxHeader), p.lines), p.blocks)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// listing joins a title and lines to a top-level text within Slack's limit.
func listing(title string, lines []string) string {
	var b strings.Builder
	b.WriteString(title)
	used := units(title)
	for _, line := range lines {
		if used += units(line) + 1; used > fillText {
			b.WriteString("\n…")
			break
		}
		b.WriteByte('\n')
		b.WriteString(line)
	}
	return b.String()
}
