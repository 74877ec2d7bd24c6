package transcode

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

var testCache Cache

// compiled returns the compiled type of a message.
func compiled(t testing.TB, m proto.Message) *Message {
	t.Helper()
	c, err := testCache.Message(m.ProtoReflect().Descriptor())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMapping shows each rule of the mapping once: what a document is as a
// message, and what comes back.
func TestMapping(t *testing.T) {
	tests := []struct {
		name     string
		json     string
		want     proto.Message
		wantJSON string // where it is not the same
	}{
		{
			"nothing", `{}`,
			&portonev2.Customer{}, "",
		},
		{
			"explicit zeros", `{"total":0,"taxFree":0}`,
			&portonev2.PaymentAmountInput{Total: proto.Int64(0), TaxFree: proto.Int64(0)}, "",
		},
		{
			"the ends of int64", `{"total":9223372036854775807,"taxFree":-9223372036854775808}`,
			&portonev2.PaymentAmountInput{Total: proto.Int64(9223372036854775807), TaxFree: proto.Int64(-9223372036854775808)}, "",
		},
		{
			"integers in other forms", `{"total":1e3,"taxFree":-1.50E+2,"vat":100.0}`,
			&portonev2.PaymentAmountInput{Total: proto.Int64(1000), TaxFree: proto.Int64(-150), Vat: proto.Int64(100)},
			`{"total":1000,"taxFree":-150,"vat":100}`,
		},
		{
			"white space and escapes", " {\n\t\"n\\u0061me\" : \"\\ud55c\\\"\\/\\b\\u0001\\uD83D\\uDE00\" } \r\n",
			&portonev2.Customer{Name: proto.String("한\"/\b\x01😀")},
			"{\"name\":\"한\\\"/\\u0008\\u0001😀\"}",
		},
		{
			"an enum", `{"currency":"KRW"}`,
			&portonev2.PreRegisterPaymentRequest{Currency: portonev2.Currency_CURRENCY_KRW.Enum()}, "",
		},
		{
			"an enum value from tomorrow", `{"currency":"XYZ"}`,
			&portonev2.PreRegisterPaymentRequest{Unrecognized: map[string]string{"currency": `"XYZ"`}}, "",
		},
		{
			"an enum value from tomorrow in a list", `{"status":["PAID","NEW"]}`,
			&portonev2.PaymentFilterInput{Unrecognized: map[string]string{"status": `["PAID","NEW"]`}}, "",
		},
		{
			"a list of enums", `{"status":["PAID","FAILED"]}`,
			&portonev2.PaymentFilterInput{Status: []portonev2.PaymentStatus{portonev2.PaymentStatus_PAYMENT_STATUS_PAID, portonev2.PaymentStatus_PAYMENT_STATUS_FAILED}}, "",
		},
		{
			"null", `{"name":null,"address":null}`,
			&portonev2.Customer{Unrecognized: map[string]string{"name": "null", "address": "null"}}, "",
		},
		{
			"an unknown member", `{"name":"a","new":{"x":[1, 2.50,{"y":"\u00e9"}]}}`,
			&portonev2.Customer{Name: proto.String("a"), Unrecognized: map[string]string{"new": `{"x":[1, 2.50,{"y":"\u00e9"}]}`}}, "",
		},
		{
			"an optional list that is empty", `{"status":[]}`,
			&portonev2.PaymentFilterInput{Unrecognized: map[string]string{"status": "[]"}}, "",
		},
		{
			"a required list that is empty", `{"items":[]}`,
			&portonev2.GetBankInfosResponse{}, "",
		},
		{
			"a required list of numbers that is empty", `{"type":"MONTHLY","daysOfMonth":[]}`,
			&portonev2.PlatformSettlementCycleMethod{Type: &portonev2.PlatformSettlementCycleMethod_Monthly{Monthly: &portonev2.PlatformSettlementCycleMethodMonthly{}}}, "",
		},
		{
			"a required list that is absent", `{}`,
			&portonev2.GetBankInfosResponse{Unrecognized: map[string]string{"items": ""}}, "",
		},
		{
			"a required list with a null", `{"items":[null]}`,
			&portonev2.GetBankInfosResponse{Unrecognized: map[string]string{"items": "[null]"}}, "",
		},
		{
			"a union", `{"name":"x","type":"BUSINESS"}`,
			&portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_Business{Business: &portonev2.PlatformPartnerTypeBusiness{
				Unrecognized: map[string]string{"name": `"x"`}}}},
			`{"type":"BUSINESS","name":"x"}`,
		},
		{
			"a union from tomorrow", `{"type":"ROBOT","serial":1}`,
			&portonev2.PlatformPartnerType{Unrecognized: map[string]string{"type": `"ROBOT"`, "serial": "1"}}, "",
		},
		{
			"a union without its discriminator", `{"serial":1}`,
			&portonev2.PlatformPartnerType{Unrecognized: map[string]string{"serial": "1"}}, "",
		},
		{
			"a case that stands alone", `{"status":"VERIFIED","id":"a"}`,
			&portonev2.VerifiedIdentityVerification{Id: proto.String("a")}, "",
		},
		{
			"a case that stands alone, without its constant", `{"id":"a"}`,
			&portonev2.VerifiedIdentityVerification{Id: proto.String("a"), Unrecognized: map[string]string{"status": ""}}, "",
		},
		{
			"a case that stands alone, with another constant", `{"status":"NEW","id":"a"}`,
			&portonev2.VerifiedIdentityVerification{Id: proto.String("a"), Unrecognized: map[string]string{"status": `"NEW"`}}, "",
		},
		{
			"free form", `{"bypass":{"a": [1.50,null],"b":{}}}`,
			&portonev2.IssueBillingKeyRequest{Bypass: proto.String(`{"a": [1.50,null],"b":{}}`)}, "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := compiled(t, test.want)
			wire, err := m.AppendWire(nil, []byte(test.json), Strict)
			if err != nil {
				t.Fatal(err)
			}
			got := test.want.ProtoReflect().New().Interface()
			if err := proto.Unmarshal(wire, got); err != nil {
				t.Fatalf("protobuf-go refuses the wire form: %v", err)
			}
			if !proto.Equal(test.want, got) {
				t.Errorf("the message is\n %v, want\n %v", got, test.want)
			}
			back, err := m.AppendJSON(nil, wire)
			if err != nil {
				t.Fatal(err)
			}
			want := test.wantJSON
			if want == "" {
				want = test.json
			}
			if string(back) != want {
				t.Errorf("back in JSON it is\n %s, want\n %s", back, want)
			}
		})
	}
}

func TestTimestamps(t *testing.T) {
	m := compiled(t, &portonev2.PaymentFilterInput{})
	tests := []struct{ json, back string }{
		{`"2024-02-29T23:59:59Z"`, ""},
		{`"2024-02-29T23:59:59.5+09:00"`, `"2024-02-29T14:59:59.5Z"`},
		{`"2024-03-01T00:30:00-09:30"`, `"2024-03-01T10:00:00Z"`},
		{`"1969-12-31T23:59:59.999999999Z"`, ""},
		{`"0001-01-01T00:00:00Z"`, ""},
		{`"9999-12-31T23:59:59.999999999Z"`, ""},
		{`"2024-01-01t00:00:00.100z"`, `"2024-01-01T00:00:00.1Z"`},
		{`"2000-02-29T00:00:00.000000001Z"`, ""},
		{`"1900-03-01T00:00:00Z"`, ""},
		{`"1970-01-01T00:00:00Z"`, ""},
		{`"0000-12-31T16:00:00-08:00"`, `"0001-01-01T00:00:00Z"`},
	}
	for _, test := range tests {
		doc := `{"from":` + test.json + `}`
		wire, err := m.AppendWire(nil, []byte(doc), Strict)
		if err != nil {
			t.Errorf("%s: %v", test.json, err)
			continue
		}
		var typed portonev2.PaymentFilterInput
		if err := proto.Unmarshal(wire, &typed); err != nil || typed.From == nil {
			t.Errorf("%s has no typed form: %v", test.json, err)
			continue
		}
		want, err := protojson.Marshal(typed.From)
		if err != nil {
			t.Errorf("%s: protojson: %v", test.json, err)
		}
		var again timestamppb.Timestamp
		if err := protojson.Unmarshal(want, &again); err != nil || !proto.Equal(&again, typed.From) {
			t.Errorf("%s: protojson reads another instant", test.json)
		}
		back, err := m.AppendJSON(nil, wire)
		wantBack := test.back
		if wantBack == "" {
			wantBack = test.json
		}
		if err != nil || string(back) != `{"from":`+wantBack+`}` {
			t.Errorf("%s comes back as %s, %v", test.json, back, err)
		}
	}
	for _, raw := range []string{
		`"2024-02-30T00:00:00Z"`, `"2023-02-29T00:00:00Z"`, `"2024-01-01T24:00:00Z"`, `"2024-01-01T00:00:60Z"`, `"2024-13-01T00:00:00Z"`,
		`"2024-01-01 00:00:00Z"`, `"2024-01-01T00:00:00"`, `"2024-01-01T00:00:00.Z"`, `"2024-01-01T00:00:00.1234567890Z"`,
		`"2024-01-01T00:00:00+9:00"`, `"2024-01-01T00:00:00+24:00"`, `"0001-01-01T00:00:00+00:01"`, `"0000-06-01T00:00:00Z"`,
		`"9999-12-31T23:59:59-00:01"`, `"2024-01-01"`, `""`, `"어제"`, `"2024-01-0aT00:00:00Z"`,
	} {
		wire, err := m.AppendWire(nil, []byte(`{"from":`+raw+`}`), Strict)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		var typed portonev2.PaymentFilterInput
		if err := proto.Unmarshal(wire, &typed); err != nil || typed.From != nil || typed.Unrecognized["from"] != raw {
			t.Errorf("%s became %v, %v; must be kept as it is", raw, &typed, err)
		}
	}
}

// TestLenient shows what a request may contain that an answer may not.
func TestLenient(t *testing.T) {
	m := compiled(t, &portonev2.PaymentFilterInput{})
	for _, json := range []string{
		`{"from":1}`, `{"status":"PAID"}`, `{"status":[1]}`, `{"isTest":"yes"}`, `{"pgProvider":{"a":[]}}`, `{"currency":1e999999999}`,
	} {
		if _, err := m.AppendWire(nil, []byte(json), Strict); err == nil {
			t.Errorf("%s passes as an answer", json)
		}
		wire, err := m.AppendWire(nil, []byte(json), Lenient)
		if err != nil {
			t.Errorf("%s: %v", json, err)
			continue
		}
		if back, err := m.AppendJSON(nil, wire); err != nil || string(back) != json {
			t.Errorf("%s comes back as %s, %v", json, back, err)
		}
	}
}

// TestOddWire shows valid wire forms that encoders rarely write.
func TestOddWire(t *testing.T) {
	marshal := func(m proto.Message) []byte {
		wire, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return wire
	}
	amount := func(total int64) *portonev2.PaymentAmountInput {
		return &portonev2.PaymentAmountInput{Total: proto.Int64(total)}
	}
	join := func(parts ...proto.Message) []byte {
		var wire []byte
		for _, p := range parts {
			wire = append(wire, marshal(p)...)
		}
		return wire
	}
	tests := []struct {
		name string
		of   proto.Message
		wire []byte
		want string
	}{
		{"a field twice: the last counts", amount(0), join(amount(1), amount(2)), `{"total":2}`},
		{
			"a message in two pieces", &portonev2.CancelPaymentRequest{},
			join(&portonev2.CancelPaymentRequest{RefundAccount: &portonev2.CancelPaymentBodyRefundAccount{Number: proto.String("1")}},
				&portonev2.CancelPaymentRequest{PaymentId: "p", RefundAccount: &portonev2.CancelPaymentBodyRefundAccount{HolderName: proto.String("h")}}),
			`{"paymentId":"p","refundAccount":{"number":"1","holderName":"h"}}`,
		},
		{
			"a list in two pieces", &portonev2.PaymentFilterInput{},
			join(&portonev2.PaymentFilterInput{Status: []portonev2.PaymentStatus{1}}, &portonev2.PaymentFilterInput{IsTest: proto.Bool(true)}, &portonev2.PaymentFilterInput{Status: []portonev2.PaymentStatus{4}}),
			`{"status":["READY","PAID"],"isTest":true}`,
		},
		{
			"numbers that are not packed", &portonev2.PaymentFilterInput{},
			append(unpacked(t, 1), unpacked(t, 4)...),
			`{"status":["READY","PAID"]}`,
		},
		{
			"two cases of a union: the last counts", &portonev2.PlatformPartnerType{},
			join(&portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_Business{Business: &portonev2.PlatformPartnerTypeBusiness{}}},
				&portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_WhtPayer{WhtPayer: &portonev2.PlatformPartnerTypeWhtPayer{Birthdate: proto.String("b")}}}),
			`{"type":"WHT_PAYER","birthdate":"b"}`,
		},
		{
			"a field and its member in unrecognized: that wins", amount(0),
			marshal(&portonev2.PaymentAmountInput{Total: proto.Int64(1), TaxFree: proto.Int64(2), Unrecognized: map[string]string{"total": `"x"`}}),
			`{"taxFree":2,"total":"x"}`,
		},
		{
			"an empty text takes a member away", amount(0),
			marshal(&portonev2.PaymentAmountInput{Total: proto.Int64(1), TaxFree: proto.Int64(2), Unrecognized: map[string]string{"total": ""}}),
			`{"taxFree":2}`,
		},
		{
			"a union with a case and members of its own", &portonev2.PlatformPartnerType{},
			marshal(&portonev2.PlatformPartnerType{
				Type:         &portonev2.PlatformPartnerType_WhtPayer{WhtPayer: &portonev2.PlatformPartnerTypeWhtPayer{Birthdate: proto.String("b")}},
				Unrecognized: map[string]string{"birthdate": "1", "more": "2"}}),
			`{"type":"WHT_PAYER","birthdate":1,"more":2}`,
		},
		{
			"a name in unrecognized twice: the last counts", amount(0),
			join(&portonev2.PaymentAmountInput{Unrecognized: map[string]string{"x": `1`}}, &portonev2.PaymentAmountInput{Unrecognized: map[string]string{"x": `2`}}),
			`{"x":2}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := compiled(t, test.of).AppendJSON([]byte("x"), test.wire)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "x"+test.want {
				t.Errorf("got  %s\nwant x%s", got, test.want)
			}
		})
	}
}

// unpacked is a value of PaymentFilterInput.status under a tag of its own.
func unpacked(t *testing.T, value byte) []byte {
	t.Helper()
	fd := (&portonev2.PaymentFilterInput{}).ProtoReflect().Descriptor().Fields().ByName("status")
	return []byte{byte(fd.Number()) << 3, value} // wire type 0
}

// TestDynamic shows that types without generated code work the same: their options
// are found though they are not linked in.
func TestDynamic(t *testing.T) {
	set := protodesc.ToFileDescriptorProto((&portonev2.PaidPayment{}).ProtoReflect().Descriptor().ParentFile())
	raw, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	stripped := &descriptorpb.FileDescriptorProto{}
	if err := (proto.UnmarshalOptions{Resolver: new(protoregistry.Types)}).Unmarshal(raw, stripped); err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(stripped, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	desc := file.Messages().ByName("Payment")
	m, err := new(Cache).Message(desc)
	if err != nil {
		t.Fatal(err)
	}
	const json = `{"status":"FAILED","id":"a","failure":{"reason":"한도"}}`
	wire, err := m.AppendWire(nil, []byte(json), Strict)
	if err != nil {
		t.Fatal(err)
	}
	dynamic := dynamicpb.NewMessage(desc)
	if err := proto.Unmarshal(wire, dynamic); err != nil || dynamic.WhichOneof(desc.Oneofs().Get(0)).Name() != "failed" {
		t.Errorf("the dynamic message is %v, %v", dynamic, err)
	}
	back, err := m.AppendJSON(nil, wire)
	if err != nil || string(back) != json {
		t.Errorf("it comes back as %s, %v", back, err)
	}
}

func TestUnsupportedTypes(t *testing.T) {
	for _, m := range []proto.Message{&descriptorpb.FileDescriptorProto{}, &portonev2.PortOneError{}, &descriptorpb.UninterpretedOption{}} {
		if _, err := new(Cache).Message(m.ProtoReflect().Descriptor()); err == nil || !strings.HasPrefix(err.Error(), "transcode: ") {
			t.Errorf("%s compiles: %v", m.ProtoReflect().Descriptor().FullName(), err)
		}
	}
}

func TestNames(t *testing.T) {
	names := []string{"a", "b", "ab", "ba", "abc", "abcd", "abcdefgh", "abcdefghi", "requestedAt", "requestedAtX",
		"aVeryLongNameThatDiffersInTheMiddle1OfIt", "aVeryLongNameThatDiffersInTheMiddle2OfIt", "이름"}
	table := newNameTable(names)
	for want, name := range names {
		if got, ok := table.find([]byte(name)); !ok || int(got) != want {
			t.Errorf("find(%q) = %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "c", "abcdefgj", "requestedAtY", "aVeryLongNameThatDiffersInTheMiddle3OfIt"} {
		if got, ok := table.find([]byte(name)); ok {
			t.Errorf("find(%q) = %d", name, got)
		}
	}
	same := newNameTable([]string{"x", "x"}) // no seed tells these apart
	if _, ok := same.find([]byte("x")); !ok {
		t.Error("the fallback does not find a name")
	}
}

func TestTypedHelpers(t *testing.T) {
	in := &portonev2.Payment{Status: &portonev2.Payment_Paid{Paid: &portonev2.PaidPayment{Id: proto.String("a"), Currency: portonev2.Currency_CURRENCY_USD.Enum()}}}
	text, err := Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"status":"PAID","id":"a","currency":"USD","disputes":[]}`; string(text) != want {
		t.Errorf("Marshal gives %s, want %s", text, want)
	}
	out := &portonev2.Payment{}
	if err := Unmarshal(text, out, Strict); err != nil || !proto.Equal(in, out) {
		t.Errorf("Unmarshal gives %v, %v", out, err)
	}
	if _, err := Marshal(&portonev2.PortOneError{}); err == nil {
		t.Error("Marshal takes a type that has no form in PortOne's JSON")
	}
	if err := Unmarshal([]byte("{"), out, Strict); err == nil {
		t.Error("Unmarshal takes half a document")
	}
}

func TestMembers(t *testing.T) {
	var got []string
	err := Members([]byte(` {"a" : [1, 2],"\u0062":{"c":null} } `), func(name, raw []byte) {
		got = append(got, string(name)+"="+string(raw))
	})
	if want := []string{"a=[1, 2]", `b={"c":null}`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{``, `[]`, `{"a":1,"a":2}`, `{"a":1}x`, `{"a":{"b":tru}}`, `{"a"`} {
		if err := Members([]byte(bad), func(_, _ []byte) {}); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
	if text, ok := Text([]byte(`"a\n\ud55c"`)); !ok || text != "a\n한" {
		t.Errorf("Text gives %q, %v", text, ok)
	}
	if _, ok := Text([]byte(`1`)); ok {
		t.Error("Text takes a number")
	}
}

func TestIgnoring(t *testing.T) {
	m, err := compiled(t, &portonev2.PgProviderError{}).Ignoring("type", "message")
	if err != nil {
		t.Fatal(err)
	}
	wire, err := m.AppendWire(nil, []byte(`{"type":1,"message":null,"pgCode":"C","pgMessage":"m","x":2}`), Strict)
	if err != nil {
		t.Fatal(err)
	}
	var got portonev2.PgProviderError
	if err := proto.Unmarshal(wire, &got); err != nil {
		t.Fatal(err)
	}
	want := &portonev2.PgProviderError{PgCode: proto.String("C"), PgMessage: proto.String("m"), Unrecognized: map[string]string{"x": "2"}}
	if !proto.Equal(want, &got) {
		t.Errorf("got %v, want %v", &got, want)
	}
	if text, err := m.AppendJSON(nil, wire); err != nil || string(text) != `{"pgCode":"C","pgMessage":"m","x":2}` {
		t.Errorf("back it is %s, %v", text, err)
	}
	text, err := compiled(t, &portonev2.PgProviderError{}).Ignoring("pgMessage")
	if err != nil {
		t.Fatal(err)
	}
	if wire, err := text.AppendWire(nil, []byte(`{"type":"PG_PROVIDER","pgCode":"C","pgMessage":"m"}`), Strict); err != nil || strings.Contains(string(wire), "m") {
		t.Errorf("a text that is ignored is in %q, %v", wire, err)
	}
	if text, err := compiled(t, &portonev2.PgProviderError{}).AppendJSON(nil, wire); err != nil || !strings.HasPrefix(string(text), `{"type":"PG_PROVIDER",`) {
		t.Errorf("the type itself has changed: %s, %v", text, err)
	}
}
