package feeds

import "depesche/feeds/keyword"

// Topic is a named query that everything new is classified by.
type Topic struct {
	Name  string
	Query *keyword.Query
}

// Text is what queries look at in an item: title, teaser and full text, the
// outlet's own keywords, and the source.
func (it Item) Text() keyword.Text {
	text := it.Summary
	if it.Content != "" && it.Content != it.Summary {
		text += "\n\n" + it.Content
	}
	return keyword.Text{Title: it.Title, Text: text, Source: it.Source, Keywords: it.Categories}
}

// Classify gives the topics that accept the document, in the order of the
// topics, each with the words that made it so.
func Classify(topics []Topic, doc *keyword.Document) []Match {
	var out []Match
	for _, t := range topics {
		if hits, ok := t.Query.Match(doc); ok {
			out = append(out, Match{Topic: t.Name, Words: words(hits)})
		}
	}
	return out
}

func words(hits []keyword.Hit) []string {
	var out []string
	seen := map[string]bool{}
	for _, h := range hits {
		if !seen[h.Text] {
			seen[h.Text] = true
			out = append(out, h.Text)
		}
	}
	return out
}
