package keyword

import "strings"

// shortestEdge is how many letters a query word needs to be found at the edge
// of a compound, shortestNoun how many one needs that is written with a
// capital. Shorter words stand at the edge of too many others (Rat in "Ratte"
// and "Heirat"); for them there is the star.
const shortestEdge, shortestNoun = 5, 4

// tail says whether rest can be what follows a compound's first member: a
// linking element out of links, and a second member.
func tail(rest string, links ends) bool {
	if opensSuffix(rest) {
		return false
	}
	for n := 0; n <= 3 && n+3 <= len(rest); n++ {
		if endingOf(rest[:n])&links != 0 && member(rest[n:], n == 0) {
			return true
		}
	}
	return false
}

// member says whether s can be a word of its own at the end of a compound:
// it begins as German syllables begin, has a vowel, and is no suffix.
// unlinked says that nothing links it to the word before it, as suffixes are.
func member(s string, unlinked bool) bool {
	if len(s) == 3 {
		return shortWords[s]
	}
	return onset(s) && !weak(s) && !nominal(s) && !suffix(s, unlinked)
}

// head says whether s can be what precedes a compound's last member.
func head(s, last string) bool {
	switch {
	case len(s) < 3:
		return false
	case len(s) == 3:
		return shortWords[s] || shortHeads[s] || (s == "vor" || s == "mit") && !prefixes(s, last)
	}
	return onset(s) && coda(s) && !openEnd(s) && !prefixes(s, last)
}

// openEnd says whether s ends in a vowel that first members do not end in,
// but for clipped and foreign ones: "kandi" is no member of Kandidaten.
func openEnd(s string) bool {
	n := len(s)
	return s[n-1] == 'i' && !vowel(s[n-2]) && !clipped[s]
}

// Words in -i that compounds begin with.
var clipped = set("abi alibi anti gummi hifi juli juni kombi midi maxi mini multi navi poli profi semi spezi sozi taxi wifi zivi quasi rabbi kiwi ski sushi")

// Words of three letters that compounds end in or begin with. A remainder of
// three letters that is none of these is a syllable, not a word.
var shortWords = set(`abi abo akt alm amt app arm art axt bad bar bau bit bot box bus ehe eid eis erb erz fax fee fit fon
	gas gen gut hof hub hut job kai kfz kuh kur lab law lkw log lok mai map mut not oel ohm ohr ort ost pad pay pkw
	rad rat reh ruf rum see sms sog tag tal tat tau tec tee tod ton tor typ uhr uni weg weh zar zoo zug`)

// Words and stems of three letters that compounds begin with only.
var shortHeads = set("alb alt alu bio dia dom duo eck ego eil end erd ess fan geo hai hit jet kot nah neo net neu pol pop roh rot top tri vip web wut")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// The clusters of consonants that German words and the loans of the trade begin with.
var onsets = set(`b c d f g h j k l m n p r s t v w x y z
	bl br ch chl chr cl cr cy dr dw fl fr gl gn gr gh kh kl kn kr kw pf pfl pfr ph phl phr pl pn pr ps pt qu rh
	sc sch schl schm schn schr schw scr sh sk skl skr sl sm sn sp sph spl spr st str sw sz
	th thr tr ts tsch tw tz v vl vr wh wr zw js xy`)

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return c >= 0x80
}

// onset says whether s begins as a word may, and has a vowel.
func onset(s string) bool {
	i := 0
	for i < len(s) && !vowel(s[i]) {
		i++
	}
	if i == len(s) {
		return false
	}
	if i == 0 {
		return s[0] != 'i' || len(s) > 1 && !vowel(s[1]) // -ium, -ion, -ien
	}
	return onsets[s[:i]] || s[i-1] == 'q'
}

// The clusters of consonants that German words and the loans of the trade end
// in, linking elements included. One consonant, or the same twice, always may.
var codas = set(`bs bst bt bts ch chn chs chst cht chts ck cks ckt cs ct cts dl ds dt dts ffs fs fst ft fts gd gs gst gt gts hl hls hlt hm hms
	hn hns hnt hr hrs hrt hrts ht hts ks kt kts lb lbs lbst lch lchs ld lds lf lfs lg lgs lk lks lls lm lms ln lp lps ls lsch lst
	lt lth lts lz mb mbs md mms mp mpf mpfs mph mphs mps ms msch mst mt mts nch nchs nct nd nds nf nfs nft nfts ng ngs ngst nk nks nkt
	nkts nns nnt ns nsch nst nsts nt nth nths nts nz nzs pf pfs ph phs pps ps pst pt pts rb rbs rbst rch rchs rd rds rf rfs rg
	rgs rgt rk rks rkt rkts rl rld rls rm rms rn rndl rns rnst rp rps rrh rrs rs rsch rst rsts rt rth rts rtsch rtz rv rz rzs rzt
	rzts sch schs sh shs sk sks skt sm sp sph sst st sts tch th ths ts tsch tst tts tz tzt tzts wd wn wns ws xt xts zt`)

// coda says whether s ends as a word may: the p of "Abdeckplatte" belongs to
// no "Abdeckp", and so there is no Latte in it.
func coda(s string) bool {
	i := len(s)
	for i > 0 && !vowel(s[i-1]) {
		i--
	}
	end := s[i:]
	return len(end) < 2 || len(end) == 2 && end[0] == end[1] || codas[end]
}

// nominal says whether s begins with the end of a noun in -ung and its link:
// "lungspedal" is what "Kupplungspedal" leaves behind Kuppe.
func nominal(s string) bool {
	return len(s) > 1 && !vowel(s[0]) && s[0] != 'j' && strings.HasPrefix(s[1:], "ungs")
}

// Suffixes that make a new word of a word. What begins with one is no second
// member: Sicherheit is no kind of "sicher", Digitalisierung none of "digital".
var openSuffixes = [...]string{
	"heit", "keit", "igkeit", "schaft", "isier", "ifizier", "ier", "itaet", "ismus", "isten", "istin", "isch", "lich", "isat",
	"ation", "ator", "ikat", "ifik", "iell", "ional", "ion", "aer", "ungs", "nis", "bark", "barung", "bart", "igung", "samk", "losigk", "haftig", "tschaft", "tum", "ling", "chen", "lein",
	"ismen", "izi", "tion", "sion", "erie", "eien", "ular", "ament", "iment", "eting",
}

// Suffixes that are words' beginnings too ("Haftung", "Barmittel"), so that
// only an ending may follow them.
var closedSuffixes = [...]string{
	"ung", "los", "bar", "sam", "haft", "ler", "ner", "iker", "ist", "iv", "ell", "eur", "ant", "ent", "ive", "ig", "er", "al", "or",
	"end", "weise", "erin", "lerin", "nerin", "ing", "id", "ur",
}

var openByFirst, closedByFirst = byFirst(openSuffixes[:]), byFirst(closedSuffixes[:])

func byFirst(list []string) (table [256][]string) {
	for _, s := range list {
		table[s[0]] = append(table[s[0]], s)
	}
	return table
}

func opensSuffix(s string) bool { return s != "" && hasAnyPrefix(s, openByFirst[s[0]]...) }

const suffixEnds = endNone | endE | endEn | endEr | endEm | endEs | endS | endN | endIn | endInnen | endErn | endNen

func suffix(s string, unlinked bool) bool {
	if opensSuffix(s) {
		return true
	}
	for _, x := range closedByFirst[s[0]] {
		rest, ok := strings.CutPrefix(s, x)
		if ok && endingOf(rest)&suffixEnds != 0 && (unlinked || x != "haft" && x != "bar") {
			return true
		}
	}
	if stem, ok := strings.CutSuffix(s, "isch"); ok && len(stem) < 3 {
		return true
	}
	return unlinked && adjectiveSuffix(s)
}

// Words that begin as the suffix -al ends: "alrat" and "alpark" are what
// Personalrat and Nationalpark leave behind Person and Nation.
var alWords = []string{"alarm", "alben", "album", "alge", "algorithm", "alibi", "alkohol", "all", "alm", "alpen", "alphabet", "alt", "alumin", "alumn"}

func adjectiveSuffix(s string) bool {
	return strings.HasPrefix(s, "al") && !hasAnyPrefix(s, alWords...)
}

// weak says whether all of s is one syllable of an unstressed e and the
// consonants around it, as the rest of a longer ending is: Regie-rung, -sten.
func weak(s string) bool {
	i := 0
	for i < len(s) && !vowel(s[i]) {
		i++
	}
	rest := s[i:]
	for _, x := range [...]string{"ung", "isch", "lich", "iert", "er", "en", "el", "em", "es", "et"} {
		if after, ok := strings.CutPrefix(rest, x); ok && endingOf(after)&suffixEnds&^endE != 0 {
			return true
		}
	}
	return rest == "e"
}

// Prefixes and particles of verbs, which are no words of their own in a
// compound: a Verfassung is no kind of Fassung.
var boundPrefixes = [...]string{
	"be", "ge", "er", "ver", "zer", "ent", "emp", "miss", "ab", "an", "auf", "aus", "bei", "ein", "um", "zu", "un", "da", "dar",
	"durch", "hin", "her", "los", "weg", "wieder", "wider", "zurueck", "zusammen", "voran", "fort", "herab", "nieder",
	"empor", "entgegen", "heraus", "herein", "hinaus", "hinein", "vorbei", "voraus", "trans", "inter", "kon", "kom", "sub", "re",
}

// Prefixes that also make nouns ("Unterausschuss"), though not of nouns that
// come from verbs ("Unterrichtung"), nor of most short ones ("Vorschrift").
var freePrefixes = [...]string{"vor", "nach", "unter", "ueber", "mit", "gegen"}

// Adjectives and nouns that verbs in -en take like prefixes, so that what is
// named after the verb is no kind of its second half: Feststellung.
var looseParticles = set("bereit bloss fertig fest frei gleich hinter klar richtig sicher still")

// Nouns that some verbs take like prefixes: Teilnahme, Heimkehr.
var nounParticles = set("teil statt heim")

// Prefixes that end inside no word: Transport is no kind of Sport.
var wholePrefixes = [...]string{"trans", "inter", "super", "hyper", "kontra", "wieder", "zurueck", "zusammen", "gegen", "ueber", "unter"}

// longestVerbal is how long a noun may be to be taken for one that a verb's
// prefix stands before.
const longestVerbal = 7

func prefixes(s, last string) bool {
	verbal := hasAnySuffix(last, "ung", "er", "en", "nahme", "habe", "gabe")
	if looseParticles[s] {
		return verbal
	}
	if nounParticles[s] {
		return hasAnySuffix(last, "nahme", "nehmer", "habe", "haber", "gabe", "kehr")
	}
	for _, p := range freePrefixes {
		if s == p {
			return verbal || len(last) <= longestVerbal
		}
	}
	for _, p := range wholePrefixes {
		if len(s) < len(p) && strings.HasPrefix(p, s) && strings.HasPrefix(last, p[len(s):]) {
			return true
		}
	}
	return onlyPrefixes(s, mostPrefixes)
}

// mostPrefixes is how many prefixes a verb may have: vor-an-ge-.
const mostPrefixes = 3

func onlyPrefixes(s string, most int) bool {
	if s == "" || most == 0 {
		return s == ""
	}
	for _, list := range [...][]string{boundPrefixes[:], freePrefixes[:]} {
		for _, p := range list {
			if rest, ok := strings.CutPrefix(s, p); ok && onlyPrefixes(rest, most-1) {
				return true
			}
		}
	}
	return false
}
