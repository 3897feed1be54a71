package article

import (
	"regexp"
	"strings"
)

var (
	consentWords = regexp.MustCompile(`(?i)cookies?\b|einwilligung|zustimm|akzeptieren|datenschutz|tracking|werbefrei|pur-?abo|consent|drittanbieter|personenbezogene`)
	consentHead  = regexp.MustCompile(`(?i)^(?:Mit Werbung weiterlesen|Weiter mit Werbung|Wie möchten Sie .{0,40}nutzen|Nutzen Sie .{0,40}(?:Pur|werbefrei)|Willkommen bei .{0,40}|Ihre Privatsphäre|Wir (?:schätzen|respektieren) Ihre Privatsphäre|Cookie-?(?:Einstellungen|Hinweis|Zustimmung)|Datenschutz-?(?:Einstellungen|hinweis)|Zustimmung erforderlich|Einwilligung|Bitte stimmen Sie|Before you continue|Bevor Sie fortfahren)`)
	paywallLine  = regexp.MustCompile(`(?i)^(?:[\p{L}\d]{2,20}\+\s*\|.*|` +
		`(?:Jetzt )?(?:Weiterlesen|weiter lesen) mit\b.{0,80}|.{0,40}(?:Artikel|Beitrag|Text|Inhalt) (?:ist|sind) (?:nur|exklusiv|ausschließlich) (?:für|mit)\b.{0,80}|` +
		`(?:Um|Zum) .{0,40}weiter(?:zu)?lesen\b.{0,80}(?:Abo|anmelden|registrieren|kaufen)\b.{0,60}|` +
		`(?:Bereits|Sie sind bereits|Schon) (?:Abonnent|Abonnentin|Abonnent:in|Digital-Abonnent|Kunde).{0,40}|` +
		`.{0,60}(?:mit (?:einem )?Abo(?:nnement)? (?:lesen|weiterlesen)|im Abo weiterlesen|als Abonnent(?:in)? weiterlesen).{0,40}|` +
		`(?:Diesen|Den|Ganzen) Artikel (?:weiter)?lesen.{0,10}(?:Abo|mit).{0,40}|Jetzt (?:\d+ \w+ )?(?:gratis|kostenlos) testen und weiterlesen.{0,40}|` +
		`Exklusiv für Abonnent.{0,60}|Dieser Artikel ist kostenpflichtig.{0,60}|Lesen Sie den ganzen Artikel mit .{0,60})$`)
)

const (
	fullArticle  = 1500 // bytes of text from which a page shows its article, whatever it declares
	shortArticle = 500
)

// offers says whether the line offers the rest of an article for money.
func (l line) offers() bool { return len(l.text) <= 200 && paywallLine.MatchString(l.text) }

// paywallWords says whether a line of the page offers the rest for money.
func paywallWords(page *rendered) bool {
	for _, l := range page.lines {
		if !l.side && l.offers() {
			return true
		}
	}
	return false
}

// wall says why there is no article where there is none.
func (a *Article) wall(page *rendered) error {
	if len(a.Text) < fullArticle && isConsent(a, page) {
		a.Text, a.Keywords = "", []string{}
		return ErrConsent
	}
	if a.Paywalled && len(a.Text) < fullArticle {
		return ErrPaywall
	}
	if strings.TrimSpace(a.Text) == "" {
		return ErrNoText
	}
	return nil
}

// isConsent says whether the page is a wall: hardly any text that does not
// speak of consent, or a heading that asks for it and little else.
func isConsent(a *Article, page *rendered) bool {
	asks, talk, other := false, 0, 0
	for _, l := range page.lines {
		if len(l.text) <= 120 && consentHead.MatchString(l.text) {
			asks = true
		}
		switch {
		case consentWords.MatchString(l.text):
			talk += len(l.text)
		case l.prose():
			other += len(l.text)
		}
	}
	said := len(consentWords.FindAllString(a.Text, -1))
	return talk > 0 && other < shortArticle && (said >= 3 || asks && said >= 1 || asks && a.Text == "" || talk > 4*other+400 && said > 0)
}
