package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// given is one value of the file, with its place.
type given[T any] struct {
	V    T
	Key  string // path, such as topics[0].query
	Line int
	Set  bool // the file gives it, and it is of the right type
}

// document is the file as it stands: types are right, values are not checked yet.
type document struct {
	Language, Timezone, Holidays, PublicURL, Owner given[string]

	Topics  []topicNode
	Feeds   []feedNode
	Digests []digestNode
	Lists   struct{ Daily, Weekly given[string] }
	Health  struct {
		Failures given[int]
		After    given[time.Duration]
	}
	Poll struct {
		Every, Min, Max, HostGap given[time.Duration]
		Concurrency, PerHost     given[int]
	}
	Fetch struct {
		Timeout       given[time.Duration]
		MaxBytes      given[int]
		Contact       given[string]
		AllowNetworks []given[string]
	}
}

type topicNode struct {
	Name, Query given[string]
	place
}

type feedNode struct {
	URL, Name, Role, Owner given[string]
	FullText               given[bool]
	List                   listNode
	place
}

// listNode is how the page of a feed without a feed is read.
type listNode struct {
	Entry, Title, Link, Date, Summary given[string]
	place
}

type digestNode struct {
	Name, Channel, Schedule, Query given[string]
	Topics                         []given[string]
	place
}

// place is where an entry of a list begins.
type place struct {
	key  string
	line int
}

// reader walks the YAML and notes every fault on its way.
type reader struct {
	file   string
	faults []fault
}

func (r *reader) note(line int, key, format string, a ...any) {
	r.faults = append(r.faults, fault{file: r.file, line: line, key: key, text: fmt.Sprintf(format, a...)})
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// read parses the file's text. Text that is no YAML is one fault.
func (r *reader) read(text []byte) document {
	var d document
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(jsonAsYAML(text)))
	err := dec.Decode(&root)
	if errors.Is(err, io.EOF) {
		return d
	}
	if err == nil {
		var second yaml.Node
		if dec.Decode(&second) == nil {
			r.note(second.Line, "", "a second document begins here; one file is one document")
		}
		r.document(&d, root.Content[0])
		return d
	}
	r.broken(text, err)
	return d
}

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// jsonAsYAML rewrites what YAML readers do not take of JSON: tabs between
// values, and the escapes \/ and \uD83D\uDE00 inside strings. Every value stays
// in its line. Text that is no JSON is given back as it is.
func jsonAsYAML(text []byte) []byte {
	if !json.Valid(text) {
		return text
	}
	text = bytes.ReplaceAll(text, []byte("\t"), []byte(" ")) // in strings no raw tab can stand
	return jsonString.ReplaceAllFunc(text, func(quoted []byte) []byte {
		var s string
		if json.Unmarshal(quoted, &s) != nil {
			return quoted
		}
		again, err := json.Marshal(s)
		if err != nil {
			return quoted
		}
		return again
	})
}

// field reads one value of a mapping.
type field struct {
	name string
	read func(key string, n *yaml.Node)
}

func (r *reader) document(d *document, root *yaml.Node) {
	r.mapping("", root,
		field{"language", r.text(&d.Language)},
		field{"timezone", r.text(&d.Timezone)},
		field{"holidays", r.text(&d.Holidays)},
		field{"public_url", r.text(&d.PublicURL)},
		field{"owner", r.text(&d.Owner)},
		field{"topics", func(key string, n *yaml.Node) {
			d.Topics = list(r, key, n, func(t *topicNode, key string, n *yaml.Node) {
				t.place = place{key, n.Line}
				r.mapping(key, n, field{"name", r.text(&t.Name)}, field{"query", r.text(&t.Query)})
			})
		}},
		field{"feeds", func(key string, n *yaml.Node) {
			d.Feeds = list(r, key, n, func(f *feedNode, key string, n *yaml.Node) {
				f.place = place{key, n.Line}
				r.mapping(key, n, field{"url", r.text(&f.URL)}, field{"name", r.text(&f.Name)}, field{"role", r.text(&f.Role)},
					field{"owner", r.text(&f.Owner)}, field{"full_text", r.boolean(&f.FullText)},
					field{"list", r.selectors(&f.List)})
			})
		}},
		field{"digests", func(key string, n *yaml.Node) {
			d.Digests = list(r, key, n, func(e *digestNode, key string, n *yaml.Node) {
				e.place = place{key, n.Line}
				r.mapping(key, n, field{"name", r.text(&e.Name)}, field{"channel", r.text(&e.Channel)}, field{"schedule", r.text(&e.Schedule)},
					field{"topics", r.texts(&e.Topics)}, field{"query", r.text(&e.Query)})
			})
		}},
		field{"lists", func(key string, n *yaml.Node) {
			r.mapping(key, n, field{"daily", r.text(&d.Lists.Daily)}, field{"weekly", r.text(&d.Lists.Weekly)})
		}},
		field{"health", func(key string, n *yaml.Node) {
			r.mapping(key, n, field{"failures", r.number(&d.Health.Failures)}, field{"after", r.duration(&d.Health.After)})
		}},
		field{"poll", func(key string, n *yaml.Node) {
			p := &d.Poll
			r.mapping(key, n, field{"every", r.duration(&p.Every)}, field{"min", r.duration(&p.Min)}, field{"max", r.duration(&p.Max)},
				field{"concurrency", r.number(&p.Concurrency)}, field{"per_host", r.number(&p.PerHost)}, field{"host_gap", r.duration(&p.HostGap)})
		}},
		field{"fetch", func(key string, n *yaml.Node) {
			f := &d.Fetch
			r.mapping(key, n, field{"timeout", r.duration(&f.Timeout)}, field{"max_bytes", r.number(&f.MaxBytes)},
				field{"contact", r.text(&f.Contact)}, field{"allow_networks", r.texts(&f.AllowNetworks)})
		}},
	)
}

// selectors reads how a page is read.
func (r *reader) selectors(to *listNode) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		to.place = place{key, n.Line}
		r.mapping(key, n, field{"entry", r.text(&to.Entry)}, field{"title", r.text(&to.Title)}, field{"link", r.text(&to.Link)},
			field{"date", r.text(&to.Date)}, field{"summary", r.text(&to.Summary)})
	}
}

// mapping reads keys and values; unknown and repeated keys are faults, a value
// that is empty is as good as absent.
func (r *reader) mapping(path string, n *yaml.Node, fields ...field) {
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.note(n.Line, path, "this should hold keys and values: %s", strings.Join(fieldNames(fields), ", "))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], resolve(n.Content[i+1])
		key := strings.TrimPrefix(path+"."+k.Value, ".")
		if before, ok := seen[k.Value]; ok {
			r.note(k.Line, key, "this key stands in line %d already; keep one of the two", before)
			continue
		}
		seen[k.Value] = k.Line
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == k.Value })
		if at < 0 {
			r.note(k.Line, key, "unknown key; %s", alternatives(k.Value, fieldNames(fields)))
			continue
		}
		if !isNull(v) {
			fields[at].read(key, v)
		}
	}
}

// alternatives says which key was meant, or which there are.
func alternatives(word string, known []string) string {
	if near := closest(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	return "there are " + strings.Join(known, ", ")
}

func fieldNames(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// list reads a sequence, one entry at a time.
func list[T any](r *reader, key string, n *yaml.Node, read func(entry *T, key string, n *yaml.Node)) []T {
	if n.Kind != yaml.SequenceNode {
		r.note(n.Line, key, "this should be a list; begin each entry with a dash")
		return nil
	}
	out := make([]T, len(n.Content))
	for i, c := range n.Content {
		read(&out[i], fmt.Sprintf("%s[%d]", key, i), resolve(c))
	}
	return out
}

func (r *reader) text(to *given[string]) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
			r.note(n.Line, key, "this should be text%s", inQuotes(n))
			return
		}
		*to = given[string]{n.Value, key, n.Line, true}
	}
}

func inQuotes(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle != 0 {
		return "; a value that begins with [ needs quotes"
	}
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	return fmt.Sprintf("; put it in quotes: %q", n.Value)
}

func (r *reader) texts(to *[]given[string]) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		*to = list(r, key, n, func(entry *given[string], key string, n *yaml.Node) { r.text(entry)(key, n) })
	}
}

func (r *reader) boolean(to *given[bool]) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			r.note(n.Line, key, "this should be true or false")
			return
		}
		*to = given[bool]{strings.EqualFold(n.Value, "true"), key, n.Line, true}
	}
}

func (r *reader) number(to *given[int]) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil {
			r.note(n.Line, key, "this should be a whole number")
			return
		}
		*to = given[int]{v, key, n.Line, true}
	}
}

func (r *reader) duration(to *given[time.Duration]) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		v, err := time.ParseDuration(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil {
			r.note(n.Line, key, "this should be a duration; write 90s, 30m or 24h")
			return
		}
		*to = given[time.Duration]{v, key, n.Line, true}
	}
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
