package main

import (
	"context"
	"strings"
	"testing"

	"depesche/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

// result is what one run of the program left behind.
type result struct {
	status         int
	stdout, stderr string
}

// program runs commands in process, in an empty working directory.
type program struct {
	t     *testing.T
	env   map[string]string
	stdin string
}

func newProgram(t *testing.T) *program {
	t.Helper()
	t.Chdir(t.TempDir())
	return &program{t: t, env: map[string]string{}}
}

func (p *program) run(args ...string) result {
	p.t.Helper()
	return p.runCtx(p.t.Context(), args...)
}

func (p *program) runCtx(ctx context.Context, args ...string) result {
	p.t.Helper()
	var stdout, stderr strings.Builder
	status := run(ctx, args, func(name string) string { return p.env[name] }, strings.NewReader(p.stdin), &stdout, &stderr)
	return result{status, stdout.String(), stderr.String()}
}

// want fails the test where the run ended with another status.
func (p *program) want(status int, args ...string) result {
	p.t.Helper()
	r := p.run(args...)
	if r.status != status {
		p.t.Fatalf("depesche %q: status %d, want %d\nstdout: %s\nstderr: %s", args, r.status, status, r.stdout, r.stderr)
	}
	return r
}
