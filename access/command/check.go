package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/access/policy"
)

// checkCommand reads a policy.
type checkCommand struct {
	Diff   string `name:"diff" placeholder:"PATH" help:"An older policy: show what changes from that."`
	Strict bool   `name:"strict" help:"Let warnings count."`
	File   string `arg:"" name:"file" help:"The policy."`
}

func (c *checkCommand) run(stdout io.Writer) error {
	p, err := load(c.File)
	if err != nil {
		return err
	}
	var out strings.Builder
	warnings := len(p.Lint(c.File, time.Now()))
	for _, warning := range p.Lint(c.File, time.Now()) {
		fmt.Fprintf(&out, "warning: %v\n", warning)
	}
	if c.Diff == "" {
		for _, permission := range p.Permissions() {
			fmt.Fprintln(&out, permission.String())
		}
	} else {
		old, err := load(c.Diff)
		if err != nil {
			return err
		}
		warnings += writeChanges(&out, p.Diff(old))
	}
	if _, err := io.WriteString(stdout, out.String()); err != nil {
		return err
	}
	if c.Strict && warnings > 0 {
		return &Failure{statusFailed, fmt.Sprintf("%s: warnings: %d", c.File, warnings)}
	}
	return nil
}

// writeChanges writes what changes, and returns how many warnings are among it.
func writeChanges(out *strings.Builder, changes []policy.Change) (warnings int) {
	for i := range changes {
		change := &changes[i]
		switch {
		case change.Moved != "":
			warnings++
			fmt.Fprintf(out, "warning: another secret, before %s: %s: let no call of unknown outcome be open, since its idempotency key does not protect it under another secret\n",
				change.Moved, change.Permission.String())
		case change.Added:
			fmt.Fprintf(out, "+ %s\n", change.Permission.String())
		default:
			fmt.Fprintf(out, "- %s\n", change.Permission.String())
		}
	}
	return warnings
}
