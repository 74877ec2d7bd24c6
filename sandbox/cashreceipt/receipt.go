package cashreceipt

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Short names for the states of a receipt.
const (
	issued    = portonev2.CashReceiptStatus_CASH_RECEIPT_STATUS_ISSUED
	cancelled = portonev2.CashReceiptStatus_CASH_RECEIPT_STATUS_CANCELLED
	failed    = portonev2.CashReceiptStatus_CASH_RECEIPT_STATUS_FAILED
)

// members are what receipts have in every state.
type members interface {
	GetStoreId() string
	GetPaymentId() string
	GetChannel() *portonev2.SelectedChannel
	GetOrderName() string
	GetIsManual() bool
}

// receipt is a cash receipt with what lists look at. A new state comes as a new
// message; a message never changes.
type receipt struct {
	members
	message *portonev2.CashReceipt
	status  portonev2.CashReceiptStatus

	// Unspecified and empty where the issue failed.
	kind        portonev2.CashReceiptType
	pgReceiptID string

	// Zero for what did not happen.
	issuedAt, cancelledAt, changedAt time.Time
}

// read takes from a message what lists look at.
func read(message *portonev2.CashReceipt) *receipt {
	r := &receipt{message: message}
	switch state := message.GetStatus().(type) {
	case *portonev2.CashReceipt_Issued:
		m := state.Issued
		r.members, r.status = m, issued
		r.kind, r.pgReceiptID = m.GetType(), m.GetPgReceiptId()
		r.issuedAt, r.changedAt = asTime(m.GetIssuedAt()), asTime(m.GetStatusUpdatedAt())
	case *portonev2.CashReceipt_Cancelled:
		m := state.Cancelled
		r.members, r.status = m, cancelled
		r.kind, r.pgReceiptID = m.GetType(), m.GetPgReceiptId()
		r.issuedAt, r.changedAt = asTime(m.GetIssuedAt()), asTime(m.GetStatusUpdatedAt())
		r.cancelledAt = asTime(m.GetCancelledAt())
	case *portonev2.CashReceipt_IssueFailed:
		m := state.IssueFailed
		r.members, r.status = m, failed
		r.changedAt = asTime(m.GetStatusUpdatedAt())
	}
	return r
}

// since is when the receipt was issued or its issue failed.
func (r *receipt) since() time.Time {
	if r.status == failed {
		return r.changedAt
	}
	return r.issuedAt
}

// number is the issue number, empty where the issue failed.
func (r *receipt) number() string {
	if r.status == cancelled {
		return r.message.GetCancelled().GetIssueNumber()
	}
	return r.message.GetIssued().GetIssueNumber()
}

// key is the key of the receipt's payment.
func (r *receipt) key() key { return key{r.GetStoreId(), r.GetPaymentId()} }

// asTime is the time of an optional timestamp, zero if it is absent.
func asTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
