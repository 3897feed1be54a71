package feeds_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
)

// hub is a WebSub hub: it verifies intent, and pushes as it is told to.
type hub struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	asked  []url.Values
	lease  string // what it grants; empty: says nothing
	status int    // what it answers to a request; 0: 202
	silent bool   // does not verify
	known  map[string]url.Values
}

func newHub(t testing.TB) *hub {
	h := &hub{t: t, lease: "864000", known: map[string]url.Values{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// ServeHTTP takes a request, and verifies it before it answers: the strictest
// order there is, as some hubs have it.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	h.mu.Lock()
	h.asked = append(h.asked, r.PostForm)
	status, silent, lease := h.status, h.silent, h.lease
	h.mu.Unlock()
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	if !silent {
		q := url.Values{"hub.challenge": {"geheim-" + r.PostForm.Get("hub.mode")}}
		if lease != "" {
			q.Set("hub.lease_seconds", lease)
		}
		if code, _, body := h.question(r.PostForm, r.PostForm.Get("hub.mode"), q); code == http.StatusOK && body == q.Get("hub.challenge") {
			h.mu.Lock()
			h.known[r.PostForm.Get("hub.callback")] = r.PostForm
			h.mu.Unlock()
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// question asks a callback.
func (h *hub) question(form url.Values, mode string, more url.Values) (int, http.Header, string) {
	q := url.Values{"hub.mode": {mode}, "hub.topic": {form.Get("hub.topic")}}
	for k, v := range more {
		q[k] = v
	}
	resp, err := http.Get(form.Get("hub.callback") + "?" + q.Encode())
	if err != nil {
		h.t.Error(err)
		return 0, nil, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(body)
}

// requests gives what it was asked, by mode.
func (h *hub) requests(mode string) (list []url.Values) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.asked {
		if f.Get("hub.mode") == mode {
			list = append(list, f)
		}
	}
	return list
}

func (h *hub) set(change func(*hub)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

// push sends content, signed with a method; "": not signed.
func (h *hub) push(form url.Values, method, secret, body string) int {
	req, err := http.NewRequest(http.MethodPost, form.Get("hub.callback"), strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/rss+xml")
	req.Header.Set("Link", `<`+h.URL+`>; rel="hub", <https://anders.example/>; rel="self"`)
	if method != "" {
		req.Header.Set("X-Hub-Signature", method+"="+sign(method, secret, body))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Error(err)
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func sign(method, secret, body string) string {
	algorithms := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New, "md5": sha256.New}
	mac := hmac.New(algorithms[method], []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// pushDesk is a feed at a hub, and the bot that reads it.
type pushDesk struct {
	t      testing.TB
	store  *storage.Store
	hub    *hub
	feed   *httptest.Server
	public *httptest.Server // the bot's own address
	log    *bytes.Buffer

	poller *feeds.Poller
	bot    *feeds.Subscriber

	mu       sync.Mutex
	clock    time.Time
	items    []string
	head     string // of the channel
	header   http.Header
	during   func() // while a poll is under way; nil: nothing
	polls    int
	outcomes []feeds.PushOutcome
	saved    int
}

const maxBody = 64 << 10

func newPushDesk(t testing.TB, store *storage.Store) *pushDesk {
	t.Helper()
	o := &pushDesk{t: t, store: store, hub: newHub(t), log: &bytes.Buffer{}, clock: time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)}
	o.feed = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.polls++
		body, during := o.document(o.items...), o.during
		maps.Copy(w.Header(), o.header)
		o.mu.Unlock()
		if during != nil {
			during()
		}
		if tag := r.Header.Get("If-None-Match"); tag != "" && tag == w.Header().Get("ETag") {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(o.feed.Close)
	o.head = `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="` + o.hub.URL + `"/>` +
		`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="` + o.feed.URL + `/feed"/>`
	o.items = []string{storyOf(1, "Altbekannt")}
	o.public = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.bot.ServeHTTP(w, r) }))
	t.Cleanup(o.public.Close)
	o.start(o.public.URL)
	if _, err := store.AddFeed(t.Context(), feeds.Feed{URL: o.feed.URL + "/feed", Name: "Amtsblatt"}, o.clock); err != nil {
		t.Fatal(err)
	}
	return o
}

// start makes the bot anew, as a restart does.
func (o *pushDesk) start(public string) {
	client := feeds.NewClient(feeds.ClientOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MaxBytes: maxBody})
	o.t.Cleanup(client.Close)
	o.poller = feeds.NewPoller(o.store, client, feeds.PollOptions{
		Now: o.now, Chance: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(o.log, nil)),
		Saved: func(feeds.Saved) { o.saved++ },
	})
	o.bot = feeds.NewSubscriber(o.store, o.poller, feeds.SubscriberOptions{PublicURL: public, Observe: func(p feeds.PushOutcome) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.outcomes = append(o.outcomes, p)
	}})
}

func (o *pushDesk) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.clock
}

func (o *pushDesk) document(items ...string) string {
	return `<rss version="2.0"><channel><title>Amtsblatt</title>` + o.head + strings.Join(items, "") + `</channel></rss>`
}

func storyOf(n int, title string) string {
	return fmt.Sprintf(`<item><title>%s</title><link>https://amt.example/%d</link><guid isPermaLink="false">amt-%d</guid></item>`, title, n, n)
}

// pass lets time pass, polls what is due, and has the bot look after its hubs.
func (o *pushDesk) pass(d time.Duration) {
	o.t.Helper()
	o.mu.Lock()
	o.clock = o.clock.Add(d)
	o.mu.Unlock()
	if err := o.poller.Round(o.t.Context(), false, nil); err != nil {
		o.t.Fatal(err)
	}
	o.subscribe()
}

func (o *pushDesk) subscribe() {
	o.t.Helper()
	if err := feeds.SubscriberRound(o.t.Context(), o.bot); err != nil {
		o.t.Fatal(err)
	}
}

// archive gives the titles of all items, newest first.
func (o *pushDesk) archive() string {
	o.t.Helper()
	items, _, err := o.store.Latest(o.t.Context(), "", 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	titles := make([]string, len(items))
	for i, it := range items {
		titles[i] = it.Title
	}
	return strings.Join(titles, ", ")
}

// one gives the only feed and the only subscription.
func (o *pushDesk) one() (feeds.Feed, feeds.WebSub) {
	o.t.Helper()
	list, err := o.store.Feeds(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	subs, err := o.store.WebSubs(o.t.Context())
	if err != nil || len(list) != 1 || len(subs) != 1 {
		o.t.Fatalf("%d feeds, %d subscriptions, %v\n%s", len(list), len(subs), err, o.log)
	}
	return list[0], subs[0]
}

func (o *pushDesk) want(what string, got, want any) {
	o.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		o.t.Errorf("%s: %v, want %v\n%s", what, got, want, o.log)
	}
}
