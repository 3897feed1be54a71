package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"depesche/bot/playground"
	"depesche/storage/storagetest"
)

// siegeMemory is what the process may hold at most, in MB, whatever it is sent.
const siegeMemory = 300

// TestSiege has the real program follow fifty feeds that are well, and every
// attack on a reader that we know of, all at once and again and again. Its
// memory stays bounded, and the fifty are polled on time meanwhile.
func TestSiege(t *testing.T) {
	lasts := 20 * time.Second
	if testing.Short() {
		lasts = 6 * time.Second
	}
	file := buildProgram(t)
	var config strings.Builder
	assaults := map[string]*atomic.Int32{}
	var war atomic.Bool
	for name, h := range attackers() {
		count := &atomic.Int32{}
		assaults[name] = count
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !war.Load() {
				_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>Noch ruhig</title></channel></rss>`)
				return
			}
			count.Add(1)
			h(w, r)
		}))
		t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
		fmt.Fprintf(&config, "  - {url: \"%s/%s\"}\n", srv.URL, name)
	}
	var fine [50]punctual
	for host := range 10 {
		mux := http.NewServeMux()
		srv := httptest.NewServer(mux)
		t.Cleanup(srv.Close)
		for i := range 5 {
			n := host*5 + i
			mux.Handle(fmt.Sprintf("/heil%d", n), &fine[n])
			fmt.Fprintf(&config, "  - {url: \"%s/heil%d\"}\n", srv.URL, n)
		}
	}
	const every = 2 * time.Second
	_, api := newWorkspace(t, playground.Options{BotToken: e2eBotToken, SigningSecret: e2eSigning})
	s := startService(t, file, map[string]string{
		"DATABASE_URL": storagetest.URLs(t)["sqlite"], "SLACK_BOT_TOKEN": e2eBotToken, "SLACK_SIGNING_SECRET": e2eSigning,
		"SLACK_API_URL": api, "DEPESCHE_LISTEN": freeAddress(t), "DEPESCHE_LOG": "json,warn",
		"DEPESCHE_CONFIG": writeFile(t, "topics:\n  - {name: OZG, query: OZG}\nfeeds:\n"+config.String()+
			"poll: {every: 2s, min: 2s, max: 2s, host_gap: 0s}\nfetch: {allow_networks: [127.0.0.0/8], timeout: 5s}\n"),
	})
	s.eventually("every feed is polled", func() bool { return everyOne(fine[:], func(p *punctual) bool { return p.polls() > 0 }) })
	calm, quiet := waits(fine[:], lasts/4)
	war.Store(true)
	s.eventually("everyone attacks", func() bool {
		for _, n := range assaults {
			if n.Load() == 0 {
				return false
			}
		}
		return true
	})
	worst, polls := waits(fine[:], lasts)
	memory := highWater(t, s.cmd.Process.Pid)
	total := 0
	for _, n := range assaults {
		total += int(n.Load())
	}
	t.Logf("%d attackers, %d attacks; %d polls of feeds that are well in %v, the longest wait %v (in peace %v); %d MB at most", len(assaults), total, polls, lasts, worst.Round(time.Millisecond), calm.Round(time.Millisecond), memory)
	if memory > siegeMemory {
		t.Errorf("the process held %d MB, %d are the most", memory, siegeMemory)
	}
	// A machine that is slow in peace is no faster in war, and one poll may meet
	// with bad luck: what is on time is most of them.
	if limit := max(5*every, 4*calm); worst > limit {
		t.Errorf("a feed that is well waited %v for its poll, %v is the most", worst, limit)
	}
	if least := quiet * int(lasts/(lasts/4)) / 2; polls < least {
		t.Errorf("%d polls of feeds that are well, %d are the least: a quarter of the time brought %d in peace", polls, least, quiet)
	}
	if code, body := s.get("/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d %s", code, body)
	}
	s.stop()
	if strings.Contains(s.output.String(), "panic") {
		t.Errorf("it panicked:\n%s", s.output.String())
	}
}

// waits lets a time pass and gives the longest that any of the feeds had to
// wait for a poll in it, and how many polls there were in all.
func waits(list []punctual, d time.Duration) (longest time.Duration, polls int) {
	began := time.Now()
	for i := range list {
		list[i].reset(began)
	}
	time.Sleep(d)
	for i := range list {
		longest = max(longest, list[i].longest(time.Now()))
		polls += list[i].polls()
	}
	return longest, polls
}

func everyOne(list []punctual, ok func(*punctual) bool) bool {
	for i := range list {
		if !ok(&list[i]) {
			return false
		}
	}
	return true
}

// punctual is a feed that notes when it is asked.
type punctual struct {
	mu   sync.Mutex
	last time.Time
	most time.Duration
	n    int
}

func (p *punctual) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.most = max(p.most, now.Sub(p.last))
	p.last = now
	p.n++
	fmt.Fprintf(w, `<rss version="2.0"><channel><title>Heil</title><item><title>Meldung %d</title><guid>%d</guid></item></channel></rss>`, p.n, p.n)
}

func (p *punctual) reset(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.most, p.n = now, 0, 0
}

func (p *punctual) polls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

func (p *punctual) longest(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.most, now.Sub(p.last))
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// highWater gives the most memory that a process ever held, in MB (proc(5)).
func highWater(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := peak.FindSubmatch(status)
	if m == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

// attackers are servers by the harm they do. What they send differs each time,
// so that nothing is spared by being known.
func attackers() map[string]http.HandlerFunc {
	var blanks bytes.Buffer
	zw := gzip.NewWriter(&blanks)
	_, _ = zw.Write(bytes.Repeat([]byte(" "), 1<<20)) // into memory
	_ = zw.Close()
	out := map[string]http.HandlerFunc{
		"bombe": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			for range 1024 {
				if _, err := w.Write(blanks.Bytes()); err != nil {
					return
				}
			}
		},
		"endlos": func(w http.ResponseWriter, _ *http.Request) {
			for chunk := bytes.Repeat([]byte("<item><title>x</title></item>"), 1000); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"tropft": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				if http.NewResponseController(w).Flush() != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		},
		"stumm": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"kreis": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"innen": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		},
		"bricht": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, "<rss><channel>")
		},
	}
	const head = `<rss version="2.0"><channel><title>x</title>`
	text := strings.Repeat("Die Stadt öffnet ihr Register. ", 40)
	for name, make := range map[string]func(n int) string{
		"tief": func(int) string { return head + strings.Repeat("<x:a>", 2_000_000) },
		"namen": func(int) string {
			return head + "<item " + manyNamespaces(5000) + ">" + strings.Repeat("<b/>", 100_000)
		},
		"attribut": func(int) string { return head + "<item " + strings.Repeat(`a="" `, 1_900_000) },
		"und":      func(int) string { return head + "<item><title>x" + strings.Repeat("&", 9_000_000) },
		"rubriken": func(n int) string {
			return head + fmt.Sprintf("<item><guid>%d</guid><title>x</title>", n) + strings.Repeat("<category>y</category>", 400_000)
		},
		"titel": func(n int) string {
			return head + fmt.Sprintf("<item><guid>%d</guid><title>%s</title></item></channel></rss>", n, strings.Repeat("Amt ", 2_400_000))
		},
		"teaser": func(n int) string {
			return head + fmt.Sprintf("<item><guid>%d</guid><title>x</title><description>%s</description></item></channel></rss>", n, strings.Repeat("&lt;b&gt;Satz. ", 650_000))
		},
		"masse": func(n int) string {
			var b strings.Builder
			b.WriteString(head)
			for i := range 100_000 {
				fmt.Fprintf(&b, "<item><title>Masse %d</title><guid>%d-%d</guid></item>", i, n, i)
			}
			return b.String()
		},
		"dick": func(n int) string {
			var b strings.Builder
			b.WriteString(head)
			for i := range 4_000 {
				fmt.Fprintf(&b, "<item><title>Dick %d</title><guid>%d-%d</guid><description>%s</description></item>", i, n, i, text)
			}
			return b.String()
		},
		"json": func(n int) string {
			return fmt.Sprintf(`{"version":"https://jsonfeed.org/version/1.1","title":"%d","items":[{"id":1}`, n) + strings.Repeat(`,{"id":{"a":[1,2]},"title":7}`, 300_000) + "]}"
		},
		"tiefjson": func(int) string {
			return `{"version":"https://jsonfeed.org/version/1.1","items":` + strings.Repeat("[", 9_000_000)
		},
		"seite":     func(int) string { return "<!DOCTYPE html><html><body>" + strings.Repeat("<div>", 1_900_000) },
		"kommentar": func(int) string { return head + strings.Repeat("<!--", 2_400_000) },
	} {
		var n atomic.Int32
		text := sync.OnceValue(func() string { return make(0) })
		out[name] = func(w http.ResponseWriter, _ *http.Request) {
			body := text()
			if i := int(n.Add(1)); name == "masse" || name == "dick" {
				body = make(i)
			} else {
				body += fmt.Sprintf("<!-- %d -->", i)
			}
			w.Header().Set("Content-Type", "application/xml")
			_, _ = io.WriteString(w, body)
		}
	}
	return out
}

func manyNamespaces(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` xmlns:n%d="urn:%d"`, i, i)
	}
	return b.String()
}
