package portoneerr_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

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
	call := &errmap.Call{Operation: &portonev2.Operation{Id: "payWithBillingKey"}, Mutation: true, Key: "a-key-of-sixteen"}
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
		{"an answer that was lost", mapper.Failure(call, errmap.Lost, errors.New("reset")), "OUTCOME_UNKNOWN", true, portoneerr.RetrySame, 0},
		{"a deadline", mapper.Failure(call, errmap.TimedOut, context.DeadlineExceeded), "OUTCOME_UNKNOWN", true, portoneerr.RetrySame, 0},
		{"not sent", mapper.Failure(call, errmap.NotSent, errors.New("refused")), "UPSTREAM_UNREACHABLE", false, portoneerr.RetrySame, 0},
		{"too many requests", mapper.Answer(call, 429, http.Header{"Retry-After": {"3"}}, nil), "UPSTREAM_RATE_LIMITED", false, portoneerr.RetryLater, 0},
		{"malformed", mapper.Invalid(call, "paymentId", "missing", nil), "INVALID_REQUEST", false, portoneerr.RetryNever, 0},
		{"somebody else's status", status.Error(codes.NotFound, "x"), "", false, portoneerr.RetryNever, 0},
		{"the gateway is not there", status.Error(codes.Unavailable, "connection refused"), "", true, portoneerr.RetrySame, 0},
		{"a mistake of the caller's own", errors.New("x"), "", false, portoneerr.RetryNever, 0},
		{"the caller's deadline", context.DeadlineExceeded, "", true, portoneerr.RetrySame, 0},
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
