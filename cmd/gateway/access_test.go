package main

import (
	"bytes"
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
	"os"
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

	"github.com/portone-gateway/portone-gateway/access/certtest"
	"github.com/portone-gateway/portone-gateway/access/identity"
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

// guarded is a gateway with a policy, and what callers of it are known by.
type guarded struct {
	*program
	merchant *merchant
	issuer   *issuer
	ca       *certtest.CA
	dir      string
	policy   string // path
	text     string // of the policy
	key, old string
}

const policyText = `version: 1
secrets:
  shop:   {file: %[1]s/shop, store: store-a}
  market: {file: %[1]s/market, store: store-m}
stores:
  a: {id: store-a, secret: shop}
  m: {id: store-m, secret: market}
issuers:
  corp: {issuer: "https://login.example.com", audience: gw, jwks: %[2]q, algorithms: [ES256]}
%[6]s
roles:
  refund-small: [{rpcs: [PaymentService/CancelPayment], when: request.amount > 0 && request.amount <= 1000}]
  refund: [{rpcs: [PaymentService/CancelPayment]}]
  read: [{rpcs: [PaymentService/Get*]}]
callers:
  web:   {is: [{spiffe: "spiffe://example.com/ns/shop/sa/web"}], may: [refund-small], on: [a]}
  dns:   {is: [{dns: jobs.example.com}], may: [refund], on: [a, m]}
  php:   {is: [{key: %[3]q, id: php-2026}, {key: %[4]q, id: php-2025, until: 2025-12-31}], may: [refund], on: [m]}
  desk:  {is: [{issuer: corp, claims: {sub: desk}}], may: [refund-small], on: [a]}
  unix:  {is: [{uid: %[5]d}], may: [refund], on: [a]}
  slow:  {is: [{issuer: corp, claims: {sub: slow}}], may: [refund], on: [a], limit: {rate: 2/h, burst: 2}}
  none:  {is: [{issuer: corp, claims: {sub: none}}], may: [read], on: [a]}
  keyed: {is: [{issuer: corp, claims: {sub: keyed}}], may: [refund], on: [a], require_idempotency_key: true}
`

// startGuarded starts a gateway with a policy. Mesh is a part of it; flags are further
// ones.
func startGuarded(t *testing.T, withTLS bool, mesh string, flags ...string) *guarded {
	t.Helper()
	g := &guarded{merchant: newMerchant(t), issuer: newIssuer(t), ca: certtest.NewCA(t, "ca"), dir: t.TempDir()}
	certtest.Write(t, g.dir, "shop", []byte("secret-of-shop\n"))
	certtest.Write(t, g.dir, "market", []byte("secret-of-market\n"))
	var hash, oldHash identity.KeyHash
	var err error
	if g.key, hash, err = identity.NewKey("php-2026"); err != nil {
		t.Fatal(err)
	}
	if g.old, oldHash, err = identity.NewKey("php-2025"); err != nil {
		t.Fatal(err)
	}
	g.text = fmt.Sprintf(policyText, g.dir, g.issuer.url, hash, oldHash, os.Getuid(), mesh)
	g.policy = certtest.Write(t, g.dir, "policy.yaml", []byte(g.text))
	certtest.Write(t, g.dir, "audit-key", bytes.Repeat([]byte("k"), 32))
	args := []string{"--policy-file=" + g.policy, "--audit-file=" + g.dir + "/audit", "--audit-key-file=" + g.dir + "/audit-key"}
	if withTLS {
		leaf := g.ca.Issue("localhost", "127.0.0.1")
		args = append(args, "--tls-cert-file="+certtest.Write(t, g.dir, "tls.crt", leaf.Cert), "--tls-key-file="+certtest.Write(t, g.dir, "tls.key", leaf.Key),
			"--tls-client-ca-file="+certtest.Write(t, g.dir, "ca.pem", g.ca.PEM))
	}
	g.program = startWith(t, []string{"PORTONE_GATEWAY_UPSTREAM_URL=" + g.merchant.url}, append(args, flags...)...)
	return g
}

// as is a caller with a certificate for names, if there are any, and headers.
func (g *guarded) as(t *testing.T, names []string, headers ...string) caller {
	t.Helper()
	c := caller{program: g.program, headers: headers, tls: &tls.Config{RootCAs: g.ca.Pool(), ServerName: "localhost"}}
	if len(names) > 0 {
		c.tls.Certificates = []tls.Certificate{g.ca.Issue(names...).TLS(t)}
	}
	return c
}

// expect makes a refund by both transports and checks how it ends, and by which secret
// it goes up; an empty secret wants it not to go up.
func (g *guarded) expect(t *testing.T, c caller, r refund, want ended, secret string) {
	t.Helper()
	byGRPC := c.byGRPC(t, r)
	if byGRPC.code != want.code || byGRPC.kind != want.kind {
		t.Errorf("by gRPC it ends with %v, want %v", byGRPC, want)
	}
	byREST := c.byREST(t, r)
	if byREST.http != want.http || byREST.kind != want.kind {
		t.Errorf("by REST it ends with %v, want %v", byREST, want)
	}
	got := g.merchant.take()
	if secret == "" && len(got) > 0 {
		t.Errorf("PortOne got %q", got)
	}
	if secret != "" && (len(got) != 2 || !strings.HasPrefix(got[0], secret+" ") || !strings.HasPrefix(got[1], secret+" ")) {
		t.Errorf("PortOne got %q, want two requests with %s", got, secret)
	}
}

var (
	wentWell     = ended{codes.OK, http.StatusOK, ""}
	unidentified = ended{codes.Unauthenticated, http.StatusUnauthorized, "UNIDENTIFIED_CALLER"}
	notAllowed   = ended{codes.PermissionDenied, http.StatusForbidden, "NOT_ALLOWED"}
	notJudgeable = ended{codes.PermissionDenied, http.StatusForbidden, "NOT_JUDGEABLE"}
)

// TestIdentities calls a gateway over TLS with everything that callers are known by, and
// with what they must not be.
func TestIdentities(t *testing.T) {
	g := startGuarded(t, true, "")
	token := func(claims map[string]any) string { return "authorization: Bearer " + g.issuer.token(t, claims) }
	key := "authorization: PortOne " + g.key
	small := refund{amount: 500}
	for name, test := range map[string]struct {
		caller caller
		want   ended
		secret string
	}{
		"SPIFFE ID":                       {g.as(t, []string{webID}), wentWell, "secret-of-shop"},
		"DNS name":                        {g.as(t, []string{"jobs.example.com"}), ended{codes.PermissionDenied, 403, "NOT_JUDGEABLE"}, ""}, // names no store
		"key":                             {g.as(t, nil, key), wentWell, "secret-of-market"},
		"key as bearer":                   {g.as(t, nil, "authorization: Bearer "+g.key), wentWell, "secret-of-market"},
		"token":                           {g.as(t, nil, token(nil)), wentWell, "secret-of-shop"},
		"placeholder and certificate":     {g.as(t, []string{webID}, "authorization: PortOne unused"), wentWell, "secret-of-shop"},
		"nothing":                         {g.as(t, nil), unidentified, ""},
		"placeholder alone":               {g.as(t, nil, "authorization: PortOne secret-of-shop"), unidentified, ""},
		"certificate of nobody":           {g.as(t, []string{otherID}), unidentified, ""},
		"certificate and another's key":   {g.as(t, []string{webID}, key), unidentified, ""},
		"nobody's certificate and key":    {g.as(t, []string{otherID}, key), unidentified, ""},
		"key, cut short":                  {g.as(t, nil, key[:len(key)-1]), unidentified, ""},
		"key with another id":             {g.as(t, nil, strings.Replace(key, "php-2026", "php-2025", 1)), unidentified, ""},
		"expired key":                     {g.as(t, nil, "authorization: PortOne "+g.old), unidentified, ""},
		"key twice":                       {g.as(t, nil, key, key), unidentified, ""},
		"key and token":                   {g.as(t, nil, key, token(nil)), unidentified, ""},
		"expired token":                   {g.as(t, nil, token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})), unidentified, ""},
		"token for another audience":      {g.as(t, nil, token(map[string]any{"aud": "other"})), unidentified, ""},
		"token of another issuer":         {g.as(t, nil, token(map[string]any{"iss": "https://evil.example"})), unidentified, ""},
		"token of nobody":                 {g.as(t, nil, token(map[string]any{"sub": "stranger"})), unidentified, ""},
		"basic":                           {g.as(t, nil, "authorization: Basic eDp5"), unidentified, ""},
		"mesh's header, switched off":     {g.as(t, nil, "x-forwarded-client-cert: URI="+webID), unidentified, ""},
		"mesh's header and certificate":   {g.as(t, []string{webID}, "x-forwarded-client-cert: URI="+otherID), wentWell, "secret-of-shop"},
		"role that is missing":            {g.as(t, nil, token(map[string]any{"sub": "none"})), notAllowed, ""},
		"idempotency key that is missing": {g.as(t, nil, token(map[string]any{"sub": "keyed"})), ended{codes.InvalidArgument, 400, "IDEMPOTENCY_KEY_REQUIRED"}, ""},
	} {
		t.Run(name, func(t *testing.T) { g.expect(t, test.caller, small, test.want, test.secret) })
	}
	t.Run("challenge", func(t *testing.T) {
		a, err := g.as(t, nil).ask(t, http.MethodGet, "/payments/p", "")
		if err != nil || a.status != http.StatusUnauthorized || strings.Join(a.header.Values("Www-Authenticate"), ", ") != "PortOne, Bearer" {
			t.Errorf("%d with %q, %v", a.status, a.header.Values("Www-Authenticate"), err)
		}
	})
	t.Run("health is for everybody", func(t *testing.T) {
		if a := get(t, g.admin, "/readyz"); a.status != http.StatusOK {
			t.Errorf("readyz: %d", a.status)
		}
	})
	t.Run("clear text", func(t *testing.T) {
		c := caller{program: g.program, headers: []string{key}}
		if a, err := c.ask(t, http.MethodGet, "/payments/p", ""); err == nil && a.status != http.StatusBadRequest {
			t.Errorf("a request in clear text is answered with %d", a.status)
		}
	})
	for _, secret := range []string{g.key, g.old, "secret-of-shop", "secret-of-market", g.issuer.token(t, nil)[:40]} {
		if strings.Contains(g.stderr.String(), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
}

// TestStoresAndConditions makes requests that a policy allows or not by what they say,
// typed and by `unrecognized`.
func TestStoresAndConditions(t *testing.T) {
	g := startGuarded(t, true, "")
	web, jobs := g.as(t, []string{webID}), g.as(t, []string{"jobs.example.com"})
	for name, test := range map[string]struct {
		caller caller
		refund refund
		want   ended
		secret string
	}{
		"small":             {web, refund{store: "store-a", amount: 1000}, wentWell, "secret-of-shop"},
		"large":             {web, refund{store: "store-a", amount: 1001}, notAllowed, ""},
		"all that is left":  {web, refund{store: "store-a"}, notAllowed, ""},
		"other store":       {web, refund{store: "store-m", amount: 1}, notAllowed, ""},
		"store by store":    {jobs, refund{store: "store-m", amount: 5000}, wentWell, "secret-of-market"},
		"raw":               {web, refund{raw: map[string]string{"amount": "1000", "storeId": `"store-a"`}}, wentWell, "secret-of-shop"},
		"raw, large":        {web, refund{raw: map[string]string{"amount": "1000000"}}, notAllowed, ""},
		"raw, fraction":     {web, refund{raw: map[string]string{"amount": "100.5"}}, notJudgeable, ""},
		"raw, text":         {web, refund{raw: map[string]string{"amount": `"1"`}}, notJudgeable, ""},
		"raw, null":         {web, refund{raw: map[string]string{"amount": "null"}}, notJudgeable, ""},
		"raw, other store":  {web, refund{amount: 1, raw: map[string]string{"storeId": `"store-m"`}}, notAllowed, ""},
		"raw, no store":     {web, refund{amount: 1, raw: map[string]string{"storeId": "null"}}, notJudgeable, ""},
		"other case":        {web, refund{store: "store-a", amount: 1, raw: map[string]string{"Amount": "9"}}, notJudgeable, ""},
		"name of the proto": {web, refund{store: "store-a", amount: 1, raw: map[string]string{"store_id": `"store-m"`}}, notJudgeable, ""},
		"parameter":         {web, refund{store: "store-a", amount: 1, raw: map[string]string{"?storeId": `"store-m"`}}, notJudgeable, ""},
		"unknown member":    {web, refund{store: "store-a", amount: 1, raw: map[string]string{"newThing": "1"}}, notJudgeable, ""},
	} {
		t.Run(name, func(t *testing.T) { g.expect(t, test.caller, test.refund, test.want, test.secret) })
	}
	t.Run("paths", func(t *testing.T) {
		for _, target := range []string{"/payments/x%2Fcancel/cancel", "//payments/x/cancel", "/payments/x/../y/cancel", "/payments/x;a=b/cancel", "/PAYMENTS/x/cancel", "/payments/x/cancel/"} {
			a, err := g.as(t, []string{webID}).ask(t, http.MethodPost, target, `{"amount":1,"reason":"r"}`)
			if err != nil || a.status/100 == 2 {
				t.Errorf("%s: %d, %v", target, a.status, err)
			}
		}
		if got := g.merchant.take(); len(got) > 0 {
			t.Errorf("PortOne got %q", got)
		}
	})
	t.Run("methods", func(t *testing.T) {
		c := g.as(t, []string{webID}, "X-HTTP-Method-Override: DELETE")
		if a, err := c.ask(t, http.MethodGet, "/payments/x", ""); err != nil || a.status != http.StatusForbidden {
			t.Errorf("%d, %v", a.status, err)
		}
	})
}

// TestOracle holds the answers to refusals against each other: a foreign store, a
// condition that does not hold and a role that is missing look the same.
func TestOracle(t *testing.T) {
	g := startGuarded(t, true, "")
	body := func(c caller, request string) string {
		a, err := c.ask(t, http.MethodPost, "/payments/p/cancel", request)
		if err != nil {
			t.Fatal(err)
		}
		if a.header.Get("Idempotency-Key") != "" {
			t.Error("a refusal has an idempotency key")
		}
		return strings.NewReplacer(a.header.Get("X-Request-Id"), "", "none", "web", "desk", "web").Replace(a.body)
	}
	web := g.as(t, []string{webID})
	first := body(web, `{"amount":1,"reason":"r","storeId":"store-m"}`)
	for name, other := range map[string]string{
		"condition": body(web, `{"amount":9999,"reason":"r","storeId":"store-a"}`),
		"no store":  body(web, `{"amount":1,"reason":"r","storeId":"store-x"}`),
		"no role":   body(g.as(t, nil, "authorization: Bearer "+g.issuer.token(t, map[string]any{"sub": "none"})), `{"amount":1,"reason":"r"}`),
	} {
		if other != first {
			t.Errorf("%s: \n%s\nother store:\n%s", name, other, first)
		}
	}
	for _, secret := range []string{"1000", "store-a", "refund-small", "policy"} {
		if strings.Contains(first, secret) {
			t.Errorf("a refusal shows %s: %s", secret, first)
		}
	}
}

// TestLimitOfACaller makes more calls than a caller may.
func TestLimitOfACaller(t *testing.T) {
	g := startGuarded(t, true, "")
	slow := g.as(t, nil, "authorization: Bearer "+g.issuer.token(t, map[string]any{"sub": "slow"}))
	g.expect(t, slow, refund{amount: 1}, wentWell, "secret-of-shop")
	g.expect(t, slow, refund{amount: 1}, ended{codes.ResourceExhausted, http.StatusTooManyRequests, "CALLER_LIMIT"}, "")
	a, err := slow.ask(t, http.MethodPost, "/payments/p/cancel", `{"reason":"r"}`)
	if err != nil || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "RetryInfo") {
		t.Errorf("it says %q, %v: %s", a.header.Get("Retry-After"), err, a.body)
	}
	g.expect(t, g.as(t, []string{webID}), refund{amount: 1}, wentWell, "secret-of-shop") // nobody else's
}

// TestUnixSocket knows callers by their user.
func TestUnixSocket(t *testing.T) {
	folder := socketFolder(t)
	g := startGuarded(t, false, "", onSockets(folder)...)
	c := caller{program: g.program}
	g.expect(t, c, refund{store: "store-a", amount: 5000}, wentWell, "secret-of-shop")
	c.headers = []string{"authorization: PortOne " + g.key}
	g.expect(t, c, refund{store: "store-a", amount: 5000}, unidentified, "") // two callers
}

// TestMesh believes x-forwarded-client-cert of the proxy, and of nobody else.
func TestMesh(t *testing.T) {
	const header = "x-forwarded-client-cert: By=spiffe://example.com/gw;Hash=00;Subject=\"CN=a\";URI="
	t.Run("from the proxy", func(t *testing.T) {
		g := startGuarded(t, false, "mesh: {proxies: [{net: 127.0.0.0/8}]}")
		g.edit(t, `web:   {is: [{spiffe:`, `web:   {is: [{mesh:`)
		c := caller{program: g.program, headers: []string{header + webID}}
		await(t, "the new policy", func() bool { return c.byGRPC(t, refund{amount: 1}).code == codes.OK })
		g.merchant.take()
		g.expect(t, c, refund{amount: 1}, wentWell, "secret-of-shop")
		for name, headers := range map[string][]string{
			"another":                 {header + otherID},
			"two":                     {header + otherID + ",URI=" + webID},
			"injected":                {`x-forwarded-client-cert: Hash=",` + "URI=" + webID},
			"twice":                   {header + webID, header + webID},
			"no header":               nil,
			"with the key of another": {header + webID, "authorization: PortOne " + g.key},
		} {
			t.Run(name, func(t *testing.T) {
				g.expect(t, caller{program: g.program, headers: headers}, refund{amount: 1}, unidentified, "")
			})
		}
	})
	t.Run("from somebody else", func(t *testing.T) {
		g := startGuarded(t, false, "mesh: {proxies: [{net: 10.0.0.0/8}]}")
		g.edit(t, `web:   {is: [{spiffe:`, `web:   {is: [{mesh:`)
		time.Sleep(1500 * time.Millisecond)
		g.expect(t, caller{program: g.program, headers: []string{header + webID}}, refund{amount: 1}, unidentified, "")
		// Also beside what would do alone.
		g.expect(t, caller{program: g.program, headers: []string{header + webID, "authorization: PortOne " + g.key}}, refund{amount: 1}, unidentified, "")
	})
}

// edit changes the policy's file, by replacing it.
func (g *guarded) edit(t *testing.T, from, to string) {
	t.Helper()
	next := strings.Replace(g.text, from, to, 1)
	if next == g.text {
		t.Fatalf("the policy has no %q", from)
	}
	g.text = next
	if err := os.Rename(certtest.Write(t, g.dir, "policy.new", []byte(next)), g.policy); err != nil {
		t.Fatal(err)
	}
}

// TestPolicyIsReadAgain changes the policy of a gateway that runs: by good files and bad
// ones, while calls are made.
func TestPolicyIsReadAgain(t *testing.T) {
	g := startGuarded(t, true, "")
	web := g.as(t, []string{webID})
	stop := make(chan struct{})
	var calls sync.WaitGroup
	calls.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if e := web.byREST(t, refund{amount: 10}); e != wentWell && e.http != http.StatusOK {
				t.Errorf("a call while files change ends with %v", e)
				return
			}
		}
	})
	g.edit(t, "request.amount <= 1000", "request.amount <= 2000")
	await(t, "the new condition", func() bool { return web.byGRPC(t, refund{amount: 1500}).code == codes.OK })
	g.edit(t, "request.amount <= 2000", "request.amuont <= 9000")
	await(t, "the problem", func() bool { return g.metrics(t).value(t, "portone_gateway_policy_reload_ok") == 0 })
	if e := web.byGRPC(t, refund{amount: 1500}); e.code != codes.OK {
		t.Errorf("under a bad file, a call ends with %v", e)
	}
	if a := get(t, g.admin, "/policy"); !strings.Contains(a.body, "undefined field") || !strings.Contains(a.body, `"callers":8`) {
		t.Errorf("/policy says %s", a.body)
	}
	certtest.Write(t, g.dir, "market", []byte("secret-of-market-2\n"))
	php := g.as(t, nil, "authorization: PortOne "+g.key)
	await(t, "the new secret", func() bool {
		php.byGRPC(t, refund{amount: 1})
		return strings.Contains(strings.Join(g.merchant.take(), "\n"), "secret-of-market-2 ")
	})
	if n := g.metrics(t).value(t, "portone_gateway_secret_generation", "secret", "market"); n != 2 {
		t.Errorf("the generation of the secret is %v", n)
	}
	close(stop)
	calls.Wait()
	g.edit(t, "request.amuont <= 9000", "request.amount <= 9000")
	await(t, "the file that is mended", func() bool { return web.byGRPC(t, refund{amount: 8000}).code == codes.OK })
	g.edit(t, `sub: desk`, `sub: nobody`)
	desk := g.as(t, nil, "authorization: Bearer "+g.issuer.token(t, nil))
	await(t, "the caller that is gone", func() bool { return desk.byGRPC(t, refund{amount: 1}).code == codes.Unauthenticated })
}

// TestCertificateIsRenewed renews the gateway's certificate while it runs.
func TestCertificateIsRenewed(t *testing.T) {
	g := startGuarded(t, true, "")
	serial := func() string {
		conn, err := tls.Dial("tcp", g.http, &tls.Config{RootCAs: g.ca.Pool(), ServerName: "localhost"})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Text(16)
	}
	first := serial()
	next := g.ca.Issue("localhost")
	certtest.Write(t, g.dir, "tls.crt", next.Cert)
	await(t, "the problem", func() bool { return g.metrics(t).value(t, "portone_gateway_tls_reload_ok") == 0 })
	if serial() != first {
		t.Error("half a renewal is in use")
	}
	certtest.Write(t, g.dir, "tls.key", next.Key)
	await(t, "the new certificate", func() bool { return serial() != first })
	for line := range strings.SplitSeq(string(next.Key), "\n") {
		if len(line) > 20 && strings.Contains(g.stderr.String(), line) {
			t.Error("the log shows the key")
		}
	}
}

// TestAuditOfTheGateway reads what is written down of calls.
func TestAuditOfTheGateway(t *testing.T) {
	g := startGuarded(t, true, "")
	web := g.as(t, []string{webID})
	web.byGRPC(t, refund{store: "store-a", amount: 7})
	web.byREST(t, refund{store: "store-a", amount: 7000})
	var text string
	await(t, "the lines", func() bool {
		content, err := os.ReadFile(g.dir + "/audit")
		text = string(content)
		return err == nil && strings.Count(text, "\n") == 3
	})
	for _, want := range []string{`"event":"begin"`, `"event":"end"`, `"event":"refused"`, `"caller":"web"`, `"credential":"certificate"`, `"amount":7,`, `"amount":7000`,
		`"secret":"shop"`, `"store":"a"`, `"cause":"no_condition"`, `"code":"OK"`, `"attempts":1`, `"payment_id":"hmac-sha256:`, `"role":"refund-small"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit has no %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "payment-1") {
		t.Error("the audit shows an id")
	}
	g.stderr.awaitLine(t, `"caller":"web"`, g.exited)
	if n := g.metrics(t).value(t, "portone_gateway_policy_decisions_total", "caller", "web", "decision", "refused", "cause", "no_condition"); n != 1 {
		t.Errorf("%v refusals are counted", n)
	}
}

// TestShadowMode refuses nothing, and tells.
func TestShadowMode(t *testing.T) {
	portone := newMerchant(t)
	dir := t.TempDir()
	path := certtest.Write(t, dir, "policy", []byte("version: 1\nmode: shadow\ncallers: {}\n"))
	p := startWith(t, []string{"PORTONE_API_SECRET=" + testSecret, "PORTONE_GATEWAY_UPSTREAM_URL=" + portone.url}, "--policy-file="+path)
	c := caller{program: p}
	if e := c.byGRPC(t, refund{amount: 1}); e.code != codes.OK {
		t.Errorf("it ends with %v", e)
	}
	if !strings.HasPrefix(portone.take()[0], testSecret+" ") {
		t.Error("it goes up with another secret")
	}
	if n := p.metrics(t).value(t, "portone_gateway_policy_decisions_total", "caller", "", "decision", "would_refuse", "cause", "unidentified"); n != 1 {
		t.Errorf("%v are counted", n)
	}
	p.stderr.awaitLine(t, `"would_refuse":"unidentified"`, p.exited)
}

// TestMetricsAlone serves metrics and probes on their own listener, and no profiles and no policy.
func TestMetricsAlone(t *testing.T) {
	portone := newStub(t, nil)
	folder := socketFolder(t)
	start(t, portone.url, "--metrics-addr=unix://"+folder+"/metrics")
	for target, want := range map[string]int{"/metrics": 200, "/debug/pprof/": 404, "/readyz": 200, "/policy": 404} {
		if a := get(t, folder+"/metrics", target); a.status != want {
			t.Errorf("%s: %d, want %d", target, a.status, want)
		}
	}
}

// TestWarningWithoutAPolicy warns of a gateway that everybody can use.
func TestWarningWithoutAPolicy(t *testing.T) {
	portone := newStub(t, nil)
	open := start(t, portone.url, "--grpc-addr=0.0.0.0:0")
	if !strings.Contains(open.stderr.String(), "no --policy-file") {
		t.Error("there is no warning")
	}
	if closed := start(t, portone.url); strings.Contains(closed.stderr.String(), "no --policy-file") {
		t.Error("there is a warning on loopback")
	}
}

// TestSandboxWithAPolicy tries a policy without any secret, and sees which one calls
// would go up with.
func TestSandboxWithAPolicy(t *testing.T) {
	dir := t.TempDir()
	path := certtest.Write(t, dir, "policy", []byte(`version: 1
secrets: {shop: {file: /nowhere/shop, store: store-a}, market: {env: NOWHERE, store: store-m}}
stores: {a: {id: store-a, secret: shop}, m: {id: store-m, secret: market}}
mesh: {proxies: [{net: 127.0.0.0/8}]}
roles: {read: [{rpcs: [PaymentService/GetPayment]}]}
callers: {web: {is: [{mesh: "spiffe://example.com/ns/shop/sa/web"}], may: [read], on: [a, m]}}
`))
	addr := freeAddr(t)
	p := startWith(t, nil, "--sandbox", "--sandbox-addr="+addr, "--policy-file="+path)
	c := caller{program: p, headers: []string{"x-forwarded-client-cert: URI=" + webID}}
	for _, store := range []string{"store-a", "store-m", "store-m"} {
		if _, err := c.ask(t, http.MethodGet, "/payments/nope?storeId="+store, ""); err != nil {
			t.Fatal(err)
		}
	}
	a := get(t, addr, "/sandbox/counters")
	for _, want := range []string{`"requests.shop":1`, `"requests.market":2`} {
		if !strings.Contains(strings.ReplaceAll(a.body, " ", ""), want) {
			t.Errorf("the counters have no %s:\n%s", want, a.body)
		}
	}
}

// TestWrongAccessFlags are settings that do not go together.
func TestWrongAccessFlags(t *testing.T) {
	dir := t.TempDir()
	bad := certtest.Write(t, dir, "bad", []byte("version: 1\ncallers: {a: {mya: [], si: []}}\n"))
	good := certtest.Write(t, dir, "good", []byte("version: 1\ncallers: {}\n"))
	for _, test := range []wrongSetting{
		{name: "half a pair", args: []string{"--tls-cert-file=/x"}, names: "--tls-cert-file"},
		{name: "the other half", args: []string{"--tls-key-file=/x"}, names: "--tls-cert-file"},
		{name: "missing certificate", args: []string{"--tls-cert-file=/nowhere/x", "--tls-key-file=/nowhere/y"}, names: "/nowhere/x"},
		{name: "authorities alone", args: []string{"--tls-client-ca-file=/x"}, names: "--tls-client-ca-file"},
		{name: "old TLS", args: []string{"--tls-min-version=1.1"}, names: "--tls-min-version"},
		{name: "no policy", args: []string{"--policy-file=/nowhere/p"}, names: "/nowhere/p"},
		{name: "bad policy", args: []string{"--policy-file=" + bad}, names: "and 1 more mistakes"},
		{name: "audit without policy", args: []string{"--audit-file=-"}, names: "--audit-file"},
		{name: "audit that cannot be", args: []string{"--policy-file=" + good, "--audit-file=/nowhere/a"}, names: "/nowhere/a"},
		{name: "what on failure", args: []string{"--audit-on-failure=panic"}, names: "--audit-on-failure"},
		{name: "no secret at all", env: []string{"PORTONE_API_SECRET="}, args: []string{"--policy-file=" + good}, names: "secret"},
	} {
		t.Run(test.name, test.withSecret().check)
	}
}
