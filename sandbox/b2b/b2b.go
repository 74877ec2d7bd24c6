// Package b2b is the sandbox's trade between businesses: the counterparties of a
// merchant and the electronic tax invoices that they exchange, from the draft to
// the answer of the National Tax Service (NTS).
//
// Test mode and live mode are two worlds that share nothing but the clock. The
// merchant has the B2B feature and is the business registry.MerchantBRN. What the
// NTS and other outsiders do is made up by fixed rules, see package registry.
package b2b

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// host is where the URLs of answers point to. Nothing can be there (RFC 6761).
const host = "https://portone-sandbox.invalid"

// Store keeps the counterparties and tax invoices of both modes.
type Store struct {
	portonev2.UnimplementedCounterpartyServiceServer
	portonev2.UnimplementedTaxInvoiceServiceServer

	// OnChange is called when a tax invoice came into another status, with the type
	// of PortOne's webhook and its data, to be written as JSON. It must not use the
	// Store. Nil if no one listens.
	OnChange func(event string, data any)

	live, test *mode
}

// New makes an empty store.
func New(w *world.World) *Store {
	s := &Store{live: newMode(w, false), test: newMode(w, true)}
	s.live.changed, s.test.changed = s.announce, s.announce
	return s
}

// Register registers the services that s implements.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterCounterpartyServiceServer(r, s)
	portonev2.RegisterTaxInvoiceServiceServer(r, s)
}

// Dump implements world.Dumper: b2bCounterparties, b2bCertificates and so on, see
// dump.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	s.live.dump(add)
	s.test.dump(world.InTestMode(add))
}

// Counterparty returns a copy of a counterparty, and whether there is one.
func (s *Store) Counterparty(id string, test bool) (*portonev2.B2BCounterparty, bool) {
	c := s.mode(test).counterparties.byID[id]
	return proto.CloneOf(c), c != nil
}

func (s *Store) mode(test bool) *mode {
	if test {
		return s.test
	}
	return s.live
}

// in is the mode that a request is for.
func (s *Store) in(request interface{ GetTest() bool }) *mode { return s.mode(request.GetTest()) }

// mode is one of the two worlds.
type mode struct {
	world *world.World
	test  bool

	changed func(*invoice) // is called when an invoice came into another status

	counterparties *counterparties
	lookups        map[string]*lookup                   // by verification id
	certificates   map[string]*portonev2.B2BCertificate // by BRN
	invoices       *invoices
	files          map[string]*file // by file id
	bulks          map[string]*portonev2.B2BBulkTaxInvoice
}

func newMode(w *world.World, test bool) *mode {
	return &mode{
		world:          w,
		test:           test,
		counterparties: newCounterparties(),
		lookups:        make(map[string]*lookup),
		certificates:   make(map[string]*portonev2.B2BCertificate),
		invoices:       newInvoices(),
		files:          make(map[string]*file),
		bulks:          make(map[string]*portonev2.B2BBulkTaxInvoice),
	}
}

// today is the present day in Korea.
func (m *mode) today() time.Time { return m.world.Clock.Now().In(world.Korea) }

// name is the mode's name in ids and URLs.
func (m *mode) name() string {
	if m.test {
		return "test"
	}
	return "live"
}

// url is an address of the mode, such as that of a document.
func (m *mode) url(path string) string { return host + "/b2b/" + m.name() + "/" + path }

// graphqlID is an object's id in PortOne's GraphQL API.
func (m *mode) graphqlID(schema, id string) string { return world.GraphQLID(schema, m.test, id) }

func (m *mode) dump(add func(kind, id string, object proto.Message)) {
	for _, c := range m.counterparties.all {
		add("b2bCounterparties", c.GetId(), proto.CloneOf(c))
	}
	for _, brn := range slices.Sorted(maps.Keys(m.certificates)) {
		add("b2bCertificates", brn, proto.CloneOf(m.certificates[brn]))
	}
	for _, id := range slices.Sorted(maps.Keys(m.lookups)) {
		add("b2bVerifications", id, m.lookups[id].message())
	}
	for _, id := range slices.Sorted(maps.Keys(m.bulks)) {
		add("b2bBulkTaxInvoices", id, m.bulk(m.bulks[id]))
	}
	for _, id := range slices.Sorted(maps.Keys(m.files)) {
		add("b2bFiles", id, m.files[id].message(m))
	}
	for inv := range m.invoices.latestFirst() {
		add("b2bTaxInvoices", inv.GetId(), proto.CloneOf(inv.B2BTaxInvoice))
		for _, a := range inv.attachments {
			add("b2bTaxInvoiceAttachments", a.GetId(), proto.CloneOf(a))
		}
	}
}
