package settlement

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// UnknownBusinesses begins business registration numbers that no business has.
const UnknownBusinesses = "000"

// UnreachableBusiness is the business registration number for which the source of
// the data fails: PLATFORM_EXTERNAL_API_FAILED or B2B_EXTERNAL_SERVICE.
const UnreachableBusiness = "9990000000"

// ReservedBusiness is a business registration number of a business in some state.
type ReservedBusiness struct {
	BRN      string
	Taxation portonev2.PlatformTaxationType
	Status   portonev2.PlatformBusinessStatus
}

// ReservedBusinesses has them all. Every other number of ten digits is that of an
// active general taxpayer.
var ReservedBusinesses = []ReservedBusiness{
	{"9990000001", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_NORMAL, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_CLOSED},
	{"9990000002", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_NORMAL, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_SUSPENDED},
	{"9990000003", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE_TAX_INVOICE_ISSUER, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS},
	{"9990000004", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS},
	{"9990000005", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_TAX_FREE, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS},
	{"9990000006", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_ASSIGNED_ID_NUMBER, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS},
	{"9990000007", portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SPECIAL, portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS},
}

// Companies looks up businesses. Every business is made up, and always the same one
// for a business registration number.
type Companies struct {
	portonev2.UnimplementedPlatformCompanyServiceServer

	world  *world.World
	states map[string]string // business registration numbers by the id of the lookup
	infos  map[string]*portonev2.B2BBusinessInfo
}

// NewCompanies makes the service.
func NewCompanies(w *world.World) *Companies {
	return &Companies{world: w, states: make(map[string]string), infos: make(map[string]*portonev2.B2BBusinessInfo)}
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

// InfoVerification returns what a lookup of registration data found, by the id that
// it answered with.
func (c *Companies) InfoVerification(id string) (*portonev2.B2BBusinessInfo, bool) {
	info, ok := c.infos[id]
	return proto.CloneOf(info), ok
}

// GetPlatformCompanyState looks up the tax type and state of a business.
func (c *Companies) GetPlatformCompanyState(_ context.Context, req *portonev2.GetPlatformCompanyStateRequest) (*portonev2.GetPlatformCompanyStatePayload, error) {
	brn := req.GetBusinessRegistrationNumber()
	switch {
	case !validBRN(brn):
		return nil, invalid("businessRegistrationNumber: not of ten digits")
	case brn == UnreachableBusiness:
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_EXTERNAL_API_FAILED, "the number %s is reserved for this error", brn)
	case unknownBusiness(brn):
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PLATFORM_COMPANY_NOT_FOUND, "no business has the number %s", brn)
	}
	id := c.world.IDs.UUID("platform-company-verification")
	c.states[id] = brn
	c.world.Counters.Add("platform.company.looked_up")
	return &portonev2.GetPlatformCompanyStatePayload{CompanyState: stateOf(business(brn)), CompanyVerificationId: &id}, nil
}

// stoppedOn is when a business that is not active closed, or was suspended.
const stoppedOn = "2025-06-30"

func stateOf(b ReservedBusiness) *portonev2.PlatformCompanyState {
	state := &portonev2.PlatformCompanyState{TaxationType: b.Taxation.Enum(), BusinessStatus: b.Status.Enum()}
	if b.Status != portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS {
		state.ClosedSuspendedDate = world.Ptr(stoppedOn)
	}
	return state
}

// GetB2BBusinessInfos looks up the registration data of businesses. A number that is
// none, or that no business has, fails alone.
func (c *Companies) GetB2BBusinessInfos(_ context.Context, req *portonev2.GetB2BBusinessInfosRequest) (*portonev2.GetB2BBusinessInfosResponse, error) {
	if len(req.GetBrnList()) == 0 {
		return nil, invalid("brnList: none is given")
	}
	for _, brn := range req.GetBrnList() {
		if brn == UnreachableBusiness {
			return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_B2B_EXTERNAL_SERVICE, "the number %s is reserved for this error", brn)
		}
	}
	answer := &portonev2.GetB2BBusinessInfosResponse{}
	for _, brn := range req.GetBrnList() {
		answer.Result = append(answer.Result, c.info(brn))
	}
	return answer, nil
}

func (c *Companies) info(brn string) *portonev2.B2BBusinessInfoResult {
	result := &portonev2.B2BBusinessInfoResult{Brn: &brn}
	if !validBRN(brn) {
		result.Error = world.Ptr("사업자등록번호 형식이 올바르지 않습니다.")
		return result
	}
	if unknownBusiness(brn) {
		result.Error = world.Ptr("등록되지 않은 사업자등록번호입니다.")
		return result
	}
	result.BusinessInfo = registration(business(brn))
	result.VerificationId = world.Ptr(c.world.IDs.UUID("b2b-business-info-verification"))
	c.infos[*result.VerificationId] = proto.CloneOf(result.BusinessInfo)
	c.world.Counters.Add("business_info.looked_up")
	return result
}

var (
	statusNames = map[portonev2.PlatformBusinessStatus]string{
		portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS: "계속사업자",
		portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_CLOSED:      "폐업자",
		portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_SUSPENDED:   "휴업자",
	}
	taxationNames = map[portonev2.PlatformTaxationType]string{
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_NORMAL:                    "일반과세자",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE_TAX_INVOICE_ISSUER: "간이과세자(세금계산서 발급사업자)",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SIMPLE:                    "간이과세자",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_TAX_FREE:                  "면세사업자",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_ASSIGNED_ID_NUMBER:        "고유번호가 부여된 단체",
		portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_SPECIAL:                   "과세특례자",
	}
)

// registration makes up the registration data of a business.
func registration(b ReservedBusiness) *portonev2.B2BBusinessInfo {
	info := &portonev2.B2BBusinessInfo{
		Brn:                  world.Ptr(b.BRN),
		Name:                 world.Ptr(companyName(b.BRN)),
		CeoName:              world.Ptr(personOf(b.BRN)),
		ZipCode:              world.Ptr("04524"),
		Address:              world.Ptr("서울특별시 중구 세종대로 110"),
		BusinessEntityType:   world.Ptr("개인사업자"),
		BusinessStatus:       world.Ptr(statusNames[b.Status]),
		TaxationType:         world.Ptr(taxationNames[b.Taxation]),
		OpeningDate:          world.Ptr("2020-01-02"),
		BusinessType:         world.Ptr("도매 및 소매업"),
		BusinessClass:        world.Ptr("전자상거래 소매업"),
		BusinessCategoryCode: world.Ptr("525101"),
	}
	if b.Status == portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_CLOSED {
		info.ClosingDate = world.Ptr(stoppedOn)
	}
	return info
}

func business(brn string) ReservedBusiness {
	for _, b := range ReservedBusinesses {
		if b.BRN == brn {
			return b
		}
	}
	return ReservedBusiness{
		BRN:      brn,
		Taxation: portonev2.PlatformTaxationType_PLATFORM_TAXATION_TYPE_NORMAL,
		Status:   portonev2.PlatformBusinessStatus_PLATFORM_BUSINESS_STATUS_IN_BUSINESS,
	}
}

func unknownBusiness(brn string) bool { return strings.HasPrefix(brn, UnknownBusinesses) }

func validBRN(brn string) bool { return len(brn) == 10 && digits(brn) }
