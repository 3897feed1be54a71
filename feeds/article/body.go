package article

import (
	"net/url"
	"regexp"
	"slices"
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

// maxLead is how many lines below the headline the lead may stand.
const maxLead = 12

// keepLead takes the name "teaser" off a lead right below the headline: German
// systems call it so, and the parser takes it for the teaser of another article.
// Those hold links or headings.
func (r *rendered) keepLead() {
	for i, l := range r.lines {
		if l.level != 1 || l.side {
			continue
		}
		for j := i + 1; j < min(i+maxLead, len(r.lines)) && r.lines[j].level == 0; j++ {
			teaser := false
			for n := r.lines[j].nodes[0].Parent; n != nil && !holds(r.spans[n], i); n = n.Parent {
				if isTeaser(n) && r.plain(n, r.lines[j]) {
					teaser = true
					n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "class" || a.Key == "id" })
					if n == r.lines[j].block && n.DataAtom != atom.Li { // loose text is no paragraph to the parser
						n.Data, n.DataAtom = "p", atom.P
					}
				}
			}
			if r.lines[j].prose() && !teaser {
				break
			}
		}
	}
}

func holds(s span, i int) bool { return s.from <= i && i < s.to }

func isTeaser(n *html.Node) bool {
	return strings.Contains(strings.ToLower(attr(n, "class")+" "+attr(n, "id")), "teaser")
}

// plain says whether an element, which may be a part of one line, is as short as
// a lead and holds neither links nor headings.
func (r *rendered) plain(n *html.Node, part line) bool {
	lines := []line{part}
	if s, ok := r.spans[n]; ok {
		lines = r.lines[s.from:s.to]
	}
	if len(lines) > maxLead {
		return false
	}
	return !slices.ContainsFunc(lines, func(l line) bool { return l.level > 0 || l.linked > 0 || l.side })
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
		for j := i + 1; j < min(i+maxLead, len(page.lines)); j++ {
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

// realName says whether an author is a person rather than the outlet.
func realName(author, site string) bool {
	switch f := strings.ToLower(author); {
	case f == "", strings.EqualFold(author, site), strings.Contains(f, "redaktion"), strings.Contains(f, "admin"), strings.Contains(f, "webmaster"),
		strings.Contains(f, "pressestelle"), strings.Contains(f, "pressereferat"), f == "presse", f == "news":
		return false
	}
	return strings.ContainsRune(author, ' ')
}
