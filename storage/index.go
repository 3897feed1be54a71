package storage

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// slotBits is the part of a slot that tells items of one second apart.
const slotBits = 28

// slot gives an item's place in time as one number: the second of its date,
// then its id. The full-text index is kept by it, so that both databases read
// matches newest first and stop early, without sorting all of them.
func slot(dated time.Time, id int64) int64 {
	const widest = 1 << (62 - slotBits) // some 540 years around 1970
	second := max(-widest, min(widest, dated.Unix()))
	return second<<slotBits | id&(1<<slotBits-1)
}

// second is the date that a slot stands for, in UTC, to the second.
func second(slot int64) time.Time { return time.Unix(slot>>slotBits, 0).UTC() }

// index writes the full-text index and its vocabulary.
func (s *Store) index(ctx context.Context, tx *tx, records []record) error {
	if len(records) == 0 {
		return nil
	}
	var old []int64
	var rows [][]any
	distinct := map[string]bool{}
	for _, r := range records {
		if r.known {
			old = append(old, r.oldSlot)
		}
		tokens := indexable(r.tokens)
		rows = append(rows, []any{slot(r.Dated, r.ID), tx.dialect.tokens(tokens)})
		for _, token := range tokens {
			distinct[token] = true
		}
	}
	if err := tx.execIn(ctx, `DELETE FROM item_index WHERE rowid IN (?)`, old); err != nil {
		return fmt.Errorf("forget index of %d items: %w", len(old), err)
	}
	err := tx.insert(ctx, `INSERT INTO item_index (rowid, tokens)`, `(?, `+tx.dialect.tokensArg+`)`, ``, rows)
	if err != nil {
		return err
	}
	if err := s.vocabulary.refresh(ctx, tx); err != nil {
		return err
	}
	rows = nil
	for _, token := range s.vocabulary.missing(distinct) {
		rows = append(rows, []any{token})
	}
	return tx.insert(ctx, `INSERT INTO vocabulary (token)`, `(?)`, `ON CONFLICT (token) DO NOTHING`, rows)
}

// Bounds of what one item puts into the index. PostgreSQL refuses a tsvector
// of more than 1 MB or with a word of more than 2 KB; no query means either.
const (
	maxToken  = 255
	maxTokens = 900_000
)

// indexable leaves out what an index cannot hold, the same for items and for
// queries: tokens are letters and digits, and not endless.
func indexable(tokens []string) []string {
	out := make([]string, 0, len(tokens))
	size := 0
	for _, t := range tokens {
		if t == "" || len(t) > maxToken || strings.ContainsFunc(t, notInToken) {
			continue
		}
		if size += len(t); size > maxTokens {
			break
		}
		out = append(out, t)
	}
	return out
}

func notInToken(r rune) bool {
	return r < utf8.RuneSelf && (r < '0' || r > '9') && (r < 'a' || r > 'z') || r == utf8.RuneError
}
