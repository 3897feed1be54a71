package article

import (
	"encoding/json"
	"html"
	"strings"
)

// linkedData is what JSON-LD (schema.org) says about the article.
type linkedData struct {
	headline, published, pagePublished, publisher string
	authors, keywords                             []string
	paid                                          bool
	blocks, bytes                                 int // read so far
}

const (
	maxBlocks = 20
	maxData   = 1 << 20 // bytes, all blocks together
	maxNested = 12
)

// articleTypes are those of schema.org that news and press releases use.
var articleTypes = map[string]bool{
	"article": true, "newsarticle": true, "reportagenewsarticle": true, "analysisnewsarticle": true, "backgroundnewsarticle": true,
	"opinionnewsarticle": true, "reviewnewsarticle": true, "report": true, "blogposting": true, "techarticle": true,
	"advertisercontentarticle": true, "scholarlyarticle": true, "liveblogposting": true, "socialmediaposting": true,
}

// read takes one block in. What is no JSON is mended where only line ends in
// strings broke it, else left.
func (d *linkedData) read(raw string) {
	d.blocks++
	if d.bytes += len(raw); d.blocks > maxBlocks || d.bytes > maxData {
		return
	}
	raw = strings.TrimSpace(raw)
	raw = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(raw, "<!--"), "//<![CDATA["), "-->")
	var v any
	if json.Unmarshal([]byte(raw), &v) != nil {
		mended := strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, strings.TrimSuffix(strings.TrimSpace(raw), ";"))
		if json.Unmarshal([]byte(mended), &v) != nil {
			return
		}
	}
	d.visit(v, 0)
}

// visit looks for articles in lists, graphs and main entities.
func (d *linkedData) visit(v any, depth int) {
	if depth > maxNested {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			d.visit(e, depth+1)
		}
	case map[string]any:
		switch typeOf(v) {
		case "article":
			d.article(v)
			return
		case "page":
			d.pagePublished = orElse(d.pagePublished, str(v["datePublished"]))
			d.paid = d.paid || isFalse(v["isAccessibleForFree"])
		}
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "hasPart"} {
			d.visit(v[key], depth+1)
		}
	}
}

// article takes the first article; others on a page are teasers.
func (d *linkedData) article(v map[string]any) {
	headline := cleanLD(orElse(str(v["headline"]), str(v["name"])))
	if d.headline != "" && headline != d.headline {
		return
	}
	d.headline = headline
	d.published = orElse(d.published, orElse(str(v["datePublished"]), str(v["dateCreated"])))
	if len(d.authors) == 0 {
		d.authors = namesOf(v["author"], 0)
	}
	if names := namesOf(v["publisher"], 0); d.publisher == "" && len(names) > 0 {
		d.publisher = names[0]
	}
	if len(d.keywords) == 0 {
		d.keywords = wordsOf(v["keywords"])
	}
	d.paid = d.paid || isFalse(v["isAccessibleForFree"])
}

// typeOf sorts an object by its @type: "article", "page" or something else.
func typeOf(v map[string]any) string {
	kinds, ok := v["@type"].([]any)
	if !ok {
		kinds = []any{v["@type"]}
	}
	for _, k := range kinds {
		name := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(str(k), "https://schema.org/"), "http://schema.org/"))
		switch {
		case articleTypes[name]:
			return "article"
		case name == "webpage" || name == "itempage":
			return "page"
		}
	}
	return ""
}

func namesOf(v any, depth int) []string {
	switch v := v.(type) {
	case string:
		if s := cleanLD(v); s != "" {
			return []string{s}
		}
	case map[string]any:
		if s := cleanLD(str(v["name"])); s != "" {
			return []string{s}
		}
	case []any:
		var out []string
		for _, e := range v {
			if depth < 2 {
				out = append(out, namesOf(e, depth+1)...)
			}
		}
		return out
	}
	return nil
}

func wordsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return splitWords(cleanLD(v))
	case []any:
		var out []string
		for _, e := range v {
			if s := cleanLD(orElse(str(e), str(field(e, "name")))); s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func field(v any, key string) any {
	m, _ := v.(map[string]any)
	return m[key]
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func isFalse(v any) bool {
	b, ok := v.(bool)
	return ok && !b || strings.EqualFold(str(v), "false") || strings.HasSuffix(strings.ToLower(str(v)), "schema.org/false")
}

// cleanLD undoes the entities that systems leave in their JSON.
func cleanLD(s string) string { return clean(html.UnescapeString(s)) }
