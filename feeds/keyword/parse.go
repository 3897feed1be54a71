package keyword

import "slices"

// Bounds of a query.
const (
	maxQuery = 2000 // bytes
	maxDepth = 50   // parentheses and negations inside each other
)

// The fields of the language: every spelling, and its canonical one.
var queryFields = map[string]string{
	"title": "title", "titel": "title",
	"text":   "text",
	"source": "source", "quelle": "source",
	"tag": "tag", "stichwort": "tag", "keyword": "tag",
}

var fieldSpellings = [...]string{"titel", "title", "text", "quelle", "source", "stichwort", "tag", "keyword"}

var fieldMasks = map[string]mask{"title": 1 << inTitle, "text": 1 << inText, "source": 1 << inSource, "tag": 1 << inKeywords}

type op uint8

const (
	opTerm op = iota
	opAnd
	opOr
	opNot
	opNear
	opField
)

type node struct {
	op    op
	kids  []*node
	term  *term
	near  int    // words, of opNear
	field string // canonical, of opField
	at    int    // byte offset in the query
}

type parser struct {
	query string
	lex   lexer
	tok   token
	depth int
	field bool // inside a field
}

// Parse reads one query. Its error is a *SyntaxError.
//
//	query = and { ("OR" | "ODER" | "|") and }
//	and   = near { ["AND" | "UND"] near }
//	near  = not { ("NEAR" | "NAHE") ["/" n] not }
//	not   = ("NOT" | "NICHT" | "-") not | atom
//	atom  = "(" query ")" | field ":" ( "(" query ")" | term ) | term
//	term  = ["="] ( word | '"' word { word } '"' ) | word "*" | "*" word | "*" word "*"
//
// Operators count in capitals only. A query has 2,000 bytes and 50 levels at
// the most, as it is written and in canonical form, and says at least one
// thing that must occur.
func Parse(s string) (*Query, error) {
	p := &parser{query: s}
	if len(s) > maxQuery {
		return nil, p.faultLength()
	}
	p.lex = lexer{query: s, chars: clean(s)}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return nil, p.faultEmpty()
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind == tokClose {
		return nil, p.faultOpening(p.tok.at)
	}
	if !positive(root) {
		return nil, p.faultNegative(root.at)
	}
	q := newQuery(root)
	if len(q.text) > maxQuery { // it is stored in this form, and must be read again
		return nil, p.faultLength()
	}
	return q, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) or() (*node, error) {
	n, err := p.and()
	if err != nil || p.tok.kind != tokOr {
		return n, err
	}
	kids := flat(nil, opOr, n)
	for p.tok.kind == tokOr {
		if err := p.advance(); err != nil {
			return nil, err
		}
		k, err := p.and()
		if err != nil {
			return nil, err
		}
		kids = flat(kids, opOr, k)
	}
	if len(kids) == 1 {
		return kids[0], nil
	}
	return &node{op: opOr, kids: kids, at: n.at}, nil
}

func (p *parser) and() (*node, error) {
	n, err := p.near()
	if err != nil {
		return nil, err
	}
	kids := flat(nil, opAnd, n)
	for {
		switch p.tok.kind {
		case tokEnd, tokClose, tokOr:
			if len(kids) == 1 {
				return kids[0], nil
			}
			return &node{op: opAnd, kids: kids, at: n.at}, nil
		case tokAnd:
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		k, err := p.near()
		if err != nil {
			return nil, err
		}
		kids = flat(kids, opAnd, k)
	}
}

// flat appends n, or its operands when it is the same operation. What was
// said before is not said again.
func flat(kids []*node, o op, n *node) []*node {
	if n.op == o {
		for _, k := range n.kids {
			kids = flat(kids, o, k)
		}
		return kids
	}
	if n.op == opTerm && slices.ContainsFunc(kids, func(k *node) bool { return k.op == opTerm && k.term.text == n.term.text }) {
		return kids
	}
	return append(kids, n)
}

func (p *parser) near() (*node, error) {
	left, err := p.not()
	if err != nil || p.tok.kind != tokNear {
		return left, err
	}
	var pairs []*node
	for p.tok.kind == tokNear {
		t := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := p.not()
		if err != nil {
			return nil, err
		}
		if !placed(left) || !placed(right) {
			return nil, p.faultNearOperand(t.at)
		}
		pairs = append(pairs, &node{op: opNear, kids: []*node{left, right}, near: t.near, at: left.at})
		left = right
	}
	if len(pairs) == 1 {
		return pairs[0], nil
	}
	return &node{op: opAnd, kids: pairs, at: pairs[0].at}, nil
}

// placed says whether what a node matches has a place: a term, or one of several.
func placed(n *node) bool {
	if n.op != opOr {
		return n.op == opTerm
	}
	for _, k := range n.kids {
		if k.op != opTerm {
			return false
		}
	}
	return true
}

func (p *parser) not() (*node, error) {
	if p.tok.kind != tokNot {
		return p.atom()
	}
	at := p.tok.at
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	k, err := p.not()
	if err != nil {
		return nil, err
	}
	if k.op == opNot {
		return k.kids[0], nil
	}
	return &node{op: opNot, kids: []*node{k}, at: at}, nil
}

// enter goes one level deeper, behind the current token.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.faultDepth(p.tok.at)
	}
	return p.advance()
}

func (p *parser) leave() { p.depth-- }

func (p *parser) atom() (*node, error) {
	switch t := p.tok; t.kind {
	case tokOpen:
		if err := p.enter(); err != nil {
			return nil, err
		}
		defer p.leave()
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.tok.kind != tokClose {
			return nil, p.faultClosing(t.at)
		}
		return n, p.advance()
	case tokField:
		if p.field {
			return nil, p.faultNested(t.at)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		p.field = true
		defer func() { p.field = false }()
		k, err := p.atom()
		if err != nil {
			return nil, err
		}
		return &node{op: opField, field: t.field, kids: []*node{k}, at: t.at}, nil
	case tokTerm:
		return &node{op: opTerm, term: t.term, at: t.at}, p.advance()
	default:
		return nil, p.faultWord(t.at)
	}
}

// positive reports whether any part of a query asks for something to occur.
// "KI OR NOT OZG" does: it is wide, but it means something.
func positive(n *node) bool {
	if n.op == opTerm {
		return true
	}
	return n.op != opNot && slices.ContainsFunc(n.kids, positive)
}
