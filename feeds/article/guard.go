package article

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// MaxBytes is the size of the largest page that is read, in bytes.
const MaxBytes = 10 << 20

// What a page may hold besides, so that the most expensive one costs some two seconds
// and 200 MB. Of 1,046 pages of two evaluation corpora the largest has 10,138
// start tags, and the median 700. Depth is bounded by x/net/html, to 512.
const (
	maxTags     = 50_000    // start and end tags, comments
	maxReopened = 600_000   // formatting elements that may stand open at a tag, summed over the tags
	maxText     = 512 << 10 // bytes of text
	maxNesting  = 600_000   // elements, each counted as often as it is deep: parsers visit it once per ancestor
	maxTitle    = 300       // bytes; what is longer is no title
	maxKeywords = 60
)

type kind int

const (
	kindHTML kind = iota
	kindPlain
	kindOther
)

// kindOf says what a body is, by its header and its first bytes. Servers say
// text/plain of pages and text/html of pictures.
func kindOf(p Page) kind {
	start := bytes.TrimSpace(p.Body[:min(len(p.Body), 1024)])
	for _, magic := range []string{"%PDF", "\x89PNG", "GIF8", "\xff\xd8\xff", "PK\x03\x04", "\x1f\x8b", "{\\rtf", "%!PS", "<rss", "<rdf:RDF", "<feed"} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return kindOther
		}
	}
	start = bytes.ToLower(start)
	if bytes.HasPrefix(start, []byte("<?xml")) && (bytes.Contains(start, []byte("<rss")) || bytes.Contains(start, []byte("<feed")) || bytes.Contains(start, []byte("<rdf:rdf"))) {
		return kindOther
	}
	media, _, _ := mime.ParseMediaType(p.ContentType)
	switch {
	case media == "text/html" || media == "application/xhtml+xml":
		return kindHTML
	case media == "" || strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "xml") || media == "application/octet-stream":
		if looksLikeHTML(p.Body) {
			return kindHTML
		}
		if media == "application/octet-stream" || strings.HasSuffix(media, "xml") {
			return kindOther
		}
		return kindPlain
	}
	return kindOther
}

// unreadable says whether the beginning of a decoded body is no text: more than
// one in a hundred of its characters are such as texts do not have.
func unreadable(text []byte) bool {
	all, odd := 0, 0
	for _, r := range string(text[:min(len(text), 64<<10)]) {
		all++
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) && r != '\x1b' {
			odd++
		}
	}
	return odd > 3 && odd*100 > all
}

// looksLikeHTML looks for a tag that no plain text has.
func looksLikeHTML(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return true // UTF-16: let the parser see
	}
	b = bytes.ToLower(b[:min(len(b), 64<<10)])
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<p>", "<p ", "<div", "<article", "<table", "<h1", "<br"} {
		if bytes.Contains(b, []byte(tag)) {
			return true
		}
	}
	return false
}

// parse builds the tree. x/net/html refuses a nesting of more than 512.
func parse(text []byte) (*html.Node, error) {
	doc, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTooComplex, err)
	}
	if nesting(doc, 0) > maxNesting {
		return nil, fmt.Errorf("%w: too many elements too deep", ErrTooComplex)
	}
	if visible(doc) > maxText {
		return nil, fmt.Errorf("%w: too much text", ErrTooLarge)
	}
	return doc, nil
}

func nesting(n *html.Node, depth int) int {
	sum := depth
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sum += nesting(c, depth+1)
	}
	return sum
}

// visible gives the bytes of the text that a reader sees, before anything is
// made of it.
func visible(n *html.Node) int {
	if n.Type == html.TextNode {
		return len(strings.TrimSpace(n.Data))
	}
	if n.Type == html.ElementNode && invisible(n) {
		return 0
	}
	sum := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sum += visible(c)
	}
	return sum
}

// dropScripts takes out what no reader sees and parsers would read again.
func dropScripts(doc *html.Node) {
	var scripts []*html.Node
	for n := range doc.Descendants() {
		if n.DataAtom == atom.Script || n.DataAtom == atom.Style {
			scripts = append(scripts, n)
		}
	}
	for _, n := range scripts {
		n.Parent.RemoveChild(n)
	}
}
