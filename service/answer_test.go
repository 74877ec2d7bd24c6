package service_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
)

// isRequired reports what the contract says of a field.
func isRequired(fd protoreflect.FieldDescriptor) bool {
	for _, b := range proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior) {
		if b == annotations.FieldBehavior_REQUIRED {
			return true
		}
	}
	return false
}

// withPath is a request with something in every path parameter.
func withPath(op *contract.Method) (wire []byte) {
	fields := op.Descriptor.Input().Fields()
	for _, segment := range strings.Split(op.Template, "/") {
		name, isParam := strings.CutPrefix(segment, "{")
		if !isParam {
			continue
		}
		fd := fields.ByTextName(strings.TrimSuffix(name, "}"))
		switch fd.Kind() {
		case protoreflect.StringKind:
			wire = protowire.AppendString(protowire.AppendTag(wire, fd.Number(), protowire.BytesType), "p-1")
		default:
			wire = protowire.AppendVarint(protowire.AppendTag(wire, fd.Number(), protowire.VarintType), 1)
		}
	}
	return wire
}

// TestForeignAnswers gives every mutation what firewalls and proxies answer with 2xx
// in PortOne's place: none of it may pass for a success, nor for a failure.
func TestForeignAnswers(t *testing.T) {
	portone := answers(http.StatusOK, "")
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: portone})
	const html = "<html><body>One moment, please</body></html>"
	foreign := []struct {
		status  int
		body    string
		isEmpty bool // may be PortOne's answer where none of its members is required
	}{
		{200, `{}`, true}, {200, `{"type":"ALREADY_PAID"}`, true}, {200, `{"message":"blocked by a firewall"}`, true},
		{200, html, false}, {202, html, false}, {200, `[]`, false}, {200, `"ok"`, false}, {200, `null`, false}, {201, `{"half":`, false},
	}
	for _, op := range contract.Methods() {
		if !op.IsMutation() {
			continue
		}
		required := false
		fields := op.Descriptor.Output().Fields()
		for i := range fields.Len() {
			if fd := fields.Get(i); isRequired(fd) {
				required = true
				portone.set(answerWith(200, fmt.Sprintf(`{"not-%s":{}}`, fd.JSONName())))
				checkForeign(t, g, op, "a member of nearly the required name")
			}
		}
		for _, f := range foreign {
			if portone.set(answerWith(f.status, f.body)); required || !f.isEmpty {
				checkForeign(t, g, op, f.body)
			}
		}
		if portone.set(answerWith(200, "")); required {
			checkForeign(t, g, op, "no content")
		}
	}
}

// checkForeign makes a call that must end as an unknown outcome.
func checkForeign(t *testing.T, g *gatewaytest.Gateway, op *contract.Method, answer string) {
	t.Helper()
	c := &service.Call{Method: op, Headers: http.Header{}, Transport: "rest", Wire: withPath(op)}
	_, err := g.Service.Invoke(t.Context(), c)
	info, _, _ := details(err)
	if info.GetReason() != "OUTCOME_UNKNOWN" || info.GetMetadata()["idempotencyKey"] != string(c.Key) {
		t.Errorf("%s answered with %q: %v, %v", op.Name, answer, err, info)
	}
	c.Release()
}

// TestAnswerOfPortOne: an answer with what the contract requires is PortOne's. What is
// more in it reaches the caller; a mistake deep in it leaves no doubt that the request
// was carried out.
func TestAnswerOfPortOne(t *testing.T) {
	tests := []struct {
		name, body string
		code       codes.Code
		reason     string
	}{
		{"what the contract has", paid, codes.OK, ""},
		{"with a member of tomorrow", `{"payment":{"pgTxId":"tx-1","paidAt":"2026-01-02T03:04:05Z"},"new":{"a":1}}`, codes.OK, ""},
		{"less within a member", `{"payment":{"pgTxId":"tx-1"}}`, codes.OK, ""},
		{"a mistake within a member", `{"payment":{"pgTxId":1,"paidAt":"2026-01-02T03:04:05Z"}}`, codes.Internal, "ANSWER_UNREADABLE"},
		{"a member of another kind", `{"payment":"blocked"}`, codes.Unknown, "OUTCOME_UNKNOWN"},
		{"a member twice, and then nothing", `{"payment":{},"payment":`, codes.Unknown, "OUTCOME_UNKNOWN"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, test.body)})
			if test.code == codes.OK {
				pay(t, g.Conn, "p-1")
				return
			}
			_, err := payThrough(t, g.Conn)
			checkStatus(t, err, test.code, test.reason)
		})
	}
}
