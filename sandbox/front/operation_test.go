package front

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/internal/contracttest"
	"github.com/portone-gateway/portone-gateway/sandbox/control"
	"github.com/portone-gateway/portone-gateway/sandbox/example"
	"github.com/portone-gateway/portone-gateway/sandbox/faults"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// randomTarget draws a valid request of an operation as HTTP: target and body.
// Ids are often some of those given, so that there is something to be found.
func (op *operation) randomTarget(t *rapid.T, ids []string) (target, body string) {
	opts := contracttest.Options{RequiredOnly: rapid.Bool().Draw(t, "required only")}
	for {
		document := contracttest.Document(op.call.Input.Descriptor(), opts).Draw(t, "request")
		wire, err := op.call.Input.AppendWire(nil, document, transcode.Strict)
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		var r transcode.Request
		if err := op.call.SetRequest(&r, withIDs(t, op, wire, ids), 1<<20); err != nil {
			continue // . or .. in the path
		}
		target = string(r.Path)
		if len(r.Query) > 0 {
			target += "?" + string(r.Query)
		}
		return target, string(r.Body)
	}
}

// withIDs puts ids into the strings at the top level that are called after one.
func withIDs(t *rapid.T, op *operation, wire []byte, ids []string) []byte {
	m := op.input.New()
	if err := proto.Unmarshal(wire, m.Interface()); err != nil {
		t.Fatal(err)
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		isID := strings.HasSuffix(string(fd.Name()), "id") || strings.HasSuffix(string(fd.Name()), "key")
		if len(ids) > 0 && isID && fd.Kind() == protoreflect.StringKind && !fd.IsList() && m.Has(fd) && rapid.Bool().Draw(t, "known id") {
			m.Set(fd, protoreflect.ValueOfString(rapid.SampledFrom(ids).Draw(t, string(fd.Name()))))
		}
	}
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// someIDs are the ids of what is in a sandbox.
func someIDs(t *testing.T, s *Server) []string {
	objects, err := s.objects()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, o := range objects {
		ids = append(ids, o.id)
	}
	return ids
}

// TestOperations sends valid requests to every operation. Each is answered with
// what the contract says, or refused with an error that the operation lists.
func TestOperations(t *testing.T) {
	s, err := New(Options{Clock: world.NewStoppedClock(start), Demo: true})
	must(t, err)
	ids := someIDs(t, s)
	documents := readSnapshots(t)
	if len(documents) == 0 {
		t.Log("PORTONE_OPENAPI does not name PortOne's documents: answers are held against the contract only")
	}
	if got := len(s.catalog.operations); got != 151 {
		t.Errorf("%d operations", got)
	}
	for _, op := range s.catalog.operations {
		t.Run(op.id, rapid.MakeCheck(func(t *rapid.T) {
			target, body := op.randomTarget(t, ids)
			w := ask(s, op.call.Method.HTTPMethod, target, body)
			if err := s.catalog.judge(op, w.Code, w.Body.Bytes()); err != nil {
				t.Fatalf("%s %s %s\nanswers %d %s\n%v", op.call.Method.HTTPMethod, target, body, w.Code, w.Body, err)
			}
			if err := documents.judge(op.id, w.Code, w.Body.Bytes()); err != nil {
				t.Fatalf("%s %s %s\nanswers %d %s\nby PortOne's document: %v", op.call.Method.HTTPMethod, target, body, w.Code, w.Body, err)
			}
		}))
	}
}

// TestEveryObject names every object to every operation that takes an id in its
// path: in the demo as it is, with updates scheduled, and with everything archived.
// In no state does an operation answer with an error that it does not list.
func TestEveryObject(t *testing.T) {
	s, err := New(Options{Clock: world.NewStoppedClock(start), Demo: true})
	must(t, err)
	ids := someIDs(t, s)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for state, prefix := range map[string]string{"as it is": "none", "scheduled": "schedule", "archived": "archive"} {
		for _, op := range s.catalog.operations {
			if !strings.Contains(op.call.Method.Template, "{") {
				continue
			}
			must(t, s.Reset())
			for _, first := range s.catalog.operations {
				if strings.HasPrefix(first.id, prefix) {
					first.askOfAll(t, s, ids)
				}
			}
			for id, w := range op.askOfAll(t, s, ids) {
				if err := s.catalog.judge(op, w.Code, w.Body.Bytes()); err != nil {
					t.Errorf("%s, the demo %s, %s: answers %d %s\n%v", op.id, state, id, w.Code, w.Body, err)
				}
			}
		}
	}
}

// askOfAll makes an exemplary request of an operation for each id.
func (op *operation) askOfAll(t *testing.T, s *Server, ids []string) map[string]*httptest.ResponseRecorder {
	answers := make(map[string]*httptest.ResponseRecorder)
	for _, id := range ids {
		message, err := example.Message(op.input.Descriptor().FullName(), nil, start.AddDate(0, 0, 1))
		must(t, err)
		m := message.ProtoReflect()
		for i := range m.Descriptor().Fields().Len() {
			if fd := m.Descriptor().Fields().Get(i); fd.Kind() == protoreflect.StringKind && strings.Contains(op.call.Method.Template, "{"+string(fd.Name())+"}") {
				m.Set(fd, protoreflect.ValueOfString(id))
			}
		}
		wire, err := proto.Marshal(message)
		must(t, err)
		var r transcode.Request
		must(t, op.call.SetRequest(&r, wire, 1<<20))
		target := string(r.Path)
		if len(r.Query) > 0 {
			target += "?" + string(r.Query)
		}
		answers[id] = ask(s, op.call.Method.HTTPMethod, target, string(r.Body))
	}
	return answers
}

// judge reports whether an operation may answer like that.
func (c *catalog) judge(op *operation, status int, body []byte) error {
	switch {
	case status == http.StatusOK && op.call.Output == nil:
		return nil // a file
	case status == http.StatusOK && silent[op.id]:
		if len(body) > 0 {
			return fmt.Errorf("has a body")
		}
		return nil
	case status == http.StatusOK:
		return validAnswer(op.call.Output, body)
	}
	typ := typeIn(body)
	r := c.byType[typ]
	switch {
	case r == nil:
		return fmt.Errorf("type %q is not in the contract", typ)
	case r.status != status:
		return fmt.Errorf("type %s has status %d", typ, r.status)
	case !general[r.number] && !slices.Contains(op.call.Method.Operation.GetErrors(), typ):
		return fmt.Errorf("type %s is not one that the operation lists", typ)
	}
	return c.validError(op, r, body)
}

// typeIn returns the type of an error's body.
func typeIn(body []byte) (typ string) {
	err := transcode.Members(body, func(name, raw []byte) {
		if string(name) == "type" {
			typ, _ = transcode.Text(raw)
		}
	})
	if err != nil {
		return ""
	}
	return typ
}

// TestEveryError asks every operation for every error that it lists, and for some
// that any may answer with.
func TestEveryError(t *testing.T) {
	s := newSandbox(t)
	documents := readSnapshots(t)
	if len(documents) == 0 {
		t.Log("PORTONE_OPENAPI does not name PortOne's documents: errors are held against the contract only")
	}
	for _, op := range s.catalog.operations {
		target := strings.NewReplacer("{", "", "}", "").Replace(op.call.Method.Template)
		for _, typ := range append([]string{faults.Outstanding}, op.call.Method.Operation.GetErrors()...) {
			w := ask(s, op.call.Method.HTTPMethod, target, "", faults.Header+": error="+typ)
			r := s.catalog.byType[typ]
			if w.Code != r.status || typeIn(w.Body.Bytes()) != typ {
				t.Errorf("%s, %s: status %d, body %s", op.id, typ, w.Code, w.Body)
				continue
			}
			if err := s.catalog.validError(op, r, w.Body.Bytes()); err != nil {
				t.Errorf("%s, %s: %v in %s", op.id, typ, err, w.Body)
			}
			if err := documents.judge(op.id, w.Code, w.Body.Bytes()); err != nil && typ != faults.Outstanding {
				t.Errorf("%s, %s: by PortOne's document: %v in %s", op.id, typ, err, w.Body)
			}
		}
	}
}

// TestEveryErrorType asks for every error type of the contract at one operation,
// which lists few of them.
func TestEveryErrorType(t *testing.T) {
	s := newSandbox(t)
	op := s.catalog.byID["getPayment"]
	for _, r := range s.catalog.reasons {
		w := ask(s, "GET", "/payments/sandbox:error="+r.typ, "")
		if w.Code != r.status || typeIn(w.Body.Bytes()) != r.typ {
			t.Errorf("%s: status %d, body %s", r.typ, w.Code, w.Body)
		}
		if err := s.catalog.validError(op, r, w.Body.Bytes()); err != nil {
			t.Errorf("%s: %v in %s", r.typ, err, w.Body)
		}
	}
}

// TestRequiredMembers leaves out what operations require, a member at a time, and
// expects it to be named.
func TestRequiredMembers(t *testing.T) {
	s := newSandbox(t)
	for _, op := range s.catalog.operations {
		for _, v := range op.call.Violations(nil) {
			fd := op.call.Input.Descriptor().Fields().ByJSONName(v.Field)
			if fd == nil || strings.Contains(op.call.Method.Template, "{"+string(fd.Name())+"}") {
				continue
			}
			target := strings.NewReplacer("{", "", "}", "").Replace(op.call.Method.Template)
			w := ask(s, op.call.Method.HTTPMethod, target, "{}")
			if op.call.Method.HTTPMethod == "GET" || op.call.Method.HTTPMethod == "DELETE" {
				w = ask(s, op.call.Method.HTTPMethod, target+"?requestBody=%7B%7D", "")
			}
			if typ, message := errorOf(w); typ != "INVALID_REQUEST" || !strings.Contains(message, v.Field) {
				t.Errorf("%s without %s: %d %s", op.id, v.Field, w.Code, w.Body)
			}
		}
	}
}

// TestRepeats makes the same calls in two sandboxes and expects the same answers
// and the same objects in the end, byte by byte.
func TestRepeats(t *testing.T) {
	var both [2]*Server
	for i := range both {
		var err error
		both[i], err = New(Options{Clock: world.NewStoppedClock(start), Demo: true})
		must(t, err)
	}
	a, b := both[0], both[1]
	ids, calls := someIDs(t, a), 0
	for _, op := range a.catalog.operations {
		rapid.Check(t, func(t *rapid.T) {
			target, body := op.randomTarget(t, ids)
			calls++
			key := fmt.Sprintf(`%s: "call-number-%08d"`, idempotencyHeader, calls)
			first, second := ask(a, op.call.Method.HTTPMethod, target, body, key), ask(b, op.call.Method.HTTPMethod, target, body, key)
			if first.Code != second.Code || !bytes.Equal(first.Body.Bytes(), second.Body.Bytes()) {
				t.Fatalf("%s %s %s\nanswers %d %s\nand %d %s", op.call.Method.HTTPMethod, target, body, first.Code, first.Body, second.Code, second.Body)
			}
		})
	}
	for _, path := range []string{"dump", "counters", "clock", "webhooks"} {
		first, second := ask(a, "GET", control.Prefix+path, ""), ask(b, "GET", control.Prefix+path, "")
		if first.Code != 200 || first.Body.String() != second.Body.String() {
			t.Errorf("%s: %d\n%s\n%s", path, first.Code, first.Body, second.Body)
		}
	}
}
