// Package feeds reads what the world publishes: it asks servers for feeds,
// politely, reads whatever they send, and hands the items to a store.
//
// Data flow one way:
//
//	Client.Fetch -> Parse -> Document.Entries -> Classify -> Store.SavePoll
//
// A [Client] makes conditional requests and guards the network: every address
// is checked at the moment of connection, on every redirect. [Parse] turns
// bytes into a [Document]. It trusts no label and no length: bytes become
// UTF-8 first, then a scan of its own refuses what would cost the XML reader
// its stack and repairs what is merely damaged, and only then does the parser
// library see the text. What leaves Parse is plain text, absolute web
// addresses and plausible times; nothing behind it needs to distrust a feed's
// bytes again (its words it must: they are foreign).
//
// [Document.Entries] says which item is which, so that a feed that is read a
// hundred times brings each item once. [Classify] says which topics an item
// belongs to. A [Poller] does all of this for the feeds that are due, in a
// [Poller.Round] or for ever in [Poller.Run], and chooses when to ask again.
//
// # Asking
//
// How often a feed is asked follows its own rhythm, the median time between its
// items, within the bounds of a [Rhythm]. Up to twice Every it is asked in half
// its rhythm, slower ones up to a day between Every and twice Every, so that
// with half an hour the news of a weekday feed are known within the hour;
// beyond that in proportion, up to Max. A feed that sleeps for long counts as a
// slower one; one without validators is asked half as often, one whose hub
// pushes a quarter as often. Failures double the time, up to a day. What a
// server or a feed asks for comes first and may exceed Max: Retry-After (for its
// whole host, seven days at most), max-age, Expires, ttl, sy: (a day at most),
// skipHours and skipDays. A permanent redirect is adopted after three answers
// over a day. Pages, and not feeds, need the leave of their host's robots.txt;
// a feed is left alone where that names this bot.
//
// What can be decided without asking anybody is decided by functions of their
// arguments, time and chance among them: nextPoll, learn, moved, health,
// identities, dates, text. The shell around them is thin.
//
// Where a feed names a hub (W3C WebSub) and the bot has a public address, a
// [Subscriber] has the hub push what is new. That goes the way of a poll from
// parsing on; the feed is still polled, more rarely.
//
// A Poller and a Subscriber start goroutines and wait for them; nothing else
// here does. A Client, a Poller, a Subscriber and all functions may be used by
// several goroutines at once; Round and Run of one Poller not at the same time.
package feeds
