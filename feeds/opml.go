package feeds

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Outline is one feed of an OPML list.
type Outline struct {
	URL    string
	Title  string
	Site   string   // address of the site; may be empty
	Folder []string // the folders it lies in, outermost first
	Role   Role     // as we wrote it; empty: the list does not say
	List   *List    // as we wrote it: it is a page that is followed
}

// LeftOut is what an OPML list has that cannot be followed.
type LeftOut struct {
	URL    string // as it stands there; empty: it is the list that is at fault
	Reason string // see SayReason
}

// maxOPML bounds an OPML list, in bytes; 10,000 outlines take about 2 MB.
const maxOPML = 32 << 20

// ReadOPML reads the feeds of an OPML list (opml.org, 2.0), however deep in
// folders, in whatever charset it declares, and damaged as lists that people
// mend by hand are: bare "&" and "<", HTML entities, names in any case, an end
// that is missing. Outlines without the address of a feed are folders or
// notes; a feed that stands in it twice is given once. What has an address and
// cannot be followed is left out, and so is what is missing at the end.
func ReadOPML(r io.Reader) ([]Outline, []LeftOut, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxOPML+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read OPML: %w", err)
	}
	if len(raw) > maxOPML {
		return nil, nil, fmt.Errorf("read OPML: %w", &sizeError{maxOPML})
	}
	o := opmlReader{seen: map[string]bool{}}
	if err := o.readAll(clean(decode(raw, ""))); err != nil {
		return nil, nil, fmt.Errorf("read OPML: %w", err)
	}
	return o.out, o.left, nil
}

// opmlReader collects the outlines of a list.
type opmlReader struct {
	out    []Outline
	left   []LeftOut
	folder []string // one entry an open outline: its text
	seen   map[string]bool
	read   int // outlines that have an address
}

func (o *opmlReader) readAll(text []byte) error {
	z := html.NewTokenizer(bytes.NewReader(text)) // more patient than an XML reader, and without recursion
	root, ended := false, false
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken: // the end: reading from memory does not fail
			switch {
			case !root:
				return errors.New("this is not an OPML list")
			case !ended && len(o.out) == 0:
				return unreadable(sayOPMLCut, 0)
			case !ended:
				o.left = append(o.left, LeftOut{Reason: sayOPMLCut.with(o.read)})
			}
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
			z.NextIsNotRawText()
			tok := z.Token()
			switch tok.Data {
			case "opml":
				root = true
			case "outline":
				if len(o.folder) >= maxDepth {
					return unreadable(sayOutlines, maxDepth)
				}
				title := o.outline(tok.Attr)
				if kind == html.StartTagToken {
					o.folder = append(o.folder, title)
				}
			}
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "outline":
				o.folder = o.folder[:max(0, len(o.folder)-1)]
			case "opml", "body":
				ended = true
			}
		}
	}
}

// outline takes an outline in, and gives its text.
func (o *opmlReader) outline(attrs []html.Attribute) string {
	at := map[string]string{}
	for _, a := range attrs {
		if _, twice := at[a.Key]; !twice {
			at[a.Key] = a.Val
		}
	}
	out := Outline{Title: firstOf(opmlText(at["title"]), opmlText(at["text"])), Site: itemURL(at["htmlurl"], nil), Role: roleOf(at[opmlPrefix+"role"])}
	address := strings.TrimSpace(at["xmlurl"])
	if at[opmlPrefix+"entry"] != "" {
		address = strings.TrimSpace(at["url"])
		out.List = &List{Entry: at[opmlPrefix+"entry"], Title: at[opmlPrefix+"title"], Link: at[opmlPrefix+"link"], Date: at[opmlPrefix+"date"], Summary: at[opmlPrefix+"summary"]}
	}
	if name, ours := at[opmlPrefix+"name"]; ours {
		out.Title = opmlText(name)
	}
	label := firstOf(out.Title, opmlText(at["text"]))
	if address == "" {
		return label
	}
	o.read++
	u, err := parseTarget(withoutFeedScheme(address))
	if err == nil && out.List != nil {
		err = out.List.Check()
	}
	if err != nil {
		o.left = append(o.left, LeftOut{SafeURL(cut(tidyText(address), 500)), Reason(err)})
		return label
	}
	if out.URL = u.String(); !o.seen[out.URL] {
		o.seen[out.URL] = true
		out.Folder = named(o.folder)
		o.out = append(o.out, out)
	}
	return label
}

func opmlText(s string) string { return tidyText(cut(s, maxTitle)) }

// withoutFeedScheme takes off what some readers write before an address:
// feed:https://host/path, and feed://host/path, which means http://host/path.
func withoutFeedScheme(s string) string {
	rest, ok := strings.CutPrefix(s, "feed:")
	switch {
	case !ok:
		return s
	case strings.HasPrefix(rest, "//"):
		return "http:" + rest
	}
	return rest
}

// roleOf gives a role of ours; what is none is not said.
func roleOf(s string) Role {
	switch r := Role(s); r {
	case RoleRival, RoleOwn, RolePrimary, RoleVendor:
		return r
	}
	return ""
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

// opmlPrefix stands before our own attributes (OPML 2.0 allows them in a
// namespace), which other programs skip.
const opmlPrefix = "depesche:"

type opmlOutline struct {
	Text     string         `xml:"text,attr"`
	Title    string         `xml:"title,attr,omitempty"`
	Type     string         `xml:"type,attr,omitempty"`
	XMLURL   string         `xml:"xmlUrl,attr,omitempty"`
	URL      string         `xml:"url,attr,omitempty"`
	HTMLURL  string         `xml:"htmlUrl,attr,omitempty"`
	Own      []xml.Attr     `xml:",any,attr"`
	Outlines []*opmlOutline `xml:"outline"`
}

// WriteOPML writes a list of feeds as OPML 2.0, those of one role in one folder,
// by name. The desk's own names, roles, and the selectors of pages stand in
// attributes of ours, so that ReadOPML has them back. A page that is followed
// is a link to other programs, since it is no feed.
func WriteOPML(w io.Writer, list []Feed) error {
	var doc struct {
		XMLName xml.Name       `xml:"opml"`
		Version string         `xml:"version,attr"`
		Space   string         `xml:"xmlns:depesche,attr"`
		Title   string         `xml:"head>title"`
		Body    []*opmlOutline `xml:"body>outline"`
	}
	doc.Version, doc.Space, doc.Title = "2.0", "urn:depesche", "Depesche"
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Feed) int {
		return cmp.Or(cmp.Compare(roleRank(a.Role), roleRank(b.Role)), strings.Compare(strings.ToLower(a.Label()), strings.ToLower(b.Label())), strings.Compare(a.URL, b.URL))
	})
	var folder *opmlOutline
	for _, f := range list {
		role := cmp.Or(f.Role, RoleRival)
		if folder == nil || folder.Text != string(role) {
			folder = &opmlOutline{Text: string(role)}
			doc.Body = append(doc.Body, folder)
		}
		folder.Outlines = append(folder.Outlines, outlineOf(f, role))
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

func roleRank(r Role) int {
	return slices.Index([]Role{RoleOwn, RolePrimary, RoleVendor}, r) // the rivals, most of all, come first
}

func outlineOf(f Feed, role Role) *opmlOutline {
	out := &opmlOutline{Text: f.Label(), Title: f.Label(), Type: "rss", XMLURL: f.URL, HTMLURL: f.Site}
	own := func(name, value string) {
		out.Own = append(out.Own, xml.Attr{Name: xml.Name{Local: opmlPrefix + name}, Value: value})
	}
	own("role", string(role))
	own("name", f.Name)
	if f.List == nil {
		return out
	}
	out.Type, out.XMLURL, out.URL = "link", "", f.URL
	for _, s := range []struct{ name, value string }{{"entry", f.List.Entry}, {"title", f.List.Title}, {"link", f.List.Link}, {"date", f.List.Date}, {"summary", f.List.Summary}} {
		if s.value != "" {
			own(s.name, s.value)
		}
	}
	return out
}
