package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/access"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/access/transport"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// transportInternal is that of calls which the gateway makes for itself.
const transportInternal = "internal"

// TraceIDs is a Tracer that knows the id of a call's trace, for the audit.
type TraceIDs interface {
	// TraceID is the id of the trace in ctx; empty if there is none.
	TraceID(ctx context.Context) string
}

// indexMethods finds the place of each method in policies.
func (s *Server) indexMethods() {
	s.policyIndex = make(map[*contract.Method]int)
	for _, m := range contract.Methods() {
		s.policyIndex[m] = policy.Index(m.FullName)
	}
	for _, n := range s.natives {
		s.policyIndex[n.method] = policy.Index(n.method.FullName)
	}
}

// authorize finds the caller, and whether it may make the call at all, before anything
// of its request is read. What depends on the request is decided by chooseAccount, when
// it is known what goes up.
func (s *Server) authorize(ctx context.Context, c *Call, next next) (err error) {
	if s.opts.Access == nil || c.Transport == transportInternal {
		return next(ctx, c)
	}
	info := access.Info{Op: s.policyIndex[c.Method], Transport: c.Transport, RequestID: c.RequestID}
	if ids, ok := s.opts.Tracer.(TraceIDs); ok {
		info.TraceID = ids.TraceID(ctx)
	}
	peer := c.Peer
	if peer == nil {
		peer = transport.PeerFromContext(ctx)
	}
	var refusal *access.Refusal
	c.access, refusal = s.opts.Access.Begin(info, c.Headers, peer)
	ended := false
	defer func() {
		code, reason := outcome(err)
		if !ended { // a panic
			code, reason = codes.Internal, ""
		}
		c.access.End(code.String(), reason, c.attempts)
	}()
	if refusal != nil {
		c.language = errmap.ParseLanguage(first(c.Headers.Values(HeaderLanguage)))
		err = s.refused(c, refusal)
	} else {
		if c.Method.Operation == nil {
			c.access.Allow()
		}
		err = next(ctx, c)
	}
	ended = true
	return err
}

// refused is the error for a refusal. It says the same of a foreign store, a condition
// that does not hold and a role that is missing, and has no idempotency key: nothing
// can be asked for under it.
func (s *Server) refused(c *Call, r *access.Refusal) error {
	c.Key, c.keyMade = "", false
	subject := c.Describe()
	subject.IDs, subject.Caller = nil, c.access.Caller()
	cause := r.Detail
	if cause == nil {
		cause = fmt.Errorf("refused: %s", r.Cause)
	}
	switch r.Cause {
	case policy.Unidentified:
		return s.opts.Mapper.Failure(subject, errmap.UnidentifiedCaller, cause)
	case policy.NotJudgeable:
		return s.opts.Mapper.NotJudgeable(subject, r.Problem.Member, r.Problem.What)
	case policy.OverLimit:
		return s.opts.Mapper.CallerLimit(subject, r.RetryAfter)
	case policy.NoKey:
		return s.opts.Mapper.Failure(subject, errmap.KeyRequired, cause)
	case policy.NoAudit:
		return s.opts.Mapper.Failure(subject, errmap.NotAudited, cause)
	}
	return s.opts.Mapper.Failure(subject, errmap.NotAllowed, cause)
}

// chooseAccount decides about the request that goes up, and by which account it does;
// nil for the client's own.
func (s *Server) chooseAccount(c *Call) (*upstream.Account, error) {
	var account access.Account
	switch {
	case s.opts.Access == nil:
		return nil, nil
	case c.access == nil:
		account = s.opts.Access.Internal(s.policyIndex[c.Method], c.http)
	default:
		var refusal *access.Refusal
		if account, refusal = c.access.Admit(c.http, string(c.Key)); refusal != nil {
			return nil, s.refused(c, refusal)
		}
	}
	of, _ := account.(*upstream.Account)
	return of, nil
}

// mayReflect reports whether server reflection answers a caller.
func (s *Server) mayReflect(ctx context.Context) bool {
	return s.opts.Access == nil || s.opts.Access.MayReflect(grpcHeaders{ctx}, transport.PeerFromContext(ctx))
}

var errNoReflection = errors.New("server reflection is not for this caller")

// Caller is the name of the caller in the policy; empty if it is not known, or there is
// no policy.
func (c *Call) Caller() string {
	if c.access == nil {
		return ""
	}
	return c.access.Caller()
}

// wouldRefuse is why a policy in shadow mode would refuse the call; empty if it would
// not.
func (c *Call) wouldRefuse() string {
	if c.access == nil {
		return ""
	}
	return string(c.access.Would())
}
