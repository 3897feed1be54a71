package feeds

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is proposed for a page reads of it what an editor's own selectors do.
func TestSelectorsAreProposed(t *testing.T) {
	eachPage(t, func(t *testing.T, body []byte, c pageCase, _ string) {
		p, err := parsePage(body, "", c.Base)
		if err != nil {
			t.Fatal(err)
		}
		s, ok := p.suggest()
		if !ok {
			t.Fatal("nothing is proposed")
		}
		t.Logf("%+v", s.list)
		want, got := c.Items, pageItems(Document{Items: s.items})
		for i := range want {
			want[i].Summary = ""
		}
		for i := range got {
			got[i].Summary = ""
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v reads (-want +got)\n%s", s.list, diff)
		}
	})
}

func TestNothingIsProposedWhereThereIsNoNews(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":        "",
		"an article":     "<article><h1>Eine Meldung</h1><p>Absatz eins.</p><p>Absatz zwei mit <a href=/x>einem Verweis auf etwas anderes</a>.</p><p>Absatz drei.</p></article>",
		"a menu":         "<ul class=punkte><li><a href=/a>Bürgerservice</a><li><a href=/b>Rathaus</a><li><a href=/c>Kultur</a><li><a href=/d>Wirtschaft</a></ul>",
		"a long menu":    "<nav><ul>" + strings.Repeat("<li><a href=/a>Ausländerbehörde und Einbürgerungsstelle</a></li>", 5) + "</ul></nav>",
		"one page often": "<div class=n>" + strings.Repeat("<p class=e><a href=/a>Alle Meldungen des Landesamts im Überblick</a> 9.3.2021</p>", 9) + "</div>",
		"calls to act":   "<ul class=l><li>9.3.2021 <a href=/1>Mehr erfahren</a><li>9.3.2021 <a href=/2>Mehr erfahren</a><li>9.3.2021 <a href=/3>Mehr erfahren</a></ul>",
		"two entries":    "<article class=n><h2><a href=/1>Die erste Meldung des Tages</a></h2></article><article class=n><h2><a href=/2>Die zweite Meldung des Tages</a></h2></article>",
	} {
		p, err := parsePage([]byte("<body>"+body), "", "https://amt.example/")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s, ok := p.suggest(); ok {
			t.Errorf("%s: %+v (%.2f)", name, s.list, s.score)
		}
	}
}

// A hostile page costs a suggestion no more than a large one does.
func TestASuggestionIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for name, body := range map[string]string{
		"depth":   strings.Repeat("<div class=a>", 90) + strings.Repeat("<div class=a><a href=/x>9.3.2021 ein Titel</a></div>", 1600),
		"breadth": strings.Repeat("<li class='a b c d'><h3><a href=/x>9.3.2021 ein Titel</a></h3>", 11_900),
		"classes": "<div class='" + strings.Repeat("nav- ", 500_000) + "'>" + strings.Repeat("<p class=x><a href=/x>9.3.2021</a></p>", 10_000),
	} {
		p, err := parsePage([]byte(body), "", "https://amt.example/")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		start := time.Now()
		p.suggest()
		if took := time.Since(start); took > 8*time.Second*raceFactor {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}
