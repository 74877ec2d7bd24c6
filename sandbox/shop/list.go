package shop

import (
	"context"
	"iter"

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

// HasTransaction tells whether a payment has an attempt of that id.
func (s *Store) HasTransaction(id string) bool {
	for _, e := range s.payments.entries {
		for _, a := range e.attempt.payment.attempts {
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
	page, info, err := world.PageOf(s.search(f, when), req.Page)
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPaymentsResponse{Page: info}
	for _, a := range page {
		answer.Items = append(answer.Items, s.payments.shown.show(a.payment))
	}
	return answer, nil
}

// search finds payments, by their latest attempts, in the order that a filter asks
// for: the lists are in one or the other already.
func (s *Store) search(f *portonev2.PaymentFilterInput, when period) iter.Seq[*attempt] {
	s.payments.refresh()
	entries := s.payments.entries
	byCreation := f.GetTimestampType() == portonev2.PaymentTimestampType_PAYMENT_TIMESTAMP_TYPE_CREATED_AT
	conditions := s.payments.conditions(f)
	return func(yield func(*attempt) bool) {
		for row := range s.payments.inOrder(f) {
			e := &entries[row]
			since := e.changed
			if byCreation {
				since = e.created
			}
			if when.has(since) && e.meets(conditions) && !yield(e.attempt) {
				return
			}
		}
	}
}

// inOrder goes through the rows of all payments in the order of a filter.
func (l *ledger) inOrder(f *portonev2.PaymentFilterInput) iter.Seq[int] {
	ascending := f.GetSortOrder() == portonev2.SortOrder_SORT_ORDER_ASC
	byChange := f.GetSortBy() == portonev2.PaymentSortBy_PAYMENT_SORT_BY_STATUS_CHANGED_AT
	n := len(l.entries)
	if byChange {
		n = len(l.changed)
	}
	return func(yield func(int) bool) {
		for i := range n {
			row := n - 1 - i
			if ascending {
				row = i
			}
			if byChange {
				row = l.changed[row]
			}
			if row != gap && !yield(row) {
				return
			}
		}
	}
}
