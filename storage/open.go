package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// connectTimeout bounds how long Open waits for a host that does not answer.
const connectTimeout = 5 * time.Second

// ErrURL is what a database URL of no known form answers.
var ErrURL = errors.New("must be postgres://USER:PASSWORD@HOST/DATABASE or sqlite:PATH; special characters of a password are written as %XX")

// Open connects to the database that the URL names: postgres://... (or
// postgresql://...), or sqlite:PATH, where PATH may be :memory:. It does not
// touch the schema; see Migrate. It waits five seconds at most for a server
// that does not answer. No error repeats the URL, which may hold a password.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	scheme, rest, _ := strings.Cut(databaseURL, ":")
	switch strings.ToLower(scheme) {
	case "postgres", "postgresql":
		return openPostgres(ctx, databaseURL)
	case "sqlite":
		return openSQLite(ctx, rest)
	}
	return nil, fmt.Errorf("open database: DATABASE_URL %w", ErrURL)
}

func openPostgres(ctx context.Context, databaseURL string) (*Store, error) {
	u, err := url.Parse(databaseURL)
	// An @ behind the host, or a fragment, means a password with a bare / ? or #:
	// what looks like the host is then a part of it.
	if err != nil || u.Opaque != "" || u.Fragment != "" || strings.Contains(u.Path+u.RawQuery, "@") {
		return nil, fmt.Errorf("open database: DATABASE_URL %w", ErrURL) // the parser's error repeats the URL
	}
	cfg, err := pq.NewConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("open database: the options of DATABASE_URL are not valid; it %w", ErrURL)
	}
	if cfg.ConnectTimeout <= 0 || cfg.ConnectTimeout > connectTimeout {
		cfg.ConnectTimeout = connectTimeout
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = "depesche"
	}
	cfg.BinaryParameters = true // one round trip a statement
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: the options of DATABASE_URL are not valid; it %w", ErrURL)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(4)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s := newStore(&postgres, sqlx.NewDb(db, "postgres"), nil)
	return s.connected(ctx, "postgres server "+u.Host)
}

func openSQLite(ctx context.Context, path string) (*Store, error) {
	if path == "" || strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "///") {
		return nil, fmt.Errorf("open database: DATABASE_URL %w", ErrURL)
	}
	memory := path == ":memory:"
	if !memory {
		path = filepath.Clean(path)
		if dir := filepath.Dir(path); !isDir(dir) {
			return nil, fmt.Errorf("open database: directory %q does not exist", dir)
		}
	}
	writer, err := sqlx.Open("sqlite", sqliteDSN(path, "immediate"))
	if err != nil {
		return nil, fmt.Errorf("open sqlite database %q: %w", path, err)
	}
	// SQLite has one writer at a time. One connection makes writers queue in
	// Go, in order, instead of polling a lock. An in-memory database lives as
	// long as its one connection.
	writer.SetMaxOpenConns(1)
	writer.SetConnMaxLifetime(0)
	var reader *sqlx.DB
	if !memory {
		// Readers do not wait for the writer: the journal is a write-ahead log.
		if reader, err = sqlx.Open("sqlite", sqliteDSN(path, "deferred")+"&_pragma=query_only(1)"); err != nil {
			writer.Close()
			return nil, fmt.Errorf("open sqlite database %q: %w", path, err)
		}
		reader.SetMaxOpenConns(4)
		reader.SetMaxIdleConns(4)
	}
	s := newStore(&embedded, writer, reader)
	return s.connected(ctx, fmt.Sprintf("sqlite database %q", path))
}

// sqliteDSN names the file as a URI, so that no character of its path is read
// as an option.
func sqliteDSN(path, txlock string) string {
	if path != ":memory:" {
		path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	}
	return "file:" + path + "?_time_format=sqlite&_txlock=" + txlock +
		"&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(NORMAL)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)"
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// connected proves that the database answers, or closes the store and says why not.
func (s *Store) connected(ctx context.Context, what string) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	err := s.answers(ctx)
	if err == nil {
		return s, nil
	}
	s.Close()
	return nil, fmt.Errorf("open %s: %w", what, s.explained(err))
}

// answers asks until it is answered or known why not. When several processes
// open a fresh file at once, SQLite refuses all but one the switch to the
// write-ahead log, without waiting for it.
func (s *Store) answers(ctx context.Context) error {
	for {
		var one int
		err := s.write.GetContext(ctx, &one, `SELECT 1`)
		if err == nil || !s.dialect.conflict(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// explained puts the usual faults of a connection in words before the cause.
func (s *Store) explained(err error) error {
	if why := s.dialect.explain(err); why != "" {
		return fmt.Errorf("%s: %w", why, err)
	}
	return err
}
