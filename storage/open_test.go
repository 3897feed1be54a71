package storage_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/jmoiron/sqlx"
)

func TestOpenSaysWhatIsWrongAndNeverThePassword(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("This is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := closedPort(t)
	cases := []struct{ name, url, want string }{
		{"empty", "", "must be postgres://"},
		{"another database", "mysql://u:hunter2@host/db", "must be postgres://"},
		{"no scheme", "hunter2", "must be postgres://"},
		{"a broken address", "postgres://u:hunter2@host:port/db", "must be postgres://"},
		{"a broken escape", "postgres://u:hunter2%zz@host/db", "must be postgres://"},
		{"a bare slash in the password", "postgres://u:1234/hunter2@host/db", "written as %XX"},
		{"a bare hash in the password", "postgres://u:1234#hunter2@host/db", "written as %XX"},
		{"a bare question mark in the password", "postgres://u:1234?hunter2@host/db", "written as %XX"},
		{"a broken option", "postgres://u:hunter2@host/db?sslmode=hunter2", "options of DATABASE_URL"},
		{"no slashes", "postgres:hunter2", "must be postgres://"},
		{"nobody listens", "postgres://u:hunter2@" + closed + "/db?sslmode=disable", "no server answers at this address"},
		{"sqlite without a path", "sqlite:", "must be postgres://"},
		{"sqlite with a host", "sqlite://hunter2/x.db", "must be postgres://"},
		{"no such directory", "sqlite:" + filepath.Join(dir, "none", "x.db"), "does not exist"},
		{"a directory", "sqlite:" + dir, "cannot be opened"},
		{"not a database", "sqlite:" + garbage, "is not a SQLite database"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := storage.Open(t.Context(), c.url)
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want it to say %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a secret: %q", err)
			}
		})
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestOpenWaitsFiveSecondsAtMost(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begin := time.Now()
	_, err = storage.Open(t.Context(), "postgres://u:hunter2@"+l.Addr().String()+"/db?sslmode=disable&connect_timeout=60")
	if err == nil || !strings.Contains(err.Error(), "does not answer within five seconds") {
		t.Errorf("got %v, want it to say that the server does not answer", err)
	}
	if took := time.Since(begin); took > 30*time.Second { // of the sixty that the address asks for
		t.Errorf("gave up after %s", took)
	}
}

func TestOddPathsOfSQLite(t *testing.T) {
	for _, name := range []string{"ein leer.db", "frage?.db", "prozent%41.db", "raute#.db", "ärger.db", "a&_pragma=x.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			storagetest.Open(t, "sqlite:"+path)
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADatabaseInMemory(t *testing.T) {
	s := storagetest.Open(t, "sqlite::memory:")
	feed := knownFeed(t, s, "https://a.example/feed")
	poll(t, s, feed, monday, entry("1", "Eins", monday))
	if it := find(t, s, "1"); it.Title != "Eins" {
		t.Errorf("found %q", it.Title)
	}
}

func TestReadySaysWhatTheSchemaIs(t *testing.T) {
	storagetest.EachURL(t, func(t *testing.T, url string) {
		s, err := storage.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Ready(t.Context()); !errors.Is(err, storage.ErrOldSchema) {
			t.Errorf("an empty database: got %v, want %v", err, storage.ErrOldSchema)
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("after Migrate: %v", err)
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Errorf("Migrate again: %v", err)
		}
		db := raw(t, url)
		if _, err := db.Exec(`INSERT INTO schema_version (version) VALUES (1000)`); err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(t.Context()); !errors.Is(err, storage.ErrNewerSchema) {
			t.Errorf("a newer schema: got %v, want %v", err, storage.ErrNewerSchema)
		}
		if err := s.Migrate(t.Context()); !errors.Is(err, storage.ErrNewerSchema) {
			t.Errorf("migrate a newer schema: got %v, want %v", err, storage.ErrNewerSchema)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err = s.Ready(ctx)
		if err == nil || errors.Is(err, storage.ErrOldSchema) || errors.Is(err, storage.ErrNewerSchema) {
			t.Errorf("out of reach: got %v, want neither schema error", err)
		}
	})
}

// raw opens a database beside the store.
func raw(t *testing.T, databaseURL string) *sqlx.DB {
	t.Helper()
	driver, dsn := "postgres", databaseURL
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path
	}
	db, err := sqlx.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
