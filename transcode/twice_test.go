package transcode

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
)

// TestGivenTwice: a request that gives a member typed and raw is refused, since one of
// the two would be dropped.
func TestGivenTwice(t *testing.T) {
	type raw = map[string]string
	cancel := func(unrecognized raw) *portonev2.CancelPaymentRequest {
		return &portonev2.CancelPaymentRequest{PaymentId: "p1", Amount: proto.Int64(1), Reason: proto.String("r"), Unrecognized: unrecognized}
	}
	read := func(unrecognized raw) *portonev2.GetPaymentRequest {
		return &portonev2.GetPaymentRequest{PaymentId: "p1", StoreId: proto.String("a"), Unrecognized: unrecognized}
	}
	amount := func(unrecognized raw) *portonev2.PayWithBillingKeyRequest {
		return &portonev2.PayWithBillingKeyRequest{PaymentId: "p1", Amount: &portonev2.PaymentAmountInput{Total: proto.Int64(1000), Unrecognized: unrecognized}}
	}
	paid := func(union, card raw) *portonev2.PaidPayment {
		return &portonev2.PaidPayment{Method: &portonev2.PaymentMethod{Unrecognized: union, Type: &portonev2.PaymentMethod_PaymentMethodCard{
			PaymentMethodCard: &portonev2.PaymentMethodCard{ApprovalNumber: proto.String("c"), Unrecognized: card}}}}
	}
	tests := []struct {
		name, rpc string // without rpc, of one that has a union
		request   proto.Message
		path      string // of the error; empty if there is none
	}{
		{"a member", "CancelPayment", cancel(raw{"amount": "2"}), "amount"},
		{"the same value", "CancelPayment", cancel(raw{"amount": "1"}), "amount"},
		{"absent", "CancelPayment", cancel(raw{"amount": ""}), "amount"},
		{"null", "CancelPayment", cancel(raw{"amount": "null"}), "amount"},
		{"a member as one of the body", "CancelPayment", cancel(raw{"{}amount": "2"}), "amount"},
		{"a path parameter", "CancelPayment", cancel(raw{"paymentId": `"p2"`}), "paymentId"},
		{"a path parameter, absent", "CancelPayment", cancel(raw{"paymentId": ""}), "paymentId"},
		{"a query parameter", "GetPayment", read(raw{"storeId": `"b"`}), "storeId"},
		{"a query parameter as one of the query", "GetPayment", read(raw{"?storeId": `"b"`}), "storeId"},
		{"in a message", "PayWithBillingKey", amount(raw{"total": "1"}), "amount.total"},
		{"a message", "PayWithBillingKey", &portonev2.PayWithBillingKeyRequest{PaymentId: "p1", Amount: &portonev2.PaymentAmountInput{},
			Unrecognized: raw{"amount": `{"total":1}`}}, "amount"},
		{"in the case of a union", "", paid(nil, raw{"approvalNumber": `"d"`}), "method.paymentMethodCard.approvalNumber"},
		{"in a union", "", paid(raw{"approvalNumber": `"d"`}, nil), "method.paymentMethodCard.approvalNumber"},
		{"in a union and in its case", "", paid(raw{"x": `1`}, raw{"x": `2`}), "method.paymentMethodCard.x"},
		{"the discriminator in a case", "", paid(nil, raw{"type": `"PaymentMethodMobile"`}), "method.paymentMethodCard.type"},
		{"the discriminator in a union", "", paid(raw{"type": `"PaymentMethodMobile"`}, nil), "method.paymentMethodCard.type"},
		{"no discriminator in a case", "", paid(nil, raw{"type": ""}), "method.paymentMethodCard.type"},

		{"another member", "CancelPayment", cancel(raw{"new": "2"}), ""},
		{"a member of the body with the name of a parameter", "CancelPayment", cancel(raw{"{}paymentId": "2"}), ""},
		{"a parameter with the name of a member", "CancelPayment", cancel(raw{"?amount": "2"}), ""},
		{"an unknown member of a case", "", paid(raw{"y": "1"}, raw{"x": "1"}), ""},
		{"a list that counts as absent", "CreatePlatformPartners", &portonev2.CreatePlatformPartnersRequest{
			Partners: []*portonev2.CreatePlatformPartnerBody{{}}, Unrecognized: raw{"partners": ""}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := posting(t, test.request.ProtoReflect().Descriptor())
			if test.rpc != "" {
				c = call(t, test.rpc)
			}
			for _, wire := range wireForms(t, test.request) {
				err := c.SetRequest(new(Request), wire, plenty)
				var e *Error
				switch {
				case test.path == "" && err != nil:
					t.Errorf("error %v", err)
				case test.path != "" && (!errors.As(err, &e) || e.Path != test.path || !strings.Contains(e.Problem, "unrecognized")):
					t.Errorf("error %v, want one at %s", err, test.path)
				}
			}
		})
	}
}

// wireForms are a message as encoders may write it: with `unrecognized` before and
// behind its fields, and in pieces.
func wireForms(t rapid.TB, message proto.Message) [][]byte {
	t.Helper()
	var forms [3][]byte
	raw, rest := proto.Clone(message), proto.Clone(message)
	md := message.ProtoReflect().Descriptor()
	for i := range md.Fields().Len() {
		if fd := md.Fields().Get(i); fd.Number() == contract.UnrecognizedNumber {
			rest.ProtoReflect().Clear(fd)
		} else {
			raw.ProtoReflect().Clear(fd)
		}
	}
	var err error
	for i, order := range [][]proto.Message{{raw, rest}, {rest, raw}, {rest, raw, &portonev2.DeletePlatformTransferResponse{}}} {
		for _, piece := range order {
			if forms[i], err = (proto.MarshalOptions{Deterministic: true}).MarshalAppend(forms[i], piece); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The pieces of a message are merged: an empty entry of a name that no one has, twice.
	entry := []byte{0xc2, 0x3e, 4, 1<<3 | 2, 2, 'z', 'z'}
	forms[2] = slices.Concat(forms[2], entry, entry)
	return forms[:]
}

// place is where a request can give a member once more.
type place struct {
	holder protoreflect.Message // whose `unrecognized` does
	names  []string             // any of which does
	of     protoreflect.Message // that has the member as a field
	fd     protoreflect.FieldDescriptor
}

// placesIn are all of a message: each singular field that it has, at any depth.
func placesIn(m protoreflect.Message, b *Binding, places []place) []place {
	isRequest := m.Descriptor() == b.Input.desc
	for i := range m.Descriptor().Fields().Len() { // in this order, so that rapid can repeat it
		fd := m.Descriptor().Fields().Get(i)
		value := m.Get(fd)
		union := fd.ContainingOneof() != nil && !fd.ContainingOneof().IsSynthetic()
		switch {
		case !m.Has(fd):
			continue
		case fd.IsMap():
			if fd.MapValue().Message() != nil && fd.Number() != contract.UnrecognizedNumber {
				value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					places = placesIn(v.Message(), b, places)
					return true
				})
			}
			continue
		case fd.IsList():
			for i := 0; fd.Message() != nil && i < value.List().Len(); i++ {
				places = placesIn(value.List().Get(i).Message(), b, places)
			}
			continue
		case union:
			for j := range fd.Message().Fields().Len() {
				inner := fd.Message().Fields().Get(j)
				if value.Message().Has(inner) && !inner.IsList() && !inner.IsMap() {
					places = append(places, place{m, []string{inner.JSONName()}, value.Message(), inner})
				}
			}
		default:
			places = append(places, place{m, namesOf(b, fd, isRequest), m, fd})
		}
		if fd.Message() != nil && fd.Message().Fields().ByNumber(contract.UnrecognizedNumber) != nil {
			places = placesIn(value.Message(), b, places)
		}
	}
	return places
}

// namesOf are the names that mean a field in `unrecognized`.
func namesOf(b *Binding, fd protoreflect.FieldDescriptor, isRequest bool) []string {
	names := []string{fd.JSONName()}
	if !isRequest {
		return names
	}
	switch b.Input.byTag(fd.Number()).part {
	case partBody:
		names = append(names, bodyPrefix+fd.JSONName())
	case partQuery:
		names = append(names, string(queryPrefix)+fd.JSONName())
	}
	return names
}

// posting is an RPC that the contract does not have: its request has a message as its
// body. It stands for what PortOne may add, such as unions in requests.
func posting(t testing.TB, md protoreflect.MessageDescriptor) *Binding {
	t.Helper()
	input, err := testCache.Message(md)
	if err != nil {
		t.Fatal(err)
	}
	return &Binding{Method: &contract.Method{HTTPMethod: "POST", Template: "/", Operation: &portonev2.Operation{Body: portonev2.BodyForm_BODY_FORM_BODY}}, Input: input}
}

// TestNoRequestGivesTwice holds for every RPC, and for every message as the body of
// one, that a request which gives a member both ways is refused, wherever that is, and
// that the raw one alone is not.
func TestNoRequestGivesTwice(t *testing.T) {
	for _, method := range contracttest.Methods() {
		t.Run(string(method.Name()), func(t *testing.T) {
			c, err := testCache.Bind(methodOf(method))
			if err != nil {
				t.Fatal(err)
			}
			checkNeverTwice(t, c)
		})
	}
	for _, md := range contracttest.Messages() {
		if c := posting(t, md); !c.Input.isUnion() && md.Fields().ByNumber(contract.UnrecognizedNumber) != nil {
			t.Run(string(md.Name()), func(t *testing.T) { checkNeverTwice(t, c) })
		}
	}
}

func checkNeverTwice(t *testing.T, b *Binding) {
	documents := contracttest.Document(b.Input.desc, contracttest.Options{Inject: contracttest.Everything})
	rapid.Check(t, func(t *rapid.T) {
		wire, err := b.Input.AppendWire(nil, documents.Draw(t, "request"), Lenient)
		if err != nil {
			t.Skip(err) // half of a surrogate pair
		}
		message := dynamicpb.NewMessage(b.Input.desc)
		if err := proto.Unmarshal(wire, message); err != nil {
			t.Fatal(err)
		}
		makeSendable(message, b)
		places := placesIn(message, b, nil)
		if len(places) == 0 {
			return
		}
		p := places[rapid.IntRange(0, len(places)-1).Draw(t, "place")]
		name := rapid.SampledFrom(p.names).Draw(t, "name")
		raw := rapid.SampledFrom([]string{"", "null", "1", `"x"`, "{}"}).Draw(t, "raw")
		unrecognized := p.holder.Mutable(p.holder.Descriptor().Fields().ByNumber(contract.UnrecognizedNumber)).Map()
		unrecognized.Set(protoreflect.ValueOfString(name).MapKey(), protoreflect.ValueOfString(raw))
		for _, wire := range wireForms(t, message) {
			var e *Error
			if err := b.SetRequest(new(Request), wire, plenty); !errors.As(err, &e) || e.Problem != bothWays || !strings.HasSuffix(e.Path, p.fd.JSONName()) {
				t.Fatalf("%s typed and as %q: error %v", p.fd.FullName(), name, err)
			}
		}
		p.of.Clear(p.fd)
		if isPath := p.of == message && b.Input.byTag(p.fd.Number()).part == partPath; raw == "" && isPath {
			return
		}
		for _, wire := range wireForms(t, message) {
			if err := b.SetRequest(new(Request), wire, plenty); err != nil {
				t.Fatalf("%s as %q alone: %v", p.fd.FullName(), name, err)
			}
		}
	})
}
