package settlement

import (
	"context"
	"iter"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// GetPlatformTransferSummaries lists transfers in short, the newest first.
func (s *Store) GetPlatformTransferSummaries(_ context.Context, req *portonev2.GetPlatformTransferSummariesRequest) (*portonev2.GetPlatformTransferSummariesResponse, error) {
	found, err := s.in(req.GetFilter(), req.Test).filtered(req.GetFilter())
	if err != nil {
		return nil, err
	}
	page, info, err := world.PageOf(found, req.GetPage())
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPlatformTransferSummariesResponse{Page: info}
	for _, t := range page {
		answer.TransferSummaries = append(answer.TransferSummaries, t.summary())
	}
	return answer, nil
}

// filtered goes through the transfers that meet a filter, the newest first.
func (m *mode) filtered(filter *portonev2.PlatformTransferFilterInput) (iter.Seq[*transfer], error) {
	met, err := m.transfers.filter(filter)
	if err != nil {
		return nil, err
	}
	return func(yield func(*transfer) bool) {
		for _, t := range slices.Backward(m.transfers.all) {
			if met(t) && !yield(t) {
				return
			}
		}
	}, nil
}

// summary shows a transfer in short.
func (t *transfer) summary() *portonev2.PlatformTransferSummary {
	switch b := t.body.(type) {
	case *portonev2.PlatformOrderTransfer:
		return &portonev2.PlatformTransferSummary{Type: &portonev2.PlatformTransferSummary_Order{Order: &portonev2.PlatformOrderTransferSummary{
			Id: world.Ptr(b.GetId()), GraphqlId: world.Ptr(b.GetGraphqlId()),
			StoreId: storeOf(b), Partner: partnerSummary(b.GetPartner()),
			Contract: proto.CloneOf(b.GetContract()), Status: b.GetStatus().Enum(), Memo: clonePtr(b.Memo),
			SettlementDate: world.Ptr(b.GetSettlementDate()), SettlementCurrency: b.GetSettlementCurrency().Enum(),
			IsForTest: world.Ptr(b.GetIsForTest()), PartnerUserDefinedProperties: partnerProperties(b.GetPartner()),
			UserDefinedProperties: cloneAll(b.GetUserDefinedProperties()), Amount: proto.CloneOf(b.GetAmount()),
			Payment: paymentSummary(b.GetPayment()), SettlementStartDate: world.Ptr(b.GetSettlementStartDate()),
		}}}
	case *portonev2.PlatformOrderCancelTransfer:
		return &portonev2.PlatformTransferSummary{Type: &portonev2.PlatformTransferSummary_OrderCancel{OrderCancel: &portonev2.PlatformOrderCancelTransferSummary{
			Id: world.Ptr(b.GetId()), GraphqlId: world.Ptr(b.GetGraphqlId()),
			StoreId: storeOf(b), Partner: partnerSummary(b.GetPartner()),
			Contract: proto.CloneOf(b.GetContract()), Status: b.GetStatus().Enum(), Memo: clonePtr(b.Memo),
			SettlementDate: world.Ptr(b.GetSettlementDate()), SettlementCurrency: b.GetSettlementCurrency().Enum(),
			IsForTest: world.Ptr(b.GetIsForTest()), PartnerUserDefinedProperties: partnerProperties(b.GetPartner()),
			UserDefinedProperties: cloneAll(b.GetUserDefinedProperties()), Amount: proto.CloneOf(b.GetAmount()),
			Payment: paymentSummary(b.GetPayment()), SettlementStartDate: world.Ptr(b.GetSettlementStartDate()),
		}}}
	case *portonev2.PlatformManualTransfer:
		return &portonev2.PlatformTransferSummary{Type: &portonev2.PlatformTransferSummary_Manual{Manual: &portonev2.PlatformManualTransferSummary{
			Id: world.Ptr(b.GetId()), GraphqlId: world.Ptr(b.GetGraphqlId()),
			Partner: partnerSummary(b.GetPartner()), Status: b.GetStatus().Enum(), Memo: clonePtr(b.Memo),
			SettlementDate: world.Ptr(b.GetSettlementDate()), SettlementCurrency: b.GetSettlementCurrency().Enum(),
			IsForTest: world.Ptr(b.GetIsForTest()), PartnerUserDefinedProperties: partnerProperties(b.GetPartner()),
			UserDefinedProperties: cloneAll(b.GetUserDefinedProperties()),
			SettlementAmount:      world.Ptr(b.GetSettlementAmount()), SettlementTaxFreeAmount: world.Ptr(b.GetSettlementTaxFreeAmount()),
		}}}
	}
	return nil
}

// storeOf is the store of the payment of a transfer.
func storeOf(o orderBody) *string {
	if p := o.GetPayment().GetPortOne(); p != nil {
		return world.Ptr(p.GetStoreId())
	}
	return world.Ptr(world.DefaultStoreID)
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return world.Ptr(*p)
}

func cloneAll[M proto.Message](messages []M) []M {
	cloned := make([]M, len(messages))
	for i, m := range messages {
		cloned[i] = proto.CloneOf(m)
	}
	return cloned
}

// typeName is the kind of a partner.
func typeName(p *portonev2.PlatformPartner) portonev2.PlatformPartnerTypeName {
	switch p.GetType().GetType().(type) {
	case *portonev2.PlatformPartnerType_Business:
		return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_BUSINESS
	case *portonev2.PlatformPartnerType_WhtPayer:
		return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_WHT_PAYER
	}
	return portonev2.PlatformPartnerTypeName_PLATFORM_PARTNER_TYPE_NAME_NON_WHT_PAYER
}

func partnerSummary(p *portonev2.PlatformPartner) *portonev2.PlatformTransferSummaryPartner {
	short := &portonev2.PlatformTransferSummaryPartner{
		Id:        world.Ptr(p.GetId()),
		GraphqlId: world.Ptr(p.GetGraphqlId()),
		Name:      world.Ptr(p.GetName()),
		// Both enums have the same kinds under the same numbers.
		Type:                  portonev2.PlatformTransferSummaryPartnerType(typeName(p)).Enum(),
		UserDefinedProperties: partnerProperties(p),
	}
	if business := p.GetType().GetBusiness(); business != nil {
		short.TaxationType = business.GetTaxationType().Enum()
	}
	return short
}

// partnerProperties are the properties of a partner, sorted by key.
func partnerProperties(p *portonev2.PlatformPartner) []*portonev2.PlatformUserDefinedPropertyKeyValue {
	properties := p.GetUserDefinedProperties()
	var shown []*portonev2.PlatformUserDefinedPropertyKeyValue
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		shown = append(shown, &portonev2.PlatformUserDefinedPropertyKeyValue{Key: world.Ptr(key), Value: proto.CloneOf(properties[key])})
	}
	return shown
}

func paymentSummary(p *portonev2.PlatformPayment) *portonev2.PlatformTransferSummaryPayment {
	if external := p.GetExternal(); external != nil {
		return &portonev2.PlatformTransferSummaryPayment{Type: &portonev2.PlatformTransferSummaryPayment_External{
			External: &portonev2.PlatformTransferSummaryExternalPayment{
				Id:         world.Ptr(external.GetId()),
				OrderName:  clonePtr(external.OrderName),
				Currency:   external.GetCurrency().Enum(),
				MethodType: methodType(external.GetMethod()),
			},
		}}
	}
	payment := p.GetPortOne()
	return &portonev2.PlatformTransferSummaryPayment{Type: &portonev2.PlatformTransferSummaryPayment_PortOne{
		PortOne: &portonev2.PlatformTransferSummaryPortOnePayment{
			Id:         world.Ptr(payment.GetId()),
			OrderName:  world.Ptr(payment.GetOrderName()),
			Currency:   payment.GetCurrency().Enum(),
			MethodType: methodType(payment.GetMethod()),
		},
	}}
}
