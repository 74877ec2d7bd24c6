package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// caller calls a gateway by both transports, with what it is known by.
type caller struct {
	program *program
	tls     *tls.Config // nil for none
	headers []string    // name: value
}

// refund is a refund as a caller asks for it; raw members replace typed ones.
type refund struct {
	store  string
	amount int64 // 0 for none
	raw    map[string]string
}

// ended is how a call ended; kind is the reason or type of its error.
type ended struct {
	code codes.Code
	http int
	kind string
}

func (e ended) String() string { return fmt.Sprintf("%v %d %s", e.code, e.http, e.kind) }

// byGRPC makes a refund by gRPC.
func (c caller) byGRPC(t *testing.T, r refund) ended {
	t.Helper()
	with := insecure.NewCredentials()
	if c.tls != nil {
		with = credentials.NewTLS(c.tls)
	}
	target := "passthrough:///" + c.program.grpc
	if strings.HasPrefix(c.program.grpc, "/") {
		target = "unix://" + c.program.grpc
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(with))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, header := range c.headers {
		name, value, _ := strings.Cut(header, ": ")
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	request := &portonev2.CancelPaymentRequest{PaymentId: "payment-1", Reason: proto.String("r"), Unrecognized: r.raw}
	if r.store != "" {
		request.StoreId = &r.store
	}
	if r.amount != 0 {
		request.Amount = &r.amount
	}
	_, err = portonev2.NewPaymentServiceClient(conn).CancelPayment(ctx, request)
	return ended{code: status.Code(err), kind: reasonOf(err)}
}

// byREST makes it by REST.
func (c caller) byREST(t *testing.T, r refund) ended {
	t.Helper()
	members := []string{`"reason":"r"`}
	if r.store != "" {
		members = append(members, fmt.Sprintf(`"storeId":%q`, r.store))
	}
	if r.amount != 0 {
		members = append(members, fmt.Sprintf(`"amount":%d`, r.amount))
	}
	target := "/payments/payment-1/cancel"
	for name, raw := range r.raw {
		if parameter, ok := strings.CutPrefix(name, "?"); ok {
			target += "?" + parameter + "=" + strings.Trim(raw, `"`)
		} else {
			members = append(members, fmt.Sprintf("%q:%s", strings.TrimPrefix(name, "{}"), raw))
		}
	}
	a, err := c.ask(t, http.MethodPost, target, "{"+strings.Join(members, ",")+"}")
	if err != nil {
		t.Fatal(err)
	}
	var e struct{ Type string }
	_ = json.Unmarshal([]byte(a.body), &e)
	return ended{http: a.status, kind: e.Type}
}

// ask makes a request by REST, and returns the error of a connection that is not taken.
func (c caller) ask(t *testing.T, method, target, body string) (answer, error) {
	t.Helper()
	network, scheme := "tcp", "http"
	if strings.HasPrefix(c.program.http, "/") {
		network = "unix"
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: c.tls, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.program.http)
	}}
	if c.tls != nil {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(t.Context(), method, scheme+"://localhost"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for _, header := range c.headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	response, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

// merchant is a PortOne that says which secret and request came, in place of an answer.
type merchant struct {
	url string
	mu  sync.Mutex
	got []string // secret, path, body
}

func newMerchant(t *testing.T) *merchant {
	m := &merchant{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		m.got = append(m.got, strings.TrimPrefix(r.Header.Get("Authorization"), "PortOne ")+" "+r.URL.RequestURI()+" "+string(body))
		m.mu.Unlock()
		answerWith(http.StatusOK, `{"cancellation":{"status":"SUCCEEDED","id":"c","totalAmount":1,"taxFreeAmount":0,"vatAmount":0,"reason":"r","requestedAt":"2026-01-02T03:04:05Z","cancelledAt":"2026-01-02T03:04:05Z"}}`)(w, r)
	}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

// take returns what came since.
func (m *merchant) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.got
	m.got = nil
	return got
}

// issuer is a login server with one key.
type issuer struct {
	url string
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(answerWith(http.StatusOK, string(set)))
	t.Cleanup(server.Close)
	return &issuer{server.URL, key}
}

// token makes one, with some claims replaced.
func (i *issuer) token(t *testing.T, replaced map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": "https://login.example.com", "aud": "gw", "sub": "desk", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range replaced {
		claims[name] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	webID   = "spiffe://example.com/ns/shop/sa/web"
	otherID = "spiffe://example.com/ns/other/sa/other"
)
