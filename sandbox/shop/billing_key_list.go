package shop

import (
	"cmp"
	"context"
	"slices"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// statusAt is when a key came into its present state.
func (k *billingKey) statusAt() instant { return max(k.issuedAt, k.deletedAt) }

// keyRanges are the times that a range can apply to. PortOne does not say which
// one it is by default; here it is the time of the request, as in sorting.
var keyRanges = map[portonev2.BillingKeyTimeRangeField]func(*billingKey) instant{
	portonev2.BillingKeyTimeRangeField_BILLING_KEY_TIME_RANGE_FIELD_UNSPECIFIED:      func(k *billingKey) instant { return k.requestedAt },
	portonev2.BillingKeyTimeRangeField_BILLING_KEY_TIME_RANGE_FIELD_REQUESTED_AT:     func(k *billingKey) instant { return k.requestedAt },
	portonev2.BillingKeyTimeRangeField_BILLING_KEY_TIME_RANGE_FIELD_ISSUED_AT:        func(k *billingKey) instant { return k.issuedAt },
	portonev2.BillingKeyTimeRangeField_BILLING_KEY_TIME_RANGE_FIELD_DELETED_AT:       func(k *billingKey) instant { return k.deletedAt },
	portonev2.BillingKeyTimeRangeField_BILLING_KEY_TIME_RANGE_FIELD_STATUS_TIMESTAMP: (*billingKey).statusAt,
}

// keyOrders are the times that keys are sorted by. Nil needs no sorting.
var keyOrders = map[portonev2.BillingKeySortBy]func(*billingKey) instant{
	portonev2.BillingKeySortBy_BILLING_KEY_SORT_BY_ISSUED_AT:        func(k *billingKey) instant { return k.issuedAt },
	portonev2.BillingKeySortBy_BILLING_KEY_SORT_BY_DELETED_AT:       func(k *billingKey) instant { return k.deletedAt },
	portonev2.BillingKeySortBy_BILLING_KEY_SORT_BY_STATUS_TIMESTAMP: (*billingKey).statusAt,
}

// keyTexts are the members of a key that a text is looked for in.
var keyTexts = map[portonev2.BillingKeyTextSearchField]func(*billingKey) string{
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CARD_BIN:              func(k *billingKey) string { return k.card.shown.GetBin() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CARD_NUMBER:           func(k *billingKey) string { return k.card.shown.GetNumber() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_PG_MERCHANT_ID:        func(k *billingKey) string { return k.routes[0].channel.GetPgMerchantId() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_NAME:         func(k *billingKey) string { return k.customer.GetName() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_EMAIL:        func(k *billingKey) string { return k.customer.GetEmail() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_PHONE_NUMBER: func(k *billingKey) string { return k.customer.GetPhoneNumber() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_ADDRESS:      func(k *billingKey) string { return k.customer.GetAddress().GetSeparated().GetOneLine() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CUSTOMER_ZIPCODE:      func(k *billingKey) string { return k.customer.GetZipcode() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_USER_AGENT:            func(k *billingKey) string { return k.origin.GetUserAgent() },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_BILLING_KEY:           func(k *billingKey) string { return k.key },
	portonev2.BillingKeyTextSearchField_BILLING_KEY_TEXT_SEARCH_FIELD_CHANNEL_GROUP_NAME:    func(k *billingKey) string { return k.routes[0].group.GetName() },
}

// GetBillingKeyInfos implements BillingKeyServiceServer.
func (s *Store) GetBillingKeyInfos(_ context.Context, req *portonev2.GetBillingKeyInfosRequest) (*portonev2.GetBillingKeyInfosResponse, error) {
	when, err := s.periodOf(req.Filter.GetFrom(), req.Filter.GetUntil())
	if err != nil {
		return nil, err
	}
	at := keyRanges[req.Filter.GetTimeRangeField()]
	var found []*billingKey
	for _, k := range s.keys.requested {
		if k.issuedAt != 0 && when.has(at(k)) && k.fits(req.Filter) {
			found = append(found, k)
		}
	}
	if by := keyOrders[req.Sort.GetBy()]; by != nil {
		slices.SortStableFunc(found, func(a, b *billingKey) int { return cmp.Compare(by(a), by(b)) })
	}
	if req.Sort.GetOrder() != portonev2.SortOrder_SORT_ORDER_ASC {
		slices.Reverse(found)
	}
	page, info, err := world.Page(found, req.Page)
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetBillingKeyInfosResponse{Page: info}
	for _, k := range page {
		answer.Items = append(answer.Items, showBillingKey(k))
	}
	return answer, nil
}

// fits reports whether a key meets all conditions but the time range. An empty list
// restricts nothing.
func (k *billingKey) fits(f *portonev2.BillingKeyFilterInput) bool {
	if f == nil {
		return true
	}
	status := portonev2.BillingKeyStatus_BILLING_KEY_STATUS_ISSUED
	if k.deletedAt != 0 {
		status = portonev2.BillingKeyStatus_BILLING_KEY_STATUS_DELETED
	}
	pg := k.routes[0].channel.GetPgProvider()
	return (f.StoreId == nil || *f.StoreId == k.storeID) &&
		among(f.Status, status) &&
		among(f.ChannelGroupIds, k.routes[0].group.GetId()) &&
		(f.CustomerId == nil || *f.CustomerId == k.customer.GetId()) &&
		(f.PlatformType == nil || *f.PlatformType == platforms[k.origin.GetPlatformType()]) &&
		(f.TextSearch == nil || k.says(f.TextSearch)) &&
		among(f.PgProviders, pg) &&
		among(f.PgCompanies, pgs.Company(pg)) &&
		among(f.Methods, portonev2.BillingKeyPaymentMethodType_BILLING_KEY_PAYMENT_METHOD_TYPE_CARD) &&
		(f.Version == nil || *f.Version == portonev2.PortOneVersion_PORT_ONE_VERSION_V2)
}

// reports whether a member of the key has a text in it.
func (k *billingKey) says(search *portonev2.BillingKeyTextSearch) bool {
	member := keyTexts[search.GetField()]
	return member != nil && strings.Contains(strings.ToLower(member(k)), strings.ToLower(search.GetValue()))
}

// among reports whether a list of a filter has a value, or is empty.
func among[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}
