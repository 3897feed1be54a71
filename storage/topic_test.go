package storage_test

import (
	"fmt"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/storage"
	"depesche/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func sync(t *testing.T, s *storage.Store, topics ...feeds.Topic) []string {
	t.Helper()
	changed, err := s.SyncTopics(t.Context(), topics)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestTopicsAreKeptInStepWithTheFile(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		steps := []struct {
			name   string
			topics []feeds.Topic
			want   []string
		}{
			{"all are new", []feeds.Topic{topic(t, "OZG", "OZG"), topic(t, "KI", "KI")}, []string{"OZG", "KI"}},
			{"nothing changed", []feeds.Topic{topic(t, "OZG", "OZG"), topic(t, "KI", "KI")}, nil},
			{"another order is no change", []feeds.Topic{topic(t, "KI", "KI"), topic(t, "OZG", "OZG")}, nil},
			{"a query changed", []feeds.Topic{topic(t, "KI", "KI OR Roboter"), topic(t, "OZG", "OZG")}, []string{"KI"}},
			{"one is gone, one is new", []feeds.Topic{topic(t, "OZG", "OZG"), topic(t, "Wahl", "Wahl")}, []string{"Wahl", "KI"}},
			{"all are gone", nil, []string{"OZG", "Wahl"}},
		}
		for _, step := range steps {
			if diff := cmp.Diff(step.want, sync(t, s, step.topics...)); diff != "" {
				t.Errorf("%s: changed (-want +got):\n%s", step.name, diff)
			}
			got, err := s.Topics(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var want, have []string
			for _, topic := range step.topics {
				want = append(want, topic.Name+": "+topic.Query.String())
			}
			for _, topic := range got {
				have = append(have, topic.Name+": "+topic.Query.String())
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s: topics (-want +got):\n%s", step.name, diff)
			}
		}
	})
}

func TestAChangedTopicIsAppliedToTheArchiveAndAnnouncesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		sync(t, s, topic(t, "T", "Register"))
		if err := s.Reclassify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		feed := knownFeed(t, s, "https://a.example/feed")
		var entries []feeds.Entry
		for i := range 600 {
			word := "Register"
			if i%2 == 0 {
				word = "Blockchain"
			}
			e := entry(fmt.Sprint(i), fmt.Sprintf("%s Nummer %d", word, i), monday)
			if word == "Register" {
				e = matching(e, "Register", "T")
			}
			entries = append(entries, e)
		}
		poll(t, s, feed, monday, entries...)
		_, high := news(t, s, 0)

		sync(t, s, topic(t, "T", "Blockchain"))
		if _, total, err := s.TopicHits(t.Context(), "T", 0); err != nil || total != 0 {
			t.Errorf("before it is applied the topic has %d hits, %v; want none of the old query", total, err)
		}
		var steps [][2]int
		if err := s.Reclassify(t.Context(), func(done, total int) { steps = append(steps, [2]int{done, total}) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][2]int{{250, 600}, {500, 600}, {600, 600}}, steps); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
		items, total, err := s.TopicHits(t.Context(), "T", 600)
		if err != nil || total != 300 {
			t.Fatalf("applied, the topic has %d hits, %v; want 300", total, err)
		}
		if diff := cmp.Diff([]feeds.Match{{Topic: "T", Words: []string{"Blockchain"}}}, items[0].Matches); diff != "" {
			t.Errorf("words (-want +got):\n%s", diff)
		}
		if got, now := news(t, s, high); len(got) != 0 || now != high {
			t.Errorf("%d old items became news", len(got))
		}
	})
}

func TestPollsWhileTheArchiveIsClassifiedAgain(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		sync(t, here, topic(t, "T", "Register"))
		if err := here.Reclassify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		old, err := there.Topics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		feed := knownFeed(t, here, "https://a.example/feed")
		sync(t, here, topic(t, "T", "Blockchain"))
		if err := here.Reclassify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		// The other process is in the middle of a round and goes by the old list.
		p := polled(feed, monday,
			matching(entry("1", "Ein Register", monday), "Register", "T"),
			entry("2", "Eine Blockchain", monday.Add(-time.Hour)))
		p.Topics = old
		if _, err := there.SavePoll(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		items, _, err := here.TopicHits(t.Context(), "T", 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Eine Blockchain"}, titles(items)); diff != "" {
			t.Errorf("the topic caught (-want +got):\n%s", diff)
		}
	})
}

// Another process has just read a changed configuration, and a digest is due
// here before the archive is classified again.
func TestADigestWaitsForWhatAChangedTopicIsAboutToCatch(t *testing.T) {
	eachTwice(t, func(t *testing.T, here, there *storage.Store) {
		feed := knownFeed(t, here, "https://a.example/feed")
		poll(t, here, feed, monday, entry("1", "Eine Blockchain", monday))
		sync(t, there, topic(t, "T", "Blockchain"))
		items, high, _, err := here.News(t.Context(), "digest:test", 0)
		if err != nil || high != 1 || len(items) != 1 {
			t.Fatalf("%d items up to %d, %v", len(items), high, err)
		}
		if diff := cmp.Diff([]feeds.Match{{Topic: "T", Words: []string{"Blockchain"}}}, items[0].Matches); diff != "" {
			t.Errorf("matches (-want +got):\n%s", diff)
		}
	})
}
