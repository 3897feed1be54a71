package feeds

import (
	"bytes"
	"strings"
)

// startTag is a start tag as the guard sees it.
type startTag struct {
	name   []byte
	length int    // bytes up to and with its ">"
	closed bool   // <name/>
	broken bool   // no tag, but a bare "<" in text
	about  string // rdf:about, as written
	spaces int    // namespaces declared
}

// readTag reads the start tag at the beginning of rest the way a lenient XML
// reader does, and notes quotes for values that have none. false: the text
// ends inside it.
func (g *guard) readTag(rest []byte) (startTag, bool, error) {
	var t startTag
	i := 1
	for i < len(rest) && !isBlank(rest[i]) && rest[i] != '>' && rest[i] != '/' && rest[i] != '<' && rest[i] != '=' {
		i++
	}
	t.name = rest[1:i]
	var media edit // empties the type attribute
	base64 := false
	for attributes := 0; ; attributes++ {
		for i < len(rest) && isBlank(rest[i]) {
			i++
		}
		switch {
		case i >= len(rest):
			return t, false, nil
		case rest[i] == '>':
			t.length = i + 1
			return t, true, nil
		case rest[i] == '/' && i+1 < len(rest) && rest[i+1] == '>':
			t.length, t.closed = i+2, true
			return t, true, nil
		case rest[i] == '<', rest[i] == '/', rest[i] == '=', rest[i] == '"', rest[i] == '\'':
			t.broken = true
			return t, true, nil
		}
		if attributes >= maxAttributes {
			return t, false, unreadable(sayAttributes, maxAttributes)
		}
		name, value, n := readAttribute(rest[i:])
		if n < 0 {
			return t, false, nil
		}
		if n == 0 {
			t.broken = true
			return t, true, nil
		}
		from := i + n - len(value) // of a value without quotes
		bare := n > len(name) && len(value) > 0 && rest[i+n-1] != '"' && rest[i+n-1] != '\''
		if bare {
			g.edits = append(g.edits, edit{g.pos + from, 0, `"`})
		} else {
			from--
		}
		i += n
		if string(name) == "xmlns" || bytes.HasPrefix(name, []byte("xmlns:")) {
			t.spaces++
		}
		if string(name) == "xml:base" && len(value) > 0 {
			if dir := directory(value); len(dir) != len(value) {
				g.edits = append(g.edits, edit{g.pos + from + len(dir), len(value) - len(dir), ""})
			}
		}
		if bare {
			g.edits = append(g.edits, edit{g.pos + i, 0, `"`})
		}
		quoted := len(value) > 0 && rest[i-1] != value[len(value)-1]
		switch {
		case !quoted:
		case string(name) == "type":
			media = edit{g.pos + i - 1 - len(value), len(value), ""}
		case string(name) == "mode":
			base64 = string(value) == "base64"
		case len(g.stack) == 0 && t.isFeedSpace(name) && !atomSpaces[strings.TrimSpace(string(value))]:
			g.edits = append(g.edits, edit{g.pos + i - 1 - len(value), len(value), atomSpace})
		}
		if base64 && media.drop > 0 { // gofeed takes what has a text type for text (Atom 0.3)
			g.edits = append(g.edits, media)
			media.drop = 0
		}
		if string(name) == "rdf:about" && !bytes.ContainsAny(value, "<>") {
			t.about = strings.TrimSpace(string(value))
		}
	}
}

const atomSpace = "http://www.w3.org/2005/Atom"

// atomSpaces are the namespaces by which gofeed knows Atom.
var atomSpaces = map[string]bool{atomSpace: true, "http://purl.org/atom/ns#": true}

// isFeedSpace says whether an attribute of <feed> declares the namespace that
// it is in itself. Whatever that is called, it is meant to be Atom's.
func (t startTag) isFeedSpace(attribute []byte) bool {
	prefix, local, found := bytes.Cut(t.name, []byte(":"))
	if !found {
		return fold(t.name, "feed") && string(attribute) == "xmlns"
	}
	return fold(local, "feed") && string(attribute) == "xmlns:"+string(prefix)
}

// directory cuts an address after its last "/", as relative addresses are
// resolved (RFC 3986, 5.2.3). gofeed takes every xml:base for a directory.
func directory(address []byte) []byte {
	path := 0
	if i := bytes.Index(address, []byte("://")); i >= 0 {
		path = i + 3
	}
	if i := bytes.LastIndexByte(address[path:], '/'); i >= 0 && !bytes.ContainsAny(address, "?#<&") {
		return address[:path+i+1]
	}
	return address
}

// readAttribute reads name, or name=value, quoted or not, and says how long it
// is. -1: the text ends inside; 0: this is no attribute.
func readAttribute(b []byte) (name, value []byte, n int) {
	i := 0
	for i < len(b) && !isBlank(b[i]) && b[i] != '=' && b[i] != '>' && b[i] != '/' && b[i] != '<' && b[i] != '"' {
		i++
	}
	name = b[:i]
	j := i
	for j < len(b) && isBlank(b[j]) {
		j++
	}
	if j >= len(b) {
		return nil, nil, -1
	}
	if b[j] != '=' {
		return name, nil, i
	}
	for j++; j < len(b) && isBlank(b[j]); j++ {
	}
	if j >= len(b) {
		return nil, nil, -1
	}
	if q := b[j]; q == '"' || q == '\'' {
		end := bytes.IndexByte(b[j+1:], q)
		if end < 0 {
			return nil, nil, 0
		}
		value = b[j+1 : j+1+end]
		if bytes.IndexByte(value, '<') >= 0 {
			return nil, nil, 0
		}
		return name, value, j + end + 2
	}
	k := j
	for k < len(b) && !isBlank(b[k]) && b[k] != '>' && b[k] != '<' {
		k++
	}
	if k-1 > j && k < len(b) && b[k] == '>' && b[k-1] == '/' {
		k-- // it ends the tag, as in all of XML
	}
	return name, b[j:k], k
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
