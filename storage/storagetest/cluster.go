package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// cluster is a PostgreSQL of this test process's own: data and socket in a
// temporary directory, no port, nothing synced to disk.
type cluster struct {
	once  sync.Once
	url   string
	err   error
	leash *os.File      // the cluster lives as long as the other end is open
	ended chan struct{} // closed when it is gone
}

var scratch cluster

// base gives the address of a server, starting one where there is none.
func (c *cluster) base() (string, error) {
	c.once.Do(func() {
		if c.url = os.Getenv("TEST_POSTGRES_URL"); c.url == "" {
			c.err = c.start()
		}
	})
	return c.url, c.err
}

// script makes the cluster, runs it until standard input ends, and removes it.
// Standard input ends with the test process however that ends, so nothing is
// left behind by a panic, a timeout or a kill.
const script = `
"$1/initdb" -D "$2/data" -U depesche -A trust -E UTF8 --locale=C --no-sync >"$2/log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
  -c full_page_writes=off -c max_connections=200 -c autovacuum=off -c timezone=UTC >>"$2/log" 2>&1 &
server=$!
read line
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$2"
`

// startTimeout bounds how long a cluster may take to answer, on a machine
// that is busy with other test packages.
const startTimeout = 60 * time.Second

func (c *cluster) start() error {
	bin, err := binaries()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(shortTemp(), "depesche-pg")
	if err != nil {
		return err
	}
	attr := &syscall.SysProcAttr{Setpgid: true} // an interrupt is for the test process alone
	if os.Geteuid() == 0 {
		if attr.Credential, err = unprivileged(); err != nil {
			return errors.Join(err, os.Remove(dir))
		}
		if err := os.Chown(dir, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			return errors.Join(err, os.Remove(dir))
		}
	}
	leash, hand, err := os.Pipe()
	if err != nil {
		return errors.Join(err, os.Remove(dir))
	}
	defer leash.Close()
	shell := exec.Command("/bin/sh", "-c", script, "sh", bin, dir) //nolint:gosec,noctx // our own script, which ends with the process
	shell.Dir, shell.Stdin, shell.SysProcAttr = dir, leash, attr
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if err := shell.Start(); err != nil {
		hand.Close()
		return errors.Join(err, os.Remove(dir))
	}
	c.leash, c.ended = hand, make(chan struct{})
	go func() {
		defer close(c.ended)
		_ = shell.Wait() // its status is the server's, which was told to quit at once
	}()
	c.url = (&url.URL{Scheme: "postgres", User: url.User("depesche"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "sslmode": {"disable"}}.Encode()}).String()
	if err := c.answers(); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		c.stop()
		return errors.Join(fmt.Errorf("start a scratch cluster with %s/initdb: %w: %s", bin, err, log), os.RemoveAll(dir))
	}
	return nil
}

// stop ends the cluster and waits until it is gone.
func (c *cluster) stop() {
	if c.leash == nil {
		return
	}
	c.leash.Close()
	c.leash = nil
	<-c.ended
}

// answers waits until the cluster does, or is seen not to.
func (c *cluster) answers() error {
	db, err := sql.Open("postgres", c.url)
	if err != nil {
		return err
	}
	defer db.Close()
	for end := time.Now().Add(startTimeout); ; {
		if err = db.PingContext(context.Background()); err == nil || time.Now().After(end) {
			return err
		}
		select {
		case <-c.ended:
			return errors.New("it ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// binaries finds the directory of initdb and postgres. What is on PATH may be
// a link into it.
func binaries() (string, error) {
	var found []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, filepath.Dir(path))
		}
	}
	debian, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	for i := len(debian) - 1; i >= 0; i-- {
		found = append(found, debian[i])
	}
	for _, dir := range found {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("set TEST_POSTGRES_URL, or install the package postgresql (initdb is neither on PATH nor in /usr/lib/postgresql)")
}

// unprivileged is whom PostgreSQL runs as when the tests run as root, which it refuses.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody")
}

// shortTemp is a directory for the socket, whose path may have 107 bytes only
// (unix(7)); TMPDIR is often longer, and closed to other users.
func shortTemp() string {
	if info, err := os.Stat("/tmp"); err == nil && info.IsDir() {
		return "/tmp"
	}
	return ""
}
