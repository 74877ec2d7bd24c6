package platform

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestShapes expects that nothing is lost between messages that have the same
// members: what one has and the other does not, or has in another form, is known.
func TestShapes(t *testing.T) {
	tests := []struct {
		from, to proto.Message
		lost     []string // members that go another way
	}{
		{&portonev2.CreatePlatformContractRequest{}, &portonev2.UpdatePlatformContractBody{}, []string{"id", "test"}},
		{&portonev2.UpdatePlatformContractRequest{}, &portonev2.UpdatePlatformContractBody{}, []string{"id", "test"}},
		{&portonev2.UpdatePlatformContractBody{}, &portonev2.PlatformContract{}, []string{"platform_fee.fixed_amount", "platform_fee.fixed_rate"}},
		{&portonev2.CreatePlatformAdditionalFeePolicyRequest{}, &portonev2.UpdatePlatformAdditionalFeePolicyBody{}, []string{"id", "test"}},
		{&portonev2.UpdatePlatformAdditionalFeePolicyRequest{}, &portonev2.UpdatePlatformAdditionalFeePolicyBody{}, []string{"id", "test"}},
		{&portonev2.UpdatePlatformAdditionalFeePolicyBody{}, &portonev2.PlatformAdditionalFeePolicy{}, []string{"fee.fixed_amount", "fee.fixed_rate"}},
		{&portonev2.CreatePlatformDiscountSharePolicyRequest{}, &portonev2.UpdatePlatformDiscountSharePolicyBody{}, []string{"id", "test"}},
		{&portonev2.UpdatePlatformDiscountSharePolicyRequest{}, &portonev2.UpdatePlatformDiscountSharePolicyBody{}, []string{"id", "test"}},
		{&portonev2.UpdatePlatformDiscountSharePolicyBody{}, &portonev2.PlatformDiscountSharePolicy{}, nil},
		{&portonev2.CreatePlatformPartnerRequest{}, &portonev2.UpdatePlatformPartnerBody{}, []string{"id", "test"}},
		{&portonev2.CreatePlatformPartnerBody{}, &portonev2.UpdatePlatformPartnerBody{}, []string{"id"}},
		{&portonev2.UpdatePlatformPartnerRequest{}, &portonev2.UpdatePlatformPartnerBody{}, []string{"id", "test"}},
		{&portonev2.SchedulePlatformPartnersBodyUpdate{}, &portonev2.UpdatePlatformPartnerBody{}, nil},
		{&portonev2.UpdatePlatformPartnerBody{}, &portonev2.PlatformPartner{},
			[]string{"account.account_verification_id", "type.business.company_verification_id"}},
		{&portonev2.UpdatePlatformSettingRequest{}, &portonev2.PlatformSetting{}, []string{"test"}},
	}
	for _, test := range tests {
		from, to := test.from.ProtoReflect().Descriptor(), test.to.ProtoReflect().Descriptor()
		t.Run(string(from.Name())+" to "+string(to.Name()), func(t *testing.T) {
			got := lost(from, to, "")
			slices.Sort(got)
			slices.Sort(test.lost)
			if !slices.Equal(got, test.lost) {
				t.Errorf("lost: %q, want %q", got, test.lost)
			}
		})
	}
}

// lost lists the members that overlay passes over.
func lost(from, to protoreflect.MessageDescriptor, path string) (paths []string) {
	for i := range from.Fields().Len() {
		field := from.Fields().Get(i)
		target := to.Fields().ByName(field.Name())
		switch {
		case field.Name() == unrecognized:
		case target == nil || !sameForm(target, field):
			paths = append(paths, path+string(field.Name()))
		case field.Message() != nil && field.Message() != target.Message() && !field.IsMap():
			paths = append(paths, lost(field.Message(), target.Message(), path+string(field.Name())+".")...)
		}
	}
	return paths
}
