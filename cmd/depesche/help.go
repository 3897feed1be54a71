package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// help prints the help of the whole program or of the command that args name.
func help(c *call, args []string) error {
	if len(args) == 0 {
		return printOverview(c.stdout)
	}
	cmd, ok := find(commands(), args[0])
	if !ok {
		return unknownCommand("depesche help", args[0], names(commands()))
	}
	if cmd.subs != nil && len(args) > 1 {
		sub, ok := find(cmd.subs, args[1])
		if !ok {
			return unknownCommand("depesche help "+cmd.name, args[1], names(cmd.subs))
		}
		cmd = sub
	}
	return cmd.printHelp(c.stdout)
}

func printOverview(w io.Writer) error {
	var b strings.Builder
	b.WriteString("depesche watches feeds for a news desk and tells it in Slack.\n\nusage: depesche [--config FILE] COMMAND [arguments]\n\n")
	table(&b, commands())
	b.WriteString(`
Try it with no account: depesche demo
More on one command:    depesche COMMAND --help

Settings come from the environment and from depesche.yaml:
  DATABASE_URL          postgres://... or sqlite:PATH (sqlite:depesche.db)
  SLACK_BOT_TOKEN       xoxb-...; needed by serve
  SLACK_SIGNING_SECRET  verifies what Slack sends over HTTP
  SLACK_APP_TOKEN       xapp-...; where set, Socket Mode is used
  SLACK_API_URL         where the Web API is (https://slack.com/api/)
  DEPESCHE_LISTEN       address of the HTTP server (:8080)
  DEPESCHE_CONFIG       the configuration file (depesche.yaml, where there is one)
  DEPESCHE_LOG          text or json, and a level (text,info)
A secret, or DATABASE_URL, may also come from a file: SLACK_BOT_TOKEN_FILE=/run/secrets/token

Exit status: 0 done, 1 failed at run time, 2 wrong usage or wrong configuration.
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// table lists commands with one line each.
func table(w io.Writer, list []command) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cmd := range list {
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace(last(cmd.name)+" "+cmd.args), cmd.brief)
	}
	_ = t.Flush() // what is written to is memory
}

// synopsis is the command in one line.
func (cmd command) synopsis() string {
	if cmd.subs != nil {
		return "depesche " + cmd.name + " COMMAND"
	}
	return strings.TrimSpace("depesche " + cmd.name + " [flags] " + cmd.args)
}

func (cmd command) printHelp(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nusage: %s\n", "depesche "+cmd.name, cmd.brief, cmd.synopsis())
	if cmd.about != "" {
		b.WriteString("\n" + strings.TrimSpace(cmd.about) + "\n")
	}
	if cmd.subs != nil {
		b.WriteString("\n")
		table(&b, cmd.subs)
	} else {
		b.WriteString("\nflags:\n")
		flags, _ := cmd.flagSet(&call{})
		printFlags(&b, flags)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printFlags(w io.Writer, flags *flag.FlagSet) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	flags.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		if isBool(f) {
			name = ""
		}
		usage = strings.TrimPrefix(usage, name+": ") // where the sentence has no place for it
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			usage += " (" + f.DefValue + ")"
		}
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace("--"+f.Name+" "+name), usage)
	})
	fmt.Fprintf(t, "  --help\tprint this\n")
	_ = t.Flush() // what is written to is memory
}
