package feeds

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
)

// Document is what a feed's body says.
type Document struct {
	Title     string
	Site      string        // address of the site the feed belongs to; may be empty
	Self      string        // address the feed gives for itself; may be empty
	Hub       string        // WebSub hub; may be empty
	TTL       time.Duration // how long the feed asks not to be read again; 0: not said
	SkipHours uint32        // see Asks
	SkipDays  uint8         // see Asks
	Items     []Item        // in the feed's order; only what the feed says is filled in
}

// Parse reads RSS, Atom or JSON Feed. contentType is the HTTP header, base the
// address that relative links start from; both may be empty. Damage is
// repaired where the meaning is plain. Whatever the body holds, Parse neither
// panics nor recurses by its depth; a body that is no feed gives a *ParseError.
func Parse(body []byte, contentType, base string) (Document, error) {
	r, err := readBody(body, contentType, base, nil)
	return r.doc, err
}

// source is a body that passed the guard, repaired and taken apart.
type source struct {
	parts   [][]byte // its items, as they stand in it
	context []byte   // what their meaning hangs on, apart from the body's address
	// read has gofeed read those of the parts that keep names, or all where it
	// is nil. exact says that the feed has just these items, in this order.
	read func(keep []bool) (feed *gofeed.Feed, exact bool, err error)
}

// open decodes a body and takes it apart.
func open(body []byte, contentType string) (source, error) {
	text := clean(decode(body, contentType))
	trimmed := bytes.TrimLeft(text, " \t\r\n\ufeff")
	switch {
	case len(trimmed) == 0:
		return source{}, unreadable(sayEmptyBody)
	case trimmed[0] == '{':
		return openJSON(trimmed)
	}
	return openXML(text)
}

// openXML takes RSS and Atom apart. Where the XML reader stumbles in spite of
// all repairs, or finds fewer items than the text has, items are read in
// smaller and smaller groups, so that one broken item costs only itself.
func openXML(text []byte) (source, error) {
	whole := text
	text, err := findRoot(whole)
	if err != nil {
		return source{}, err
	}
	g := guard{text: expand(whole[:len(whole)-len(text)], text)}
	if err := g.run(); err != nil {
		return source{}, err
	}
	fixed, places := g.apply()
	src := source{context: []byte("xml")}
	for _, e := range g.container {
		src.context = append(src.context, e.tag...)
	}
	for _, it := range places {
		src.parts = append(src.parts, fixed[it.from:it.to])
	}
	src.read = func(keep []bool) (*gofeed.Feed, bool, error) {
		part, wanted := fixed, len(places)
		if keep != nil {
			part, wanted = without(fixed, places, keep)
		}
		feed, err := gofeedParse(part)
		if err == nil && len(feed.Items) >= wanted {
			if len(feed.Items) == wanted && feed.FeedType == "atom" {
				originalIDs(feed.Items, src.parts, keep)
			}
			return feed, len(feed.Items) == wanted && !g.scattered, nil
		}
		if keep != nil {
			return feed, false, err
		}
		saved := salvage(fixed, places, g.container)
		if saved == nil || feed != nil && len(saved.Items) <= len(feed.Items) {
			return feed, false, err
		}
		return saved, false, nil
	}
	return src, nil
}

// without gives the text without the items that keep does not name, and how
// many are left.
func without(text []byte, items []place, keep []bool) (out []byte, left int) {
	out = make([]byte, 0, len(text)/4)
	from := 0
	for i, it := range items {
		if keep[i] {
			left++
			continue
		}
		out = append(out, text[from:it.from]...)
		from = it.to
	}
	return append(out, text[from:]...), left
}

// originalIDs gives entries their ids byte for byte: gofeed writes them like
// addresses, and so changes some, but ids are not to be normalised (RFC 4287,
// 4.2.6.1).
func originalIDs(items []*gofeed.Item, parts [][]byte, keep []bool) {
	next := 0
	for i, part := range parts {
		if keep != nil && !keep[i] {
			continue
		}
		it := items[next]
		next++
		if !strings.Contains(it.GUID, ":") {
			continue
		}
		for rest := part; ; {
			at := bytes.Index(rest, []byte("<id>"))
			if at < 0 {
				break
			}
			rest = rest[at+len("<id>"):]
			end := bytes.IndexByte(rest[:min(len(rest), maxGUID)], '<')
			if end < 0 {
				break
			}
			id := html.UnescapeString(strings.TrimSpace(string(rest[:end])))
			if u, err := url.Parse(id); err == nil && u.String() == it.GUID {
				it.GUID = id
				break
			}
		}
	}
}

// maxSalvage bounds how often a broken document is read in parts.
const maxSalvage = 400

func salvage(text []byte, items []place, container []element) *gofeed.Feed {
	if len(items) == 0 || items[0].from > rootWindow {
		return nil
	}
	head, tail := text[:items[0].from], closingTags(container)
	var out *gofeed.Feed
	tries := 0
	var read func(items []place)
	read = func(items []place) {
		if tries++; tries > maxSalvage {
			return
		}
		part := bytes.Clone(head)
		for _, it := range items {
			part = append(part, text[it.from:it.to]...)
		}
		feed, err := gofeedParse(append(part, tail...))
		switch {
		case err == nil && len(feed.Items) >= len(items):
			if out == nil {
				out = feed
				return
			}
			out.Items = append(out.Items, feed.Items...)
		case len(items) > 1:
			read(items[:len(items)/2])
			read(items[len(items)/2:])
		}
	}
	read(items)
	return out
}

// gofeedParse hands UTF-8 that passed the guard to gofeed. A panic inside it
// is an error of that one body.
func gofeedParse(text []byte) (feed *gofeed.Feed, err error) {
	defer func() {
		if recover() != nil {
			feed, err = nil, unreadable(sayUnreadable)
		}
	}()
	p := gofeed.NewParser()
	p.KeepOriginalFeed = true
	p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	feed, err = p.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, parseError(err)
	}
	return feed, nil
}

// parseError puts a reader's error into words, without quoting the body.
func parseError(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return unreadable(sayBrokenXML, syntax.Line)
	case errors.Is(err, gofeed.ErrFeedTypeNotDetected):
		return unreadable(sayNoFeed)
	}
	return unreadable(sayUnreadable)
}

// jsonHead is what a JSON Feed says apart from its items, as far as we read it.
type jsonHead struct {
	Version  json.RawMessage `json:"version,omitempty"`
	Title    json.RawMessage `json:"title,omitempty"`
	HomePage json.RawMessage `json:"home_page_url,omitempty"`
	FeedURL  json.RawMessage `json:"feed_url,omitempty"`
	Language json.RawMessage `json:"language,omitempty"`
}

// openJSON takes JSON Feed apart; where one item has wrong types, the others
// are read without it.
func openJSON(text []byte) (source, error) {
	if err := guardJSON(text); err != nil {
		return source{}, err
	}
	var doc struct {
		jsonHead
		Items []json.RawMessage `json:"items"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return source{}, unreadable(sayOtherJSON)
		}
		return source{}, unreadable(sayBrokenJSON)
	}
	if !strings.Contains(jsonText(doc.Version), "jsonfeed.org") && doc.Items == nil {
		return source{}, unreadable(sayOtherJSON)
	}
	items := doc.Items[:min(len(doc.Items), maxItems)]
	src := source{context: []byte("json")}
	for _, raw := range items {
		src.parts = append(src.parts, raw)
	}
	src.read = func(keep []bool) (*gofeed.Feed, bool, error) {
		kept := items
		if keep != nil {
			kept = nil
			for i, raw := range items {
				if keep[i] {
					kept = append(kept, raw)
				}
			}
		}
		if part, err := doc.with(kept); err == nil {
			if feed, err := gofeedParse(part); err == nil {
				return feed, len(feed.Items) == len(kept), nil
			}
		}
		feed, err := salvageJSON(doc.jsonHead, kept)
		return feed, false, err
	}
	return src, nil
}

// with writes a JSON Feed of the head and the given items.
func (h jsonHead) with(items []json.RawMessage) ([]byte, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	size := len(head) + 20
	for _, raw := range items {
		size += len(raw) + 1
	}
	out := make([]byte, 0, size)
	out = append(out, head[:len(head)-1]...)
	if len(head) > 2 {
		out = append(out, ',')
	}
	out = append(out, `"items":[`...)
	for i, raw := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, raw...)
	}
	return append(out, "]}"...), nil
}

// jsonText reads a string; anything else says nothing.
func jsonText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func salvageJSON(head jsonHead, items []json.RawMessage) (*gofeed.Feed, error) {
	out := &gofeed.Feed{
		Title: jsonText(head.Title), Link: jsonText(head.HomePage), FeedLink: jsonText(head.FeedURL), Language: jsonText(head.Language),
	}
	for _, raw := range items {
		feed := jsonItem(raw)
		if feed == nil {
			feed = jsonItem(withoutWrongTypes(raw))
		}
		if feed != nil {
			out.Items = append(out.Items, feed.Items...)
		}
	}
	if len(out.Items) == 0 && len(items) > 0 {
		return nil, unreadable(sayJSONItems)
	}
	return out, nil
}

// jsonItem reads one item of a JSON Feed; nil: it cannot be read.
func jsonItem(raw []byte) *gofeed.Feed {
	if len(raw) == 0 {
		return nil
	}
	feed, err := gofeedParse(slices.Concat([]byte(`{"version":"https://jsonfeed.org/version/1.1","items":[`), raw, []byte("]}")))
	if err != nil {
		return nil
	}
	return feed
}

// What JSON Feed 1.1 says of an item, as far as we read it.
var jsonFields = []string{"id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified", "author", "authors", "tags"}

// withoutWrongTypes gives a JSON item without the fields that cannot be read;
// nil: it is no item, or nothing is left of it.
func withoutWrongTypes(raw []byte) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	kept := map[string]json.RawMessage{}
	for _, name := range jsonFields {
		value, ok := all[name]
		if ok && jsonItem(slices.Concat([]byte(`{"`+name+`":`), value, []byte("}"))) != nil {
			kept[name] = value
		}
	}
	out, err := json.Marshal(kept)
	if err != nil || len(kept) == 0 {
		return nil
	}
	return out
}

// guardJSON refuses JSON nested deeper than maxDepth, or of more than maxValues
// values.
func guardJSON(text []byte) error {
	depth, values, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			if values++; values > maxValues {
				return unreadable(sayElements, maxValues)
			}
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return unreadable(sayJSONDepth, maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
