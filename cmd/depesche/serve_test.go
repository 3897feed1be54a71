package main

import (
	"context"
	"database/sql"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"depesche/bot/playground"
)

// newWorkspace is a stand-in for Slack, and the address of its Web API.
func newWorkspace(t *testing.T, o playground.Options) (*playground.Workspace, string) {
	t.Helper()
	w := playground.New(o)
	s := httptest.NewServer(w.Handler())
	w.SetURL(s.URL)
	t.Cleanup(func() {
		w.Close()
		s.Close()
	})
	return w, s.URL + "/api" // without its final slash, as people write it
}

func TestServeRefusesToStartInOneSentence(t *testing.T) {
	_, api := newWorkspace(t, playground.Options{BotToken: "xoxb-right", AppToken: "xapp-right", SigningSecret: "s"})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	newer := filepath.Join(t.TempDir(), "newer.db")
	withNewerSchema(t, newer)

	cases := []struct {
		name   string
		env    map[string]string
		status int
		want   string
	}{
		{"no token", map[string]string{"SLACK_BOT_TOKEN": ""}, 2, "depesche demo"},
		{"no way in", map[string]string{"SLACK_SIGNING_SECRET": ""}, 2, "SLACK_APP_TOKEN"},
		{"wrong token", map[string]string{"SLACK_BOT_TOKEN": "xoxb-wrong-geheim"}, 1, "invalid_auth"},
		{"wrong app token", map[string]string{"SLACK_APP_TOKEN": "xapp-wrong-geheim"}, 1, "SLACK_APP_TOKEN must begin with xapp-"},
		{"address in use", map[string]string{"DEPESCHE_LISTEN": taken.Addr().String()}, 1, "address already in use; set DEPESCHE_LISTEN"},
		{"no database server", map[string]string{"DATABASE_URL": "postgres://desk:geheim@127.0.0.1:1/desk?sslmode=disable"}, 1, "connection refused"},
		{"no folder for the database", map[string]string{"DATABASE_URL": "sqlite:nowhere/x.db"}, 1, `"nowhere" does not exist`},
		{"newer schema", map[string]string{"DATABASE_URL": "sqlite:" + newer}, 1, "run the depesche that wrote this database, or a newer one"},
		{"a digest in a channel that is not there", map[string]string{"DEPESCHE_CONFIG": writeFile(t, "digests:\n  - {name: a, channel: '#nirgends', schedule: '@daily'}\n")}, 1, `"#nirgends"`},
		{"wrong configuration", map[string]string{"DEPESCHE_CONFIG": writeFile(t, "languag: de\n")}, 2, "did you mean language?"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newProgram(t)
			p.env = map[string]string{"SLACK_BOT_TOKEN": "xoxb-right", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": api,
				"DEPESCHE_LISTEN": "127.0.0.1:0", "DEPESCHE_LOG": "error"}
			for k, v := range c.env {
				p.env[k] = v
			}
			r := p.want(c.status, "serve")
			if !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("stderr %q, want one line with %q", r.stderr, c.want)
			}
			if strings.Contains(r.stderr, "geheim") {
				t.Error("a secret is printed")
			}
		})
	}
}

// withNewerSchema makes a database that a later program wrote.
func withNewerSchema(t *testing.T, file string) {
	t.Helper()
	p := newProgram(t)
	p.env["DATABASE_URL"] = "sqlite:" + file
	p.want(0, "migrate")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO schema_version (version) VALUES (9999)`); err != nil {
		t.Fatal(err)
	}
}

func TestServeEndsWhenItIsToldTo(t *testing.T) {
	_, api := newWorkspace(t, playground.Options{BotToken: "xoxb-right", SigningSecret: "s"})
	p := newProgram(t)
	p.env = map[string]string{"SLACK_BOT_TOKEN": "xoxb-right", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": api, "DEPESCHE_LISTEN": "127.0.0.1:0"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := p.runCtx(ctx, "serve"); r.status != 0 {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
}

func TestDoctorSaysHowToMend(t *testing.T) {
	_, api := newWorkspace(t, playground.Options{BotToken: "xoxb-right", SigningSecret: "s", Channels: []playground.Channel{
		{ID: "C0123456", Name: "redaktion", Archived: true, Member: true},
	}})
	p, s := newDesk(t)
	p.env["SLACK_API_URL"], p.env["SLACK_BOT_TOKEN"], p.env["SLACK_SIGNING_SECRET"] = api, "xoxb-right", "s"
	list := decoded[[]finding](t, p.want(1, "doctor", "--json").stdout)
	got := map[string]finding{}
	for _, f := range list {
		got[f.Check+" "+f.What] = f
		if f.Status != fine && f.Cure == "" {
			t.Errorf("no cure: %+v", f)
		}
	}
	for what, status := range map[string]string{
		"configuration depesche.yaml": fine, "database sqlite": warning, "slack token": fine, "slack scopes": fine,
		"channel morgen to C0123456": broken, "feed " + s.URL + "/feed.xml": fine, "feed " + s.URL + "/missing.xml": broken,
	} {
		if got[what].Status != status {
			t.Errorf("%s: %+v, want %s", what, got[what], status)
		}
	}
	if r := p.want(1, "doctor"); !strings.Contains(r.stdout, "is archived") || !strings.Contains(r.stdout, "name another channel") {
		t.Errorf("for people: %s", r.stdout)
	}
	p.env["SLACK_BOT_TOKEN"] = "xoxb-wrong"
	if r := p.want(1, "doctor"); !strings.Contains(r.stdout, "copy the Bot User OAuth Token") {
		t.Errorf("wrong token: %s", r.stdout)
	}
	p.env["DEPESCHE_CONFIG"] = writeFile(t, "languag: de\n")
	if r := p.want(2, "doctor"); !strings.Contains(r.stdout, "unknown key") {
		t.Errorf("wrong configuration: %s%s", r.stdout, r.stderr)
	}
}
