package playground

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	teamID = "T0PLAYGROUND"
	appID  = "A0DEPESCHE"
	botID  = "B0DEPESCHE"
)

// Refusal is what the Web API says no with.
type Refusal struct {
	Code     string   // Slack's, such as "channel_not_found"
	Messages []string // details, each with its JSON pointer
	more     object   // further fields of the answer
	wait     time.Duration
}

func (r *Refusal) Error() string {
	if len(r.Messages) == 0 {
		return r.Code
	}
	return r.Code + ": " + strings.Join(r.Messages, "; ")
}

// Request is one call of the Web API, or one post to a response URL.
type Request struct {
	Method string // such as "chat.postMessage"; "response_url" for a post to one
	Args   object // decoded; the token is left out
	Status int    // 0: the connection was cut
	Error  string // the answer's error; empty: accepted
	At     time.Time
}

// Requests lists the calls so far, oldest first.
func (w *Workspace) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// Fault is trouble to come. The zero Fault heals.
type Fault struct {
	Status         int           // answer with this HTTP status, without doing anything
	Error          string        // answer {"ok":false,"error":...}, without doing anything
	RetryAfter     time.Duration // with the header Retry-After, rounded up to seconds
	Times          int           // how many calls it hits; 0: all, until healed
	Hang           time.Duration // wait first, at most until the caller leaves
	CutAfterAccept bool          // do what was asked, then cut the connection without an answer
}

// Fail makes calls of a method fail. The method "response_url" stands for posts
// to response URLs, and "*" for every method.
func (w *Workspace) Fail(method string, f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f == (Fault{}) {
		delete(w.faults, method)
		return
	}
	w.faults[method] = &f
}

// fault takes the next fault of a method.
func (w *Workspace) fault(method string) Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range []string{method, "*"} {
		f := w.faults[name]
		if f == nil {
			continue
		}
		if f.Times == 1 {
			delete(w.faults, name)
		} else if f.Times > 1 {
			f.Times--
		}
		return *f
	}
	return Fault{}
}

// args are a call's arguments, from a form or from JSON.
type args object

func (a args) str(key string) string {
	switch v := a[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (a args) flag(key string) bool {
	v := a.str(key)
	return v == "true" || v == "1"
}

func (a args) optional(key string) *bool {
	if a.str(key) == "" {
		return nil
	}
	v := a.flag(key)
	return &v
}

// value gives a structured argument: JSON as such, or JSON in a string.
// Nothing, null and the empty string count as absent.
func (a args) value(key string) (any, error) {
	s, ok := a[key].(string)
	if !ok {
		return a[key], nil
	}
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	return decode([]byte(s))
}

// decode reads one JSON value with its numbers as written.
func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// readArgs reads a call's arguments and its token. A token in a JSON body does
// not count, as with Slack.
func readArgs(r *http.Request) (args, string, *Refusal) {
	a := args{}
	token := strings.TrimSpace(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, "", &Refusal{Code: "request_timeout"}
		}
		if len(bytes.TrimSpace(body)) == 0 {
			return a, token, nil
		}
		v, err := decode(body)
		if err != nil {
			return nil, token, &Refusal{Code: "invalid_json"}
		}
		o, ok := v.(object)
		if !ok {
			return nil, token, &Refusal{Code: "json_not_object"}
		}
		delete(o, "token")
		return args(o), token, nil
	}
	if err := parseForm(r, kind); err != nil {
		return nil, token, &Refusal{Code: "invalid_form_data"}
	}
	for key, values := range r.Form {
		a[key] = values[0]
	}
	if t := a.str("token"); t != "" {
		token = t
	}
	delete(a, "token")
	return a, token, nil
}

func parseForm(r *http.Request, kind string) error {
	if kind == "multipart/form-data" {
		return r.ParseMultipartForm(maxBody)
	}
	return r.ParseForm()
}

// method is one of the Web API.
type method struct {
	do     func(*Workspace, args, *call) (object, *Refusal)
	scopes []string // any of them
	app    bool     // takes the app-level token
	open   bool     // takes no token at all
}

// call is what a method may want to know of its request.
type call struct {
	host   string
	header http.Header // of the answer
}

var methods = map[string]method{
	"api.test":              {do: apiTest, open: true},
	"auth.test":             {do: authTest},
	"apps.connections.open": {do: connectionsOpen, app: true},
	"chat.postMessage":      {do: chatPostMessage, scopes: []string{"chat:write"}},
	"chat.postEphemeral":    {do: chatPostEphemeral, scopes: []string{"chat:write"}},
	"chat.update":           {do: chatUpdate, scopes: []string{"chat:write"}},
	"chat.delete":           {do: chatDelete, scopes: []string{"chat:write"}},
	"conversations.list":    {do: conversationsList, scopes: []string{"channels:read", "groups:read", "im:read"}},
	"conversations.info":    {do: conversationsInfo, scopes: []string{"channels:read", "groups:read", "im:read"}},
	"conversations.history": {do: conversationsHistory, scopes: []string{"channels:history", "groups:history", "im:history"}},
	"conversations.open":    {do: conversationsOpen, scopes: []string{"im:write"}},
	"users.info":            {do: usersInfo, scopes: []string{"users:read"}},
	"users.list":            {do: usersList, scopes: []string{"users:read"}},
	"views.publish":         {do: viewsPublish},
	"views.open":            {do: viewsOpen},
}

// serveAPI answers /api/METHOD.
func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
	name := r.PathValue("method")
	a, token, bad := readArgs(r)
	f := w.fault(name)
	if w.faulty(rw, r, f, name, a) {
		return
	}
	var result object
	if bad == nil {
		result, bad = w.invoke(name, a, token, &call{host: r.Host, header: rw.Header()})
	}
	if f.CutAfterAccept {
		w.note(name, a, 0, code(bad))
		cut(rw)
		return
	}
	status := http.StatusOK
	if bad != nil {
		result = object{}
		for k, v := range bad.more {
			result[k] = v
		}
		result["ok"], result["error"] = false, bad.Code
		if len(bad.Messages) > 0 {
			messages := make([]string, len(bad.Messages))
			for i, m := range bad.Messages {
				messages[i] = "[ERROR] " + m
			}
			result["errors"] = bad.Messages
			result["response_metadata"] = object{"messages": messages}
		}
		if bad.wait > 0 {
			status = http.StatusTooManyRequests
			rw.Header().Set("Retry-After", seconds(bad.wait))
		}
	} else {
		result["ok"] = true
	}
	w.note(name, a, status, code(bad))
	writeJSON(rw, status, result)
}

// invoke checks the token and its scopes, then calls the method.
func (w *Workspace) invoke(name string, a args, token string, c *call) (object, *Refusal) {
	m, ok := methods[name]
	if !ok {
		return nil, &Refusal{Code: "unknown_method", more: object{"req_method": name}}
	}
	if !m.open {
		right, wrong := w.opt.BotToken, w.opt.AppToken
		if m.app {
			right, wrong = wrong, right
		}
		switch token {
		case right:
		case "":
			return nil, &Refusal{Code: "not_authed"}
		case wrong:
			return nil, &Refusal{Code: "not_allowed_token_type"}
		default:
			return nil, &Refusal{Code: "invalid_auth"}
		}
		if !m.app {
			c.header.Set("X-OAuth-Scopes", strings.Join(w.opt.Scopes, ","))
		}
	}
	if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, w.may) {
		return nil, &Refusal{Code: "missing_scope", more: object{
			"needed": strings.Join(m.scopes, ","), "provided": strings.Join(w.opt.Scopes, ","),
		}}
	}
	return m.do(w, a, c)
}

func (w *Workspace) may(scope string) bool { return slices.Contains(w.opt.Scopes, scope) }

func (w *Workspace) note(name string, a args, status int, code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.requests) >= keepCalls {
		w.requests = slices.Delete(w.requests, 0, keepCalls/10)
	}
	w.requests = append(w.requests, Request{Method: name, Args: object(a), Status: status, Error: code, At: w.opt.Now()})
	if code != "" {
		w.opt.Log.Debug("playground: refused", "method", name, "status", status, "error", code)
	}
}

// pause waits; false: the caller left or the workspace closed first.
func (w *Workspace) pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-w.done:
	}
	return false
}

// faulty reports whether the fault ends the request: by the answer that it
// says, or because nobody waited for the end of its pause.
func (w *Workspace) faulty(rw http.ResponseWriter, r *http.Request, f Fault, name string, a args) bool {
	if f.Hang > 0 && !w.pause(r, f.Hang) {
		w.note(name, a, 0, "hang")
		return true
	}
	if f.Status != 0 || f.Error != "" {
		w.note(name, a, w.refuseWith(rw, f), f.Error)
		return true
	}
	return false
}

// refuseWith answers as the fault says.
func (w *Workspace) refuseWith(rw http.ResponseWriter, f Fault) (status int) {
	status = f.Status
	if status == 0 {
		status = http.StatusOK
	}
	if f.RetryAfter > 0 {
		rw.Header().Set("Retry-After", seconds(f.RetryAfter))
	}
	if f.Error != "" {
		writeJSON(rw, status, object{"ok": false, "error": f.Error})
	} else {
		http.Error(rw, http.StatusText(status), status)
	}
	return status
}

// cut ends the connection without an answer.
func cut(rw http.ResponseWriter) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err == nil {
		_ = conn.Close() // nothing is left to tell
	}
}

func code(r *Refusal) string {
	if r == nil {
		return ""
	}
	return r.Code
}

// seconds writes a duration for Retry-After: whole seconds, rounded up.
func seconds(d time.Duration) string { return fmt.Sprintf("%.0f", math.Ceil(d.Seconds())) }

func writeJSON(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	enc := json.NewEncoder(rw)
	_ = enc.Encode(v) // the caller left; nobody is there to tell
}

func apiTest(_ *Workspace, a args, _ *call) (object, *Refusal) {
	if e := a.str("error"); e != "" {
		return nil, &Refusal{Code: e, more: object{"args": object(a)}}
	}
	return object{"args": object(a)}, nil
}

func authTest(w *Workspace, _ args, c *call) (object, *Refusal) {
	return object{
		"url": "http://" + c.host + "/", "team": w.opt.Team, "team_id": teamID,
		"user": w.bot.Name, "user_id": w.bot.ID, "bot_id": botID, "is_enterprise_install": false,
	}, nil
}
