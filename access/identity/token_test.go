package identity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// login is an issuer of tokens with its JWKS on a server.
type login struct {
	t      testing.TB
	server *httptest.Server
	asked  atomic.Int64

	mu     sync.Mutex
	keys   []jose.JSONWebKey
	status int
	raw    string
}

func newLogin(t testing.TB, keys ...jose.JSONWebKey) *login {
	l := &login{t: t, keys: keys, status: http.StatusOK}
	l.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		l.asked.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		w.WriteHeader(l.status)
		if l.raw != "" {
			fmt.Fprint(w, l.raw)
			return
		}
		var set jose.JSONWebKeySet
		for _, key := range l.keys {
			set.Keys = append(set.Keys, key.Public())
		}
		_ = json.NewEncoder(w).Encode(set)
	}))
	t.Cleanup(l.server.Close)
	return l
}

func (l *login) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *login) keySet() *identity.KeySet {
	return identity.NewKeySet(identity.FetchKeys(l.server.URL, ""))
}

var (
	ecKey  = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
)

func ec(kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: ecKey(), KeyID: kid, Algorithm: "ES256", Use: "sig"}
}

// sign makes a token; header may be nil.
func sign(t testing.TB, key jose.JSONWebKey, algorithm jose.SignatureAlgorithm, header map[jose.HeaderKey]any, claims any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: header}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type claims = map[string]any

// good are claims that are believed, with some of them replaced; nil takes one away.
func good(replaced claims) claims {
	c := claims{"iss": "https://login.example.com", "aud": "portone-gateway", "sub": "svc", "exp": time.Now().Add(time.Hour).Unix(),
		"groups": []string{"a", "refunds"}, "realm_access": claims{"roles": []string{"pay"}}, "level": 3}
	for name, value := range replaced {
		c[name] = value
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func verifier(keys *identity.KeySet, algorithms ...string) *identity.Verifier {
	return identity.NewVerifier([]*identity.Issuer{{
		Name: "corp", Issuer: "https://login.example.com", Audiences: []string{"portone-gateway", "other"}, Algorithms: algorithms,
		Claims: []string{"sub", "groups", "realm_access.roles", "level"}, Keys: keys,
	}})
}

func TestTokens(t *testing.T) {
	l := newLogin(t, ec("k1"))
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := verifier(keys, "ES256")
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	es := func(c claims) string { return sign(t, ec("k1"), jose.ES256, nil, c) }
	typ := func(typ any) string {
		return sign(t, ec("k1"), jose.ES256, map[jose.HeaderKey]any{"typ": typ}, good(nil))
	}
	for name, test := range map[string]struct {
		token string
		fine  bool
	}{
		"good":                    {es(good(nil)), true},
		"one audience of several": {es(good(claims{"aud": []string{"x", "other"}})), true},
		"a little expired":        {es(good(claims{"exp": now.Add(-10 * time.Second).Unix()})), true},
		"typ JWT":                 {typ("JWT"), true},
		"typ at+jwt":              {typ("application/at+jwt"), true},
		"typ of a logout":         {typ("logout+jwt"), false},
		"typ of a proof":          {typ("dpop+jwt"), false},
		"typ is no text":          {typ(7), false},
		"expired":                 {es(good(claims{"exp": now.Add(-time.Minute).Unix()})), false},
		"no exp":                  {es(good(claims{"exp": nil})), false},
		"no aud":                  {es(good(claims{"aud": nil})), false},
		"empty aud":               {es(good(claims{"aud": []string{}})), false},
		"other aud":               {es(good(claims{"aud": "x"})), false},
		"no iss":                  {es(good(claims{"iss": nil})), false},
		"other iss":               {es(good(claims{"iss": "https://evil.example"})), false},
		"iss with a slash":        {es(good(claims{"iss": "https://login.example.com/"})), false},
		"not yet":                 {es(good(claims{"nbf": now.Add(time.Hour).Unix()})), false},
		"from the future":         {es(good(claims{"iat": now.Add(time.Hour).Unix()})), false},
		"exp as text":             {es(good(claims{"exp": "never"})), false},
		"another key":             {sign(t, jose.JSONWebKey{Key: stranger, KeyID: "k1"}, jose.ES256, nil, good(nil)), false},
		"unknown key":             {sign(t, jose.JSONWebKey{Key: stranger, KeyID: "k9"}, jose.ES256, nil, good(nil)), false},
		"its own key":             {withOwnKey(t, stranger), false},
		"another algorithm":       {sign(t, jose.JSONWebKey{Key: rsaKey(), KeyID: "k1"}, jose.RS256, nil, good(nil)), false},
		"public key as secret":    {sign(t, jose.JSONWebKey{Key: publicBytes(t), KeyID: "k1"}, jose.HS256, nil, good(nil)), false},
		"alg none":                {unsigned(t, `{"alg":"none","kid":"k1"}`), false},
		"alg nOnE":                {unsigned(t, `{"alg":"nOnE","kid":"k1"}`), false},
		"crit":                    {sign(t, ec("k1"), jose.ES256, map[jose.HeaderKey]any{"crit": []string{"exp"}}, good(nil)), false},
		"no signature":            {strings.TrimRight(es(good(nil)), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), false},
		"nothing":                 {"..", false},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time it may be remembered
				token, err := v.Verify(test.token)
				if (err == nil) != test.fine {
					t.Fatalf("the error is %v", err)
				}
				if err != nil && strings.Contains(err.Error(), test.token) && len(test.token) > 2 {
					t.Error("the error shows the token")
				}
				if err == nil && (token.Issuer != "corp" || token.KeyID != "k1" || !token.Has("sub", "svc") || !token.Has("groups", "refunds") ||
					!token.Has("realm_access.roles", "pay") || token.Has("groups", "x") || token.Has("level", "3") || token.Claims["level"] != int64(3)) {
					t.Errorf("the token is read as %+v", token)
				}
			}
		})
	}
}

func withOwnKey(t *testing.T, key *ecdsa.PrivateKey) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(good(nil)).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func publicBytes(t *testing.T) []byte {
	key := ec("k1")
	text, err := json.Marshal(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unsigned(t *testing.T, header string) string {
	body, err := json.Marshal(good(nil))
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode(body) + "."
}

func TestRSATokens(t *testing.T) {
	l := newLogin(t, jose.JSONWebKey{Key: rsaKey(), KeyID: "r1"})
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	token := sign(t, jose.JSONWebKey{Key: rsaKey(), KeyID: "r1"}, jose.PS256, nil, good(nil))
	if _, err := verifier(keys, "RS256").Verify(token); err == nil {
		t.Error("an algorithm that the policy does not name is taken")
	}
	if _, err := verifier(keys, "PS256").Verify(token); err != nil {
		t.Error(err)
	}
	noID := sign(t, jose.JSONWebKey{Key: rsaKey()}, jose.RS256, nil, good(nil))
	if _, err := verifier(keys, "RS256").Verify(noID); err != nil {
		t.Errorf("a token without kid, where there is one key: %v", err)
	}
}

func TestRevokedKeysAreForgotten(t *testing.T) {
	l := newLogin(t, ec("k1"), ec("k2"))
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := verifier(keys, "ES256")
	token := sign(t, ec("k1"), jose.ES256, nil, good(nil))
	if _, err := v.Verify(token); err != nil {
		t.Fatal(err)
	}
	l.change(func() { l.keys = []jose.JSONWebKey{ec("k2")} })
	if err := keys.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(token); err == nil {
		t.Error("a token whose key is gone is believed, since it is remembered")
	}
}

func TestFailedRefreshKeepsKeys(t *testing.T) {
	l := newLogin(t, ec("k1"))
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := verifier(keys, "ES256")
	for name, change := range map[string]func(){
		"error":    func() { l.status = http.StatusInternalServerError },
		"no JWKS":  func() { l.status, l.raw = http.StatusOK, "<html>" },
		"no keys":  func() { l.raw = `{"keys":[]}` },
		"null":     func() { l.raw = `null` },
		"secret":   func() { l.raw = `{"keys":[{"kty":"oct","k":"AAAA","kid":"k1"}]}` },
		"too long": func() { l.raw = `{"keys":[` + strings.Repeat(" ", 2<<20) + `]}` },
		"moved":    func() { l.status, l.raw = http.StatusFound, "" },
	} {
		t.Run(name, func(t *testing.T) {
			l.change(change)
			if err := keys.Refresh(context.Background()); err == nil || keys.Problem() == nil {
				t.Error("there is no problem")
			}
			if _, err := v.Verify(sign(t, ec("k1"), jose.ES256, nil, good(claims{"jti": name}))); err != nil {
				t.Errorf("the keys read before are lost: %v", err)
			}
		})
	}
}

func TestUnknownKeysDoNotFlood(t *testing.T) {
	l := newLogin(t, ec("k1"))
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := verifier(keys, "ES256")
	var calls sync.WaitGroup
	for i := range 200 {
		token := sign(t, ec(fmt.Sprint("unknown-", i)), jose.ES256, nil, good(nil))
		calls.Go(func() { _, _ = v.Verify(token) })
	}
	calls.Wait()
	if n := l.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

func TestNewKeyIsFoundAtOnce(t *testing.T) {
	l := newLogin(t, ec("k1"))
	keys := l.keySet() // not asked yet, as when the issuer was down at start
	v := verifier(keys, "ES256")
	var calls sync.WaitGroup
	for i := range 50 {
		token := sign(t, ec("k1"), jose.ES256, nil, good(claims{"jti": fmt.Sprint(i)}))
		calls.Go(func() {
			if _, err := v.Verify(token); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if n := l.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

func TestWeakKeysAreNotTaken(t *testing.T) {
	l := newLogin(t)
	l.change(func() {
		l.raw = `{"keys":[{"kty":"RSA","kid":"weak","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 128))) + `"}]}`
	})
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		t.Skipf("go-jose refuses it by itself: %v", err)
	}
	token := sign(t, jose.JSONWebKey{Key: rsaKey(), KeyID: "weak"}, jose.RS256, nil, good(nil))
	if _, err := verifier(keys, "RS256").Verify(token); err == nil || !strings.Contains(err.Error(), "does not have") {
		t.Errorf("a key of 1024 bits is used: %v", err)
	}
}

func BenchmarkToken(b *testing.B) {
	l := newLogin(b, ec("k1"), jose.JSONWebKey{Key: rsaKey(), KeyID: "r1"})
	keys := l.keySet()
	if err := keys.Refresh(context.Background()); err != nil {
		b.Fatal(err)
	}
	token := sign(b, ec("k1"), jose.ES256, nil, good(nil))
	b.Run("remembered", func(b *testing.B) {
		v := verifier(keys, "ES256")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(token); err != nil {
				b.Fatal(err)
			}
		}
	})
	rs := sign(b, jose.JSONWebKey{Key: rsaKey(), KeyID: "r1"}, jose.RS256, nil, good(nil))
	b.Run("new, RS256", func(b *testing.B) {
		for b.Loop() {
			if _, err := verifier(keys, "RS256").Verify(rs); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkKey(b *testing.B) {
	key, _, err := identity.NewKey("php-2026")
	if err != nil {
		b.Fatal(err)
	}
	header := http.Header{"Authorization": {"PortOne " + key}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := identity.Present(header, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}
