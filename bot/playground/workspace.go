package playground

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Limits of Slack that are not about blocks.
const (
	ackTime    = 3 * time.Second  // a command, an interaction, an event and an envelope are answered within this
	hookUses   = 5                // posts to one response URL
	hookLife   = 30 * time.Minute // and how long it lives
	ticketLife = 30 * time.Second // from apps.connections.open to the websocket
	maxBody    = 1 << 20          // bytes of a request that are read
	keepCalls  = 10_000           // requests, and messages of one conversation, that are kept
)

// Channel is a channel of the workspace.
type Channel struct {
	ID       string
	Name     string // without the "#"
	Private  bool
	Archived bool
	Member   bool // the bot is a member
}

// User is a member of the workspace.
type User struct {
	ID       string
	Name     string // the handle, such as "anna"
	RealName string
	TZ       string // IANA, such as "Europe/Berlin"
	Locale   string // such as "de-DE"
	Bot      bool
}

// Action is a button above the page: something that the world around the bot
// does, such as new items arriving.
type Action struct {
	ID    string
	Label string
	Run   func(ctx context.Context) (string, error) // what it did, in a sentence for the page
}

// Options describe a workspace. The zero Options give a small German newsroom.
type Options struct {
	BotToken      string // "xoxb-playground" where empty
	AppToken      string // for Socket Mode; "xapp-playground" where empty
	SigningSecret string // "playground-signing-secret" where empty
	BotURL        string // base address of the bot's HTTP server; empty: Socket Mode
	URL           string // base address of this server; empty: learned from the first request
	Scopes        []string
	Hosts         []string // further host names, beside loopback, under which the page may be opened
	RateLimit     bool     // refuse more than one message a second and channel, beyond Burst
	Burst         int      // messages at once; 4 where zero

	// HistoryPage is the most messages that one page of conversations.history
	// holds: 1000 where zero. Slack gives 15 to apps that are sold outside of
	// its marketplace ("Rate limits", 29 May 2025).
	HistoryPage int

	Command     string // "/news" where empty
	Language    string // "de" (default) or "en"
	Team        string
	Channels    []Channel
	Users       []User // exactly one is the bot; one is added where none is
	Me          string // the id of the user at the page; the first person where empty
	Actions     []Action
	Suggestions []string // what may follow the command, such as "abo OZG täglich"; after a tab, what it does

	Now func() time.Time
	Log *slog.Logger
}

// DefaultScopes are the bot token's scopes where Options name none.
var DefaultScopes = []string{
	"commands", "chat:write", "chat:write.public", "app_mentions:read", "users:read", "im:history", "im:write",
	"channels:read", "groups:read", "channels:history", "groups:history",
}

func (o Options) withDefaults() Options {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&o.BotToken, "xoxb-playground")
	set(&o.AppToken, "xapp-playground")
	set(&o.SigningSecret, "playground-signing-secret")
	set(&o.Command, "/news")
	set(&o.Team, "Depesche")
	if o.Language != "en" {
		o.Language = "de"
	}
	if o.Scopes == nil {
		o.Scopes = DefaultScopes
	}
	if o.Burst <= 0 {
		o.Burst = 4
	}
	if o.HistoryPage <= 0 {
		o.HistoryPage = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Channels) == 0 {
		o.Channels = []Channel{
			{ID: "C0REDAKTION", Name: "redaktion", Member: true},
			{ID: "C0EGOV", Name: "e-government", Member: true},
			{ID: "C0SPIELWIESE", Name: "spielwiese", Member: true},
		}
	}
	if len(o.Users) == 0 {
		o.Users = []User{
			{ID: "U0ANNA", Name: "anna", RealName: "Anna Weber", TZ: "Europe/Berlin", Locale: o.Language + "-DE"},
			{ID: "U0BEN", Name: "ben", RealName: "Ben Yılmaz", TZ: "Europe/Berlin", Locale: o.Language + "-DE"},
		}
	}
	if o.Suggestions == nil {
		o.Suggestions = suggestions[o.Language]
	}
	return o
}

// suggestions are what the page offers where Options name nothing.
var suggestions = map[string][]string{
	"de": {
		"hilfe\talle Befehle", "OZG\tim Archiv suchen", "neu\tdie neuesten Meldungen", "digest\tder Digest, nur für dich",
		"abo OZG täglich\tfür diesen Kanal abonnieren", "abos\tAbos ansehen und beenden", "themen\twonach sortiert wird",
		"quellen\tgelesene Quellen und ihr Zustand", "quelle www.example.org\tdie Feeds einer Website finden", "status\tob alles läuft",
	},
	"en": {
		"help\tthe list of commands", "OZG\tsearch the archive", "latest\tthe newest items", "digest\tthe digest, for you alone",
		"subscribe OZG daily\tsubscribe this channel", "subscriptions\tsee and end subscriptions", "topics\twhat items are sorted by",
		"sources\twhat is read, and how it does", "source www.example.org\tfind the feeds of a site", "status\twhether all is well",
	},
}

// Workspace is the stand-in. Make one with New.
type Workspace struct {
	opt    Options
	done   chan struct{}
	client *http.Client

	mu       sync.Mutex
	closed   bool
	botURL   string
	url      string
	bot      User
	users    []User
	channels []*conversation
	lastTS   int64 // microseconds
	serial   int
	eventNum int
	homes    map[string]*view // by user
	views    []*view
	hooks    map[string]*hook
	triggers map[string]trigger
	tickets  map[string]time.Time
	buckets  map[string]*bucket
	faults   map[string]*Fault
	requests []Request
	sockets  []*socket
	turn     int // which socket is next
	watchers map[chan frame]struct{}
	waits    sync.WaitGroup
}

// conversation is a channel or a direct message with what was said in it.
type conversation struct {
	Channel
	im       bool
	with     string // the other person of a direct message
	messages []*Message
}

// New makes a workspace. Close it in the end.
func New(o Options) *Workspace {
	o = o.withDefaults()
	w := &Workspace{
		opt:      o,
		done:     make(chan struct{}),
		botURL:   o.BotURL,
		url:      strings.TrimSuffix(o.URL, "/"),
		users:    append([]User(nil), o.Users...),
		homes:    map[string]*view{},
		hooks:    map[string]*hook{},
		triggers: map[string]trigger{},
		tickets:  map[string]time.Time{},
		buckets:  map[string]*bucket{},
		faults:   map[string]*Fault{},
		watchers: map[chan frame]struct{}{},
		client: &http.Client{
			Transport:     &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 4},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	for _, u := range w.users {
		if u.Bot {
			w.bot = u
		} else if w.opt.Me == "" {
			w.opt.Me = u.ID
		}
	}
	if w.bot.ID == "" {
		w.bot = User{ID: "U0DEPESCHE", Name: "depesche", RealName: "Depesche", TZ: "Europe/Berlin", Bot: true}
		w.users = append(w.users, w.bot)
	}
	for _, c := range o.Channels {
		w.channels = append(w.channels, &conversation{Channel: c})
	}
	w.mu.Lock()
	w.directLocked(w.opt.Me)
	w.mu.Unlock()
	return w
}

// Close ends the websockets and the page's event streams, and waits for them.
// Call it before the HTTP server's Shutdown, which would wait for the streams.
func (w *Workspace) Close() {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed = true
	close(w.done)
	w.mu.Unlock()
	w.waits.Wait()
	w.client.CloseIdleConnections()
}

// enter counts a long-lived handler, so that Close waits for it.
func (w *Workspace) enter() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errors.New("playground: closed")
	}
	w.waits.Add(1)
	return nil
}

// SetBotURL says where the bot's HTTP server is; empty means Socket Mode.
func (w *Workspace) SetBotURL(base string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.botURL = base
}

// SetURL says under which base address this server is reached, without /api/.
// Response URLs and websocket addresses begin with it.
func (w *Workspace) SetURL(base string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.url = strings.TrimSuffix(base, "/")
}

// Bot is the bot's user.
func (w *Workspace) Bot() User { return w.bot }

// Me is the id of the user at the page.
func (w *Workspace) Me() string { return w.opt.Me }

// Direct is the id of the direct message between the bot and that user.
func (w *Workspace) Direct(user string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.directLocked(user); c != nil {
		return c.ID
	}
	return ""
}

// directLocked finds the direct message with that user, and opens it where
// there is none; nil for an unknown user.
func (w *Workspace) directLocked(user string) *conversation {
	u, ok := w.userLocked(user)
	if !ok || u.Bot {
		return nil
	}
	for _, c := range w.channels {
		if c.im && c.with == user {
			return c
		}
	}
	c := &conversation{Channel: Channel{ID: "D" + strings.TrimLeft(user, "UW"), Name: "directmessage", Member: true}, im: true, with: user}
	w.channels = append(w.channels, c)
	return c
}

func (w *Workspace) userLocked(id string) (User, bool) {
	for _, u := range w.users {
		if u.ID == id {
			return u, true
		}
	}
	return User{}, false
}

func (w *Workspace) conversationLocked(id string) *conversation {
	for _, c := range w.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Invite makes the bot a member of a channel and tells it so.
func (w *Workspace) Invite(ctx context.Context, channel string) error {
	w.mu.Lock()
	c := w.conversationLocked(channel)
	if c == nil || c.im {
		w.mu.Unlock()
		return &Refusal{Code: "channel_not_found"}
	}
	if c.Member {
		w.mu.Unlock()
		return &Refusal{Code: "already_in_channel"}
	}
	c.Member = true
	kind := "C"
	if c.Private {
		kind = "G"
	}
	w.showLocked(frame{Kind: "state"})
	w.mu.Unlock()
	return w.event(ctx, object{
		"type": "member_joined_channel", "user": w.bot.ID, "channel": channel, "channel_type": kind,
		"team": teamID, "inviter": w.opt.Me,
	})
}
