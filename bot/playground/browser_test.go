package playground_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/bot/playground"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func css(s string) chromedp.CSS { return chromedp.CSS(s) }

// shared is the browser that the tests share, each in a profile of its own.
var shared struct {
	start sync.Once
	ctx   context.Context
	stop  func() error
	err   error
}

// launch starts a headless Chromium.
func launch(parent context.Context, flags ...chromedp.ExecAllocatorOption) (ctx context.Context, stop func() error, err error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, free := chromedp.NewExecAllocator(parent, append(options, flags...)...)
	ctx, end := chromedp.NewContext(ctx)
	stop = func() error {
		err := chromedp.Cancel(ctx)
		end()
		free()
		return err
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return ctx, stop, nil
}

// browser opens a window of that size; flags ask for a browser of its own.
// Without Chromium the test is skipped, except under CI=true.
func browser(t *testing.T, width, height int64, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("no chromium on PATH")
	}
	var ctx context.Context
	if len(flags) > 0 {
		own, stop, err := launch(context.Background(), flags...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := stop(); err != nil {
				t.Log(err)
			}
		})
		ctx = own
	} else {
		shared.start.Do(func() { shared.ctx, shared.stop, shared.err = launch(context.Background()) })
		if shared.err != nil {
			t.Fatal(shared.err)
		}
		var end context.CancelFunc
		ctx, end = chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
		t.Cleanup(end)
	}
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.EmulateViewport(width, height))
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

const activeOption = `(() => { const i = document.querySelector("#composer");
	const o = document.getElementById(i.getAttribute("aria-activedescendant"));
	return o && o.getAttribute("aria-selected") === "true" ? o.querySelector("code").textContent : "none" })()`

func TestSuggestionsObeyTheKeyboard(t *testing.T) {
	_, address := desk(t, func(o *playground.Options) {
		o.Suggestions = []string{"hilfe\tdie Liste", "abo OZG täglich", "OZG"}
	})
	ctx := browser(t, 1200, 800)
	value := func() string { return get(t, ctx, chromedp.Value(css(`#composer`))) }
	do(t, ctx, chromedp.Navigate(address), chromedp.WaitVisible(css(`body[data-ready]`)),
		chromedp.SendKeys(css(`#composer`), "/"), chromedp.WaitVisible(css(`.suggestion`)))
	if got := get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll(".suggestion").length`)); got != 3 {
		t.Errorf("%d suggestions for a slash", got)
	}
	press := func(keys string) { t.Helper(); do(t, ctx, chromedp.SendKeys(css(`#composer`), keys)) }
	if got := get(t, ctx, chromedp.Evaluate[string](activeOption)); got != "none" {
		t.Errorf("active before any arrow: %s", got)
	}
	press(kb.ArrowUp)
	if got := get(t, ctx, chromedp.Evaluate[string](activeOption)); got != "/news OZG" {
		t.Errorf("up from the input goes to the last one: %s", got)
	}
	press(kb.ArrowDown)
	if got := get(t, ctx, chromedp.Evaluate[string](activeOption)); got != "/news hilfe" {
		t.Errorf("down from the last one goes to the first: %s", got)
	}
	press(kb.Escape)
	do(t, ctx, chromedp.WaitNotVisible(css(`#suggestions`)))
	if got := value(); got != "/" {
		t.Errorf("escape changed the text to %q", got)
	}
	press("news ozg")
	if got := get(t, ctx, chromedp.Evaluate[string](`[...document.querySelectorAll(".suggestion code")].map((n) => n.textContent).join()`)); got != "/news OZG,/news abo OZG täglich" {
		t.Errorf("what begins so comes first: %s", got)
	}
	press(kb.ArrowDown + kb.ArrowDown + kb.Tab)
	if got := value(); got != "/news abo OZG täglich" {
		t.Errorf("tab took %q", got)
	}
	get(t, ctx, chromedp.Evaluate[string](`document.querySelector("#composer").value = ""`))
	press("/ab")
	do(t, ctx, chromedp.WaitNotVisible(css(`#suggestions`)))
	get(t, ctx, chromedp.Evaluate[string](`document.querySelector("#composer").value = ""`))
	press("/n")
	do(t, ctx, chromedp.Click(css(`.suggestion`)), chromedp.WaitNotVisible(css(`#suggestions`)))
	if got := value(); got != "/news hilfe" {
		t.Errorf("the mouse took %q", got)
	}
}

func TestThePlacesOfThePage(t *testing.T) {
	b := newBot(t)
	pressed := make(chan string, 4)
	b.presses = func(_ http.ResponseWriter, payload map[string]any) {
		pressed <- payload["actions"].([]any)[0].(map[string]any)["action_id"].(string)
	}
	var address string
	b.events = func(_ http.ResponseWriter, o map[string]any) {
		switch event := o["event"].(map[string]any); event["type"] {
		case "app_home_opened":
			api(t, address, "xoxb-1", "views.publish", `{"user_id":"U0ANNA","view":{"type":"home","blocks":[`+header("Deine Abos")+`,`+
				inActions(`{"type":"button","action_id":"end","text":`+plainX+`,"confirm":{"title":{"type":"plain_text","text":"Wirklich?"},"text":`+plainX+`,"confirm":`+plainX+`,"deny":`+plainX+`}}`)+`]}}`)
		case "message":
			api(t, address, "xoxb-1", "chat.postMessage", `{"channel":"U0ANNA","text":"Du sagtest: *`+event["text"].(string)+`*"}`)
		}
	}
	var w *playground.Workspace
	w, address = desk(t, func(o *playground.Options) {
		o.BotURL, o.Language = b.URL, "en"
		o.Actions = []playground.Action{
			{ID: "digest", Label: "Digest now", Run: func(context.Context) (string, error) {
				api(t, address, "xoxb-1", "chat.postMessage", `{"channel":"C2","text":"Morning"}`)
				return "Posted to #offen.", nil
			}},
			{ID: "fail", Label: "Fail", Run: func(context.Context) (string, error) { return "", fmt.Errorf("the feed is down") }},
		}
	})
	ctx := browser(t, 1200, 800)
	toast := func(want string) {
		t.Helper()
		do(t, ctx, chromedp.WaitVisible(css(`#toast:not(:empty)`)))
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			got := get(t, ctx, chromedp.TextContent(css(`#toast`)))
			if strings.Contains(got, want) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the page says %q, want %q", got, want)
			}
		}
	}
	do(t, ctx, chromedp.Navigate(address), chromedp.WaitVisible(css(`body[data-ready]`)),
		chromedp.Click(css(`#actions button[data-action="digest"]`)), chromedp.WaitVisible(css(`[data-channel="C2"] .badge`)))
	toast("Posted to #offen.")
	do(t, ctx, chromedp.Click(css(`#actions button[data-action="fail"]`)))
	toast("the feed is down")
	do(t, ctx, chromedp.Click(css(`[data-channel="C2"]`)), chromedp.WaitVisible(css(`.message.bot`)), chromedp.WaitNotPresent(css(`.badge`)))
	do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css(`body[data-ready]`)), chromedp.WaitVisible(css(`.message.bot`)),
		chromedp.WaitNotPresent(css(`.badge`)))

	do(t, ctx, chromedp.Click(css(`[data-channel="`+w.Direct("U0ANNA")+`"]`)), chromedp.SendKeys(css(`#composer`), "hello"+kb.Enter),
		chromedp.WaitVisible(css(`.message.bot strong`)))

	do(t, ctx, chromedp.Click(css(`[data-channel="home"]`)), chromedp.WaitVisible(css(`.homeview .b-header`)),
		chromedp.Click(css(`[data-action-id="end"]`)), chromedp.WaitVisible(css(`#confirm-yes`)))
	picture(t, ctx, "confirm")
	do(t, ctx, chromedp.Click(css(`#confirm-no`)),
		chromedp.WaitNotVisible(css(`#confirm-yes`)), chromedp.Click(css(`[data-action-id="end"]`)), chromedp.Click(css(`#confirm-yes`)))
	if got := <-pressed; got != "end" || len(pressed) != 0 {
		t.Errorf("pressed %s and %d more: what was denied must not be sent", got, len(pressed))
	}
	do(t, ctx, chromedp.Click(css(`[data-channel="C1"]`)), chromedp.SendKeys(css(`#composer`), "/other"+kb.Enter))
	toast("/other is not a command here")
}

func TestTextIsShownAsSlackShowsIt(t *testing.T) {
	_, address := desk(t, nil)
	cases := []struct{ name, text, html string }{
		{"bold, italic, struck", `*a* _b_ ~c~`, `<strong>a</strong> <em>b</em> <s>c</s>`},
		{"nested", `*a _b_*`, `<strong>a <em>b</em></strong>`},
		{"no bold inside a word", `a*b*c 2*3*4`, `a*b*c 2*3*4`},
		{"no bold around spaces", `* a * und *b *`, `* a * und *b *`},
		{"code is literal", "`*a* &lt;b&gt;`", `<code>*a* &lt;b&gt;</code>`},
		{"entities, each once", `R&amp;D &amp;lt;x&amp;gt; &quot;`, `R&amp;D &amp;lt;x&amp;gt; &amp;quot;`},
		{"a link", `<https://example.org/a?b=1&amp;c=2|*a* &amp; b>`,
			`<a href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">*a* &amp; b</a>`},
		{"a bold link", `*<https://example.org/|a>*`, `<strong><a href="https://example.org/" target="_blank" rel="noopener noreferrer">a</a></strong>`},
		{"no link to a script", `<javascript:alert(1)|a>`, `a`},
		{"people and channels", `<@U0BEN> <#C1>`, `<span class="mention">@Ben Yılmaz</span> <button type="button" class="mention" data-go="C1">#redaktion</button>`},
		{"what would notify", `<!here>`, `<span class="mention broadcast">@here</span>`},
		{"what was escaped does not", `&lt;!here&gt;`, `&lt;!here&gt;`},
		{"a quote", "a\n&gt; b\nc", `a<blockquote>b</blockquote>c`},
		{"a fence", "```a\n*b*```", "<pre>a\n*b*</pre>"},
		{"a line after a fence", "```a```\nb", "<pre>a</pre>b"},
		{"lines", "a\nb", `a<br>b`},
		{"a date without a number", `<!date^x^{date}|gestern>`, `gestern`},
	}
	for _, c := range cases {
		body := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(c.text)
		if got := api(t, address, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"`+body+`"}}]}`); got["ok"] != true {
			t.Fatal(c.name, got)
		}
	}
	ctx := browser(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(address), chromedp.WaitVisible(css(`body[data-ready]`)), chromedp.WaitVisible(css(`.message`)))
	shown := get(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".message .b-section .text")].map((n) => n.innerHTML)`))
	if len(shown) != len(cases) {
		t.Fatalf("%d of %d are shown", len(shown), len(cases))
	}
	for i, c := range cases {
		if shown[i] != c.html {
			t.Errorf("%s: %q\nis shown as %s\nwant        %s", c.name, c.text, shown[i], c.html)
		}
	}
}

func TestTimesAreInTheZoneOfThePerson(t *testing.T) {
	const zone = "Pacific/Kiritimati" // nobody's browser is there
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	w, address := desk(t, func(o *playground.Options) {
		o.Me, o.Users = "U1", []playground.User{{ID: "U1", Name: "anna", TZ: zone}}
	})
	const text = `{"channel":"C1","text":"x","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"<!date^1795248000^{date_num} {time}|x>"}}]}`
	if got := api(t, address, "xoxb-1", "chat.postMessage", text); got["ok"] != true {
		t.Fatal(got)
	}
	list := w.Messages("C1")
	seconds, err := strconv.ParseInt(strings.Split(list[len(list)-1].TS, ".")[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(address), chromedp.WaitVisible(css(`body[data-ready] .message`)))
	if got, want := get(t, ctx, chromedp.Text(css(`.message .who time`))), time.Unix(seconds, 0).In(loc).Format("15:04"); got != want {
		t.Errorf("the message is of %s, want %s", got, want)
	}
	if got, want := get(t, ctx, chromedp.Text(css(`.message .blocks time`))), "21.11.2026 22:00"; got != want {
		t.Errorf("the date reads %s, want %s", got, want)
	}
}
