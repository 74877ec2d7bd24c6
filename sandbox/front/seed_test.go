package front

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestDemo expects the demo's objects to be there, at any time, and again after a
// reset.
func TestDemo(t *testing.T) {
	for _, clock := range []*world.Clock{nil, world.NewStoppedClock(start), world.NewStoppedClock(start.AddDate(30, 0, 0))} {
		s, err := New(Options{Clock: clock, Demo: true})
		must(t, err)
		w := ask(s, "GET", "/payments/demo-payment-3", "")
		if !strings.Contains(w.Body.String(), `"status":"PARTIAL_CANCELLED"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		before := ask(s, "GET", "/sandbox/counters", "").Body.String()
		must(t, s.Reset())
		if after := ask(s, "GET", "/sandbox/counters", "").Body.String(); clock != nil && after != before { // time stands still
			t.Errorf("counters %s, after a reset %s", before, after)
		}
		must(t, s.Advance(31*24*time.Hour))
		w = ask(s, "GET", "/payments/demo-subscription-2", "")
		if !strings.Contains(w.Body.String(), `"status":"PAID"`) {
			t.Errorf("the scheduled payment: %d %s", w.Code, w.Body)
		}
	}
}

// TestDemoLists expects every list to show something in the demo.
func TestDemoLists(t *testing.T) {
	s, err := New(Options{Clock: world.NewStoppedClock(start), Demo: true})
	must(t, err)
	must(t, s.Advance(time.Minute)) // lists of schedules show what was due
	lists := 0
	for _, op := range s.catalog.operations {
		list := listOf(op)
		if list == "" {
			continue
		}
		lists++
		body := ""
		for _, v := range op.call.Violations(nil) {
			body = `{"` + v.Field + `":{}}`
		}
		w := ask(s, "GET", op.call.Method.Template, body)
		var answer map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || len(answer[list]) <= len("[]") {
			t.Errorf("%s: %d %s", op.id, w.Code, w.Body)
		}
	}
	if lists != 19 {
		t.Errorf("%d lists", lists)
	}
}

// listOf is the list in the answer of an operation that lists objects by page or
// cursor; empty for other operations.
func listOf(op *operation) string {
	if op.call.Method.HTTPMethod != "GET" || strings.Contains(op.call.Method.Template, "{") || op.call.Output == nil {
		return ""
	}
	fields := op.call.Output.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		byCursor := fd.IsList() && fd.Message() != nil && fd.Message().Fields().ByName("cursor") != nil
		if fd.IsList() && fd.Kind() == protoreflect.MessageKind && (byCursor || fields.ByName("page") != nil) {
			return fd.JSONName()
		}
	}
	return ""
}

// TestDemoStates expects the demo's payments to be in every state that matters.
func TestDemoStates(t *testing.T) {
	s, err := New(Options{Demo: true})
	must(t, err)
	for id, status := range map[string]string{
		"demo-payment-1": "PAID", "demo-payment-3": "PARTIAL_CANCELLED", "demo-payment-4": "CANCELLED", "demo-payment-5": "FAILED",
		"demo-virtual-account": "VIRTUAL_ACCOUNT_ISSUED", "demo-subscription-1": "PAID",
	} {
		if w := ask(s, "GET", "/payments/"+id, ""); !strings.Contains(w.Body.String(), `"status":"`+status+`"`) {
			t.Errorf("%s is not %s: %s", id, status, w.Body)
		}
	}
}

// TestSeed expects that a mistake in the demo is noticed.
func TestSeed(t *testing.T) {
	login := demoRequest{operation: "loginViaApiSecret", request: aLogin, keep: map[string]string{"token": "accessToken"}}
	for _, test := range []struct {
		name        string
		demoRequest demoRequest
		problem     string
	}{
		{"refused", demoRequest{operation: "loginViaApiSecret", request: `{"apiSecret":"invalid-secret"}`}, "UNAUTHORIZED"},
		{"a member missing", demoRequest{operation: "loginViaApiSecret", request: `{}`}, "INVALID_REQUEST"},
		{"a member of another type", demoRequest{operation: "loginViaApiSecret", request: `{"apiSecret":1}`}, "apiSecret"},
		{"no such operation", demoRequest{operation: "logIn", request: `{}`}, "no such operation"},
		{"a template that is none", demoRequest{operation: "loginViaApiSecret", request: `{{`}, "unclosed"},
		{"nothing kept", demoRequest{operation: "loginViaApiSecret", request: `{"apiSecret":"{{kept "secret"}}"}`}, "kept as secret"},
		{"no duration", demoRequest{operation: "loginViaApiSecret", request: `{"apiSecret":"{{after "a day"}}"}`}, "duration"},
		{"refused as it should be", demoRequest{operation: "loginViaApiSecret", request: `{"apiSecret":"invalid-secret"}`, refused: "UNAUTHORIZED"}, ""},
		{"not refused", demoRequest{operation: "loginViaApiSecret", request: aLogin, refused: "UNAUTHORIZED"}, "status 200"},
		{"refused otherwise", demoRequest{operation: "loginViaApiSecret", request: `{}`, refused: "UNAUTHORIZED"}, "INVALID_REQUEST"},
		{"an element of a list", demoRequest{operation: "getBankInfos", request: `{}`, keep: map[string]string{"x": "items.0.bank"}}, ""},
		{"no such element", demoRequest{operation: "getBankInfos", request: `{}`, keep: map[string]string{"x": "items.999.bank"}}, "no text at items.999.bank"},
		{"nothing to keep", demoRequest{operation: "loginViaApiSecret", request: aLogin, keep: map[string]string{"x": "accessToken.x"}}, "no text at accessToken.x"},
		{"well", demoRequest{operation: "loginViaApiSecret", request: `{"apiSecret":"{{kept "token"}} {{after "24h"}} {{today}}"}`}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSandbox(t)
			err := s.populate(s.state, []demoRequest{login, test.demoRequest})
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error %v, want %q", err, test.problem)
			}
		})
	}
}
