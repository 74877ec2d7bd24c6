package service_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

const (
	rounds       = 3
	upstreamTime = 2 * time.Second // how long a call stays there

	// mayGrow is what the heap may grow from the first round to the last, in bytes:
	// 2,000 calls that each leave the smallest of buffers behind exceed it.
	mayGrow = 1 << 20

	// mayLinger is how many goroutines may come and go by themselves: timers of
	// the runtime, the sweep of idle connections, keepalive.
	mayLinger = 10
)

// TestLoad keeps 2,000 calls in flight against an upstream that takes 2 s, three
// times, and looks whether anything stays behind.
func TestLoad(t *testing.T) {
	inFlight := 2_000
	if testing.Short() {
		inFlight = 500
	}
	upstream := newHoldingUpstream(t)
	g := gatewaytest.Start(t, gatewaytest.Options{URL: upstream.url})
	upstream.open()
	pay(t, g.Conn, "first") // which makes what is made once
	atRest := memoryInUse()
	baseline := goroutinesBut(upstream)

	var heaps []uint64
	for round := range rounds {
		upstream.hold()
		var group sync.WaitGroup
		for n := range inFlight {
			group.Go(func() { payHeld(t, g, fmt.Sprintf("payment-%d-%d", round, n)) })
		}
		await(t, "all calls to reach the upstream", func() bool { return upstream.held.Load() == int64(inFlight) })
		full := memoryInUse()
		t.Logf("round %d: %d calls in flight, %d bytes each (heap and stacks of caller, gateway and upstream)", round+1, inFlight, (full-atRest)/uint64(inFlight))
		time.AfterFunc(upstreamTime, upstream.open)
		group.Wait()
		await(t, "goroutines to end", func() bool { return goroutinesBut(upstream) <= baseline+mayLinger })
		heaps = append(heaps, heapObjects())
	}
	t.Logf("heap after each round: %d bytes; goroutines without the upstream's: %d before, %d after", heaps, baseline, goroutinesBut(upstream))
	if first, last := heaps[0], heaps[rounds-1]; last > first+mayGrow {
		t.Errorf("the heap grew from %d to %d bytes in %d rounds", first, last, rounds)
	}
	if n := g.Upstream.InFlight(); n != 0 {
		t.Errorf("%d calls are in flight at the end", n)
	}
}

// payHeld makes a call without a deadline, which a busy machine could miss.
func payHeld(t *testing.T, g *gatewaytest.Gateway, id string) {
	answer, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(context.Background(), payment(id))
	if err != nil || answer.GetPayment().GetPgTxId() != "tx-1" {
		t.Errorf("paying %s: %v, %v", id, answer, err)
	}
}

// goroutinesBut counts the goroutines that are not the upstream's.
func goroutinesBut(u *holdingUpstream) int { return runtime.NumGoroutine() - int(u.conns.Load()) }

// memoryInUse is the memory of objects and stacks, in bytes.
func memoryInUse() uint64 {
	return read("/memory/classes/heap/objects:bytes", "/memory/classes/heap/stacks:bytes")
}

// heapObjects is the memory of objects.
func heapObjects() uint64 { return read("/memory/classes/heap/objects:bytes") }

// read adds up metrics of the runtime, after two collections: pools let go of
// what they hold at the second.
func read(names ...string) (sum uint64) {
	runtime.GC()
	runtime.GC()
	samples := make([]metrics.Sample, len(names))
	for i, name := range names {
		samples[i].Name = name
	}
	metrics.Read(samples)
	for _, sample := range samples {
		sum += sample.Value.Uint64()
	}
	return sum
}

// holdingUpstream answers all requests once it is opened. It has one goroutine
// with a small buffer for each connection.
type holdingUpstream struct {
	url   string
	conns atomic.Int64 // connections, and goroutines
	held  atomic.Int64 // requests without an answer

	mu     sync.Mutex
	opened chan struct{}
}

func newHoldingUpstream(t *testing.T) *holdingUpstream {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &holdingUpstream{url: "http://" + listener.Addr().String(), opened: make(chan struct{})}
	t.Cleanup(func() { _ = listener.Close() })
	u.conns.Add(1)
	go func() {
		defer u.conns.Add(-1)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			u.conns.Add(1)
			go u.serve(conn)
		}
	}()
	return u
}

// hold keeps the answers of further requests back.
func (u *holdingUpstream) hold() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.opened = make(chan struct{})
}

// open answers what is held, and whatever comes.
func (u *holdingUpstream) open() {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.opened)
}

func (u *holdingUpstream) gate() chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.opened
}

func (u *holdingUpstream) serve(conn net.Conn) {
	defer u.conns.Add(-1)
	defer conn.Close()
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(paid), paid)
	reader := bufio.NewReaderSize(conn, 1<<10)
	for readRequest(reader) == nil {
		u.held.Add(1)
		<-u.gate()
		u.held.Add(-1)
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// readRequest reads a request and drops it.
func readRequest(reader *bufio.Reader) error {
	length := 0
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name == "" {
			break
		}
		if strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(value); err != nil {
				return err
			}
		}
	}
	_, err := io.CopyN(io.Discard, reader, int64(length))
	return err
}
