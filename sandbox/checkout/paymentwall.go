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
	if s.payments != nil && !s.payments.HasTransaction(req.GetTransactionId()) {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no transaction %q", req.GetTransactionId())
	}
	s.deliveries[req.GetTransactionId()] = world.Known(proto.CloneOf(req))
	s.world.Counters.Add("paymentwall_delivery.registered")
	return &portonev2.ConfirmPaymentwallDeliveryResponse{}, nil
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
