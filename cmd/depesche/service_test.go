package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// press is a newspaper whose feed grows.
type press struct {
	mu     sync.Mutex
	titles []string
}

func (p *press) publish(titles ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.titles = append(p.titles, titles...)
}

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Probeblatt</title>`)
	for i, title := range p.titles {
		fmt.Fprintf(w, `<item><title>%s</title><link>http://%s/artikel/%d</link><guid>%d</guid><description>Ein Satz.</description></item>`, title, r.Host, i, i)
	}
	fmt.Fprint(w, `</channel></rss>`)
}

// service is a running depesche serve.
type service struct {
	t      *testing.T
	cmd    *exec.Cmd
	output lockedBuffer
	base   string
	ended  chan error
}

// lockedBuffer collects what a process prints.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// buildProgram makes the real program.
func buildProgram(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "depesche")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

func startService(t *testing.T, file string, env map[string]string) *service {
	t.Helper()
	s := &service{t: t, ended: make(chan error, 1)}
	s.cmd = exec.Command(file, "serve")
	s.cmd.Dir = t.TempDir()
	for k, v := range env {
		s.cmd.Env = append(s.cmd.Env, k+"="+v)
	}
	s.base = "http://" + env["DEPESCHE_LISTEN"]
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.ended)
		s.ended <- s.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended where the test came to its end
		<-s.ended
	})
	return s
}

// stop sends SIGTERM and gives how long the end took.
func (s *service) stop() time.Duration {
	s.t.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Fatalf("serve ended with %v\n%s", err, s.output.String())
		}
	case <-time.After(15 * time.Second):
		s.t.Fatalf("serve runs on 15 seconds after SIGTERM\n%s", s.output.String())
	}
	return time.Since(began)
}

// get reads an address of the service.
func (s *service) get(path string) (int, string) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(s.base + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body) + fmt.Sprint(err)
}

// eventually waits until ok holds.
func (s *service) eventually(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(45 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	s.t.Fatalf("never happened: %s\n%s", what, s.output.String())
}

// freeAddress gives an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
