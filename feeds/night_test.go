package feeds_test

import (
	"context"
	"database/sql"
	"flag"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"depesche/feeds"
	"depesche/storage/storagetest"
)

var (
	nightSeed  = flag.Uint64("night.seed", 1, "seed of the simulated night; 0: a new one each time")
	nightHours = flag.Int("night.hours", 12, "how many hours it has")
	nightLog   = flag.String("night.log", "", "file for what the poller logs meanwhile")
)

// night is one simulated night: a world, a bot that polls it, and what the
// bot's store was given.
type night struct {
	*world
	t          *testing.T
	start      time.Time
	end        time.Time
	rand       *rand.Rand
	publishers []*publisher
	store      *ledger
	database   string // its file, to look into it from outside
	away       []span // when the bot did not run, or its store did not work
	killed     []span // when polls were under way that left no trace
	log        *slog.Logger
	options    feeds.PollOptions
}

// span is a time from one moment to another.
type span struct{ from, to time.Time }

func (s span) meets(from, to time.Time) bool { return from.Before(s.to) && s.from.Before(to) }

// newNight makes the world and the store. It is called inside a bubble.
func newNight(t *testing.T, seed uint64, length time.Duration, publishers []*publisher) *night {
	time.Sleep(time.Until(time.Date(2026, 11, 19, 20, 0, 0, 0, time.UTC)))
	n := &night{world: newWorld(t), t: t, start: time.Now(), end: time.Now().Add(length), publishers: publishers, database: filepath.Join(t.TempDir(), "depesche.db")}
	n.rand = rand.New(rand.NewPCG(seed, 1))
	for _, o := range publishers {
		if o.url == "" {
			o.url = "http://" + o.name + ".example/feed"
		}
		if o.pace == 0 {
			o.pace = time.Duration(20+n.rand.IntN(25)) * time.Minute
		}
		if o.states == nil {
			o.states = fine
		}
		o.begin(seed, n.start, n.end)
	}
	settle(t, n.world, publishers)
	n.store = &ledger{Store: storagetest.Open(t, "sqlite:"+n.database), plans: map[string][]plan{}, every: 10 * time.Second} // the poller asks every second, and a night has many
	for _, o := range publishers {
		if _, err := n.store.AddFeed(t.Context(), feeds.Feed{URL: o.url}, n.start); err != nil {
			t.Fatal(err)
		}
	}
	n.log = slog.New(slog.DiscardHandler)
	if *nightLog != "" {
		f, err := os.Create(*nightLog)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		n.log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	var chance sync.Mutex
	n.options = feeds.PollOptions{
		Every: 15 * time.Minute, Min: 5 * time.Minute, Max: 2 * time.Hour, Log: n.log,
		Chance: func() float64 { chance.Lock(); defer chance.Unlock(); return n.rand.Float64() },
	}
	return n
}

// hostGap is the bot's pause on one host.
const hostGap = 2 * time.Second

// live runs the bot until a time. With killed it ends in the middle of things,
// as soon as a request is under way.
func (n *night) live(until time.Time, killed bool) {
	client := feeds.NewClient(feeds.ClientOptions{HostGap: hostGap, Contact: "desk@example.org"})
	n.join(client)
	defer client.Close()
	ctx, cancel := context.WithCancel(n.t.Context())
	defer cancel()
	var wait sync.WaitGroup
	wait.Go(func() {
		time.Sleep(time.Until(until))
		for killed && n.underWay() < 1 {
			time.Sleep(100 * time.Millisecond)
		}
		if killed {
			n.killed = append(n.killed, span{time.Now().Add(-time.Minute), time.Now().Add(time.Second)})
		}
		cancel()
	})
	if err := feeds.NewPoller(n.store, client, n.options).Run(ctx); err != nil {
		n.t.Errorf("Run: %v", err)
	}
	wait.Wait()
}

func (n *night) underWay() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	sum := 0
	for _, h := range n.hosts {
		sum += h.now
	}
	return sum
}

// rest lets a time pass in which the bot does not run.
func (n *night) rest(d time.Duration) {
	from := time.Now()
	time.Sleep(d)
	n.away = append(n.away, span{from.Add(-time.Minute), time.Now().Add(10 * time.Second)})
}

// titles gives the titles in the database, and how often each is there.
func (n *night) titles() map[string]int {
	db, err := sql.Open("sqlite", n.database)
	if err != nil {
		n.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(n.t.Context(), `SELECT title FROM items`)
	if err != nil {
		n.t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			n.t.Fatal(err)
		}
		out[title]++
	}
	if err := rows.Err(); err != nil {
		n.t.Fatal(err)
	}
	return out
}

// TestNight is a night among feeds that misbehave in every way we know of,
// with a bot that is killed twice in the middle of its polls and loses its
// database, and later its disk, for five minutes. At dawn nothing is lost and nothing is there
// twice, no server was asked more than it allowed, and the feeds without fault
// were polled on time. Another seed is another night: -night.seed.
func TestNight(t *testing.T) {
	seed := *nightSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	began := time.Now()
	length := time.Duration(*nightHours) * time.Hour
	synctest.Test(t, func(t *testing.T) {
		fine := healthy()
		if feeds.RaceFactor > 1 {
			fine = fine[:9]
		}
		n := newNight(t, seed, length, slices.Concat(fine, manners(), neighbours(), confused(), damaged()))
		for at, turn := range fate(t, n.world) {
			time.AfterFunc(at, turn)
		}
		n.breakDown(hours(6.5), func(l *ledger, on bool) { l.broken = on })
		n.breakDown(hours(10.5), func(l *ledger, on bool) { l.full = on })

		n.live(n.start.Add(hours(3.3)), true)
		n.rest(7 * time.Minute)
		n.live(n.start.Add(hours(9)), true)
		n.rest(90 * time.Second)
		n.live(n.end, false)
		if n.store.failing == 0 {
			t.Error("the database was never missed")
		}
		n.everyStoryOnce()
		n.noServerHasReasonToBlockUs()
		n.onTime()
		n.statesAtDawn()
		n.figures()
	})
	t.Logf("seed %d, %v of the night in %v", seed, length, time.Since(began).Round(10*time.Millisecond))
}

// everyStoryOnce holds what servers published against what is in the store.
func (n *night) everyStoryOnce() {
	have := map[string]int{}
	for title, count := range n.titles() {
		open := strings.LastIndexByte(title, '(')
		if open >= 0 && strings.HasSuffix(title, ")") {
			have[title[open:]] += count
			continue
		}
		if !strings.HasPrefix(title, "Masse ") && !strings.HasPrefix(title, "Amt Amt ") {
			n.t.Errorf("nobody published %q", title)
		}
	}
	exact := n.titles()
	delivered := n.delivered()
	for _, o := range n.publishers {
		var lost, twice, spoilt []string
		for _, s := range o.stories {
			switch count := have[s.mark]; {
			case count > 1:
				twice = append(twice, s.mark)
			case count == 0 && (delivered[s] || n.readable(o, s)):
				lost = append(lost, s.mark)
			case count == 1 && exact[s.title] == 0:
				spoilt = append(spoilt, s.mark)
			}
		}
		for what, list := range map[string][]string{"lost": lost, "stored twice": twice, "stored under another title": spoilt} {
			if len(list) > 0 {
				n.t.Errorf("%s: %d stories %s: %v", o.name, len(list), what, list[:min(len(list), 6)])
			}
		}
	}
}

// delivered gives the stories that were sent to the end, in a poll which the
// store took.
func (n *night) delivered() map[*story]bool {
	out := map[*story]bool{}
	for _, q := range n.asked {
		if q.whole && n.saved(q) {
			for _, s := range q.stories {
				out[s] = true
			}
		}
	}
	return out
}

// saved says whether the poll of a request reached the store as a success.
func (n *night) saved(q *request) bool {
	return slices.ContainsFunc(n.store.plans[q.of.url], func(p plan) bool {
		return !p.at.Before(q.at) && p.at.Before(q.at.Add(time.Minute)) && p.feed.Failures == 0
	})
}

// readable says whether a story could be read long enough in one stretch: for
// as long as a feed may go unasked, and what it asks for itself.
func (n *night) readable(o *publisher, s *story) bool {
	from, to := s.at, n.end
	if from.Before(n.start) {
		from = n.start
	}
	for i, x := range o.stories {
		if x == s && i+o.holds < len(o.stories) {
			to = o.stories[i+o.holds].at
		}
	}
	need := n.options.Max*6/5 + o.patience + 10*time.Minute
	dark := slices.Clone(n.away)
	for _, m := range o.mischief {
		if m.blind {
			until := n.end
			if m.to > 0 {
				until = n.start.Add(m.to)
			}
			dark = append(dark, span{n.start.Add(m.from), until})
		}
	}
	slices.SortFunc(dark, func(a, b span) int { return a.from.Compare(b.from) })
	for _, d := range dark {
		if d.from.Sub(from) >= need && d.from.Before(to) {
			return true
		}
		if d.to.After(from) {
			from = d.to
		}
	}
	return to.Sub(from) >= need
}

// onTime holds when feeds were to be asked against when they were.
func (n *night) onTime() {
	var worst time.Duration
	for _, o := range n.publishers {
		faultless := strings.HasPrefix(o.name, "heil") || strings.HasPrefix(o.name, "portal")
		asks := n.asksOf(o)
		for _, p := range n.store.plans[o.url] {
			if p.feed.State == feeds.StateGone {
				continue
			}
			i := slices.IndexFunc(asks, func(q *request) bool { return q.at.After(p.at) })
			next := n.end
			if i >= 0 {
				next = asks[i].at
			}
			late := next.Sub(p.feed.NextPoll)
			if i >= 0 && late < -time.Second {
				n.t.Errorf("%s was asked at %s, due at %s", o.name, clock(next), clock(p.feed.NextPoll))
			}
			if !faultless || slices.ContainsFunc(n.away, func(s span) bool { return s.meets(p.at, next) }) {
				continue
			}
			if wait := p.feed.NextPoll.Sub(p.at); wait < n.options.Min-time.Second || wait > n.options.Max+time.Second {
				n.t.Errorf("%s is to wait %v from %s", o.name, wait, clock(p.at))
			}
			worst = max(worst, late)
			limit := 30 * time.Second
			if strings.HasPrefix(o.name, "portal") { // they wait for each other
				limit = time.Minute
			}
			if late > limit {
				n.t.Errorf("%s was asked at %s, %v late", o.name, clock(next), late)
			}
		}
	}
	n.t.Logf("feeds without fault were asked %v late at most", worst.Round(time.Second))
}

func clock(t time.Time) string { return t.Format("Mon 15:04:05") }

// asksOf gives the requests for a publisher's own address.
func (n *night) asksOf(o *publisher) (list []*request) {
	for _, q := range n.asked {
		if q.feed == o {
			list = append(list, q)
		}
	}
	return list
}

func (n *night) statesAtDawn() {
	list, err := n.store.Feeds(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	for i, f := range list {
		if o := n.publishers[i]; !slices.Contains(o.states, f.State) {
			n.t.Errorf("%s is %s (%q, %d failures, since %s) at dawn, want %v", o.name, f.State, f.Reason, f.Failures, clock(f.Since), o.states)
		}
	}
}
