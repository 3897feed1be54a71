package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"depesche/bot"
	"depesche/feeds"
	"depesche/storage"
)

func doctorCommand() command {
	return command{
		name: "doctor", brief: "check configuration, database, Slack and every feed", json: true,
		about: `
Changes nothing. Each finding that is not ok says how to mend it. Exit status 1
where something is broken; a warning is not. A wrong configuration is status 2.`,
		setup: func(*flag.FlagSet) action { return doctor },
	}
}

// The weights of a finding.
const (
	fine    = "ok"
	warning = "warning"
	broken  = "broken"
)

// finding is one thing that was looked at.
type finding struct {
	Check  string `json:"check"` // configuration, database, slack, channel or feed
	What   string `json:"what"`  // which one
	Status string `json:"status"`
	Detail string `json:"detail"`
	Cure   string `json:"cure"`
}

// examination collects findings.
type examination struct {
	cfg      Config
	findings []finding
}

func (e *examination) note(check, what, status, detail, cure string) {
	e.findings = append(e.findings, finding{check, what, status, detail, cure})
}

func doctor(ctx context.Context, c *call) error {
	cfg, err := c.config()
	var wrong *configError
	if errors.As(err, &wrong) {
		e := examination{}
		for _, f := range wrong.faults {
			what, cure, _ := strings.Cut(f.text, "; ")
			f.text = what
			e.note("configuration", orElse(f.key, f.file), broken, f.String(), cure)
		}
		return errors.Join(err, e.print(c))
	}
	if err != nil {
		return err
	}
	e := examination{cfg: cfg}
	e.configuration()
	list := e.database(ctx)
	e.slack(ctx)
	e.feeds(ctx, c, list)
	if err := e.print(c); err != nil {
		return err
	}
	if slices.ContainsFunc(e.findings, func(f finding) bool { return f.Status == broken }) {
		return errReported
	}
	return ctx.Err()
}

func (e *examination) configuration() {
	what := orElse(e.cfg.File, "no file")
	detail := fmt.Sprintf("topics: %d, feeds: %d, digests: %d", len(e.cfg.Topics), len(e.cfg.Feeds), len(e.cfg.Digests))
	if e.cfg.File == "" {
		e.note("configuration", what, warning, "there is no "+defaultFile, "copy depesche.example.yaml to "+defaultFile+" and edit it, or name one with --config")
		return
	}
	e.note("configuration", what, fine, detail, "")
	e.publicURL()
	if e.cfg.Fetch.Contact == "" {
		e.note("configuration", "fetch.contact", warning, "servers are not told who asks", "set fetch.contact to an address that a server's owner can write to")
	}
}

// database looks at the database and gives the feeds on its list besides those
// that the configuration declares.
func (e *examination) database(ctx context.Context) []feeds.Feed {
	if path, ok := strings.CutPrefix(string(e.cfg.DatabaseURL), "sqlite:"); ok && !exists(path) {
		e.note("database", "sqlite", warning, fmt.Sprintf("%q is not there yet", path), "depesche migrate makes it; serve does so too")
		return nil
	}
	store, err := storage.Open(ctx, string(e.cfg.DatabaseURL))
	if err != nil {
		e.note("database", "connection", broken, err.Error(), "check DATABASE_URL, and whether the server runs and lets this machine in")
		return nil
	}
	defer closeQuietly(store)
	err = store.Ready(ctx)
	switch {
	case errors.Is(err, storage.ErrOldSchema):
		e.note("database", store.Database(), warning, err.Error(), "depesche migrate brings it up to date; serve does so too")
		return nil
	case errors.Is(err, storage.ErrNewerSchema):
		e.note("database", store.Database(), broken, err.Error(), "run the depesche that wrote this database, or a newer one")
		return nil
	case err != nil:
		e.note("database", store.Database(), broken, err.Error(), "check DATABASE_URL, and whether the server runs and lets this machine in")
		return nil
	}
	e.note("database", store.Database(), fine, "reachable, the schema is current", "")
	list, err := store.Feeds(ctx)
	if err != nil {
		e.note("database", "feeds", broken, err.Error(), "look at the database's own log")
	}
	return list
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (e *examination) slack(ctx context.Context) {
	if err := e.cfg.needSlack(); err != nil {
		var wrong *configError
		errors.As(err, &wrong)
		for _, f := range wrong.faults {
			what, cure, _ := strings.Cut(f.text, "; ")
			e.note("slack", f.key, broken, what, cure)
		}
	}
	if e.cfg.BotToken == "" {
		return
	}
	b := bot.New(bot.Options{Token: string(e.cfg.BotToken), AppToken: string(e.cfg.AppToken), APIURL: e.cfg.APIURL,
		HTTPClient: &http.Client{Timeout: 10 * time.Second}})
	defer func() { _ = b.Close(ctx) }()
	who, err := b.Authenticate(ctx)
	if err != nil {
		cure := "check the network and SLACK_API_URL"
		if refused(err) {
			cure = "copy the Bot User OAuth Token from the app's page, OAuth & Permissions"
		}
		e.note("slack", "token", broken, err.Error(), cure)
		return
	}
	e.note("slack", "token", fine, fmt.Sprintf("%s in %s", who.User, who.Team), "")
	switch missing := who.Missing(); {
	case who.Scopes == nil:
		e.note("slack", "scopes", warning, "Slack did not say which scopes the token has", "compare the app's scopes with depesche manifest")
	case missing != nil:
		e.note("slack", "scopes", broken, "the token lacks "+strings.Join(missing, ", "), "add them on the app's page, OAuth & Permissions, and install the app again")
	default:
		e.note("slack", "scopes", fine, strings.Join(who.Scopes, ", "), "")
	}
	e.channels(ctx, b)
}

func (e *examination) channels(ctx context.Context, b *bot.Bot) {
	for _, d := range e.cfg.Digests {
		what := d.Name + " to " + d.Channel
		id, err := b.ResolveChannel(ctx, d.Channel)
		if err != nil {
			e.note("channel", what, broken, err.Error(), "write the channel's id (Slack shows it at the end of the channel's details), and invite the bot where it is private")
			continue
		}
		if strings.HasPrefix(id, "U") || strings.HasPrefix(id, "W") {
			e.note("channel", what, fine, "a direct message", "")
			continue
		}
		info, err := b.Channel(ctx, id)
		switch {
		case err != nil:
			e.note("channel", what, broken, err.Error(), "write the channel's id, and invite the bot there: /invite @Depesche")
		case info.Archived:
			e.note("channel", what, broken, "#"+info.Name+" is archived", "unarchive it, or name another channel")
		case info.Private && !info.Member:
			e.note("channel", what, broken, "the bot is not in #"+info.Name, "invite it there: /invite @Depesche")
		default:
			e.note("channel", what, fine, "#"+info.Name, "")
		}
	}
}

// feeds tries every feed that is declared or on the list.
func (e *examination) feeds(ctx context.Context, c *call, list []feeds.Feed) {
	all := slices.Clone(e.cfg.Feeds)
	for _, f := range list {
		// Declared feeds of the last start are judged by the file as it is now.
		if f.Origin == feeds.OriginDesk && !e.cfg.declares(f.URL) {
			all = append(all, f)
		}
	}
	bar := c.progress(len(all), "asking feeds")
	defer bar.end()
	checkAll(ctx, e.cfg, all, func(r checked) {
		bar.step()
		said, cure := feeds.SayReason(r.Reason, "en"), feeds.Cure(r.Reason)
		detail := fmt.Sprintf("%s: %s, %d ms", r.Name, itemCount(r.New), r.Millis)
		switch {
		case r.Rests:
			e.note("feed", r.URL, warning, r.Name+": "+said, cure)
		case r.Outcome == feeds.OutcomeFailed:
			e.note("feed", r.URL, broken, r.Name+": "+said, orElse(cure, "open it in a browser; should it last, tell whoever runs the site"))
		case r.Reason != "":
			e.note("feed", r.URL, warning, detail+"; "+said, cure)
		default:
			e.note("feed", r.URL, fine, detail, "")
		}
	})
}

func (e *examination) print(c *call) error {
	if c.json {
		return printJSON(c.stdout, some(e.findings))
	}
	for _, f := range e.findings {
		text := fmt.Sprintf("%-8s %s %s: %s\n", f.Status, f.Check, line(f.What), line(f.Detail))
		if f.Cure != "" {
			text += "         " + line(f.Cure) + "\n"
		}
		if _, err := io.WriteString(c.stdout, text); err != nil {
			return err
		}
	}
	return nil
}
