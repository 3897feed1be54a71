package playground_test

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"depesche/bot/playground"

	"github.com/slack-go/slack"
)

// client is slack-go's, without connections that outlive the test.
func client(t *testing.T, base, token string, more ...slack.Option) *slack.Client {
	hc := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	t.Cleanup(hc.CloseIdleConnections)
	return slack.New(token, append([]slack.Option{slack.OptionAPIURL(base + "/api/"), slack.OptionHTTPClient(hc)}, more...)...)
}

func TestSlackGoPostsUpdatesAndFindsItsMessages(t *testing.T) {
	w, base := desk(t, nil)
	c := client(t, base, "xoxb-1")
	who, err := c.AuthTestContext(t.Context())
	if err != nil || who.UserID != w.Bot().ID || who.BotID == "" {
		t.Fatalf("auth.test: %+v, %v", who, err)
	}
	if got := who.Header.Get("X-OAuth-Scopes"); !regexp.MustCompile(`\bchat:write\b`).MatchString(got) {
		t.Errorf("scopes %q", got)
	}
	meta := slack.SlackMetadata{EventType: "run", EventPayload: map[string]any{"run": "morgen/2026-11-21/1"}}
	text := slack.NewTextBlockObject(slack.MarkdownType, "*x*", false, true)
	channel, ts, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionText("x", false),
		slack.MsgOptionBlocks(slack.NewSectionBlock(text, nil, nil)), slack.MsgOptionMetadata(meta),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil || channel != "C1" || !regexp.MustCompile(`^\d{10}\.\d{6}$`).MatchString(ts) {
		t.Fatalf("posted to %q as %q: %v", channel, ts, err)
	}
	m := w.Messages("C1")[0]
	if m.UnfurlLinks == nil || *m.UnfurlLinks || m.UnfurlMedia == nil || *m.UnfurlMedia {
		t.Errorf("unfurl flags %v %v", m.UnfurlLinks, m.UnfurlMedia)
	}
	history := func(whole bool) slack.Message {
		t.Helper()
		h, err := c.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: "C1", Limit: 15, IncludeAllMetadata: whole})
		if err != nil || len(h.Messages) != 1 {
			t.Fatalf("history: %+v, %v", h, err)
		}
		return h.Messages[0]
	}
	if got := history(true); got.Metadata.EventPayload["run"] != "morgen/2026-11-21/1" || got.BotID != who.BotID {
		t.Errorf("metadata %+v of %q", got.Metadata, got.BotID)
	}
	if got := history(false); got.Metadata.EventType != "run" || got.Metadata.EventPayload != nil {
		t.Errorf("metadata without asking for all: %+v", got.Metadata)
	}
	if _, _, _, err := c.UpdateMessageContext(t.Context(), "C1", ts, slack.MsgOptionText("y", false)); err != nil {
		t.Fatal(err)
	}
	if got := history(true); got.Text != "y" || len(got.Blocks.BlockSet) != 0 || got.Metadata.EventType != "run" || got.Edited == nil {
		t.Errorf("after the update: %+v", got)
	}
	if _, _, err := c.DeleteMessageContext(t.Context(), "C1", ts); err != nil || len(w.Messages("C1")) != 0 {
		t.Errorf("delete: %v", err)
	}
}

func TestSlackGoReadsChannelsPeopleAndViews(t *testing.T) {
	w, base := desk(t, nil)
	c := client(t, base, "xoxb-1")
	var names []string
	p := &slack.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}, Limit: 2, ExcludeArchived: true}
	for {
		list, next, err := c.GetConversationsContext(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range list {
			names = append(names, ch.Name)
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	if want := []string{"redaktion", "offen", "geheim"}; !slices.Equal(names, want) {
		t.Errorf("channels %q, want %q: no archived one, no private one of others", names, want)
	}
	info, err := c.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: "C4"})
	if err != nil || !info.IsArchived || !info.IsMember {
		t.Errorf("info %+v, %v", info, err)
	}
	u, err := c.GetUserInfoContext(t.Context(), "U0BEN")
	if err != nil || u.TZ != "Europe/Berlin" || u.Locale != "de-DE" || u.RealName != "Ben Yılmaz" {
		t.Errorf("user %+v, %v", u, err)
	}
	users, err := c.GetUsersContext(t.Context())
	if err != nil || len(users) != 3 {
		t.Errorf("%d users, %v", len(users), err)
	}
	dm, _, _, err := c.OpenConversationContext(t.Context(), &slack.OpenConversationParameters{Users: []string{"U0BEN"}})
	if err != nil || dm.ID != w.Direct("U0BEN") {
		t.Errorf("direct message %+v, %v", dm, err)
	}
	channel, _, err := c.PostMessageContext(t.Context(), "U0BEN", slack.MsgOptionText("hallo", false))
	if err != nil || channel != dm.ID || len(w.Messages(dm.ID)) != 1 {
		t.Errorf("posting to a person went to %q: %v", channel, err)
	}
	if _, err := c.PostEphemeralContext(t.Context(), "C1", "U0BEN", slack.MsgOptionText("leise", false)); err != nil {
		t.Fatal(err)
	}
	if len(w.Messages("C1")) != 0 || len(w.Ephemerals("C1", "U0BEN")) != 1 || len(w.Ephemerals("C1", "U0ANNA")) != 0 {
		t.Error("an ephemeral message is for one person alone")
	}
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}
	got, err := c.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: "U0BEN", View: view})
	if err != nil || got.Hash == "" || len(w.Home("U0BEN")) == 0 {
		t.Fatalf("publish: %+v, %v", got, err)
	}
	_, err = c.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: "U0BEN", View: view, Hash: &got.Hash})
	if err != nil {
		t.Errorf("with the current hash: %v", err)
	}
	_, err = c.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: "U0BEN", View: view, Hash: &got.Hash})
	if err == nil || err.Error() != "hash_conflict" {
		t.Errorf("with the hash before: %v", err)
	}
}

func TestSlackGoSeesWhyBlocksWereRefused(t *testing.T) {
	_, base := desk(t, nil)
	c := client(t, base, "xoxb-1")
	_, _, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, long(151), false, false))))
	var bad slack.SlackErrorResponse
	if !errors.As(err, &bad) || bad.Err != "invalid_blocks" || len(bad.ResponseMetadata.Messages) != 1 {
		t.Fatalf("got %#v", err)
	}
	if want := "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"; bad.ResponseMetadata.Messages[0] != want {
		t.Errorf("says %q", bad.ResponseMetadata.Messages[0])
	}
}

func TestMessagesComeNoFasterThanSlackAllows(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	_, base := desk(t, func(o *playground.Options) {
		o.RateLimit, o.Now = true, func() time.Time { return now }
	})
	c := client(t, base, "xoxb-1")
	post := func(channel string) error {
		_, _, err := c.PostMessageContext(t.Context(), channel, slack.MsgOptionText("x", false))
		return err
	}
	for i := range 4 {
		if err := post("C1"); err != nil {
			t.Fatalf("message %d of a burst: %v", i+1, err)
		}
	}
	var limited *slack.RateLimitedError
	if err := post("C1"); !errors.As(err, &limited) || limited.RetryAfter != time.Second {
		t.Fatalf("the fifth at once: %v", err)
	}
	if err := post("C2"); err != nil {
		t.Errorf("another channel: %v", err)
	}
	now = now.Add(time.Second)
	if err := post("C1"); err != nil {
		t.Errorf("a second later: %v", err)
	}
	if err := post("C1"); err == nil {
		t.Error("and again at once")
	}
}

func TestTimestampsAreUniqueThoughTheClockStands(t *testing.T) {
	w, base := desk(t, func(o *playground.Options) {
		o.Now = func() time.Time { return time.Unix(1700000000, 100_000) }
	})
	for range 3 {
		api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x"}`)
	}
	var got []string
	for _, m := range w.Messages("C1") {
		got = append(got, m.TS)
	}
	if want := []string{"1700000000.000100", "1700000000.000101", "1700000000.000102"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestHistoryPages(t *testing.T) {
	w, base := desk(t, nil)
	c := client(t, base, "xoxb-1")
	for _, text := range []string{"eins", "zwei", "drei", "vier"} {
		if _, _, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionText(text, false)); err != nil {
			t.Fatal(err)
		}
	}
	all := w.Messages("C1")
	var got []string
	p := &slack.GetConversationHistoryParameters{ChannelID: "C1", Limit: 2, Oldest: all[0].TS}
	for {
		h, err := c.GetConversationHistoryContext(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Messages {
			got = append(got, m.Text)
		}
		if p.Cursor = h.ResponseMetaData.NextCursor; !h.HasMore {
			break
		}
	}
	if want := []string{"vier", "drei", "zwei"}; !slices.Equal(got, want) {
		t.Errorf("newest first, the oldest left out: %q", got)
	}
}

func TestHistoryPagesAreAsSmallAsTheWorkspaceSays(t *testing.T) {
	_, base := desk(t, func(o *playground.Options) { o.HistoryPage = 15 })
	c := client(t, base, "xoxb-1")
	for range 16 {
		if _, _, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionText("x", false)); err != nil {
			t.Fatal(err)
		}
	}
	h, err := c.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: "C1", Limit: 200})
	if err != nil || len(h.Messages) != 15 || !h.HasMore {
		t.Errorf("%d messages, more %v: %v", len(h.Messages), h.HasMore, err)
	}
}

func TestFaults(t *testing.T) {
	w, base := desk(t, nil)
	c := client(t, base, "xoxb-1")
	post := func() error {
		_, _, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionText("x", false))
		return err
	}
	w.Fail("chat.postMessage", playground.Fault{Status: 429, Error: "ratelimited", RetryAfter: 1500 * time.Millisecond, Times: 1})
	var limited *slack.RateLimitedError
	if err := post(); !errors.As(err, &limited) || limited.RetryAfter != 2*time.Second {
		t.Errorf("rate limit: %v", err)
	}
	if err := post(); err != nil {
		t.Errorf("the fault was for one call: %v", err)
	}
	w.Fail("chat.postMessage", playground.Fault{Status: 503})
	var status slack.StatusCodeError
	if err := post(); !errors.As(err, &status) || status.Code != 503 {
		t.Errorf("server error: %v", err)
	}
	if err := post(); err == nil {
		t.Error("a fault without a number stays")
	}
	w.Fail("chat.postMessage", playground.Fault{Error: "token_revoked", Times: 1})
	if err := post(); err == nil || err.Error() != "token_revoked" {
		t.Errorf("error: %v", err)
	}
	before := len(w.Messages("C1"))
	w.Fail("chat.postMessage", playground.Fault{CutAfterAccept: true, Times: 1})
	if err := post(); err == nil {
		t.Error("the connection was to be cut")
	}
	if got := len(w.Messages("C1")); got != before+1 {
		t.Errorf("%d messages, want %d: it was accepted before the cut", got, before+1)
	}
	w.Fail("*", playground.Fault{Hang: time.Hour})
	impatient := client(t, base, "xoxb-1", slack.OptionHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
	if _, err := impatient.AuthTestContext(t.Context()); err == nil {
		t.Error("the call was to hang")
	}
	w.Fail("*", playground.Fault{})
	if err := post(); err != nil {
		t.Errorf("healed: %v", err)
	}
	var errs []string
	for _, r := range w.Requests() {
		if r.Method == "chat.postMessage" {
			errs = append(errs, r.Error)
		}
		if r.Args["token"] != nil {
			t.Errorf("%s keeps the token", r.Method)
		}
	}
	if len(errs) != 7 || errs[0] != "ratelimited" || errs[1] != "" {
		t.Errorf("requests %q", errs)
	}
}
