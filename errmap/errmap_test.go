package errmap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
	"github.com/portone-gateway/portone-gateway/transcode"
)

func mapper(t testing.TB) *Mapper {
	t.Helper()
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTableIsTotal proves that every error type has a line, that no line is
// without a type, and that each agrees with PortOne.
func TestTableIsTotal(t *testing.T) {
	table := mapper(t).table
	hangul := regexp.MustCompile(`\p{Hangul}`)
	seen := make(map[string]bool)
	for _, r := range table.rows {
		line := r.typ + "/" + r.schema + r.of
		if seen[line] {
			t.Errorf("%s has two lines", line)
		}
		seen[line] = true
		if r.of != "" && !slices.Contains(operation(t, r.of).GetErrors(), r.typ) {
			t.Errorf("%s does not list %s, which has a line for it", r.of, r.typ)
		}
		if len(r.text[English]) < 20 || hangul.MatchString(r.text[English]) || !hangul.MatchString(r.text[Korean]) {
			t.Errorf("%s: texts %q and %q", r.typ, r.text[English], r.text[Korean])
		}
		if !codeFits(r.code, r.http) {
			t.Errorf("%s: %s does not fit PortOne's HTTP status %d", r.typ, r.code, r.http)
		}
		if r.detail == resourceInfo && r.about == "" {
			t.Errorf("%s: a ResourceInfo of nothing", r.typ)
		}
	}
	meant := make(map[string]bool)
	for _, method := range contracttest.Methods() {
		o, _ := proto.GetExtension(method.Options(), portonev2.E_Operation).(*portonev2.Operation)
		for _, schema := range o.GetErrorSchemas() {
			meant[schema] = true
		}
	}
	for schema := range table.bySchema {
		if !meant[schema] {
			t.Errorf("no operation means the schema %s, which has a line of its own", schema)
		}
	}
	for schema := range meant {
		if table.bySchema[schema] == nil {
			t.Errorf("schema %s shares a type with another one and has no line of its own", schema)
		}
	}
	values := portonev2.ErrorReason(0).Descriptor().Values()
	draft := mapper(t).Answer(&Subject{Operation: operation(t, "requestB2bTaxInvoice"), Mutation: true}, 400, nil, []byte(`{"type":"B2B_ISSUANCE_TYPE_MISMATCH"}`))
	if draft.Code() != codes.FailedPrecondition {
		t.Errorf("a type with a line for the operation is %s", draft.Code())
	}
	for i := 1; i < values.Len(); i++ {
		if typ := strings.TrimPrefix(string(values.Get(i).Name()), "ERROR_REASON_"); !seen[typ+"/"] {
			t.Errorf("%s has no line", typ)
		}
	}
	if len(table.byType) < values.Len()-1 {
		t.Errorf("%d types for %d values", len(table.byType), values.Len()-1)
	}
}

// codeFits tells which codes an HTTP status of PortOne can have.
func codeFits(code codes.Code, http int32) bool {
	fits := map[int32][]codes.Code{
		0:   {codes.Unknown, codes.Aborted},
		400: {codes.InvalidArgument, codes.FailedPrecondition, codes.ResourceExhausted, codes.AlreadyExists, codes.NotFound, codes.OutOfRange, codes.Unknown},
		401: {codes.Unauthenticated},
		403: {codes.PermissionDenied, codes.FailedPrecondition},
		404: {codes.NotFound, codes.FailedPrecondition, codes.InvalidArgument},
		409: {codes.FailedPrecondition, codes.AlreadyExists, codes.Aborted, codes.ResourceExhausted, codes.InvalidArgument},
		410: {codes.FailedPrecondition, codes.NotFound},
		502: {codes.FailedPrecondition, codes.Unknown, codes.Unavailable},
		503: {codes.Unavailable, codes.Unknown, codes.FailedPrecondition},
	}
	for _, c := range fits[http] {
		if c == code {
			return true
		}
	}
	return false
}

// TestEveryErrorOfEveryOperation sends every typed error of every operation, with
// random data and members from tomorrow, and looks at the status and at REST.
func TestEveryErrorOfEveryOperation(t *testing.T) {
	m := mapper(t)
	for _, method := range contracttest.Methods() {
		operation, _ := proto.GetExtension(method.Options(), portonev2.E_Operation).(*portonev2.Operation)
		t.Run(operation.GetId(), func(t *testing.T) {
			for _, typ := range operation.GetErrors() {
				c := &Subject{Operation: operation, Mutation: true, Key: "a-key-of-sixteen", Language: Korean, IDs: []ID{{"paymentId", "p-1"}}}
				body := contracttest.Error(operation, typ)
				rapid.Check(t, func(t *rapid.T) { checkTyped(t, m, c, typ, body.Draw(t, typ)) })
			}
		})
	}
}

func checkTyped(t *rapid.T, m *Mapper, c *Subject, typ string, body []byte) {
	row := m.table.byType[typ]
	e := m.Answer(c, int(row.http), http.Header{}, body)
	if e.Reason() != typ || e.Domain() != contract.PortOneDomain || e.HTTPStatus() != int(row.http) {
		t.Fatalf("reason %s in %s, HTTP %d", e.Reason(), e.Domain(), e.HTTPStatus())
	}
	info, detail := infoOf(e.Full()), portoneOf(e.Full())
	if info.GetReason() != typ || info.GetMetadata()["operation"] != c.Operation.GetId() || info.GetMetadata()["paymentId"] != "p-1" || info.GetMetadata()["idempotencyKey"] != c.Key {
		t.Fatalf("ErrorInfo is %v", info)
	}
	if detail.GetReason() != row.reason || detail.GetType() != typ || detail.GetHttpStatus() != row.http {
		t.Fatalf("PortOneError is %v", detail)
	}
	if (dataOf(detail) != nil) != (row.data != nil) {
		t.Fatalf("data %v of %s", dataOf(detail), typ)
	}
	if trailerSize(e.GRPCStatus().Proto()) > maxTrailers {
		t.Fatalf("%d bytes of trailers", trailerSize(e.GRPCStatus().Proto()))
	}
	httpStatus, rest := REST(e.Full())
	if httpStatus != int(row.http) {
		t.Fatalf("REST answers %d, PortOne %d", httpStatus, row.http)
	}
	checkREST(t, e, body, rest)
}

// checkREST holds a REST body against what PortOne sent.
func checkREST(t rapid.TB, e *Error, want, got []byte) {
	var sent, rest map[string]json.RawMessage
	if err := json.Unmarshal(want, &sent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &rest); err != nil {
		t.Fatalf("the REST body is no JSON: %v\n%s", err, got)
	}
	if string(rest["code"]) != fmt.Sprint(int(e.Code())) && sent["code"] == nil || rest["details"] == nil {
		t.Fatalf("no google.rpc.Status in %s", got)
	}
	for _, own := range []string{"code", "details", "message"} {
		if sent[own] == nil {
			delete(rest, own)
		}
	}
	left, err := json.Marshal(rest)
	if err != nil {
		t.Fatal(err)
	}
	plain := (&portonev2.DeletePlatformTransferResponse{}).ProtoReflect().Descriptor()
	md := plain
	if data := dataOf(portoneOf(e.Full())); data != nil {
		md = data.ProtoReflect().Descriptor()
	}
	if err := contracttest.Equal(md, want, left); err != nil {
		t.Fatalf("REST does not give what PortOne sent: %v\n%s", err, got)
	}
}

func infoOf(st *status.Status) *errdetails.ErrorInfo { return detailOf[*errdetails.ErrorInfo](st) }

func portoneOf(st *status.Status) *portonev2.PortOneError {
	return detailOf[*portonev2.PortOneError](st)
}

// detailOf returns the detail of a type, or its zero value.
func detailOf[D proto.Message](st *status.Status) (none D) {
	for _, detail := range st.Details() {
		if d, ok := detail.(D); ok {
			return d
		}
	}
	return none
}

func operation(t testing.TB, id string) *portonev2.Operation {
	t.Helper()
	for _, method := range contracttest.Methods() {
		o, _ := proto.GetExtension(method.Options(), portonev2.E_Operation).(*portonev2.Operation)
		if o.GetId() == id {
			return o
		}
	}
	t.Fatalf("no operation %s", id)
	return nil
}

// TestDetails shows one error of each kind of standard detail.
func TestDetails(t *testing.T) {
	m := mapper(t)
	tests := []struct {
		name, body string
		http       int
		ids        []ID
		code       codes.Code
		want       proto.Message // without its texts
	}{
		{"not found", `{"type":"PAYMENT_NOT_FOUND"}`, 404, []ID{{"paymentId", "p-1"}}, codes.NotFound, &errdetails.ResourceInfo{ResourceType: "payment", ResourceName: "p-1"}},
		{"a precondition", `{"type":"PAYMENT_NOT_PAID"}`, 409, []ID{{"paymentId", "p-1"}}, codes.FailedPrecondition,
			&errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{{Type: "PAYMENT_NOT_PAID", Subject: "payment/p-1"}}}},
		{"a bad request", `{"type":"SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT"}`, 409, nil, codes.InvalidArgument,
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "amount", Reason: "SUM_OF_PARTS_EXCEEDS_TOTAL_AMOUNT"}}}},
		{"a quota", `{"type":"MAX_TRANSACTION_COUNT_REACHED"}`, 400, nil, codes.ResourceExhausted,
			&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: "transaction"}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := m.Answer(&Subject{Operation: operation(t, "cancelPayment"), Mutation: true, IDs: test.ids}, test.http, nil, []byte(test.body))
			if e.Code() != test.code {
				t.Errorf("code %s, want %s", e.Code(), test.code)
			}
			for _, detail := range e.Full().Details() {
				d := detail.(proto.Message)
				if d.ProtoReflect().Descriptor() != test.want.ProtoReflect().Descriptor() {
					continue
				}
				withoutDescriptions(d.ProtoReflect())
				if !proto.Equal(test.want, d) {
					t.Errorf("detail %v, want %v", d, test.want)
				}
				return
			}
			t.Errorf("no %s in %v", test.want.ProtoReflect().Descriptor().Name(), e.Full())
		})
	}
}

// TestResourceNames shows that a thing is never called by another one's id.
func TestResourceNames(t *testing.T) {
	m := mapper(t)
	tests := []struct {
		operation, typ string
		ids            []ID
		want           string
	}{
		{"getPayment", "PAYMENT_NOT_FOUND", []ID{{"paymentId", "p"}}, "p"},
		{"payWithBillingKey", "BILLING_KEY_NOT_FOUND", []ID{{"paymentId", "p"}}, ""},
		{"getPlatformPartner", "PLATFORM_PARTNER_NOT_FOUND", []ID{{"id", "x"}}, "x"},
		{"updatePlatformPartner", "PLATFORM_CONTRACT_NOT_FOUND", []ID{{"id", "x"}}, ""},
		{"updatePlatformContract", "PLATFORM_CONTRACT_NOT_FOUND", []ID{{"id", "x"}}, "x"},
	}
	for _, test := range tests {
		e := m.Answer(&Subject{Operation: operation(t, test.operation), IDs: test.ids}, 404, nil, []byte(`{"type":"`+test.typ+`"}`))
		if got := detailOf[*errdetails.ResourceInfo](e.Full()); got.GetResourceName() != test.want || got.GetResourceType() == "" {
			t.Errorf("%s %s: %v, want %q", test.operation, test.typ, got, test.want)
		}
	}
}

// TestInvalidRequest shows that the status lists what the contract can tell.
func TestInvalidRequest(t *testing.T) {
	c := &Subject{Operation: operation(t, "cancelPayment"), Mutation: true, Violations: func() []transcode.Violation {
		return []transcode.Violation{{Field: "reason", Description: "required, but missing"}}
	}}
	e := mapper(t).Answer(c, 400, nil, []byte(`{"type":"INVALID_REQUEST"}`))
	want := &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "reason", Description: "required, but missing"}}}
	if got := detailOf[*errdetails.BadRequest](e.Full()); !proto.Equal(want, got) {
		t.Errorf("got %v, want %v", got, want)
	}
	e = mapper(t).Answer(&Subject{}, 400, nil, []byte(`{"type":"INVALID_REQUEST"}`))
	if got := detailOf[*errdetails.BadRequest](e.Full()); got != nil {
		t.Errorf("a BadRequest without violations: %v", got)
	}
}

func withoutDescriptions(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Name() == "description":
			m.Clear(fd)
		case fd.IsList() && fd.Message() != nil:
			for i := range v.List().Len() {
				withoutDescriptions(v.List().Get(i).Message())
			}
		}
		return true
	})
}

// TestUntyped shows what becomes of answers that are no typed errors.
func TestUntyped(t *testing.T) {
	m := mapper(t)
	html := "<html><body>502 Bad Gateway at https://api.portone.io</body></html>"
	tests := []struct {
		name     string
		http     int
		body     string
		header   http.Header
		mutation bool
		code     codes.Code
		reason   string
		rest     int
	}{
		{"HTML to a read", 502, html, nil, false, codes.Unavailable, "UPSTREAM_FAILED", 502},
		{"HTML to a mutation", 502, html, nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"nothing to a mutation", 503, "", nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"half a JSON", 500, `{"type":"PAYMENT_NOT_F`, nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"JSON of another shape", 500, `{"error":{"code":1}}`, nil, false, codes.Unknown, "UPSTREAM_FAILED", 500},
		{"a type that is no string", 400, `{"type":1}`, nil, true, codes.InvalidArgument, "UPSTREAM_FAILED", 400},
		{"a gateway timeout", 504, "", nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"a redirect of a mutation", 302, "", nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"a redirect of a read", 302, "", nil, false, codes.Unavailable, "UPSTREAM_FAILED", 502},
		{"too many requests", 429, "", http.Header{"Retry-After": {"7"}}, true, codes.ResourceExhausted, "UPSTREAM_RATE_LIMITED", 429},
		{"too many requests, without a time", 429, html, nil, true, codes.ResourceExhausted, "UPSTREAM_RATE_LIMITED", 429},
		{"too large", 413, html, nil, true, codes.ResourceExhausted, "TOO_LARGE", 413},
		{"half of what may say that the request is being worked on", 409, `{"type":"IDEMPOTENCY_OUT`, nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"the same to a read", 409, `{"type":"IDEMPOTENCY_OUT`, nil, false, codes.FailedPrecondition, "UPSTREAM_FAILED", 409},
		{"a problem of RFC 9457", 502, `{"type":"about:blank","title":"Bad Gateway"}`, nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"another one", 503, `{"type":"https://example.com/down","title":"x"}`, nil, false, codes.Unavailable, "UPSTREAM_FAILED", 503},
		{"a server that is not PortOne's API", 404, html, nil, false, codes.Unimplemented, "UPSTREAM_FAILED", 404},
		{"a wall", 403, html, nil, true, codes.PermissionDenied, "UPSTREAM_FAILED", 403},
		{"a request timeout", 408, "", nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
		{"a proxy whose client is gone", 499, "", nil, true, codes.Unknown, "OUTCOME_UNKNOWN", 409},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Subject{Operation: operation(t, "cancelPayment"), Mutation: test.mutation, Key: "a-key-of-sixteen"}
			e := m.Answer(c, test.http, test.header, []byte(test.body))
			httpStatus, _ := REST(e.Full())
			if e.Code() != test.code || e.Reason() != test.reason || httpStatus != test.rest || e.HTTPStatus() != test.rest {
				t.Errorf("%s %s, REST %d and %d; want %s %s, %d", e.Code(), e.Reason(), httpStatus, e.HTTPStatus(), test.code, test.reason, test.rest)
			}
			if e.Domain() != contract.GatewayDomain || portoneOf(e.Full()) != nil {
				t.Errorf("it poses as PortOne's: %v", e.Full())
			}
			if test.mutation && infoOf(e.Full()).GetMetadata()["idempotencyKey"] != c.Key {
				t.Errorf("no key in %v", infoOf(e.Full()))
			}
			if test.header != nil && detailOf[*errdetails.RetryInfo](e.Full()).GetRetryDelay().AsDuration() != 7*time.Second {
				t.Errorf("no delay in %v", e.Full())
			}
		})
	}
	inTheFuture := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	if d := retryAfter(http.Header{"Retry-After": {inTheFuture}}); d < 59*time.Minute || d > time.Hour {
		t.Errorf("Retry-After as a date gives %s", d)
	}
	for _, long := range []string{"86401", "9223372037", "18446744074"} {
		if d := retryAfter(http.Header{"Retry-After": {long}}); d != 24*time.Hour {
			t.Errorf("Retry-After %s gives %s", long, d)
		}
	}
	for _, odd := range []string{"", "soon", "-5", "99999999999999999999", "Mon, 01 Jan 2001 00:00:00 GMT"} {
		if d := retryAfter(http.Header{"Retry-After": {odd}}); d != 0 {
			t.Errorf("Retry-After %q gives %s", odd, d)
		}
	}
}

// TestUnknownType shows that a type from tomorrow keeps all it has.
func TestUnknownType(t *testing.T) {
	m := mapper(t)
	for httpStatus, want := range map[int]codes.Code{302: codes.Unknown, 408: codes.Unknown, 499: codes.Unknown, 400: codes.InvalidArgument, 401: codes.Unauthenticated, 403: codes.PermissionDenied,
		404: codes.NotFound, 409: codes.FailedPrecondition, 410: codes.FailedPrecondition, 429: codes.ResourceExhausted, 502: codes.Unknown, 500: codes.Unknown} {
		body := `{"message":"새 오류","type":"SOMETHING_NEW","limit":12345678901234567890,"nested":{"a":[1]}}`
		e := m.Answer(&Subject{Operation: operation(t, "cancelPayment"), Mutation: true}, httpStatus, nil, []byte(body))
		if e.Code() != want || e.Reason() != "SOMETHING_NEW" {
			t.Errorf("HTTP %d: %s %s, want %s", httpStatus, e.Code(), e.Reason(), want)
		}
		gotStatus, rest := REST(e.Full())
		if gotStatus != httpStatus {
			t.Errorf("REST answers %d, PortOne %d", gotStatus, httpStatus)
		}
		checkREST(t, e, []byte(body), rest)
	}
}

// TestIrregular shows the two errors of facts that are not like the others.
func TestIrregular(t *testing.T) {
	m := mapper(t)
	e := m.Answer(&Subject{Operation: operation(t, "createPlatformOrderTransfer"), Mutation: true}, 400, nil, []byte(`{"type":"DISCOUNT_THAN_ORDER","requestedAmount":2,"allowedAmount":1}`))
	detail := portoneOf(e.Full())
	if detail.GetReason() != portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED || detail.GetType() != "DISCOUNT_THAN_ORDER" ||
		detail.GetPlatformSettlementAmountExceeded().GetType().String() != "PLATFORM_AMOUNT_EXCEEDED_TYPE_DISCOUNT_THAN_ORDER" || e.Code() != m.table.byType["PLATFORM_SETTLEMENT_AMOUNT_EXCEEDED"].code {
		t.Errorf("a type that is an enum: %s %v", e.Code(), detail)
	}
	body := []byte(`{"type":"PLATFORM_CURRENCY_NOT_SUPPORTED"}`)
	one := m.Answer(&Subject{Operation: operation(t, "completePlatformPayoutByPartnerSettlementIds"), Mutation: true}, 400, nil, body)
	other := m.Answer(&Subject{Operation: operation(t, "createPlatformPartner"), Mutation: true}, 400, nil, body)
	if one.Code() != codes.FailedPrecondition || other.Code() != codes.InvalidArgument {
		t.Errorf("one type for two schemas: %s and %s", one.Code(), other.Code())
	}
}

// TestFailures shows what each failure without an answer means.
func TestFailures(t *testing.T) {
	m := mapper(t)
	secret := errors.New(`Post "https://api.portone.io/payments/p?x=y": dial tcp 10.0.0.1:443: PortOne SECRET`)
	tests := []struct {
		failure        Failure
		read, mutation codes.Code
		unknown        bool // the outcome of a mutation
	}{
		{NotSent, codes.Unavailable, codes.Unavailable, false},
		{BreakerOpen, codes.Unavailable, codes.Unavailable, false},
		{ResponseLost, codes.Unavailable, codes.Unknown, true},
		{TimedOut, codes.DeadlineExceeded, codes.DeadlineExceeded, true},
		{CanceledAfterSend, codes.Canceled, codes.Unknown, true},
		{DeadlineBeforeSend, codes.DeadlineExceeded, codes.DeadlineExceeded, false},
		{CanceledBeforeSend, codes.Canceled, codes.Canceled, false},
		{MalformedResponse, codes.Internal, codes.Internal, false},
		{Overloaded, codes.Unavailable, codes.Unavailable, false},
		{Draining, codes.Unavailable, codes.Unavailable, false},
		{RequestTooLarge, codes.ResourceExhausted, codes.ResourceExhausted, false},
		{NoSuchOperation, codes.Unimplemented, codes.Unimplemented, false},
		{KeyRequired, codes.InvalidArgument, codes.InvalidArgument, false},
		{CrossOrigin, codes.PermissionDenied, codes.PermissionDenied, false},
		{HostNotAllowed, codes.PermissionDenied, codes.PermissionDenied, false},
		{UnidentifiedCaller, codes.Unauthenticated, codes.Unauthenticated, false},
		{NotAllowed, codes.PermissionDenied, codes.PermissionDenied, false},
		{NotAudited, codes.Unavailable, codes.Unavailable, false},
		{Internal, codes.Internal, codes.Internal, true},
	}
	if len(tests) != len(verdicts) {
		t.Fatalf("%d failures are tested, %d exist", len(tests), len(verdicts))
	}
	for _, test := range tests {
		c := &Subject{Operation: operation(t, "cancelPayment"), Key: "a-key-of-sixteen"}
		read := m.Failure(c, test.failure, secret)
		c.Mutation = true
		mutation := m.Failure(c, test.failure, secret)
		if read.Code() != test.read || mutation.Code() != test.mutation {
			t.Errorf("%d: %s and %s, want %s and %s", test.failure, read.Code(), mutation.Code(), test.read, test.mutation)
		}
		if (mutation.Reason() == "OUTCOME_UNKNOWN") != test.unknown || read.Reason() == "OUTCOME_UNKNOWN" {
			t.Errorf("%d: reasons %s and %s", test.failure, read.Reason(), mutation.Reason())
		}
		if test.unknown && (mutation.HTTPStatus() != 409 || infoOf(mutation.GRPCStatus()).GetMetadata()["idempotencyKey"] != c.Key) {
			t.Errorf("%d: REST %d, %v", test.failure, mutation.HTTPStatus(), infoOf(mutation.GRPCStatus()))
		}
		if !errors.Is(read, secret) {
			t.Errorf("%d: the cause is lost", test.failure)
		}
		for _, e := range []*Error{read, mutation} {
			checkNoLeak(t, e)
		}
	}
	checkNoLeak(t, m.Invalid(&Subject{}, "payment_id", "the path parameter is missing or empty", secret))
	for _, body := range []string{"<html>SECRET at https://api.portone.io</html>", "", `{"type":`} {
		checkNoLeak(t, m.Answer(&Subject{Mutation: true}, 502, http.Header{"Server": {"SECRET"}}, []byte(body)))
	}
}

// checkNoLeak looks for words that callers must never see.
func checkNoLeak(t *testing.T, e *Error) {
	t.Helper()
	_, rest := REST(e.Full())
	everything := e.Error() + e.Full().Proto().String() + e.GRPCStatus().Proto().String() + string(rest)
	for _, word := range []string{"SECRET", "https://", "dial tcp", "10.0.0.1", "443", "<html", "Post \"", "goroutine", "EOF"} {
		if strings.Contains(everything, word) {
			t.Errorf("%s shows %q: %s", e.Reason(), word, everything)
		}
	}
}

// TestFit shows that whatever PortOne sends, the status fits into trailers, keeps
// what programs switch on, and says what was cut.
func TestFit(t *testing.T) {
	m := mapper(t)
	ids := strings.Repeat(`"01234567-89ab-cdef-0123-456789abcdef",`, 1000)
	ids = "[" + ids[:len(ids)-1] + "]"
	bodies := map[string]string{
		"lists":           `{"type":"PLATFORM_CONTRACTS_NOT_FOUND","ids":` + ids + `,"graphqlIds":` + ids + `}`,
		"a long message":  `{"type":"PG_PROVIDER","message":"` + strings.Repeat("한도 초과 ", 2000) + `","pgCode":"X","pgMessage":"` + strings.Repeat("카드", 3000) + `"}`,
		"unknown members": `{"type":"PAYMENT_NOT_FOUND","a":"` + strings.Repeat("x", 9000) + `","b":{"c":[` + strings.Repeat("1,", 5000) + `1]}}`,
		"many members":    `{"type":"PAYMENT_NOT_FOUND","m0":0` + manyMembers(2000) + `}`,
		"a long type":     `{"type":"` + strings.Repeat("LONG_", 3000) + `"}`,
		"failures":        `{"type":"CHANNEL_SPECIFIC","succeededChannels":[],"failures":[` + strings.Repeat(`{"type":"PG_PROVIDER","pgCode":"X","pgMessage":"실패","channel":{"type":"LIVE"}},`, 300) + `{"type":"PG_PROVIDER"}]}`,
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			c := &Subject{Operation: operation(t, "createPlatformPartner"), Mutation: true, Key: strings.Repeat("k", 256), Language: Korean}
			e := m.Answer(c, 404, nil, []byte(body))
			cut := e.GRPCStatus()
			if size := trailerSize(cut.Proto()); size > maxTrailers {
				t.Errorf("%d bytes of trailers", size)
			}
			info := infoOf(cut)
			if info.GetMetadata()["truncated"] == "" || info.GetMetadata()["idempotencyKey"] != c.Key || cut.Code() != e.Code() {
				t.Errorf("ErrorInfo is %v", info)
			}
			if name != "a long type" && (info.GetReason() != e.Reason() || portoneOf(cut).GetType() != e.Reason()) {
				t.Errorf("the type is cut: %v", info)
			}
			_, rest := REST(e.Full())
			checkREST(t, e, []byte(body), rest)
		})
	}
}

func manyMembers(n int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `,"member%d":%d`, i+1, i)
	}
	return b.String()
}

// TestREST shows whose members win where names clash.
func TestREST(t *testing.T) {
	e := mapper(t).Answer(&Subject{Operation: operation(t, "getPayment")}, 404, nil, []byte(`{"type":"NEW","code":"X","details":{"a":1}}`))
	httpStatus, body := REST(e.Full())
	var got map[string]json.RawMessage
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if httpStatus != 404 || string(got["code"]) != `"X"` || string(got["details"]) != `{"a":1}` || string(got["type"]) != `"NEW"` || got["message"] == nil {
		t.Errorf("%d %s", httpStatus, body)
	}
}

func TestLanguages(t *testing.T) {
	for header, want := range map[string]Language{
		"": English, "ko": Korean, "ko-KR,ko;q=0.9,en;q=0.8": Korean, "en-GB,ko": English, "fr,ko;q=0.5": Korean, "KO": Korean,
		"ko;q=0, en": English, "en;q=0.1, ko;q=0.9": Korean, "*;q=0.1,ko": Korean, "ko;q=0.1,en": English, "ko;q=x": Korean, "ko;q=0.00, en": English, "ko; Q = 0.0": English, "ko;q=0.001": Korean, "*": English, "ja": English, ",,;": English,
	} {
		if got := ParseLanguage(header); got != want {
			t.Errorf("%q gives %s, want %s", header, got.Tag(), want.Tag())
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	m := mapper(b)
	c := &Subject{Operation: operation(b, "payWithBillingKey"), Mutation: true, Key: "a-key-of-sixteen", IDs: []ID{{"paymentId", "p-1"}}}
	for name, body := range map[string]string{
		"PaymentNotFound": `{"type":"PAYMENT_NOT_FOUND","message":"결제 건이 존재하지 않습니다."}`,
		"PgProvider":      `{"type":"PG_PROVIDER","message":"PG사에서 오류를 전달했습니다.","pgCode":"EXCEED_MAX_AMOUNT","pgMessage":"한도를 초과했습니다."}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if e := m.Answer(c, 502, nil, []byte(body)); e.GRPCStatus() == nil {
					b.Fatal("no status")
				}
			}
		})
	}
}

// TestRepair reads errors that have what no text can have.
func TestRepair(t *testing.T) {
	m := mapper(t)
	tests := []struct{ name, body, message string }{
		{"a high surrogate at the end", `{"type":"PG_PROVIDER","message":"m","pgCode":"C","pgMessage":"a\ud83d"}`, "a\uFFFD"},
		{"a low one", `{"type":"PG_PROVIDER","message":"m","pgCode":"C","pgMessage":"\ude00a"}`, "\uFFFDa"},
		{"one before a pair", `{"type":"PG_PROVIDER","message":"m","pgCode":"C","pgMessage":"\ud83d\ud83d\ude00"}`, "\uFFFD\U0001F600"},
		{"one behind a backslash", `{"type":"PG_PROVIDER","message":"m","pgCode":"C","pgMessage":"\\\ud83d"}`, "\\\uFFFD"},
		{"what only looks like one", `{"type":"PG_PROVIDER","message":"m","pgCode":"C","pgMessage":"\\ud83d\ud83d"}`, "\\ud83d\uFFFD"},
		{"bytes that are not UTF-8", "{\"type\":\"PG_PROVIDER\",\"message\":\"m\",\"pgCode\":\"C\",\"pgMessage\":\"a\xb0\xa1\"}", "a\uFFFD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := m.Answer(&Subject{Operation: operation(t, "cancelPayment"), Mutation: true, Key: "a-key-of-sixteen"}, 502, nil, []byte(test.body))
			if got := portoneOf(e.Full()).GetPgProvider().GetPgMessage(); e.Reason() != "PG_PROVIDER" || got != test.message {
				t.Errorf("%s, message %q, want %q", e.Reason(), got, test.message)
			}
		})
	}
	e := m.Answer(&Subject{Operation: operation(t, "cancelPayment"), Mutation: true}, 409, nil, []byte(`{"type":"IDEMPOTENCY_OUT\ud8`))
	if e.Reason() != "OUTCOME_UNKNOWN" {
		t.Errorf("half an error is %s", e.Reason())
	}
}
