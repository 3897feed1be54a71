// Package keyword knows German words and the one query language of Depesche.
//
// A topic, a subscription and a search are each a Query. Parse reads one,
// Analyse prepares a text, and Match says whether the query accepts it, and
// by which words:
//
//	q, err := keyword.Parse("(OZG ODER Onlinezugangsgesetz) NICHT Krypto")
//	...
//	doc := keyword.Analyse(keyword.Text{Title: "Neues zur OZG-Umsetzung"})
//	hits, ok := q.Match(doc)
//
// A match depends on the query and the text alone, never on what else an
// archive holds. So a search, an alert and last week's classification agree.
//
// # Words
//
// German hides a word in many forms, and stemmers find too few of them
// (Blockchain in "Blockchaintechnologie") and too many (Forderung for
// Förderung). This package has rules instead, each about the language and
// none about one word:
//
//   - Spelling. Words are compared in lower case with umlauts and ß spelled
//     out (ä as ae, ß as ss); soft hyphens and other traces of typesetting
//     do not count. See fold.go.
//   - Parts. Hyphens, and the change from letters to digits, part a word. Parts
//     are found apart and together: NIS2 in "NIS-2-Richtlinie", Blockchain in
//     "Block-Chain", E-Government in "eGovernment" and "E Government". A dot,
//     slash, ampersand or apostrophe in the query must stand in the text, too
//     (IT.NRW). A hyphen left open is completed: "Landes- und Kommunal-IT"
//     has Landes-IT, "Bundes- und Landesbehörden" has Bundesbehörde, and
//     "Onlinedienste und -portale" has Onlineportal. Gender
//     forms are read as one word: "Bürger:innen". See analyse.go.
//   - Endings. A closed list of endings, an umlaut that the text may add and
//     never drop, and Latin plurals (Zentrum, Zentren). See endings.go.
//   - Compounds. A word of five letters and more, or a noun of four that is
//     written with its capital, is found at the edge of a longer one when the
//     rest can be a word as well: it begins and ends as German words do, and
//     is neither a suffix (Digitalisierung is not about
//     "digital") nor a prefix of verbs (a Verfassung is no Fassung). Shorter
//     words take a star: *amt. See compound.go.
//   - Capitals. A noun typed with its capital is not found in a small word of
//     running text that has its letters: Steuer is not in "steuern".
//   - Acronyms. A word with two capitals or more, and no fewer than small
//     letters, counts with its case and as a whole part: OZG in "OZGs" and
//     "OZGÄndG", KI never in "Kita" or "KIT". Typed in small letters, a short
//     word is found in either spelling. See word.go.
//
// # Indexes
//
// Document.Tokens and Query.Needs tie queries to a full-text index that knows
// no German at all. The index stores the tokens; Needs expands a query against
// the vocabulary of the archive to a condition that every matching document
// fulfils; Match then decides. The index narrows, it never decides.
package keyword
