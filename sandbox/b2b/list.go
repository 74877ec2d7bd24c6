package b2b

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	defaultPageSize = 500
	maxPageSize     = 1000
)

// GetB2BTaxInvoices lists tax invoices. What nothing matches is an empty list.
func (s *Store) GetB2BTaxInvoices(_ context.Context, req *portonev2.GetB2BTaxInvoicesRequest) (*portonev2.GetB2BTaxInvoicesResponse, error) {
	m := s.in(req)
	size := int32(defaultPageSize)
	if req.PageSize != nil {
		size = req.GetPageSize()
	}
	if size > maxPageSize {
		return nil, world.Invalid("pageSize: %d, at most %d are allowed", size, maxPageSize)
	}
	found, err := m.search(req.GetFilter(), req.GetSort())
	if err != nil {
		return nil, err
	}
	page, info, err := world.Page(found, &portonev2.PageInput{Number: req.PageNumber, Size: &size})
	if err != nil {
		return nil, err
	}
	response := &portonev2.GetB2BTaxInvoicesResponse{Page: info}
	for _, inv := range page {
		response.Items = append(response.Items, m.summary(inv))
	}
	return response, nil
}

// search returns the invoices that meet every condition of a filter, sorted.
func (m *mode) search(filter *portonev2.GetB2BTaxInvoicesBodyFilter, sort *portonev2.B2BTaxInvoiceSortInput) ([]*invoice, error) {
	conditions, err := m.conditions(filter)
	if err != nil {
		return nil, err
	}
	found := make([]*invoice, 0, m.invoices.count)
	for inv := range m.invoices.latestFirst() {
		if meetsAll(inv, conditions) {
			found = append(found, inv)
		}
	}
	return arrange(found, sort), nil
}

func meetsAll(inv *invoice, conditions []condition) bool {
	for _, meets := range conditions {
		if !meets(inv) {
			return false
		}
	}
	return true
}

// sortKeys are what lists are sorted by, as numbers. The change of status is
// missing: invoices are kept in that order.
var sortKeys = map[portonev2.B2BTaxInvoiceSortBy]func(*invoice) int64{
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_WRITE_DATE:          func(inv *invoice) int64 { return dayNumber(inv.GetWriteDate()) },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_ISSUANCE_DUE_DATE:   func(inv *invoice) int64 { return dayNumber(inv.GetIssuanceDueDate()) },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_TOTAL_AMOUNT:        func(inv *invoice) int64 { return inv.GetTotalAmount() },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_TOTAL_SUPPLY_AMOUNT: func(inv *invoice) int64 { return inv.GetTotalSupplyAmount() },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_TOTAL_TAX_AMOUNT:    func(inv *invoice) int64 { return inv.GetTotalTaxAmount() },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_REQUESTED_AT:        func(inv *invoice) int64 { return nanoseconds(inv.RequestedAt) },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_ISSUED_AT:           func(inv *invoice) int64 { return nanoseconds(inv.IssuedAt) },
	portonev2.B2BTaxInvoiceSortBy_B2B_TAX_INVOICE_SORT_BY_NTS_SENT_AT:         func(inv *invoice) int64 { return nanoseconds(inv.NtsSentAt) },
}

// dayNumber is a date YYYY-MM-DD as the number YYYYMMDD.
func dayNumber(date string) int64 {
	n, _ := strconv.ParseInt(strings.ReplaceAll(date, "-", ""), 10, 64) // has been checked
	return n
}

// nanoseconds is a time as a number; one that is absent comes first.
func nanoseconds(t *timestamppb.Timestamp) int64 {
	if t == nil {
		return 0
	}
	return t.AsTime().UnixNano()
}

// arrange sorts invoices that come with the latest change of status first, which
// also decides between equals. The order is descending unless sort says otherwise.
func arrange(found []*invoice, sort *portonev2.B2BTaxInvoiceSortInput) []*invoice {
	ascending := sort.GetOrder() == portonev2.SortOrder_SORT_ORDER_ASC
	keyOf := sortKeys[sort.GetBy()]
	if keyOf == nil {
		if ascending {
			slices.Reverse(found)
		}
		return found
	}
	type ranked struct {
		key  int64
		rank int
		*invoice
	}
	all := make([]ranked, len(found))
	for i, inv := range found {
		all[i] = ranked{keyOf(inv), i, inv}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		order := cmp.Compare(b.key, a.key)
		if ascending {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.rank, b.rank))
	})
	for i := range all {
		found[i] = all[i].invoice
	}
	return found
}
