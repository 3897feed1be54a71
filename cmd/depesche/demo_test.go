package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"depesche/feeds"
)

func TestDemoOncePrintsTheDigestAndLeavesNothing(t *testing.T) {
	p := newProgram(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	began := time.Now()
	r := p.want(0, "demo", "--once")
	if took := time.Since(began); took > time.Minute { // BenchmarkDemoOnce holds the bar; a loaded machine only has to get there
		t.Errorf("it took %v", took)
	}
	for _, text := range []string{
		"\nOZG\n", "\ngovdigital\n", "\nBlockchain\n", "\nRegistermodernisierung\n", "\nKI\n", "\nDigitale Souveränität\n", // every topic
		"Mittelland: Kfz-Zulassung nun überall digital",
		"<!channel> *Bürgerkonto* jetzt & sofort für <@U0ANNA> | _gratis_", // foreign text stays text
		"Landesanzeiger", "10 von 11", // what silence means
	} {
		if !strings.Contains(r.stdout, text) {
			t.Errorf("the digest lacks %q:\n%s", text, r.stdout)
		}
	}
	if n := strings.Count(r.stdout, "schließt letzte Lücke im OZG-Katalog"); n != 1 {
		t.Errorf("an item of two feeds stands there %d times", n)
	}
	if strings.Contains(r.stdout, "Eilmeldung") || r.stderr != "" {
		t.Errorf("held-back items or a log are printed: %s", r.stderr)
	}
	for _, dir := range []string{temp, "."} {
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestDemoRefusesABadAddress(t *testing.T) {
	p := newProgram(t)
	p.want(2, "demo", "--listen", "8080")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if r := p.want(1, "demo", "--listen", taken.Addr().String()); !strings.Contains(r.stderr, "address already in use; choose another with --listen") {
		t.Errorf("an address in use: %s", r.stderr)
	}
}

func TestSampleFeedsAreWhatTheySay(t *testing.T) {
	world, err := newSample("http://127.0.0.1:1/sample", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	count := func() (items, brokenFeeds int) {
		for _, f := range sampleFeeds {
			var body strings.Builder
			if err := world.render(&body, f.file); err != nil {
				t.Fatal(err)
			}
			doc, err := feeds.Parse([]byte(body.String()), f.contentType, world.base)
			if err != nil {
				brokenFeeds++
				continue
			}
			items += len(doc.Items)
			for _, it := range doc.Items {
				if it.Published.IsZero() || it.Published.After(time.Now()) || it.URL == "" || it.Summary == "" {
					t.Errorf("%s: %+v", f.file, it)
				}
			}
		}
		return items, brokenFeeds
	}
	if items, faulty := count(); items != 56 || faulty != 1 {
		t.Errorf("%d items, %d broken feeds", items, faulty)
	}
	for world.release(time.Now()) {
	}
	if items, _ := count(); items != 64 {
		t.Errorf("%d items when all are out", items)
	}
}

// startDemo runs the demo in process; what it returns ends it.
func startDemo(t *testing.T) *demonstration {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemo(listener, t.TempDir()+"/demo.db", newLogger(t.Output(), LogConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	said, ended := newListened(), make(chan error, 1)
	go func() { ended <- d.run(ctx, &call{stdout: said, stderr: said}, true) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with %v", err)
		}
		d.close()
	})
	select {
	case <-said.heard:
	case err := <-ended:
		t.Fatalf("the demo did not start: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the demo did not start")
	}
	return d
}

// listened closes heard at the first write.
type listened struct {
	lockedBuffer
	heard chan struct{}
}

func newListened() *listened { return &listened{heard: make(chan struct{})} }

func (s *listened) Write(p []byte) (int, error) {
	if s.String() == "" {
		defer close(s.heard)
	}
	return s.lockedBuffer.Write(p)
}

func TestDemoButtons(t *testing.T) {
	d := startDemo(t)
	ctx := t.Context()
	if said(d.workspace, "C0REDAKTION", "|Ministerin: „Mit der Kfz-Anmeldung") != 1 {
		t.Error("no digest stands in the channel at the start")
	}
	for _, want := range []string{"4 neue Meldungen", "4 neue Meldungen", "keine weiteren Meldungen"} {
		if got, err := d.newItems(ctx); err != nil || !strings.Contains(got, want) {
			t.Errorf("new items: %q, %v, want %q", got, err, want)
		}
	}
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // occasions are whole seconds
	if got, err := d.digestNow(ctx); err != nil || !strings.Contains(got, "8 Meldungen") {
		t.Errorf("digest now: %q, %v", got, err)
	}
	if said(d.workspace, "C0REDAKTION", "|Eilmeldung: Länder einigen sich") != 1 {
		t.Error("the breaking news is not in the channel")
	}
	reply, err := d.workspace.Command(ctx, "C0REDAKTION", d.workspace.Me(), "OZG")
	if err != nil {
		t.Fatal(err)
	}
	answers, err := reply.Wait(ctx, 1)
	if err != nil || !strings.Contains(words(answers[0].Blocks), "Eilmeldung") {
		t.Errorf("/news OZG: %+v, %v", answers, err)
	}
}

func TestDemoDeskHasAllItsSchedules(t *testing.T) {
	cfg, err := demoConfig(nil, "http://127.0.0.1:1", "x.db")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Lists.Daily == nil || cfg.Lists.Weekly == nil || cfg.Digests[0].Schedule == nil {
		t.Errorf("without a schedule: daily %v, weekly %v, digest %v", cfg.Lists.Daily == nil, cfg.Lists.Weekly == nil, cfg.Digests[0].Schedule == nil)
	}
}

func TestDemoInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is needed under CI=true: ", err)
		}
		t.Skip("no chromium on PATH")
	}
	d := startDemo(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1200, 900), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	ctx, end := chromedp.NewContext(ctx)
	defer end()
	defer func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
	}()
	at := func(s string) chromedp.CSS { return chromedp.CSS(s) }
	step := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		for _, a := range actions {
			if err := chromedp.Do(ctx, a); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	answer := func() string {
		t.Helper()
		text, err := chromedp.Run(ctx, chromedp.Text(at(`.message.ephemeral`)))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	step("the digest is there", chromedp.EmulateViewport(1200, 900), chromedp.Navigate(d.page),
		chromedp.WaitVisible(at(`body[data-ready]`)), chromedp.WaitVisible(at(`.message`)))
	takePicture(t, ctx)
	step("type a command", chromedp.SendKeys(at(`#composer`), "/news OZG"+kb.Escape+kb.Enter), chromedp.WaitVisible(at(`.message.ephemeral [data-action-id="more"]`)))
	first := answer()
	if !strings.Contains(first, "Nur für dich sichtbar") || !strings.Contains(first, "Kfz-Anmeldung") {
		t.Errorf("the answer reads %q", first)
	}
	step("press a button", chromedp.Click(at(`.message.ephemeral [data-action-id="more"]`)), chromedp.WaitVisible(at(`.message.ephemeral [data-action-id="back"]`)))
	if answer() == first {
		t.Error("the next page reads as the first one")
	}
	step("new items arrive", chromedp.Click(at(`#actions button[data-action="new-items"]`)), chromedp.WaitVisible(at(`#toast`)))
}

var picture = flag.String("picture", "", "file for a picture of the digest in the demo, such as the README's")

func takePicture(t *testing.T, ctx context.Context) {
	t.Helper()
	if *picture == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*picture, png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestButtonsOfADemoThatHasNotStartedSaySo(t *testing.T) {
	d := &demonstration{}
	for name, press := range map[string]func(context.Context) (string, error){"new items": d.newItems, "digest now": d.digestNow} {
		if _, err := press(t.Context()); !errors.Is(err, errNotStarted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
