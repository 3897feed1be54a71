package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

type planRow struct {
	Upto      int64 `db:"upto"`
	Scheduled stamp `db:"scheduled"`
	At        stamp `db:"at"`
}

// startSQL gives where a plan begins: below the first rank of all that was
// seen since then. The highest rank of what was seen before would not do, as a
// change can give an old item a new rank.
const startSQL = `SELECT COALESCE(MIN(news) - 1, (SELECT news FROM counters)) FROM items WHERE seen >= ? AND news > 0`

// Progress implements digest.Store.
func (s *Store) Progress(ctx context.Context, plan string, since, now time.Time) (digest.Progress, error) {
	p, known, err := s.progress(ctx, plan)
	if err != nil {
		return digest.Progress{}, fmt.Errorf("progress of plan %q: %w", plan, err)
	}
	if known {
		return p, nil
	}
	err = s.inTx(ctx, func(tx *tx) error {
		var upto int64
		if err := tx.row(ctx, &upto, startSQL, at(since)); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO plans (name, upto, at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`,
			plan, upto, at(now))
		return err
	})
	if err == nil {
		p, _, err = s.progress(ctx, plan)
	}
	if err != nil {
		return digest.Progress{}, fmt.Errorf("create plan %q: %w", plan, err)
	}
	return p, nil
}

// Peek implements digest.Store.
func (s *Store) Peek(ctx context.Context, plan string, since time.Time) (digest.Progress, error) {
	p, known, err := s.progress(ctx, plan)
	if err == nil && !known {
		p = digest.Progress{Plan: plan}
		err = s.row(ctx, &p.Upto, startSQL, at(since))
	}
	if err != nil {
		return digest.Progress{}, fmt.Errorf("peek at plan %q: %w", plan, err)
	}
	return p, nil
}

func (s *Store) progress(ctx context.Context, plan string) (p digest.Progress, known bool, err error) {
	var r planRow
	err = s.row(ctx, &r, `SELECT upto, scheduled, at FROM plans WHERE name = ?`, plan)
	if errors.Is(err, sql.ErrNoRows) {
		return digest.Progress{}, false, nil
	}
	return digest.Progress{Plan: plan, Upto: r.Upto, Scheduled: r.Scheduled.Time, At: r.At.Time}, true, err
}

// News implements digest.Store. Where topics changed and are not yet applied to
// the whole archive, it applies them first: a digest would otherwise pass over
// for good what they are about to catch.
func (s *Store) News(ctx context.Context, plan string, after int64) (items []feeds.Item, high int64, more bool, err error) {
	for complete := false; !complete; {
		if items, high, complete, err = s.news(ctx, plan, after); err == nil && !complete {
			err = s.Reclassify(ctx, nil)
		}
		if err != nil {
			return nil, 0, false, fmt.Errorf("news for plan %q after %d: %w", plan, after, err)
		}
	}
	if more = len(items) > newsPart; more {
		items = items[:newsPart]
		high = items[newsPart-1].News
	}
	return items, high, more, nil
}

// newsPart is how many items News lists at a time.
const newsPart = 500

// news is News as the archive is. Ranks become visible in their order, so what
// is committed later is above high. complete says that every topic there is was
// applied to all of them.
func (s *Store) news(ctx context.Context, plan string, after int64) (items []feeds.Item, high int64, complete bool, err error) {
	// Several statements see several states of the archive. high is read first
	// and bounds the second one: nothing is below high and yet unseen. Had topics
	// changed in between, the generation would have.
	before, err := s.newsState(ctx)
	if err != nil || before.Unapplied > 0 {
		return nil, 0, false, err
	}
	items, err = s.items(ctx, `news > ? AND news <= ? AND NOT EXISTS (
		SELECT 1 FROM run_items WHERE run_items.plan = ? AND run_items.item_id = items.id) ORDER BY news LIMIT ?`, after, before.High, plan, newsPart+1)
	if err != nil {
		return nil, 0, false, err
	}
	now, err := s.newsState(ctx)
	return items, before.High, now.Generation == before.Generation, err
}

// newsState is up to where there are news, and how far topics are applied.
type newsState struct {
	High       int64 `db:"news"`
	Generation int64 `db:"topics"`
	Unapplied  int   `db:"unapplied"`
}

func (s *Store) newsState(ctx context.Context) (state newsState, err error) {
	err = s.row(ctx, &state, `SELECT news, topics, (SELECT COUNT(*) FROM topics WHERE applied IS NOT NULL) AS unapplied FROM counters`)
	return state, err
}

// errRan rolls back a run that is not to be.
var errRan = errors.New("it ran already")

// SaveRun implements digest.Store.
func (s *Store) SaveRun(ctx context.Context, r digest.Run) (bool, error) {
	err := s.inTx(ctx, func(tx *tx) error { return tx.saveRun(ctx, r) })
	if errors.Is(err, errRan) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("save run of plan %q for %s (%d items, %d deliveries): %w",
			r.Plan, r.Scheduled.UTC().Format(time.RFC3339), len(r.Items), len(r.Deliveries), err)
	}
	return true, nil
}

func (t *tx) saveRun(ctx context.Context, r digest.Run) error {
	var id int64
	err := t.row(ctx, &id, `INSERT INTO runs (plan, scheduled, at, upto) VALUES (?, ?, ?, ?)
		ON CONFLICT (plan, scheduled) DO NOTHING RETURNING id`, r.Plan, at(r.Scheduled), at(r.At), r.Upto)
	if errors.Is(err, sql.ErrNoRows) {
		return errRan
	}
	if err != nil {
		return err
	}
	rows := make([][]any, len(r.Items))
	for i, item := range r.Items {
		rows[i] = []any{id, r.Plan, item}
	}
	stored, err := t.insertCounted(ctx, `INSERT INTO run_items (run_id, plan, item_id)`, `(?, ?, ?)`,
		`ON CONFLICT (plan, item_id) DO NOTHING`, rows)
	if err != nil {
		return err
	}
	if stored < int64(len(rows)) {
		return errRan
	}
	if err := t.insertDeliveries(ctx, id, r); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO plans (name, upto, scheduled, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET at = excluded.at,
		upto = CASE WHEN plans.upto < excluded.upto THEN excluded.upto ELSE plans.upto END,
		scheduled = excluded.scheduled`,
		r.Plan, r.Upto, at(r.Scheduled), at(r.At))
	return err
}
