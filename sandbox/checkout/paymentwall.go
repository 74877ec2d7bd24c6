package checkout

import (
	"context"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// ConfirmPaymentwallDelivery registers a delivery, in place of what was registered
// for the transaction before. PAYMENT_NOT_FOUND: there is no such transaction.
// Physical goods without a carrier or receiver are INVALID_REQUEST.
func (s *Store) ConfirmPaymentwallDelivery(_ context.Context, req *portonev2.ConfirmPaymentwallDeliveryRequest) (*portonev2.ConfirmPaymentwallDeliveryResponse, error) {
	if err := checkDelivery(req); err != nil {
		return nil, err
	}
	if !s.hasTransaction(req.GetTransactionId()) {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no transaction %q", req.GetTransactionId())
	}
	s.deliveries[req.GetTransactionId()] = world.Known(proto.CloneOf(req))
	s.world.Counters.Add("paymentwall_delivery.registered")
	return &portonev2.ConfirmPaymentwallDeliveryResponse{}, nil
}

// hasTransaction reports whether a payment has a transaction, as far as payments
// are known.
func (s *Store) hasTransaction(id string) bool {
	if s.payments == nil {
		return true
	}
	found := false
	s.payments.Payments(func(payment *portonev2.Payment) bool {
		found = transactionOf(payment) == id
		return !found
	})
	return found
}

// transactionOf is the latest transaction of a payment in whatever state.
func transactionOf(payment *portonev2.Payment) string {
	m := payment.ProtoReflect()
	state := m.WhichOneof(m.Descriptor().Oneofs().ByName("status"))
	if state == nil {
		return ""
	}
	m = m.Get(state).Message()
	return m.Get(m.Descriptor().Fields().ByName("transaction_id")).String()
}

// checkDelivery refuses a delivery that lacks what its kind needs.
func checkDelivery(req *portonev2.ConfirmPaymentwallDeliveryRequest) error {
	if req.GetShippingAddressEmail() == "" {
		return world.Invalid("shippingAddressEmail must not be empty")
	}
	if req.GetDeliveryType() != portonev2.PaymentwallDeliveryType_PAYMENTWALL_DELIVERY_TYPE_PHYSICAL {
		return nil
	}
	if req.ShippingAddressCountry == nil {
		return world.Invalid("shippingAddressCountry is required for physical goods")
	}
	for _, member := range []struct{ name, value string }{
		{"carrierTrackingId", req.GetCarrierTrackingId()},
		{"carrierType", req.GetCarrierType()},
		{"shippingAddressCity", req.GetShippingAddressCity()},
		{"shippingAddressZip", req.GetShippingAddressZip()},
		{"shippingAddressState", req.GetShippingAddressState()},
		{"shippingAddressStreet", req.GetShippingAddressStreet()},
		{"shippingAddressPhone", req.GetShippingAddressPhone()},
		{"shippingAddressFirstname", req.GetShippingAddressFirstname()},
		{"shippingAddressLastname", req.GetShippingAddressLastname()},
	} {
		if member.value == "" {
			return world.Invalid("%s is required for physical goods", member.name)
		}
	}
	return nil
}
