package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// defaultFile is read where there is one and no other is named.
const defaultFile = "depesche.yaml"

// Config is the whole configuration, checked.
type Config struct {
	File string // the file it was read from; empty: none

	DatabaseURL   Secret // it may hold a password
	BotToken      Secret
	SigningSecret Secret
	AppToken      Secret // set: Socket Mode
	APIURL        string // ends with a slash
	Listen        string
	Log           LogConfig

	PublicURL string // where the HTTP server is reachable from outside, without a slash at its end; empty: it is not

	Language string // "de" or "en"
	Location *time.Location
	Holidays *digest.Holidays // nil: none are kept
	Topics   []feeds.Topic
	Feeds    []feeds.Feed
	Digests  []DigestConfig
	Lists    ListsConfig
	Health   HealthConfig
	Poll     PollConfig
	Fetch    FetchConfig
}

// DigestConfig is one declared digest.
type DigestConfig struct {
	Name     string
	Channel  string // an id, or "#name"
	Cron     string
	Schedule digest.Schedule
	Topics   []string       // in the order of the file; all where none are named
	Filter   *keyword.Query // nil: no restriction
}

// ListsConfig says when daily and weekly subscriptions are delivered.
type ListsConfig struct {
	DailyCron, WeeklyCron string
	Daily, Weekly         digest.Schedule
}

// HealthConfig says who is told that a feed broke, and after how long.
type HealthConfig struct {
	Owner    string        // of feeds that name none: a Slack user or channel; empty: nobody
	Failures int           // polls in a row
	After    time.Duration // since the first of them; 0: at once
}

// PollConfig is the poller's rhythm.
type PollConfig struct {
	Every, Min, Max      time.Duration
	Concurrency, PerHost int
	HostGap              time.Duration
}

// FetchConfig bounds what is fetched.
type FetchConfig struct {
	Timeout       time.Duration
	MaxBytes      int64
	Contact       string
	AllowNetworks []netip.Prefix
}

// fault is one thing that is wrong with the configuration.
type fault struct {
	file string // empty: the environment
	line int    // 0: unknown
	key  string // a path such as topics[0].query, or a variable; may be empty
	text string // what is wrong; what would be right
}

func (f fault) String() string {
	var b strings.Builder
	if f.file != "" {
		b.WriteString(f.file + ":")
		if f.line > 0 {
			b.WriteString(strconv.Itoa(f.line) + ":")
		}
		b.WriteByte(' ')
	}
	if f.key != "" {
		b.WriteString(f.key + ": ")
	}
	return b.String() + f.text
}

// configError holds every fault of the configuration: exit status 2.
type configError struct{ faults []fault }

func (e *configError) Error() string {
	lines := make([]string, len(e.faults))
	for i, f := range e.faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// loadConfig reads environment and file. Its error is a *configError with
// every fault of both. file is what --config named; it may be empty.
func loadConfig(env func(string) string, file string) (Config, error) {
	var c Config
	faults := c.readEnvironment(env)
	named := true
	if file == "" {
		file = env("DEPESCHE_CONFIG")
	}
	if file == "" {
		file, named = defaultFile, false
	}
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		c.File = file
	case errors.Is(err, fs.ErrNotExist) && !named:
	default:
		faults = append(faults, fault{file: file, text: cause(err) + "; name the configuration with --config or DEPESCHE_CONFIG"})
	}
	faults = append(faults, c.readFile(file, text)...)
	if len(faults) > 0 {
		return Config{}, &configError{faults}
	}
	return c, nil
}

// readEnvironment fills what the environment decides.
func (c *Config) readEnvironment(env func(string) string) []fault {
	var faults []fault
	note := func(key, format string, a ...any) {
		faults = append(faults, fault{key: key, text: fmt.Sprintf(format, a...)})
	}
	secret := func(name string) Secret {
		value, err := secretOf(env, name)
		if err != nil {
			note(name+"_FILE", "%v", err)
		}
		return value
	}
	c.DatabaseURL = secret("DATABASE_URL")
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:depesche.db"
	}
	if err := checkDatabaseURL(string(c.DatabaseURL)); err != nil {
		note("DATABASE_URL", "%v", err)
	}
	c.BotToken = secret("SLACK_BOT_TOKEN")
	c.SigningSecret = secret("SLACK_SIGNING_SECRET")
	c.AppToken = secret("SLACK_APP_TOKEN")
	if strings.HasPrefix(string(c.BotToken), "xapp-") {
		note("SLACK_BOT_TOKEN", "it holds an app-level token (xapp-...); a bot token begins with xoxb-")
	}
	if strings.HasPrefix(string(c.AppToken), "xoxb-") {
		note("SLACK_APP_TOKEN", "it holds a bot token (xoxb-...); an app-level token begins with xapp-")
	}
	var err error
	if c.APIURL, err = apiURL(env("SLACK_API_URL")); err != nil {
		note("SLACK_API_URL", "%v", err)
	}
	c.Listen = orElse(env("DEPESCHE_LISTEN"), ":8080")
	if err := checkAddress(c.Listen); err != nil {
		note("DEPESCHE_LISTEN", "%v", err)
	}
	if c.Log, err = parseLog(env("DEPESCHE_LOG")); err != nil {
		note("DEPESCHE_LOG", "%v", err)
	}
	return faults
}

// secretOf reads NAME, or the file that NAME_FILE names. White space around it,
// such as line ends, and a byte order mark are what editors and env files
// leave; they are no part of it.
func secretOf(env func(string) string, name string) (Secret, error) {
	file := env(name + "_FILE")
	switch value := trimSecret(env(name)); {
	case file == "":
		return value, nil
	case value != "":
		return "", fmt.Errorf("%s is set as well; set one of the two", name)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read %q: %s; name a file that holds the value of %s", file, cause(err), name)
	}
	value := trimSecret(string(text))
	if value == "" {
		return "", fmt.Errorf("%q is empty; it should hold the value of %s", file, name)
	}
	return value, nil
}

func trimSecret(s string) Secret { return Secret(strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))) }

// checkDatabaseURL looks at the form of the address and never repeats it,
// since it may hold a password.
func checkDatabaseURL(s string) error {
	//nolint:gosec // the words stand for what the operator puts in their place
	const right = "write postgres://USER:PASSWORD@HOST/DATABASE or sqlite:PATH"
	if path, ok := strings.CutPrefix(s, "sqlite:"); ok {
		if path == "" {
			return errors.New("sqlite: names no file; write sqlite:PATH, such as sqlite:depesche.db")
		}
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errors.New("this is no address of a database; " + right)
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return errors.New("neither PostgreSQL nor SQLite; " + right)
	}
	return nil
}

// apiURL checks the address of Slack's Web API and gives it its final slash.
func apiURL(s string) (string, error) {
	s = orElse(s, "https://slack.com/api/")
	if err := checkWebAddress(s); err != nil {
		return "", err
	}
	return strings.TrimRight(s, "/") + "/", nil
}

// bareAddress is a web address whose scheme was left out.
var bareAddress = regexp.MustCompile(`^[\pL\d-]+(\.[\pL\d-]+)+(:\d+)?(/[^\s@]*)?$`)

// checkWebAddress wants an absolute http or https address.
func checkWebAddress(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil && strings.Contains(s, "@"): // it may hold a password
		return errors.New("this is not a web address; write https://HOST/PATH")
	case err == nil && u.User != nil:
		return fmt.Errorf("the address of %s holds a user name; leave out what stands before the @", u.Hostname())
	case strings.HasPrefix(s, "feed://"):
		return fmt.Errorf("%q is not a web address; write http://%s", s, strings.TrimPrefix(s, "feed://"))
	case bareAddress.MatchString(s):
		return fmt.Errorf("%q is not a web address; write https://%[1]s, or http://", s)
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fmt.Errorf("%q is not a web address; write https://HOST/PATH", s)
	}
	return nil
}

// checkAddress wants HOST:PORT, the host optional.
func checkAddress(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is no address to listen on; write HOST:PORT or :PORT, such as :8080", s)
	}
	return nil
}

// topicNames lists the names of all topics.
func (c Config) topicNames() []string {
	out := make([]string, len(c.Topics))
	for i, t := range c.Topics {
		out[i] = t.Name
	}
	return out
}

// digestNames lists the names of all digests.
func (c Config) digestNames() []string {
	out := make([]string, len(c.Digests))
	for i, d := range c.Digests {
		out[i] = d.Name
	}
	return out
}

// declares reports whether the file declares the feed.
func (c Config) declares(address string) bool {
	return slices.ContainsFunc(c.Feeds, func(f feeds.Feed) bool { return f.URL == address })
}

// cause is what the operating system said, without the path it said it of.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
