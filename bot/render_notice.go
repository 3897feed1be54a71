package bot

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
)

// showNoticed is how many feeds of one kind a notice names; more are counted.
const showNoticed = 12

// fillNoticed is how many characters the feeds of one kind may take: four
// kinds, a heading each, and the rest of a message have to fit.
const fillNoticed = 2000

// RenderNotice lays out what the owner of feeds is told: one message, whatever
// number of feeds it tells of.
func (b *Bot) RenderNotice(n digest.Notice) ([]digest.Message, error) {
	location := n.Plan.Location
	if location == nil {
		location = time.UTC
	}
	v := speak(n.Plan.Language)
	w := noticeWriter{itemWriter: newItemWriter(v, n.At.In(location)), command: b.o.Command}
	if n.Outage() {
		w.paragraph([]string{v.say("NoticeOutage", "Failing", n.Failing, "Sources", n.Sources)})
	}
	list(&w, "NoticeBroken", n.Broken, func(f feeds.Feed) string {
		return w.brokenAndCure(f, w.command) + " " + v.count("NoticeFailures", f.Failures)
	})
	list(&w, "NoticeGone", n.Gone, func(f feeds.Feed) string { return w.brokenAndCure(f, w.command) })
	list(&w, "NoticeBack", n.Back, w.back)
	list(&w, "NoticeFlooded", n.Flooded, w.flooded)
	hint := v.say("NoticeHint", "Command", b.o.Command)
	m, err := message(listing(w.lines[0], w.lines[1:]), append(w.blocks, note(hint)))
	if err != nil {
		return nil, err
	}
	return []digest.Message{m}, nil
}

// noticeWriter collects the paragraphs of a notice.
type noticeWriter struct {
	itemWriter
	command string
	blocks  []slack.Block
	lines   []string // of the text for screen readers and notifications
}

// paragraph adds lines as one or more blocks.
func (w *noticeWriter) paragraph(lines []string) {
	w.lines = append(w.lines, lines...)
	var text strings.Builder
	for i, line := range lines {
		if i > 0 && units(text.String())+units(line)+1 > fillSection {
			w.blocks = append(w.blocks, section(text.String()))
			text.Reset()
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(line)
	}
	w.blocks = append(w.blocks, section(text.String()))
}

// list adds a heading with the number of entries, and a line for each.
func list[T any](w *noticeWriter, heading string, entries []T, say func(T) string) {
	if len(entries) == 0 {
		return
	}
	lines := []string{"*" + w.count(heading, len(entries)) + "*"}
	size := 0
	for i, e := range entries {
		line := "• " + say(e)
		size += units(line)
		if i > 0 && (size > fillNoticed || i == showNoticed && len(entries) > showNoticed+1) {
			lines = append(lines, "• "+w.count("MoreBroken", len(entries)-i, "Command", w.command))
			break
		}
		lines = append(lines, line)
	}
	w.paragraph(lines)
}

// back says for how long a source was away, and what it brought.
func (w *noticeWriter) back(r digest.Return) string {
	f := r.Feed
	items := w.say("NoticeNothing")
	if r.Items > 0 {
		items = w.count("ItemCount", r.Items)
	}
	return w.say("NoticeReturned", "Source", mrkdwn(f.Label(), showSource), "From", moment(w.lang, f.Troubled, w.now),
		"To", moment(w.lang, f.Recovered, w.now), "Span", w.span(f.Recovered.Sub(f.Troubled)), "Items", items)
}

// flooded says what came at once.
func (w *noticeWriter) flooded(f feeds.Feed) string {
	var parts []string
	if f.Renamed > 0 {
		parts = append(parts, w.count("NoticeRenamed", f.Renamed))
	}
	if f.Held > 0 {
		parts = append(parts, w.count("NoticeHeld", f.Held, "Command", w.command))
	}
	return w.say("NoticeFlood", "Source", mrkdwn(f.Label(), showSource), "Time", moment(w.lang, f.Flooded, w.now), "What", strings.Join(parts, " "))
}

// span is a length of time in one unit: "7 Stunden", "2 days".
func (v voice) span(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d >= 2*day:
		return v.count("SpanDays", int(d.Round(day)/day))
	case d >= 100*time.Minute:
		return v.count("SpanHours", int(d.Round(time.Hour)/time.Hour))
	case d >= 100*time.Second:
		return v.count("SpanMinutes", int(d.Round(time.Minute)/time.Minute))
	}
	return v.count("SpanSeconds", int(d.Round(time.Second)/time.Second))
}
