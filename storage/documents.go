package storage

import (
	"container/list"
	"context"
	"fmt"
	"sync"

	"depesche/feeds/keyword"
)

// maxCached bounds the memory for analysed texts, in bytes; an analysis takes
// some twelve times the bytes of its text (measured on teasers).
const (
	maxCached = 16 << 20
	perByte   = 12
)

// documents keeps the analysed text of items that were asked for lately, so
// that searches, which look at the newest items again and again, neither read
// nor analyse them again. An entry is good for one revision of its item.
type documents struct {
	mu    sync.Mutex
	byID  map[int64]*list.Element
	order list.List // of *document, last used first
	size  int
}

type document struct {
	id, revision int64
	size         int
	*keyword.Document
}

// get gives the documents of the candidates, in their order.
func (d *documents) get(ctx context.Context, q selecter, candidates []candidate) ([]*keyword.Document, error) {
	docs := make([]*keyword.Document, len(candidates))
	place := make(map[int64]int, len(candidates))
	var missing []int64
	d.mu.Lock()
	for i, c := range candidates {
		if e, ok := d.byID[c.ID]; ok && e.Value.(*document).revision == c.Revision {
			d.order.MoveToFront(e)
			docs[i] = e.Value.(*document).Document
			continue
		}
		place[c.ID] = i
		missing = append(missing, c.ID)
	}
	d.mu.Unlock()
	rows, err := queryIn[itemRow](ctx, q, `SELECT `+itemColumns+` FROM items WHERE id IN (?)`, missing)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	for _, r := range rows {
		doc := &document{id: r.ID, revision: r.Revision, size: perByte * (len(r.Title) + len(r.Summary) + len(r.Content) + 50),
			Document: keyword.Analyse(r.item().Text())}
		docs[place[r.ID]] = doc.Document
		d.keep(doc)
	}
	for i := range docs {
		if docs[i] == nil {
			return nil, fmt.Errorf("read texts: item %d is gone", candidates[i].ID)
		}
	}
	return docs, nil
}

// keep puts a document first and lets go of those used longest ago.
func (d *documents) keep(doc *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byID == nil {
		d.byID = map[int64]*list.Element{}
	}
	if old, ok := d.byID[doc.id]; ok {
		d.drop(old)
	}
	d.byID[doc.id] = d.order.PushFront(doc)
	d.size += doc.size
	for d.size > maxCached && d.order.Len() > 1 {
		d.drop(d.order.Back())
	}
}

func (d *documents) drop(e *list.Element) {
	doc := d.order.Remove(e).(*document)
	delete(d.byID, doc.id)
	d.size -= doc.size
}
