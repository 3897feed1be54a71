package feeds_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"depesche/feeds"
)

// noServerHasReasonToBlockUs holds every request against what its server had said.
func (n *night) noServerHasReasonToBlockUs() {
	for _, h := range n.hosts {
		if h.most > 1 {
			n.t.Errorf("%s had %d requests at a time", h.name, h.most)
		}
	}
	for addr := range n.dialled {
		if n.byAddr[addr] == nil || addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr == (netip.Addr{}) {
			n.t.Errorf("a connection was made to %s", addr)
		}
	}
	n.pausesKept()
	for _, o := range n.publishers {
		n.intervalsKept(o)
		n.validatorsKept(o)
	}
	for _, q := range n.asked {
		if agent := q.header.Get("User-Agent"); !strings.HasPrefix(agent, "Depesche/") || len(q.header["Cookie"])+len(q.header["Referer"]) > 0 {
			n.t.Errorf("%s%s was asked with %v", q.host, q.path, q.header)
		}
	}
}

// pausesKept: on one host the gap is kept, and Retry-After speaks for it all.
func (n *night) pausesKept() {
	last, until := map[string]time.Time{}, map[string]time.Time{}
	for _, q := range n.asked {
		if gap := q.at.Sub(last[q.host]); gap < hostGap {
			n.t.Errorf("%s was asked again after %v, at %s", q.host, gap, clock(q.at))
		}
		if early := until[q.host].Sub(q.at); early > time.Second {
			n.t.Errorf("%s%s was asked at %s, %v before Retry-After was over", q.host, q.path, clock(q.at), early)
		}
		last[q.host] = q.at
		if q.retryAfter > 0 {
			until[q.host] = q.at.Add(q.retryAfter)
		}
	}
}

// intervalsKept: no feed is asked sooner than the least interval, nor before
// what it says of its freshness is over, nor in the hours it wants to sleep,
// nor when it is gone.
func (n *night) intervalsKept(o *publisher) {
	var known, gone bool
	var last *request
	for _, q := range n.asksOf(o) {
		if last != nil {
			lost := slices.ContainsFunc(n.killed, func(s span) bool { return s.meets(last.at, last.at.Add(time.Second)) })
			forgotten := lost || slices.ContainsFunc(n.away, func(s span) bool { return s.meets(last.at, last.at.Add(time.Second)) })
			gap := q.at.Sub(last.at)
			if gap < n.options.Min-time.Second && !lost {
				n.t.Errorf("%s was asked again after %v, at %s", o.name, gap, clock(q.at))
			}
			if !forgotten && gap < last.fresh-time.Second {
				n.t.Errorf("%s was asked at %s, after %v, which is before %v are over", o.name, clock(q.at), gap, last.fresh)
			}
		}
		if known && o.skip&(1<<q.at.UTC().Hour()) != 0 {
			n.t.Errorf("%s was asked at %s, an hour that it asks to skip", o.name, clock(q.at))
		}
		if gone {
			n.t.Errorf("%s was asked at %s, after it said that it is gone", o.name, clock(q.at))
		}
		known = known || q.whole && n.saved(q)
		gone = gone || q.status == 410
		last = q
	}
}

// validatorsKept: what the last good answer was given with is sent back byte
// for byte, as long as the same address is asked; what came with anything else
// never is.
func (n *night) validatorsKept(o *publisher) {
	var have feeds.Validators
	var from string
	var body time.Time
	good := map[string]bool{"": true}
	for _, q := range n.asked {
		if q.of != o {
			continue
		}
		place := q.host + q.path
		sent := feeds.Validators{ETag: q.header.Get("If-None-Match"), LastModified: q.header.Get("If-Modified-Since")}
		if !good[sent.ETag] || !good[sent.LastModified] {
			n.t.Errorf("%s was sent a validator that it never gave with a feed: %s, %s at %s", o.name, sent.ETag, sent.LastModified, clock(q.at))
		}
		if place == from && (sent.ETag != have.ETag || sent.LastModified != have.LastModified) && q.at.Sub(body) < 7*24*time.Hour {
			n.t.Errorf("%s was asked with %s, %s at %s; the last good answer had %s, %s", o.name, sent.ETag, sent.LastModified, clock(q.at), have.ETag, have.LastModified)
		}
		if q.cut && n.saved(q) {
			have = feeds.Validators{} // those of the whole are not of this part
		}
		if !q.whole && q.status != 304 || !n.saved(q) {
			if q.whole { // it may have been understood, and lost after that
				good[q.etag], good[q.mod] = true, true
			}
			continue
		}
		if q.whole {
			from, body = place, q.at
		}
		if q.etag != "" || q.whole {
			have = feeds.Validators{ETag: q.etag, LastModified: q.mod}
		}
		good[q.etag], good[q.mod] = true, true
	}
}

// figures prints what the night was like.
func (n *night) figures() {
	statuses, states := map[int]int{}, map[feeds.State]int{}
	conditional, bodies := 0, 0
	for _, q := range n.asked {
		statuses[q.status]++
		if q.header.Get("If-None-Match") != "" {
			conditional++
		}
		if q.whole {
			bodies++
		}
	}
	list, err := n.store.Feeds(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	for _, f := range list {
		states[f.State]++
	}
	stories, stored := 0, 0
	have := n.titles()
	for _, o := range n.publishers {
		for _, s := range o.stories {
			if !s.at.After(n.end) {
				stories++
				stored += min(1, have[s.title])
			}
		}
	}
	n.t.Logf("%d feeds on %d hosts; %d requests, %d of them conditional; %d whole feeds, %d times 304 (%s)", len(n.publishers), len(n.hosts), len(n.asked), conditional,
		bodies, statuses[304], share(statuses[304], len(n.asked)))
	n.t.Logf("statuses %v", statuses)
	n.t.Logf("%d stories published, %d in the store (%s; the others were never readable, or gone before they were), %d updates, %d held by the flood brake", stories, stored, share(stored, stories), n.store.saved.Updated, n.store.saved.Held)
	n.t.Logf("states at dawn: %v", states)
}

func share(part, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(max(of, 1))) }
