package storagetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"depesche/feeds"
	"depesche/feeds/keyword"
	"depesche/storage"
)

// Fill stores n items of some 600 characters each, seen over the year before
// now, as one feed brought them. The same r gives the same items.
func Fill(tb testing.TB, s *storage.Store, r *rand.Rand, n int, now time.Time) {
	tb.Helper()
	ctx := context.Background()
	feed := feeds.Feed{URL: "https://archiv.example/feed", Name: "Archiv", Role: feeds.RoleRival, Origin: feeds.OriginDesk}
	if _, err := s.AddFeed(ctx, feed, now); err != nil {
		tb.Fatal(err)
	}
	list, err := s.Feeds(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range list {
		if f.URL == feed.URL {
			feed = f
		}
	}
	feed.State, feed.LastPoll, feed.LastSuccess = feeds.StateOK, now, now
	for from := 0; from < n; from += 500 {
		p := feeds.Poll{Feed: feed, At: now, Items: Entries(r, from, min(500, n-from), now)}
		if _, err := s.SavePoll(ctx, p); err != nil {
			tb.Fatal(err)
		}
	}
}

// Entries makes n items, numbered from from.
func Entries(r *rand.Rand, from, n int, now time.Time) []feeds.Entry {
	entries := make([]feeds.Entry, n)
	for i := range entries {
		id := fmt.Sprint(from + i)
		link := "https://archiv.example/" + id
		e := feeds.Entry{Item: feeds.Item{
			GUID: id, URL: link, Title: sentence(r, 8), Summary: sentence(r, 75),
			Published: now.Add(-time.Duration(r.IntN(365*24)) * time.Hour), Source: "Archiv",
		}, Key: id, Link: link}
		e.Tokens = keyword.Analyse(e.Text()).Tokens()
		entries[i] = e
	}
	return entries
}

// Question makes a query of one to three words that the items are made of.
func Question(r *rand.Rand) string {
	words := make([]string, 1+r.IntN(3))
	for i := range words {
		words[i] = contentWord(r)
	}
	return strings.Join(words, []string{" ", " OR ", " "}[r.IntN(3)])
}

// The words of the archive that benchmarks search: little words, nouns, their
// compounds, acronyms, and names that occur a few times each.
var (
	little   = strings.Fields("der die das und in zu den von mit für auf ist im eine nicht als auch es an werden aus er hat dass sie nach wird bei einer um am")
	nouns    = strings.Fields("Verwaltung Register Kommune Bund Land Netz Daten Bürger Dienst Amt Gesetz Haushalt Schule Verkehr Energie Wahl Sicherheit Cloud Straße Übung Größe Plan Antrag Bescheid Konto Ausweis Vergabe Behörde Ministerium Kreis Stadt Gemeinde Wohnung Steuer Gesundheit Polizei Justiz Gericht Umwelt Wasser Kita Personal Software Rechenzentrum Standard Förderung Forschung Einkauf Archiv Zertifikat")
	firsts   = strings.Fields("Verwaltungs Register Kommunal Bundes Landes Netz Daten Bürger Dienst Haushalts Schul Verkehrs Energie Wahl Sicherheits Cloud Straßen Antrags Vergabe Behörden Kreis Stadt Gemeinde Steuer Gesundheits Polizei Justiz Umwelt Personal Software Standard Förder Forschungs Zertifikats Digital Online")
	heads    = strings.Fields("projekt stelle strategie ordnung plattform zentrum bericht vorhaben reform verfahren konzept gipfel verbund rat schutz bau recht lösung anbieter portal wesen pflicht angebot fonds kommission modernisierung digitalisierung vergabe prüfung technik")
	acronyms = strings.Fields("OZG KI EU BSI BMI IT EfA NOOTS DSGVO FITKO eID AKDB")
	sounds   = strings.Fields("ba ber bo den dor eck el fe gen hau hei ing ka kel ler lin mar mei nau neu ot pe ra rei ro sch sen stein tal ul wei zin")
)

func sentence(r *rand.Rand, words int) string {
	out := make([]string, words)
	for i := range out {
		if out[i] = contentWord(r); r.IntN(100) < 45 {
			out[i] = draw(r, little)
		}
	}
	return strings.Join(out, " ")
}

// draw picks early words far more often than late ones, as language does.
func draw(r *rand.Rand, list []string) string {
	return list[min(int(r.ExpFloat64()*float64(len(list))/4), len(list)-1)]
}

func contentWord(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 45:
		return draw(r, nouns)
	case n < 80:
		return draw(r, firsts) + draw(r, heads) + []string{"", "", "s", "en"}[r.IntN(4)]
	case n < 92:
		return draw(r, acronyms)
	default:
		name := sounds[r.IntN(len(sounds))] + sounds[r.IntN(len(sounds))] + sounds[r.IntN(len(sounds))]
		return strings.ToUpper(name[:1]) + name[1:]
	}
}
