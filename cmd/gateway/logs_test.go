package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// private are texts that the calls of this file and their answers are full of, and
// that no log may have: secrets, keys, cards, people and ids.
var private = []string{
	testSecret, "private-key-0123456789", "private-payment", "private-billing-key", "private-store",
	"4242424242424242", "4242-4242", "홍길동", "private@example.com", "01012345678", "private-order", "private-message", "private-answer",
	"private-caller-token", "private-query", "private-custom",
}

// privateBody is a payment by card, as a caller sends it.
const privateBody = `{"storeId":"private-store","channelKey":"private-channel","orderName":"private-order","currency":"KRW","amount":{"total":1000},
	"customer":{"name":{"full":"홍길동"},"email":"private@example.com","phoneNumber":"01012345678"},"customData":"private-custom",
	"method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"99","expiryMonth":"12"}}}}`

// privateRequests are requests by REST, good ones and bad ones.
var privateRequests = []struct{ name, method, target, body string }{
	{"a payment", "POST", "/payments/private-payment/instant", privateBody},
	{"half a payment", "POST", "/payments/private-payment/instant", privateBody[:len(privateBody)-40]},
	{"an amount that is none", "POST", "/payments/private-payment/instant", `{"orderName":"private-order","amount":{"total":"4242424242424242"}}`},
	{"a member twice", "POST", "/payments/private-payment/instant", `{"orderName":"private-order","orderName":"홍길동"}`},
	{"an unknown currency", "POST", "/payments/private-payment/instant", `{"currency":"private-custom"}`},
	{"a number out of range", "POST", "/payments/private-payment/instant", `{"amount":{"total":42424242424242424242424242}}`},
	{"bad UTF-8", "POST", "/payments/private-payment/instant", "{\"orderName\":\"private-order\xff\"}"},
	{"a bad escape", "POST", "/payments/private-payment/instant", `{"orderName":"private-order\q"}`},
	{"no JSON", "POST", "/payments/private-payment/instant", "private-order 4242424242424242"},
	{"a list", "POST", "/payments/private-payment/instant", `["private-order"]`},
	{"a read", "GET", "/payments/private-payment?storeId=private-store&private-query=1", ""},
	{"a body in the query", "GET", "/payments?requestBody=%7B%22filter%22:%7B%22storeId%22:%22private-store", ""},
	{"a bad query", "GET", "/payments/private-payment?storeId=%zzprivate-query", ""},
	{"no operation", "GET", "/private-query/홍길동", ""},
	{"another method", "PUT", "/payments/private-payment", ""},
}

// privateAnswers are what PortOne says, or somebody in its place, as it should be and
// not.
var privateAnswers = map[string]http.HandlerFunc{
	"well": func(w http.ResponseWriter, r *http.Request) {
		answerWith(http.StatusOK, `{"payment":{"pgTxId":"private-answer","paidAt":"2026-01-02T03:04:05Z"},"status":"FAILED","id":"private-payment"}`)(w, r)
	},
	"typed error":         answerWith(http.StatusConflict, `{"type":"PG_PROVIDER","message":"private-message 홍길동","pgCode":"private-answer","pgMessage":"private-message"}`),
	"wrong type in it":    answerWith(http.StatusOK, `{"payment":{"pgTxId":{"private-answer":"4242424242424242"}},"status":"PAID","customer":"홍길동","items":"private-answer"}`),
	"half an answer":      answerWith(http.StatusOK, `{"payment":{"pgTxId":"private-answer`),
	"a type that is none": answerWith(http.StatusConflict, `{"type":"홍길동 01012345678"}`),
	"a page of a firewall": func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answerWith(http.StatusForbidden, "<html><pre>"+string(body)+r.RequestURI)(w, r)
	},
	"no object":            answerWith(http.StatusOK, `"private-answer"`),
	"half a typed error":   answerWith(http.StatusBadRequest, `{"type":"INVALID_REQUEST"`),
	"typed error too deep": answerWith(http.StatusBadRequest, `{"type":"INVALID_REQUEST","deep":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`),
	"cut off":              func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"a moved PortOne":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
	"a header that is wrong": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Private", "private-answer")
		answerWell(w, r)
	},
}

// TestLogsAreDiscreet makes every request with every answer, at debug level, and
// looks for private texts in the log.
func TestLogsAreDiscreet(t *testing.T) {
	for name, answer := range privateAnswers {
		formats := []string{"json"}
		if name == "well" || name == "wrong type in it" { // formats differ in form alone
			formats = append(formats, "text")
		}
		for _, format := range formats {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				portone := newStub(t, answer)
				p := launch(t, []string{"PORTONE_API_SECRET=" + testSecret}, append([]string{"--upstream-url=" + portone.url, "--log-level=debug", "--log-format=" + format}, anyPorts...)...)
				p.listens(t)
				privateCalls(t, p)
				p.signal(t, syscall.SIGTERM)
				p.wait(t)
				log := p.stderr.String()
				if !strings.Contains(log, "PayInstantly") {
					t.Errorf("the calls are not in the log:\n%s", log)
				}
				for _, text := range private {
					for line := range strings.Lines(log) {
						if strings.Contains(line, text) {
							t.Errorf("the log has %s: %s", text, line)
						}
					}
				}
			})
		}
	}
}

var listensAt = regexp.MustCompile(`"?grpc"?[=:]"?([^" ]+)"? ?,?"?http"?[=:]"?([^" ,]+)"? ?,?"?admin"?[=:]"?([^" ,]+)`)

// listens waits until it serves, whatever the format of its log.
func (p *program) listens(t *testing.T) {
	t.Helper()
	at := listensAt.FindStringSubmatch(p.stderr.awaitLine(t, "serving", p.exited))
	if at == nil {
		t.Fatalf("it does not say where it listens:\n%s", p.stderr)
	}
	p.grpc, p.http, p.admin = at[1], at[2], at[3]
}

// privateCalls makes all requests by REST, and some by gRPC. How they end does not
// matter.
func privateCalls(t *testing.T, p *program) {
	t.Helper()
	for _, key := range []string{"private-key-0123456789", `"private-key-0123456789`, "private-key-0123456789 홍길동"} {
		for _, r := range privateRequests {
			headers := []string{"Idempotency-Key: " + key, "Authorization: Bearer private-caller-token", "Cookie: private-caller-token", "Content-Type: application/json"}
			if _, err := ask(t.Context(), p.http, r.method, r.target, r.body, headers...); err != nil {
				t.Errorf("%s: %v", r.name, err)
			}
		}
	}
	client := portonev2.NewPaymentServiceClient(p.dial(t))
	_, _ = client.GetPayment(t.Context(), &portonev2.GetPaymentRequest{PaymentId: "private-payment", StoreId: proto.String("private-store")})
	_, _ = client.PayInstantly(t.Context(), &portonev2.PayInstantlyRequest{PaymentId: "private-payment", OrderName: proto.String("private-order"),
		Unrecognized: map[string]string{"newMember": "홍길동"}})
	_, _ = client.PayInstantly(t.Context(), &portonev2.PayInstantlyRequest{PaymentId: ".."})
	privateMetadata(t, p)
}

// privateMetadata makes a call by gRPC with a header that is no metadata, which
// grpc-go refuses, and tells its own log.
func privateMetadata(t *testing.T, p *program) {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.grpc+"/portone.v2.PaymentService/GetPayment", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "X-Bin": {"private-custom 홍길동"}}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err == nil {
		resp.Body.Close()
	}
}

// TestLogFormats reads the log: every line is a record with time, level and
// message.
func TestLogFormats(t *testing.T) {
	line := map[string]func(t *testing.T, line string){
		"json": func(t *testing.T, line string) {
			var record struct{ Time, Level, Msg string }
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Time == "" || record.Level == "" || record.Msg == "" {
				t.Errorf("%v: %s", err, line)
			}
		},
		"text": func(t *testing.T, line string) {
			if !regexp.MustCompile(`^time=\S+ level=[A-Z]+ msg=(\w+|"[^"]+")( [a-z_]+=(\S+|"(\\"|[^"])*"))*\n$`).MatchString(line) {
				t.Errorf("no record: %s", line)
			}
		},
	}
	for format, check := range line {
		t.Run(format, func(t *testing.T) {
			portone := newStub(t, answerWith(http.StatusBadGateway, "<html>\n\"quoted\"\n"))
			p := launch(t, []string{"PORTONE_API_SECRET=" + testSecret, "PORTONE_GATEWAY_UPSTREAM_URL=" + portone.url, "PORTONE_GATEWAY_LOG_FORMAT=" + format,
				"GRPC_GO_LOG_SEVERITY_LEVEL=info", "GRPC_GO_LOG_VERBOSITY_LEVEL=99"}, anyPorts...) // which gateways do not heed
			p.listens(t)
			if _, err := pay(t.Context(), p.dial(t), "payment-1"); err == nil {
				t.Error("no error")
			}
			privateMetadata(t, p)
			p.signal(t, syscall.SIGTERM)
			if status := p.wait(t); status != 0 {
				t.Errorf("it ends with %d", status)
			}
			for line := range strings.Lines(p.stderr.String()) {
				check(t, line)
			}
		})
	}
}

// TestLogLevels: what is logged at which level.
func TestLogLevels(t *testing.T) {
	for _, test := range []struct {
		level     string
		has, lack []string
	}{
		{"debug", []string{"serving", "GetPayments", "PayWithBillingKey", "ALREADY_PAID", "drained", `"msg":"grpc"`}, nil},
		{"info", []string{"serving", "PayWithBillingKey", "ALREADY_PAID", "drained"}, []string{"GetPayments", `"msg":"grpc"`}},
		{"warn", nil, []string{"serving", "GetPayments", "PayWithBillingKey", "drained", `"msg":"grpc"`}},
		{"error", nil, []string{"serving", "GetPayments", "PayWithBillingKey", "drained", `"msg":"grpc"`}},
	} {
		t.Run(test.level, func(t *testing.T) {
			folder := socketFolder(t) // without "serving", no one would know the ports
			portone := newStub(t, nil)
			p := launch(t, []string{"PORTONE_API_SECRET=" + testSecret}, append([]string{"--upstream-url=" + portone.url, "--log-level=" + test.level}, onSockets(folder)...)...)
			p.onSocketsOf(t, folder)
			if err := list(t.Context(), p.dial(t)); err != nil {
				t.Error(err)
			}
			portone.set(answerWith(http.StatusConflict, `{"type":"ALREADY_PAID"}`))
			_, _ = pay(t.Context(), p.dial(t), "payment-1")
			p.signal(t, syscall.SIGTERM)
			if status := p.wait(t); status != 0 {
				t.Errorf("it ends with %d", status)
			}
			log := p.stderr.String()
			for _, text := range test.has {
				if !strings.Contains(log, text) {
					t.Errorf("there is no %s:\n%s", text, log)
				}
			}
			for _, text := range test.lack {
				if strings.Contains(log, text) {
					t.Errorf("there is %s:\n%s", text, log)
				}
			}
		})
	}
}
