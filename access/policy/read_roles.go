package policy

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

func readRoles(r *reader, d *document, n *yaml.Node) {
	for _, p := range r.named(n, "roles") {
		role := &role{name: p.key.Value, at: at(p.key)}
		for _, item := range r.items(p.value, "a role") {
			role.rules = append(role.rules, r.rule(d, role, item))
		}
		if p.value.Kind == yaml.SequenceNode && len(role.rules) == 0 {
			r.fail(role.at, "role %s has no rules", role.name)
		}
		d.roles[role.name] = role
	}
}

// rule reads a rule. Its condition is compiled later.
func (r *reader) rule(d *document, role *role, n *yaml.Node) *Rule {
	rule := &Rule{Role: role.name, Line: n.Line}
	seen := make(map[*operation]bool)
	r.object(n, "a rule", map[string]func(*yaml.Node){
		"rpcs": func(n *yaml.Node) {
			for _, item := range r.items(n, "rpcs") {
				p := pattern{text: r.text(item, "an RPC"), at: at(item)}
				p.ops = r.expand(d, item)
				rule.rpcs = append(rule.rpcs, p)
				for _, op := range p.ops {
					if !seen[op] {
						seen[op] = true
						rule.ops = append(rule.ops, op)
					}
				}
			}
		},
		"when": func(n *yaml.Node) {
			rule.When, rule.node = r.text(n, "when"), n
		},
	})
	if len(rule.rpcs) == 0 {
		r.fail(at(n), "a rule has no rpcs")
	}
	return rule
}

// authService trades in credentials of PortOne's, so that no pattern matches it.
const authService = "AuthService/"

// expand finds the RPCs that a name or pattern stands for.
func (r *reader) expand(d *document, n *yaml.Node) (ops []*operation) {
	text := n.Value
	service, rpc, ok := strings.Cut(text, "/")
	if !ok || service == "" || rpc == "" || strings.Contains(service, "*") || strings.Contains(strings.TrimSuffix(rpc, "*"), "*") {
		if text != "" {
			r.fail(at(n), "%s: an RPC is Service/Rpc, Service/Prefix* or Service/*", text)
		}
		return nil
	}
	prefix, isPattern := strings.CutSuffix(rpc, "*")
	if !isPattern {
		if op := d.byName[text]; op != nil {
			return []*operation{op}
		}
		r.fail(at(n), "there is no RPC %s%s", text, d.nearestRPC(service, text))
		return nil
	}
	if service+"/" == authService {
		r.fail(at(n), "%s: AuthService trades in credentials of PortOne; name its RPCs in full", text)
		return nil
	}
	for _, op := range d.ops {
		if strings.HasPrefix(op.name, service+"/"+prefix) {
			ops = append(ops, op)
		}
	}
	if len(ops) == 0 {
		r.fail(at(n), "no RPC matches %s%s", text, d.nearestRPC(service, text))
	}
	return ops
}

// nearestRPC proposes an RPC, or a service.
func (d *document) nearestRPC(service, text string) string {
	var names []string
	services := make(map[string]bool)
	for _, op := range d.ops {
		of, _, _ := strings.Cut(op.name, "/")
		services[of] = true
		names = append(names, op.name)
	}
	if !services[service] {
		if nearest := didYouMean(service, keysOf(services)); nearest != "" {
			return nearest
		}
	}
	return didYouMean(text, names)
}
