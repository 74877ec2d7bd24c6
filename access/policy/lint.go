package policy

import (
	"fmt"
	"time"

	"github.com/portone-gateway/portone-gateway/access/condition"
	"github.com/portone-gateway/portone-gateway/access/view"
)

// soon is how long before its end a key is worth a word.
const soon = 30 * 24 * time.Hour

// lint collects what is allowed and is hardly meant.
type lint struct {
	policy *Policy
	file   string
	found  Errors
}

// Lint lists what a policy says that is hardly meant: it is no mistake, and decides as
// it is written.
func (p *Policy) Lint(file string, now time.Time) Errors {
	l := &lint{policy: p, file: file}
	l.unused()
	for _, c := range p.order {
		l.caller(c, now)
	}
	compiler, err := condition.NewCompiler(types())
	if err != nil {
		return nil
	}
	for _, r := range p.rolesInOrder() {
		l.role(r, compiler)
	}
	return l.found.sorted()
}

func (l *lint) warn(at position, format string, args ...any) {
	l.found = append(l.found, &Error{l.file, at.line, at.column, fmt.Sprintf(format, args...)})
}

// unused warns of what nothing refers to.
func (l *lint) unused() {
	roles, stores, secrets := make(map[*role]bool), make(map[*Store]bool), make(map[*Secret]bool)
	for _, c := range l.policy.order {
		for _, r := range c.roles {
			roles[r] = true
		}
		for _, s := range c.Stores {
			stores[s], secrets[s.Secret] = true, true
		}
		if c.Secret != nil {
			secrets[c.Secret] = true
		}
	}
	for _, r := range l.policy.roles {
		if !roles[r] {
			l.warn(r.at, "no caller has role %s", r.name)
		}
	}
	for _, s := range l.policy.Stores {
		if !stores[s] {
			l.warn(s.at, "no caller is on store %s", s.Name)
		}
	}
	for _, s := range l.policy.Secrets {
		if !secrets[s] && s != l.policy.only {
			l.warn(s.at, "nothing goes up with secret %s", s.Name)
		}
	}
}

func (l *lint) caller(c *Caller, now time.Time) {
	if len(c.entries) == 0 {
		l.warn(c.at, "no credential leads to caller %s", c.Name)
	}
	if len(c.roles) == 0 {
		l.warn(c.at, "caller %s may do nothing", c.Name)
	}
	for _, e := range c.entries {
		switch {
		case e.key == nil || e.key.until.IsZero():
		case !now.Before(e.key.until):
			l.warn(e.key.at, "key %s of caller %s is expired", e.key.id, c.Name)
		case e.key.until.Sub(now) < soon:
			l.warn(e.key.at, "key %s of caller %s expires on %s", e.key.id, c.Name, e.key.until.Format(time.DateOnly))
		}
	}
}

// role warns of rules that do nothing, and of limits on amounts with a gap.
func (l *lint) role(r *role, compiler *condition.Compiler) {
	free := make(map[*operation]*Rule)
	for _, rule := range r.rules {
		for _, op := range rule.ops {
			if rule.When == "" && free[op] == nil {
				free[op] = rule
			}
		}
	}
	for _, rule := range r.rules {
		if rule.When == "" {
			continue
		}
		for _, op := range rule.ops {
			if other := free[op]; other != nil {
				l.warn(at(rule.node), "the condition does nothing for %s, which line %d allows without one", op.name, other.Line)
			}
			if c, err := compiler.Compile(rule.When, op.method, op.store != nil); err == nil {
				l.bounds(rule, op, c)
			}
		}
	}
}

// bounds warns of a limit on an amount that negative ones pass, or that holds for any
// currency.
func (l *lint) bounds(rule *Rule, op *operation, c *condition.Condition) {
	limited := false
	for f, b := range c.Bounds {
		if !isAmount(f) || !b.Upper {
			continue
		}
		limited = true
		if !b.Lower {
			l.warn(at(rule.node), "%s: %s has no lower bound, so that it may be 0 or negative", op.name, f.Name)
		}
	}
	if !limited {
		return
	}
	currency := op.root.Field("currency")
	switch {
	case currency == nil:
		l.warn(at(rule.node), "%s: its requests say no currency: the limit is one of won for payments in won, and of cents for payments in dollars", op.name)
	case !c.Selection[currency]:
		l.warn(at(rule.node), "%s: the limit is the same in every currency; compare request.currency, too", op.name)
	}
}

func isAmount(f *view.Field) bool { return f.Name == "amount" || f.Name == "total" }
