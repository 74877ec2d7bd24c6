package transcode

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
)

// call returns the compiled form of the RPC with a name.
// methodOf reads the facts of a method, whose descriptor a test goes through.
func methodOf(desc protoreflect.MethodDescriptor) *contract.Method {
	m, err := contract.NewMethod(desc)
	if err != nil {
		panic(err)
	}
	return m
}

func call(t testing.TB, name string) *Binding {
	t.Helper()
	for _, method := range contracttest.Methods() {
		if string(method.Name()) == name {
			c, err := testCache.Bind(methodOf(method))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatalf("no RPC %s", name)
	return nil
}

const plenty = 7 << 10

// TestRequests shows the HTTP form of requests, and that it leads back.
func TestRequests(t *testing.T) {
	tests := []struct {
		rpc     string
		request proto.Message
		method  string
		path    string
		query   string // decoded, as url.Values.Encode has it
		body    string
	}{
		{"GetPayment", &portonev2.GetPaymentRequest{PaymentId: "p"}, "GET", "/payments/p", "", ""},
		{
			"GetPayment", &portonev2.GetPaymentRequest{PaymentId: "a/b c%한😀?#+&=;:@,~'()*!", StoreId: proto.String("")},
			"GET", "/payments/a%2Fb%20c%25%ED%95%9C%F0%9F%98%80%3F%23%2B%26%3D%3B%3A%40%2C~'()*!", "storeId=", "",
		},
		{
			"GetPayments", &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Number: proto.Int32(0), Size: proto.Int32(10)}},
			"GET", "/payments", "requestBody=" + url.QueryEscape(`{"page":{"number":0,"size":10}}`), "",
		},
		{"GetPayments", &portonev2.GetPaymentsRequest{}, "GET", "/payments", "", ""},
		{"DownloadB2bTaxInvoicesSheet", &portonev2.DownloadB2BTaxInvoicesSheetRequest{}, "GET", "/b2b/tax-invoices-sheet", "requestBody=%7B%7D", ""},
		{
			"CancelPayment", &portonev2.CancelPaymentRequest{PaymentId: "p", Reason: proto.String("단순 변심"), TaxFreeAmount: proto.Int64(0)},
			"POST", "/payments/p/cancel", "", `{"taxFreeAmount":0,"reason":"단순 변심"}`,
		},
		{"CapturePayment", &portonev2.CapturePaymentRequest{PaymentId: "p"}, "POST", "/payments/p/capture", "", "{}"},
		{"ArchivePlatformPartner", &portonev2.ArchivePlatformPartnerRequest{Id: "x", Test: proto.Bool(false)}, "POST", "/platform/partners/x/archive", "test=false", ""},
		{
			"GetB2bTaxInvoice", &portonev2.GetB2BTaxInvoiceRequest{TaxInvoiceKey: "draft", TaxInvoiceKeyType: portonev2.B2BTaxInvoiceKeyType_B2B_TAX_INVOICE_KEY_TYPE_SUPPLIER.Enum()},
			"GET", "/b2b/tax-invoices/draft", "taxInvoiceKeyType=SUPPLIER", "",
		},
		{
			"GetB2bTaxInvoice", &portonev2.GetB2BTaxInvoiceRequest{TaxInvoiceKey: "k", Unrecognized: map[string]string{"taxInvoiceKeyType": `"NEW"`, "?new": `"a b"`}},
			"GET", "/b2b/tax-invoices/k", "new=a+b&taxInvoiceKeyType=NEW", "",
		},
		{
			"GetB2bTaxInvoice", &portonev2.GetB2BTaxInvoiceRequest{TaxInvoiceKey: "k", Unrecognized: map[string]string{"?new": `["a b","","한\"","a b"]`, "?other": `"[1,2]"`}},
			"GET", "/b2b/tax-invoices/k", "new=a+b&new=&new=한\"&new=a+b&other=[1,2]", "",
		},
		{
			"GetPlatformAccountHolder", &portonev2.GetPlatformAccountHolderRequest{Bank: portonev2.Bank_BANK_KOOKMIN, AccountNumber: "1-2"},
			"GET", "/platform/bank-accounts/KOOKMIN/1-2/holder", "", "",
		},
		{
			"GetPlatformAccountHolder", &portonev2.GetPlatformAccountHolderRequest{AccountNumber: "1", Unrecognized: map[string]string{"bank": `"NEW_BANK"`}},
			"GET", "/platform/bank-accounts/NEW_BANK/1/holder", "", "",
		},
		{
			"GetPgCardPromotions", &portonev2.GetPgCardPromotionsRequest{ChannelKey: proto.String("c"), Amount: proto.Int64(-9007199254740993)},
			"GET", "/payment-gateways/card-promotion", "amount=-9007199254740993&channelKey=c", "",
		},
		{
			"RevokePaymentSchedules", &portonev2.RevokePaymentSchedulesRequest{ScheduleIds: []string{"a", "b"}},
			"DELETE", "/payment-schedules", "requestBody=" + url.QueryEscape(`{"scheduleIds":["a","b"]}`), "",
		},
		{"DeleteB2bCounterparty", &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: "c"}, "DELETE", "/b2b/counterparties/c", "", ""},
		{
			"DeleteB2bCounterparty", &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: "c", Unrecognized: map[string]string{"force": "true"}},
			"DELETE", "/b2b/counterparties/c", "", `{"force":true}`,
		},
		{
			"GetPayment", &portonev2.GetPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{"{}paymentId": "1", "new": "2"}},
			"GET", "/payments/p", "requestBody=" + url.QueryEscape(`{"paymentId":1,"new":2}`), "",
		},
		{
			"CreatePaymentSchedule", &portonev2.CreatePaymentScheduleRequest{PaymentId: "p", TimeToPay: &timestamppb.Timestamp{Seconds: 1767225600}},
			"POST", "/payments/p/schedule", "", `{"timeToPay":"2026-01-01T00:00:00Z"}`,
		},
	}
	for _, test := range tests {
		t.Run(test.rpc, func(t *testing.T) {
			c := call(t, test.rpc)
			wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(test.request)
			if err != nil {
				t.Fatal(err)
			}
			var r Request
			for range 2 { // the second time with used buffers
				if err := c.SetRequest(&r, wire, plenty); err != nil {
					t.Fatal(err)
				}
			}
			query, err := url.ParseQuery(string(r.Query))
			if err != nil {
				t.Fatal(err)
			}
			want, _ := url.ParseQuery(test.query)
			sameBody := string(r.Body) == test.body
			if strings.HasPrefix(test.body, "{\"") {
				sameBody = contracttest.Equal(c.Input.Descriptor(), []byte(test.body), r.Body) == nil
			}
			if c.Method.HTTPMethod != test.method || string(r.Path) != test.path || !sameQuery(t, want, query) || !sameBody {
				t.Errorf("%s %s?%s %s\nwant %s %s?%s %s", c.Method.HTTPMethod, r.Path, query.Encode(), r.Body, test.method, test.path, want.Encode(), test.body)
			}
			checkBack(t, c, &r, test.request)
		})
	}
}

// TestRawParameters shows what stands in the query for raw texts: white space around
// one is no part of it, and an array is as many parameters as it has elements, unless
// the contract knows that there is one.
func TestRawParameters(t *testing.T) {
	tests := []struct {
		name, entry, raw string
		want             url.Values
	}{
		{"a string", "?a", ` "x\u0020y" `, url.Values{"a": {"x y"}}},
		{"a known parameter", "storeId", "\n7 ", url.Values{"storeId": {"7"}}},
		{"nothing", "?a", "", url.Values{}},
		{"strings", "?a", ` [ "x\u0020y" , "" ] `, url.Values{"a": {"x y", ""}}},
		{"one string", "?a", `["x"]`, url.Values{"a": {"x"}}},
		{"no string", "?a", `[ ]`, url.Values{}},
		{"others", "?a", `[ 1.50 , true, null, [1, "b"], {"c": ["d"]}]`, url.Values{"a": {"1.50", "true", "null", `[1, "b"]`, `{"c": ["d"]}`}}},
		{"an object", "?a", `{"c":["d"]}`, url.Values{"a": {`{"c":["d"]}`}}},
		{"a list for a known parameter", "?storeId", `["x","y"]`, url.Values{"storeId": {`["x","y"]`}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wire, err := proto.Marshal(&portonev2.GetPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{test.entry: test.raw}})
			if err != nil {
				t.Fatal(err)
			}
			var r Request
			if err := call(t, "GetPayment").SetRequest(&r, wire, plenty); err != nil {
				t.Fatal(err)
			}
			if got, err := url.ParseQuery(string(r.Query)); err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("the query is %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

// TestEveryUnknownParameter holds that parameters which the contract does not know
// reach PortOne as they came, however often each stands there.
func TestEveryUnknownParameter(t *testing.T) {
	c := call(t, "GetPayment")
	pairs := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [2]string {
		name := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "paymentId", "?", "{}a", "tags[]", ""}), rapid.String()).Draw(t, "name")
		value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`["a"]`, `"`, "[", "null"})).Draw(t, "value")
		return [2]string{name, value}
	}).Filter(func(pair [2]string) bool { return c.query[pair[0]] == nil && pair[0] != requestBody }))
	rapid.Check(t, func(t *rapid.T) {
		want := url.Values{}
		var query strings.Builder
		for _, pair := range pairs.Draw(t, "parameters") {
			want.Add(pair[0], pair[1])
			query.WriteString("&" + url.QueryEscape(pair[0]) + "=" + url.QueryEscape(pair[1]))
		}
		wire, err := c.WireFromHTTP(nil, []string{"p"}, query.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var r Request
		if err := c.SetRequest(&r, wire, plenty); err != nil {
			t.Fatal(err)
		}
		if got, err := url.ParseQuery(string(r.Query)); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("the query %q became %q, %v", query.String(), r.Query, err)
		}
	})
}

// sameQuery compares queries, and requestBody as JSON.
func sameQuery(t *testing.T, want, got url.Values) bool {
	t.Helper()
	if want.Has(requestBody) != got.Has(requestBody) {
		return false
	}
	if want.Has(requestBody) {
		md := (&portonev2.DeletePlatformTransferResponse{}).ProtoReflect().Descriptor() // any type without fields
		if err := contracttest.Equal(md, []byte(want.Get(requestBody)), []byte(got.Get(requestBody))); err != nil {
			t.Error(err)
			return false
		}
		want.Del(requestBody)
		got.Del(requestBody)
	}
	return reflect.DeepEqual(want, got)
}

// checkBack makes a message of an HTTP request and compares it with the one that
// the request was made of.
func checkBack(t testing.TB, b *Binding, r *Request, want proto.Message) {
	t.Helper()
	wire, err := b.WireFromHTTP(nil, pathValues(t, b, string(r.Path)), string(r.Query), r.Body)
	if err != nil {
		t.Fatalf("back: %v", err)
	}
	got := want.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(wire, got); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(want, got) {
		t.Fatalf("back it is\n %v, want\n %v", got, want)
	}
}

// pathValues takes the parameters out of a path, as a server does.
func pathValues(t rapid.TB, b *Binding, path string) []string {
	t.Helper()
	template, segments := strings.Split(b.Method.Template, "/"), strings.Split(path, "/")
	if len(template) != len(segments) {
		t.Fatalf("path %s does not fit %s", path, b.Method.Template)
	}
	var values []string
	for i, s := range template {
		if !strings.HasPrefix(s, "{") {
			if s != segments[i] {
				t.Fatalf("path %s does not fit %s", path, b.Method.Template)
			}
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}

// TestEveryRequest holds the promise for every RPC: a request message as HTTP and
// back is the same message, whatever is in it.
func TestEveryRequest(t *testing.T) {
	for _, method := range contracttest.Methods() {
		t.Run(string(method.Name()), func(t *testing.T) {
			c, err := testCache.Bind(methodOf(method))
			if err != nil {
				t.Fatal(err)
			}
			plan, err := testCache.Message(method.Input())
			if err != nil {
				t.Fatal(err)
			}
			documents := contracttest.Document(method.Input(), contracttest.Options{Inject: contracttest.Everything})
			rapid.Check(t, func(t *rapid.T) {
				wire, err := plan.AppendWire(nil, documents.Draw(t, "request"), Strict)
				if err != nil {
					t.Fatal(err)
				}
				message := dynamicpb.NewMessage(method.Input())
				if err := proto.Unmarshal(wire, message); err != nil {
					t.Fatal(err)
				}
				makeSendable(message, c)
				if wire, err = proto.Marshal(message); err != nil {
					t.Fatal(err)
				}
				var r Request
				maxTarget := rapid.SampledFrom([]int{100, plenty}).Draw(t, "maxTarget")
				if err := c.SetRequest(&r, wire, maxTarget); err != nil {
					t.Fatalf("to HTTP: %v", err)
				}
				back, err := c.WireFromHTTP(nil, pathValues(t, c, string(r.Path)), string(r.Query), r.Body)
				if err != nil {
					t.Fatalf("back: %v", err)
				}
				got := dynamicpb.NewMessage(method.Input())
				if err := proto.Unmarshal(back, got); err != nil {
					t.Fatal(err)
				}
				if !proto.Equal(message, got) {
					t.Fatalf("the request changed:\n%v\n%v\nas HTTP: %s?%s %s", message, got, r.Path, r.Query, r.Body)
				}
			})
		})
	}
}

// makeSendable gives every path parameter a value that a path can hold, and takes
// away what HTTP cannot tell: null for a parameter, or a number for one.
func makeSendable(m *dynamicpb.Message, b *Binding) {
	unrecognized := m.Mutable(b.Input.desc.Fields().ByNumber(contract.UnrecognizedNumber)).Map()
	for i := range b.Input.fields {
		f := &b.Input.fields[i]
		if f.part == partBody {
			continue
		}
		unrecognized.Clear(protoreflect.ValueOfString(f.name).MapKey())
		fd := b.Input.desc.Fields().ByNumber(f.number)
		if f.part != partPath {
			continue
		}
		switch value := m.Get(fd); {
		case f.kind == kindEnum && !m.Has(fd):
			m.Set(fd, protoreflect.ValueOfEnum(1))
		case f.kind == kindString && segmentProblem([]byte(value.String())) != "":
			m.Set(fd, protoreflect.ValueOfString("x"))
		}
	}
	if unrecognized.Len() == 0 {
		m.Clear(b.Input.desc.Fields().ByNumber(contract.UnrecognizedNumber))
	}
}

func TestBadRequests(t *testing.T) {
	tests := []struct {
		name    string
		rpc     string
		request proto.Message
		want    string
	}{
		{"no path parameter", "GetPayment", &portonev2.GetPaymentRequest{}, "paymentId: the path parameter is missing or empty at byte 0"},
		{"a dot", "GetPayment", &portonev2.GetPaymentRequest{PaymentId: "."}, "paymentId: the path parameter must not be . or .."},
		{"two dots", "GetPayment", &portonev2.GetPaymentRequest{PaymentId: ".."}, "paymentId: the path parameter must not be . or .."},
		{"an unspecified enum in the path", "GetPlatformAccountHolder", &portonev2.GetPlatformAccountHolderRequest{AccountNumber: "1"}, "bank: the path parameter is missing or empty"},
		{"a body member under two names", "CancelPayment", &portonev2.CancelPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{"{}amount": "1", "amount": "2"}}, "unrecognized has the same member twice"},
		{"an unknown body member under two names", "CancelPayment", &portonev2.CancelPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{"{}new": "1", "new": "2"}}, "unrecognized has the same member twice"},
		{"a query parameter under two names", "GetPayment", &portonev2.GetPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{"?storeId": `"a"`, "storeId": `"b"`}}, "unrecognized has the same member twice"},
		{"the JSON of a GET by hand", "GetPayments", &portonev2.GetPaymentsRequest{Unrecognized: map[string]string{"?requestBody": `"{}"`}}, "unrecognized.?requestBody: the JSON in this parameter is made of the message"},
		{"a raw parameter that is no JSON", "GetPayment", &portonev2.GetPaymentRequest{PaymentId: "p", Unrecognized: map[string]string{"?x": "y"}}, "unrecognized.?x: not a JSON value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wire, err := proto.Marshal(test.request)
			if err != nil {
				t.Fatal(err)
			}
			var e *Error
			if err := call(t, test.rpc).SetRequest(new(Request), wire, plenty); !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestBadHTTP(t *testing.T) {
	tests := []struct {
		name  string
		rpc   string
		path  []string
		query string
		body  string
		want  string
	}{
		{"no path parameter", "GetPayment", nil, "", "", "paymentId: the path parameter is missing"},
		{"an empty path parameter", "GetPayment", []string{""}, "", "", "paymentId: the path parameter is missing"},
		{"not UTF-8 in the path", "GetPayment", []string{"\xff"}, "", "", "paymentId: not UTF-8"},
		{"not UTF-8 in the query", "GetPayment", []string{"p"}, "storeId=%ff", "", "the query is not UTF-8"},
		{"half an escape", "GetPayment", []string{"p"}, "storeId=%f", "", "malformed escape"},
		{"a parameter twice", "GetPayment", []string{"p"}, "storeId=a&storeId=b", "", "?storeId: the query parameter stands twice"},
		{"a parameter twice, once escaped", "GetPayment", []string{"p"}, "storeId=a&x=1&store%49d=a", "", "?storeId: the query parameter stands twice"},
		{"requestBody twice", "GetPayments", nil, "requestBody=%7B%7D&requestBody=%7B%7D", "", "?requestBody: the query parameter stands twice"},
		{"two bodies", "GetPayments", nil, "requestBody=%7B%7D", "{}", "?requestBody: the request has a body as well"},
		{"a body that is no JSON", "CapturePayment", []string{"p"}, "", "x", "not a JSON object"},
		{"a requestBody that is no JSON", "GetPayments", nil, "requestBody=x", "", "not a JSON object"},
		{"a body with more behind it", "CapturePayment", []string{"p"}, "", "{} {}", "more text behind the document"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := call(t, test.rpc).WireFromHTTP([]byte("before"), test.path, test.query, []byte(test.body))
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if string(got) != "before" {
				t.Errorf("dst became %q", got)
			}
		})
	}
}

func TestViolations(t *testing.T) {
	tests := []struct {
		rpc  string
		body string
		want []Violation
	}{
		{"CancelPayment", `{"reason":"r"}`, nil},
		{"CancelPayment", `{"amount":1}`, []Violation{{"reason", "required, but missing"}}},
		{"CancelPayment", `{"reason":null,"requester":"NOBODY"}`, []Violation{
			{"reason", "required, but null"}, {"requester", "not a value of its enum that the contract knows"}}},
		{"CancelPayment", `{"reason":"r","refundAccount":{"bank":"MOON"}}`, []Violation{
			{"refundAccount.bank", "not a value of its enum that the contract knows"},
			{"refundAccount.number", "required, but missing"}, {"refundAccount.holderName", "required, but missing"}}},
		{"CancelPayment", `{"reason":7,"amount":"1000","requester":{},"refundAccount":[],"currentCancellableAmount":null}`, []Violation{
			{"reason", wrongType}, {"amount", wrongType}, {"requester", wrongType}, {"refundAccount", wrongType}}},
		{"GetPayments", `{"filter":{"status":["PAID","LOST"],"methods":[],"from":"yesterday"}}`, []Violation{
			{"filter.status", "has a value that is not one of its enum that the contract knows"},
			{"filter.from", "not a date-time that can be read"}}},
		{"UpdatePlatformPartner", `{"userDefinedProperties":{"grade":{"string":"A"},"region":{"string":1}}}`, []Violation{
			{"userDefinedProperties.region.string", wrongType}}},
		{"UpdatePlatformPartner", `{"userDefinedProperties":{"grade":{},"":{"string":null}}}`, []Violation{
			{"userDefinedProperties.grade.string", "required, but missing"}, {`userDefinedProperties."".string`, "required, but null"}}},
		{"UpdatePlatformPartner", `{"userDefinedProperties":{"grade":7}}`, []Violation{{"userDefinedProperties", wrongType}}},
		{"CreatePlatformPartners", `{"partners":[{},{"name":"n"}]}`, nil},
		{"CreatePlatformPartners", `{}`, []Violation{{"partners", "required, but missing"}}},
	}
	for _, test := range tests {
		c := call(t, test.rpc)
		var path []string
		if strings.Contains(c.Method.Template, "{") {
			path = []string{"p"}
		}
		wire, err := c.WireFromHTTP(nil, path, "", []byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		got := c.Violations(wire)
		if test.rpc == "CreatePlatformPartners" && test.want == nil {
			if len(got) == 0 || !strings.HasPrefix(got[0].Field, "partners[0].") || !strings.HasPrefix(got[len(got)-1].Field, "partners[1].") {
				t.Errorf("%s %s: %v", test.rpc, test.body, got)
			}
			continue
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s %s:\n got %v\nwant %v", test.rpc, test.body, got, test.want)
		}
	}
	for cut := range 200 { // malformed messages do no harm
		wire, _ := call(t, "CreatePlatformPartners").WireFromHTTP(nil, nil, "", []byte(`{"partners":[{"name":"n","contact":{"name":"a"}},{}],"x":"`+strings.Repeat("y", 100)+`"}`))
		call(t, "CreatePlatformPartners").Violations(wire[:min(cut, len(wire))])
		wire, _ = call(t, "UpdatePlatformPartner").WireFromHTTP(nil, []string{"p"}, "", []byte(`{"userDefinedProperties":{"grade":{"string":1},"region":{}}}`))
		call(t, "UpdatePlatformPartner").Violations(wire[:min(cut, len(wire))])
	}
}
