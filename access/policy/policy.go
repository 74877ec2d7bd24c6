package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync"

	"github.com/portone-gateway/portone-gateway/access/condition"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/view"
)

// Policy is a policy to decide by. It never changes, and is safe for concurrent use.
type Policy struct {
	// Hash is the SHA-256 of the file, in hexadecimal.
	Hash string

	// Mode is what becomes of calls that are refused.
	Mode Mode

	// Reflection is whom server reflection answers.
	Reflection Reflection

	// Secrets, Stores, Issuers and Callers are those of the file, by name.
	Secrets map[string]*Secret
	Stores  map[string]*Store
	Issuers map[string]*Issuer
	Callers map[string]*Caller

	// Proxies are whose x-forwarded-client-cert is believed; nil for no one's.
	Proxies *identity.Proxies

	order  []*Caller // in the order of the file
	roles  map[string]*role
	ops    []*operation
	byID   map[string]*Store
	only   *Secret // the one there is; nil where there are several
	owners *owners
}

// messages are the types of the contract's requests, which all policies share.
var messages = sync.OnceValues(func() ([]*operation, error) { return operations(types()) })

var types = sync.OnceValue(func() *view.Types { return new(view.Types) })

// InOrder are the callers in the order of the file.
func (p *Policy) InOrder() []*Caller { return p.order }

// KeyIDs are the ids of all gateway keys.
func (p *Policy) KeyIDs() []string { return slices.Sorted(maps.Keys(p.owners.keys)) }

// Index is the place of an RPC in Methods and all tables of policies, by its full name;
// -1 where there is no such RPC.
func Index(fullName string) int {
	for i, m := range Methods() {
		if m.FullName == fullName {
			return i
		}
	}
	return -1
}

// Load reads a policy. The error is of type Errors and names file in every line; nothing
// else is read, such as the files of secrets.
func Load(file string, data []byte) (*Policy, error) {
	r := &reader{file: file}
	ops, err := messages()
	if err != nil {
		return nil, err
	}
	root := r.parse(data)
	if root == nil {
		return nil, r.errors.sorted()
	}
	d := r.read(root, ops)
	if len(r.errors) > 0 {
		return nil, r.errors.sorted()
	}
	p := d.policy()
	sum := sha256.Sum256(data)
	p.Hash = hex.EncodeToString(sum[:])
	compiler, err := condition.NewCompiler(types())
	if err != nil {
		return nil, err
	}
	c := &compilation{reader: r, policy: p, compiler: compiler, plans: make(map[planKey]*view.Plan), profiles: make(map[string]*profile)}
	if err := c.run(d); err != nil {
		return nil, err
	}
	if len(r.errors) > 0 {
		return nil, r.errors.sorted()
	}
	return p, nil
}

// policy takes over what the document says.
func (d *document) policy() *Policy {
	p := &Policy{
		Mode: d.mode, Reflection: d.reflection, Secrets: d.secrets, Stores: d.stores, Issuers: d.issuers, Proxies: d.proxies,
		Callers: make(map[string]*Caller, len(d.callers)), order: d.callers, roles: d.roles, ops: d.ops, byID: make(map[string]*Store), only: d.onlySecret(),
	}
	for i, c := range d.callers {
		c.Index = i
		p.Callers[c.Name] = c
	}
	for _, s := range d.stores {
		p.byID[s.ID] = s
	}
	return p
}
