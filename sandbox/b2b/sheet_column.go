package b2b

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// column is one of the file.
type column struct {
	name    string // of the field, as PortOne's JSON has it
	heading string
	value   func(*invoice) string
}

// columnsFor returns the columns that were chosen, in that order.
func columnsFor(chosen []portonev2.TaxInvoicesSheetField) []column {
	if len(chosen) == 0 {
		return columns[:len(columns)-superseded]
	}
	var all []column
	for _, field := range chosen {
		for _, c := range columns {
			if c.name == strings.TrimPrefix(field.String(), "TAX_INVOICES_SHEET_FIELD_") {
				all = append(all, c)
			}
		}
	}
	return all
}

// superseded is how many columns at the end of the table no one gets without
// asking.
const superseded = 2

// columns has every column of the contract under its heading in the console.
var columns = []column{
	{"STATUS", "상태", func(inv *invoice) string { return statusName(inv.GetStatus()) }},
	{"CANCEL_REASON", "취소사유", func(inv *invoice) string { return inv.cancelReason }},
	{"ISSUANCE_TYPE", "발행유형", func(inv *invoice) string { return bare(inv.GetIssuanceType(), "ISSUANCE_TYPE") }},
	{"DOCUMENT_MODIFICATION_TYPE", "문서형태", func(inv *invoice) string {
		return bare(inv.GetDocumentModificationType(), "DOCUMENT_MODIFICATION_TYPE")
	}},
	{"IS_DELAYED", "지연발행", func(inv *invoice) string { return strconv.FormatBool(inv.GetIsDelayed()) }},
	{"WRITE_DATE", "작성일자", func(inv *invoice) string { return inv.GetWriteDate() }},
	{"ISSUANCE_DUE_DATE", "발행마감일", func(inv *invoice) string { return inv.GetIssuanceDueDate() }},
	{"TAXATION_TYPE", "과세형태", func(inv *invoice) string { return bare(inv.GetTaxationType(), "TAXATION_TYPE") }},
	{"PURPOSE_TYPE", "영수/청구", func(inv *invoice) string { return bare(inv.GetPurposeType(), "PURPOSE_TYPE") }},
	{"SUPPLIER_COMPANY_NAME", "공급자 상호", func(inv *invoice) string { return inv.GetSupplier().GetName() }},
	{"SUPPLIER_BRN", "공급자 사업자등록번호", func(inv *invoice) string { return inv.GetSupplier().GetBrn() }},
	{"SUPPLIER_REPRESENTATIVE_NAME", "공급자 대표자명", func(inv *invoice) string { return inv.GetSupplier().GetRepresentativeName() }},
	{"TOTAL_AMOUNT", "합계금액", func(inv *invoice) string { return won(inv.GetTotalAmount()) }},
	{"TOTAL_SUPPLY_AMOUNT", "공급가액", func(inv *invoice) string { return won(inv.GetTotalSupplyAmount()) }},
	{"TOTAL_TAX_AMOUNT", "세액", func(inv *invoice) string { return won(inv.GetTotalTaxAmount()) }},
	{"MEMO", "관리용 메모", func(inv *invoice) string { return inv.GetMemo() }},
	{"REQUESTED_AT", "발행요청일시", func(inv *invoice) string { return dateTime(inv.RequestedAt) }},
	{"ISSUED_AT", "발행완료일시", func(inv *invoice) string { return dateTime(inv.IssuedAt) }},
	{"NTS_SENT_AT", "국세청 전송일시", func(inv *invoice) string { return dateTime(inv.NtsSentAt) }},
	{"STATUS_UPDATED_AT", "상태 업데이트 일시", func(inv *invoice) string { return dateTime(inv.StatusUpdatedAt) }},
	{"BULK_TAX_INVOICE_ID", "일괄 세금계산서 아이디", func(inv *invoice) string { return inv.GetBulkTaxInvoiceId() }},
	{"PLAIN_ID", "세금계산서 아이디", func(inv *invoice) string { return inv.GetId() }},
	{"SUPPLIER_DOCUMENT_KEY", "공급자 문서번호", func(inv *invoice) string { return inv.GetSupplierDocumentKey() }},
	{"RECIPIENT_DOCUMENT_KEY", "공급받는자 문서번호", func(inv *invoice) string { return inv.GetRecipientDocumentKey() }},
	{"RECIPIENT_COMPANY_NAME", "공급받는자 상호", func(inv *invoice) string { return inv.GetRecipient().GetName() }},
	{"RECIPIENT_BRN", "공급받는자 사업자등록번호", func(inv *invoice) string { return inv.GetRecipient().GetBrn() }},
	{"RECIPIENT_REPRESENTATIVE_NAME", "공급받는자 대표자명", func(inv *invoice) string { return inv.GetRecipient().GetRepresentativeName() }},
	{"SUPPLIER_COUNTERPARTY_ID", "공급자 거래처 아이디", func(inv *invoice) string { return inv.GetSupplier().GetCounterpartyId() }},
	{"RECIPIENT_COUNTERPARTY_ID", "공급받는자 거래처 아이디", func(inv *invoice) string { return inv.GetRecipient().GetCounterpartyId() }},
	{"PAYOUT_ID", "지급 아이디", func(inv *invoice) string { return inv.payoutID }},
	{"ITEMS", "품목", itemNames},
	{"PARTNER_NAME", "거래처 상호", func(inv *invoice) string { return inv.partner().GetName() }},
	{"PARTNER_BRN", "거래처 사업자등록번호", func(inv *invoice) string { return inv.partner().GetBrn() }},
}

// bare is an enum value of a tax invoice as PortOne's JSON has it.
func bare(value fmt.Stringer, enum string) string {
	return strings.TrimPrefix(value.String(), "B2B_TAX_INVOICE_"+enum+"_")
}

func won(amount int64) string { return strconv.FormatInt(amount, 10) }

// dateTime is a time in Korea; empty if the time is absent.
func dateTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().In(world.Korea).Format(time.DateTime)
}

// itemNames lists what an invoice is for.
func itemNames(inv *invoice) string {
	var names []string
	for _, item := range inv.GetItems() {
		names = append(names, item.GetName())
	}
	return strings.Join(names, ", ")
}
