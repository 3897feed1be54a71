package feeds_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
)

// failing, and others, are what an publisher's feed is at dawn.
var (
	failing = []feeds.State{feeds.StateFailing}
	gone    = []feeds.State{feeds.StateGone}
	moved   = []feeds.State{feeds.StateMoved}
	slow    = []feeds.State{feeds.StateSlow}
	fine    = []feeds.State{feeds.StateOK}
	quiet   = []feeds.State{feeds.StateOK, feeds.StateSilent}
)

// healthy are publishers without any fault, of all rhythms and formats. They are
// polled on time whatever the others do.
func healthy() []*publisher {
	var list []*publisher
	for i, pace := range []time.Duration{4 * time.Minute, 9 * time.Minute, 25 * time.Minute, time.Hour, 3 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		for j, format := range []string{"", "atom", "json"} {
			o := &publisher{name: fmt.Sprintf("heil%d%d", i, j), pace: pace, holds: 60, format: format, zipped: j == 1, states: quiet}
			o.url = fmt.Sprintf("%s://%s.example/feed", []string{"http", "https"}[(i+j)%2], o.name)
			list = append(list, o)
		}
	}
	for i := range 20 { // of one host
		list = append(list, &publisher{name: fmt.Sprintf("portal%d", i), url: fmt.Sprintf("http://portal.example/amt/%d", i), pace: 40 * time.Minute, format: []string{"", "rdf"}[i%2], states: quiet})
	}
	return list
}

// manners are publishers that answer with less, or else, than their feed.
func manners() []*publisher {
	list := []*publisher{
		{name: "sekunden", mischief: []mischief{during(2, 3, refuses(429, inSeconds(50*time.Minute), 50*time.Minute))}, patience: time.Hour},
		{name: "datum", mischief: []mischief{during(2, 3, refuses(503, onDate(4*time.Hour), 4*time.Hour))}, patience: 4 * time.Hour},
		{name: "absurd", mischief: []mischief{during(5, 0, refuses(429, says("99999999999999"), 7*24*time.Hour))}, states: failing},
		{name: "unsinn", mischief: []mischief{during(2, 3, refuses(503, says("morgen früh"), 0))}},
		{name: "vorbei", mischief: []mischief{during(2, 3, refuses(429, onDate(-time.Hour), 0))}},
		{name: "unveraendert", mischief: []mischief{during(3, 0, answers(304))}, states: quiet},
		{name: "ewigneu", etag: counter()},
		{name: "ewiggleich", etag: func() string { return `"immer"` }, mischief: []mischief{meanwhile(0, 0, unconditional)}},
		{name: "ohne", noETag: true},
		{name: "weg404", mischief: []mischief{during(2, 7, answers(404))}},
		{name: "verboten", mischief: []mischief{during(1, 0, answers(403))}, states: failing},
		{name: "weg410", mischief: []mischief{during(4, 0, answers(410))}, states: gone},
		{name: "fuenfhundert", mischief: []mischief{during(3, 6, answers(500)), meanwhile(0, 0, sometimes(5, answers(502)))}, patience: 4 * time.Hour, states: append(failing, fine...)},
		{name: "wartung", mischief: []mischief{during(4, 5, sends("text/html", "<!DOCTYPE html><html><body><h1>Wartung</h1></body></html>"))}},
		{name: "wartung2", mischief: []mischief{during(4, 5.5, sends("application/rss+xml", "<html><head><title>Wartung</title></head>"))}},
		{name: "einwilligung", mischief: []mischief{during(3, 6, redirects(302, "http://consent.example/zustimmen?zurueck=einwilligung"))}},
		{name: "leer", mischief: []mischief{during(3, 5, sends("application/rss+xml", `<rss version="2.0"><channel><title>leer</title></channel></rss>`))}},
		{name: "nichts", mischief: []mischief{during(3, 5, sends("application/rss+xml", ""))}},
		{name: "zeitweise", mischief: []mischief{meanwhile(0, 0, redirects(302, "http://ziel.example/zeitweise"))}, states: quiet},
		{name: "dauerhaft", mischief: []mischief{meanwhile(0, 0, redirects(301, "http://ziel.example/dauerhaft"))}, states: moved},
		{name: "flattert", mischief: []mischief{meanwhile(0, 0, sometimes(2, redirects(301, "http://ziel.example/flattert")))}, states: append(moved, fine...)},
		{name: "kreis", mischief: []mischief{during(2, 0, redirects(302, "http://kreis.example/feed"))}, states: failing},
		{name: "privat", mischief: []mischief{during(2, 0, redirects(302, "http://10.0.0.7/latest"))}, states: failing},
		{name: "wolke", mischief: []mischief{during(2, 0, redirects(302, "http://169.254.169.254/latest/meta-data/"))}, states: failing},
		{name: "abwaerts", url: "https://abwaerts.example/feed", mischief: []mischief{during(2, 6, redirects(301, "http://abwaerts.example/feed"))}},
		{name: "stockt", mischief: []mischief{during(2, 0, stalls(4*time.Second))}, states: failing},
		{name: "stumm", mischief: []mischief{during(2, 0, silent)}, states: failing},
		{name: "traege", mischief: []mischief{meanwhile(0, 0, late(14*time.Second))}, states: slow},
		{name: "traege2", url: "http://traege.example/2", mischief: []mischief{meanwhile(0, 0, late(14*time.Second))}, states: slow},
		{name: "gekappt", mischief: []mischief{meanwhile(0, 0, sometimes(3, cuts(true)))}, patience: 3 * time.Hour, states: append(failing, fine...)},
		{name: "gekuerzt", mischief: []mischief{meanwhile(0, 0, sometimes(3, cuts(false)))}, patience: 3 * time.Hour},
		{name: "aufgelegt", mischief: []mischief{meanwhile(0, 0, sometimes(3, hangsUp))}, patience: 3 * time.Hour, states: append(failing, fine...)},
		{name: "bombe", mischief: []mischief{during(2, 0, bomb)}, states: failing},
		{name: "tief", mischief: []mischief{during(2, 0, sends("application/xml", nested()))}, states: failing},
		{name: "masse", mischief: []mischief{during(5, 5.4, brings(crowd(100_000)))}},
		{name: "langertitel", mischief: []mischief{during(5, 5.4, brings(feedOf("<item><title>"+strings.Repeat("Amt ", 2_400_000)+"</title><guid>lang</guid></item>")))}},
		{name: "namenlos", mischief: []mischief{during(2, 3.5, nothing)}}, {name: "tot", mischief: []mischief{during(2.5, 8, nothing)}},
		{name: "abgelaufen", url: "https://abgelaufen.example/feed", mischief: []mischief{during(2, 6, nothing)}},
		{name: "fremd", url: "https://fremd.example/feed", mischief: []mischief{during(1, 0, nothing)}, states: failing},
		{name: "maxage", header: http.Header{"Cache-Control": {"public, max-age=5400"}}, fresh: 90 * time.Minute},
		{name: "expires", header: http.Header{"Expires": {"Thu, 01 Dec 1994 16:00:00 GMT"}}},
		{name: "ttl", head: "<ttl>90</ttl>", fresh: 90 * time.Minute},
		{name: "stunden", head: skipHours(23, 0, 1, 2, 3), skip: 1<<23 | 1<<0 | 1<<1 | 1<<2 | 1<<3, patience: 6 * time.Hour},
	}
	return list
}

// neighbours are publishers of one host, one of which speaks for all.
func neighbours() []*publisher {
	list := []*publisher{
		{name: "nachbar1", url: "http://haus.example/1", mischief: []mischief{during(3, 3.5, refuses(429, inSeconds(2*time.Hour), 2*time.Hour))}},
		{name: "nachbar2", url: "http://haus.example/2"}, {name: "nachbar3", url: "http://haus.example/3"},
	}
	for _, o := range list {
		o.patience = 4 * time.Hour
	}
	return list
}

// confused are publishers that do not know their stories apart.
func confused() []*publisher {
	flood := hours(7)
	list := []*publisher{
		{name: "sitzung", edit: func(s *story) { s.guid += "?sid=" + time.Now().Format("150405") }},
		{name: "neueadressen", edit: func(s *story) { s.link += "?ref=" + time.Now().Format("150405") }},
		{name: "sitzungen", edit: func(s *story) {
			s.guid, s.link = s.guid+time.Now().Format("150405"), s.link+"?sid="+time.Now().Format("150405")
		}},
		{name: "alleeins", edit: func(s *story) { s.guid = "urn:eins" }},
		{name: "ohneguid", edit: func(s *story) { s.noGUID = true }},
		{name: "ohnealles", edit: func(s *story) { s.noGUID, s.link = true, "http://ohnealles.example/" }},
		{name: "zukunft", edit: func(s *story) { s.date = "Thu, 31 Dec 2099 23:59:59 GMT" }},
		{name: "epoche", edit: func(s *story) { s.date = "Thu, 01 Jan 1970 00:00:00 GMT" }},
		{name: "undatiert", edit: func(s *story) { s.date = "-" }},
		{name: "heute", edit: func(s *story) { s.date = time.Now().Format(time.RFC1123Z) }},
		{name: "deutsch", edit: func(s *story) { s.date = s.at.Format("02.01.2006, 15:04 Uhr") }},
		{name: "kampagne", edit: func(s *story) { s.link += "?utm_source=rss&utm_term=" + time.Now().Format("150405") }},
		{name: "flut", holds: 60},
		{name: "quelle"},
		{name: "zweit"},
	}
	for _, o := range list {
		switch o.name {
		case "flut":
			o.edit = func(s *story) {
				if time.Since(o.start) > flood {
					s.guid, s.link = "neu:"+s.guid, strings.Replace(s.link, "/flut/", "/neu/flut-", 1)
				}
			}
		case "zweit":
			o.also = list[len(list)-2]
		}
	}
	return list
}

// damaged are publishers whose documents have the faults of everyday life.
func damaged() []*publisher {
	list := []*publisher{
		{name: "cp1252", spoil: latin1},
		{name: "cp1252http", spoil: latin1, ctype: "application/rss+xml; charset=windows-1252"},
		{name: "falschlatin", spoil: swaps(`encoding="UTF-8"`, `encoding="ISO-8859-1"`)},
		{name: "utf16", spoil: utf16},
		{name: "utf16falsch", spoil: swaps(`encoding="UTF-8"`, `encoding="UTF-16"`)},
		{name: "einbyte", spoil: swapsOne("</description>", "\x96</description>")},
		{name: "steuer", spoil: swaps("</description>", "\x0b\x01</description>")},
		{name: "nichtzeichen", spoil: swapsOne("</description>", "\ufffe&#11;&#0;</description>")},
		{name: "entitaet", spoil: swaps("</description>", "&nbsp;&unbekannt; Müller & Söhne</description>")},
		{name: "kleiner", spoil: swapsOne("</description>", " 3 < 4 und a<b </description>")},
		{name: "rohhtml", spoil: swapsOne("</description>", "<br><b class=x class=y>fett</description>")},
		{name: "kaputt", spoil: swapsOne("</description>", "</descripti</description>")},
		{name: "cdata", spoil: swapsOne("<description>", "<description><![CDATA[offen ")},
		{name: "ohneende", spoil: swapsOne("</item>", "")},
		{name: "kopf", spoil: swaps("<channel>", "<channel><sy:offen>")},
		{name: "php", spoil: before("Warning: include(x.php) in /var/www/feed.php on line 3<br />\n")},
		{name: "kommentar", spoil: before("<!-- " + strings.Repeat("Lizenz ", 800) + "-->\n")},
		{name: "xml11", spoil: swaps(`<?xml version="1.0"`, `<?xml version="1.1"`)},
		{name: "bom", spoil: before("\ufeff\n\n")},
		{name: "muell", spoil: after("<!-- 0.3 s --><script>x()</script>")},
		{name: "doctype", spoil: swaps("<rss", `<!DOCTYPE rss SYSTEM "http://10.0.0.9/x.dtd" [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss`)},
		{name: "praefix", spoil: swaps("</item>", "<media:x y:z=\"1\"/></item>")},
		{name: "gross", spoil: swaps("<title>", "<TITLE>")},
	}
	for _, o := range list {
		if o.name == "gross" {
			o.spoil = func(_ *publisher, body []byte) []byte {
				return []byte(strings.NewReplacer("<title>", "<TITLE>", "</title>", "</TITLE>", "<item>", "<ITEM>", "</item>", "</ITEM>").Replace(string(body)))
			}
		}
	}
	return list
}

// unconditional lets an publisher forget what it was asked: it sends the whole.
func unconditional(_ *publisher, _ http.ResponseWriter, r *http.Request, _ *request) bool {
	r.Header.Del("If-None-Match")
	return false
}

// nothing marks hours in which the host itself cannot be reached, see fate.
func nothing(*publisher, http.ResponseWriter, *http.Request, *request) bool { return false }

func counter() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf(`"%d"`, n) }
}

func skipHours(list ...int) string {
	s := "<skipHours>"
	for _, h := range list {
		s += fmt.Sprintf("<hour>%d</hour>", h)
	}
	return s + "</skipHours>"
}

// settle puts the publishers into the world: each host once, with all its feeds.
func settle(t testing.TB, w *world, list []*publisher) {
	t.Helper()
	byHost := map[string]*http.ServeMux{}
	mux := func(name string) *http.ServeMux {
		if byHost[name] == nil {
			byHost[name] = http.NewServeMux()
			w.addHost(t, name, byHost[name])
		}
		return byHost[name]
	}
	for _, o := range list {
		rest := o.url[strings.Index(o.url, "://")+3:]
		name, _, _ := strings.Cut(rest, "/")
		mux(name).Handle(strings.TrimPrefix(rest, name), o)
		mux("ziel.example").HandleFunc("/"+o.name, func(rw http.ResponseWriter, r *http.Request) { o.publish(rw, r, requestOf(r)) })
	}
	mux("consent.example").HandleFunc("/zustimmen", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte("<!DOCTYPE html><html><body>Wir und unsere 842 Partner verwenden Cookies. Zustimmen?</body></html>"))
	})
}

// fate changes the hosts themselves in the course of the night.
func fate(t testing.TB, w *world) map[time.Duration]func() {
	old := w.ca.issue(t, "abgelaufen.example", time.Now().Add(-100*24*time.Hour), time.Now().Add(2*time.Hour))
	fresh := w.ca.issue(t, "abgelaufen.example", time.Now(), time.Now().Add(90*24*time.Hour))
	other := w.ca.issue(t, "andere.example", time.Now(), time.Now().Add(90*24*time.Hour))
	show := func(name string, c *tls.Certificate) { w.change(name, func(h *host) { h.cert = c }) }
	show("abgelaufen.example", &old)
	return map[time.Duration]func(){
		hours(1):   func() { show("fremd.example", &other) },
		hours(6):   func() { show("abgelaufen.example", &fresh) },
		hours(2):   func() { w.change("namenlos.example", func(h *host) { h.noName = true }) },
		hours(3.5): func() { w.change("namenlos.example", func(h *host) { h.noName = false }) },
		hours(2.5): func() { w.change("tot.example", func(h *host) { h.down = true }) },
		hours(8):   func() { w.change("tot.example", func(h *host) { h.down = false }) },
	}
}
