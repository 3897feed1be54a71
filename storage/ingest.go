package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// ingested is what storing the items of one poll came to.
type ingested struct {
	saved    feeds.Saved
	added    int // items that the feed did not carry before
	unstable int // the Feed.Unstable from now on
}

// ingest stores the items of one poll. It is the only transaction that does so
// at its time.
func (s *Store) ingest(ctx context.Context, tx *tx, p feeds.Poll) (ingested, error) {
	fail := func(err error) (ingested, error) { return ingested{}, err }
	if err := tx.lockIngest(ctx); err != nil {
		return fail(err)
	}
	var lastSuccess stamp
	err := tx.row(ctx, &lastSuccess, `SELECT last_success FROM feeds WHERE id = ?`, p.Feed.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return fail(fmt.Errorf("feed %d: %w", p.Feed.ID, feeds.ErrNotFound))
	}
	if err != nil {
		return fail(err)
	}
	entries := p.Named()
	have, err := tx.known(ctx, p.Feed.ID, entries)
	if err != nil {
		return fail(fmt.Errorf("look up known items: %w", err))
	}
	first := lastSuccess.IsZero()
	brake, err := tx.brake(ctx, p, entries, lastSuccess, have)
	if err != nil {
		return fail(err)
	}
	work := sortEntries(p.Feed.ID, first, p, entries, have, brake)
	records, err := tx.records(ctx, p, first, work)
	if err != nil {
		return fail(err)
	}
	if err := tx.storeRecords(ctx, records); err != nil {
		return fail(err)
	}
	if err := tx.wantPages(ctx, p, records); err != nil {
		return fail(err)
	}
	if err := tx.storeNames(ctx, p, work); err != nil {
		return fail(err)
	}
	if err := s.index(ctx, tx, records); err != nil {
		return fail(err)
	}
	if err := tx.analyseGrowth(ctx, records); err != nil {
		return fail(err)
	}
	return ingested{work.saved, work.added, p.Feed.Stability(work.renamed, work.same+p.Skipped)}, nil
}

// analyseGrowth has the planner look anew each time that the archive is four
// times as large. The database does so by itself, but a minute later: too late
// for the first questions after the first poll of all feeds.
func (t *tx) analyseGrowth(ctx context.Context, records []record) error {
	added := 0
	highest := int64(0)
	for _, r := range records {
		if !r.known {
			added++
			highest = max(highest, r.ID)
		}
	}
	if !quadrupled(highest-int64(added), highest) {
		return nil
	}
	return t.analyse(ctx)
}

// analyse has the planner look at the tables, where that is asked of us.
func (t *tx) analyse(ctx context.Context) error {
	if t.dialect.analyse == "" {
		return nil
	}
	_, err := t.exec(ctx, t.dialect.analyse)
	return err
}

// quadrupled says whether growing from one size to another passes a power of
// four times 1,024.
func quadrupled(from, to int64) bool {
	for step := int64(1024); step <= to; step *= 4 {
		if from < step {
			return true
		}
	}
	return false
}

// known looks up every name of the entries at once.
func (t *tx) known(ctx context.Context, feed int64, entries []feeds.Entry) (map[string]*known, error) {
	names := make([]string, 0, 2*len(entries))
	for _, e := range entries {
		names = append(names, keyAlias(feed, e.Key))
		if e.Link != "" {
			names = append(names, linkAlias(e.Link))
		}
	}
	rows, err := queryIn[known](ctx, t, `SELECT aliases.alias, items.id AS item_id, items.feed_id, sightings.title, sightings.fingerprint
		FROM aliases JOIN items ON items.id = aliases.item_id
		LEFT JOIN sightings ON sightings.item_id = items.id AND sightings.feed_id = ?
		WHERE aliases.alias IN (?)`, names, feed)
	if err != nil {
		return nil, err
	}
	have := make(map[string]*known, len(rows))
	items := make(map[int64]*known, len(rows))
	for _, r := range rows {
		item := items[r.Item]
		if item == nil {
			item = &r
			items[r.Item] = item
		}
		have[r.Alias] = item
	}
	return have, nil
}

// record is one row of items to write, with all that hangs on it.
type record struct {
	feeds.Item
	feed    int64
	archive bool // found at its feed's first poll
	known   bool // an older form of it is stored
	tokens  []string
	page    bool // it waits for its page before it is news

	oldSlot  int64 // where the index has its older form
	revision int64 // 0 for a new item, one more with every change
}

// records gives the rows to write: new items with their numbers, changed ones
// with what of them stays.
func (t *tx) records(ctx context.Context, p feeds.Poll, first bool, work sorted) ([]record, error) {
	if len(work.fresh)+len(work.changed) == 0 {
		return nil, nil
	}
	pending, err := t.classifyStale(ctx, p, work)
	if err != nil {
		return nil, err
	}
	records, err := t.changedRecords(ctx, p.Feed.ID, work.changed, pending)
	if err != nil {
		return nil, fmt.Errorf("read changed items: %w", err)
	}
	undated := work.undated()
	dated := len(work.fresh) - undated
	for _, c := range work.fresh { // from the oldest to the newest; from the document's end to its beginning, where nothing has a date
		r := record{Item: c.entry.Item, feed: p.Feed.ID, archive: first, tokens: c.entry.Tokens}
		r.ID = 0
		above := &dated
		if !feeds.Plausible(r.Published, r.Seen) {
			above = &undated
		}
		*above--
		if r.News = rankWanted; c.held || first && feeds.IsArchive(r.Published, r.Seen, *above) {
			r.News = 0
			if r.Published.IsZero() && first {
				r.Dated = feeds.Behind(r.Seen)
			}
		}
		records = append(records, r)
	}
	awaitPages(p, records, work)
	if err := t.number(ctx, records); err != nil {
		return nil, fmt.Errorf("number items: %w", err)
	}
	for i, c := range work.fresh {
		c.item.Item = records[len(work.changed)+i].ID
	}
	return records, nil
}

// rankWanted marks a record that is news and has no rank yet.
const rankWanted = -1

// number gives every record that needs one its ID and its rank.
func (t *tx) number(ctx context.Context, records []record) error {
	var items, news int64
	for _, r := range records {
		if r.ID == 0 {
			items++
		}
		if r.News == rankWanted {
			news++
		}
	}
	var high struct {
		Item int64 `db:"item"`
		News int64 `db:"news"`
	}
	err := t.row(ctx, &high, `UPDATE counters SET item = item + ?, news = news + ? RETURNING item, news`, items, news)
	if err != nil {
		return err
	}
	id, rank := high.Item-items, high.News-news
	for i := range records {
		if records[i].ID == 0 {
			id++
			records[i].ID = id
		}
		if records[i].News == rankWanted {
			rank++
			records[i].News = rank
		}
	}
	return nil
}

// changedRecords gives the new rows of changed items. Their first feed, when
// they were seen and as what stays. A change that makes an item match a topic
// or a subscription that it did not match before makes it news again; of an
// item that never was news, a topic only.
func (t *tx) changedRecords(ctx context.Context, feed int64, changed []change, pending map[string]int64) ([]record, error) {
	if len(changed) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(changed))
	for i, c := range changed {
		ids[i] = c.item.Item
	}
	rows, err := queryIn[itemRow](ctx, t, `SELECT `+itemColumns+` FROM items WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	old := make(map[int64]itemRow, len(rows))
	for _, r := range rows {
		old[r.ID] = r
	}
	matched, err := matchesOf(ctx, t, ids)
	if err != nil {
		return nil, err
	}
	subscribed, err := t.subscribed(ctx)
	if err != nil {
		return nil, err
	}
	pages, err := t.pagesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(changed))
	for i, c := range changed {
		before := old[c.item.Item]
		r := record{Item: c.entry.Item, feed: feed, archive: before.Archive, known: true, tokens: c.entry.Tokens,
			oldSlot: before.Slot, revision: before.Revision + 1}
		r.ID, r.News, r.Seen, r.GUID, r.Source = before.ID, before.News, before.Seen.Time, before.GUID, before.Source
		if r.Dated = feeds.Date(r.Published, r.Seen, r.archive); r.Published.IsZero() && before.Published.IsZero() {
			r.Dated = before.Dated.Time
		}
		if c.quiet { // a move dates everything anew
			r.Dated = before.Dated.Time
			if !before.Published.IsZero() {
				r.Published = before.Published.Time
			}
		}
		page := pages[r.ID]
		if r, err = t.keepPage(ctx, page, before, r); err != nil {
			return nil, err
		}
		if !page.Waiting && !c.quiet && (gained(matched[r.ID], r.Matches, r.ID, pending) ||
			before.News > 0 && gainedSubscription(subscribed, before.item().Text(), r.Text())) {
			r.News = rankWanted
		}
		records[i] = r
	}
	return records, nil
}

// gainedSubscription says whether one of the queries accepts the text after, and
// not the text before.
func gainedSubscription(queries []*keyword.Query, before, after keyword.Text) bool {
	if len(queries) == 0 {
		return false
	}
	was, is := keyword.Analyse(before), keyword.Analyse(after)
	return slices.ContainsFunc(queries, func(q *keyword.Query) bool {
		if _, ok := q.Match(is); !ok {
			return false
		}
		_, had := q.Match(was)
		return !had
	})
}

// gained says whether after has a topic that before has not. A topic whose
// query changed and is not yet applied to the item does not count: it is the
// topic that gained the item then, not the item the topic.
func gained(before, after []feeds.Match, item int64, pending map[string]int64) bool {
	had := make(map[string]bool, len(before))
	for _, m := range before {
		had[m.Topic] = true
	}
	for _, m := range after {
		if applied, ok := pending[m.Topic]; ok && applied < item {
			continue
		}
		if !had[m.Topic] {
			return true
		}
	}
	return false
}

// storeRecords writes items and what they match.
func (t *tx) storeRecords(ctx context.Context, records []record) error {
	var rows, topics [][]any
	var old []int64
	for _, r := range records {
		place := slot(r.Dated, r.ID)
		rows = append(rows, []any{r.ID, r.feed, r.News, r.archive, at(r.Seen), at(r.Dated), at(r.Published), at(r.Updated),
			place, r.revision, r.GUID, r.URL, r.Source, r.Author, words(r.Categories), r.Title, r.Summary, r.Content})
		topics = append(topics, matchRows(r.ID, place, r.Matches)...)
		if r.known {
			old = append(old, r.ID)
		}
	}
	err := t.insert(ctx, `INSERT INTO items (`+itemColumns+`)`, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		`ON CONFLICT (id) DO UPDATE SET news = excluded.news, dated = excluded.dated, published = excluded.published,
		updated = excluded.updated, slot = excluded.slot, revision = excluded.revision, url = excluded.url, author = excluded.author, categories = excluded.categories,
		title = excluded.title, summary = excluded.summary, content = excluded.content`, rows)
	if err != nil {
		return err
	}
	if err := t.execIn(ctx, `DELETE FROM item_topics WHERE item_id IN (?)`, old); err != nil {
		return fmt.Errorf("forget topics of %d items: %w", len(old), err)
	}
	return t.insertMatches(ctx, topics)
}

func matchRows(item, place int64, matches []feeds.Match) [][]any {
	rows := make([][]any, len(matches))
	for i, m := range matches {
		rows[i] = []any{item, m.Topic, place, words(mapped(m.Words, clean))}
	}
	return rows
}

func (t *tx) insertMatches(ctx context.Context, rows [][]any) error {
	return t.insert(ctx, `INSERT INTO item_topics (item_id, topic, slot, words)`, `(?, ?, ?, ?)`,
		`ON CONFLICT (item_id, topic) DO UPDATE SET slot = excluded.slot, words = excluded.words`, rows)
}

// storeNames writes under which names, and in which feed, items were seen.
func (t *tx) storeNames(ctx context.Context, p feeds.Poll, work sorted) error {
	var rows [][]any
	for _, a := range work.aliases {
		rows = append(rows, []any{a.name, a.item.Item})
	}
	if err := t.insert(ctx, `INSERT INTO aliases (alias, item_id)`, `(?, ?)`, ``, rows); err != nil {
		return err
	}
	rows = nil
	for _, c := range work.sighted {
		rows = append(rows, []any{c.item.Item, p.Feed.ID, c.entry.GUID, c.entry.URL, c.entry.Title, *c.item.Fingerprint, at(p.At), at(p.At)})
	}
	return t.insert(ctx, `INSERT INTO sightings (item_id, feed_id, guid, url, title, fingerprint, seen, last_seen)`,
		`(?, ?, ?, ?, ?, ?, ?, ?)`, `ON CONFLICT (item_id, feed_id) DO UPDATE SET guid = excluded.guid, url = excluded.url,
		title = excluded.title, fingerprint = excluded.fingerprint, last_seen = excluded.last_seen`, rows)
}

// classifyStale classifies entries again where topics changed since the list
// that they were classified by was handed out: a round of polls takes minutes,
// and what is stored by an old query stays so for ever. pending gives the
// topics that are not applied to the whole archive yet, each with the last item
// that it was applied to.
func (t *tx) classifyStale(ctx context.Context, p feeds.Poll, work sorted) (pending map[string]int64, err error) {
	rows, err := t.topicRows(ctx)
	if err != nil {
		return nil, err
	}
	pending = pendingTopics(rows)
	if p.Topics == nil || len(changes(rows, p.Topics)) == 0 {
		return pending, nil
	}
	topics, err := parseTopics(rows)
	if err != nil {
		return nil, err
	}
	for _, group := range [][]change{work.fresh, work.changed} {
		for i := range group {
			e := &group[i].entry
			e.Matches = feeds.Classify(topics, keyword.Analyse(e.Text()))
		}
	}
	return pending, nil
}
