package checkout

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// kakaoOrder is an order in Kakao Pay's own form.
type kakaoOrder struct {
	TID               string      `json:"tid"`
	CID               string      `json:"cid"`
	Status            string      `json:"status"`
	PartnerOrderID    string      `json:"partner_order_id"`
	PartnerUserID     string      `json:"partner_user_id"`
	PaymentMethodType string      `json:"payment_method_type"`
	ItemName          string      `json:"item_name"`
	Quantity          int         `json:"quantity"`
	Amount            kakaoAmount `json:"amount"`
	CreatedAt         string      `json:"created_at"`
	ApprovedAt        string      `json:"approved_at"`
}

// kakaoAmount is what an order costs, in won.
type kakaoAmount struct {
	Total        int64 `json:"total"`
	TaxFree      int64 `json:"tax_free"`
	VAT          int64 `json:"vat"`
	Point        int64 `json:"point"`
	Discount     int64 `json:"discount"`
	GreenDeposit int64 `json:"green_deposit"`
}

// kakaoError is a refusal in Kakao Pay's own form.
type kakaoError struct {
	Code    int    `json:"error_code"`
	Message string `json:"error_message"`
}

// GetKakaopayPaymentOrder answers for Kakao Pay: a payment that was made for an
// order number that begins with T, status 400 for any other. A channel that does
// not exist is INVALID_REQUEST.
func (s *Store) GetKakaopayPaymentOrder(_ context.Context, req *portonev2.GetKakaopayPaymentOrderRequest) (*portonev2.GetKakaopayPaymentOrderResponse, error) {
	if req.GetChannelKey() == ChannelMissing {
		return nil, world.Invalid("no channel %q", req.GetChannelKey())
	}
	status, answer := http.StatusOK, any(kakaoOrder{
		TID: req.GetPgTxId(), CID: "TC0ONETIME", Status: "SUCCESS_PAYMENT",
		PartnerOrderID: "sandbox-order", PartnerUserID: "sandbox-user", PaymentMethodType: "MONEY",
		ItemName: "Sandbox", Quantity: 1, Amount: kakaoAmount{Total: 11_000, VAT: 1_000},
		CreatedAt: "2026-01-02T12:00:00", ApprovedAt: "2026-01-02T12:00:30",
	})
	if !strings.HasPrefix(req.GetPgTxId(), "T") {
		status, answer = http.StatusBadRequest, kakaoError{Code: -721, Message: "invalid tid!"}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &portonev2.GetKakaopayPaymentOrderResponse{
		StatusCode: world.Ptr(int32(status)),
		Body:       world.Ptr(string(body)),
	}, nil
}
