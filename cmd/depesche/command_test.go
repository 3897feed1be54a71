package main

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"
)

func TestHelpGoesToStandardOutput(t *testing.T) {
	for _, args := range [][]string{{}, {"help"}, {"--help"}, {"-h"}, {"help", "version"}, {"version", "--help"}, {"version", "-h"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			r := newProgram(t).want(0, args...)
			if !strings.Contains(r.stdout, "usage: depesche") || r.stderr != "" {
				t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
			}
		})
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	p := newProgram(t)
	overview := p.want(0).stdout
	for _, cmd := range commands() {
		if !strings.Contains(overview, "\n  "+cmd.name) || cmd.brief == "" {
			t.Errorf("the overview lacks %s", cmd.name)
		}
		if got := p.want(0, cmd.name, "--help").stdout; !strings.Contains(got, cmd.brief) {
			t.Errorf("%s --help: %q", cmd.name, got)
		}
		for _, sub := range cmd.subs {
			if got := p.want(0, append(strings.Fields(sub.name), "--help")...).stdout; !strings.Contains(got, sub.brief) {
				t.Errorf("%s --help: %q", sub.name, got)
			}
		}
	}
}

func TestWrongUsageSaysWhatIsRight(t *testing.T) {
	cases := []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"versio"}, `unknown command "versio"; did you mean version?`},
		{"unknown command, nothing near", []string{"xyzzyx"}, "there are "},
		{"unknown flag", []string{"version", "--jsn"}, "unknown flag --jsn; did you mean --json?"},
		{"unknown flag before the command", []string{"--json", "version"}, "only --config FILE may stand there"},
		{"too many arguments", []string{"version", "now"}, `"now" is too much`},
		{"flag without its value", []string{"version", "--config"}, "--config wants FILE"},
		{"bad value of a switch", []string{"version", "--json=perhaps"}, `--json wants true or false, not "perhaps"`},
		{"help for what is not there", []string{"help", "brew"}, `unknown command "brew"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newProgram(t).want(2, c.args...)
			if !strings.Contains(r.stderr, c.want) || r.stdout != "" {
				t.Errorf("stderr %q, want %q in it; stdout %q", r.stderr, c.want, r.stdout)
			}
		})
	}
}

func TestFlagsStandAnywhere(t *testing.T) {
	cases := []struct {
		name  string
		args  string
		limit int
		json  bool
		rest  []string
	}{
		{"before", "--limit 3 --json OZG", 3, true, []string{"OZG"}},
		{"after", "OZG --limit=3 --json", 3, true, []string{"OZG"}},
		{"between", "OZG --json feed.txt -limit 3", 3, true, []string{"OZG", "feed.txt"}},
		{"a query with a dash follows two", "--json -- -OZG --limit", 0, true, []string{"-OZG", "--limit"}},
		{"one dash is an argument", "OZG -", 0, false, []string{"OZG", "-"}},
		{"a switch takes no argument", "--json false", 0, true, []string{"false"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			flags := flag.NewFlagSet("try", flag.ContinueOnError)
			limit, asJSON := flags.Int("limit", 0, ""), flags.Bool("json", false, "")
			rest, err := interspersed(flags, strings.Fields(c.args))
			if err != nil || *limit != c.limit || *asJSON != c.json || !slices.Equal(rest, c.rest) {
				t.Errorf("limit %d, json %v, rest %q, %v", *limit, *asJSON, rest, err)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	p := newProgram(t)
	if got := p.want(0, "version").stdout; !strings.HasPrefix(got, "depesche dev\ncommit ") {
		t.Errorf("version: %q", got)
	}
	var b build
	if err := json.Unmarshal([]byte(p.want(0, "--config", "nowhere.yaml", "version", "--json").stdout), &b); err != nil || !strings.HasPrefix(b.Go, "go1.") {
		t.Errorf("version --json: %+v, %v", b, err)
	}
}

func TestForeignTextIsCleanOnATerminal(t *testing.T) {
	if got := clean("Ministerium\x1b[31m \u202eneu\x00 \tÄmter\n\u009bx"); got != "Ministerium[31m neu \tÄmter\nx" {
		t.Errorf("clean: %q", got)
	}
}
