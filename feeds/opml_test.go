package feeds

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

const blogroll = `<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE opml>
<opml version="1.0"><head><title>Liste</title></head><body>
<outline text="Öffentliche Hand"><outline text="Länder">
<outline text="Bäder &amp; Ämter" title="Ämter" type="rss" xmlUrl="https://Amt.example/feed?utm_source=x" htmlUrl="https://amt.example/"/>
<OUTLINE TEXT="Groß" XMLURL="http://gross.example/rss"/>
</outline></outline>
<outline text="lose" xmlUrl="https://lose.example/feed"/>
<outline text="noch einmal" xmlUrl="https://lose.example/feed"/>
<outline text="böse" xmlUrl="javascript:alert(1)"/>
<outline text="nur ein Ordner"/>
</body></opml>`

func TestReadOPML(t *testing.T) {
	latin1, err := charmap.ISO8859_1.NewEncoder().String(blogroll)
	if err != nil {
		t.Fatal(err)
	}
	want := []Outline{
		{URL: "https://amt.example/feed?utm_source=x", Title: "Ämter", Site: "https://amt.example/", Folder: []string{"Öffentliche Hand", "Länder"}},
		{URL: "http://gross.example/rss", Title: "Groß", Folder: []string{"Öffentliche Hand", "Länder"}},
		{URL: "https://lose.example/feed", Title: "lose"},
	}
	for name, in := range map[string]string{"as declared": latin1, "UTF-8 in spite of it": blogroll} {
		got, err := ReadOPML(strings.NewReader(in))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestReadOPMLRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":      "",
		"a feed":       rssOf("Eins"),
		"broken":       "<opml><body><outline",
		"deep nesting": "<opml><body>" + strings.Repeat("<outline>", 100_000),
	} {
		if got, err := ReadOPML(strings.NewReader(in)); err == nil {
			t.Errorf("%s: read %v", name, got)
		}
	}
}

func TestOPMLThereAndBack(t *testing.T) {
	list := []Feed{
		{URL: "https://a.example/feed?x=1&y=2", Name: `A "und" <B>`, Site: "https://a.example/", Role: RolePrimary},
		{URL: "https://b.example/feed", Title: "Bé"},
	}
	for range 10_000 {
		list = append(list, Feed{URL: "https://c.example/" + strconv.Itoa(len(list)), Role: RoleVendor})
	}
	var b bytes.Buffer
	if err := WriteOPML(&b, list); err != nil {
		t.Fatal(err)
	}
	got, err := ReadOPML(&b)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(list) {
		t.Fatalf("%d of %d came back", len(got), len(list))
	}
	if diff := cmp.Diff([]Outline{
		{URL: list[0].URL, Title: list[0].Name, Site: list[0].Site, Folder: []string{"primary"}},
		{URL: list[1].URL, Title: "Bé", Folder: []string{"rival"}},
	}, got[:2]); diff != "" {
		t.Error(diff)
	}
}
