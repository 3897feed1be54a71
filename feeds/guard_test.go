package feeds

import (
	"bytes"
	"encoding/xml"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostileSize is what a hostile body has in bytes: as much as a client lets
// through, half of it under the race detector.
const hostileSize = 10 << 20 / min(raceFactor, 2)

// hostile bodies; each would cost plain gofeed the process, minutes or gigabytes.
func hostile() map[string]struct{ body, want string } {
	fill := func(prefix, unit string) string {
		return prefix + strings.Repeat(unit, (hostileSize-len(prefix))/len(unit))
	}
	head := `<rss version="2.0"><channel><title>x</title>`
	var spaces, few, attributes strings.Builder
	for i := range maxNamespaces {
		few.WriteString(` xmlns:n` + strconv.Itoa(i) + `="urn:` + strconv.Itoa(i) + `"`)
	}
	for i := range 5000 {
		spaces.WriteString(` xmlns:n` + strconv.Itoa(i) + `="urn:` + strconv.Itoa(i) + `"`)
		attributes.WriteString(` a` + strconv.Itoa(i) + `="1"`)
	}
	return map[string]struct{ body, want string }{
		"nested unknown elements":                              {fill(head, "<x:a>"), "refused: elements nested more than 200 deep"},
		"nested in an item":                                    {fill(head+"<item>", "<a>"), "refused: elements nested more than 200 deep"},
		"nested divs in Atom content":                          {fill(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">`, "<div>"), "refused: elements nested more than 200 deep"},
		"5,000 namespaces":                                     {`<rss><channel` + spaces.String() + `>` + strings.Repeat("<item><title>x</title></item>", 20_000) + "</channel></rss>", "refused: an element with more than 200 attributes"},
		"namespaces on many elements":                          {fill(head, `<a xmlns:b="c"/>`), "refused: more than 250000 elements"},
		"namespaces upon namespaces":                           {fill(head, `<a xmlns:b="c" xmlns:d="e">`), "refused: more than 64 namespaces in one place"},
		"many namespaces, many elements":                       {fill(`<rss`+few.String()+`><channel><item>`, "<b/>"), "refused: too many elements under too many namespaces"},
		"many namespaces, as many elements as are let through": {`<rss` + few.String() + `><channel><item>` + strings.Repeat("<b/>", maxScopes/maxNamespaces-10) + "</item></channel></rss>", ""},
		"as many categories as are let through":                {head + "<item>" + strings.Repeat("<category>x</category>", maxElements-10) + "</item></channel></rss>", ""},
		"5,000 attributes":                                     {head + "<item" + attributes.String() + "/></channel></rss>", "refused: an element with more than 200 attributes"},
		"elements without end":                                 {fill(head, "<b/>"), "refused: more than 250000 elements"},
		"xml:base chain":                                       {fill(head, `<a xml:base="b/">`), "refused: elements nested more than 200 deep"},
		"nested JSON":                                          {fill(`{"version":"https://jsonfeed.org/version/1","items":`, `[`), "refused: JSON nested more than 200 deep"},
		"nested JSON objects":                                  {fill(`{"items":`, `{"a":`), "refused: JSON nested more than 200 deep"},
		"end tags without beginnings":                          {fill(head, "</a>"), ""},
		"end tags without their end":                           {fill(head, "</a"), ""},
		"open tags without their end":                          {fill(head, "<a "), ""},
		"quotes without their end":                             {fill(head, `<a b="`), ""},
		"CDATA without its end":                                {fill(head+"<item>", "<![CDATA["), ""},
		"CDATA closed by elements":                             {fill(head, "<b><![CDATA[</b></item>"), "refused: more than 100000 faults or comments"},
		"directives in directives":                             {fill("", "<!"), "this is no feed: neither RSS, Atom nor JSON Feed"},
		"comments before a root":                               {fill("", "<!---->"), "this is no feed: neither RSS, Atom nor JSON Feed"},
		"instructions in the document":                         {fill(head, "<?a?>"), ""},
		"ampersands":                                           {fill(head+"<item><title>", "&"), ""},
		"character references":                                 {fill(head+"<item><title>", "&#11;"), ""},
		"a title of 10 MB":                                     {head + "<item><title>" + strings.Repeat("ä", hostileSize/2-100) + "</title></item></channel></rss>", ""},
		"markup in a title":                                    {head + "<item><title><![CDATA[" + strings.Repeat("<b>", hostileSize/3-100) + "]]></title></item></channel></rss>", ""},
		"broken items":                                         {fill(head, "<item><title a=\"<\">x</title></item>"), ""},
		"titles that end without a beginning":                  {fill(head+"<item>", "x</title>"), ""},
		"titles that begin without an end":                     {fill(head+"<item>", "<title>x"), ""},
		"half start tags in items":                             {fill(head, "<item><titleA</title>"), ""},
		"half end tags in items":                               {fill(head, "<item><title>A/title><link>"), ""},
		"text without tags, then half of one":                  {fill(head+"<item>", "title ") + "</title></item></channel></rss>", ""},
		"CDATA that parts follow":                              {fill(head+"<item>", "<title><![CDATA[x</title><link>y</link>"), ""},
		"CDATA of many beginnings":                             {fill(head+"<item><description>", "<![CDATA[ </description "), ""},
		"comments never closed":                                {fill(head+"<item>", "<!-- "), ""},
		"instructions never closed":                            {fill(head+"<item>", "<?a "), ""},
		"comments that items close":                            {fill(head, "<item><!-- </item>") + "-->", ""},
		"CDATA in CDATA":                                       {fill(head+"<item><description>", "<![CDATA[") + "]]></description></item></channel></rss>", "refused: more than 100000 faults or comments"},
		"ends of CDATA":                                        {fill(head+"<item><description>", "]]>") + "</description></item></channel></rss>", "refused: more than 100000 faults or comments"},
		"a comment of 10 MB":                                   {fill(head+"<!--", "a-- ") + "--><item/></channel></rss>", ""},
		"own entities by the million":                          {`<!DOCTYPE rss [<!ENTITY a "` + strings.Repeat("x", 200) + `">]>` + fill(head+"<item><title>", "&a;"), ""},
		"entities declared by the million":                     {`<!DOCTYPE rss [` + fill("", `<!ENTITY a "b">`) + `]>` + head, ""},
		"100,000 items":                                        {fill(head, "<item><title>Eine Meldung des Amtes</title><link>https://amt.example/1</link></item>"), ""},
		"UTF-16 of 10 MB":                                      {"\xff\xfe" + fill("<\x00r\x00s\x00s\x00>\x00<\x00i\x00t\x00e\x00m\x00>\x00", "\xe4\x00"), ""},
		"surrogates of 10 MB":                                  {fill(head+"<item><title>", "\xed\xa0\xbd"), ""},
		"dates of 10 MB":                                       {head + "<item><pubDate>" + strings.Repeat("1", hostileSize-200) + "</pubDate></item></channel></rss>", ""},
		"links of 10 MB":                                       {head + "<item><link>" + strings.Repeat("<b>", hostileSize/3-100) + "</link></item></channel></rss>", ""},
		"a JSON item of many tags":                             {fill(`{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","tags":["a"`, `,"b"`) + "]}]}", "refused: more than 1000000 elements"},
		"JSON of many items":                                   {fill(`{"version":"https://jsonfeed.org/version/1","items":[{}`, `,{"id":1}`) + "]}", ""},
		"JSON items of wrong types":                            {fill(`{"version":"https://jsonfeed.org/version/1","items":[{}`, `,{"title":[1]}`) + "]}", ""},
		"broken bytes":                                         {fill(head, "\xff\xfe"), ""},
		"an entity that grows":                                 {`<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>` + head + "<item><title>&b;&b;</title></item></channel></rss>", ""},
	}
}

// TestHostile holds every hostile body to 10 s and 300 MB.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for name, c := range hostile() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			peak := watchHeap(t)
			start := time.Now()
			_, err := Parse([]byte(c.body), "", "")
			took := time.Since(start)
			high := peak()
			runtime.ReadMemStats(&after)
			t.Logf("%v, peak heap %d MB above, allocated %d MB, %v", took.Round(time.Millisecond), max(0, int64(high)-int64(before.HeapAlloc))>>20, (after.TotalAlloc-before.TotalAlloc)>>20, err)
			if took > 10*time.Second*raceFactor {
				t.Errorf("took %v", took)
			}
			if int64(high)-int64(before.HeapAlloc) > 300<<20 {
				t.Errorf("took %d MB", (high-before.HeapAlloc)>>20)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if strings.HasPrefix(c.want, "refused") && got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// watchHeap samples the heap until the returned function is called, which
// gives the highest sample.
func watchHeap(t *testing.T) func() uint64 {
	t.Helper()
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		var high uint64
		var m runtime.MemStats
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			high = max(high, m.HeapAlloc)
			select {
			case <-tick.C:
			case <-stop:
				result <- high
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-result }
}

// TestManyItems: of a feed with 20,000 items the first 5,000 are read, as if
// it ended there.
func TestManyItems(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<rss><channel><title>Viel</title>`)
	for i := range 20_000 {
		b.WriteString("<item><title>" + strconv.Itoa(i) + "</title><guid>" + strconv.Itoa(i) + "</guid></item>")
	}
	b.WriteString("</channel></rss>")
	doc, err := Parse([]byte(b.String()), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(doc.Items); n != maxItems || doc.Items[n-1].Title != "4999" {
		t.Errorf("read %d items", n)
	}
}

// TestNamespaceInEveryEntry: XHTML content declares its namespace anew in each
// entry; that is no flood.
func TestNamespaceInEveryEntry(t *testing.T) {
	body := `<feed xmlns="http://www.w3.org/2005/Atom"><title>Viele</title>` +
		strings.Repeat(`<entry><title>T</title><id>i</id><summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">S</div></summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">C</div></content></entry>`, 500) + `</feed>`
	if doc, err := Parse([]byte(body), "", ""); err != nil || len(doc.Items) != 500 || doc.Items[499].Content != "C" {
		t.Errorf("%d items, %v", len(doc.Items), err)
	}
}

// depthOf measures how deep encoding/xml would nest what passed the guard.
func depthOf(text []byte) int {
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = false
	depth, deepest := 0, 0
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return deepest
		}
		switch tok.(type) {
		case xml.StartElement:
			depth++
			deepest = max(deepest, depth)
		case xml.EndElement:
			depth--
		}
	}
}

// TestGuardSeesWhatTheReaderSees: whatever spelling hides nesting from a scan,
// what passes is not nested deeper than the limit for the XML reader.
func TestGuardSeesWhatTheReaderSees(t *testing.T) {
	deep := strings.Repeat("<a>", 1000)
	for name, body := range map[string]string{
		"after a comment with >":         "<rss><!-- > -->" + deep,
		"after a false comment end":      "<rss><!-- --! > -->" + deep,
		"after a directive with quotes":  `<rss><!x "> <a>' ">` + deep,
		"after CDATA":                    "<rss><![CDATA[ ]] > ]]>" + deep,
		"after an unquoted value":        "<rss a=b/c>" + deep,
		"after a value with an end tag":  `<rss a="</rss>">` + deep,
		"with end tags in attributes":    "<rss>" + strings.Repeat(`<a b="</a>">`, 1000),
		"with end tags in instructions":  "<rss>" + strings.Repeat(`<a><?b </a>?>`, 1000),
		"with end tags in comments":      "<rss>" + strings.Repeat(`<a><!--</a>-->`, 1000),
		"with end tags in CDATA":         "<rss>" + strings.Repeat(`<a><![CDATA[</a>]]>`, 1000),
		"with end tags of other cases":   "<rss>" + strings.Repeat(`<a></A >`, 10) + deep,
		"with end tags in a directive":   "<rss>" + strings.Repeat(`<a><!X "</a>">`, 1000),
		"with self-closing look-alikes":  "<rss>" + strings.Repeat(`<a b=c/>`, 1000),
		"with slashes":                   "<rss>" + strings.Repeat(`<a / >`, 1000),
		"with names of other alphabets":  "<rss>" + strings.Repeat(`<ä>`, 1000),
		"with stray end tags in between": "<rss>" + strings.Repeat(`<a></b></c>`, 1000),
	} {
		t.Run(name, func(t *testing.T) {
			g := guard{text: []byte(body)}
			if err := g.run(); err != nil {
				var refused *ParseError
				if !errors.As(err, &refused) {
					t.Fatalf("got %v", err)
				}
				return
			}
			fixed, _ := g.apply()
			if d := depthOf(fixed); d > maxDepth+1 {
				t.Errorf("the reader would nest %d deep", d)
			}
		})
	}
}

// FuzzParse: go test -fuzz FuzzParse -fuzzminimizetime 10x ./feeds
func FuzzParse(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c)
	}
	f.Fuzz(promises)
}

// TestMutations damages every case in a hundred ways (fewer under the race
// detector), always the same ones.
func TestMutations(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, c := range corpus(t) {
		for range 100 / min(raceFactor, 4) {
			promises(t, mutate(rnd, c))
		}
	}
}

// mutate changes, drops, doubles and garbles a few places of a body.
func mutate(rnd *rand.Rand, body []byte) []byte {
	const marks = "<>&'\"/!-[]?x=;#"
	for range 1 + rnd.IntN(8) {
		if len(body) == 0 {
			return body
		}
		i := rnd.IntN(len(body))
		j := min(len(body), i+rnd.IntN(60))
		switch rnd.IntN(4) {
		case 0:
			body = slices.Concat(body[:i], []byte{byte(rnd.IntN(256))}, body[i+1:])
		case 1:
			body = slices.Concat(body[:i], body[j:])
		case 2:
			k := rnd.IntN(len(body))
			body = slices.Concat(body[:k], body[i:j], body[k:])
		default:
			body = slices.Concat(body[:i], []byte{marks[rnd.IntN(len(marks))]}, body[i+1:])
		}
	}
	return body
}

// promises holds Parse to what it promises for any body at all.
func promises(t *testing.T, body []byte) {
	t.Helper()
	start := time.Now()
	doc, err := Parse(body, "", "https://amt.example/feed")
	if d := time.Since(start); d > 10*time.Second {
		t.Fatalf("took %v", d)
	}
	var refused *ParseError
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("an error that is no reason: %v", err)
	}
	for _, e := range doc.Entries() {
		for _, s := range append([]string{e.GUID, e.URL, e.Title, e.Summary, e.Content, e.Author, e.Key, e.Link}, e.Categories...) {
			if !isPlain(s) {
				t.Fatalf("text that is not plain: %q", s)
			}
		}
		if e.URL != "" && !strings.HasPrefix(e.URL, "http://") && !strings.HasPrefix(e.URL, "https://") {
			t.Fatalf("an address that is not of the web: %q", e.URL)
		}
		if e.Key == "" {
			t.Fatalf("no key: %+v", e)
		}
	}
	if text, err := findRoot(clean(decode(body, ""))); err == nil {
		g := guard{text: text}
		if g.run() == nil {
			fixed, _ := g.apply()
			if d := depthOf(fixed); d > maxDepth+1 {
				t.Fatalf("the reader would nest %d deep", d)
			}
		}
	}
}
