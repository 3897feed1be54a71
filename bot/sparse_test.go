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
)

// sparse is a Slack of two methods, as somebody writes it who tests the bot
// from outside. Every other method is refused the given way.
type sparse struct {
	mu     sync.Mutex
	posts  []url.Values
	refuse http.HandlerFunc
}

// refusals are the ways in which such a Slack knows no further method.
var refusals = map[string]http.HandlerFunc{
	"404":            http.NotFound,
	"unknown method": answer(`{"ok":false,"error":"unknown_method"}`),
}

func (s *sparse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimPrefix(r.URL.Path, "/api/") {
	case "auth.test":
		answer(`{"ok":true,"user_id":"U9"}`)(w, r)
	case "chat.postMessage":
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.posts = append(s.posts, r.PostForm)
		answer(`{"ok":true}`)(w, r)
	default:
		s.refuse(w, r)
	}
}

func newSparse(t *testing.T, refuse http.HandlerFunc) (*office, *sparse) {
	t.Helper()
	s := &sparse{refuse: refuse}
	api := server(t, s)
	return newOffice(t, func(o *Options) { o.APIURL = api.URL + "/api" }), s
}

// TestCommandsOfFewFields asks as testers' programs do: with little more than
// the text, and that written in every way that Slack may send it.
func TestCommandsOfFewFields(t *testing.T) {
	cases := []struct {
		name string
		form url.Values
		want string
	}{
		{"the text alone", url.Values{"text": {"OZG"}}, "OZG-Umsetzung"},
		{"nothing at all", url.Values{}, "`/news abos`"},
		{"another command", url.Values{"command": {"/depesche"}, "text": {"hilfe"}}, "`/depesche abos`"},
		{"a constant trigger", url.Values{"text": {"OZG"}, "trigger_id": {"1.2.3"}, "user_id": {"U1"}, "channel_id": {"C1"}}, "OZG-Umsetzung"},
		{"an address in marks", url.Values{"text": {"warum <https://example.org/b|https://example.org/b>"}}, "Bürger*innen"},
		{"an address in escaped marks", url.Values{"text": {"warum &lt;https://example.org/b&gt;"}}, "Bürger*innen"},
		{"an address in quotes", url.Values{"text": {"warum “https://example.org/b”"}}, "Bürger*innen"},
		{"an address with entities", url.Values{"text": {"explain <https://example.org/ozg?id=1&amp;x=2>"}}, "OZG-Umsetzung"},
		{"typographic quotes", url.Values{"text": {"„OZG-Umsetzung“"}}, "`\"OZG-Umsetzung\"`"},
		{"a channel", url.Values{"text": {"<#C123|ozg>"}}, "`#ozg`"},
		{"an abo without a place", url.Values{"text": {"abo OZG"}}, "wohin"},
		{"an abo for nobody", url.Values{"text": {"abo OZG mir"}, "channel_id": {"C1"}}, "wohin"},
		{"an abo for a channel", url.Values{"text": {"abo OZG"}, "channel_id": {"C1"}}, "ist eingerichtet"},
		{"an abo for a person", url.Values{"text": {"abo OZG"}, "user_id": {"U1"}}, "ist eingerichtet"},
		{"a response URL that is nowhere", url.Values{"text": {"OZG"}, "response_url": {"http://elsewhere.example/x"}}, "OZG-Umsetzung"},
		{"a response URL that is none", url.Values{"text": {"OZG"}, "response_url": {"none"}}, "OZG-Umsetzung"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, _ := newSparse(t, http.NotFound)
			var first string
			for try := range 2 { // the same signed body may come again
				w := send(o.Handler(), "/slack/commands", formType, c.form.Encode())
				var p payload
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusOK {
					t.Fatalf("status %d, %v: %s", w.Code, err, w.Body)
				}
				if all := p.Text + readable(p.Blocks); p.ResponseType != "ephemeral" || try == 0 && !strings.Contains(all, c.want) {
					t.Errorf("%q is missing in %s %s", c.want, p.ResponseType, all)
				}
				if try == 0 {
					first = p.Text
				} else if p.Text != first && !strings.Contains(first, "eingerichtet") {
					t.Errorf("the second time: %s", p.Text)
				}
			}
			if len(o.subscribers.list) > 1 {
				t.Errorf("subscribed twice: %+v", o.subscribers.list)
			}
		})
	}
}

func TestWithoutAResponseURLTheResponseWaitsLonger(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes time.Duration
		want  string
		after time.Duration
	}{
		{"quick", 0, "there", 0},
		{"later than the usual acknowledgement", 2500 * time.Millisecond, "there", 2500 * time.Millisecond},
		{"too late", 10 * time.Second, "braucht gerade länger", lastMoment},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := New(Options{})
				began := time.Now()
				r, done := b.within("", func(context.Context) Reply { time.Sleep(c.takes); return b.sentence("there") })
				if !done || !strings.Contains(r.Messages[0].Text, c.want) || time.Since(began) != c.after {
					t.Errorf("done %v after %s: %+v", done, time.Since(began), r)
				}
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestWithoutAResponseURLTheFirstPartSaysWhatIsMissing(t *testing.T) {
	o := newOffice(t, nil)
	long := o.sentence("Teil eins")
	long.Messages = append(long.Messages, o.sentence("Teil zwei").Messages[0])
	r, done := o.within("", func(context.Context) Reply { return long })
	if !done || len(r.Messages) != 1 {
		t.Fatalf("done %v: %+v", done, r)
	}
	if text := readable(r.Messages[0].Blocks); !strings.Contains(text, "Teil eins") || !strings.Contains(text, "1 weiterer Teil") {
		t.Errorf("the answer reads\n%s", text)
	}
}

func TestResponseURLsBesideTheWebAPI(t *testing.T) {
	in := &inbox{}
	hooks := server(t, in)
	o, _ := newSparse(t, http.NotFound)
	for i, address := range []string{hooks.URL + "/hook", strings.Replace(hooks.URL, "127.0.0.1", "localhost", 1) + "/hook"} {
		raw := fmt.Sprintf(`{"type":"block_actions","response_url":%q,"channel":{"id":"C1"},"user":{"id":"U1"},"actions":[{"action_id":"more","value":"{\"v\":\"search\",\"a\":\"OZG\"}"}]}`, address)
		if w := send(o.Handler(), "/slack/interactions", formType, url.Values{"payload": {raw}}.Encode()); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", address, w.Code)
		}
		if got := in.wait(t, o.Bot); len(got) != i+1 || !strings.Contains(got[i].Text, "OZG-Umsetzung") {
			t.Errorf("%s: %+v", address, got)
		}
	}
}

func TestButtonsWithoutAResponseURLBreakNothing(t *testing.T) {
	o, _ := newSparse(t, http.NotFound)
	if _, _, err := o.subscribers.Subscribe(t.Context(), digest.Subscription{Query: "OZG", Target: "C1"}); err != nil {
		t.Fatal(err)
	}
	raw := `{"type":"block_actions","channel":{"id":"C1"},"user":{"id":"U1"},"actions":[{"action_id":"unsubscribe","value":"1"}]}`
	if w := send(o.Handler(), "/slack/interactions", formType, url.Values{"payload": {raw}}.Encode()); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	o.jobs.Wait()
	if len(o.subscribers.list) != 0 {
		t.Error("the button did nothing")
	}
}

func TestEventsOfASparseSlack(t *testing.T) {
	for name, body := range map[string]string{
		"a mention":                 `{"type":"event_callback","event":{"type":"app_mention","user":"U1","channel":"C1","text":"<@U9> OZG","ts":"1.1"}}`,
		"a message":                 `{"type":"event_callback","event":{"type":"message","channel_type":"im","user":"U1","channel":"D1","text":"OZG"}}`,
		"a message of unsaid place": `{"type":"event_callback","event":{"type":"message","user":"U1","channel":"D1","text":"OZG"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			o, s := newSparse(t, http.NotFound)
			if w := send(o.Handler(), "/slack/events", "application/json", body); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
			o.jobs.Wait()
			if len(s.posts) != 1 || !strings.Contains(s.posts[0].Get("text"), "OZG-Umsetzung") {
				t.Errorf("posts %v", s.posts)
			}
		})
	}
	o, s := newSparse(t, http.NotFound)
	send(o.Handler(), "/slack/events", "application/json", `{"type":"event_callback","event":{"type":"app_home_opened","tab":"home","user":"U1"}}`)
	o.jobs.Wait()
	if len(s.posts) != 0 {
		t.Errorf("a Home that cannot be published: %v", s.posts)
	}
}

// TestDeliveryToASparseSlack: an answer of "ok" alone is a yes, and no word of
// the history is no reason to wait for ever.
func TestDeliveryToASparseSlack(t *testing.T) {
	for name, refuse := range refusals {
		t.Run(name, func(t *testing.T) {
			o, s := newSparse(t, refuse)
			d := sampleDelivery(t)
			if _, err := o.Post(t.Context(), d); err != nil || len(s.posts) != 1 {
				t.Errorf("%v after %d posts", err, len(s.posts))
			}
			post := s.posts[0]
			if post.Get("unfurl_links") != "false" || post.Get("unfurl_media") != "false" || !strings.Contains(post.Get("text"), "\n1. ") || post.Get("blocks") == "" {
				t.Errorf("posted %v", post)
			}
			var fault *digest.PostError
			_, found, err := o.Find(t.Context(), d)
			if found || !errors.Is(err, errors.ErrUnsupported) && (!errors.As(err, &fault) || fault.Class != digest.ClassAccess) {
				t.Errorf("found %v, %v", found, err)
			}
		})
	}
}

// TestManyQuestionsAtOnce: a queue of slow questions is answered with so many
// at a time, and what is beyond all measure is refused at once.
func TestManyQuestionsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		var mu sync.Mutex
		at, most := 0, 0
		question := func(context.Context) Reply {
			mu.Lock()
			at++
			most = max(most, at)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			at--
			mu.Unlock()
			return b.sentence("there")
		}
		var asked sync.WaitGroup
		for range maxJobs {
			asked.Go(func() { b.within("", question) })
		}
		synctest.Wait()
		if r, done := b.within("", question); !done || r.Messages[0].Text != b.failed().Messages[0].Text {
			t.Errorf("beyond all measure: %v %+v", done, r)
		}
		asked.Wait()
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if most != maxAtOnce {
			t.Errorf("%d at once, want %d", most, maxAtOnce)
		}
	})
}
