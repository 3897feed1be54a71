package feeds

import (
	"bytes"
	"net/url"
	"strings"
)

// robotsRules are the rules of a robots.txt that are for us.
type robotsRules struct {
	named bool // they stand in a group that names us
	list  []robotsRule
}

type robotsRule struct {
	pattern string // canonical; * stands for anything, a $ at the end for the end
	allow   bool
}

func (r robotsRules) size() int {
	n := 128
	for _, rule := range r.list {
		n += len(rule.pattern) + 24
	}
	return n
}

// parseRobots reads a robots.txt as RFC 9309 has it. Lines that it does not
// know are passed over; none is an error.
func parseRobots(text []byte) robotsRules {
	var ours, everybody robotsRules
	var forUs, forAll, inRules bool
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		name, value, found := strings.Cut(string(line), ":")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "user-agent":
			if inRules { // the group is over
				forUs, forAll, inRules = false, false, false
			}
			if token := productToken(value); strings.EqualFold(token, robotsToken) {
				forUs, ours.named = true, true
			} else if token == "" && (value == "*" || strings.HasPrefix(value, "* ")) {
				forAll = true
			}
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue // forbids nothing, and allows nothing
			}
			rule := robotsRule{robotsPattern(value), name == "allow"}
			if forUs {
				ours.list = append(ours.list, rule)
			}
			if forAll {
				everybody.list = append(everybody.list, rule)
			}
		}
	}
	if ours.named {
		return ours
	}
	return everybody
}

// productToken gives the letters, hyphens and underscores that a user-agent
// line begins with.
func productToken(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
	if end < 0 {
		return s
	}
	return s[:end]
}

// robotsPattern makes a path pattern comparable: one spelling for every octet,
// * and $ only where they mean something.
func robotsPattern(s string) string {
	s, anchored := strings.CutSuffix(s, "$")
	if !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "*") {
		s = "/" + s
	}
	parts := strings.Split(s, "*")
	kept := parts[:0]
	for i, part := range parts {
		if part != "" || i == 0 || i == len(parts)-1 { // ** says no more than *
			kept = append(kept, canonicalPath(part))
		}
	}
	s = strings.Join(kept, "*")
	if anchored {
		return s + "$"
	}
	return s
}

// canonicalPath spells every octet in one way: unreserved characters plain,
// everything that is not ASCII, and * and $, as %XX (RFC 9309, 2.2.2 and 2.2.3).
func canonicalPath(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c, escaped := s[i], false
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c, escaped = unhex(s[i+1])<<4|unhex(s[i+2]), true
			i += 2
		}
		switch {
		case c >= 0x7f || c <= ' ' || c == '*' || c == '$', escaped && !unreserved(c):
			out = append(out, '%', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// allow says whether the rules let an address be fetched: the longest pattern
// that matches decides, and of two as long the one that allows (RFC 9309,
// 2.2.2). The robots.txt itself is always allowed.
func (r robotsRules) allow(u *url.URL) bool {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if path == "/robots.txt" || len(r.list) == 0 {
		return true
	}
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	path = canonicalPath(path)
	best, allowed := -1, true
	for _, rule := range r.list {
		if n := len(rule.pattern); n >= best && rule.matches(path) {
			allowed = rule.allow || n == best && allowed
			best = n
		}
	}
	return allowed
}

// matches compares in one pass: what stands between two stars is looked for
// once, at the first place where it fits.
func (r robotsRule) matches(path string) bool {
	pattern, anchored := strings.CutSuffix(r.pattern, "$")
	first, rest, starred := strings.Cut(pattern, "*")
	if !strings.HasPrefix(path, first) {
		return false
	}
	path = path[len(first):]
	for starred {
		var part string
		part, rest, starred = strings.Cut(rest, "*")
		if !starred && anchored {
			return strings.HasSuffix(path, part)
		}
		at := strings.Index(path, part)
		if at < 0 {
			return false
		}
		path = path[at+len(part):]
	}
	return !anchored || path == ""
}
