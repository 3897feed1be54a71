package keyword

import (
	"os"
	"strings"
	"testing"
)

type noun struct {
	lemma string
	forms []string
}

func readNouns(t *testing.T) []noun {
	t.Helper()
	data, err := os.ReadFile("testdata/nouns.txt")
	if err != nil {
		t.Fatal(err)
	}
	var nouns []noun
	for line := range strings.Lines(string(data)) {
		lemma, forms, ok := strings.Cut(line, ":")
		if ok && !strings.HasPrefix(line, "#") {
			nouns = append(nouns, noun{lemma, strings.Fields(forms)})
		}
	}
	return nouns
}

// A noun finds its inflected forms (recall), and of nouns that begin with the
// same four letters those forms alone (precision).
func TestNounInflection(t *testing.T) {
	var found, missed, wrong int
	for _, n := range readNouns(t) {
		q := mustParse(t, n.lemma)
		for _, form := range n.forms {
			if _, ok := q.Match(Analyse(Text{Text: form})); ok {
				found++
			} else {
				missed++
				t.Logf("%s misses %s", n.lemma, form)
			}
		}
		for _, stranger := range readNouns(t) {
			if stranger.lemma == n.lemma || fold(stranger.lemma)[:3] != fold(n.lemma)[:3] {
				continue
			}
			for _, form := range stranger.forms {
				if contains(n.forms, form) {
					continue
				}
				if hits, ok := q.Match(Analyse(Text{Text: form})); ok && !compoundOf(q, hits[0].Text) {
					wrong++
					t.Logf("%s finds %s of %s", n.lemma, form, stranger.lemma)
				}
			}
		}
	}
	recall, precision := float64(found)/float64(found+missed), float64(found)/float64(found+wrong)
	t.Logf("%d forms: recall %.3f, precision %.3f", found+missed, recall, precision)
	if recall < 0.99 || precision < 0.93 {
		t.Errorf("recall %.3f, precision %.3f", recall, precision)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// compoundOf says whether a word is one of the query's word and another.
func compoundOf(q *Query, text string) bool {
	return q.root.term.words[0].parts[0].opens(fold(text))
}
