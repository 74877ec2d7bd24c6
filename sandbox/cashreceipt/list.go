package cashreceipt

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// timeOf are the times by which receipts are found and sorted. The values of the
// two enums of the contract are the same.
var timeOf = map[portonev2.CashReceiptSortBy]func(*receipt) time.Time{
	portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_ISSUED_AT:         func(r *receipt) time.Time { return r.issuedAt },
	portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_CANCELLED_AT:      func(r *receipt) time.Time { return r.cancelledAt },
	portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_STATUS_UPDATED_AT: func(r *receipt) time.Time { return r.changedAt },
}

// GetCashReceipts lists receipts. A receipt to which the time of the range never
// happened, such as the cancellation of one in force, is not in the range.
func (s *Store) GetCashReceipts(_ context.Context, req *portonev2.GetCashReceiptsRequest) (*portonev2.GetCashReceiptsResponse, error) {
	inRange, err := s.inRange(req.GetFilter())
	if err != nil {
		return nil, err
	}
	found := world.Select(s.all, append(conditions(req.GetFilter()), inRange))
	world.Arrange(found, orderOf(req.GetSort().GetBy()), req.GetSort().GetOrder())
	page, info, err := world.Page(found, req.GetPage())
	if err != nil {
		return nil, err
	}
	response := &portonev2.GetCashReceiptsResponse{Page: info}
	for _, r := range page {
		response.Items = append(response.Items, proto.CloneOf(r.message))
	}
	return response, nil
}

// orderOf is the time to sort by; nil for that of the issue, by which the receipts
// are sorted, and for what is no order.
func orderOf(by portonev2.CashReceiptSortBy) func(*receipt) time.Time {
	if by == portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_ISSUED_AT {
		return nil
	}
	return timeOf[by]
}

// condition is one that receipts have to meet.
type condition = world.Condition[*receipt]

// inRange is the filter's range of time.
func (s *Store) inRange(filter *portonev2.CashReceiptFilterInput) (condition, error) {
	at := timeOf[portonev2.CashReceiptSortBy(filter.GetTimeRangeField())]
	if at == nil {
		at = timeOf[portonev2.CashReceiptSortBy_CASH_RECEIPT_SORT_BY_ISSUED_AT]
	}
	return world.During(s.world.Clock, filter.GetFrom(), filter.GetUntil(), at)
}

// conditions are those of a filter, apart from the range of time: one for each
// member that is present and not empty.
func conditions(f *portonev2.CashReceiptFilterInput) []condition {
	var all []condition
	when := func(present bool, c condition) {
		if present {
			all = append(all, c)
		}
	}
	if f == nil {
		return nil
	}
	when(f.StoreId != nil, func(r *receipt) bool { return r.GetStoreId() == f.GetStoreId() })
	when(f.PaymentId != nil, func(r *receipt) bool { return r.GetPaymentId() == f.GetPaymentId() })
	when(f.IsTest != nil, func(r *receipt) bool {
		return f.GetIsTest() == (r.GetChannel().GetType() == portonev2.SelectedChannelType_SELECTED_CHANNEL_TYPE_TEST)
	})
	when(f.OrderName != nil, func(r *receipt) bool { return r.GetOrderName() == f.GetOrderName() })
	when(len(f.Statuses) > 0, func(r *receipt) bool { return slices.Contains(f.Statuses, r.status) })
	when(f.IsManual != nil, func(r *receipt) bool { return r.GetIsManual() == f.GetIsManual() })
	when(f.PgReceiptId != nil, func(r *receipt) bool { return r.pgReceiptID == f.GetPgReceiptId() })
	when(f.PgMerchantId != nil, func(r *receipt) bool { return r.GetChannel().GetPgMerchantId() == f.GetPgMerchantId() })
	when(len(f.PgProviders) > 0, func(r *receipt) bool { return slices.Contains(f.PgProviders, r.GetChannel().GetPgProvider()) })
	when(len(f.PgCompanies) > 0, func(r *receipt) bool {
		return slices.Contains(f.PgCompanies, issuers.Company(r.GetChannel().GetPgProvider()))
	})
	when(f.Version != nil, func(*receipt) bool { return f.GetVersion() == portonev2.PortOneVersion_PORT_ONE_VERSION_V2 })
	when(len(f.Types) > 0, func(r *receipt) bool { return slices.Contains(f.Types, r.kind) })
	return all
}
