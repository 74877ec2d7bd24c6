package shop

import (
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestGroups issues keys through a channel group, one of them on one of its two
// channels only.
func TestGroups(t *testing.T) {
	s, _ := open()
	through := func(number string) *portonev2.IssueBillingKeyResponse {
		return do(t, s.IssueBillingKey, with(keyFor(number), func(r *portonev2.IssueBillingKeyRequest) { r.ChannelKey, r.ChannelGroupId = nil, world.Ptr("group") }))
	}
	both, one := through(goodNumber), through("4000000000000036")
	if len(both.BillingKeyInfo.Channels) != 2 || len(both.ChannelSpecificFailures) != 0 {
		t.Errorf("on both: %v", both)
	}
	if len(one.BillingKeyInfo.Channels) != 1 || one.ChannelSpecificFailures[0].GetPgProvider().GetPgCode() != "NOT_SUPPORTED_CARD_TYPE" {
		t.Errorf("on one: %v", one)
	}
	key := both.BillingKeyInfo.GetBillingKey()
	second := both.BillingKeyInfo.Channels[1].Key
	do(t, s.PayWithBillingKey, with(byKey("p", key, 100), func(r *portonev2.PayWithBillingKeyRequest) { r.ChannelKey = second }))
	if p := get(t, s, "p").GetPaid(); p.GetChannel().GetKey() != *second || p.GetChannelGroup().GetId() != "group" || p.GetBillingKey() != key {
		t.Errorf("paid: %v", p)
	}
}

// TestIssueInWindow stores cards in the window: at once, confirmed by the
// server, and with a first payment.
func TestIssueInWindow(t *testing.T) {
	s, w := open()
	key, token, err := s.IssueBillingKeyInWindow(WindowBillingKey{IssueID: "i", IssueName: "n", Mobile: true, UserAgent: "Phone"})
	if err != nil || token != "" {
		t.Fatal(key, token, err)
	}
	if k := do(t, s.GetBillingKeyInfo, &portonev2.GetBillingKeyInfoRequest{BillingKey: key}).GetIssued(); k.GetIssueId() != "i" {
		t.Errorf("%v", k)
	}
	if _, _, err := s.IssueBillingKeyInWindow(WindowBillingKey{Card: credential("4000000000000101")}); err == nil {
		t.Error("a card that cannot be stored")
	}

	key, token, _ = s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true})
	if got := do(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &token, IsTest: world.Ptr(true)}).GetBillingKey(); got != key {
		t.Errorf("confirmed %s, want %s", got, key)
	}
	_, token, _ = s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true})
	w.Clock.Advance(ConfirmWithin + time.Second)
	refused(t, s.ConfirmBillingKey, &portonev2.ConfirmBillingKeyRequest{BillingIssueToken: &token}, portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)

	first := &WindowPayment{PaymentID: "first", OrderName: "the first month", Amount: won(9_900)}
	if _, _, err := s.IssueBillingKeyInWindow(WindowBillingKey{Payment: first}); err == nil {
		t.Error("a first payment without confirmation")
	}
	key, token, _ = s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true, Payment: first})
	confirmed := do(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{
		BillingIssueToken: &token, PaymentId: world.Ptr("first"), TotalAmount: world.Ptr(int64(9_900)), IsTest: world.Ptr(true),
	})
	if p := get(t, s, "first").GetPaid(); p.GetBillingKey() != key || confirmed.GetBillingKey() != key {
		t.Errorf("paid %v, confirmed %v", p, confirmed)
	}
	do(t, s.PayWithBillingKey, byKey("second", key, 9_900))

	declined := WindowBillingKey{Confirm: true, Card: credential("4000000000006975"), Payment: &WindowPayment{PaymentID: "never", OrderName: "x", Amount: won(9_900)}}
	key, token, _ = s.IssueBillingKeyInWindow(declined)
	refused(t, s.ConfirmBillingKeyIssueAndPay, &portonev2.ConfirmBillingKeyIssueAndPayRequest{BillingIssueToken: &token}, portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
	look(t, s, "never", failed)
	refused(t, s.GetBillingKeyInfo, &portonev2.GetBillingKeyInfoRequest{BillingKey: key}, portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_NOT_FOUND)
}

// TestListBillingKeys finds keys by every condition.
func TestListBillingKeys(t *testing.T) {
	s, w := open()
	kim := do(t, s.IssueBillingKey, with(keyFor(goodNumber), func(r *portonev2.IssueBillingKeyRequest) {
		r.Customer = &portonev2.CustomerInput{
			Id: world.Ptr("kim"), Email: world.Ptr("kim@example.com"), Zipcode: world.Ptr("04524"), PhoneNumber: world.Ptr("0100000"),
			Name:    &portonev2.CustomerNameInput{Separated: &portonev2.CustomerSeparatedName{First: world.Ptr("Cheolsu"), Last: world.Ptr("Kim")}},
			Address: &portonev2.SeparatedAddressInput{AddressLine1: world.Ptr("Sejong-daero 110"), AddressLine2: world.Ptr("5F"), City: world.Ptr("Seoul")},
		}
	})).BillingKeyInfo.GetBillingKey()
	w.Clock.Advance(time.Hour)
	group := do(t, s.IssueBillingKey, with(keyFor("5555555555554444"), func(r *portonev2.IssueBillingKeyRequest) { r.ChannelKey, r.ChannelGroupId = nil, world.Ptr("group") })).BillingKeyInfo.GetBillingKey()
	w.Clock.Advance(time.Hour)
	phone, _, _ := s.IssueBillingKeyInWindow(WindowBillingKey{Mobile: true, UserAgent: "Phone", ChannelKey: ChannelInicis, StoreID: "other"})
	_, _, _ = s.IssueBillingKeyInWindow(WindowBillingKey{Confirm: true}) // not issued yet
	w.Clock.Advance(time.Hour)
	do(t, s.DeleteBillingKey, &portonev2.DeleteBillingKeyRequest{BillingKey: kim})

	search := func(field portonev2.BillingKeyTextSearchField, value string) *portonev2.BillingKeyFilterInput {
		return &portonev2.BillingKeyFilterInput{TextSearch: &portonev2.BillingKeyTextSearch{Field: field.Enum(), Value: &value}}
	}
	tests := []struct {
		name   string
		filter *portonev2.BillingKeyFilterInput
		sort   *portonev2.BillingKeySortInput
		want   []string
	}{
		{"all", nil, nil, []string{phone, group, kim}},
		{"oldest first", nil, &portonev2.BillingKeySortInput{Order: portonev2.SortOrder_SORT_ORDER_ASC.Enum()}, []string{kim, group, phone}},
		{"by status", nil, &portonev2.BillingKeySortInput{By: portonev2.BillingKeySortBy_BILLING_KEY_SORT_BY_STATUS_TIMESTAMP.Enum()}, []string{kim, phone, group}},
		{"by deletion", nil, &portonev2.BillingKeySortInput{By: portonev2.BillingKeySortBy_BILLING_KEY_SORT_BY_DELETED_AT.Enum()}, []string{kim, phone, group}},
		{"of a store", &portonev2.BillingKeyFilterInput{StoreId: world.Ptr("other")}, nil, []string{phone}},
		{"deleted", &portonev2.BillingKeyFilterInput{Status: []portonev2.BillingKeyStatus{portonev2.BillingKeyStatus_BILLING_KEY_STATUS_DELETED}}, nil, []string{kim}},
		{"deleted in a time", &portonev2.BillingKeyFilterInput{TimeRangeField: portonev2.BillingKeyTimeRangeField_BILLING_KEY_TIME_RANGE_FIELD_DELETED_AT.Enum()}, nil, []string{kim}},
		{"until", &portonev2.BillingKeyFilterInput{Until: instantOf(opening.Add(time.Hour)).timestamp()}, nil, []string{group, kim}},
		{"of a group", &portonev2.BillingKeyFilterInput{ChannelGroupIds: []string{"group"}}, nil, []string{group}},
		{"of a customer", &portonev2.BillingKeyFilterInput{CustomerId: world.Ptr("kim")}, nil, []string{kim}},
		{"from phones", &portonev2.BillingKeyFilterInput{PlatformType: portonev2.PaymentClientType_PAYMENT_CLIENT_TYPE_SDK_MOBILE.Enum()}, nil, []string{phone}},
		{"of a module", &portonev2.BillingKeyFilterInput{PgProviders: []portonev2.PgProvider{portonev2.PgProvider_PG_PROVIDER_INICIS_V2}}, nil, []string{phone}},
		{"of a company", &portonev2.BillingKeyFilterInput{PgCompanies: []portonev2.PgCompany{portonev2.PgCompany_PG_COMPANY_TOSSPAYMENTS}}, nil, []string{group, kim}},
		{"wallets", &portonev2.BillingKeyFilterInput{Methods: []portonev2.BillingKeyPaymentMethodType{portonev2.BillingKeyPaymentMethodType_BILLING_KEY_PAYMENT_METHOD_TYPE_EASY_PAY}}, nil, nil},
		{"of V1", &portonev2.BillingKeyFilterInput{Version: portonev2.PortOneVersion_PORT_ONE_VERSION_V1.Enum()}, nil, nil},
		{"card bin", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CARD_BIN, "5555"), nil, []string{group}},
		{"card number", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CARD_NUMBER, "4444"), nil, []string{group}},
		{"merchant at the PG", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_PG_MERCHANT_ID, "nobody"), nil, nil},
		{"name", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_NAME, "kim cheolsu"), nil, []string{kim}},
		{"email", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_EMAIL, "@EXAMPLE"), nil, []string{kim}},
		{"phone", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_PHONE_NUMBER, "0100"), nil, []string{kim}},
		{"address", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_ADDRESS, "Seoul Sejong"), nil, []string{kim}},
		{"zipcode", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_ZIPCODE, "045"), nil, []string{kim}},
		{"user agent", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_USER_AGENT, "phone"), nil, []string{phone}},
		{"key", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_BILLING_KEY, group), nil, []string{group}},
		{"group", search(portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CHANNEL_GROUP_NAME, "rou"), nil, []string{group}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := do(t, s.GetBillingKeyInfos, &portonev2.GetBillingKeyInfosRequest{Filter: test.filter, Sort: test.sort})
			var got []string
			for _, item := range answer.Items {
				got = append(got, item.GetIssued().GetBillingKey()+item.GetDeleted().GetBillingKey())
			}
			sameIDs(t, got, test.want)
		})
	}
}
