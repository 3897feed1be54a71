package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are set by the linker: -ldflags "-X main.version=1.2.3".
// Without it, commit is what Go recorded of the checkout.
var (
	version = "dev"
	commit  = "unknown"
)

// build is what a report of a fault should name.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

func thisBuild() build {
	b := build{Version: version, Commit: commit, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok || commit != "unknown" {
		return b
	}
	changed := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	b.Commit += changed
	return b
}

func versionCommand() command {
	return command{
		name: "version", brief: "version, commit and Go version", json: true,
		setup: func(*flag.FlagSet) action {
			return func(_ context.Context, c *call) error {
				b := thisBuild()
				if c.json {
					return printJSON(c.stdout, b)
				}
				_, err := fmt.Fprintf(c.stdout, "depesche %s\ncommit %s\n%s\n", b.Version, b.Commit, b.Go)
				return err
			}
		},
	}
}
