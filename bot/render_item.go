package bot

import (
	"slices"
	"strings"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// itemWriter writes single items, as of one moment and in one language.
type itemWriter struct {
	voice
	now     time.Time // its zone is that of every date shown
	matched [2]string // what stands before and after the words that matched
	also    [2]string // and around the other topics
	topic   [2]string // and around the topic where none is the heading
	topics  [2]string // and around several
}

func newItemWriter(v voice, now time.Time) itemWriter {
	return itemWriter{
		voice:   v,
		now:     now,
		matched: around(v.say("Matched", "Words", "\x00")),
		also:    around(v.say("AlsoTopics", "Topics", "\x00")),
		topic:   around(v.count("ItemTopics", 1, "Topics", "\x00")),
		topics:  around(v.count("ItemTopics", 2, "Topics", "\x00")),
	}
}

// around splits a phrase at its one placeholder, so that a list of a thousand
// items needs the template once.
func around(s string) [2]string {
	before, after, _ := strings.Cut(s, "\x00")
	return [2]string{before, after}
}

// item is an item's paragraph: headline, then source, time and why it is here,
// then the teaser. label is the headline, ready; section is the title it stands
// under; rule is the query behind it, where the item's own matches do not say.
func (w *itemWriter) item(it feeds.Item, label, section string, rule *keyword.Query) string {
	words, topics := w.reasons(it, section, rule)
	phrase := w.also
	if section == "" {
		phrase = w.heading(topics)
	}
	return w.paragraph(it, label, words, topics, phrase)
}

// heading is what stands around the topics where none is the heading.
func (w *itemWriter) heading(topics []string) [2]string {
	if len(topics) == 1 {
		return w.topic
	}
	return w.topics
}

// found is a search hit's paragraph, with the words that the query hit.
func (w *itemWriter) found(f feeds.Found, label string) string {
	_, topics := w.reasons(f.Item, "", nil)
	words := hitWords(f.Hits)
	all := len(topics)
	topics = unsaid(topics, words)
	phrase := w.also
	if len(topics) == all {
		phrase = w.heading(topics)
	}
	return w.paragraph(f.Item, label, words, topics, phrase)
}

// headline is an item's line in the text for screen readers.
func (w *itemWriter) headline(it feeds.Item, label string) string {
	if it.Source != "" {
		label += " (" + mrkdwn(it.Source, showSource) + ")"
	}
	return label
}

func (w *itemWriter) paragraph(it feeds.Item, label string, words, topics []string, phrase [2]string) string {
	var b strings.Builder
	b.Grow(512)
	if target, ok := safeURL(it.URL); ok {
		b.WriteString("<" + target + "|" + label + ">")
	} else {
		b.WriteString(bold(w.titleOf(it), showTitle))
	}
	b.WriteByte('\n')
	if source := mrkdwn(it.Source, showSource); source != "" {
		b.WriteString(source)
		b.WriteString(" · ")
	}
	b.WriteString(w.when(it))
	w.list(&b, w.matched, words, showWords)
	w.list(&b, phrase, topics, showTopics)
	if teaser := mrkdwn(it.Summary, showTeaser); teaser != "" {
		b.WriteByte('\n')
		b.WriteString(teaser)
	}
	return b.String()
}

func (w *itemWriter) list(b *strings.Builder, phrase [2]string, list []string, most int) {
	if len(list) == 0 {
		return
	}
	b.WriteString(" · ")
	b.WriteString(phrase[0])
	for i, s := range list[:min(len(list), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(mrkdwn(s, showWord))
	}
	if len(list) > most {
		b.WriteString(" …")
	}
	b.WriteString(phrase[1])
}

// reasons gives the words by which the item came into the section, and the
// other topics that accept it.
func (w *itemWriter) reasons(it feeds.Item, section string, rule *keyword.Query) (words, topics []string) {
	for _, m := range it.Matches {
		if m.Topic == section {
			words = m.Words
			continue
		}
		topics = append(topics, m.Topic)
	}
	if words == nil && rule != nil {
		if hits, ok := rule.Match(keyword.Analyse(it.Text())); ok {
			words = hitWords(hits)
		}
	}
	return words, unsaid(topics, words)
}

// unsaid leaves out the topics whose name is a word that matched: it stands
// there already.
func unsaid(topics, words []string) []string {
	return slices.DeleteFunc(topics, func(topic string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, topic) })
	})
}

func hitWords(hits []keyword.Hit) []string {
	var out []string
	seen := map[string]bool{}
	for _, h := range hits {
		if word := strings.TrimSpace(h.Text); word != "" && !seen[word] {
			seen[word] = true
			out = append(out, word)
		}
	}
	return out
}

// when is an item's time, in the writer's zone.
func (w *itemWriter) when(it feeds.Item) string {
	t := it.Dated
	if t.IsZero() {
		t = it.Seen
	}
	return stamp(w.lang, t.In(w.now.Location()), w.now)
}

// titleOf is an item's headline; never empty.
func (w *itemWriter) titleOf(it feeds.Item) string {
	if title := tidy(it.Title); title != "" {
		return title
	}
	if teaser := short(tidy(it.Summary), 80); teaser != "" {
		return teaser
	}
	return w.say("NoTitle")
}
