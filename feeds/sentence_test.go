package feeds

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

func TestSayReason(t *testing.T) {
	cases := []struct{ name, reason, german string }{
		{"a page instead of a feed", reasonOf(Parse([]byte("<html><body>Wartung</body></html>"), "", "")), "Das ist eine HTML-Seite, kein Feed"},
		{"nothing", reasonOf(Parse(nil, "", "")), "Die Antwort ist leer"},
		{"broken JSON", reasonOf(Parse([]byte(`{"items": [`), "", "")), "Das JSON ist fehlerhaft"},
		{"a status with a usual name", Reason(&StatusError{Status: 404}), "Der Server antwortet mit HTTP 404 (nicht gefunden)"},
		{"a status with a rare name", Reason(&StatusError{Status: 418}), "Der Server antwortet mit HTTP 418 I'm a teapot"},
		{"a status without a name", Reason(&StatusError{Status: 520}), "Der Server antwortet mit HTTP 520"},
		{"a time limit", Reason(fmt.Errorf("fetch: %w", &timeoutError{30 * time.Second})), "Keine Antwort innerhalb von 30 s"},
		{"too many redirects", Reason(errRedirects), "Mehr als 5 Weiterleitungen nacheinander"},
		{"an unknown encoding", Reason(fmt.Errorf("%w %q", errEncoding, "br")), "Die Antwort ist auf unbekannte Weise komprimiert"},
		{"an error of no kind", Reason(errors.New("?")), "Die Abfrage ist fehlgeschlagen"},
		{"a move", health(Feed{}, time.Now(), answer{movedTo: "https://neu.example/%s/feed"}).Reason, "Dauerhaft umgezogen nach https://neu.example/%s/feed"},
		{"a slow server", health(Feed{}, time.Now(), answer{took: 12 * time.Second}).Reason, "Die Antwort brauchte 12 s"},
		{"nothing wrong", "", ""},
		{"an inner address", Reason(&addressError{netip.MustParseAddr("10.0.0.1"), sayAddrPrivate}), "Die Adresse 10.0.0.1 liegt in einem privaten Netz"},
		{"a redirect to an inner address", Reason(astray(&addressError{netip.MustParseAddr("169.254.169.254"), sayAddrLinkLocal}, 1)), "Die Adresse leitet auf 169.254.169.254 um; das liegt nicht im öffentlichen Internet"},
		{"words of somebody else", "Redaktion hat den Feed abgeschaltet", "Redaktion hat den Feed abgeschaltet"},
		{"more than a sentence of ours", "see: connection refused", "see: connection refused"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := SayReason(c.reason, "de"); got != c.german {
				t.Errorf("%q in German: %q, want %q", c.reason, got, c.german)
			}
			if got := SayReason(c.reason, "en"); !strings.HasPrefix(c.reason, got) || got == "" && c.reason != "" {
				t.Errorf("%q in English: %q", c.reason, got)
			}
		})
	}
}

func reasonOf(_ Document, err error) string { return Reason(err) }

// Every sentence has both wordings, with the same arguments, and is found
// again as itself and no other.
func TestEverySentenceHasItsGerman(t *testing.T) {
	used := map[string]bool{}
	for s := range sentences {
		w := wording[s]
		holes := strings.Count(w.en, "%s")
		if w.en == "" || w.de == "" || strings.Count(w.de, "%s") != holes || strings.Count(w.en, "%") != holes {
			t.Errorf("sentence %d: %q and %q do not fit together", s, w.en, w.de)
			continue
		}
		if used[w.en] || used[w.de] {
			t.Errorf("sentence %d: %q or %q is another's too", s, w.en, w.de)
		}
		used[w.en], used[w.de] = true, true
		args := make([]any, holes)
		for i := range args {
			args[i] = "x7.example"
		}
		want := fmt.Sprintf(w.de, args...)
		if got := SayReason(s.with(args...), "de"); got != want {
			t.Errorf("%q became %q, want %q", s.with(args...), got, want)
		}
	}
}

// Reasons are made of sentences alone: no source file of the package writes
// one as a literal, or builds a ParseError by hand; and every sentence is said
// somewhere.
func TestReasonsAreSentences(t *testing.T) {
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	set := token.NewFileSet()
	for _, n := range names {
		if !strings.HasSuffix(n.Name(), ".go") || strings.HasSuffix(n.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, n.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if at := literalReason(node); at.IsValid() {
				t.Errorf("%s: a reason as a literal: make it a sentence", set.Position(at))
			}
			if id, ok := node.(*ast.Ident); ok && strings.HasPrefix(id.Name, "say") {
				said[id.Name]++
			}
			return true
		})
	}
	for name, n := range said {
		if n < 3 { // named, worded, said
			t.Errorf("%s is never said", name)
		}
	}
	if len(said) < int(sentences) {
		t.Errorf("%d names of sentences found, %d expected", len(said), sentences)
	}
}

// literalReason gives the place of a string literal that becomes a reason.
func literalReason(node ast.Node) token.Pos {
	literal := func(e ast.Expr) bool {
		lit, ok := e.(*ast.BasicLit)
		return ok && lit.Kind == token.STRING && lit.Value != `""`
	}
	switch n := node.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Reason" && literal(n.Value) {
			return n.Pos()
		}
	case *ast.CompositeLit:
		if name, ok := n.Type.(*ast.Ident); ok && name.Name == "ParseError" && len(n.Elts) > 0 && literal(n.Elts[0]) {
			return n.Pos()
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if field, ok := left.(*ast.SelectorExpr); ok && field.Sel.Name == "Reason" && len(n.Rhs) == len(n.Lhs) && literal(n.Rhs[i]) {
				return n.Pos()
			}
		}
	}
	return token.NoPos
}
