package feeds

import (
	"errors"
	"strings"
	"testing"
)

// One wrong item of a JSON Feed costs no more than itself.
func TestJSONFeed(t *testing.T) {
	const head = `{"version":"https://jsonfeed.org/version/1.1","title":"Amt",`
	for _, c := range []struct{ name, body, want, fault string }{
		{name: "as it should be", body: head + `"items":[{"id":"1","title":"Eins"},{"id":"2","title":"Zwei"}]}`, want: "1 Eins; 2 Zwei"},
		{name: "the items before the head", body: `{"items":[{"id":"1","title":"Eins"}],"title":"Amt","version":"https://jsonfeed.org/version/1"}`, want: "1 Eins"},
		{name: "ids as numbers", body: head + `"items":[{"id":17,"title":"Eins"},{"id":-2.5e3,"title":"Zwei"}]}`, want: "17 Eins; -2.5e3 Zwei"},
		{name: "wrong types lose only themselves", body: head + `"items":[{"id":"1","title":5,"summary":"Teaser","tags":{"a":1}},{"id":"2","title":"Zwei","tags":["a",5,"b"]}]}`, want: "1 ; 2 Zwei [a b]"},
		{name: "items that are none", body: head + `"items":[5,null,"x",{"id":"2","title":"Zwei"},[]]}`, want: "2 Zwei"},
		{name: "a broken item", body: head + `"items":[{"id":"1","title":"Eins"},{"id":"2","title":Zwei},{"id":"3","title":"Drei"}]}`, want: "1 Eins; 3 Drei"},
		{name: "a line break in a title", body: head + "\"items\":[{\"id\":\"1\",\"title\":\"Eins\nund mehr\"}]}", want: "1 Eins und mehr"},
		{name: "commas too many", body: head + `"items":[{"id":"1","title":"Eins"},,{"id":"2","title":"Zwei"},]}`, want: "1 Eins; 2 Zwei"},
		{name: "cut in an item", body: head + `"items":[{"id":"1","title":"Eins"},{"id":"2","tit`, want: "1 Eins"},
		{name: "cut behind an item", body: head + `"items":[{"id":"1","title":"Eins"},{"id":"2","title":"Zwei"}`, want: "1 Eins; 2 Zwei"},
		{name: "cut behind the items", body: head + `"items":[{"id":"1","title":"Eins"}],"icon":"https://am`, want: "1 Eins"},
		{name: "cut in the first item", body: head + `"items":[{"id":"1","tit`, fault: "broken JSON"},
		{name: "cut in the head", body: `{"version":"https://jsonfeed.org/version/1.1","tit`, fault: "broken JSON"},
		{name: "text behind", body: head + `"items":[{"id":"1","title":"Eins"}]} <!-- cached -->`, want: "1 Eins"},
		{name: "brackets, quotes and escapes in strings", body: head + `"items":[{"id":"1","title":"a ] } \" { [ \\","summary":"\\\""},{"id":"2","title":"Zwei"}]}`, want: `1 a ] } " { [ \; 2 Zwei`},
		{name: "items inside items", body: head + `"_ours":{"items":[{"id":"9"}]},"items":[{"id":"1","title":"Eins","items":[{"id":"8"}]}]}`, want: "1 Eins"},
		{name: "an author without an object", body: head + `"items":[{"id":"1","title":"Eins","author":"Erika"},{"id":"2","title":"Zwei","authors":[{"name":"Uwe"},{"name":5},null]}]}`, want: "1 Eins (Erika); 2 Zwei (Uwe)"},
		{name: "no items yet", body: head + `"items":[]}`},
		{name: "no list of items", body: head + `"items":"none"}`, fault: "this is JSON, but no JSON Feed"},
		{name: "another JSON", body: `{"a":[1,2]}`, fault: "this is JSON, but no JSON Feed"},
		{name: "nothing of the items is readable", body: head + `"items":[1,2]}`, fault: "no item of this JSON Feed can be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := Parse([]byte(c.body), "", base)
			var fault *ParseError
			if errors.As(err, &fault) != (c.fault != "") || c.fault != "" && fault.Detail != c.fault {
				t.Fatalf("got %v, want %q", err, c.fault)
			}
			var got []string
			for _, it := range doc.Items {
				s := it.GUID + " " + it.Title
				if len(it.Categories) > 0 {
					s += " [" + strings.Join(it.Categories, " ") + "]"
				}
				if it.Author != "" {
					s += " (" + it.Author + ")"
				}
				got = append(got, s)
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err == nil && doc.Title != "Amt" {
				t.Errorf("the feed's title: %q", doc.Title)
			}
		})
	}
}

func TestJSONFeedHub(t *testing.T) {
	doc, err := Parse([]byte(`{"version":"https://jsonfeed.org/version/1.1","hubs":[{"type":"rssCloud","url":"https://cloud.example/"},{"type":"WebSub","url":"https://hub.example/"}],"items":[]}`), "", base)
	if err != nil || doc.Hub != "https://hub.example/" {
		t.Errorf("hub %q, %v", doc.Hub, err)
	}
}
