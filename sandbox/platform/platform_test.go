package platform

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

var start = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)

// in is the time a while after the start.
func in(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(start.Add(d)) }

// bench is a store to test, with its world.
type bench struct {
	*Store
	world          *world.World
	counterparties *fakeCounterparties
}

func newBench() *bench {
	w := world.New(world.NewStoppedClock(start))
	c := &fakeCounterparties{ongoing: make(map[string]bool)}
	b := &bench{Store: New(w, c), world: w, counterparties: c}
	b.UseLookups(someLookups)
	return b
}

// fakeCounterparties notes what it is told.
type fakeCounterparties struct {
	ongoing map[string]bool // by partner id
	told    []*portonev2.PlatformPartner
}

func (c *fakeCounterparties) ReflectPartner(p *portonev2.PlatformPartner) { c.told = append(c.told, p) }
func (c *fakeCounterparties) OngoingTaxInvoice(id string, _ bool) bool    { return c.ongoing[id] }

// someLookups know two look-ups of the account and business that test partners have,
// "fresh" and "used", and no more than that.
var someLookups = Lookups{
	Account: func(id string) (portonev2.Bank, string, string, bool) {
		return portonev2.Bank_BANK_SHINHAN, "110123456789", "Kim", id == "fresh" || id == "used"
	},
	Company: func(id string) (string, bool) { return "1234567891", id == "fresh" || id == "used" },
}

// method is an RPC of a store.
type method[Q, R proto.Message] func(context.Context, Q) (R, error)

// do makes a call that must succeed, and checks that the answer is complete.
func do[Q, R proto.Message](t testing.TB, call method[Q, R], req Q) R {
	t.Helper()
	answer, err := call(context.Background(), req)
	if err != nil {
		t.Fatalf("%s %v: %v", rpcOf(req), req, err)
	}
	worldtest.Complete(t, answer)
	return answer
}

// refuse makes a call that must be refused with an error of a type that the
// contract lists for it.
func refuse[Q, R proto.Message](t testing.TB, call method[Q, R], req Q, want string) *world.Refusal {
	t.Helper()
	_, err := call(context.Background(), req)
	return checkFault(t, rpcOf(req), err, want)
}

func checkFault(t testing.TB, rpc protoreflect.Name, err error, want string) *world.Refusal {
	t.Helper()
	var fault *world.Refusal
	if !errors.As(err, &fault) {
		t.Fatalf("%s: error %v, want %s", rpc, err, want)
	}
	if got := errorType(fault.Reason); got != want {
		t.Fatalf("%s: %v, want %s", rpc, fault, want)
	}
	if !listedErrors()[rpc][want] {
		t.Fatalf("%s: the contract does not list %s", rpc, want)
	}
	return fault
}

// rpcOf is the name of the RPC that a request is for.
func rpcOf(req proto.Message) protoreflect.Name {
	name := req.ProtoReflect().Descriptor().Name()
	return protoreflect.Name(strings.TrimSuffix(string(name), "Request"))
}

// listedErrors are the types of errors that the contract lists, by RPC.
func listedErrors() map[protoreflect.Name]map[string]bool {
	all := make(map[protoreflect.Name]map[string]bool)
	for _, file := range []protoreflect.FileDescriptor{
		portonev2.File_portone_v2_platform_proto,
		portonev2.File_portone_v2_platform_partner_proto,
		portonev2.File_portone_v2_platform_policy_proto,
	} {
		methods := file.Services().Get(0).Methods()
		for i := range methods.Len() {
			listed := make(map[string]bool)
			options := methods.Get(i).Options()
			for _, name := range proto.GetExtension(options, portonev2.E_Operation).(*portonev2.Operation).GetErrors() {
				listed[name] = true
			}
			all[methods.Get(i).Name()] = listed
		}
	}
	return all
}

// Requests that a test can change where it wants to.

func contract(id string) *portonev2.CreatePlatformContractRequest {
	return &portonev2.CreatePlatformContractRequest{
		Id:          &id,
		Name:        world.Ptr("Contract " + id),
		PlatformFee: &portonev2.PlatformFeeInput{FixedRate: world.Ptr[int32](3500)},
		SettlementCycle: &portonev2.PlatformSettlementCycleInput{
			LagDays:    world.Ptr[int32](2),
			DatePolicy: portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_HOLIDAY_AFTER.Enum(),
			Method:     &portonev2.PlatformSettlementCycleMethodInput{Daily: &portonev2.PlatformSettlementCycleMethodDailyInput{}},
		},
		PlatformFeeVatPayer:      portonev2.PlatformPayer_PLATFORM_PAYER_PARTNER.Enum(),
		SubtractPaymentVatAmount: world.Ptr(false),
	}
}

func fee(id string) *portonev2.CreatePlatformAdditionalFeePolicyRequest {
	return &portonev2.CreatePlatformAdditionalFeePolicyRequest{
		Id:       &id,
		Name:     world.Ptr("Fee " + id),
		Fee:      &portonev2.PlatformFeeInput{FixedAmount: world.Ptr[int64](500)},
		VatPayer: portonev2.PlatformPayer_PLATFORM_PAYER_MERCHANT.Enum(),
	}
}

func share(id string) *portonev2.CreatePlatformDiscountSharePolicyRequest {
	return &portonev2.CreatePlatformDiscountSharePolicyRequest{
		Id:               &id,
		Name:             world.Ptr("Share " + id),
		PartnerShareRate: world.Ptr[int32](50_000),
	}
}

// partner is a business with the contract "open".
func partner(id string) *portonev2.CreatePlatformPartnerBody {
	return &portonev2.CreatePlatformPartnerBody{
		Id:   &id,
		Name: world.Ptr("Partner " + id),
		Contact: &portonev2.CreatePlatformPartnerBodyContact{
			Name: world.Ptr("Kim"), PhoneNumber: world.Ptr("01012345678"), Email: world.Ptr(id + "@example.com"),
		},
		Account: &portonev2.CreatePlatformPartnerBodyAccount{
			Bank:     portonev2.Bank_BANK_SHINHAN.Enum(),
			Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
			Number:   world.Ptr("110-123-456789"),
			Holder:   world.Ptr("Kim"),
		},
		DefaultContractId: world.Ptr("open"),
		Tags:              []string{"tag " + id},
		Type: &portonev2.CreatePlatformPartnerBodyType{Business: &portonev2.CreatePlatformPartnerBodyTypeBusiness{
			CompanyName:                world.Ptr("Company " + id),
			BusinessRegistrationNumber: world.Ptr("1234567891"),
			RepresentativeName:         world.Ptr("Kim"),
		}},
	}
}

// person is a partner that is no business.
func person(id string) *portonev2.CreatePlatformPartnerBody {
	body := partner(id)
	body.Type = &portonev2.CreatePlatformPartnerBodyType{WhtPayer: &portonev2.CreatePlatformPartnerBodyTypeWhtPayer{}}
	return body
}

func (b *bench) createPartner(t testing.TB, body *portonev2.CreatePlatformPartnerBody) *portonev2.PlatformPartner {
	t.Helper()
	return do(t, b.CreatePlatformPartner, reshape[*portonev2.CreatePlatformPartnerRequest](body)).GetPartner()
}

func (b *bench) partner(t testing.TB, id string) *portonev2.PlatformPartner {
	t.Helper()
	return do(t, b.GetPlatformPartner, &portonev2.GetPlatformPartnerRequest{Id: id})
}
