package view_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

const maxTarget = 7 << 10

// judge reads the named fields of the request that a message becomes. A request that
// cannot be made has no object and no problem.
func judge(t testing.TB, rpc string, message proto.Message, unknown view.Unknown, paths ...string) (*view.Object, []view.Value, *view.Problem) {
	t.Helper()
	method := contract.Lookup("/portone.v2." + rpc)
	wire, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var request transcode.Request
	if err := transcode.BindingOf(method).SetRequest(&request, wire, maxTarget); err != nil {
		t.Fatalf("the request is not made at all: %v", err)
	}
	var types view.Types
	selection, ways := make(view.Selection), make([][]*view.Field, len(paths))
	for i, path := range paths {
		ways[i] = way(t, types.Of(method.Descriptor.Input()), path)
		for _, f := range ways[i] {
			selection[f] = true
		}
	}
	plan, err := view.NewPlan(&types, method, selection, unknown)
	if err != nil {
		t.Fatal(err)
	}
	object, problem := plan.Read(&request)
	values := make([]view.Value, len(paths))
	for i := range ways {
		values[i], _ = object.Lookup(ways[i])
	}
	return object, values, problem
}

func way(t testing.TB, typ *view.Type, path string) (fields []*view.Field) {
	for name := range strings.SplitSeq(path, ".") {
		f := typ.Field(name)
		if f == nil {
			t.Fatalf("%s has no field %s", typ.Name, name)
		}
		fields, typ = append(fields, f), f.Of
	}
	return fields
}

func cancel(unrecognized map[string]string) *portonev2.CancelPaymentRequest {
	return &portonev2.CancelPaymentRequest{
		PaymentId: "p1", StoreId: proto.String("store-a"), Amount: proto.Int64(100), Reason: proto.String("r"), Unrecognized: unrecognized,
	}
}

// untyped is a cancellation whose members are all in `unrecognized`.
func untyped(unrecognized map[string]string) *portonev2.CancelPaymentRequest {
	return &portonev2.CancelPaymentRequest{PaymentId: "p1", Unrecognized: unrecognized}
}

func TestJudgesWhatGoesUp(t *testing.T) {
	for name, test := range map[string]struct {
		message *portonev2.CancelPaymentRequest
		amount  int64
		store   string
		problem string // a part of it
	}{
		"typed":                        {message: cancel(nil), amount: 100, store: "store-a"},
		"untyped":                      {message: untyped(map[string]string{"amount": "9999999", "storeId": `"store-b"`}), amount: 9999999, store: "store-b"},
		"untyped, named as the body's": {message: untyped(map[string]string{"{}amount": "7", "storeId": `"store-b"`}), amount: 7, store: "store-b"},
		"escaped text":                 {message: untyped(map[string]string{"amount": "7", "storeId": `"store\u002db"`}), amount: 7, store: "store-b"},
		"exponent":                     {message: untyped(map[string]string{"amount": "1e7"}), problem: "amount: is judged"},
		"fraction":                     {message: untyped(map[string]string{"amount": "100.0"}), problem: "amount: is judged"},
		"text for a number":            {message: untyped(map[string]string{"amount": `"100"`}), problem: "amount: is judged"},
		"over 64 bits":                 {message: untyped(map[string]string{"amount": "18446744073709551716"}), problem: "amount: is judged"},
		"minus zero":                   {message: untyped(map[string]string{"amount": "-0"}), problem: "amount: is judged"},
		"null":                         {message: untyped(map[string]string{"amount": "null"}), problem: "amount: is judged"},
		"other case":                   {message: cancel(map[string]string{"Amount": "9"}), problem: "Amount: is not in the contract"},
		"name of the proto":            {message: cancel(map[string]string{"store_id": `"store-b"`}), problem: "store_id: is not in the contract"},
		"white space":                  {message: cancel(map[string]string{" amount": "9"}), problem: "amount: is not in the contract"},
		"parameter beside the body":    {message: cancel(map[string]string{"?amount": "9"}), problem: "?amount: is not in the contract"},
		"body in the query":            {message: cancel(map[string]string{"?requestBody": `"{}"`}), problem: "?requestBody: is not in the contract"},
		"unknown member":               {message: cancel(map[string]string{"newThing": "1"}), problem: "newThing: is not in the contract"},
		"path parameter in the body":   {message: cancel(map[string]string{"{}paymentId": `"p2"`}), problem: "paymentId: is not in the contract"},
		"null elsewhere":               {message: cancel(map[string]string{"refundEmail": "null"}), amount: 100, store: "store-a"},
	} {
		t.Run(name, func(t *testing.T) {
			_, values, problem := judge(t, "PaymentService/CancelPayment", test.message, view.Unknown{}, "amount", "store_id", "payment_id")
			if test.problem != "" {
				if problem == nil || !strings.Contains(problem.Error(), test.problem) {
					t.Fatalf("problem is %v, want one with %q", problem, test.problem)
				}
				return
			}
			if problem != nil {
				t.Fatal(problem)
			}
			if values[0].Int != test.amount || values[1].Text != test.store || values[2].Text != "p1" {
				t.Errorf("read amount %d, store %q, payment %q; want %d, %q, p1", values[0].Int, values[1].Text, values[2].Text, test.amount, test.store)
			}
		})
	}
}

func TestAbsence(t *testing.T) {
	for name, message := range map[string]*portonev2.CancelPaymentRequest{
		"not given":  {PaymentId: "p1"},
		"empty text": {PaymentId: "p1", Unrecognized: map[string]string{"amount": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			object, _, problem := judge(t, "PaymentService/CancelPayment", message, view.Unknown{}, "amount")
			if problem != nil {
				t.Fatal(problem)
			}
			if _, ok := object.Get(object.Type.Field("amount")); ok {
				t.Error("an absent amount was read")
			}
		})
	}
}

func TestPathParameters(t *testing.T) {
	for id, fine := range map[string]bool{
		"p1": true, "주문-1": true, "a b": true, "a+b": true, "a&b=c": true, "a%2Fb": false,
		"a/b": false, `a\b`: false, "a?b": false, "a#b": false, "a;b": false, "a\nb": false, "...": true,
	} {
		t.Run(id, func(t *testing.T) {
			message := &portonev2.CancelPaymentRequest{PaymentId: id}
			_, values, problem := judge(t, "PaymentService/CancelPayment", message, view.Unknown{}, "payment_id")
			if (problem == nil) != fine {
				t.Fatalf("problem is %v", problem)
			}
			if fine && values[0].Text != id {
				t.Errorf("read %q", values[0].Text)
			}
		})
	}
	t.Run("replaced", func(t *testing.T) {
		message := &portonev2.CancelPaymentRequest{Unrecognized: map[string]string{"paymentId": `"p-of-b"`}}
		_, values, problem := judge(t, "PaymentService/CancelPayment", message, view.Unknown{}, "payment_id")
		if problem != nil || values[0].Text != "p-of-b" {
			t.Errorf("read %q, problem %v", values[0].Text, problem)
		}
	})
}

func TestJSONInTheQuery(t *testing.T) {
	store := func(filter *portonev2.PaymentFilterInput, unrecognized map[string]string) ([]view.Value, *view.Problem) {
		_, values, problem := judge(t, "PaymentService/GetPayments", &portonev2.GetPaymentsRequest{Filter: filter, Unrecognized: unrecognized},
			view.Unknown{}, "filter.store_id")
		return values, problem
	}
	values, problem := store(&portonev2.PaymentFilterInput{StoreId: proto.String("store-a")}, nil)
	if problem != nil || values[0].Text != "store-a" {
		t.Errorf("typed: %q, %v", values[0].Text, problem)
	}
	values, problem = store(nil, map[string]string{"filter": `{"storeId":"store-b"}`})
	if problem != nil || values[0].Text != "store-b" {
		t.Errorf("filter as a whole: %q, %v", values[0].Text, problem)
	}
	values, problem = store(&portonev2.PaymentFilterInput{Unrecognized: map[string]string{"storeId": `"store-b"`}}, nil)
	if problem != nil || values[0].Text != "store-b" {
		t.Errorf("within the filter: %q, %v", values[0].Text, problem)
	}
	if _, problem = store(&portonev2.PaymentFilterInput{Unrecognized: map[string]string{"StoreId": `"store-b"`}}, nil); problem == nil {
		t.Error("a lookalike in the filter is judged")
	}
	if _, problem = store(nil, map[string]string{"filter": `[]`}); problem == nil {
		t.Error("a list for the filter is judged")
	}
	if _, problem = store(nil, map[string]string{"?storeId": `"store-b"`}); problem == nil {
		t.Error("a parameter that the operation does not have is judged")
	}
}

func TestUnknownAllowed(t *testing.T) {
	for name, fine := range map[string]bool{
		"newThing": true, "?newThing": true, "amount2": true,
		"Amount": false, "AMOUNT": false, " amount": false, "store_id": false, "?amount": false, "?RequestBody": false,
		"\u017ftoreId": false, "filter.storeId": false, "?requestBody": false, "?filter[storeId]": false, "{}paymentId": false,
	} {
		t.Run(name, func(t *testing.T) {
			_, _, problem := judge(t, "PaymentService/CancelPayment", cancel(map[string]string{name: "1"}), view.Unknown{Allow: true},
				"amount", "store_id", "payment_id")
			if (problem == nil) != fine {
				t.Errorf("problem is %v", problem)
			}
		})
	}
	t.Run("a parameter that is not judged", func(t *testing.T) {
		for _, name := range []string{"{}paymentId", "payment_id", "?paymentId"} {
			if _, _, problem := judge(t, "PaymentService/CancelPayment", cancel(map[string]string{name: "1"}), view.Unknown{Allow: true}, "amount"); problem == nil {
				t.Errorf("%s passes", name)
			}
		}
	})
	t.Run("by name", func(t *testing.T) {
		names := view.Unknown{Names: map[string]bool{"newThing": true}}
		if _, _, problem := judge(t, "PaymentService/CancelPayment", cancel(map[string]string{"newThing": "1"}), names, "amount"); problem != nil {
			t.Error(problem)
		}
		if _, _, problem := judge(t, "PaymentService/CancelPayment", cancel(map[string]string{"other": "1"}), names, "amount"); problem == nil {
			t.Error("another name passes")
		}
		names.Names["Amount"] = true
		if _, _, problem := judge(t, "PaymentService/CancelPayment", cancel(map[string]string{"Amount": "1"}), names, "amount"); problem == nil {
			t.Error("a name passes that could be taken for the amount")
		}
	})
}

func TestEnumsListsAndMaps(t *testing.T) {
	message := &portonev2.PayWithBillingKeyRequest{
		PaymentId: "p1", Currency: portonev2.Currency_CURRENCY_KRW.Enum(), Amount: &portonev2.PaymentAmountInput{Total: proto.Int64(5)},
		NoticeUrls: []string{"https://a.example", "https://b.example"},
	}
	_, values, problem := judge(t, "PaymentService/PayWithBillingKey", message, view.Unknown{}, "currency", "amount.total", "notice_urls")
	if problem != nil {
		t.Fatal(problem)
	}
	if values[0].Text != "KRW" || values[1].Int != 5 || len(values[2].List) != 2 || values[2].List[1].Text != "https://b.example" {
		t.Errorf("read %+v", values)
	}
	message = &portonev2.PayWithBillingKeyRequest{PaymentId: "p1", Unrecognized: map[string]string{"currency": `"krw"`}}
	if _, _, problem = judge(t, "PaymentService/PayWithBillingKey", message, view.Unknown{}, "currency"); problem == nil {
		t.Error("a currency that the contract does not have is judged")
	}
	message = &portonev2.PayWithBillingKeyRequest{PaymentId: "p1", Unrecognized: map[string]string{"noticeUrls": `["a",null]`}}
	if _, _, problem = judge(t, "PaymentService/PayWithBillingKey", message, view.Unknown{}, "notice_urls"); problem == nil {
		t.Error("a list with a null is judged")
	}
}

func TestLenient(t *testing.T) {
	method := contract.Lookup("/portone.v2.PaymentService/CancelPayment")
	var types view.Types
	root := types.Of(method.Descriptor.Input())
	amount, id := root.Field("amount"), root.Field("payment_id")
	plan, err := view.NewLenientPlan(&types, method, view.Selection{amount: true, id: true})
	if err != nil {
		t.Fatal(err)
	}
	object, problem := plan.Read(&transcode.Request{Path: []byte("/payments/p%2F1/cancel"), Body: []byte(`{"amount":"x","other":1`)})
	if problem != nil {
		t.Fatal(problem)
	}
	if _, ok := object.Get(amount); ok {
		t.Error("a text was read as amount")
	}
}
