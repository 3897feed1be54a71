package bot

import (
	"strings"

	"depesche/digest"
	"depesche/feeds"
)

// PlainText gives a digest as text for a terminal: no markup, addresses on
// lines of their own.
func PlainText(d digest.Digest) string {
	l := newLayouter(d, "/news")
	l.parts = []*part{{}}
	var b strings.Builder
	b.WriteString(l.title(1) + "\n")
	for _, s := range d.Sections {
		b.WriteString("\n" + tidy(s.Title) + "\n")
		rule := l.rule(s.Title)
		for _, it := range s.Items {
			words, topics := l.reasons(it, s.Title, rule)
			b.WriteString("\n  " + tidy(l.titleOf(it)) + "\n  " + strings.Join(l.facts(it, words, topics, tidy), " · ") + "\n")
			if teaser := short(tidy(it.Summary), showTeaser); teaser != "" {
				b.WriteString("  " + teaser + "\n")
			}
			if it.URL != "" {
				b.WriteString("  " + strings.Map(dropControl, it.URL) + "\n")
			}
		}
	}
	if d.Count() == 0 {
		b.WriteString("\n" + l.emptyLine() + "\n")
	}
	b.WriteString("\n")
	for _, line := range l.coverage() {
		b.WriteString(decoder.Replace(line) + "\n")
	}
	return b.String()
}

// Markdown gives a digest as CommonMark, in which foreign text is escaped.
func Markdown(d digest.Digest) string {
	l := newLayouter(d, "/news")
	l.parts = []*part{{}}
	var b strings.Builder
	b.WriteString("# " + markdown(l.title(1)) + "\n")
	for _, s := range d.Sections {
		b.WriteString("\n## " + markdown(tidy(s.Title)) + "\n\n")
		rule := l.rule(s.Title)
		for _, it := range s.Items {
			words, topics := l.reasons(it, s.Title, rule)
			b.WriteString("- " + markdownLink(it.URL, l.titleOf(it)) + "  \n  " +
				strings.Join(l.facts(it, words, topics, func(s string) string { return markdown(tidy(s)) }), " · "))
			if teaser := short(tidy(it.Summary), showTeaser); teaser != "" {
				b.WriteString("  \n  " + markdown(teaser))
			}
			b.WriteByte('\n')
		}
	}
	if d.Count() == 0 {
		b.WriteString("\n" + markdown(l.emptyLine()) + "\n")
	}
	b.WriteString("\n---\n\n")
	for _, line := range l.coverage() {
		points := strings.Split(decoder.Replace(line), "\n• ")
		for i, p := range points {
			points[i] = markdown(strings.ReplaceAll(p, "\n", " "))
		}
		b.WriteString(strings.Join(points, "\n- ") + "\n\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// facts are an item's source, time and reasons, each made harmless.
func (w *itemWriter) facts(it feeds.Item, words, topics []string, harmless func(string) string) []string {
	var out []string
	if source := harmless(it.Source); source != "" {
		out = append(out, source)
	}
	out = append(out, harmless(w.when(it)))
	join := func(list []string) string {
		safe := make([]string, len(list))
		for i, s := range list {
			safe[i] = harmless(s)
		}
		return strings.Join(safe, ", ")
	}
	if len(words) > 0 {
		out = append(out, w.matched[0]+join(words)+w.matched[1])
	}
	if len(topics) > 0 {
		out = append(out, w.also[0]+join(topics)+w.also[1])
	}
	return out
}

// markdown escapes whatever CommonMark gives a meaning to.
func markdown(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>()#+-!|~&^$\"'=:@/", r) && special(s, i, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// special keeps ordinary prose readable: what has a meaning only at the start
// of a line is escaped only there, and a colon or a slash only where an
// address would be made a link of.
func special(s string, i int, r rune) bool {
	switch r {
	case '+', '-', '=', '"', '\'', '$', '^', '(', ')':
		return i == 0
	case ':', '/':
		return strings.HasPrefix(s[i:], "://")
	case '!':
		return strings.HasPrefix(s[i:], "![")
	default:
		return true
	}
}

func markdownLink(address, title string) string {
	title = markdown(short(tidy(title), showTitle))
	target, ok := safeURL(address)
	if !ok {
		return "**" + title + "**"
	}
	return "[" + title + "](<" + decoder.Replace(target) + ">)"
}
