package feeds

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/url"
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
	if object := behindJunk(trimmed); object != nil {
		return openJSON(object)
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
