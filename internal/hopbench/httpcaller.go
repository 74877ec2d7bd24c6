package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
)

// httpDialer makes callers that speak HTTP/1.1 over a connection each.
type httpDialer struct{ address, key string }

func newHTTPDialer(address, key string) dialer { return httpDialer{address, key} }

func (d httpDialer) caller(int, int) (caller, error) {
	return &httpCaller{address: d.address, key: d.key}, nil
}

func (httpDialer) check(c *call, answer []byte) error { return c.checkJSON(answer) }

// httpCaller writes and reads its connection by itself: an http.Client would take
// cores away from the servers under test.
type httpCaller struct {
	address string
	key     string   // gateway key; empty for none
	conn    net.Conn // nil before the first call
	reader  *bufio.Reader
	request []byte
	body    bytes.Buffer
}

func (h *httpCaller) call(ctx context.Context, c *call) ([]byte, error) {
	if err := h.connect(ctx); err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := h.conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if _, err := h.conn.Write(h.encode(c)); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(h.reader, nil)
	if err != nil {
		return nil, err
	}
	h.body.Reset()
	if _, err := h.body.ReadFrom(response.Body); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s: %.300s", response.Status, h.body.Bytes())
	}
	return h.body.Bytes(), nil
}

func (h *httpCaller) connect(ctx context.Context) error {
	if h.conn != nil {
		return nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", h.address)
	if err != nil {
		return err
	}
	h.conn, h.reader = conn, bufio.NewReader(conn)
	return nil
}

func (h *httpCaller) encode(c *call) []byte {
	r := fmt.Appendf(h.request[:0], "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: hopbench\r\nAccept: application/json\r\n",
		c.method, c.target, h.address)
	if h.key != "" {
		r = fmt.Appendf(r, "Authorization: PortOne %s\r\n", h.key)
	}
	if c.body != nil {
		r = fmt.Appendf(r, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(c.body))
	}
	r = append(r, "\r\n"...)
	h.request = append(r, c.body...)
	return h.request
}
