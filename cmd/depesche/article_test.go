package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

const neuburgPage = `<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>Neuburg ohne Papier</title><meta property="og:site_name" content="Rathausfunk"></head>
<body><article><h1>Neuburg ohne Papier</h1>
<p>[9.3.2021] Die Stadt Neuburg hat ihr Serviceportal überarbeitet und stellt nun 140 Anträge bereit, die sich ohne Unterschrift auf Papier einreichen lassen.</p>
<p>Besonders gefragt sind nach Angaben der Stadt Bewohnerparkausweise &amp; Meldebescheinigungen; die Bearbeitung dauert im Mittel vier Tage, früher waren es elf. (sib)</p>
<p>Stichwörter: OZG, Serviceportal</p><p>Quelle: Amtsblatt</p></article></body></html>`

const neuburgFields = `"title":"Neuburg ohne Papier","text":"Die Stadt Neuburg hat ihr Serviceportal überarbeitet und stellt nun 140 Anträge bereit, die sich ohne Unterschrift auf Papier einreichen lassen.\n\n` +
	`Besonders gefragt sind nach Angaben der Stadt Bewohnerparkausweise & Meldebescheinigungen; die Bearbeitung dauert im Mittel vier Tage, früher waren es elf.",` +
	`"keywords":["OZG","Serviceportal"],"published":"2021-03-08T23:00:00Z","author":"sib","site":"Rathausfunk","source":"Amtsblatt"}`

func TestArticlePrintsAnObjectEach(t *testing.T) {
	p := newProgram(t)
	if err := os.WriteFile("page.html", []byte(neuburgPage), 0o600); err != nil {
		t.Fatal(err)
	}
	p.stdin = "%PDF-1.7 kein Artikel"
	lines := strings.Split(strings.TrimSpace(p.want(1, "article", "page.html", "-", "nowhere.html").stdout), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d objects for three files: %q", len(lines), lines)
	}
	if want := `{"file":"page.html","ok":true,"error":"",` + neuburgFields; lines[0] != want {
		t.Errorf("got  %s\nwant %s", lines[0], want)
	}
	for _, l := range lines[1:] {
		var r articleReport
		if err := json.Unmarshal([]byte(l), &r); err != nil || r.OK || r.Error == "" || r.Keywords == nil {
			t.Errorf("%s: %+v, %v", l, r, err)
		}
	}
	p.want(0, "article", "--json", "page.html")
	p.want(2, "article")
}

func TestArticleAsksForAddressesAsServeWould(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(neuburgPage))
	}))
	defer server.Close()
	p := newProgram(t)
	refused := p.want(1, "article", server.URL+"/a").stdout
	if !strings.Contains(refused, `"ok":false`) || strings.Contains(refused, "Neuburg") {
		t.Errorf("a private network was asked: %s", refused)
	}
	if err := os.WriteFile("depesche.yaml", []byte("fetch: {allow_networks: [127.0.0.0/8]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := p.want(0, "article", server.URL+"/a").stdout
	if want := `{"file":"` + server.URL + `/a","ok":true,"error":"",` + neuburgFields + "\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	secret := strings.Replace(server.URL, "http://", "http://editor:geheim@", 1)
	if r := p.want(0, "article", secret+"/a"); strings.Contains(r.stdout+r.stderr, "geheim") {
		t.Errorf("the password shows: %s%s", r.stdout, r.stderr)
	}
}
