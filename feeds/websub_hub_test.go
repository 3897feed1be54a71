package feeds_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

// TestTheSecretGoesNowhereElse: a hub may send us on within its own host, and
// nowhere that the feed did not name.
func TestTheSecretGoesNowhereElse(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	to := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hub" {
			w.Header().Set("Location", "/hub/")
		} else {
			w.Header().Set("Location", to)
		}
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	o.head = strings.Replace(o.head, o.hub.URL, first.URL+"/hub", 1)
	o.pass(time.Second)
	_, sub := o.one()
	o.want("state and reason", string(sub.State)+", "+sub.Reason, "asking, a redirect without a usable Location")
	o.want("requests elsewhere", elsewhere.Load(), 0)

	to = o.hub.URL // the same host, another port
	o.pass(24 * time.Hour)
	_, sub = o.one()
	o.want("within the host", sub.State, feeds.WebSubActive)
}

// TestHubsInsideAreNotAsked: a feed does not lead the bot into private networks.
func TestHubsInsideAreNotAsked(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	o.head = strings.Replace(o.head, o.hub.URL, "http://10.0.0.1/latest", 1)
	o.pass(time.Second)
	_, sub := o.one()
	if sub.State != feeds.WebSubAsking || !strings.Contains(sub.Reason, "10.0.0.1 is private") {
		t.Errorf("%+v", sub)
	}
}

// TestAHubThatAsksForAPause is not asked before it is over.
func TestAHubThatAsksForAPause(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer busy.Close()
	o.head = strings.Replace(o.head, o.hub.URL, busy.URL, 1)
	o.pass(time.Second)
	_, sub := o.one()
	o.want("next try", sub.NextTry, o.clock.Add(2*time.Hour))
	o.want("reason", sub.Reason, "HTTP 400 Bad Request")
}

// TestStoppedWhileAHubIsAsked: the next start asks again at once.
func TestStoppedWhileAHubIsAsked(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	ctx, stop := context.WithCancel(t.Context())
	asked := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // a server notices that the client is gone only when the body is read
		stop()
		<-r.Context().Done()
		close(asked)
	}))
	defer slow.Close()
	o.head = strings.Replace(o.head, o.hub.URL, slow.URL, 1)
	if err := o.poller.Round(ctx, false, nil); err != nil {
		t.Fatal(err)
	}
	_ = feeds.SubscriberRound(ctx, o.bot)
	<-asked
	_, sub := o.one()
	if sub.Failures != 0 || sub.NextTry.After(o.clock) {
		t.Errorf("after the stop: %+v", sub)
	}
}

// TestRunEnds: with its context; and, without a public address, when the last
// subscription has ended.
func TestRunEnds(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	if err := o.poller.Round(t.Context(), false, nil); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- o.bot.Run(ctx) }()
	for active := false; !active && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		list, err := o.store.WebSubs(ctx)
		active = err == nil && len(list) == 1 && list[0].State == feeds.WebSubActive && list[0].Version >= 3 // the hub asked back, and its answer is stored
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	o.want("requests", len(o.hub.requests("subscribe")), 1)

	o.start("")
	if err := feeds.SubscriberRound(t.Context(), o.bot); err != nil {
		t.Fatal(err)
	}
	o.want("ended", len(o.hub.requests("unsubscribe")), 1)
	if err := o.bot.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAFeedThatIsNoLongerPushedIsPolledInTime: its next poll was far away.
func TestAFeedThatIsNoLongerPushedIsPolledInTime(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	o.pass(time.Second)
	form := o.hub.requests("subscribe")[0]
	feed, _ := o.one()
	far := feeds.Poll{Feed: feed, At: o.clock}
	far.Feed.NextPoll = o.clock.Add(20 * time.Hour)
	if _, err := o.store.SavePoll(t.Context(), far); err != nil {
		t.Fatal(err)
	}
	o.hub.question(form, "denied", nil)
	feed, _ = o.one()
	o.want("next poll", feed.NextPoll, o.clock.Add(30*time.Minute))
}

// TestPushesDuringAPoll: what a poll under way saw may be older than what was
// pushed meanwhile, or younger; the feed is asked once more, soon.
func TestPushesDuringAPoll(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		pushed string
		meet   func(o *pushDesk) // how the feed answers meanwhile, and after
		want   string
	}{
		"an old wording, and the feed says that nothing changed": {"sha256", storyOf(2, "Erste Fassung"), func(*pushDesk) {}, "Altbekannt, Zweite Fassung"},
		"an old wording, and the feed has something else": {"sha256", storyOf(2, "Erste Fassung"), func(o *pushDesk) {
			o.items, o.header = append(o.items, storyOf(3, "Drittes")), http.Header{"Etag": {`"3"`}}
		}, "Drittes, Altbekannt, Zweite Fassung"},
		"a word that something is new, and the poll came too early to see it": {"sha1", "", func(*pushDesk) {}, "Gerade erst, Altbekannt, Zweite Fassung"},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, store *storage.Store) {
				o := newPushDesk(t, store)
				o.items, o.header = append(o.items, storyOf(2, "Zweite Fassung")), http.Header{"Etag": {`"2"`}}
				o.pass(time.Second)
				form := o.hub.requests("subscribe")[0]
				c.meet(o)
				o.during = func() {
					o.during = nil
					o.want("push", o.hub.push(form, c.method, form.Get("hub.secret"), o.document(c.pushed)), 200)
					if c.pushed == "" {
						o.items, o.header = append(o.items, storyOf(3, "Gerade erst")), http.Header{"Etag": {`"3"`}}
					}
				}
				polls := o.polls
				o.pass(24 * time.Hour)
				o.want("polls", o.polls-polls, 1)
				o.pass(5 * time.Minute)
				o.want("polls", o.polls-polls, 2)
				o.want("archive", o.archive(), c.want)
			})
		})
	}
}

// BenchmarkPush is a signed push of thirty items, one of them new, from the
// hub's request to its acknowledgement: checked, parsed, classified, stored.
func BenchmarkPush(b *testing.B) {
	for name, database := range storagetest.URLs(b) {
		b.Run(name, func(b *testing.B) {
			o := newPushDesk(b, storagetest.Open(b, database))
			o.pass(time.Second)
			form := o.hub.requests("subscribe")[0]
			items := make([]string, 30)
			for i := range items {
				items[i] = storyOf(1000+i, "Altbekannte Meldung")
			}
			n := 2000
			for b.Loop() {
				n++
				copy(items[1:], items)
				items[0] = storyOf(n, "Neue Meldung")
				if code := o.hub.push(form, "sha256", form.Get("hub.secret"), o.document(items...)); code != http.StatusOK {
					b.Fatalf("push: %d", code)
				}
			}
		})
	}
}
