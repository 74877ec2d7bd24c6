package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
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
	g.expect(t, g.as(t, []string{webID}), refund{amount: 1}, wentWell, "secret-of-shop") // no one else's
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

// TestMesh believes x-forwarded-client-cert of the proxy, and of no one else.
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
