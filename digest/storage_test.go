package digest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
	"depesche/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

// eight is Monday, 23 November 2026, eight o'clock in Berlin.
var eight = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// desk is a runner over a real database, with a clock that the test sets.
type desk struct {
	*digest.Runner
	*channel
	store *storage.Store
	mu    sync.Mutex
	clock time.Time
}

// channel is a Poster that keeps what was posted.
type channel struct {
	mu    sync.Mutex
	texts []string
	fail  []error // what the next posts answer
}

func (c *channel) Post(_ context.Context, d digest.Delivery) (digest.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fail) > 0 {
		err := c.fail[0]
		c.fail = c.fail[1:]
		return digest.Receipt{}, err
	}
	c.texts = append(c.texts, d.Target+" "+d.Message.Text)
	return digest.Receipt{Channel: d.Target, TS: fmt.Sprintf("1795420800.%06d", len(c.texts))}, nil
}

func (c *channel) posted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.texts)
}

// headlines renders each section as a message.
type headlines struct{}

func (headlines) Render(d digest.Digest) ([]digest.Message, error) {
	var out []digest.Message
	for _, s := range d.Sections {
		var titles []string
		for _, it := range s.Items {
			titles = append(titles, it.Title)
		}
		out = append(out, digest.Message{Text: s.Title + ": " + strings.Join(titles, "; "), Blocks: []byte("[]")})
	}
	if len(out) == 0 {
		out = []digest.Message{{Text: fmt.Sprintf("nothing in %d sources", d.Coverage.Checked), Blocks: []byte("[]")}}
	}
	return out, nil
}

func newDesk(t *testing.T, s *storage.Store, spec string) *desk {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := digest.ParseSchedule(spec, berlin)
	if err != nil {
		t.Fatal(err)
	}
	ozg, err := keyword.Parse("OZG")
	if err != nil {
		t.Fatal(err)
	}
	wallet, err := keyword.Parse("Wallet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SyncTopics(t.Context(), []feeds.Topic{{Name: "OZG", Query: ozg}, {Name: "Wallet", Query: wallet}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddFeed(t.Context(), feeds.Feed{URL: "https://a.example/feed"}, eight.AddDate(0, -1, 0)); err != nil {
		t.Fatal(err)
	}
	d := &desk{channel: &channel{}, store: s, clock: eight}
	d.Runner = digest.NewRunner(digest.RunnerOptions{
		Store: s, Ledger: s, Desk: s, Renderer: headlines{}, Poster: d.channel, Pace: -1, Now: d.now,
		Declared: []digest.Plan{{Name: "digest:morgen", Label: "morgen", Kind: digest.KindDigest, Target: "C1", Language: "de",
			Location: berlin, Schedule: schedule, Cron: spec,
			Rules: []digest.Rule{{Title: "OZG", Topic: "OZG"}, {Title: "Wallet", Topic: "Wallet"}}}},
		Lists: digest.Lists{Daily: schedule, Weekly: schedule, Location: berlin},
	})
	d.poll(t, eight.AddDate(0, 0, -20)) // the first poll, after which all is news
	return d
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *desk) set(at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = at
}

// poll stores headlines as a poll at that time does.
func (d *desk) poll(t *testing.T, at time.Time, titles ...string) {
	t.Helper()
	topics, err := d.store.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.store.Feeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := feeds.Poll{Feed: list[0], At: at}
	p.Feed.State, p.Feed.LastPoll, p.Feed.LastSuccess, p.Feed.NextPoll = feeds.StateOK, at, at, at.Add(time.Hour)
	for _, title := range titles {
		e := feeds.Entry{Item: feeds.Item{GUID: title, Title: title, Published: at}, Key: title}
		doc := keyword.Analyse(e.Text())
		e.Tokens, e.Matches = doc.Tokens(), feeds.Classify(topics, doc)
		p.Items = append(p.Items, e)
	}
	if _, err := d.store.SavePoll(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// fire runs the digest for an occasion, at that time.
func (d *desk) fire(t *testing.T, at time.Time) digest.Result {
	t.Helper()
	d.set(at)
	result, err := d.Fire(t.Context(), "morgen", at)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (d *desk) want(t *testing.T, want ...string) {
	t.Helper()
	if got := d.posted(); !slices.Equal(got, want) {
		t.Errorf("posted %q\nwant   %q", got, want)
	}
}

func TestAWeekOfDigestsOnBothDatabases(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		d := newDesk(t, s, "0 8 * * 1-5")
		d.poll(t, eight.Add(-time.Hour), "OZG am Montag", "OZG mit Wallet", "Wetter")
		preview, err := d.Preview(t.Context(), "morgen")
		if err != nil || preview.Count() != 2 || preview.Coverage.Checked != 1 {
			t.Fatalf("preview: %d items, %+v, %v", preview.Count(), preview.Coverage, err)
		}
		d.fire(t, eight)
		d.want(t, "C1 OZG: OZG am Montag; OZG mit Wallet")
		if again := d.fire(t, eight); again.Reason != digest.ReasonAlreadyRan {
			t.Errorf("again: %s", again.Reason)
		}
		// Stored after Monday's digest by a clock that was behind.
		d.poll(t, eight.Add(-time.Minute), "Wallet zu spät")
		tuesday := eight.AddDate(0, 0, 1)
		if result := d.fire(t, tuesday); !result.Digest.From.Equal(eight) {
			t.Errorf("Tuesday covers from %s", result.Digest.From)
		}
		d.fire(t, eight.AddDate(0, 0, 2))
		d.want(t, "C1 OZG: OZG am Montag; OZG mit Wallet", "C1 Wallet: Wallet zu spät", "C1 nothing in 1 sources")

		item := preview.Sections[0].Items[0]
		outcomes, err := s.Outcomes(t.Context(), item.ID)
		if err != nil {
			t.Fatal(err)
		}
		why, err := d.Explain(t.Context(), item, outcomes)
		if err != nil || len(why) != 1 || why[0].Reason != digest.ReasonDelivered || why[0].Channel != "C1" || why[0].TS == "" {
			t.Errorf("why: %+v, %v", why, err)
		}
	})
}

func TestARefusedAndALostPostOnBothDatabases(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		d := newDesk(t, s, "0 8 * * 1-5")
		d.poll(t, eight.Add(-time.Hour), "OZG am Montag", "Wallet am Montag")
		d.fail = []error{
			&digest.PostError{Class: digest.ClassWait, Code: "ratelimited", RetryAfter: time.Minute, Err: errors.New("429")},
			&digest.PostError{Class: digest.ClassTarget, Code: "is_archived", Err: errors.New("is_archived")},
		}
		d.fire(t, eight)
		d.want(t)
		d.set(eight.Add(40 * time.Second))
		if err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.want(t)
		d.set(eight.Add(time.Minute))
		if err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.want(t)
		outcomes, err := s.Outcomes(t.Context(), 1)
		if err != nil || len(outcomes) != 1 || len(outcomes[0].Deliveries) != 2 {
			t.Fatalf("outcomes: %+v, %v", outcomes, err)
		}
		first := outcomes[0].Deliveries[0]
		if first.Status != digest.StatusPending || first.Attempts != 2 || !strings.HasPrefix(first.Reason, "is_archived: ") {
			t.Errorf("the first part: %+v", first)
		}
		d.set(eight.Add(6 * time.Minute))
		if err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.want(t, "C1 OZG: OZG am Montag", "C1 Wallet: Wallet am Montag")
	})
}

func TestADigestThatItsChannelRefusesIsKeptOnBothDatabases(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		d := newDesk(t, s, "0 8 * * 1-5")
		d.poll(t, eight.Add(-time.Hour), "OZG am Montag")
		notInvited := &digest.PostError{Class: digest.ClassTarget, Code: "not_in_channel", Err: errors.New("not_in_channel")}
		d.fail = []error{notInvited, notInvited}
		if result := d.fire(t, eight); result.Reason != digest.ReasonPosted {
			t.Errorf("Monday: %s", result.Reason)
		}
		// Nobody invites the bot until Wednesday.
		d.poll(t, eight.Add(time.Hour), "OZG nach dem Digest")
		if result := d.fire(t, eight.AddDate(0, 0, 1)); result.Reason != digest.ReasonBehind {
			t.Errorf("Tuesday: %s, want it to wait for Monday's", result.Reason)
		}
		d.want(t)
		d.set(eight.AddDate(0, 0, 1).Add(time.Hour))
		if err := s.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if result := d.fire(t, eight.AddDate(0, 0, 2)); result.Reason != digest.ReasonPosted {
			t.Errorf("Wednesday: %s", result.Reason)
		}
		d.want(t, "C1 OZG: OZG am Montag", "C1 OZG: OZG nach dem Digest")
	})
}

func TestTwoRunnersMakeOneRunOnBothDatabases(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		one := newDesk(t, s, "0 8 * * 1-5")
		two := newDesk(t, s, "0 8 * * 1-5")
		one.poll(t, eight.Add(-time.Hour), "OZG am Montag")
		var wait sync.WaitGroup
		reasons := make(chan digest.Reason, 2)
		for _, d := range []*desk{one, two} {
			wait.Go(func() {
				result, err := d.Fire(t.Context(), "morgen", eight)
				if err != nil {
					t.Error(err)
				}
				reasons <- result.Reason
			})
		}
		wait.Wait()
		got := []digest.Reason{<-reasons, <-reasons}
		slices.Sort(got)
		if !slices.Equal(got, []digest.Reason{digest.ReasonAlreadyRan, digest.ReasonPosted}) {
			t.Errorf("got %s", got)
		}
		if posts := slices.Concat(one.posted(), two.posted()); !slices.Equal(posts, []string{"C1 OZG: OZG am Montag"}) {
			t.Errorf("posted %q", posts)
		}
	})
}

func TestAlertsAndListsOnBothDatabases(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		d := newDesk(t, s, "@every 1s")
		d.Now = time.Now
		d.Declared = nil
		d.poll(t, time.Now(), "Wallet vor dem Abo")
		for _, c := range []digest.Cadence{digest.KindNow, digest.KindDaily} {
			_, created, err := s.Subscribe(t.Context(), digest.Subscription{Query: "Wallet", Cadence: c, Target: "U" + string(c),
				Creator: "U9", Language: "de", Created: time.Now()})
			if err != nil || !created {
				t.Fatalf("subscribe: %v %v", created, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		d.poll(t, time.Now(), "Wallet kommt")
		d.Wake()
		for len(d.posted()) < 2 && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		got := d.posted()
		slices.Sort(got)
		if !slices.Equal(got, []string{"Udaily Wallet: Wallet kommt", "Unow Wallet: Wallet kommt"}) {
			t.Errorf("posted %q", got)
		}
	})
}
