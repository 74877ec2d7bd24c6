package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// TestEveryError answers every operation with each of its typed errors, with random
// data, and looks at what callers get by gRPC and by REST.
func TestEveryError(t *testing.T) {
	p := &portone{}
	// One attempt: temporary errors of reads would be repeated.
	options := gatewaytest.Options{Handler: p, Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 }}
	keeping := gatewaytest.Start(t, options)
	options.REST.UnclearIsConflict = true
	g := gatewaytest.Start(t, options)
	for _, method := range contracttest.Methods() {
		t.Run(string(method.Name()), func(t *testing.T) {
			op := newOperation(t, method)
			rapid.Check(t, func(t *rapid.T) {
				for _, typ := range op.info.GetErrors() {
					body := contracttest.Error(op.info, typ).Draw(t, typ)
					httpStatus := int(contracttest.ErrorType(typ).GetHttpStatus())
					p.expect("application/json", httpStatus, body)
					op.errorByGRPC(t, g, typ, httpStatus, body)
					op.errorByREST(t, keeping, typ, httpStatus, body)
					if op.verb != "GET" && httpStatus >= 500 { // proxies would repeat it
						httpStatus = http.StatusConflict
					}
					op.errorByREST(t, g, typ, httpStatus, body)
				}
			})
		})
	}
}

// simplest is a request that any operation takes.
func (op *operation) simplest() *dynamicpb.Message {
	message := dynamicpb.NewMessage(op.method.Input())
	for name, where := range op.location {
		if where != "path" {
			continue
		}
		fd := op.method.Input().Fields().ByJSONName(name)
		if fd.Enum() != nil {
			message.Set(fd, protoreflect.ValueOfEnum(1))
			continue
		}
		message.Set(fd, protoreflect.ValueOfString("id-1"))
	}
	return message
}

// errorByGRPC makes a call that fails.
func (op *operation) errorByGRPC(t *rapid.T, g *gatewaytest.Gateway, typ string, httpStatus int, body []byte) {
	var err error
	if op.output == nil {
		err = op.fileError(g)
	} else {
		err = g.Conn.Invoke(context.Background(), op.fullMethod, op.simplest(), dynamicpb.NewMessage(op.method.Output()))
	}
	st := status.Convert(err)
	info, detail := &errdetails.ErrorInfo{}, &portonev2.PortOneError{}
	for _, d := range st.Proto().GetDetails() {
		_ = d.UnmarshalTo(info)
		_ = d.UnmarshalTo(detail)
	}
	if st.Code() == codes.OK || info.GetReason() != typ || info.GetDomain() != contract.PortOneDomain || info.GetMetadata()["operation"] != op.info.GetId() {
		t.Fatalf("gRPC: %s: %v with %v", typ, st, info)
	}
	if want := "ERROR_REASON_" + typ; detail.GetReason().String() != want || detail.GetType() != typ || int(detail.GetHttpStatus()) != httpStatus {
		t.Fatalf("gRPC: the detail is %v", detail)
	}
	if info.GetMetadata()["truncated"] == "" {
		_, rest := errmap.REST(st)
		op.sameError(t, "gRPC", typ, body, rest)
	}
}

// fileError makes a call that would answer with a file.
func (op *operation) fileError(g *gatewaytest.Gateway) error {
	stream, err := g.Conn.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true}, op.fullMethod)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(op.simplest()); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(dynamicpb.NewMessage(op.method.Output()))
}

// errorByREST makes a request that fails.
func (op *operation) errorByREST(t *rapid.T, g *gatewaytest.Gateway, typ string, httpStatus int, body []byte) {
	segments := strings.Split(op.template, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "KOOKMIN"
		}
	}
	var content io.Reader
	if op.verb != "GET" && op.verb != "DELETE" {
		content = strings.NewReader("{}")
	}
	req, err := http.NewRequest(op.verb, g.URL+strings.Join(segments, "/"), content)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != httpStatus || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("REST: %s: %v, %s, want %d\n%s", typ, err, resp.Status, httpStatus, got)
	}
	unclear := op.verb != "GET" && contracttest.ErrorType(typ).GetHttpStatus() >= 500
	if outcome := resp.Header.Get("X-PortOne-Gateway-Outcome"); (outcome == "unclear") != unclear || !unclear && outcome != "" {
		t.Fatalf("REST: %s: the outcome is %q", typ, outcome)
	}
	op.sameError(t, "REST", typ, body, got)
}

// sameError compares an error's body with what PortOne sent, but for the members
// that the gateway adds.
func (op *operation) sameError(t *rapid.T, transport, typ string, want, got []byte) {
	var sent, members map[string]json.RawMessage
	if err := json.Unmarshal(want, &sent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &members); err != nil {
		t.Fatalf("%s: %v\n%s", transport, err, got)
	}
	for _, own := range []string{"code", "details", "message"} {
		if members[own] == nil {
			t.Fatalf("%s: no %s in %s", transport, own, got)
		}
		if sent[own] == nil {
			delete(members, own)
		}
	}
	left, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	md := contracttest.ErrorData(op.info, typ)
	if md == nil {
		md = (&portonev2.DeletePlatformTransferResponse{}).ProtoReflect().Descriptor()
	}
	if err := contracttest.Equal(md, want, bytes.TrimSpace(left)); err != nil {
		t.Fatalf("%s: %s: %v\nsent %s\ngot  %s", transport, typ, err, want, got)
	}
}
