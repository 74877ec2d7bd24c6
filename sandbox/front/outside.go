package front

import (
	"net/http"
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// outside has the domain of a kind imitate something that happens outside of
// PortOne's API.
func outside[D any](s *Server, happen func(D) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer recoverTo(&err)
	i := slices.IndexFunc(s.state.domains, func(d domain) bool { _, ok := d.(D); return ok })
	if i < 0 {
		return &controlError{http.StatusNotImplemented, "NOT_IMPLEMENTED", "this sandbox has nothing that could do it"}
	}
	s.state.world.Clock.Settle()
	return happen(s.state.domains[i].(D))
}

// depositor is a domain with virtual accounts.
type depositor interface {
	// Deposit pays an amount, in minor units, into a payment's virtual account; 0
	// is what is due.
	Deposit(paymentID string, amount int64) error
}

func (s *Server) runDeposit(body []byte) (any, error) {
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
	return struct{}{}, outside(s, func(d depositor) error {
		if in.Amount == nil {
			return d.Deposit(in.PaymentID, 0)
		}
		return d.Deposit(in.PaymentID, *in.Amount)
	})
}

// texter is a domain that sends one-time codes.
type texter interface {
	// Code returns the code that was last sent for an identity verification that
	// waits to be confirmed, and whether there is one.
	Code(id string) (string, bool)
}

func (s *Server) runCode(body []byte) (any, error) {
	var in struct {
		ID string `json:"identityVerificationId"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	var code string
	err := outside(s, func(d texter) error {
		var sent bool
		if code, sent = d.Code(in.ID); !sent {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_NOT_FOUND, "no code was sent for %q, or it is not waited for", in.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]string{"code": code}, nil
}

// propertied is a domain in which keys of user-defined properties are defined.
type propertied interface {
	DefineProperties(test bool, keys ...string)
}

// parametrized is one in which names of settlement parameters are defined.
type parametrized interface {
	DefineParameters(test bool, names ...string)
}

func (s *Server) runDefine(body []byte) (any, error) {
	var in struct {
		Properties []string `json:"properties"`
		Parameters []string `json:"parameters"`
		Test       bool     `json:"test"`
	}
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	err := outside(s, func(d propertied) error {
		d.DefineProperties(in.Test, in.Properties...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return struct{}{}, outside(s, func(d parametrized) error {
		d.DefineParameters(in.Test, in.Parameters...)
		return nil
	})
}
