package policy

import (
	"github.com/portone-gateway/portone-gateway/access/condition"
	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Cause is why a call is refused; empty where it is not. It is for logs, metrics and
// the audit, and not for callers.
type Cause string

// The causes.
const (
	// Unidentified is a call of which it is not known whose it is.
	Unidentified Cause = "unidentified"

	// NoRole is a call of an RPC that none of the caller's roles names.
	NoRole Cause = "no_role"

	// OtherStore is a request about a store that the caller is not confined to.
	OtherStore Cause = "other_store"

	// NoCondition is a request for which no rule's condition holds.
	NoCondition Cause = "no_condition"

	// NotJudgeable is a request of which it is not known what PortOne would make of it.
	NotJudgeable Cause = "not_judgeable"

	// OverLimit is a call over the caller's limit.
	OverLimit Cause = "over_limit"

	// NoKey is a mutation without the idempotency key that the caller must give.
	NoKey Cause = "no_idempotency_key"

	// NoAudit is a mutation that could not be written down.
	NoAudit Cause = "no_audit"
)

// Decision is what a policy says of a call.
type Decision struct {
	// Cause is why the call is refused; empty where it is allowed.
	Cause Cause

	// Problem is what cannot be judged, where Cause is NotJudgeable. The caller may
	// see it.
	Problem *view.Problem

	// Rule is the one that allows the call; where none does, the last that was tried.
	// May be nil.
	Rule *Rule

	// Store is the one that the request is about; nil where that is not known, or of
	// no interest.
	Store *Store

	// Secret is the one that the call goes up with; nil where it is refused.
	Secret *Secret

	// Detail is for explanations: what an evaluation failed by. May be nil.
	Detail error
}

// Permit returns what a caller's roles say of an RPC, which is given by its Index; nil
// if they do not allow it.
func (p *Policy) Permit(c *Caller, op int) *Grant { return c.profile.grants[op] }

// Judged reports whether it depends on the request whether a grant allows a caller's
// call.
func (g *Grant) Judged(c *Caller) bool {
	return g.free == nil || len(c.Stores) > 0 && g.store != nil
}

// Unjudged is the decision for a call that is not Judged.
func (p *Policy) Unjudged(c *Caller, g *Grant) Decision {
	return Decision{Rule: g.free, Secret: p.secretOf(c)}
}

// secretOf is the secret of calls that no store decides about.
func (p *Policy) secretOf(c *Caller) *Secret {
	if c.Secret != nil {
		return c.Secret
	}
	return p.only
}

// Judge decides about the request that would go up. Claims are those of the caller's
// token; may be nil.
func (p *Policy) Judge(c *Caller, g *Grant, request *transcode.Request, claims map[string]any) Decision {
	j := &judgement{policy: p, caller: c, grant: g, request: request}
	j.input = condition.Input{Caller: c.Name, Claims: claims}
	j.decision = Decision{Secret: p.secretOf(c)}
	confined := len(c.Stores) > 0 && g.store != nil
	if confined && g.free == nil && len(g.rules) == 1 {
		return j.only(&g.rules[0]) // what most are, with one reading of the request
	}
	if confined {
		object, problem := g.store.Read(request)
		if problem != nil {
			return Decision{Cause: NotJudgeable, Problem: problem}
		}
		if j.decision = p.confine(c, g.op, object); j.decision.Cause != "" {
			return j.decision
		}
	}
	if g.free != nil {
		j.decision.Rule = g.free
		return j.decision
	}
	return j.any()
}

// judgement is the judging of one request.
type judgement struct {
	policy   *Policy
	caller   *Caller
	grant    *Grant
	request  *transcode.Request
	input    condition.Input
	decision Decision // what has been found, if a rule holds
}

// only decides by the one rule of a confined caller, whose plan reads the store, too.
func (j *judgement) only(r *conditional) Decision {
	object, problem := r.plan.Read(j.request)
	if problem != nil {
		return Decision{Cause: NotJudgeable, Problem: problem, Rule: r.rule}
	}
	if j.decision = j.policy.confine(j.caller, j.grant.op, object); j.decision.Cause != "" {
		return j.decision
	}
	if holds, err := j.holds(r, object); !holds {
		return Decision{Cause: NoCondition, Store: j.decision.Store, Rule: r.rule, Detail: err}
	}
	j.decision.Rule = r.rule
	return j.decision
}

// any looks for a rule whose condition holds.
func (j *judgement) any() Decision {
	refusal := Decision{Cause: NoCondition, Store: j.decision.Store}
	for i := range j.grant.rules {
		r := &j.grant.rules[i]
		refusal.Rule = r.rule
		object, problem := r.plan.Read(j.request)
		if problem != nil {
			if refusal.Problem == nil {
				refusal.Cause, refusal.Problem = NotJudgeable, problem
			}
			continue
		}
		holds, err := j.holds(r, object)
		if holds {
			j.decision.Rule = r.rule
			return j.decision
		}
		refusal.Detail = err
	}
	return refusal
}

// holds asks a rule's condition.
func (j *judgement) holds(r *conditional, object *view.Object) (bool, error) {
	j.input.Request = object
	if r.condition.UsesStore {
		j.input.Store = j.policy.storeName(j.grant.op, object, j.decision)
	}
	return r.condition.Holds(&j.input)
}

// storeName is the name of the store that a request is about; empty where it is not
// one of the policy's, or several.
func (p *Policy) storeName(op *operation, object *view.Object, decision Decision) string {
	store := decision.Store
	if store == nil {
		value, ok := object.Lookup(op.store)
		switch {
		case op.store[len(op.store)-1].List:
		case ok:
			store = p.byID[value.Text]
		case !op.all && decision.Secret != nil:
			store = p.byID[decision.Secret.StoreID]
		}
	}
	if store == nil {
		return ""
	}
	return store.Name
}

// StoreOf is the store that a request names; nil if it names none, or several, or one
// that the policy does not know.
func (p *Policy) StoreOf(op int, request *transcode.Request) *Store {
	o := p.ops[op]
	if o.store == nil || o.store[len(o.store)-1].List {
		return nil
	}
	selection := make(view.Selection)
	for _, f := range o.store {
		selection[f] = true
	}
	plan, err := view.NewLenientPlan(types(), o.method, selection)
	if err != nil {
		return nil
	}
	object, _ := plan.Read(request)
	value, _ := object.Lookup(o.store)
	return p.byID[value.Text]
}

// confine finds the store that a request is about, and the secret with it.
func (p *Policy) confine(c *Caller, op *operation, object *view.Object) Decision {
	if _, wider := object.Lookup(op.beside); wider {
		return Decision{Cause: OtherStore}
	}
	last := op.store[len(op.store)-1]
	value, ok := object.Lookup(op.store)
	switch {
	case !ok && op.all || last.List && len(value.List) == 0:
		return Decision{Cause: NotJudgeable, Problem: nameAStore(op)}
	case !ok:
		return p.ownStore(c, op)
	case last.List:
		return p.severalStores(c, op, value.List)
	}
	store := c.on[value.Text]
	if store == nil {
		return Decision{Cause: OtherStore}
	}
	return Decision{Store: store, Secret: store.Secret}
}

func nameAStore(op *operation) *view.Problem {
	member := ""
	for i, f := range op.store {
		if i > 0 {
			member += "."
		}
		member += f.JSON
	}
	return &view.Problem{Member: member, What: "must name a store: without it, the request is about more than may be asked for"}
}

// ownStore is the decision for a request that names no store, which is about the store
// of the secret.
func (p *Policy) ownStore(c *Caller, op *operation) Decision {
	secret := c.only
	if secret == nil {
		secret = c.Secret
	}
	if secret == nil || secret.StoreID == "" {
		return Decision{Cause: NotJudgeable, Problem: nameAStore(op)}
	}
	store := c.on[secret.StoreID]
	if store == nil || store.Secret != secret {
		return Decision{Cause: OtherStore}
	}
	return Decision{Store: store, Secret: secret}
}

// severalStores is the decision for a request about several stores, whose secret must
// be one.
func (p *Policy) severalStores(c *Caller, op *operation, ids []view.Value) Decision {
	var first *Store
	for _, id := range ids {
		store := c.on[id.Text]
		if store == nil || first != nil && store.Secret != first.Secret {
			return Decision{Cause: OtherStore}
		}
		if first == nil {
			first = store
		}
	}
	decision := Decision{Secret: first.Secret}
	if len(ids) == 1 {
		decision.Store = first
	}
	return decision
}
