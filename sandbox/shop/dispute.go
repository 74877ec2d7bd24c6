package shop

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// OpenDispute imitates a customer who objects to a payment through the PG, for a
// reason in words. PAYMENT_NOT_PAID: nothing is paid that could be disputed. The
// payment is that of the default store, or else any of the id.
func (s *Store) OpenDispute(paymentID, reason string) error {
	a, err := s.disputable(paymentID)
	if err != nil {
		return err
	}
	a.disputes = append(a.disputes, &portonev2.Dispute{
		Status:      portonev2.DisputeStatus_DISPUTE_STATUS_UNRESOLVED.Enum(),
		PgDisputeId: world.Ptr(s.w.IDs.UUID("dispute")), Reason: &reason, CreatedAt: s.now().timestamp(),
	})
	s.touch(a)
	s.notify(a, transactionDisputeCreated, nil, portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_DISPUTE_CREATED)
	return nil
}

// ResolveDispute settles the oldest open dispute about a payment. Who won shows
// nowhere. INVALID_REQUEST: none is open.
func (s *Store) ResolveDispute(paymentID string) error {
	a, err := s.disputable(paymentID)
	if err != nil {
		return err
	}
	for i, d := range a.disputes {
		if d.GetStatus() != portonev2.DisputeStatus_DISPUTE_STATUS_UNRESOLVED {
			continue
		}
		resolved := proto.CloneOf(d)
		resolved.Status, resolved.ResolvedAt = portonev2.DisputeStatus_DISPUTE_STATUS_RESOLVED.Enum(), s.now().timestamp()
		a.disputes[i] = resolved
		s.touch(a)
		s.notify(a, transactionDisputeResolved, nil, portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_DISPUTE_RESOLVED)
		return nil
	}
	return world.Invalid("payment %q has no open dispute", paymentID)
}

// disputable is the present attempt at a payment of which something was paid.
func (s *Store) disputable(paymentID string) (*attempt, error) {
	p := s.anywhere(paymentID)
	if p == nil {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no payment %q", paymentID)
	}
	a := p.current()
	if a.paidAt == 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_PAID, "payment %q is %s", paymentID, a.status)
	}
	return a, nil
}
