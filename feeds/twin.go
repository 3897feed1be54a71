package feeds

import "time"

// Telling says whether a date tells one item of a feed from the next, so that
// the same title at the same instant is the same item under another name. A
// bare midnight, in UTC or at home, is a day and no instant.
func Telling(published time.Time) bool {
	if published.IsZero() {
		return false
	}
	for _, t := range []time.Time{published.UTC(), published.In(berlin)} {
		if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
			return false
		}
	}
	return true
}

// titleInstant names an item by its title and its date to the second; empty:
// they do not tell it from others.
func titleInstant(title string, published time.Time) string {
	if title = foldedTitle(title); title == "" || !Telling(published) {
		return ""
	}
	return title + "|" + published.UTC().Format(time.DateTime)
}

// twins finds for every stranger the past item of the same title and instant,
// which is that item under a new name, and claims it. Where several past items
// share both, each stranger is one of them, in their order. -1: there is none.
func (b Brake) twins(claimed map[int]bool) []int {
	past := map[string][]int{}
	for i, p := range b.Past {
		if name := titleInstant(p.Title, p.Published); name != "" && !p.Met {
			past[name] = append(past[name], i)
		}
	}
	out := make([]int, len(b.Strangers))
	for i, e := range b.Strangers {
		out[i] = -1
		name := titleInstant(e.Title, e.Published)
		if left := past[name]; name != "" && len(left) > 0 {
			out[i], past[name] = left[0], left[1:]
			claimed[out[i]] = true
		}
	}
	return out
}

// Standing gives the test whether an item of this GUID and address, as the feed
// last gave them, is one of those that were skipped or read: the marks say so.
func (p Poll) Standing() func(guid, address string) bool {
	keys := map[[nameSize]byte]bool{}
	if p.Skipped > 0 {
		for _, m := range parseMarks(p.Feed.Marks).list {
			keys[m.key] = true
		}
	}
	return func(guid, address string) bool {
		if len(keys) == 0 {
			return false
		}
		key, _ := identify(&Item{GUID: guid, URL: address})
		return keys[nameHash(key)]
	}
}
