package portonegateway_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages returns the texts of the pages that people read, by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || entry.Name() == "node_modules" || entry.Name() == "venv" || entry.Name() == "target"):
			return filepath.SkipDir
		case filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(name)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var (
	fence   = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are those of a page's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	found := make(map[string]bool)
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		slug := noSlug.ReplaceAllString(strings.ToLower(h[1]), "")
		found[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return found
}

// TestLinks follows every link of every page that does not leave the repository.
func TestLinks(t *testing.T) {
	texts := pages(t)
	if len(texts) < 10 {
		t.Fatalf("only %d pages were found", len(texts))
	}
	for name, text := range texts {
		for _, l := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(l[1], "://") || strings.HasPrefix(l[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(l[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat(filepath.FromSlash(target)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, l[1])
			} else if page, read := texts[target]; anchor != "" && (!read || !anchors(page)[anchor]) {
				t.Errorf("%s: %s has no such heading", name, l[1])
			}
		}
	}
}

// TestGoSnippets expects the Go code on these pages to stand in a test that runs it.
func TestGoSnippets(t *testing.T) {
	texts := pages(t)
	for name, source := range map[string]string{
		"docs/errors.md":  "portoneerr/example_test.go",
		"docs/sandbox.md": "sandbox/example_test.go",
	} {
		code, err := os.ReadFile(filepath.FromSlash(source))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, block := range fence.FindAllStringSubmatch(texts[name], -1) {
			if block[1] != "go" {
				continue
			}
			if found++; !strings.Contains(string(code), block[2]) {
				t.Errorf("%s: this is not in %s:\n%s", name, source, block[2])
			}
		}
		if found == 0 {
			t.Errorf("%s has no Go code", name)
		}
	}
}
