package access

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/limit"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/access/watch"
)

// snapshot is a policy with all that deciding by it needs. It never changes, but for
// what counts in it.
type snapshot struct {
	policy   *policy.Policy
	sum      [sha256.Size]byte
	verifier *identity.Verifier
	callers  []callerState // by the caller's index
	keyUse   map[string]*atomic.Int64
	accounts map[string]Account // by the secret's name
	shadow   Account            // of all calls in shadow mode
	internal Account            // of the gateway's own calls, if there is one for all of them
}

// callerState is what outlives a policy of a caller.
type callerState struct {
	limiter *limit.Limiter
	counts  *counts
}

// snapshot makes one, and returns the accounts that were opened for it, also where it
// fails. What policies share, such as what a caller has used up of its limit, is taken
// over.
func (a *Access) snapshot(p *policy.Policy, sum [sha256.Size]byte) (*snapshot, map[string]*account, error) {
	s := &snapshot{policy: p, sum: sum, keyUse: make(map[string]*atomic.Int64), accounts: make(map[string]Account)}
	opened := make(map[string]*account)
	if err := a.openAccounts(s, opened); err != nil {
		return nil, opened, err
	}
	var issuers []*identity.Issuer
	for _, i := range p.Issuers {
		keys, err := a.keysOf(i)
		if err != nil {
			return nil, opened, err
		}
		issuers = append(issuers, &identity.Issuer{
			Name: i.Name, Issuer: i.Issuer, Audiences: i.Audiences, Algorithms: i.Algorithms, Claims: i.Claims, Keys: keys,
		})
	}
	s.verifier = identity.NewVerifier(issuers)
	s.callers = make([]callerState, len(p.InOrder()))
	for i, c := range p.InOrder() {
		s.callers[i] = callerState{get(a.limiters, c.Name), get(a.counts, c.Name)}
		s.callers[i].limiter.Set(c.Limit.Every, c.Limit.Burst, c.Limit.InFlight)
	}
	for _, id := range p.KeyIDs() {
		s.keyUse[id] = get(a.keyUse, id)
	}
	return s, opened, nil
}

// get returns what a map has, or a new one, which it has from then on.
func get[V any](m map[string]*V, key string) *V {
	v := m[key]
	if v == nil {
		v = new(V)
		m[key] = v
	}
	return v
}

// shadowAccount is the name of the account of calls in shadow mode, where the policy has
// several secrets. No secret can have it.
const shadowAccount = "(shadow)"

// openAccounts opens the accounts of a policy's secrets, unless they are open.
func (a *Access) openAccounts(s *snapshot, opened map[string]*account) error {
	for name, secret := range s.policy.Secrets {
		if err := a.openAccount(s, opened, name, secret); err != nil {
			return fmt.Errorf("secret %s: %w", name, err)
		}
		s.shadow = s.accounts[name]
	}
	if len(s.policy.Secrets) == 1 {
		s.internal = s.shadow
	}
	if s.policy.Mode != policy.Shadow || len(s.policy.Secrets) == 1 {
		return nil
	}
	if err := a.openAccount(s, opened, shadowAccount, &policy.Secret{Name: policy.DefaultSecret}); err != nil {
		return fmt.Errorf("in shadow mode the policy chooses none of its secrets: %w", err)
	}
	s.shadow = s.accounts[shadowAccount]
	return nil
}

func (a *Access) openAccount(s *snapshot, opened map[string]*account, name string, secret *policy.Secret) error {
	if open := a.accounts[name]; open != nil && open.secret.File == secret.File && open.secret.Env == secret.Env {
		s.accounts[name] = open.opened
		return nil
	}
	made, err := a.opts.Open(secret)
	if err != nil {
		return err
	}
	opened[name] = &account{*secret, made}
	s.accounts[name] = made
	return nil
}

func (a *Access) shut(opened Account) {
	if a.opts.Close != nil {
		a.opts.Close(opened)
	}
}

// take takes over the accounts that were opened for a snapshot, and drops what it does
// not have.
func (a *Access) take(opened map[string]*account, s *snapshot) {
	for name, open := range a.accounts {
		if opened[name] != nil || s.accounts[name] == nil {
			a.shut(open.opened)
			delete(a.accounts, name)
		}
	}
	for name, fresh := range opened {
		a.accounts[name] = fresh
	}
	for name := range a.limiters {
		if s.policy.Callers[name] == nil {
			delete(a.limiters, name)
		}
	}
}

// forgetIssuers drops the keys of issuers that a policy does not have.
func (a *Access) forgetIssuers(p *policy.Policy) {
	used := make(map[issuerKey]bool)
	for _, i := range p.Issuers {
		used[keyOf(i)] = true
	}
	for k, keeper := range a.issuers {
		if !used[k] {
			keeper.close()
			delete(a.issuers, k)
		}
	}
}

// issuerKey is what makes sets of keys the same.
type issuerKey struct{ name, jwks, ca string }

func keyOf(i *policy.Issuer) issuerKey { return issuerKey{i.Name, i.JWKS, i.CA} }

// keeper keeps an issuer's keys fresh.
type keeper struct {
	keys  *identity.KeySet
	watch *watch.Watcher
}

func (k *keeper) close() { k.watch.Close() }

// keysOf are the keys of an issuer. A file must be there; a server may be down for now.
func (a *Access) keysOf(i *policy.Issuer) (*identity.KeySet, error) {
	k := keyOf(i)
	if known := a.issuers[k]; known != nil {
		return known.keys, nil
	}
	isFile := filepath.IsAbs(i.JWKS)
	read := identity.FetchKeys(i.JWKS, i.CA)
	if isFile {
		read = identity.FileKeys(i.JWKS)
	}
	keys := identity.NewKeySet(read)
	if isFile {
		if err := keys.Refresh(context.Background()); err != nil {
			return nil, fmt.Errorf("issuer %s: %s: %w", i.Name, i.JWKS, err)
		}
	}
	a.issuers[k] = &keeper{keys, watch.Start("the keys of issuer "+i.Name, a.opts.Logger, func() (bool, error) {
		if !isFile && !keys.Due() {
			return false, keys.Problem()
		}
		before := keys.Generation()
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		err := keys.Refresh(ctx)
		return err == nil && keys.Generation() != before, err
	})}
	return keys, nil
}

// fetchTimeout is how long an issuer may take to say its keys.
const fetchTimeout = 10 * time.Second
