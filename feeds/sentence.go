package feeds

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// sentence is one of the things that this package says to people of a feed:
// why it fails, moved, is slow, or was not asked. It is stored in English, so
// that a log and a database read alike wherever they stand, and put into the
// reader's language where it is shown, by SayReason and SayCure.
type sentence int

// The sentences, in the order of the table below.
const (
	sayStatus sentence = iota
	sayTimeout
	sayInTime
	sayTooLarge
	sayBadURL
	sayScheme
	sayRedirects
	sayRedirectLoop
	sayDowngrade
	sayNoLocation
	sayEncoding
	sayGzip
	sayBomb
	sayCrawl
	sayRobots
	sayRobotsUnread
	saySkipHour
	sayFailed
	sayNoHost
	sayLookup
	sayRefused
	sayBroke
	sayUnreachable
	sayCancelled
	sayCertHost
	sayCertAuthority
	sayCertExpired
	sayCert
	sayHandshake
	sayAddrUnspecified
	sayAddrPrivate
	sayAddrCarrier
	sayAddrLoopback
	sayAddrLinkLocal
	sayAddrReserved
	sayAddrMulticast
	sayAddrAstray
	sayEmptyBody
	sayHTML
	sayNoFeed
	sayUnreadable
	sayBrokenXML
	sayBrokenJSON
	sayOtherJSON
	sayJSONItems
	sayWentEmpty
	sayRepairs
	sayNamespaces
	sayElements
	sayScopes
	sayDepth
	sayJSONDepth
	sayAttributes
	sayOutlines
	sayMoved
	saySlow
	sayPageConsent
	sayPagePaid
	sayPageEmpty
	sayPageOther
	sayPageHuge
	sayPageHome
	sayPageLate
	sayPageBroken
	saySilentHour
	saySilentHours
	saySilentDays
	sayFlood
	sayRenamed
	sayFloodBoth
	sayNoItems
	sayUnlisted
	sayHeld
	sayHeldFor
	sayPageTags
	sayPageDepth
	sayNoPage
	sayFeedNotPage
	sayNoEntries
	sayBareEntries
	saySelector
	saySelectorKind
	sayNoEntrySelector
	sayOPMLCut
	sentences // how many there are
)

// wording holds each sentence in English and in German. %s stands for what
// differs: a host, a number, an address; both have them in the same order.
var wording = [sentences]struct{ en, de string }{
	sayStatus:          {"HTTP %s", "Der Server antwortet mit HTTP %s"},
	sayTimeout:         {"no answer within %s", "Keine Antwort innerhalb von %s"},
	sayInTime:          {"no answer in time", "Keine rechtzeitige Antwort"},
	sayTooLarge:        {"larger than %s", "Die Antwort ist größer als %s"},
	sayBadURL:          {"not an absolute http or https address", "Das ist keine vollständige Adresse mit http oder https"},
	sayScheme:          {"only http and https are asked", "Nur Adressen mit http oder https werden abgefragt"},
	sayRedirects:       {"more than %s redirects", "Mehr als %s Weiterleitungen nacheinander"},
	sayRedirectLoop:    {"redirects in a circle", "Die Weiterleitungen führen im Kreis"},
	sayDowngrade:       {"redirects from https to http", "Die Adresse leitet von https auf http um"},
	sayNoLocation:      {"a redirect without a usable Location", "Die Weiterleitung nennt kein brauchbares Ziel"},
	sayEncoding:        {"unknown content encoding", "Die Antwort ist auf unbekannte Weise komprimiert"},
	sayGzip:            {"the compressed answer is damaged", "Die komprimierte Antwort ist beschädigt"},
	sayBomb:            {"the compressed answer unpacks to more than %s times its size", "Die komprimierte Antwort wird beim Auspacken mehr als %s-mal so groß"},
	sayCrawl:           {"sends less than %s a second", "Der Server sendet weniger als %s in der Sekunde"},
	sayRobots:          {"the host's robots.txt asks this bot not to read it", "Die robots.txt des Servers schließt diesen Bot aus"},
	sayRobotsUnread:    {"the host's robots.txt cannot be read, so its pages are left alone for now", "Die robots.txt des Servers ist nicht lesbar; seine Seiten bleiben vorerst unberührt"},
	saySkipHour:        {"the feed asks not to be read at this hour", "Der Feed möchte zu dieser Stunde nicht gelesen werden"},
	sayFailed:          {"the request failed", "Die Abfrage ist fehlgeschlagen"},
	sayNoHost:          {"no such host: %s", "Den Server %s gibt es nicht"},
	sayLookup:          {"looking up %s failed", "Der Name %s lässt sich nicht auflösen"},
	sayRefused:         {"connection refused", "Der Server nimmt keine Verbindung an"},
	sayBroke:           {"the connection broke", "Die Verbindung ist abgebrochen"},
	sayUnreachable:     {"the host cannot be reached", "Der Server ist nicht erreichbar"},
	sayCancelled:       {"cancelled", "Abgebrochen"},
	sayCertHost:        {"TLS certificate is not valid for %s", "Das TLS-Zertifikat gilt nicht für %s"},
	sayCertAuthority:   {"TLS certificate is signed by an unknown authority", "Das TLS-Zertifikat stammt von einer unbekannten Stelle"},
	sayCertExpired:     {"TLS certificate has expired or is not valid yet", "Das TLS-Zertifikat ist abgelaufen oder noch nicht gültig"},
	sayCert:            {"TLS certificate is not valid", "Das TLS-Zertifikat ist ungültig"},
	sayHandshake:       {"TLS handshake failed", "Die verschlüsselte Verbindung (TLS) kam nicht zustande"},
	sayAddrUnspecified: {"address %s is unspecified", "Die Adresse %s ist unbestimmt"},
	sayAddrPrivate:     {"address %s is private", "Die Adresse %s liegt in einem privaten Netz"},
	sayAddrCarrier:     {"address %s is private (carrier NAT)", "Die Adresse %s liegt im internen Netz eines Anbieters (Carrier-NAT)"},
	sayAddrLoopback:    {"address %s is loopback", "Die Adresse %s führt auf den eigenen Rechner"},
	sayAddrLinkLocal:   {"address %s is link-local", "Die Adresse %s gilt nur im eigenen Netzabschnitt"},
	sayAddrReserved:    {"address %s is reserved", "Die Adresse %s ist reserviert"},
	sayAddrMulticast:   {"address %s is multicast", "Die Adresse %s gehört zu einer Gruppe (Multicast)"},
	sayAddrAstray:      {"it redirects to %s, which is no address of the public internet", "Die Adresse leitet auf %s um; das liegt nicht im öffentlichen Internet"},
	sayEmptyBody:       {"the body is empty", "Die Antwort ist leer"},
	sayHTML:            {"this is an HTML page, not a feed", "Das ist eine HTML-Seite, kein Feed"},
	sayNoFeed:          {"this is no feed: neither RSS, Atom nor JSON Feed", "Das ist kein Feed: weder RSS noch Atom noch JSON Feed"},
	sayUnreadable:      {"the feed cannot be read", "Der Feed ist nicht lesbar"},
	sayBrokenXML:       {"broken XML in line %s", "Das XML ist in Zeile %s fehlerhaft"},
	sayBrokenJSON:      {"broken JSON", "Das JSON ist fehlerhaft"},
	sayOtherJSON:       {"this is JSON, but no JSON Feed", "Das ist JSON, aber kein JSON Feed"},
	sayJSONItems:       {"no item of this JSON Feed can be read", "Keine Meldung dieses JSON Feeds ist lesbar"},
	sayWentEmpty:       {"the feed is empty; it has carried %s items so far", "Der Feed ist leer; bisher hat er %s Meldungen gebracht"},
	sayRepairs:         {"refused: more than %s faults or comments", "Abgelehnt: mehr als %s Fehler oder Kommentare"},
	sayNamespaces:      {"refused: more than %s namespaces in one place", "Abgelehnt: mehr als %s Namensräume an einer Stelle"},
	sayElements:        {"refused: more than %s elements", "Abgelehnt: mehr als %s Elemente"},
	sayScopes:          {"refused: too many elements under too many namespaces", "Abgelehnt: zu viele Elemente unter zu vielen Namensräumen"},
	sayDepth:           {"refused: elements nested more than %s deep", "Abgelehnt: Elemente mehr als %s Ebenen tief verschachtelt"},
	sayJSONDepth:       {"refused: JSON nested more than %s deep", "Abgelehnt: JSON mehr als %s Ebenen tief verschachtelt"},
	sayAttributes:      {"refused: an element with more than %s attributes", "Abgelehnt: ein Element mit mehr als %s Attributen"},
	sayOutlines:        {"refused: outlines nested more than %s deep", "Abgelehnt: Ordner mehr als %s Ebenen tief verschachtelt"},
	sayMoved:           {"moved permanently to %s", "Dauerhaft umgezogen nach %s"},
	saySlow:            {"took %s s to answer", "Die Antwort brauchte %s s"},
	sayPageConsent:     {"the page asks for consent in place of the article", "Die Seite verlangt eine Einwilligung und zeigt den Artikel nicht"},
	sayPagePaid:        {"the article is behind a paywall", "Der Artikel steht hinter einer Bezahlschranke"},
	sayPageEmpty:       {"no article was found on the page", "Auf der Seite war kein Artikel zu finden"},
	sayPageOther:       {"its address does not lead to a page of text", "Die Adresse führt nicht auf eine Textseite"},
	sayPageHuge:        {"the page is too large or too deeply nested", "Die Seite ist zu groß oder zu tief verschachtelt"},
	sayPageHome:        {"its address leads to the start page of the site", "Die Adresse führt auf die Startseite"},
	sayPageLate:        {"the page could not be had in time", "Die Seite ließ sich nicht rechtzeitig abrufen"},
	sayPageBroken:      {"the page cannot be read", "Die Seite ist nicht lesbar"},
	saySilentHour:      {"quieter than usual: until then something new came about every hour", "Ruhiger als sonst: Bis dahin kam etwa jede Stunde etwas Neues"},
	saySilentHours:     {"quieter than usual: until then something new came about every %s hours", "Ruhiger als sonst: Bis dahin kam etwa alle %s Stunden etwas Neues"},
	saySilentDays:      {"quieter than usual: until then something new came about every %s days", "Ruhiger als sonst: Bis dahin kam etwa alle %s Tage etwas Neues"},
	sayFlood:           {"far more items than usual came at once: %s are in the archive, and were not announced", "Auf einmal kamen weit mehr Meldungen als sonst: %s stehen im Archiv und wurden nicht gemeldet"},
	sayRenamed:         {"%s known items came again under new addresses, and were not announced again", "%s bekannte Meldungen kamen unter neuen Adressen noch einmal und wurden nicht wieder gemeldet"},
	sayFloodBoth:       {"%s known items came again under new addresses, and %s old ones with them: they are in the archive, and were not announced", "%s bekannte Meldungen kamen unter neuen Adressen noch einmal, und %s alte mit ihnen: Sie stehen im Archiv und wurden nicht gemeldet"},
	sayNoItems:         {"the feed works, but has no items", "Der Feed antwortet, enthält aber keine Meldungen"},
	sayUnlisted:        {"no longer on the list", "Steht nicht mehr auf der Liste"},
	sayHeld:            {"its host asks to be left alone for a while (Retry-After)", "Der Server bittet um eine Pause (Retry-After)"},
	sayHeldFor:         {"its host asks to be left alone for another %s (Retry-After)", "Der Server bittet um eine Pause von noch %s (Retry-After)"},
	sayPageTags:        {"refused: the page has more than %s tags", "Abgelehnt: Die Seite hat mehr als %s Tags"},
	sayPageDepth:       {"refused: the page is nested too deeply", "Abgelehnt: Die Seite ist zu tief verschachtelt"},
	sayNoPage:          {"not an HTML page", "Das ist keine HTML-Seite"},
	sayFeedNotPage:     {"this is a feed, not a page; it needs no selectors", "Das ist ein Feed, keine Seite; er braucht keine Selektoren"},
	sayNoEntries:       {"the page has no entries that match %s: its layout may have changed", "Die Seite hat keine Einträge, die zu %s passen; vielleicht ist sie umgebaut worden"},
	sayBareEntries:     {"none of the entries that match %s has both a link and a title: the page's layout may have changed", "Von den Einträgen, die zu %s passen, hat keiner Link und Titel; vielleicht ist die Seite umgebaut worden"},
	saySelector:        {"%s is not a CSS selector (%s)", "%s ist kein CSS-Selektor (%s)"},
	saySelectorKind:    {"%s: selectors with %s are not supported", "%s: Selektoren mit %s werden nicht unterstützt"},
	sayOPMLCut:         {"the list breaks off after %s feeds; what came after that is missing", "Die Liste bricht nach %s Feeds ab; was dahinter stand, fehlt"},
	sayNoEntrySelector: {"a list needs a selector for its entries", "Eine Liste braucht einen Selektor für ihre Einträge"},
}

// with gives the sentence in English.
func (s sentence) with(args ...any) string {
	text := make([]any, len(args))
	for i, a := range args {
		text[i] = fmt.Sprint(a)
	}
	return fmt.Sprintf(wording[s].en, text...)
}

// germanStatus says what the answers mean that broken feeds do give; others
// keep their English name.
var germanStatus = map[int]string{
	http.StatusNotModified:                "unverändert, obwohl es noch nichts zu vergleichen gab",
	http.StatusBadRequest:                 "Anfrage nicht verstanden",
	http.StatusUnauthorized:               "Anmeldung nötig",
	http.StatusPaymentRequired:            "kostenpflichtig",
	http.StatusForbidden:                  "Zugriff verweigert",
	http.StatusNotFound:                   "nicht gefunden",
	http.StatusMethodNotAllowed:           "Abfrage nicht erlaubt",
	http.StatusNotAcceptable:              "Format nicht verfügbar",
	http.StatusRequestTimeout:             "Zeit überschritten",
	http.StatusGone:                       "dauerhaft entfernt",
	http.StatusTooManyRequests:            "zu viele Anfragen",
	http.StatusUnavailableForLegalReasons: "aus rechtlichen Gründen gesperrt",
	http.StatusInternalServerError:        "Fehler im Server",
	http.StatusNotImplemented:             "nicht unterstützt",
	http.StatusBadGateway:                 "Fehler hinter dem Server",
	http.StatusServiceUnavailable:         "vorübergehend nicht verfügbar",
	http.StatusGatewayTimeout:             "Zeitüberschreitung hinter dem Server",
}

// patterns are the English sentences as they are found again.
var patterns = sync.OnceValue(func() (list [sentences]*regexp.Regexp) {
	for s, w := range wording {
		list[s] = regexp.MustCompile(`(?s)^` + strings.ReplaceAll(regexp.QuoteMeta(w.en), "%s", "(.+)") + `$`)
	}
	return list
})

// SayReason puts what a reason (Feed.Reason, Report.Reason, what Reason gives)
// says is wrong into the language of who reads it: "de" gives a German sentence
// without its full stop, "en" the English one. What to do about it is SayCure's.
// What this package never said passes unchanged.
func SayReason(reason, lang string) string {
	reason, _, _ = splitCure(reason)
	if lang != "de" {
		return reason
	}
	for s, pattern := range patterns() {
		m := pattern.FindStringSubmatch(reason)
		if m == nil {
			continue
		}
		args := make([]any, len(m)-1)
		for i, arg := range m[1:] {
			args[i] = arg
			if sentence(s) == sayStatus {
				args[i] = statusInGerman(arg)
			}
		}
		return fmt.Sprintf(wording[s].de, args...)
	}
	return reason
}

// statusInGerman turns "404 Not Found" into "404 (nicht gefunden)".
func statusInGerman(status string) string {
	code, _, _ := strings.Cut(status, " ")
	n, err := strconv.Atoi(code)
	if err != nil || germanStatus[n] == "" {
		return status
	}
	return code + " (" + germanStatus[n] + ")"
}
