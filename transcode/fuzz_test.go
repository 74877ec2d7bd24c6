package transcode

import (
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
)

// fuzzed are types that together have everything a message can have.
var fuzzed = []proto.Message{
	&portonev2.Payment{},
	&portonev2.GetPaymentsResponse{},
	&portonev2.VerifiedIdentityVerification{},
	&portonev2.GetB2BBulkTaxInvoiceRequest{},
	&portonev2.B2BBulkTaxInvoice{},
	&portonev2.CreatePlatformOrderTransferRequest{},
	&portonev2.PlatformOrderTransfer{},
	&portonev2.IssueBillingKeyRequest{},
	&portonev2.PaymentFilterInput{},
	&portonev2.ChannelSpecificError{},
}

// FuzzToWire feeds any text to the decoder. What it accepts must be JSON by
// encoding/json, a message by protobuf-go, and come back equal.
//
//	go test ./transcode -run '^$' -fuzz FuzzToWire -fuzztime 10m
func FuzzToWire(f *testing.F) {
	f.Add(uint8(0), false, []byte(contracttest.CardPayment()))
	f.Add(uint8(1), false, []byte(contracttest.PaymentsPage(2)))
	for _, seed := range []string{
		`{"status":"PAID","status":"FAILED"}`, `{"new":{"a":[1,2.5e3,null,true,"\ud83d\ude00"]}}`, `{"status":"NEW","x":1}`,
		`{"from":"2024-01-01T00:00:00.123456789+09:00","status":["PAID","X"],"until":null}`, `{"bypass":{"a":[{}]}}`,
		`{"parameters":{"":{"type":"STRING","value":"x"},"b":null},"orderDetail":{"all":{}}}`, `{"amount":{"total":1e2,"taxFree":-0}}`,
		`{"type":"ORDER","failures":[{"type":"PG_PROVIDER","channel":{}}],"stats":{"a":{"count":1}}}`,
	} {
		for i := range fuzzed {
			f.Add(uint8(i), i%2 == 0, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, lenient bool, text []byte) {
		m := compiled(t, fuzzed[int(which)%len(fuzzed)])
		mode := Strict
		if lenient {
			mode = Lenient
		}
		wire, err := m.AppendWire(nil, text, mode)
		if err != nil {
			if len(wire) > 0 {
				t.Fatalf("an error and %d bytes", len(wire))
			}
			if e := err.(*Error); e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("the offset of %v is outside of the input", e)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("accepted what is no JSON")
		}
		message := dynamicpb.NewMessage(m.Descriptor())
		if err := proto.Unmarshal(wire, message); err != nil {
			t.Fatalf("protobuf-go refuses the wire form: %v", err)
		}
		back, err := m.AppendJSON(nil, wire)
		if err != nil {
			t.Fatalf("back to JSON: %v", err)
		}
		if err := contracttest.Equal(m.Descriptor(), text, back); err != nil {
			t.Fatalf("the document changed: %v\n%s", err, back)
		}
	})
}

// FuzzToJSON feeds any bytes to the encoder. What it accepts must be a message by
// protobuf-go; the JSON must be such by encoding/json, be read again, and then
// stay the same.
//
//	go test ./transcode -run '^$' -fuzz FuzzToJSON -fuzztime 10m
func FuzzToJSON(f *testing.F) {
	for i, of := range fuzzed {
		m := compiled(f, of)
		for _, seed := range []string{string(contracttest.CardPayment()), `{"status":"NEW","x":[1]}`, `{"a":{},"failures":[],"bypass":{"x":1}}`} {
			if wire, err := m.AppendWire(nil, []byte(seed), Lenient); err == nil {
				f.Add(uint8(i), wire)
				f.Add(uint8(i), append(wire, wire...))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, wire []byte) {
		m := compiled(t, fuzzed[int(which)%len(fuzzed)])
		text, err := m.AppendJSON(nil, wire)
		if err != nil {
			if len(text) > 0 {
				t.Fatalf("an error and %d bytes", len(text))
			}
			if e := err.(*Error); e.Offset < 0 || e.Offset > len(wire) {
				t.Fatalf("the offset of %v is outside of the input", e)
			}
			return
		}
		if err := proto.Unmarshal(wire, newMessage(m.Descriptor()).Interface()); err != nil {
			t.Fatalf("protobuf-go refuses what was accepted: %v", err)
		}
		if !json.Valid(text) {
			t.Fatalf("wrote what is no JSON: %s", text)
		}
		again, err := m.AppendWire(nil, text, Lenient)
		if err != nil {
			t.Fatalf("does not read its own JSON: %v\n%s", err, text)
		}
		back, err := m.AppendJSON(nil, again)
		if err != nil {
			t.Fatalf("does not write what it read: %v", err)
		}
		if err := contracttest.Equal(m.Descriptor(), text, back); err != nil {
			t.Fatalf("the document changed: %v\n%s\n%s", err, text, back)
		}
	})
}
