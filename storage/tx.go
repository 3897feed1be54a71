package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// maxArgs is how many arguments one statement carries at most. SQLite would
// take 32,766 and PostgreSQL 65,535, but SQLite's time grows faster than their
// number.
const maxArgs = 4_000

// tx is a writing transaction.
type tx struct {
	*sqlx.Tx
	dialect *dialect
}

func (t *tx) exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	result, err := t.ExecContext(ctx, t.dialect.rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *tx) query(ctx context.Context, dest any, query string, args ...any) error {
	return t.SelectContext(ctx, dest, t.dialect.rebind(query), args...)
}

func (t *tx) row(ctx context.Context, dest any, query string, args ...any) error {
	return t.GetContext(ctx, dest, t.dialect.rebind(query), args...)
}

// lockIngest makes this the only transaction, of all processes, that stores
// items or changes what they match, until it ends. Ranks of news are therefore
// given in the order in which they become visible.
func (t *tx) lockIngest(ctx context.Context) error {
	if t.dialect.ingestLock == "" {
		return nil
	}
	if _, err := t.ExecContext(ctx, t.dialect.ingestLock); err != nil {
		return fmt.Errorf("lock ingest: %w", err)
	}
	return nil
}

// insert runs "INSERT INTO ... VALUES (row), (row) ... suffix" for all rows,
// in as few statements as their arguments allow. row is one row's value list,
// such as "(?, ?)".
func (t *tx) insert(ctx context.Context, head, row, suffix string, rows [][]any) error {
	_, err := t.insertCounted(ctx, head, row, suffix, rows)
	return err
}

// insertCounted is insert, and says how many rows it wrote.
func (t *tx) insertCounted(ctx context.Context, head, row, suffix string, rows [][]any) (stored int64, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	for chunk := range chunks(rows, maxArgs/len(rows[0])) {
		args := make([]any, 0, len(chunk)*len(chunk[0]))
		for _, r := range chunk {
			args = append(args, r...)
		}
		query := head + " VALUES " + strings.Repeat(row+", ", len(chunk)-1) + row + " " + suffix
		n, err := t.exec(ctx, query, args...)
		if err != nil {
			return stored, fmt.Errorf("%s (%d rows): %w", head, len(chunk), err)
		}
		stored += n
	}
	return stored, nil
}

// selecter is what can run a query: a pool or a transaction.
type selecter interface {
	query(ctx context.Context, dest any, query string, args ...any) error
}

// queryIn runs a query that has one "IN (?)" for a list of values, in as few
// statements as the list allows. The list is the last of its arguments.
func queryIn[T, V any](ctx context.Context, q selecter, query string, list []V, before ...any) ([]T, error) {
	var all []T
	for chunk := range chunks(list, maxArgs-len(before)) {
		expanded, args, err := sqlx.In(query, append(before[:len(before):len(before)], chunk)...)
		if err != nil {
			return nil, err
		}
		var part []T
		if err := q.query(ctx, &part, expanded, args...); err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, nil
}

func chunks[T any](list []T, size int) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			n := min(size, len(list))
			if !yield(list[:n:n]) {
				return
			}
			list = list[n:]
		}
	}
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// execIn runs a statement that has one "IN (?)" for a list of numbers.
func (t *tx) execIn(ctx context.Context, query string, ids []int64) error {
	for chunk := range chunks(ids, maxArgs) {
		expanded, args, err := sqlx.In(query, chunk)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, expanded, args...); err != nil {
			return err
		}
	}
	return nil
}
