package feeds

import (
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	for in, want := range map[string]string{
		// the standards
		"Mon, 16 Nov 2026 08:30:00 +0100":       "2026-11-16T07:30:00Z",
		"Mon, 16 Nov 2026 08:30:00 GMT":         "2026-11-16T08:30:00Z",
		"16 Nov 2026 08:30:00 UT":               "2026-11-16T08:30:00Z",
		"Mon, 16 Nov 26 08:30 EST":              "2026-11-16T13:30:00Z",
		"Mon, 6 Nov 2026 8:30:00 +0100":         "2026-11-06T07:30:00Z",
		"2026-11-16T08:30:00Z":                  "2026-11-16T08:30:00Z",
		"2026-11-16T08:30:00.123456789Z":        "2026-11-16T08:30:00.123456Z",
		"2026-11-16T08:30:00+01:00":             "2026-11-16T07:30:00Z",
		"2026-11-16T08:30+0100":                 "2026-11-16T07:30:00Z",
		"2026-11-16 08:30:00 +0100":             "2026-11-16T07:30:00Z",
		"20261116T083000Z":                      "2026-11-16T08:30:00Z",
		"Mon Nov 16 08:30:00 2026":              "2026-11-16T07:30:00Z",
		"Mon Nov 16 08:30:00 UTC 2026":          "2026-11-16T08:30:00Z",
		"Nov 16, 2026 8:30 PM":                  "2026-11-16T19:30:00Z",
		"Mon, 16 Nov 2026 08:30:00 +0100 (CET)": "2026-11-16T07:30:00Z",
		// the edges
		"2016-12-31T23:59:60Z":      "2016-12-31T23:59:59Z",
		"2026-10-25T02:30:00+01:00": "2026-10-25T01:30:00Z",
		"2099-01-01T00:00:00Z":      "2099-01-01T00:00:00Z",
		// no dates
		"":                                   "",
		"gestern":                            "",
		"2026-13-01T00:00:00Z":               "",
		"2026-02-30T00:00:00Z":               "",
		"31.02.2026":                         "",
		"Mon, 31 Feb 2026 10:00:00 GMT":      "",
		"16.11.2026 25:00":                   "",
		"16.11.2026 10:61":                   "",
		"Mon, 16 Nov 2026 08:30:00 +9900":    "",
		"Mon, 16 Nov 2026 08:30:00 und mehr": "",
		"2026-11-16T08:30:00Z trailing":      "",
		"16 Foo 2026 08:30":                  "",
		"0001-01-01T00:00:00Z":               "",
		"1970-01-01T00:00:00Z":               "",
		"1989-12-31":                         "",
		"9999-12-31T23:59:59Z":               "",
		"00.00.0000":                         "",
		"0000-00-00 00:00:00":                "",
		"2026-11-16T08:30:00 XYZT":           "",
	} {
		got := ""
		if ts, ok := parseDate(in); ok {
			got = ts.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestGermanDates has the ways in which German sites write dates: names of
// months and days, zones, numbers. Without a zone they are Berlin's.
func TestGermanDates(t *testing.T) {
	const march, july = "2024-03-05T09:00:00Z", "2024-07-05T08:00:00Z"
	for in, want := range map[string]string{
		// names
		"Do, 29 Mär 2018":                         "2018-03-28T22:00:00Z",
		"Do, 29 Mär 2018 10:00:00 +0200":          "2018-03-29T08:00:00Z",
		"Do., 29. März 2018":                      "2018-03-28T22:00:00Z",
		"5. März 2024, 10:00 Uhr":                 march,
		"Dienstag, 5. März 2024 - 10:00":          march,
		"Dienstag, den 5. März 2024 um 10:00 Uhr": march,
		"Dienstag 05. März 2024 10:00":            march,
		"5. Maerz 2024 10.00 Uhr":                 march,
		"5.März 2024, 10 Uhr":                     march,
		"05-Mrz-2024 10:00":                       march,
		"5. März 2024 | 10:00":                    march,
		"10:00 Uhr, 5. März 2024":                 march,
		"Die, 05 Mrz 2024 10:00:00 +0100":         march,
		"Mi, 02 Okt 2024 12:00:00 +0200":          "2024-10-02T10:00:00Z",
		"24. Dez. 2023":                           "2023-12-23T23:00:00Z",
		"1. Jänner 2024 00:30":                    "2023-12-31T23:30:00Z",
		"Sonnabend, 13. Juli 2024, 9:05 Uhr":      "2024-07-13T07:05:00Z",
		// zones
		"Tue, 05 Mar 2024 10:00:00 MEZ":            march,
		"Fri, 05 Jul 2024 10:00:00 MESZ":           july,
		"Tue, 05 Mar 2024 10:00:00 MET":            march,
		"Fri, 05 Jul 2024 10:00:00 MEST":           july,
		"Fri, 05 Jul 2024 10:00:00 CEST":           july,
		"Tue, 05 Mar 2024 10:00:00 Europe/Berlin":  march,
		"Fri, 05 Jul 2024 10:00:00 Europe/Berlin":  july,
		"Fri, 05 Jul 2024 10:00:00 Europe/Vienna":  july,
		"Fri, 05 Jul 2024 10:00:00 GMT+2":          july,
		"Fri, 05 Jul 2024 10:00:00 GMT+0200":       july,
		"Fri, 05 Jul 2024 10:00:00 UTC+02:00":      july,
		"2024-07-05T10:00:00+02:00[Europe/Berlin]": july,
		"Fr Jul 05 10:00:00 MESZ 2024":             july,
		"5. März 2024, 10:00 Uhr (MEZ)":            march,
		"05.07.2024 10:00 Uhr MESZ":                july,
		// numbers
		"05.03.2024":                "2024-03-04T23:00:00Z",
		"05.03.2024 10:00":          march,
		"05.07.2024, 10:00 Uhr":     july,
		"05.03.2024 – 10:00 Uhr":    march,
		"Di, 05.03.2024 - 10:00":    march,
		"05.03.24 10:00:15":         "2024-03-05T09:00:15Z",
		"5.3.2024 um 10.00 Uhr":     march,
		"Stand: 05.03.2024 10:00":   march,
		"10:00, 05.03.2024":         march,
		"05/03/2024 10:00":          march,
		"05-03-2024 10:00":          march,
		"2024-07-05T10:00:00":       july,
		"2024-07-05 10:00":          july,
		"2024-03-05":                "2024-03-04T23:00:00Z",
		"20240705T100000":           july,
		"Tue, 05 Mar 2024 10:00:00": march,
	} {
		if got := stamped(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestNoDates: nonsense is refused, not guessed at.
func TestNoDates(t *testing.T) {
	for name, in := range map[string]string{
		"a fourth part of the clock":     "Sun, 15 Nov 2026 1:2:3:4 GMT",
		"a month that is none":           "Sun, 15 abc 2026 10:00:00 GMT",
		"a day that is none":             "Sun, Nov x 2026 10:00:00 GMT",
		"a year that is none":            "Sun, 15 Nov xx 10:00:00 GMT",
		"an offset without numbers":      "Sun, 15 Nov 2026 10:00:00 +zz:00",
		"minutes of an offset":           "Sun, 15 Nov 2026 10:00:00 +00:zz",
		"the 99th of a month":            "Sun, 99 Nov 2026 10:00:00 GMT",
		"an offset beyond all":           "9998-12-31T23:59:59-99:99",
		"hour 25":                        "2026-11-15T25:00:00Z",
		"minute 61":                      "2026-11-15T10:61:00Z",
		"second 61":                      "2026-11-15T10:00:61Z",
		"a year with five digits":        "22026",
		"a year with three":              "026",
		"a fourth part of the day":       "2026-11-15-01",
		"something behind it":            "2026-11-15T10:00:00-06:00Text",
		"letters in the month":           "2026-xx-15",
		"letters in the clock":           "2026-11-15T10:xx:00Z",
		"letters in the offset":          "2026-11-15T10:00:00+00:xx",
		"the 31st of February":           "Tue, 31 Feb 2026 10:00:00 GMT",
		"a year that no feed means":      "Sun, 31 Dec 9999 23:59:59 +0000",
		"the beginning of all computers": "1970-01-01T00:00:00Z",
		"month 13 in a number":           "20261315",
		"a zone that is nowhere":         "2026-11-15T10:00:00 Mond/Rueckseite",
	} {
		if got := stamped(in); got != "" {
			t.Errorf("%s: %q gave %q", name, in, got)
		}
	}
}

func stamped(s string) string {
	t, ok := parseDate(s)
	if !ok {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// TestOwnZone: a date without a zone is of the zone of the feed's other dates,
// or of its language's, or Berlin's.
func TestOwnZone(t *testing.T) {
	const bare = "<pubDate>16 Nov 2026 08:00:00</pubDate>"
	for name, c := range map[string]struct{ head, item, want string }{
		"nothing tells":                         {"", bare, "2026-11-16T07:00:00Z"},
		"German":                                {"<language>de-de</language>", bare, "2026-11-16T07:00:00Z"},
		"British":                               {"<language>en-gb</language>", bare, "2026-11-16T08:00:00Z"},
		"American, of which there are many":     {"<language>en-us</language>", bare, "2026-11-16T07:00:00Z"},
		"the feed's own date":                   {"<pubDate>Mon, 16 Nov 2026 09:00:00 -0500</pubDate>", bare, "2026-11-16T13:00:00Z"},
		"its build date, by name":               {"<lastBuildDate>Mon, 16 Nov 2026 09:00:00 EST</lastBuildDate>", bare, "2026-11-16T13:00:00Z"},
		"the date before the language":          {"<language>en-gb</language><pubDate>Mon, 16 Nov 2026 09:00:00 +0100</pubDate>", bare, "2026-11-16T07:00:00Z"},
		"Berlin's summer time is winter's, too": {"<pubDate>Thu, 16 Jul 2026 09:00:00 +0200</pubDate>", bare, "2026-11-16T07:00:00Z"},
		"summer time of where it stays":         {"<pubDate>Mon, 16 Nov 2026 09:00:00 +0200</pubDate>", bare, "2026-11-16T06:00:00Z"},
		"UTC is what servers write":             {"<lastBuildDate>Mon, 16 Nov 2026 09:00:00 GMT</lastBuildDate>", bare, "2026-11-16T07:00:00Z"},
		"another item's":                        {"", bare + "</item><item><title>B</title><pubDate>Mon, 16 Nov 2026 08:00:00 -0500</pubDate>", "2026-11-16T13:00:00Z"},
		"the item's other date":                 {"", bare + `<dcterms:modified xmlns:dcterms="http://purl.org/dc/terms/">2026-11-16T09:00:00-05:00</dcterms:modified>`, "2026-11-16T13:00:00Z"},
		"many zones tell nothing":               {"<pubDate>Mon, 16 Nov 2026 09:00:00 -0500</pubDate>", bare + "</item><item><title>B</title><pubDate>Mon, 16 Nov 2026 08:00:00 +0900</pubDate>", "2026-11-16T07:00:00Z"},
	} {
		doc, err := Parse([]byte(`<rss version="2.0"><channel><title>x</title>`+c.head+`<item><title>A</title>`+c.item+`</item></channel></rss>`), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Items[0].Published.Format(time.RFC3339); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
