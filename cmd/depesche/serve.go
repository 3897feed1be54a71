package main

import (
	"context"
	"errors"
	"flag"
)

func serveCommand() command {
	return command{
		name: "serve", brief: "everything: poll, classify, store, digests, alerts, Slack",
		about: `
Runs until SIGTERM or Ctrl-C, then ends within 15 seconds. With SLACK_APP_TOKEN
it uses Socket Mode; without, Slack has to reach POST /slack/commands,
/slack/interactions and /slack/events. It also serves /healthz, /readyz,
/metrics and /topics/NAME.xml.`,
		setup: func(*flag.FlagSet) action { return serve },
	}
}

func serve(ctx context.Context, c *call) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if err := cfg.needSlack(); err != nil {
		return err
	}
	logger := newLogger(c.stderr, cfg.Log)
	if cfg.File == "" {
		logger.Warn("there is no " + defaultFile + "; the feeds and topics of the last start are watched")
	}
	app, err := New(ctx, cfg, logger)
	if err == nil {
		return app.Run(ctx, nil)
	}
	if errors.Is(context.Cause(ctx), context.Canceled) {
		err = nil // told to stop while it started
	}
	return err
}

// needSlack says what serve lacks.
func (c Config) needSlack() error {
	var faults []fault
	if c.BotToken == "" {
		faults = append(faults, fault{key: "SLACK_BOT_TOKEN",
			text: "it is not set; set it to the app's bot token (xoxb-...), or try everything without Slack: depesche demo"})
	}
	if c.SigningSecret == "" && c.AppToken == "" {
		faults = append(faults, fault{key: "SLACK_SIGNING_SECRET",
			text: "it is not set; set it to the app's signing secret, or SLACK_APP_TOKEN (xapp-...) for Socket Mode"})
	}
	if faults != nil {
		return &configError{faults}
	}
	return nil
}
