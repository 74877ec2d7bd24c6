package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/access"
	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// bench is an Access over a file that tests change.
type bench struct {
	t      testing.TB
	path   string
	access *access.Access
	lines  *buffer // of the audit
	log    *buffer
	open   atomic.Int64 // accounts
}

type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	fail bool
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail {
		return 0, errors.New("no space left on device")
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

const head = `version: 1
secrets:
  shop:   {env: SHOP, store: store-a}
  market: {env: MARKET, store: store-m}
stores:
  a: {id: store-a, secret: shop}
  m: {id: store-m, secret: market}
roles:
  read: [{rpcs: [PaymentService/Get*]}]
  refund-small: [{rpcs: [PaymentService/CancelPayment], when: request.amount > 0 && request.amount <= 1000}]
  refund: [{rpcs: [PaymentService/CancelPayment]}]
`

const callers = head + `callers:
  desk:  {is: [{uid: 1}], may: [read, refund-small], on: [a]}
  shops: {is: [{uid: 2}], may: [refund], on: [a, m]}
  slow:  {is: [{uid: 3}], may: [read], secret: market, limit: {rate: 2/h, burst: 2, in_flight: 1}}
  keyed: {is: [{uid: 4}], may: [refund], secret: shop, require_idempotency_key: true}
`

func newBench(t testing.TB, text string, strict bool) *bench {
	t.Helper()
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "policy.yaml"), lines: new(buffer), log: new(buffer)}
	b.write(text)
	log, err := audit.Open("-", b.lines, strict, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	hasher, err := audit.NewHasher(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	b.access, err = access.New(access.Options{
		PolicyFile: b.path, Audit: log, Hasher: hasher, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
		Open: func(s *policy.Secret) (access.Account, error) {
			if s.Env == "MISSING" {
				return nil, errors.New("is not there")
			}
			b.open.Add(1)
			return s.Name + "/" + s.Env, nil
		},
		Close: func(access.Account) { b.open.Add(-1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.access.Close(); log.Close() })
	return b
}

// write writes the policy by replacing it.
func (b *bench) write(text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path+".new", []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Rename(b.path+".new", b.path); err != nil {
		b.t.Fatal(err)
	}
}

// outcome is what became of a call.
type outcome struct {
	account access.Account
	refusal *access.Refusal
	would   policy.Cause
}

// call makes a call as a user behind a unix socket.
func (b *bench) call(uid uint32, rpc string, message proto.Message) outcome {
	return call(b.t, b.access, uid, rpc, message)
}

func call(t testing.TB, a *access.Access, uid uint32, rpc string, message proto.Message) outcome {
	method := contract.Lookup("/portone.v2." + rpc)
	info := access.Info{Op: policy.Index(method.FullName), Transport: "grpc", RequestID: "r1"}
	c, refusal := a.Begin(info, http.Header{}, &identity.Peer{Unix: &identity.UnixPeer{UID: uid}})
	o := outcome{refusal: refusal}
	defer func() {
		code := "OK"
		if o.refusal != nil {
			code = "PermissionDenied"
		}
		c.End(code, "", 1)
	}()
	if refusal != nil {
		return o
	}
	if method.IsMutation() {
		if o.refusal = c.NoKey(); o.refusal != nil {
			return o
		}
	}
	var request *transcode.Request
	if c.NeedsRequest() {
		wire, err := proto.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		request = new(transcode.Request)
		if err := transcode.BindingOf(method).SetRequest(request, wire, 7<<10); err != nil {
			t.Fatal(err)
		}
	}
	o.account, o.refusal = c.Admit(request, "key-1")
	o.would = c.Would()
	return o
}

func cancel(store string, amount int64) *portonev2.CancelPaymentRequest {
	return &portonev2.CancelPaymentRequest{PaymentId: "p1", StoreId: &store, Amount: &amount, Reason: proto.String("r")}
}

func get(store string) *portonev2.GetPaymentRequest {
	return &portonev2.GetPaymentRequest{PaymentId: "p1", StoreId: &store}
}

func cause(r *access.Refusal) policy.Cause {
	if r == nil {
		return ""
	}
	return r.Cause
}

func TestCalls(t *testing.T) {
	b := newBench(t, callers, true)
	for name, test := range map[string]struct {
		uid     uint32
		rpc     string
		message proto.Message
		cause   policy.Cause
		account access.Account
	}{
		"allowed":           {1, "PaymentService/CancelPayment", cancel("store-a", 1000), "", "shop/SHOP"},
		"too much":          {1, "PaymentService/CancelPayment", cancel("store-a", 1001), policy.NoCondition, nil},
		"other store":       {1, "PaymentService/CancelPayment", cancel("store-m", 1), policy.OtherStore, nil},
		"no role":           {1, "PaymentService/CapturePayment", nil, policy.NoRole, nil},
		"stranger":          {9, "PaymentService/GetPayment", nil, policy.Unidentified, nil},
		"store's secret":    {2, "PaymentService/CancelPayment", cancel("store-m", 1), "", "market/MARKET"},
		"read":              {1, "PaymentService/GetPayment", get("store-a"), "", "shop/SHOP"},
		"without a request": {3, "PaymentService/GetPayment", nil, "", "market/MARKET"},
		"no key":            {4, "PaymentService/CancelPayment", nil, policy.NoKey, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := b.call(test.uid, test.rpc, test.message)
			if cause(o.refusal) != test.cause || o.account != test.account {
				t.Errorf("it goes up by %v, or is refused: %q", o.account, cause(o.refusal))
			}
		})
	}
}

func TestAuditLines(t *testing.T) {
	b := newBench(t, callers, true)
	b.call(1, "PaymentService/CancelPayment", cancel("store-a", 5))
	b.call(1, "PaymentService/CancelPayment", cancel("store-a", 5000))
	b.call(1, "PaymentService/GetPayment", get("store-a")) // no mutation
	b.call(9, "PaymentService/CancelPayment", nil)
	var entries []audit.Entry
	for line := range strings.SplitSeq(strings.TrimSpace(b.lines.String()), "\n") {
		var e audit.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	want := []string{"begin allowed desk", "end allowed desk", "refused refused desk", "refused refused "}
	if len(entries) != len(want) {
		t.Fatalf("the audit is\n%s", b.lines.String())
	}
	for i, e := range entries {
		if got := e.Event + " " + e.Decision + " " + e.Caller; got != want[i] {
			t.Errorf("line %d is %q, want %q", i, got, want[i])
		}
	}
	begin, end, refused := entries[0], entries[1], entries[2]
	if *begin.Amount != 5 || begin.Store != "a" || begin.Secret != "shop" || begin.Role != "refund-small" || begin.Line != 10 ||
		begin.RPC != "PaymentService/CancelPayment" || begin.Credential != "unix" || begin.CredentialID != "1" || len(begin.Policy) != 64 ||
		!strings.HasPrefix(begin.IDs["payment_id"], "hmac-sha256:") || begin.IDs["store_id"] == begin.IDs["payment_id"] || begin.Key == "" {
		t.Errorf("the beginning is %+v", begin)
	}
	if end.Code != "OK" || end.Attempts != 1 || end.IDs["payment_id"] != begin.IDs["payment_id"] {
		t.Errorf("the end is %+v", end)
	}
	if refused.Cause != string(policy.NoCondition) || *refused.Amount != 5000 || entries[3].Cause != string(policy.Unidentified) {
		t.Errorf("refused: %+v, %+v", refused, entries[3])
	}
	for _, secret := range []string{"p1", "key-1", "store-a"} {
		if strings.Contains(b.lines.String(), `"`+secret+`"`) {
			t.Errorf("the audit shows %s", secret)
		}
	}
}

func TestAuditThatCannotBeWritten(t *testing.T) {
	for _, strict := range []bool{true, false} {
		b := newBench(t, callers, strict)
		b.lines.mu.Lock()
		b.lines.fail = true
		b.lines.mu.Unlock()
		want := policy.Cause("")
		if strict {
			want = policy.NoAudit
		}
		if o := b.call(1, "PaymentService/CancelPayment", cancel("store-a", 5)); cause(o.refusal) != want {
			t.Errorf("strict %v: a mutation is refused: %q", strict, cause(o.refusal))
		}
		if o := b.call(1, "PaymentService/GetPayment", get("store-a")); o.refusal != nil {
			t.Errorf("strict %v: a read is refused: %q", strict, cause(o.refusal))
		}
	}
}

func TestLimits(t *testing.T) {
	b := newBench(t, callers, true)
	info := access.Info{Op: policy.Index("/portone.v2.PaymentService/GetPayment")}
	peer := &identity.Peer{Unix: &identity.UnixPeer{UID: 3}}
	first, refusal := b.access.Begin(info, http.Header{}, peer)
	if refusal != nil {
		t.Fatal(refusal.Cause)
	}
	second, refusal := b.access.Begin(info, http.Header{}, peer)
	if cause(refusal) != policy.OverLimit || refusal.RetryAfter != 0 {
		t.Errorf("two in flight: %q", cause(refusal))
	}
	second.End("ResourceExhausted", "", 0)
	first.End("OK", "", 1)
	third, refusal := b.access.Begin(info, http.Header{}, peer)
	if cause(refusal) != policy.OverLimit || refusal.RetryAfter < 29*time.Minute || refusal.RetryAfter > 30*time.Minute {
		t.Errorf("three in an hour: %q, %v", cause(refusal), refusal.RetryAfter)
	}
	third.End("ResourceExhausted", "", 0)
	b.write(callers + "# reloaded\n")
	if changed, err := b.access.Reload(); !changed || err != nil {
		t.Fatal(changed, err)
	}
	fourth, refusal := b.access.Begin(info, http.Header{}, peer)
	if cause(refusal) != policy.OverLimit {
		t.Error("a new policy forgets what was used up")
	}
	fourth.End("ResourceExhausted", "", 0)
	b.access.InFlight(func(caller string, n int64) {
		if n != 0 {
			t.Errorf("%d calls of %s are in flight", n, caller)
		}
	})
}

func TestShadow(t *testing.T) {
	b := newBench(t, "mode: shadow\n"+callers, true)
	for name, test := range map[string]struct {
		uid   uint32
		rpc   string
		would policy.Cause
	}{
		"allowed":     {1, "PaymentService/CancelPayment", ""},
		"stranger":    {9, "PaymentService/CancelPayment", policy.Unidentified},
		"no role":     {3, "PaymentService/CancelPayment", policy.NoRole},
		"other store": {1, "PaymentService/CancelPayment", policy.OtherStore},
	} {
		t.Run(name, func(t *testing.T) {
			message := cancel("store-a", 5)
			if test.would == policy.OtherStore {
				message = cancel("store-m", 5)
			}
			o := b.call(test.uid, test.rpc, message)
			if o.refusal != nil || o.account != "default/" || o.would != test.would {
				t.Errorf("it goes up by %v, is refused: %q, would be: %q", o.account, cause(o.refusal), o.would)
			}
		})
	}
	if n := strings.Count(b.lines.String(), audit.WouldRefuse); n != 6 { // begin and end
		t.Errorf("%d lines say what would be refused\n%s", n, b.lines.String())
	}
	found := make(map[string]uint64)
	b.access.Decisions(func(caller, decision, cause string, n uint64) { found[caller+" "+decision+" "+cause] = n })
	for _, want := range []string{" would_refuse unidentified", "slow would_refuse no_role", "desk would_refuse other_store", "desk allowed "} {
		if found[want] != 1 {
			t.Errorf("%q is counted %d times", want, found[want])
		}
	}
}

func TestReload(t *testing.T) {
	b := newBench(t, callers, true)
	reload := func(text string) (bool, error) { b.write(text); return b.access.Reload() }
	good := b.access.Policy().Hash
	for name, text := range map[string]string{
		"empty": "", "half": callers[:len(callers)/2], "mistake": callers + "x: 1\n", "missing secret": strings.Replace(callers, "MARKET", "MISSING", 1),
		"missing keys": "issuers: {i: {issuer: x, audience: y, jwks: /nowhere, algorithms: [ES256]}}\n" + callers,
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				if changed, err := reload(text); changed || err == nil {
					t.Errorf("changed: %v, error: %v", changed, err)
				}
			}
			if b.access.Policy().Hash != good {
				t.Error("it is in use")
			}
			if o := b.call(2, "PaymentService/CancelPayment", cancel("store-m", 1)); o.account != "market/MARKET" {
				t.Errorf("a call goes up by %v", o.account)
			}
		})
	}
	if err := os.Remove(b.path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.access.Reload(); err == nil {
		t.Error("a file that is gone is no problem")
	}
	if changed, err := reload(strings.Replace(callers, "uid: 1}", "uid: 11}", 1)); !changed || err != nil {
		t.Error(changed, err)
	}
	if o := b.call(1, "PaymentService/GetPayment", get("store-a")); cause(o.refusal) != policy.Unidentified {
		t.Error("a caller that was taken away may still call")
	}
	if b.open.Load() != 2 {
		t.Errorf("%d accounts are open", b.open.Load())
	}
	if _, err := reload("version: 1\ncallers: {}\n"); err != nil {
		t.Fatal(err)
	}
	if b.open.Load() != 1 {
		t.Errorf("%d accounts are open", b.open.Load())
	}
}

// TestReloadUnderLoad changes the policy while calls are made: each is decided about by
// one policy or the other, never by a mixture.
func TestReloadUnderLoad(t *testing.T) {
	first := callers
	second := strings.NewReplacer("env: SHOP", "env: SHOP2", "<= 1000", "<= 2000").Replace(callers)
	b := newBench(t, first, true)
	ctx, cancelAll := context.WithTimeout(context.Background(), time.Second)
	defer cancelAll()
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			for ctx.Err() == nil {
				o := b.call(1, "PaymentService/CancelPayment", cancel("store-a", 1500))
				if !(o.refusal == nil && o.account == "shop/SHOP2") && cause(o.refusal) != policy.NoCondition {
					t.Errorf("it goes up by %v, or is refused: %q", o.account, cause(o.refusal))
				}
			}
		})
	}
	for i := 0; ctx.Err() == nil; i++ {
		b.write([]string{second, "broken", first}[i%3])
		_, _ = b.access.Reload()
	}
	calls.Wait()
}

func TestStrangersDoNotFillTheDisk(t *testing.T) {
	b := newBench(t, callers, true)
	for range 1000 {
		b.call(9, "PaymentService/CancelPayment", nil)
	}
	if n := strings.Count(b.lines.String(), "\n"); n > 100 {
		t.Errorf("the audit has %d lines", n)
	}
	b.access.Decisions(func(caller, _, cause string, n uint64) {
		if caller == "" && cause == string(policy.Unidentified) && n != 1000 {
			t.Errorf("%d calls are counted", n)
		}
	})
}

func TestReflection(t *testing.T) {
	for setting, want := range map[string][2]bool{"callers": {true, false}, "all": {true, true}, "none": {false, false}} {
		b := newBench(t, strings.Replace(callers, "roles:", "defaults: {reflection: "+setting+"}\nroles:", 1), true)
		for i, uid := range []uint32{1, 9} {
			if got := b.access.MayReflect(http.Header{}, &identity.Peer{Unix: &identity.UnixPeer{UID: uid}}); got != want[i] {
				t.Errorf("reflection for %s answers user %d: %v", setting, uid, got)
			}
		}
	}
}

func BenchmarkCall(b *testing.B) {
	key, hash, err := identity.NewKey("k1")
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "policy")
	text := fmt.Sprintf("version: 1\nroles: {read: [{rpcs: [PaymentService/Get*]}]}\ncallers: {a: {is: [{key: %q, id: k1}], may: [read]}, b: {is: [{uid: 1}], may: [read]}}\n", hash)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	a, err := access.New(access.Options{PolicyFile: path, Open: func(*policy.Secret) (access.Account, error) { return "x", nil },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	info := access.Info{Op: policy.Index("/portone.v2.PaymentService/GetPayment"), Transport: "grpc"}
	for name, who := range map[string]struct {
		header http.Header
		peer   *identity.Peer
	}{
		"by key":        {http.Header{"Authorization": {"PortOne " + key}}, nil},
		"by connection": {http.Header{}, &identity.Peer{Unix: &identity.UnixPeer{UID: 1}}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, refusal := a.Begin(info, who.header, who.peer)
				if refusal != nil || c.NeedsRequest() {
					b.Fatal("refused, or judged")
				}
				if _, refusal := c.Admit(nil, ""); refusal != nil {
					b.Fatal(refusal.Cause)
				}
				c.End("OK", "", 1)
			}
		})
	}
}
