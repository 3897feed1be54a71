package storage_test

import (
	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
)

// What the other packages ask of a store. The bot's interfaces are asserted
// where the two meet, in cmd/depesche.
var (
	_ feeds.Store   = (*storage.Store)(nil)
	_ feeds.Pages   = (*storage.Store)(nil)
	_ digest.Store  = (*storage.Store)(nil)
	_ digest.Ledger = (*storage.Store)(nil)
	_ digest.Desk   = (*storage.Store)(nil)

	_ digest.Claimer = (*storage.Store)(nil)
)
