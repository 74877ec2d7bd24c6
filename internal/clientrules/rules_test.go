package main

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/errmap"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneerr"
)

func TestFilesAreCurrent(t *testing.T) {
	if err := run("../../clients", true); err != nil {
		t.Error(err)
	}
}

// adviceOf is portoneerr's advice by the rules' names.
var adviceOf = map[portoneerr.Retry]advice{
	portoneerr.RetryNever: never, portoneerr.RetrySame: same, portoneerr.RetryLater: later, portoneerr.CheckFirst: checkFirst,
}

// TestRulesAgreeWithPortoneerr holds the rules against what Go callers are told, on
// every error type, every failure and every PG code that the vectors have.
func TestRulesAgreeWithPortoneerr(t *testing.T) {
	r, err := newRules()
	if err != nil {
		t.Fatal(err)
	}
	v, err := newVectors(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) {
			e := readStatus(c.Mutation, statusOf(t, c))
			if got := adviceOf[e.Retry()]; got != c.Want.Retry {
				t.Errorf("the rules say %s, portoneerr %s", c.Want.Retry, got)
			}
			if c.Mutation && e.OutcomeUnknown() != c.Want.OutcomeUnknown {
				t.Errorf("the rules say outcome unknown: %v, portoneerr: %v", c.Want.OutcomeUnknown, e.OutcomeUnknown())
			}
			if c.Mutation && e.OutcomeUnclear() != c.Want.OutcomeUnclear {
				t.Errorf("the rules say outcome unclear: %v, portoneerr: %v", c.Want.OutcomeUnclear, e.OutcomeUnclear())
			}
		})
	}
}

// TestBareFailures says what is the rule where no gateway has spoken.
func TestBareFailures(t *testing.T) {
	r, err := newRules()
	if err != nil {
		t.Fatal(err)
	}
	for code := range allCodes {
		want := same
		switch code {
		case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
			want = never
		}
		if got := r.advise(failure{code: code, mutation: true}); got != want {
			t.Errorf("a mutation that failed with a bare %s: %s, want %s", code, got, want)
		}
	}
}

// TestEveryGatewayReasonIsDecided fails when the gateway gets a reason that no one has
// thought about here: add it to decided, and to newRetry if its code does not say
// enough.
func TestEveryGatewayReasonIsDecided(t *testing.T) {
	decided := map[string]bool{
		"UNSPECIFIED": true, "OUTCOME_UNKNOWN": true, "ANSWER_UNREADABLE": true, "UPSTREAM_UNREACHABLE": true, "UPSTREAM_FAILED": true,
		"UPSTREAM_RATE_LIMITED": true, "INVALID_REQUEST": true, "TOO_LARGE": true, "OVERLOADED": true, "SHUTTING_DOWN": true,
		"NOT_SENT": true, "NO_SUCH_OPERATION": true, "INTERNAL": true, "CROSS_ORIGIN": true, "IDEMPOTENCY_KEY_REQUIRED": true, "HOST_NOT_ALLOWED": true,
		"UNIDENTIFIED_CALLER": true, "NOT_ALLOWED": true, "NOT_JUDGEABLE": true, "CALLER_LIMIT": true, "NOT_AUDITED": true,
	}
	values := portonev2.GatewayReason(0).Descriptor().Values()
	for i := range values.Len() {
		name := bare(portonev2.GatewayReason(values.Get(i).Number()), "GATEWAY_REASON_")
		if name == "" {
			name = "UNSPECIFIED"
		}
		if !decided[name] {
			t.Errorf("%s is decided by its code alone, and nobody said that this is right", name)
		}
	}
	for name := range newRetry().GatewayReasons {
		if values.ByName(protoreflect.Name("GATEWAY_REASON_"+name)) == nil {
			t.Errorf("the gateway has no reason %s", name)
		}
	}
}

// TestNamesInMetadata holds the names in rules.json against an error.
func TestNamesInMetadata(t *testing.T) {
	r, err := newRules()
	if err != nil {
		t.Fatal(err)
	}
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	call := &errmap.Subject{Operation: &portonev2.Operation{Id: "payWithBillingKey"}, Mutation: true, Key: sentKey}
	got := infoOf(t, mapper.Answer(call, 502, nil, nil).GRPCStatus().Proto()).GetMetadata()
	for _, name := range []string{"operation", "httpStatus", "idempotencyKey"} {
		if got[r.Details.Metadata[name]] == "" {
			t.Errorf("an ErrorInfo has no %s in %v", r.Details.Metadata[name], got)
		}
	}
}

func TestLists(t *testing.T) {
	methods, err := newMethods()
	if err != nil {
		t.Fatal(err)
	}
	by := make(map[string]int)
	for _, m := range methods {
		if m.List != nil {
			by[m.List.By]++
		}
	}
	if by["page"] != 17 || by["cursor"] != 2 {
		t.Errorf("lists: %v", by)
	}
}
