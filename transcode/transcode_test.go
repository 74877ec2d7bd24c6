package transcode

import (
	"testing"

	"google.golang.org/protobuf/proto"

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

func TestSmoke(t *testing.T) {
	m := compiled(t, &portonev2.Payment{})
	in := `{"status":"PAID","id":"a","amount":{"total":1000,"taxFree":0},"currency":"KRW","paidAt":"2024-01-02T03:04:05+09:00","method":{"type":"PaymentMethodCard","card":{"name":"카드"}},"new":{"x":[1,2]}, "webhooks":[], "country":"XX"}`
	wire, err := m.AppendWire(nil, []byte(in), Answer)
	if err != nil {
		t.Fatal(err)
	}
	p := &portonev2.Payment{}
	if err := proto.Unmarshal(wire, p); err != nil {
		t.Fatal(err)
	}
	t.Log(p)
	out, err := m.AppendJSON(nil, wire)
	t.Log(string(out), err)
	out, err = m.AppendJSON(nil, append(wire, wire...))
	t.Log(string(out), err)
}
