package condition_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/access/condition"
	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// bench compiles conditions and holds requests against them.
type bench struct {
	types    view.Types
	compiler *condition.Compiler
}

func newBench(t testing.TB) *bench {
	b := &bench{}
	var err error
	if b.compiler, err = condition.NewCompiler(&b.types); err != nil {
		t.Fatal(err)
	}
	return b
}

// read makes the request of a message and reads what a condition asks for.
func (b *bench) read(t testing.TB, method *contract.Method, c *condition.Condition, message proto.Message) *view.Object {
	t.Helper()
	wire, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var request transcode.Request
	if err := transcode.BindingOf(method).SetRequest(&request, wire, 7<<10); err != nil {
		t.Fatal(err)
	}
	plan, err := view.NewPlan(&b.types, method, c.Selection, view.Unknown{})
	if err != nil {
		t.Fatal(err)
	}
	object, problem := plan.Read(&request)
	if problem != nil {
		t.Fatal(problem)
	}
	return object
}

func method(name string) *contract.Method { return contract.Lookup("/portone.v2." + name) }

func TestHolds(t *testing.T) {
	b := newBench(t)
	amount := func(total int64, currency portonev2.Currency) *portonev2.PayWithBillingKeyRequest {
		return &portonev2.PayWithBillingKeyRequest{PaymentId: "p1", Currency: currency.Enum(), Amount: &portonev2.PaymentAmountInput{Total: &total},
			NoticeUrls: []string{"https://a.example/x", "https://b.example/y"}}
	}
	krw := amount(500, portonev2.Currency_CURRENCY_KRW)
	empty := &portonev2.PayWithBillingKeyRequest{PaymentId: "p1"}
	for name, test := range map[string]struct {
		expression string
		message    proto.Message
		holds, err bool
	}{
		"within":                       {`request.currency == "KRW" && request.amount.total <= 500`, krw, true, false},
		"over":                         {`request.amount.total <= 499`, krw, false, false},
		"other currency":               {`request.currency == "KRW"`, amount(1, portonev2.Currency_CURRENCY_USD), false, false},
		"absent number":                {`request.amount.total <= 500`, empty, false, true},
		"absent number, turned round":  {`!(request.amount.total > 500)`, empty, false, true},
		"absent text":                  {`request.currency != "USD"`, empty, false, true},
		"absent, asked for":            {`!has(request.currency)`, empty, true, false},
		"absent within what is absent": {`has(request.amount.total)`, empty, false, false},
		"present":                      {`has(request.amount.total)`, krw, true, false},
		"path parameter":               {`request.payment_id.startsWith("p")`, krw, true, false},
		"one of":                       {`request.currency in ["KRW", "JPY"]`, krw, true, false},
		"all of a list":                {`request.notice_urls.all(u, u.startsWith("https://"))`, krw, true, false},
		"all of an absent list":        {`request.notice_urls.all(u, u.startsWith("https://"))`, empty, false, true},
		"some of a list":               {`request.notice_urls.exists(u, u.endsWith("/y"))`, krw, true, false},
		"size of a list":               {`size(request.notice_urls) == 2`, krw, true, false},
		"regular expression":           {`request.payment_id.matches("^p[0-9]+$")`, krw, true, false},
		"store":                        {`store == "shop"`, krw, true, false},
		"caller":                       {`caller.name == "checkout"`, krw, true, false},
		"claim":                        {`"refunds" in caller.claims.groups && caller.claims.level >= 3`, krw, true, false},
		"claim that is not there":      {`caller.claims.team == "x"`, krw, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := method("PaymentService/PayWithBillingKey")
			c, err := b.compiler.Compile(test.expression, m, true)
			if err != nil {
				t.Fatal(err)
			}
			holds, err := c.Holds(&condition.Input{
				Request: b.read(t, m, c, test.message), Store: "shop", Caller: "checkout",
				Claims: map[string]any{"groups": []string{"refunds", "x"}, "level": int64(3)},
			})
			if holds != test.holds || (err != nil) != test.err {
				t.Errorf("%s holds: %v, error: %v", test.expression, holds, err)
			}
		})
	}
}

func TestCancelWithoutAmount(t *testing.T) {
	b := newBench(t)
	m := method("PaymentService/CancelPayment")
	c, err := b.compiler.Compile("request.amount <= 100000", m, true)
	if err != nil {
		t.Fatal(err)
	}
	all := b.read(t, m, c, &portonev2.CancelPaymentRequest{PaymentId: "p1"})
	if holds, err := c.Holds(&condition.Input{Request: all}); holds || err == nil {
		t.Errorf("cancelling all that is left holds: %v, %v", holds, err)
	}
}

func TestMistakes(t *testing.T) {
	b := newBench(t)
	for expression, want := range map[string]string{
		`request.amuont <= 1`:                                "1:8: undefined field 'amuont'",
		`request.amount <= '1'`:                              "no matching overload",
		`request.amount`:                                     "is of type int",
		`request.unrecognized["amount"] == "1"`:              "undefined field 'unrecognized'",
		"request.amount > 0 &&\n  request.amuont <= 1":       "2:10: undefined field",
		`request.requester == "CUSTOMMER"`:                   `CancelRequester has no value "CUSTOMMER"`,
		`"customer" == request.requester`:                    `did you mean "CUSTOMER"?`,
		`request.requester in ["ADMIN", "NOBODY"]`:           `has no value "NOBODY"`,
		`dyn(request).amount == 1`:                           "cannot use dyn()",
		`request == request`:                                 "messages cannot be compared",
		`request.refund_account in [request.refund_account]`: "messages cannot be compared",
		`portone.v2.CancelPaymentRequest{} == request`:       "cannot make messages",
		`now() > timestamp("2026-01-01T00:00:00Z")`:          "undeclared reference",
		`request.amount.map(x, x) == []`:                     "",
		`request.payment_id.matches("[")`:                    "invalid",
		`true ? request.amount > 1 : 7 > "x"`:                "no matching overload",
		strings.Repeat("true && ", 300) + "true":             "size",
	} {
		t.Run(expression[:min(len(expression), 40)], func(t *testing.T) {
			_, err := b.compiler.Compile(expression, method("PaymentService/CancelPayment"), true)
			var mistake *condition.Error
			if !errors.As(err, &mistake) {
				t.Fatalf("the error is %v", err)
			}
			if !strings.Contains(mistake.Error(), want) {
				t.Errorf("the error is %q, want one with %q", mistake.Error(), want)
			}
		})
	}
}

func TestStoreOnlyWhereThereIsOne(t *testing.T) {
	b := newBench(t)
	if _, err := b.compiler.Compile(`store == "shop"`, method("PlatformService/GetPlatformSetting"), false); err == nil {
		t.Error("an RPC without a store compiles a condition about it")
	}
}

func TestCostlyConditionEnds(t *testing.T) {
	b := newBench(t)
	m := method("PaymentService/PayWithBillingKey")
	c, err := b.compiler.Compile(`request.notice_urls.all(u, request.notice_urls.exists(v, v == u))`, m, true)
	if err != nil {
		t.Fatal(err)
	}
	urls := make([]string, 5000)
	for i := range urls {
		urls[i] = strings.Repeat("x", i%100) + "y"
	}
	object := b.read(t, m, c, &portonev2.PayWithBillingKeyRequest{PaymentId: "p1", NoticeUrls: urls})
	if holds, err := c.Holds(&condition.Input{Request: object}); holds || err == nil || !strings.Contains(err.Error(), "cost") {
		t.Errorf("holds: %v, error: %v", holds, err)
	}
}

func TestEveryRPCHasAnEnvironment(t *testing.T) {
	b := newBench(t)
	for _, m := range contract.Methods() {
		if _, err := b.compiler.Compile("true", m, false); err != nil {
			t.Errorf("%s: %v", m.FullName, err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	x := newBench(b)
	m := method("PaymentService/CancelPayment")
	for i := 0; b.Loop(); i++ {
		if _, err := x.compiler.Compile(fmt.Sprintf("request.amount > 0 && request.amount <= %d", i), m, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	for name, expression := range map[string]string{
		"one":   "request.amount <= 100000",
		"three": `request.amount > 0 && request.amount <= 100000 && request.requester == "ADMIN"`,
	} {
		b.Run(name, func(b *testing.B) {
			x := newBench(b)
			m := method("PaymentService/CancelPayment")
			c, err := x.compiler.Compile(expression, m, true)
			if err != nil {
				b.Fatal(err)
			}
			message := &portonev2.CancelPaymentRequest{PaymentId: "p1", Amount: proto.Int64(5000), Requester: portonev2.CancelRequester_CANCEL_REQUESTER_ADMIN.Enum()}
			in := &condition.Input{Request: x.read(b, m, c, message)}
			b.ReportAllocs()
			for b.Loop() {
				if holds, err := c.Holds(in); !holds {
					b.Fatal(err)
				}
			}
		})
	}
}
