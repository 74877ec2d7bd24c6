package shop

import (
	"testing"
	"time"

	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// newAssortment has one payment of every kind that filters tell apart, an hour
// between each.
func newAssortment(t *testing.T) (*Store, *world.World) {
	t.Helper()
	s, w := open()
	hour := func() { w.Clock.Advance(time.Hour) }
	key := issueKey(t, s, goodNumber)
	do(t, s.PayInstantly, with(byCard("card", 60_000, goodNumber), func(r *portonev2.PayInstantlyRequest) {
		r.Method.Card.InstallmentMonth, r.PromotionId = world.Ptr(int32(7)), world.Ptr(PromotionAmount)
		r.Customer = &portonev2.CustomerInput{
			Name: &portonev2.CustomerNameInput{Full: world.Ptr("Lee")}, Email: world.Ptr("lee@example.com"), PhoneNumber: world.Ptr("0109999"), Zipcode: world.Ptr("63000"),
			Address: &portonev2.SeparatedAddressInput{AddressLine1: world.Ptr("Jeju-ro 1"), AddressLine2: world.Ptr("1F")},
		}
	}))
	hour()
	do(t, s.PayInstantly, with(byCard("debit", 100, "5555555555554444"), func(r *portonev2.PayInstantlyRequest) {
		r.Method.Card.Credential.BirthOrBusinessRegistrationNumber, r.Currency = world.Ptr("1234567890"), portonev2.Currency_CURRENCY_USD.Enum()
	}))
	hour()
	try(t, s.PayInstantly, byCard("failed", 100, "4000000000009995"))
	hour()
	do(t, s.PayInstantly, with(byAccount("account", 9_000, 48), func(r *portonev2.PayInstantlyRequest) {
		r.Method.VirtualAccount.RemitteeName = world.Ptr("Toy Shop")
		r.Method.VirtualAccount.CashReceipt = &portonev2.InstantPaymentMethodInputVirtualAccountCashReceiptInfo{
			Type: portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_CORPORATE.Enum(), CustomerIdentityNumber: world.Ptr("1234567890"),
		}
	}))
	hour()
	do(t, s.PayInstantly, with(byCard("escrow", 500, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.IsEscrow = world.Ptr(true) }))
	do(t, s.ApplyEscrowLogistics, &portonev2.ApplyEscrowLogisticsRequest{PaymentId: "escrow", Logistics: parcel})
	hour()
	do(t, s.CreatePaymentSchedule, later("scheduled", key, 100, w, time.Hour))
	hour()
	for _, in := range []WindowPayment{
		{PaymentID: "phone", Mobile: true, UserAgent: "Phone", ChannelKey: ChannelLive, StoreID: "other", Method: portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_TRANSFER},
		{PaymentID: "gift", Method: portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_GIFT_CERTIFICATE},
		{PaymentID: "coin", ChannelKey: ChannelTripleA},
	} {
		in.OrderName, in.Amount = "order of "+in.PaymentID, won(1_000)
		if _, err := s.PayInWindow(in); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(10 * time.Minute)
	}
	if err := s.Deposit("account", 0); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(10 * time.Minute)
	do(t, s.CancelPayment, with(cancelAll("card"), func(r *portonev2.CancelPaymentRequest) { r.Reason = world.Ptr("sold out") }))
	return s, w
}

// TestListPayments finds payments by every condition of the filter.
func TestListPayments(t *testing.T) {
	s, _ := newAssortment(t)
	card := s.payments.find(paymentKey{world.DefaultStoreID, "card"}).current()
	account := s.payments.find(paymentKey{world.DefaultStoreID, "account"}).current()
	declined := s.payments.find(paymentKey{world.DefaultStoreID, "failed"}).current()
	all := []string{"coin", "gift", "phone", "scheduled", "escrow", "account", "failed", "debit", "card"}
	around := func(at instant) *portonev2.DateTimeRange {
		return &portonev2.DateTimeRange{From: at.timestamp(), Until: at.timestamp()}
	}
	type f = portonev2.PaymentFilterInput
	tests := []struct {
		name   string
		filter *f
		want   []string
	}{
		{"all", nil, all},
		{"of the merchant", &f{MerchantId: world.Ptr(world.MerchantID)}, all},
		{"of another merchant", &f{MerchantId: world.Ptr("x")}, nil},
		{"of a store", &f{StoreId: world.Ptr("other")}, []string{"phone"}},
		{"of no store", &f{StoreId: world.Ptr("nowhere")}, nil},
		{"oldest first", &f{SortOrder: portonev2.SortOrder_SORT_ORDER_ASC.Enum()}, []string{"card", "debit", "failed", "account", "escrow", "scheduled", "phone", "gift", "coin"}},
		{"by change", &f{SortBy: portonev2.PaymentSortBy_PAYMENT_SORT_BY_STATUS_CHANGED_AT.Enum()}, []string{"card", "account", "coin", "gift", "phone", "scheduled", "escrow", "failed", "debit"}},
		{"changed at first", &f{Until: instantOf(opening.Add(time.Hour)).timestamp()}, []string{"debit"}},
		{"created at first", &f{Until: instantOf(opening.Add(time.Hour)).timestamp(), TimestampType: portonev2.PaymentTimestampType_PAYMENT_TIMESTAMP_TYPE_CREATED_AT.Enum()}, []string{"debit", "card"}},
		{"from", &f{From: instantOf(opening.Add(6 * time.Hour)).timestamp(), TimestampType: portonev2.PaymentTimestampType_PAYMENT_TIMESTAMP_TYPE_CREATED_AT.Enum()}, []string{"coin", "gift", "phone", "scheduled"}},
		{"states", &f{Status: []portonev2.PaymentStatus{pending, failed, cancelled}}, []string{"coin", "failed", "card"}},
		{"methods", &f{Methods: []portonev2.PaymentMethodType{portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_CRYPTO, portonev2.PaymentMethodType_PAYMENT_METHOD_TYPE_VIRTUAL_ACCOUNT}}, []string{"coin", "account"}},
		{"PGs", &f{PgProvider: []portonev2.PgProvider{portonev2.PgProvider_PG_PROVIDER_TRIPLE_A}}, []string{"coin"}},
		{"real ones", &f{IsTest: world.Ptr(false)}, []string{"phone"}},
		{"scheduled", &f{IsScheduled: world.Ptr(true)}, []string{"scheduled"}},
		{"of V1", &f{Version: portonev2.PortOneVersion_PORT_ONE_VERSION_V1.Enum()}, nil},
		{"webhooks taken", &f{WebhookStatus: portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_SUCCEEDED.Enum()}, all},
		{"webhooks refused", &f{WebhookStatus: portonev2.PaymentWebhookStatus_PAYMENT_WEBHOOK_STATUS_FAILED_NOT_OK_RESPONSE.Enum()}, nil},
		{"from phones", &f{PlatformType: portonev2.PaymentClientType_PAYMENT_CLIENT_TYPE_SDK_MOBILE.Enum()}, []string{"phone"}},
		{"in dollars", &f{Currency: portonev2.Currency_CURRENCY_USD.Enum()}, []string{"debit"}},
		{"escrow", &f{IsEscrow: world.Ptr(true)}, []string{"escrow"}},
		{"sent", &f{EscrowStatus: portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_REGISTERED.Enum()}, []string{"escrow"}},
		{"confirmed", &f{EscrowStatus: portonev2.PaymentFilterInputEscrowStatus_PAYMENT_FILTER_INPUT_ESCROW_STATUS_CONFIRMED.Enum()}, nil},
		{"Mastercard", &f{CardBrand: portonev2.CardBrand_CARD_BRAND_MASTER.Enum()}, []string{"debit"}},
		{"check cards", &f{CardType: portonev2.CardType_CARD_TYPE_DEBIT.Enum()}, []string{"failed"}},
		{"of companies", &f{CardOwnerType: portonev2.CardOwnerType_CARD_OWNER_TYPE_CORPORATE.Enum()}, []string{"debit"}},
		{"gift", &f{GiftCertificateType: portonev2.PaymentMethodGiftCertificateType_PAYMENT_METHOD_GIFT_CERTIFICATE_TYPE_CULTURELAND.Enum()}, []string{"gift"}},
		{"receipts of companies", &f{CashReceiptType: portonev2.CashReceiptInputType_CASH_RECEIPT_INPUT_TYPE_CORPORATE.Enum()}, []string{"account"}},
		{"receipts in force", &f{CashReceiptStatus: portonev2.PaymentCashReceiptStatus_PAYMENT_CASH_RECEIPT_STATUS_ISSUED.Enum()}, []string{"account"}},
		{"receipts issued then", &f{CashReceiptIssuedAtRange: around(account.paidAt)}, []string{"account"}},
		{"receipts cancelled then", &f{CashReceiptCancelledAtRange: around(account.paidAt)}, nil},
		{"several", &f{StoreId: world.Ptr(world.DefaultStoreID), Status: []portonev2.PaymentStatus{paid}, IsEscrow: world.Ptr(false), IsScheduled: world.Ptr(false)}, []string{"gift", "account", "debit"}},
	}
	search := func(field string) portonev2.PaymentTextSearchField {
		return portonev2.PaymentTextSearchField(portonev2.PaymentTextSearchField_value["PAYMENT_TEXT_SEARCH_FIELD_"+field])
	}
	for _, text := range []struct {
		field, value string
		want         []string
	}{
		{"ALL", "SOLD", []string{"card"}}, {"PAYMENT_ID", "scheduled", []string{"scheduled"}}, {"TX_ID", card.id, []string{"card"}},
		{"SCHEDULE_ID", "-", []string{"scheduled"}}, {"FAIL_REASON", "잔액부족", []string{"failed"}}, {"CARD_ISSUER", "hyundai", []string{"debit"}},
		{"CARD_ACQUIRER", "hyundai", []string{"debit"}}, {"CARD_BIN", "555555", []string{"debit"}}, {"CARD_NUMBER", "*4444", []string{"debit"}},
		{"CARD_APPROVAL_NUMBER", card.method.GetPaymentMethodCard().GetApprovalNumber(), []string{"card"}}, {"CARD_RECEIPT_NAME", "HYUNDAI", []string{"debit"}},
		{"CARD_INSTALLMENT", "7", []string{"card"}}, {"TRANS_BANK", "toss", []string{"phone"}}, {"VIRTUAL_ACCOUNT_HOLDER_NAME", "toy", []string{"account"}},
		{"VIRTUAL_ACCOUNT_BANK", "shinhan", []string{"account"}}, {"VIRTUAL_ACCOUNT_NUMBER", account.method.GetPaymentMethodVirtualAccount().GetAccountNumber(), []string{"account"}},
		{"PG_MERCHANT_ID", "nobody", nil}, {"PG_TX_ID", card.pgTxID, []string{"card"}}, {"PG_TX_ID", declined.pgTxID, nil}, {"PG_RECEIPT_ID", "-", []string{"account"}},
		{"RECEIPT_APPROVAL_NUMBER", account.receipt.GetIssued().GetIssueNumber(), []string{"account"}}, {"PG_CANCELLATION_ID", "-", []string{"card"}},
		{"CANCEL_REASON", "sold", []string{"card"}}, {"ORDER_NAME", "of gift", []string{"gift"}}, {"CUSTOMER_NAME", "lee", []string{"card"}},
		{"CUSTOMER_EMAIL", "lee@", []string{"card"}}, {"CUSTOMER_PHONE_NUMBER", "0109", []string{"card"}}, {"CUSTOMER_ADDRESS", "jeju", []string{"card"}},
		{"CUSTOMER_ZIPCODE", "63", []string{"card"}}, {"USER_AGENT", "phone", []string{"phone"}}, {"BILLING_KEY", "billing-key-", []string{"scheduled"}},
		{"PROMOTION_ID", "amount", []string{"card"}}, {"GIFT_CERTIFICATION_APPROVAL_NUMBER", "000", []string{"gift"}},
	} {
		tests = append(tests, struct {
			name   string
			filter *f
			want   []string
		}{text.field, &f{TextSearch: []*portonev2.PaymentTextSearch{{Field: search(text.field).Enum(), Value: &text.value}}}, text.want})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := do(t, s.GetPayments, &portonev2.GetPaymentsRequest{Filter: test.filter, Page: &portonev2.PageInput{Size: world.Ptr(int32(100))}})
			sameIDs(t, idsOf(answer.Items), test.want)
			if n := int(answer.Page.GetTotalCount()); n != len(test.want) {
				t.Errorf("%d in total", n)
			}
		})
	}
}

// TestOrderOfChange cancels parts of two payments in turn.
func TestOrderOfChange(t *testing.T) {
	s, _ := open()
	for _, id := range []string{"a", "b", "c"} {
		do(t, s.PayInstantly, byCard(id, 1_000, goodNumber))
	}
	for i := range 40 {
		last := []string{"a", "c"}[i%2]
		do(t, s.CancelPayment, cancelPart(last, 1))
		answer := do(t, s.GetPayments, &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{
			SortBy: portonev2.PaymentSortBy_PAYMENT_SORT_BY_STATUS_CHANGED_AT.Enum(),
		}})
		want := [][]string{{"a", "c", "b"}, {"c", "a", "b"}}[i%2]
		sameIDs(t, idsOf(answer.Items), want)
	}
}

// idsOf are the ids of payments.
func idsOf(payments []*portonev2.Payment) []string {
	var ids []string
	for _, p := range payments {
		m := p.ProtoReflect()
		v := m.Get(m.WhichOneof(m.Descriptor().Oneofs().Get(0))).Message()
		ids = append(ids, v.Get(v.Descriptor().Fields().ByName("id")).String())
	}
	return ids
}

// TestCursors walks through payments and events in stretches, and goes on after
// new ones came.
func TestCursors(t *testing.T) {
	s, w := newAssortment(t)
	var ids []string
	req := &portonev2.GetAllPaymentsByCursorRequest{Size: world.Ptr(int32(3))}
	for range 3 {
		for _, item := range do(t, s.GetAllPaymentsByCursor, req).Items {
			ids, req.Cursor = append(ids, idsOf([]*portonev2.Payment{item.Payment})...), item.Cursor
		}
	}
	sameIDs(t, ids, []string{"card", "debit", "failed", "account", "escrow", "scheduled", "gift", "coin"})
	do(t, s.PayInstantly, byCard("new", 100, goodNumber))
	if more := do(t, s.GetAllPaymentsByCursor, req).Items; len(more) != 1 {
		t.Errorf("after a new one: %v", more)
	}
	if late := do(t, s.GetAllPaymentsByCursor, &portonev2.GetAllPaymentsByCursorRequest{From: instantOf(w.Clock.Now()).timestamp()}).Items; len(late) != 1 {
		t.Errorf("from now: %v", late)
	}

	var amounts []int64
	events := &portonev2.GetAllPaymentEventsByCursorRequest{Size: world.Ptr(int32(4)), StoreId: world.Ptr(world.DefaultStoreID)}
	for range 3 {
		for _, item := range do(t, s.GetAllPaymentEventsByCursor, events).Items {
			amounts = append(amounts, item.PaymentEvent.GetPaid().GetEventAmount()+item.PaymentEvent.GetCancelled().GetEventAmount())
			events.Cursor = item.Cursor
		}
	}
	want := []int64{53_000, 100, 500, 100, 1_000, 9_000, -53_000, 100}
	if len(amounts) != len(want) {
		t.Fatalf("events of %v, want %v", amounts, want)
	}
	for i := range want {
		if amounts[i] != want[i] {
			t.Errorf("event %d moves %d, want %d", i, amounts[i], want[i])
		}
	}
}

// TestForOtherDomains has what cash receipts and transfers use.
func TestForOtherDomains(t *testing.T) {
	s, _ := newAssortment(t)
	p, found := s.Payment("phone") // of another store
	if !found || p.GetPaid().GetStoreId() != "other" {
		t.Errorf("%v", p)
	}
	p.GetPaid().Amount.Total = world.Ptr(int64(0))
	if again, _ := s.Payment("phone"); again.GetPaid().GetAmount().GetTotal() != 1_000 {
		t.Error("an answer is the store's own")
	}
	if _, found := s.Payment("nothing"); found {
		t.Error("found nothing")
	}
	if id := p.GetPaid().GetTransactionId(); !s.HasTransaction(id) || s.HasTransaction("nothing") {
		t.Errorf("transaction %q is missing, or one that is none is not", id)
	}
	receipt := &portonev2.PaymentCashReceipt{Status: &portonev2.PaymentCashReceipt_Issued{Issued: &portonev2.IssuedPaymentCashReceipt{
		IssueNumber: world.Ptr("1"), TotalAmount: world.Ptr(int64(1_000)), Currency: portonev2.Currency_CURRENCY_KRW.Enum(), IssuedAt: instantOf(opening).timestamp(),
	}}}
	do(t, s.PayInstantly, byAccount("cash", 100, 1))
	if err := s.Deposit("cash", 0); err != nil {
		t.Fatal(err)
	}
	s.SetCashReceipt(world.DefaultStoreID, "cash", receipt)
	s.SetCashReceipt(world.DefaultStoreID, "nothing", receipt)
	if got := get(t, s, "cash").GetPaid().GetCashReceipt().GetIssued().GetIssueNumber(); got != "1" {
		t.Errorf("receipt %q", got)
	}
	s.SetCashReceipt(world.DefaultStoreID, "cash", nil)
	if got := get(t, s, "cash").GetPaid(); got.CashReceipt != nil {
		t.Errorf("the receipt stays: %v", got)
	}
	if s.Deposit("nothing", 0) == nil {
		t.Error("of no payment")
	}
	s.Register(grpc.NewServer())

	do(t, s.PayInstantly, with(byCard("inicis", 100, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.ChannelKey = world.Ptr(ChannelInicis) }))
	if url := do(t, s.RegisterStoreReceipt, subReceipts("inicis", 60, 40)).GetReceiptUrl(); url == "" {
		t.Error("no receipt")
	}
}
