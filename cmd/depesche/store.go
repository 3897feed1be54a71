package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"depesche/storage"
)

// config reads environment and file.
func (c *call) config() (Config, error) { return loadConfig(c.env, c.configFile) }

// openStore connects to the database and brings its schema up to date.
func openStore(ctx context.Context, cfg Config) (*storage.Store, error) {
	store, err := storage.Open(ctx, string(cfg.DatabaseURL))
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		closeQuietly(store)
		if errors.Is(err, storage.ErrNewerSchema) {
			return nil, fmt.Errorf("%w; run the depesche that wrote this database, or a newer one", err)
		}
		return nil, err
	}
	return store, nil
}

// declare brings the store in step with the configuration file. Without a file
// nothing is declared and nothing changes: a command started in the wrong
// directory should not empty the desk.
func declare(ctx context.Context, store *storage.Store, cfg Config, now time.Time) error {
	if cfg.File == "" {
		return nil
	}
	if err := store.SyncFeeds(ctx, cfg.Feeds, now); err != nil {
		return err
	}
	_, err := store.SyncTopics(ctx, cfg.Topics)
	return err
}

// withStore runs a command on a store that agrees with the configuration,
// topics of older items included.
func withStore(ctx context.Context, c *call, do func(cfg Config, store *storage.Store) error) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeQuietly(store)
	if err := declare(ctx, store, cfg, time.Now()); err != nil {
		return err
	}
	if err := c.reclassify(ctx, store); err != nil {
		return err
	}
	return do(cfg, store)
}

// reclassify applies new and changed topics to the archive, which may be long.
func (c *call) reclassify(ctx context.Context, store *storage.Store) error {
	var bar progress
	defer func() { bar.end() }()
	return store.Reclassify(ctx, func(done, total int) {
		if bar.bar == nil {
			bar = c.progress(total, "classifying")
		}
		bar.at(done)
	})
}
