package settlement

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// start is a Monday, in the afternoon in Korea.
var start = time.Date(2026, 3, 9, 5, 0, 0, 0, time.UTC)

// directory is a small directory of one mode's or both modes' objects, by id; those
// of test mode have "test/" before it.
type directory struct {
	partners  map[string]*portonev2.PlatformPartner
	contracts map[string]*portonev2.PlatformContract
	fees      map[string]*portonev2.PlatformAdditionalFeePolicy
	shares    map[string]*portonev2.PlatformDiscountSharePolicy
	setting   *portonev2.PlatformSetting

	properties map[string]bool // keys that live mode has; empty for any
}

func find[O any](objects map[string]O, id string, test bool) (O, bool) {
	if test {
		id = "test/" + id
	}
	o, ok := objects[id]
	return o, ok
}

func (d *directory) Partner(id string, test bool) (*portonev2.PlatformPartner, bool) {
	return find(d.partners, id, test)
}

func (d *directory) Contract(id string, test bool) (*portonev2.PlatformContract, bool) {
	return find(d.contracts, id, test)
}

func (d *directory) AdditionalFeePolicy(id string, test bool) (*portonev2.PlatformAdditionalFeePolicy, bool) {
	return find(d.fees, id, test)
}

func (d *directory) DiscountSharePolicy(id string, test bool) (*portonev2.PlatformDiscountSharePolicy, bool) {
	return find(d.shares, id, test)
}

func (d *directory) PropertyDefined(key string, test bool) bool {
	return test || len(d.properties) == 0 || d.properties[key]
}

func (d *directory) Setting(bool) *portonev2.PlatformSetting { return proto.CloneOf(d.setting) }

// till has payments, by id.
type till map[string]*portonev2.Payment

func (t till) Payment(id string) (*portonev2.Payment, bool) {
	p, ok := t[id]
	return p, ok
}

// market is a store with a world, a directory and payments around it.
type market struct {
	*Store
	t         testing.TB
	world     *world.World
	directory *directory
	payments  till
}

// newMarket has the partners "seller" and "grower", who share the contract "plain"
// (10 %, VAT borne by the partner, D+2 every day), and policies.
func newMarket(t testing.TB) *market {
	d := &directory{
		partners:  make(map[string]*portonev2.PlatformPartner),
		contracts: make(map[string]*portonev2.PlatformContract),
		fees:      make(map[string]*portonev2.PlatformAdditionalFeePolicy),
		shares:    make(map[string]*portonev2.PlatformDiscountSharePolicy),
		setting: &portonev2.PlatformSetting{
			SupportsMultipleOrderTransfersPerPartner:  new(bool),
			AdjustSettlementDateAfterHolidayIfEarlier: new(bool),
			DeductWht:                   world.Ptr(true),
			SettlementAmountType:        portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_GROSS.Enum(),
			IsForTest:                   new(bool),
			ManualSettlementPerTransfer: new(bool),
		},
	}
	for _, prefix := range []string{"", "test/"} {
		d.partners[prefix+"seller"] = partner("seller")
		d.partners[prefix+"grower"] = partner("grower")
		d.contracts[prefix+"plain"] = contract("plain")
	}
	d.fees["express"] = feePolicy("express", rateOf(5_000))
	d.fees["packing"] = feePolicy("packing", fixedOf(300))
	d.shares["half"] = sharePolicy("half", 50_000)
	d.shares["third"] = sharePolicy("third", 33_333)
	m := &market{t: t, world: world.New(world.NewStoppedClock(start)), directory: d, payments: make(till)}
	m.Store = New(m.world, d, m.payments, nil)
	return m
}

func partner(id string) *portonev2.PlatformPartner {
	return &portonev2.PlatformPartner{
		Id:        world.Ptr(id),
		GraphqlId: world.Ptr("graphql-" + id),
		Name:      world.Ptr("The " + id),
		Contact:   &portonev2.PlatformContact{Name: world.Ptr("Kim"), Email: world.Ptr("kim@example.com")},
		Account: &portonev2.PlatformAccount{
			Bank: portonev2.Bank_BANK_HANA.Enum(), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
			Number: world.Ptr("110" + id), Holder: world.Ptr("Holder of " + id),
			Status: portonev2.PlatformAccountStatus_PLATFORM_ACCOUNT_STATUS_VERIFIED.Enum(),
		},
		Status:            portonev2.PlatformPartnerStatus_PLATFORM_PARTNER_STATUS_APPROVED.Enum(),
		DefaultContractId: world.Ptr("plain"),
		Memo:              world.Ptr("memo of " + id),
		Tags:              []string{"tag-" + id},
		Type: &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_Business{Business: &portonev2.PlatformPartnerTypeBusiness{
			CompanyName:                   world.Ptr("Company of " + id),
			TaxationType:                  portonev2.PlatformPartnerTaxationType_PLATFORM_PARTNER_TAXATION_TYPE_NORMAL.Enum(),
			BusinessStatus:                portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_IN_BUSINESS.Enum(),
			BusinessRegistrationNumber:    world.Ptr("1234567890"),
			RepresentativeName:            world.Ptr("Kim"),
			MemberCompanyConnectionStatus: portonev2.PlatformPartnerMemberCompanyConnectionStatus_PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_NOT_CONNECTED.Enum(),
		}}},
		IsArchived:            new(bool),
		AppliedAt:             timestamppb.New(start),
		UserDefinedProperties: map[string]*portonev2.PlatformUserDefinedPropertyValue{"region": {String_: world.Ptr("north of " + id)}},
		IsForTest:             new(bool),
	}
}

func person(withheld bool) *portonev2.PlatformPartnerType {
	if withheld {
		return &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_WhtPayer{WhtPayer: &portonev2.PlatformPartnerTypeWhtPayer{}}}
	}
	return &portonev2.PlatformPartnerType{Type: &portonev2.PlatformPartnerType_NonWhtPayer{NonWhtPayer: &portonev2.PlatformPartnerTypeNonWhtPayer{}}}
}

func rateOf(rate int32) *portonev2.PlatformFee {
	return &portonev2.PlatformFee{Type: &portonev2.PlatformFee_FixedRate{FixedRate: &portonev2.PlatformFixedRateFee{Rate: &rate}}}
}

func fixedOf(amount int64) *portonev2.PlatformFee {
	return &portonev2.PlatformFee{Type: &portonev2.PlatformFee_FixedAmount{FixedAmount: &portonev2.PlatformFixedAmountFee{Amount: &amount}}}
}

func daily() *portonev2.PlatformSettlementCycleMethod {
	return &portonev2.PlatformSettlementCycleMethod{Type: &portonev2.PlatformSettlementCycleMethod_Daily{Daily: &portonev2.PlatformSettlementCycleMethodDaily{}}}
}

func contract(id string) *portonev2.PlatformContract {
	return &portonev2.PlatformContract{
		Id:          world.Ptr(id),
		GraphqlId:   world.Ptr("graphql-" + id),
		Name:        world.Ptr("Contract " + id),
		PlatformFee: rateOf(10_000),
		SettlementCycle: &portonev2.PlatformSettlementCycle{
			LagDays:    world.Ptr(int32(2)),
			DatePolicy: portonev2.PlatformSettlementCycleDatePolicy_PLATFORM_SETTLEMENT_CYCLE_DATE_POLICY_CALENDAR_DAY.Enum(),
			Method:     daily(),
		},
		PlatformFeeVatPayer:      portonev2.PlatformPayer_PLATFORM_PAYER_PARTNER.Enum(),
		SubtractPaymentVatAmount: new(bool),
		IsArchived:               new(bool),
		AppliedAt:                timestamppb.New(start),
		IsForTest:                new(bool),
	}
}

func feePolicy(id string, fee *portonev2.PlatformFee) *portonev2.PlatformAdditionalFeePolicy {
	return &portonev2.PlatformAdditionalFeePolicy{
		Id: world.Ptr(id), GraphqlId: world.Ptr("graphql-" + id), Name: world.Ptr("Fee " + id), Fee: fee,
		VatPayer:   portonev2.PlatformPayer_PLATFORM_PAYER_PARTNER.Enum(),
		IsArchived: new(bool), AppliedAt: timestamppb.New(start), IsForTest: new(bool),
	}
}

func sharePolicy(id string, rate int32) *portonev2.PlatformDiscountSharePolicy {
	return &portonev2.PlatformDiscountSharePolicy{
		Id: world.Ptr(id), GraphqlId: world.Ptr("graphql-" + id), Name: world.Ptr("Share " + id), PartnerShareRate: &rate,
		IsArchived: new(bool), AppliedAt: timestamppb.New(start), IsForTest: new(bool),
	}
}

// pay has a payment paid now.
func (m *market) pay(id string, total, taxFree int64) {
	m.payments[id] = &portonev2.Payment{Status: &portonev2.Payment_Paid{Paid: &portonev2.PaidPayment{
		Id: &id, StoreId: world.Ptr("store-1"), Channel: &portonev2.SelectedChannel{Key: world.Ptr("channel-1")},
		Method:    &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodCard{PaymentMethodCard: &portonev2.PaymentMethodCard{}}},
		OrderName: world.Ptr("Order " + id), Currency: portonev2.Currency_CURRENCY_KRW.Enum(),
		Amount: &portonev2.PaymentAmount{Total: &total, TaxFree: &taxFree}, PaidAt: m.world.Clock.Timestamp(),
	}}}
}

// refund has a part of a payment cancelled now. It may be more than is left of it,
// for the sake of the refusals that follow.
func (m *market) refund(payment, cancellation string, total, taxFree int64) {
	done := &portonev2.PaymentCancellation{Status: &portonev2.PaymentCancellation_Succeeded{Succeeded: &portonev2.SucceededPaymentCancellation{
		Id: &cancellation, TotalAmount: &total, TaxFreeAmount: &taxFree,
		CancelledAt: m.world.Clock.Timestamp(), RequestedAt: m.world.Clock.Timestamp(),
	}}}
	p, err := m.live.paidPayment(payment)
	if err != nil {
		m.t.Fatal(err)
	}
	m.payments[payment] = &portonev2.Payment{Status: &portonev2.Payment_PartialCancelled{PartialCancelled: &portonev2.PartialCancelledPayment{
		Id: &payment, StoreId: world.Ptr(p.GetStoreId()), Channel: p.GetChannel(), Method: p.GetMethod(),
		OrderName: world.Ptr(p.GetOrderName()), Currency: p.GetCurrency().Enum(), Amount: p.GetAmount(),
		RequestedAt: paidOn(p), Cancellations: append(slices.Clone(p.GetCancellations()), done),
	}}}
}

type (
	orderRequest    = portonev2.CreatePlatformOrderTransferRequest
	cancelRequest   = portonev2.CreatePlatformOrderCancelTransferRequest
	orderedDiscount = portonev2.CreatePlatformOrderTransferBodyDiscount
	takenDiscount   = portonev2.CreatePlatformOrderCancelTransferBodyDiscount
	orderedLine     = portonev2.CreatePlatformOrderTransferBodyOrderLine
	takenLine       = portonev2.CreatePlatformOrderCancelTransferBodyOrderLine
)

// byAmount is an order of the seller for an amount.
func byAmount(payment string, amount int64) *orderRequest {
	return &orderRequest{
		PartnerId: world.Ptr("seller"), PaymentId: &payment, Id: world.Ptr("of-" + payment),
		OrderDetail: &portonev2.CreatePlatformOrderTransferBodyOrderDetail{OrderAmount: &amount},
	}
}

// byLines is an order of the seller for products.
func byLines(payment string, lines ...*orderedLine) *orderRequest {
	return &orderRequest{
		PartnerId: world.Ptr("seller"), PaymentId: &payment, Id: world.Ptr("of-" + payment),
		OrderDetail: &portonev2.CreatePlatformOrderTransferBodyOrderDetail{OrderLines: lines},
	}
}

func lineOf(product string, amount int64, quantity int32, discounts ...*orderedDiscount) *orderedLine {
	return &orderedLine{
		Product:  &portonev2.CreatePlatformOrderTransferBodyProduct{Id: &product, Name: world.Ptr("Product " + product), Amount: &amount},
		Quantity: &quantity, Discounts: discounts,
	}
}

func ordered(policy string, amount, taxFree int64) *orderedDiscount {
	return &orderedDiscount{SharePolicyId: &policy, Amount: &amount, TaxFreeAmount: &taxFree}
}

func taken(policy string, amount, taxFree int64) *takenDiscount {
	return &takenDiscount{SharePolicyId: &policy, Amount: &amount, TaxFreeAmount: &taxFree}
}

func takenPieces(product string, quantity int32, discounts ...*takenDiscount) *takenLine {
	return &takenLine{ProductId: &product, Quantity: &quantity, Discounts: discounts}
}

// cancelOf cancels an order by its payment's cancellation, as a whole.
func cancelOf(payment, cancellation string) *cancelRequest {
	return &cancelRequest{
		TransferId: world.Ptr("of-" + payment), CancellationId: &cancellation, Id: world.Ptr("cancel-" + cancellation),
		OrderDetail: &portonev2.CreatePlatformOrderCancelTransferBodyOrderDetail{All: &portonev2.CreatePlatformOrderCancelTransferBodyOrderDetailAll{}},
	}
}

func cancelAmount(payment, cancellation string, amount int64) *cancelRequest {
	req := cancelOf(payment, cancellation)
	req.OrderDetail = &portonev2.CreatePlatformOrderCancelTransferBodyOrderDetail{OrderAmount: &amount}
	return req
}

func cancelLines(payment, cancellation string, lines ...*takenLine) *cancelRequest {
	req := cancelOf(payment, cancellation)
	req.OrderDetail = &portonev2.CreatePlatformOrderCancelTransferBodyOrderDetail{OrderLines: lines}
	return req
}

// order makes an order transfer.
func (m *market) order(req *orderRequest) *portonev2.PlatformOrderTransfer {
	m.t.Helper()
	answer, err := m.CreatePlatformOrderTransfer(context.Background(), req)
	if err != nil {
		m.t.Fatalf("%v\nfor %v", err, req)
	}
	worldtest.Complete(m.t, answer)
	return answer.GetTransfer()
}

// cancel makes an order cancel transfer.
func (m *market) cancel(req *cancelRequest) *portonev2.PlatformOrderCancelTransfer {
	m.t.Helper()
	answer, err := m.CreatePlatformOrderCancelTransfer(context.Background(), req)
	if err != nil {
		m.t.Fatalf("%v\nfor %v", err, req)
	}
	worldtest.Complete(m.t, answer)
	return answer.GetTransfer()
}

// enterManual makes a manual transfer to the seller.
func (m *market) enterManual(id string, amount int64, date string) *portonev2.PlatformManualTransfer {
	m.t.Helper()
	answer, err := m.CreatePlatformManualTransfer(context.Background(), &portonev2.CreatePlatformManualTransferRequest{
		Id: &id, PartnerId: world.Ptr("seller"), SettlementAmount: &amount, SettlementDate: &date})
	if err != nil {
		m.t.Fatal(err)
	}
	worldtest.Complete(m.t, answer)
	return answer.GetTransfer()
}

// status is the status that a transfer has now.
func (m *market) status(id string) portonev2.PlatformTransferStatus {
	m.t.Helper()
	m.world.Clock.Settle()
	answer, err := m.GetPlatformTransfer(context.Background(), &portonev2.GetPlatformTransferRequest{Id: id})
	if err != nil {
		m.t.Fatal(err)
	}
	worldtest.Complete(m.t, answer)
	switch body := answer.GetType().(type) {
	case *portonev2.PlatformTransfer_Order:
		return body.Order.GetStatus()
	case *portonev2.PlatformTransfer_OrderCancel:
		return body.OrderCancel.GetStatus()
	case *portonev2.PlatformTransfer_Manual:
		return body.Manual.GetStatus()
	}
	m.t.Fatalf("%v is no transfer", answer)
	return 0
}

// partnerSettlements lists all partner settlements, the newest first.
func (m *market) partnerSettlements(filter *portonev2.PlatformPartnerSettlementFilterInput) *portonev2.GetPlatformPartnerSettlementsResponse {
	m.t.Helper()
	m.world.Clock.Settle()
	answer, err := m.GetPlatformPartnerSettlements(context.Background(), &portonev2.GetPlatformPartnerSettlementsRequest{
		Filter: filter, Page: &portonev2.PageInput{Size: world.Ptr(int32(1000))}})
	if err != nil {
		m.t.Fatal(err)
	}
	worldtest.Complete(m.t, answer)
	return answer
}

// settlementIDs are the ids of all partner settlements, the oldest first.
func (m *market) settlementIDs() []string {
	m.world.Clock.Settle()
	var ids []string
	for _, s := range m.live.settlements.all {
		ids = append(ids, s.id)
	}
	return ids
}

// payOutAll completes a payout of partner settlements.
func (m *market) payOutAll(bulk string, ids ...string) (*portonev2.CompletePlatformPayoutByPartnerSettlementIdsResponse, error) {
	return m.CompletePlatformPayoutByPartnerSettlementIds(context.Background(), &portonev2.CompletePlatformPayoutByPartnerSettlementIdsRequest{
		BulkPayoutId: &bulk, PartnerSettlementIds: ids})
}

// refused expects a refusal that the contract lists for the method, with data if
// there are any.
func refused(t testing.TB, method string, err error, reason portonev2.ErrorReason, data proto.Message) {
	t.Helper()
	var fault *world.Refusal
	if !errors.As(err, &fault) || fault.Reason != reason {
		t.Fatalf("%s: %v, want %v", method, err, reason)
	}
	name := strings.TrimPrefix(reason.String(), "ERROR_REASON_")
	if !slices.Contains(listedErrors(t, method), name) {
		t.Errorf("%s may not raise %s", method, name)
	}
	if fault.Message == "" {
		t.Errorf("%s: %s without a message", method, name)
	}
	if fault.Data == nil != (data == nil) || data != nil && !proto.Equal(fault.Data, data) {
		t.Errorf("%s: data {%v}\nwant {%v}", method, fault.Data, data)
	}
	if fault.Data != nil {
		worldtest.Complete(t, fault.Data)
	}
}

// listedErrors are the errors that the contract lists for a method, such as
// "PlatformTransferService.GetPlatformTransfer".
func listedErrors(t testing.TB, method string) []string {
	t.Helper()
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("portone.v2." + method))
	if err != nil {
		t.Fatal(err)
	}
	return proto.GetExtension(d.Options(), portonev2.E_Operation).(*portonev2.Operation).GetErrors()
}
