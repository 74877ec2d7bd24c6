package service_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
)

// services are those of the contract.
func services(g *gatewaytest.Gateway) map[string]bool {
	names := make(map[string]bool)
	for _, op := range contract.Methods() {
		names[op.Service] = true
	}
	return names
}

// holding is a PortOne that keeps requests until it is let go.
func holding() (p *portone, arrived chan string, release func()) {
	arrived = make(chan string, 10)
	gate := make(chan struct{})
	p = &portone{answer: func(w http.ResponseWriter, r *http.Request) {
		arrived <- r.URL.Path
		select {
		case <-gate:
			answerWith(http.StatusOK, paid)(w, r)
		case <-r.Context().Done():
		}
	}}
	return p, arrived, sync.OnceFunc(func() { close(gate) })
}

// restAnswer is an answer by REST.
type restAnswer struct {
	status int
	body   string
	err    error
}

func payByREST(g *gatewaytest.Gateway) restAnswer {
	response, err := http.Post(g.URL+"/payments/p1/billing-key", "application/json", strings.NewReader("{}"))
	if err != nil {
		return restAnswer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return restAnswer{response.StatusCode, string(body), err}
}

// TestDrain lets calls in flight finish, by gRPC and REST, and refuses new ones.
// Health says so to those who watch.
func TestDrain(t *testing.T) {
	p, arrived, release := holding()
	defer release()
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	watched := watchAll(t, g)
	byGRPC, byREST, drained := make(chan error, 1), make(chan restAnswer, 1), make(chan error, 1)
	go func() {
		answer, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(context.Background(), payment("p1"))
		if err == nil && answer.GetPayment().GetPgTxId() != "tx-1" {
			err = errors.New(answer.String())
		}
		byGRPC <- err
	}()
	go func() { byREST <- payByREST(g) }()
	receive(t, "the first call", arrived)
	receive(t, "the second call", arrived)

	go func() { drained <- g.Service.Drain(context.Background()) }()
	for range len(services(g)) + 1 { // and "", which is the gateway as a whole
		receive(t, "health to turn everywhere", watched)
	}
	await(t, "the listener to close", func() bool {
		conn, err := net.Dial("tcp", g.Addr)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	if got := payByREST(g); got.err != nil || got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, `"type":"SHUTTING_DOWN"`) {
		t.Errorf("REST answers %+v while the gateway drains", got)
	}
	for name, conn := range map[string]*grpc.ClientConn{"the same connection": g.Conn, "a new connection": connect(t, g.Addr)} {
		if _, err := portonev2.NewPaymentServiceClient(conn).PayWithBillingKey(t.Context(), payment("p2")); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v, want UNAVAILABLE", name, err)
		}
	}
	select {
	case err := <-drained:
		t.Fatalf("the drain ended with calls in flight: %v", err)
	default:
	}

	release()
	if err := receive(t, "the call by gRPC", byGRPC); err != nil {
		t.Errorf("the call in flight ended with %v", err)
	}
	if got := receive(t, "the call by REST", byREST); got.err != nil || got.status != http.StatusOK || got.body != paid {
		t.Errorf("the request in flight ended with %+v", got)
	}
	if err := receive(t, "the drain", drained); err != nil {
		t.Errorf("the drain ended with %v", err)
	}
	if got := p.requests(); len(got) != 2 {
		t.Errorf("PortOne got %d requests, want the two in flight", len(got))
	}
}

// watchAll watches the health of everything on a connection of its own, and tells
// what turned NOT_SERVING after it was SERVING.
func watchAll(t *testing.T, g *gatewaytest.Gateway) <-chan string {
	t.Helper()
	names := services(g)
	names[""] = true
	turned := make(chan string, len(names))
	conn := connect(t, g.Addr)
	for name := range names {
		stream, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := stream.Recv(); err != nil || answer.Status != serving {
			t.Fatalf("the health of %q is %v, %v", name, answer, err)
		}
		go func() {
			if answer, err := stream.Recv(); err == nil && answer.Status == notServing {
				turned <- name
			}
		}()
	}
	return turned
}

// TestDrainTimeout cuts calls that do not end.
func TestDrainTimeout(t *testing.T) {
	p, arrived, release := holding()
	defer release()
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	byGRPC, byREST := make(chan error, 1), make(chan *http.Response, 1)
	go func() {
		_, err := portonev2.NewPaymentServiceClient(g.Conn).PayWithBillingKey(context.Background(), payment("p1"))
		byGRPC <- err
	}()
	receive(t, "the call", arrived)
	go func() {
		resp, err := http.Post(g.URL+"/payments/p2/cancel", "application/json", strings.NewReader(`{"reason":"r"}`))
		if err != nil {
			t.Error(err)
		}
		byREST <- resp
	}()
	receive(t, "the request", arrived)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := g.Service.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the drain ended with %v", err)
	}
	err := receive(t, "the call", byGRPC)
	checkStatus(t, err, codes.Unknown, "OUTCOME_UNKNOWN")
	if info, _, _ := details(err); info.GetMetadata()["idempotencyKey"] == "" {
		t.Errorf("the status does not tell the key: %v", info)
	}
	if resp := receive(t, "the request", byREST); resp != nil {
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusConflict || resp.Header.Get("Idempotency-Key") == "" {
			t.Errorf("REST answers %s with %v", resp.Status, resp.Header)
		}
	}
	await(t, "the gateway to leave PortOne", func() bool { return g.Upstream.InFlight() == 0 })
}

// TestWatchersDoNotHoldDrain: streams that never end by themselves are no calls.
func TestWatchersDoNotHoldDrain(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, paid)})
	watch, err := healthpb.NewHealthClient(g.Conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	reflect := openReflection(t, g)
	reflect.ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.Service.Drain(ctx); err != nil {
		t.Errorf("the drain ended with %v", err)
	}
	if answer, err := watch.Recv(); err != nil || answer.Status != notServing {
		t.Errorf("the last that the watch tells is %v, %v", answer, err)
	}
	_, err = watch.Recv()
	checkStatus(t, err, codes.Unavailable, "SHUTTING_DOWN")
	_, err = reflect.stream.Recv()
	checkStatus(t, err, codes.Unavailable, "SHUTTING_DOWN")
	await(t, "the handlers to end", func() bool {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return !bytes.Contains(stacks, []byte("endWithDrain")) && !bytes.Contains(stacks, []byte("Watch("))
	})
}

// TestDrainWaitsForReaders: an answer that its caller reads slowly is whole, although
// its call has ended long ago.
func TestDrainWaitsForReaders(t *testing.T) {
	text := strings.Repeat("x", 2<<20)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, `{"payment":{},"new":"`+text+`"}`)})
	// A window that does not grow, or the client takes it all in before it is asked to.
	conn := connect(t, g.Addr, grpc.WithInitialWindowSize(64<<10), grpc.WithInitialConnWindowSize(64<<10))
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, payMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.SendMsg(payment("p1")), stream.CloseSend()); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Header(); err != nil { // the handler has ended
		t.Fatal(err)
	}
	drained := make(chan error, 1)
	go func() { drained <- g.Service.Drain(context.Background()) }()
	select {
	case err := <-drained:
		t.Fatalf("the drain ended with an answer on its way: %v", err)
	case <-time.After(1500 * time.Millisecond):
	}
	answer := &portonev2.PayWithBillingKeyResponse{}
	if err := stream.RecvMsg(answer); err != nil || answer.GetUnrecognized()["new"] != `"`+text+`"` {
		t.Errorf("the answer has %d bytes, %v", len(answer.GetUnrecognized()["new"]), err)
	}
	if err := stream.RecvMsg(answer); err != io.EOF {
		t.Errorf("it ends with %v", err)
	}
	if err := receive(t, "the drain", drained); err != nil {
		t.Errorf("the drain ended with %v", err)
	}
}

// TestDrainDoesNotWaitForever: an answer that no one reads ends with the drain's time.
func TestDrainDoesNotWaitForever(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, `{"payment":{},"new":"`+strings.Repeat("x", 2<<20)+`"}`)})
	conn := connect(t, g.Addr, grpc.WithInitialWindowSize(64<<10), grpc.WithInitialConnWindowSize(64<<10))
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, payMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.SendMsg(payment("p1")), stream.CloseSend()); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Header(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := g.Service.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the drain ended with %v", err)
	}
	if err := stream.RecvMsg(&portonev2.PayWithBillingKeyResponse{}); err == nil {
		t.Error("the answer is whole")
	}
}

// TestHealth asks for the health of everything. PortOne is never asked.
func TestHealth(t *testing.T) {
	p := answers(http.StatusInternalServerError, "PortOne is down")
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	health := healthpb.NewHealthClient(g.Conn)
	names := services(g)
	if len(names) != 26 {
		t.Errorf("there are %d services", len(names))
	}
	names[""] = true
	check := func(want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for name := range names {
			answer, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
			if err != nil || answer.Status != want {
				t.Errorf("the health of %q is %v, %v, want %v", name, answer, err, want)
			}
		}
	}
	check(serving)
	_, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "portone.v2.ThiefService"})
	checkStatus(t, err, codes.NotFound, "")
	g.Service.Unready()
	check(notServing)
	if got := p.requests(); len(got) > 0 {
		t.Errorf("PortOne got %d requests", len(got))
	}
	p.set(answerWith(http.StatusOK, paid))
	pay(t, g.Conn, "still taken") // until Drain
}

// reflection is an open reflection stream.
type reflection struct {
	t      *testing.T
	stream grpc.BidiStreamingClient[reflectionpb.ServerReflectionRequest, reflectionpb.ServerReflectionResponse]
}

func openReflection(t *testing.T, g *gatewaytest.Gateway) reflection {
	t.Helper()
	stream, err := reflectionpb.NewServerReflectionClient(g.Conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return reflection{t, stream}
}

func (r reflection) ask(request *reflectionpb.ServerReflectionRequest) *reflectionpb.ServerReflectionResponse {
	r.t.Helper()
	if err := r.stream.Send(request); err != nil {
		r.t.Fatal(err)
	}
	answer, err := r.stream.Recv()
	if err != nil {
		r.t.Fatal(err)
	}
	return answer
}

// TestReflection lists the services and finds their methods.
func TestReflection(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, paid)})
	r := openReflection(t, g)
	answer := r.ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
	missing := services(g)
	for _, service := range answer.GetListServicesResponse().GetService() {
		if name := service.GetName(); !missing[name] && !strings.HasPrefix(name, "grpc.") {
			t.Errorf("reflection lists %s", name)
		}
		delete(missing, service.GetName())
	}
	for name := range missing {
		t.Errorf("reflection does not list %s", name)
	}
	for _, op := range contract.Methods() {
		symbol := op.Service + "." + op.Name
		answer := r.ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: symbol}})
		if answer.GetFileDescriptorResponse() == nil { // without files, where the stream has had them
			t.Errorf("%s: %v", symbol, answer.GetErrorResponse())
		}
	}
}

// TestDrainIdle drains a gateway that no one called, and a second time.
func TestDrainIdle(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, paid)})
	for range 2 {
		if err := g.Service.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	}
	conn, err := grpc.NewClient(g.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	checkStatus(t, err, codes.Unavailable, "")
}
