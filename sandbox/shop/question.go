package shop

import (
	"encoding/json"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// transactionConfirm is the type of a question: PortOne asks the shop's server just
// before a payment is approved, and gives it up unless the answer is 2xx.
const transactionConfirm = "Transaction.Confirm"

// Question is what PortOne asks the shop's server before it approves a payment that
// waits for its confirmation with a token of PayInWindow.
func (s *Store) Question(token string) (Webhook, error) {
	waiting := s.waiting[token]
	if waiting == nil {
		return Webhook{}, world.Invalid("no payment waits for its confirmation")
	}
	total, err := json.Marshal(waiting.attempt.bill.price.amount)
	if err != nil {
		return Webhook{}, err
	}
	e := Emission{Type: transactionConfirm, Data: map[string]json.RawMessage{"totalAmount": total}}
	body, err := e.body(s.now(), dataOf(waiting.attempt))
	return Webhook{ID: s.w.IDs.UUID("webhook"), URL: s.WebhookURL, Body: body}, err
}

// Answer goes on with a payment as the shop's server answered the question: it is
// approved, or has failed for the reason that the server gave, which may be empty.
func (s *Store) Answer(token string, approved bool, reason string) error {
	waiting := s.waiting[token]
	if waiting == nil || waiting.attempt.status != ready {
		return world.Invalid("no payment waits for its confirmation")
	}
	delete(s.waiting, token)
	if !approved {
		refused := *waiting.attempt.route.says(declineWindowClosed)
		if reason != "" {
			refused.message = reason
		}
		s.fail(waiting.attempt, refused.failure(), 0)
		return refused.err()
	}
	if refusal := s.settle(waiting.attempt, nil); refusal != nil {
		return refusal.err()
	}
	return nil
}
