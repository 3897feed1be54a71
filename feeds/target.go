package feeds

import (
	"net/url"
	"strings"
)

// parseTarget reads an address to be asked: absolute, http or https.
func parseTarget(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil || u.Scheme == "" || len(raw) > maxAddress:
		return nil, errBadURL // url.Error quotes the address, password and all
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errScheme
	case u.Hostname() == "":
		return nil, errBadURL
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, errBadURL
	}
	u.Host = joinPort(host, u.Port())
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func redirectTarget(from *url.URL, location string) (*url.URL, error) {
	if location == "" {
		return nil, errNoLocation
	}
	ref, err := url.Parse(location)
	if err != nil {
		return nil, errNoLocation
	}
	next := from.ResolveReference(ref)
	if next.User == nil && next.Host == from.Host {
		next.User = from.User
	}
	return parseTarget(next.String())
}

// SafeURL gives an address as it may be shown: without its user information,
// which may hold a password.
func SafeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(not an address)"
	}
	return safeURL(u)
}

// safeURL gives an address without user information, for people and logs.
func safeURL(u *url.URL) string {
	c := *u
	c.User = nil
	return c.String()
}
