package article

import (
	"bytes"
	"fmt"

	"golang.org/x/net/html"
)

// tame refuses what would cost too much to parse, and takes from the rest what
// lets a small page become a huge tree:
//
// Formatting that is never closed is opened again in every paragraph (HTML,
// 13.2.4.3), so a page of 1 MB can make a tree of 1 GB. Of formatting elements
// with equal attributes at most three are kept open ("Noah's Ark"), and of <a>
// one; so they lose their attributes, and no count of end tags has to be
// trusted, which a page can place where they close nothing.
//
// Within <svg> and <math> other rules decide what is a tag. They hold no text of
// an article and go as a whole, so that the parser sees the tags counted here.
//
// A second <html> or <body> would add its attributes to those of the first,
// each time comparing all.
func tame(text []byte) ([]byte, error) {
	t := tamer{z: html.NewTokenizer(bytes.NewReader(text)), once: map[string]bool{}, kept: map[string]int{}}
	t.out.Grow(len(text))
	for {
		switch kind := t.z.Next(); kind {
		case html.ErrorToken: // the end: reading from memory does not fail
			return t.out.Bytes(), nil
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			t.tag(kind)
			t.tags++
			t.again += t.open
		case html.CommentToken:
			t.tags++
			t.pass()
		case html.TextToken:
			if !t.script {
				t.text += len(bytes.TrimSpace(t.z.Raw()))
			}
			t.pass()
		default:
			t.pass()
		}
		if t.text > 4*maxText { // as it is written: entities take more
			return nil, fmt.Errorf("%w: too much text", ErrTooLarge)
		}
		if t.tags > maxTags {
			return nil, fmt.Errorf("%w: more than %d tags", ErrTooComplex, maxTags)
		}
		if t.again > maxReopened {
			return nil, fmt.Errorf("%w: formatting that is never closed", ErrTooComplex)
		}
	}
}

type tamer struct {
	z   *html.Tokenizer
	out bytes.Buffer

	tags, again int
	text        int            // bytes, scripts not counted
	script      bool           // what follows is a script's or a style's
	open        int            // formatting elements that may stand open
	kept        map[string]int // how many of each name count as open
	once        map[string]bool
	foreign     string // svg or math, where it is being left out
	depth       int    // of elements of that name
}

// gap stands where something is left out, so that what stood beside it does not
// grow into a tag.
const gap = "<!---->"

// pass copies the token, unless it is left out.
func (t *tamer) pass() {
	if t.depth == 0 {
		t.out.Write(t.z.Raw())
	}
}

// tag copies a start or end tag, changes it, or leaves it out.
func (t *tamer) tag(kind html.TokenType) {
	end, empty := kind == html.EndTagToken, kind == html.SelfClosingTagToken
	raw := t.z.Raw()
	b, _ := t.z.TagName()
	name := string(b)
	t.script = !end && (name == "script" || name == "style")
	if t.depth > 0 && !t.leaves(name, end, empty) {
		return
	}
	switch {
	case end:
		t.out.Write(raw)
	case name == "svg" || name == "math":
		if t.foreign = name; !empty {
			t.depth = 1
		}
		t.out.WriteString(gap)
	case formatting[name] > 0:
		if t.kept[name] < formatting[name] {
			t.kept[name]++
			t.open++
		}
		if name == "a" {
			t.out.Write(raw)
		} else {
			t.out.WriteString("<" + name + ">")
		}
	case name == "html" || name == "body":
		if t.once[name] {
			t.out.WriteString(gap)
			return
		}
		t.once[name] = true
		t.out.Write(raw)
	default:
		t.out.Write(raw)
	}
}

// leaves follows a tag within foreign content and says whether it ends it: that
// content was never closed, and the article goes on.
func (t *tamer) leaves(name string, end, empty bool) bool {
	switch {
	case end && name == t.foreign:
		t.depth--
	case end:
	case breakout[name]:
		t.depth = 0
		return true
	default:
		t.z.NextIsNotRawText()
		if name == t.foreign && !empty {
			t.depth++
		}
	}
	return false
}

// formatting elements are those of HTML, 13.2.4.3, with how many of each can
// stand open in one place.
var formatting = map[string]int{"a": 1, "b": 3, "big": 3, "code": 3, "em": 3, "font": 3, "i": 3, "nobr": 3,
	"s": 3, "small": 3, "strike": 3, "strong": 3, "tt": 3, "u": 3}

// breakout elements end foreign content (HTML, 13.2.6.5); those that stand in
// labels of drawings are not among them.
var breakout = map[string]bool{"p": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
	"ul": true, "ol": true, "table": true, "blockquote": true, "body": true}
