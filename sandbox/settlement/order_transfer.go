package settlement

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// CreatePlatformOrderTransfer settles an order. One partner has one transfer of a
// payment, unless the setting supportsMultipleOrderTransfersPerPartner is on; the
// transfers of a PortOne payment cannot come to more than was paid.
func (s *Store) CreatePlatformOrderTransfer(_ context.Context, req *portonev2.CreatePlatformOrderTransferRequest) (*portonev2.CreateOrderTransferResponse, error) {
	m, req := s.in(req, req.Test), world.Known(req)
	if err := firstError(checkOrder(req), checkExternal(req), checkDays(req.SettlementStartDate, req.SettlementDate)); err != nil {
		return nil, err
	}
	partner, err := m.partner(req.GetPartnerId())
	if err != nil {
		return nil, err
	}
	terms, err := m.terms(partner, req)
	if err != nil {
		return nil, err
	}
	if err := firstError(m.checkProperties(req.GetUserDefinedProperties()), m.checkParameters(req.GetParameters()), m.checkUnused(req.Id)); err != nil {
		return nil, err
	}
	payment, err := m.orderPayment(req)
	if err != nil {
		return nil, err
	}
	fees, _ := namedPolicies(req)
	if err := firstError(checkSettles(payment.currency), terms.checkCurrency(payment.currency, fees), m.checkNew(req, payment)); err != nil {
		return nil, err
	}
	priced, err := terms.price(req)
	if err != nil {
		return nil, err
	}
	if err := m.checkPaid(priced.payment(), payment); err != nil {
		return nil, err
	}
	from, on, err := m.days(req.SettlementStartDate, req.SettlementDate, payment.paidAt, terms.contract.GetSettlementCycle())
	if err != nil {
		return nil, err
	}
	transfer := m.orderTransfer(req, partner, terms, payment, priced)
	transfer.SettlementStartDate, transfer.SettlementDate = world.Ptr(showDay(from)), world.Ptr(showDay(on))
	m.enter(newTransfer(transfer))
	m.world.Counters.Add("platform.transfer.ordered")
	return &portonev2.CreateOrderTransferResponse{Transfer: proto.CloneOf(transfer)}, nil
}

func newTransfer(b body) *transfer { return &transfer{body: b} }

// orderTransfer makes the transfer, but for its days.
func (m *mode) orderTransfer(req *portonev2.CreatePlatformOrderTransferRequest, partner *portonev2.PlatformPartner, terms *terms, payment orderPayment, priced order) *portonev2.PlatformOrderTransfer {
	id, graphql := m.transferIDs(req.Id)
	subtract := terms.contract.GetSubtractPaymentVatAmount()
	return &portonev2.PlatformOrderTransfer{
		Id:                    &id,
		GraphqlId:             &graphql,
		Partner:               partner,
		Memo:                  req.Memo,
		SettlementCurrency:    payment.currency.Enum(),
		IsForTest:             &m.test,
		UserDefinedProperties: req.GetUserDefinedProperties(),
		Amount:                priced.message(subtract),
		Contract:              m.contract(terms.contract),
		Payment:               payment.message,
		OrderLines:            priced.lineMessages(subtract),
		AdditionalFees:        priced.feeMessages(),
		Discounts:             priced.discountMessages(),
		Parameters:            req.GetParameters(),
	}
}

// orderPayment is the payment of a new order transfer.
type orderPayment struct {
	message  *portonev2.PlatformPayment
	currency portonev2.Currency
	paidAt   time.Time
	amount   *split // nil for a payment made elsewhere
}

// orderPayment finds the PortOne payment of an order, or takes the one that is
// described.
func (m *mode) orderPayment(req *portonev2.CreatePlatformOrderTransferRequest) (orderPayment, error) {
	if detail := req.GetExternalPaymentDetail(); detail != nil {
		return orderPayment{
			message:  externalPayment(req.GetPaymentId(), detail),
			currency: detail.GetCurrency(),
			paidAt:   detail.GetPaidAt().AsTime(),
		}, nil
	}
	p, err := m.paidPayment(req.GetPaymentId())
	if err != nil {
		return orderPayment{}, err
	}
	return orderPayment{
		message:  portOnePayment(p),
		currency: p.GetCurrency(),
		paidAt:   paidOn(p).AsTime(),
		amount:   &split{p.GetAmount().GetTotal(), p.GetAmount().GetTaxFree()},
	}, nil
}

// checkNew refuses a second transfer to a partner for the same payment, where the
// platform does not have several.
func (m *mode) checkNew(req *portonev2.CreatePlatformOrderTransferRequest, payment orderPayment) error {
	if m.directory.Setting(m.test).GetSupportsMultipleOrderTransfersPerPartner() {
		return nil
	}
	for _, t := range m.transfers.order[keyOf(payment.message)] {
		if t.GetPartner().GetId() == req.GetPartnerId() {
			return alreadyExists(t)
		}
	}
	return nil
}

func alreadyExists(t *transfer) error {
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ALREADY_EXISTS,
		"there is the transfer %q already", t.GetId()).
		With(&portonev2.PlatformTransferAlreadyExistsError{
			TransferId:        world.Ptr(t.GetId()),
			TransferGraphqlId: world.Ptr(t.GetGraphqlId()),
		})
}

// checkPaid refuses what would take the transfers of a PortOne payment above what
// was paid, in all or in its tax-free or taxed part. Cancellations do not count:
// they are cancelled by order cancel transfers.
func (m *mode) checkPaid(requested split, payment orderPayment) error {
	if payment.amount == nil {
		return nil
	}
	paid, registered := *payment.amount, split{}
	for _, t := range m.transfers.order[keyOf(payment.message)] {
		registered = registered.plus(readAmounts(t.order().GetAmount()).payment())
	}
	all := registered.plus(requested)
	switch {
	case all.total > paid.total:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_PAYMENT_AMOUNT_EXCEEDED_PORT_ONE_PAYMENT,
			"%d would be settled of %d", all.total, paid.total).
			With(&portonev2.PlatformSettlementPaymentAmountExceededPortOnePaymentError{
				RegisteredSettlementPaymentAmount: world.Ptr(registered.total),
				RequestSettlementPaymentAmount:    world.Ptr(requested.total),
				PortOnePaymentAmount:              world.Ptr(paid.total),
			})
	case all.taxFree > paid.taxFree:
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_TAX_FREE_AMOUNT_EXCEEDED_PORT_ONE_PAYMENT,
			"%d tax-free would be settled of %d", all.taxFree, paid.taxFree).
			With(&portonev2.PlatformSettlementTaxFreeAmountExceededPortOnePaymentError{
				RegisteredSettlementTaxFreeAmount: world.Ptr(registered.taxFree),
				RequestSettlementTaxFreeAmount:    world.Ptr(requested.taxFree),
				PortOneTaxFreeAmount:              world.Ptr(paid.taxFree),
			})
	case all.taxed() > paid.taxed():
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_SETTLEMENT_SUPPLY_WITH_VAT_AMOUNT_EXCEEDED_PORT_ONE_PAYMENT,
			"%d taxed would be settled of %d", all.taxed(), paid.taxed()).
			With(&portonev2.PlatformSettlementSupplyWithVatAmountExceededPortOnePaymentError{
				RegisteredSettlementSupplyWithVatAmount: world.Ptr(registered.taxed()),
				RequestSettlementSupplyWithVatAmount:    world.Ptr(requested.taxed()),
				PortOneSupplyWithVatAmount:              world.Ptr(paid.taxed()),
			})
	}
	return nil
}
