package digest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"depesche/feeds"
)

// memory is a Store, Ledger and Desk that keeps its word as the contracts in
// store.go give it.
type memory struct {
	mu         sync.Mutex
	items      []feeds.Item
	feeds      []feeds.Feed
	subs       []Subscription
	known      map[string]Progress
	runs       []Run
	deliveries []Delivery
	showed     map[string]bool // "plan item"
	broken     error           // what every call answers
	brokenLine error           // what Settle of a sent delivery answers
	newsCalls  int
	newsPart   int // items of one answer of News; 0: all
}

func newMemory() *memory { return &memory{known: map[string]Progress{}, showed: map[string]bool{}} }

// store adds a news item as a poll would, seen at that time.
func (m *memory) store(title string, seen time.Time, topics ...string) feeds.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := newItem(title, seen, topics...)
	it.ID = int64(len(m.items) + 1)
	it.News = it.ID
	m.items = append(m.items, it)
	return it
}

func newItem(title string, seen time.Time, topics ...string) feeds.Item {
	it := feeds.Item{Title: title, Seen: seen, Dated: seen, Source: "Amtsblatt"}
	for _, t := range topics {
		it.Matches = append(it.Matches, feeds.Match{Topic: t, Words: []string{t}})
	}
	return it
}

func (m *memory) Peek(_ context.Context, plan string, since time.Time) (Progress, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return Progress{}, m.broken
	}
	if p, ok := m.known[plan]; ok {
		return p, nil
	}
	p := Progress{Plan: plan, Upto: int64(len(m.items))}
	for _, it := range m.items {
		if !it.Seen.Before(since) {
			p.Upto = min(p.Upto, it.News-1)
		}
	}
	return p, nil
}

func (m *memory) Progress(ctx context.Context, plan string, since, now time.Time) (Progress, error) {
	p, err := m.Peek(ctx, plan, since)
	if err != nil {
		return Progress{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.At.IsZero() {
		p.At = now
		m.known[plan] = p
	}
	return p, nil
}

func (m *memory) News(_ context.Context, plan string, after int64) (items []feeds.Item, high int64, more bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newsCalls++
	if m.broken != nil {
		return nil, 0, false, m.broken
	}
	for _, it := range m.items {
		if m.newsPart > 0 && len(items) == m.newsPart {
			return items, high, true, nil
		}
		high = max(high, it.News)
		if it.News > after && !m.shown(plan, it.ID) {
			items = append(items, it)
		}
	}
	return items, high, false, nil
}

func (m *memory) shown(plan string, item int64) bool {
	return m.showed[fmt.Sprint(plan, " ", item)]
}

func (m *memory) SaveRun(_ context.Context, run Run) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return false, m.broken
	}
	for _, r := range m.runs {
		if r.Plan == run.Plan && r.Scheduled.Equal(run.Scheduled) {
			return false, nil
		}
	}
	for _, id := range run.Items {
		if m.shown(run.Plan, id) {
			return false, nil
		}
	}
	for _, id := range run.Items {
		m.showed[fmt.Sprint(run.Plan, " ", id)] = true
	}
	m.runs = append(m.runs, run)
	m.known[run.Plan] = Progress{Plan: run.Plan, Upto: run.Upto, Scheduled: run.Scheduled, At: run.At}
	for _, d := range run.Deliveries {
		d.ID = int64(len(m.deliveries) + 1)
		m.deliveries = append(m.deliveries, d)
	}
	return true, nil
}

func (m *memory) Pending(_ context.Context, now time.Time, limit int) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	var out []Delivery
	waiting := map[string]bool{}
	for _, d := range m.deliveries {
		if d.Status != StatusPending || waiting[d.Target] {
			continue
		}
		waiting[d.Target] = true
		if (!d.NotBefore.After(now) || d.NotBefore.After(now.Add(MaxWait))) && len(out) < limit {
			out = append(out, d)
		}
	}
	return out, nil
}

func (m *memory) Behind(_ context.Context, plan string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.deliveries, func(d Delivery) bool { return d.Plan == plan && d.Status == StatusPending }), m.broken
}

func (m *memory) Retry(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, d := range m.deliveries {
		if d.Status == StatusPending && !d.Unsure() {
			m.deliveries[i].NotBefore = time.Time{}
		}
	}
	return m.broken
}

func (m *memory) Settle(_ context.Context, d Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(m.broken, m.brokenLine); err != nil && (m.broken != nil || d.Status == StatusSent) {
		return err
	}
	for i := range m.deliveries {
		if was := &m.deliveries[i]; was.ID == d.ID {
			if was.Status == StatusPending && (was.Attempts <= d.Attempts || d.Status == StatusSent) {
				*was = d
			}
			return nil
		}
	}
	return errors.New("no such delivery")
}

func (m *memory) Feeds(context.Context) ([]feeds.Feed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.feeds, m.broken
}

func (m *memory) Subscriptions(_ context.Context, target string) ([]Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Subscription
	for _, s := range m.subs {
		if target == "" || s.Target == target {
			out = append(out, s)
		}
	}
	return out, m.broken
}

// ledger is a copy of all deliveries.
func (m *memory) ledger() []Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.deliveries)
}

// set changes the memory under its lock.
func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// lines renders a digest as one message a section, each headline on a line.
type lines struct{ err error }

func (l lines) Render(d Digest) ([]Message, error) {
	if l.err != nil {
		return nil, l.err
	}
	var out []Message
	for _, s := range d.Sections {
		text := s.Title + ":"
		for _, it := range s.Items {
			text += " " + it.Title + ";"
		}
		out = append(out, Message{Text: text, Blocks: json.RawMessage("[]")})
	}
	if len(out) == 0 {
		out = append(out, Message{Text: fmt.Sprintf("nothing new, %d of %d sources", d.Coverage.Checked, d.Coverage.Sources)})
	}
	return out, nil
}

// slack is a Poster that notes when what was posted where, and answers as
// told: answers maps a target to its next answers, nil being acceptance.
type slack struct {
	mu      sync.Mutex
	posts   []post
	answers map[string][]error
	delay   map[string]time.Duration
	refuse  func() error // asked first, where set
}

type post struct {
	at           time.Time
	target, text string
}

func (s *slack) Post(ctx context.Context, d Delivery) (Receipt, error) {
	s.mu.Lock()
	delay := s.delay[d.Target]
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return Receipt{}, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if err := s.refuse(); err != nil {
			return Receipt{}, err
		}
	}
	s.posts = append(s.posts, post{time.Now(), d.Target, d.Message.Text})
	if list := s.answers[d.Target]; len(list) > 0 {
		s.answers[d.Target] = list[1:]
		if list[0] != nil {
			return Receipt{}, list[0]
		}
	}
	return Receipt{Channel: d.Target, TS: fmt.Sprintf("%d.%06d", time.Now().Unix(), len(s.posts))}, nil
}

func (s *slack) all() []post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posts)
}

// to lists what was posted to a target.
func (s *slack) to(target string) []post {
	return slices.DeleteFunc(s.all(), func(p post) bool { return p.target != target })
}
