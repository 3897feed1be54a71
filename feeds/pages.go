package feeds

import (
	"context"
	"strings"
	"time"
)

// Pages keeps which article pages are to be read, and what they said: the
// pages of new items whose feed asks for full text. Each is read once.
type Pages interface {
	// DuePages lists at most limit pages that are to be asked for at now,
	// longest overdue first.
	DuePages(ctx context.Context, now time.Time, limit int) ([]PageOrder, error)
	// TakePage notes that a page is about to be asked for, so that nobody else
	// does before until. It is false where somebody else did, or it is done.
	TakePage(ctx context.Context, item int64, now, until time.Time) (bool, error)
	// SavePage stores what became of a page. Where its item waited for it, the
	// item becomes news now, unless the page is to be asked for again.
	SavePage(ctx context.Context, p PageResult) error
	// ReleasePages makes those items news, by what their feeds say, that were to
	// wait for their pages until a time not after now, and gives their number.
	// Their pages stay wanted.
	ReleasePages(ctx context.Context, now time.Time) (int, error)
}

// PageState says what became of an item's page.
type PageState string

// The states of a page.
const (
	PageWanted  PageState = "wanted"  // to be asked for, maybe again; Reason says why it failed last
	PageRead    PageState = "read"    // what it says is part of the item
	PageRefused PageState = "refused" // not to be had; Reason says why
)

// PageOrder is a page that is to be read.
type PageOrder struct {
	Item   int64
	URL    string
	Source string    // Label of the item's first feed
	Tries  int       // begun so far, those that a crash cut short included
	Wanted time.Time // since when
}

// PageResult is what became of a page that was asked for.
type PageResult struct {
	Item   int64
	At     time.Time
	State  PageState
	Reason string    // why it was not read, one sentence for a person
	Again  time.Time // with PageWanted: not before
	Untold bool      // with PageWanted: the try does not count, nobody was asked
	Text   PageText  // with PageRead
}

// PageText is what a page says of its article.
type PageText struct {
	Site      string // host that it came from
	Text      string // paragraphs, a blank line between them
	Keywords  []string
	Author    string
	Published time.Time // zero: not said, or only guessed
	Lead      string    // how the page itself sums up its article; may be empty
	Lines     []string  // every line of the page, each once, those around the article too
}

// PageNote is what is known of an item's page.
type PageNote struct {
	State  PageState // empty: its feed asks for no full text, or it was not new
	Reason string    // why it was not read, or not yet
	At     time.Time // when it was read or given up; else when it is asked for next
	Waits  bool      // the item is no news before the page is done,
	Until  time.Time // at the latest then
}

// maxPageText bounds what is kept of a page's text, in bytes; what is longer is
// no article.
const maxPageText = 256 << 10

// WithPage gives the item with what its page says, and whether the page's text
// became its content. The feed's own content stays where the page has much less:
// what was found there is a part of the article, or something else. What the
// feed says of author and date is not overruled.
func (it Item) WithPage(p PageText) (Item, bool) {
	kept := strings.TrimSpace(p.Text) != "" && len(p.Text)*5 >= len(it.Content)*4
	if kept {
		it.Content = cut(p.Text, maxPageText)
	}
	it.Categories = addWords(it.Categories, p.Keywords)
	it.Author = firstOf(it.Author, cut(p.Author, 500))
	if it.Published.IsZero() {
		it.Published = p.Published
	}
	return it, kept
}

// maxCategories bounds an item's keywords, the page's included.
const maxCategories = 100

// addWords adds the words that the list has not, whatever their case.
func addWords(list, more []string) []string {
	have := make(map[string]bool, len(list)+len(more))
	out := append([]string(nil), list...)
	for _, w := range list {
		have[strings.ToLower(w)] = true
	}
	for _, w := range more {
		if w != "" && len(out) < maxCategories && !have[strings.ToLower(w)] {
			have[strings.ToLower(w)] = true
			out = append(out, w)
		}
	}
	return out
}

const (
	leadStart = 40  // bytes of a teaser by which a line of the text is known to be its own
	enough    = 100 // bytes of text that are left at least
)

// Without drops the lines from the text that learned says are the site's and
// not the article's. A line that the item's own title or teaser holds stays,
// wherever else it stands: sites announce an article on the pages of others.
// Where nothing would be left, all stays.
func (p PageText) Without(it Item, learned func(line string) bool) PageText {
	own := ownLines(it.Title, it.Summary, p.Lead)
	var paragraphs []string
	dropped := false
	for paragraph := range strings.SplitSeq(p.Text, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			if learned(line) && !own(line) {
				dropped = true
				continue
			}
			lines = append(lines, line)
		}
		if len(lines) > 0 {
			paragraphs = append(paragraphs, strings.Join(lines, "\n"))
		}
	}
	if rest := strings.Join(paragraphs, "\n\n"); dropped && len(rest) >= enough {
		p.Text = rest
	}
	return p
}

// ownLines gives a function that says whether a line is one of the texts, or
// begins as one does.
func ownLines(texts ...string) func(string) bool {
	for i := range texts {
		texts[i] = strings.ToLower(strings.Join(strings.Fields(texts[i]), " "))
	}
	return func(line string) bool {
		line = strings.ToLower(line)
		for _, t := range texts {
			if t != "" && (t == line || len(t) >= leadStart && strings.HasPrefix(line, t[:leadStart]) ||
				len(line) >= leadStart && strings.Contains(t, line)) {
				return true
			}
		}
		return false
	}
}
