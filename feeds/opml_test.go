package feeds

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const blogroll = `<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE opml>
<opml version="1.0"><head><title>Liste</title></head><body>
<outline text="Öffentliche Hand"><outline text="Länder">
<outline text="Bäder &amp; Ämter" title="Ämter" type="rss" xmlUrl="https://Amt.example/feed?utm_source=x" htmlUrl="https://amt.example/"/>
<OUTLINE TEXT="Groß" XMLURL="http://gross.example/rss"/>
</outline></outline>
<!-- <outline text="weg" xmlUrl="https://weg.example/feed"/> -->
<outline text="lose" xmlUrl="https://lose.example/feed"/>
<outline text="noch einmal" xmlUrl="https://lose.example/feed"/>
<outline text="böse" xmlUrl="javascript:alert(1)"/>
<outline text="nur ein Ordner"/>
</body></opml>`

func TestReadOPML(t *testing.T) {
	want := []Outline{
		{URL: "https://amt.example/feed?utm_source=x", Title: "Ämter", Site: "https://amt.example/", Folder: []string{"Öffentliche Hand", "Länder"}},
		{URL: "http://gross.example/rss", Title: "Groß", Folder: []string{"Öffentliche Hand", "Länder"}},
		{URL: "https://lose.example/feed", Title: "lose"},
	}
	encoded := func(e interface{ String(string) (string, error) }, label string) string {
		t.Helper()
		s, err := e.String(strings.Replace(blogroll, "ISO-8859-1", label, 1))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, in := range map[string]string{
		"as declared":              encoded(charmap.ISO8859_1.NewEncoder(), "ISO-8859-1"),
		"cp1252, declared":         encoded(charmap.Windows1252.NewEncoder(), "windows-1252"),
		"cp1252, called UTF-8":     encoded(charmap.Windows1252.NewEncoder(), "UTF-8"),
		"ISO-8859-15":              encoded(charmap.ISO8859_15.NewEncoder(), "ISO-8859-15"),
		"UTF-8 in spite of it":     blogroll,
		"UTF-8 with a mark":        "\xef\xbb\xbf" + blogroll,
		"UTF-16 little endian":     encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), "UTF-16"),
		"UTF-16 big endian":        encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(), "UTF-16"),
		"UTF-16 without a mark":    encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), "UTF-16"),
		"UTF-16 that is not":       strings.Replace(blogroll, "ISO-8859-1", "UTF-16", 1),
		"without a declaration":    strings.TrimPrefix(blogroll, `<?xml version="1.0" encoding="ISO-8859-1"?>`),
		"entities of HTML":         strings.NewReplacer("Ö", "&Ouml;", "Ä", "&Auml;", "ß", "&szlig;").Replace(blogroll),
		"numbered entities":        strings.NewReplacer("Ö", "&#214;", "ä", "&#xE4;").Replace(blogroll),
		"a head that is not ended": strings.Replace(blogroll, "</title>", "", 1),
	} {
		got, left, err := ReadOPML(strings.NewReader(in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff([]LeftOut{{"javascript:alert(1)", "only http and https are asked"}}, left); diff != "" {
			t.Errorf("%s: left out (-want +got)\n%s", name, diff)
		}
	}
}

func TestDamagedOPML(t *testing.T) {
	cases := []struct{ name, in, title, url, left string }{
		{"a bare &", `<opml><body><outline text="R & D" xmlUrl="https://a.example/feed?a=1&copy=2&b=3"/></body></opml>`, "R & D", "https://a.example/feed?a=1&copy=2&b=3", ""},
		{"a bare <", `<opml><body><outline text="a < b" xmlUrl="https://a.example/"/></body></opml>`, "a < b", "https://a.example/", ""},
		{"single quotes, no quotes", `<opml><body><outline text='A "B"' xmlUrl=https://a.example/ /></body></opml>`, `A "B"`, "https://a.example/", ""},
		{"an attribute twice", `<opml><body><outline text="A" text="B" xmlUrl="https://a.example/"/></body></opml>`, "A", "https://a.example/", ""},
		{"no end tags of outlines", `<opml><body><outline text="A" xmlUrl="https://a.example/"></body></opml>`, "A", "https://a.example/", ""},
		{"stray end tags", `<opml><body></outline></outline><outline text="A" xmlUrl="https://a.example/"/></body></opml>`, "A", "https://a.example/", ""},
		{"the scheme of feed readers", `<opml><body><outline text="A" xmlUrl="feed://a.example/feed"/></body></opml>`, "A", "http://a.example/feed", ""},
		{"the scheme of feed readers before another", `<opml><body><outline text="A" xmlUrl="feed:https://a.example/feed"/></body></opml>`, "A", "https://a.example/feed", ""},
		{"cut off behind an outline", `<opml><body><outline text="A" xmlUrl="https://a.example/"/>`, "A", "https://a.example/", "the list breaks off after 1 feeds; what came after that is missing"},
		{"cut off in an outline", `<opml><body><outline text="A" xmlUrl="https://a.example/"/><outline text="B" xmlUrl="https://b.exa`, "A", "https://a.example/", "the list breaks off after 1 feeds; what came after that is missing"},
		{"control characters", "<opml><body><outline text=\"A\x00\x1b[2J\" xmlUrl=\"https://a.example/\"/></body></opml>", "A[2J", "https://a.example/", ""},
		{"an umlaut in the host", `<opml><body><outline text="A" xmlUrl="https://ämter.example/feed"/></body></opml>`, "A", "https://xn--mter-koa.example/feed", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, left, err := ReadOPML(strings.NewReader(c.in))
			if err != nil || len(got) != 1 || got[0].URL != c.url || got[0].Title != c.title {
				t.Fatalf("read %+v, %v", got, err)
			}
			reason := ""
			for _, l := range left {
				reason += l.Reason
			}
			if reason != c.left {
				t.Errorf("left out: %q, want %q", reason, c.left)
			}
		})
	}
}

func TestReadOPMLRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":          "",
		"a feed":           rssOf("Eins"),
		"nothing but dust": "<opml><body><outline",
		"deep nesting":     "<opml><body>" + strings.Repeat("<outline>", 100_000),
	} {
		if got, _, err := ReadOPML(strings.NewReader(in)); err == nil {
			t.Errorf("%s: read %v", name, got)
		}
	}
}

func TestOPMLThereAndBack(t *testing.T) {
	list := []Feed{
		{URL: "https://z.example/feed?x=1&y=2", Name: `Zebra "und" <B>`, Site: "https://z.example/", Role: RolePrimary},
		{URL: "https://b.example/feed", Title: "Bé"},
		{URL: "https://amt.example/presse", Name: "amt", Role: RolePrimary, List: &List{Entry: "ul > li", Title: "h3", Link: "a[href^='/p']", Date: "time", Summary: "p.t"}},
		{URL: "https://a.example/feed", Title: "A\x01\ufffe", Role: RoleVendor},
	}
	var b bytes.Buffer
	if err := WriteOPML(&b, list); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := dec.Token(); err == io.EOF { //nolint:errorlint // the decoder gives it as it is
			break
		} else if err != nil {
			t.Fatalf("not valid: %v\n%s", err, text)
		}
	}
	got, left, err := ReadOPML(&b)
	if err != nil || left != nil {
		t.Fatalf("left out %v, %v", left, err)
	}
	if diff := cmp.Diff([]Outline{
		{URL: list[1].URL, Folder: []string{"rival"}, Role: RoleRival},
		{URL: list[2].URL, Title: "amt", Folder: []string{"primary"}, Role: RolePrimary, List: list[2].List},
		{URL: list[0].URL, Title: list[0].Name, Site: list[0].Site, Folder: []string{"primary"}, Role: RolePrimary},
		{URL: list[3].URL, Folder: []string{"vendor"}, Role: RoleVendor},
	}, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(text, `xmlUrl="https://amt.example/presse"`) || !strings.Contains(text, `type="link" url="https://amt.example/presse"`) {
		t.Errorf("a page looks like a feed to others:\n%s", text)
	}
	slices.Reverse(list)
	var again bytes.Buffer
	if err := WriteOPML(&again, list); err != nil || again.String() != text {
		t.Errorf("the order of the list shows in the file, %v", err)
	}
}

// TestTenThousandOutlines also prints how long they take.
func TestTenThousandOutlines(t *testing.T) {
	var list []Feed
	for i := range 10_000 {
		list = append(list, Feed{URL: "https://c.example/" + strconv.Itoa(i), Name: "Quelle " + strconv.Itoa(i), Role: RoleVendor})
	}
	start := time.Now()
	var b bytes.Buffer
	if err := WriteOPML(&b, list); err != nil {
		t.Fatal(err)
	}
	written := time.Since(start)
	got, left, err := ReadOPML(&b)
	if err != nil || len(got) != len(list) || left != nil {
		t.Fatalf("%d of %d came back, %v, %v", len(got), len(list), left, err)
	}
	took := time.Since(start)
	if took > 5*time.Second*raceFactor {
		t.Errorf("took %v", took)
	}
	t.Logf("written in %v, read in %v", written.Round(time.Millisecond), (took - written).Round(time.Millisecond))
}
