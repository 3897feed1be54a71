package article

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// wrapLoose puts text that stands loose in a table cell or a div, with two line
// ends for a paragraph, into paragraphs: old systems write pages so, and
// parsers run it all together.
func wrapLoose(doc *html.Node) {
	var loose []*html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Td, atom.Div, atom.Body, atom.Section, atom.Article, atom.Center, atom.Main:
			if isLoose(n) {
				loose = append(loose, n)
			}
		}
	}
	for _, n := range loose {
		wrapChildren(n)
	}
}

// isLoose says whether an element holds text of its own, with blank lines in it.
func isLoose(n *html.Node) bool {
	text, breaks, blank := false, 0, false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.DataAtom == atom.Br:
			breaks++
			blank = blank || breaks >= 2
		case c.Type == html.TextNode && strings.TrimSpace(c.Data) != "":
			text, breaks = true, 0
		case c.Type == html.ElementNode:
			breaks = 0
		}
	}
	return text && blank
}

func wrapChildren(n *html.Node) {
	var run []*html.Node
	flush := func(before *html.Node) {
		if len(run) == 0 {
			return
		}
		p := &html.Node{Type: html.ElementNode, Data: "p", DataAtom: atom.P}
		n.InsertBefore(p, before)
		for _, c := range run {
			n.RemoveChild(c)
			p.AppendChild(c)
		}
		run = nil
	}
	breaks := 0
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.DataAtom == atom.Br:
			if breaks++; breaks >= 2 {
				flush(c)
				n.RemoveChild(c)
			} else if len(run) > 0 {
				run = append(run, c)
			}
		case c.Type == html.TextNode && strings.TrimSpace(c.Data) == "":
			if len(run) > 0 {
				run = append(run, c)
			}
		case c.Type == html.TextNode, c.Type == html.ElementNode && enter(c, place{}).block == nil && !invisible(c) && c.DataAtom != atom.Hr:
			run, breaks = append(run, c), 0
		default:
			flush(c)
			breaks = 0
		}
		c = next
	}
	flush(nil)
}
