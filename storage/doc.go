// Package storage keeps everything that Depesche knows, in PostgreSQL or in
// one SQLite file. It holds every statement of SQL; both databases run the
// same set. What differs between them is data in a dialect (dialect.go).
//
// A [Store] is safe for concurrent use, also by several processes. It
// satisfies the interfaces that feeds, digest and bot declare. Times are UTC
// with microseconds; the present is always an argument, never the database's.
package storage
