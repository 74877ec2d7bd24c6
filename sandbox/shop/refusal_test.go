package shop

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

const goodNumber = "4242424242424242"

// stock is what the shop of every case of TestFaults has.
type stock struct {
	*Store
	w                  *world.World
	key, deleted       string // billing keys
	unconfirmed        string
	keyToken, payToken string // for ConfirmBillingKey and ConfirmBillingKeyIssueAndPay
	token              string // for ConfirmPayment of "open"
	schedule           string // of "scheduled"
}

// newStock has the payments "paid", "parts" (one of two thirds cancelled),
// "cancelled", "failed", "issued", "open", "coin" and "scheduled".
func newStock(t *testing.T) *stock {
	t.Helper()
	s, w := open()
	k := &stock{Store: s, w: w}
	do(t, s.PayInstantly, byCard("paid", 30_000, goodNumber))
	taxFree := byCard("parts", 30_000, goodNumber)
	taxFree.Amount.TaxFree = world.Ptr(int64(10_000))
	do(t, s.PayInstantly, taxFree)
	do(t, s.CancelPayment, cancelPart("parts", 15_000))
	do(t, s.PayInstantly, byCard("cancelled", 30_000, goodNumber))
	do(t, s.CancelPayment, cancelAll("cancelled"))
	try(t, s.PayInstantly, byCard("failed", 30_000, "4000000000000002"))
	do(t, s.PayInstantly, byAccount("issued", 30_000, 24))
	k.token, _ = s.PayInWindow(WindowPayment{PaymentID: "open", OrderName: "open", Amount: won(30_000), Confirm: true})
	_, _ = s.PayInWindow(WindowPayment{PaymentID: "coin", OrderName: "coin", Amount: won(100), ChannelKey: ChannelTripleA})
	w.Clock.Advance(PendingApproval - 45*time.Minute)
	k.key, k.deleted = issueKey(t, s, goodNumber), issueKey(t, s, goodNumber)
	do(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: k.deleted})
	k.unconfirmed, k.keyToken, _ = s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true})
	_, k.payToken, _ = s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true, Payment: &WindowPayment{
		PaymentID: "first", OrderName: "first", Amount: won(9_900),
	}})
	k.schedule = do(t, s.CreatePaymentSchedule, later("scheduled", k.key, 30_000, w, day)).Schedule.GetId()
	return k
}

// with changes a request, for a case.
func with[M proto.Message](req M, change func(M)) M {
	change(req)
	return req
}

// call is a prepared call of an RPC.
type call func() (proto.Message, *world.Refusal)

// calling prepares one.
func calling[Req, Resp proto.Message](t *testing.T, rpc func(context.Context, Req) (Resp, error), req Req) call {
	return func() (proto.Message, *world.Refusal) {
		t.Helper()
		_, fault := try(t, rpc, req)
		return req, fault
	}
}

// faultCase is a call that is refused with a type of PortOne's errors.
type faultCase struct {
	want    string
	prepare func(t *testing.T, s *stock) call
}

// notProvoked are the errors that no state of the sandbox leads to: it knows
// neither foreign stores nor wrong credentials, and its PG has no reason to
// refuse the last few. The server can be asked for any of them.
var notProvoked = []string{
	"FORBIDDEN", "UNAUTHORIZED",
	"applyEscrowLogistics PG_PROVIDER", "modifyEscrowLogistics PG_PROVIDER", "confirmEscrow PG_PROVIDER",
	"closeVirtualAccount PG_PROVIDER", "deleteBillingKey PG_PROVIDER", "deleteBillingKey CHANNEL_SPECIFIC",
	"registerStoreReceipt PG_PROVIDER", "stopPaymentCancellation PG_PROVIDER",
	// Requests of which everything that can be wrong is for the server to see.
	"capturePayment INVALID_REQUEST", "closeVirtualAccount INVALID_REQUEST", "confirmBillingKey INVALID_REQUEST", "confirmPayment INVALID_REQUEST",
	"getBillingKeyInfo INVALID_REQUEST", "getPayment INVALID_REQUEST", "getPaymentSchedule INVALID_REQUEST",
	"getPaymentTransactions INVALID_REQUEST", "getPromotion INVALID_REQUEST", "resendWebhook INVALID_REQUEST",
	"stopPaymentCancellation INVALID_REQUEST",
}

// TestFaults provokes every typed error of every operation that state can lead
// to, and looks that a refused call changes nothing.
func TestFaults(t *testing.T) {
	provoked := make(map[string]bool)
	for i, test := range slices.Concat(payFaults, cancelFaults, paidFaults, keyFaults, scheduleFaults, readFaults) {
		t.Run(fmt.Sprintf("%d %s", i, test.want), func(t *testing.T) {
			s := newStock(t)
			refusedCall := test.prepare(t, s)
			before := dumped(s.Store)
			req, fault := refusedCall()
			if fault == nil || worldtest.Type(fault.Reason) != test.want {
				t.Fatalf("%T %v: %v, want %s", req, req, fault, test.want)
			}
			provoked[worldtest.Operation(req).GetId()+" "+test.want] = true
			data, byPG := fault.Data.(*portonev2.PgProviderError)
			if byPG != (test.want == "PG_PROVIDER") || byPG && data.GetPgCode() == "" {
				t.Errorf("data %v", fault.Data)
			}
			if after := dumped(s.Store); !byPG && !slices.Equal(before, after) { // a PG's refusal leaves a failed try
				t.Errorf("%T %v changed\n%v\nto\n%v", req, req, before, after)
			}
		})
	}
	for _, file := range contractFiles {
		methods := file.Services().Get(0).Methods()
		for i := range methods.Len() {
			op := proto.GetExtension(methods.Get(i).Options(), portonev2.E_Operation).(*portonev2.Operation)
			for _, typ := range op.Errors {
				if name := op.Id + " " + typ; !provoked[name] && !slices.Contains(notProvoked, typ) && !slices.Contains(notProvoked, name) {
					t.Errorf("%s is not provoked", name)
				}
			}
		}
	}
}

// dumped is everything in a shop, as texts.
func dumped(s *Store) []string {
	var all []string
	s.Dump(func(kind, id string, object proto.Message) {
		all = append(all, kind+" "+id+" "+prototext.MarshalOptions{}.Format(object))
	})
	return all
}

// contractFiles have the services of this package.
var contractFiles = []protoreflect.FileDescriptor{
	portonev2.File_portone_v2_payment_proto, portonev2.File_portone_v2_billing_key_proto,
	portonev2.File_portone_v2_payment_schedule_proto, portonev2.File_portone_v2_promotion_proto,
}
