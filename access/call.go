package access

import (
	"time"

	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Info is what there is to know of a call beside its caller.
type Info struct {
	// Op is policy.Index of the RPC.
	Op int

	// Transport is "grpc" or "rest".
	Transport string

	// RequestID and TraceID name the call; TraceID may be empty.
	RequestID, TraceID string
}

// Call is a call on its way. It is used by one goroutine.
type Call struct {
	access   *Access
	snapshot *snapshot
	info     Info

	presented identity.Presented
	token     *identity.Token
	caller    *policy.Caller // nil if it is not known
	grant     *policy.Grant
	decision  policy.Decision
	would     policy.Cause // why it would be refused, in shadow mode
	entered   bool         // the caller's limit counts it as in flight
	begun     bool         // the audit has its beginning
	entry     *audit.Entry // what is written down of the request; nil before it is known
	key       string       // idempotency key
}

// Refusal is why a call may not go on.
type Refusal struct {
	Cause policy.Cause

	// Problem is what cannot be judged, for the caller; nil for other causes.
	Problem *view.Problem

	// RetryAfter is when a call over the limit may be made again; 0 where that is not
	// known.
	RetryAfter time.Duration

	// Detail says more for the log, and has nothing of credentials and requests; may be
	// nil.
	Detail error
}

// Begin finds the caller of a call, and whether it may make it as far as that can be
// said without its request. Peer may be nil. End must follow, whatever it returns.
func (a *Access) Begin(info Info, headers identity.Headers, peer *identity.Peer) (*Call, *Refusal) {
	c, now := &Call{access: a, snapshot: a.current.Load(), info: info}, a.now()
	if err := c.identify(headers, peer, now); err != nil {
		return c, c.refuse(Refusal{Cause: policy.Unidentified, Detail: err})
	}
	if c.grant = c.snapshot.policy.Permit(c.caller, info.Op); c.grant == nil {
		return c, c.refuse(Refusal{Cause: policy.NoRole})
	}
	if !c.grant.Judged(c.caller) {
		c.decision = c.snapshot.policy.Unjudged(c.caller, c.grant)
	}
	limiter := c.snapshot.callers[c.caller.Index].limiter
	if wait, ok := limiter.Take(now); !ok {
		return c, c.refuse(Refusal{Cause: policy.OverLimit, RetryAfter: wait})
	}
	if c.entered = limiter.Enter(); !c.entered {
		return c, c.refuse(Refusal{Cause: policy.OverLimit})
	}
	return c, nil
}

// identify finds the caller.
func (c *Call) identify(headers identity.Headers, peer *identity.Peer, now time.Time) (err error) {
	a, p := c.access, c.snapshot.policy
	if c.presented, err = identity.Present(headers, peer, p.Proxies); err != nil {
		return err
	}
	if peer != nil && peer.Cert != nil && a.opts.TLS != nil {
		if err := a.opts.TLS.Check(peer.Cert, now); err != nil {
			return err
		}
	}
	if c.presented.Token != "" {
		if c.token, err = c.snapshot.verifier.Verify(c.presented.Token); err != nil {
			return err
		}
	}
	if c.caller, err = p.Identify(&c.presented, c.token, now); err != nil {
		return err
	}
	if id := c.presented.KeyID; id != "" {
		if use := c.snapshot.keyUse[id]; use.Load() != now.Unix() {
			use.Store(now.Unix())
		}
	}
	return nil
}

// refuse notes a refusal, and drops it in shadow mode.
func (c *Call) refuse(r Refusal) *Refusal {
	shadow := c.snapshot.policy.Mode == policy.Shadow
	if c.would == "" {
		c.counts().add(r.Cause, shadow)
	}
	if shadow {
		if c.would == "" {
			c.would = r.Cause
		}
		c.decision.Cause = ""
		return nil
	}
	c.decision.Cause = r.Cause
	return &r
}

func (c *Call) counts() *counts {
	if c.caller == nil {
		return c.access.strangers
	}
	return c.snapshot.callers[c.caller.Index].counts
}

// Caller is the name of the caller; empty if it is not known.
func (c *Call) Caller() string {
	if c.caller == nil {
		return ""
	}
	return c.caller.Name
}

// Internal is the account of a call that the gateway makes for itself: the only one of
// the policy, or that of the store which the request names; nil for the one that the
// gateway was started with, where these do not say.
func (a *Access) Internal(op int, request *transcode.Request) Account {
	s := a.current.Load()
	if s.internal != nil {
		return s.internal
	}
	if store := s.policy.StoreOf(op, request); store != nil {
		return s.accounts[store.Secret.Name]
	}
	return nil
}

// Would is why the call would be refused if the policy were not in shadow mode; empty
// where it would not, and in other modes.
func (c *Call) Would() policy.Cause { return c.would }

// NoKey is the refusal of a mutation that came without an idempotency key; nil where
// it may.
func (c *Call) NoKey() *Refusal {
	if c.caller == nil || !c.caller.RequireKey {
		return nil
	}
	return c.refuse(Refusal{Cause: policy.NoKey})
}

// Allow notes that the call goes on without a request to PortOne: the gateway answers
// by itself.
func (c *Call) Allow() {
	if c.would == "" {
		c.counts().add("", false)
	}
}

// NeedsRequest reports whether Admit wants the request that goes up.
func (c *Call) NeedsRequest() bool {
	return c.audited() || c.judged()
}

func (c *Call) judged() bool { return c.grant != nil && c.would == "" && c.grant.Judged(c.caller) }

func (c *Call) audited() bool {
	return c.access.opts.Audit != nil && c.access.records[c.info.Op].mutation
}

// Admit decides about the request that would go up, which may be nil unless
// NeedsRequest, and returns the account that it goes up by. Key is the idempotency key
// of a mutation. The audit has the call's beginning then.
func (c *Call) Admit(request *transcode.Request, key string) (Account, *Refusal) {
	if c.judged() {
		var claims map[string]any
		if c.token != nil {
			claims = c.token.Claims
		}
		c.decision = c.snapshot.policy.Judge(c.caller, c.grant, request, claims)
	}
	c.key = key
	if c.audited() {
		c.entry = new(audit.Entry)
		c.access.records[c.info.Op].read(c.entry, request, c.access.opts.Hasher)
	}
	if c.decision.Cause != "" {
		if refusal := c.refuse(Refusal{Cause: c.decision.Cause, Problem: c.decision.Problem}); refusal != nil {
			return nil, refusal
		}
	}
	if refusal := c.writeBegin(); refusal != nil {
		return nil, refusal
	}
	if c.would == "" {
		c.counts().add("", false)
	}
	return c.account(), nil
}

func (c *Call) account() Account {
	if c.snapshot.policy.Mode == policy.Shadow {
		return c.snapshot.shadow
	}
	return c.snapshot.accounts[c.decision.Secret.Name]
}

// writeBegin writes that a mutation is let through.
func (c *Call) writeBegin() *Refusal {
	if !c.audited() {
		return nil
	}
	e := c.describe(audit.EventBegin)
	if c.access.opts.Audit.Write(e) != nil {
		c.decision.Cause = policy.NoAudit
		c.counts().add(policy.NoAudit, false)
		return &Refusal{Cause: policy.NoAudit} // in shadow mode, too: it is no rule of the policy
	}
	c.begun = true
	return nil
}

// describe fills an entry with what is known.
func (c *Call) describe(event string) *audit.Entry {
	var e audit.Entry
	if c.entry != nil {
		e = *c.entry
	}
	e.Time, e.Event = c.access.now().UTC(), event
	e.RequestID, e.TraceID, e.Transport, e.RPC = c.info.RequestID, c.info.TraceID, c.info.Transport, c.access.records[c.info.Op].rpc
	e.Caller, e.Policy = c.Caller(), c.snapshot.policy.Hash
	credential := policy.Describe(&c.presented, c.token)
	e.Credential, e.CredentialID = credential.Kind, credential.ID
	e.Decision, e.Cause = audit.Allowed, string(c.decision.Cause)
	if c.decision.Cause != "" {
		e.Decision = audit.Refused
	}
	if c.would != "" && e.Decision == audit.Allowed {
		e.Decision, e.Cause = audit.WouldRefuse, string(c.would)
	}
	if r := c.decision.Rule; r != nil {
		e.Role, e.Line = r.Role, r.Line
	}
	if c.decision.Store != nil {
		e.Store = c.decision.Store.Name
	}
	if c.decision.Secret != nil && c.snapshot.policy.Mode != policy.Shadow {
		e.Secret = c.decision.Secret.Name
	}
	if c.key != "" && c.access.opts.Hasher != nil {
		e.Key = c.access.opts.Hasher.Hash(c.key)
	}
	return &e
}

// End notes how the call ended: its gRPC code, the reason of its error, and how many
// requests were sent to PortOne.
func (c *Call) End(code, reason string, attempts int) {
	if c.entered {
		c.snapshot.callers[c.caller.Index].limiter.Leave()
		c.entered = false
	}
	if !c.audited() {
		return
	}
	event := audit.EventEnd
	if !c.begun && c.decision.Cause != "" {
		event = audit.EventRefused
	}
	if c.decision.Cause == policy.Unidentified {
		if _, ok := c.access.strangerLines.Take(c.access.now()); !ok {
			return // strangers must not fill the disk; they are counted
		}
	}
	e := c.describe(event)
	e.Code, e.Reason, e.Attempts = code, reason, attempts
	_ = c.access.opts.Audit.Write(e) // it has happened; that the line is lost is counted
}

// MayReflect reports whether server reflection answers somebody.
func (a *Access) MayReflect(headers identity.Headers, peer *identity.Peer) bool {
	s := a.current.Load()
	switch s.policy.Reflection {
	case policy.ReflectionAll:
		return true
	case policy.ReflectionNone:
		return false
	}
	c := &Call{access: a, snapshot: s}
	return c.identify(headers, peer, a.now()) == nil || s.policy.Mode == policy.Shadow
}
