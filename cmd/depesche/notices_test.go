package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/bot/playground"
	"depesche/storage/storagetest"
)

// moody is a feed that answers as it is told to.
type moody struct {
	status atomic.Int64 // zero: it works
	items  atomic.Int64
	asked  atomic.Int64
}

func (m *moody) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.asked.Add(1)
	if status := int(m.status.Load()); status != 0 {
		http.Error(w, "no", status)
		return
	}
	fmt.Fprint(w, `<rss version="2.0"><channel><title>Amtsblatt</title>`)
	for i := range m.items.Load() {
		fmt.Fprintf(w, `<item><guid>%d</guid><title>Bekanntmachung %d</title></item>`, i, i)
	}
	fmt.Fprint(w, `</channel></rss>`)
}

// The real program, killed when it has told an owner, tells nothing twice.
func TestOwnersAreToldOnce(t *testing.T) {
	file := buildProgram(t)
	for database, databaseURL := range storagetest.URLs(t) {
		t.Run(database, func(t *testing.T) { tellsOwnersOnce(t, file, databaseURL) })
	}
}

func tellsOwnersOnce(t *testing.T, file, databaseURL string) {
	amt, alt := &moody{}, &moody{}
	amt.items.Store(2)
	alt.items.Store(1)
	mux := http.NewServeMux()
	mux.Handle("/amt.xml", amt)
	mux.Handle("/alt.xml", alt)
	outlet := httptest.NewServer(mux)
	defer outlet.Close()
	listen := freeAddress(t)
	workspace, api := newWorkspace(t, playground.Options{BotToken: e2eBotToken, SigningSecret: e2eSigning, BotURL: "http://" + listen})
	env := map[string]string{
		"DATABASE_URL": databaseURL, "SLACK_BOT_TOKEN": e2eBotToken, "SLACK_SIGNING_SECRET": e2eSigning,
		"SLACK_API_URL": api, "DEPESCHE_LISTEN": listen,
		"DEPESCHE_CONFIG": writeFile(t, fmt.Sprintf(`
owner: `+e2eChannel+`
health: {failures: 3, after: 1s}
feeds:
  - {url: "%[1]s/amt.xml", name: Amtsblatt, owner: `+e2eUser+`}
  - {url: "%[1]s/alt.xml", name: Altes Blatt}
poll: {every: 200ms, min: 200ms, max: 400ms, host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`, outlet.URL)),
	}
	s := startService(t, file, env)
	told := func(channel, text string) int {
		n := 0
		for _, m := range workspace.Messages(channel) {
			n += strings.Count(m.Text, text)
		}
		return n
	}
	direct := workspace.Direct(e2eUser)
	polls := func(m *moody, n int64) {
		s.t.Helper()
		until := m.asked.Load() + n
		s.eventually("more polls", func() bool { return m.asked.Load() >= until })
	}
	polls(amt, 2)
	polls(alt, 2)
	amt.status.Store(http.StatusNotFound)
	s.eventually("the owner is told", func() bool { return told(direct, "Amtsblatt") > 0 })
	// The bot cannot look for one of unknown outcome among direct messages, see bot.Find.
	s.eventually("the ledger knows", func() bool {
		_, body := s.get("/metrics")
		return strings.Contains(body, `depesche_deliveries{status="sent"} 1`)
	})
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	s = startService(t, file, env)
	s.eventually("ready again", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	polls(amt, 5)
	time.Sleep(6 * time.Second) // longer than the runner's own pause
	if n := told(direct, "HTTP 404 (nicht gefunden)"); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
	if answer := ask(t, workspace, "status"); !strings.Contains(words(answer.Blocks), "`/news quelle "+outlet.URL) {
		t.Errorf("status does not name the cure: %s", answer.Blocks)
	}

	amt.items.Store(5)
	amt.status.Store(0)
	alt.status.Store(http.StatusGone)
	s.eventually("the owner is told that it is back", func() bool { return told(direct, "3 Meldungen") == 1 })
	s.eventually("the desk is told that the other is gone", func() bool { return told(e2eChannel, "Altes Blatt") == 1 })
	asked := alt.asked.Load()
	time.Sleep(6 * time.Second)
	if told(direct, "Amtsblatt") != 2 || told(e2eChannel, "Altes Blatt") != 1 || told(direct, "Altes Blatt")+told(e2eChannel, "Amtsblatt") != 0 || alt.asked.Load() != asked {
		t.Errorf("in the end %d and %d messages; the one that is gone was asked %d times more", told(direct, "Amtsblatt"), told(e2eChannel, "Altes Blatt"), alt.asked.Load()-asked)
		for _, m := range workspace.Messages(direct) {
			t.Logf("%s: %s", m.TS, m.Text)
		}
	}
	s.stop()
}
