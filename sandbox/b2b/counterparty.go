package b2b

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// connectingTakes is how long the connection of registry.BRNConnectsLater takes.
const connectingTakes = time.Minute

// counterparties are those of a mode. An id is there once; several may share a
// BRN.
type counterparties struct {
	all   []*portonev2.B2BCounterparty // as created
	byID  map[string]*portonev2.B2BCounterparty
	byBRN map[string][]*portonev2.B2BCounterparty

	// ofPartners are the ids that links to partners ever took.
	ofPartners map[string]bool
}

func newCounterparties() *counterparties {
	return &counterparties{
		byID:       make(map[string]*portonev2.B2BCounterparty),
		byBRN:      make(map[string][]*portonev2.B2BCounterparty),
		ofPartners: make(map[string]bool),
	}
}

// find looks a counterparty up by its id.
func (l *counterparties) find(id string) (*portonev2.B2BCounterparty, error) {
	if c := l.byID[id]; c != nil {
		return c, nil
	}
	return nil, world.Refuse(counterpartyNotFound, "there is no counterparty %q", id).
		With(&portonev2.B2BCounterpartyNotFoundError{CounterpartyId: world.Ptr(id)})
}

// business returns the counterparty that stands for a BRN: the first that is
// connected to the NTS, else the first, nil if there is none.
func (l *counterparties) business(brn string) *portonev2.B2BCounterparty {
	same := l.byBRN[brn]
	if i := slices.IndexFunc(same, isConnected); i >= 0 {
		return same[i]
	}
	if len(same) > 0 {
		return same[0]
	}
	return nil
}

func (l *counterparties) add(c *portonev2.B2BCounterparty) {
	l.all = append(l.all, c)
	l.byID[c.GetId()] = c
	l.byBRN[c.GetBrn()] = append(l.byBRN[c.GetBrn()], c)
}

func (l *counterparties) remove(c *portonev2.B2BCounterparty) {
	it := func(other *portonev2.B2BCounterparty) bool { return other == c }
	l.all = slices.DeleteFunc(l.all, it)
	delete(l.byID, c.GetId())
	l.byBRN[c.GetBrn()] = slices.DeleteFunc(l.byBRN[c.GetBrn()], it)
	if len(l.byBRN[c.GetBrn()]) == 0 {
		delete(l.byBRN, c.GetBrn())
	}
}

func isConnected(c *portonev2.B2BCounterparty) bool {
	return c.GetNtsConnectionStatus() == ntsConnected
}

// GetB2BCounterparty returns a counterparty.
func (s *Store) GetB2BCounterparty(_ context.Context, req *portonev2.GetB2BCounterpartyRequest) (*portonev2.B2BCounterparty, error) {
	c, err := s.in(req).counterparties.find(req.GetCounterpartyId())
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(c), nil
}

// CreateB2BCounterparty registers a business and connects it to the NTS.
func (s *Store) CreateB2BCounterparty(_ context.Context, req *portonev2.CreateB2BCounterpartyRequest) (*portonev2.CreateB2BCounterpartyResponse, error) {
	m, input := s.in(req), req.GetCounterparty()
	if err := m.mayCreate(req.CounterpartyId, input.GetBrn()); err != nil {
		return nil, err
	}
	c := &portonev2.B2BCounterparty{Brn: world.Ptr(input.GetBrn())}
	looked, err := m.compose(c, input, req.GetOptions())
	if err != nil {
		return nil, err
	}
	if connection(c.GetBrn()) == ntsError {
		return nil, world.Refuse(connectionFailed, "the NTS does not connect the business %s", c.GetBrn())
	}
	looked.carryOut(m, c)
	m.register(c, req.CounterpartyId)
	return &portonev2.CreateB2BCounterpartyResponse{Counterparty: proto.CloneOf(c)}, nil
}

// mayCreate returns what is against a counterparty with an id, if one was chosen,
// and a BRN.
func (m *mode) mayCreate(id *string, brn string) error {
	l := m.counterparties
	switch {
	case id != nil && *id == "":
		return world.Invalid("counterpartyId: must not be empty")
	case !registry.IsBRN(brn):
		return world.Refuse(brnInvalid, "%q is no business registration number of 10 digits", brn)
	case brn == registry.MerchantBRN:
		return world.Refuse(brnOfMerchant, "%s is the merchant's own business registration number", brn)
	case id != nil && l.ofPartners[*id]:
		return world.Refuse(counterpartyIDOfPartner, "the id %q belongs to the counterparty of a partner", *id)
	case id != nil && l.byID[*id] != nil:
		return world.Refuse(counterpartyIDExists, "there is a counterparty %q already", *id)
	}
	if slices.ContainsFunc(l.byBRN[brn], isOfPartner) {
		return world.Refuse(partnerNotConnectable, "the business %s is connected as a partner", brn)
	}
	return nil
}

// register makes a complete counterparty one of the mode's and connects it to the
// NTS. Absent id means a new one.
func (m *mode) register(c *portonev2.B2BCounterparty, id *string) {
	if id == nil {
		id = world.Ptr(m.world.IDs.UUID("b2b counterparty"))
	}
	c.Id, c.GraphqlId = world.Ptr(*id), world.Ptr(m.graphqlID("B2bCounterparty", *id))
	c.IsForTest = world.Ptr(m.test)
	if c.BusinessStatus == nil {
		c.BusinessStatus = stateUnknown.Enum()
	}
	c.AppliedAt = m.world.Clock.Timestamp()
	m.counterparties.add(c)
	m.connect(c, connection(c.GetBrn()))
	m.world.Counters.Add("counterparty.created")
}

// connect notes how far the connection to the NTS is. What is pending for a
// business with a connection of its own is done a minute later.
func (m *mode) connect(c *portonev2.B2BCounterparty, status portonev2.B2BNtsConnectionStatus) {
	before := c.GetNtsConnectionStatus()
	c.NtsConnectionStatus, c.NtsConnectionFailedReason = status.Enum(), nil
	switch {
	case status == ntsConnected && before != ntsConnected:
		c.NtsConnectedAt = m.world.Clock.Timestamp()
	case status == ntsError:
		c.NtsConnectionFailedReason = world.Ptr("국세청 연동에 실패했습니다.")
	case status == ntsPendingConnect && c.PartnerId == nil:
		m.world.Clock.At(m.world.Clock.Now().Add(connectingTakes), func() {
			if c.GetNtsConnectionStatus() == ntsPendingConnect {
				m.connect(c, ntsConnected)
			}
		})
	}
}

// UpdateB2BCounterparty changes what is given and leaves the rest. An empty list
// of additional contacts takes them away.
func (s *Store) UpdateB2BCounterparty(_ context.Context, req *portonev2.UpdateB2BCounterpartyRequest) (*portonev2.UpdateB2BCounterpartyResponse, error) {
	m, input := s.in(req), req.GetCounterparty()
	c, err := m.counterparties.find(req.GetCounterpartyId())
	switch {
	case err != nil:
		return nil, err
	case isOfPartner(c):
		return nil, world.Refuse(partnerNotUpdatable, "counterparty %q belongs to a partner", c.GetId())
	case input.GetBrn() != c.GetBrn():
		return nil, world.Refuse(brnChanged, "counterparty %q has the business registration number %s", c.GetId(), c.GetBrn())
	}
	changed := proto.CloneOf(c)
	looked, err := m.compose(changed, input, req.GetOptions())
	if err != nil {
		return nil, err
	}
	looked.carryOut(m, changed)
	changed.AppliedAt = m.world.Clock.Timestamp()
	proto.Reset(c) // in place: the indexes know it by its address
	proto.Merge(c, changed)
	m.world.Counters.Add("counterparty.updated")
	return &portonev2.UpdateB2BCounterpartyResponse{Counterparty: proto.CloneOf(c)}, nil
}

// DeleteB2BCounterparty deletes a counterparty with which no tax invoice is under
// way. A draft is.
func (s *Store) DeleteB2BCounterparty(_ context.Context, req *portonev2.DeleteB2BCounterpartyRequest) (*portonev2.DeleteB2BCounterpartyResponse, error) {
	m := s.in(req)
	c, err := m.counterparties.find(req.GetCounterpartyId())
	switch {
	case err != nil:
		return nil, err
	case isOfPartner(c):
		return nil, world.Refuse(partnerNotDeletable, "counterparty %q belongs to a partner", c.GetId())
	case m.ongoing(c.GetId()):
		return nil, world.Refuse(counterpartyOngoing, "a tax invoice with counterparty %q is under way", c.GetId())
	}
	m.forget(c)
	m.world.Counters.Add("counterparty.deleted")
	return &portonev2.DeleteB2BCounterpartyResponse{}, nil
}

// forget removes a counterparty; the last one of a business takes the certificate
// along.
func (m *mode) forget(c *portonev2.B2BCounterparty) {
	m.counterparties.remove(c)
	if m.counterparties.business(c.GetBrn()) == nil {
		delete(m.certificates, c.GetBrn())
	}
}

// ongoing reports whether a tax invoice with a counterparty is under way.
func (m *mode) ongoing(id string) bool {
	for inv := range m.invoices.latestFirst() {
		if inv.with(id) && !over(inv.GetStatus()) {
			return true
		}
	}
	return false
}
