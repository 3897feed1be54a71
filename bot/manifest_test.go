package bot

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestManifests(t *testing.T) {
	for name, o := range map[string]ManifestOptions{
		"manifest_http.yaml":   {URL: "https://depesche.example.org/"},
		"manifest_socket.yaml": {SocketMode: true, Language: "en", Name: "Desk", Command: "/desk"},
	} {
		raw, err := Manifest(o)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, raw)
		var m manifest
		if err := yaml.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		c := m.Features.Commands[0]
		if units(m.Display.Name) > 35 || units(m.Display.Description) > 140 || units(c.Description) > 2000 || units(c.Hint) > 1000 || units(c.Command) > 32 {
			t.Errorf("%s: too long: %+v", name, m)
		}
		if m.Settings.SocketMode == strings.Contains(string(raw), "url:") {
			t.Errorf("%s: Socket Mode has no addresses, HTTP has:\n%s", name, raw)
		}
	}
	for _, o := range []ManifestOptions{{}, {URL: "http://x.example"}, {URL: "https://"}, {SocketMode: true, Command: "news"}, {SocketMode: true, Command: "/NEWS"}, {SocketMode: true, Name: strings.Repeat("x", 36)}} {
		if raw, err := Manifest(o); err == nil {
			t.Errorf("%+v: %s", o, raw)
		}
	}
}
