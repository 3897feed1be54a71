package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"depesche/feeds"
)

// load reads the text as depesche.yaml in an environment of that variables.
func load(t *testing.T, text string, env map[string]string) (Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if text != "" {
		if err := os.WriteFile(defaultFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return loadConfig(func(name string) string { return env[name] }, "")
}

// faultsOf lists the faults line by line.
func faultsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var c *configError
	if !errors.As(err, &c) {
		t.Fatalf("%v is no *configError", err)
	}
	return strings.Split(err.Error(), "\n")
}

func TestConfigFaults(t *testing.T) {
	const topic = "topics:\n  - {name: OZG, query: OZG}\n"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"only a comment", "# later\n", nil},
		{"empty values are absent ones", "topics:\nfeeds: []\npoll: {}\nlanguage:\n", nil},
		{"JSON, indented by tabs", "{\n\t\"language\": \"en\",\n\t\"feeds\": [{\"url\": \"https:\\/\\/a.example\\/feed\", \"name\": \"\\ud83d\\ude00 \\u00fc\"}]\n}\n", nil},
		{"JSON with a fault in its third line", "{\n\"language\": \"en\",\n\t\"timezone\": \"\"}", []string{`depesche.yaml:3: timezone: "" is no time zone; write a name such as Europe/Berlin`}},
		{"unknown key", "languag: de\n", []string{"depesche.yaml:1: languag: unknown key; did you mean language?"}},
		{"unknown key in an entry", "feeds:\n  - url: https://a.example/feed\n    colour: red\n", []string{
			"depesche.yaml:3: feeds[0].colour: unknown key; there are url, name, role, owner, full_text, list"}},
		{"a list", "feeds:\n  - {url: https://a.example/, list: {entry: article.teaser, title: h3, link: a, date: time, summary: p}}\n", nil},
		{"a list without entries", "feeds:\n  - url: https://a.example/\n    list:\n      title: h3\n", []string{"depesche.yaml:4: feeds[0].list.entry: this is missing; write the CSS selector of the page's entries, such as article.teaser, or \"#news li\" in quotes"}},
		{"a list by a bad selector", "feeds:\n  - url: https://a.example/\n    list:\n      entry: li\n      date: 'time['\n", []string{"depesche.yaml:5: feeds[0].list.date: time[ is not a CSS selector (expected identifier, found EOF instead); depesche feeds check URL --entry SELECTOR tries one"}},
		{"a list by a selector that costs too much", "feeds:\n  - {url: https://a.example/, list: {entry: 'div:has(a)'}}\n", []string{"depesche.yaml:2: feeds[0].list.entry: div:has(a): selectors with :has() are not supported; depesche feeds check URL --entry SELECTOR tries one"}},
		{"a selector that YAML takes for a list", "feeds:\n  - url: https://a.example/\n    list:\n      entry: [data-news]\n", []string{"depesche.yaml:4: feeds[0].list.entry: this should be text; a value that begins with [ needs quotes"}},
		{"a list of another kind", "feeds:\n  - url: https://a.example/\n    list: article\n", []string{"depesche.yaml:3: feeds[0].list: this should hold keys and values: entry, title, link, date, summary"}},
		{"a key of a list that is none", "feeds:\n  - {url: https://a.example/, list: {entry: li, author: b}}\n", []string{"depesche.yaml:2: feeds[0].list.author: unknown key; there are entry, title, link, date, summary"}},
		{"key twice", "language: de\nlanguage: en\n", []string{"depesche.yaml:2: language: this key stands in line 1 already; keep one of the two"}},
		{"bad language", "language: fr\n", []string{`depesche.yaml:1: language: "fr" is not spoken here; write de or en`}},
		{"bad zone", "\ntimezone: Europe/Berln\n", []string{`depesche.yaml:2: timezone: "Europe/Berln" is no time zone; write a name such as Europe/Berlin`}},
		{"bad holidays", "holidays: NRW\n", []string{`depesche.yaml:1: holidays: "NRW" is no German state; write one of DE-BB, DE-BE, DE-BW, DE-BY, DE-HB, DE-HE, DE-HH, DE-MV, DE-NI, DE-NW, DE-RP, DE-SH, DE-SL, DE-SN, DE-ST, DE-TH`}},
		{"public address without a scheme", "public_url: news.example.org\n", []string{`depesche.yaml:1: public_url: "news.example.org" is not a web address; write https://news.example.org, or http://`}},
		{"public address with a query", "public_url: https://news.example.org/?a=b\n", []string{`depesche.yaml:1: public_url: "https://news.example.org/?a=b" is no bare address; write https://HOST, such as https://depesche.example.org`}},
		{"public address with a password", "public_url: https://me:geheim@news.example.org\n", []string{"depesche.yaml:1: public_url: the address of news.example.org holds a user name; leave out what stands before the @"}},
		{"public address without a host", "public_url: https://:8080\n", []string{`depesche.yaml:1: public_url: "https://:8080" is no bare address; write https://HOST, such as https://depesche.example.org`}},
		{"public address below a path", "public_url: http://news.example.org:8443/depesche/\n", nil},
		{"list expected", "topics: OZG\n", []string{"depesche.yaml:1: topics: this should be a list; begin each entry with a dash"}},
		{"mapping expected", "topics:\n  - OZG\n", []string{"depesche.yaml:2: topics[0]: this should hold keys and values: name, query"}},
		{"the file is a list", "- a\n", []string{"depesche.yaml:1: this should hold keys and values: language, timezone, holidays, public_url, owner, topics, feeds, digests, lists, health, poll, fetch"}},
		{"a number where text should be", "topics:\n  - name: 115\n    query: \"115\"\n", []string{`depesche.yaml:2: topics[0].name: this should be text; put it in quotes: "115"`}},
		{"topic without a query", "topics:\n  - name: OZG\n", []string{"depesche.yaml:2: topics[0].query: this is missing; write what the topic looks for, such as OZG OR Onlinezugangsgesetz"}},
		{"topic twice", "topics:\n  - {name: OZG, query: OZG}\n  - {name: ozg, query: OZG}\n", []string{`depesche.yaml:3: topics[1].name: "ozg" stands in line 2 already; keep one of the two`}},
		{"bad address", "feeds:\n  - url: ftp://a.example/feed\n", []string{`depesche.yaml:2: feeds[0].url: "ftp://a.example/feed" is not a web address; write https://HOST/PATH`}},
		{"address with a password", "feeds:\n  - url: https://me:geheim@a.example/feed\n", []string{"depesche.yaml:2: feeds[0].url: the address of a.example holds a user name; leave out what stands before the @"}},
		{"address with a password and a fault", "feeds:\n  - url: 'https://me:geheim@a.example:x/feed'\n", []string{"depesche.yaml:2: feeds[0].url: this is not a web address; write https://HOST/PATH"}},
		{"address with a password, of another kind", "feeds:\n  - url: ftp://me:geheim@a.example/feed\n", []string{"depesche.yaml:2: feeds[0].url: the address of a.example holds a user name; leave out what stands before the @"}},
		{"feed without an address", "feeds:\n  - name: A\n", []string{"depesche.yaml:2: feeds[0].url: this is missing; write the feed's address"}},
		{"feed twice", "feeds:\n  - url: https://a.example/feed\n  - url: https://A.example/feed\n", []string{`depesche.yaml:3: feeds[1].url: "https://A.example/feed" stands in line 2 already; keep one of the two`}},
		{"bad role", "feeds:\n  - {url: https://a.example/feed, role: enemy}\n", []string{`depesche.yaml:2: feeds[0].role: "enemy" is no role; write rival, own, primary or vendor`}},
		{"bad owner", "feeds:\n  - {url: https://a.example/feed, owner: anna}\n", []string{`depesche.yaml:2: feeds[0].owner: "anna" is no Slack user or channel; write the member id, such as U0123456, or the channel's, such as C0123456`}},
		{"bad switch", "feeds:\n  - {url: https://a.example/feed, full_text: 1}\n", []string{"depesche.yaml:2: feeds[0].full_text: this should be true or false"}},
		{"digest without a channel", "digests:\n  - name: morgen\n    schedule: \"0 8 * * 1-5\"\n", []string{"depesche.yaml:2: digests[0].channel: this is missing; write a channel's id, such as C0123456, or #name"}},
		{"digest in a channel by its bare name", "digests:\n  - {name: morgen, channel: news, schedule: \"0 8 * * *\"}\n", []string{`depesche.yaml:2: digests[0].channel: "news" is no channel; write its id, such as C0123456, or #name`}},
		{"digest with an unknown topic", topic + "digests:\n  - {name: morgen, channel: C0123456, schedule: \"0 8 * * *\", topics: [OZQ]}\n", []string{`depesche.yaml:4: digests[0].topics[0]: there is no topic "OZQ"; did you mean OZG?`}},
		{"digest with a topic twice", topic + "digests:\n  - {name: morgen, channel: \"#news\", schedule: \"0 8 * * *\", topics: [OZG, OZG]}\n", []string{`depesche.yaml:4: digests[0].topics[1]: "OZG" stands in line 4 already; keep one of the two`}},
		{"digest twice", "digests:\n  - {name: a, channel: C1, schedule: \"@daily\"}\n  - {name: a, channel: C1, schedule: \"@daily\"}\n", []string{`depesche.yaml:3: digests[1].name: "a" stands in line 2 already; keep one of the two`}},
		{"bad duration", "poll:\n  every: 30\n", []string{"depesche.yaml:2: poll.every: this should be a duration; write 90s, 30m or 24h"}},
		{"negative duration", "fetch: {timeout: -1s}\n", []string{"depesche.yaml:1: fetch.timeout: -1s is too short; write a longer duration, such as 30s"}},
		{"long durations", "poll: {every: -90m}\nhealth: {after: -1h}\n", []string{"depesche.yaml:1: poll.every: -1h30m is too short; write a longer duration, such as 30m", "depesche.yaml:2: health.after: -1h is too short; write a longer duration, such as 6h"}},
		{"the address of a feed reader", "feeds:\n  - url: feed://a.example/feed\n", []string{`depesche.yaml:2: feeds[0].url: "feed://a.example/feed" is not a web address; write http://a.example/feed`}},
		{"min above max", "poll: {min: 2h, max: 1h}\n", []string{"depesche.yaml:1: poll.min: 2h is more than max, 1h; write the smaller one as min"}},
		{"no requests at all", "poll: {concurrency: 0}\n", []string{"depesche.yaml:1: poll.concurrency: 0 is too small; write 1 or more, such as 16"}},
		{"a fraction", "fetch: {max_bytes: 1.5}\n", []string{"depesche.yaml:1: fetch.max_bytes: this should be a whole number"}},
		{"bad network", "fetch:\n  allow_networks: [127.0.0.1]\n", []string{`depesche.yaml:2: fetch.allow_networks[0]: "127.0.0.1" is no network; write it as 127.0.0.0/8 or fd00::/8`}},
		{"contact of two lines", "fetch:\n  contact: \"a\\nX: b\"\n", []string{"depesche.yaml:2: fetch.contact: this should be one line; write an address such as redaktion@example.org"}},
		{"two documents", "language: de\n---\nlanguage: en\n", []string{"depesche.yaml:2: a second document begins here; one file is one document"}},
		{"all faults at once, by line", "language: fr\nfeeds:\n  - url: nowhere\n    role: foe\ndigests:\n  - name: morgen\ntopic: []\n", []string{
			`depesche.yaml:1: language: "fr" is not spoken here; write de or en`,
			`depesche.yaml:3: feeds[0].url: "nowhere" is not a web address; write https://HOST/PATH`,
			`depesche.yaml:4: feeds[0].role: "foe" is no role; write rival, own, primary or vendor`,
			"depesche.yaml:6: digests[0].channel: this is missing; write a channel's id, such as C0123456, or #name",
			`depesche.yaml:6: digests[0].schedule: this is missing; write when it is posted, such as "0 8 * * 1-5"`,
			"depesche.yaml:7: topic: unknown key; did you mean topics?",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, c.text, nil)
			if diff := cmp.Diff(c.want, faultsOf(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Other packages word these faults; the place is ours to name.
func TestConfigFaultsThatOthersFind(t *testing.T) {
	cases := []struct{ name, text, begins, has string }{
		{"no YAML at all", "language: de\n  poll: {\n", "depesche.yaml:", "this is no YAML"},
		{"a selector that YAML takes for a comment", "language: de\n\nfeeds:\n  - {url: https://a.example/,\n     list: {entry: li}}\n  - url: https://b.example/\n    list: {entry: #news, title: h3}\n    name: B\n", "depesche.yaml:7: this is no YAML: ", `a value that begins with # @ [ or * needs quotes: "#news" (the rest of the file was not checked)`},
		{"a handle in the first line", "owner: @petra\nlanguage: de\n", "depesche.yaml:1: this is no YAML: ", `needs quotes: "@petra"`},
		{"an alias to nothing", "language: de\ntopics:\n  - name: *ozg\n", "depesche.yaml:3: this is no YAML: ", `needs quotes: "*ozg"`},
		{"a line that is out of line", "topics:\n  - name: OZG\n    query: OZG\n# here:\n\n   owner: x\nlanguage: de\n", "depesche.yaml:6: this is no YAML: ", "compare with depesche.example.yaml"},
		{"a quotation mark that is not closed", "language: de\nholidays: \"DE-NW\ntimezone: Europe/Berlin\n", "depesche.yaml:2: this is no YAML: ", "compare with depesche.example.yaml"},
		{"bad cron", "digests:\n  - name: a\n    channel: C1\n    schedule: 0 25 * * *\n", `depesche.yaml:4: digests[0].schedule: schedule "0 25 * * *": `, "23"},
		{"bad cron of lists", "lists:\n  daily: soon\n", `depesche.yaml:2: lists.daily: schedule "soon": `, "0 8 * * 1-5"},
		{"bad query of a topic", "topics:\n  - name: OZG\n    query: OZG OR (Förderung\n", "depesche.yaml:3: topics[0].query: at position ", "the closing parenthesis"},
		{"bad query of a digest", "digests:\n  - name: a\n    channel: C1\n    schedule: '@daily'\n    query: 'NOT'\n", "depesche.yaml:5: digests[0].query: ", "position"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, c.text, nil)
			got := faultsOf(t, err)
			if len(got) != 1 || !strings.HasPrefix(got[0], c.begins) || !strings.Contains(got[0], c.has) {
				t.Errorf("got %q, want one fault that begins %q and has %q", got, c.begins, c.has)
			}
		})
	}
}

func TestEnvironmentFaults(t *testing.T) {
	cases := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"log", map[string]string{"DEPESCHE_LOG": "xml"}, `DEPESCHE_LOG: "xml" is neither a format nor a level; write text or json and debug, info, warn or error, such as json,debug`},
		{"another database", map[string]string{"DATABASE_URL": "mysql://root:geheim@db/x"}, "DATABASE_URL: neither PostgreSQL nor SQLite; write postgres://USER:PASSWORD@HOST/DATABASE or sqlite:PATH"},
		{"no address", map[string]string{"DATABASE_URL": "postgres://root:geheim@[db/x"}, "DATABASE_URL: this is no address of a database; write postgres://USER:PASSWORD@HOST/DATABASE or sqlite:PATH"},
		{"SQLite without a file", map[string]string{"DATABASE_URL": "sqlite:"}, "DATABASE_URL: sqlite: names no file; write sqlite:PATH, such as sqlite:depesche.db"},
		{"listen", map[string]string{"DEPESCHE_LISTEN": "8080"}, `DEPESCHE_LISTEN: "8080" is no address to listen on; write HOST:PORT or :PORT, such as :8080`},
		{"Web API", map[string]string{"SLACK_API_URL": "slack.com/api"}, `SLACK_API_URL: "slack.com/api" is not a web address; write https://slack.com/api, or http://`},
		{"tokens exchanged", map[string]string{"SLACK_BOT_TOKEN": "xapp-1-geheim"}, "SLACK_BOT_TOKEN: it holds an app-level token (xapp-...); a bot token begins with xoxb-"},
		{"file of a secret is missing", map[string]string{"SLACK_BOT_TOKEN_FILE": "nowhere"}, `SLACK_BOT_TOKEN_FILE: cannot read "nowhere": no such file or directory; name a file that holds the value of SLACK_BOT_TOKEN`},
		{"secret and its file", map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_BOT_TOKEN_FILE": "x"}, "SLACK_BOT_TOKEN_FILE: SLACK_BOT_TOKEN is set as well; set one of the two"},
		{"configuration that is named and missing", map[string]string{"DEPESCHE_CONFIG": "desk.yaml"}, "desk.yaml: no such file or directory; name the configuration with --config or DEPESCHE_CONFIG"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, "", c.env)
			if got := faultsOf(t, err); len(got) != 1 || got[0] != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if strings.Contains(fmt.Sprint(err), "geheim") {
				t.Error("the message gives a secret away")
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	c, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Language != "de" || c.Location.String() != "Europe/Berlin" || c.Holidays != nil || c.File != "" {
		t.Errorf("language %q, zone %v, holidays %v, file %q", c.Language, c.Location, c.Holidays, c.File)
	}
	if string(c.DatabaseURL) != "sqlite:depesche.db" || c.APIURL != "https://slack.com/api/" || c.Listen != ":8080" || c.Log != (LogConfig{}) {
		t.Errorf("database %q, API %q, listen %q, log %v", string(c.DatabaseURL), c.APIURL, c.Listen, c.Log)
	}
	want := PollConfig{Every: 30 * time.Minute, Min: 5 * time.Minute, Max: 24 * time.Hour, Concurrency: 16, PerHost: 1, HostGap: 2 * time.Second}
	if c.Poll != want {
		t.Errorf("poll %+v, want %+v", c.Poll, want)
	}
	if c.Fetch.Timeout != 30*time.Second || c.Fetch.MaxBytes != 10485760 || c.Fetch.Contact != "" || c.Fetch.AllowNetworks != nil {
		t.Errorf("fetch %+v", c.Fetch)
	}
	friday := time.Date(2026, 11, 20, 12, 0, 0, 0, c.Location)
	if got := c.Lists.Daily.Next(friday); !got.Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, c.Location)) {
		t.Errorf("the daily list after a Friday noon is due on %v, want Monday at eight", got)
	}
}

func TestConfigIsRead(t *testing.T) {
	c, err := load(t, `
language: en
timezone: Europe/Vienna
holidays: DE-NW
topics:
  - {name: OZG, query: OZG}
  - {name: KI, query: KI}
feeds:
  - {url: "https://a.example/feed", name: A, role: primary, owner: U0123456, full_text: true}
  - url: https://b.example/feed
digests:
  - {name: morgen, channel: C0123456, schedule: "0 8 * * 1-5", topics: [KI], query: Bund}
  - {name: alles, channel: "#news", schedule: "@every 2s"}
poll: {every: 1s, min: 1s, max: 2s, concurrency: 3, per_host: 2, host_gap: 0s}
fetch: {timeout: 3s, max_bytes: 1000, contact: a@example.org, allow_networks: [127.0.0.0/8]}
`, map[string]string{"SLACK_API_URL": "http://127.0.0.1:9/api", "DEPESCHE_LOG": "debug,json"})
	if err != nil {
		t.Fatal(err)
	}
	want := []feeds.Feed{
		{URL: "https://a.example/feed", Name: "A", Role: feeds.RolePrimary, Owner: "U0123456", FullText: true, Origin: feeds.OriginFile},
		{URL: "https://b.example/feed", Role: feeds.RoleRival, Origin: feeds.OriginFile},
	}
	if diff := cmp.Diff(want, c.Feeds); diff != "" {
		t.Error(diff)
	}
	if c.APIURL != "http://127.0.0.1:9/api/" || !c.Log.JSON || c.Log.Level != slog.LevelDebug || c.Holidays == nil {
		t.Errorf("API %q, log %v, holidays %v", c.APIURL, c.Log, c.Holidays)
	}
	if diff := cmp.Diff([]string{"KI"}, c.Digests[0].Topics); diff != "" || c.Digests[0].Filter == nil {
		t.Errorf("topics of the first digest: %s; filter %v", diff, c.Digests[0].Filter)
	}
	if diff := cmp.Diff([]string{"OZG", "KI"}, c.Digests[1].Topics); diff != "" || c.Digests[1].Filter != nil {
		t.Errorf("topics of the second digest: %s; filter %v", diff, c.Digests[1].Filter)
	}
	if c.Poll.Max != 2*time.Second || c.Poll.HostGap != 0 || c.Fetch.AllowNetworks[0] != netip.MustParsePrefix("127.0.0.0/8") {
		t.Errorf("poll %+v, fetch %+v", c.Poll, c.Fetch)
	}
}

func TestAShortMaxShortensMin(t *testing.T) {
	c, err := load(t, "poll: {every: 1s, max: 2s}\n", nil)
	if err != nil || c.Poll.Min != 2*time.Second {
		t.Errorf("min %v, %v; want 2s", c.Poll.Min, err)
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for _, text := range []string{"xoxb-aus-datei", "xoxb-aus-datei\n", "\ufeffxoxb-aus-datei \r\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := load(t, "", map[string]string{"SLACK_BOT_TOKEN_FILE": file, "SLACK_SIGNING_SECRET": "geheim\r\n"})
		if err != nil || string(c.BotToken) != "xoxb-aus-datei" || string(c.SigningSecret) != "geheim" {
			t.Errorf("%q: token %q, secret %q, %v", text, string(c.BotToken), string(c.SigningSecret), err)
		}
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	c := Config{BotToken: "xoxb-geheim", DatabaseURL: "postgres://a:geheim@b/c"}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "token", c.BotToken, "config", c)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("start", "token", c.BotToken, "config", c)
	encoded, err := json.Marshal(c.BotToken)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %s %s", c, c, c, c.BotToken, c.BotToken, encoded, logged.String())
	if strings.Contains(all, "geheim") || !strings.Contains(all, hidden) {
		t.Errorf("printed: %s", all)
	}
}

func TestExampleLoadsAndHasEveryKey(t *testing.T) {
	file, err := filepath.Abs("../../depesche.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(func(string) string { return "" }, file)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Feeds) < 15 || len(c.Topics) < 3 || len(c.Digests) < 1 {
		t.Errorf("%d feeds, %d topics, %d digests", len(c.Feeds), len(c.Topics), len(c.Digests))
	}
	standard, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Poll != standard.Poll || c.Fetch.MaxBytes != standard.Fetch.MaxBytes || c.Lists.DailyCron != standard.Lists.DailyCron || c.Lists.WeeklyCron != standard.Lists.WeeklyCron {
		t.Error("the example's settings are not the documented defaults")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"language", "timezone", "holidays", "topics", "feeds", "url", "name", "role", "owner", "full_text", "digests", "channel", "schedule", "query",
		"public_url", "lists", "daily", "weekly", "poll", "every", "min", "max", "concurrency", "per_host", "host_gap", "fetch", "timeout", "max_bytes", "contact", "allow_networks",
	} {
		if !bytes.Contains(text, []byte(key+":")) {
			t.Errorf("the example does not show %s", key)
		}
	}
}

// writeFile puts a text into a file of its own.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Whatever stands in the file, its faults have a place in it and nothing panics.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"language: de\n", "topics: &t\n  - {name: OZG, query: &q OZG}\nfeeds: *t\n", "a: &a [*a]\n", "- - -\n", "{", "topics: [[[]]]\n", "? [a]\n: b\n",
		"feeds:\n  - url: https://a.example\n    <<: {name: x}\n", "\xff", "digests: [{schedule: '@every 1s', topics: !!str x}]\n", `{"poll": {"min": "1h", "max": "1m"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c Config
		for _, fault := range c.readFile("x.yaml", []byte(text)) {
			if fault.text == "" || fault.line > strings.Count(text, "\n")+strings.Count(text, "\r")+2 {
				t.Errorf("%q: %+v", text, fault)
			}
		}
	})
}
