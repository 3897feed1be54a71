package bot

import (
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// pasted gives the address where the words are one and nothing else: an
// absolute one, or a bare host with what follows it.
func pasted(words []string) (string, bool) {
	if len(words) != 1 {
		return "", false
	}
	return asAddress(words[0])
}

// asAddress reads a word as the address of a page, without the marks around it.
func asAddress(word string) (string, bool) {
	word = strings.TrimRight(strings.Trim(word, "<>'`‘’‚‹›"), ".,;:!?")
	if scheme, rest, ok := strings.Cut(word, "://"); ok {
		scheme = strings.ToLower(scheme)
		u, err := url.Parse(scheme + "://" + rest)
		return scheme + "://" + rest, err == nil && u.Hostname() != "" && (scheme == "http" || scheme == "https")
	}
	host, _, _ := strings.Cut(word, "/")
	if host != strings.ToLower(host) || strings.ContainsAny(word, "@:*\"") || !strings.Contains(host, ".") {
		return "", false
	}
	suffix, managed := publicsuffix.PublicSuffix(host)
	return word, managed && suffix != host && !strings.HasPrefix(host, ".")
}

// typedAddress chooses what stands for a link where an address is wanted: a
// bare host as it was typed, which Slack makes http; else where the link leads.
func typedAddress(target, label string) string {
	if target == "http://"+label || target == "http://"+label+"/" {
		return label
	}
	return target
}

// labelled chooses a label that is no address of its own as it stands: a link
// in words is words.
func labelled(target, label string) string {
	if label == "" || strings.TrimSuffix(target, "/") == strings.TrimSuffix(label, "/") {
		return target
	}
	if _, ok := asAddress(label); ok {
		return typedAddress(target, label)
	}
	return label
}

// splitPage parts an address into its site's front page and what is behind it.
func splitPage(address string) (front, page string) {
	host := 0
	if at := strings.Index(address, "://"); at >= 0 {
		host = at + len("://")
	}
	end := strings.IndexByte(address[host:], '/')
	if end < 0 {
		return address, ""
	}
	return address[:host+end+1], strings.Trim(address[host+end:], "/")
}

// ownPage says whether an address is more than a site's front page.
func ownPage(address string) bool {
	_, page := splitPage(address)
	return page != ""
}

// feedKey is equal for the spellings of a feed's address that mean the same.
func feedKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery
}
