package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"depesche/feeds"
	"depesche/feeds/keyword"
)

// handedOut is the list of topics that Topics gave last, parsed, and the
// generation of topics it belongs to.
type handedOut struct {
	mu         sync.Mutex
	generation int64
	list       []feeds.Topic
}

type topicRow struct {
	Name    string `db:"name"`
	Query   string `db:"query"`
	Applied *int64 `db:"applied"`
}

// Topics lists the topics to classify by, in the order of the configuration.
func (s *Store) Topics(ctx context.Context) ([]feeds.Topic, error) {
	// The generation is read first: should topics change between the two
	// statements, the list is newer than it claims to be, and read once more.
	var generation int64
	if err := s.row(ctx, &generation, `SELECT topics FROM counters`); err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	if list, ok := s.topics.of(generation); ok {
		return list, nil
	}
	var rows []topicRow
	if err := s.query(ctx, &rows, `SELECT name, query, applied FROM topics ORDER BY position`); err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	list, err := parseTopics(rows)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	s.topics.put(generation, list)
	return list, nil
}

// of gives the list of a generation, where it is the one handed out last.
func (h *handedOut) of(generation int64) ([]feeds.Topic, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list), h.list != nil && h.generation == generation
}

func (h *handedOut) put(generation int64, list []feeds.Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list, h.generation = append([]feeds.Topic{}, list...), generation
}

func parseTopics(rows []topicRow) ([]feeds.Topic, error) {
	list := make([]feeds.Topic, len(rows))
	for i, r := range rows {
		q, err := keyword.Parse(r.Query)
		if err != nil {
			return nil, fmt.Errorf("topic %q: %w", r.Name, err)
		}
		list[i] = feeds.Topic{Name: r.Name, Query: q}
	}
	return list, nil
}

// topicRows reads the topics, in their order.
func (t *tx) topicRows(ctx context.Context) ([]topicRow, error) {
	var rows []topicRow
	if err := t.query(ctx, &rows, `SELECT name, query, applied FROM topics ORDER BY position`); err != nil {
		return nil, fmt.Errorf("read topics: %w", err)
	}
	return rows, nil
}

// SyncTopics brings the stored topics in step with the given ones and says
// which are new, have another query, or are gone. A new or changed topic
// catches nothing of the archive until Reclassify has applied it; what is
// polled from now on is classified by it.
func (s *Store) SyncTopics(ctx context.Context, given []feeds.Topic) (changed []string, err error) {
	var generation int64
	err = s.inTx(ctx, func(tx *tx) error {
		changed = nil
		if err := tx.lockIngest(ctx); err != nil {
			return err
		}
		rows, err := tx.topicRows(ctx)
		if err != nil {
			return err
		}
		if changed = changes(rows, given); len(changed) > 0 || !sameOrder(rows, given) {
			if err := tx.replaceTopics(ctx, rows, given); err != nil {
				return err
			}
		}
		return tx.row(ctx, &generation, `SELECT topics FROM counters`)
	})
	if err != nil {
		return nil, fmt.Errorf("sync %d topics: %w", len(given), err)
	}
	s.topics.put(generation, given)
	return changed, nil
}

// changes names the topics that differ, given ones first.
func changes(rows []topicRow, given []feeds.Topic) []string {
	stored := make(map[string]string, len(rows))
	for _, r := range rows {
		stored[r.Name] = r.Query
	}
	var names []string
	for _, t := range given {
		if query, ok := stored[t.Name]; !ok || query != t.Query.String() {
			names = append(names, t.Name)
		}
		delete(stored, t.Name)
	}
	for _, r := range rows {
		if _, gone := stored[r.Name]; gone {
			names = append(names, r.Name)
		}
	}
	return names
}

func sameOrder(rows []topicRow, given []feeds.Topic) bool {
	return slices.EqualFunc(rows, given, func(r topicRow, t feeds.Topic) bool { return r.Name == t.Name })
}

// replaceTopics writes the given topics in place of the stored ones. The
// matches of a topic that changed or is gone are forgotten; those of a changed
// one come back as Reclassify gets to them.
func (t *tx) replaceTopics(ctx context.Context, rows []topicRow, given []feeds.Topic) error {
	stored := make(map[string]topicRow, len(rows))
	for _, r := range rows {
		stored[r.Name] = r
	}
	var insert [][]any
	for i, topic := range given {
		r, ok := stored[topic.Name]
		if query := topic.Query.String(); !ok || r.Query != query {
			begin := int64(0)
			r = topicRow{Name: topic.Name, Query: query, Applied: &begin}
		} else {
			delete(stored, topic.Name)
		}
		insert = append(insert, []any{r.Name, r.Query, i, r.Applied})
	}
	for name := range stored {
		if _, err := t.exec(ctx, `DELETE FROM item_topics WHERE topic = ?`, name); err != nil {
			return fmt.Errorf("forget topic %q: %w", name, err)
		}
	}
	if _, err := t.exec(ctx, `DELETE FROM topics`); err != nil {
		return err
	}
	if err := t.insert(ctx, `INSERT INTO topics (name, query, position, applied)`, `(?, ?, ?, ?)`, ``, insert); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE counters SET topics = topics + 1`)
	return err
}
