// Package storagetest gives tests a store on every database that Depesche
// runs on: SQLite always, and a real PostgreSQL wherever one is to be had.
//
// PostgreSQL is the server of TEST_POSTGRES_URL, or a scratch cluster that the
// first test to ask for it starts from the machine's own initdb and postgres.
// A test package that uses this one has
//
//	func TestMain(m *testing.M) { storagetest.Main(m) }
//
// Where there is no PostgreSQL, tests on it are skipped and say so; with
// CI=true they fail.
package storagetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"depesche/storage"

	_ "github.com/lib/pq" // registers the driver "postgres"
	"go.uber.org/goleak"
)

// Main runs a package's tests, ends the scratch cluster, and fails the
// package where a goroutine is left over.
func Main(m *testing.M) {
	code := m.Run()
	scratch.stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintf(os.Stderr, "goroutines are left over: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Each runs f as a sub-test on each database, on an empty store whose schema
// is up to date and which is closed at the end.
func Each(t *testing.T, f func(t *testing.T, s *storage.Store)) {
	t.Helper()
	EachURL(t, func(t *testing.T, databaseURL string) { f(t, Open(t, databaseURL)) })
}

// EachURL runs f as a sub-test with the address of a fresh, empty database of
// each kind, for tests that open it themselves.
func EachURL(t *testing.T, f func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, sqliteURL(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, postgresURL(t)) })
}

// New gives an empty store on a temporary SQLite file.
func New(t testing.TB) *storage.Store {
	t.Helper()
	return Open(t, sqliteURL(t))
}

// Open opens a database of URLs, brings its schema up to date, and closes it
// at the end of the test.
func Open(t testing.TB, databaseURL string) *storage.Store {
	t.Helper()
	s, err := storage.Open(context.Background(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// URLs gives the address of a fresh, empty database of each kind, by its name
// ("sqlite", "postgres"). Without a PostgreSQL its entry is missing and the
// test's log says why; with CI=true the test fails.
func URLs(t testing.TB) map[string]string {
	t.Helper()
	urls := map[string]string{"sqlite": sqliteURL(t)}
	base, err := scratch.base()
	switch {
	case err == nil:
		urls["postgres"] = freshSchema(t, base)
	case os.Getenv("CI") == "true":
		t.Fatalf("no PostgreSQL: %v", err)
	default:
		t.Logf("not tried on PostgreSQL: %v", err)
	}
	return urls
}

func sqliteURL(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "depesche.db")
}

func postgresURL(t testing.TB) string {
	t.Helper()
	base, err := scratch.base()
	switch {
	case err == nil:
		return freshSchema(t, base)
	case os.Getenv("CI") == "true":
		t.Fatalf("no PostgreSQL: %v", err)
	default:
		t.Skipf("no PostgreSQL: %v", err)
	}
	return ""
}

// freshSchema makes a schema of the test's own and gives the address that
// leads to it.
func freshSchema(t testing.TB, base string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	admin(t, base, "CREATE SCHEMA "+name)
	t.Cleanup(func() { admin(t, base, "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal("TEST_POSTGRES_URL is not a valid address")
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func admin(t testing.TB, base, statement string) {
	t.Helper()
	db, err := sql.Open("postgres", base)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
