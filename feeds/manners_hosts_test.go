package feeds

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// host is a server that plays one part and records what it is asked.
type host struct {
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []*http.Request
	at     []time.Time
	now    int
	most   int // requests at a time
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked, h.at = append(h.asked, r), append(h.at, time.Now())
	h.now++
	h.most = max(h.most, h.now)
	answer := h.answer
	h.mu.Unlock()
	answer(w, r)
	h.mu.Lock()
	h.now--
	h.mu.Unlock()
}

// plays changes what the host answers.
func (h *host) plays(answer http.HandlerFunc) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
	return h
}

func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func (h *host) last() *http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[len(h.asked)-1]
}

// longest is the longest time between two requests.
func (h *host) longest() (gap time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.at[1:] {
		gap = max(gap, h.at[i+1].Sub(h.at[i]))
	}
	return gap
}

// desk is a poller with a memory, in a world of hosts.
type desk struct {
	*Poller
	t      *testing.T
	hosts  pipes
	memory *memory
	client *Client
	opts   PollOptions
}

// newDesk polls http://HOST.example/f of each host, and what else is added.
func newDesk(t *testing.T, hosts map[string]*host, urls ...string) *desk {
	world := pipes{}
	var all []string
	for name, h := range hosts {
		world[name+".example"] = h
		all = append(all, "http://"+name+".example/f")
	}
	if len(urls) > 0 {
		all = urls
	}
	d := &desk{t: t, hosts: world, memory: newMemory(all...), opts: PollOptions{Chance: func() float64 { return 0 }}}
	d.start()
	return d
}

// start starts the bot, or starts it anew: what is not stored is forgotten.
func (d *desk) start() {
	if d.client != nil {
		d.client.Close()
	}
	d.client = d.hosts.client(d.t, ClientOptions{Contact: "desk@example.org", Version: "1.2.3", HostGap: 2 * time.Second})
	d.Poller = NewPoller(d.memory, d.client, d.opts)
}

// poll asks every feed after a time and gives the reports.
func (d *desk) poll(after time.Duration) []Report {
	d.t.Helper()
	time.Sleep(after)
	var got reports
	if err := d.Round(context.Background(), true, got.add); err != nil && d.memory.fail == nil {
		d.t.Fatal(err)
	}
	return got.list
}

// live lets the bot run for a time.
func (d *desk) live(d2 time.Duration) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d2)
	defer cancel()
	if err := d.Run(ctx); err != nil {
		d.t.Fatal(err)
	}
}

// in runs a test in a bubble of simulated time.
func in(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// sends answers with headers and, unless the request's validators match them, a body.
func sends(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header()[headers[i]] = append(w.Header()[headers[i]], headers[i+1])
		}
		_, _ = w.Write([]byte(body))
	}
}

func answers(status int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header()[headers[i]] = []string{headers[i+1]}
		}
		w.WriteHeader(status)
	}
}

func validators(r *http.Request) string {
	return strings.Join(r.Header["If-None-Match"], "|") + " " + strings.Join(r.Header["If-Modified-Since"], "|")
}
