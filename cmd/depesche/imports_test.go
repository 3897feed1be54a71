package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the plan of the house: what of this module each package may
// import directly, tests aside. A new package needs an entry here.
var mayImport = map[string][]string{
	"depesche/cmd/depesche":        {"bot", "bot/playground", "digest", "feeds", "feeds/article", "feeds/keyword", "storage"},
	"depesche/bot":                 {"digest", "feeds", "feeds/keyword"},
	"depesche/bot/playground":      {}, // it stands for the other side
	"depesche/digest":              {"feeds", "feeds/keyword"},
	"depesche/feeds":               {"feeds/article", "feeds/keyword"},
	"depesche/feeds/article":       {}, // a leaf: bytes in, an article out
	"depesche/feeds/keyword":       {},
	"depesche/storage":             {"digest", "feeds", "feeds/keyword"},
	"depesche/storage/storagetest": {"feeds", "feeds/keyword", "storage"}, // it fills archives
}

// strangers may not reach these packages, not even through others.
var strangers = map[string][]string{
	"depesche/cmd/depesche":  {"github.com/markusmobius/go-dateparser/"}, // the original has inner packages, and costs every start 200 ms
	"depesche/feeds/keyword": {"github.com/", "net/http", "database/sql"},
	"depesche/feeds":         {"github.com/slack-go/", "github.com/jmoiron/", "github.com/lib/pq", "modernc.org/sqlite", "depesche/storage"},
	"depesche/digest":        {"github.com/slack-go/", "github.com/jmoiron/", "github.com/lib/pq", "modernc.org/sqlite", "depesche/storage"},
	"depesche/bot":           {"github.com/jmoiron/", "github.com/lib/pq", "modernc.org/sqlite", "depesche/storage"},
	"depesche/storage":       {"github.com/slack-go/", "depesche/bot"},
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %q: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestImportsPointOneWay(t *testing.T) {
	for _, row := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "depesche/...") {
		words := strings.Fields(row)
		allowed, known := mayImport[words[0]]
		if !known {
			t.Errorf("%s is no room of the house", words[0])
		}
		for _, path := range words[1:] {
			if inner, ours := strings.CutPrefix(path, "depesche/"); ours && !slices.Contains(allowed, inner) {
				t.Errorf("%s imports %s", words[0], path)
			}
		}
	}
}

func TestDependenciesStayInTheirRoom(t *testing.T) {
	for name, forbidden := range strangers {
		for _, dependency := range goList(t, "-deps", name) {
			for _, f := range forbidden {
				if strings.HasPrefix(dependency, f) {
					t.Errorf("%s depends on %s", name, dependency)
				}
			}
		}
	}
}

func TestLibrariesDoNotShowInTheCore(t *testing.T) {
	for _, name := range []string{"depesche/feeds", "depesche/digest"} {
		out, err := exec.Command("go", "doc", "-all", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, library := range []string{"slack.", "gofeed.", "sqlx.", "goquery."} {
			if strings.Contains(string(out), library) {
				t.Errorf("the exported names of %s speak of %s", name, library)
			}
		}
	}
}
