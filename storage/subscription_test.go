package storage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestSubscriptions(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx := t.Context()
		feed := knownFeed(t, s, "https://a.example/feed")
		poll(t, s, feed, monday, entry("1", "Eins", monday), entry("2", "Zwei", monday))
		sub := digest.Subscription{Query: "OZG", Cadence: digest.KindDaily, Target: "C1", Creator: "U1", Language: "de", Created: monday}
		first, created, err := s.Subscribe(ctx, sub)
		if err != nil || !created {
			t.Fatal(created, err)
		}
		want := sub
		want.ID, want.After = 1, 2
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("subscribed (-want +got):\n%s", diff)
		}
		again := sub
		again.Creator, again.Created = "U2", monday.Add(time.Hour)
		same, created, err := s.Subscribe(ctx, again)
		if err != nil || created {
			t.Errorf("the same once more: created %v, %v", created, err)
		}
		if diff := cmp.Diff(first, same); diff != "" {
			t.Errorf("the same once more (-want +got):\n%s", diff)
		}
		for _, other := range []digest.Subscription{
			{Query: "OZG", Cadence: digest.KindNow, Target: "C1"},
			{Query: "OZG", Cadence: digest.KindDaily, Target: "U1"},
			{Query: strings.Repeat("wort OR ", 2000) + "wort", Cadence: digest.KindDaily, Target: "C1"},
		} {
			if _, created, err := s.Subscribe(ctx, other); err != nil || !created {
				t.Errorf("another one: %v, %v", created, err)
			}
		}
		of, err := s.Subscriptions(ctx, "C1")
		if err != nil || len(of) != 3 {
			t.Errorf("C1 has %d subscriptions, %v; want 3", len(of), err)
		}
		if err := s.Unsubscribe(ctx, first.ID); err != nil {
			t.Error(err)
		}
		if err := s.Unsubscribe(ctx, first.ID); !errors.Is(err, feeds.ErrNotFound) {
			t.Errorf("end it twice: got %v, want %v", err, feeds.ErrNotFound)
		}
		all, err := s.Subscriptions(ctx, "")
		if err != nil || len(all) != 3 {
			t.Errorf("%d subscriptions are left, %v; want 3", len(all), err)
		}
	})
}

func TestARequestIsAnsweredOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		steps := []struct {
			key  string
			at   time.Time
			want bool
		}{
			{"Ev1", monday, true},
			{"Ev1", monday.Add(time.Second), false},
			{"Ev2", monday.Add(time.Second), true},
			{"Ev1", monday.Add(25*time.Hour - time.Second), false},
			{"Ev1", monday.Add(25 * time.Hour), true},
			{strings.Repeat("x", 5000), monday, true},
			{strings.Repeat("x", 5000), monday, false},
		}
		for i, step := range steps {
			got, err := s.Once(t.Context(), step.key, step.at)
			if err != nil || got != step.want {
				t.Errorf("step %d, %.10q: got %v, %v, want %v", i+1, step.key, got, err, step.want)
			}
		}
	})
}
