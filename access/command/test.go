package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/portone-gateway/portone-gateway/access/policy"
)

// testCommand holds a policy against a file of calls.
type testCommand struct {
	Policy string `name:"policy" required:"" placeholder:"PATH" help:"The policy."`
	File   string `arg:"" name:"file" help:"The calls, and what is wanted of them."`
}

// testFile is a file of calls.
type testFile struct {
	Version int        `yaml:"version"`
	Tests   []testCall `yaml:"tests"`
}

// testCall is a call and how it is to be decided about.
type testCall struct {
	Name    string         `yaml:"name"`
	Caller  string         `yaml:"caller"`
	RPC     string         `yaml:"rpc"`
	Request map[string]any `yaml:"request"`
	Claims  map[string]any `yaml:"claims"`

	// Want is allowed, or refused.
	Want string `yaml:"want"`

	// Secret, Store and Cause are further wishes; empty for none.
	Secret string `yaml:"secret"`
	Store  string `yaml:"store"`
	Cause  string `yaml:"cause"`

	line int
}

// UnmarshalYAML implements yaml.Unmarshaler, to know the line.
func (c *testCall) UnmarshalYAML(n *yaml.Node) error {
	known := map[string]bool{"name": true, "caller": true, "rpc": true, "request": true, "claims": true, "want": true, "secret": true, "store": true, "cause": true}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; !known[key.Value] {
			return fmt.Errorf("line %d: a test has no %s", key.Line, key.Value)
		}
	}
	type plain testCall
	if err := n.Decode((*plain)(c)); err != nil {
		return err
	}
	c.line = n.Line
	if c.Want != "allowed" && c.Want != "refused" {
		return fmt.Errorf("line %d: want must be allowed or refused", n.Line)
	}
	return nil
}

func (c *testCommand) run(stdout io.Writer) error {
	p, err := load(c.Policy)
	if err != nil {
		return err
	}
	file, err := readTests(c.File)
	if err != nil {
		return &Failure{statusBad, c.File + ": " + err.Error()}
	}
	var out strings.Builder
	failed := 0
	for i := range file.Tests {
		if problem := file.Tests[i].check(p); problem != "" {
			failed++
			fmt.Fprintf(&out, "%s:%d: %s: %s\n", c.File, file.Tests[i].line, file.Tests[i].Name, problem)
		}
	}
	fmt.Fprintf(&out, "%d tests, %d failed\n", len(file.Tests), failed)
	if _, err := io.WriteString(stdout, out.String()); err != nil {
		return err
	}
	if failed > 0 {
		return &Failure{status: statusFailed}
	}
	return nil
}

func readTests(path string) (*testFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var file testFile
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	if file.Version != 1 || len(file.Tests) == 0 {
		return nil, fmt.Errorf("must have version: 1, and tests")
	}
	return &file, nil
}

// check decides about a call and says what is not as it was wanted; empty for nothing.
func (c *testCall) check(p *policy.Policy) string {
	a := attempt{caller: c.Caller, rpc: c.RPC, claims: simpleClaims(c.Claims)}
	if c.Request != nil {
		text, err := json.Marshal(c.Request)
		if err != nil {
			return err.Error()
		}
		a.request = text
	}
	d, err := a.try(p)
	if err != nil {
		return err.Error()
	}
	secret, store := "", ""
	if d.Secret != nil && d.Cause == "" {
		secret = d.Secret.Name
	}
	if d.Store != nil {
		store = d.Store.Name
	}
	switch {
	case (d.Cause == "") != (c.Want == "allowed"), c.Secret != "" && c.Secret != secret, c.Store != "" && c.Store != store,
		c.Cause != "" && c.Cause != string(d.Cause):
		return "it is " + describe(d)
	}
	return ""
}
