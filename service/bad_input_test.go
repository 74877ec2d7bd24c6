package service_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
)

const payMethod = "/portone.v2.PaymentService/PayWithBillingKey"

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*message.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	*message.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = rawCodec{}

// badMessage is a message of PayWithBillingKey that is refused.
type badMessage struct {
	name   string
	wire   []byte
	code   codes.Code
	reason string
	field  string // at which the violation's begins
}

// text is a field with a text; 1 is paymentId, 22 bypass.
func text(number protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), s)
}

// unrecognized is an entry of `unrecognized`.
func unrecognized(name, raw string) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, 1000, protowire.BytesType), append(text(1, name), text(2, raw)...))
}

func badMessages() []badMessage {
	invalid := func(name, field string, parts ...[]byte) badMessage {
		return badMessage{name, bytes.Join(parts, nil), codes.InvalidArgument, "INVALID_REQUEST", field}
	}
	p1 := text(1, "p1")
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	return []badMessage{
		invalid("no protobuf", "", []byte{0xff, 0xff, 0xff}),
		invalid("a tag that does not end", "", p1, []byte{0x80}),
		invalid("a field number of 0", "", p1, []byte{0x00, 0x00}),
		invalid("a length beyond the end", "orderName", p1, []byte{5<<3 | 2, 0x7f, 'x'}),
		invalid("a length beyond the 64 bits", "orderName", p1, []byte{5<<3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),
		invalid("an end of a group that has not begun", "", p1, []byte{5<<3 | 4}),
		invalid("another wire type", "orderName", p1, []byte{5 << 3, 1}),
		invalid("a path parameter of another wire type", "paymentId", []byte{1 << 3, 1}),
		invalid("bad UTF-8", "orderName", p1, text(5, "\xff\xfe")),
		invalid("bad UTF-8 in the path", "paymentId", text(1, "p\xff")),
		invalid("a lone surrogate in UTF-8", "orderName", p1, text(5, "\xed\xa0\x80")),
		invalid("bad UTF-8 in a member's name", "", p1, unrecognized("\xff", "1")),
		invalid("no path parameter", "paymentId", text(5, "an order")),
		invalid("an empty path parameter", "paymentId", text(1, "")),
		invalid("the path parameter .", "paymentId", text(1, ".")),
		invalid("the path parameter ..", "paymentId", text(1, "..")),
		invalid("free-form JSON that is none", "bypass", p1, text(22, "{")),
		invalid("free-form JSON nested over 100", "bypass", p1, text(22, `{"a":`+deep(100)+`}`)),
		invalid("an unknown member that is no JSON", "unrecognized.x", p1, unrecognized("x", "tru")),
		invalid("an unknown member with more behind it", "unrecognized.x", p1, unrecognized("x", `1,"y":2`)),
		invalid("an unknown member nested over 100", "unrecognized.x", p1, unrecognized("x", deep(101))),
		invalid("an unknown member nested a million times", "unrecognized.x", p1, unrecognized("x", strings.Repeat("[", 1<<20))),
		invalid("a path parameter typed and raw", "paymentId", p1, unrecognized("paymentId", `"p2"`)),
		invalid("a path parameter raw and typed", "paymentId", unrecognized("paymentId", `"p2"`), p1),
		invalid("a member typed and raw", "orderName", p1, text(5, "an order"), unrecognized("{}orderName", `"another"`)),
		// What a later contract has cannot be passed on without its name, and is not
		// dropped: a caller must not think that it was heard.
		invalid("an unknown field with a text", "", p1, text(999, "x")),
		invalid("an unknown field with a number", "", p1, []byte{0xb8, 0x3e, 0x01}),
		invalid("an unknown field of 32 bits", "", p1, []byte{0xbd, 0x3e, 1, 2, 3, 4}),
		invalid("an unknown field of 64 bits", "", p1, []byte{0xb9, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8}),
		invalid("an unknown group", "", p1, []byte{0xbb, 0x3e, 0xbc, 0x3e}),
		invalid("the largest field number", "", p1, protowire.AppendVarint(protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.VarintType), 1)),
		{"a message over 4 MiB", append(bytes.Clone(p1), text(5, strings.Repeat("x", 4<<20))...), codes.ResourceExhausted, "TOO_LARGE", ""},
	}
}

// TestBadMessages sends messages that cannot be read. Nothing reaches PortOne, and
// the next call works on the same connection and on a new one.
func TestBadMessages(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	for _, test := range badMessages() {
		t.Run(test.name, func(t *testing.T) {
			for _, compressed := range []bool{false, true} {
				err := send(t, g, payMethod, test.wire, compressed)
				checkStatus(t, err, test.code, test.reason)
				info, bad, _ := details(err)
				if info.GetDomain() != contract.GatewayDomain || info.GetMetadata()["operation"] != "payWithBillingKey" ||
					(len(bad.GetFieldViolations()) == 1) != (test.code == codes.InvalidArgument) {
					t.Errorf("the details are %v and %v", info, bad)
				}
				for _, violation := range bad.GetFieldViolations() {
					if !strings.HasPrefix(violation.GetField(), test.field) || violation.GetDescription() == "" {
						t.Errorf("the violation is %v, want one of %q", violation, test.field)
					}
				}
				checkNothingAndNext(t, g, p)
			}
		})
	}
}

// send sends the bytes of a message.
func send(t *testing.T, g *gatewaytest.Gateway, method string, wire []byte, compressed bool, header ...string) error {
	t.Helper()
	return sendIn(metadata.AppendToOutgoingContext(t.Context(), header...), g, method, wire, compressed)
}

// sendIn is send in a context.
func sendIn(ctx context.Context, g *gatewaytest.Gateway, method string, wire []byte, compressed bool, options ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	options = append(options, grpc.ForceCodecV2(rawCodec{}), grpc.MaxCallSendMsgSize(1<<30))
	if compressed {
		options = append(options, grpc.UseCompressor(gzip.Name))
	}
	var answer []byte
	return g.Conn.Invoke(ctx, method, &wire, &answer, options...)
}

// checkNothingAndNext holds that nothing reached PortOne and that calls work.
func checkNothingAndNext(t *testing.T, g *gatewaytest.Gateway, p *portone) {
	t.Helper()
	for _, r := range p.requests() {
		t.Errorf("PortOne got %s %s", r.method, r.target)
	}
	pay(t, g.Conn, "next")
	pay(t, connect(t, g.Addr), "next")
	if n := len(p.requests()); n != 2 {
		t.Errorf("%d of the next two calls reached PortOne", n)
	}
}

// TestLargest takes a message of just the size that is allowed.
func TestLargest(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	request := payment("p1")
	request.CustomData = proto.String("")
	request.CustomData = proto.String(strings.Repeat("x", 4<<20-proto.Size(request)-3)) // the length then takes 4 bytes
	if size := proto.Size(request); size != 4<<20 {
		t.Fatalf("the message has %d bytes", size)
	}
	wire, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t, g, payMethod, wire, false); err != nil {
		t.Error(err)
	}
	if got := p.requests(); len(got) != 1 || len(got[0].body) < 4<<20-200 {
		t.Errorf("%d requests reached PortOne", len(got))
	}
}

// TestTooLarge sends messages over 4 MiB, also some that unfold to a thousand times
// their size. All pass the steps of a call; beyond 5 MiB, of which nothing is taken
// in, the status is grpc-go's.
func TestTooLarge(t *testing.T) {
	for _, test := range []struct {
		name       string
		size       int
		compressed bool
		reason     string
	}{
		{"one byte too many", 4<<20 + 1, false, "TOO_LARGE"},
		{"one byte too many when unfolded", 4<<20 + 1, true, "TOO_LARGE"},
		{"the most that is taken in", 5 << 20, false, "TOO_LARGE"},
		{"more than that", 5<<20 + 1, false, ""},
		{"a bomb", 32 << 20, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, o, log := answers(http.StatusOK, paid), &observer{}, &gatewaytest.Journal{}
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Log: log, Service: func(so *service.Options) { so.Observer = o }})
			var trailer metadata.MD
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "call-1", "idempotency-key", ownKey)
			err := sendIn(ctx, g, payMethod, make([]byte, test.size), test.compressed, grpc.Trailer(&trailer))
			checkStatus(t, err, codes.ResourceExhausted, test.reason)
			if test.reason != "" && (one(t, trailer, "x-request-id") != "call-1" || one(t, trailer, "idempotency-key") != ownKey) {
				t.Errorf("the trailers are %v", trailer)
			}
			await(t, "the call to end", func() bool { return len(o.all()) > 0 && log.String() != "" }) // grpc-go's status is faster
			if want := []ended{{"PayWithBillingKey", "grpc", codes.ResourceExhausted, "TOO_LARGE"}}; !slices.Equal(o.all(), want) {
				t.Errorf("metrics have %v, want %v", o.all(), want)
			}
			if line := log.Last(t); line["rpc"] != "PayWithBillingKey" || line["reason"] != "TOO_LARGE" || line["request_id"] != "call-1" {
				t.Errorf("the log has %v", line)
			}
			checkNothingAndNext(t, g, p)
		})
	}
	t.Run("for a file", func(t *testing.T) {
		g := gatewaytest.Start(t, gatewaytest.Options{Handler: answers(http.StatusOK, "")})
		checkStatus(t, send(t, g, "/portone.v2.TaxInvoiceService/DownloadB2bTaxInvoicesSheet", make([]byte, 4<<20+1), false), codes.ResourceExhausted, "TOO_LARGE")
	})
}

// TestUnreadableFrames: what grpc-go itself cannot read keeps its status.
func TestUnreadableFrames(t *testing.T) {
	p, o := answers(http.StatusOK, paid), &observer{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p, Service: func(so *service.Options) { so.Observer = o }})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	open := func(ctx context.Context) grpc.ClientStream {
		t.Helper()
		stream, err := g.Conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, payMethod, grpc.ForceCodecV2(rawCodec{}))
		if err != nil {
			t.Fatal(err)
		}
		return stream
	}
	nothing := open(ctx)
	if err := nothing.CloseSend(); err != nil {
		t.Fatal(err)
	}
	checkStatus(t, nothing.RecvMsg(new([]byte)), codes.Internal, "")

	await(t, "the call to end", func() bool { return len(o.all()) == 1 })

	goes, leave := context.WithCancel(ctx)
	open(goes)
	leave()
	await(t, "the other call to end", func() bool { return len(o.all()) == 2 })
	want := []ended{{"PayWithBillingKey", "grpc", codes.InvalidArgument, "INVALID_REQUEST"}, {"PayWithBillingKey", "grpc", codes.Canceled, "NOT_SENT"}}
	if !slices.Equal(o.all(), want) {
		t.Errorf("metrics have %v, want %v", o.all(), want)
	}
	checkNothingAndNext(t, g, p)
}

// TestNoSuchOperation calls what does not exist.
func TestNoSuchOperation(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	for _, test := range []struct{ method, reason string }{
		{"/portone.v2.PaymentService/Steal", "NO_SUCH_OPERATION"},
		{"/portone.v2.PaymentService/payWithBillingKey", "NO_SUCH_OPERATION"},
		{"/portone.v2.ThiefService/PayWithBillingKey", "NO_SUCH_OPERATION"},
		{"/portone.v1.PaymentService/PayWithBillingKey", "NO_SUCH_OPERATION"},
		{"/PaymentService/PayWithBillingKey", "NO_SUCH_OPERATION"},
		{"//", "NO_SUCH_OPERATION"},
		{"/", ""}, // which grpc-go takes for no name at all
	} {
		t.Run(test.method, func(t *testing.T) {
			err := send(t, g, test.method, text(1, "p1"), false)
			checkStatus(t, err, codes.Unimplemented, test.reason)
			if info, _, text := details(err); info != nil && (info.GetDomain() != contract.GatewayDomain || text.GetMessage() == "") {
				t.Errorf("the details are %v and %v", info, text)
			}
			checkNothingAndNext(t, g, p)
		})
	}
}

// TestBadKeys refuses keys that PortOne would refuse.
func TestBadKeys(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	good := text(1, "p1")
	tests := []struct {
		name string
		keys []string
	}{
		{"too short", []string{"fifteen-letters"}},
		{"too short in quotes", []string{`"fifteen-letters"`}},
		{"too long", []string{strings.Repeat("k", 257)}},
		{"empty", []string{""}},
		{"empty quotes", []string{`""`}},
		{"one quote", []string{`"`}},
		{"no quote at the end", []string{`"a-key-of-sixteen`}},
		{"no quote at the beginning", []string{`a-key-of-sixteen"`}},
		{"a quote within", []string{`"a-key-of"-sixteen"`}},
		{"an escaped quote within", []string{`"a-key-of\"-sixteen"`}},
		{"a backslash", []string{`a-key-of\sixteen`}},
		{"two", []string{ownKey, "another-key-of-sixteen"}},
		{"the same twice", []string{ownKey, ownKey}},
		{"two in one", []string{`"` + ownKey + `","` + ownKey + `"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var header []string
			for _, key := range test.keys {
				header = append(header, "idempotency-key", key)
			}
			err := send(t, g, payMethod, good, false, header...)
			checkStatus(t, err, codes.InvalidArgument, "INVALID_REQUEST")
			info, bad, _ := details(err)
			if violations := bad.GetFieldViolations(); len(violations) != 1 || violations[0].GetField() != "idempotency-key" || violations[0].GetDescription() == "" {
				t.Errorf("the violations are %v", violations)
			}
			if key := test.keys[0]; len(key) > 2 && strings.Contains(fmt.Sprint(err, info, bad), key) {
				t.Errorf("the error repeats the key: %v, %v, %v", err, info, bad)
			}
			checkNothingAndNext(t, g, p)
		})
	}
}

// TestEveryReadRefusesPathsToo: what is said of mutations holds for reads and
// for files.
func TestEveryReadRefusesPathsToo(t *testing.T) {
	p := answers(http.StatusOK, `{}`)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	for _, id := range []string{"", ".", ".."} {
		_, err := portonev2.NewPaymentServiceClient(g.Conn).GetPayment(t.Context(), &portonev2.GetPaymentRequest{PaymentId: id})
		checkStatus(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	}
	if err := send(t, g, "/portone.v2.TaxInvoiceService/DownloadB2bTaxInvoicesSheet", []byte{0xff}, false); err == nil {
		t.Error("a malformed request for a file succeeded")
	} else {
		checkStatus(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	}
	if got := p.requests(); len(got) > 0 {
		t.Errorf("PortOne got %v", got)
	}
}

// TestHeaderFlood: gRPC clients know from the gateway's settings how much it
// takes, and do not even send more.
func TestHeaderFlood(t *testing.T) {
	p := answers(http.StatusOK, paid)
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	pay(t, g.Conn, "first") // after which the client has the settings
	p.requests()
	checkStatus(t, send(t, g, payMethod, text(1, "p1"), false, "x-flood", strings.Repeat("f", 64<<10)), codes.Internal, "")
	checkNothingAndNext(t, g, p)
	if err := send(t, g, payMethod, text(1, "p1"), false, "x-flood", strings.Repeat("f", 60<<10)); err != nil {
		t.Errorf("60 KiB of headers: %v", err)
	}
}
