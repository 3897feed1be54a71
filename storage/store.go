package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Store is an open database. Its methods are safe for concurrent use.
type Store struct {
	dialect *dialect
	write   *sqlx.DB // for transactions that write
	read    *sqlx.DB // for everything else; the same pool where that costs no waiting

	topics     handedOut
	vocabulary vocabulary
	documents  documents
}

func newStore(d *dialect, write, read *sqlx.DB) *Store {
	if read == nil {
		read = write
	}
	return &Store{dialect: d, write: write, read: read}
}

// Close ends all connections. It waits for statements under way.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Database says which database this is: "postgres" or "sqlite".
func (s *Store) Database() string { return s.dialect.name }

// attempts is how often a transaction that lost a race is tried.
const attempts = 5

// inTx runs f in one writing transaction, and again where another process won
// a race. f must use the transaction alone, never the pool, which may have a
// single connection.
func (s *Store) inTx(ctx context.Context, f func(tx *tx) error) error {
	for n := 1; ; n++ {
		err := s.tryTx(ctx, f)
		if err == nil || n == attempts || ctx.Err() != nil || !s.dialect.conflict(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(n*n) * 5 * time.Millisecond):
		}
	}
}

func (s *Store) tryTx(ctx context.Context, f func(tx *tx) error) (err error) {
	t, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			err = errors.Join(err, ignoreDone(t.Rollback()))
		}
	}()
	if err := f(&tx{Tx: t, dialect: s.dialect}); err != nil {
		return err
	}
	done = true
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// query reads many rows into dest, outside any transaction.
func (s *Store) query(ctx context.Context, dest any, query string, args ...any) error {
	return s.read.SelectContext(ctx, dest, s.dialect.rebind(query), args...)
}

// row reads one row into dest, outside any transaction.
func (s *Store) row(ctx context.Context, dest any, query string, args ...any) error {
	return s.read.GetContext(ctx, dest, s.dialect.rebind(query), args...)
}
