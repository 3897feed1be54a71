package main

import (
	"context"
	"errors"

	"depesche/bot"
	"depesche/feeds"
	"depesche/storage"
)

// sources lets the bot search sites and keep the list of feeds: bot asks no
// server itself, and knows no database.
type sources struct {
	*storage.Store
	client *feeds.Client
	ending context.Context //nolint:containedctx // ended by stop
	stop   context.CancelFunc
}

func newSources(store *storage.Store, client *feeds.Client) *sources {
	ctx, cancel := context.WithCancel(context.Background())
	return &sources{store, client, ctx, cancel}
}

// Discover implements bot.Sources. Stopping ends it: a search may take longer
// than the orderly end.
func (s *sources) Discover(ctx context.Context, address string) ([]feeds.Candidate, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ending, cancel)()
	return feeds.Discover(ctx, s.client, address)
}

// RemoveFeed implements bot.Sources.
func (s *sources) RemoveFeed(ctx context.Context, url string) error {
	err := s.Store.RemoveFeed(ctx, url)
	if errors.Is(err, storage.ErrDeclared) {
		return bot.ErrDeclared
	}
	return err
}
