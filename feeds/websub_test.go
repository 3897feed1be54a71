package feeds_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"
)

func TestAHubPushes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		o.pass(time.Second)
		asked := o.hub.requests("subscribe")
		if len(asked) != 1 {
			t.Fatalf("the hub was asked %d times\n%s", len(asked), o.log)
		}
		form := asked[0]
		secret := form.Get("hub.secret")
		callback, _ := strings.CutPrefix(form.Get("hub.callback"), o.public.URL+"/websub/")
		if form.Get("hub.topic") != o.feed.URL+"/feed" || form.Get("hub.lease_seconds") != "864000" || len(callback) != 32 || len(secret) != 64 {
			t.Errorf("asked: %v", form)
		}
		feed, sub := o.one()
		o.want("state", sub.State, feeds.WebSubActive)
		o.want("pushed until", feed.Pushed, o.clock.Add(10*24*time.Hour))
		o.want("renewed at half the lease", sub.NextTry, o.clock.Add(5*24*time.Hour))

		// A push with the new item alone is in the archive without a poll, and
		// says nothing of those that it leaves out.
		before, polls := feed, o.polls
		o.want("push", o.hub.push(form, "sha256", secret, o.document(storyOf(2, "Neu"))), 200)
		o.want("archive", o.archive(), "Neu, Altbekannt")
		o.want("readers are told", o.saved, 2)
		after, _ := o.one()
		if o.polls != polls || after.Items != 2 || !after.LastNew.Equal(o.clock) {
			t.Errorf("after the push: %d polls, %+v", o.polls-polls, after)
		}
		after.Items, after.LastNew = before.Items, before.LastNew
		o.want("everything else of the feed", after, before)
		for _, method := range []string{"sha384", "sha512"} {
			o.want(method, o.hub.push(form, method, secret, o.document(storyOf(len(method)*10+int(method[3]), method))), 200)
		}
		o.want("archive", strings.Count(o.archive(), "sha"), 2)

		// Renewal at half the lease, with the same callback and secret.
		o.pass(5*24*time.Hour - time.Minute)
		o.want("too early", len(o.hub.requests("subscribe")), 1)
		o.pass(time.Minute)
		asked = o.hub.requests("subscribe")
		o.want("renewal", asked[len(asked)-1].Encode(), form.Encode())
		feed, _ = o.one()
		o.want("pushed until", feed.Pushed, o.clock.Add(10*24*time.Hour))

		// After a restart everything is as before.
		o.start(o.public.URL)
		o.pass(time.Second)
		o.want("requests", len(o.hub.requests("subscribe")), 2)
		o.want("push after a restart", o.hub.push(form, "sha256", secret, o.document(storyOf(3, "Danach"))), 200)
		if !strings.HasPrefix(o.archive(), "Danach") {
			t.Error(o.archive())
		}
		if strings.Contains(o.log.String(), secret) || strings.Contains(o.log.String(), callback) {
			t.Errorf("a secret is in the log:\n%s", o.log)
		}
	})
}

func TestDiscovery(t *testing.T) {
	for _, c := range []struct {
		name       string
		head, link string // HUB and SELF stand for the addresses
		hub, topic string // "": no subscription
	}{
		{"neither", "", "", "", ""},
		{"in the feed", `<atom:link rel="hub" href="HUB"/><atom:link rel="self" href="SELF"/>`, "", "HUB", "SELF"},
		{"in the header", "", `<HUB>; rel="hub", <SELF>; rel="self"`, "HUB", "SELF"},
		{"the header comes first", `<atom:link rel="hub" href="http://127.0.0.1:1/"/><atom:link rel="self" href="http://127.0.0.1:1/"/>`, `<HUB>; rel="hub", <SELF>; rel="self"`, "HUB", "SELF"},
		{"the feed does not say what it is called", `<atom:link rel="hub" href="HUB"/>`, "", "HUB", "FEED"},
		{"a hub that is no address", `<atom:link rel="hub" href="mailto:hub@example.org"/>`, "", "", ""},
		{"a topic without a hub", `<atom:link rel="self" href="SELF"/>`, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newPushDesk(t, storagetest.New(t))
			fill := strings.NewReplacer("HUB", o.hub.URL+"/x", "SELF", "https://amt.example/feed?a=1&amp;b=2", "FEED", o.feed.URL+"/feed", "<atom:link ", `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" `)
			o.head, o.header = fill.Replace(c.head), http.Header{"Link": {strings.ReplaceAll(fill.Replace(c.link), "&amp;", "&")}}
			o.pass(time.Second)
			subs, err := o.store.WebSubs(t.Context())
			if err != nil || len(subs) > 1 || c.hub == "" && len(subs) > 0 || c.hub != "" && len(subs) == 0 {
				t.Fatalf("%+v, %v", subs, err)
			}
			if len(subs) == 1 {
				o.want("hub", subs[0].Hub, fill.Replace(c.hub))
				o.want("topic", subs[0].Topic, strings.ReplaceAll(fill.Replace(c.topic), "&amp;", "&"))
				o.want("state", subs[0].State, feeds.WebSubActive)
			}
		})
	}
}

func TestWhatIsNotSignedChangesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		o.pass(time.Second)
		form := o.hub.requests("subscribe")[0]
		secret := form.Get("hub.secret")
		body := o.document(storyOf(9, "Gefälscht"))
		stranger := url.Values{"hub.callback": {o.public.URL + "/websub/" + strings.Repeat("0", 32)}}
		for _, c := range []struct {
			name                 string
			to                   url.Values
			method, secret, body string
			status               int
		}{
			{"not signed", form, "", "", body, 403},
			{"another key", form, "sha256", "anders", body, 403},
			{"an unknown method", form, "md5", secret, body, 403},
			{"too large", form, "sha256", secret, body + strings.Repeat(" ", maxBody), 413},
			{"nobody's callback", stranger, "sha256", secret, body, 404},
			{"no token", url.Values{"hub.callback": {o.public.URL + "/websub/"}}, "sha256", secret, body, 404},
			{"a path for a token", url.Values{"hub.callback": {o.public.URL + "/websub/../" + strings.Repeat("0", 32)}}, "sha256", secret, body, 404},
		} {
			before, subBefore := o.one()
			o.want(c.name, o.hub.push(c.to, c.method, c.secret, c.body), c.status)
			after, subAfter := o.one()
			o.want(c.name+", archive", o.archive(), "Altbekannt")
			o.want(c.name+", feed", after, before)
			o.want(c.name+", subscription", subAfter, subBefore)
		}

		// SHA-1 is worth a poll, not its body.
		o.want("sha1", o.hub.push(form, "sha1", secret, body), 200)
		o.want("archive", o.archive(), "Altbekannt")
		o.items = append(o.items, storyOf(2, "Beim Feed selbst"))
		o.pass(5 * time.Minute)
		if !strings.Contains(o.archive(), "Beim Feed selbst") || strings.Contains(o.archive(), "Gefälscht") {
			t.Error(o.archive())
		}
		_, sub := o.one()
		o.want("what that poll found was the push's merit", sub.Missed, 0)

		// A method that is good and one that is wrong are wrong.
		req, _ := http.NewRequest(http.MethodPost, form.Get("hub.callback"), strings.NewReader(body))
		req.Header.Add("X-Hub-Signature", "sha256="+sign("sha256", secret, body))
		req.Header.Add("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		o.want("two signatures", resp.StatusCode, 403)
	})
}

func TestReplaysAndLatePushes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		o.pass(time.Second)
		form := o.hub.requests("subscribe")[0]
		secret := form.Get("hub.secret")
		first, second := o.document(storyOf(2, "Erste Fassung")), o.document(storyOf(2, "Zweite Fassung"))
		o.want("first", o.hub.push(form, "sha256", secret, first), 200)
		o.want("second", o.hub.push(form, "sha256", secret, second), 200)
		o.want("archive", o.archive(), "Zweite Fassung, Altbekannt")
		o.want("the first again", o.hub.push(form, "sha256", secret, first), 200)
		o.want("archive", o.archive(), "Zweite Fassung, Altbekannt")
		o.want("outcomes", o.outcomes, []feeds.PushOutcome{feeds.PushNew, feeds.PushNew, feeds.PushRepeated})

		// One that came too late is put right by the feed itself, soon.
		o.items = []string{storyOf(1, "Altbekannt"), storyOf(2, "Zweite Fassung")}
		o.pass(5 * time.Minute)
		o.want("late", o.hub.push(form, "sha256", secret, o.document(storyOf(2, "Nullte Fassung"))), 200)
		o.pass(5 * time.Minute)
		o.want("archive", o.archive(), "Zweite Fassung, Altbekannt")

		// What cannot be read is asked for at the feed.
		o.items = append(o.items, storyOf(3, "Nur beim Feed"))
		page := "<!DOCTYPE html><html><body>Wartung</body></html>"
		o.want("no feed", o.hub.push(form, "sha256", secret, page), 200)
		feed, _ := o.one()
		o.want("health", feed.State, feeds.StateOK)
		o.pass(5 * time.Minute)
		if !strings.Contains(o.archive(), "Nur beim Feed") {
			t.Error(o.archive())
		}
	})
}

func TestHubsQuestions(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		o.hub.set(func(h *hub) { h.silent = true })
		o.pass(time.Second)
		form := o.hub.requests("subscribe")[0]
		feed, sub := o.one()
		o.want("before it is verified", fmt.Sprint(sub.State, " ", feed.Pushed.IsZero()), "asking true")
		o.want("a push before it is verified", o.hub.push(form, "sha256", form.Get("hub.secret"), o.document(storyOf(2, "Zu früh"))), 404)

		other := url.Values{"hub.callback": form["hub.callback"], "hub.topic": {"https://anders.example/"}}
		challenge := func(s string) url.Values { return url.Values{"hub.challenge": {s}, "hub.lease_seconds": {"600"}} }
		ask := func(name string, form url.Values, mode string, more url.Values, status int, body string) {
			t.Helper()
			code, header, got := o.hub.question(form, mode, more)
			if code != status || status == 200 && got != body || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") || header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %d %q %v", name, code, got, header)
			}
		}
		ask("another topic", other, "subscribe", challenge("x"), 404, "")
		ask("no challenge", form, "subscribe", nil, 404, "")
		ask("an endless challenge", form, "subscribe", challenge(strings.Repeat("x", 3000)), 404, "")
		ask("an end that nobody asked for", form, "unsubscribe", challenge("x"), 404, "")
		ask("an unknown mode", form, "publish", challenge("x"), 404, "")
		ask("a denial of something else", other, "denied", nil, 404, "")
		if _, now := o.one(); now.Version != sub.Version {
			t.Errorf("something changed: %+v", now)
		}
		ask("ours", form, "subscribe", challenge("<script>1</script>"), 200, "<script>1</script>")
		feed, _ = o.one()
		o.want("lease", feed.Pushed, o.clock.Add(10*time.Minute))
		ask("once more", form, "subscribe", url.Values{"hub.challenge": {"x"}, "hub.lease_seconds": {"99999999999"}}, 200, "x")
		feed, _ = o.one()
		o.want("a lease beyond belief", feed.Pushed, o.clock.Add(30*24*time.Hour))
		ask("an end that nobody asked for", form, "unsubscribe", challenge("x"), 404, "")
		ask("denied", form, "denied", url.Values{"hub.reason": {"Kein\nPlatz " + strings.Repeat("x", 500)}}, 200, "")
		feed, sub = o.one()
		if sub.State != feeds.WebSubDenied || !feed.Pushed.IsZero() || !strings.HasPrefix(sub.Reason, "Kein Platz x") || len(sub.Reason) > 200 {
			t.Errorf("denied: %+v", sub)
		}
		ask("after all", form, "subscribe", challenge("x"), 404, "")
		o.want("a push after the denial", o.hub.push(form, "sha256", form.Get("hub.secret"), o.document(storyOf(2, "Zu spät"))), 410)
		o.pass(40 * 24 * time.Hour)
		o.want("requests", len(o.hub.requests("subscribe")), 1)
		req, _ := http.NewRequest(http.MethodPut, form.Get("hub.callback"), strings.NewReader("x"))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		o.want("PUT", resp.StatusCode, 405)
	})
}

func TestHubsThatFail(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		o.hub.set(func(h *hub) { h.status = http.StatusInternalServerError })
		var at []time.Duration
		begin, seen := o.clock, 0
		for range 24 * 60 {
			o.pass(time.Minute)
			if n := len(o.hub.requests("subscribe")); n > seen {
				seen = n
				at = append(at, o.clock.Sub(begin).Round(30*time.Minute))
			}
		}
		o.want("asked after", at, "[0s 30m0s 1h30m0s 3h30m0s 7h30m0s 15h30m0s]")
		o.want("warned", strings.Count(o.log.String(), "a hub could not be asked"), 1)

		// It recovers, grants a short lease, and falls silent: the lease ends, the
		// feed is no longer counted as pushed, and the hub is asked on.
		o.hub.set(func(h *hub) { h.status, h.lease = 0, "3600" })
		o.pass(16 * time.Hour)
		feed, _ := o.one()
		o.want("pushed until", feed.Pushed, o.clock.Add(time.Hour))
		o.hub.set(func(h *hub) { h.silent = true })
		before := len(o.hub.requests("subscribe"))
		for range 90 {
			o.pass(time.Minute)
		}
		feed, sub := o.one()
		if sub.State != feeds.WebSubAsking || feed.Pushed.After(o.clock) {
			t.Errorf("after the lease: %+v, pushed until %v", sub, feed.Pushed)
		}
		if n := len(o.hub.requests("subscribe")) - before; n < 2 || n > 6 {
			t.Errorf("asked %d times in an hour and a half", n)
		}
		o.hub.set(func(h *hub) { h.silent = false })
		o.pass(24 * time.Hour)
		_, sub = o.one()
		o.want("again", sub.State, feeds.WebSubActive)
	})
}

func TestSubscriptionsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(o *pushDesk)
		left int // subscriptions afterwards
	}{
		"the feed leaves the list": {func(o *pushDesk) {
			if err := o.store.RemoveFeed(o.t.Context(), o.feed.URL+"/feed"); err != nil {
				o.t.Fatal(err)
			}
		}, 0},
		"the public address is gone":   {func(o *pushDesk) { o.start("") }, 0},
		"the public address is anew":   {func(o *pushDesk) { o.start(strings.Replace(o.public.URL, "127.0.0.1", "localhost", 1)) }, 1},
		"the feed names another hub":   {func(o *pushDesk) { o.head = strings.Replace(o.head, o.hub.URL, newHub(o.t).URL, 1) }, 1},
		"the feed names no hub":        {func(o *pushDesk) { o.head = "" }, 0},
		"the feed has another address": {func(o *pushDesk) { o.head = strings.Replace(o.head, "/feed", "/neu", 1) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, store *storage.Store) {
				o := newPushDesk(t, store)
				o.pass(time.Second)
				form := o.hub.requests("subscribe")[0]
				c.end(o)
				o.pass(time.Hour)
				ended := o.hub.requests("unsubscribe")
				if len(ended) != 1 || ended[0].Get("hub.callback") != form.Get("hub.callback") || ended[0].Get("hub.topic") != form.Get("hub.topic") {
					t.Fatalf("ended: %v\n%s", ended, o.log)
				}
				subs, err := store.WebSubs(t.Context())
				if err != nil || len(subs) != c.left {
					t.Errorf("left: %+v, %v", subs, err)
				}
				for _, s := range subs {
					o.want("the new one", s.State, feeds.WebSubActive)
				}
				o.want("a push", o.hub.push(form, "sha256", form.Get("hub.secret"), o.document(storyOf(2, "Zu spät"))), 404)
				if list, _ := store.Feeds(t.Context()); c.left == 0 && len(list) > 0 && !list[0].Pushed.IsZero() {
					t.Errorf("still counted as pushed: %v", list[0].Pushed)
				}
			})
		})
	}
}

// TestAHubThatMissesItems: polls that keep finding what no push brought end the
// trust; pushes bring it back.
func TestAHubThatMissesItems(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		o.pass(time.Second)
		form := o.hub.requests("subscribe")[0]
		for n := 2; n <= 4; n++ {
			feed, _ := o.one()
			o.want(fmt.Sprintf("trusted before item %d", n), feed.Pushed.After(o.clock), true)
			o.items = append(o.items, storyOf(n, fmt.Sprint("Nicht geschoben ", n)))
			o.pass(6 * time.Hour)
		}
		feed, sub := o.one()
		if !feed.Pushed.IsZero() || sub.State != feeds.WebSubActive || strings.Count(o.log.String(), "did not push") != 1 {
			t.Errorf("pushed until %v, %+v\n%s", feed.Pushed, sub, o.log)
		}
		o.want("push", o.hub.push(form, "sha256", form.Get("hub.secret"), o.document(storyOf(5, "Doch"))), 200)
		feed, _ = o.one()
		o.want("trusted again", feed.Pushed.After(o.clock), true)
	})
}

// brokenStore cannot store.
type brokenStore struct{ *storage.Store }

func (brokenStore) SavePush(context.Context, feeds.Poll) (feeds.Saved, error) {
	return feeds.Saved{}, io.ErrUnexpectedEOF
}

// TestNothingIsAcknowledgedThatIsNotStored: the hub has to try again.
func TestNothingIsAcknowledgedThatIsNotStored(t *testing.T) {
	o := newPushDesk(t, storagetest.New(t))
	o.pass(time.Second)
	form := o.hub.requests("subscribe")[0]
	whole := o.bot
	o.bot = feeds.NewSubscriber(brokenStore{o.store}, o.poller, feeds.SubscriberOptions{PublicURL: o.public.URL})
	body := o.document(storyOf(2, "Neu"))
	o.want("while the store is broken", o.hub.push(form, "sha256", form.Get("hub.secret"), body), 503)
	o.bot = whole
	o.want("the second try", o.hub.push(form, "sha256", form.Get("hub.secret"), body), 200)
	o.want("archive", o.archive(), "Neu, Altbekannt")
}

// TestPushesAtOnce: many pushes of one feed, the same and others, at the same
// time, with two bots on one store: each item once.
func TestPushesAtOnce(t *testing.T) {
	storagetest.EachURL(t, func(t *testing.T, databaseURL string) {
		o := newPushDesk(t, storagetest.Open(t, databaseURL))
		o.pass(time.Second)
		form := o.hub.requests("subscribe")[0]
		var wg sync.WaitGroup
		for n := range 24 {
			wg.Go(func() {
				if code := o.hub.push(form, "sha256", form.Get("hub.secret"), o.document(storyOf(100+n/2, fmt.Sprint("Neu ", n/2)))); code != 200 {
					t.Errorf("push %d: %d", n, code)
				}
			})
		}
		wg.Wait()
		o.want("archive", strings.Count(o.archive(), "Neu"), 12)
		feed, _ := o.one()
		o.want("items", feed.Items, 13)
	})
}

// TestOneOfTwoProcessesSubscribes: both see the same feed become due.
func TestOneOfTwoProcessesSubscribes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, store *storage.Store) {
		o := newPushDesk(t, store)
		if err := o.poller.Round(t.Context(), false, nil); err != nil {
			t.Fatal(err)
		}
		bots := []*feeds.Subscriber{o.bot}
		for range 3 {
			bots = append(bots, feeds.NewSubscriber(store, o.poller, feeds.SubscriberOptions{PublicURL: o.public.URL}))
		}
		var wg sync.WaitGroup
		for _, b := range bots {
			wg.Go(func() {
				if err := feeds.SubscriberRound(t.Context(), b); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		o.want("requests", len(o.hub.requests("subscribe")), 1)
	})
}
