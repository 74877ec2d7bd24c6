package shop

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// GetPayment implements PaymentServiceServer.
func (s *Store) GetPayment(_ context.Context, req *portonev2.GetPaymentRequest) (*portonev2.Payment, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	return showPayment(p), nil
}

// GetPaymentTransactions implements PaymentServiceServer. The attempts come in
// the order in which they were made.
func (s *Store) GetPaymentTransactions(_ context.Context, req *portonev2.GetPaymentTransactionsRequest) (*portonev2.GetPaymentTransactionsResponse, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPaymentTransactionsResponse{}
	for _, a := range p.attempts {
		answer.Items = append(answer.Items, showTransaction(a))
	}
	return answer, nil
}

// Payment returns a copy of a payment, that of the default store or else any of
// the id, for other domains.
func (s *Store) Payment(id string) (*portonev2.Payment, bool) {
	p := s.anywhere(id)
	if p == nil {
		return nil, false
	}
	return proto.CloneOf(showPayment(p)), true
}

// PaymentOf returns a copy of a payment of a store, for other domains.
func (s *Store) PaymentOf(storeID, id string) (*portonev2.Payment, bool) {
	p := s.payments.find(paymentKey{storeID, id})
	if p == nil {
		return nil, false
	}
	return proto.CloneOf(showPayment(p)), true
}

// HasTransaction reports whether a payment has an attempt of that id.
func (s *Store) HasTransaction(id string) bool {
	for _, p := range s.payments.created {
		for _, a := range p.attempts {
			if a.id == id {
				return true
			}
		}
	}
	return false
}

func (s *Store) anywhere(id string) *payment {
	if p := s.payments.find(paymentKey{world.DefaultStoreID, id}); p != nil {
		return p
	}
	return s.payments.byID[id]
}

// GetPayments implements PaymentServiceServer. PortOne does not say how it sorts
// by default: here it is by the time of the request, newest first.
func (s *Store) GetPayments(_ context.Context, req *portonev2.GetPaymentsRequest) (*portonev2.GetPaymentsResponse, error) {
	f := req.Filter
	when, err := s.periodOf(f.GetFrom(), f.GetUntil())
	if err != nil {
		return nil, err
	}
	page, info, err := world.Page(s.search(f, when), req.Page)
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPaymentsResponse{Page: info}
	for _, p := range page {
		answer.Items = append(answer.Items, showPayment(p))
	}
	return answer, nil
}

// search finds payments by their latest attempts, in the order that a filter asks for.
func (s *Store) search(f *portonev2.PaymentFilterInput, when period) []*payment {
	byCreation := f.GetTimestampType() == portonev2.PaymentTimestampType_PAYMENT_TIMESTAMP_TYPE_CREATED_AT
	s.payments.refresh()
	conditions := paymentConditions(f)
	var found []*payment
	for _, p := range s.payments.created {
		a := p.current()
		since := a.changedAt
		if byCreation {
			since = p.created
		}
		if when.has(since) && a.meets(conditions) {
			found = append(found, p)
		}
	}
	if f.GetSortBy() == portonev2.PaymentSortBy_PAYMENT_SORT_BY_STATUS_CHANGED_AT {
		slices.SortFunc(found, func(a, b *payment) int { return cmp.Compare(a.change, b.change) })
	}
	if f.GetSortOrder() != portonev2.SortOrder_SORT_ORDER_ASC {
		slices.Reverse(found)
	}
	return found
}
