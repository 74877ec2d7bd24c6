package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// attempt is a call to be decided about.
type attempt struct {
	caller  string
	rpc     string
	request []byte // PortOne's JSON, with path and query parameters as members
	claims  map[string]any
}

// maxTarget is how many bytes path and query may have; package service says so, too.
const maxTarget = 7 << 10

// try decides about a call as the gateway would. An error is one of the call itself.
func (a *attempt) try(p *policy.Policy) (policy.Decision, error) {
	caller := p.Callers[a.caller]
	if caller == nil {
		return policy.Decision{}, fmt.Errorf("there is no caller %s", a.caller)
	}
	method := methodOf(a.rpc)
	if method == nil {
		return policy.Decision{}, fmt.Errorf("there is no RPC %s", a.rpc)
	}
	grant := p.Permit(caller, policy.Index(method.FullName))
	switch {
	case grant == nil:
		return policy.Decision{Cause: policy.NoRole}, nil
	case !grant.Judged(caller):
		return p.Unjudged(caller, grant), nil
	case a.request == nil:
		return policy.Decision{}, errors.New("it depends on the request, and there is none")
	}
	wire, err := transcode.PlanOf(method.Descriptor.Input()).AppendWire(nil, a.request, transcode.Lenient)
	if err != nil {
		return policy.Decision{}, fmt.Errorf("the request: %w", err)
	}
	var request transcode.Request
	if err := transcode.BindingOf(method).SetRequest(&request, wire, maxTarget); err != nil {
		return policy.Decision{}, fmt.Errorf("the request: %w", err)
	}
	return p.Judge(caller, grant, &request, a.claims), nil
}

// methodOf finds an RPC by its name in policies.
func methodOf(name string) *contract.Method {
	service, rpc, _ := strings.Cut(name, "/")
	for _, m := range policy.Methods() {
		if m.Name == rpc && strings.HasSuffix(m.Service, "."+service) {
			return m
		}
	}
	return nil
}

// describe says what was decided.
func describe(d policy.Decision) string {
	var b strings.Builder
	if d.Cause == "" {
		b.WriteString("allowed")
		if d.Rule != nil {
			fmt.Fprintf(&b, " by role %s, line %d", d.Rule.Role, d.Rule.Line)
		}
		if d.Store != nil {
			fmt.Fprintf(&b, ", on store %s", d.Store.Name)
		}
		if d.Secret != nil {
			fmt.Fprintf(&b, ", with secret %s", d.Secret.Name)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "refused: %s", d.Cause)
	if d.Problem != nil {
		fmt.Fprintf(&b, ": %v", d.Problem)
	}
	if d.Rule != nil {
		fmt.Fprintf(&b, "; tried last: role %s, line %d", d.Rule.Role, d.Rule.Line)
	}
	if d.Detail != nil {
		fmt.Fprintf(&b, ": %v", d.Detail)
	}
	return b.String()
}
