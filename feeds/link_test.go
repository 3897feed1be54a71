package feeds

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestLinkHeaders(t *testing.T) {
	base, _ := url.Parse("https://amt.example/blog/feed?x=1")
	for _, c := range []struct {
		name      string
		lines     []string
		hub, self string
	}{
		{"none", nil, "", ""},
		{"one line", []string{`<https://hub.example/>; rel="hub", <https://amt.example/feed>; rel="self"`}, "https://hub.example/", "https://amt.example/feed"},
		{"two lines, no quotes, other spellings", []string{`<https://hub.example/>;REL=hub`, `<https://amt.example/feed>; title="a, b; c" ; rel = Self`}, "https://hub.example/", "https://amt.example/feed"},
		{"relative", []string{`</hub>; rel=hub, <feed.xml>; rel=self`}, "https://amt.example/hub", "https://amt.example/blog/feed.xml"},
		{"several relations, escapes", []string{`<https://hub.example/>; title="\"rel=self\""; rel="preload hub"`}, "https://hub.example/", ""},
		{"the first of several hubs", []string{`<https://a.example/>; rel=hub, <https://b.example/>; rel=hub`}, "https://a.example/", ""},
		{"the first rel counts", []string{`<https://a.example/>; rel=next; rel=hub`}, "", ""},
		{"a comma inside an address", []string{`<https://a.example/?a,b>; rel=hub`}, "https://a.example/?a,b", ""},
		{"no web address", []string{`<mailto:a@example.org>; rel=hub, <javascript:x>; rel=self`}, "", ""},
		{"a password", []string{`<https://u:p@a.example/>; rel=hub`}, "", ""},
		{"broken", []string{`<https://a.example/; rel=hub`, `rel=hub`, `<>;;;=`, `<https://b.example/>; rel="hub`, ``}, "https://b.example/", ""},
		{"too many", []string{strings.Repeat(`<https://a.example/>; rel=x,`, 60) + `<https://a.example/>; rel=hub`}, "", ""},
	} {
		hub, self := linkHeaders(http.Header{"Link": c.lines}, base)
		if hub != c.hub || self != c.self {
			t.Errorf("%s: %q, %q", c.name, hub, self)
		}
	}
}

// FuzzLinkHeaders: foreign headers end, whatever they hold, and what they name
// is a web address.
func FuzzLinkHeaders(f *testing.F) {
	f.Add(`<https://hub.example/>; rel="hub", <feed>; rel=self; title="\`)
	base, _ := url.Parse("https://amt.example/")
	f.Fuzz(func(t *testing.T, line string) {
		hub, self := linkHeaders(http.Header{"Link": {line}}, base)
		for _, s := range []string{hub, self} {
			if s == "" {
				continue
			}
			if u, err := url.Parse(s); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
				t.Errorf("%q names %q", line, s)
			}
		}
	})
}

// TestSecretsGoToHubsOverTLS: an http hub is asked over https, unless it stands
// in a network of one's own.
func TestSecretsGoToHubsOverTLS(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16")}
	for raw, want := range map[string]string{
		"https://hub.example/x":      "https://hub.example/x",
		"http://hub.example/x":       "https://hub.example/x",
		"http://93.184.216.34/":      "https://93.184.216.34/",
		"http://127.0.0.1:8080/":     "http://127.0.0.1:8080/",
		"http://localhost:8080/":     "http://localhost:8080/",
		"http://10.1.2.3/":           "http://10.1.2.3/",
		"http://10.2.2.3/":           "https://10.2.2.3/",
		"http://127.0.0.1.example/x": "https://127.0.0.1.example/x",
		"http://127.0.0.1@example/":  "https://127.0.0.1@example/",
	} {
		u, err := hubAddress(raw, allow)
		if err != nil || u.String() != want {
			t.Errorf("%s: %v, %v, want %s", raw, u, err, want)
		}
	}
}
