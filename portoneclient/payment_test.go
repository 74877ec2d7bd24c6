package portoneclient

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestEveryStatus reads a payment of every case of the union.
func TestEveryStatus(t *testing.T) {
	cases := (&portonev2.Payment{}).ProtoReflect().Descriptor().Oneofs().ByName("status").Fields()
	for i := range cases.Len() {
		fd := cases.Get(i)
		t.Run(string(fd.Name()), func(t *testing.T) {
			p := new(portonev2.Payment)
			m := p.ProtoReflect().Mutable(fd).Message()
			set := func(name protoreflect.Name, value protoreflect.Value) {
				m.Set(m.Descriptor().Fields().ByName(name), value)
			}
			set("id", protoreflect.ValueOfString("p-1"))
			set("transaction_id", protoreflect.ValueOfString("t-1"))
			set("order_name", protoreflect.ValueOfString("o-1"))
			set("store_id", protoreflect.ValueOfString("s-1"))
			set("amount", protoreflect.ValueOfMessage((&portonev2.PaymentAmount{Total: proto.Int64(1000)}).ProtoReflect()))
			set("currency", protoreflect.ValueOfEnum(portonev2.Currency_CURRENCY_KRW.Number()))
			set("channel", protoreflect.ValueOfMessage((&portonev2.SelectedChannel{Name: proto.String("c")}).ProtoReflect()))
			set("customer", protoreflect.ValueOfMessage((&portonev2.Customer{Id: proto.String("b")}).ProtoReflect()))
			if IDOf(p) != "p-1" || TransactionIDOf(p) != "t-1" || OrderNameOf(p) != "o-1" || StoreIDOf(p) != "s-1" ||
				AmountOf(p).GetTotal() != 1000 || CurrencyOf(p) != portonev2.Currency_CURRENCY_KRW || ChannelOf(p).GetName() != "c" ||
				CustomerOf(p).GetId() != "b" || MethodOf(p) != nil {
				t.Errorf("read wrongly: %v", p)
			}
			if StatusOf(p) == portonev2.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED || StatusTextOf(p) == "" {
				t.Errorf("status %v, %q", StatusOf(p), StatusTextOf(p))
			}
			if (FailureOf(p) != nil) != false || len(CancellationsOf(p)) != 0 {
				t.Errorf("failure %v, cancellations %v", FailureOf(p), CancellationsOf(p))
			}
		})
	}
}

func TestStatusOfTomorrow(t *testing.T) {
	for name, p := range map[string]*portonev2.Payment{
		"from tomorrow": {Unrecognized: map[string]string{"status": `"FROZEN"`, "id": `"p-1"`}},
		"no text":       {Unrecognized: map[string]string{"status": `7`}},
		"empty":         {},
		"nil":           nil,
	} {
		want := ""
		if name == "from tomorrow" {
			want = "FROZEN"
		}
		if StatusOf(p) != portonev2.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED || StatusTextOf(p) != want {
			t.Errorf("%s: %v, %q", name, StatusOf(p), StatusTextOf(p))
		}
		if AmountOf(p) != nil || IDOf(p) != "" || FailureOf(p) != nil || CancellationsOf(p) != nil {
			t.Errorf("%s: something is made up", name)
		}
	}
}

func TestFailure(t *testing.T) {
	failed := &portonev2.Payment{Status: &portonev2.Payment_Failed{Failed: &portonev2.FailedPayment{
		Failure: &portonev2.PaymentFailure{PgCode: proto.String("EXCEED_MAX_AMOUNT")}}}}
	if FailureOf(failed).GetPgCode() != "EXCEED_MAX_AMOUNT" {
		t.Errorf("failure %v", FailureOf(failed))
	}
	cancelled := &portonev2.Payment{Status: &portonev2.Payment_Cancelled{Cancelled: &portonev2.CancelledPayment{
		Cancellations: []*portonev2.PaymentCancellation{{}}}}}
	if len(CancellationsOf(cancelled)) != 1 {
		t.Errorf("cancellations %v", CancellationsOf(cancelled))
	}
}
