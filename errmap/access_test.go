package errmap

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
)

// TestAccessErrors checks what the errors of a policy say, and that they say no more.
func TestAccessErrors(t *testing.T) {
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	c := &Subject{Operation: operation(t, "cancelPayment"), Mutation: true, Caller: "desk"}
	for name, test := range map[string]struct {
		err    *Error
		code   codes.Code
		reason string
		http   int
	}{
		"unidentified":  {m.Failure(&Subject{Operation: c.Operation}, UnidentifiedCaller, nil), codes.Unauthenticated, "UNIDENTIFIED_CALLER", http.StatusUnauthorized},
		"not allowed":   {m.Failure(c, NotAllowed, nil), codes.PermissionDenied, "NOT_ALLOWED", http.StatusForbidden},
		"not judgeable": {m.NotJudgeable(c, "amount", "is no plain integer"), codes.PermissionDenied, "NOT_JUDGEABLE", http.StatusForbidden},
		"limit":         {m.CallerLimit(c, 1500*time.Millisecond), codes.ResourceExhausted, "CALLER_LIMIT", http.StatusTooManyRequests},
		"not audited":   {m.Failure(c, NotAudited, nil), codes.Unavailable, "NOT_AUDITED", http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			if test.err.Code() != test.code || test.err.Reason() != test.reason || test.err.HTTPStatus() != test.http {
				t.Errorf("it is %v %s %d", test.err.Code(), test.err.Reason(), test.err.HTTPStatus())
			}
			if !strings.Contains(test.err.Full().Message(), "othing was done") {
				t.Errorf("the message is %q", test.err.Full().Message())
			}
			details := test.err.Full().Details()
			info := details[0].(*errdetails.ErrorInfo)
			if want := test.reason != "UNIDENTIFIED_CALLER"; (info.Metadata["caller"] == "desk") != want || info.Metadata["operation"] != "cancelPayment" {
				t.Errorf("the metadata is %v", info.Metadata)
			}
			for _, detail := range details {
				switch d := detail.(type) {
				case *errdetails.BadRequest:
					if d.FieldViolations[0].Field != "amount" || test.reason != "NOT_JUDGEABLE" {
						t.Errorf("a violation is %v", d)
					}
				case *errdetails.RetryInfo:
					if d.RetryDelay.AsDuration() != 1500*time.Millisecond || test.reason != "CALLER_LIMIT" {
						t.Errorf("it says to wait %v", d.RetryDelay.AsDuration())
					}
				}
			}
		})
	}
}
