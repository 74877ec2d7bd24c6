package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// DefaultURL is PortOne's API.
const DefaultURL = "https://api.portone.io"

// Options configure a Client. Zero values mean the defaults.
type Options struct {
	// URL is where PortOne's API is: http or https, a host, and perhaps a path
	// that all requests begin with. Default: DefaultURL.
	URL string

	// Credentials give the API secret of requests that name no Account. Required, unless
	// all do.
	Credentials Credentials

	// Mapper makes the errors. Required.
	Mapper *errmap.Mapper

	// Timeout is how long one attempt may wait for PortOne's answer. A call
	// without a deadline of its own lasts at most twice that. Default: 60 s, which
	// PortOne asks for, since PGs are slow.
	Timeout time.Duration

	// MaxAttempts is how many times a request is sent at most, so 1 repeats none.
	// Questions for a mutation that PortOne is still working on do not count.
	// Default: 4.
	MaxAttempts int

	// MaxInFlight is how many calls are carried out at once; more are refused.
	// Each has a connection of its own. Default: 8192.
	MaxInFlight int

	// UserAgent is sent to PortOne. Default: "portone-gateway".
	UserAgent string

	// Observer is told what happens, but for requests of other Accounts. Default: no one.
	Observer Observer

	// Tracer makes spans of attempts. Default: none are made.
	Tracer Tracer

	// Logger gets a line for answers of PortOne that are none of its API's.
	// Default: slog.Default().
	Logger *slog.Logger

	// Proxy returns the HTTP proxy for a URL, nil for none, as
	// http.ProxyFromEnvironment would. It is asked once, and for https only.
	// Default: no proxy.
	Proxy func(*url.URL) (*url.URL, error)

	// TLS is the client's TLS configuration, for tests and private certificate
	// authorities. Default: the system's certificates.
	TLS *tls.Config
}

// Observer is told what happens between the gateway and PortOne. Its methods are
// called concurrently and must not block.
type Observer interface {
	// Attempt is called after each HTTP request, with the HTTP status of the
	// answer, or 0 and what went wrong.
	Attempt(operation string, status int, problem string, took time.Duration)

	// Retry is called before a request is repeated, with how long that was waited for.
	// Outstanding says that PortOne is still working on it.
	Retry(operation string, outstanding bool, waited time.Duration)

	// Breaker is called when the circuit breaker of an operation changes, with its
	// new state.
	Breaker(operation string, state BreakerState)
}

// Attempt is one HTTP request of a call, as far as a span may tell of it.
type Attempt struct {
	// Method is what is called.
	Method *contract.Method

	// Number counts the requests of the call, from 1.
	Number int

	// Waited is how long the call waited since the attempt before.
	Waited time.Duration

	// Address is PortOne's, host:port.
	Address string
}

// Tracer makes a span of an attempt, under that of the call. Nothing of it may go to
// PortOne. Its methods are called concurrently.
type Tracer interface {
	// StartAttempt begins a span and returns what ends it, which is told the HTTP status of
	// the answer, 0 if there was none, and what went wrong, as Observer.Attempt is.
	StartAttempt(ctx context.Context, a Attempt) (end func(status int, problem string))
}

// Client calls PortOne. It is safe for concurrent use.
type Client struct {
	opts     Options
	http     *http1.Client
	prefix   string
	address  string   // host:port
	own      *Account // of requests that name none
	inFlight atomic.Int64
	gone     context.Context // ends with Abort
	abort    context.CancelFunc
	calls    sync.Pool // of *outgoing
}

// New returns a client. It makes no connection yet.
func New(opts Options) (*Client, error) {
	opts.setDefaults()
	config, prefix, err := parseURL(opts.URL, opts.TLS)
	if err != nil {
		return nil, err
	}
	if err := setProxy(&config, opts.Proxy); err != nil {
		return nil, err
	}
	config.MaxIdle = opts.MaxInFlight
	c := &Client{opts: opts, http: http1.New(config), prefix: prefix, address: config.Address}
	c.own = &Account{credentials: opts.Credentials, observer: opts.Observer, logger: opts.Logger}
	c.gone, c.abort = context.WithCancel(context.Background())
	c.calls.New = func() any { return new(outgoing) }
	return c, nil
}

func (o *Options) setDefaults() {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.Timeout <= 0 {
		o.Timeout = 60 * time.Second
	}
	if o.MaxAttempts <= 0 {
		o.MaxAttempts = 4
	}
	if o.MaxInFlight <= 0 {
		o.MaxInFlight = 8192
	}
	if o.UserAgent == "" {
		o.UserAgent = "portone-gateway"
	}
	if o.Credentials == nil {
		o.Credentials = noCredentials{}
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

// parseURL reads the address of PortOne's API.
func parseURL(text string, tlsConfig *tls.Config) (config http1.Config, prefix string, err error) {
	config = http1.Config{
		DialTimeout: 10 * time.Second,
		IdleTimeout: 30 * time.Second, // load balancers close after 60
		MaxHeader:   64 << 10,
		MaxBody:     32 << 20,
	}
	u, err := url.Parse(text)
	if err != nil {
		// Without the error, which quotes what it takes for a port or host and may
		// be part of a password.
		return config, "", fmt.Errorf("is no URL")
	}
	port := u.Port()
	switch u.Scheme {
	case "https":
		if tlsConfig == nil {
			tlsConfig = &tls.Config{}
		}
		config.TLS = tlsConfig.Clone()
		if config.TLS.ServerName == "" {
			config.TLS.ServerName = u.Hostname()
		}
		if port == "" {
			port = "443"
		}
	case "http":
		if port == "" {
			port = "80"
		}
	default:
		return config, "", fmt.Errorf("must begin with https:// or http://")
	}
	number, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || number == 0:
		return config, "", fmt.Errorf("must have a port from 1 to 65535, or none")
	case u.Hostname() == "":
		return config, "", fmt.Errorf("has no host")
	case u.User != nil:
		return config, "", fmt.Errorf("must not have a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return config, "", fmt.Errorf("must not have a query or fragment")
	}
	config.Address, config.Host = net.JoinHostPort(u.Hostname(), port), u.Host
	return config, strings.TrimRight(u.EscapedPath(), "/"), nil
}

// Do makes a request and returns the JSON of PortOne's answer, which is empty where
// the answer has no content, in a slice of bytepool.Shared that the caller gives
// back. Ctx ends the call when the caller goes away.
func (c *Client) Do(ctx context.Context, r *Request) (*[]byte, *errmap.Error) {
	o, failure := c.do(ctx, r, false)
	if failure != nil {
		return nil, failure
	}
	body := o.last.body
	o.last.body = nil
	r.Status = o.last.response.Status
	c.recycle(o)
	return body, nil
}

// do makes a request. Without an error, it has an answer with 2xx, and its
// body, or its stream if that was asked for.
func (c *Client) do(ctx context.Context, r *Request, stream bool) (*outgoing, *errmap.Error) {
	o := c.calls.Get().(*outgoing)
	o.client, o.account, o.request, o.ctx, o.streaming = c, r.Account, r, ctx, stream
	if o.account == nil {
		o.account = c.own
	}
	if c.inFlight.Add(1) > int64(c.opts.MaxInFlight) {
		c.inFlight.Add(-1)
		return nil, o.fail(errmap.Overloaded)
	}
	counted := false // until its stream is closed
	defer func() {
		if !counted {
			c.inFlight.Add(-1)
		}
	}()
	if failure := o.prepare(); failure != nil {
		return nil, failure
	}
	if failure := o.run(); failure != nil {
		o.last.drop()
		return nil, failure
	}
	counted = stream
	return o, nil
}

// BeginWriting counts a call that Do has ended as in flight again, until EndWriting:
// what it holds while its caller reads the answer must not be without a limit.
func (c *Client) BeginWriting() { c.inFlight.Add(1) }

// EndWriting ends what BeginWriting began.
func (c *Client) EndWriting() { c.inFlight.Add(-1) }

// InFlight is how many calls are being carried out, or have answers that are being
// written.
func (c *Client) InFlight() int64 { return c.inFlight.Load() }

// Full reports whether no more calls are carried out at the moment.
func (c *Client) Full() bool { return c.inFlight.Load() >= int64(c.opts.MaxInFlight) }

// Idle is how many connections are kept without a call on them.
func (c *Client) Idle() int { return c.http.Idle() }

// Close closes connections without a call on them now, and the others when their
// call ends.
func (c *Client) Close() { c.http.Close() }

// Abort breaks off every call, for the end of the process when calls have not
// finished in time: those that may have been carried out end as unknown outcomes,
// with their keys. No calls can be made after it.
func (c *Client) Abort() {
	c.abort()
	c.http.Abort()
}

// recycle makes what a call took ready for another one.
func (c *Client) recycle(o *outgoing) {
	o.last.drop()
	*o = outgoing{header: o.header[:0], target: o.target[:0], last: attempt{response: o.last.response}}
	c.calls.Put(o)
}

// noObserver observes nothing.
type noObserver struct{}

func (noObserver) Attempt(string, int, string, time.Duration) {}
func (noObserver) Retry(string, bool, time.Duration)          {}
func (noObserver) Breaker(string, BreakerState)               {}

// free gives a body back.
func free(body *[]byte) {
	if body != nil {
		bytepool.Shared.Put(body)
	}
}
