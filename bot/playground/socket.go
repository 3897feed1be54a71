package playground

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxAck    = 20 * 1024        // bytes of an answer; Slack drops what is as large silently
	pingEvery = 10 * time.Second // clients take silence of 30 s for a dead connection
	maxConns  = 10
)

// socket is one Socket Mode connection.
type socket struct {
	conn *websocket.Conn
	out  chan any // written by one goroutine alone
	gone chan struct{}

	mu      sync.Mutex
	waiting map[string]chan json.RawMessage // by envelope
}

// Sockets counts the Socket Mode connections.
func (w *Workspace) Sockets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sockets)
}

func connectionsOpen(w *Workspace, _ args, c *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serial++
	ticket := w.token("ticket", w.serial)
	w.tickets[ticket] = w.opt.Now()
	base := "http://" + c.host
	if w.url != "" {
		base = w.url
	}
	return object{"url": "ws" + strings.TrimPrefix(base, "http") + "/socket/?ticket=" + ticket + "&app_id=" + appID}, nil
}

// ticketLocked uses a ticket up.
func (w *Workspace) ticketLocked(ticket string) bool {
	at, ok := w.tickets[ticket]
	delete(w.tickets, ticket)
	return ok && w.opt.Now().Sub(at) <= ticketLife && len(w.sockets) < maxConns
}

// serveSocket serves one websocket until either side ends it.
func (w *Workspace) serveSocket(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	ok := w.ticketLocked(r.URL.Query().Get("ticket"))
	w.mu.Unlock()
	if !ok {
		http.Error(rw, "invalid ticket", http.StatusUnauthorized)
		return
	}
	if w.enter() != nil {
		http.Error(rw, "closed", http.StatusServiceUnavailable)
		return
	}
	defer w.waits.Done()
	up := websocket.Upgrader{CheckOrigin: func(r *http.Request) bool {
		o := r.Header.Get("Origin")
		return o == "" || o == "https://api.slack.com" || o == "http://"+r.Host
	}}
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	conn.SetReadLimit(maxBody)
	s := &socket{conn: conn, out: make(chan any, 64), gone: make(chan struct{}), waiting: map[string]chan json.RawMessage{}}
	var writer sync.WaitGroup
	writer.Go(func() { s.write(w.done) })
	w.mu.Lock()
	w.sockets = append(w.sockets, s)
	n := len(w.sockets)
	w.mu.Unlock()
	s.send(object{
		"type": "hello", "num_connections": n, "connection_info": object{"app_id": appID},
		"debug_info": object{"host": "playground", "approximate_connection_time": 3600},
	})
	s.read()
	w.dropSocket(s)
	close(s.gone)
	_ = conn.Close() // it is over; a second close has nothing to tell
	writer.Wait()
}

func (w *Workspace) dropSocket(s *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sockets = slices.DeleteFunc(w.sockets, func(x *socket) bool { return x == s })
}

func (s *socket) send(v any) {
	select {
	case s.out <- v:
	case <-s.gone:
	}
}

// write sends what is queued, and pings, until the connection ends.
func (s *socket) write(done chan struct{}) {
	defer func() { _ = s.conn.Close() }()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case v := <-s.out:
			if err = s.conn.SetWriteDeadline(time.Now().Add(ackTime)); err == nil {
				err = s.conn.WriteJSON(v)
			}
		case <-tick.C:
			err = s.conn.WriteControl(websocket.PingMessage, []byte("playground"), time.Now().Add(ackTime))
		case <-s.gone:
			return
		case <-done:
			bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			_ = s.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) // closed next anyway
			return
		}
		if err != nil {
			return
		}
	}
}

// read matches answers to envelopes until the connection ends.
func (s *socket) read() {
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(data, &ack) != nil || len(data) >= maxAck {
			continue
		}
		s.mu.Lock()
		ch := s.waiting[ack.EnvelopeID]
		delete(s.waiting, ack.EnvelopeID)
		s.mu.Unlock()
		if ch != nil {
			ch <- ack.Payload
		}
	}
}

// overSocket sends an envelope to one of the connections, in turn.
func (w *Workspace) overSocket(ctx context.Context, d dispatch) (answer, error) {
	w.mu.Lock()
	if len(w.sockets) == 0 {
		w.mu.Unlock()
		return answer{}, &Refusal{Code: "dispatch_failed", Messages: []string{"no bot is connected"}}
	}
	w.turn++
	s := w.sockets[w.turn%len(w.sockets)]
	w.serial++
	id := w.token("envelope", w.serial)
	w.mu.Unlock()

	ch := make(chan json.RawMessage, 1)
	s.mu.Lock()
	s.waiting[id] = ch
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
	}()
	s.send(object{
		"envelope_id": id, "type": d.kind, "payload": d.payload, "accepts_response_payload": d.accepts,
		"retry_attempt": d.retry, "retry_reason": d.reason,
	})
	select {
	case payload := <-ch:
		if !d.accepts || string(payload) == "null" {
			payload = nil
		}
		return answer{body: payload, json: true}, nil
	case <-ctx.Done():
		return answer{}, &Refusal{Code: "operation_timeout"}
	case <-s.gone:
		return answer{}, &Refusal{Code: "dispatch_failed", Messages: []string{"the bot left"}}
	}
}

// Disconnect asks every connected bot to connect anew, as Slack does every few
// hours. Nothing more is sent over the old connections.
func (w *Workspace) Disconnect() {
	w.mu.Lock()
	old := w.sockets
	w.sockets = nil
	w.mu.Unlock()
	for _, s := range old {
		s.send(object{"type": "disconnect", "reason": "refresh_requested", "debug_info": object{"host": "playground"}})
	}
}
