package http1

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"
)

// Client calls one server over connections that it keeps. It is safe for
// concurrent use.
type Client struct {
	config Config
	dialer net.Dialer

	mu     sync.Mutex
	idle   []*conn // the last used one last, so that few are in use
	active map[*conn]struct{}
	sweep  *time.Timer
	closed bool

	gone  context.Context // ends with Abort
	abort context.CancelFunc
}

// New returns a client. It makes no connection yet.
func New(config Config) *Client {
	if config.TLS != nil {
		config.TLS = config.TLS.Clone()
		config.TLS.NextProtos = []string{"http/1.1"}
	}
	c := &Client{config: config, active: make(map[*conn]struct{})}
	c.gone, c.abort = context.WithCancel(context.Background())
	return c
}

// Do sends a request and reads the whole answer, which must be there before the
// deadline. The end of ctx, by its own deadline too, ends the call at once.
//
// The body is a slice of bytepool.Shared, which the caller gives back. With an
// error, which is always an *Error, there is none; resp.Status then tells
// whether the head of an answer came.
func (c *Client) Do(ctx context.Context, deadline time.Time, req *Request, resp *Response) (*[]byte, error) {
	body, err := c.start(ctx, deadline, req, resp)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return body.whole(c.config.MaxBody)
}

// Open sends a request and reads the head of the answer, which must be there
// before the deadline. The body is read by the caller, who closes it, and may
// give it other deadlines.
func (c *Client) Open(ctx context.Context, deadline time.Time, req *Request, resp *Response) (*Body, error) {
	body, err := c.start(ctx, deadline, req, resp)
	if err != nil {
		return nil, err
	}
	own := *body // who keeps it for too long must not meet the connection's next call in it
	*body = Body{}
	return &own, nil
}

// start is Open, but the Body that it returns is the one embedded in the connection.
func (c *Client) start(ctx context.Context, deadline time.Time, req *Request, resp *Response) (*Body, error) {
	resp.Status = 0
	if err := req.check(); err != nil {
		return nil, &Error{Kind: Malformed, cause: err}
	}
	for {
		conn, used, err := c.acquire(ctx, deadline)
		if err != nil {
			return nil, err
		}
		body, failure := c.open(ctx, deadline, conn, req, resp)
		if failure == nil {
			return body, nil
		}
		c.discard(conn)
		if used && failure.Kind == Broken && !failure.Sent {
			continue // the server had closed it; nothing has happened yet
		}
		return nil, failure
	}
}

// open is start on a connection.
func (c *Client) open(ctx context.Context, deadline time.Time, conn *conn, req *Request, resp *Response) (*Body, *Error) {
	_ = conn.nc.SetDeadline(deadline)
	var stop func() bool
	if ctx.Done() != nil {
		stop = context.AfterFunc(ctx, conn.abort)
	}
	if req.BeforeSend != nil {
		req.BeforeSend()
	}
	f, failure := conn.roundTrip(req, c.config.Host, resp, c.config.MaxHeader)
	if failure != nil {
		if stop != nil {
			stop()
		}
		return nil, failure.in(ctx)
	}
	body := &conn.body
	body.client, body.conn, body.stop, body.ctx = c, conn, stop, ctx
	body.begin(f)
	return body, nil
}

// acquire returns a connection: the one used last, or a new one. When the call's
// time is over already there is none, so that it is known not to have been sent.
func (c *Client) acquire(ctx context.Context, deadline time.Time) (conn *conn, used bool, err error) {
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end // net gives up by it, before ctx has an error
	}
	if ctx.Err() != nil || !time.Now().Before(deadline) {
		return nil, false, (&Error{Kind: Timeout, cause: context.DeadlineExceeded}).in(ctx)
	}
	for conn := c.takeIdle(); conn != nil; conn = c.takeIdle() {
		if conn.alive() {
			return conn, true, nil
		}
		c.discard(conn)
	}
	conn, err = c.dial(ctx, deadline)
	if err == nil {
		err = c.enroll(conn)
	}
	if err == nil {
		return conn, false, nil
	}
	kind := Dial
	if !time.Now().Before(deadline) {
		kind = Timeout
	}
	return nil, false, (&Error{Kind: kind, cause: err}).in(ctx)
}

// enroll takes a new connection in, unless the client has been aborted.
func (c *Client) enroll(conn *conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone.Err() != nil {
		_ = conn.under.Close()
		return net.ErrClosed
	}
	c.active[conn] = struct{}{}
	return nil
}

func (c *Client) takeIdle() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.idle) - 1
	if last < 0 {
		return nil
	}
	conn := c.idle[last]
	c.idle[last] = nil
	c.idle = c.idle[:last]
	c.active[conn] = struct{}{}
	return conn
}

// dial makes a connection.
func (c *Client) dial(ctx context.Context, deadline time.Time) (*conn, error) {
	if limit := time.Now().Add(c.config.DialTimeout); limit.Before(deadline) {
		deadline = limit
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	defer context.AfterFunc(c.gone, cancel)()
	under, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	if c.config.TLS == nil {
		return newConn(under, under, nil), nil
	}
	wire := &wire{Conn: under}
	nc := tls.Client(wire, c.config.TLS)
	if err := nc.HandshakeContext(ctx); err != nil {
		under.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return newConn(nc, under, wire), nil
}

// connect makes the connection that TLS, if any, runs over.
func (c *Client) connect(ctx context.Context) (net.Conn, error) {
	if c.config.Proxy == "" {
		network := "tcp"
		if c.config.Unix {
			network = "unix"
		}
		return c.dialer.DialContext(ctx, network, c.config.Address)
	}
	nc, err := c.dialer.DialContext(ctx, "tcp", c.config.Proxy)
	if err != nil {
		return nil, fmt.Errorf("the proxy: %w", err)
	}
	if err := c.tunnel(ctx, nc); err != nil {
		nc.Close()
		return nil, err
	}
	return nc, nil
}

// release keeps a connection for other calls.
func (c *Client) release(conn *conn) {
	conn.shrink()
	conn.idleSince = time.Now()
	c.mu.Lock()
	if c.closed || len(c.idle) >= c.config.MaxIdle {
		c.mu.Unlock()
		c.discard(conn)
		return
	}
	delete(c.active, conn)
	c.idle = append(c.idle, conn)
	if c.sweep == nil {
		c.sweep = time.AfterFunc(c.config.IdleTimeout, c.closeIdle)
	}
	c.mu.Unlock()
}

// discard closes a connection without TLS's goodbye, which would wait for a
// server that does not read.
func (c *Client) discard(conn *conn) {
	c.mu.Lock()
	delete(c.active, conn)
	c.mu.Unlock()
	_ = conn.under.Close()
}

// closeIdle closes connections that no one has used for the idle time, and comes
// again as long as there are others.
func (c *Client) closeIdle() {
	c.mu.Lock()
	old := 0
	for old < len(c.idle) && time.Since(c.idle[old].idleSince) >= c.config.IdleTimeout {
		old++
	}
	expired := append([]*conn(nil), c.idle[:old]...)
	c.idle = append(c.idle[:0], c.idle[old:]...)
	clear(c.idle[len(c.idle) : len(c.idle)+old])
	c.sweep = nil
	if len(c.idle) > 0 && !c.closed {
		c.sweep = time.AfterFunc(c.config.IdleTimeout-time.Since(c.idle[0].idleSince), c.closeIdle)
	}
	c.mu.Unlock()
	for _, conn := range expired {
		_ = conn.nc.Close()
	}
}

// Idle is how many connections are kept without a call on them.
func (c *Client) Idle() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.idle)
}

// Close closes the idle connections, and those in use when their call ends.
func (c *Client) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	if c.sweep != nil {
		c.sweep.Stop()
	}
	c.mu.Unlock()
	for _, conn := range idle {
		_ = conn.nc.Close()
	}
}

// Abort closes the client and breaks off every call that is under way, which ends
// with Kind Broken, or Dial where it has no connection yet. There are no connections
// after it.
func (c *Client) Abort() {
	c.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abort()
	for conn := range c.active {
		_ = conn.under.Close()
	}
}
