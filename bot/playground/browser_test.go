package playground_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func css(s string) chromedp.CSS { return chromedp.CSS(s) }

// browser starts a headless Chromium; without one the test is skipped, except
// under CI=true.
func browser(t *testing.T, width, height int, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is needed under CI=true: ", err)
		}
		t.Skip("no chromium on PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(width, height), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	options = append(options, flags...)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
		end()
	})
	return ctx
}

func TestAnEditorTypesACommandAndPressesAButton(t *testing.T) {
	b := newBot(t)
	b.commands = func(rw http.ResponseWriter, form url.Values) {
		sayJSON(rw, `{"response_type":"ephemeral","text":"x","blocks":[
			{"type":"section","text":{"type":"mrkdwn","text":"Suche nach *%s*","verbatim":true}},
			{"type":"actions","elements":[{"type":"button","action_id":"more","value":"2","text":{"type":"plain_text","text":"Weitere"}}]}]}`, form.Get("text"))
	}
	b.presses = func(rw http.ResponseWriter, payload map[string]any) {
		status, text := postJSON(t, payload["response_url"].(string), `{"replace_original":true,"text":"Seite 2"}`)
		if status != http.StatusOK {
			t.Errorf("response URL: %d %s", status, text)
		}
	}
	_, address := desk(t, func(o *playground.Options) { o.BotURL = b.URL })
	ctx := browser(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(address), chromedp.WaitVisible(css(`body[data-ready]`)),
		chromedp.SendKeys(css(`#composer`), "/news O"), chromedp.WaitVisible(css(`.suggestion`)))
	if !get(t, ctx, chromedp.Evaluate[bool](`document.querySelector("#composer").getAttribute("aria-expanded") === "true"`)) {
		t.Error("the input does not say that its list is open")
	}
	do(t, ctx, chromedp.SendKeys(css(`#composer`), kb.ArrowDown+kb.Enter), chromedp.WaitNotVisible(css(`#suggestions`)),
		chromedp.SendKeys(css(`#composer`), kb.Enter), chromedp.WaitVisible(css(`.message.ephemeral [data-action-id="more"]`)))
	if got := get(t, ctx, chromedp.Text(css(`.message.ephemeral .only`))); got != "Nur für dich sichtbar" {
		t.Errorf("marked %q", got)
	}
	if got := get(t, ctx, chromedp.Text(css(`.message.ephemeral strong`))); got != "OZG" {
		t.Errorf("bold %q", got)
	}
	do(t, ctx, chromedp.Click(css(`[data-action-id="more"]`)), chromedp.WaitNotPresent(css(`[data-action-id="more"]`)))
	if got := get(t, ctx, chromedp.Text(css(`.message.ephemeral .content > .text`))); got != "Seite 2" {
		t.Errorf("replaced by %q", got)
	}
}

func TestWhatBotsPostCannotRunInThePage(t *testing.T) {
	w, address := desk(t, nil)
	hostile := []string{
		`<img src=x onerror=window.pwned=1>`, `<script>window.pwned=1</script>`, `<javascript:window.pwned=1|click>`,
		`*<b onmouseover=window.pwned=1>x</b>*`, `<!date^1^<img src=x onerror=window.pwned=1>|x>`, `<@<img src=x>|<script>>`,
		"```<svg onload=window.pwned=1>```", `&lt;img src=x onerror=window.pwned=1&gt;`, `<https://example.org"onclick="window.pwned=1|x>`,
	}
	for _, h := range hostile {
		quoted := strings.ReplaceAll(strings.ReplaceAll(h, `\`, `\\`), `"`, `\"`)
		for _, block := range []string{
			`{"type":"section","text":{"type":"mrkdwn","text":"%s"}}`,
			`{"type":"header","text":{"type":"plain_text","text":"%s"}}`,
			`{"type":"context","elements":[{"type":"image","image_url":"https://example.org/x.png","alt_text":"%s"}]}`,
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"%s"}]}]}`,
			`{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"x"},"value":"%[1]s","accessibility_label":"%[1]s"}]}`,
		} {
			got := api(t, address, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"`+quoted+`","blocks":[`+fmt.Sprintf(block, quoted)+`]}`)
			if got["ok"] != true {
				t.Fatalf("%s: %v", h, got)
			}
		}
		api(t, address, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"`+quoted+`"}`)
	}
	if n := len(w.Messages("C1")); n != 6*len(hostile) {
		t.Fatalf("%d messages", n)
	}
	ctx := browser(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(address), chromedp.WaitVisible(css(`body[data-ready]`)), chromedp.WaitVisible(css(`.message`)),
		chromedp.Sleep(300*time.Millisecond))
	if get(t, ctx, chromedp.Evaluate[bool](`!!window.pwned`)) {
		t.Error("a script ran")
	}
	const foreign = `[...document.querySelectorAll("#messages img, #messages script, #messages svg, #messages b, #messages [onclick], ` +
		`#messages [onerror], #messages a[href^=javascript]")].map((n) => n.outerHTML)`
	if found := get(t, ctx, chromedp.Evaluate[[]string](foreign)); len(found) > 0 {
		t.Errorf("foreign elements: %q", found)
	}
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for i, s := range steps {
		if err := chromedp.Do(ctx, s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
}

func get[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
