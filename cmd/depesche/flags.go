package main

import (
	"flag"
	"fmt"
	"strings"
)

// interspersed reads flags that may stand before, between and after the
// positional arguments, which it gives back. "--" ends the flags; "-" alone is
// an argument. It gives flag.ErrHelp where help is asked for.
func interspersed(flags *flag.FlagSet, args []string) ([]string, error) {
	var positional []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(positional, args...), nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			positional = append(positional, arg)
		case isHelp(arg):
			return nil, flag.ErrHelp
		default:
			rest, err := setFlag(flags, arg, args)
			if err != nil {
				return nil, err
			}
			args = rest
		}
	}
	return positional, nil
}

// setFlag sets the flag that arg names and gives what is left of rest, which
// may hold its value.
func setFlag(flags *flag.FlagSet, arg string, rest []string) ([]string, error) {
	name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
	f := flags.Lookup(name)
	if f == nil {
		return nil, unknownFlag(flags, name)
	}
	if isBool(f) && !given {
		value, given = "true", true
	}
	if !given {
		if len(rest) == 0 {
			return nil, fmt.Errorf("--%s wants %s", name, wants(f))
		}
		value, rest = rest[0], rest[1:]
	}
	if err := flags.Set(name, value); err != nil {
		return nil, fmt.Errorf("--%s wants %s, not %q", name, wants(f), value)
	}
	return rest, nil
}

func unknownFlag(flags *flag.FlagSet, name string) error {
	var known []string
	flags.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
	text := "unknown flag --" + name
	if near := closest(name, known); near != "" {
		return fmt.Errorf("%s; did you mean --%s?", text, near)
	}
	return fmt.Errorf("%s; what begins with a dash and is no flag follows --", text)
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// wants says what the value of a flag should be.
func wants(f *flag.Flag) string {
	if g, ok := f.Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case int:
			return "a whole number"
		case bool:
			return "true or false"
		}
	}
	if one, ok := f.Value.(oneOf); ok {
		return "one of " + strings.Join(one.words, ", ")
	}
	name, _ := flag.UnquoteUsage(f)
	return name
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// oneOf is a flag that takes one of several words.
type oneOf struct {
	value *string
	words []string
}

func (o oneOf) String() string {
	if o.value == nil {
		return ""
	}
	return *o.value
}

func (o oneOf) Set(s string) error {
	for _, w := range o.words {
		if s == w {
			*o.value = s
			return nil
		}
	}
	return fmt.Errorf("one of %s", strings.Join(o.words, ", "))
}

// closest gives the word that was probably meant; empty where none is near.
func closest(word string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// editDistance counts insertions, deletions and replacements between a and b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
