package feeds

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Outline is one feed of an OPML list.
type Outline struct {
	URL    string
	Title  string
	Site   string   // address of the site; may be empty
	Folder []string // the folders it lies in, outermost first
}

// maxOPML bounds an OPML list, in bytes; 10,000 outlines take about 2 MB.
const maxOPML = 32 << 20

// ReadOPML reads the feeds of an OPML list (opml.org, 2.0), however deep in
// folders and in whatever charset it declares. Outlines without an http(s)
// address of a feed are folders or notes; a feed that stands in it twice is
// given once.
func ReadOPML(r io.Reader) ([]Outline, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxOPML+1))
	if err != nil {
		return nil, fmt.Errorf("read OPML: %w", err)
	}
	if len(raw) > maxOPML {
		return nil, fmt.Errorf("read OPML: %w", &sizeError{maxOPML})
	}
	text := xmlDecl.ReplaceAll(clean(decode(raw, "")), nil)
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	var (
		out    []Outline
		folder []string // one entry an open outline: its text
		seen   = map[string]bool{}
		root   = false
	)
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read OPML: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch strings.ToLower(t.Name.Local) {
			case "opml":
				root = true
			case "outline":
				if len(folder) >= maxDepth {
					return nil, fmt.Errorf("read OPML: %w", unreadable(sayOutlines, maxDepth))
				}
				o := outlineOf(t)
				if o.URL != "" && !seen[o.URL] {
					seen[o.URL] = true
					o.Folder = named(folder)
					out = append(out, o)
				}
				folder = append(folder, o.Title)
			}
		case xml.EndElement:
			if strings.EqualFold(t.Name.Local, "outline") && len(folder) > 0 {
				folder = folder[:len(folder)-1]
			}
		}
	}
	if !root {
		return nil, errors.New("read OPML: this is no OPML list")
	}
	return out, nil
}

func outlineOf(t xml.StartElement) Outline {
	var o Outline
	var text string
	for _, a := range t.Attr {
		switch strings.ToLower(a.Name.Local) {
		case "xmlurl":
			if u, err := parseTarget(a.Value); err == nil {
				o.URL = u.String()
			}
		case "htmlurl":
			o.Site = itemURL(a.Value, nil)
		case "title":
			o.Title = tidyText(cut(a.Value, maxTitle))
		case "text":
			text = tidyText(cut(a.Value, maxTitle))
		}
	}
	o.Title = firstOf(o.Title, text)
	return o
}

func named(folder []string) []string {
	var out []string
	for _, name := range folder {
		if name != "" {
			out = append(out, name)
		}
	}
	return out
}

// WriteOPML writes a list of feeds as OPML 2.0, those of one role in one folder.
func WriteOPML(w io.Writer, list []Feed) error {
	type outline struct {
		Text     string     `xml:"text,attr"`
		Title    string     `xml:"title,attr,omitempty"`
		Type     string     `xml:"type,attr,omitempty"`
		XMLURL   string     `xml:"xmlUrl,attr,omitempty"`
		HTMLURL  string     `xml:"htmlUrl,attr,omitempty"`
		Outlines []*outline `xml:"outline"`
	}
	var doc struct {
		XMLName xml.Name   `xml:"opml"`
		Version string     `xml:"version,attr"`
		Title   string     `xml:"head>title"`
		Body    []*outline `xml:"body>outline"`
	}
	doc.Version, doc.Title = "2.0", "Depesche"
	folders := map[Role]*outline{}
	for _, f := range list {
		role := f.Role
		if role == "" {
			role = RoleRival
		}
		if folders[role] == nil {
			folders[role] = &outline{Text: string(role)}
			doc.Body = append(doc.Body, folders[role])
		}
		folders[role].Outlines = append(folders[role].Outlines, &outline{Text: f.Label(), Title: f.Label(), Type: "rss", XMLURL: f.URL, HTMLURL: f.Site})
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	b.WriteByte('\n')
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write OPML: %w", err)
	}
	return nil
}
