package command

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// run parses a command line as the gateway does, and runs it.
func run(t *testing.T, args ...string) (stdout string, status int) {
	t.Helper()
	var c struct {
		Policy Policy `cmd:""`
		Audit  Audit  `cmd:""`
	}
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(parsed.Command())
	var out strings.Builder
	if words[0] == "audit" {
		err = c.Audit.Run(words[1], &out)
	} else {
		err = c.Policy.Run(words[1], &out)
	}
	var failure *Failure
	if errors.As(err, &failure) {
		return out.String() + failure.Error(), failure.ExitStatus()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), 0
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const policyText = `version: 1
secrets: {shop: {env: A, store: store-a}, market: {env: B, store: store-m}}
stores: {a: {id: store-a, secret: shop}, m: {id: store-m, secret: market}}
roles:
  small: [{rpcs: [PaymentService/CancelPayment], when: request.amount > 0 && request.amount <= 1000}]
  pay: [{rpcs: [PaymentService/PayWithBillingKey], when: request.amount.total <= 500}]
  settings: [{rpcs: [PlatformService/*]}]
callers:
  desk: {is: [{uid: 1}], may: [small], on: [a, m]}
  shop: {is: [{uid: 2}], may: [pay, settings], on: [a], secret: market}
`

func TestKey(t *testing.T) {
	out, status := run(t, "policy", "key", "--id=php-2026")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if status != 0 || len(lines) != 2 || !strings.HasPrefix(lines[0], "key:    pgw_php-2026_") {
		t.Fatalf("%d: %s", status, out)
	}
	entry := strings.TrimPrefix(lines[1], "policy: ")
	path := write(t, "p", "version: 1\ncallers: {a: {is: ["+entry+"]}}\n")
	if out, status := run(t, "policy", "check", path); status != 0 {
		t.Errorf("the line does not fit into a policy: %s", out)
	}
	if _, status := run(t, "policy", "key", "--id=PHP"); status != 3 {
		t.Errorf("a bad id ends with %d", status)
	}
}

func TestCheck(t *testing.T) {
	path := write(t, "p", policyText)
	out, status := run(t, "policy", "check", path)
	if status != 0 {
		t.Fatalf("%d: %s", status, out)
	}
	for _, want := range []string{
		"desk PaymentService/CancelPayment on a with shop (small, line 5) when request.amount > 0 && request.amount <= 1000\n",
		"desk PaymentService/CancelPayment on m with market (small, line 5)",
		"shop PlatformService/GetPlatformSetting with market (settings, line 7)\n",
		"shop PlatformService/UpdatePlatformSetting with market",
		"p:5:56: PaymentService/CancelPayment: its requests say no currency",
		"p:6:58: PaymentService/PayWithBillingKey: total has no lower bound",
		"the limit is the same in every currency",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if _, status := run(t, "policy", "check", "--strict", path); status != 4 {
		t.Errorf("warnings that count end with %d", status)
	}
	bad := write(t, "bad", strings.Replace(policyText, "request.amount >", "request.amuont >", 1))
	if out, status := run(t, "policy", "check", bad); status != 3 || !strings.Contains(out, "bad:5:63: when: undefined field 'amuont'") {
		t.Errorf("%d: %s", status, out)
	}
}

func TestDiff(t *testing.T) {
	old := write(t, "old", policyText)
	now := write(t, "now", strings.NewReplacer("m: {id: store-m, secret: market}", "m: {id: store-m, secret: shop}", "may: [pay, settings]", "may: [pay, small]").Replace(policyText))
	out, status := run(t, "policy", "check", "--diff="+old, now)
	if status != 0 {
		t.Fatalf("%d: %s", status, out)
	}
	for _, want := range []string{
		"\n+ shop PaymentService/CancelPayment on a with shop", "\n- shop PlatformService/GetPlatformSetting with market",
		"warning: another secret, before market: desk PaymentService/CancelPayment on m with shop", "no caller has role settings",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "+ desk") || strings.Contains(out, "- desk") {
		t.Errorf("what stays is told:\n%s", out)
	}
	if out, _ := run(t, "policy", "check", "--diff="+old, old); strings.Contains(out, "\n+") || strings.Contains(out, "\n-") || strings.Contains(out, "another secret") {
		t.Errorf("a policy differs from itself:\n%s", out)
	}
}

func TestTests(t *testing.T) {
	path := write(t, "p", policyText)
	good := write(t, "tests.yaml", `version: 1
tests:
  - {name: small, caller: desk, rpc: PaymentService/CancelPayment, request: {paymentId: p, storeId: store-m, amount: 1000}, want: allowed, secret: market, store: m}
  - {name: large, caller: desk, rpc: PaymentService/CancelPayment, request: {paymentId: p, amount: 1001, storeId: store-a}, want: refused, cause: no_condition}
  - {name: all, caller: desk, rpc: PaymentService/CancelPayment, request: {paymentId: p, storeId: store-a}, want: refused}
  - {name: unknown, caller: desk, rpc: PaymentService/CancelPayment, request: {paymentId: p, storeId: store-a, amount: 1, Amount: 2}, want: refused, cause: not_judgeable}
  - {name: settings, caller: shop, rpc: PlatformService/GetPlatformSetting, want: allowed, secret: market}
  - {name: no role, caller: desk, rpc: PaymentService/GetPayment, want: refused, cause: no_role}
`)
	if out, status := run(t, "policy", "test", "--policy="+path, good); status != 0 || out != "6 tests, 0 failed\n" {
		t.Errorf("%d: %s", status, out)
	}
	wrong := write(t, "tests.yaml", `version: 1
tests:
  - {name: large, caller: desk, rpc: PaymentService/CancelPayment, request: {paymentId: p, storeId: store-a, amount: 1001}, want: allowed}
  - {name: other secret, caller: shop, rpc: PlatformService/GetPlatformSetting, want: allowed, secret: shop}
  - {name: no such caller, caller: x, rpc: PlatformService/GetPlatformSetting, want: refused}
  - {name: no request, caller: desk, rpc: PaymentService/CancelPayment, want: refused}
`)
	out, status := run(t, "policy", "test", "--policy="+path, wrong)
	if status != 4 || !strings.Contains(out, "tests.yaml:3: large: it is refused: no_condition; tried last: role small, line 5") || !strings.Contains(out, "4 tests, 4 failed") {
		t.Errorf("%d: %s", status, out)
	}
	for name, text := range map[string]string{
		"no tests": "version: 1\n", "no version": "tests: [{want: allowed}]\n", "no wish": "version: 1\ntests: [{name: x}]\n",
		"unknown key": "version: 1\ntests: [{want: allowed, calller: x}]\n",
	} {
		if out, status := run(t, "policy", "test", "--policy="+path, write(t, "bad", text)); status != 3 {
			t.Errorf("%s: %d: %s", name, status, out)
		}
	}
}

func TestExplain(t *testing.T) {
	path := write(t, "p", policyText)
	args := []string{"policy", "explain", "--caller=desk", "--rpc=PaymentService/CancelPayment"}
	for request, want := range map[string]struct {
		text   string
		status int
	}{
		`{"paymentId":"p","storeId":"store-a","amount":5}`:   {"allowed by role small, line 5, on store a, with secret shop", 0},
		`{"paymentId":"p","storeId":"store-a"}`:              {"refused: no_condition; tried last: role small, line 5: the request does not have it", 4},
		`{"paymentId":"p","storeId":"store-x","amount":5}`:   {"refused: other_store", 4},
		`{"paymentId":"p","storeId":"store-a","amount":1.5}`: {"refused: not_judgeable: amount: is judged, and is not a plain integer", 4},
		`{"storeId":"store-a","amount":5}`:                   {"the path parameter is missing", 3},
	} {
		out, status := run(t, append(args, "--request="+request, path)...)
		if status != want.status || !strings.Contains(out, want.text) {
			t.Errorf("%s: %d: %s", request, status, out)
		}
	}
}

func TestHash(t *testing.T) {
	key := write(t, "key", strings.Repeat("k", 32)+"\n")
	out, status := run(t, "audit", "hash", "--key-file="+key, "p1")
	if status != 0 || len(out) != len("hmac-sha256:")+64+1 {
		t.Errorf("%d: %s", status, out)
	}
	if _, status := run(t, "audit", "hash", "--key-file="+write(t, "short", "k"), "p1"); status != 3 {
		t.Errorf("a short key ends with %d", status)
	}
}

// TestExamples runs the sample files of deploy.
func TestExamples(t *testing.T) {
	if out, status := run(t, "policy", "check", "../../deploy/policy.yaml"); status != 0 {
		t.Errorf("%d: %s", status, out)
	}
	if out, status := run(t, "policy", "test", "--policy=../../deploy/policy.yaml", "../../deploy/policy-tests.yaml"); status != 0 {
		t.Errorf("%d: %s", status, out)
	}
}
