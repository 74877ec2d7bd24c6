package platform

import (
	"context"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// defaultSetting is what a platform begins with. PortOne's document does not say
// its defaults: these settle in the plain way, amounts including VAT, and deduct
// the withholding tax of partners that owe it.
func defaultSetting(test bool) *portonev2.PlatformSetting {
	return &portonev2.PlatformSetting{
		SupportsMultipleOrderTransfersPerPartner:  world.Ptr(false),
		AdjustSettlementDateAfterHolidayIfEarlier: world.Ptr(false),
		DeductWht:                   world.Ptr(true),
		SettlementAmountType:        portonev2.SettlementAmountType_SETTLEMENT_AMOUNT_TYPE_GROSS.Enum(),
		IsForTest:                   world.Ptr(test),
		ManualSettlementPerTransfer: world.Ptr(false),
	}
}

// GetPlatformSetting returns the settings.
func (s *Store) GetPlatformSetting(_ context.Context, req *portonev2.GetPlatformSettingRequest) (*portonev2.PlatformSetting, error) {
	return s.Setting(req.GetTest()), nil
}

// UpdatePlatformSetting changes the settings that are given.
func (s *Store) UpdatePlatformSetting(_ context.Context, req *portonev2.UpdatePlatformSettingRequest) (*portonev2.UpdatePlatformSettingResponse, error) {
	m := s.in(req)
	overlay(m.setting, req)
	m.world.Counters.Add("platform.setting.updated")
	return &portonev2.UpdatePlatformSettingResponse{Setting: proto.CloneOf(m.setting)}, nil
}
