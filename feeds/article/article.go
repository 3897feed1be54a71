package article

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // German dates need Europe/Berlin, in a container without zone files too
)

// Page is what a server sent.
type Page struct {
	Body        []byte    // decompressed
	ContentType string    // of the HTTP header; may be empty
	URL         string    // where it came from; may be empty
	Now         time.Time // a date more than a day after it is not believed; zero: any is
}

// Article is what a page says. All text is valid UTF-8 in composed form (NFC)
// and without control characters.
type Article struct {
	Title     string
	Text      string   // paragraphs, a blank line between them
	Keywords  []string // the outlet's own, in its order, without repetitions
	Published time.Time
	// DateUncertain says that Published was guessed from somewhere on the page.
	// Where it is false, a declaration or the dateline said so.
	DateUncertain bool
	Author        string // names, separated by ", ", or the author's code ("sib")
	Source        string // whom the article names as its source ("Quelle: Amtsblatt"); empty: nobody
	Site          string
	Canonical     string   // the address the page calls its own; empty: none
	Lead          string   // how the page sums the article up for others; empty: it does not
	Lines         []string // every line of the page, each once, at most 1,000: what stands on page after page is no article's
	// Paywalled says that the outlet declares the article not to be free. Text
	// is what the page shows to everybody.
	Paywalled bool
}

// Reasons for which a page gives no text. With ErrConsent, ErrPaywall and
// ErrNoText the other fields of the Article are set as far as the page has them,
// and the caller does well to stay with what the feed said.
var (
	ErrNotArticle = errors.New("not a page of text")
	ErrTooLarge   = errors.New("page too large")
	ErrTooComplex = errors.New("page nested too deeply or of too many elements")
	ErrConsent    = errors.New("the page asks for consent in place of the article")
	ErrPaywall    = errors.New("the article is behind a paywall")
	ErrNoText     = errors.New("no article found on the page")
)

// Extract reads an article page. Its error is one of those above, wrapped, or
// ctx's.
func Extract(ctx context.Context, p Page) (a Article, err error) {
	defer func() {
		// The last resort: the parser is other people's code, the page anybody's.
		if r := recover(); r != nil {
			a, err = Article{}, fmt.Errorf("read article: the parser failed: %v", r)
		}
	}()
	if err := ctx.Err(); err != nil {
		return Article{}, fmt.Errorf("read article: %w", err)
	}
	if len(p.Body) > MaxBytes {
		return Article{}, fmt.Errorf("read article: %w: %d bytes, at most %d are read", ErrTooLarge, len(p.Body), MaxBytes)
	}
	kind := kindOf(p)
	if kind == kindOther {
		return Article{}, fmt.Errorf("read article: %w", ErrNotArticle)
	}
	text := decode(p.Body, p.ContentType)
	if unreadable(text) {
		return Article{}, fmt.Errorf("read article: %w", ErrNotArticle)
	}
	if kind == kindPlain {
		a, err = fromPlain(p, text)
	} else {
		a, err = fromHTML(ctx, p, text)
	}
	if err != nil {
		return a, fmt.Errorf("read article: %w", err)
	}
	return a, nil
}

// fromHTML reads a page of HTML.
func fromHTML(ctx context.Context, p Page, text []byte) (Article, error) {
	text, err := tame(text)
	if err != nil {
		return Article{}, err
	}
	doc, err := parse(text)
	if err != nil {
		return Article{}, err
	}
	base, err := url.Parse(p.URL)
	if err != nil || base.Host == "" {
		base = nil
	}
	h := readHead(doc, base)
	dropScripts(doc)
	wrapLoose(doc)
	page := render(doc)
	if page.size > maxText {
		return Article{}, fmt.Errorf("%w: too much text", ErrTooLarge)
	}
	a := Article{
		Title: h.title(page), Author: h.author(), Site: h.siteName(base), Canonical: h.canonical,
		Lead: h.first("description", "og:description", "twitter:description"), Lines: page.distinct(),
		Keywords: keywordsOf(page, h), Paywalled: h.paid || paywallWords(page),
	}
	a.Published = believable(h.published(), p.Now)
	if a.Published.IsZero() {
		a.Published = believable(pageDate(page), p.Now)
	}
	pruned := prune(page)
	if err := ctx.Err(); err != nil {
		return a, err
	}
	page.keepLead()
	found := reline(body(doc, base), page, pruned)
	furniture := page.furniture()
	found = withLead(trimStart(found, a.Title, furniture), page, pruned)
	a.Source = source(page.lines, found)
	a.finish(found, furniture)
	if a.Published.IsZero() {
		a.Published, a.DateUncertain = guessDate(doc, page, p)
	}
	return a, a.wall(page)
}

// fromPlain reads a page of plain text: the first line is its title.
func fromPlain(p Page, text []byte) (Article, error) {
	if len(text) > maxText {
		return Article{}, fmt.Errorf("%w: too much text", ErrTooLarge)
	}
	lines := plainLines(string(text))
	page := &rendered{lines: lines}
	a := Article{Keywords: distinct(labelledKeywords(lines)), Lines: page.distinct()}
	if base, err := url.Parse(p.URL); err == nil {
		a.Site = siteOf(base)
	}
	if len(lines) > 1 && len(lines[0].text) <= maxTitle {
		n := 1
		if strings.HasSuffix(lines[0].text, ":") && lines[1].para == lines[0].para && !lines[1].prose() {
			n = 2 // a kicker above the title
		}
		for _, l := range lines[:n] {
			a.Title = strings.TrimSpace(a.Title + " " + l.text)
		}
		lines = lines[n:]
	}
	a.Source = source(lines, lines)
	a.finish(lines, nil)
	a.Published = believable(a.Published, p.Now)
	return a, a.wall(page)
}

// finish turns the lines that the parser found into text and takes the
// dateline and the author's code off it.
func (a *Article) finish(lines []line, furniture map[string]bool) {
	drop := plan(lines)
	kept := lines[:0:0]
	for i, l := range lines {
		if !drop[i] && !furniture[l.text] && !l.offers() {
			kept = append(kept, l)
		}
	}
	kept, at, codes := takeDateline(kept)
	if a.Published.IsZero() {
		a.Published = at
	}
	kept, code := takeAuthorCode(kept)
	if code != "" && !slices.Contains(codes, code) {
		codes = append(codes, code)
	}
	if len(codes) > 0 && !realName(a.Author, a.Site) {
		a.Author = strings.Join(codes, ", ")
	}
	a.Text = join(kept)
}
