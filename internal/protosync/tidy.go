package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// tidy brings what the printer prints to the form that proto/ has: that of `buf
// format`, with our own options by their full name, as one finds them elsewhere, and
// lists of plain declarations closed up.
func tidy(printed map[string][]byte) error {
	dir, err := os.MkdirTemp("", "protosync")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for path, text := range printed {
		printed[path] = ownOption.ReplaceAll(text, []byte("(portone.v2.$1) = "))
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, folder), 0o755), writeAll(dir, printed), bufFormat(dir)); err != nil {
		return err
	}
	for path := range printed {
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		printed[path] = []byte(tighten(unrollLiterals(string(text))))
	}
	return nil
}

var ownOption = regexp.MustCompile(`\((operation|discriminator|location|json_text|error_type)\) = `)

func writeAll(dir string, files map[string][]byte) error {
	for path, text := range files {
		if err := os.WriteFile(filepath.Join(dir, path), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// bufFormat formats the protos in a folder with the buf that tools/go.mod pins.
func bufFormat(dir string) error {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("go env GOMOD: %w", err)
	}
	tools := filepath.Join(filepath.Dir(strings.TrimSpace(string(module))), "tools", "go.mod")
	if text, err := exec.Command("go", "tool", "-modfile="+tools, "buf", "format", "-w", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("buf format: %w: %s", err, text)
	}
	return nil
}

// listOfLiterals is how a list begins whose elements are message literals.
var listOfLiterals = regexp.MustCompile(`^( +)(\w+): \[$`)

// unrollLiterals writes a list of message literals as the same field several times,
// which means the same: protobufjs, by which Node loads protos, knows no other form.
func unrollLiterals(text string) string {
	var out []string
	indent, name := "", "" // of the list that is open
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		begins := listOfLiterals.FindStringSubmatch(line)
		switch {
		case begins != nil && i+1 < len(lines) && lines[i+1] == begins[1]+"  {":
			indent, name = begins[1], begins[2]
		case name == "":
			out = append(out, line)
		case line == indent+"]":
			name = ""
		case line == indent+"  {":
			out = append(out, indent+name+": {")
		default:
			out = append(out, strings.TrimSuffix(strings.TrimPrefix(line, "  "), ","))
		}
	}
	return strings.Join(out, "\n")
}

// tighten takes out the blank line that the printer puts between two imports, two
// file options, and two fields, values or RPCs where neither has a comment: a
// list of currencies should fit a screen.
func tighten(text string) string {
	lines := strings.Split(text, "\n")
	var kept []string
	for i, line := range lines {
		if line == "" && i > 0 && i+1 < len(lines) && closeUp(lines, i) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// closeUp reports whether the blank line i can go.
func closeUp(lines []string, i int) bool {
	before, after := lines[i-1], lines[i+1]
	for _, keyword := range []string{"import ", "option "} {
		if strings.HasPrefix(before, keyword) && strings.HasPrefix(after, keyword) {
			return true
		}
	}
	commented := i >= 2 && isComment(lines[i-2])
	return isPlain(before) && isPlain(after) && !commented
}

// isPlain reports whether a line is all of an indented declaration.
func isPlain(line string) bool {
	return strings.HasPrefix(line, "  ") && strings.HasSuffix(line, ";") && !isComment(line)
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "//") }
