package playground

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed page
var files embed.FS

var index = template.Must(template.ParseFS(files, "page/index.html"))

// policy lets the page load its own files and talk to its own server, nothing
// else: what bots post cannot run, nor call out.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the workspace: the page under /, the Web API under /api/,
// response URLs under /hooks/, Socket Mode under /socket/. It answers only
// requests that name loopback, or one of Options.Hosts, as their host, so that
// no web site can reach it by a name of its own.
func (w *Workspace) Handler() http.Handler {
	assets, err := fs.Sub(files, "page")
	if err != nil {
		assets = files // cannot be: the folder is embedded under that name
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.servePage)
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("POST /hooks/{team}/{token}", w.serveHook)
	mux.HandleFunc("GET /socket/", w.serveSocket)
	mux.Handle("GET /events", own(w.serveEvents))
	mux.Handle("GET /page/state", own(w.serveState))
	mux.Handle("POST /page/send", own(w.serveSend))
	mux.Handle("POST /page/press", own(w.servePress))
	mux.Handle("POST /page/action", own(w.serveAction))
	mux.Handle("POST /page/home", own(w.serveOpenHome))
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.knows(r.Host) {
			http.Error(rw, "this stand-in for Slack answers on loopback addresses only", http.StatusMisdirectedRequest)
			return
		}
		w.learn(r.Host)
		h := rw.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		mux.ServeHTTP(rw, r)
	})
}

// knows reports whether the host is loopback or named in Options.Hosts.
func (w *Workspace) knows(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return name == "localhost" || (ip != nil && ip.IsLoopback()) || slices.Contains(w.opt.Hosts, name)
}

// learn takes the first host as this server's own address.
func (w *Workspace) learn(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == "" {
		w.url = "http://" + host
	}
}

// own refuses requests that other web sites make a browser send.
func own(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		if (site != "" && site != "same-origin") || (origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host) {
			http.Error(rw, "cross-site request", http.StatusForbidden)
			return
		}
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			http.Error(rw, "application/json is expected", http.StatusUnsupportedMediaType)
			return
		}
		r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
		next(rw, r)
	})
}

func (w *Workspace) servePage(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	title := "Depesche · Spielwiese"
	if w.opt.Language == "en" {
		title = "Depesche · Playground"
	}
	_ = index.Execute(rw, object{"Lang": w.opt.Language, "Title": title}) // the reader left
}

// frame is one thing that the page is told.
type frame struct {
	Kind    string // "message", "changed", "deleted", "home", "state"
	Message *Message
	User    string // whose Home tab
	Blocks  json.RawMessage
}

// showLocked tells every open page. A page that does not keep up is dropped; it
// connects anew and reads the whole state.
func (w *Workspace) showLocked(f frame) {
	for ch := range w.watchers {
		select {
		case ch <- f:
		default:
			delete(w.watchers, ch)
			close(ch)
		}
	}
}

// serveEvents streams frames as server-sent events.
func (w *Workspace) serveEvents(rw http.ResponseWriter, r *http.Request) {
	if w.enter() != nil {
		http.Error(rw, "closed", http.StatusServiceUnavailable)
		return
	}
	defer w.waits.Done()
	ch := make(chan frame, 256)
	w.mu.Lock()
	w.watchers[ch] = struct{}{}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.watchers, ch)
		w.mu.Unlock()
	}()
	rw.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(rw)
	alive := time.NewTicker(20 * time.Second)
	defer alive.Stop()
	line := "retry: 1000\nevent: hello\ndata: {}\n\n"
	for {
		// A page that does not read is given up; a server's own limit for a
		// whole answer must not end the stream. Writers without deadlines go on.
		_ = out.SetWriteDeadline(time.Now().Add(ackTime))
		if _, err := rw.Write([]byte(line)); err != nil || out.Flush() != nil {
			return
		}
		select {
		case f, open := <-ch:
			if !open {
				return
			}
			line = w.eventLine(f)
		case <-alive.C:
			line = ": alive\n\n"
		case <-r.Context().Done():
			return
		case <-w.done:
			return
		}
	}
}

// eventLine writes a frame for the page; empty where it is not the page's business.
func (w *Workspace) eventLine(f frame) string {
	var data any = object{}
	switch {
	case f.Message != nil:
		if f.Message.For != "" && f.Message.For != w.opt.Me {
			return ""
		}
		data = pageMessage(*f.Message)
	case f.Kind == "home":
		if f.User != w.opt.Me {
			return ""
		}
		data = f.Blocks
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", f.Kind, raw)
}

// pageMessage is a message as the page reads it.
func pageMessage(m Message) object {
	return object{
		"channel": m.Channel, "ts": m.TS, "thread": m.ThreadTS, "user": m.User, "text": m.Text, "blocks": m.Blocks,
		"ephemeral": m.For != "", "edited": m.Edited, "typed": m.Typed,
	}
}

// serveState gives the page all that it shows.
func (w *Workspace) serveState(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	channels, messages, users, actions := []object{}, []object{}, []object{}, []object{}
	for _, c := range w.channels {
		if c.im && c.with != w.opt.Me {
			continue
		}
		channels = append(channels, object{
			"id": c.ID, "name": c.Name, "im": c.im, "private": c.Private, "archived": c.Archived, "member": c.Member,
		})
		for _, m := range c.messages {
			if m.For == "" || m.For == w.opt.Me {
				messages = append(messages, pageMessage(*m))
			}
		}
	}
	zone := ""
	for _, u := range w.users {
		if u.ID == w.opt.Me {
			zone = u.TZ
		}
		name := u.RealName
		if name == "" {
			name = u.Name
		}
		users = append(users, object{"id": u.ID, "name": name, "handle": u.Name, "bot": u.Bot})
	}
	for _, a := range w.opt.Actions {
		actions = append(actions, object{"id": a.ID, "label": a.Label})
	}
	var home json.RawMessage
	if v := w.homes[w.opt.Me]; v != nil {
		home = v.Blocks
	}
	writeJSON(rw, http.StatusOK, object{
		"team": w.opt.Team, "language": w.opt.Language, "command": w.opt.Command, "me": w.opt.Me, "zone": zone, "bot": w.bot.ID,
		"channels": channels, "messages": messages, "users": users, "actions": actions,
		"suggestions": append([]string{}, w.opt.Suggestions...), "home": home,
	})
}

// readPage reads what the page sent.
func readPage(rw http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		http.Error(rw, "broken JSON", http.StatusBadRequest)
		return false
	}
	return true
}

// result answers the page: what was done, or why not.
func (w *Workspace) result(rw http.ResponseWriter, note string, err error) {
	if err != nil {
		w.opt.Log.Warn("playground: the page's request failed", "error", err.Error())
		writeJSON(rw, http.StatusOK, object{"ok": false, "error": w.sentence(err)})
		return
	}
	writeJSON(rw, http.StatusOK, object{"ok": true, "note": note})
}

func (w *Workspace) serveSend(rw http.ResponseWriter, r *http.Request) {
	var in struct{ Channel, Text string }
	if !readPage(rw, r, &in) {
		return
	}
	text := strings.TrimSpace(in.Text)
	ctx := context.WithoutCancel(r.Context())
	name, rest, _ := strings.Cut(text, " ")
	switch {
	case text == "":
		w.result(rw, "", nil)
	case name == w.opt.Command:
		_, err := w.command(ctx, in.Channel, w.opt.Me, name, strings.TrimSpace(rest))
		w.result(rw, "", err)
	case name == "/invite":
		w.result(rw, "", w.Invite(ctx, in.Channel))
	case strings.HasPrefix(name, "/"):
		w.result(rw, "", errors.New(w.unknownCommand(name)))
	default:
		w.result(rw, "", w.Say(ctx, in.Channel, w.opt.Me, text))
	}
}

func (w *Workspace) unknownCommand(name string) string {
	if w.opt.Language == "en" {
		return name + " is not a command here. Try " + w.opt.Command + " help."
	}
	return name + " gibt es hier nicht. Versuche " + w.opt.Command + " hilfe."
}

func (w *Workspace) servePress(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Channel, TS, Block, Action string
		Value                      *string
	}
	if !readPage(rw, r, &in) {
		return
	}
	_, err := w.press(context.WithoutCancel(r.Context()), press{
		user: w.opt.Me, channel: in.Channel, ts: in.TS, block: in.Block, action: in.Action, value: in.Value,
	})
	w.result(rw, "", err)
}

func (w *Workspace) serveAction(rw http.ResponseWriter, r *http.Request) {
	var in struct{ ID string }
	if !readPage(rw, r, &in) {
		return
	}
	for _, a := range w.opt.Actions {
		if a.ID == in.ID && a.Run != nil {
			note, err := a.Run(context.WithoutCancel(r.Context()))
			w.result(rw, note, err)
			return
		}
	}
	w.result(rw, "", &Refusal{Code: "unknown_action"})
}

func (w *Workspace) serveOpenHome(rw http.ResponseWriter, r *http.Request) {
	w.result(rw, "", w.OpenHome(context.WithoutCancel(r.Context()), w.opt.Me))
}
