package settlement

import (
	"context"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// CreatePlatformManualTransfer enters an amount to settle, which may be negative
// unless the setting manualSettlementPerTransfer is on. The currency is that of the
// partner's account if none is given.
func (s *Store) CreatePlatformManualTransfer(_ context.Context, req *portonev2.CreatePlatformManualTransferRequest) (*portonev2.CreateManualTransferResponse, error) {
	m, req := s.in(req, req.Test), world.Known(req)
	amount := split{req.GetSettlementAmount(), req.GetSettlementTaxFreeAmount()}
	if err := firstError(checkEntered(amount), checkDays(nil, req.SettlementDate)); err != nil {
		return nil, err
	}
	partner, err := m.partner(req.GetPartnerId())
	if err != nil {
		return nil, err
	}
	currency := partner.GetAccount().GetCurrency()
	if req.SettlementCurrency != nil {
		currency = req.GetSettlementCurrency()
	}
	if err := firstError(checkSettles(currency), m.checkNegative(amount), m.checkProperties(req.GetUserDefinedProperties()), m.checkUnused(req.Id)); err != nil {
		return nil, err
	}
	id, graphql := m.transferIDs(req.Id)
	transfer := &portonev2.PlatformManualTransfer{
		Id:                      &id,
		GraphqlId:               &graphql,
		Partner:                 partner,
		Memo:                    req.Memo,
		SettlementDate:          req.SettlementDate,
		SettlementCurrency:      currency.Enum(),
		IsForTest:               &m.test,
		UserDefinedProperties:   req.GetUserDefinedProperties(),
		SettlementAmount:        &amount.total,
		SettlementTaxFreeAmount: &amount.taxFree,
	}
	m.enter(newTransfer(transfer))
	m.world.Counters.Add("platform.transfer.entered")
	return &portonev2.CreateManualTransferResponse{Transfer: proto.CloneOf(transfer)}, nil
}

// checkEntered refuses amounts out of bounds, and tax-free parts larger than what
// they are a part of, or of the other sign.
func checkEntered(amount split) error {
	if amount.total < 0 {
		amount = split{}.minus(amount)
	}
	if !amount.valid() || amount.taxFree > amount.total {
		return world.Invalid("settlementAmount and settlementTaxFreeAmount: out of bounds, or the part is larger than the whole")
	}
	return nil
}

func (m *mode) checkNegative(amount split) error {
	if amount.total < 0 && m.directory.Setting(m.test).GetManualSettlementPerTransfer() {
		return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_NEGATIVE_AMOUNT_NOT_ALLOWED,
			"manual transfers are settled one by one, so %d cannot be", amount.total)
	}
	return nil
}
