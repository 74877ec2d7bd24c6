package shop

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// accountMeans reads a virtual account to issue.
func (s *Store) accountMeans(in *portonev2.InstantPaymentMethodInputVirtualAccount) (*means, error) {
	expiry, fixed := in.Expiry, in.Option.GetFixed()
	switch {
	case (expiry.GetValidHours() == 0) == (expiry.GetDueDate() == nil):
		return nil, world.Invalid("expiry: exactly one of validHours and dueDate")
	case s.dueOf(expiry) <= s.now():
		return nil, world.Invalid("expiry: the deadline has passed")
	case s.dueOf(expiry) > lastInstant:
		return nil, world.Invalid("expiry: the deadline is beyond the year %d", lastInstant.time().Year())
	case in.Option.GetType() == portonev2.InstantPaymentMethodInputVirtualAccountOptionType_INSTANT_PAYMENT_METHOD_INPUT_VIRTUAL_ACCOUNT_OPTION_TYPE_FIXED &&
		(fixed.GetPgAccountId() == "") == (fixed.GetAccountNumber() == ""):
		return nil, world.Invalid("option.fixed: exactly one of pgAccountId and accountNumber")
	}
	shown := &portonev2.PaymentMethodVirtualAccount{Bank: in.Bank, AccountNumber: world.Ptr("")}
	return &means{account: in, shown: &portonev2.PaymentMethod{
		Type: &portonev2.PaymentMethod_PaymentMethodVirtualAccount{PaymentMethodVirtualAccount: shown},
	}}, nil
}

// dueOf is when an account expires. The hours of an int32 and any clock fit into an
// instant, though not into a time.Duration.
func (s *Store) dueOf(expiry *portonev2.InstantPaymentMethodInputVirtualAccountExpiry) instant {
	if expiry.DueDate != nil {
		return instantOf(expiry.DueDate.AsTime())
	}
	return s.now() + instant(expiry.GetValidHours())*instant(time.Hour.Microseconds())
}

// issueAccount issues the virtual account of an attempt, which waits for the
// deposit until the account is due.
func (s *Store) issueAccount(a *attempt) {
	in := a.means.account
	due := min(s.dueOf(in.Expiry), lastInstant)
	kind := portonev2.PaymentMethodVirtualAccountType_PAYMENT_METHOD_VIRTUAL_ACCOUNT_TYPE_NORMAL
	if in.Option.GetFixed() != nil {
		kind = portonev2.PaymentMethodVirtualAccountType_PAYMENT_METHOD_VIRTUAL_ACCOUNT_TYPE_FIXED
	}
	remittee := in.RemitteeName
	if remittee == nil {
		remittee = world.Ptr("샌드박스")
	}
	a.showAccount(&portonev2.PaymentMethodVirtualAccount{
		Bank: in.Bank, AccountNumber: world.Ptr(s.accountNumber(in.Option.GetFixed())), AccountType: kind.Enum(),
		RemitteeName: remittee, RemitterName: a.customer.Name,
		ExpiredAt: due.timestamp(), IssuedAt: s.now().timestamp(),
	})
	s.move(a, issued)
	if !a.skipWebhook {
		s.notify(a, transactionIssued, nil, 0)
	}
	s.w.Clock.At(due.time(), func() {
		if a.status == issued {
			s.fail(a, &portonev2.PaymentFailure{Reason: world.Ptr("the virtual account expired")}, 0)
		}
	})
}

func (a *attempt) showAccount(shown *portonev2.PaymentMethodVirtualAccount) {
	a.method = &portonev2.PaymentMethod{Type: &portonev2.PaymentMethod_PaymentMethodVirtualAccount{PaymentMethodVirtualAccount: shown}}
}

// accountNumber is the number of a virtual account: a fixed one, or a new one.
func (s *Store) accountNumber(fixed *portonev2.InstantPaymentMethodInputVirtualAccountOptionFixed) string {
	if number := fixed.GetAccountNumber(); number != "" {
		return number
	}
	id := fixed.GetPgAccountId()
	if number := s.accounts[id]; number != "" {
		return number
	}
	number := s.w.IDs.Digits("virtual account", 14)
	if id != "" {
		s.accounts[id] = number
	}
	return number
}

// Deposit imitates the buyer's deposit into the virtual account of a payment; 0
// is the amount that is due. An amount that is not due is refused, as banks do
// for such accounts. The payment is that of the default store, or else any of
// the id.
func (s *Store) Deposit(paymentID string, amount int64) error {
	p := s.anywhere(paymentID)
	if p == nil {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no payment %q", paymentID)
	}
	a := p.current()
	if a.status != issued {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_WAITING_FOR_DEPOSIT, "payment %q is %s", paymentID, a.status)
	}
	if due := a.bill.price.amount; amount != 0 && amount != due {
		return world.Invalid("%d deposited, %d due", amount, due)
	}
	s.pay(a, portonev2.PaymentWebhookTrigger_PAYMENT_WEBHOOK_TRIGGER_VIRTUAL_ACCOUNT_DEPOSIT)
	s.issueReceipt(a)
	return nil
}

// refundAccount notes on the method that the money went back.
func (a *attempt) refundAccount() {
	shown := a.method.GetPaymentMethodVirtualAccount()
	if shown == nil {
		return
	}
	refunded := proto.CloneOf(shown)
	refunded.RefundStatus = portonev2.PaymentMethodVirtualAccountRefundStatus_PAYMENT_METHOD_VIRTUAL_ACCOUNT_REFUND_STATUS_COMPLETED.Enum()
	a.showAccount(refunded)
}

// CloseVirtualAccount implements PaymentServiceServer. The payment has failed
// then, and can be tried again.
func (s *Store) CloseVirtualAccount(_ context.Context, req *portonev2.CloseVirtualAccountRequest) (*portonev2.CloseVirtualAccountResponse, error) {
	p, err := s.find(req.PaymentId, req.StoreId)
	if err != nil {
		return nil, err
	}
	a := p.current()
	if a.status != issued {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_WAITING_FOR_DEPOSIT, "payment %q is %s", p.id, a.status)
	}
	s.fail(a, &portonev2.PaymentFailure{Reason: world.Ptr("the virtual account was closed")}, 0)
	return &portonev2.CloseVirtualAccountResponse{ClosedAt: s.now().timestamp()}, nil
}
