package portoneerr_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/errmap"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneerr"
)

func TestFromError(t *testing.T) {
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	call := &errmap.Subject{Operation: &portonev2.Operation{Id: "payWithBillingKey"}, Mutation: true, Key: "a-key-of-sixteen"}
	tests := []struct {
		name    string
		err     error
		typ     string
		unknown bool
		retry   portoneerr.Retry
		decline portonev2.DeclineReason
	}{
		{"typed", mapper.Answer(call, 409, nil, []byte(`{"type":"ALREADY_PAID"}`)), "ALREADY_PAID", false, portoneerr.RetryNever, 0},
		{"from tomorrow", mapper.Answer(call, 409, nil, []byte(`{"type":"NEW"}`)), "NEW", false, portoneerr.RetryNever, 0},
		{"outstanding", mapper.Answer(call, 409, nil, []byte(`{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST"}`)), "IDEMPOTENCY_OUTSTANDING_REQUEST", false, portoneerr.RetrySame, 0},
		{"a refusal of the card company", mapper.Answer(call, 502, nil, []byte(`{"type":"PG_PROVIDER","pgCode":"REJECT_CARD_COMPANY","pgMessage":""}`)), "PG_PROVIDER", false, portoneerr.RetryNever, portonev2.DeclineReason_DECLINE_REASON_ISSUER_DECLINED},
		{"what may be an outage of a PG", mapper.Answer(call, 502, nil, []byte(`{"type":"PG_PROVIDER","pgCode":"PROVIDER_ERROR","pgMessage":""}`)), "PG_PROVIDER", false, portoneerr.CheckFirst, 0},
		{"processed before", mapper.Answer(call, 502, nil, []byte(`{"type":"PG_PROVIDER","pgCode":"ALREADY_PROCESSED_PAYMENT","pgMessage":""}`)), "PG_PROVIDER", false, portoneerr.CheckFirst, portonev2.DeclineReason_DECLINE_REASON_ALREADY_PROCESSED},
		{"from tomorrow, with 500", mapper.Answer(call, 500, nil, []byte(`{"type":"NEW"}`)), "NEW", false, portoneerr.CheckFirst, 0},
		{"an answer that was lost", mapper.Failure(call, errmap.ResponseLost, errors.New("reset")), "OUTCOME_UNKNOWN", true, portoneerr.RetrySame, 0},
		{"a deadline", mapper.Failure(call, errmap.TimedOut, context.DeadlineExceeded), "OUTCOME_UNKNOWN", true, portoneerr.RetrySame, 0},
		{"not sent", mapper.Failure(call, errmap.NotSent, errors.New("refused")), "UPSTREAM_UNREACHABLE", false, portoneerr.RetrySame, 0},
		{"too many requests", mapper.Answer(call, 429, http.Header{"Retry-After": {"3"}}, nil), "UPSTREAM_RATE_LIMITED", false, portoneerr.RetryLater, 0},
		{"malformed", mapper.Invalid(call, "paymentId", "missing", nil), "INVALID_REQUEST", false, portoneerr.RetryNever, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := portoneerr.FromError(test.err)
			if e.Type != test.typ || e.OutcomeUnknown() != test.unknown || e.Retry() != test.retry || e.Decline() != test.decline {
				t.Errorf("type %q, unknown %v, retry %v, decline %v; want %q, %v, %v, %v",
					e.Type, e.OutcomeUnknown(), e.Retry(), e.Decline(), test.typ, test.unknown, test.retry, test.decline)
			}
			if test.typ != "" && (e.IdempotencyKey != call.Key || e.Operation != "payWithBillingKey") {
				t.Errorf("key %q, operation %q", e.IdempotencyKey, e.Operation)
			}
			if (e.Data() != nil) != (test.typ == "PG_PROVIDER") {
				t.Errorf("data %v", e.Data())
			}
			if found, ok := portoneerr.As(fmt.Errorf("wrapped: %w", e)); !ok || found != e || e.Error() != test.err.Error() || !errors.Is(e, test.err) {
				t.Errorf("As gives %v, %v", found, ok)
			}
		})
	}
	if portoneerr.FromError(nil) != nil {
		t.Error("no error is an error")
	}
	if e := portoneerr.FromError(tests[10].err); e.RetryAfter != 3*time.Second {
		t.Errorf("RetryAfter is %s", e.RetryAfter)
	}
}

// TestNotOfTheGateway: a status without the gateway's word says nothing of a mutation,
// whatever its code, but for three that a mesh or a wrong address gives.
func TestNotOfTheGateway(t *testing.T) {
	foreign, err := status.New(codes.Unavailable, "no healthy upstream").WithDetails(&errdetails.ErrorInfo{Reason: "X", Domain: "envoy.example"})
	if err != nil {
		t.Fatal(err)
	}
	failures := map[string]error{
		"somebody else's details": foreign.Err(), "an error without a status": errors.New("x"),
		"the caller's deadline": context.DeadlineExceeded, "the caller's cancel": context.Canceled,
	}
	refused := map[codes.Code]bool{codes.Unauthenticated: true, codes.PermissionDenied: true, codes.Unimplemented: true}
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		failures[code.String()] = status.Error(code, "x")
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			unknown := !refused[status.Code(failure)]
			repeat, look := portoneerr.RetrySame, portoneerr.CheckFirst
			if !unknown {
				repeat, look = portoneerr.RetryNever, portoneerr.RetryNever
			}
			const key = "a-key-of-sixteen"
			if e := portoneerr.FromMutation(failure, key); e.OutcomeUnknown() != unknown || e.Retry() != repeat || e.IdempotencyKey != key {
				t.Errorf("with a key: unknown %v, retry %v, key %q", e.OutcomeUnknown(), e.Retry(), e.IdempotencyKey)
			}
			if e := portoneerr.FromError(failure); e.OutcomeUnknown() != unknown || e.Retry() != look || e.IdempotencyKey != "" {
				t.Errorf("without a key: unknown %v, retry %v", e.OutcomeUnknown(), e.Retry())
			}
			if e := portoneerr.FromRead(failure); e.OutcomeUnknown() || e.OutcomeUnclear() || e.Retry() == portoneerr.CheckFirst {
				t.Errorf("a read: unknown %v, retry %v", e.OutcomeUnknown(), e.Retry())
			}
		})
	}
	for code, want := range map[codes.Code]portoneerr.Retry{
		codes.Unavailable: portoneerr.RetrySame, codes.Canceled: portoneerr.RetrySame, codes.Internal: portoneerr.RetrySame,
		codes.Unknown: portoneerr.RetrySame, codes.DeadlineExceeded: portoneerr.RetryLater, codes.ResourceExhausted: portoneerr.RetryNever,
		codes.Unimplemented: portoneerr.RetryNever, codes.PermissionDenied: portoneerr.RetryNever,
	} {
		if e := portoneerr.FromRead(status.Error(code, "x")); e.Retry() != want {
			t.Errorf("a read with %v: %v, want %v", code, e.Retry(), want)
		}
	}
	if portoneerr.FromRead(nil) != nil || portoneerr.FromMutation(nil, "") != nil {
		t.Error("no error is an error")
	}
}

// TestNewerGateway: a reason that this program does not know is unknown where its code
// leaves the outcome open.
func TestNewerGateway(t *testing.T) {
	for code, want := range map[codes.Code]bool{codes.Unknown: true, codes.DeadlineExceeded: true, codes.Internal: true,
		codes.Unavailable: false, codes.InvalidArgument: false, codes.PermissionDenied: false} {
		st, err := status.New(code, "x").WithDetails(&errdetails.ErrorInfo{Reason: "FROM_TOMORROW", Domain: "portone-gateway"})
		if err != nil {
			t.Fatal(err)
		}
		if e := portoneerr.FromMutation(st.Err(), "a-key-of-sixteen"); e.OutcomeUnknown() != want {
			t.Errorf("%v is unknown: %v", code, e.OutcomeUnknown())
		}
	}
}
