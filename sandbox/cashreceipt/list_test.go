package cashreceipt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// listed returns a store with, a day apart from the start on: a (test, tosspayments),
// b (corporate, live, store-b, cancelled ten days after the start), c (its
// issue failed), d and "receipted" (issued with its payment a day before the start,
// cancelled eleven days after it).
func listed(t *testing.T) *Store {
	s := newStore()
	day := func() { s.world.Clock.Advance(24 * time.Hour) }
	issue(t, s, "a")
	day()
	issue(t, s, "b", func(r *portonev2.IssueCashReceiptRequest) {
		r.Type, r.ChannelKey, r.StoreId = corporate.Enum(), world.Ptr("channel-key-sandbox-live"), world.Ptr("store-b")
		r.OrderName = world.Ptr("Shoes")
	})
	day()
	_, err := s.IssueCashReceipt(context.Background(), request("c", func(r *portonev2.IssueCashReceiptRequest) {
		r.Customer.IdentityNumber = world.Ptr("?")
	}))
	expect(t, err, pgProvider)
	day()
	issue(t, s, "d")
	s.world.Clock.MoveTo(start.Add(10 * 24 * time.Hour))
	_, err = s.CancelCashReceiptByPaymentId(context.Background(), &portonev2.CancelCashReceiptByPaymentIdRequest{
		PaymentId: "b", StoreId: world.Ptr("store-b"),
	})
	if err != nil {
		t.Fatal(err)
	}
	day()
	if _, err = undo(s, "receipted"); err != nil {
		t.Fatal(err)
	}
	return s
}

// ids lists the payments of a page of receipts, separated by spaces.
func ids(t *testing.T, s *Store, req *portonev2.GetCashReceiptsRequest) string {
	t.Helper()
	answer, err := s.GetCashReceipts(context.Background(), req)
	if err != nil {
		t.Fatalf("%v: %v", req, err)
	}
	worldtest.Complete(t, answer)
	var found []string
	for _, item := range answer.GetItems() {
		found = append(found, read(item).GetPaymentId())
	}
	return strings.Join(found, " ")
}

func TestFilters(t *testing.T) {
	s := listed(t)
	type filter = portonev2.CashReceiptFilterInput
	at := func(days int) *timestamppb.Timestamp { return timestamppb.New(start.AddDate(0, 0, days)) }
	byCancelled := portonev2.CashReceiptTimeRangeField_CASH_RECEIPT_TIME_RANGE_FIELD_CANCELLED_AT.Enum()
	byUpdated := portonev2.CashReceiptTimeRangeField_CASH_RECEIPT_TIME_RANGE_FIELD_STATUS_UPDATED_AT.Enum()
	tests := []struct {
		name   string
		filter *filter
		want   string
	}{
		{"absent", nil, "d b a receipted"},
		{"empty", &filter{}, "d b a receipted"},
		{"from, included", &filter{From: at(1)}, "d b"},
		{"until, included", &filter{Until: at(1)}, "b a receipted"},
		{"90 days before until", &filter{Until: at(90)}, "d b a"},
		{"cancelled ever", &filter{TimeRangeField: byCancelled}, "b receipted"},
		{"cancelled on the tenth day", &filter{TimeRangeField: byCancelled, Until: at(10)}, "b"},
		{"changed", &filter{TimeRangeField: byUpdated, From: at(2)}, "d c b receipted"},
		{"store", &filter{StoreId: world.Ptr("store-b")}, "b"},
		{"payment", &filter{PaymentId: world.Ptr("b")}, "b"},
		{"test", &filter{IsTest: world.Ptr(true)}, "d a receipted"},
		{"live", &filter{IsTest: world.Ptr(false)}, "b"},
		{"order", &filter{OrderName: world.Ptr("Shoes")}, "b"},
		{"issued", &filter{Statuses: []portonev2.CashReceiptStatus{issued}}, "d a"},
		{"failed", &filter{TimeRangeField: byUpdated, Statuses: []portonev2.CashReceiptStatus{failed}}, "c"},
		{"failed or cancelled", &filter{TimeRangeField: byUpdated, Statuses: []portonev2.CashReceiptStatus{failed, cancelled}}, "c b receipted"},
		{"by hand", &filter{IsManual: world.Ptr(true)}, "d b a"},
		{"with the payment", &filter{IsManual: world.Ptr(false)}, "receipted"},
		{"the PG's id", &filter{PgReceiptId: get(t, s, "a").GetIssued().PgReceiptId}, "a"},
		{"the PG's merchant", &filter{PgMerchantId: world.Ptr("sandbox")}, "d b a receipted"},
		{"another merchant of the PG", &filter{PgMerchantId: world.Ptr("other")}, ""},
		{"PG modules", &filter{PgProviders: []portonev2.PgProvider{portonev2.PgProvider_PG_PROVIDER_TOSSPAYMENTS, portonev2.PgProvider_PG_PROVIDER_KCP_V2}}, "d b a"},
		{"PG companies", &filter{PgCompanies: []portonev2.PgCompany{portonev2.PgCompany_PG_COMPANY_NICE}}, "receipted"},
		{"V1", &filter{Version: portonev2.PortOneVersion_PORT_ONE_VERSION_V1.Enum()}, ""},
		{"V2", &filter{Version: portonev2.PortOneVersion_PORT_ONE_VERSION_V2.Enum()}, "d b a receipted"},
		{"type", &filter{Types: []portonev2.CashReceiptType{corporate}}, "b"},
		{"two conditions", &filter{IsTest: world.Ptr(true), IsManual: world.Ptr(false)}, "receipted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ids(t, s, &portonev2.GetCashReceiptsRequest{Filter: test.filter}); got != test.want {
				t.Errorf("%v: got %q, want %q", test.filter, got, test.want)
			}
		})
	}
}

func TestSortsAndPages(t *testing.T) {
	s := listed(t)
	all := &portonev2.CashReceiptFilterInput{
		TimeRangeField: portonev2.CashReceiptTimeRangeField_CASH_RECEIPT_TIME_RANGE_FIELD_STATUS_UPDATED_AT.Enum(),
	}
	sort := func(by portonev2.CashReceiptSortBy, order portonev2.SortOrder) *portonev2.CashReceiptSortInput {
		return &portonev2.CashReceiptSortInput{By: &by, Order: &order}
	}
	const asc, desc = portonev2.SortOrder_SORT_ORDER_ASC, portonev2.SortOrder_SORT_ORDER_DESC
	const byIssued = portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_ISSUED_AT
	const byCancelled = portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_CANCELLED_AT
	const byUpdated = portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_STATUS_UPDATED_AT
	tests := []struct {
		name string
		sort *portonev2.CashReceiptSortInput
		page *portonev2.PageInput
		want string
	}{
		{"default", nil, nil, "d c b a receipted"},
		{"issue, oldest first", sort(byIssued, asc), nil, "receipted a b c d"},
		{"change, newest first", sort(byUpdated, desc), nil, "receipted b d c a"},
		{"cancellation, those without it last", sort(byCancelled, desc), nil, "receipted b d c a"},
		{"cancellation, those without it first", sort(byCancelled, asc), nil, "a c d b receipted"},
		{"the second page", nil, &portonev2.PageInput{Number: world.Ptr(int32(1)), Size: world.Ptr(int32(2))}, "b a"},
		{"behind the end", nil, &portonev2.PageInput{Number: world.Ptr(int32(9))}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ids(t, s, &portonev2.GetCashReceiptsRequest{Filter: all, Sort: test.sort, Page: test.page}); got != test.want {
				t.Errorf("%v, %v: got %q, want %q", test.sort, test.page, got, test.want)
			}
		})
	}
	_, err := s.GetCashReceipts(context.Background(), &portonev2.GetCashReceiptsRequest{Page: &portonev2.PageInput{Size: world.Ptr(int32(0))}})
	expect(t, err, invalidRequest)
}

// TestTimesAgree compares the two enums for which timeOf is used.
func TestTimesAgree(t *testing.T) {
	for number, name := range portonev2.CashReceiptSortBy_name {
		name = strings.TrimPrefix(name, "CASH_RECEIPT_SORT_BY_")
		if got := portonev2.CashReceiptTimeRangeField_name[number]; got != "CASH_RECEIPT_TIME_RANGE_FIELD_"+name {
			t.Errorf("%d is %s and %s", number, name, got)
		}
		if timeOf[portonev2.CashReceiptSortBy(number)] == nil && number != 0 {
			t.Errorf("no time for %s", name)
		}
	}
}

// BenchmarkList lists the first page of 100,000 receipts.
func BenchmarkList(b *testing.B) {
	s := New(world.New(world.NewStoppedClock(start)), nil)
	for i := range 100_000 {
		if _, err := s.IssueCashReceipt(context.Background(), request(fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
	filter := &portonev2.CashReceiptFilterInput{Statuses: slices.Repeat([]portonev2.CashReceiptStatus{issued}, 3)}
	for b.Loop() {
		if _, err := s.GetCashReceipts(context.Background(), &portonev2.GetCashReceiptsRequest{Filter: filter}); err != nil {
			b.Fatal(err)
		}
	}
}
