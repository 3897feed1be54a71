package digest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// short renders a notice as one line.
type short struct{}

func (short) RenderNotice(n digest.Notice) ([]digest.Message, error) {
	var parts []string
	for _, f := range n.Broken {
		parts = append(parts, "broken "+f.Name)
	}
	for _, f := range n.Gone {
		parts = append(parts, "gone "+f.Name)
	}
	for _, r := range n.Back {
		parts = append(parts, fmt.Sprintf("back %s after %v with %d", r.Feed.Name, r.Feed.Recovered.Sub(r.Feed.Troubled), r.Items))
	}
	for _, f := range n.Flooded {
		parts = append(parts, fmt.Sprintf("flood %s %d", f.Name, f.Held))
	}
	return []digest.Message{{Text: strings.Join(parts, ", "), Blocks: []byte("[]")}}, nil
}

// carer is a runner that looks after the feeds of a store.
func carer(s *storage.Store, c *channel, now *time.Time) *digest.Runner {
	return digest.NewRunner(digest.RunnerOptions{
		Store: s, Ledger: s, Desk: s, Renderer: headlines{}, Poster: c, Pace: -1, Now: func() time.Time { return *now },
		Care: &digest.Care{Store: s, Renderer: short{}, Owner: "C9"},
	})
}

// attend looks after the feeds and delivers.
func attend(t *testing.T, r *digest.Runner) {
	t.Helper()
	if err := r.Attend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// fares stores how the named feed fared at a poll.
func fares(t *testing.T, s *storage.Store, name string, at time.Time, change func(f *feeds.Feed), titles ...string) {
	t.Helper()
	list, err := s.Feeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Name != name {
			continue
		}
		f.LastPoll, f.NextPoll = at, at.Add(time.Hour)
		change(&f)
		p := feeds.Poll{Feed: f, At: at}
		for _, title := range titles {
			p.Items = append(p.Items, feeds.Entry{Item: feeds.Item{GUID: title, Title: title}, Key: title})
		}
		if _, err := s.SavePoll(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("there is no feed %q", name)
}

func fails(since time.Time, failures int) func(f *feeds.Feed) {
	return func(f *feeds.Feed) {
		f.State, f.Since, f.Failures, f.Reason = feeds.StateFailing, since, failures, "HTTP 500 Internal Server Error"
	}
}

func works(at time.Time) func(f *feeds.Feed) {
	return func(f *feeds.Feed) {
		if f.Failures > 0 {
			f.Recovered = at
		}
		f.State, f.Since, f.Failures, f.Reason, f.LastSuccess = feeds.StateOK, at, 0, "", at
	}
}

func withFeeds(t *testing.T, s *storage.Store, list ...feeds.Feed) {
	t.Helper()
	for i := range list {
		list[i].URL = "https://" + strings.ToLower(list[i].Name) + ".example/feed"
	}
	if err := s.SyncFeeds(t.Context(), list, eight); err != nil {
		t.Fatal(err)
	}
}

// The life of a feed, as its owner hears of it: once that it is broken, once
// that it is back, whatever restarts in between.
func TestAnOwnerIsToldOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		withFeeds(t, s, feeds.Feed{Name: "Amt", Owner: "U1"}, feeds.Feed{Name: "Blatt"})
		c, now := &channel{}, eight
		fares(t, s, "Amt", eight, works(eight))
		fares(t, s, "Blatt", eight, works(eight))
		down := eight.Add(time.Hour)
		for i := range 8 { // every hour
			now = down.Add(time.Duration(i) * time.Hour)
			fares(t, s, "Amt", now, fails(down, i+1))
			attend(t, carer(s, c, &now)) // a new process each time
			if told := len(c.posted()) > 0; told != (i >= 6) {
				t.Fatalf("%d hours after the first failure: %q", i, c.posted())
			}
		}
		want := []string{"U1 broken Amt"}
		if got := c.posted(); len(got) != 1 || got[0] != want[0] {
			t.Fatalf("posted %q, want %q", got, want)
		}
		back := down.Add(20 * time.Hour)
		fares(t, s, "Amt", back, works(back), "Eins", "Zwei")
		now = back.Add(time.Minute)
		for range 3 {
			attend(t, carer(s, c, &now))
		}
		fares(t, s, "Blatt", now, func(f *feeds.Feed) {
			f.State, f.Since, f.Failures, f.Reason = feeds.StateGone, now, 1, "HTTP 410 Gone"
		})
		for range 3 {
			attend(t, carer(s, c, &now))
		}
		if got := strings.Join(c.posted(), "; "); got != "U1 broken Amt; U1 back Amt after 20h0m0s with 2; C9 gone Blatt" {
			t.Errorf("posted %q", got)
		}
	})
}

// A process that dies after it decided, and before it posted, leaves the
// notice in the ledger: the next one posts it, and decides nothing anew.
func TestANoticeSurvivesItsProcess(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		withFeeds(t, s, feeds.Feed{Name: "Amt", Owner: "U1"})
		c, now := &channel{}, eight.Add(7*time.Hour)
		fares(t, s, "Amt", now, fails(eight, 5))
		if err := carer(s, c, &now).Attend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(c.posted()) != 0 {
			t.Fatalf("posted %q before the end", c.posted())
		}
		now = now.Add(3 * time.Hour)
		for range 2 {
			attend(t, carer(s, c, &now))
		}
		if got := c.posted(); len(got) != 1 || got[0] != "U1 broken Amt" {
			t.Errorf("posted %q", got)
		}
	})
}

// Of two processes that see the same, one tells it.
func TestTwoProcessesTellOnce(t *testing.T) {
	storagetest.EachURL(t, func(t *testing.T, url string) {
		stores := []*storage.Store{storagetest.Open(t, url), storagetest.Open(t, url)}
		var list []feeds.Feed
		for i := range 5 {
			list = append(list, feeds.Feed{Name: fmt.Sprint("Amt", i), Owner: "U1"})
		}
		withFeeds(t, stores[0], list...)
		c := &channel{}
		for round := range 5 {
			began := eight.Add(time.Duration(round) * 48 * time.Hour)
			now := began.Add(7 * time.Hour)
			for _, f := range list {
				fares(t, stores[0], f.Name, now, fails(began, 5))
			}
			both := func() {
				var all errgroup.Group
				for _, s := range stores {
					r := carer(s, c, &now)
					all.Go(func() error { return r.Attend(t.Context()) })
				}
				if err := all.Wait(); err != nil {
					t.Fatal(err)
				}
				attend(t, carer(stores[0], c, &now))
			}
			both()
			back := now.Add(5 * time.Hour)
			for _, f := range list {
				fares(t, stores[1], f.Name, back, works(back))
			}
			now = back
			both()
			if got := len(c.posted()); got != 2*(round+1) {
				t.Fatalf("after round %d: %d messages, %q", round, got, c.posted())
			}
		}
	})
}

// A feed without an owner, where nobody is named for such: nobody is told, and
// as soon as somebody is named, he is.
func TestNobodyIsTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		withFeeds(t, s, feeds.Feed{Name: "Amt"})
		c, now := &channel{}, eight.Add(7*time.Hour)
		fares(t, s, "Amt", now, fails(eight, 5))
		r := carer(s, c, &now)
		r.Care.Owner = ""
		attend(t, r)
		if len(c.posted()) != 0 {
			t.Errorf("posted %q", c.posted())
		}
		attend(t, carer(s, c, &now))
		if got := c.posted(); len(got) != 1 || got[0] != "C9 broken Amt" {
			t.Errorf("posted %q", got)
		}
	})
}
