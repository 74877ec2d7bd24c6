package platform

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// TestScenario runs a marketplace for a while: sellers join, terms change on the
// first of the month, one seller starts a business and gets tax invoices, another
// leaves. Two runs end the same.
func TestScenario(t *testing.T) {
	if first, second := marketplace(t).state(), marketplace(t).state(); first != second {
		t.Errorf("one run ends as\n%s\nanother as\n%s", first, second)
	}
}

func marketplace(t *testing.T) *bench {
	b := newBench()
	standard := do(t, b.CreatePlatformContract, changed(contract(""), func(c *portonev2.CreatePlatformContractRequest) { c.Id = nil }))
	contractID := standard.GetContract().GetId()
	join := func(body *portonev2.CreatePlatformPartnerBody) *portonev2.CreatePlatformPartnerBody {
		body.DefaultContractId = &contractID
		return body
	}
	first := join(person("first"))
	first.Account.AccountVerificationId = world.Ptr("fresh")
	b.createPartner(t, first)
	do(t, b.CreatePlatformPartners, &portonev2.CreatePlatformPartnersRequest{
		Partners: []*portonev2.CreatePlatformPartnerBody{join(partner("second")), join(person("third"))}})

	august := in(31 * 24 * time.Hour)
	do(t, b.ScheduleContract, &portonev2.ScheduleContractRequest{Id: contractID, AppliedAt: august,
		Update: &portonev2.UpdatePlatformContractBody{PlatformFee: &portonev2.PlatformFeeInput{FixedRate: world.Ptr[int32](3000)}}})
	do(t, b.SchedulePartner, &portonev2.SchedulePartnerRequest{Id: "first", AppliedAt: august,
		Update: businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{
			CompanyName: world.Ptr("First"), BusinessRegistrationNumber: world.Ptr("1234567891"), RepresentativeName: world.Ptr("Kim")})})
	refuse(t, b.ArchivePlatformContract, &portonev2.ArchivePlatformContractRequest{Id: contractID}, "PLATFORM_CANNOT_ARCHIVE_SCHEDULED_CONTRACT")
	do(t, b.ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "third"})
	refuse(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: "first"}, "PLATFORM_PARTNER_TYPE_IS_NOT_BUSINESS")

	b.world.Clock.MoveTo(august.AsTime().Add(time.Hour))
	if terms, _ := b.Contract(contractID, false); terms.GetPlatformFee().GetFixedRate().GetRate() != 3000 {
		t.Errorf("in August: %v", terms)
	}
	do(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: "first"})
	b.world.Clock.Advance(time.Minute)
	if first, _ := b.Partner("first", false); connection(first) != connected || !first.GetAppliedAt().AsTime().Equal(august.AsTime()) {
		t.Errorf("in August: %v", first)
	}
	for name, want := range map[string]int64{
		"platform.partner.created": 3, "platform.partner.schedule-applied": 1, "platform.contract.schedule-applied": 1,
		"platform.partner.connected": 1, "platform.partner.archived": 1,
	} {
		if got := b.world.Counters[name]; got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	return b
}

// TestAnyOrder makes calls on a few partners in any order, and expects after each
// that no partner is in two states that exclude each other.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBench()
		do(t, b.CreatePlatformContract, contract("open"))
		names := rapid.SampledFrom([]string{"a", "b"})
		act := func(_ any, err error) {} // refusals have tests of their own
		ctx := t.Context()
		id := func(r *rapid.T) string { return names.Draw(r, "partner") }
		r.Repeat(map[string]func(*rapid.T){
			"create": func(r *rapid.T) {
				act(b.CreatePlatformPartner(ctx, reshapeCreate(partner(id(r)))))
			},
			"archive": func(r *rapid.T) {
				act(b.ArchivePlatformPartner(ctx, &portonev2.ArchivePlatformPartnerRequest{Id: id(r)}))
			},
			"recover": func(r *rapid.T) {
				act(b.RecoverPlatformPartner(ctx, &portonev2.RecoverPlatformPartnerRequest{Id: id(r)}))
			},
			"schedule": func(r *rapid.T) {
				at := b.world.Clock.Now().Add(time.Duration(rapid.IntRange(1, 10).Draw(r, "seconds")) * time.Second)
				act(b.SchedulePartner(ctx, &portonev2.SchedulePartnerRequest{Id: id(r), AppliedAt: in(at.Sub(start)),
					Update: &portonev2.UpdatePlatformPartnerBody{Type: anyType(r)}}))
			},
			"cancel": func(r *rapid.T) {
				act(b.CancelPlatformPartnerSchedule(ctx, &portonev2.CancelPlatformPartnerScheduleRequest{Id: id(r)}))
			},
			"update": func(r *rapid.T) {
				act(b.UpdatePlatformPartner(ctx, &portonev2.UpdatePlatformPartnerRequest{Id: id(r), Type: anyType(r)}))
			},
			"connect": func(r *rapid.T) {
				act(b.ConnectPartnerCounterparty(ctx, &portonev2.ConnectPartnerCounterpartyRequest{Id: id(r)}))
			},
			"disconnect": func(r *rapid.T) {
				act(b.DisconnectPartnerCounterparty(ctx, &portonev2.DisconnectPartnerCounterpartyRequest{Id: id(r)}))
			},
			"wait": func(r *rapid.T) {
				b.world.Clock.Advance(time.Duration(rapid.IntRange(1, 5).Draw(r, "seconds")) * time.Second)
			},
			"": func(r *rapid.T) { b.checkStates(t, r) },
		})
	})
}

func reshapeCreate(body *portonev2.CreatePlatformPartnerBody) *portonev2.CreatePlatformPartnerRequest {
	return reshape[*portonev2.CreatePlatformPartnerRequest](body)
}

// anyType is a change of type, complete or not.
func anyType(r *rapid.T) *portonev2.UpdatePlatformPartnerBodyType {
	b := &portonev2.UpdatePlatformPartnerBodyTypeBusiness{CompanyName: world.Ptr("x")}
	switch rapid.IntRange(0, 2).Draw(r, "type") {
	case 0:
		return &portonev2.UpdatePlatformPartnerBodyType{NonWhtPayer: &portonev2.UpdatePlatformPartnerBodyTypeNonWhtPayer{}}
	case 1:
		b.BusinessRegistrationNumber, b.RepresentativeName = world.Ptr("1234567891"), world.Ptr("Kim")
	}
	return &portonev2.UpdatePlatformPartnerBodyType{Business: b}
}

func (b *bench) checkStates(t *testing.T, r *rapid.T) {
	for _, it := range b.live.partners.items {
		p := it.object
		worldtest.Complete(t, p)
		_, pending := notPending(p).(*world.Refusal)
		switch {
		case p.GetIsArchived() && it.schedule != nil:
			r.Fatalf("archived with a scheduled update: %v", p)
		case p.GetIsArchived() && pending:
			r.Fatalf("archived with a connection under way: %v", p)
		case isLinked(p) && it.schedule != nil:
			r.Fatalf("connected with a scheduled update: %v", p)
		case it.schedule != nil && !it.schedule.at.AsTime().After(b.world.Clock.Now()):
			r.Fatalf("a scheduled update is overdue: %v", p)
		}
		if it.schedule != nil {
			worldtest.Complete(t, b.live.partners.preview(it))
		}
	}
}

// TestFees expects of every fee that is either a rate of at most the whole or an
// amount that is not negative that the policy has it, and of every other that it is
// refused.
func TestFees(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBench()
		req := fee("f")
		req.Fee = &portonev2.PlatformFeeInput{
			FixedRate:   rapid.Ptr(rapid.Int32Range(-5, wholeRate+5), true).Draw(r, "rate"),
			FixedAmount: rapid.Ptr(rapid.Int64(), true).Draw(r, "amount"),
		}
		rate, amount := req.GetFee().FixedRate, req.GetFee().FixedAmount
		fine := rate != nil && amount == nil && *rate >= 0 && *rate <= wholeRate ||
			rate == nil && amount != nil && *amount >= 0
		answer, err := b.CreatePlatformAdditionalFeePolicy(t.Context(), req)
		if fine != (err == nil) {
			r.Fatalf("%v: %v", req.GetFee(), err)
		}
		got := answer.GetAdditionalFeePolicy().GetFee()
		if fine && (got.GetFixedRate().GetRate() != req.GetFee().GetFixedRate() || got.GetFixedAmount().GetAmount() != req.GetFee().GetFixedAmount()) {
			r.Fatalf("%v became %v", req.GetFee(), got)
		}
	})
}

// TestRegister expects a server with the services.
func TestRegister(t *testing.T) {
	server := grpc.NewServer()
	newBench().Register(server)
	for _, service := range []string{"PlatformPartnerService", "PlatformPolicyService", "PlatformService"} {
		if _, ok := server.GetServiceInfo()["portone.v2."+service]; !ok {
			t.Errorf("no %s", service)
		}
	}
}

// BenchmarkPartners lists a page of 10,000 partners, with a filter that looks at
// all of them.
func BenchmarkPartners(b *testing.B) {
	bench := newBench()
	do(b, bench.CreatePlatformContract, contract("open"))
	for i := range 10_000 {
		bench.createPartner(b, partner(fmt.Sprint("p", i)))
	}
	req := &portonev2.GetPlatformPartnersRequest{Filter: &portonev2.PlatformPartnerFilterInput{
		Tags:    []string{"tag p5", "tag p9999"},
		Keyword: &portonev2.PlatformPartnerFilterInputKeyword{AccountHolder: world.Ptr("K")},
	}}
	for b.Loop() {
		do(b, bench.GetPlatformPartners, req)
	}
}
