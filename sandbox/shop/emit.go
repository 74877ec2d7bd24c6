package shop

import (
	"bytes"
	"encoding/json"
	"maps"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Emission is a webhook that nothing in the sandbox sets off: of a type that it does
// not have, or with members that receivers do not know.
type Emission struct {
	Type string // such as "BillingKey.Updated"; any text

	// PaymentID or BillingKey say what it is about, if it is about such: data has
	// its members then.
	PaymentID, BillingKey string

	Data    map[string]json.RawMessage // members of data besides
	Members map[string]json.RawMessage // members beside data
}

// Emit sends a webhook. One about a payment is recorded on it.
func (s *Store) Emit(e Emission) error {
	switch {
	case e.PaymentID != "":
		p := s.anywhere(e.PaymentID)
		if p == nil {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no payment %q", e.PaymentID)
		}
		a := p.current()
		body, err := e.body(s.now(), dataOf(a))
		if err != nil {
			return err
		}
		s.record(a, body, 0)
		s.touch(a)
		return nil
	case e.BillingKey != "":
		k := s.keys.byKey[e.BillingKey]
		if k == nil {
			return world.Refuse(portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_NOT_FOUND, "no such billing key")
		}
		body, err := e.body(s.now(), webhookData{StoreID: k.storeID, BillingKey: k.key})
		if err != nil {
			return err
		}
		s.sendAll(k.noticeURLs, body)
		return nil
	}
	body, err := e.body(s.now(), struct{}{})
	if err != nil {
		return err
	}
	s.sendAll(nil, body)
	return nil
}

// body is the webhook's, with the members that what it is about gives to data.
func (e *Emission) body(at instant, about any) (string, error) {
	own, err := json.Marshal(about)
	if err != nil {
		return "", err
	}
	data := make(map[string]json.RawMessage)
	if err := json.Unmarshal(own, &data); err != nil {
		return "", err
	}
	maps.Copy(data, e.Data)
	members := map[string]any{"type": e.Type, "timestamp": at.time().Format(webhookTime), "data": data}
	for name, value := range e.Members {
		members[name] = value
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(body.Bytes())), nil
}

// TaxInvoiceWebhook sends a webhook about a tax invoice, whose data are written as
// JSON. It is recorded nowhere.
func (s *Store) TaxInvoiceWebhook(kind string, data any) error {
	body, err := json.Marshal(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      any    `json:"data"`
	}{kind, s.now().time().Format(taxInvoiceTime), data})
	if err != nil {
		return err
	}
	s.sendAll(nil, string(body))
	return nil
}
