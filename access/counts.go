package access

import (
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/policy"
)

// causes are those that are counted; the first is that of calls that are allowed.
var causes = [...]policy.Cause{
	"", policy.Unidentified, policy.NoRole, policy.OtherStore, policy.NoCondition, policy.NotJudgeable, policy.OverLimit, policy.NoKey, policy.NoAudit,
}

// counts are the decisions about a caller's calls.
type counts struct {
	refused     [len(causes)]atomic.Uint64 // by cause; the first counts those allowed
	wouldRefuse [len(causes)]atomic.Uint64
}

func (c *counts) add(cause policy.Cause, shadow bool) {
	for i := range causes {
		if causes[i] != cause {
			continue
		}
		if shadow {
			c.wouldRefuse[i].Add(1)
		} else {
			c.refused[i].Add(1)
		}
	}
}

// Decisions tells how often what was decided: for each caller of the policies so far,
// an empty name for no one's calls, the decision as the audit has it, and the cause of
// refusals.
func (a *Access) Decisions(tell func(caller, decision, cause string, n uint64)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, c := range a.counts {
		for i, cause := range causes {
			decision := audit.Refused
			if cause == "" {
				decision = audit.Allowed
			}
			if n := c.refused[i].Load(); n > 0 {
				tell(name, decision, string(cause), n)
			}
			if n := c.wouldRefuse[i].Load(); n > 0 {
				tell(name, audit.WouldRefuse, string(cause), n)
			}
		}
	}
}

// KeyUses tells when gateway keys were used last, by their ids.
func (a *Access) KeyUses(tell func(id string, last time.Time)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, last := range a.keyUse {
		if n := last.Load(); n != 0 {
			tell(id, time.Unix(n, 0))
		}
	}
}

// InFlight tells how many calls of each caller of the policy are in flight.
func (a *Access) InFlight(tell func(caller string, n int64)) {
	s := a.current.Load()
	for i, c := range s.policy.InOrder() {
		tell(c.Name, s.callers[i].limiter.InFlight())
	}
}

// Issuers tells of each issuer whether its keys could be read when that was last tried,
// and when they were read.
func (a *Access) Issuers(tell func(issuer string, ok bool, read time.Time)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, keeper := range a.issuers {
		tell(k.name, keeper.keys.Problem() == nil && keeper.watch.Problem() == nil, keeper.keys.Fetched())
	}
}
