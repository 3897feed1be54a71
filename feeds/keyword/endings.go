package keyword

import "strings"

// ends is a set of endings that a stem may carry.
type ends uint32

const (
	endNone ends = 1 << iota
	endS
	endEs
	endE
	endEn
	endN
	endEr
	endErn
	endEm
	endEns
	endNs
	endSe
	endSen
	endSes
	endNen
	endIn
	endInnen
	endIen
	endA
	endI
	endUm
	endUms
	endTa
	endR
	endM
)

// endingOf gives the set that holds just this ending, none if it is no
// ending of German.
func endingOf(s string) ends {
	switch s {
	case "":
		return endNone
	case "s":
		return endS
	case "es":
		return endEs
	case "e":
		return endE
	case "en":
		return endEn
	case "n":
		return endN
	case "er":
		return endEr
	case "ern":
		return endErn
	case "em":
		return endEm
	case "ens":
		return endEns
	case "ns":
		return endNs
	case "se":
		return endSe
	case "sen":
		return endSen
	case "ses":
		return endSes
	case "nen":
		return endNen
	case "in":
		return endIn
	case "innen":
		return endInnen
	case "ien":
		return endIen
	case "a":
		return endA
	case "i":
		return endI
	case "um":
		return endUm
	case "ums":
		return endUms
	case "ta", "ten", "tas":
		return endTa
	case "r":
		return endR
	case "m":
		return endM
	}
	return 0
}

const (
	adjectiveEnds = endNone | endE | endEn | endEr | endEm | endEs
	genitive      = endNone | endS | endEs
)

// base is one way in which a query word may begin in the text.
type base struct {
	stem string
	ends ends // what makes it an inflected form of the word
	// left says that the stem may open a compound, joined by one of links.
	left  bool
	links ends
	// short says that a consonant must follow the stem in a compound.
	short bool
	// alone says that the stem ends no compound: what is left of a short word
	// without its ending ends too many others ("ster" of Stern).
	alone bool
}

const (
	usualLinks  = endNone | endS | endEs | endN | endEn | endE | endEr | endEns | endNs
	umlautLinks = endE | endEr | endEn | endN
)

func hasAnySuffix(s string, suffixes ...string) bool {
	for _, x := range suffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}

// inflections gives the bases of a folded word: the word itself, its stem
// with an umlaut, its stem without a Latin ending, and, for a word that an
// editor typed inflected, its stem without that ending. adjective says that
// the word may be one.
func inflections(k string, adjective bool) []base {
	own := base{stem: k, ends: ownEnds(k, adjective), left: true, links: usualLinks}
	bases := []base{own}
	if u := umlauted(k); u != "" {
		e := endE | endEr | endErn | endEn | endIn | endInnen
		if hasAnySuffix(k, "el", "er", "en") {
			e = endNone | endN
		}
		bases = append(bases, base{stem: u, ends: e, left: true, links: umlautLinks | e&endNone})
	}
	bases = append(bases, latinBases(k)...)
	return append(bases, strippedBases(k, adjective)...)
}

func ownEnds(k string, adjective bool) ends {
	e := genitive
	switch {
	case strings.HasSuffix(k, "ie"):
		e |= endN
	case strings.HasSuffix(k, "e"):
		e |= endN | endNs
		if adjective {
			e |= endR | endM
		}
	default:
		e |= endE | endEn | endEns
		if hasAnySuffix(k, "l", "r") {
			e |= endN
		}
	}
	if hasAnySuffix(k, "s") {
		e |= endSe | endSen | endSes
	}
	if strings.HasSuffix(k, "in") {
		e |= endNen
	}
	if hasAnySuffix(k, "al", "il", "ip", "iz", "erb") {
		e |= endIen
	}
	if hasAnySuffix(k, "ma", "bau") {
		e |= endTa
	}
	if k[len(k)-1] != 'e' {
		// A plural in -er takes the umlaut wherever there is one to take.
		// In long words -er makes the people of a place: Hamburger.
		if adjective || (len(k) >= 6 || umlauted(k) == "") && !hasAnySuffix(k, "ung", "heit", "keit", "schaft", "ion", "taet", "ik", "enz", "anz", "ei") {
			e |= endEr | endErn
		}
		if adjective {
			e |= endEm
		}
	}
	if len(k) >= 4 {
		e |= endIn | endInnen
	}
	return e
}

// umlauted gives the word with the umlaut that its plural may have, "" if
// there is none: the last vowel is a, o, u or au, and no suffix that never
// takes one ends the word. Only the text may have the umlaut: a query for
// Förderung never means Forderung.
func umlauted(k string) string {
	root := hasAnySuffix(k, "sprung", "schwung", "ton", "chor") // words of their own, whatever suffix they sound like
	if !root && hasAnySuffix(k, "ung", "heit", "keit", "schaft", "ion", "taet", "nis", "a", "o", "u") {
		return ""
	}
	if !root && hasAnySuffix(k, "us", "um", "on", "or") && !hasAnySuffix(k, "aus", "aum", "tum") && syllables(k) > 1 {
		return ""
	}
	i := len(k) - 1
	if hasAnySuffix(k, "el", "er", "en") {
		i = len(k) - 3
	}
	for ; i >= 0; i-- {
		switch k[i] {
		case 'a', 'o', 'u':
			if k[i] == 'u' && i > 0 && k[i-1] == 'a' {
				return k[:i-1] + "aeu" + k[i+1:]
			}
			if k[i] == 'u' && i > 0 && (k[i-1] == 'e' || k[i-1] == 'o') {
				return ""
			}
			if k[i] == 'a' && i > 0 && k[i-1] == 'a' {
				return k[:i] + "e" + k[i+1:]
			}
			return k[:i+1] + "e" + k[i+1:]
		case 'e', 'i', 'y':
			return ""
		}
	}
	return ""
}

// syllables counts the groups of vowels.
func syllables(k string) int {
	n := 0
	for i := range len(k) {
		if vowel(k[i]) && (i == 0 || !vowel(k[i-1])) {
			n++
		}
	}
	return n
}

// latinBases gives the stems of words that change their Latin or Greek ending.
func latinBases(k string) []base {
	replace := func(ending string, e ends, more ...string) []base {
		stem, ok := strings.CutSuffix(k, ending)
		if !ok || len(stem) < 3 {
			return nil
		}
		var bases []base
		if e != 0 {
			bases = append(bases, base{stem: stem, ends: e, left: true, links: endEn | endIen})
		}
		for _, m := range more {
			bases = append(bases, base{stem: stem + m, ends: endNone})
		}
		return bases
	}
	switch {
	case strings.HasSuffix(k, "um"):
		return replace("um", endEn|endA|endIen)
	case strings.HasSuffix(k, "us"):
		return replace("us", endEn|endI, "een", "ora", "era")
	case strings.HasSuffix(k, "os"):
		return replace("os", endEn)
	case strings.HasSuffix(k, "as"):
		return replace("as", 0, "anten")
	case strings.HasSuffix(k, "men"):
		return replace("en", 0, "ina")
	case strings.HasSuffix(k, "mann"):
		return replace("mann", 0, "leute", "leuten")
	case strings.HasSuffix(k, "y"):
		return replace("y", 0, "ies")
	case strings.HasSuffix(k, "on"):
		return replace("on", endA)
	case strings.HasSuffix(k, "is"):
		return replace("is", endEn)
	case strings.HasSuffix(k, "a"):
		return replace("a", endEn)
	case strings.HasSuffix(k, "o"):
		return replace("o", endEn|endI)
	case strings.HasSuffix(k, "ex"):
		return replace("ex", 0, "izes", "ices")
	case strings.HasSuffix(k, "ix"):
		return replace("ix", 0, "izes", "ices", "izen")
	}
	return nil
}

// shortestStem bounds what may be left of a word without its ending.
const shortestStem = 4

func strippedBases(k string, adjective bool) []base {
	var bases []base
	strip := func(ending string, atLeast int, e ends) {
		stem, ok := strings.CutSuffix(k, ending)
		if ok && len(stem) >= atLeast {
			bases = append(bases, base{stem: stem, ends: e, alone: len(stem) < shortestEdge})
		}
	}
	if adjective {
		for _, ending := range [...]string{"e", "en", "er", "em", "es"} {
			strip(ending, shortestStem-1, adjectiveEnds)
		}
	}
	switch {
	case strings.HasSuffix(k, "innen"):
		strip("innen", shortestStem, endNone|endS|endN|endIn)
	case strings.HasSuffix(k, "en"):
		strip("n", shortestStem, endNone|endS)
		strip("en", shortestStem, genitive|endUm|endUms)
		strip("ien", shortestStem, endUm|endUms)
	case strings.HasSuffix(k, "n") && hasAnySuffix(k, "ern", "eln"):
		strip("n", shortestStem, endNone|endS)
	case strings.HasSuffix(k, "e"):
		strip("e", shortestStem+1, genitive|endEn)
		strip("e", shortestStem, endIn|endInnen)
	case strings.HasSuffix(k, "es"):
		strip("es", shortestStem, endNone|endE|endEn|endEr|endErn)
	case strings.HasSuffix(k, "s") && !strings.HasSuffix(k, "ss"):
		strip("s", shortestStem, endNone|endE|endEn|endN)
	}
	return append(bases, clippedBases(k)...)
}

// clippedBases gives the stem that a word in -e or -en may open a compound
// with: Schule in "Schulamt". A short stem opens few, and most words that
// begin like it are others ("Kartoffel"), so that a consonant must follow.
func clippedBases(k string) []base {
	var bases []base
	for _, ending := range [...]string{"e", "en"} {
		stem, ok := strings.CutSuffix(k, ending)
		switch {
		case !ok || len(stem) < shortestStem:
		case len(stem) >= shortestEdge:
			bases = append(bases, base{stem: stem, left: true, links: endNone | endS})
		case ending == "e":
			bases = append(bases, base{stem: stem, left: true, short: true, links: endNone})
		}
	}
	return bases
}

// How adjectives and participles end before their own endings. Nouns made of
// them are inflected like them: ein Abgeordneter, die Abgeordneten.
var adjectiveStems = []string{
	"lich", "isch", "ig", "bar", "sam", "haft", "los", "iv", "ell", "tal", "nal", "ral",
	"end", "et", "iert", "mt", "gt", "nnt", "ndt", "llt", "hlt", "ckt", "utsch",
}

// adjectival says that a word ends as inflected adjectives do.
func adjectival(k string) bool {
	for _, ending := range [...]string{"e", "en", "er", "em", "es"} {
		stem, ok := strings.CutSuffix(k, ending)
		if ok && (syllables(stem) > 1 || hasAnyPrefix(stem, "be", "ge")) && hasAnySuffix(stem, adjectiveStems...) && !strings.HasSuffix(stem, "schaft") {
			return true
		}
	}
	return false
}
