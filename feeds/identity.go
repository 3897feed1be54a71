package feeds

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// trackers are query parameters that tell where a click came from and nothing
// else. An entry that ends in "*" is a prefix. What is not listed stays: it
// may carry the identity of the page (tx_news[...], cHash, p, id).
var trackers = []string{
	"utm_*", "mc_*", "at_*", "pk_*", "mtm_*", "hsa_*", "stm_*",
	"wt_mc", "wt_zmc", "fbclid", "gclid", "gclsrc", "dclid", "msclkid", "yclid", "twclid", "igshid",
	"_hsenc", "_hsmi", "vero_id", "oly_anon_id", "oly_enc_id", "__s", "s_cid", "ns_campaign", "ns_mchannel", "ns_source", "xtor", "sc_src", "wkey",
}

func isTracker(name string) bool {
	name = strings.ToLower(name)
	for _, t := range trackers {
		if prefix, ok := strings.CutSuffix(t, "*"); ok && strings.HasPrefix(name, prefix) || name == t {
			return true
		}
	}
	return false
}

// CanonicalURL gives the address by which a page is the same page in every
// feed: http(s) only, scheme and host in lower case, the host in ASCII (IDNA),
// no default port, no user information, no fragment, no tracking parameters;
// other parameters keep their order and spelling. What is no such address
// gives "".
func CanonicalURL(raw string) string {
	if u := webURL(raw, nil); u != nil {
		return canonical(u)
	}
	return ""
}

// canonical writes what webURL read.
func canonical(u *url.URL) string {
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// itemURL gives the address to show and to open: like CanonicalURL, resolved
// against base, but with its fragment, which may lead to the place.
func itemURL(raw string, base *url.URL) string {
	u := webURL(raw, base)
	if u == nil {
		return ""
	}
	return u.String()
}

// webURL reads an absolute http(s) address, or one relative to base, and
// normalises all but the fragment. Anything else gives nil.
func webURL(raw string, base *url.URL) *url.URL {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxAddress {
		return nil
	}
	u, err := url.Parse(dropBlanks(raw))
	if err != nil {
		return nil
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil
	}
	port := u.Port()
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	u.Host, u.User = joinPort(host, port), nil
	u.RawQuery, u.ForceQuery = safeQuery(withoutTrackers(u.RawQuery)), false
	return u
}

// dropBlanks takes out the line breaks and tabs that templates leave inside
// addresses (as browsers do), and writes remaining blanks as %20.
func dropBlanks(s string) string {
	if !strings.ContainsAny(s, "\n\r\t ") {
		return s
	}
	return addressBlanks.Replace(s)
}

var addressBlanks = strings.NewReplacer("\n", "", "\r", "", "\t", "", " ", "%20")

// safeQuery escapes what must not stand in a query as it is (RFC 3986, 3.4)
// and could end an address early where it is written into markup.
func safeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"|\\^`{}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func withoutTrackers(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if part != "" && !isTracker(name) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// asciiHost gives a host name in lower-case ASCII, or an IP address as it is.
func asciiHost(host string) (string, error) {
	if net.ParseIP(strings.SplitN(host, "%", 2)[0]) != nil {
		return strings.ToLower(host), nil
	}
	if isPlainHost(host) {
		return strings.ToLower(host), nil
	}
	return idna.Lookup.ToASCII(host)
}

// isPlainHost says whether a host needs no IDNA: ASCII letters, digits, dots,
// hyphens, and the underscore that some hosts do have.
func isPlainHost(host string) bool {
	for i := range len(host) {
		c := host[i] | 0x20
		if (c < 'a' || c > 'z') && (host[i] < '0' || host[i] > '9') && host[i] != '.' && host[i] != '-' && host[i] != '_' {
			return false
		}
	}
	return true
}

func joinPort(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Entries gives the items of a document with their identities, ready to be
// classified. Key is the GUID, else the canonical link, else title and day.
// Where a document uses one key twice, all its bearers take their address
// along (with its fragment), what still collides its title and day, and what
// collides even then its place in the document. Link is empty where
// several items share it, or where it leads to a front page: a link that does
// not tell items apart identifies none.
// An item without a title is called by the beginning of its teaser; one with
// neither text nor address says nothing to anybody and is left out, and so is
// one that the document has twice, word for word.
func (d Document) Entries() []Entry {
	var out []Entry
	type look struct {
		guid, url, title, summary string
		published                 time.Time
	}
	links, seen := map[string]int{}, map[look]bool{}
	for _, it := range d.Items {
		whole := look{it.GUID, it.URL, it.Title, it.Summary, it.Published}
		if seen[whole] {
			continue
		}
		seen[whole] = true
		key, link := identify(&it)
		if it.Title == "" && it.URL == "" {
			continue
		}
		e := Entry{Item: it, Key: key, Link: link}
		links[e.Link]++
		out = append(out, e)
	}
	separate(out, func(e Entry, _ int) string { return e.URL })
	separate(out, func(e Entry, _ int) string { return titleKey(e.Item) })
	separate(out, func(_ Entry, nth int) string {
		if nth == 0 {
			return ""
		}
		return "#" + strconv.Itoa(nth)
	})
	for i := range out {
		if links[out[i].Link] > 1 || len(out[i].Link) > maxKey {
			out[i].Link = ""
		}
		if len(out[i].Key) > maxKey {
			out[i].Key = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(out[i].Key)))
		}
	}
	return out
}

// identify gives an item without a title one, and says by what it is known
// where no other item of its document is known by the same.
func identify(it *Item) (key, link string) {
	if it.Title == "" {
		it.Title = excerpt(it.Summary, 100)
	}
	link = pageOf(it.URL)
	return naturalKey(*it, link), link
}

// pageOf gives the canonical address of an item's page; a site's front page is
// no item's page, whatever items lead there.
func pageOf(raw string) string {
	u := webURL(raw, nil)
	if u == nil || strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
		return ""
	}
	return canonical(u)
}

// maxKey bounds what an index of a database has to hold, in bytes.
const maxKey = 1500

// naturalKey is what identifies an item on its own. The prefixes keep kinds
// apart: a GUID never equals another item's title.
func naturalKey(it Item, link string) string {
	switch {
	case it.GUID != "":
		return it.GUID
	case link != "":
		return link
	}
	return titleKey(it)
}

func titleKey(it Item) string {
	if it.Published.IsZero() {
		return "title:" + it.Title
	}
	return "title:" + it.Title + "|" + it.Published.Format("2006-01-02")
}

// separate appends to keys that occur more than once. more is told how many
// bearers of the same key came before.
func separate(list []Entry, more func(e Entry, nth int) string) {
	count := map[string]int{}
	for _, e := range list {
		count[e.Key]++
	}
	nth := map[string]int{}
	for i := range list {
		key := list[i].Key
		if count[key] < 2 {
			continue
		}
		if s := more(list[i], nth[key]); s != "" && s != key {
			list[i].Key = key + "|" + s
		}
		nth[key]++
	}
}
