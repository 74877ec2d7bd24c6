package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/portoneclient/sandboxtest"
	"github.com/portone-gateway/portone-gateway/portoneclient/webhook"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

const (
	secret = "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=="
	other  = "b3RoZXItc2VjcmV0"
	body   = `{"type":"Transaction.Paid","timestamp":"2026-01-02T03:04:05.678Z","data":{"storeId":"s-1","paymentId":"p-1","transactionId":"t-1","new":{"n":1}}}`
)

var now = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)

// sign signs as PortOne does.
func sign(secret, id, stamp, body string) string {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, id+"."+stamp+"."+body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func header(id, stamp string, signatures ...string) http.Header {
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {strings.Join(signatures, " ")}}
}

func TestVerify(t *testing.T) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	right := sign(secret, "id-1", stamp, body)
	at := func(d time.Duration) http.Header {
		stamp := strconv.FormatInt(now.Add(d).Unix(), 10)
		return header("id-1", stamp, sign(secret, "id-1", stamp, body))
	}
	twice := header("id-1", stamp, right)
	twice.Add("Webhook-Signature", right)
	tests := []struct {
		name   string
		header http.Header
		body   string
		want   error
	}{
		{"right", header("id-1", stamp, right), body, nil},
		{"by the other secret", header("id-1", stamp, sign(other, "id-1", stamp, body)), body, nil},
		{"among others", header("id-1", stamp, "v1a,AAAA", "v1,AAAA", "nonsense", right), body, nil},
		{"five minutes ago", at(-5 * time.Minute), body, nil},
		{"older", at(-5*time.Minute - time.Second), body, webhook.ErrTimestamp},
		{"from the future", at(5*time.Minute + time.Second), body, webhook.ErrTimestamp},
		{"another body", header("id-1", stamp, right), body + " ", webhook.ErrSignature},
		{"another id", header("id-2", stamp, right), body, webhook.ErrSignature},
		{"another time", header("id-1", stamp+"0", right), body, webhook.ErrSignature},
		{"by nobody's secret", header("id-1", stamp, sign("bm9ib2R5", "id-1", stamp, body)), body, webhook.ErrSignature},
		{"of another version", header("id-1", stamp, strings.Replace(right, "v1,", "v2,", 1)), body, webhook.ErrSignature},
		{"no signature", header("id-1", stamp, ""), body, webhook.ErrHeaders},
		{"signed twice over", twice, body, webhook.ErrHeaders},
		{"no headers", http.Header{}, body, webhook.ErrHeaders},
		{"no number", header("id-1", "now", right), body, webhook.ErrHeaders},
		{"a line break in the id", header("id\n1", stamp, right), body, webhook.ErrHeaders},
		{"a long id", header(strings.Repeat("x", 300), stamp, right), body, webhook.ErrHeaders},
		{"no JSON", header("id-1", stamp, sign(secret, "id-1", stamp, "{")), "{", webhook.ErrBody},
		{"no object", header("id-1", stamp, sign(secret, "id-1", stamp, "null")), "null", webhook.ErrBody},
	}
	verifier, err := webhook.NewVerifier(secret, other)
	if err != nil {
		t.Fatal(err)
	}
	verifier.Now = func() time.Time { return now }
	for _, test := range tests {
		event, err := verifier.Verify(test.header, []byte(test.body))
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) || (event == nil) != (err != nil) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	event, err := verifier.Verify(header("id-1", stamp, right), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if event.ID != "id-1" || event.Type != "Transaction.Paid" || event.StoreID != "s-1" || event.PaymentID != "p-1" || event.TransactionID != "t-1" ||
		string(event.Data["new"]) != `{"n":1}` || event.Timestamp.Nanosecond() != 678_000_000 || !event.SentAt.Equal(now) {
		t.Errorf("read as %+v", event)
	}
}

func TestOldVersion(t *testing.T) {
	body, stamp := `{"payment_id":"p-1","tx_id":"t-1","status":"Paid"}`, strconv.FormatInt(now.Unix(), 10)
	verifier, err := webhook.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier.Now = func() time.Time { return now }
	event, err := verifier.Verify(header("id-1", stamp, sign(secret, "id-1", stamp, body)), []byte(body))
	if err != nil || event.PaymentID != "p-1" || event.TransactionID != "t-1" || event.Type != "" || string(event.Data["status"]) != `"Paid"` {
		t.Errorf("%+v, %v", event, err)
	}
}

func TestSecrets(t *testing.T) {
	for name, secrets := range map[string][]string{
		"none": nil, "empty": {""}, "a prefix alone": {"whsec_"}, "no base64": {"whsec_not base64"}, "one of two": {secret, ""},
	} {
		_, err := webhook.NewVerifier(secrets...)
		if err == nil || strings.Contains(err.Error(), "not base64 ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	verifier, err := webhook.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, verifier); strings.Contains(text, "secret") || strings.Contains(text, "115") {
			t.Errorf("%s shows %s", format, text)
		}
	}
}

// TestFromTheSandbox verifies what the sandbox posts when a payment is made.
func TestFromTheSandbox(t *testing.T) {
	verifier, err := webhook.NewVerifier(sandbox.DefaultWebhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		event *webhook.Event
		err   error
	}
	results := make(chan result, 10)
	shop := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		event, err := verifier.Verify(r.Header, body)
		results <- result{event, err}
	}))
	defer shop.Close()
	box := sandboxtest.Start(t, sandbox.Options{WebhookURL: shop.URL})
	payments := portonev2.NewPaymentServiceClient(box.Conn)
	_, err = payments.PayInstantly(t.Context(), &portonev2.PayInstantlyRequest{
		PaymentId: "p-1", ChannelKey: proto.String("channel-key-sandbox"), OrderName: proto.String("order"), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		Amount: &portonev2.PaymentAmountInput{Total: proto.Int64(1000)},
		Method: &portonev2.InstantPaymentMethodInput{Card: &portonev2.InstantPaymentMethodInputCard{Credential: &portonev2.CardCredential{
			Number: proto.String("4242424242424242"), ExpiryYear: proto.String("99"), ExpiryMonth: proto.String("12")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := <-results
	if got.err != nil || got.event.PaymentID != "p-1" || !strings.HasPrefix(got.event.Type, "Transaction.") {
		t.Errorf("%+v, %v", got.event, got.err)
	}
}
