package policy

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// owners finds whose a credential is.
type owners struct {
	spiffe   map[string][]*entry
	prefixes map[string][]*entry // by the SPIFFE ID without its last segment
	dns      map[string][]*entry
	mesh     map[string][]*entry
	keys     map[string]*key
	uids     map[uint32][]*entry
	gids     map[uint32][]*entry
	claims   map[claimKey][]*entry // by the first claim of an entry
	names    map[string][]string   // of these claims, by issuer
}

type claimKey struct{ issuer, claim, value string }

func newOwners() *owners {
	return &owners{
		spiffe: make(map[string][]*entry), prefixes: make(map[string][]*entry), dns: make(map[string][]*entry), mesh: make(map[string][]*entry),
		keys: make(map[string]*key), uids: make(map[uint32][]*entry), gids: make(map[uint32][]*entry),
		claims: make(map[claimKey][]*entry), names: make(map[string][]string),
	}
}

// add adds an entry under each credential that it has.
func (o *owners) add(r *reader, e *entry) {
	if e.spiffe != "" && e.prefix {
		o.prefixes[e.spiffe] = append(o.prefixes[e.spiffe], e)
	} else if e.spiffe != "" {
		o.spiffe[e.spiffe] = append(o.spiffe[e.spiffe], e)
	}
	if e.dns != "" {
		o.dns[e.dns] = append(o.dns[e.dns], e)
	}
	if e.mesh != "" {
		o.mesh[e.mesh] = append(o.mesh[e.mesh], e)
	}
	if e.uid != nil {
		o.uids[*e.uid] = append(o.uids[*e.uid], e)
	}
	if e.gid != nil {
		o.gids[*e.gid] = append(o.gids[*e.gid], e)
	}
	if e.key != nil {
		if other := o.keys[e.key.id]; other != nil {
			r.fail(e.key.at, "key id %s stands twice; it is in line %d already", e.key.id, other.at.line)
		}
		o.keys[e.key.id] = e.key
	}
	if e.issuer != nil {
		first := e.claims[0]
		k := claimKey{e.issuer.Name, first.name, first.value}
		o.claims[k] = append(o.claims[k], e)
		if names := o.names[e.issuer.Name]; !slices.Contains(names, first.name) {
			o.names[e.issuer.Name] = append(names, first.name)
		}
	}
}

// Credential is by what a caller was known, for the audit: a kind and a name, nothing
// that is secret.
type Credential struct {
	// Kind is key, token, certificate, mesh or unix; several are joined by +.
	Kind string

	// ID is the key's id, the token's issuer and key, the certificate's serial number,
	// the SPIFFE ID that the mesh speaks for, or the user's number.
	ID string
}

// The errors of Identify.
var (
	errNobody  = errors.New("nothing that the call presents is a caller's")
	errTwo     = errors.New("the call presents credentials of two callers")
	errUnused  = errors.New("one of the credentials that the call presents leads to no caller")
	errKey     = errors.New("the gateway key is not known")
	errExpired = errors.New("the gateway key is expired")
)

// search is the looking for the caller of one call.
type search struct {
	presented *identity.Presented
	token     *identity.Token
	key       *key
	found     *Caller
	two       bool
	used      [4]bool // by the order of the kinds
}

// The kinds of credentials that a caller presents on purpose, and that must all be of
// use. A process behind a unix socket cannot help having a user.
const (
	usedKey = iota
	usedToken
	usedCert
	usedMesh
)

// Identify finds the caller of a call. Token is the presented one, verified; nil if
// there is none. All that is presented must be good and lead to the same caller. The
// error is for logs and the audit.
func (p *Policy) Identify(presented *identity.Presented, token *identity.Token, now time.Time) (*Caller, error) {
	s := search{presented: presented, token: token}
	if presented.KeyID != "" {
		if s.key = p.owners.keys[presented.KeyID]; s.key == nil ||
			subtle.ConstantTimeCompare(s.key.hash[:], presented.KeyHash[:]) != 1 {
			return nil, errKey
		}
		if !s.key.until.IsZero() && !now.Before(s.key.until) {
			return nil, errExpired
		}
		s.consider(s.key.entry)
	}
	p.owners.byConnection(&s)
	if token != nil {
		p.owners.byToken(&s)
	}
	switch {
	case s.two:
		return nil, errTwo
	case s.found == nil:
		return nil, errNobody
	case presented.KeyID != "" && !s.used[usedKey], token != nil && !s.used[usedToken],
		presented.Cert != nil && !s.used[usedCert], presented.Mesh != "" && !s.used[usedMesh]:
		return nil, errUnused
	}
	return s.found, nil
}

func (o *owners) byConnection(s *search) {
	if cert := s.presented.Cert; cert != nil {
		if cert.SPIFFE != "" {
			s.consider(o.spiffe[cert.SPIFFE]...)
			s.consider(o.prefixes[parent(cert.SPIFFE)]...)
		}
		for _, name := range cert.DNS {
			s.consider(o.dns[name]...)
		}
	}
	if s.presented.Mesh != "" {
		s.consider(o.mesh[s.presented.Mesh]...)
	}
	if unix := s.presented.Unix; unix != nil {
		s.consider(o.uids[unix.UID]...)
		s.consider(o.gids[unix.GID]...)
	}
}

func (o *owners) byToken(s *search) {
	for _, name := range o.names[s.token.Issuer] {
		switch v := s.token.Claims[name].(type) {
		case string:
			s.consider(o.claims[claimKey{s.token.Issuer, name, v}]...)
		case []string:
			for _, value := range v {
				s.consider(o.claims[claimKey{s.token.Issuer, name, value}]...)
			}
		}
	}
}

// parent is a SPIFFE ID without its last segment.
func parent(id string) string {
	if i := strings.LastIndexByte(id, '/'); i > len("spiffe://") {
		return id[:i]
	}
	return ""
}

// consider takes the entries of which all is presented.
func (s *search) consider(entries ...*entry) {
	for _, e := range entries {
		if !s.satisfies(e) {
			continue
		}
		if s.found != nil && s.found != e.caller {
			s.two = true
		}
		s.found = e.caller
		s.used[usedKey] = s.used[usedKey] || e.key != nil
		s.used[usedToken] = s.used[usedToken] || e.issuer != nil
		s.used[usedCert] = s.used[usedCert] || e.spiffe != "" || e.dns != ""
		s.used[usedMesh] = s.used[usedMesh] || e.mesh != ""
	}
}

// satisfies reports whether all that an entry has is presented.
func (s *search) satisfies(e *entry) bool {
	cert, unix := s.presented.Cert, s.presented.Unix
	switch {
	case e.key != nil && e.key != s.key,
		e.mesh != "" && e.mesh != s.presented.Mesh,
		(e.spiffe != "" || e.dns != "") && cert == nil,
		(e.uid != nil || e.gid != nil) && unix == nil,
		e.issuer != nil && (s.token == nil || s.token.Issuer != e.issuer.Name):
		return false
	case e.spiffe != "" && !e.prefix && e.spiffe != cert.SPIFFE,
		e.prefix && e.spiffe != parent(cert.SPIFFE),
		e.dns != "" && !slices.Contains(cert.DNS, e.dns),
		e.uid != nil && *e.uid != unix.UID,
		e.gid != nil && *e.gid != unix.GID:
		return false
	}
	for _, c := range e.claims {
		if !s.token.Has(c.name, c.value) {
			return false
		}
	}
	return true
}

// Describe says by what a call was known, for the audit.
func Describe(p *identity.Presented, token *identity.Token) Credential {
	var kinds, ids []string
	add := func(kind, id string) { kinds, ids = append(kinds, kind), append(ids, id) }
	if p.KeyID != "" {
		add("key", p.KeyID)
	}
	if token != nil {
		add("token", token.Issuer+"/"+token.KeyID)
	}
	if p.Cert != nil {
		add("certificate", p.Cert.Serial)
	}
	if p.Mesh != "" {
		add("mesh", p.Mesh)
	}
	if p.Unix != nil && len(kinds) == 0 {
		add("unix", fmt.Sprint(p.Unix.UID))
	}
	return Credential{strings.Join(kinds, "+"), strings.Join(ids, "+")}
}
