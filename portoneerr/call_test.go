package portoneerr_test

import (
	"errors"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/errmap"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneerr"
)

// TestFromCall holds what a client that knows its call is told.
func TestFromCall(t *testing.T) {
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	pay := &errmap.Subject{Operation: &portonev2.Operation{Id: "payWithBillingKey"}, Mutation: true, Key: "a-key-of-sixteen"}
	typed := mapper.Answer(pay, 409, nil, []byte(`{"type":"ALREADY_PAID"}`))
	forbidden := mapper.Answer(pay, 403, nil, []byte(`{"type":"FORBIDDEN"}`))
	outstanding := mapper.Answer(pay, 409, nil, []byte(`{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST"}`))
	foreign, err := status.New(codes.Internal, "reset").WithDetails(&errdetails.ErrorInfo{Reason: "UPSTREAM", Domain: "mesh.example"})
	if err != nil {
		t.Fatal(err)
	}
	mutation := portoneerr.Call{Mutation: true, IdempotencyKey: "the-key-that-was-sent", RequestID: "r-1"}
	open, notSent := mutation, mutation
	open.OutcomeUnknown = true
	notSent.NotSent = true
	tests := []struct {
		name    string
		err     error
		call    portoneerr.Call
		unknown bool
		tells   bool
		retry   portoneerr.Retry
		key     string
	}{
		{"a reset", status.Error(codes.Internal, "x"), mutation, true, false, portoneerr.RetrySame, mutation.IdempotencyKey},
		{"a read's reset", status.Error(codes.Internal, "x"), portoneerr.Call{}, false, false, portoneerr.RetrySame, ""},
		{"a code of nobody's", status.Error(codes.OutOfRange, "x"), mutation, true, false, portoneerr.RetrySame, mutation.IdempotencyKey},
		{"a read's code of nobody's", status.Error(codes.OutOfRange, "x"), portoneerr.Call{}, false, false, portoneerr.RetryNever, ""},
		{"a mesh's detail", foreign.Err(), mutation, true, false, portoneerr.RetrySame, mutation.IdempotencyKey},
		{"a mesh refuses", status.Error(codes.PermissionDenied, "x"), mutation, false, false, portoneerr.RetryNever, mutation.IdempotencyKey},
		{"a mesh refuses to say", status.Error(codes.PermissionDenied, "x"), open, true, false, portoneerr.RetrySame, mutation.IdempotencyKey},
		{"PortOne refuses to say", forbidden, open, true, false, portoneerr.RetrySame, pay.Key},
		{"PortOne is at it", outstanding, open, true, false, portoneerr.RetrySame, pay.Key},
		{"PortOne has said", typed, mutation, false, true, portoneerr.RetryNever, pay.Key},
		{"no status", errors.New("x"), mutation, true, false, portoneerr.RetrySame, mutation.IdempotencyKey},
		{"not sent", status.Error(codes.Internal, "x"), notSent, false, false, portoneerr.RetryNever, mutation.IdempotencyKey},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := portoneerr.FromCall(test.err, test.call)
			if e.OutcomeUnknown() != test.unknown || e.TellsOutcome() != test.tells || e.Retry() != test.retry || e.IdempotencyKey != test.key || e.RequestID != test.call.RequestID {
				t.Errorf("unknown %v, tells %v, retry %v, key %q, request %q", e.OutcomeUnknown(), e.TellsOutcome(), e.Retry(), e.IdempotencyKey, e.RequestID)
			}
			if again := portoneerr.FromError(e); *again != *e || !errors.Is(e, test.err) {
				t.Error("it is another error after it is read again")
			}
		})
	}
	if portoneerr.FromCall(nil, mutation) != nil {
		t.Error("no error is an error")
	}
}
