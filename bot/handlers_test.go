package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"depesche/digest"
	"depesche/feeds/keyword"
)

// inbox is a response URL that keeps what is posted to it.
type inbox struct {
	mu   sync.Mutex
	got  []payload
	raw  []string
	fail int // status to answer with; zero: 200
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var raw json.RawMessage
	var p payload
	if json.NewDecoder(r.Body).Decode(&raw) != nil || json.Unmarshal(raw, &p) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	i.got, i.raw = append(i.got, p), append(i.raw, string(raw))
	if i.fail != 0 {
		w.WriteHeader(i.fail)
	}
}

// wait gives the posts once there are n of them and the bot has nothing more to do.
func (i *inbox) wait(t *testing.T, b *Bot) []payload {
	t.Helper()
	b.jobs.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.got
}

// press sends a button press.
func press(t *testing.T, b *Bot, responseURL string, ephemeral bool, action, value string) {
	t.Helper()
	raw := pressed(t, responseURL, ephemeral, action, value)
	if w := send(b.Handler(), "/slack/interactions", formType, url.Values{"payload": {string(raw)}}.Encode()); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("status %d, body %q", w.Code, w.Body)
	}
}

// pressed is what Slack sends when U1 presses a button in C1.
func pressed(t *testing.T, responseURL string, ephemeral bool, action, value string) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"type": "block_actions", "response_url": responseURL, "user": map[string]any{"id": "U1"}, "channel": map[string]any{"id": "C1"},
		"container": map[string]any{"type": "message", "message_ts": "1.2", "is_ephemeral": ephemeral},
		"actions":   []any{map[string]any{"action_id": action, "value": value}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestStaleAndForgedButtons(t *testing.T) {
	cases := []struct{ name, action, value, want string }{
		{"not JSON", actionMore, "x", "gilt nicht mehr"},
		{"negative page", actionMore, `{"v":"search","a":"OZG","o":-5}`, "gilt nicht mehr"},
		{"a verb that does not page", actionMore, `{"v":"subscribe","a":"OZG"}`, "gilt nicht mehr"},
		{"beyond the end", actionMore, `{"v":"search","a":"OZG","o":500}`, "Keine weiteren Meldungen"},
		{"not a number", actionEnd, "x", "gibt es hier nicht"},
		{"someone else's subscription", actionEnd, "1", "gibt es hier nicht"},
		{"into another channel", actionUndo, `{"q":"OZG","c":"daily","t":"C2"}`, "gilt nicht mehr"},
		{"a cadence that is none", actionUndo, `{"q":"OZG","c":"digest","t":"C1"}`, "gilt nicht mehr"},
		{"an action of another version", "launch", "1", "gilt nicht mehr"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := &inbox{}
			s := server(t, in)
			o := newOffice(t, func(o *Options) { o.APIURL = s.URL + "/api/" })
			o.subscribers.list = []digest.Subscription{{ID: 1, Query: "OZG", Target: "C2", Cadence: digest.KindDaily}}
			press(t, o.Bot, s.URL+"/actions/x", true, c.action, c.value)
			got := in.wait(t, o.Bot)
			if len(got) != 1 || !strings.Contains(got[0].Text, c.want) || got[0].ResponseType != "ephemeral" {
				t.Errorf("posted %+v", got)
			}
			if len(o.subscribers.list) != 1 {
				t.Error("something changed")
			}
		})
	}
}

func TestPagesReplaceOnlyWhatOnePersonSees(t *testing.T) {
	for _, ephemeral := range []bool{true, false} {
		in := &inbox{}
		s := server(t, in)
		o := newOffice(t, func(o *Options) { o.APIURL = s.URL + "/api/" })
		press(t, o.Bot, s.URL+"/actions/x", ephemeral, actionMore, `{"v":"search","a":"OZG","n":"/depesche"}`)
		got := in.wait(t, o.Bot)
		if len(got) != 1 || got[0].ReplaceOriginal != ephemeral {
			t.Errorf("ephemeral %v: %+v", ephemeral, got)
		}
	}
}

func TestRepliesAreCleanJSON(t *testing.T) {
	in := &inbox{}
	s := server(t, in)
	o := newOffice(t, func(o *Options) { o.APIURL = s.URL + "/api/" })
	press(t, o.Bot, s.URL+"/actions/x", true, actionMore, `{"v":"latest"}`)
	in.wait(t, o.Bot)
	var fields map[string]any
	if err := json.Unmarshal([]byte(in.raw[0]), &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"metadata", "delete_original"} {
		if _, ok := fields[name]; ok {
			t.Errorf("%s is sent along: %s", name, in.raw[0])
		}
	}
	if fields["unfurl_links"] != false || fields["unfurl_media"] != false || fields["response_type"] != "ephemeral" {
		t.Errorf("sent %s", in.raw[0])
	}
}

func TestResponseURLs(t *testing.T) {
	slackOwn := New(Options{})
	local := New(Options{APIURL: "http://127.0.0.1:9000/api/"})
	cases := []struct {
		url        string
		own, local bool
	}{
		{"https://hooks.slack.com/commands/T1/2/x", true, true},
		{"https://hooks.slack-gov.com/actions/T1/2/x", true, true},
		{"https://slack.com/x", true, true},
		{"http://hooks.slack.com/commands/x", false, false},
		{"https://hooks.slack.com.evil.example/x", false, false},
		{"https://evilslack.com/x", false, false},
		{"https://hooks.slack.com@evil.example/x", false, false},
		{"https://user:pass@hooks.slack.com/x", false, false},
		{"https://hooks.slack.com:8443/x", false, false},
		{"http://127.0.0.1:9001/hook", false, true},
		{"http://169.254.169.254/latest/meta-data", false, false},
		{"http://localhost:9001/hook", false, true},
		{"http://[::1]:9001/hook", false, true},
		{"file:///etc/passwd", false, false},
		{"", false, false},
		{"://", false, false},
	}
	for _, c := range cases {
		if err := slackOwn.checkResponseURL(c.url); (err == nil) != c.own {
			t.Errorf("Slack's own API, %q: %v", c.url, err)
		}
		if err := local.checkResponseURL(c.url); (err == nil) != c.local {
			t.Errorf("local API, %q: %v", c.url, err)
		}
	}
}

func TestAResponseURLNeverReachesTheLogOrAnError(t *testing.T) {
	b := New(Options{APIURL: "http://127.0.0.1:1/api/"})
	err := b.respond(t.Context(), "http://127.0.0.1:1/hook/T1/secret-path", b.sentence("x"))
	if err == nil || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("error %v", err)
	}
}

func TestSlowWorkIsAcknowledgedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{HTTPClient: &http.Client{Transport: nobody{}}})
		release := make(chan struct{})
		began := time.Now()
		if _, done := b.within("https://hooks.slack.com/commands/1", func(ctx context.Context) Reply { <-release; return b.sentence("x") }); done {
			t.Error("done")
		}
		if took := time.Since(began); took != ackBudget {
			t.Errorf("acknowledged after %s", took)
		}
		close(release)
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWaitsAndThenRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		finished := false
		b.spawn(func(context.Context) { time.Sleep(3 * time.Second); finished = true })
		if err := b.Close(t.Context()); err != nil || !finished {
			t.Errorf("%v, finished %v", err, finished)
		}
		if b.spawn(func(context.Context) {}) {
			t.Error("work began after Close")
		}
	})
}

func TestAfterCloseSlackIsToldToComeAgain(t *testing.T) {
	o := newOffice(t, nil)
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := send(o.Handler(), "/slack/events", "application/json", `{"type":"event_callback","event":{"type":"app_mention"}}`)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("event: status %d", w.Code)
	}
	w = send(o.Handler(), "/slack/interactions", formType, url.Values{"payload": {`{"type":"block_actions","actions":[{}]}`}}.Encode())
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("interaction: status %d", w.Code)
	}
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		b.spawn(func(ctx context.Context) { <-ctx.Done() })
		ctx, cancel := contextWithTimeout(t, time.Second)
		defer cancel()
		if err := b.Close(ctx); err == nil {
			t.Error("no error")
		}
	})
}

func TestPanicsEndTheRequestOnly(t *testing.T) {
	o := newOffice(t, func(o *Options) { o.Desk = nil })
	if p := ask(t, o.Bot, "themen"); !strings.Contains(p.Text, "ließ sich gerade nicht beantworten") {
		t.Errorf("answer %+v", p)
	}
	w := send(o.signed(func(http.ResponseWriter, []byte) { panic("broken") }), "/slack/commands", formType, "x=1")
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}

func TestBrokenQueriesShowThePlace(t *testing.T) {
	o := newOffice(t, nil)
	r := o.syntaxReply(asker{name: "/news"}, &keyword.SyntaxError{Query: "OZG (UND `x` <!channel>", Offset: 4, Detail: "parenthesis is not closed"})
	text := r.Messages[0].Text
	for _, want := range []string{"parenthesis is not closed", "OZG (UND ˋxˋ &lt;!channel&gt;\n    ^", "`/news hilfe suche`"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if err := checkMessage(r.Messages[0]); err != nil {
		t.Error(err)
	}
}

func TestTheCommandsOwnNameIsShown(t *testing.T) {
	o := newOffice(t, nil)
	for name, want := range map[string]string{"/depesche": "/depesche", "": "/news", "/a b": "/news", "/<x>": "/news", "news": "/news"} {
		if got := o.commandName(name); got != want {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}

func TestEvents(t *testing.T) {
	o := newOffice(t, nil)
	w := send(o.Handler(), "/slack/events", "application/json", `{"type":"url_verification","challenge":"abc123"}`)
	if w.Code != http.StatusOK || w.Body.String() != "abc123" {
		t.Errorf("challenge: %d %q", w.Code, w.Body)
	}
	for _, body := range []string{`{`, `{"type":"event_callback","event":{"type":"brand_new"}}`, `{"type":"app_rate_limited"}`, `[]`, `{"type":"event_callback","event":7}`} {
		if w := send(o.Handler(), "/slack/events", "application/json", body); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", body, w.Code)
		}
	}
}

func TestEventsAreAnsweredOnceAndPeopleOnly(t *testing.T) {
	const auth = `"authorizations":[{"user_id":"U9","is_bot":true}]`
	say := func(id, event string) string {
		return fmt.Sprintf(`{"type":"event_callback","event_id":%q,%s,"event":%s}`, id, auth, event)
	}
	cases := []struct {
		name   string
		events []string
		want   int
	}{
		{"a mention", []string{say("E1", `{"type":"app_mention","user":"U1","channel":"C1","text":"<@U9> hilfe","ts":"1.1"}`)}, 1},
		{"the same twice", []string{
			say("E1", `{"type":"app_mention","user":"U1","channel":"C1","text":"<@U9> hilfe","ts":"1.1"}`),
			say("E1", `{"type":"app_mention","user":"U1","channel":"C1","text":"<@U9> hilfe","ts":"1.1"}`)}, 1},
		{"a bot", []string{say("E1", `{"type":"app_mention","user":"U5","bot_id":"B5","channel":"C1","text":"<@U9> hilfe","ts":"1.1"}`)}, 0},
		{"itself", []string{say("E1", `{"type":"message","channel_type":"im","user":"U9","channel":"D1","text":"hilfe","ts":"1.1"}`)}, 0},
		{"an edit", []string{say("E1", `{"type":"message","subtype":"message_changed","channel_type":"im","user":"U1","channel":"D1","ts":"1.1"}`)}, 0},
		{"a channel's talk", []string{say("E1", `{"type":"message","channel_type":"channel","user":"U1","channel":"C1","text":"hilfe","ts":"1.1"}`)}, 0},
		{"somebody joins", []string{say("E1", `{"type":"member_joined_channel","user":"U1","channel":"C1"}`)}, 0},
		{"the bot joins", []string{say("E1", `{"type":"member_joined_channel","user":"U9","channel":"C1"}`)}, 1},
		{"the messages tab", []string{say("E1", `{"type":"app_home_opened","tab":"messages","user":"U1"}`)}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			posts := 0
			api := webAPI(t, map[string]http.HandlerFunc{"chat.postMessage": func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				posts++
				answer(`{"ok":true,"channel":"C1","ts":"1.2"}`)(w, r)
			}})
			o := newOffice(t, func(o *Options) { o.APIURL = api })
			for _, e := range c.events {
				if w := send(o.Handler(), "/slack/events", "application/json", e); w.Code != http.StatusOK {
					t.Errorf("status %d", w.Code)
				}
				o.jobs.Wait()
			}
			if posts != c.want {
				t.Errorf("%d posts, want %d", posts, c.want)
			}
		})
	}
}

// nobody is a network in which every request fails.
type nobody struct{}

func (nobody) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nobody there")
}
