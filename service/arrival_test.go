package service_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// unending is a connection whose calls send messages that never end.
type unending struct {
	t      *testing.T
	conn   net.Conn
	framer *http2.Framer
	write  sync.Mutex

	mu      sync.Mutex
	room    map[uint32]int64 // of each call and, as 0, of the connection, for data
	changed chan struct{}    // closed when room changes
	reset   map[uint32]bool  // calls that the server has ended
	streams uint32           // how many the server allows
}

func newUnending(t *testing.T, address string) *unending {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	u := &unending{t: t, conn: conn, framer: http2.NewFramer(conn, conn), room: map[uint32]int64{0: 65535}, changed: make(chan struct{}), reset: make(map[uint32]bool)}
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := u.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	go u.read()
	return u
}

// read takes in what the server says: how much may be sent, and what has ended.
func (u *unending) read() {
	for {
		frame, err := u.framer.ReadFrame()
		if err != nil {
			return
		}
		u.mu.Lock()
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if n, ok := f.Value(http2.SettingMaxConcurrentStreams); ok {
				u.streams = n
			}
			if !f.IsAck() {
				u.locked(func() { _ = u.framer.WriteSettingsAck() })
			}
		case *http2.PingFrame:
			u.locked(func() { _ = u.framer.WritePing(true, f.Data) })
		case *http2.WindowUpdateFrame:
			u.room[f.StreamID] += int64(f.Increment)
		case *http2.RSTStreamFrame:
			u.reset[f.StreamID] = true
		case *http2.HeadersFrame:
			u.reset[f.StreamID] = u.reset[f.StreamID] || f.StreamEnded()
		}
		close(u.changed)
		u.changed = make(chan struct{})
		u.mu.Unlock()
	}
}

func (u *unending) locked(write func()) {
	u.write.Lock()
	defer u.write.Unlock()
	write()
}

// begin begins a call, and says how long its message is.
func (u *unending) begin(id uint32, method string, length uint32) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, h := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}} {
		_ = encoder.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
	}
	prefix := binary.BigEndian.AppendUint32([]byte{0}, length)
	u.mu.Lock()
	u.room[id] += 65536 - int64(len(prefix))
	u.room[0] -= int64(len(prefix))
	u.mu.Unlock()
	u.locked(func() {
		_ = u.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true})
		_ = u.framer.WriteData(id, false, prefix)
	})
}

// send sends so many bytes of a call's message, unless the server ends the call before.
// It reports whether all was sent.
func (u *unending) send(id uint32, bytes int) bool {
	for bytes > 0 {
		n := min(bytes, 16<<10)
		u.mu.Lock()
		for u.room[id] < int64(n) || u.room[0] < int64(n) {
			changed := u.changed
			over := u.reset[id]
			u.mu.Unlock()
			if over {
				return false
			}
			select {
			case <-changed:
			case <-time.After(patience):
				return false
			}
			u.mu.Lock()
		}
		over := u.reset[id]
		u.room[id] -= int64(n)
		u.room[0] -= int64(n)
		u.mu.Unlock()
		if over {
			return false
		}
		bytes -= n
		u.locked(func() { _ = u.framer.WriteData(id, false, make([]byte, n)) })
	}
	return true
}

// countEnded is how many calls the server has ended.
func (u *unending) countEnded(calls int) (ended int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range calls {
		if u.reset[uint32(2*i+1)] {
			ended++
		}
	}
	return ended
}

// held is how much of the heap is in use.
func held() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMessagesThatNeverEnd: what calls send whose messages never end does not pile up,
// whatever is called; they are ended, others are answered all the while.
func TestMessagesThatNeverEnd(t *testing.T) {
	const calls = 60
	for _, test := range []struct {
		name, method string
	}{
		{"an operation", payMethod},
		{"a file", "/portone.v2.TaxInvoiceService/DownloadB2bTaxInvoicesSheet"},
		{"health", healthpb.Health_Check_FullMethodName},
		{"watching health", healthpb.Health_Watch_FullMethodName},
		{"reflection", grpc_reflection_v1.ServerReflection_ServerReflectionInfo_FullMethodName},
		{"nothing", "/portone.v2.PaymentService/Steal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := answers(http.StatusOK, paid)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			pay(t, g.Conn, "first")
			before := held()
			u := newUnending(t, g.Addr)
			var wait sync.WaitGroup
			for i := range calls {
				id := uint32(2*i + 1)
				u.begin(id, test.method, 4<<20)
				wait.Go(func() { u.send(id, 4<<20-1) })
			}
			wait.Wait()
			if now := held(); now > before+100<<20 {
				t.Errorf("%d MiB are held", (now-before)>>20)
			}
			pay(t, g.Conn, "another")
			if ended := u.countEnded(calls); ended < calls/2 {
				t.Errorf("%d of %d calls have ended", ended, calls)
			}
		})
	}
}

// TestSlowMessages: a message may take some seconds; one that never ends, in frames that
// no one counts, is given up, and its caller told that nothing was done.
func TestSlowMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as a message may")
	}
	t.Parallel()
	p, o := answers(http.StatusOK, paid), &observer{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Service: func(so *service.Options) { so.Observer = o }})
	stream, err := g.Conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, payMethod, grpc.ForceCodecV2(rawCodec{}))
	if err != nil {
		t.Fatal(err)
	}
	err = stream.RecvMsg(new([]byte))
	checkStatus(t, err, codes.DeadlineExceeded, "NOT_SENT")
	await(t, "the call to end", func() bool { return len(o.all()) == 1 })
	if want := []ended{{"PayWithBillingKey", "grpc", codes.DeadlineExceeded, "NOT_SENT"}}; !slices.Equal(o.all(), want) {
		t.Errorf("metrics have %v, want %v", o.all(), want)
	}
	checkNothingAndNext(t, g, p)

	// More than may be late at a time: those who began first are told to come again.
	u := newUnending(t, g.Addr)
	const calls = 100
	for i := range calls {
		u.begin(uint32(2*i+1), payMethod, 4<<20)
	}
	await(t, "the first calls to end", func() bool { return u.countEnded(calls) >= calls-64 })
	if u.countEnded(calls) == calls {
		t.Error("all calls have ended")
	}
	checkNothingAndNext(t, g, p)
}

// TestStreamsOfAConnection: a connection may have many calls, but not any number.
func TestStreamsOfAConnection(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, paid)})
	u := newUnending(t, g.Addr)
	await(t, "the settings", func() bool { u.mu.Lock(); defer u.mu.Unlock(); return u.streams > 0 })
	if u.streams < 2000 || u.streams > 4000 {
		t.Errorf("a connection may have %d calls", u.streams)
	}
}

// TestOverloadBeforeTheMessage: a gateway that is full says so before anything of a
// message has come.
func TestOverloadBeforeTheMessage(t *testing.T) {
	p := answers(http.StatusOK, paid)
	p.set(hang)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Upstream: func(o *upstream.Options) { o.MaxInFlight = 1 }})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = send(t, g, payMethod, text(1, "p1"), false) }()
	await(t, "the gateway to be full", func() bool { return g.Upstream.InFlight() == 1 })
	stream, err := g.Conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, payMethod, grpc.ForceCodecV2(rawCodec{}))
	if err != nil {
		t.Fatal(err)
	}
	checkStatus(t, stream.RecvMsg(new([]byte)), codes.Unavailable, "OVERLOADED")
	p.set(answerWith(http.StatusOK, paid))
	g.Upstream.Abort()
}
