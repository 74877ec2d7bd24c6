package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/events/signature"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

const (
	testWebhookSecret = "whsec_dGhlIHNlY3JldCBvZiB3ZWJob29rcw=="
	testWebhook       = `{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.000Z","data":{"storeId":"s","paymentId":"the-payment","transactionId":"t"}}`
)

// webhooks is where webhooks come in.
func (p *program) webhooks(t *testing.T) string {
	t.Helper()
	var serving struct{ Webhooks string }
	if err := json.Unmarshal([]byte(p.stderr.awaitLine(t, `"msg":"serving"`, p.exited)), &serving); err != nil || serving.Webhooks == "" {
		t.Fatalf("webhooks come in at %q: %v", serving.Webhooks, err)
	}
	return serving.Webhooks
}

// eventFlags have events kept in a folder.
func eventFlags(t *testing.T, dir string, more ...string) []string {
	t.Helper()
	secrets := filepath.Join(t.TempDir(), "webhook-secret")
	if err := os.WriteFile(secrets, []byte(testWebhookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return append([]string{"--webhook-addr=127.0.0.1:0", "--webhook-secret-file=live=" + secrets, "--events-dir=" + dir}, more...)
}

// sendWebhook posts a webhook that is signed, and returns the status of the answer.
func sendWebhook(t *testing.T, addr, id, body string) int {
	t.Helper()
	secret, err := signature.NewSecret("live", testWebhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	header := make(http.Header)
	signature.Sign(secret, header, id, time.Now(), []byte(body))
	var headers []string
	for name := range header {
		headers = append(headers, name+": "+header.Get(name))
	}
	a, err := ask(t.Context(), addr, http.MethodPost, "/webhooks/portone", body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a.status
}

func declare(t *testing.T, conn grpc.ClientConnInterface, s *eventsv1.Subscription) eventsv1.EventServiceClient {
	t.Helper()
	client := eventsv1.NewEventServiceClient(conn)
	if _, err := client.PutSubscription(t.Context(), &eventsv1.PutSubscriptionRequest{Subscription: s}); err != nil {
		t.Fatal(err)
	}
	return client
}

// delivery waits for the next delivery of a stream.
func delivery(t *testing.T, stream grpc.ServerStreamingClient[eventsv1.SubscribeResponse]) *eventsv1.Delivery {
	t.Helper()
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetDelivery() != nil {
			return m.GetDelivery()
		}
	}
}

// TestSandboxEvents does what the banner says: one call shows a payment's webhooks.
func TestSandboxEvents(t *testing.T) {
	p := startWith(t, []string{"TMPDIR=" + t.TempDir()}, "--sandbox", "--sandbox-addr=127.0.0.1:0")
	banner := p.banner(t)
	if !strings.Contains(banner, "portone.events.v1.EventService/Subscribe") {
		t.Errorf("the banner says nothing of events:\n%s", banner)
	}
	var control string
	for _, place := range placeLine.FindAllStringSubmatch(banner, -1) {
		if place[1] == "sandbox" {
			control = place[2]
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stream, err := eventsv1.NewEventServiceClient(p.dial(t)).Subscribe(ctx, &eventsv1.SubscribeRequest{Subscription: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	paid, err := ask(ctx, control, http.MethodPost, "/sandbox/window", `{"paymentId":"of-the-test","orderName":"o","totalAmount":1000}`)
	if err != nil || paid.status != http.StatusOK {
		t.Fatalf("%+v, error %v", paid, err)
	}
	for {
		event := delivery(t, stream).GetEvent()
		if event.GetTransaction().GetPaymentId() == "of-the-test" && event.GetKnownType() == eventsv1.EventType_EVENT_TYPE_TRANSACTION_PAID {
			if event.GetEnvironment() != "sandbox" || event.GetOrigin() != eventsv1.Origin_ORIGIN_WEBHOOK {
				t.Errorf("the event is %v", event)
			}
			break
		}
	}
	p.signal(t, syscall.SIGTERM) // the stream is open
	if code := p.wait(t); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if strings.Contains(p.stderr.String(), "of-the-test") {
		t.Errorf("the log names a payment:\n%s", p.stderr.String())
	}
}

// TestSandboxWithoutTemporaryFolder has the sandbox go on where its events have no place.
func TestSandboxWithoutTemporaryFolder(t *testing.T) {
	p := startWith(t, []string{"TMPDIR=" + filepath.Join(t.TempDir(), "none")}, "--sandbox", "--sandbox-addr=127.0.0.1:0")
	p.stderr.awaitLine(t, "webhooks go nowhere", p.exited)
	if err := list(t.Context(), p.dial(t)); err != nil {
		t.Error(err)
	}
}

// TestSandboxFolderIsRemoved looks for what the sandbox's events leave behind.
func TestSandboxFolderIsRemoved(t *testing.T) {
	temporary := t.TempDir()
	p := startWith(t, []string{"TMPDIR=" + temporary}, "--sandbox", "--sandbox-addr=127.0.0.1:0")
	if len(entries(t, temporary)) != 1 {
		t.Errorf("while it runs: %v", entries(t, temporary))
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t)
	if left := entries(t, temporary); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}

// TestEventsOutliveTheProcess stops a gateway with an open stream and an event that is
// not acknowledged, and starts another one on the folder.
func TestEventsOutliveTheProcess(t *testing.T) {
	portone := newStub(t, answerWell)
	dir := t.TempDir()
	p := start(t, portone.url, eventFlags(t, dir)...)
	client := declare(t, p.dial(t), &eventsv1.Subscription{Name: "ledger", AckDeadline: durationpb.New(time.Second)})
	if got := sendWebhook(t, p.webhooks(t), "id-1", testWebhook); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	stream, err := client.Subscribe(t.Context(), &eventsv1.SubscribeRequest{Subscription: "ledger"})
	if err != nil {
		t.Fatal(err)
	}
	lent := delivery(t, stream)
	p.signal(t, syscall.SIGTERM)
	for err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unavailable || reasonOf(err) != "SHUTTING_DOWN" {
		t.Errorf("the stream ended with %v, reason %s", err, reasonOf(err))
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit status %d", code)
	}
	p = start(t, portone.url, eventFlags(t, dir)...)
	client = eventsv1.NewEventServiceClient(p.dial(t))
	if got := sendWebhook(t, p.webhooks(t), "id-1", testWebhook); got != http.StatusOK {
		t.Errorf("PortOne repeats it: status %d", got)
	}
	pulled, err := ask(t.Context(), p.http, http.MethodPost, "/-/v1/subscriptions/ledger:pull", `{"wait":"20s"}`)
	if err != nil || pulled.status != http.StatusOK || strings.Count(pulled.body, `"ackId"`) != 1 || !strings.Contains(pulled.body, `"the-payment"`) {
		t.Errorf("by REST came %+v, error %v", pulled, err)
	}
	acked, err := client.Ack(t.Context(), &eventsv1.AckRequest{Subscription: "ledger", AckIds: []string{lent.GetAckId()}})
	if err != nil || len(acked.GetFailures()) > 0 {
		t.Errorf("an ack id of before: %v, error %v", acked, err)
	}
}

// TestWithCurrent has a delivery bring the payment, read through the gateway's own call.
func TestWithCurrent(t *testing.T) {
	portone := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/payments/the-payment" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"status":"READY","id":"the-payment","storeId":"s","tomorrow":true}`))
			return
		}
		answerWell(w, r)
	})
	p := start(t, portone.url, eventFlags(t, t.TempDir())...)
	client := declare(t, p.dial(t), &eventsv1.Subscription{Name: "ledger", WithCurrent: true})
	for id, body := range map[string]string{"id-1": testWebhook, "id-2": strings.Replace(testWebhook, "the-payment", "another", 1)} {
		if got := sendWebhook(t, p.webhooks(t), id, body); got != http.StatusOK {
			t.Fatalf("status %d", got)
		}
	}
	pulled, err := client.Pull(t.Context(), &eventsv1.PullRequest{Subscription: "ledger", Wait: durationpb.New(20 * time.Second)})
	if err != nil || len(pulled.GetDeliveries()) != 2 {
		t.Fatalf("%v, error %v", pulled, err)
	}
	for _, d := range pulled.GetDeliveries() {
		switch d.GetEvent().GetId() {
		case "id-1":
			if ready := d.GetPayment().GetReady(); ready.GetId() != "the-payment" || ready.GetUnrecognized()["tomorrow"] != "true" {
				t.Errorf("the payment is %v", d.GetCurrent())
			}
		case "id-2":
			if d.GetCurrent() == nil {
				t.Error("what could not be read has nothing said of it")
			}
		}
	}
}

// TestFolderInUse starts two gateways on one folder: the second does everything but
// events.
func TestFolderInUse(t *testing.T) {
	portone := newStub(t, answerWell)
	dir := t.TempDir()
	start(t, portone.url, eventFlags(t, dir)...)
	p := start(t, portone.url, eventFlags(t, dir)...)
	p.stderr.awaitLine(t, "another process uses the folder", p.exited)
	if got := sendWebhook(t, p.webhooks(t), "id-1", testWebhook); got != http.StatusServiceUnavailable {
		t.Errorf("a webhook: status %d", got)
	}
	if a := get(t, p.webhooks(t), "/readyz"); a.status != http.StatusServiceUnavailable {
		t.Errorf("/readyz of the intake: %d", a.status)
	}
	if a := get(t, p.admin, "/readyz"); a.status != http.StatusOK {
		t.Errorf("/readyz of the gateway: %d", a.status)
	}
	conn := p.dial(t)
	if _, err := pay(t.Context(), conn, "p"); err != nil {
		t.Errorf("a payment: %v", err)
	}
	_, err := eventsv1.NewEventServiceClient(conn).ListEvents(t.Context(), &eventsv1.ListEventsRequest{})
	if status.Code(err) != codes.Unavailable || reasonOf(err) != "STORE_UNAVAILABLE" {
		t.Errorf("events: %v, reason %s", err, reasonOf(err))
	}
	if got := p.metrics(t).value(t, "portone_gateway_event_store_ready"); got != 0 {
		t.Errorf("the store is ready: %v", got)
	}
}

// TestEventsAreOff shows that there are none unless they are asked for.
func TestEventsAreOff(t *testing.T) {
	p := start(t, newStub(t, answerWell).url)
	_, err := eventsv1.NewEventServiceClient(p.dial(t)).ListEvents(t.Context(), &eventsv1.ListEventsRequest{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("by gRPC: %v", err)
	}
	if a := get(t, p.http, "/-/v1/events"); a.status != http.StatusNotFound {
		t.Errorf("by REST: %d", a.status)
	}
	if strings.Contains(get(t, p.admin, "/metrics").body, "portone_gateway_event") {
		t.Error("there are metrics of events")
	}
}

// TestIntakeServesNothingElse asks the listener that faces the internet for all that the
// others have.
func TestIntakeServesNothingElse(t *testing.T) {
	p := start(t, newStub(t, answerWell).url, eventFlags(t, t.TempDir())...)
	for _, path := range []string{"/", "/payments/p", "/-/v1/events", "/metrics", "/healthz", "/debug/pprof/", "/webhooks", "/webhooks/portone/x", "//webhooks/portone"} {
		if a := get(t, p.webhooks(t), path); a.status != http.StatusNotFound {
			t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
	if a := get(t, p.webhooks(t), "/webhooks/portone"); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET of the path itself: %d", a.status)
	}
}

// TestEventsCommand looks at a gateway from the shell.
func TestEventsCommand(t *testing.T) {
	p := start(t, newStub(t, answerWell).url, eventFlags(t, t.TempDir())...)
	declare(t, p.dial(t), &eventsv1.Subscription{Name: "ledger"})
	if got := sendWebhook(t, p.webhooks(t), "id-1", testWebhook); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	status, stdout, stderr := run(t, nil, "events", "park", "--grpc-addr="+p.grpc, "ledger", "id-1", "--reason=by hand")
	if status != 0 || !strings.Contains(stdout, `"id":"id-1"`) {
		t.Errorf("park ends with %d, %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = run(t, []string{"PORTONE_GATEWAY_GRPC_ADDR=" + p.grpc}, "events", "parked", "ledger")
	if status != 0 || !strings.Contains(stdout, `"reason":"by hand"`) {
		t.Errorf("parked ends with %d, %s%s", status, stdout, stderr)
	}
	status, _, stderr = run(t, nil, "events", "show", "--grpc-addr="+p.grpc, "none")
	if status != 1 || !strings.HasPrefix(stderr, "gateway: ") || !strings.Contains(stderr, "No event with this id") {
		t.Errorf("show ends with %d, %s", status, stderr)
	}
}

// TestWrongEventFlags are settings that must end the program with one line.
func TestWrongEventFlags(t *testing.T) {
	good := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(good, []byte(testWebhookSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, dir := "--webhook-secret-file=live="+good, "--events-dir="+t.TempDir()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const addr = "--webhook-addr=127.0.0.1:0"
	tests := []wrongSetting{
		{name: "no store", args: []string{addr, secret}, names: "--webhook-addr"},
		{name: "no secret", args: []string{addr, dir}, names: "--webhook-secret-file"},
		{name: "a secret that is not there", args: []string{addr, dir, "--webhook-secret-file=live=/none"}, names: "--webhook-secret-file"},
		{name: "an empty file of secrets", args: []string{addr, dir, "--webhook-secret-file=live=" + empty}, names: "--webhook-secret-file"},
		{name: "a label that is none", args: []string{addr, dir, "--webhook-secret-file=Live=" + good}, names: "--webhook-secret-file", hides: testWebhookSecret},
		{name: "two stores", args: []string{dir, "--nats-url=nats://127.0.0.1:1"}, names: "--nats-url"},
		{name: "a key for a cluster", args: []string{"--nats-url=nats://127.0.0.1:1", "--events-key-file=" + good}, names: "--events-key-file"},
		{name: "half a pair", args: []string{"--nats-url=nats://127.0.0.1:1", "--nats-cert-file=" + good}, names: "--nats-key-file"},
		{name: "two replicas", args: []string{"--nats-url=nats://127.0.0.1:1", "--nats-replicas=2"}, names: "--nats-url"},
		{name: "no size", args: []string{dir, "--events-max-bytes=1 apple"}, names: "--events-max-bytes"},
		{name: "too small", args: []string{dir, "--events-max-bytes=1KiB"}, names: "--events-dir"},
		{name: "a window longer than events are kept", args: []string{dir, "--events-max-age=1h"}, names: "--events-dir"},
		{name: "a path that is none", args: []string{addr, dir, secret, "--webhook-path=webhooks"}, names: "--webhook-path"},
		{name: "who decides is none", args: []string{addr, dir, secret, "--webhook-confirm=maybe"}, names: "--webhook-confirm"},
		{name: "a negative tolerance", args: []string{addr, dir, secret, "--webhook-tolerance=-1s"}, names: "--webhook-tolerance"},
		{name: "the sandbox's webhooks elsewhere, and no secret", args: []string{"--sandbox", addr, dir, "--sandbox-webhook-url=http://127.0.0.1:1"}, names: "--webhook-secret-file"},
		{name: "a listener that cannot be", args: []string{dir, secret, "--webhook-addr=nowhere"}, names: "--webhook-addr"},
	}
	for _, test := range tests {
		t.Run(test.name, test.withSecret().check)
	}
}
