package storage

import (
	"context"
	"fmt"

	"depesche/feeds"
)

type itemRow struct {
	ID         int64  `db:"id"`
	FeedID     int64  `db:"feed_id"`
	News       int64  `db:"news"`
	Archive    bool   `db:"archive"`
	Seen       stamp  `db:"seen"`
	Dated      stamp  `db:"dated"`
	Published  stamp  `db:"published"`
	Updated    stamp  `db:"updated"`
	Slot       int64  `db:"slot"`
	Revision   int64  `db:"revision"`
	GUID       string `db:"guid"`
	URL        string `db:"url"`
	Source     string `db:"source"`
	Author     string `db:"author"`
	Categories words  `db:"categories"`
	Title      string `db:"title"`
	Summary    string `db:"summary"`
	Content    string `db:"content"`
}

// itemColumns are all columns of items, in the order in which storeRecords
// writes them. What lists are made by comes first and the text last, so that
// SQLite finds the former without reading through the latter.
const itemColumns = `id, feed_id, news, archive, seen, dated, published, updated, slot, revision,
  guid, url, source, author, categories, title, summary, content`

func (r itemRow) item() feeds.Item {
	return feeds.Item{
		ID: r.ID, GUID: r.GUID, URL: r.URL, Title: r.Title, Summary: r.Summary, Content: r.Content,
		Author: r.Author, Categories: r.Categories, Published: r.Published.Time, Updated: r.Updated.Time,
		Seen: r.Seen.Time, Dated: r.Dated.Time, News: r.News, Held: r.News == 0 && !r.Archive, Source: r.Source,
	}
}

// items reads items with what they match. The clause follows WHERE.
func (s *Store) items(ctx context.Context, clause string, args ...any) ([]feeds.Item, error) {
	var rows []itemRow
	if err := s.query(ctx, &rows, `SELECT `+itemColumns+` FROM items WHERE `+clause, args...); err != nil {
		return nil, err
	}
	list := make([]feeds.Item, len(rows))
	for i, r := range rows {
		list[i] = r.item()
	}
	return list, s.addMatches(ctx, list)
}

func (s *Store) addMatches(ctx context.Context, list []feeds.Item) error {
	ids := make([]int64, len(list))
	for i, it := range list {
		ids[i] = it.ID
	}
	matches, err := matchesOf(ctx, s, ids)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Matches = matches[list[i].ID]
	}
	return nil
}

type matchRow struct {
	Item  int64  `db:"item_id"`
	Topic string `db:"topic"`
	Words words  `db:"words"`
}

// matchesOf gives what the items match, in the order of the topics.
func matchesOf(ctx context.Context, q selecter, ids []int64) (map[int64][]feeds.Match, error) {
	rows, err := queryIn[matchRow](ctx, q, `SELECT item_topics.item_id, item_topics.topic, item_topics.words
		FROM item_topics LEFT JOIN topics ON topics.name = item_topics.topic
		WHERE item_topics.item_id IN (?) ORDER BY topics.position NULLS LAST, item_topics.topic`, ids)
	if err != nil {
		return nil, fmt.Errorf("read topics of %d items: %w", len(ids), err)
	}
	out := make(map[int64][]feeds.Match, len(ids))
	for _, r := range rows {
		out[r.Item] = append(out[r.Item], feeds.Match{Topic: r.Topic, Words: r.Words})
	}
	return out, nil
}
