package transcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestBadJSON shows the error for each way in which a document can be wrong.
func TestBadJSON(t *testing.T) {
	tests := []struct {
		name   string
		json   string
		path   string
		offset int
		want   string
	}{
		{"nothing", ``, "", 0, "not a JSON object"},
		{"a list", `[]`, "", 0, "not a JSON object"},
		{"half", `{"id":"a`, "id", 8, "does not end"},
		{"half a document", `{"id":"a"`, "", 9, "ends too early"},
		{"after a name", `{"id"`, "", 5, "a colon must follow"},
		{"after a colon", `{"id":`, "id", 6, "ends too early"},
		{"trailing text", `{"id":"a"} x`, "", 11, "more text"},
		{"a trailing comma", `{"id":"a",}`, "", 10, "a member must begin with its name"},
		{"no comma", `{"id":"a" "b":1}`, "", 10, "neither a comma"},
		{"a name without quotes", `{id:1}`, "", 1, "a member must begin with its name"},
		{"a member twice", `{"id":"a","id":"b"}`, "id", 10, "stands twice"},
		{"a member twice, escaped", `{"id":"a","\u0069d":"b"}`, "id", 10, "stands twice"},
		{"an unknown member twice", `{"x":1,"x":2}`, "x", 7, "stands twice"},
		{"a member twice in an unknown one", `{"x":{"y":1,"y":2}}`, "x.y", 12, "stands twice"},
		{"invalid UTF-8", "{\"id\":\"a\xff\"}", "id", 8, "not UTF-8"},
		{"invalid UTF-8 in a name", "{\"a\xc0\xaf\":1}", "", 3, "not UTF-8"},
		{"invalid UTF-8 in an unknown member", "{\"x\":\"\xed\xa0\x80\"}", "x", 6, "not UTF-8"},
		{"half an escape", `{"id":"\u12"}`, "id", 7, "four hexadecimal digits"},
		{"no such escape", `{"id":"\x"}`, "id", 7, "no such escape"},
		{"a control character", "{\"id\":\"a\nb\"}", "id", 8, "must be escaped"},
		{"a number for a string", `{"id":1}`, "id", 6, "must be a string"},
		{"a string for a number", `{"amount":{"total":"1000"}}`, "amount.total", 19, "must be an integer of 64 bits"},
		{"a fraction for an integer", `{"amount":{"total":0.5}}`, "amount.total", 19, "must be an integer of 64 bits"},
		{"an integer beyond 64 bits", `{"amount":{"total":9223372036854775808}}`, "amount.total", 19, "must be an integer of 64 bits"},
		{"a huge exponent", `{"amount":{"total":1e999999999}}`, "amount.total", 19, "must be an integer of 64 bits"},
		{"an integer beyond 32 bits", `{"productCount":2147483648}`, "productCount", 16, "must be an integer of 32 bits"},
		{"a leading zero", `{"amount":{"total":01}}`, "amount", 20, "neither a comma"},
		{"a plus", `{"amount":{"total":+1}}`, "amount.total", 19, "must be an integer"},
		{"a bare minus", `{"amount":{"total":-}}`, "amount.total", 19, "not a JSON value"},
		{"a word", `{"x":nul}`, "x", 5, "not a JSON value"},
		{"NaN", `{"x":NaN}`, "x", 5, "not a JSON value"},
		{"a point without digits", `{"x":1.}`, "x", 7, "digits behind its point"},
		{"an exponent without digits", `{"x":1e+}`, "x", 8, "digits in its exponent"},
		{"a string for a boolean", `{"isCulturalExpense":"true"}`, "isCulturalExpense", 21, "must be true or false"},
		{"a list for an object", `{"customer":[]}`, "customer", 12, "must be an object"},
		{"an object for a list", `{"products":{}}`, "products", 12, "must be a list"},
		{"half of a surrogate pair in a name", `{"\ud83d":1}`, "", 1, "half of a surrogate pair"},
		{"in a list", `{"products":[{"id":"a"},{"id":1}]}`, "products[1].id", 30, "must be a string"},
		{"of a list's element", `{"products":[{"id":"a"},"b"]}`, "products[1]", 24, "must be an object"},
		{"a long name in the path", `{"` + strings.Repeat("n", 100) + `":tru}`, strings.Repeat("n", 64) + "...", 104, "not a JSON value"},
		{"nested too deep", `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "x" + strings.Repeat("[0]", 99), 104, "nested too deep"},
	}
	m := compiled(t, &portonev2.PaidPayment{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dst := []byte("before")
			got, err := m.AppendWire(dst, []byte(test.json), Strict)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v (%T)", err, err)
			}
			if e.Path != test.path || e.Offset != test.offset || !strings.Contains(e.Problem, test.want) {
				t.Errorf("error at %q, byte %d: %s; want %q, byte %d: %s", e.Path, e.Offset, e.Problem, test.path, test.offset, test.want)
			}
			if string(got) != "before" {
				t.Errorf("dst became %q", got)
			}
		})
	}
}

// TestHalvesOfSurrogatePairs: an answer keeps a text that has one as it is written; a
// request must not have any.
func TestHalvesOfSurrogatePairs(t *testing.T) {
	tests := []struct{ name, json, member string }{
		{"a high one", `{"orderName":"a\ud83d","status":"PAID","disputes":[]}`, "orderName"},
		{"a low one first", `{"orderName":"\ude00\ud83d","status":"PAID","disputes":[]}`, "orderName"},
		{"two high ones", `{"orderName":"\ud83d\ud83d","status":"PAID","disputes":[]}`, "orderName"},
		{"of an enum", `{"currency":"\ud83d","status":"PAID","disputes":[]}`, "currency"},
		{"of an unknown member", `{"new":{"a":["\ud83d"]},"status":"PAID","disputes":[]}`, "new"},
		{"in a list of messages", `{"products":[{"id":"p","name":"\ud83d"}],"status":"PAID","disputes":[]}`, ""},
	}
	m := compiled(t, &portonev2.PaidPayment{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wire, err := m.AppendWire(nil, []byte(test.json), Strict)
			if err != nil {
				t.Fatal(err)
			}
			var p portonev2.PaidPayment
			if err := proto.Unmarshal(wire, &p); err != nil {
				t.Fatal(err)
			}
			if raw := p.Unrecognized[test.member]; test.member != "" && !strings.Contains(test.json, raw) || test.member != "" && raw == "" {
				t.Errorf("%s is %q", test.member, raw)
			}
			back, err := m.AppendJSON(nil, wire)
			if err != nil || !sameMembers(t, back, []byte(test.json)) {
				t.Errorf("back it is %s, %v", back, err)
			}
			if _, err := m.AppendWire(nil, []byte(test.json), Lenient); err == nil || !strings.Contains(err.Error(), "surrogate") {
				t.Errorf("as a request: %v", err)
			}
		})
	}
	request := &portonev2.CancelPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{"new": `"\ud83d"`}}
	wire, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := call(t, "CancelPayment").SetRequest(new(Request), wire, plenty); err == nil || !strings.Contains(err.Error(), "surrogate") {
		t.Errorf("in unrecognized of a request: %v", err)
	}
}

// sameMembers compares two objects as they are written, but for the order of their
// members.
func sameMembers(t *testing.T, a, b []byte) bool {
	t.Helper()
	var all [2]map[string]json.RawMessage
	for i, text := range [][]byte{a, b} {
		if err := json.Unmarshal(text, &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return maps.EqualFunc(all[0], all[1], func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

// TestDeepEnough shows that what is within the limit passes.
func TestDeepEnough(t *testing.T) {
	m := compiled(t, &portonev2.PaidPayment{})
	json := `{"status":"PAID","disputes":[],"x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`
	wire, err := m.AppendWire(nil, []byte(json), Strict)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := m.AppendJSON(nil, wire); err != nil || string(back) != `{"status":"PAID","x":`+strings.Repeat("[", 99)+strings.Repeat("]", 99)+`,"disputes":[]}` {
		t.Errorf("it comes back as %s, %v", back, err)
	}
}

// TestBadWire shows the error for each way in which a message can be wrong.
func TestBadWire(t *testing.T) {
	must := func(m proto.Message) []byte {
		wire, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return wire
	}
	raw := func(text string) []byte {
		return must(&portonev2.Customer{Unrecognized: map[string]string{"x": text}})
	}
	tests := []struct {
		name string
		of   proto.Message
		wire []byte
		path string
		want string
	}{
		{"half a tag", &portonev2.Customer{}, []byte{0x80}, "", "malformed tag"},
		{"field 0", &portonev2.Customer{}, []byte{0x00}, "", "malformed tag"},
		{"half a length", &portonev2.Customer{}, []byte{0x0a, 0x80}, "id", "malformed number"},
		{"a length beyond the end", &portonev2.Customer{}, []byte{0x0a, 0x05, 'a'}, "id", "ends within a field"},
		{"a huge length", &portonev2.Customer{}, []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "id", "ends within a field"},
		{"a varint that is too long", &portonev2.PaymentAmountInput{}, []byte{0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, "total", "malformed number"},
		{"an unknown field", &portonev2.Customer{}, []byte{0xf8, 0x06, 0x01}, "", "field 111 is not one of portone.v2.Customer"},
		{"another wire type", &portonev2.Customer{}, []byte{0x08, 0x01}, "id", "another wire type"},
		{"a group", &portonev2.Customer{}, []byte{0x0b, 0x0c}, "id", "another wire type"},
		{"invalid UTF-8", &portonev2.Customer{}, []byte{0x0a, 0x02, 'a', 0xff}, "id", "not UTF-8"},
		{"an enum value without a name", &portonev2.PreRegisterPaymentRequest{}, must(&portonev2.PreRegisterPaymentRequest{Currency: portonev2.Currency(9999).Enum()}), "currency", "enum value 9999"},
		{"UNSPECIFIED", &portonev2.PreRegisterPaymentRequest{}, must(&portonev2.PreRegisterPaymentRequest{Currency: portonev2.Currency_CURRENCY_UNSPECIFIED.Enum()}), "currency", "enum value 0"},
		{"in a list", &portonev2.PaymentFilterInput{}, must(&portonev2.PaymentFilterInput{Status: []portonev2.PaymentStatus{1, 99}}), "status[1]", "enum value 99"},
		{"an instant out of range", &portonev2.PaymentFilterInput{}, must(&portonev2.PaymentFilterInput{From: &timestamppb.Timestamp{Seconds: 1 << 50}}), "from", "out of range"},
		{"nanoseconds out of range", &portonev2.PaymentFilterInput{}, must(&portonev2.PaymentFilterInput{From: &timestamppb.Timestamp{Nanos: 1e9}}), "from", "out of range"},
		{"a raw text that is no JSON", &portonev2.Customer{}, raw(`{"a":`), "unrecognized.x.a", "ends too early"},
		{"a raw text with more behind it", &portonev2.Customer{}, raw(`1,"y":2`), "unrecognized.x", "more text behind the value"},
		{"a free-form text that is no JSON", &portonev2.IssueBillingKeyRequest{}, must(&portonev2.IssueBillingKeyRequest{Bypass: proto.String("a=b")}), "bypass", "not a JSON value"},
		{"an empty free-form text", &portonev2.IssueBillingKeyRequest{}, must(&portonev2.IssueBillingKeyRequest{Bypass: proto.String("")}), "bypass", "ends too early"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := compiled(t, test.of).AppendJSON([]byte("before"), test.wire)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v (%T), got %s", err, err, got)
			}
			if e.Path != test.path || !strings.Contains(e.Problem, test.want) {
				t.Errorf("error at %q: %s; want %q: %s", e.Path, e.Problem, test.path, test.want)
			}
			if string(got) != "before" {
				t.Errorf("dst became %q", got)
			}
		})
	}
}

// TestManyMembers shows that objects with very many members are checked for
// duplicates all the same, at every level, without the time growing out of hand.
func TestManyMembers(t *testing.T) {
	m := compiled(t, &portonev2.Customer{})
	var b strings.Builder
	b.WriteString(`{"a":{`)
	const n = 50000
	for i := range n {
		fmt.Fprintf(&b, `"n%d":{"x":1,"y":%d},`, i, i)
	}
	nested := b.String()
	var flat strings.Builder
	flat.WriteString(`{`)
	for i := range n {
		fmt.Fprintf(&flat, `"n%d":%d,`, i, i)
	}
	for name, head := range map[string]string{"nested": nested, "flat": flat.String()} {
		end := strings.Repeat("}", strings.Count(head, "{")-strings.Count(head, "}"))
		wire, err := m.AppendWire(nil, []byte(head+`"last":1`+end), Strict)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back, err := m.AppendJSON(nil, wire)
		if err != nil || string(back) != head+`"last":1`+end {
			t.Errorf("%s: comes back as another document, %v", name, err)
		}
		if _, err := m.AppendWire(nil, []byte(head+`"n0":1`+end), Strict); err == nil || !strings.Contains(err.Error(), "n0: the member stands twice") {
			t.Errorf("%s: a member that stands twice: %v", name, err)
		}
	}
}

// TestHugeGarbage shows that input which looks like a lot takes no more memory
// than it has bytes.
func TestHugeGarbage(t *testing.T) {
	m := compiled(t, &portonev2.GetPaymentsResponse{})
	for name, text := range map[string]string{
		"brackets":   strings.Repeat("[", 1<<20),
		"objects":    strings.Repeat(`{"items":[`, 1<<17),
		"a string":   `{"x":"` + strings.Repeat("a", 1<<20),
		"escapes":    `{"x":"` + strings.Repeat(`\u0041`, 1<<17),
		"a number":   `{"page":{"number":` + strings.Repeat("9", 1<<20) + `}}`,
		"spaces":     strings.Repeat(" ", 1<<20),
		"items":      `{"items":[` + strings.Repeat(`{"status":"PAID"},`, 1<<15),
		"zero bytes": strings.Repeat("\x00", 1<<20),
	} {
		input := []byte(text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := m.AppendWire(nil, input, Strict); err == nil {
			t.Errorf("%s passes", name)
		}
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > uint64(6*len(input)) {
			t.Errorf("%s: %d bytes of input made it allocate %d", name, len(input), allocated)
		}
		if _, err := m.AppendJSON(nil, input); err == nil {
			t.Errorf("%s passes as a message", name)
		}
	}
}

// TestDeepPieces shows that messages which need the slow way at every level take
// time in proportion. If each level went twice over the next, this would not end.
func TestDeepPieces(t *testing.T) {
	file := &descriptorpb.FileDescriptorProto{}
	if err := protojson.Unmarshal([]byte(`{"name":"deep.proto","package":"deep","syntax":"proto3","messageType":[{"name":"Node","field":[
		{"name":"child","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_MESSAGE","typeName":".deep.Node","jsonName":"child"},
		{"name":"text","number":2,"label":"LABEL_OPTIONAL","type":"TYPE_STRING","jsonName":"text"},
		{"name":"unrecognized","number":1000,"label":"LABEL_REPEATED","type":"TYPE_MESSAGE","typeName":".deep.Node.UnrecognizedEntry","jsonName":"unrecognized"}],
		"nestedType":[{"name":"UnrecognizedEntry","options":{"mapEntry":true},"field":[
		{"name":"key","number":1,"label":"LABEL_OPTIONAL","type":"TYPE_STRING","jsonName":"key"},{"name":"value","number":2,"label":"LABEL_OPTIONAL","type":"TYPE_STRING","jsonName":"value"}]}]}]}`), file); err != nil {
		t.Fatal(err)
	}
	fd, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	m, err := new(Cache).Message(fd.Messages().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	var wire []byte
	want := "{}"
	for range 90 {
		node := protowire.AppendString([]byte{2<<3 | 2}, "a")
		node = append(node, 1<<3|2)
		node = protowire.AppendBytes(node, wire)
		node = append(node, 0xc2, 0x3e, 13, 1<<3|2, 4, 't', 'e', 'x', 't', 2<<3|2, 5, '"', 'r', 'a', 'w', '"')
		wire = node
		want = `{"child":` + want + `,"text":"raw"}`
	}
	got, err := m.AppendJSON(nil, wire)
	if err != nil || string(got) != want {
		t.Errorf("got %.100s, %v, want %.100s", got, err, want)
	}
}

// TestTooLarge shows the limit of size, in every direction.
func TestTooLarge(t *testing.T) {
	m := compiled(t, &portonev2.Customer{})
	huge := make([]byte, maxSize+1)
	c := call(t, "CapturePayment")
	_, toWire := m.AppendWire(nil, huge, Strict)
	_, toJSON := m.AppendJSON(nil, huge)
	_, fromHTTP := c.WireFromHTTP(nil, []string{"p"}, "", huge)
	for name, err := range map[string]error{
		"AppendWire": toWire, "AppendJSON": toJSON, "WireFromHTTP": fromHTTP,
		"SetRequest": c.SetRequest(new(Request), huge, plenty), "Members": Members(huge, func(_, _ []byte) {}),
	} {
		if err == nil || !strings.Contains(err.Error(), tooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoggable: names that may be data stay out of logs.
func TestLoggable(t *testing.T) {
	m := compiled(t, &portonev2.PaidPayment{})
	tests := []struct{ json, want string }{
		{`{"customer":{"id":1}}`, "customer.id: the value must be a string at byte 18"},
		{`{"products":[{"id":1}]}`, "products[0].id: the value must be a string at byte 19"},
		{`{"customer":{"Hong Gildong 010-1234-5678":nul}}`, "customer.?: not a JSON value at byte 42"},
		{`{"x":{"홍길동":[nul]}}`, "x.?[0]: not a JSON value at byte 19"},
		{`{"x":{"[a person]":nul}}`, "x.?: not a JSON value at byte 19"},
	}
	for _, test := range tests {
		_, err := m.AppendWire(nil, []byte(test.json), Strict)
		var e *Error
		if !errors.As(err, &e) || e.Loggable() != test.want {
			t.Errorf("%s: %q, want %q", test.json, e.Loggable(), test.want)
		}
	}
}
