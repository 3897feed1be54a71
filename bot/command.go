package bot

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"depesche/digest"
)

// Verb is what a command asks for.
type Verb string

// The verbs of the slash command.
const (
	VerbSearch        Verb = "search"
	VerbLatest        Verb = "latest"
	VerbDigest        Verb = "digest"
	VerbSubscribe     Verb = "subscribe"
	VerbSubscriptions Verb = "subscriptions"
	VerbUnsubscribe   Verb = "unsubscribe"
	VerbTopics        Verb = "topics"
	VerbSources       Verb = "sources"
	VerbStatus        Verb = "status"
	VerbExplain       Verb = "explain"
	VerbSource        Verb = "source"
	VerbHelp          Verb = "help"
)

// Command is a command's text, understood.
type Command struct {
	Verb    Verb
	Arg     string      // query, topic, digest's label, number, address or verb to explain; may be empty
	Cadence digest.Kind // of subscribe; KindDaily where nothing else was said
	Me      bool        // of subscribe: deliver to the asker, not to this channel
	Day     Day         // of digest
	Share   bool        // show the answer to the whole channel
	Near    Verb        // of search: a verb that the first word nearly is; else empty
	Pasted  bool        // of source: the address alone was sent
	Remove  bool        // of source: take it off the list
}

// Day is a day as a person names it: relative to today, or a date whose year
// may be left out. The zero Day is none.
type Day struct {
	Set     bool
	Ago     int        `json:",omitempty"` // days before today, where Month is zero
	Year    int        `json:",omitempty"` // zero: the latest such day that is not in the future
	Month   time.Month `json:",omitempty"`
	Date    int        `json:",omitempty"`
	Written string     `json:",omitempty"` // as the person wrote it
}

// dayOf is the day of a moment, in that moment's time zone.
func dayOf(t time.Time) Day {
	year, month, date := t.Date()
	return Day{Set: true, Year: year, Month: month, Date: date}
}

// Span gives the day's bounds in now's time zone: [from, to). It reports false
// for a date that the calendar does not have.
func (d Day) Span(now time.Time) (from, to time.Time, ok bool) {
	loc := now.Location()
	y, m, day := now.Date()
	if d.Month == 0 {
		return time.Date(y, m, day-d.Ago, 0, 0, 0, 0, loc), time.Date(y, m, day-d.Ago+1, 0, 0, 0, 0, loc), true
	}
	if d.Year != 0 {
		y = d.Year
	}
	from = time.Date(y, d.Month, d.Date, 0, 0, 0, 0, loc)
	if d.Year == 0 && from.After(now) {
		from = time.Date(y-1, d.Month, d.Date, 0, 0, 0, 0, loc)
	}
	if from.Month() != d.Month || from.Day() != d.Date {
		return from, to, false
	}
	return from, from.AddDate(0, 0, 1), true
}

// verbs are the words for each verb, in both languages at once.
var verbs = map[string]Verb{
	"search": VerbSearch, "suche": VerbSearch,
	"latest": VerbLatest, "neu": VerbLatest,
	"digest":    VerbDigest,
	"subscribe": VerbSubscribe, "abo": VerbSubscribe,
	"subscriptions": VerbSubscriptions, "abos": VerbSubscriptions,
	"unsubscribe": VerbUnsubscribe, "abbestellen": VerbUnsubscribe,
	"topics": VerbTopics, "themen": VerbTopics,
	"sources": VerbSources, "quellen": VerbSources,
	"status":  VerbStatus,
	"explain": VerbExplain, "warum": VerbExplain,
	"source": VerbSource, "quelle": VerbSource,
	"help": VerbHelp, "hilfe": VerbHelp, "?": VerbHelp,
}

// alone are the verbs that take no argument: more words after them make a search.
var alone = map[Verb]bool{VerbSubscriptions: true, VerbTopics: true, VerbSources: true, VerbStatus: true}

var cadences = map[string]digest.Kind{
	"now": digest.KindNow, "sofort": digest.KindNow,
	"daily": digest.KindDaily, "täglich": digest.KindDaily, "taeglich": digest.KindDaily, "taglich": digest.KindDaily,
	"weekly": digest.KindWeekly, "wöchentlich": digest.KindWeekly, "woechentlich": digest.KindWeekly, "wochentlich": digest.KindWeekly,
}

var (
	hereWords   = map[string]bool{"here": true, "hier": true}
	addWords    = map[string]bool{"add": true, "hinzufügen": true, "hinzufuegen": true}
	removeWords = map[string]bool{"remove": true, "entfernen": true}

	meWords    = map[string]bool{"me": true, "mir": true}
	shareWords = map[string]bool{"share": true, "teilen": true}
	dayWords   = map[string]int{"today": 0, "heute": 0, "yesterday": 1, "gestern": 1}
)

// ParseCommand reads the text of a slash command, of a mention or of a direct
// message. It accepts every text: what is no verb is a search, and nothing at
// all is a call for help.
func ParseCommand(text string) Command {
	words := split(unwrap(text, labelOf))
	if len(words) == 0 {
		return Command{Verb: VerbHelp}
	}
	c := Command{Verb: VerbSearch}
	first := words[0]
	verb, known := verbs[strings.ToLower(first)]
	if verb == VerbExplain {
		words = split(unwrap(text, addressOf))
	}
	if known {
		c.Verb = verb
		words = words[1:]
	}
	if len(words) > 1 || known {
		words, c.Share = cutShare(words)
	}
	if verb == VerbSource || !known {
		if s, ok := readSource(text, known); ok {
			s.Share = c.Share
			return s
		}
		if known && len(words) > 0 {
			return Command{Verb: VerbSearch, Arg: first + " " + strings.Join(words, " "), Share: c.Share, Near: VerbSources}
		}
	}
	if known && alone[verb] && len(words) > 0 {
		return Command{Verb: VerbSearch, Arg: first + " " + strings.Join(words, " "), Share: c.Share}
	}
	if !known {
		c.Near = nearVerb(strings.ToLower(first))
	}
	switch c.Verb {
	case VerbSubscribe:
		words = c.readSubscribe(words)
	case VerbDigest:
		words = c.readDay(words)
	case VerbHelp:
		words = verbNamed(words)
	}
	c.Arg = strings.Join(words, " ")
	if c.Verb == VerbLatest || c.Verb == VerbDigest {
		c.Arg = unquote(c.Arg)
	}
	return c
}

// readSource reads an address that was sent alone, or after the verb, which may
// be followed by what to do with it. It reports false where there is none.
func readSource(text string, named bool) (Command, bool) {
	choose := labelled
	if named {
		choose = typedAddress
	}
	words := split(unwrap(text, choose))
	c := Command{Verb: VerbSource, Pasted: !named}
	if named {
		words = words[1:]
		for i, w := range words {
			words[i] = strings.Trim(w, `"`)
		}
	}
	if len(words) > 1 {
		words, _ = cutShare(words)
	}
	for range 2 { // the word stands before the address or behind it
		if !named || len(words) != 2 {
			break
		}
		switch w := strings.ToLower(words[0]); {
		case removeWords[w]:
			c.Remove, words = true, words[1:]
		case addWords[w]:
			words = words[1:]
		default:
			words[0], words[1] = words[1], words[0]
		}
	}
	address, ok := pasted(words)
	c.Arg = address
	return c, ok
}

func cutShare(words []string) ([]string, bool) {
	if n := len(words); n > 0 && shareWords[strings.ToLower(words[n-1])] {
		return words[:n-1], true
	}
	return words, false
}

// readSubscribe takes cadence and place off the end, in any order.
func (c *Command) readSubscribe(words []string) []string {
	c.Cadence = digest.KindDaily
	cadence, place := false, false
	for len(words) > 0 {
		w := strings.ToLower(words[len(words)-1])
		kind, isCadence := cadences[w]
		switch {
		case isCadence && !cadence:
			c.Cadence, cadence = kind, true
		case (meWords[w] || hereWords[w]) && !place:
			c.Me, place = meWords[w], true
		default:
			return words
		}
		words = words[:len(words)-1]
	}
	return words
}

// readDay takes a day off the arguments of digest, first or last.
func (c *Command) readDay(words []string) []string {
	for _, i := range []int{len(words) - 1, 0} {
		if i < 0 || i >= len(words) {
			continue
		}
		if d, ok := parseDay(words[i]); ok {
			c.Day = d
			return append(append([]string{}, words[:i]...), words[i+1:]...)
		}
	}
	return words
}

var (
	isoDay    = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})$`)
	germanDay = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?$`)
)

func parseDay(s string) (Day, bool) {
	if ago, ok := dayWords[strings.ToLower(s)]; ok {
		return Day{Set: true, Ago: ago, Written: s}, true
	}
	if m := isoDay.FindStringSubmatch(s); m != nil {
		return Day{Set: true, Year: number(m[1]), Month: time.Month(number(m[2])), Date: number(m[3]), Written: s}.check()
	}
	if m := germanDay.FindStringSubmatch(s); m != nil {
		year := number(m[3])
		if len(m[3]) == 2 {
			year += 2000
		}
		return Day{Set: true, Year: year, Month: time.Month(number(m[2])), Date: number(m[1]), Written: s}.check()
	}
	return Day{}, false
}

// check keeps a month of zero, which would mean today, out of a written date.
func (d Day) check() (Day, bool) {
	if d.Month < 1 || d.Month > 12 {
		d.Month, d.Date = 1, 99 // Span says that there is no such day
	}
	return d, true
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // digits only; empty is zero
	return n
}

// verbNamed gives the verb that help is asked on, or nothing.
func verbNamed(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	if v, ok := verbs[strings.ToLower(words[0])]; ok {
		return []string{string(v)}
	}
	return nil
}

var (
	wrapped = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)
	decoder = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	quotes  = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "\u00a0", " ", "\u202f", " ", string(lookAlike['*']), "*")
)

// labelOf and addressOf choose what stands for a link: what the person typed,
// which Slack makes the label, or where the link leads.
func labelOf(target, label string) string { return cmp.Or(label, target) }

func addressOf(target, _ string) string { return target }

// unwrap takes off what Slack puts round addresses, channels and people, and
// decodes the three entities, each once. Typographic quotes become plain ones,
// and so does the star that we show in place of one.
// Of a link it keeps what choose says.
func unwrap(text string, choose func(target, label string) string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, ""))
	text = wrapped.ReplaceAllStringFunc(text, func(s string) string {
		m := wrapped.FindStringSubmatch(s)
		target, label := m[1], m[2]
		switch {
		case strings.HasPrefix(target, "#"):
			return "#" + cmp.Or(label, target[1:])
		case strings.HasPrefix(target, "@"):
			return "@" + cmp.Or(label, target[1:])
		case strings.HasPrefix(target, "!"):
			return cmp.Or(label, "@"+target[1:])
		case strings.HasPrefix(target, "mailto:"):
			return cmp.Or(label, target[len("mailto:"):])
		default:
			return choose(target, label)
		}
	})
	return strings.TrimSpace(tidySpaces(quotes.Replace(decoder.Replace(text))))
}

func tidySpaces(s string) string { return strings.Join(strings.Fields(s), " ") }

// split cuts at spaces outside quotes; the quotes stay. An open quote runs to
// the end.
func split(s string) []string {
	var out []string
	start, quoted := -1, false
	for i, r := range s {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			if start >= 0 {
				out = append(out, s[start:i])
				start = -1
			}
			continue
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

func unquote(s string) string {
	if len(s) >= 2 && strings.HasPrefix(s, `"`) && strings.HasSuffix(s, `"`) && strings.Count(s, `"`) == 2 {
		return s[1 : len(s)-1]
	}
	return s
}
