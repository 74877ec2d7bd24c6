package contracttest

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

func TestEqual(t *testing.T) {
	payment, page := &portonev2.Payment{}, &portonev2.GetPaymentsResponse{}
	for _, c := range []struct {
		name      string
		message   proto.Message
		want, got string
		err       string // "" if they are equal; else what the error must have
	}{
		{"order and space", payment, `{"status":"PAID","id":"1","amount":{"total":1}}`, "{ \"id\":\"1\",\n\"amount\" : {\"total\":1},\"status\":\"PAID\"}", ""},
		{"escapes", payment, `{"status":"PAID","id":"😀é/"}`, `{"\u0073tatus":"\u0050AID","id":"\uD83D\uDE00\u00e9\/"}`, ""},
		{"string", payment, `{"status":"PAID","id":"1"}`, `{"status":"PAID","id":"2"}`, `$.id: want "1", got "2"`},
		{"type", payment, `{"status":"PAID","id":"1"}`, `{"status":"PAID","id":1}`, `$.id: want "1", got 1`},
		{"bool", payment, `{"status":"PAID","isCulturalExpense":true}`, `{"status":"PAID","isCulturalExpense":false}`, `want true, got false`},
		{"null", payment, `{"status":"PAID","id":null}`, `{"status":"PAID"}`, `$.id: want null, got nothing`},
		{"more", payment, `{"status":"PAID"}`, `{"status":"PAID","new":[1]}`, `$.new: want nothing, got [1]`},
		{"discriminator", payment, `{"status":"PAID"}`, `{"status":"READY"}`, `$.status: want "PAID", got "READY"`},
		{"same decimal", payment, `{"status":"PAID","a":[1.0,-0,1.50e+3,0.001,100,0e9]}`, `{"status":"PAID","a":[1,0,1500,1E-3,1e2,-0.0]}`, ""},
		{"no rounding", payment, `{"status":"PAID","a":9007199254740993}`, `{"status":"PAID","a":9007199254740992}`, "$.a: want 9007199254740993"},
		{"long fraction", payment, `{"a":0.1}`, `{"a":0.1000000000000000000000000000001}`, "$.a"},
		{"sign", payment, `{"a":1}`, `{"a":-1}`, "$.a"},
		{"huge exponent", payment, `{"a":1e999999999}`, `{"a":10e999999998}`, ""},
		{"huge exponents differ", payment, `{"a":1e999999999}`, `{"a":1e99999999999999999999999}`, "$.a"},
		{"typed number", page, `{"page":{"number":1.0}}`, `{"page":{"number":1}}`, ""},
		{"instant", payment, `{"status":"PAID","paidAt":"2026-01-01T09:00:00.50+09:00"}`, `{"status":"PAID","paidAt":"2026-01-01T00:00:00.5z"}`, ""},
		{"instants differ", payment, `{"status":"PAID","paidAt":"2026-01-01T00:00:00.000000001Z"}`, `{"status":"PAID","paidAt":"2026-01-01T00:00:00Z"}`, "$.paidAt"},
		{"instants differ finely", payment, `{"status":"PAID","paidAt":"2026-01-01T00:00:00.1234567891Z"}`, `{"status":"PAID","paidAt":"2026-01-01T00:00:00.123456789Z"}`, "$.paidAt"},
		{"no instant", payment, `{"status":"PAID","paidAt":"2026-01-01T00:00:00"}`, `{"status":"PAID","paidAt":"2026-01-01T00:00:00Z"}`, "$.paidAt"},
		{"instant in a list", page, `{"items":[{"status":"PAID","webhooks":[{"triggeredAt":"2026-01-01T00:00:00Z"}]}]}`, `{"items":[{"status":"PAID","webhooks":[{"triggeredAt":"2025-12-31T23:59:00-00:01"}]}]}`, ""},
		{"instant in a union", payment, `{"status":"PAID","cashReceipt":{"status":"ISSUED","issuedAt":"2026-01-01T00:00:00Z"}}`, `{"status":"PAID","cashReceipt":{"status":"ISSUED","issuedAt":"2026-01-01T00:00:00.0Z"}}`, ""},
		{"instant of no case", payment, `{"status":"NEW","paidAt":"2026-01-01T00:00:00Z"}`, `{"status":"NEW","paidAt":"2026-01-01T00:00:00.0Z"}`, "$.paidAt"},
		{"instant of another case", payment, `{"status":"READY","paidAt":"2026-01-01T00:00:00Z"}`, `{"status":"READY","paidAt":"2026-01-01T00:00:00.0Z"}`, "$.paidAt"},
		{"shorter list", page, `{"items":[{},{"a":1}]}`, `{"items":[{}]}`, `$.items[1]: want {"a":1}, got nothing`},
		{"longer list", page, `{"items":[]}`, `{"items":[{}]}`, `$.items[0]: want nothing, got {}`},
		{"empty and absent", page, `{"items":[]}`, `{}`, `$.items: want [], got nothing`},
		{"odd name", page, `{"a.b":{"c":[1,[2]]}}`, `{"a.b":{"c":[1,[3]]}}`, `$["a.b"].c[1][0]: want 2, got 3`},
		{"map", &portonev2.PlatformOrderSettlementAmount{}, `{"userDefinedFormulas":{"":1,"b":2.0}}`, `{"userDefinedFormulas":{"b":2,"":1}}`, ""},
		{"duplicate", payment, `{"status":"PAID"}`, `{"status":"PAID","a":{"b":1,"\u0062":1}}`, "$.a.b: the member stands twice"},
		{"no JSON", payment, `{}`, `{} {}`, "not valid JSON"},
		{"no UTF-8", payment, `{"a":"\ufffd"}`, "{\"a\":\"\xff\"}", "UTF-8"},
		{"no object", payment, `{}`, `[]`, `$: want {}, got []`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Equal(c.message.ProtoReflect().Descriptor(), []byte(c.want), []byte(c.got))
			if c.err == "" && err != nil {
				t.Errorf("%s and %s: %v", c.want, c.got, err)
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%s and %s: error %v, want %q", c.want, c.got, err, c.err)
			}
		})
	}
}

func TestEqualRaw(t *testing.T) {
	for _, c := range []struct {
		name, want, got string
		equal           bool
	}{
		{"a field", `{"amount":{"total":1.0}}`, `{"amount":{"total":1}}`, true},
		{"no field", `{"amount":{"new":1.0}}`, `{"amount":{"new":1}}`, false},
		{"free-form", `{"bypass":{"n":1.0}}`, `{"bypass":{"n":1}}`, false},
		{"same text", `{"bypass":{"n":1.50e+3}}`, `{"bypass":{ "n" : 1.50e+3 }}`, true},
	} {
		md := (&portonev2.PayInstantlyRequest{}).ProtoReflect().Descriptor()
		if err := EqualRaw(md, []byte(c.want), []byte(c.got)); (err == nil) != c.equal {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
