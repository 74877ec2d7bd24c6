package examples

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocs holds the excerpt in docs/events.md against the program that the tests run,
// and its links against the files that there are.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("python/consumer.py")
	if err != nil {
		t.Fatal(err)
	}
	excerpt := regexp.MustCompile("(?s)```python\n(.*?)```").FindStringSubmatch(string(text))
	if excerpt == nil || !strings.Contains(string(program), excerpt[1]) {
		t.Error("the excerpt in docs/events.md is not what python/consumer.py has")
	}
	links := regexp.MustCompile(`\]\((\.\./[^)]*)\)`).FindAllStringSubmatch(string(text), -1)
	if len(links) < 5 {
		t.Errorf("there are %d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat("../../docs/" + link[1]); err != nil {
			t.Error(err)
		}
	}
}
