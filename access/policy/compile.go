package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portone-gateway/portone-gateway/access/condition"
	"github.com/portone-gateway/portone-gateway/access/view"
)

// compilation makes the tables of a policy.
type compilation struct {
	reader   *reader
	policy   *Policy
	compiler *condition.Compiler
	plans    map[planKey]*view.Plan
	profiles map[string]*profile
	broken   map[*Rule]bool // conditions whose mistake has been noted
}

// planKey is what makes plans the same.
type planKey struct {
	op     *operation
	strict string
	reads  string
}

// profile is what callers with the same roles may do.
type profile struct {
	grants    []*Grant // by the index of the RPC; nil where nothing is granted
	stored    *Grant   // one of an RPC that names a store; nil for none
	storeless *Grant   // one of an RPC that names none
}

// Grant is what a caller's roles say of an RPC.
type Grant struct {
	op    *operation
	free  *Rule // a rule without a condition; nil for none
	rules []conditional
	store *view.Plan // reads the store; nil where the request names none
}

// conditional is a rule with a condition, for one RPC.
type conditional struct {
	rule      *Rule
	condition *condition.Condition
	plan      *view.Plan
}

// run compiles all. The error is one of the program; those of the file are the
// reader's.
func (c *compilation) run(d *document) error {
	c.broken = make(map[*Rule]bool)
	for _, role := range d.roles { // also those that no one has
		if err := c.checkRole(role); err != nil {
			return err
		}
	}
	if len(c.reader.errors) > 0 {
		return nil
	}
	for _, caller := range c.policy.order {
		profile, err := c.profileOf(caller)
		if err != nil {
			return err
		}
		caller.profile = profile
		c.checkSecret(caller)
	}
	c.policy.owners = newOwners()
	for _, caller := range c.policy.order {
		for _, e := range caller.entries {
			c.policy.owners.add(c.reader, e)
		}
	}
	checkOverlaps(c.reader, c.policy.order)
	return nil
}

// checkRole compiles the conditions of a role.
func (c *compilation) checkRole(role *role) error {
	for _, rule := range role.rules {
		for _, op := range rule.ops {
			if rule.When == "" || c.broken[rule] {
				break
			}
			if op.native {
				c.broken[rule] = true
				c.reader.fail(at(rule.node), "when: %s is answered by the gateway itself, and no request goes up that could be judged", op.name)
				continue
			}
			_, err := c.condition(rule, op)
			var mistake *condition.Error
			switch {
			case errors.As(err, &mistake):
				c.broken[rule] = true
				of := ""
				if len(rule.ops) > 1 {
					of = " (for " + op.name + ")"
				}
				c.reader.fail(c.reader.within(rule.node, mistake.Line, mistake.Column), "when: %s%s", mistake.Problem, of)
			case err != nil:
				return err
			}
		}
	}
	return nil
}

func (c *compilation) condition(rule *Rule, op *operation) (*condition.Condition, error) {
	return c.compiler.Compile(rule.When, op.method, op.store != nil)
}

// profileOf is shared by callers with the same roles, as far as requests are read for
// them in the same way.
func (c *compilation) profileOf(caller *Caller) (*profile, error) {
	names := make([]string, len(caller.roles))
	for i, role := range caller.roles {
		names[i] = role.name
	}
	slices.Sort(names)
	key := fmt.Sprint(len(caller.Stores) > 0, "\x00", caller.strict, "\x00", strings.Join(names, "\x00"))
	if p := c.profiles[key]; p != nil {
		return p, nil
	}
	p := &profile{grants: make([]*Grant, len(c.policy.ops))}
	for _, role := range caller.roles {
		for _, rule := range role.rules {
			for _, op := range rule.ops {
				if err := c.grant(p, caller, rule, op); err != nil {
					return nil, err
				}
			}
		}
	}
	c.profiles[key] = p
	return p, nil
}

// grant adds a rule to what a profile says of an RPC.
func (c *compilation) grant(p *profile, caller *Caller, rule *Rule, op *operation) error {
	g := p.grants[op.index]
	if g == nil {
		g = &Grant{op: op}
		if op.store != nil {
			plan, err := c.plan(op, caller, nil)
			if err != nil {
				return err
			}
			g.store, p.stored = plan, g
		} else if !op.native {
			p.storeless = g
		}
		p.grants[op.index] = g
	}
	if rule.When == "" {
		if g.free == nil {
			g.free = rule
		}
		return nil
	}
	compiled, err := c.condition(rule, op)
	if err != nil {
		return err
	}
	plan, err := c.plan(op, caller, compiled)
	if err != nil {
		return err
	}
	g.rules = append(g.rules, conditional{rule, compiled, plan})
	return nil
}

// plan reads what a condition asks for; without one, the store.
func (c *compilation) plan(op *operation, caller *Caller, compiled *condition.Condition) (*view.Plan, error) {
	selection := make(view.Selection)
	if compiled != nil {
		for f := range compiled.Selection {
			selection[f] = true
		}
	}
	if compiled == nil || compiled.UsesStore || len(caller.Stores) > 0 {
		for _, f := range slices.Concat(op.store, op.beside) {
			selection[f] = true
		}
	}
	key := planKey{op, caller.strict, describe(selection)}
	if plan := c.plans[key]; plan != nil {
		return plan, nil
	}
	plan, err := view.NewPlan(types(), op.method, selection, caller.unknown)
	c.plans[key] = plan
	return plan, err
}

// describe tells selections apart.
func describe(selection view.Selection) string {
	names := make([]string, 0, len(selection))
	for f := range selection {
		names = append(names, fmt.Sprintf("%p", f))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// checkSecret checks that each call of a caller has a secret to go up with.
func (c *compilation) checkSecret(caller *Caller) {
	if caller.Secret != nil {
		return
	}
	confined := len(caller.Stores) > 0
	if g := caller.profile.storeless; g != nil && (confined || c.policy.only == nil) {
		rule := g.anyRule()
		c.reader.fail(caller.at, "caller %s needs a secret: %s, which role %s allows in line %d, names no store, so that the secret is all that confines it",
			caller.Name, g.op.name, rule.Role, rule.Line)
		return
	}
	if g := caller.profile.stored; g != nil && !confined && c.policy.only == nil {
		c.reader.fail(caller.at, "caller %s needs stores (on) or a secret: there are several secrets, and nothing says which one its calls go up with", caller.Name)
	}
}

func (g *Grant) anyRule() *Rule {
	if g.free != nil {
		return g.free
	}
	return g.rules[0].rule
}
