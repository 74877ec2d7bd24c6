package main

import (
	"crypto/tls"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/portone-gateway/portone-gateway/access/certtest"
)

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
