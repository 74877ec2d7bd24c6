// Package command is `gateway policy` and `gateway audit`: making keys, and looking at
// policies before they decide about anything.
package command

import (
	"fmt"
	"io"
	"os"

	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/policy"
)

// Exit statuses beside 0.
const (
	// statusBad is that of a file that cannot be used.
	statusBad = 3

	// statusFailed is that of tests that fail, of warnings where these count, and of a
	// call that is refused.
	statusFailed = 4
)

// Failure is the end of a command that has said all it has to say, or says it in its
// text.
type Failure struct {
	status int
	text   string
}

// Error implements error.
func (f *Failure) Error() string { return f.text }

// ExitStatus is the status that the process ends with.
func (f *Failure) ExitStatus() int { return f.status }

// runner is one of the commands.
type runner interface {
	run(stdout io.Writer) error
}

// Policy is the command line of `gateway policy`, for kong.
type Policy struct {
	Key     keyCommand     `cmd:"" help:"Make a gateway key. It is shown once; the policy gets its hash."`
	Check   checkCommand   `cmd:"" help:"Read a policy and show who may do what. Exit status 3 if it is bad, 4 if it has warnings and these count."`
	Test    testCommand    `cmd:"" help:"Hold a policy against a file of calls. Exit status 3 if either is bad, 4 if a call is decided about in another way than the file wants."`
	Explain explainCommand `cmd:"" help:"Decide about one call, and say why. Exit status 4 if it is refused."`
}

// Run runs the command of a name, the second word of the command line. An error may be a
// *Failure, with an exit status.
func (c *Policy) Run(name string, stdout io.Writer) error {
	commands := map[string]runner{"key": &c.Key, "check": &c.Check, "test": &c.Test, "explain": &c.Explain}
	return runNamed(commands, name, stdout)
}

// Audit is the command line of `gateway audit`, for kong.
type Audit struct {
	Hash hashCommand `cmd:"" help:"Show what stands for an id in the audit, to search for it."`
}

// Run is like Policy's.
func (c *Audit) Run(name string, stdout io.Writer) error {
	return runNamed(map[string]runner{"hash": &c.Hash}, name, stdout)
}

func runNamed(commands map[string]runner, name string, stdout io.Writer) error {
	command, found := commands[name]
	if !found {
		return fmt.Errorf("there is no command %q", name)
	}
	return command.run(stdout)
}

// keyCommand makes a key.
type keyCommand struct {
	ID string `name:"id" required:"" placeholder:"NAME" help:"What the key is called in the policy, logs and metrics: a-z, 0-9 and -."`
}

func (c *keyCommand) run(stdout io.Writer) error {
	key, hash, err := identity.NewKey(c.ID)
	if err != nil {
		return &Failure{statusBad, "--id: " + err.Error()}
	}
	_, err = fmt.Fprintf(stdout, "key:    %s\npolicy: {key: %q, id: %s}\n", key, hash.String(), c.ID)
	return err
}

// hashCommand hashes an id.
type hashCommand struct {
	KeyFile string `name:"key-file" required:"" placeholder:"PATH" help:"The gateway's --audit-key-file."`
	ID      string `arg:"" name:"id" help:"A payment id, store id or idempotency key."`
}

func (c *hashCommand) run(stdout io.Writer) error {
	h, err := audit.ReadHasher(c.KeyFile)
	if err != nil {
		return &Failure{statusBad, "--key-file: " + err.Error()}
	}
	_, err = fmt.Fprintln(stdout, h.Hash(c.ID))
	return err
}

// load reads a policy. Its mistakes are the failure's text.
func load(path string) (*policy.Policy, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &Failure{statusBad, err.Error()}
	}
	p, err := policy.Load(path, text)
	if err != nil {
		return nil, &Failure{statusBad, err.Error()}
	}
	return p, nil
}
