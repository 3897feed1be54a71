package main

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// broken notes that the file is no YAML. That is one fault: nothing of the file
// can be believed then, so others may show once it is mended.
func (r *reader) broken(text []byte, err error) {
	message, number := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		number, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	number = faultyLine(lines, number)
	cure := "compare with depesche.example.yaml"
	if number <= len(lines) {
		if m := bareValue.FindSubmatch(lines[number-1]); m != nil {
			cure = "a value that begins with # @ [ or * needs quotes: \"" + line(string(m[1])) + "\""
		}
	}
	r.note(number, "", "this is no YAML: %s; %s (the rest of the file was not checked)", message, cure)
}

// bareValue finds a value that begins with what means something else in YAML;
// of brackets, those of a CSS selector.
var bareValue = regexp.MustCompile(`(?:^|[\s{,\[-])(?:[\w-]+:|-)\s+([#@*&%!` + "`" + `][^\s,}\]"']*|\[[\w-]+[~|^$*]?=[^\s,}\]]*\][^\s,}]*)`)

// maxProbe bounds how much text is read to find a line, in bytes.
const maxProbe = 16 << 20

// faultyLine gives the line, from 1, where text stops being YAML: the one behind
// the longest beginning that still is. The parser names the line where the
// outermost thing it was reading began, or none; that is told where the text
// is too long to try.
func faultyLine(lines [][]byte, told int) int {
	text := bytes.Join(lines, nil)
	if len(lines)*len(text)/2 > maxProbe {
		return told
	}
	end, at := len(text), len(lines)
	for at > 0 {
		at--
		end -= len(lines[at])
		if yaml.Unmarshal(text[:end], new(yaml.Node)) == nil {
			break
		}
	}
	for at < len(lines)-1 && insignificant(lines[at]) {
		at++
	}
	return at + 1
}

// insignificant says that a line is empty or a comment.
func insignificant(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) == 0 || text[0] == '#'
}
