package feeds

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
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
	cureNoItems
	cureMoved
	cureSilent
	cureLayout
	cureAstray
	cureAllow
	cures // how many there are
)

// remedies holds each cure as it is stored, for whom runs the program, and in
// English and in German for the desk, which has neither a shell nor the
// configuration; an English one that fits both is said once. %s stands for an
// address where it is stored, and for what looks for its feeds on the desk.
var remedies = [cures]struct{ en, desk, de string }{
	cureAddress: {
		"its address may have changed; to find the new one: depesche feeds discover %s",
		"its address may have changed, %s looks for the new one",
		"vielleicht hat sich die Adresse geändert, nach der neuen sucht %s",
	},
	cureGone: {
		"it is not asked any more; to look for its successor: depesche feeds discover %s",
		"it is not asked any more, %s looks for its successor",
		"die Quelle wird nicht mehr abgefragt, nach einem Nachfolger sucht %s",
	},
	cureForbidden: {
		"the site's operator has to let Depesche in, or the feed goes off the list",
		"",
		"der Betreiber der Website muss Depesche zulassen, sonst gehört die Quelle von der Liste",
	},
	cureBusy: {
		"nothing has to be done, it is asked less often for a while",
		"",
		"zu tun ist nichts, die Quelle wird eine Weile seltener abgefragt",
	},
	cureServer: {
		"the fault is the server's; if it lasts, tell the site's operator",
		"the fault is the server's; if it lasts, please tell the site's operator",
		"der Fehler liegt beim Server; hält er an, bitte den Betreiber der Website verständigen",
	},
	cureTimeout: {
		"if it lasts, tell the site's operator, or raise fetch.timeout",
		"if it lasts, please tell the site's operator",
		"hält das an, bitte den Betreiber der Website verständigen",
	},
	cureLarge: {
		"raise fetch.max_bytes, or take a smaller feed of the site: depesche feeds discover %s",
		"the site may have a smaller feed, %s looks for it",
		"vielleicht hat die Website einen kleineren Feed, danach sucht %s",
	},
	cureHost: {
		"check how the address is spelt, or whether the site has moved",
		"please check how the address is spelt, or whether the site has moved",
		"bitte prüfen, ob die Adresse richtig geschrieben oder die Website umgezogen ist",
	},
	cureDown: {
		"the server may be down, or a firewall in between; it is asked again",
		"",
		"vielleicht ist der Server ausgefallen, oder eine Firewall sperrt; Depesche fragt weiter nach",
	},
	cureCert: {
		"the site's operator has to renew the certificate",
		"",
		"der Betreiber der Website muss das Zertifikat erneuern",
	},
	cureBroken: {
		"tell the site's operator; it is read again as soon as it is mended",
		"please tell the site's operator; it is read again as soon as it is mended",
		"bitte den Betreiber der Website verständigen; nach der Korrektur wird die Quelle wieder gelesen",
	},
	cureHTML: {
		"the feed may have a new address; to look for it: depesche feeds discover %s",
		"the feed may have a new address, %s looks for it",
		"vielleicht hat der Feed eine neue Adresse, danach sucht %s",
	},
	cureProposed: {
		"the page names this feed, which may take its place: %s",
		"the page names a feed that may take its place: %s",
		"die Seite nennt einen Feed, der an seine Stelle treten kann: %s",
	},
	cureEmpty: {
		"nothing of what it brought is lost; if it stays empty, look for its new address: depesche feeds discover %s",
		"nothing of what it brought is lost; if it stays empty, %s looks for its new address",
		"was er brachte, bleibt erhalten; bleibt er leer, sucht %s seine neue Adresse",
	},
	cureNoItems: {
		"look at it in a browser; it may be filled later",
		"please look at it in a browser; it may be filled later",
		"bitte im Browser ansehen; vielleicht kommt dort noch etwas",
	},
	cureMoved: {
		"put that address in the place of the old one on the list",
		"please add the new address and remove the old one, as %s explains",
		"bitte die neue Adresse hinzufügen und die alte entfernen (wie, erklärt %s)",
	},
	cureSilent: {
		"if the site has something new, its feed has moved or stopped: depesche feeds discover %s",
		"if the site has something new, its feed has moved or stopped; %s looks for another",
		"bringt die Website Neues, ist ihr Feed umgezogen oder stehen geblieben; nach einem anderen sucht %s",
	},
	cureLayout: {
		"to get selectors for it as it is now: depesche feeds discover %s",
		"removing it and adding it again may help: %s",
		"vielleicht hilft es, sie zu entfernen und neu hinzuzufügen: %s",
	},
	cureAstray: {
		"that is not followed, the site may have been tampered with; tell its operator",
		"that is not followed, the site may have been tampered with; please tell its operator",
		"dem folgt Depesche nicht, vielleicht ist die Website manipuliert; bitte ihren Betreiber verständigen",
	},
	cureAllow: {
		"add it to fetch.allow_networks",
		"Depesche reads only on the public internet; whoever runs it can make an exception",
		"Depesche liest nur im öffentlichen Internet; Ausnahmen richtet ein, wer Depesche betreibt",
	},
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
	c := cureOf(err)
	if c == cureLayout {
		return join(Reason(err), c, cut(SafeURL(f.URL), 300)) // selectors are proposed for this very page
	}
	return join(Reason(err), c, site(f))
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
	case errors.As(err, new(*robotsUnread)):
		return cureDown
	case errors.Is(err, ErrRobots):
		return cureForbidden
	case errors.As(err, new(*heldError)):
		return cureBusy
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
	case Reason(err) == sayBroke.with(), errors.As(err, &dns), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return cureDown
	case slices.ContainsFunc(serverFaults, func(fault error) bool { return errors.Is(err, fault) }), Reason(err) == sayGzip.with():
		return cureServer
	case tlsReason(err) != "":
		return cureCert
	case errors.As(err, &late) && late.Timeout():
		return cureTimeout
	}
	return cureNone
}

// serverFaults are what only the server's side can mend.
var serverFaults = []error{errRedirects, errRedirectLoop, errDowngrade, errNoLocation, errEncoding, errBomb, errCrawl}

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
	return cureServer
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

// SayCure says what the desk can do about a reason (Feed.Reason, Report.Reason),
// in German where lang is "de", else in English; empty where nothing is known.
// It follows what SayReason says behind a semicolon. The reason as it is stored
// names commands of a shell and keys of the configuration, for whom runs the
// program; this names neither. find gives what a person enters to look for the
// feeds of an address, and for an empty one what explains how that is done.
func SayCure(reason, lang string, find func(address string) string) string {
	_, c, address := splitCure(reason)
	text := cmp.Or(remedies[c].desk, remedies[c].en)
	if lang == "de" {
		text = remedies[c].de
	}
	if !strings.Contains(text, "%s") {
		return text
	}
	return strings.ReplaceAll(text, "%s", find(address))
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

// cureNamed finds a cure again, and its address; cureNone: this is none.
func cureNamed(text string) (c cure, address string) {
	for c := cureNone + 1; c < cures; c++ {
		if m := curePatterns()[c].FindStringSubmatch(text); len(m) > 1 {
			return c, m[1]
		} else if m != nil {
			return c, ""
		}
	}
	return cureNone, ""
}

// splitCure parts what is wrong from its cure, and gives the cure's address.
func splitCure(text string) (said string, c cure, address string) {
	for from := 0; ; {
		at := strings.Index(text[from:], "; ")
		if at < 0 {
			return text, cureNone, ""
		}
		at += from
		if c, address := cureNamed(text[at+2:]); c != cureNone {
			return text[:at], c, address
		}
		from = at + 2
	}
}
