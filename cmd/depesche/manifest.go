package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"depesche/bot"
)

// placeholder stands in a manifest for an address that was not given.
const placeholder = "https://depesche.example.org"

func manifestCommand() command {
	return command{
		name: "manifest", brief: "the Slack app manifest (YAML) to paste into Slack",
		about: `
Create the app at api.slack.com/apps, "From a manifest". With --socket-mode no
public address is needed; otherwise --url names where Slack reaches serve.
Without it, that is public_url where the configuration has it.`,
		setup: func(flags *flag.FlagSet) action {
			socket := flags.Bool("socket-mode", false, "for an app that connects to Slack")
			base := flags.String("url", "", "`BASE` address of serve, such as https://news.example.org")
			return func(_ context.Context, c *call) error {
				if *base == "" && !*socket {
					cfg, err := c.config()
					if err != nil && c.configFile != "" {
						return err
					}
					*base = cfg.PublicURL // a configuration that is not done yet is no reason to have no manifest
				}
				if *base != "" {
					if err := checkWebAddress(*base); err != nil {
						return usagef("depesche manifest", "--url: %v", err)
					}
					if !strings.HasPrefix(*base, "https://") {
						return usagef("depesche manifest", "Slack asks https addresses only, not %q; put a TLS proxy in front, or use --socket-mode", *base)
					}
				}
				if *base == "" && !*socket {
					*base = placeholder
					_, _ = fmt.Fprintf(c.stderr, "replace %s by the address under which Slack reaches serve, or give it with --url; --socket-mode needs none\n", placeholder)
				}
				text, err := bot.Manifest(bot.ManifestOptions{SocketMode: *socket, URL: *base})
				if err != nil {
					return err
				}
				_, err = c.stdout.Write(text)
				return err
			}
		},
	}
}
