package bot

import (
	"context"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds/keyword"
)

// asker is who asked, where, and how the command is called there.
type asker struct {
	user    string
	channel string // empty in the Home tab
	private bool   // the channel is one that the bot must be invited to
	shared  bool   // the answer is for the whole channel
	pressed bool   // and a button asked for it: Slack then does not show who did
	name    string // of the slash command, as the request carried it
}

// target is where "here" delivers: the channel; in a direct message, the person.
func (a asker) target() string {
	if a.channel == "" || strings.HasPrefix(a.channel, "D") {
		return a.user
	}
	return a.channel
}

// owns reports whether a subscription is the asker's to see and to end: one of
// this channel, one of their own, and in the Home tab whatever they set up.
func (a asker) owns(s digest.Subscription) bool {
	return s.Target == a.target() || s.Target == a.user || a.channel == "" && s.Creator == a.user
}

// mustInvite reports whether a channel is one that the bot cannot post to
// uninvited, by what Slack calls it in requests.
func mustInvite(name string) bool {
	return name == "privategroup" || strings.HasPrefix(name, "mpdm-")
}

// command answers a slash command.
func (b *Bot) command(ctx context.Context, c slack.SlashCommand) Reply {
	a := asker{user: c.UserID, channel: c.ChannelID, private: mustInvite(c.ChannelName), name: b.commandName(c.Command)}
	return b.answer(ctx, a, ParseCommand(c.Text))
}

// commandName gives the name to show: the request's, where it is one.
func (b *Bot) commandName(name string) string {
	if len(name) < 2 || len(name) > 32 || name[0] != '/' || strings.ContainsAny(name, "` <>&*|") || tidy(name) != name {
		return b.o.Command
	}
	return name
}

// answer answers a command, whichever way it came.
func (b *Bot) answer(ctx context.Context, a asker, c Command) Reply {
	a.shared = a.shared || c.Share
	r, err := b.do(ctx, a, c)
	if err != nil {
		if syntax := (*keyword.SyntaxError)(nil); errors.As(err, &syntax) {
			return b.syntaxReply(a, syntax)
		}
		b.o.Log.Error("command failed", "verb", c.Verb, "error", err)
		return b.failed()
	}
	r.InChannel = a.shared && !r.advice
	return r
}

func (b *Bot) do(ctx context.Context, a asker, c Command) (Reply, error) {
	if c.Arg == "" && (c.Verb == VerbSearch || c.Verb == VerbSubscribe || c.Verb == VerbUnsubscribe || c.Verb == VerbExplain) {
		return b.advice(b.usage(a, c.Verb)), nil
	}
	switch c.Verb {
	case VerbSearch:
		return b.search(ctx, a, view{Verb: VerbSearch, Arg: c.Arg}, c.Near)
	case VerbLatest:
		return b.latest(ctx, a, view{Verb: VerbLatest, Arg: c.Arg})
	case VerbDigest:
		return b.digest(ctx, a, view{Verb: VerbDigest, Arg: c.Arg, Day: c.Day})
	case VerbSubscribe:
		return b.subscribe(ctx, a, c)
	case VerbSubscriptions:
		return b.subscriptions(ctx, a)
	case VerbUnsubscribe:
		return b.unsubscribe(ctx, a, c.Arg)
	case VerbTopics:
		return b.topics(ctx)
	case VerbSources:
		return b.sources(ctx, a)
	case VerbStatus:
		return b.status(ctx, a)
	case VerbExplain:
		return b.explain(ctx, a, c.Arg)
	case VerbSource:
		return b.source(ctx, a, c)
	default:
		return b.help(a, Verb(c.Arg)), nil
	}
}

// syntaxReply shows the place of a query's fault and what would be right, with
// an example; the query language says both.
func (b *Bot) syntaxReply(a asker, e *keyword.SyntaxError) Reply {
	offset := min(max(e.Offset, 0), len(e.Query))
	before, after := e.Query[:offset], e.Query[offset:]
	const most = 120 // characters on either side of the fault
	if runes := []rune(before); len(runes) > most {
		before = "…" + string(runes[len(runes)-most:])
	}
	before, after = code(before, 2*most), code(short(after, most), 2*most)
	caret := strings.Repeat(" ", len([]rune(decoder.Replace(before)))) + "^"
	text := b.voice.say("SyntaxFault", "Why", withExample(e.Explain(b.voice.lang))) + "\n" +
		"```\n" + before + after + "\n" + caret + "\n```\n" +
		b.voice.say("SyntaxMore", "Command", a.name)
	return b.advice(text)
}

// withExample makes a fault's sentence harmless and sets the example that it
// ends in as code, in which * stays the character to type.
func withExample(why string) string {
	for _, word := range []string{" Beispiel: ", " Example: "} {
		if i := strings.LastIndex(why, word); i >= 0 {
			i += len(word)
			return mrkdwn(why[:i], 300) + " " + quoted(why[i:], showQuery)
		}
	}
	return mrkdwn(why, 300)
}

// quoted sets a query in code marks, in which * and " stay what they are.
func quoted(query string, n int) string {
	return "`" + fit(query, n-2, func(s string) string { return code(s, n) }) + "`"
}

// code makes text harmless inside code marks, spaces kept. It cuts to n
// characters before it escapes.
func code(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r == '`' {
			return lookAlike[r]
		}
		return dropControl(r)
	}, s)
	return escape(deafen(short(s, n)))
}
