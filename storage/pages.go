package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// maxPages is how many pages one poll asks for. What is beyond, the oldest of
// a feed that brings hundreds at once, is news by what the feed says.
const maxPages = 100

type pageRow struct {
	Item     int64  `db:"item_id"`
	URL      string `db:"url"`
	State    string `db:"state"`
	Reason   string `db:"reason"`
	Waiting  bool   `db:"waiting"`
	Deadline stamp  `db:"deadline"`
	NextTry  stamp  `db:"next_try"`
	Done     stamp  `db:"done"`
	Kept     bool   `db:"kept"`
	Keywords words  `db:"keywords"`
}

const pageColumns = `item_id, url, state, reason, waiting, deadline, next_try, done, kept, keywords`

// awaitPages takes their rank from the new items that are to wait for their
// pages. A page that several items share is no item's own.
func awaitPages(p feeds.Poll, records []record, work sorted) {
	if p.PagesBy.IsZero() {
		return
	}
	fresh := records[len(work.changed):]
	left := maxPages
	for i, c := range slices.Backward(work.fresh) {
		if left > 0 && fresh[i].News == rankWanted && c.entry.Link != "" && c.entry.URL != "" {
			fresh[i].News, fresh[i].page = 0, true
			left--
		}
	}
}

// wantPages has the pages fetched of which awaitPages said so.
func (t *tx) wantPages(ctx context.Context, p feeds.Poll, records []record) error {
	var rows [][]any
	for _, r := range records {
		if r.page {
			rows = append(rows, []any{r.ID, r.URL, string(feeds.PageWanted), true, at(p.PagesBy), at(p.At), at(p.At)})
		}
	}
	return t.insert(ctx, `INSERT INTO pages (item_id, url, state, waiting, deadline, wanted, next_try)`, `(?, ?, ?, ?, ?, ?, ?)`, ``, rows)
}

// pagesOf gives the pages of the items that have one.
func (t *tx) pagesOf(ctx context.Context, ids []int64) (map[int64]pageRow, error) {
	rows, err := queryIn[pageRow](ctx, t, `SELECT `+pageColumns+` FROM pages WHERE item_id IN (?)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read pages of %d items: %w", len(ids), err)
	}
	out := make(map[int64]pageRow, len(rows))
	for _, r := range rows {
		out[r.Item] = r
	}
	return out, nil
}

// keepPage gives a changed record what its page said before, and has it
// classified anew. A feed that changes its teaser says nothing against the page.
func (t *tx) keepPage(ctx context.Context, page pageRow, before itemRow, r record) (record, error) {
	switch feeds.PageState(page.State) {
	case feeds.PageWanted:
		_, err := t.exec(ctx, `UPDATE pages SET url = ? WHERE item_id = ?`, r.URL, r.ID)
		return r, err
	case feeds.PageRead:
	default:
		return r, nil
	}
	text := feeds.PageText{Keywords: page.Keywords, Author: before.Author, Published: before.Published.Time}
	if page.Kept {
		text.Text = before.Content
	}
	r.Item, _ = r.WithPage(text)
	topics, err := t.topicRows(ctx)
	if err != nil {
		return r, err
	}
	return r.classified(topics)
}

// classified analyses the record's text anew.
func (r record) classified(rows []topicRow) (record, error) {
	topics, err := parseTopics(rows)
	if err != nil {
		return r, err
	}
	doc := keyword.Analyse(r.Text())
	r.Matches, r.tokens = feeds.Classify(topics, doc), doc.Tokens()
	r.Dated = feeds.Date(r.Published, r.Seen, r.archive)
	return r, nil
}

// DuePages implements feeds.Pages.
func (s *Store) DuePages(ctx context.Context, now time.Time, limit int) ([]feeds.PageOrder, error) {
	var rows []struct {
		Item   int64  `db:"item_id"`
		URL    string `db:"url"`
		Source string `db:"source"`
		Tries  int    `db:"tries"`
		Wanted stamp  `db:"wanted"`
	}
	err := s.query(ctx, &rows, `SELECT pages.item_id, pages.url, items.source, pages.tries, pages.wanted
		FROM pages JOIN items ON items.id = pages.item_id
		WHERE pages.state = 'wanted' AND pages.next_try <= ? ORDER BY pages.next_try, pages.item_id LIMIT ?`, at(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list due pages: %w", err)
	}
	list := make([]feeds.PageOrder, len(rows))
	for i, r := range rows {
		list[i] = feeds.PageOrder{Item: r.Item, URL: r.URL, Source: r.Source, Tries: r.Tries, Wanted: r.Wanted.Time}
	}
	return list, nil
}

// TakePage implements feeds.Pages.
func (s *Store) TakePage(ctx context.Context, item int64, now, until time.Time) (taken bool, err error) {
	err = s.inTx(ctx, func(tx *tx) error {
		n, err := tx.exec(ctx, `UPDATE pages SET tries = tries + 1, next_try = ?
			WHERE item_id = ? AND state = 'wanted' AND next_try <= ?`, at(until), item, at(now))
		taken = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take page of item %d: %w", item, err)
	}
	return taken, nil
}

// SavePage implements feeds.Pages. A page that is not wanted any more changes
// nothing.
func (s *Store) SavePage(ctx context.Context, p feeds.PageResult) error {
	p = cleanPage(p)
	if err := s.inTx(ctx, func(tx *tx) error { return s.savePage(ctx, tx, p) }); err != nil {
		return fmt.Errorf("save page of item %d: %w", p.Item, err)
	}
	return nil
}

func (s *Store) savePage(ctx context.Context, tx *tx, p feeds.PageResult) error {
	if err := tx.lockIngest(ctx); err != nil {
		return err
	}
	pages, err := tx.pagesOf(ctx, []int64{p.Item})
	page, known := pages[p.Item]
	if err != nil || !known || page.State != string(feeds.PageWanted) {
		return err
	}
	if p.State == feeds.PageWanted {
		untold := 0
		if p.Untold {
			untold = 1
		}
		_, err := tx.exec(ctx, `UPDATE pages SET next_try = ?, tries = tries - ?, reason = ? WHERE item_id = ?`, at(p.Again), untold, p.Reason, p.Item)
		return err
	}
	kept := false
	var keywords words
	switch {
	case p.State == feeds.PageRead:
		keywords = p.Text.Keywords
		if kept, err = s.readPage(ctx, tx, p, page); err != nil {
			return err
		}
	case page.Waiting:
		if err := tx.rank(ctx, []int64{p.Item}); err != nil {
			return err
		}
	}
	_, err = tx.exec(ctx, `UPDATE pages SET state = ?, reason = ?, waiting = ?, done = ?, kept = ?, keywords = ? WHERE item_id = ?`,
		string(p.State), p.Reason, false, at(p.At), kept, keywords, p.Item)
	return err
}

// readPage makes what a page says part of its item, which becomes news if it
// waited for that, or if it matches by its page what it did not match before.
// It says whether the page's text became the item's.
func (s *Store) readPage(ctx context.Context, tx *tx, p feeds.PageResult, page pageRow) (kept bool, err error) {
	var before itemRow
	if err := tx.row(ctx, &before, `SELECT `+itemColumns+` FROM items WHERE id = ?`, p.Item); err != nil {
		return false, err
	}
	text, err := tx.learn(ctx, p, before.item())
	if err != nil {
		return false, err
	}
	topics, err := tx.topicRows(ctx)
	if err != nil {
		return false, err
	}
	r := record{Item: before.item(), feed: before.FeedID, archive: before.Archive, known: true, oldSlot: before.Slot, revision: before.Revision + 1}
	r.Item, kept = r.WithPage(text)
	if r, err = r.classified(topics); err != nil {
		return false, err
	}
	if err := tx.judgePage(ctx, &r, before, page, topics); err != nil {
		return false, err
	}
	records := []record{r}
	if err := tx.number(ctx, records); err != nil {
		return false, fmt.Errorf("number item: %w", err)
	}
	if err := tx.storeRecords(ctx, records); err != nil {
		return false, err
	}
	return kept, s.index(ctx, tx, records)
}

// judgePage decides whether the record gets a rank now. One that waited does,
// unless the page dates it before the news of a feed's first poll.
func (t *tx) judgePage(ctx context.Context, r *record, before itemRow, page pageRow, topics []topicRow) error {
	if page.Waiting {
		if r.News = rankWanted; r.archive && feeds.IsArchive(r.Published, r.Seen, 0) {
			r.News = 0
		}
		return nil
	}
	matched, err := matchesOf(ctx, t, []int64{r.ID})
	if err != nil {
		return err
	}
	subscribed, err := t.subscribed(ctx)
	if err != nil {
		return err
	}
	if gained(matched[r.ID], r.Matches, r.ID, pendingTopics(topics)) ||
		before.News > 0 && gainedSubscription(subscribed, before.item().Text(), r.Text()) {
		r.News = rankWanted
	}
	return nil
}

// pendingTopics gives the topics that are not applied to the whole archive
// yet, each with the last item that it was applied to.
func pendingTopics(rows []topicRow) map[string]int64 {
	pending := map[string]int64{}
	for _, r := range rows {
		if r.Applied != nil {
			pending[r.Name] = *r.Applied
		}
	}
	return pending
}

// rank makes items news as they are, in the order given.
func (t *tx) rank(ctx context.Context, items []int64) error {
	var high int64
	if err := t.row(ctx, &high, `UPDATE counters SET news = news + ? RETURNING news`, len(items)); err != nil {
		return err
	}
	for i, id := range items {
		if _, err := t.exec(ctx, `UPDATE items SET news = ? WHERE id = ?`, high-int64(len(items)-1-i), id); err != nil {
			return fmt.Errorf("rank item %d: %w", id, err)
		}
	}
	return nil
}

// ReleasePages implements feeds.Pages.
func (s *Store) ReleasePages(ctx context.Context, now time.Time) (released int, err error) {
	const overdue = `SELECT item_id FROM pages WHERE waiting AND deadline <= ? ORDER BY item_id`
	var items []int64
	if err = s.query(ctx, &items, overdue, at(now)); err == nil && len(items) > 0 {
		err = s.inTx(ctx, func(tx *tx) error {
			items = nil
			if err := tx.lockIngest(ctx); err != nil {
				return err
			}
			if err := tx.query(ctx, &items, overdue, at(now)); err != nil || len(items) == 0 {
				return err
			}
			if err := tx.rank(ctx, items); err != nil {
				return err
			}
			return tx.execIn(ctx, `UPDATE pages SET waiting = FALSE WHERE item_id IN (?)`, items)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("release items that wait for pages: %w", err)
	}
	return len(items), nil
}

// learnedAfter is on how many other pages of a site a line stands that is the
// site's own.
const learnedAfter = 3

// What page_lines keeps: lines of single pages for two weeks, the others as
// long as a page has them at least twice a year. It is tidied every so many items.
const (
	keepSingles = 14 * 24 * time.Hour
	keepLearned = 180 * 24 * time.Hour
	tidyEvery   = 256
)

// learn counts the page's lines among those of its site, and gives its text
// without those that stand on other pages too.
func (t *tx) learn(ctx context.Context, p feeds.PageResult, it feeds.Item) (feeds.PageText, error) {
	hashes := make([]int64, len(p.Text.Lines))
	byHash := make(map[int64]string, len(hashes))
	rows := make([][]any, 0, len(hashes))
	for i, line := range p.Text.Lines {
		hashes[i] = lineHash(p.Text.Site, line)
		if _, twice := byHash[hashes[i]]; !twice {
			byHash[hashes[i]] = line
			rows = append(rows, []any{hashes[i], 1, at(p.At)})
		}
	}
	common, err := queryIn[int64](ctx, t, `SELECT hash FROM page_lines WHERE pages >= ? AND hash IN (?)`, hashes, learnedAfter)
	if err != nil {
		return p.Text, fmt.Errorf("read lines of %q: %w", p.Text.Site, err)
	}
	learned := make(map[string]bool, len(common))
	for _, h := range common {
		learned[byHash[h]] = true
	}
	err = t.insert(ctx, `INSERT INTO page_lines (hash, pages, seen)`, `(?, ?, ?)`,
		`ON CONFLICT (hash) DO UPDATE SET pages = page_lines.pages + 1, seen = excluded.seen`, rows)
	if err == nil && p.Item%tidyEvery == 0 {
		_, err = t.exec(ctx, `DELETE FROM page_lines WHERE pages < ? AND seen < ? OR seen < ?`,
			learnedAfter, at(p.At.Add(-keepSingles)), at(p.At.Add(-keepLearned)))
	}
	return p.Text.Without(it, func(line string) bool { return learned[line] }), err
}

// lineHash is the number that a line of a site goes by.
func lineHash(site, line string) int64 {
	sum := sha256.Sum256([]byte(site + "\n" + line))
	return int64(binary.BigEndian.Uint64(sum[:8])) // any 64 bits will do
}

// pageNote says what became of an item's page; nothing where it has none.
func (s *Store) pageNote(ctx context.Context, item int64) (feeds.PageNote, error) {
	var r pageRow
	err := s.row(ctx, &r, `SELECT `+pageColumns+` FROM pages WHERE item_id = ?`, item)
	if errors.Is(err, sql.ErrNoRows) {
		return feeds.PageNote{}, nil
	}
	if err != nil {
		return feeds.PageNote{}, fmt.Errorf("page of item %d: %w", item, err)
	}
	n := feeds.PageNote{State: feeds.PageState(r.State), Reason: r.Reason, At: r.Done.Time, Waits: r.Waiting, Until: r.Deadline.Time}
	if n.State == feeds.PageWanted {
		n.At = r.NextTry.Time
	}
	return n, nil
}

// cleanPage makes sure that no text is one that PostgreSQL refuses.
func cleanPage(p feeds.PageResult) feeds.PageResult {
	for _, s := range []*string{&p.Reason, &p.Text.Text, &p.Text.Author} {
		*s = clean(*s)
	}
	p.Text.Keywords = mapped(p.Text.Keywords, clean)
	p.Text.Published = at(p.Text.Published).Time
	p.At = at(p.At).Time
	return p
}
