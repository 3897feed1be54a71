// Command depesche watches feeds for a news desk and tells it in Slack.
//
// The package wires the others and decides little itself. main.go and
// command.go are the command line; config.go, config_yaml.go and
// config_check.go read the configuration and name every fault in it; app.go
// joins the parts of the service in one straight line; every other file is
// one subcommand. Exit status: 0 done, 1 failed at run time, 2 wrong usage or
// wrong configuration.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones are needed wherever the program runs, containers without files included
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on the next one has its usual effect again: who
	// presses Ctrl-C twice does not want to wait for the orderly end.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// run executes the program in process and gives its exit status. It ends when
// ctx does, in order.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &call{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	return exitStatus(stderr, dispatch(ctx, c, args))
}
