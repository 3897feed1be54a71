package main

import (
	"context"
	"flag"
	"fmt"
)

func migrateCommand() command {
	return command{
		name: "migrate", brief: "bring the database's schema up to date (serve does so too)", json: true,
		setup: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *call) error {
				cfg, err := c.config()
				if err != nil {
					return err
				}
				store, err := openStore(ctx, cfg)
				if err != nil {
					return err
				}
				defer closeQuietly(store)
				if c.json {
					return printJSON(c.stdout, map[string]any{"ok": true, "database": store.Database()})
				}
				_, err = fmt.Fprintf(c.stdout, "the %s schema is up to date\n", store.Database())
				return err
			}
		},
	}
}
