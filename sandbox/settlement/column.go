package settlement

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// column is a column of the sheet of transfers.
type column struct {
	key   string // as requests choose it
	name  string // in the first row of the sheet
	value func(t *transfer) string
}

// columns are those of the transfer, in the order of PortOne's document. Amounts of
// order cancel transfers are positive, as they are elsewhere.
var columns = []column{
	{"TRANSFER_ID", "정산 아이디", func(t *transfer) string { return t.GetId() }},
	{"TRANSFER_TYPE", "정산 유형", func(t *transfer) string { return enumText(t.kind()) }},
	{"TRANSFER_STATUS", "상태", func(t *transfer) string { return enumText(t.GetStatus()) }},
	{"TRANSFER_MEMO", "메모", func(t *transfer) string { return t.GetMemo() }},
	{"TRANSFER_SETTLEMENT_DATE", "정산일", func(t *transfer) string { return t.GetSettlementDate() }},
	{"TRANSFER_SETTLEMENT_START_DATE", "정산 시작일", (*transfer).startDate},
	{"TRANSFER_SETTLEMENT_CURRENCY", "정산 통화", func(t *transfer) string { return enumText(t.GetSettlementCurrency()) }},
	{"TRANSFER_SETTLEMENT_AMOUNT", "정산 금액", settlementAmount},
	{"TRANSFER_SETTLEMENT_TAX_FREE_AMOUNT", "정산 면세액", settlementTaxFreeAmount},
	{"TRANSFER_ORDER_NAME", "주문명", (*transfer).orderName},
	{"TRANSFER_ORDER_AMOUNT", "주문 금액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetOrder)},
	{"TRANSFER_ORDER_TAX_FREE_AMOUNT", "주문 면세액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetOrderTaxFree)},
	{"TRANSFER_PAYMENT_ID", "주문 번호", (*transfer).paymentID},
	{"TRANSFER_PAYMENT_METHOD", "결제 수단", func(t *transfer) string { return enumText(t.paidBy()) }},
	{"TRANSFER_PAYMENT_AMOUNT", "결제 금액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPayment)},
	{"TRANSFER_PAYMENT_SUPPLY_AMOUNT", "결제 공급가액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPaymentSupply)},
	{"TRANSFER_PAYMENT_VAT_AMOUNT", "결제 부가세액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPaymentVat)},
	{"TRANSFER_PAYMENT_TAX_FREE_AMOUNT", "결제 면세액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPaymentTaxFree)},
	{"TRANSFER_PAYMENT_VAT_BURDEN_AMOUNT", "결제 부가세 부담금", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPaymentVatBurden)},
	{"TRANSFER_CONTRACT_ID", "계약 아이디", (*transfer).contractID},
	{"TRANSFER_CONTRACT_NAME", "계약 이름", func(t *transfer) string {
		if o := t.order(); o != nil {
			return o.GetContract().GetName()
		}
		return ""
	}},
	{"TRANSFER_PLATFORM_FEE", "중개수수료", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPlatformFee)},
	{"TRANSFER_PLATFORM_FEE_VAT", "중개수수료 부가세 부담금", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetPlatformFeeVat)},
	{"TRANSFER_ADDITIONAL_FEE", "추가수수료", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetAdditionalFee)},
	{"TRANSFER_ADDITIONAL_FEE_VAT", "추가수수료 부가세 부담금", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetAdditionalFeeVat)},
	{"TRANSFER_DISCOUNT_AMOUNT", "할인 금액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetDiscount)},
	{"TRANSFER_DISCOUNT_TAX_FREE_AMOUNT", "할인 면세액", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetDiscountTaxFree)},
	{"TRANSFER_DISCOUNT_SHARE_AMOUNT", "할인 분담금", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetDiscountShare)},
	{"TRANSFER_DISCOUNT_SHARE_TAX_FREE_AMOUNT", "할인 면세 분담금", ofOrder((*portonev2.PlatformOrderSettlementAmount).GetDiscountShareTaxFree)},
}

// partnerColumns are those of the partner that a sheet may have too.
var partnerColumns = []column{
	{"PARTNER_ID", "파트너 아이디", func(t *transfer) string { return t.GetPartner().GetId() }},
	{"PARTNER_NAME", "파트너 이름", func(t *transfer) string { return t.GetPartner().GetName() }},
	{"PARTNER_TYPE", "파트너 유형", func(t *transfer) string { return enumText(typeName(t.GetPartner())) }},
	{"PARTNER_TAXATION_TYPE", "과세 유형", func(t *transfer) string {
		return enumText(t.GetPartner().GetType().GetBusiness().GetTaxationType())
	}},
	{"PARTNER_BUSINESS_REGISTRATION_NUMBER", "사업자등록번호", func(t *transfer) string {
		return t.GetPartner().GetType().GetBusiness().GetBusinessRegistrationNumber()
	}},
	{"PARTNER_STATUS", "파트너 상태", func(t *transfer) string { return enumText(t.GetPartner().GetStatus()) }},
	{"PARTNER_MEMO", "파트너 메모", func(t *transfer) string { return t.GetPartner().GetMemo() }},
	{"PARTNER_TAGS", "파트너 태그", func(t *transfer) string { return strings.Join(t.GetPartner().GetTags(), ",") }},
	{"PARTNER_ACCOUNT_BANK", "은행", func(t *transfer) string { return enumText(t.GetPartner().GetAccount().GetBank()) }},
	{"PARTNER_ACCOUNT_NUMBER", "계좌번호", func(t *transfer) string { return t.GetPartner().GetAccount().GetNumber() }},
	{"PARTNER_ACCOUNT_HOLDER", "예금주", func(t *transfer) string { return t.GetPartner().GetAccount().GetHolder() }},
}

// ofOrder shows an amount of an order; nothing for transfers entered by hand.
func ofOrder(get func(*portonev2.PlatformOrderSettlementAmount) int64) func(*transfer) string {
	return func(t *transfer) string {
		if o := t.order(); o != nil {
			return strconv.FormatInt(get(o.GetAmount()), 10)
		}
		return ""
	}
}

func settlementAmount(t *transfer) string {
	if manual, ok := t.body.(*portonev2.PlatformManualTransfer); ok {
		return strconv.FormatInt(manual.GetSettlementAmount(), 10)
	}
	return ofOrder((*portonev2.PlatformOrderSettlementAmount).GetSettlement)(t)
}

func settlementTaxFreeAmount(t *transfer) string {
	if manual, ok := t.body.(*portonev2.PlatformManualTransfer); ok {
		return strconv.FormatInt(manual.GetSettlementTaxFreeAmount(), 10)
	}
	return ofOrder((*portonev2.PlatformOrderSettlementAmount).GetSettlementTaxFree)(t)
}

// enumText is the name of an enum value as PortOne writes it, without the prefix
// that all values of the enum share; empty for the unspecified one.
func enumText(value protoreflect.Enum) string {
	if value.Number() == 0 {
		return ""
	}
	values := value.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	return strings.TrimPrefix(string(values.ByNumber(value.Number()).Name()), prefix)
}
