package article

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// line is one line as a reader sees it.
type line struct {
	text   string // clean
	level  int    // of a heading, 1 to 6; 0: none
	item   bool   // of a list
	linked int    // bytes of text that are links
	side   bool   // in navigation, header, footer or aside
	para   int    // lines of one paragraph, broken by <br>, have the same number
	block  *html.Node
	nodes  []*html.Node // its text nodes
}

// mostlyLinks says whether nearly all of the line leads elsewhere.
func (l line) mostlyLinks() bool { return l.linked*10 >= len(l.text)*7 }

// rendered is a page, or a part of one, as lines.
type rendered struct {
	lines []line
	spans map[*html.Node]span // which lines an element holds
	size  int                 // bytes of text
}

// span is a half-open range of lines.
type span struct{ from, to int }

// furniture gives the short lines that stand in navigation, header or footer,
// or at three places of the page: they are the page's, not the article's.
func (r *rendered) furniture() map[string]bool {
	times, out := map[string]int{}, map[string]bool{}
	for _, l := range r.lines {
		if len(l.text) > 80 || l.level > 0 {
			continue
		}
		times[l.text]++
		if times[l.text] >= 3 || (l.side && l.mostlyLinks()) {
			out[l.text] = true
		}
	}
	return out
}

// maxLines is how many lines of a page are told.
const maxLines = 1000

// distinct gives the text of the lines, each once.
func (r *rendered) distinct() []string {
	var out []string
	seen := make(map[string]bool, len(r.lines))
	for _, l := range r.lines {
		if !seen[l.text] && len(out) < maxLines {
			seen[l.text] = true
			out = append(out, l.text)
		}
	}
	return out
}

// render reads the lines of a tree.
func render(root *html.Node) *rendered {
	w := &walker{out: &rendered{spans: map[*html.Node]span{}}}
	w.walk(root, place{})
	w.end()
	return w.out
}

// place is what a walker knows about where it is.
type place struct {
	block      *html.Node
	level      int
	item, link bool
	side, pre  bool
}

type walker struct {
	out  *rendered
	text strings.Builder
	cur  line
	para int
}

func (w *walker) walk(n *html.Node, at place) {
	switch n.Type {
	case html.TextNode:
		w.add(n, at)
		return
	case html.ElementNode:
		if invisible(n) {
			return
		}
		if n.DataAtom == atom.Br || n.DataAtom == atom.Hr {
			if !w.end() || n.DataAtom == atom.Hr {
				w.para++
			}
			return
		}
	case html.DocumentNode:
	default:
		return
	}
	inside := enter(n, at)
	isBlock := inside.block != at.block
	if isBlock {
		w.end()
		w.para++
	}
	from := len(w.out.lines)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, inside)
	}
	if isBlock {
		w.end()
		w.para++
		w.out.spans[n] = span{from, len(w.out.lines)}
	}
}

// add appends a text node to the current line.
func (w *walker) add(n *html.Node, at place) {
	parts := []string{n.Data}
	if at.pre {
		parts = strings.Split(n.Data, "\n")
	}
	for i, part := range parts {
		if i > 0 && !w.end() {
			w.para++
		}
		if strings.TrimSpace(part) == "" {
			w.text.WriteByte(' ')
			continue
		}
		if len(w.cur.nodes) == 0 {
			w.cur = line{level: at.level, item: at.item, side: at.side, block: at.block}
		}
		w.cur.nodes = append(w.cur.nodes, n)
		w.text.WriteString(part)
		w.out.size += len(part)
		if at.link {
			w.cur.linked += len(strings.TrimSpace(part))
		}
	}
}

// end ends the current line and says whether there was one.
func (w *walker) end() bool {
	text := clean(w.text.String())
	w.text.Reset()
	nodes := w.cur.nodes
	if len(nodes) == 0 || text == "" {
		w.cur = line{}
		return false
	}
	w.cur.text, w.cur.para = text, w.para
	w.out.lines = append(w.out.lines, w.cur)
	w.cur = line{}
	return true
}

// enter says what changes inside an element.
func enter(n *html.Node, at place) place {
	switch n.DataAtom {
	case atom.A:
		at.link = true
		return at
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		at.level = int(n.Data[1] - '0')
	case atom.Li:
		at.item = true
	case atom.Nav, atom.Footer, atom.Aside, atom.Menu:
		at.side = true
	case atom.Header: // an article has its own header, with its title
		at.side = at.side || !within(n, atom.Article, atom.Main)
	case atom.Pre:
		at.pre = true
	case atom.P, atom.Div, atom.Tr, atom.Td, atom.Th, atom.Table, atom.Blockquote, atom.Section, atom.Article, atom.Main,
		atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Figure, atom.Figcaption, atom.Form, atom.Address, atom.Body,
		atom.Html, atom.Head, atom.Fieldset, atom.Details, atom.Summary, atom.Caption, atom.Center, atom.Dialog, atom.Label,
		atom.Tbody, atom.Thead, atom.Tfoot:
	default:
		return at
	}
	at.block = n
	return at
}

func within(n *html.Node, atoms ...atom.Atom) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		for _, a := range atoms {
			if p.DataAtom == a {
				return true
			}
		}
	}
	return false
}

// invisible elements hold no text that a reader sees.
func invisible(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Iframe, atom.Textarea, atom.Select, atom.Object,
		atom.Title, atom.Button, atom.Math:
		return true
	}
	return false
}

// plainLines gives the lines of plain text; blank ones end paragraphs.
func plainLines(text string) []line {
	var out []line
	para := 0
	for raw := range strings.SplitSeq(text, "\n") {
		s := clean(raw)
		if s == "" {
			para++
			continue
		}
		out = append(out, line{text: s, para: para})
	}
	return out
}

// join puts lines into paragraphs with a blank line between them.
func join(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		switch {
		case i == 0:
		case l.para == lines[i-1].para:
			b.WriteByte('\n')
		default:
			b.WriteString("\n\n")
		}
		b.WriteString(l.text)
	}
	return b.String()
}
