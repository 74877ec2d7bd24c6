package upstream

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/contract"
)

// Account is an API secret with all that must be its own: one merchant's outage, or
// secret that PortOne refuses, is no other's. Connections are shared. It is safe for
// concurrent use.
type Account struct {
	name        string
	credentials Credentials
	observer    Observer
	logger      *slog.Logger
	breakers    sync.Map // *breaker by *contract.Method
	budget      budget
	headers     atomic.Pointer[header]
}

// NewAccount returns an account for requests of the client. The name is for the log, and
// the observer is told of the account's requests.
func (c *Client) NewAccount(name string, credentials Credentials, observer Observer) *Account {
	return &Account{name: name, credentials: credentials, observer: observer, logger: c.opts.Logger.With(slog.String("secret", name))}
}

// Credentials are the account's.
func (a *Account) Credentials() Credentials { return a.credentials }

// breakerOf is the circuit breaker of a method.
func (a *Account) breakerOf(method *contract.Method) *breaker {
	if b, ok := a.breakers.Load(method); ok {
		return b.(*breaker)
	}
	operation := method.ID()
	b, _ := a.breakers.LoadOrStore(method, &breaker{
		now: time.Now, changed: func(state BreakerState) {
			a.logger.Warn("a circuit breaker changed", slog.String("operation", operation), slog.String("state", state.String()))
			a.observer.Breaker(operation, state)
		},
	})
	return b.(*breaker)
}

// header caches the header lines that every request to PortOne has, for one secret.
// Without Accept-Encoding, any coding would be acceptable (RFC 9110, section
// 12.5.3), and we read none.
type header struct {
	secret Secret
	lines  []byte
}

// header returns the header lines with the secret that is valid now.
func (a *Account) header(userAgent string) ([]byte, error) {
	secret, err := a.credentials.Secret()
	if err != nil {
		return nil, err
	}
	if h := a.headers.Load(); h != nil && h.secret == secret {
		return h.lines, nil
	}
	h := &header{secret, []byte("Authorization: " + secret.Authorization() + "\r\nAccept: */*\r\nAccept-Encoding: identity\r\nUser-Agent: " + userAgent + "\r\n")}
	a.headers.Store(h)
	return h.lines, nil
}
