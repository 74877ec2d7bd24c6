package shop

import (
	"context"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// WindowBillingKey is what a buyer does in the window in which PortOne's browser
// SDK asks for a card to be stored.
type WindowBillingKey struct {
	StoreID    string // world.DefaultStoreID if empty
	ChannelKey string // ChannelDefault if empty

	// Card is the card that the buyer enters; nil is one that approves.
	Card *portonev2.CardCredential

	Customer   *portonev2.CustomerInput
	CustomData string
	IssueID    string
	IssueName  string
	NoticeURLs []string
	UserAgent  string
	Mobile     bool

	// Payment is a first payment with the new key, which makes the request one
	// for issue and payment. Of it, PaymentID, OrderName, Amount, Currency,
	// Customer, CustomData, Products and PromotionID count. It has to be
	// confirmed.
	Payment *WindowPayment

	// Confirm leaves the key to be confirmed with the token, by
	// ConfirmBillingKey or, with Payment, ConfirmBillingKeyIssueAndPay. Until
	// then it is not issued.
	Confirm bool
}

// keyConfirm is a key that the buyer has authenticated and the server has to
// confirm.
type keyConfirm struct {
	key    *billingKey
	routes []route
	order  *order // nil for a key without a first payment
	opened instant
}

// IssueBillingKeyInWindow imitates a buyer who stores a card in the window. The
// key is issued then, or with Confirm only requested and to be confirmed with the
// token. An error is what the window would show.
func (s *Store) IssueBillingKeyInWindow(in WindowBillingKey) (key, token string, err error) {
	if in.Payment != nil && !in.Confirm {
		return "", "", world.Invalid("a first payment has to be confirmed")
	}
	c, err := s.readKeyWindow(&in)
	if err != nil {
		return "", "", err
	}
	if !in.Confirm {
		if s.register(c.key, c.routes); len(c.key.routes) == 0 {
			s.notifyKey(c.key, billingKeyFailed)
			return "", "", c.key.err()
		}
	}
	s.keys.add(c.key)
	s.notifyKey(c.key, billingKeyReady)
	if !in.Confirm {
		s.issue(c.key, false)
		return c.key.key, "", nil
	}
	token = s.w.IDs.UUID("billing issue token")
	s.keys.waiting[token] = c
	return c.key.key, token, nil
}

// readKeyWindow checks what is to be issued, and paid, in the window.
func (s *Store) readKeyWindow(in *WindowBillingKey) (*keyConfirm, error) {
	if in.StoreID == "" {
		in.StoreID = world.DefaultStoreID
	}
	if in.ChannelKey == "" {
		in.ChannelKey = ChannelDefault
	}
	if in.Card == nil {
		in.Card = goodCard
	}
	entered, err := readCard(in.Card)
	if err != nil {
		return nil, err
	}
	routes, err := s.channels.routes(&in.ChannelKey, nil)
	if err != nil {
		return nil, err
	}
	payment := WindowPayment{UserAgent: in.UserAgent, Mobile: in.Mobile}
	c := &keyConfirm{routes: routes, opened: s.now(), key: &billingKey{
		key: "billing-key-" + s.w.IDs.UUID("billing key"), storeID: in.StoreID, card: entered, customer: customerOf(in.Customer),
		customData: stringOrNil(in.CustomData), issueID: stringOrNil(in.IssueID), issueName: stringOrNil(in.IssueName),
		origin: payment.origin(), noticeURLs: in.NoticeURLs, requestedAt: s.now(),
	}}
	if in.Payment != nil {
		first := *in.Payment
		first.StoreID, first.UserAgent, first.Mobile = in.StoreID, in.UserAgent, in.Mobile
		if c.order, err = s.readWindow(first); err != nil {
			return nil, err
		}
		c.order.billingKey = c.key.key
		if err := s.admit(c.order); err != nil {
			return nil, err
		}
		if err := s.discount(c.order, entered); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// confirmable returns what waits for a token.
func (s *Store) confirmable(token string, storeID *string, withPayment bool) (*keyConfirm, error) {
	c := s.keys.waiting[token]
	switch {
	case c == nil || c.key.storeID != world.StoreOf(storeID):
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_NOT_FOUND, "no billing key waits for this token")
	case c.key.issuedAt != 0:
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_ALREADY_ISSUED, "issued at %s", c.key.issuedAt.time())
	case withPayment != (c.order != nil):
		return nil, world.Invalid("the token is for a billing key with a first payment: %t", c.order != nil)
	}
	return c, nil
}

// approveKey asks the PG for a key that waits.
func (s *Store) approveKey(c *keyConfirm) error {
	if s.now() > c.opened+instant(ConfirmWithin.Microseconds()) {
		return declineSessionOver.err()
	}
	c.key.refused = nil
	if s.register(c.key, c.routes); len(c.key.routes) == 0 {
		s.notifyKey(c.key, billingKeyFailed)
		return c.key.err()
	}
	return nil
}

// ConfirmBillingKey implements BillingKeyServiceServer.
func (s *Store) ConfirmBillingKey(_ context.Context, req *portonev2.ConfirmBillingKeyRequest) (*portonev2.ConfirmedBillingKeySummary, error) {
	c, err := s.confirmable(req.GetBillingIssueToken(), req.StoreId, false)
	if err != nil {
		return nil, err
	}
	if req.IsTest != nil && *req.IsTest != c.routes[0].test() {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_INFORMATION_MISMATCH, "isTest is not that of the issue")
	}
	if err := s.approveKey(c); err != nil {
		return nil, err
	}
	s.issue(c.key, req.GetSkipWebhook())
	return &portonev2.ConfirmedBillingKeySummary{BillingKey: world.Ptr(c.key.key)}, nil
}

// ConfirmBillingKeyIssueAndPay implements BillingKeyServiceServer. If the PG
// declines the payment, the payment has failed and no key is issued; the token
// can be tried again.
func (s *Store) ConfirmBillingKeyIssueAndPay(_ context.Context, req *portonev2.ConfirmBillingKeyIssueAndPayRequest) (*portonev2.ConfirmedBillingKeyIssueAndPaySummary, error) {
	c, err := s.confirmable(req.GetBillingIssueToken(), req.StoreId, true)
	if err != nil {
		return nil, err
	}
	o := c.order
	switch {
	case req.PaymentId != nil && *req.PaymentId != o.key.id,
		req.Currency != nil && *req.Currency != o.currency,
		req.TotalAmount != nil && *req.TotalAmount != o.bill.price.amount,
		req.TaxFreeAmount != nil && *req.TaxFreeAmount != o.bill.price.taxFree,
		req.IsTest != nil && *req.IsTest != c.routes[0].test():
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_INFORMATION_MISMATCH, "what was asked for in the window is something else")
	}
	if err := s.admit(o); err != nil {
		return nil, world.Invalid("the first payment is not possible any more: %v", err)
	}
	if err := s.approveKey(c); err != nil {
		return nil, err
	}
	confirmed := *o
	confirmed.skipWebhook = req.GetSkipWebhook()
	m := cardMeans(c.key.card, 0, nil, nil)
	m.key = c.key
	if refusal := s.settle(s.begin(&confirmed, c.key.routes[0], m), nil); refusal != nil {
		c.key.routes = nil
		return nil, refusal.err()
	}
	s.issue(c.key, req.GetSkipWebhook())
	return &portonev2.ConfirmedBillingKeyIssueAndPaySummary{BillingKey: world.Ptr(c.key.key), PaymentId: world.Ptr(o.key.id)}, nil
}
