package policy

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

func load(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Load("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExample(t *testing.T) {
	text, err := os.ReadFile("../../deploy/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, string(text))
	if p.Mode != Enforce || p.Reflection != ReflectionCallers || len(p.Callers) != 4 || len(p.Secrets) != 2 || len(p.Hash) != 64 {
		t.Errorf("the example loads as %+v", p)
	}
	want := Limit{Every: 5 * time.Millisecond, Burst: 400, InFlight: 300}
	if got := p.Callers["checkout"].Limit; got != want {
		t.Errorf("checkout's limit is %+v, want %+v", got, want)
	}
	want = Limit{Every: 200 * time.Millisecond, Burst: 5, InFlight: 10}
	if got := p.Callers["settlement"].Limit; got != want {
		t.Errorf("settlement's limit is %+v, want %+v", got, want)
	}
}

// TestStorePaths holds the table against the contract: each request that has a field
// for a store, outside of lists, is in it, and nothing else.
func TestStorePaths(t *testing.T) {
	for _, m := range contract.Methods() {
		var found []string
		var walk func(desc protoreflect.MessageDescriptor, path string, depth int)
		walk = func(desc protoreflect.MessageDescriptor, path string, depth int) {
			for i := range desc.Fields().Len() {
				fd := desc.Fields().Get(i)
				if fd.Name() == "store_id" || fd.Name() == "store_ids" {
					found = append(found, path+string(fd.Name()))
				}
				if fd.Kind() == protoreflect.MessageKind && !fd.IsMap() && depth < 4 {
					walk(fd.Message(), path+string(fd.Name())+".", depth+1)
				}
			}
		}
		walk(m.Descriptor.Input(), "", 0)
		want, has := storePaths[rpcName(m)]
		switch {
		case len(found) > 1:
			t.Errorf("%s names stores at %v", rpcName(m), found)
		case len(found) == 1 && found[0] != want.path, len(found) == 0 && has:
			t.Errorf("%s names its store at %v, the table says %q", rpcName(m), found, want.path)
		}
	}
	if len(storePaths) != 40 {
		t.Errorf("%d RPCs name a store", len(storePaths))
	}
}

const hash = "sha256:5f0c6b0e6d0b8f0f7a1d5b7f5f0d6f3b1c9a2e4d6f8091a3b5c7d9e1f3a5b7c9"

func TestMistakes(t *testing.T) {
	const head = "version: 1\n"
	for name, test := range map[string]struct{ text, want string }{
		"empty":             {"", "policy.yaml: is empty"},
		"only a comment":    {"# x\n", "policy.yaml: is empty"},
		"no map":            {"[]\n", "policy.yaml:1:1: a policy must be a map"},
		"no version":        {"callers: {}\n", "version: 1 is missing"},
		"other version":     {"version: 2\ncallers: {}\n", "1:10: version must be 1"},
		"no callers":        {head, "callers are missing"},
		"second document":   {head + "callers: {}\n---\nversion: 1\n", "there is a second document"},
		"key twice":         {head + "callers: {}\ncallers: {}\n", "callers stands twice; it is in line 2 already"},
		"key twice, deep":   {head + "callers:\n  a: {may: [], may: []}\n", "3:16: may stands twice"},
		"unknown key":       {head + "caller: {}\ncallers: {}\n", "2:1: a policy has no caller; did you mean callers?"},
		"unknown key, deep": {head + "callers:\n  a: {mya: []}\n", "3:7: a caller has no mya; did you mean may?"},
		"anchor":            {head + "callers: &a {}\n", "an anchor"},
		"alias":             {head + "roles: &a {}\ncallers: *a\n", "an alias"},
		"merge":             {head + "callers:\n  a: {<<: {may: []}}\n", "a key must be a plain name"},
		"tag":               {head + "callers: !!map {}\n", "a tag"},
		"syntax":            {head + "callers: {\n", "policy.yaml:"},
		"tabs":              {head + "callers:\n\ta: {}\n", "policy.yaml:3:1: found character that cannot start any token"},
		"mode":              {head + "mode: shadwo\ncallers: {}\n", "mode must be enforce or shadow; did you mean shadow?"},
		"no role":           {head + "roles: {read: [{rpcs: [PaymentService/GetPayment]}]}\ncallers: {a: {may: [raed]}}\n", "3:21: there is no role raed; did you mean read?"},
		"no such RPC":       {head + "roles:\n  read:\n    - rpcs: [PaymentService/GetPaymnet]\ncallers: {}\n", "4:14: there is no RPC PaymentService/GetPaymnet; did you mean PaymentService/GetPayment?"},
		"no such service":   {head + "roles: {r: [{rpcs: [PaymentsService/Get*]}]}\ncallers: {}\n", "did you mean PaymentService?"},
		"no match":          {head + "roles: {r: [{rpcs: [PaymentService/Xyz*]}]}\ncallers: {}\n", "no RPC matches"},
		"all":               {head + "roles: {r: [{rpcs: ['*']}]}\ncallers: {}\n", "an RPC is Service/Rpc"},
		"all services":      {head + "roles: {r: [{rpcs: ['*/*']}]}\ncallers: {}\n", "an RPC is Service/Rpc"},
		"AuthService":       {head + "roles: {r: [{rpcs: [AuthService/*]}]}\ncallers: {}\n", "name its RPCs in full"},
		"rule without RPCs": {head + "roles: {r: [{when: 'true'}]}\ncallers: {}\n", "a rule has no rpcs"},
		"condition": {head + "roles:\n  r:\n    - rpcs: [PaymentService/CancelPayment]\n      when: request.amuont <= 1\ncallers: {}\n",
			"5:20: when: undefined field 'amuont'"},
		"condition in quotes": {head + "roles:\n  r:\n    - rpcs: [PaymentService/CancelPayment]\n      when: \"request.amuont <= 1\"\ncallers: {}\n",
			"5:21: when: undefined field 'amuont'"},
		"condition in a block": {head + "roles:\n  r:\n    - rpcs: [PaymentService/CancelPayment]\n      when: |\n        request.amount > 0 &&\n          request.amuont <= 1\ncallers: {}\n",
			"7:18: when: undefined field 'amuont'"},
		"condition for one of several": {head + "roles:\n  r:\n    - rpcs: [PaymentService/CancelPayment, PaymentService/GetPayment]\n      when: request.amount <= 1\ncallers: {}\n",
			"(for PaymentService/GetPayment)"},
		"enum":                 {head + "roles: {r: [{rpcs: [PaymentService/PayWithBillingKey], when: 'request.currency == \"KWR\"'}]}\ncallers: {}\n", `Currency has no value "KWR"`},
		"no such store":        {head + "stores: {shop: {id: s}}\ncallers: {a: {on: [shpo]}}\n", "there is no store shpo; did you mean shop?"},
		"no such secret":       {head + "secrets: {a: {env: A}}\nstores: {s: {id: s, secret: b}}\ncallers: {}\n", "there is no secret b"},
		"store twice":          {head + "stores: {a: {id: s}, b: {id: s}}\ncallers: {}\n", "stores a and b are the same"},
		"secret twice":         {head + "secrets: {a: {env: A}, b: {env: A}}\ncallers: {}\n", "secrets a and b are the same"},
		"secret with both":     {head + "secrets: {a: {env: A, file: /x}}\ncallers: {}\n", "and not both"},
		"relative file":        {head + "secrets: {a: {file: x}}\ncallers: {}\n", "must be an absolute path"},
		"store without secret": {head + "secrets: {a: {env: A}, b: {env: B}}\nstores: {s: {id: s}}\ncallers: {}\n", "store s has no secret"},
		"key itself":           {head + "callers:\n  a:\n    is: [{key: pgw_a_x, id: a}]\n", "is a key itself"},
		"key without id":       {head + "callers: {a: {is: [{key: '" + hash + "'}]}}\n", "a key needs its id"},
		"id without key":       {head + "callers: {a: {is: [{id: x}]}}\n", "id belongs to a key"},
		"key id twice": {head + "callers:\n  a: {is: [{key: '" + hash + "', id: k}]}\n  b: {is: [{key: '" + strings.Replace(hash, "5f", "aa", 1) + "', id: k}]}\n",
			"key id k stands twice"},
		"until":             {head + "callers: {a: {is: [{key: '" + hash + "', id: k, until: soon}]}}\n", "until must be a day"},
		"bad SPIFFE ID":     {head + "callers: {a: {is: [{spiffe: 'spiffe://A/b'}]}}\n", "spiffe: the SPIFFE ID a trust domain must be of"},
		"star inside":       {head + "callers: {a: {is: [{spiffe: 'spiffe://a/*/b'}]}}\n", "a * stands for the whole last segment"},
		"star in a segment": {head + "callers: {a: {is: [{spiffe: 'spiffe://a/b*'}]}}\n", "a * stands for the whole last segment"},
		"nothing":           {head + "callers: {a: {is: [{}]}}\n", "nothing by which it could be known"},
		"token without claims": {head + "issuers: {i: {issuer: x, audience: y, jwks: /k, algorithms: [ES256]}}\ncallers: {a: {is: [{issuer: i}]}}\n",
			"every token of the issuer would do"},
		"shared secret":      {head + "issuers: {i: {issuer: x, audience: y, jwks: /k, algorithms: [HS256]}}\ncallers: {}\n", "an algorithm must be"},
		"http":               {head + "issuers: {i: {issuer: x, audience: y, jwks: 'http://a.example/k', algorithms: [ES256]}}\ncallers: {}\n", "must begin with https://"},
		"no audience":        {head + "issuers: {i: {issuer: x, jwks: /k, algorithms: [ES256]}}\ncallers: {}\n", "issuer i has no audience"},
		"rate":               {head + "callers: {a: {limit: {rate: 5}}}\n", "rate must be text"},
		"rate per day":       {head + "callers: {a: {limit: {rate: 5/d}}}\n", "rate must be like"},
		"burst alone":        {head + "callers: {a: {limit: {burst: 5}}}\n", "needs a rate"},
		"in_flight 0":        {head + "callers: {a: {limit: {in_flight: 0}}}\n", "in_flight must be a whole number from 1"},
		"yes is no boolean":  {head + "defaults: {require_idempotency_key: yes}\ncallers: {}\n", "must be true or false"},
		"mesh without proxy": {head + "mesh: {}\ncallers: {}\n", "names no proxies"},
		"name":               {head + "callers: {'a b': {}}\n", "a name must have"},
		"overlap": {head + "callers:\n  a: {is: [{uid: 7}]}\n  b: {is: [{uid: 7}]}\n",
			"4:12: callers a and b overlap: whoever is known by uid 7 is both"},
		"overlap with a part":    {head + "callers:\n  a: {is: [{uid: 7, gid: 8}]}\n  b: {is: [{uid: 7}]}\n", "overlap"},
		"overlap with a pattern": {head + "callers:\n  a: {is: [{spiffe: 'spiffe://d/a/*'}]}\n  b: {is: [{spiffe: 'spiffe://d/a/b'}]}\n", "overlap"},
		"secret needed for what names no store": {head + "stores: {s: {id: s}}\nroles: {r: [{rpcs: [PlatformService/GetPlatformSetting]}]}\ncallers: {a: {may: [r], on: [s]}}\n",
			"4:11: caller a needs a secret: PlatformService/GetPlatformSetting, which role r allows in line 3, names no store"},
		"secret needed, several": {head + "secrets: {a: {env: A}, b: {env: B}}\nroles: {r: [{rpcs: [PaymentService/GetPayment]}]}\ncallers: {a: {may: [r]}}\n",
			"needs stores (on) or a secret"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("policy.yaml", []byte(test.text))
			var mistakes Errors
			if !errors.As(err, &mistakes) || len(mistakes) == 0 {
				t.Fatalf("the error is %v", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is\n%v\nwant one with %q", err, test.want)
			}
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "policy.yaml:") {
					t.Errorf("a line does not name the file: %q", line)
				}
			}
		})
	}
}

func TestAllMistakesAreTold(t *testing.T) {
	_, err := Load("p", []byte("version: 1\nmode: x\nroles: {r: [{rpcs: [A/B]}]}\ncallers: {a: {may: [s]}}\n"))
	var mistakes Errors
	if !errors.As(err, &mistakes) || len(mistakes) != 3 || mistakes[0].Line != 2 || mistakes[2].Line != 4 {
		t.Errorf("the errors are\n%v", err)
	}
}

const shop = `version: 1
secrets:
  shop:   {env: SHOP, store: store-a}
  market: {env: MARKET, store: store-m}
stores:
  a: {id: store-a, secret: shop}
  b: {id: store-b, secret: shop}
  m: {id: store-m, secret: market}
issuers:
  corp: {issuer: "https://login", audience: gw, jwks: /k, algorithms: [ES256], claims: [level]}
roles:
  read: [{rpcs: [PaymentService/Get*]}]
  refund-small:
    - rpcs: [PaymentService/CancelPayment]
      when: request.amount > 0 && request.amount <= 1000
    - rpcs: [PaymentService/CancelPayment]
      when: caller.claims.level >= 5 && request.amount <= 9000
  refund-b: [{rpcs: [PaymentService/CancelPayment], when: store == "b"}]
  refund: [{rpcs: [PaymentService/CancelPayment]}]
  vat: [{rpcs: [ReconciliationService/*]}]
  settings: [{rpcs: [PlatformService/*]}]
  cheap: [{rpcs: [PaymentService/CancelPayment], when: request.amount <= 1000}]
callers:
  one:    {is: [{uid: 1}], may: [read, refund-small], on: [a]}
  both:   {is: [{uid: 2}], may: [read, refund-small, refund-b, vat], on: [a, b]}
  split:  {is: [{uid: 3}], may: [read, vat, settings], on: [a, m], secret: market}
  free:   {is: [{uid: 4}], may: [refund, settings, refund-b], secret: market}
  lax:    {is: [{uid: 5}], may: [refund], on: [a], unrecognized: allow}
  named:  {is: [{uid: 6}], may: [refund], on: [a], unrecognized: [newThing]}
`

// decide decides as a call would be decided about.
func decide(t testing.TB, p *Policy, caller, rpc string, message proto.Message, claims map[string]any) Decision {
	t.Helper()
	method := contract.Lookup("/portone.v2." + rpc)
	c := p.Callers[caller]
	g := p.Permit(c, Index(method.FullName))
	if g == nil {
		return Decision{Cause: NoRole}
	}
	if !g.Judged(c) {
		return p.Unjudged(c, g)
	}
	wire, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var r transcode.Request
	if err := transcode.BindingOf(method).SetRequest(&r, wire, 7<<10); err != nil {
		t.Fatal(err)
	}
	return p.Judge(c, g, &r, claims)
}

func TestDecisions(t *testing.T) {
	p := load(t, shop)
	get := func(store string) proto.Message {
		return &portonev2.GetPaymentRequest{PaymentId: "p", StoreId: optional(store)}
	}
	cancel := func(store string, amount int64, raw ...string) proto.Message {
		m := &portonev2.CancelPaymentRequest{PaymentId: "p", StoreId: optional(store), Reason: proto.String("r")}
		if amount != 0 {
			m.Amount = &amount
		}
		for i := 0; i+1 < len(raw); i += 2 {
			m.Unrecognized = map[string]string{raw[i]: raw[i+1]}
		}
		return m
	}
	vat := func(stores ...string) proto.Message {
		return &portonev2.GetPaymentReconciliationSettlementVatReportRequest{Filter: &portonev2.PaymentReconciliationSettlementSummaryFilterInput{StoreIds: stores}}
	}
	search := func(store, merchant string) proto.Message {
		return &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{StoreId: optional(store), MerchantId: optional(merchant)}}
	}
	const vatRPC = "ReconciliationService/GetPaymentReconciliationSettlementVatReport"
	for name, test := range map[string]struct {
		caller, rpc string
		message     proto.Message
		claims      map[string]any
		cause       Cause
		secret      string
	}{
		"no role":                 {"one", "PaymentService/CapturePayment", &portonev2.CapturePaymentRequest{PaymentId: "p"}, nil, NoRole, ""},
		"own store":               {"one", "PaymentService/GetPayment", get("store-a"), nil, "", "shop"},
		"store of the secret":     {"one", "PaymentService/GetPayment", get(""), nil, "", "shop"},
		"other store":             {"one", "PaymentService/GetPayment", get("store-b"), nil, OtherStore, ""},
		"unknown store":           {"one", "PaymentService/GetPayment", get("store-x"), nil, OtherStore, ""},
		"store in other case":     {"one", "PaymentService/GetPayment", get("Store-A"), nil, OtherStore, ""},
		"search own":              {"one", "PaymentService/GetPayments", search("store-a", ""), nil, "", "shop"},
		"search all":              {"one", "PaymentService/GetPayments", search("", ""), nil, NotJudgeable, ""},
		"search without a filter": {"one", "PaymentService/GetPayments", &portonev2.GetPaymentsRequest{}, nil, NotJudgeable, ""},
		"search the merchant":     {"one", "PaymentService/GetPayments", search("store-a", "m"), nil, OtherStore, ""},
		"small refund":            {"one", "PaymentService/CancelPayment", cancel("store-a", 1000), nil, "", "shop"},
		"large refund":            {"one", "PaymentService/CancelPayment", cancel("store-a", 1001), nil, NoCondition, ""},
		"large refund, by claim":  {"one", "PaymentService/CancelPayment", cancel("store-a", 9000), map[string]any{"level": int64(5)}, "", "shop"},
		"low claim":               {"one", "PaymentService/CancelPayment", cancel("store-a", 9000), map[string]any{"level": int64(4)}, NoCondition, ""},
		"claim of another type":   {"one", "PaymentService/CancelPayment", cancel("store-a", 9000), map[string]any{"level": "9"}, NoCondition, ""},
		"negative refund":         {"one", "PaymentService/CancelPayment", cancel("store-a", -1), nil, NoCondition, ""},
		"refund of all":           {"one", "PaymentService/CancelPayment", cancel("store-a", 0), nil, NoCondition, ""},
		"refund, unknown member":  {"one", "PaymentService/CancelPayment", cancel("store-a", 5, "Amount", "9"), nil, NotJudgeable, ""},
		"raw amount":              {"one", "PaymentService/CancelPayment", cancel("store-a", 0, "amount", "5"), nil, "", "shop"},
		"raw amount, too large":   {"one", "PaymentService/CancelPayment", cancel("store-a", 0, "amount", "5000000"), nil, NoCondition, ""},
		"raw amount, exponent":    {"one", "PaymentService/CancelPayment", cancel("store-a", 0, "amount", "1e1"), nil, NotJudgeable, ""},
		"raw amount, empty":       {"one", "PaymentService/CancelPayment", cancel("store-a", 0, "amount", ""), nil, NoCondition, ""},
		"raw store":               {"one", "PaymentService/CancelPayment", cancel("", 5, "storeId", `"store-b"`), nil, OtherStore, ""},
		"raw store, null":         {"one", "PaymentService/CancelPayment", cancel("", 5, "storeId", `null`), nil, NotJudgeable, ""},
		"one of two stores":       {"both", "PaymentService/GetPayment", get("store-b"), nil, "", "shop"},
		"condition on the store":  {"both", "PaymentService/CancelPayment", cancel("store-b", 0), nil, "", "shop"},
		"its other store":         {"both", "PaymentService/CancelPayment", cancel("", 0), nil, NoCondition, ""},
		"several stores":          {"both", vatRPC, vat("store-a", "store-b"), nil, "", "shop"},
		"several and another":     {"both", vatRPC, vat("store-a", "store-m"), nil, OtherStore, ""},
		"no stores":               {"both", vatRPC, vat(), nil, NotJudgeable, ""},
		"stores of two secrets":   {"split", vatRPC, vat("store-a", "store-m"), nil, OtherStore, ""},
		"store picks the secret":  {"split", "PaymentService/GetPayment", get("store-a"), nil, "", "shop"},
		"the other one":           {"split", "PaymentService/GetPayment", get("store-m"), nil, "", "market"},
		"no store, own secret":    {"split", "PaymentService/GetPayment", get(""), nil, "", "market"},
		"no store in the RPC":     {"split", "PlatformService/GetPlatformSetting", &portonev2.GetPlatformSettingRequest{}, nil, "", "market"},
		"not confined":            {"free", "PaymentService/CancelPayment", cancel("store-x", 0), nil, "", "market"},
		"lax, unknown":            {"lax", "PaymentService/CancelPayment", cancel("store-a", 0, "newThing", "1"), nil, "", "shop"},
		"lax, lookalike":          {"lax", "PaymentService/CancelPayment", cancel("store-a", 0, "store_id", `"x"`), nil, NotJudgeable, ""},
		"named, known":            {"named", "PaymentService/CancelPayment", cancel("store-a", 0, "newThing", "1"), nil, "", "shop"},
		"named, unknown":          {"named", "PaymentService/CancelPayment", cancel("store-a", 0, "newThing2", "1"), nil, NotJudgeable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := decide(t, p, test.caller, test.rpc, test.message, test.claims)
			secret := ""
			if d.Secret != nil {
				secret = d.Secret.Name
			}
			if d.Cause != test.cause || secret != test.secret {
				t.Errorf("decided %q with secret %q (%v, %v), want %q with %q", d.Cause, secret, d.Problem, d.Detail, test.cause, test.secret)
			}
			if (d.Cause == NotJudgeable) != (d.Problem != nil) {
				t.Errorf("the problem is %v", d.Problem)
			}
			if d.Cause == "" && d.Rule == nil {
				t.Error("no rule allows it")
			}
		})
	}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func TestIdentify(t *testing.T) {
	key, hash, err := identity.NewKey("php-1")
	if err != nil {
		t.Fatal(err)
	}
	old, oldHash, err := identity.NewKey("php-0")
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, fmt.Sprintf(`version: 1
issuers: {corp: {issuer: "https://login", audience: gw, jwks: /k, algorithms: [ES256]}}
mesh: {proxies: [{uid: 1337}]}
callers:
  web:   {is: [{spiffe: "spiffe://d/ns/shop/sa/web"}, {dns: web.example.com}, {mesh: "spiffe://d/ns/shop/sa/web"}]}
  jobs:  {is: [{spiffe: "spiffe://d/ns/jobs/sa/*"}]}
  php:   {is: [{key: %q, id: php-1}, {key: %q, id: php-0, until: 2026-01-01}]}
  desk:  {is: [{issuer: corp, claims: {sub: desk, groups: [refunds, night]}}]}
  other: {is: [{issuer: corp, claims: {groups: admins}}]}
  unix:  {is: [{uid: 7, gid: 8}]}
  pair:  {is: [{uid: 9, issuer: corp, claims: {sub: pair}}]}
`, hash, oldHash))
	present := func(text string) identity.Presented {
		presented, err := identity.Present(headers{"authorization": "PortOne " + text}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return presented
	}
	with := func(p identity.Presented, f func(*identity.Presented)) identity.Presented { f(&p); return p }
	cert := func(spiffe string, dns ...string) identity.Presented {
		return identity.Presented{Cert: &identity.Cert{SPIFFE: spiffe, DNS: dns}}
	}
	unix := func(uid, gid uint32) identity.Presented {
		return identity.Presented{Unix: &identity.UnixPeer{UID: uid, GID: gid}}
	}
	token := func(claims map[string]any) *identity.Token {
		return &identity.Token{Issuer: "corp", Claims: claims}
	}
	web := &identity.Cert{SPIFFE: "spiffe://d/ns/shop/sa/web"}
	wrong := present(key)
	wrong.KeyHash[0]++
	for name, test := range map[string]struct {
		presented identity.Presented
		token     *identity.Token
		caller    string
	}{
		"nothing":                             {},
		"placeholder":                         {presented: present("x")},
		"SPIFFE":                              {cert("spiffe://d/ns/shop/sa/web"), nil, "web"},
		"SPIFFE below":                        {presented: cert("spiffe://d/ns/shop/sa/web/x")},
		"SPIFFE in other case":                {presented: cert("spiffe://d/ns/shop/sa/Web")},
		"SPIFFE by pattern":                   {cert("spiffe://d/ns/jobs/sa/nightly"), nil, "jobs"},
		"pattern is one segment":              {presented: cert("spiffe://d/ns/jobs/sa/a/b")},
		"pattern is not the parent":           {presented: cert("spiffe://d/ns/jobs/sa")},
		"DNS":                                 {cert("", "x.example.com", "web.example.com"), nil, "web"},
		"both of one caller":                  {cert("spiffe://d/ns/shop/sa/web", "web.example.com"), nil, "web"},
		"of two callers":                      {presented: cert("spiffe://d/ns/jobs/sa/x", "web.example.com")},
		"certificate of nobody":               {presented: cert("spiffe://d/x")},
		"mesh":                                {identity.Presented{Mesh: "spiffe://d/ns/shop/sa/web"}, nil, "web"},
		"mesh is no certificate":              {presented: identity.Presented{Mesh: "spiffe://d/ns/jobs/sa/nightly"}},
		"key":                                 {present(key), nil, "php"},
		"wrong key":                           {presented: wrong},
		"expired key":                         {presented: present(old)},
		"key and own user":                    {with(present(key), func(p *identity.Presented) { p.Unix = &identity.UnixPeer{UID: 1} }), nil, "php"},
		"key and another's user":              {presented: with(present(key), func(p *identity.Presented) { p.Unix = &identity.UnixPeer{UID: 7, GID: 8} })},
		"key and another's certificate":       {presented: with(present(key), func(p *identity.Presented) { p.Cert = web })},
		"key and nobody's certificate":        {presented: with(present(key), func(p *identity.Presented) { p.Cert = &identity.Cert{} })},
		"key and mesh":                        {presented: with(present(key), func(p *identity.Presented) { p.Mesh = "spiffe://d/x" })},
		"token":                               {token: token(map[string]any{"sub": "desk", "groups": []string{"x", "night", "refunds"}}), caller: "desk"},
		"token without a group":               {token: token(map[string]any{"sub": "desk", "groups": []string{"refunds"}})},
		"token by a group":                    {token: token(map[string]any{"sub": "x", "groups": "admins"}), caller: "other"},
		"token of two callers":                {token: token(map[string]any{"sub": "desk", "groups": []string{"night", "refunds", "admins"}})},
		"token of another issuer":             {token: &identity.Token{Issuer: "x", Claims: map[string]any{"groups": "admins"}}},
		"token of nobody, with a certificate": {cert("spiffe://d/ns/shop/sa/web"), token(map[string]any{"sub": "x"}), ""},
		"user":                                {unix(7, 8), nil, "unix"},
		"user, other group":                   {presented: unix(7, 9)},
		"half of a pair":                      {presented: unix(9, 9)},
		"other half of a pair":                {token: token(map[string]any{"sub": "pair"})},
		"both of a pair":                      {unix(9, 9), token(map[string]any{"sub": "pair"}), "pair"},
	} {
		t.Run(name, func(t *testing.T) {
			caller, err := p.Identify(&test.presented, test.token, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 1))
			got := ""
			if caller != nil {
				got = caller.Name
			}
			if got != test.caller || (err == nil) != (test.caller != "") {
				t.Errorf("it is %q, %v; want %q", got, err, test.caller)
			}
		})
	}
}

// headers have one value each.
type headers map[string]string

func (h headers) Values(name string) []string {
	if v, ok := h[name]; ok {
		return []string{v}
	}
	return nil
}

// many is a policy with n callers and m rules.
func many(n, m int) string {
	var b strings.Builder
	b.WriteString("version: 1\nsecrets: {s: {env: S, store: store-a}}\nstores: {a: {id: store-a, secret: s}}\nroles:\n")
	for i := range m / 10 {
		fmt.Fprintf(&b, "  r%d:\n", i)
		for j := range 10 {
			fmt.Fprintf(&b, "    - {rpcs: [PaymentService/CancelPayment, PaymentService/CapturePayment], when: 'has(request.store_id) && request.payment_id != \"%d-%d\"'}\n", i, j)
		}
	}
	b.WriteString("callers:\n")
	for i := range n {
		fmt.Fprintf(&b, "  c%d: {is: [{key: \"sha256:%064x\", id: k%d}, {spiffe: \"spiffe://d/c/%d\"}], may: [r%d], on: [a]}\n", i, i, i, i, i%(m/10))
	}
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	text := []byte(many(10_000, 1_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Load("p", text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPermit(b *testing.B) {
	p := load(b, shop)
	c, op := p.Callers["free"], Index("/portone.v2.PlatformService/GetPlatformSetting")
	for b.Loop() {
		if g := p.Permit(c, op); g == nil || g.Judged(c) {
			b.Fatal("judged")
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	p := load(b, shop+"  cheap:  {is: [{uid: 7}], may: [cheap], secret: market}\n  narrow: {is: [{uid: 8}], may: [cheap], on: [a]}\n")
	method := contract.Lookup("/portone.v2.PaymentService/CancelPayment")
	call := transcode.BindingOf(method)
	wire, err := proto.Marshal(&portonev2.CancelPaymentRequest{PaymentId: "payment-1", Amount: proto.Int64(5), StoreId: proto.String("store-a"), Reason: proto.String("changed my mind")})
	if err != nil {
		b.Fatal(err)
	}
	var r transcode.Request
	if err := call.SetRequest(&r, wire, 7<<10); err != nil {
		b.Fatal(err)
	}
	b.Run("making the request", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := call.SetRequest(&r, wire, 7<<10); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, caller := range map[string]string{"one comparison": "cheap", "one comparison and a store": "narrow", "two rules and a store": "one", "a store": "lax"} {
		b.Run(name, func(b *testing.B) {
			c := p.Callers[caller]
			g := p.Permit(c, Index(method.FullName))
			b.ReportAllocs()
			for b.Loop() {
				if d := p.Judge(c, g, &r, nil); d.Cause != "" {
					b.Fatal(d.Cause)
				}
			}
		})
	}
}
