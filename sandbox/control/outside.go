package control

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

func (h *Handler) runDeposit(body []byte) (any, error) {
	var in struct {
		PaymentID string `json:"paymentId"`
		Amount    *int64 `json:"amount"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	switch {
	case in.PaymentID == "":
		return nil, mistake("paymentId is missing")
	case in.Amount != nil && *in.Amount <= 0:
		return nil, mistake("amount must be more than 0")
	}
	return struct{}{}, h.target.Do(func(_ *world.World, d *domains.Stores) error {
		if in.Amount == nil {
			return d.Payments.Deposit(in.PaymentID, 0) // what is due
		}
		return d.Payments.Deposit(in.PaymentID, *in.Amount)
	})
}

func (h *Handler) runCode(body []byte) (any, error) {
	var in struct {
		ID string `json:"identityVerificationId"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	var code string
	err := h.target.Do(func(_ *world.World, d *domains.Stores) error {
		var sent bool
		if code, sent = d.Identities.Code(in.ID); !sent {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_NOT_FOUND, "no code was sent for %q, or it is not waited for", in.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]string{"code": code}, nil
}

func (h *Handler) runDefine(body []byte) (any, error) {
	var in struct {
		Properties []string `json:"properties"`
		Parameters []string `json:"parameters"`
		Test       bool     `json:"test"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	return struct{}{}, h.target.Do(func(_ *world.World, d *domains.Stores) error {
		d.Partners.DefineProperties(in.Test, in.Properties...)
		d.Settlements.DefineParameters(in.Test, in.Parameters...)
		return nil
	})
}
