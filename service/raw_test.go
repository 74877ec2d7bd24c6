package service_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

// rawConn is a connection to the gRPC port on which a test says what it likes.
type rawConn struct {
	t       *testing.T
	nc      net.Conn
	framer  *http2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer
}

func dialRaw(t *testing.T, g *gatewaytest.Gateway) *rawConn {
	t.Helper()
	nc, err := net.Dial("tcp", g.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := &rawConn{t: t, nc: nc, framer: http2.NewFramer(nc, nc)}
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.encoder = hpack.NewEncoder(&c.block)
	return c
}

// shake says what every connection begins with.
func (c *rawConn) shake() *rawConn {
	c.t.Helper()
	c.write([]byte(http2.ClientPreface))
	c.must(c.framer.WriteSettings())
	return c
}

func (c *rawConn) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *rawConn) write(b []byte) {
	c.t.Helper()
	_, err := c.nc.Write(b)
	c.must(err)
}

// headers sends the headers of a request, which replace or follow those that a
// good one has.
func (c *rawConn) headers(stream uint32, end bool, pairs ...string) {
	c.t.Helper()
	fields := []string{":method", "POST", ":scheme", "http", ":path", payMethod, ":authority", "gateway", "content-type", "application/grpc", "te", "trailers"}
	good := len(fields)
	for i := 0; i < len(pairs); i += 2 {
		replaced := false
		for j := 0; j < good; j += 2 {
			if fields[j] == pairs[i] {
				fields[j+1], replaced = pairs[i+1], true
			}
		}
		if !replaced {
			fields = append(fields, pairs[i], pairs[i+1])
		}
	}
	c.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		c.must(c.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	const frame = 16 << 10
	block := c.block.Bytes()
	first := block[:min(len(block), frame)]
	block = block[len(first):]
	c.must(c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndStream: end, EndHeaders: len(block) == 0}))
	for len(block) > 0 {
		piece := block[:min(len(block), frame)]
		block = block[len(piece):]
		c.must(c.framer.WriteContinuation(stream, len(block) == 0, piece))
	}
}

// message is a message in gRPC's frame.
func message(wire []byte) []byte {
	framed := make([]byte, 5, 5+len(wire))
	binary.BigEndian.PutUint32(framed[1:], uint32(len(wire)))
	return append(framed, wire...)
}

// ending is how a stream ended: a reset, or with headers.
type ending struct {
	reset      http2.ErrCode
	httpStatus string
	grpcStatus string
}

// end reads until the end of a stream.
func (c *rawConn) end(stream uint32) (e ending) {
	c.t.Helper()
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			c.t.Fatalf("reading: %v", err)
		}
		if frame.Header().StreamID != stream {
			continue
		}
		switch f := frame.(type) {
		case *http2.RSTStreamFrame:
			e.reset = f.ErrCode
			return e
		case *http2.MetaHeadersFrame:
			for _, field := range f.Fields {
				switch field.Name {
				case ":status":
					e.httpStatus = field.Value
				case "grpc-status":
					e.grpcStatus = field.Value
				}
			}
			if f.StreamEnded() {
				return e
			}
		}
	}
}

// checkCall makes a good call on a stream.
func (c *rawConn) checkCall(stream uint32) {
	c.t.Helper()
	c.headers(stream, false)
	c.must(c.framer.WriteData(stream, true, message(text(1, "raw"))))
	if e := c.end(stream); e.grpcStatus != "0" {
		c.t.Errorf("the next call on the same connection ended with %+v", e)
	}
}

// TestBadStreams sends requests that are no gRPC calls, and then a good one on the
// same connection.
func TestBadStreams(t *testing.T) {
	const internal, unimplemented, invalid = "13", "12", "3"
	good := message(text(1, "raw"))
	tests := []struct {
		name   string
		header []string
		body   []byte
		want   ending
	}{
		{"another content type", []string{"content-type", "application/json"}, good, ending{httpStatus: "415", grpcStatus: invalid}},
		{"another method", []string{":method", "GET"}, good, ending{httpStatus: "405", grpcStatus: internal}},
		{"a timeout that is none", []string{"grpc-timeout", "soon"}, good, ending{httpStatus: "400", grpcStatus: internal}},
		{"binary metadata that is none", []string{"x-bin", "!"}, good, ending{httpStatus: "400", grpcStatus: internal}},
		{"a compression that nobody knows", []string{"grpc-encoding", "zip"}, append([]byte{1}, good[1:]...), ending{httpStatus: "200", grpcStatus: unimplemented}},
		{"gzip that is none", []string{"grpc-encoding", "gzip"}, append([]byte{1}, good[1:]...), ending{httpStatus: "200", grpcStatus: internal}},
		{"compressed without saying how", nil, append([]byte{1}, good[1:]...), ending{httpStatus: "200", grpcStatus: internal}},
		{"a flag that does not exist", nil, append([]byte{9}, good[1:]...), ending{httpStatus: "200", grpcStatus: internal}},
		{"no message", nil, nil, ending{httpStatus: "200", grpcStatus: internal}},
		{"half a frame", nil, good[:3], ending{httpStatus: "200", grpcStatus: internal}},
		{"half a message", nil, good[:len(good)-1], ending{httpStatus: "200", grpcStatus: internal}},
		{"two messages", nil, append(bytes.Clone(good), good...), ending{httpStatus: "200", grpcStatus: internal}},
		{"a path that is none", []string{":path", "pay"}, good, ending{httpStatus: "200", grpcStatus: unimplemented}},
		{"one header over 64 KiB", []string{"x-flood", strings.Repeat("f", 64<<10)}, good, ending{reset: http2.ErrCodeFrameSize}},
		{"many headers over 64 KiB", manyHeaders(1700), good, ending{reset: http2.ErrCodeFrameSize}},
		{"ten thousand headers", manyHeaders(10_000), good, ending{reset: http2.ErrCodeFrameSize}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := answers(http.StatusOK, paid)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			c := dialRaw(t, g).shake()
			c.headers(1, false, test.header...)
			c.must(c.framer.WriteData(1, true, test.body))
			if got := c.end(1); got != test.want {
				t.Errorf("the stream ended with %+v, want %+v", got, test.want)
			}
			if got := p.requests(); len(got) > 0 {
				t.Errorf("PortOne got %v", got)
			}
			c.checkCall(3)
			pay(t, g.Conn, "next")
		})
	}
}

// manyHeaders are headers of 40 bytes as HTTP/2 counts them, which is 32 more than
// they have.
func manyHeaders(n int) []string {
	var pairs []string
	for range n {
		pairs = append(pairs, "x-flood", "f")
	}
	return pairs
}

// TestNoGRPC says things on the port that are no HTTP/2: the gateway hangs up, and
// calls go on.
func TestNoGRPC(t *testing.T) {
	for name, bytes := range map[string]string{
		"HTTP/1.1":                "GET /payments/p1 HTTP/1.1\r\nHost: gateway\r\n\r\n",
		"TLS":                     "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 64),
		"zeros":                   strings.Repeat("\x00", 1024),
		"text":                    strings.Repeat("hello, payments\n", 64),
		"a preface and then none": http2.ClientPreface + strings.Repeat("hello, payments\n", 64),
		"a preface and a huge frame": http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
			"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + strings.Repeat("x", 1024),
		"headers on an even stream": http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + "\x00\x00\x01\x01\x05\x00\x00\x00\x02\x82",
		"headers that cannot be unpacked": http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
			"\x00\x00\x04\x01\x05\x00\x00\x00\x01\xff\xff\xff\xff",
	} {
		t.Run(name, func(t *testing.T) {
			p := answers(http.StatusOK, paid)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			c := dialRaw(t, g)
			c.write([]byte(bytes))
			c.awaitEnd()
			checkNothingAndNext(t, g, p)
		})
	}
}

// awaitEnd reads until the gateway hangs up.
func (c *rawConn) awaitEnd() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.nc); err != nil && !strings.Contains(err.Error(), "reset") {
		c.t.Errorf("the gateway did not hang up: %v", err)
	}
}

// TestSilentClients open connections and say nothing, or not enough: the gateway
// hangs up after a while, and calls go on meanwhile.
func TestSilentClients(t *testing.T) {
	if testing.Short() {
		t.Skip("the gateway waits 10 s")
	}
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	var silent []*rawConn
	for _, beginning := range []string{"", "PRI", http2.ClientPreface, http2.ClientPreface + "\x00\x00"} {
		c := dialRaw(t, g)
		c.write([]byte(beginning))
		silent = append(silent, c)
	}
	checkNothingAndNext(t, g, p)
	for _, c := range silent {
		c.awaitEnd()
	}
	checkNothingAndNext(t, g, p)
}

// TestSlowCall sends a call in pieces, with other calls between them.
func TestSlowCall(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	c := dialRaw(t, g).shake()
	c.headers(1, false)
	whole := message(text(1, "slow"))
	for _, b := range whole[:len(whole)-1] {
		c.must(c.framer.WriteData(1, false, []byte{b}))
		checkNothingAndNext(t, g, p)
	}
	c.must(c.framer.WriteData(1, true, whole[len(whole)-1:]))
	if e := c.end(1); e.grpcStatus != "0" {
		t.Errorf("the call ended with %+v", e)
	}
	if got := p.requests(); len(got) != 1 || got[0].target != "/payments/slow/billing-key" {
		t.Errorf("PortOne got %v", got)
	}

	// Half a frame, in the middle of a connection.
	c.write([]byte{0, 0, 9, 0, 1})
	checkNothingAndNext(t, g, p)
	c.write([]byte{0, 0, 0, 3, 0, 0, 0, 0, 4, 10, 2}) // a stream that has not begun
	checkNothingAndNext(t, g, p)
}
