package policy

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/view"
)

// Secret is one of PortOne's API secrets.
type Secret struct {
	// Name is the secret's in the policy.
	Name string

	// File has the secret; or Env, a variable of the environment, does. Both are empty
	// where the policy has no secrets: then it is the one that the gateway was started
	// with.
	File, Env string

	// StoreID is the store that a request is about which goes up with this secret and
	// names none; empty where that is not said.
	StoreID string

	at position
}

// DefaultSecret is the name of the secret that the gateway was started with, where the
// policy has none of its own.
const DefaultSecret = "default"

// Store is a store of the merchant.
type Store struct {
	// Name is the store's in the policy.
	Name string

	// ID is PortOne's.
	ID string

	// Secret is the one that calls on the store go up with.
	Secret *Secret

	at position
}

// Issuer is one whose tokens are believed.
type Issuer struct {
	// Name is the issuer's in the policy.
	Name string

	// Issuer and Audiences are what `iss` and `aud` of a token must be.
	Issuer    string
	Audiences []string

	// JWKS is where its keys are: a URL, or a file.
	JWKS string

	// CA is a file with the authorities that the server of the URL may have its
	// certificate from; empty for the system's.
	CA string

	// Algorithms are the signatures that are taken.
	Algorithms []string

	// Claims are those that conditions may read, and those that callers are known by.
	Claims []string

	at position
}

// Limit is what a caller may use at most. Zero values are no limit.
type Limit struct {
	// Every is the time in which one more call is allowed.
	Every time.Duration

	// Burst is how many calls may come at once.
	Burst int64

	// InFlight is how many calls are carried out at the same time.
	InFlight int64
}

// Caller is somebody who may call.
type Caller struct {
	// Name is the caller's in the policy, for logs and metrics.
	Name string

	// Index is the caller's place among those of the policy, from 0 on.
	Index int

	// Secret is the one that calls go up with which name no store; nil where there is
	// none, and the store decides.
	Secret *Secret

	// Stores are those that the caller is confined to, in the order of the file; empty
	// where it is not.
	Stores []*Store

	// Limit is what the caller may use.
	Limit Limit

	// RequireKey reports whether mutations must come with an idempotency key.
	RequireKey bool

	roles   []*role
	entries []*entry
	unknown view.Unknown
	strict  string // what unknown is, for grouping
	on      map[string]*Store
	only    *Secret // that all stores have; nil where they differ
	profile *profile
	at      position
}

// role is a set of rules.
type role struct {
	name  string
	rules []*Rule
	at    position
}

// Rule allows RPCs, perhaps under a condition.
type Rule struct {
	// Role is the name of the role that the rule is in.
	Role string

	// Line is where in the file the rule is.
	Line int

	// When is its condition; empty where there is none.
	When string

	rpcs []pattern
	ops  []*operation
	node *yaml.Node // of When
}

// pattern is what a rule says of RPCs, and what it stands for.
type pattern struct {
	text string
	ops  []*operation
	at   position
}

// entry is one of the ways by which a caller is known: all that it has must be
// presented.
type entry struct {
	caller *Caller
	at     position

	spiffe string // with prefix: without the last segment
	prefix bool
	dns    string
	mesh   string
	key    *key
	issuer *Issuer
	claims []claim
	uid    *uint32
	gid    *uint32
}

// claim is what a token must say: the text, or a list with it.
type claim struct{ name, value string }

// key is a gateway key.
type key struct {
	id    string
	hash  identity.KeyHash
	until time.Time // zero for no end
	entry *entry
	at    position
}

// Mode is what becomes of calls that are refused.
type Mode string

// The modes.
const (
	// Enforce refuses them.
	Enforce Mode = "enforce"

	// Shadow lets them go on, and tells.
	Shadow Mode = "shadow"
)

// Reflection is whom gRPC's server reflection answers.
type Reflection string

// Whom reflection answers.
const (
	ReflectionCallers Reflection = "callers"
	ReflectionAll     Reflection = "all"
	ReflectionNone    Reflection = "none"
)

// document is what a file says, before it is known whether it can be.
type document struct {
	mode       Mode
	reflection Reflection
	secrets    map[string]*Secret
	stores     map[string]*Store
	issuers    map[string]*Issuer
	proxies    *identity.Proxies
	roles      map[string]*role
	callers    []*Caller
	limit      Limit
	unknown    view.Unknown
	strict     string
	requireKey bool

	ops    []*operation
	byName map[string]*operation
}
