package bot

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"depesche/bot/playground"
	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// The people and channels of the workspace.
const (
	anna    = "U0ANNA"
	ben     = "U0BEN"
	channel = "C0EGOV"
	closed  = "C0LEITUNG" // private
)

// newsroom is a bot in a stand-in for Slack that refuses what Slack refuses.
type newsroom struct {
	*office
	slack *playground.Workspace
}

// plansOf is a Digests of plans.
type plansOf struct {
	plans   []digest.Plan
	preview digest.Digest
}

func (p *plansOf) Plans(context.Context) ([]digest.Plan, error) { return p.plans, nil }

func (p *plansOf) Preview(_ context.Context, label string) (digest.Digest, error) {
	if label != p.preview.Plan.Label {
		return digest.Digest{}, feeds.ErrNotFound
	}
	return p.preview, nil
}

func (p *plansOf) Explain(_ context.Context, it feeds.Item, outcomes []digest.Outcome) ([]digest.Verdict, error) {
	return digest.Why(it, p.plans, nil, outcomes, monday), nil
}

// every is a Schedule that comes at a fixed distance.
type every time.Duration

func (e every) Next(t time.Time) time.Time { return t.Add(time.Duration(e)) }

// overBoth runs the test over signed HTTP and over Socket Mode.
func overBoth(t *testing.T, test func(t *testing.T, n *newsroom)) {
	t.Helper()
	for _, transport := range []string{"http", "socket"} {
		t.Run(transport, func(t *testing.T) { test(t, newNewsroom(t, transport)) })
	}
}

func newNewsroom(t *testing.T, transport string) *newsroom {
	t.Helper()
	w := playground.New(playground.Options{
		BotToken: "xoxb-secret", AppToken: "xapp-secret", SigningSecret: secret, Me: anna,
		Users: []playground.User{
			{ID: anna, Name: "anna"}, {ID: ben, Name: "ben"}, {ID: "U0DEPESCHE", Name: "depesche", Bot: true},
		},
		Channels: []playground.Channel{{ID: channel, Name: "e-government", Member: true}, {ID: closed, Name: "leitung", Private: true, Member: true}, {ID: "C0NEU", Name: "neu"}},
	})
	api := httptest.NewServer(w.Handler())
	w.SetURL(api.URL)
	preview := sampleDigest("de")
	preview.Plan.Target, preview.Plan.Schedule = channel, every(24*time.Hour)
	preview.Plan.Rules = []digest.Rule{{Title: "OZG", Topic: "OZG"}, {Title: "govdigital", Topic: "govdigital"}}
	o := newOffice(t, func(o *Options) {
		o.APIURL = api.URL + "/api/"
		o.AppToken = "xapp-secret"
		o.Digests = &plansOf{plans: []digest.Plan{preview.Plan}, preview: preview}
		o.Now = time.Now
	})
	now := time.Now()
	for i := range o.archive.items {
		shift := now.Sub(monday)
		it := &o.archive.items[i]
		it.Seen, it.Dated = it.Seen.Add(shift), it.Dated.Add(shift)
	}
	o.desk.topics = []feeds.Topic{{Name: "OZG", Query: parse(t, "OZG")}, {Name: "govdigital", Query: parse(t, "govdigital")}}
	o.desk.feeds = []feeds.Feed{
		{URL: "https://example.org/feed", Name: "Amtsblick", State: feeds.StateOK, LastSuccess: now, LastPoll: now, Items: 3},
		{URL: "https://www.example.net/feed", Name: "Rat & Tat", State: feeds.StateFailing, Reason: "HTTP 503 Service Unavailable", Since: now.Add(-50 * time.Hour), LastPoll: now},
	}
	n := &newsroom{office: o, slack: w}
	switch transport {
	case "http":
		s := httptest.NewServer(o.Handler())
		w.SetBotURL(s.URL)
		t.Cleanup(func() { w.Close(); s.Close(); api.Close() })
	default:
		n.connect(t)
		t.Cleanup(func() { w.Close(); api.Close() })
	}
	return n
}

func parse(t *testing.T, query string) *keyword.Query {
	t.Helper()
	q, err := keyword.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// connect runs Socket Mode until the test ends.
func (n *newsroom) connect(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.RunSocket(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("socket mode: %v", err)
		}
	})
	n.until(t, "connected", n.reachable)
}

// reachable says whether the workspace and the bot agree that Socket Mode is
// connected: the bot knows a moment before the workspace does.
func (n *newsroom) reachable() bool { return n.Connection().Connected && n.slack.Sockets() > 0 }

// until waits for something that happens in another goroutine.
func (n *newsroom) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: did not happen", what)
}

// types types a command and gives what the asker then sees.
func (n *newsroom) types(t *testing.T, where, user, text string) playground.Message {
	t.Helper()
	before := len(n.slack.Ephemerals(where, user))
	if _, err := n.slack.Command(t.Context(), where, user, text); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return n.newest(t, text, before, func() []playground.Message { return n.slack.Ephemerals(where, user) })
}

func (n *newsroom) newest(t *testing.T, what string, before int, list func() []playground.Message) playground.Message {
	t.Helper()
	n.until(t, "answer to "+what, func() bool { return len(list()) > before })
	all := list()
	m := all[len(all)-1]
	check(t, what, m)
	return m
}

// check holds an answer against Slack's limits and our own.
func check(t *testing.T, what string, m playground.Message) {
	t.Helper()
	var stripped []map[string]any // the workspace adds block ids
	if err := json.Unmarshal(m.Blocks, &stripped); err != nil {
		t.Fatalf("%s: %v: %s", what, err, m.Blocks)
	}
	if err := checkMessage(digest.Message{Text: m.Text, Blocks: m.Blocks}); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if strings.Contains(string(m.Blocks)+m.Text, "<no value>") {
		t.Errorf("%s: a value is missing: %s", what, m.Text)
	}
}

// says fails where the message lacks one of the texts.
func says(t *testing.T, m playground.Message, want ...string) {
	t.Helper()
	all := readable(m.Blocks)
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("%q is missing in:\n%s", w, all)
		}
	}
}

// readable is every text of the blocks, a line each.
func readable(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, key := range []string{"text", "elements", "accessory"} {
				walk(v[key])
			}
		case string:
			b.WriteString(v + "\n")
		}
	}
	walk(v)
	return b.String()
}

func (n *newsroom) press(t *testing.T, m playground.Message, action string) {
	t.Helper()
	if _, err := n.slack.Press(t.Context(), m, action); err != nil {
		t.Fatalf("press %s: %v", action, err)
	}
}

// ephemeral waits until the person's newest message has the text.
func (n *newsroom) ephemeral(t *testing.T, user, want string) playground.Message {
	t.Helper()
	var m playground.Message
	n.until(t, want, func() bool {
		list := n.slack.Ephemerals(channel, user)
		if len(list) == 0 {
			return false
		}
		m = list[len(list)-1]
		return strings.Contains(readable(m.Blocks), want)
	})
	check(t, want, m)
	return m
}
