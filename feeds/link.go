package feeds

import (
	"net/http"
	"net/url"
	"strings"
)

// linkHeaders finds the hub and the topic that a response's Link headers name
// (section 4; RFC 8288), relative ones made absolute.
func linkHeaders(h http.Header, base *url.URL) (hub, self string) {
	const most = 50 // links; who sends more means no good
	n := 0
	for _, line := range h.Values("Link") {
		for target, params := range links(line) {
			if n++; n > most {
				return hub, self
			}
			ref, err := base.Parse(target)
			if err != nil || ref.Scheme != "http" && ref.Scheme != "https" || ref.Host == "" || ref.User != nil || len(target) > maxAddress {
				continue
			}
			ref.Fragment, ref.RawFragment = "", ""
			for rel := range strings.FieldsSeq(strings.ToLower(params["rel"])) {
				switch {
				case rel == "hub" && hub == "":
					hub = ref.String()
				case rel == "self" && self == "":
					self = ref.String()
				}
			}
		}
	}
	return hub, self
}

// links reads one Link header: its targets, each with its parameters. Of a
// parameter that stands there twice the first one counts (RFC 8288, 3.3).
func links(s string) func(yield func(string, map[string]string) bool) {
	return func(yield func(string, map[string]string) bool) {
		for {
			s = strings.TrimLeft(s, " \t,")
			if s == "" || s[0] != '<' {
				return
			}
			target, rest, ok := strings.Cut(s[1:], ">")
			if !ok {
				return
			}
			params := map[string]string{}
			for s = rest; ; {
				s = strings.TrimLeft(s, " \t")
				if !strings.HasPrefix(s, ";") {
					break
				}
				var name, value string
				name, value, s = parameter(s[1:])
				if _, ok := params[name]; !ok && name != "" {
					params[name] = value
				}
			}
			if !yield(strings.TrimSpace(target), params) {
				return
			}
		}
	}
}

// parameter reads one parameter of a link and gives what follows it.
func parameter(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		return strings.ToLower(strings.TrimSpace(s)), "", ""
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	if s[end] != '=' {
		return name, "", s[end:]
	}
	s = strings.TrimLeft(s[end+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		end = strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return name, strings.TrimSpace(s[:end]), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return name, b.String(), s[i+1:]
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return name, b.String(), ""
}
