package b2b

import (
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// role is one of the two parties to a tax invoice.
type role struct {
	name     string // of the member in PortOne's JSON
	notFound func(brn, id *string) error
}

var (
	supplierRole = role{"supplier", func(brn, id *string) error {
		return world.Refuse(supplierNotFound, "the supplier is no counterparty").
			With(&portonev2.B2BSupplierNotFoundError{Brn: brn, CounterpartyId: id})
	}}
	recipientRole = role{"recipient", func(brn, id *string) error {
		return world.Refuse(recipientNotFound, "the recipient is no counterparty").
			With(&portonev2.B2BRecipientNotFoundError{Brn: brn, CounterpartyId: id})
	}}
)

// party is a company on a tax invoice, and the counterparty that it is, nil for
// the merchant and for strangers.
type party struct {
	company      *portonev2.B2BTaxInvoiceCompany
	counterparty *portonev2.B2BCounterparty
}

// setParties finds out who the parties to a draft are. The one who writes it is
// the merchant, unless it is named. Who writes or signs it must be the merchant or
// a counterparty that is connected to the NTS.
func (m *mode) setParties(d *draft, input *portonev2.B2BTaxInvoiceInput, createRecipient bool) error {
	reverse := d.GetIssuanceType() == issuanceReverse
	supplier, err := m.identify(supplierRole, input.GetSupplier(), !reverse)
	if err == nil {
		err = supplier.mustBeConnected()
	}
	if err != nil {
		return err
	}
	recipient, err := m.recipient(d, input.GetRecipient(), reverse, createRecipient)
	if err != nil {
		return err
	}
	d.Supplier, d.Recipient = supplier.company, recipient.company
	if input.GetUseCounterpartyAdditionalContacts() && len(input.GetAdditionalContacts()) == 0 {
		other := recipient
		if reverse {
			other = supplier
		}
		return d.takeContacts(other.counterparty)
	}
	return nil
}

// recipient identifies the recipient. Of a NORMAL invoice it may be a stranger, if
// the data given say enough.
func (m *mode) recipient(d *draft, given *portonev2.B2BTaxInvoiceCompany, writes, create bool) (party, error) {
	if create {
		return m.recipientToCreate(d, given)
	}
	p, err := m.identify(recipientRole, given, writes)
	switch {
	case err != nil:
		return party{}, err
	case writes:
		return p, p.mustBeConnected()
	case p.company.GetName() == "" || p.company.GetRepresentativeName() == "":
		return party{}, recipientRole.notFound(p.company.Brn, nil)
	}
	return p, nil
}

// recipientToCreate identifies a recipient that is to become a counterparty, if
// the business is none yet. A chosen id must be new.
func (m *mode) recipientToCreate(d *draft, given *portonev2.B2BTaxInvoiceCompany) (party, error) {
	id, brn := given.CounterpartyId, given.GetBrn()
	switch {
	case id != nil && (m.counterparties.byID[*id] != nil || m.counterparties.ofPartners[*id]):
		return party{}, world.Refuse(idExists, "the counterparty id %q is in use", *id)
	case !registry.IsBRN(brn), id != nil && *id == "":
		return party{}, world.Invalid("taxInvoice.recipient: brn is needed to create a counterparty, and counterpartyId is not empty")
	case brn == registry.MerchantBRN, m.counterparties.business(brn) != nil && id == nil:
		return m.identify(recipientRole, given, false)
	}
	c := &portonev2.B2BCounterparty{Contact: counterpartyContact(given)}
	g := proto.CloneOf(given)
	c.Brn, c.CompanyName, c.RepresentativeName = g.Brn, g.Name, g.RepresentativeName
	c.Address, c.BusinessType, c.BusinessClass = g.Address, g.BusinessType, g.BusinessClass
	if missing := missing(c); len(missing) > 0 {
		return party{}, world.Invalid("taxInvoice.recipient: %v needed to create a counterparty", missing)
	}
	d.recipient, d.recipientID = c, id
	return party{g, c}, nil
}

// counterpartyContact makes a contact of a counterparty of a party's.
func counterpartyContact(given *portonev2.B2BTaxInvoiceCompany) *portonev2.B2BCounterpartyContact {
	contact := &portonev2.B2BCounterpartyContact{
		Name:  world.Ptr(given.GetContact().GetName()),
		Email: world.Ptr(given.GetContact().GetEmail()),
	}
	if contact.GetName() == "" {
		contact.Name = world.Ptr(given.GetRepresentativeName())
	}
	if given.GetContact().GetPhoneNumber() != "" {
		contact.PhoneNumber = world.Ptr(given.GetContact().GetPhoneNumber())
	}
	return contact
}

// identify finds out who a company is, and completes what is given about it. Only
// a recipient may be a stranger; the caller judges what is known of it.
func (m *mode) identify(r role, given *portonev2.B2BTaxInvoiceCompany, writes bool) (party, error) {
	company := proto.CloneOf(given)
	if company == nil {
		company = &portonev2.B2BTaxInvoiceCompany{}
	}
	unnamed := company.Brn == nil && company.CounterpartyId == nil
	switch {
	case unnamed && !writes:
		return party{}, world.Invalid("taxInvoice.%s: brn or counterpartyId is needed", r.name)
	case company.CounterpartyId != nil:
		return m.identifyByID(r, company)
	case unnamed, company.GetBrn() == registry.MerchantBRN:
		complete(company, merchant())
		return party{company: company}, nil
	}
	c := m.counterparties.business(company.GetBrn())
	if c == nil && (writes || r.name == supplierRole.name) {
		return party{}, r.notFound(company.Brn, nil)
	}
	if c != nil {
		complete(company, companyOf(c))
	}
	return party{company, c}, nil
}

func (m *mode) identifyByID(r role, company *portonev2.B2BTaxInvoiceCompany) (party, error) {
	c := m.counterparties.byID[company.GetCounterpartyId()]
	switch {
	case c == nil:
		return party{}, r.notFound(nil, company.CounterpartyId)
	case company.Brn != nil && company.GetBrn() != c.GetBrn():
		return party{}, world.Invalid("taxInvoice.%s: counterparty %q has another brn", r.name, c.GetId())
	}
	complete(company, companyOf(c))
	return party{company, c}, nil
}

// complete sets the members of a company that are absent.
func complete(company, known *portonev2.B2BTaxInvoiceCompany) {
	given := proto.CloneOf(company)
	proto.Reset(company)
	if given.Contact != nil {
		known.Contact = nil // a contact is one person, not a mixture of two
	}
	proto.Merge(company, known)
	proto.Merge(company, given)
}

// companyOf is a counterparty as a party to a tax invoice.
func companyOf(c *portonev2.B2BCounterparty) *portonev2.B2BTaxInvoiceCompany {
	c = proto.CloneOf(c)
	return &portonev2.B2BTaxInvoiceCompany{
		Brn: c.Brn, CounterpartyId: c.Id, Name: c.CompanyName, RepresentativeName: c.RepresentativeName,
		Address: c.Address, BusinessType: c.BusinessType, BusinessClass: c.BusinessClass,
		Contact: &portonev2.B2BTaxInvoiceContact{
			Name: c.GetContact().Name, PhoneNumber: c.GetContact().PhoneNumber, Email: c.GetContact().Email,
		},
	}
}

// mustBeConnected refuses a party that is not connected to the NTS. The merchant
// is connected.
func (p party) mustBeConnected() error {
	if p.counterparty == nil || isConnected(p.counterparty) {
		return nil
	}
	return refuseUnconnected(p.counterparty)
}

// takeContacts makes the additional contacts of a counterparty those of a draft.
func (d *draft) takeContacts(c *portonev2.B2BCounterparty) error {
	if c == nil {
		return world.Refuse(counterpartyNotFound, "the other party is no counterparty whose additional contacts could be used")
	}
	for _, contact := range c.GetAdditionalContacts() {
		contact = proto.CloneOf(contact)
		d.AdditionalContacts = append(d.AdditionalContacts, &portonev2.B2BTaxInvoiceAdditionalContact{
			Name: contact.Name, Email: contact.Email, PhoneNumber: contact.PhoneNumber,
		})
	}
	return nil
}
