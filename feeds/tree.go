package feeds

import (
	"bytes"
	"mime"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// Limits of a page that is read for its entries or its feeds. Of a thousand
// pages of news sites the largest has 10,138 start tags; what exceeds this
// would cost seconds and hundreds of megabytes. x/net/html itself refuses a
// nesting of more than 512.
const (
	maxPageTags    = 60_000  // start tags, end tags and comments
	maxPageNesting = 900_000 // elements, each counted as often as it is deep
)

// page is an HTML page as a tree.
type page struct {
	root    *html.Node
	base    *url.URL // what its relative links start from; nil: unknown
	nesting int      // elements, each counted as often as it is deep
}

// parsePage reads an HTML page. contentType is the HTTP header, address where
// the page is; both may be empty. Scripts are not run, so what stands in
// <noscript> counts. Its errors are for people.
func parsePage(body []byte, contentType, address string) (page, error) {
	text := pageText(body, contentType)
	if err := noPage(text, contentType); err != nil {
		return page{}, err
	}
	small, err := tamePage(text)
	if err != nil {
		return page{}, err
	}
	root, err := html.ParseWithOptions(bytes.NewReader(small), html.ParseOptionEnableScripting(false))
	if err != nil { // reading from memory fails at nothing but depth
		return page{}, unreadable(sayPageDepth)
	}
	nesting := rename(root)
	if nesting > maxPageNesting {
		return page{}, unreadable(sayPageDepth)
	}
	return page{root, baseOf(root, address), nesting}, nil
}

// pageText decodes a page as decode does a feed, and by the charset that its
// head declares where HTTP names none (HTML, 13.2.3.2).
func pageText(body []byte, contentType string) []byte {
	if _, params, err := mime.ParseMediaType(contentType); err != nil || params["charset"] == "" {
		head := body[:min(len(body), 4096)]
		if _, name, certain := charset.DetermineEncoding(head, ""); certain || declaresCharset(head) {
			contentType = "text/html; charset=" + name
		}
	}
	return clean(decode(body, contentType))
}

// declaresCharset says whether a head has a charset of its own to go by.
func declaresCharset(head []byte) bool { return bytes.Contains(bytes.ToLower(head), []byte("charset")) }

// noPage says what a body is that is no HTML page; nil: it may be one.
func noPage(text []byte, contentType string) error {
	head := text[:min(len(text), rootWindow)]
	start := bytes.TrimLeft(head, " \t\r\n\ufeff")
	media, _, _ := mime.ParseMediaType(contentType)
	if len(start) == 0 {
		return unreadable(sayEmptyBody)
	}
	if _, err := findRoot(head); err == nil {
		return unreadable(sayFeedNotPage)
	}
	if start[0] == '{' || start[0] == '[' || bytes.HasPrefix(start, []byte("%PDF")) || strings.HasPrefix(media, "image/") {
		return unreadable(sayNoPage)
	}
	return nil
}

// tamePage takes from a page what would let a small one become a huge tree,
// and refuses one with too many tags:
//
// Formatting that is never closed is opened again in every paragraph (HTML,
// 13.2.4.3), so that a page of 1 MB can make a tree of 1 GB. Its elements get
// a name that means nothing to the parser, and their own back afterwards. Of
// <a> one stands open at a time.
//
// Within <svg> and <math> other rules decide what is a tag; they hold no news
// and go as a whole. A second <html> or <body> would add its attributes to
// those of the first, each time comparing all.
func tamePage(text []byte) ([]byte, error) {
	var (
		out     bytes.Buffer
		z       = html.NewTokenizer(bytes.NewReader(text))
		tags    = 0
		foreign = "" // svg or math, while it is left out
		depth   = 0  // of elements of that name
		once    = map[string]bool{}
	)
	out.Grow(len(text))
	for {
		kind := z.Next()
		if kind == html.ErrorToken { // the end: reading from memory does not fail
			return out.Bytes(), nil
		}
		raw := z.Raw()
		if kind == html.TextToken || kind == html.DoctypeToken {
			if depth == 0 {
				out.Write(raw)
			}
			continue
		}
		if tags++; tags > maxPageTags {
			return nil, unreadable(sayPageTags, maxPageTags)
		}
		if kind == html.CommentToken {
			continue
		}
		raw = bytes.Clone(raw) // TagName lowers it in place
		b, _ := z.TagName()
		name := string(b)
		end, empty := kind == html.EndTagToken, kind == html.SelfClosingTagToken
		if depth > 0 && !breakout[name] {
			z.NextIsNotRawText()
			switch {
			case name == foreign && end:
				depth--
			case name == foreign && !empty:
				depth++
			}
			continue
		}
		depth = 0
		switch {
		case (name == "svg" || name == "math") && !end:
			if foreign = name; !empty {
				depth = 1
			}
			out.WriteByte(' ')
		case formatting[name] && len(raw) <= maxTag:
			at := bytes.Index(bytes.ToLower(raw), b)
			out.Write(raw[:at])
			out.WriteString(alias)
			out.Write(raw[at:])
		case (name == "html" || name == "body") && !end && once[name]:
			out.WriteByte(' ')
		case len(raw) > maxTag && !end:
			once[name] = true
			writeShort(&out, z, name)
		default:
			once[name] = true
			out.Write(raw)
		}
	}
}

// A tag of more than maxTag bytes keeps this many attributes, and of those what
// is not longer than an address: pages carry whole documents in them.
const (
	maxTag      = 16 << 10
	maxTagAttrs = 30
)

func writeShort(out *bytes.Buffer, z *html.Tokenizer, name string) {
	out.WriteString("<" + name)
	for range maxTagAttrs {
		key, value, more := z.TagAttr()
		if len(key) > 0 && len(key)+len(value) <= maxAddress {
			out.WriteString(" " + html.EscapeString(string(key)) + `="` + html.EscapeString(string(value)) + `"`)
		}
		if !more {
			break
		}
	}
	out.WriteByte('>')
}

// formatting elements are those of HTML, 13.2.4.3, but for <a>.
var formatting = setOf("b big code em font i nobr s small strike strong tt u")

// alias stands before the name of a formatting element while a page is parsed.
const alias = "x-plain-"

// breakout elements end foreign content (HTML, 13.2.6.5); those that stand in
// labels of drawings are not among them.
var breakout = setOf("p h1 h2 h3 h4 h5 h6 ul ol table blockquote body")

// rename gives formatting elements their names back, and says how deep the
// elements are, all together.
func rename(root *html.Node) int {
	sum := 0
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if sum += depth; sum > maxPageNesting {
			return
		}
		if name, ok := strings.CutPrefix(n.Data, alias); ok && n.Type == html.ElementNode {
			n.Data, n.DataAtom = name, atom.Lookup([]byte(name))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(root, 0)
	return sum
}

// baseOf is what relative links start from: the page's address, or what its
// first <base> makes of that (HTML, 4.2.3).
func baseOf(root *html.Node, address string) *url.URL {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		base = nil
	}
	for n := range root.Descendants() {
		if n.DataAtom != atom.Base || !hasAttr(n, "href") {
			continue
		}
		if u := webURL(attr(n, "href"), base); u != nil {
			return u
		}
		break
	}
	return base
}

// attr gives an attribute's value; empty where there is none.
func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return true
		}
	}
	return false
}

// unheard are classes of words that are meant for screen readers alone, such
// as "opens in a new window".
var unheard = setOf("visually-hidden visuallyhidden sr-only screen-reader-text aural u-visuallyhidden")

// silent elements hold no text for people.
var silent = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Select: true, atom.Svg: true}

// nodeText gives the text of an element as of a feed's: block elements separate
// words, inline ones do not, at most max bytes. Words for screen readers alone
// are left out, unless there are no others.
func nodeText(n *html.Node, max int) string {
	if s := textWithout(n, max, forEars); s != "" {
		return s
	}
	return textWithout(n, max, func(*html.Node) bool { return false })
}

// teaserText is nodeText without the links that only call to read on.
func teaserText(n *html.Node) string {
	return textWithout(n, maxText, func(n *html.Node) bool {
		return forEars(n) || n.DataAtom == atom.A && isCall(nodeText(n, 200))
	})
}

func forEars(n *html.Node) bool { return classed(n, unheard) }

func textWithout(n *html.Node, max int, left func(*html.Node) bool) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil && b.Len() <= max; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.Type != html.ElementNode || silent[c.DataAtom] || left(c):
			default:
				if !inline[c.DataAtom] {
					b.WriteByte(' ')
				}
				walk(c)
				if !inline[c.DataAtom] {
					b.WriteByte(' ')
				}
			}
		}
	}
	walk(n)
	return tidyText(cut(b.String(), max))
}

// classed says whether an element has one of the classes.
func classed(n *html.Node, classes map[string]bool) bool {
	for c := range strings.FieldsSeq(attr(n, "class")) {
		if classes[strings.ToLower(c)] {
			return true
		}
	}
	return false
}
