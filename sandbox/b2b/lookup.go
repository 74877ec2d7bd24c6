package b2b

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// lookupKind is what a lookup of a business is about.
type lookupKind string

const (
	lookupInfo  lookupKind = "business info"
	lookupState lookupKind = "business status"
)

// lookup is a lookup of a business with an outside source.
type lookup struct {
	id   string
	kind lookupKind
	brn  string
	at   time.Time
	info *portonev2.B2BBusinessInfo // with lookupInfo
}

// message is the lookup as the contract has it.
func (l *lookup) message() *portonev2.B2BCounterpartyVerification {
	return &portonev2.B2BCounterpartyVerification{Id: world.Ptr(l.id), CheckedAt: timestamppb.New(l.at)}
}

// useless tells of a lookup that failed, or found no business.
func (l *lookup) useless() bool {
	found := state(l.brn)
	return found == stateCheckFailed || found == stateUnregistered
}

// AddBusinessInfo makes a lookup of registration data that was made elsewhere
// (GetB2bBusinessInfos) known under its verification id, so that counterparties
// can be made from it.
func (s *Store) AddBusinessInfo(verificationID string, info *portonev2.B2BBusinessInfo, test bool) {
	m := s.mode(test)
	m.lookups[verificationID] = &lookup{
		id: verificationID, kind: lookupInfo, brn: info.GetBrn(), at: m.world.Clock.Now(), info: proto.CloneOf(info),
	}
}

// plan is which lookups a change of a counterparty asks for.
type plan struct{ info, state *lookup }

// plan finds the earlier lookups that options name and prepares the new ones that
// they ask for. An earlier one takes the place of a new one.
func (m *mode) plan(brn string, options *portonev2.B2BCounterpartyCreateOptions) (p plan, err error) {
	p.info, err = m.planOne(lookupInfo, brn, options.GetCheckBusinessInfo(), options.GetBusinessInfoVerificationId())
	if err != nil {
		return plan{}, err
	}
	p.state, err = m.planOne(lookupState, brn, options.GetCheckBusinessStatus(), options.GetBusinessStatusVerificationId())
	return p, err
}

func (m *mode) planOne(kind lookupKind, brn string, wanted bool, id string) (*lookup, error) {
	switch {
	case id != "":
		return m.earlier(kind, brn, id)
	case wanted:
		return &lookup{kind: kind, brn: brn, info: registry.Find(brn).Info()}, nil
	}
	return nil, nil
}

// earlier finds a lookup of a kind and a business by its id.
func (m *mode) earlier(kind lookupKind, brn, id string) (*lookup, error) {
	l := m.lookups[id]
	switch {
	case l == nil:
		return nil, world.Refuse(lookupNotFound, "there is no lookup %q", id)
	case l.kind != kind:
		return nil, world.Refuse(lookupOfOtherKind, "lookup %q is one of the %s, not of the %s", id, l.kind, kind)
	case l.brn != brn:
		return nil, world.Refuse(lookupOfOtherBRN, "lookup %q is of another business", id)
	case l.useless():
		return nil, world.Refuse(lookupInvalid, "lookup %q failed or found no business", id)
	}
	return l, nil
}

// record keeps a lookup that has just been made, and returns it as the contract
// has it. One that was made earlier stays as it is.
func (m *mode) record(l *lookup) *portonev2.B2BCounterpartyVerification {
	if l.id == "" {
		l.id, l.at = m.world.IDs.UUID("b2b verification"), m.world.Clock.Now()
		m.lookups[l.id] = l
		m.world.Counters.Add("counterparty.looked_up")
	}
	return l.message()
}

// fill sets what a counterparty lacks from registration data. They never replace
// what the caller gave: the sandbox cannot know better.
func (p plan) fill(c *portonev2.B2BCounterparty) {
	if p.info == nil || p.info.useless() {
		return
	}
	info := p.info.info
	for _, member := range []struct {
		of    **string
		value string
	}{
		{&c.CompanyName, info.GetName()},
		{&c.RepresentativeName, info.GetCeoName()},
		{&c.Address, info.GetAddress()},
		{&c.BusinessType, info.GetBusinessType()},
		{&c.BusinessClass, info.GetBusinessClass()},
	} {
		if *member.of == nil && member.value != "" {
			*member.of = world.Ptr(member.value)
		}
	}
}

// carryOut makes the new lookups, and notes in a counterparty what they and the
// earlier ones found.
func (p plan) carryOut(m *mode, c *portonev2.B2BCounterparty) {
	if p.info != nil {
		c.BusinessInfoVerification = m.record(p.info)
	}
	if p.state != nil {
		c.BusinessStatusVerification = m.record(p.state)
		c.BusinessStatus = state(p.state.brn).Enum()
		c.BusinessStatusCheckedAt = timestamppb.New(p.state.at)
	}
}
