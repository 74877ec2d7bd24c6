package settlement

import (
	"context"

	"google.golang.org/grpc"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Companies looks up businesses. Every business is made up, and always the same one
// for a business registration number.
type Companies struct {
	portonev2.UnimplementedPlatformCompanyServiceServer

	world  *world.World
	infos  BusinessInfos     // may be nil
	states map[string]string // business registration numbers by the id of the lookup
}

// NewCompanies makes the service. Nil infos: not needed.
func NewCompanies(w *world.World, infos BusinessInfos) *Companies {
	return &Companies{world: w, infos: infos, states: make(map[string]string)}
}

// Register registers the service.
func (c *Companies) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPlatformCompanyServiceServer(r, c)
}

// StateVerification returns the business registration number that a lookup of a
// state was for, by the id that it answered with.
func (c *Companies) StateVerification(id string) (brn string, ok bool) {
	brn, ok = c.states[id]
	return brn, ok
}

// GetPlatformCompanyState looks up the tax type and state of a business.
func (c *Companies) GetPlatformCompanyState(_ context.Context, req *portonev2.GetPlatformCompanyStateRequest) (*portonev2.GetPlatformCompanyStatePayload, error) {
	brn := req.GetBusinessRegistrationNumber()
	if !registry.IsBRN(brn) {
		return nil, world.Invalid("businessRegistrationNumber: not of ten digits")
	}
	found := registry.Find(brn)
	switch found.Status {
	case registry.Unreachable:
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_EXTERNAL_API_FAILED, "the number %s is reserved for this error", brn)
	case registry.Unregistered:
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_COMPANY_NOT_FOUND, "no business has the number %s", brn)
	}
	id := c.world.IDs.UUID("platform-company-verification")
	c.states[id] = brn
	c.world.Counters.Add("platform.company.looked_up")
	return &portonev2.GetPlatformCompanyStatePayload{CompanyState: stateOf(found), CompanyVerificationId: &id}, nil
}

// businessStatuses are the states of a business as this service names them.
var businessStatuses = map[registry.Status]portonev2.PlatformBusinessStatus{
	registry.Active:    portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS,
	registry.Closed:    portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_CLOSED,
	registry.Suspended: portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_SUSPENDED,
}

func stateOf(b registry.Business) *portonev2.PlatformCompanyState {
	return &portonev2.PlatformCompanyState{
		TaxationType: b.Taxation.Enum(), BusinessStatus: businessStatuses[b.Status].Enum(), ClosedSuspendedDate: b.StoppedOn(),
	}
}

// GetB2BBusinessInfos looks up the registration data of businesses. A number that is
// none, or that no business has, fails alone.
func (c *Companies) GetB2BBusinessInfos(_ context.Context, req *portonev2.GetB2BBusinessInfosRequest) (*portonev2.GetB2BBusinessInfosResponse, error) {
	if len(req.GetBrnList()) == 0 {
		return nil, world.Invalid("brnList: none is given")
	}
	for _, brn := range req.GetBrnList() {
		if registry.Find(brn).Status == registry.Unreachable {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_B2B_EXTERNAL_SERVICE, "the number %s is reserved for this error", brn)
		}
	}
	answer := &portonev2.GetB2BBusinessInfosResponse{}
	for _, brn := range req.GetBrnList() {
		answer.Result = append(answer.Result, c.info(brn, req.GetTest()))
	}
	return answer, nil
}

func (c *Companies) info(brn string, test bool) *portonev2.B2BBusinessInfoResult {
	result := &portonev2.B2BBusinessInfoResult{Brn: &brn}
	if !registry.IsBRN(brn) {
		result.Error = world.Ptr("사업자등록번호 형식이 올바르지 않습니다.")
		return result
	}
	found := registry.Find(brn)
	if found.Status == registry.Unregistered {
		result.Error = world.Ptr("등록되지 않은 사업자등록번호입니다.")
		return result
	}
	result.BusinessInfo = found.Info()
	result.VerificationId = world.Ptr(c.world.IDs.UUID("b2b-business-info-verification"))
	if c.infos != nil {
		c.infos.AddBusinessInfo(*result.VerificationId, result.BusinessInfo, test)
	}
	c.world.Counters.Add("business_info.looked_up")
	return result
}
