package bot

import (
	"cmp"
	"strings"
)

// verbNames are the verbs as the bot names them, by language.
var verbNames = map[string]map[Verb]string{
	"de": {
		VerbSearch: "suche", VerbLatest: "neu", VerbDigest: "digest", VerbSubscribe: "abo", VerbSubscriptions: "abos",
		VerbUnsubscribe: "abbestellen", VerbTopics: "themen", VerbSources: "quellen", VerbStatus: "status",
		VerbExplain: "warum", VerbSource: "quelle", VerbHelp: "hilfe",
	},
	"en": {
		VerbSearch: "search", VerbLatest: "latest", VerbDigest: "digest", VerbSubscribe: "subscribe",
		VerbSubscriptions: "subscriptions", VerbUnsubscribe: "unsubscribe", VerbTopics: "topics",
		VerbSources: "sources", VerbStatus: "status", VerbExplain: "explain", VerbSource: "source", VerbHelp: "help",
	},
}

func (b *Bot) verbName(v Verb) string { return verbNames[b.voice.lang][v] }

// usages are the messages on one verb each.
var usages = map[Verb]string{
	VerbSearch: "UsageSearch", VerbLatest: "UsageLatest", VerbDigest: "UsageDigest", VerbSubscribe: "UsageSubscribe",
	VerbSubscriptions: "UsageSubscriptions", VerbUnsubscribe: "UsageUnsubscribe", VerbTopics: "UsageTopics",
	VerbSources: "UsageSources", VerbStatus: "UsageStatus", VerbExplain: "UsageExplain", VerbSource: "UsageSource", VerbHelp: "Help",
}

// usage tells how one verb is used, with an example.
func (b *Bot) usage(a asker, v Verb) string {
	return strings.TrimSpace(b.voice.say(cmp.Or(usages[v], "Help"), "Command", a.name))
}

// help lists the verbs, or tells of one.
func (b *Bot) help(a asker, v Verb) Reply {
	return b.sentence(b.usage(a, cmp.Or(v, VerbHelp)))
}
