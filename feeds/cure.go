package feeds

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"syscall"
)

// cure says what a person can do about what a sentence says. It follows the
// sentence behind a semicolon, and is put into the reader's language with it.
type cure int

// The cures, in the order of the table below.
const (
	cureNone cure = iota
	cureAddress
	cureGone
	cureForbidden
	cureBusy
	cureServer
	cureTimeout
	cureLarge
	cureHost
	cureDown
	cureCert
	cureBroken
	cureHTML
	cureProposed
	cureEmpty
	cureMoved
	cureSilent
	cureLayout
	cureAstray
	cures // how many there are
)

// remedies holds each cure in English and in German; %s stands for an address.
var remedies = [cures]struct{ en, de string }{
	cureAddress:   {"the address may have changed, this looks for the new one: depesche feeds discover %s", "vielleicht hat sich die Adresse geändert, die neue sucht: depesche feeds discover %s"},
	cureGone:      {"it is not asked any more, take it off the list or look for its successor: depesche feeds discover %s", "sie wird nicht mehr abgefragt, bitte von der Liste nehmen oder den Nachfolger suchen: depesche feeds discover %s"},
	cureForbidden: {"its owner has to let Depesche in, or the feed goes off the list", "der Betreiber muss Depesche zulassen, sonst gehört die Quelle von der Liste"},
	cureBusy:      {"nothing has to be done, it is asked less often for a while", "zu tun ist nichts, die Quelle wird eine Weile seltener abgefragt"},
	cureServer:    {"the fault is the server's, should it last tell its owner", "der Fehler liegt beim Server, hält er an, bitte den Betreiber verständigen"},
	cureTimeout:   {"should it last tell its owner, or raise fetch.timeout", "hält es an, bitte den Betreiber verständigen oder fetch.timeout erhöhen"},
	cureLarge:     {"raise fetch.max_bytes, or take a smaller feed of the site", "fetch.max_bytes erhöhen oder einen kleineren Feed der Seite nehmen"},
	cureHost:      {"check how the address is spelt, or whether the site has moved", "bitte prüfen, ob die Adresse richtig geschrieben oder die Seite umgezogen ist"},
	cureDown:      {"the server may be down or a firewall in between, it is asked again", "vielleicht steht der Server oder eine Firewall sperrt, es wird weiter versucht"},
	cureCert:      {"its owner has to renew the certificate", "der Betreiber muss das Zertifikat erneuern"},
	cureBroken:    {"tell its owner, it is read again as soon as it is mended", "bitte den Betreiber verständigen, nach der Korrektur wird sie wieder gelesen"},
	cureHTML:      {"the feed may have a new address, this looks for it: depesche feeds discover %s", "vielleicht hat der Feed eine neue Adresse, die sucht: depesche feeds discover %s"},
	cureProposed:  {"the page names this feed, which may take its place: %s", "die Seite nennt diesen Feed, der an seine Stelle treten kann: %s"},
	cureEmpty:     {"nothing of what it brought is lost, should it last look for its new address: depesche feeds discover %s", "was er brachte, bleibt erhalten, hält es an, sucht die neue Adresse: depesche feeds discover %s"},
	cureMoved:     {"put that address in the place of the old one on the list", "bitte diese Adresse auf der Liste an die Stelle der alten setzen"},
	cureLayout:    {"this proposes selectors for it as it is now: depesche feeds discover %s", "neue Selektoren schlägt vor: depesche feeds discover %s"},
	cureAstray:    {"that is not followed, the site may have been tampered with, tell its owner", "das wird nicht verfolgt, vielleicht ist die Website manipuliert, bitte den Betreiber verständigen"},
	cureSilent:    {"has the site something new, then its feed has moved or stopped: depesche feeds discover %s", "bringt die Seite Neues, ist ihr Feed umgezogen oder stehen geblieben: depesche feeds discover %s"},
}

// join adds a cure to a reason.
func join(reason string, c cure, address ...string) string {
	if c == cureNone {
		return reason
	}
	text := remedies[c].en
	if len(address) > 0 {
		text = strings.ReplaceAll(text, "%s", address[0])
	}
	return reason + "; " + text
}

// explained is why a feed failed and what to do about it.
func explained(err error, f Feed) string {
	if page := (*htmlError)(nil); errors.As(err, &page) && page.feed != "" && page.feed != f.URL {
		return join(Reason(err), cureProposed, page.feed)
	}
	return join(Reason(err), cureOf(err), site(f))
}

// cureOf chooses the cure of an error.
func cureOf(err error) cure {
	var (
		status  *StatusError
		timeout *timeoutError
		tooBig  *sizeError
		parse   *ParseError
		dns     *net.DNSError
		addr    *addressError
		late    net.Error
	)
	switch {
	case errors.As(err, &addr) && addr.say == sayAddrAstray:
		return cureAstray
	case errors.As(err, &status):
		return cureOfStatus(status.Status)
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		return cureTimeout
	case errors.As(err, &tooBig):
		return cureLarge
	case errors.As(err, &parse):
		return cureOfBody(parse.Detail)
	case errors.As(err, &dns) && dns.IsNotFound:
		return cureHost
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return cureDown
	case errors.Is(err, errRedirects), errors.Is(err, errRedirectLoop), errors.Is(err, errDowngrade), errors.Is(err, errNoLocation):
		return cureServer
	case tlsReason(err) != "":
		return cureCert
	case errors.As(err, &late) && late.Timeout():
		return cureTimeout
	}
	return cureNone
}

func cureOfStatus(status int) cure {
	switch status {
	case http.StatusGone:
		return cureGone
	case http.StatusNotFound, http.StatusMovedPermanently, http.StatusBadRequest:
		return cureAddress
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		return cureForbidden
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return cureBusy
	}
	if status >= http.StatusInternalServerError {
		return cureServer
	}
	return cureNone
}

func cureOfBody(detail string) cure {
	if sayNoEntries.is(detail) || sayBareEntries.is(detail) {
		return cureLayout
	}
	switch detail {
	case sayHTML.with(), sayNoFeed.with(), sayOtherJSON.with():
		return cureHTML
	case sayEmptyBody.with():
		return cureServer
	}
	if sayWentEmpty.is(detail) {
		return cureEmpty
	}
	return cureBroken
}

// htmlError is a page in the place of a feed, and the feed that it names.
type htmlError struct {
	ParseError
	feed string
}

// As makes it a *ParseError to whom that is enough.
func (e *htmlError) As(target any) bool {
	p, ok := target.(**ParseError)
	if ok {
		*p = &e.ParseError
	}
	return ok
}

// proposed looks for the feed that an HTML page names where a feed was
// expected. It is for a person to adopt; nothing is asked for it.
func proposed(err error, resp Response) error {
	parse := (*ParseError)(nil)
	if !errors.As(err, &parse) || parse.Detail != sayHTML.with() {
		return err
	}
	base, failed := url.Parse(resp.FinalURL)
	if failed != nil {
		return err
	}
	page := &htmlError{ParseError: *parse}
	if list := linked(bytes.ToValidUTF8(decode(resp.Body, resp.ContentType), nil), base); len(list) > 0 {
		page.feed = cut(list[0].URL, 500)
	}
	return page
}

// WithoutCure gives a reason (Feed.Reason, Report.Reason) without what to do
// about it.
func WithoutCure(reason string) string {
	said, _ := splitCure(reason)
	return said
}

// is says whether a text is this sentence in English.
func (s sentence) is(text string) bool { return patterns()[s].MatchString(text) }

// curePatterns are the English cures as they are found again.
var curePatterns = sync.OnceValue(func() (list [cures]*regexp.Regexp) {
	for c, r := range remedies {
		list[c] = regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(r.en), "%s", `(\S*)`) + `$`)
	}
	return list
})

// cureInGerman translates a cure; false: this is none.
func cureInGerman(text string) (string, bool) {
	for c := cureNone + 1; c < cures; c++ {
		m := curePatterns()[c].FindStringSubmatch(text)
		if m == nil {
			continue
		}
		german := remedies[c].de
		if len(m) > 1 {
			german = strings.ReplaceAll(german, "%s", m[1])
		}
		return german, true
	}
	return "", false
}

// splitCure parts a reason from its cure; cure is empty where it has none.
func splitCure(text string) (reason, german string) {
	for from := 0; ; {
		at := strings.Index(text[from:], "; ")
		if at < 0 {
			return text, ""
		}
		at += from
		if german, ok := cureInGerman(text[at+2:]); ok {
			return text[:at], german
		}
		from = at + 2
	}
}
