package bot

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// messages reads one language's file: by id, the placeholders of each form.
func messages(t *testing.T, lang string) map[string]any {
	t.Helper()
	raw, err := locales.ReadFile("locales/active." + lang + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := toml.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// placeholders lists what a message (all its forms) puts in.
func placeholders(m any) []string {
	var text string
	switch m := m.(type) {
	case string:
		text = m
	case map[string]any:
		for _, form := range m {
			text += form.(string)
		}
	}
	var out []string
	for _, p := range placeholder.FindAllStringSubmatch(text, -1) {
		out = append(out, p[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	if _, err := bundle(); err != nil {
		t.Fatal(err)
	}
	de, en := messages(t, "de"), messages(t, "en")
	for id, m := range de {
		other, ok := en[id]
		if !ok {
			t.Errorf("%s is only in German", id)
			continue
		}
		if a, b := placeholders(m), placeholders(other); !slices.Equal(a, b) {
			t.Errorf("%s: German puts in %v, English %v", id, a, b)
		}
		if _, plural := m.(map[string]any); plural {
			for _, lang := range []map[string]any{de, en} {
				forms, _ := lang[id].(map[string]any)
				if forms["one"] == nil || forms["other"] == nil {
					t.Errorf("%s: a plural form is missing", id)
				}
			}
		}
	}
	for id := range en {
		if _, ok := de[id]; !ok {
			t.Errorf("%s is only in English", id)
		}
	}
}

func TestTone(t *testing.T) {
	for _, lang := range languages {
		raw, err := locales.ReadFile("locales/active." + lang + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"!", "Oops", "Ups", "leider", "Sorry", "sorry"} {
			if strings.Contains(string(raw), bad) {
				t.Errorf("%s: %q", lang, bad)
			}
		}
	}
}

// TestEveryMessageIsUsedAndThere compares the ids that the code names with
// those that the files hold.
func TestEveryMessageIsUsedAndThere(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`\b(say|count)\("(\w+)"`)
	named := regexp.MustCompile(`"([A-Z]\w+)"`)
	used := map[string]bool{}
	de := messages(t, "de")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
			entry, ok := de[m[2]]
			if !ok {
				t.Errorf("%s: no message %s", file, m[2])
			}
			if _, plural := entry.(map[string]any); ok && plural != (m[1] == "count") {
				t.Errorf("%s: %s is said with %s", file, m[2], m[1])
			}
		}
		for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
			used[m[1]] = true
		}
	}
	for id := range de {
		if !used[id] {
			t.Errorf("message %s is never said", id)
		}
	}
}
