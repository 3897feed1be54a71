package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/bot/playground"
)

// pushTo sends content to a callback as a hub does.
func pushTo(t *testing.T, callback, secret, body string) int {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	req, err := http.NewRequest(http.MethodPost, callback, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/rss+xml")
	req.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// TestServeTakesWhatHubsPush: the real program subscribes at a feed's hub, and
// what that pushes is in the archive, and in the channel, without a poll.
func TestServeTakesWhatHubsPush(t *testing.T) {
	asked := make(chan url.Values, 10)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form := r.PostForm
		w.WriteHeader(http.StatusAccepted)
		go func() { // as most hubs: some time later
			q := url.Values{"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": {"c"}, "hub.lease_seconds": {"3600"}}
			resp, err := http.Get(form.Get("hub.callback") + "?" + q.Encode())
			if err != nil {
				return
			}
			defer resp.Body.Close()
			if body, _ := io.ReadAll(resp.Body); string(body) == "c" {
				asked <- form
			}
		}()
	}))
	defer hub.Close()
	var polls atomic.Int32
	document := func(titles ...string) string {
		text := `<rss version="2.0"><channel><title>Amtsblatt</title><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="` + hub.URL + `"/>`
		for _, title := range titles {
			text += fmt.Sprintf(`<item><title>%s</title><guid isPermaLink="false">%s</guid></item>`, title, title)
		}
		return text + `</channel></rss>`
	}
	outlet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/feed.xml" { // robots.txt
			http.NotFound(w, r)
			return
		}
		polls.Add(1)
		_, _ = io.WriteString(w, document("OZG, wie es war"))
	}))
	defer outlet.Close()

	listen := freeAddress(t)
	workspace, api := newWorkspace(t, playground.Options{BotToken: e2eBotToken, SigningSecret: e2eSigning})
	env := map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "desk.db"), "SLACK_BOT_TOKEN": e2eBotToken, "SLACK_SIGNING_SECRET": e2eSigning,
		"SLACK_API_URL": api, "DEPESCHE_LISTEN": listen, "DEPESCHE_LOG": "debug",
		"DEPESCHE_CONFIG": writeFile(t, fmt.Sprintf(`
public_url: http://%s
topics:
  - {name: OZG, query: OZG}
feeds:
  - {url: "%s/feed.xml", name: Amtsblatt}
digests:
  - {name: laufend, channel: "#redaktion", schedule: "@every 2s"}
poll: {every: 1h, min: 200ms, host_gap: 0s}
fetch: {allow_networks: [127.0.0.0/8]}
`, listen, outlet.URL)),
	}
	file := buildProgram(t)
	s := startService(t, file, env)
	var form url.Values
	select {
	case form = <-asked:
	case <-time.After(45 * time.Second):
		t.Fatalf("the hub was not asked\n%s", s.output.String())
	}
	callback, secret := form.Get("hub.callback"), form.Get("hub.secret")
	if form.Get("hub.topic") != outlet.URL+"/feed.xml" || !strings.HasPrefix(callback, "http://"+listen+"/websub/") {
		t.Errorf("asked: %v", form)
	}
	archived := func(title string) bool { _, body := s.get("/topics/OZG.xml"); return strings.Contains(body, title) }
	if code := pushTo(t, callback, "anders", document("OZG, gefälscht")); code != http.StatusForbidden || archived("gefälscht") {
		t.Errorf("wrongly signed: %d", code)
	}
	if code := pushTo(t, callback, secret, document("OZG, geschoben")); code != http.StatusOK || !archived("OZG, geschoben") {
		t.Errorf("signed: %d", code)
	}
	s.eventually("the pushed item in the channel", func() bool { return said(workspace, e2eChannel, "OZG, geschoben") > 0 })
	_, figures := s.get("/metrics")
	for _, want := range []string{`depesche_hub_subscriptions{state="active"} 1`, `depesche_pushes_total{outcome="new"} 1`, `depesche_pushes_total{outcome="refused"} 1`} {
		if !strings.Contains(figures, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	s.stop()

	s = startService(t, file, env)
	s.eventually("ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	if code := pushTo(t, callback, secret, document("OZG, nach dem Neustart")); code != http.StatusOK || !archived("OZG, nach dem Neustart") {
		t.Errorf("after a restart: %d", code)
	}
	if n := polls.Load(); n != 1 {
		t.Errorf("the feed was polled %d times", n)
	}
	s.stop()
	if strings.Contains(s.output.String(), secret) {
		t.Error("a secret is in the log")
	}
	p := newProgram(t)
	p.env = env
	rows := decoded[[]feedRow](t, p.want(0, "feeds", "list", "--json").stdout)
	if len(rows) != 1 || rows[0].Pushed == "" || rows[0].Items != 3 {
		t.Errorf("feeds list: %+v", rows)
	}
}

// TestDoctorLooksAtThePublicAddress: nothing is asked, but what cannot work is
// named.
func TestDoctorLooksAtThePublicAddress(t *testing.T) {
	for address, status := range map[string]string{
		"":                                      "",
		"https://news.amt-beispiel.de":          fine,
		"https://news.amt-beispiel.de/depesche": fine,
		"https://93.184.216.34":                 fine,
		"http://news.amt-beispiel.de":           warning,
		"https://localhost:8080":                warning,
		"https://10.0.0.7":                      warning,
		"https://169.254.0.1":                   warning,
		"https://depesche":                      warning,
		"https://desk.internal":                 warning,
		placeholder:                             broken,
	} {
		e := examination{cfg: Config{PublicURL: address}}
		e.publicURL()
		switch {
		case status == "" && e.findings != nil:
			t.Errorf("without an address: %+v", e.findings)
		case status == "":
		case len(e.findings) != 1 || e.findings[0].Status != status || (status != fine) != (e.findings[0].Cure != ""):
			t.Errorf("%s: %+v, want %s", address, e.findings, status)
		}
	}
}
