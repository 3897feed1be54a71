package main

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// checkPublicURL reads public_url: where the HTTP server is reachable from
// outside. A path is allowed, for proxies that serve it below one and strip it.
func checkPublicURL(r *reader, d *document, c *Config) {
	p := d.PublicURL
	if !p.Set || strings.TrimSpace(p.V) == "" {
		return
	}
	address := strings.TrimSpace(p.V)
	if err := checkWebAddress(address); err != nil {
		r.note(p.Line, p.Key, "%v", err)
		return
	}
	if u, err := url.Parse(address); err != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Hostname() == "" {
		r.note(p.Line, p.Key, "%q is no bare address; write https://HOST, such as %s", address, placeholder)
		return
	}
	c.PublicURL = strings.TrimRight(address, "/")
}

// publicURL says whether hubs can reach the address at all, as far as its form
// tells.
func (e *examination) publicURL() {
	if e.cfg.PublicURL == "" {
		return
	}
	const key = "public_url"
	u, err := url.Parse(e.cfg.PublicURL)
	if err != nil {
		e.note("configuration", key, broken, "it is no address", "write https://HOST")
		return
	}
	switch host := u.Hostname(); {
	case e.cfg.PublicURL == placeholder:
		e.note("configuration", key, broken, "it is the example's address", "write the address under which the HTTP server is reachable from outside, or leave it out")
	case !public(host):
		e.note("configuration", key, warning, host+" is not reachable from outside; hubs elsewhere cannot push", "write the address under which the HTTP server is reachable from outside, or leave it out")
	case u.Scheme != "https":
		e.note("configuration", key, warning, "what hubs push comes over http, where others can read the callbacks' addresses", "put a TLS proxy in front, and write https")
	default:
		e.note("configuration", key, fine, e.cfg.PublicURL+": hubs push to "+e.cfg.PublicURL+"/websub/", "")
	}
}

// public says whether a host's name or number can be one of the internet's.
func public(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsGlobalUnicast() && !ip.IsPrivate()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := publicsuffix.EffectiveTLDPlusOne(host); err != nil {
		return false
	}
	for _, suffix := range []string{"localhost", "local", "internal", "lan", "home.arpa", "test", "invalid", "example"} {
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return false
		}
	}
	return true
}
