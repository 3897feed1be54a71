package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"depesche/feeds"
)

// Sources finds the feeds of a site and keeps the list of those that are read.
type Sources interface {
	// Discover looks for the feeds of a site, some twenty seconds at most; see
	// feeds.Discover.
	Discover(ctx context.Context, address string) ([]feeds.Candidate, error)
	// AddFeed puts a feed on the list; false where it is there already.
	AddFeed(ctx context.Context, f feeds.Feed, now time.Time) (added bool, err error)
	// RemoveFeed takes a feed off the list. It is feeds.ErrNotFound where it is
	// not on it, and ErrDeclared where the configuration declares it.
	RemoveFeed(ctx context.Context, url string) error
}

// ErrDeclared is what RemoveFeed answers for a feed that the configuration
// declares: it would be back at the next start.
var ErrDeclared = errors.New("the configuration declares this feed")

// maxSearches is how many sites are searched at the same time; each takes a
// seat, and time.
const maxSearches = 4

// showFound is how many feeds of a site are offered.
const showFound = 15

// source answers an address that was pasted or named: an item that is known is
// explained, else the site's feeds are offered.
func (b *Bot) source(ctx context.Context, a asker, c Command) (Reply, error) {
	switch {
	case c.Arg == "":
		return b.advice(b.usage(a, VerbSource)), nil
	case b.o.Sources == nil && c.Pasted:
		return b.search(ctx, a, view{Verb: VerbSearch, Arg: c.Arg}, "")
	case b.o.Sources == nil:
		return b.advice(b.voice.say("SourceFixed")), nil
	case c.Remove:
		return b.removeSource(ctx, a, c.Arg)
	}
	if c.Pasted {
		switch _, err := b.item(ctx, spellings(c.Arg)); {
		case err == nil:
			return b.explain(ctx, a, c.Arg)
		case !errors.Is(err, feeds.ErrNotFound):
			return Reply{}, err
		}
	}
	return b.offer(ctx, a, c)
}

// offer searches a site and offers what it finds.
func (b *Bot) offer(ctx context.Context, a asker, c Command) (Reply, error) {
	select {
	case b.searches <- struct{}{}:
		defer func() { <-b.searches }()
	default:
		return b.advice(b.voice.say("SourceBusy")), nil
	}
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	shown, unknown := quoted(c.Arg, showQuery), ""
	if c.Pasted && ownPage(c.Arg) {
		unknown = b.voice.say("SourceUnknown") + "\n"
	}
	found, err := b.o.Sources.Discover(ctx, c.Arg)
	if err != nil {
		b.o.Log.Info("site not searched", "address", feeds.SafeURL(c.Arg), "error", err, "by", a.user)
		return b.advice(unknown + b.voice.say("SourceFailed", "Address", shown, "Reason", b.voice.wrong(feeds.Reason(err))) + b.searchInstead(a, c)), nil
	}
	if len(found) == 0 {
		return b.advice(unknown + b.voice.say("SourceNone", "Address", shown) + b.searchInstead(a, c)), nil
	}
	title := b.foundAt(c.Arg, found)
	var s sheet
	s.add(units(title), section(title))
	var lines []string
	for i, f := range found {
		line := b.candidate(f)
		row := section(line)
		if at := onList(list, f.URL); at >= 0 {
			line += " · " + b.voice.say("SourceListed")
			row = section(line)
		} else if e := b.addButton(f); e != nil {
			row.Accessory = slack.NewAccessory(e)
		}
		if i == showFound || !s.takes(units(line)+200, 2) {
			s.add(0, note(b.voice.count("AndMore", len(found)-i)))
			break
		}
		s.add(units(line), row)
		lines = append(lines, line)
	}
	s.add(200, note(strings.TrimSpace(b.voice.say("SourceHint")+b.searchInstead(a, c))))
	return b.blocks(listing(title, lines), s.blocks...), nil
}

// foundAt says what was found, and where: a page that is not there is searched
// from the front page of its site.
func (b *Bot) foundAt(address string, found []feeds.Candidate) string {
	shown, missed := quoted(address, showQuery), ""
	if reason := found[0].Missed; reason != "" {
		missed = b.voice.say("SourceMissed", "Address", shown, "Reason", b.voice.wrong(reason)) + "\n"
		front, _ := splitPage(address)
		shown = quoted(front, showQuery)
	}
	if found[0].Type == "list" {
		return missed + b.voice.say("SourceList", "Address", shown)
	}
	return missed + b.voice.count("SourceFound", len(found), "Address", shown)
}

// searchInstead says how to search for what was taken for a bare host; empty
// where the address can be nothing else.
func (b *Bot) searchInstead(a asker, c Command) string {
	if !c.Pasted || strings.Contains(c.Arg, "://") {
		return ""
	}
	return " " + b.voice.say("SourceOrSearch", "Try", b.try(a, VerbSearch, c.Arg))
}

// onList finds a feed on the list; -1: it is not there.
func onList(list []feeds.Feed, address string) int {
	key := feedKey(address)
	return slices.IndexFunc(list, func(f feeds.Feed) bool { return feedKey(f.URL) == key || feedKey(f.Address()) == key })
}

// candidate says what a feed is, and how much stands in it; of a page also what
// it would bring.
func (b *Bot) candidate(f feeds.Candidate) string {
	name := f.Title
	if tidy(name) == "" {
		name = f.URL
	}
	parts := []string{link(f.URL, name, showSource)}
	switch {
	case f.Untold:
		parts = append(parts, b.voice.say("SourceUntold"))
	default:
		parts = append(parts, b.voice.count("ItemCount", f.Items))
	}
	if !f.Newest.IsZero() {
		parts = append(parts, b.voice.say("SourceNewest", "Time", day(b.voice.lang, f.Newest.In(b.o.Location))))
	}
	text := strings.Join(parts, " · ")
	if shown := mrkdwn(f.URL, 150); f.Title != "" {
		text += "\n" + shown
	}
	if len(f.First) > 0 {
		text += "\n" + b.voice.say("SourceEntries")
	}
	for _, it := range f.First {
		line := "• " + link(it.URL, it.Title, 150)
		if !it.Published.IsZero() {
			line += " · " + day(b.voice.lang, it.Published.In(b.o.Location))
		}
		text += "\n" + line
	}
	return text
}

// day is a date as short as it can be said: "9.3.2021".
func day(lang string, t time.Time) string {
	if lang == "de" {
		return fmt.Sprintf("%d.%d.%d", t.Day(), t.Month(), t.Year())
	}
	return fmt.Sprintf("%d %s %d", t.Day(), months[lang][t.Month()-1][:3], t.Year())
}

// site is a feed that a button adds or removes.
type site struct {
	URL   string      `json:"u"`
	Title string      `json:"t,omitempty"`
	Name  string      `json:"n,omitempty"` // the desk's own
	Role  feeds.Role  `json:"r,omitempty"`
	List  *feeds.List `json:"l,omitempty"`
}

func (s site) value() string {
	s.Title = short(s.Title, showSource)
	raw, err := marshal(s)
	if err != nil || len(raw) > maxButtonValue {
		return ""
	}
	return string(raw)
}

// readSite reads a button's value, which anybody may have made up.
func readSite(value string) (s site, ok bool) {
	if json.Unmarshal([]byte(value), &s) != nil {
		return s, false
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return s, false
	}
	known := s.Role == "" || slices.Contains([]feeds.Role{feeds.RoleRival, feeds.RoleOwn, feeds.RolePrimary, feeds.RoleVendor}, s.Role)
	return s, known && (s.List == nil || s.List.Check() == nil)
}

func (s site) label() string {
	if tidy(s.Title) != "" {
		return s.Title
	}
	return s.URL
}

// addButton adds what was found; nil where it does not fit into a button.
func (b *Bot) addButton(f feeds.Candidate) *slack.ButtonBlockElement {
	s := site{URL: f.URL, Title: f.Title, List: f.List}
	value := s.value()
	if value == "" {
		return nil
	}
	text := b.voice.say("ButtonAdd")
	return button(actionAdd, text, value, text+": "+s.label())
}

// undoButtons is a button that takes back what was just done.
func (b *Bot) undoButtons(action string, s site) []slack.Block {
	value := s.value()
	if value == "" {
		return nil
	}
	undo := b.voice.say("ButtonUndo")
	return []slack.Block{slack.NewActionBlock("", button(action, undo, value, undo+": "+s.label()))}
}

// pressAdd puts a feed on the list that was offered.
func (b *Bot) pressAdd(ctx context.Context, a asker, value string) (Reply, error) {
	s, ok := readSite(value)
	if !ok || b.o.Sources == nil {
		return b.stale(), nil
	}
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	name := link(s.URL, s.label(), showSource)
	if onList(list, s.URL) >= 0 {
		return b.sentence(b.voice.say("SourceAlready", "Name", name)), nil
	}
	added, err := b.o.Sources.AddFeed(ctx, feeds.Feed{URL: s.URL, Name: tidy(short(s.Name, showSource)), Role: s.Role, List: s.List}, b.o.Now().UTC())
	if err != nil {
		return Reply{}, fmt.Errorf("add feed %q: %w", s.URL, err)
	}
	if !added {
		return b.sentence(b.voice.say("SourceAlready", "Name", name)), nil
	}
	b.o.Log.Info("feed added", "feed", s.URL, "list", s.List != nil, "by", a.user, "channel", a.channel)
	text := b.voice.say("SourceAdded", "Name", name, "Command", a.name)
	return b.blocks(text, append([]slack.Block{section(text)}, b.undoButtons(actionRemove, s)...)...), nil
}

// pressRemove takes a feed off the list that was just added.
func (b *Bot) pressRemove(ctx context.Context, a asker, value string) (Reply, error) {
	s, ok := readSite(value)
	if !ok || b.o.Sources == nil {
		return b.stale(), nil
	}
	return b.remove(ctx, a, s)
}

// removeSource takes the feed of that address off the list, or the only one of
// that host.
func (b *Bot) removeSource(ctx context.Context, a asker, which string) (Reply, error) {
	list, err := b.o.Desk.Feeds(ctx)
	if err != nil {
		return Reply{}, fmt.Errorf("list feeds: %w", err)
	}
	var hits []feeds.Feed
	for _, name := range spellings(which) {
		if at := onList(list, name); at >= 0 {
			hits = []feeds.Feed{list[at]}
			break
		}
	}
	if hits == nil && !ownPage(which) {
		host := bareHost(which)
		if !strings.Contains(which, "://") {
			host = bareHost("https://" + which)
		}
		for _, f := range list {
			if host != "" && (bareHost(f.URL) == host || bareHost(f.Site) == host) {
				hits = append(hits, f)
			}
		}
	}
	switch len(hits) {
	case 0:
		return b.advice(b.voice.say("SourceMissing", "Address", quoted(which, showQuery), "Command", a.name)), nil
	case 1:
		f := hits[0]
		return b.remove(ctx, a, site{URL: f.URL, Title: f.Label(), Name: f.Name, Role: f.Role, List: f.List})
	}
	lines := make([]string, 0, len(hits))
	for _, f := range hits {
		lines = append(lines, "• "+mrkdwn(f.Label(), showSource)+": "+quoted(a.name+" "+b.verbName(VerbSource)+" "+b.voice.say("WordRemove")+" "+f.URL, showQuery))
	}
	return b.lines(b.voice.say("SourceWhich", "Address", quoted(which, showQuery)), lines), nil
}

// remove takes a feed off the list and offers to undo that.
func (b *Bot) remove(ctx context.Context, a asker, s site) (Reply, error) {
	name := link(s.URL, s.label(), showSource)
	switch err := b.o.Sources.RemoveFeed(ctx, s.URL); {
	case errors.Is(err, ErrDeclared):
		return b.advice(b.voice.say("SourceDeclared", "Name", name)), nil
	case errors.Is(err, feeds.ErrNotFound):
		return b.advice(b.voice.say("SourceMissing", "Address", quoted(s.URL, showQuery), "Command", a.name)), nil
	case err != nil:
		return Reply{}, fmt.Errorf("remove feed %q: %w", s.URL, err)
	}
	b.o.Log.Info("feed removed", "feed", s.URL, "by", a.user, "channel", a.channel)
	text := b.voice.say("SourceRemoved", "Name", name)
	return b.blocks(text, append([]slack.Block{section(text)}, b.undoButtons(actionAdd, s)...)...), nil
}
