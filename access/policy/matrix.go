package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Permission is something that a caller may do, for those who read a policy.
type Permission struct {
	// Caller and RPC say who may call what.
	Caller, RPC string

	// Store is the store that it is about; empty where the caller is not confined, or
	// the RPC names none.
	Store string

	// Secret is the one that it goes up with; empty for what does not go up.
	Secret string

	// When is the condition; empty where there is none.
	When string

	// Role and Line say which rule allows it.
	Role string
	Line int
}

// what is the permission without what does not change who may do what.
func (p *Permission) what() string {
	return strings.Join([]string{p.Caller, p.RPC, p.Store, p.When}, "\x00")
}

// Permissions are all that callers may do, in the order of the file and of the
// contract. Patterns are written out.
func (p *Policy) Permissions() (all []Permission) {
	for _, c := range p.order {
		for _, g := range c.profile.grants {
			if g == nil {
				continue
			}
			if g.free != nil {
				all = append(all, p.permissions(c, g, g.free)...)
				continue
			}
			for _, r := range g.rules {
				all = append(all, p.permissions(c, g, r.rule)...)
			}
		}
	}
	return all
}

func (p *Policy) permissions(c *Caller, g *Grant, rule *Rule) []Permission {
	base := Permission{Caller: c.Name, RPC: g.op.name, When: rule.When, Role: rule.Role, Line: rule.Line}
	if len(c.Stores) == 0 || g.op.store == nil {
		if secret := p.secretOf(c); secret != nil && !g.op.native {
			base.Secret = secret.Name
		}
		return []Permission{base}
	}
	var all []Permission
	for _, store := range c.Stores {
		one := base
		one.Store, one.Secret = store.Name, store.Secret.Name
		all = append(all, one)
	}
	return all
}

// Change is a difference between two policies.
type Change struct {
	// Added reports whether the permission has come; otherwise it has gone.
	Added bool

	// Moved is the secret that the permission went up with before, where only that has
	// changed.
	Moved string

	Permission
}

// Diff lists what callers may do under p that they could not under old, what they no
// longer may, and what goes up with another secret.
func (p *Policy) Diff(old *Policy) (changes []Change) {
	before := make(map[string]Permission)
	for _, permission := range old.Permissions() {
		before[permission.what()] = permission
	}
	now := make(map[string]bool)
	for _, permission := range p.Permissions() {
		now[permission.what()] = true
		was, had := before[permission.what()]
		switch {
		case !had:
			changes = append(changes, Change{Added: true, Permission: permission})
		case was.Secret != permission.Secret:
			changes = append(changes, Change{Added: true, Moved: was.Secret, Permission: permission})
		}
	}
	for _, permission := range old.Permissions() {
		if !now[permission.what()] {
			changes = append(changes, Change{Permission: permission})
		}
	}
	return changes
}

// String is the permission as a line.
func (p *Permission) String() string {
	parts := []string{p.Caller, p.RPC}
	if p.Store != "" {
		parts = append(parts, "on "+p.Store)
	}
	if p.Secret != "" {
		parts = append(parts, "with "+p.Secret)
	}
	parts = append(parts, fmt.Sprintf("(%s, line %d)", p.Role, p.Line))
	if p.When != "" {
		parts = append(parts, "when "+strings.Join(strings.Fields(p.When), " "))
	}
	return strings.Join(parts, " ")
}

// rolesInOrder are the roles in the order of the file.
func (p *Policy) rolesInOrder() []*role {
	var all []*role
	for _, r := range p.roles {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *role) int { return a.at.line - b.at.line })
	return all
}
