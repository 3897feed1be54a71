package article

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/markusmobius/go-htmldate"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// body lets the parser find the article's body; nil where it finds none.
func body(doc *html.Node, base *url.URL) []line {
	result, err := trafilatura.ExtractDocument(doc, trafilatura.Options{
		OriginalURL: base, EnableFallback: true, ExcludeComments: true, HtmlDateMode: trafilatura.Disabled,
	})
	if err != nil {
		return nil // its errors all say that there is too little text
	}
	return render(result.ContentNode).lines
}

// guessDate looks for a date anywhere on the page, best near the headline.
func guessDate(doc *html.Node, page *rendered, p Page) (time.Time, bool) {
	if t := believable(nearbyDate(page), p.Now); !t.IsZero() {
		return t, true
	}
	o := htmldate.Options{UseOriginalDate: true, SkipExtensiveSearch: true, URL: p.URL}
	if !p.Now.IsZero() {
		o.MaxDate = p.Now
	}
	found, err := htmldate.FromDocument(doc, o)
	if err != nil || found.IsZero() {
		return time.Time{}, false
	}
	d := found.DateTime
	t := believable(time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, berlin), p.Now)
	return t, !t.IsZero()
}

// withLead puts the lead back where the parser took it for a teaser of another
// article: prose right below the headline that leads to the text found.
func withLead(found []line, page *rendered, pruned []bool) []line {
	if len(found) == 0 {
		return found
	}
	texts := map[string]bool{}
	for _, l := range found {
		texts[l.text] = true
	}
	for i, l := range page.lines {
		if l.level != 1 || l.side {
			continue
		}
		var lead []line
		for j := i + 1; j < min(i+12, len(page.lines)); j++ {
			c := page.lines[j]
			if texts[c.text] && c.prose() {
				return append(lead, found...)
			}
			if c.prose() && !pruned[j] && !c.side && !within(c.block, atom.Figure) && c.block.DataAtom != atom.Figcaption {
				c.para = -1 - len(lead) // a paragraph of its own
				lead = append(lead, c)
			}
		}
	}
	return found
}

var releaseNumber = regexp.MustCompile(`(?i)^(?:(?:presse|medien)(?:mitteilung|information|meldung))?\s*(?:nr\.?|nummer)?\s*[\d/.-]*$`)

// isKicker knows the word above a headline: "Mittelau:".
func isKicker(l line) bool { return len(l.text) <= 50 && strings.HasSuffix(l.text, ":") }

// trimStart takes the title, and what stands above it, off the text, and the
// number of a press release.
func trimStart(lines []line, title string, furniture map[string]bool) []line {
	joined, above := "", 0
	for i, l := range lines[:min(len(lines), 6)] {
		if l.prose() {
			break
		}
		joined += l.text
		if f := fold(l.text); title != "" && (f == fold(title) || fold(joined) == fold(title) || l.level == 1 && alike(f, fold(title))) {
			above = i + 1
		}
	}
	lines = lines[above:]
	for len(lines) > 1 && (furniture[lines[0].text] || isKicker(lines[0]) || releaseNumber.MatchString(lines[0].text)) {
		lines = lines[1:]
	}
	return lines
}

var (
	// "(sib)", "*(ve)*", "(dpa/ck)": letters in lower case at the very end.
	authorCode = regexp.MustCompile(`(?:^|\s)\*{0,2}\(((?:[a-zäöüß]{2,5}|[A-Z][a-zäöüß]{1,4}\.?)(?:\s?/\s?[a-zäöüß]{2,5}){0,3})\)\*{0,2}\s*$`)
	onlyLink   = regexp.MustCompile(`^(?:<?(?:https?://|www\.)[^\s>]+>?|\(?https?://[^\s)]+\)?)$`)
)

// takeAuthorCode takes the author's code off the last line of prose, and the
// addresses below it.
func takeAuthorCode(lines []line) ([]line, string) {
	end := len(lines)
	for end > 1 && onlyLink.MatchString(lines[end-1].text) {
		end--
	}
	if end == 0 {
		return lines, ""
	}
	lines = append([]line{}, lines[:end]...)
	last := &lines[end-1]
	m := authorCode.FindStringSubmatchIndex(last.text)
	if m == nil {
		return lines, ""
	}
	code := last.text[m[2]:m[3]]
	if last.text = strings.TrimSpace(last.text[:m[0]]); last.text == "" {
		lines = lines[:end-1]
	}
	return lines, code
}

// realName says whether an author is a person rather than the outlet.
func realName(author, site string) bool {
	switch f := strings.ToLower(author); {
	case f == "", strings.EqualFold(author, site), strings.Contains(f, "redaktion"), strings.Contains(f, "admin"), strings.Contains(f, "webmaster"),
		strings.Contains(f, "pressestelle"), strings.Contains(f, "pressereferat"), f == "presse", f == "news":
		return false
	}
	return strings.ContainsRune(author, ' ')
}
