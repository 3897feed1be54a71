package bot

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ManifestOptions say what app the manifest makes.
type ManifestOptions struct {
	Name       string // default "Depesche"
	Command    string // default "/news"
	SocketMode bool
	URL        string // public base address of the HTTP server; needed without Socket Mode
	Language   string // of the descriptions: "de" (default) or "en"
}

// Scopes are the bot token's scopes that the manifest asks for, and no more.
func Scopes() []string {
	return []string{
		"commands",
		"chat:write", "chat:write.public", // to post digests, also where nobody invited the bot
		"app_mentions:read", "im:history", // to answer mentions and direct messages
		"channels:read", "groups:read", // "#name" in the configuration, doctor
		"channels:history", "groups:history", // to find out whether a delivery arrived
	}
}

// manifest is an app manifest (docs.slack.dev, "App manifest reference").
// slack-go's type leaves false values out, of which Slack assumes some to be true.
type manifest struct {
	Metadata struct {
		Major int `yaml:"major_version"`
		Minor int `yaml:"minor_version"`
	} `yaml:"_metadata"`
	Display struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
		Background  string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features struct {
		Home struct {
			Home     bool `yaml:"home_tab_enabled"`
			Messages bool `yaml:"messages_tab_enabled"`
			ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		Bot struct {
			Name   string `yaml:"display_name"`
			Online bool   `yaml:"always_online"`
		} `yaml:"bot_user"`
		Commands []manifestCommand `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			URL    string   `yaml:"request_url,omitempty"`
			Events []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `yaml:"is_enabled"`
			URL     string `yaml:"request_url,omitempty"`
		} `yaml:"interactivity"`
		OrgDeploy  bool `yaml:"org_deploy_enabled"`
		SocketMode bool `yaml:"socket_mode_enabled"`
		Rotation   bool `yaml:"token_rotation_enabled"`
	} `yaml:"settings"`
}

type manifestCommand struct {
	Command     string `yaml:"command"`
	URL         string `yaml:"url,omitempty"`
	Description string `yaml:"description"`
	Hint        string `yaml:"usage_hint"`
	Escape      bool   `yaml:"should_escape"`
}

var commandShape = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

// Manifest gives the app manifest, as YAML, to paste into Slack: for signed
// HTTP under URL, or for Socket Mode.
func Manifest(o ManifestOptions) ([]byte, error) {
	if o.Name == "" {
		o.Name = "Depesche"
	}
	if o.Command == "" {
		o.Command = "/news"
	}
	switch {
	case units(o.Name) > 35:
		return nil, fmt.Errorf("app name %q is longer than 35 characters", o.Name)
	case !commandShape.MatchString(o.Command):
		return nil, fmt.Errorf("command %q must be a slash and 1 to 31 of a-z, 0-9, - and _", o.Command)
	}
	base := ""
	if !o.SocketMode {
		u, err := url.Parse(o.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("base address %q: Slack needs the public https address of this program, such as https://depesche.example.org; without one, use Socket Mode", o.URL)
		}
		base = strings.TrimRight(o.URL, "/")
	}
	return yaml.Marshal(o.manifest(base))
}

// manifest fills the manifest in; base is empty with Socket Mode.
func (o ManifestOptions) manifest(base string) manifest {
	under := func(path string) string {
		if base == "" {
			return ""
		}
		return base + path
	}
	v := speak(o.Language)
	var m manifest
	m.Metadata.Major, m.Metadata.Minor = 1, 1
	m.Display.Name, m.Display.Description, m.Display.Background = o.Name, v.say("AppDescription"), "#1d3557"
	m.Features.Home.Home, m.Features.Home.Messages = true, true
	m.Features.Bot.Name, m.Features.Bot.Online = o.Name, true
	m.Features.Commands = []manifestCommand{{
		Command: o.Command, URL: under("/slack/commands"), Description: v.say("CommandDescription"),
		Hint: v.say("CommandHint"), Escape: true,
	}}
	m.OAuth.Scopes.Bot = Scopes()
	m.Settings.Events.URL = under("/slack/events")
	m.Settings.Events.Events = []string{"app_home_opened", "app_mention", "member_joined_channel", "message.im"}
	m.Settings.Interactivity.Enabled, m.Settings.Interactivity.URL = true, under("/slack/interactions")
	m.Settings.SocketMode = o.SocketMode
	return m
}
