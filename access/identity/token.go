package identity

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Algorithms are the signatures that tokens may have. Those with a shared secret are
// not among them: with one, whoever can check tokens can make them.
var Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// leeway is how far clocks may differ.
const leeway = 30 * time.Second

// Issuer is one whose tokens are believed.
type Issuer struct {
	// Name is the issuer's in the policy.
	Name string

	// Issuer is what `iss` must be, and Audiences are those of which `aud` must have
	// one.
	Issuer    string
	Audiences []string

	// Algorithms are the signatures that are taken, of Algorithms.
	Algorithms []string

	// Claims are the names of the claims that are kept of a token. One with dots is
	// also looked for in objects: realm_access.roles.
	Claims []string

	// Keys are the issuer's.
	Keys *KeySet
}

// Token is a token that was verified. It never changes.
type Token struct {
	// Issuer is the name of its issuer in the policy.
	Issuer string

	// KeyID is the id of the key that signed it, for the audit.
	KeyID string

	// Expires is when it is no longer believed.
	Expires time.Time

	// Claims are those that the issuer's Claims name: string, bool, int64 or []string.
	Claims map[string]any

	keys uint64 // generation of the keys it was verified with
}

// Verifier verifies tokens, and remembers those that it believed. It is safe for
// concurrent use. A new policy wants a new one.
type Verifier struct {
	issuers    map[string]*Issuer // by `iss`
	algorithms []jose.SignatureAlgorithm
	now        func() time.Time
	cache      tokenCache
}

// NewVerifier returns a verifier for issuers, no two of which have the same `iss`.
func NewVerifier(issuers []*Issuer) *Verifier {
	v := &Verifier{issuers: make(map[string]*Issuer), now: time.Now}
	for _, issuer := range issuers {
		v.issuers[issuer.Issuer] = issuer
		for _, name := range issuer.Algorithms {
			if a := jose.SignatureAlgorithm(name); !slices.Contains(v.algorithms, a) {
				v.algorithms = append(v.algorithms, a)
			}
		}
	}
	return v
}

// Verify verifies a token. The error is for logs and has nothing of the token.
func (v *Verifier) Verify(text string) (*Token, error) {
	if len(v.issuers) == 0 {
		return nil, errors.New("no tokens are taken")
	}
	var buffer [1024]byte
	hash := sha256.Sum256(append(buffer[:0], text...))
	if known := v.cache.get(hash); known != nil {
		if issuer := v.byName(known); issuer != nil && known.keys == issuer.Keys.generation() && v.now().Before(known.Expires) {
			return known, nil
		}
	}
	token, err := v.verify(text)
	if err != nil {
		return nil, err
	}
	v.cache.put(hash, token)
	return token, nil
}

func (v *Verifier) byName(t *Token) *Issuer {
	for _, issuer := range v.issuers {
		if issuer.Name == t.Issuer {
			return issuer
		}
	}
	return nil
}

func (v *Verifier) verify(text string) (*Token, error) {
	parsed, err := jwt.ParseSigned(text, v.algorithms)
	if err != nil || len(parsed.Headers) != 1 {
		return nil, errors.New("the token cannot be read, or its algorithm is not taken")
	}
	header := parsed.Headers[0]
	if !isAccessToken(header.ExtraHeaders[jose.HeaderType]) {
		return nil, errors.New("the token is of another type")
	}
	var claimed struct {
		Issuer string `json:"iss"`
	}
	if err := parsed.UnsafeClaimsWithoutVerification(&claimed); err != nil {
		return nil, errors.New("the token's claims cannot be read")
	}
	issuer := v.issuers[claimed.Issuer]
	if issuer == nil || !slices.Contains(issuer.Algorithms, header.Algorithm) {
		return nil, errors.New("the token is of an issuer or algorithm that is not taken")
	}
	key, generation, err := issuer.Keys.find(header.KeyID, header.Algorithm)
	if err != nil {
		return nil, fmt.Errorf("issuer %s: %w", issuer.Name, err)
	}
	var standard jwt.Claims
	var all map[string]any
	switch err := parsed.Claims(key.Key, &standard, &all); {
	case errors.Is(err, jose.ErrCryptoFailure):
		return nil, fmt.Errorf("issuer %s: the token's signature is wrong", issuer.Name)
	case err != nil:
		return nil, fmt.Errorf("issuer %s: the token's claims cannot be read", issuer.Name)
	}
	if err := v.validate(issuer, &standard); err != nil {
		return nil, fmt.Errorf("issuer %s: %w", issuer.Name, err)
	}
	return &Token{
		Issuer: issuer.Name, KeyID: header.KeyID, Expires: standard.Expiry.Time().Add(leeway),
		Claims: keep(all, issuer.Claims), keys: generation,
	}, nil
}

// isAccessToken reports whether the header `typ` is one of a token for calls (RFC
// 9068, section 2.1): one for logging out, or a proof of possession, is not.
func isAccessToken(typ any) bool {
	if typ == nil {
		return true
	}
	text, ok := typ.(string)
	text = strings.ToLower(strings.TrimPrefix(strings.ToLower(text), "application/"))
	return ok && (text == "jwt" || text == "at+jwt")
}

// validate checks the claims. go-jose checks the time only where the token has one,
// so that they must be there is checked here.
func (v *Verifier) validate(issuer *Issuer, c *jwt.Claims) error {
	if c.Expiry == nil {
		return errors.New("the token has no exp")
	}
	if len(c.Audience) == 0 {
		return errors.New("the token has no aud")
	}
	expected := jwt.Expected{Issuer: issuer.Issuer, AnyAudience: issuer.Audiences, Time: v.now()}
	switch err := c.ValidateWithLeeway(expected, leeway); {
	case errors.Is(err, jwt.ErrExpired):
		return errors.New("the token is expired")
	case errors.Is(err, jwt.ErrInvalidAudience):
		return errors.New("the token is for another audience")
	case err != nil:
		return errors.New("the token is not valid now, or not of this issuer")
	}
	return nil
}

// keep takes the named claims.
func keep(all map[string]any, names []string) map[string]any {
	kept := make(map[string]any, len(names))
	for _, name := range names {
		if value := simple(find(all, name)); value != nil {
			kept[name] = value
		}
	}
	return kept
}

// find looks for a claim by its name, and where there is none, by its parts in objects.
func find(claims map[string]any, name string) any {
	if value, ok := claims[name]; ok {
		return value
	}
	first, rest, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	inner, _ := claims[first].(map[string]any)
	return find(inner, rest)
}

// simple is a claim as text, list of texts, boolean or integer; nil for others.
func simple(value any) any {
	switch v := value.(type) {
	case string, bool:
		return v
	case float64:
		if n := int64(v); float64(n) == v && n > -1<<53 && n < 1<<53 {
			return n
		}
	case []any:
		texts := make([]string, 0, len(v))
		for _, element := range v {
			text, ok := element.(string)
			if !ok {
				return nil
			}
			texts = append(texts, text)
		}
		return texts
	}
	return nil
}

// Has reports whether a claim is a text, or a list that contains it.
func (t *Token) Has(claim, text string) bool {
	switch v := t.Claims[claim].(type) {
	case string:
		return v == text
	case []string:
		return slices.Contains(v, text)
	}
	return false
}

// maxCached is how many tokens are remembered at least; at most twice as many.
const maxCached = 4096

// tokenCache remembers tokens that were believed. It has two generations: when the
// younger is full, the older is forgotten.
type tokenCache struct {
	young, old atomic.Pointer[sync.Map]
	count      atomic.Int64
	mu         sync.Mutex
}

func (c *tokenCache) get(hash [sha256.Size]byte) *Token {
	for _, generation := range []*sync.Map{c.young.Load(), c.old.Load()} {
		if generation == nil {
			continue
		}
		if token, ok := generation.Load(hash); ok {
			return token.(*Token)
		}
	}
	return nil
}

func (c *tokenCache) put(hash [sha256.Size]byte, token *Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	young := c.young.Load()
	if young == nil || c.count.Load() >= maxCached {
		c.old.Store(young)
		young = new(sync.Map)
		c.young.Store(young)
		c.count.Store(0)
	}
	young.Store(hash, token)
	c.count.Add(1)
}
