package storage

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Faults of the schema, for errors.Is.
var (
	// ErrNewerSchema: a later version of the program has been here.
	ErrNewerSchema = errors.New("the database was written by a newer version of depesche; use that version, or another database")
	// ErrOldSchema: the schema has to be brought up to date by Migrate.
	ErrOldSchema = errors.New("the database's schema is not up to date; run depesche migrate")
)

// migrations gives the statements of every version, the first one's at 0.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // in lexical order
	if err != nil {
		return nil, err
	}
	list := make([]string, len(names))
	for i, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list[i] = string(text)
	}
	return list, nil
}

// Migrate brings the schema up to date, in one transaction: wholly or not at
// all. Any number of processes may start it at once; one does the work and the
// others wait. It is ErrNewerSchema where the database is ahead of the program.
func (s *Store) Migrate(ctx context.Context) error {
	list, err := migrations()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	err = s.inTx(ctx, func(tx *tx) error {
		if lock := tx.dialect.migrationLock; lock != "" {
			if _, err := tx.ExecContext(ctx, lock); err != nil {
				return fmt.Errorf("lock: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)`); err != nil {
			return err
		}
		var version int
		if err := tx.row(ctx, &version, `SELECT COALESCE(MAX(version), 0) FROM schema_version`); err != nil {
			return err
		}
		if version > len(list) {
			return fmt.Errorf("schema version %d, program knows %d: %w", version, len(list), ErrNewerSchema)
		}
		for ; version < len(list); version++ {
			if err := tx.apply(ctx, version+1, list[version]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func (t *tx) apply(ctx context.Context, version int, text string) error {
	for statement := range strings.SplitSeq(t.dialect.ddl.Replace(text), ";\n") {
		if _, err := t.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("version %d: %w", version, err)
		}
	}
	_, err := t.exec(ctx, `INSERT INTO schema_version (version) VALUES (?)`, version)
	return err
}

// Ready says whether the database answers and has this program's schema:
// nil, ErrOldSchema, ErrNewerSchema, or why it cannot be reached.
func (s *Store) Ready(ctx context.Context) error {
	list, err := migrations()
	if err != nil {
		return fmt.Errorf("ready: %w", err)
	}
	var one int
	if err := s.row(ctx, &one, `SELECT 1`); err != nil {
		return fmt.Errorf("reach database: %w", s.explained(err))
	}
	var version int
	if err := s.row(ctx, &version, `SELECT COALESCE(MAX(version), 0) FROM schema_version`); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("read schema version: %w", err)
		}
		return fmt.Errorf("read schema version: %w: %w", ErrOldSchema, err)
	}
	switch {
	case version < len(list):
		return fmt.Errorf("schema version %d, program needs %d: %w", version, len(list), ErrOldSchema)
	case version > len(list):
		return fmt.Errorf("schema version %d, program knows %d: %w", version, len(list), ErrNewerSchema)
	}
	return nil
}
