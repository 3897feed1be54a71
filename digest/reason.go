package digest

import "strings"

// unsure begins the Reason of a delivery of which nobody knows whether it
// arrived. It stands there from before it is posted until it is settled, so
// that a process that dies in between leaves a trace.
const unsure = "outcome unknown: "

// Unsure reports whether the delivery may have arrived although it is pending.
func (d Delivery) Unsure() bool {
	return d.Status == StatusPending && strings.HasPrefix(d.Reason, unsure)
}

// sentence is what a Reason says, in English as the ledger has it and in
// German. It holds no colon, which parts it from what stands before it.
type sentence struct{ en, de string }

var beingSent = sentence{"it was being sent", "die Nachricht war unterwegs"}

// cures say in words what Slack's codes mean and what to do
// (chat.postMessage, "Errors").
var cures = map[string]sentence{
	"channel_not_found": {
		"there is no such channel, or it is private and the bot is not in it; invite the bot with /invite, or name another channel",
		"den Kanal gibt es nicht, oder er ist privat und der Bot nicht darin; den Bot mit /invite einladen oder einen anderen Kanal angeben"},
	"not_in_channel": {
		"the bot is not in the channel; invite it with /invite",
		"der Bot ist nicht im Kanal; bitte mit /invite einladen"},
	"is_archived": {
		"the channel is archived; bring it back, or name another channel",
		"der Kanal ist archiviert; bitte wiederherstellen oder einen anderen Kanal angeben"},
	"no_permission": {
		"the bot may not write there; ask the channel's owner, or name another channel",
		"der Bot darf dort nicht schreiben; bitte die Verantwortlichen des Kanals fragen oder einen anderen Kanal angeben"},
	"restricted_action": {
		"only some people may write in the channel; allow the bot to, or name another channel",
		"im Kanal dürfen nur einige schreiben; dem Bot das Schreiben erlauben oder einen anderen Kanal angeben"},
	"restricted_action_read_only_channel": {
		"the channel is read-only; allow the bot to write, or name another channel",
		"im Kanal lässt sich nur lesen; dem Bot das Schreiben erlauben oder einen anderen Kanal angeben"},
	"messages_tab_disabled": {
		"the app's Messages tab is off; switch it on in the app's settings, or choose a channel",
		"der Reiter „Nachrichten“ der App ist abgeschaltet; bitte in den Einstellungen der App einschalten oder einen Kanal wählen"},
	"user_not_found": {
		"there is no such person in this workspace",
		"diese Person gibt es im Workspace nicht"},
	"user_disabled": {
		"the person's account is switched off",
		"das Konto dieser Person ist abgeschaltet"},
	"missing_scope": {
		"the token lacks a right; install the app again with the current manifest",
		"dem Token fehlt ein Recht; bitte die App mit dem aktuellen Manifest neu installieren"},
	"token_revoked": {
		"the token was revoked; install the app again and set the new token",
		"das Token wurde zurückgezogen; bitte die App neu installieren und das neue Token eintragen"},
	"token_expired": {
		"the token has expired; install the app again and set the new token",
		"das Token ist abgelaufen; bitte die App neu installieren und das neue Token eintragen"},
	"invalid_auth": {
		"the token is not accepted; check SLACK_BOT_TOKEN",
		"das Token wird nicht angenommen; bitte SLACK_BOT_TOKEN prüfen"},
	"not_authed": {
		"the token is missing; check SLACK_BOT_TOKEN",
		"das Token fehlt; bitte SLACK_BOT_TOKEN prüfen"},
	"account_inactive": {
		"the app was removed from the workspace; install it again and set the new token",
		"die App wurde aus dem Workspace entfernt; bitte neu installieren und das neue Token eintragen"},
	"ratelimited":  slackAsksToWait,
	"rate_limited": slackAsksToWait,
	"service_unavailable": {
		"Slack is out of order",
		"Slack ist gestört"},
}

var slackAsksToWait = sentence{"Slack asks to wait", "Slack bittet zu warten"}

// classCures stand in for cures where a code has none.
var classCures = map[Class]sentence{
	ClassTarget: {
		"the channel cannot be posted to",
		"in den Kanal lässt sich nicht schreiben"},
	ClassAccess: {
		"the workspace refuses the bot",
		"der Workspace weist den Bot ab"},
	ClassMessage: {
		"the message was refused, in its plain form too",
		"die Nachricht wurde abgelehnt, auch in ihrer einfachen Form"},
	ClassWait: {
		"it is tried again",
		"es wird noch einmal versucht"},
	ClassUnknown: {
		"the connection broke or the answer made no sense; it is looked for, and sent again",
		"die Verbindung brach ab, oder die Antwort ergab keinen Sinn; die Nachricht wird gesucht und sonst noch einmal gesendet"},
}

// explained is the code and what it means: the code first, so that a person
// can look it up.
func explained(p *PostError) string {
	text, ok := cures[p.Code]
	if !ok {
		if text, ok = classCures[p.Class]; !ok {
			text = classCures[ClassUnknown]
		}
	}
	if p.Code == "" {
		return text.en
	}
	return p.Code + ": " + text.en
}

const unsureInGerman = "Ausgang unbekannt: "

// inGerman has every sentence by its English form.
var inGerman = germanSentences()

func germanSentences() map[string]string {
	out := map[string]string{beingSent.en: beingSent.de}
	for _, s := range cures {
		out[s.en] = s.de
	}
	for _, s := range classCures {
		out[s.en] = s.de
	}
	return out
}

// SayReason gives the Reason of a Delivery in the language ("de" or "en") of
// the person who reads it. Slack's code stays as it is, so that it can be
// looked up; so does a text that the program does not know.
func SayReason(reason, lang string) string {
	if lang != "de" {
		return reason
	}
	rest, unknown := strings.CutPrefix(reason, unsure)
	before := ""
	if unknown {
		before = unsureInGerman
	}
	if text, ok := inGerman[rest]; ok {
		return before + text
	}
	code, text, _ := strings.Cut(rest, ": ")
	if text, ok := inGerman[text]; ok {
		return before + code + ": " + text
	}
	return reason
}
