package b2b

import (
	"context"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// regularHour is the hour in Korea at which the invoices of the day before
	// are sent to the NTS.
	regularHour = 15

	// ntsTakes is how long the NTS takes to answer.
	ntsTakes = time.Minute
)

// verdict is what the NTS says about an invoice that it was sent.
type verdict struct {
	status     status
	code, text string
	counter    string
}

var (
	accepted = verdict{sendingCompleted, "SUC001", "성공", "tax_invoice.sending_completed"}
	rejected = verdict{sendingFailed, "ERR001", "공급받는자 사업자등록번호 오류", "tax_invoice.sending_failed"}
)

// SendToNtsB2BTaxInvoice sends an issued tax invoice to the NTS, which answers a
// minute later.
func (s *Store) SendToNtsB2BTaxInvoice(_ context.Context, req *portonev2.SendToNtsB2BTaxInvoiceRequest) (*portonev2.SendToNtsB2BTaxInvoiceResponse, error) {
	m := s.in(req)
	inv, err := m.find(req, keyOfID)
	if err != nil {
		return nil, err
	}
	shown, err := m.send(inv)
	if err != nil {
		return nil, err
	}
	return &portonev2.SendToNtsB2BTaxInvoiceResponse{TaxInvoice: shown}, nil
}

// sendLater plans the regular transmission of an invoice that was issued now. By
// then it may have been sent or cancelled; then nothing happens.
func (m *mode) sendLater(inv *invoice) {
	today := m.today()
	at := time.Date(today.Year(), today.Month(), today.Day()+1, regularHour, 0, 0, 0, world.Korea)
	m.world.Clock.At(at, func() { _, _ = m.send(inv) })
}

// send sends an invoice to the NTS.
func (m *mode) send(inv *invoice) (*portonev2.B2BTaxInvoice, error) {
	shown, err := m.act(opSend, inv, nil, "tax_invoice.sent")
	if err == nil {
		m.world.Clock.At(m.world.Clock.Now().Add(ntsTakes), func() { m.hear(inv) })
	}
	return shown, err
}

// hear takes the answer of the NTS about an invoice.
func (m *mode) hear(inv *invoice) {
	v := accepted
	if inv.GetRecipient().GetBrn() == registry.BRNTransmissionFails {
		v = rejected
	}
	m.enter(inv, v.status)
	inv.NtsResultCode, inv.NtsResult = world.Ptr(v.code), world.Ptr(v.text)
	m.world.Counters.Add(v.counter)
}
