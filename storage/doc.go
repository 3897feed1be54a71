// Package storage keeps everything that Depesche knows, in PostgreSQL or in
// one SQLite file:
//
//	store, err := storage.Open(ctx, "sqlite:depesche.db") // or postgres://...
//	err = store.Migrate(ctx)
//
// A [Store] satisfies the interfaces that feeds, digest and bot declare. It is
// safe for concurrent use, also by several processes on one database.
//
// # One set of SQL
//
// Both databases run the same statements. What differs between them is data in
// a dialect (dialect.go); no statement asks which database it runs on. Text is
// folded, split into words and compared in Go, so that both agree. Times are
// UTC with microseconds, and the present is always an argument, never the
// database's clock. On SQLite one connection writes and a few others read, so
// that a question does not wait for a poll that is being stored.
//
// # What is stored together
//
// SavePoll stores a feed's new state, its validators and its items in one
// transaction: a validator without the items would hide them for ever. Storing
// items is serial over all processes (tx.lockIngest). The rank that makes an
// item news is therefore given in the order in which items become visible:
// whoever has seen rank 7 has seen everything up to 7, and a digest that goes
// by ranks loses nothing, whatever any clock says.
//
// An item is found again by the names it goes by (table aliases): the key that
// a feed gives it, and its canonical link in all feeds. Only the feed that
// brought an item first changes it. See sortEntries.
//
// # Search
//
// The full-text index holds the tokens of keyword.Document, not the database's
// own idea of words. A query says which of the archive's tokens its matches
// must have (keyword.Query.Needs); the index gives the items that have them,
// newest first; the query itself decides. Search therefore finds exactly what
// topics and subscriptions with the same query accept.
//
// Matches are taken a hundred at a time, newest first, and each hundred is put
// in the order of
//
//	(sum over the query's terms of the weight of the term's best place) * 2^(date / 30 days)
//
// where a hit in the headline weighs 4, in the outlet's own keywords 2, in the
// text or the source 1. A match thus counts half as much as one that is 30 days
// younger. Of equals the newer comes first. As age is a factor, the order of
// two items never changes with time, and a second page goes on where the first
// one ended.
package storage
