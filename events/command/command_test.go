package command_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc"

	"github.com/portone-gateway/portone-gateway/events"
	"github.com/portone-gateway/portone-gateway/events/command"
	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// start serves an EventService with three events, of which one is about a billing key,
// and a subscription from the earliest.
func start(t *testing.T) (addr string) {
	t.Helper()
	s, err := jetstream.Open(jetstream.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	service, err := events.New(events.Options{Store: s, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	eventsv1.RegisterEventServiceServer(g, service)
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	_, err = service.PutSubscription(t.Context(), &eventsv1.PutSubscriptionRequest{Subscription: &eventsv1.Subscription{
		Name: "ledger", Start: &eventsv1.StartAt{At: &eventsv1.StartAt_Earliest{Earliest: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, body := range []string{
		`{"type":"Transaction.Paid","data":{"storeId":"s","paymentId":"<p>","transactionId":"t"}}`,
		`{"type":"BillingKey.Issued","data":{"storeId":"s","billingKey":"credential"}}`,
		`{"type":"TaxInvoice.Issued","data":{"taxInvoiceId":"i"}}`,
	} {
		kind, _, _ := strings.Cut(strings.TrimPrefix(body, `{"type":"`), `"`)
		r := &store.Record{ID: fmt.Sprint("id-", i+1), Type: kind, StoreID: "s", Environment: "live", Origin: eventsv1.Origin_ORIGIN_WEBHOOK, Body: []byte(body)}
		if _, err := s.Append(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	return listener.Addr().String()
}

// run runs a command line, and returns its lines.
func run(t *testing.T, addr string, args ...string) ([]map[string]any, error) {
	t.Helper()
	var c command.Command
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(append([]string{"--grpc-addr", addr, "--timeout", "20s"}, args...))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	name, _, _ := strings.Cut(parsed.Command(), " ")
	err = c.Run(name, &out)
	var lines []map[string]any
	for text := range strings.Lines(out.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	if strings.Contains(out.String(), "credential") && !strings.Contains(strings.Join(args, " "), "body") && args[0] != "show" {
		t.Errorf("%q shows a billing key: %s", args, out.String())
	}
	return lines, err
}

// of returns a member of each line.
func of(lines []map[string]any, name string) string {
	var values []string
	for _, l := range lines {
		values = append(values, fmt.Sprint(l[name]))
	}
	return strings.Join(values, " ")
}

func TestCommands(t *testing.T) {
	addr := start(t)
	must := func(args ...string) []map[string]any {
		t.Helper()
		lines, err := run(t, addr, args...)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		return lines
	}
	all := must("list")
	if of(all, "id") != "id-1 id-2 id-3" || of(all, "paymentId") != "<p> <nil> <nil>" || of(all, "origin") != "webhook webhook webhook" {
		t.Errorf("list: %v", all)
	}
	if got := must("list", "--type", "Transaction.*", "--type", "TaxInvoice.Issued"); of(got, "id") != "id-1 id-3" {
		t.Errorf("list of types: %v", got)
	}
	if got := must("list", "--payment", "<p>", "--since", "0s"); of(got, "id") != "id-1" {
		t.Errorf("list of a payment: %v", got)
	}
	if got := must("list", "--after", fmt.Sprint(all[0]["position"]), "--limit", "1", "--body"); of(got, "id") != "id-2" || !strings.Contains(of(got, "body"), "credential") {
		t.Errorf("list after a position: %v", got)
	}
	if got := must("show", "id-2"); !strings.Contains(of(got, "body"), "credential") {
		t.Errorf("show: %v", got)
	}
	if got := must("park", "ledger", "id-2", "--reason", "no such customer"); of(got, "id") != "id-2" {
		t.Errorf("park: %v", got)
	}
	parked := must("parked", "ledger")
	if of(parked, "id") != "id-2" || parked[0]["parked"].(map[string]any)["reason"] != "no such customer" {
		t.Errorf("parked: %v", parked)
	}
	if got := must("subscriptions"); of(got, "name") != "ledger" || of(got, "backlog") != "2" || of(got, "parked") != "1" {
		t.Errorf("subscriptions: %v", got)
	}
	if got := must("requeue", "ledger", "id-2"); of(got, "requeued") != "1" {
		t.Errorf("requeue: %v", got)
	}
	if got := must("replay", "ledger", "--latest"); of(got, "backlog") != "0" {
		t.Errorf("replay to the end: %v", got)
	}
	if got := must("replay", "ledger", "--since", "1h"); of(got, "backlog") != "4" { // with the one requeued
		t.Errorf("replay of an hour: %v", got)
	}
	must("delete", "ledger")
	if got := must("subscriptions"); len(got) != 0 {
		t.Errorf("subscriptions: %v", got)
	}
	for _, args := range [][]string{
		{"replay", "ledger"}, {"replay", "ledger", "--earliest", "--latest"}, {"requeue", "ledger"}, {"requeue", "ledger", "id-1", "--all"},
		{"show", "id-9"}, {"parked", "ledger"}, {"park", "ledger", "id-1"},
	} {
		if _, err := run(t, addr, args...); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
