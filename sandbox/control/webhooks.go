package control

import (
	"encoding/json"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/shop"
	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

func (h *Handler) runWebhooks([]byte) (any, error) {
	return map[string]any{"webhooks": h.target.Deliveries()}, nil
}

func (h *Handler) runEmit(body []byte) (any, error) {
	var in struct {
		Type       string                     `json:"type"`
		PaymentID  string                     `json:"paymentId"`
		BillingKey string                     `json:"billingKey"`
		Data       map[string]json.RawMessage `json:"data"`
		Members    map[string]json.RawMessage `json:"members"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	switch {
	case in.Type == "":
		return nil, mistake("type is missing")
	case in.PaymentID != "" && in.BillingKey != "":
		return nil, mistake("give either paymentId or billingKey")
	}
	return struct{}{}, h.target.Do(func(_ *world.World, d *domains.Stores) error {
		return d.Payments.Emit(shop.Emission(in))
	})
}

// maxCopies is how often a webhook can be repeated.
const maxCopies = 100

func (h *Handler) runDelivery(body []byte) (any, error) {
	var in struct {
		Copies   int    `json:"copies"`
		Hold     bool   `json:"hold"`
		Reversed bool   `json:"reversed"`
		Age      string `json:"age"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	if in.Copies < 0 || in.Copies > maxCopies {
		return nil, mistake("copies must be 0 to %d", maxCopies)
	}
	var age time.Duration
	if in.Age != "" {
		var err error
		if age, err = time.ParseDuration(in.Age); err != nil {
			return nil, mistake("age: %v", err)
		}
	}
	h.target.Deliver(webhooks.Behavior{Copies: in.Copies, Hold: in.Hold, Reversed: in.Reversed, Age: age})
	return struct{}{}, nil
}

func (h *Handler) runDispute(body []byte) (any, error) {
	var in struct {
		PaymentID string `json:"paymentId"`
		Reason    string `json:"reason"`
		Resolved  bool   `json:"resolved"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	switch {
	case in.PaymentID == "":
		return nil, mistake("paymentId is missing")
	case in.Resolved && in.Reason != "":
		return nil, mistake("a dispute has its reason when it is opened")
	}
	return struct{}{}, h.target.Do(func(_ *world.World, d *domains.Stores) error {
		if in.Resolved {
			return d.Payments.ResolveDispute(in.PaymentID)
		}
		return d.Payments.OpenDispute(in.PaymentID, in.Reason)
	})
}
