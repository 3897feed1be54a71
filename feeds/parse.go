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
	text := clean(decode(body, contentType))
	trimmed := bytes.TrimLeft(text, " \t\r\n\ufeff")
	if len(trimmed) == 0 {
		return Document{}, unreadable(sayEmptyBody)
	}
	baseURL, err := url.Parse(base)
	if err != nil || baseURL.Host == "" {
		baseURL = nil
	}
	var feed *gofeed.Feed
	if trimmed[0] == '{' {
		feed, err = parseJSON(trimmed)
	} else {
		feed, err = parseXML(text)
	}
	if err != nil {
		return Document{}, err
	}
	return document(feed, baseURL), nil
}

// parseXML reads RSS and Atom. Where the XML reader stumbles in spite of all
// repairs, or finds fewer items than the text has, items are read in smaller
// and smaller groups, so that one broken item costs only itself.
func parseXML(text []byte) (*gofeed.Feed, error) {
	text, err := findRoot(text)
	if err != nil {
		return nil, err
	}
	g := guard{text: text}
	if err := g.run(); err != nil {
		return nil, err
	}
	fixed := g.apply()
	feed, err := gofeedParse(fixed)
	if err == nil && len(feed.Items) >= len(g.items) {
		return feed, nil
	}
	saved := salvage(fixed)
	if saved == nil || feed != nil && len(saved.Items) <= len(feed.Items) {
		return feed, err
	}
	return saved, nil
}

// maxSalvage bounds how often a broken document is read in parts.
const maxSalvage = 400

func salvage(text []byte) *gofeed.Feed {
	g := guard{text: text}
	if g.run() != nil || len(g.items) == 0 || g.items[0].from > rootWindow {
		return nil
	}
	text = g.apply()
	head, tail := text[:g.items[0].from], closingTags(g.container)
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
	read(g.items)
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

// parseJSON reads JSON Feed; where one item has wrong types, the others are kept.
func parseJSON(text []byte) (*gofeed.Feed, error) {
	if err := guardJSON(text); err != nil {
		return nil, err
	}
	var doc struct {
		Version string            `json:"version"`
		Items   []json.RawMessage `json:"items"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, unreadable(sayOtherJSON)
		}
		return nil, unreadable(sayBrokenJSON)
	}
	if !strings.Contains(doc.Version, "jsonfeed.org") && doc.Items == nil {
		return nil, unreadable(sayOtherJSON)
	}
	if len(doc.Items) <= maxItems {
		if feed, err := gofeedParse(text); err == nil {
			return feed, nil
		}
	}
	return salvageJSON(text, doc.Items[:min(len(doc.Items), maxItems)])
}

func salvageJSON(text []byte, items []json.RawMessage) (*gofeed.Feed, error) {
	var head map[string]json.RawMessage
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, unreadable(sayBrokenJSON)
	}
	out := &gofeed.Feed{}
	for _, key := range []string{"title", "home_page_url", "feed_url"} {
		var s string
		if json.Unmarshal(head[key], &s) != nil {
			continue // a wrong type says nothing
		}
		switch key {
		case "title":
			out.Title = s
		case "home_page_url":
			out.Link = s
		case "feed_url":
			out.FeedLink = s
		}
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

// guardJSON refuses JSON nested deeper than maxDepth.
func guardJSON(text []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
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
