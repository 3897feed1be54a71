package feeds

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"
)

// JSON Feed is decoded here and not by gofeed, which loses the whole feed over
// one wrong type and reads every byte three times. A scan finds the items;
// each is then decoded by itself, so that what is wrong with one costs no
// other, and items that are known are not decoded at all.

// jsonHead is what a JSON Feed says apart from its items, as far as we read it.
type jsonHead struct {
	Version  string `json:"version"`
	Title    string `json:"title"`
	HomePage string `json:"home_page_url"`
	FeedURL  string `json:"feed_url"`
	Language string `json:"language"`
	Hubs     []struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	} `json:"hubs"`
}

// jsonItem is what JSON Feed 1.1 says of an item, as far as we read it.
type jsonItem struct {
	ID          looseText    `json:"id"`
	URL         string       `json:"url"`
	ExternalURL string       `json:"external_url"`
	Title       string       `json:"title"`
	HTML        string       `json:"content_html"`
	Text        string       `json:"content_text"`
	Summary     string       `json:"summary"`
	Published   string       `json:"date_published"`
	Modified    string       `json:"date_modified"`
	Author      jsonAuthor   `json:"author"` // JSON Feed 1.0
	Authors     []jsonAuthor `json:"authors"`
	Tags        []string     `json:"tags"`
}

// looseText is a text that may come as a number: "a JSON Feed reader must
// coerce it to a string" (JSON Feed 1.1, id). Anything else says nothing.
type looseText string

func (t *looseText) UnmarshalJSON(raw []byte) error {
	var s string
	switch c := raw[0]; {
	case c == '"':
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
	case c == '-' || c >= '0' && c <= '9':
		s = string(raw)
	}
	*t = looseText(s)
	return nil
}

// jsonAuthor is the name of an author, which some write without the object
// around it. Of anything else no name is known.
type jsonAuthor string

func (a *jsonAuthor) UnmarshalJSON(raw []byte) error {
	var name string
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &name); err != nil {
			return err
		}
	} else {
		var person struct {
			Name string `json:"name"`
		}
		if err := unmarshal(raw, &person); err != nil {
			return err
		}
		name = person.Name
	}
	*a = jsonAuthor(name)
	return nil
}

// unmarshal decodes what has the right type, and leaves the rest empty.
func unmarshal(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil // all else was decoded
	}
	return err
}

// openJSON takes JSON Feed apart.
func openJSON(text []byte) (source, error) {
	s := jsonScan{text: text}
	if err := s.run(); err != nil {
		return source{}, err
	}
	var head jsonHead
	if err := unmarshal(s.head(), &head); err != nil {
		return source{}, unreadable(sayBrokenJSON)
	}
	if !s.list && (s.named || !strings.Contains(head.Version, "jsonfeed.org")) {
		return source{}, unreadable(sayOtherJSON)
	}
	src := source{context: []byte("json")}
	for _, it := range s.items {
		src.parts = append(src.parts, text[it.from:it.to])
	}
	if s.broken && len(src.parts) == 0 {
		return source{}, unreadable(sayBrokenJSON)
	}
	src.read = func(keep []bool) (*gofeed.Feed, bool, error) { return head.read(src.parts, keep) }
	return src, nil
}

// read decodes the items that keep names, or all where it is nil.
func (h jsonHead) read(parts [][]byte, keep []bool) (feed *gofeed.Feed, exact bool, err error) {
	feed = &gofeed.Feed{Title: h.Title, Link: h.HomePage, FeedLink: h.FeedURL, Language: h.Language, FeedType: "json"}
	for _, hub := range h.Hubs {
		if strings.EqualFold(hub.Type, "WebSub") { // as the Atom link that says the same
			link := ext.Extension{Name: "link", Attrs: map[string]string{"rel": "hub", "href": hub.URL}}
			feed.Extensions = ext.Extensions{"atom": {"link": {link}}}
			break
		}
	}
	wanted := 0
	for i, part := range parts {
		if keep != nil && !keep[i] {
			continue
		}
		wanted++
		if it := readJSONItem(part); it != nil {
			feed.Items = append(feed.Items, it)
		}
	}
	if wanted > 0 && len(feed.Items) == 0 {
		return nil, false, unreadable(sayJSONItems)
	}
	return feed, len(feed.Items) == wanted, nil
}

// readJSONItem decodes one item; nil: it is none. Line breaks inside strings,
// which JSON forbids, are read as the blanks that they would become anyway.
func readJSONItem(part []byte) *gofeed.Item {
	if part[0] != '{' {
		return nil
	}
	var it jsonItem
	if unmarshal(part, &it) != nil {
		it = jsonItem{}
		if unmarshal(mendStrings(part), &it) != nil {
			return nil
		}
	}
	out := &gofeed.Item{
		GUID: string(it.ID), Title: it.Title, Link: it.URL, Description: it.Summary, Content: firstOf(it.HTML, it.Text),
		Published: it.Published, Updated: it.Modified, Categories: it.Tags,
	}
	if it.ExternalURL != "" {
		out.Links = []string{it.ExternalURL}
	}
	if it.Authors == nil {
		it.Authors = []jsonAuthor{it.Author}
	}
	for _, name := range it.Authors {
		out.Authors = append(out.Authors, &gofeed.Person{Name: string(name)})
	}
	if firstOf(out.GUID, out.Title, out.Link, out.Description, out.Content, it.ExternalURL) == "" {
		return nil // nothing of it could be read
	}
	return out
}

// mendStrings gives a text with single blanks for control characters, and
// without the backslashes of escapes that JSON does not have ("\'").
func mendStrings(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ':
			out = append(out, ' ')
		case c != '\\' || i+1 == len(text):
			out = append(out, c)
		case bytes.IndexByte([]byte(`"\/bfnrtu`), text[i+1]) >= 0:
			i++
			out = append(out, c, text[i])
		}
	}
	return out
}

// jsonHint is what every JSON Feed says of itself, near its beginning or end.
var jsonHint = []byte("jsonfeed.org/version")

// behindJunk finds a JSON Feed behind what a server's script wrote before it;
// nil: there is none.
func behindJunk(text []byte) []byte {
	head := text[:min(len(text), rootWindow)]
	i := bytes.IndexByte(head, '{')
	if i < 0 || bytes.IndexByte(head[:i], '<') >= 0 || !bytes.Contains(text[i:], jsonHint) {
		return nil
	}
	return text[i:]
}

// jsonScan walks once over a JSON object, without recursion, and finds the
// elements of its "items". What else is wrong is left to the decoder. A text
// that breaks off keeps the items before the break.
type jsonScan struct {
	text   []byte
	items  []place
	named  bool // it has a member "items",
	list   bool // and that is a list
	broken bool // the text breaks off
	from   int  // the list's place, between its brackets
	to     int
	end    int // behind the last member that is whole
}

// run refuses JSON nested deeper than maxDepth, or of more than maxValues
// values; of items it keeps the first maxItems.
func (s *jsonScan) run() error {
	depth, values := 0, 0
	element, whole := -1, -1 // where an element of the list begins, and what is complete of it ends
	var key []byte           // of the member whose value is being read
	inKey := true
scan:
	for i := 0; i < len(s.text); i++ {
		switch c := s.text[i]; c {
		case '"':
			n := stringLength(s.text[i:])
			if n == 0 {
				break scan
			}
			if depth == 1 && inKey {
				key = s.text[i+1 : i+n-1]
			}
			i += n - 1
		case ':':
			if depth == 1 && inKey {
				inKey = false
				s.named = s.named || string(key) == "items"
			}
		case ',':
			if values++; values > maxValues {
				return unreadable(sayElements, maxValues)
			}
			if depth == 1 {
				inKey, s.end = true, i
			}
			if depth == 2 && element >= 0 {
				s.element(element, i)
				element = i + 1
			}
		case '{', '[':
			if depth++; depth > maxDepth {
				return unreadable(sayJSONDepth, maxDepth)
			}
			if depth == 2 && c == '[' && string(key) == "items" && !inKey && !s.list {
				s.list, s.from, s.to, element = true, i+1, i+1, i+1
			}
		case '}', ']':
			if depth == 2 && element >= 0 {
				s.element(element, i)
				s.to, element = i, -1
			}
			switch depth--; depth {
			case 0:
				s.end = i
				return nil
			case 2:
				whole = i + 1
			}
		}
	}
	if s.broken = true; element >= 0 && whole > element {
		s.element(element, whole)
	}
	return nil
}

// element notes what lies between two commas of the list, if anything does.
func (s *jsonScan) element(from, to int) {
	s.to = to
	part := bytes.TrimLeft(s.text[from:to], " \t\r\n")
	from = to - len(part)
	if to = from + len(bytes.TrimRight(part, " \t\r\n")); from < to && len(s.items) < maxItems {
		s.items = append(s.items, place{from, to})
	}
}

// head gives the object without the elements of its list and without a last
// member that breaks off.
func (s *jsonScan) head() []byte {
	end := s.end
	if !s.list {
		return slices.Concat(s.text[:end], []byte("}"))
	}
	if end < s.to { // it breaks off in the list
		return slices.Concat(s.text[:s.from], []byte("]}"))
	}
	return slices.Concat(s.text[:s.from], s.text[s.to:end], []byte("}"))
}

// stringLength measures the string at the beginning of b; 0: it never ends.
func stringLength(b []byte) int {
	for i := 1; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		escape := bytes.IndexByte(b[i:i+n], '\\')
		if escape < 0 {
			return i + n + 1
		}
		if i += escape + 2; i >= len(b) {
			return 0
		}
	}
}
