package article

import (
	"regexp"
	"strings"

	"golang.org/x/net/html/atom"
)

var sourceName = regexp.MustCompile(`(?i)^[(\[]?Quellen?\s*[:/]\s*(.{2,150}?)[)\].]?$`)

// belowArticle is how many lines below the text the source may stand.
const belowArticle = 12

// source gives whom the article names as its source: the last such line
// below the prose of the text found, before anything else begins. Those further
// up, and captions, name the sources of pictures.
func source(page, found []line) string {
	at := map[string][]int{}
	for i, l := range page {
		at[l.text] = append(at[l.text], i)
	}
	first, last := -1, -1
	for _, l := range found {
		rest := at[l.text]
		for len(rest) > 0 && rest[0] <= last {
			rest = rest[1:]
		}
		if at[l.text] = rest; len(rest) == 0 {
			continue
		}
		if last = rest[0]; first < 0 {
			first = last
		}
	}
	if first < 0 {
		return ""
	}
	name := ""
	for i := first; i < min(last+1+belowArticle, len(page)); i++ {
		l := page[i]
		if i > last && (l.level > 0 || l.prose() || listHead.MatchString(l.text) || hardEnd.MatchString(l.text) && !keywordLabel.MatchString(l.text)) {
			break
		}
		if l.prose() {
			name = "" // the article goes on: that was a picture's
		}
		if m := sourceName.FindStringSubmatch(l.text); m != nil && !l.side && (l.block == nil || l.block.DataAtom != atom.Figcaption && !within(l.block, atom.Figure)) {
			name = strings.TrimSpace(m[1])
		}
	}
	return name
}
