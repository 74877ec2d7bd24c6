package platform

import (
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// counterpartyRefusals are the refusals of the calls that connect partners.
func counterpartyRefusals() []refusal {
	const (
		missing  = "PLATFORM_PARTNER_NOT_FOUND"
		noTarget = "PLATFORM_TARGET_PARTNER_NOT_FOUND"
	)
	connect := func(partner, want string) refusal {
		return refused(partner, (*Store).ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: partner}, want)
	}
	disconnect := func(partner, want string) refusal {
		return refused(partner, (*Store).DisconnectPartnerCounterparty, &portonev2.DisconnectPartnerCounterpartyRequest{Id: partner}, want)
	}
	unknown := &portonev2.PlatformPartnerFilterInput{Ids: []string{"open", "none"}}
	unfit := &portonev2.PlatformPartnerFilterInput{Ids: []string{"person", "simple", "scheduled", "pending"}}
	texts := &portonev2.PlatformPartnerFilterInput{Keyword: &portonev2.PlatformPartnerFilterInputKeyword{
		Id: world.Ptr("a"), Name: world.Ptr("b")}}
	return []refusal{
		connect("none", missing),
		connect("person", "PLATFORM_PARTNER_TYPE_IS_NOT_BUSINESS"),
		connect("simple", "PLATFORM_PARTNER_TAXATION_TYPE_IS_SIMPLE"),
		connect("scheduled", "PLATFORM_PARTNER_SCHEDULE_EXISTS"),
		disconnect("none", missing),
		disconnect("person", "PLATFORM_PARTNER_TYPE_IS_NOT_BUSINESS"),
		disconnect("simple", "PLATFORM_PARTNER_TAXATION_TYPE_IS_SIMPLE"),
		disconnect("invoiced", "PLATFORM_ONGOING_TAX_INVOICE_EXISTS"),
		connect("archived", "PLATFORM_ARCHIVED_PARTNER_NTS_NOT_ALLOWED"),
		connect("connected", "PLATFORM_COUNTERPARTY_NOT_CONNECTABLE_STATUS"),
		connect("pending", "PLATFORM_COUNTERPARTY_NOT_CONNECTABLE_STATUS"),
		disconnect("shelved", "PLATFORM_ARCHIVED_PARTNER_NTS_NOT_ALLOWED"),
		disconnect("open", "PLATFORM_COUNTERPARTY_NOT_CONNECTED"),
		disconnect("pending", "PLATFORM_COUNTERPARTY_NOT_CONNECTED"),
		refused("unknown", (*Store).ConnectBulkPartnerCounterparty, &portonev2.ConnectBulkPartnerCounterpartyRequest{Filter: unknown}, missing),
		refused("no target", (*Store).ConnectBulkPartnerCounterparty, &portonev2.ConnectBulkPartnerCounterpartyRequest{Filter: unfit}, noTarget),
		refused("two keywords", (*Store).ConnectBulkPartnerCounterparty, &portonev2.ConnectBulkPartnerCounterpartyRequest{Filter: texts}, "INVALID_REQUEST"),
		refused("unknown", (*Store).DisconnectBulkPartnerCounterparty, &portonev2.DisconnectBulkPartnerCounterpartyRequest{Filter: unknown}, missing),
		refused("no target", (*Store).DisconnectBulkPartnerCounterparty, &portonev2.DisconnectBulkPartnerCounterpartyRequest{Filter: unfit}, noTarget),
		refused("two keywords", (*Store).DisconnectBulkPartnerCounterparty, &portonev2.DisconnectBulkPartnerCounterpartyRequest{Filter: texts}, "INVALID_REQUEST"),
	}
}

// told returns what the counterparties were told of a partner, status by status,
// and forgets it.
func (b *bench) told(id string) string {
	var statuses []string
	for _, p := range b.counterparties.told {
		if p.GetId() == id {
			status := strings.TrimPrefix(connection(p).String(), "PLATFORM_PARTNER_MEMBER_COMPANY_CONNECTION_STATUS_")
			statuses = append(statuses, p.GetName()+" "+status)
		}
	}
	b.counterparties.told = nil
	return strings.Join(statuses, ", ")
}

// TestConnection takes a partner through connection and disconnection.
func TestConnection(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	b.createPartner(t, partner("p"))
	rename := func(name string) {
		do(t, b.UpdatePlatformPartner, &portonev2.UpdatePlatformPartnerRequest{Id: "p", Name: &name})
	}
	rename("A")
	if got := b.told("p"); got != "" {
		t.Errorf("told of a partner that is not connected: %s", got)
	}
	answer := do(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: "p"}).GetPartner()
	if got := connection(answer); got != connectPending {
		t.Errorf("the answer says %v", got)
	}
	rename("B")
	b.world.Clock.Advance(ntsDelay - 1)
	if got := connection(b.partner(t, "p")); got != connectPending {
		t.Errorf("a moment before the end: %v", got)
	}
	b.world.Clock.Advance(1)
	rename("C")
	if got, want := b.told("p"), "A CONNECT_PENDING, B CONNECT_PENDING, B CONNECTED, C CONNECTED"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}

	do(t, b.DisconnectPartnerCounterparty, &portonev2.DisconnectPartnerCounterpartyRequest{Id: "p"})
	refuse(t, b.ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "p"}, "PLATFORM_PARTNER_PENDING_NTS_OPERATION")
	b.world.Clock.Advance(ntsDelay)
	rename("D")
	if got, want := b.told("p"), "C DISCONNECT_PENDING, C NOT_CONNECTED"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	do(t, b.ArchivePlatformPartner, &portonev2.ArchivePlatformPartnerRequest{Id: "p"})
}

// TestConnectionFails connects a number that no business has, and again after it
// was corrected.
func TestConnectionFails(t *testing.T) {
	b := newBench()
	do(t, b.CreatePlatformContract, contract("open"))
	body := partner("p")
	body.Type.Business.BusinessRegistrationNumber = world.Ptr("0001234567")
	created := b.createPartner(t, body)
	if got := business(created).GetBusinessStatus(); got != portonev2.PlatformPartnerBusinessStatus_PLATFORM_PARTNER_BUSINESS_STATUS_NOT_FOUND {
		t.Errorf("business status %v", got)
	}
	connect := func() *portonev2.PlatformPartnerTypeBusiness {
		do(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: "p"})
		b.world.Clock.Advance(ntsDelay)
		return business(b.partner(t, "p"))
	}
	if got := connect(); got.GetMemberCompanyConnectionStatus() != connectFailed || got.GetMemberCompanyConnectionFailedReason() == "" {
		t.Errorf("connection %v", got)
	}
	update := reshape[*portonev2.UpdatePlatformPartnerRequest](businessUpdate(&portonev2.UpdatePlatformPartnerBodyTypeBusiness{
		BusinessRegistrationNumber: world.Ptr("1234567891")}))
	update.Id = "p"
	do(t, b.UpdatePlatformPartner, update)
	if got := connect(); got.GetMemberCompanyConnectionStatus() != connected || got.MemberCompanyConnectionFailedReason != nil {
		t.Errorf("connection %v", got)
	}
}

// TestBulkConnection connects and disconnects whom it can, and expects the task to
// tell who failed.
func TestBulkConnection(t *testing.T) {
	b := newBench()
	b.furnish(t)
	unknown := partner("unknown")
	unknown.Type.Business.BusinessRegistrationNumber = world.Ptr("0001234567")
	b.createPartner(t, unknown)

	task := do(t, b.ConnectBulkPartnerCounterparty, &portonev2.ConnectBulkPartnerCounterpartyRequest{}).GetBulkTask()
	if task.GetStatus() != portonev2.PlatformBulkTaskStatus_PLATFORM_BULK_TASK_STATUS_PROCESSING || task.GetProgressStats().GetProcessingCount() != 2 {
		t.Errorf("the task begins as %v", task)
	}
	b.world.Clock.Advance(ntsDelay)
	b.checkTask(t, 0, 1, 1)
	for id, want := range map[string]portonev2.PlatformPartnerMemberCompanyConnectionStatus{
		"open": connected, "unknown": connectFailed, "scheduled": notConnected, "simple": notConnected,
		"archived": notConnected, "pending": connected, "person": 0,
	} {
		if got := connection(b.partner(t, id)); got != want {
			t.Errorf("partner %q is %v, want %v", id, got, want)
		}
	}

	do(t, b.DisconnectBulkPartnerCounterparty, &portonev2.DisconnectBulkPartnerCounterpartyRequest{
		Filter: &portonev2.PlatformPartnerFilterInput{Ids: []string{"open", "connected", "invoiced", "unknown"}}})
	b.world.Clock.Advance(ntsDelay)
	b.checkTask(t, 1, 2, 0)
	if got := connection(b.partner(t, "invoiced")); got != connected {
		t.Errorf("a partner with a tax invoice is %v", got)
	}
}

// checkTask expects a bulk task to be over.
func (b *bench) checkTask(t *testing.T, index int, succeeded, failed int64) {
	t.Helper()
	task := b.live.tasks[index]
	worldtest.Complete(t, task)
	stats := task.GetProgressStats()
	if task.GetStatus() != portonev2.PlatformBulkTaskStatus_PLATFORM_BULK_TASK_STATUS_COMPLETED ||
		stats.GetSucceededCount() != succeeded || stats.GetFailedCount() != failed || stats.GetProcessingCount() != 0 {
		t.Errorf("the task ends as %v, want %d done and %d failed", task, succeeded, failed)
	}
}

// TestWithoutCounterparties connects partners where there is no B2B side.
func TestWithoutCounterparties(t *testing.T) {
	w := world.New(world.NewStoppedClock(start))
	b := &bench{Store: New(w, nil), world: w}
	do(t, b.CreatePlatformContract, contract("open"))
	b.createPartner(t, partner("p"))
	do(t, b.ConnectPartnerCounterparty, &portonev2.ConnectPartnerCounterpartyRequest{Id: "p"})
	w.Clock.Advance(ntsDelay)
	do(t, b.DisconnectPartnerCounterparty, &portonev2.DisconnectPartnerCounterpartyRequest{Id: "p"})
}
