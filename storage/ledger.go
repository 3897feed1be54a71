package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"depesche/digest"
	"depesche/feeds"
)

type deliveryRow struct {
	ID        int64  `db:"id"`
	Key       string `db:"key"`
	RunID     int64  `db:"run_id"`
	Plan      string `db:"plan"`
	Target    string `db:"target"`
	Part      int    `db:"part"`
	Parts     int    `db:"parts"`
	Message   string `db:"message"`
	Status    string `db:"status"`
	Attempts  int    `db:"attempts"`
	Reason    string `db:"reason"`
	NotBefore stamp  `db:"not_before"`
	Created   stamp  `db:"created"`
	Sent      stamp  `db:"sent"`
	Channel   string `db:"channel"`
	TS        string `db:"ts"`
}

const deliveryColumns = `id, key, run_id, plan, target, part, parts, message, status, attempts, reason,
  not_before, created, sent, channel, ts`

func (r deliveryRow) delivery() (digest.Delivery, error) {
	d := digest.Delivery{
		ID: r.ID, Key: r.Key, Plan: r.Plan, Target: r.Target, Part: r.Part, Parts: r.Parts,
		Status: digest.Status(r.Status), Attempts: r.Attempts, Reason: r.Reason, NotBefore: r.NotBefore.Time,
		Created: r.Created.Time, Sent: r.Sent.Time, Channel: r.Channel, TS: r.TS,
	}
	if err := json.Unmarshal([]byte(r.Message), &d.Message); err != nil {
		return digest.Delivery{}, fmt.Errorf("message of delivery %q: %w", r.Key, err)
	}
	return d, nil
}

func (t *tx) insertDeliveries(ctx context.Context, run int64, r digest.Run) error {
	var rows [][]any
	for _, d := range r.Deliveries {
		message, err := marshal(d.Message)
		if err != nil {
			return fmt.Errorf("message of delivery %q: %w", d.Key, err)
		}
		created := d.Created
		if created.IsZero() {
			created = r.At
		}
		rows = append(rows, []any{d.Key, run, cmp.Or(d.Plan, r.Plan), d.Target, d.Part, d.Parts, message,
			string(cmp.Or(d.Status, digest.StatusPending)), d.Attempts, clean(d.Reason), at(d.NotBefore), at(created), at(d.Sent),
			d.Channel, d.TS})
	}
	return t.insert(ctx, `INSERT INTO deliveries (key, run_id, plan, target, part, parts, message, status, attempts, reason,
		not_before, created, sent, channel, ts)`, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, ``, rows)
}

// marshal writes a message as JSON; what its blocks say stays byte for byte
// but for blanks between them.
func marshal(m digest.Message) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(m)
	return clean(strings.TrimSuffix(b.String(), "\n")), err
}

func deliveries(rows []deliveryRow) ([]digest.Delivery, error) {
	list := make([]digest.Delivery, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.delivery(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Pending implements digest.Ledger.
func (s *Store) Pending(ctx context.Context, now time.Time, limit int) ([]digest.Delivery, error) {
	var rows []deliveryRow
	err := s.query(ctx, &rows, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE id IN (SELECT MIN(id) FROM deliveries WHERE status = 'pending' GROUP BY target)
		AND (not_before IS NULL OR not_before <= ? OR not_before > ?) ORDER BY id LIMIT ?`,
		at(now), at(now.Add(digest.MaxWait)), limit)
	if err != nil {
		return nil, fmt.Errorf("list pending deliveries: %w", err)
	}
	return deliveries(rows)
}

// Behind implements digest.Ledger.
func (s *Store) Behind(ctx context.Context, plan string) (bool, error) {
	var n int
	err := s.row(ctx, &n, `SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE status = 'pending' AND plan = ? LIMIT 1) AS waiting`, plan)
	if err != nil {
		return false, fmt.Errorf("look for pending deliveries of plan %q: %w", plan, err)
	}
	return n > 0, nil
}

// Retry implements digest.Ledger.
func (s *Store) Retry(ctx context.Context) error {
	err := s.inTx(ctx, func(tx *tx) error {
		var rows []deliveryRow
		if err := tx.query(ctx, &rows, `SELECT `+deliveryColumns+` FROM deliveries WHERE status = 'pending' AND not_before IS NOT NULL`); err != nil {
			return err
		}
		list, err := deliveries(rows)
		if err != nil {
			return err
		}
		var due []int64
		for _, d := range list {
			if !d.Unsure() {
				due = append(due, d.ID)
			}
		}
		return tx.execIn(ctx, `UPDATE deliveries SET not_before = NULL WHERE id IN (?)`, due)
	})
	if err != nil {
		return fmt.Errorf("make pending deliveries due: %w", err)
	}
	return nil
}

// Settle implements digest.Ledger.
func (s *Store) Settle(ctx context.Context, d digest.Delivery) error {
	err := s.inTx(ctx, func(tx *tx) error {
		n, err := tx.exec(ctx, `UPDATE deliveries SET status = ?, attempts = ?, reason = ?, not_before = ?, sent = ?,
			channel = ?, ts = ? WHERE id = ? AND status = 'pending' AND (attempts <= ? OR ? = 'sent')`,
			string(d.Status), d.Attempts, clean(d.Reason), at(d.NotBefore), at(d.Sent), d.Channel, d.TS,
			d.ID, d.Attempts, string(d.Status))
		if err != nil || n > 0 {
			return err
		}
		var id int64
		err = tx.row(ctx, &id, `SELECT id FROM deliveries WHERE id = ?`, d.ID)
		if errors.Is(err, sql.ErrNoRows) {
			err = feeds.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("settle delivery %d (%q) as %s: %w", d.ID, d.Key, d.Status, err)
	}
	return nil
}

// Claim implements digest.Claimer.
func (s *Store) Claim(ctx context.Context, d digest.Delivery) (bool, error) {
	var claimed bool
	err := s.inTx(ctx, func(tx *tx) error {
		n, err := tx.exec(ctx, `UPDATE deliveries SET attempts = ?, reason = ?, not_before = ?
			WHERE id = ? AND status = 'pending' AND attempts = ?`, d.Attempts, clean(d.Reason), at(d.NotBefore), d.ID, d.Attempts-1)
		claimed = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("claim delivery %d (%q): %w", d.ID, d.Key, err)
	}
	return claimed, nil
}
