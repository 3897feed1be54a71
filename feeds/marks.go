package feeds

import (
	"bytes"
	"crypto/sha256"
	"net/url"
	"strings"
)

// Known items are recognised before they are decoded: of every item of the
// last body we keep a hash of its bytes, in UTF-8 and repaired. The guard sees
// the whole body all the same; then the items whose bytes are known are cut
// out, and gofeed reads what is left. What an item means hangs on more than
// its bytes (addresses, namespaces, how we read): where any of that has
// changed, the whole body is read anew.

// marksVersion is to be raised with every change of what Parse makes of the
// same bytes, so that known items are read again.
const marksVersion = 3

// maxMarks bounds how many items are remembered: the first ones of the feed,
// which are the newest as a rule. Items behind them are read at every poll.
const maxMarks = 500

// maxFresh bounds how many items may be new where only those are read.
const maxFresh = 10

// Bytes of the hashes. That of an item decides alone that it is known; the
// others only make sure that it collides with no other, at the price of
// reading the whole body.
const (
	contextSize = 16
	itemSize    = 12
	nameSize    = 6
	markSize    = itemSize + 2*nameSize
)

// mark is one item as it was read.
type mark struct {
	item [itemSize]byte // of its bytes
	key  [nameSize]byte // of what identifies it in its feed by itself, see naturalKey
	link [nameSize]byte // of its canonical link; zero: it has none
}

// marks are what is known of one body's items.
type marks struct {
	context [contextSize]byte // of what the meaning of all items hangs on
	zone    string            // in which dates without one were read, see ownZone
	list    []mark
}

// reading is a body that was read.
type reading struct {
	doc     Document // without the items that were skipped
	skipped int      // items that are known and unchanged
	marks   []byte   // for the next reading; nil: the next one has to read all
}

// readBody reads a body, all but what the marks of an earlier reading say is
// known and unchanged.
func readBody(body []byte, contentType, base string, known []byte) (reading, error) {
	src, err := open(body, contentType)
	if err != nil {
		return reading{}, err
	}
	baseURL, err := url.Parse(base)
	if err != nil || baseURL.Host == "" {
		baseURL = nil
	}
	if baseURL == nil || len(src.parts) == 0 {
		return src.all(baseURL, nil)
	}
	now := marks{context: src.contextHash(base), list: make([]mark, len(src.parts))}
	for i, part := range src.parts {
		sum := sha256.Sum256(part)
		now.list[i].item = [itemSize]byte(sum[:])
	}
	if before := parseMarks(known); before.context == now.context {
		if r, ok := src.rest(baseURL, now, before); ok {
			return r, nil
		}
	}
	return src.all(baseURL, &now)
}

// all reads everything. now gets what there is to know of each item; nil:
// there is no use for it.
func (s source) all(base *url.URL, now *marks) (reading, error) {
	feed, exact, err := s.read(nil)
	if err != nil {
		return reading{}, err
	}
	doc, zone := document(feed, base, "")
	r := reading{doc: doc}
	if now != nil && exact {
		now.zone = zone
		for i, it := range r.doc.Items {
			now.list[i].name(it)
		}
		r.marks = now.bytes()
	}
	return r, nil
}

// rest reads the items that are not known. false: nothing is, or a new item
// has the identity of a known one, so that only both together tell what each
// of them is called (see Entries), or it has no address, or so much is new
// that it may be a flood (see Brake): then what else the feed lists counts.
func (s source) rest(base *url.URL, now, before marks) (reading, bool) {
	have := make(map[[itemSize]byte]mark, len(before.list))
	for _, m := range before.list {
		have[m.item] = m
	}
	keep := make([]bool, len(now.list))
	taken := make(map[[nameSize]byte]bool, 2*len(have))
	seen := make(map[[itemSize]byte]bool, len(have))
	for i := range now.list {
		m, ok := have[now.list[i].item]
		if keep[i] = !ok; ok {
			now.list[i] = m
			seen[m.item] = true
			taken[m.key], taken[m.link] = true, true
		}
	}
	n := 0
	for _, k := range keep[:min(len(keep), maxMarks)] { // those behind are read each time
		if k {
			n++
		}
	}
	if len(seen) == 0 || n > maxFresh || 4*n >= 3*len(keep) {
		return reading{}, false
	}
	delete(taken, [nameSize]byte{})
	feed, exact, err := s.read(keep)
	if err != nil || !exact {
		return reading{}, false
	}
	doc, zone := document(feed, base, before.zone)
	if zone != before.zone {
		return reading{}, false // what is left says of dates what the whole did not
	}
	now.zone = zone
	r := reading{doc: doc, skipped: len(seen)}
	next := 0
	for i := range now.list {
		if !keep[i] {
			continue
		}
		m := &now.list[i]
		m.name(r.doc.Items[next])
		if next++; taken[m.key] || taken[m.link] || m.link == ([nameSize]byte{}) {
			return reading{}, false
		}
	}
	r.marks = now.bytes()
	return r, true
}

// name notes what an item is called.
func (m *mark) name(it Item) {
	key, link := identify(&it)
	m.key, m.link = nameHash(key), [nameSize]byte{}
	if link != "" {
		m.link = nameHash(link)
	}
}

func nameHash(name string) [nameSize]byte {
	sum := sha256.Sum256([]byte(name))
	return [nameSize]byte(sum[:])
}

// contextHash is of all that the items' meaning hangs on apart from their own
// bytes. The address goes in without its tracking parameters and fragment.
func (s source) contextHash(base string) [contextSize]byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(rune(marksVersion)), CanonicalURL(base), string(s.context)}, "\x00")))
	return [contextSize]byte(sum[:])
}

// bytes gives the marks as they are stored.
func (m *marks) bytes() []byte {
	list := m.list[:min(len(m.list), maxMarks)]
	out := make([]byte, 0, contextSize+1+len(m.zone)+len(list)*markSize)
	out = append(out, m.context[:]...)
	out = append(out, byte(len(m.zone)))
	out = append(out, m.zone...)
	for _, e := range list {
		out = append(out, e.item[:]...)
		out = append(out, e.key[:]...)
		out = append(out, e.link[:]...)
	}
	return out
}

// joinMarks adds what marks of an earlier body say to those of one that may
// hold new items alone. Where either was read in another way, the newer stand.
func joinMarks(newer, older []byte) []byte {
	now, before := parseMarks(newer), parseMarks(older)
	if len(now.list) == 0 {
		return older
	}
	if now.context != before.context || now.zone != before.zone {
		return newer
	}
	have := make(map[[itemSize]byte]bool, len(now.list))
	for _, m := range now.list {
		have[m.item] = true
	}
	for _, m := range before.list {
		if !have[m.item] {
			now.list = append(now.list, m)
		}
	}
	return now.bytes()
}

// parseMarks reads stored marks; what is none says nothing.
func parseMarks(stored []byte) marks {
	if len(stored) <= contextSize {
		return marks{}
	}
	m := marks{context: [contextSize]byte(stored)}
	rest := bytes.NewBuffer(stored[contextSize:])
	n, _ := rest.ReadByte()
	m.zone = string(rest.Next(int(n)))
	if rest.Len()%markSize != 0 {
		return marks{}
	}
	for rest.Len() > 0 {
		m.list = append(m.list, mark{
			item: [itemSize]byte(rest.Next(itemSize)), key: [nameSize]byte(rest.Next(nameSize)), link: [nameSize]byte(rest.Next(nameSize)),
		})
	}
	return m
}
