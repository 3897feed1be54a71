package playground_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A web site that the editor visits must not be able to use the page.
func TestThePageIsForItselfAlone(t *testing.T) {
	w, base := desk(t, nil)
	for _, c := range []struct {
		name   string
		method string
		path   string
		change func(*http.Request)
		want   int
	}{
		{"the page", "GET", "/", nil, 200},
		{"its state", "GET", "/page/state", nil, 200},
		{"its own script", "POST", "/page/send", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Origin", base)
		}, 200},
		{"another site's form", "POST", "/page/send", func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Content-Type", "text/plain")
		}, 403},
		{"another site's script", "POST", "/page/send", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"another port of this machine", "GET", "/page/state", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"another site's events", "GET", "/events", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"a form without an origin", "POST", "/page/send", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		{"a name that points here", "GET", "/", func(r *http.Request) { r.Host = "evil.example" }, 421},
		{"a name that points to the API", "POST", "/api/auth.test", func(r *http.Request) { r.Host = "evil.example:80" }, 421},
		{"localhost", "GET", "/", func(r *http.Request) { r.Host = "localhost:8090" }, 200},
		{"loopback in IPv6", "GET", "/", func(r *http.Request) { r.Host = "[::1]:8090" }, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(short(t), c.method, base+c.path, strings.NewReader(`{"channel":"C1","text":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			if c.change != nil {
				c.change(req)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != c.want {
				t.Errorf("status %d, want %d: %.80s %v", resp.StatusCode, c.want, body, err)
			}
			if csp := resp.Header.Get("Content-Security-Policy"); c.want == 200 && (!strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe")) {
				t.Errorf("policy %q", csp)
			}
		})
	}
	if got := len(w.Messages("C1")); got != 1 {
		t.Errorf("%d messages, want the page's own alone", got)
	}
}

// What another person alone may see reaches neither the page nor its stream.
func TestThePageShowsWhatItsUserMaySee(t *testing.T) {
	_, base := desk(t, nil)
	req, err := http.NewRequestWithContext(short(t), http.MethodGet, base+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() && lines.Text() != "event: hello" {
	}
	api(t, base, "xoxb-1", "chat.postEphemeral", `{"channel":"C1","user":"U0BEN","text":"für Ben"}`)
	api(t, base, "xoxb-1", "chat.postEphemeral", `{"channel":"C1","user":"U0ANNA","text":"für Anna"}`)
	api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"für alle"}`)
	var told strings.Builder
	for lines.Scan() {
		told.WriteString(lines.Text())
		if strings.Contains(lines.Text(), "für alle") {
			break
		}
	}
	resp, err := http.Get(base + "/page/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	state, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"stream": told.String(), "state": string(state)} {
		if strings.Contains(text, "für Ben") || !strings.Contains(text, "für Anna") || !strings.Contains(text, "für alle") {
			t.Errorf("the %s tells %s", name, text)
		}
	}
}
