package feeds

import (
	"errors"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Bounds of a selector. What people write and browsers suggest stays below.
const (
	maxSelector = 500 // bytes
	maxChains   = 8   // alternatives, separated by commas
	maxSteps    = 24  // compounds of one alternative
)

// selector is a CSS selector (Selectors Level 3, and what cascadia adds). It is
// kept in steps, so that looking for it takes one walk over a page: a matcher
// that tries each ancestor for each combinator is at the mercy of a page's
// depth.
type selector []chain

// chain is one alternative of a selector: compounds and what joins them.
type chain []step

// step is a compound, and how it is joined to the one before: ' ' within, '>'
// child, '+' next sibling, '~' later sibling; 0: it is the first.
type step struct {
	join byte
	what cascadia.Sel
}

// CheckSelector says what is wrong with a CSS selector: a *ParseError that names
// it, and why; nil: nothing.
func CheckSelector(s string) error {
	_, err := parseSelector(s)
	return err
}

// parseSelector reads a selector. Its error is a *ParseError that names it.
func parseSelector(s string) (selector, error) {
	if len(s) > maxSelector {
		return nil, unreadable(saySelector, cut(s, 40)+"...", "it is too long")
	}
	var out selector
	for _, alternative := range splitOutside(s, ',') {
		c, err := parseChain(alternative)
		if err != nil {
			var kind *kindError
			if errors.As(err, &kind) {
				return nil, unreadable(saySelectorKind, s, kind.name)
			}
			return nil, unreadable(saySelector, s, err)
		}
		if out = append(out, c); len(out) > maxChains {
			return nil, unreadable(saySelector, s, "it has too many alternatives")
		}
	}
	return out, nil
}

// kindError names a pseudo-class that is not read.
type kindError struct{ name string }

func (e *kindError) Error() string { return e.name + " is not read" }

// costly pseudo-classes look through everything below or around an element.
var costly = setOf("has haschild contains containsown matches matchesown")

func parseChain(s string) (chain, error) {
	var out chain
	join := byte(0)
	for s = strings.TrimLeft(s, blanks); s != "" || len(out) == 0 || join != ' '; s = strings.TrimLeft(s, blanks) {
		end, err := endOfCompound(s)
		if err != nil {
			return nil, err
		}
		what, err := cascadia.Parse(s[:end])
		if err != nil {
			return nil, err
		}
		if out = append(out, step{join, what}); len(out) > maxSteps {
			return nil, errors.New("it has too many steps")
		}
		s, join = strings.TrimLeft(s[end:], blanks), ' '
		if s != "" && strings.IndexByte(">+~", s[0]) >= 0 {
			s, join = s[1:], s[0]
		}
		if s == "" && join == ' ' {
			break
		}
	}
	return out, nil
}

const blanks = " \t\r\n\f"

// endOfCompound says where the first compound of s ends, and refuses what
// could not be matched by looking at an element and its siblings.
func endOfCompound(s string) (int, error) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			i++
		case '"', '\'', '[', '(':
			end := closing(s, i)
			if c == '(' {
				if err := checkArgument(s[:i], s[i+1:max(i+1, end)]); err != nil {
					return 0, err
				}
			}
			i = end
		case ' ', '\t', '\r', '\n', '\f', '>', '+', '~':
			return i, nil
		}
	}
	return len(s), nil
}

// checkArgument checks what stands in the parentheses of a pseudo-class.
func checkArgument(before, argument string) error {
	name := strings.ToLower(before[strings.LastIndexByte(before, ':')+1:])
	if costly[name] {
		return &kindError{":" + name + "()"}
	}
	if name != "not" {
		return nil
	}
	for _, part := range splitOutside(argument, ',') {
		if c, err := parseChain(part); err != nil || len(c) > 1 {
			return &kindError{":not(a b)"}
		}
	}
	return nil
}

// closing gives the place of what closes the quote or bracket at i, or the
// last place of s.
func closing(s string, i int) int {
	open := s[i]
	for j := i + 1; j < len(s); j++ {
		switch c := s[j]; {
		case c == '\\':
			j++
		case open == '"' || open == '\'':
			if c == open {
				return j
			}
		case c == '"' || c == '\'' || c == '[' || c == '(':
			j = closing(s, j)
		case c == ']' && open == '[' || c == ')' && open == '(':
			return j
		}
	}
	return len(s) - 1
}

// splitOutside splits at a separator that stands in no quotes or brackets.
func splitOutside(s string, sep byte) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"', '\'', '[', '(':
			i = closing(s, i)
		case sep:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// matched says, a bit a step, which steps of each alternative an element ends.
type matched [maxChains]uint32

func (m *matched) add(other matched) {
	for i := range m {
		m[i] |= other[i]
	}
}

// all gives the elements that the selector accepts, in the page's order.
func (s selector) all(root *html.Node) []*html.Node {
	var out []*html.Node
	var walk func(n *html.Node, above, parent matched)
	walk = func(n *html.Node, above, parent matched) {
		var before, earlier matched // of the siblings
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			own, whole := s.at(c, above, parent, before, earlier)
			if whole {
				out = append(out, c)
			}
			below := above
			below.add(own)
			walk(c, below, own)
			before = own
			earlier.add(own)
		}
	}
	walk(root, matched{}, matched{})
	return out
}

// at says which steps end at an element, and whether a whole alternative does.
func (s selector) at(n *html.Node, above, parent, before, earlier matched) (own matched, whole bool) {
	for i, c := range s {
		for j, st := range c {
			reached := true
			switch st.join {
			case ' ':
				reached = above[i]>>(j-1)&1 == 1
			case '>':
				reached = parent[i]>>(j-1)&1 == 1
			case '+':
				reached = before[i]>>(j-1)&1 == 1
			case '~':
				reached = earlier[i]>>(j-1)&1 == 1
			}
			if reached && st.what.Match(n) {
				own[i] |= 1 << j
				whole = whole || j == len(c)-1
			}
		}
	}
	return own, whole
}
