package control

import (
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/shop"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// windowInput is what a customer does in the window, under the names that
// PortOne's browser SDK has for it.
type windowInput struct {
	PaymentID     string `json:"paymentId"`
	StoreID       string `json:"storeId"`
	ChannelKey    string `json:"channelKey"`
	OrderName     string `json:"orderName"`
	TotalAmount   *int64 `json:"totalAmount"` // minor units
	TaxFreeAmount *int64 `json:"taxFreeAmount"`
	VatAmount     *int64 `json:"vatAmount"`
	Currency      string `json:"currency"`
	PayMethod     string `json:"payMethod"`
	CardNumber    string `json:"cardNumber"`
	PromotionID   string `json:"promotionId"`
	CustomData    string `json:"customData"`
	Escrow        bool   `json:"escrow"`

	BillingKey bool `json:"billingKey"` // store the card; with paymentId also pay
	Confirm    bool `json:"confirm"`    // leave it to the server to confirm
	Ask        bool `json:"ask"`        // ask the shop's server before it is approved
	Closed     bool `json:"closed"`     // close the window without paying
}

// windowResult is what the browser hands to the shop's server.
type windowResult struct {
	Token      string `json:"token,omitempty"` // to confirm with
	BillingKey string `json:"billingKey,omitempty"`
}

func (h *Handler) runWindow(body []byte) (any, error) {
	var in windowInput
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	payment, err := in.payment()
	if err != nil {
		return nil, err
	}
	if in.Ask {
		return struct{}{}, h.payAfterAsking(&in, payment)
	}
	var result windowResult
	err = h.target.Do(func(_ *world.World, d *domains.Stores) (err error) {
		if in.BillingKey {
			result.BillingKey, result.Token, err = d.Payments.IssueBillingKeyInWindow(in.billingKey(payment))
			return err
		}
		result.Token, err = d.Payments.PayInWindow(payment)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// payAfterAsking imitates a payment with a confirmUrl: the receiver of webhooks is
// asked whether it may be approved. No lock is held meanwhile.
func (h *Handler) payAfterAsking(in *windowInput, payment shop.WindowPayment) error {
	switch {
	case h.receiver.URL == "":
		return mistake("ask: there is no webhook URL to ask")
	case in.BillingKey || in.Confirm || in.Closed:
		return mistake("ask does not go together with billingKey, confirm or closed")
	}
	payment.Confirm = true
	var token string
	var question shop.Webhook
	err := h.target.Do(func(_ *world.World, d *domains.Stores) (err error) {
		if token, err = d.Payments.PayInWindow(payment); err != nil {
			return err
		}
		question, err = d.Payments.Question(token)
		return err
	})
	if err != nil {
		return err
	}
	approved, reason := h.receiver.Ask(question.ID, []byte(question.Body))
	return h.target.Do(func(_ *world.World, d *domains.Stores) error {
		return d.Payments.Answer(token, approved, reason)
	})
}

func (in *windowInput) payment() (shop.WindowPayment, error) {
	currency, known := portonev2.Currency_value["CURRENCY_"+strings.TrimPrefix(in.Currency, "CURRENCY_")]
	if !known && in.Currency != "" {
		return shop.WindowPayment{}, mistake("currency: not a currency that PortOne knows")
	}
	method, known := portonev2.PaymentMethodType_value["PAYMENT_METHOD_TYPE_"+in.PayMethod]
	if !known && in.PayMethod != "" {
		return shop.WindowPayment{}, mistake("payMethod: not a payment method that PortOne knows")
	}
	return shop.WindowPayment{
		PaymentID: in.PaymentID, StoreID: in.StoreID, ChannelKey: in.ChannelKey, OrderName: in.OrderName,
		Amount:   &portonev2.PaymentAmountInput{Total: in.TotalAmount, TaxFree: in.TaxFreeAmount, Vat: in.VatAmount},
		Currency: portonev2.Currency(currency), Method: portonev2.PaymentMethodType(method), Card: in.card(),
		PromotionID: in.PromotionID, CustomData: in.CustomData, Escrow: in.Escrow, Confirm: in.Confirm, Closed: in.Closed,
	}, nil
}

func (in *windowInput) billingKey(payment shop.WindowPayment) shop.WindowBillingKey {
	key := shop.WindowBillingKey{StoreID: in.StoreID, ChannelKey: in.ChannelKey, Card: in.card(), CustomData: in.CustomData, Confirm: in.Confirm}
	if in.PaymentID != "" {
		key.Payment = &payment
	}
	return key
}

// card is the card with the number given, one that is valid for long; nil is any.
func (in *windowInput) card() *portonev2.CardCredential {
	if in.CardNumber == "" {
		return nil
	}
	return &portonev2.CardCredential{Number: &in.CardNumber, ExpiryYear: world.Ptr("99"), ExpiryMonth: world.Ptr("12")}
}
