package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// maxJWKS is how large a set of keys may be, in bytes, and maxKeys how many.
	maxJWKS = 1 << 20
	maxKeys = 200

	// minRSA is the shortest modulus that is taken, in bits (RFC 7518, section 3.3).
	minRSA = 2048

	// refreshEvery is how often an issuer is asked for its keys.
	refreshEvery = 5 * time.Minute

	// refreshPause is how often at most, also if tokens come with keys that are not
	// known.
	refreshPause = 30 * time.Second

	// refreshWait is how long a call with such a token waits for the answer.
	refreshWait = 3 * time.Second

	// fetchTimeout is how long a server may take to answer.
	fetchTimeout = 10 * time.Second

	// maxStale is how long keys are believed that could not be asked for again: they
	// may have been revoked.
	maxStale = 24 * time.Hour
)

// KeySet has the keys of an issuer. It is safe for concurrent use.
type KeySet struct {
	read func(ctx context.Context) ([]byte, error)
	now  func() time.Time

	current atomic.Pointer[keys]

	mu      sync.Mutex
	problem error
	tried   time.Time     // the last time that keys were asked for
	running chan struct{} // closed when the asking that goes on ends; nil if none does
}

// keys are a set as it was read.
type keys struct {
	generation uint64
	text       string
	fetched    time.Time
	all        []jose.JSONWebKey
}

// NewKeySet returns a set that is read by a function, which bounds its own time. It
// is empty until Refresh.
func NewKeySet(read func(ctx context.Context) ([]byte, error)) *KeySet {
	s := &KeySet{read: read, now: time.Now}
	s.current.Store(&keys{})
	return s
}

// Problem is why the keys could not be read when that was last tried; nil if they
// could.
func (s *KeySet) Problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

// Fetched is when the keys were last read; zero if never.
func (s *KeySet) Fetched() time.Time { return s.current.Load().fetched }

func (s *KeySet) generation() uint64 {
	k := s.current.Load()
	if s.now().Sub(k.fetched) > maxStale {
		return 0 // believed by no token
	}
	return k.generation
}

// Refresh reads the keys, unless somebody does already: then it waits for that. Those
// that the issuer no longer has are forgotten; if it cannot be asked, those that were
// read before stay.
func (s *KeySet) Refresh(ctx context.Context) error { return s.ask(ctx, 0) }

// Generation changes when other keys were read; it is 0 while there are none.
func (s *KeySet) Generation() uint64 { return s.current.Load().generation }

// ask is Refresh, and an error if the last asking began less than a pause ago.
func (s *KeySet) ask(ctx context.Context, pause time.Duration) error {
	s.mu.Lock()
	if running := s.running; running != nil {
		s.mu.Unlock()
		select {
		case <-running:
			return s.Problem()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if pause > 0 && s.now().Sub(s.tried) < pause {
		s.mu.Unlock()
		return errNoKey
	}
	done := make(chan struct{})
	s.running, s.tried = done, s.now()
	s.mu.Unlock()
	err := s.refresh(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.problem = nil, err
	close(done)
	return err
}

func (s *KeySet) refresh(ctx context.Context) error {
	text, err := s.read(ctx)
	if err != nil {
		return err
	}
	all, err := parseKeys(text)
	if err != nil {
		return err
	}
	before := s.current.Load()
	next := &keys{generation: before.generation, text: string(text), fetched: s.now(), all: all}
	if next.text != before.text {
		next.generation++
	}
	s.current.Store(next)
	return nil
}

// Due reports whether it is time to Refresh: after five minutes, or, where it failed the
// last time, after half a minute.
func (s *KeySet) Due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := refreshEvery
	if s.problem != nil {
		wait = refreshPause
	}
	return s.running == nil && s.now().Sub(s.tried) >= wait
}

var errNoKey = errors.New("the token is signed with a key that the issuer does not have")

// find returns the key for a token. For one that is not known, the issuer is asked
// again, but not more often than the pause allows.
func (s *KeySet) find(id, algorithm string) (*jose.JSONWebKey, uint64, error) {
	key, generation := s.lookup(id, algorithm)
	if key != nil {
		return key, generation, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), refreshWait)
	defer cancel()
	if err := s.ask(ctx, refreshPause); err != nil {
		return nil, 0, errNoKey
	}
	if key, generation = s.lookup(id, algorithm); key == nil {
		return nil, 0, errNoKey
	}
	return key, generation, nil
}

// lookup finds a key. A token without a key's id is taken only where there is one key.
func (s *KeySet) lookup(id, algorithm string) (*jose.JSONWebKey, uint64) {
	k := s.current.Load()
	if s.now().Sub(k.fetched) > maxStale || id == "" && len(k.all) != 1 {
		return nil, 0
	}
	for i := range k.all {
		if key := &k.all[i]; (id == "" || key.KeyID == id) && fits(key, algorithm) {
			return key, k.generation
		}
	}
	return nil, 0
}

// fits reports whether a key is one for an algorithm, also by what it says of itself.
func fits(key *jose.JSONWebKey, algorithm string) bool {
	if key.Algorithm != "" && key.Algorithm != algorithm {
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return algorithm[0] != 'E' && k.N.BitLen() >= minRSA
	case *ecdsa.PublicKey:
		sizes := map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}
		return sizes[algorithm] == k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}

// parseKeys reads a JWKS. Keys that cannot be used for signatures are passed over; a
// secret among them is an error, since then somebody published it.
func parseKeys(text []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		return nil, errors.New("is no JSON Web Key Set")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("has more than %d keys", maxKeys)
	}
	var all []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(raw); err != nil || !key.Valid() {
			continue // of another kind, or for encryption by new means
		}
		if !key.IsPublic() {
			return nil, errors.New("has a key that is not public")
		}
		if key.Use == "" || key.Use == "sig" {
			all = append(all, key)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("has no key that signatures can be checked with")
	}
	return all, nil
}

// FetchKeys returns a function for NewKeySet that asks a URL. It follows no redirects,
// and takes no more than a mebibyte. CA is a file with the authorities that the server
// may have its certificate from, which is read each time; empty for the system's.
func FetchKeys(url, ca string) func(ctx context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
		if ca != "" {
			text, err := os.ReadFile(ca)
			if err != nil {
				return nil, err
			}
			transport.TLSClientConfig.RootCAs = x509.NewCertPool()
			if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("%s has no certificate", ca)
			}
		}
		client := &http.Client{Transport: transport, Timeout: fetchTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		return fetch(ctx, client, url)
	}
}

func fetch(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers with HTTP status %d", url, response.StatusCode)
	}
	return readBounded(response.Body, url)
}

// FileKeys returns a function for NewKeySet that reads a file.
func FileKeys(path string) func(ctx context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return readBounded(file, path)
	}
}

func readBounded(from io.Reader, name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxJWKS+1))
	if err == nil && len(text) > maxJWKS {
		err = fmt.Errorf("%s has more than %d bytes", name, maxJWKS)
	}
	return text, err
}
