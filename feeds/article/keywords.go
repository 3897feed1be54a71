package article

import (
	"regexp"
	"strings"
)

var keywordLabel = regexp.MustCompile(`(?i)^(?:Stichwörter|Stichworte|Stichwort|Schlagwörter|Schlagworte|Schlagwort|Tags|Keywords|Themen)\s*:?\s*(.*)$`)

// keywordsOf gives the outlet's own keywords: those that a reader sees, then
// those that the page declares, in their order, without repetitions.
func keywordsOf(page *rendered, h *head) []string {
	var list []string
	list = append(list, labelledKeywords(page.lines)...)
	list = append(list, h.tags...)
	for _, name := range []string{"news_keywords", "article:tag", "og:article:tag", "keywords", "parsely-tags", "citation_keywords", "dcterms.subject", "dc.subject"} {
		for _, v := range h.meta[name] {
			list = append(list, splitWords(v)...)
		}
	}
	list = append(list, h.ld.keywords...)
	return distinct(list)
}

// labelledKeywords reads "Stichwörter: a, b, c", which may go on in the next
// lines and may be a list below its label.
func labelledKeywords(lines []line) []string {
	var out []string
	for i, l := range lines {
		m := keywordLabel.FindStringSubmatch(l.text)
		if m == nil || l.side || !strings.Contains(l.text, ":") && (l.level == 0 || strings.HasPrefix(strings.ToLower(l.text), "themen")) {
			continue
		}
		if strings.HasPrefix(strings.ToLower(l.text), "themen") && l.linked == 0 {
			continue // "Themen: ..." is a label only where it leads to them
		}
		text := m[1]
		for j := i + 1; j < len(lines) && j < i+30; j++ {
			next := lines[j]
			goesOn := strings.HasSuffix(text, ",") || strings.HasSuffix(text, ";") || strings.HasSuffix(text, "|")
			listed := next.item && next.linked > 0 && (m[1] == "" || lines[i].item)
			if next.level > 0 || next.prose() || hardEnd.MatchString(next.text) || !goesOn && !listed && text != "" {
				break
			}
			if listed && !goesOn && text != "" {
				text += ";"
			}
			text += " " + next.text
			if !listed && !goesOn {
				break
			}
		}
		if len(text) <= 2000 {
			out = append(out, splitWords(clean(text))...)
		}
	}
	return out
}

// splitWords splits a list at its strongest separator, so that a keyword may
// hold the weaker ones.
func splitWords(s string) []string {
	sep := ","
	for _, c := range []string{"|", ";", " · ", " • "} {
		if strings.Contains(s, c) {
			sep = c
			break
		}
	}
	return strings.Split(s, sep)
}

// distinct drops repetitions, whatever their case, and what is no keyword.
func distinct(list []string) []string {
	seen, out := map[string]bool{}, []string{}
	for _, w := range list {
		w = strings.TrimSpace(strings.Trim(clean(w), "#,;|. \"„“"))
		key := strings.ToLower(w)
		if len(w) < 2 || len(w) > 100 || seen[key] || strings.Contains(w, "://") {
			continue
		}
		seen[key] = true
		if out = append(out, w); len(out) == maxKeywords {
			break
		}
	}
	return out
}
