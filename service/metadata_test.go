package service_test

import (
	"net"
	"net/http"
	"testing"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

const getMethod = "/portone.v2.PaymentService/GetPayment"

// headerFrames reads a stream to its end and returns the names that each of its HEADERS
// frames has.
func (c *rawConn) headerFrames(stream uint32) (frames []map[string]bool) {
	c.t.Helper()
	for {
		frame, err := c.framer.ReadFrame()
		c.must(err)
		headers, ok := frame.(*http2.MetaHeadersFrame)
		if !ok || headers.StreamID != stream {
			continue
		}
		names := make(map[string]bool)
		for _, field := range headers.Fields {
			names[field.Name] = true
		}
		frames = append(frames, names)
		if headers.StreamEnded() {
			return frames
		}
	}
}

// nowhere is the URL of a port on which no one listens.
func nowhere(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	return "http://" + listener.Addr().String()
}

// TestFrames counts the HEADERS frames of answers: errors that a client may repeat
// consist of one, and no error of a mutation that went up does.
func TestFrames(t *testing.T) {
	mutation, err := proto.Marshal(payment("p-1"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		status  int // of PortOne's answer; 0: it is not there
		body    string
		method  string
		wire    []byte
		key     string
		frames  int
		hasKeys bool
	}{
		{"a mutation", 200, paid, payMethod, mutation, "", 2, true},
		{"a mutation with a key", 200, paid, payMethod, mutation, ownKey, 2, true},
		{"a mutation that is refused", 409, notPaid, payMethod, mutation, ownKey, 2, true},
		{"an unknown outcome", 500, "", payMethod, mutation, ownKey, 2, true},
		{"an unknown outcome without a key", 500, "", payMethod, mutation, "", 2, true},
		{"a mutation that cannot go up", 0, "", payMethod, mutation, ownKey, 1, true},
		{"one without a key", 0, "", payMethod, mutation, "", 1, true},
		{"a malformed mutation", 200, paid, payMethod, []byte("\xff"), "", 1, true},
		{"a mutation with a bad key", 200, paid, payMethod, mutation, "short", 1, false},
		{"a read", 200, `{"status":"PAID"}`, getMethod, text(1, "p-1"), "", 2, false},
		{"a read that fails", 503, "", getMethod, text(1, "p-1"), "", 1, false},
		{"a read that is refused", 404, `{"type":"PAYMENT_NOT_FOUND"}`, getMethod, text(1, "p-1"), "", 1, false},
		{"no such method", 200, paid, "/portone.v2.PaymentService/Steal", nil, "", 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := gatewaytest.Options{Handler: answers(test.status, test.body), Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 }}
			if test.status == 0 {
				options.URL = nowhere(t)
			}
			c := dialRaw(t, gatewaytest.Start(t, options)).shake()
			headers := []string{":path", test.method}
			if test.key != "" {
				headers = append(headers, "idempotency-key", test.key)
			}
			c.headers(1, false, headers...)
			c.must(c.framer.WriteData(1, true, message(test.wire)))
			frames := c.headerFrames(1)
			if len(frames) != test.frames {
				t.Fatalf("%d frames, want %d: %v", len(frames), test.frames, frames)
			}
			if first := frames[0]; !first["x-request-id"] || first["idempotency-key"] != test.hasKeys {
				t.Errorf("the first has %v", first)
			}
			if last := frames[len(frames)-1]; !last["grpc-status"] || len(frames) > 1 && last["x-request-id"] {
				t.Errorf("the last has %v", last)
			}
		})
	}
}

// TestKeyComesFirst: the key that the gateway made is with the caller before PortOne
// has answered, and so outlives the gateway.
func TestKeyComesFirst(t *testing.T) {
	p, arrived, release := holding()
	defer release()
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	stream, err := g.Conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, payMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(payment("p-1")); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	header, err := stream.Header() // while PortOne holds the call
	if err != nil {
		t.Fatal(err)
	}
	key := one(t, header, "idempotency-key")
	receive(t, "the call", arrived)
	if got := p.requests()[0].header.Get("Idempotency-Key"); key == "" || got != `"`+key+`"` {
		t.Errorf("the caller has the key %q, PortOne %s", key, got)
	}
}

// retryPolicy is gRPC's own, by which clients repeat what is UNAVAILABLE.
const retryPolicy = `{"methodConfig":[{"name":[{}],"retryPolicy":{"maxAttempts":5,"initialBackoff":"0.02s","maxBackoff":"0.1s","backoffMultiplier":2,
	"retryableStatusCodes":["UNAVAILABLE","ABORTED","UNKNOWN","INTERNAL","DEADLINE_EXCEEDED","CANCELLED"]}}]}`

// TestClientsRepeat: the retry policy of gRPC clients repeats reads and what was not
// done, and nothing that may have been, whatever codes it is told to repeat.
func TestClientsRepeat(t *testing.T) {
	t.Run("a read", func(t *testing.T) {
		p := &portone{}
		p.answer = func(w http.ResponseWriter, _ *http.Request) {
			answerWith(http.StatusServiceUnavailable, "")(w, nil)
			p.set(answerWith(http.StatusOK, `{"status":"PAID"}`))
		}
		g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 }})
		conn := connect(t, g.Addr, grpc.WithDefaultServiceConfig(retryPolicy))
		_, err := portonev2.NewPaymentServiceClient(conn).GetPayment(t.Context(), &portonev2.GetPaymentRequest{PaymentId: "p-1"})
		if n := len(p.requests()); err != nil || n != 2 {
			t.Errorf("%v after %d requests, want a success after 2", err, n)
		}
	})
	t.Run("a mutation that finds no room", func(t *testing.T) {
		p, arrived, release := holding()
		defer release()
		o := &observer{}
		g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Service: func(so *service.Options) { so.Observer = o },
			Upstream: func(o *upstream.Options) { o.MaxInFlight = 1 }})
		conn := connect(t, g.Addr, grpc.WithDefaultServiceConfig(retryPolicy))
		ended := make(chan error, 2)
		call := func() {
			_, err := payThrough(t, conn)
			ended <- err
		}
		go call()
		receive(t, "the first call", arrived)
		go call()
		await(t, "a refusal", func() bool { return len(o.all()) > 0 })
		release()
		for range 2 {
			if err := receive(t, "a call's end", ended); err != nil {
				t.Error(err)
			}
		}
		if first := o.all()[0]; first.reason != "OVERLOADED" {
			t.Errorf("the first end is %v", first)
		}
	})
	t.Run("a mutation that may have been done", func(t *testing.T) {
		for name, act := range map[string]http.HandlerFunc{
			"500": answerWith(http.StatusInternalServerError, ""), "a firewall's page": answerWith(http.StatusOK, "<html>"),
			"PG unclear": answerWith(http.StatusBadGateway, `{"type":"PG_PROVIDER","pgCode":"PROVIDER_ERROR","pgMessage":"m"}`),
			"temporary":  answerWith(http.StatusServiceUnavailable, `{"type":"PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED"}`),
		} {
			p := &portone{answer: act}
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			_, err := payThrough(t, connect(t, g.Addr, grpc.WithDefaultServiceConfig(retryPolicy)))
			if n := len(p.requests()); status.Code(err) != codes.Unknown || n != 1 {
				t.Errorf("%s: %v after %d requests, want UNKNOWN after 1", name, err, n)
			}
		}
	})
}
