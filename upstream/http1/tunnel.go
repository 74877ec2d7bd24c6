package http1

import (
	"context"
	"fmt"
	"net"
	"net/http"
)

// maxTunnelHead is how long a proxy's answer may be, in bytes.
const maxTunnelHead = 16 << 10

// tunnel asks a proxy for a connection to the server (RFC 9110, section 9.3.6) and
// returns once bytes go through. Canceling ctx ends it.
func (c *Client) tunnel(ctx context.Context, nc net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(past) })
	defer stop()
	request := "CONNECT " + c.config.Address + " HTTP/1.1\r\nHost: " + c.config.Address + "\r\n"
	if c.config.ProxyAuthorization != "" {
		request += "Proxy-Authorization: " + c.config.ProxyAuthorization + "\r\n"
	}
	if _, err := nc.Write([]byte(request + "\r\n")); err != nil {
		return fmt.Errorf("the proxy: %w", err)
	}
	conn := newConn(nc, nc, nil)
	var resp Response
	if _, err := conn.readHead(http.MethodConnect, &resp, maxTunnelHead); err != nil {
		return fmt.Errorf("the proxy: %w", err)
	}
	switch {
	case resp.Status < 200 || resp.Status > 299:
		return fmt.Errorf("the proxy answered %d", resp.Status)
	case conn.r != conn.w: // a server waits for TLS to begin
		return fmt.Errorf("%w: the proxy sent something unasked", errMalformed)
	case !stop():
		return ctx.Err()
	}
	return nil
}
