package main

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"depesche/digest"
	"depesche/feeds"
	"depesche/feeds/keyword"
)

// checks turn the file into configuration, part by part. Each notes what is
// wrong and goes on, so that one start names every fault. Later ones rely on
// what earlier ones set: digests on topics and zone.
var checks = []func(r *reader, d *document, c *Config){
	checkPublicURL,
	checkLanguage,
	checkTimezone,
	checkHolidays,
	checkTopics,
	checkFeeds,
	checkDigests,
	checkLists,
	checkCare,
	checkPoll,
	checkFetch,
}

// readFile fills what the file decides, defaults included. Empty text is an
// empty configuration.
func (c *Config) readFile(file string, text []byte) []fault {
	r := &reader{file: file}
	d := r.read(text)
	for _, check := range checks {
		check(r, &d, c)
	}
	slices.SortStableFunc(r.faults, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	return r.faults
}

func checkLanguage(r *reader, d *document, c *Config) {
	c.Language = "de"
	if l := d.Language; l.Set {
		if l.V != "de" && l.V != "en" {
			r.note(l.Line, l.Key, "%q is not spoken here; write de or en", l.V)
		}
		c.Language = l.V
	}
}

func checkTimezone(r *reader, d *document, c *Config) {
	name := "Europe/Berlin"
	if d.Timezone.Set {
		name = d.Timezone.V
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		r.note(d.Timezone.Line, d.Timezone.Key, "%q is no time zone; write a name such as Europe/Berlin", name)
		loc = time.UTC
	}
	c.Location = loc
}

func checkHolidays(r *reader, d *document, c *Config) {
	h := d.Holidays
	if h.V == "" {
		return
	}
	holidays, err := digest.HolidaysIn(h.V)
	if err != nil {
		r.note(h.Line, h.Key, "%v", err)
	}
	c.Holidays = holidays
}

func checkTopics(r *reader, d *document, c *Config) {
	names := unique{}
	for _, t := range d.Topics {
		name := r.need(t.Name, t.place, "name", "the topic's name")
		names.check(r, t.Name, strings.ToLower(name))
		if query := r.need(t.Query, t.place, "query", "what the topic looks for, such as OZG OR Onlinezugangsgesetz"); query != "" {
			c.Topics = append(c.Topics, feeds.Topic{Name: name, Query: r.query(t.Query)})
		}
	}
}

func checkFeeds(r *reader, d *document, c *Config) {
	addresses := unique{}
	for _, f := range d.Feeds {
		address := r.need(f.URL, f.place, "url", "the feed's address")
		if address != "" {
			if err := checkWebAddress(address); err != nil {
				r.note(f.URL.Line, f.URL.Key, "%v", err)
			} else {
				addresses.check(r, f.URL, addressKey(address))
			}
		}
		role := feeds.RoleRival
		if f.Role.Set {
			role = feeds.Role(f.Role.V)
			if !slices.Contains(roles, role) {
				r.note(f.Role.Line, f.Role.Key, "%q is no role; write rival, own, primary or vendor", role)
			}
		}
		r.owner(f.Owner)
		c.Feeds = append(c.Feeds, feeds.Feed{
			URL: address, Name: f.Name.V, Role: role, Owner: f.Owner.V, FullText: f.FullText.V, Origin: feeds.OriginFile,
			List: r.checkList(f.List),
		})
	}
}

// checkList gives the selectors of a page; nil where the feed is a feed.
func (r *reader) checkList(n listNode) *feeds.List {
	if n.key == "" {
		return nil
	}
	r.need(n.Entry, n.place, "entry", "the CSS selector of the page's entries, such as article.teaser, or \"#news li\" in quotes")
	selector := func(g given[string]) string {
		text := strings.TrimSpace(g.V)
		if text == "" {
			return ""
		}
		if err := feeds.CheckSelector(text); err != nil {
			r.note(g.Line, g.Key, "%v; depesche feeds check URL --entry SELECTOR tries one", err)
		}
		return text
	}
	return &feeds.List{Entry: selector(n.Entry), Title: selector(n.Title), Link: selector(n.Link), Date: selector(n.Date), Summary: selector(n.Summary)}
}

var roles = []feeds.Role{feeds.RoleRival, feeds.RoleOwn, feeds.RolePrimary, feeds.RoleVendor}

// addressKey makes two spellings of one address equal.
func addressKey(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Host = strings.ToLower(u.Host)
	if port := ":" + u.Port(); u.Scheme == "http" && port == ":80" || u.Scheme == "https" && port == ":443" || port == ":" {
		u.Host = strings.TrimSuffix(u.Host, port)
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

func checkDigests(r *reader, d *document, c *Config) {
	names := unique{}
	for _, n := range d.Digests {
		e := DigestConfig{}
		e.Name = r.need(n.Name, n.place, "name", "the digest's name")
		names.check(r, n.Name, strings.ToLower(e.Name))
		e.Channel = r.need(n.Channel, n.place, "channel", "a channel's id, such as C0123456, or #name")
		if e.Channel != "" && !isChannel(e.Channel) {
			r.note(n.Channel.Line, n.Channel.Key, "%q is no channel; write its id, such as C0123456, or #name", e.Channel)
		}
		if e.Cron = r.need(n.Schedule, n.place, "schedule", `when it is posted, such as "0 8 * * 1-5"`); e.Cron != "" {
			e.Schedule = r.schedule(n.Schedule, c.Location)
		}
		e.Topics = r.topics(n.Topics, d)
		if n.Query.Set && strings.TrimSpace(n.Query.V) != "" {
			e.Filter = r.query(n.Query)
		}
		if len(e.Topics) == 0 {
			e.Topics = c.topicNames()
		}
		c.Digests = append(c.Digests, e)
	}
}

// topics checks that the named topics are there, each once.
func (r *reader) topics(list []given[string], d *document) []string {
	var known, out []string
	for _, t := range d.Topics {
		known = append(known, t.Name.V)
	}
	seen := unique{}
	for _, t := range list {
		if !t.Set {
			continue
		}
		if !slices.Contains(known, t.V) {
			r.note(t.Line, t.Key, "there is no topic %q; %s", t.V, alternatives(t.V, known))
			continue
		}
		seen.check(r, t, t.V)
		out = append(out, t.V)
	}
	return out
}

func checkLists(r *reader, d *document, c *Config) {
	set := func(g given[string], standard string, cron *string, schedule *digest.Schedule) {
		if !g.Set {
			g.V = standard
		}
		*cron, *schedule = g.V, r.schedule(g, c.Location)
	}
	set(d.Lists.Daily, "0 8 * * 1-5", &c.Lists.DailyCron, &c.Lists.Daily)
	set(d.Lists.Weekly, "0 8 * * 1", &c.Lists.WeeklyCron, &c.Lists.Weekly)
}

// owner checks who is told of feeds: a person or a channel, by id.
func (r *reader) owner(o given[string]) string {
	if o.Set && o.V != "" && !isID(o.V, "UWCG") {
		r.note(o.Line, o.Key, "%q is no Slack user or channel; write the member id, such as U0123456, or the channel's, such as C0123456", o.V)
	}
	return o.V
}

func checkCare(r *reader, d *document, c *Config) {
	c.Health = HealthConfig{
		Owner:    r.owner(d.Owner),
		Failures: r.positive(d.Health.Failures, 3),
		After:    r.atLeast(d.Health.After, 6*time.Hour, 0),
	}
}

func checkPoll(r *reader, d *document, c *Config) {
	p := &d.Poll
	c.Poll = PollConfig{
		Every:       r.atLeast(p.Every, 30*time.Minute, time.Millisecond),
		Min:         r.atLeast(p.Min, 5*time.Minute, time.Millisecond),
		Max:         r.atLeast(p.Max, 24*time.Hour, time.Millisecond),
		HostGap:     r.atLeast(p.HostGap, 2*time.Second, 0),
		Concurrency: r.positive(p.Concurrency, 16),
		PerHost:     r.positive(p.PerHost, 1),
	}
	if c.Poll.Min > c.Poll.Max {
		switch {
		case !p.Min.Set: // who asks for a short max means it
			c.Poll.Min = c.Poll.Max
		default:
			r.note(p.Min.Line, p.Min.Key, "%s is more than max, %s; write the smaller one as min", brief(c.Poll.Min), brief(c.Poll.Max))
		}
	}
}

func checkFetch(r *reader, d *document, c *Config) {
	f := &d.Fetch
	c.Fetch = FetchConfig{
		Timeout:  r.atLeast(f.Timeout, 30*time.Second, time.Millisecond),
		MaxBytes: int64(r.positive(f.MaxBytes, 10<<20)),
		Contact:  f.Contact.V,
	}
	if strings.ContainsFunc(f.Contact.V, unicode.IsControl) {
		r.note(f.Contact.Line, f.Contact.Key, "this should be one line; write an address such as redaktion@example.org")
	}
	for _, n := range f.AllowNetworks {
		if !n.Set {
			continue
		}
		prefix, err := netip.ParsePrefix(n.V)
		if err != nil {
			r.note(n.Line, n.Key, "%q is no network; write it as 127.0.0.0/8 or fd00::/8", n.V)
			continue
		}
		c.Fetch.AllowNetworks = append(c.Fetch.AllowNetworks, prefix.Masked())
	}
}

// need gives the text, and notes where it is missing or empty.
func (r *reader) need(g given[string], at place, name, right string) string {
	switch {
	case g.Set && strings.TrimSpace(g.V) != "":
	case g.Set:
		r.note(g.Line, g.Key, "this is empty; write %s", right)
	case !r.noted(at.key + "." + name):
		r.note(at.line, at.key+"."+name, "this is missing; write %s", right)
	}
	return strings.TrimSpace(g.V)
}

// noted reports whether a fault of that key, or of what holds it, is known already.
func (r *reader) noted(key string) bool {
	return slices.ContainsFunc(r.faults, func(f fault) bool { return f.key == key || strings.HasPrefix(key, f.key+".") })
}

// query parses a query; its fault is named with its place.
func (r *reader) query(g given[string]) *keyword.Query {
	q, err := keyword.Parse(g.V)
	if err != nil {
		r.note(g.Line, g.Key, "%s", queryFault(err))
		return nil
	}
	return q
}

// queryFault says where a query is wrong and what would be right.
func queryFault(err error) string {
	if s := (*keyword.SyntaxError)(nil); errors.As(err, &s) {
		return midSentence(s.Explain("en"))
	}
	return err.Error()
}

// midSentence lets a sentence follow a colon; a word in capitals keeps them.
func midSentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[size:]); !unicode.IsLower(second) {
		return s
	}
	return string(unicode.ToLower(first)) + s[size:]
}

func (r *reader) schedule(g given[string], loc *time.Location) digest.Schedule {
	s, err := digest.ParseSchedule(g.V, loc)
	if err != nil {
		r.note(g.Line, g.Key, "%v", err)
		return nil
	}
	return s
}

// atLeast gives the duration, or the standard one where the file has none.
func (r *reader) atLeast(g given[time.Duration], standard, least time.Duration) time.Duration {
	if !g.Set {
		return standard
	}
	if g.V < least {
		r.note(g.Line, g.Key, "%s is too short; write a longer duration, such as %s", brief(g.V), brief(standard))
	}
	return g.V
}

// brief writes a duration as the file has it: 6h, not 6h0m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// positive gives the number, or the standard one where the file has none.
func (r *reader) positive(g given[int], standard int) int {
	if !g.Set {
		return standard
	}
	if g.V < 1 {
		r.note(g.Line, g.Key, "%d is too small; write 1 or more, such as %d", g.V, standard)
	}
	return g.V
}

// unique remembers in which line a value stood first.
type unique map[string]int

// check notes a value that stands there twice.
func (u unique) check(r *reader, g given[string], value string) {
	if !g.Set || value == "" {
		return
	}
	if before, ok := u[value]; ok {
		r.note(g.Line, g.Key, "%q stands in line %d already; keep one of the two", g.V, before)
		return
	}
	u[value] = g.Line
}

// isChannel accepts a channel's id, a person's for direct messages, or #name.
func isChannel(s string) bool {
	if name, ok := strings.CutPrefix(s, "#"); ok {
		return name != "" && !strings.ContainsFunc(name, unicode.IsSpace)
	}
	return isID(s, "CGDUW")
}

// isID reports whether s can be a Slack id of one of the kinds that the
// letters name. Names of channels and people begin with a small letter.
func isID(s, kinds string) bool {
	return len(s) > 1 && strings.IndexByte(kinds, s[0]) >= 0 &&
		!strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '-' })
}
