package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// call is one invocation of the program: what it was given, and where it writes.
type call struct {
	env            func(string) string // empty where a variable is not set
	stdin          io.Reader
	stdout, stderr io.Writer

	configFile string   // --config; empty: not given
	json       bool     // --json
	args       []string // what is left beside the flags
}

// action is what a command does once its flags are read.
type action func(ctx context.Context, c *call) error

// command is one entry of the command table.
type command struct {
	name  string // as typed, "feeds list" for a command under another
	args  string // its positional arguments, for people
	brief string // one line for the list of commands
	about string // what else is to be said; may be empty
	min   int    // positional arguments it needs
	max   int    // and takes at most; -1: any number
	json  bool   // lists or reports, so it understands --json
	setup func(flags *flag.FlagSet) action
	subs  []command // in place of setup
}

// commands lists what the program can do, in the order of the help.
func commands() []command {
	return []command{
		serveCommand(),
		demoCommand(),
		pollCommand(),
		digestCommand(),
		searchCommand(),
		explainCommand(),
		matchCommand(),
		parseCommand(),
		articleCommand(),
		feedsCommand(),
		topicsCommand(),
		manifestCommand(),
		doctorCommand(),
		migrateCommand(),
		healthCommand(),
		versionCommand(),
	}
}

// find gives the command of that name.
func find(list []command, name string) (command, bool) {
	for _, cmd := range list {
		if last(cmd.name) == name {
			return cmd, true
		}
	}
	return command{}, false
}

func last(name string) string {
	return name[strings.LastIndexByte(name, ' ')+1:]
}

func names(list []command) []string {
	out := make([]string, len(list))
	for i, cmd := range list {
		out[i] = last(cmd.name)
	}
	return out
}

// dispatch finds the command and runs it.
func dispatch(ctx context.Context, c *call, args []string) error {
	args, err := leadingFlags(c, args)
	if err != nil {
		return err
	}
	if len(args) == 0 || args[0] == "help" {
		if len(args) > 0 {
			args = args[1:]
		}
		return help(c, args)
	}
	cmd, ok := find(commands(), args[0])
	if !ok {
		return unknownCommand("depesche", args[0], names(commands()))
	}
	return cmd.execute(ctx, c, args[1:])
}

// leadingFlags reads what may stand before the command.
func leadingFlags(c *call, args []string) ([]string, error) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, given := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		switch {
		case name == "h" || name == "help":
			return nil, nil
		case name == "version":
			return []string{"version"}, nil
		case name != "config":
			return nil, usagef("depesche", "unknown flag %s before the command; only --config FILE may stand there", args[0])
		case given:
			args = args[1:]
		case len(args) == 1:
			return nil, usagef("depesche", "--config wants a FILE")
		default:
			value, args = args[1], args[2:]
		}
		c.configFile = value
	}
	return args, nil
}

// execute reads the command's own flags and runs it.
func (cmd command) execute(ctx context.Context, c *call, args []string) error {
	if cmd.subs != nil {
		return cmd.descend(ctx, c, args)
	}
	flags, act := cmd.flagSet(c)
	positional, err := interspersed(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return cmd.printHelp(c.stdout)
	case err != nil:
		return cmd.usagef("%v", err)
	case len(positional) < cmd.min:
		return cmd.usagef("something is missing")
	case cmd.max >= 0 && len(positional) > cmd.max:
		return cmd.usagef("%q is too much", positional[cmd.max])
	}
	c.args = positional
	return act(ctx, c)
}

// descend goes on with a command under this one.
func (cmd command) descend(ctx context.Context, c *call, args []string) error {
	if len(args) == 0 {
		return usagef("depesche "+cmd.name, "say what to do: %s", strings.Join(names(cmd.subs), ", "))
	}
	if isHelp(args[0]) {
		return cmd.printHelp(c.stdout)
	}
	sub, ok := find(cmd.subs, args[0])
	if !ok {
		return unknownCommand("depesche "+cmd.name, args[0], names(cmd.subs))
	}
	return sub.execute(ctx, c, args[1:])
}

// flagSet declares the command's flags and those that every command has.
func (cmd command) flagSet(c *call) (*flag.FlagSet, action) {
	flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	act := cmd.setup(flags)
	flags.StringVar(&c.configFile, "config", c.configFile, "read the configuration from `FILE`")
	if cmd.json {
		flags.BoolVar(&c.json, "json", false, "print JSON")
	}
	return flags, act
}

func (cmd command) usagef(format string, a ...any) error {
	return &usageError{
		where: "depesche " + cmd.name,
		text:  fmt.Sprintf(format, a...),
		usage: cmd.synopsis(),
	}
}

// usageError is wrong usage: exit status 2.
type usageError struct {
	where string // the command that was meant
	text  string
	usage string // what would be right; may be empty
}

func (e *usageError) Error() string {
	s := e.where + ": " + e.text
	if e.usage != "" {
		s += "\nusage: " + e.usage
	}
	return s + "\n" + e.where + " --help says more"
}

func usagef(where, format string, a ...any) error {
	return &usageError{where: where, text: fmt.Sprintf(format, a...)}
}

func unknownCommand(where, name string, known []string) error {
	text := fmt.Sprintf("unknown command %q", name)
	if near := closest(name, known); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	} else {
		text += "; there are " + strings.Join(known, ", ")
	}
	return usagef(where, "%s", text)
}

// errReported ends a command whose fault is already on its output: exit status 1.
var errReported = errors.New("reported")

// exitStatus prints what went wrong, once, and gives the status.
func exitStatus(stderr io.Writer, err error) int {
	var usage *usageError
	var config *configError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &usage), errors.As(err, &config):
		_, _ = fmt.Fprintln(stderr, clean(err.Error()))
		return 2
	case errors.Is(err, context.Canceled):
		_, _ = fmt.Fprintln(stderr, "depesche: interrupted")
		return 1
	default:
		_, _ = fmt.Fprintln(stderr, "depesche: "+clean(err.Error()))
		return 1
	}
}
