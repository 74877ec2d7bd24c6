package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/access/certtest"
	"github.com/portone-gateway/portone-gateway/access/identity"
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
