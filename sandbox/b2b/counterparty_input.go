package b2b

import (
	"strings"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// maxContacts is how many additional contacts a counterparty or a tax invoice may
// have.
const maxContacts = 5

// compose puts an input and the registration data that options ask for into a
// counterparty that no one sees yet, and returns the lookups to carry out.
func (m *mode) compose(c *portonev2.B2BCounterparty, input *portonev2.B2BCounterpartyInput, options *portonev2.B2BCounterpartyCreateOptions) (plan, error) {
	if len(input.GetAdditionalContacts()) > maxContacts {
		return plan{}, world.Refuse(tooManyContacts, "%d additional contacts, at most %d are allowed", len(input.GetAdditionalContacts()), maxContacts)
	}
	looked, err := m.plan(c.GetBrn(), options)
	if err != nil {
		return plan{}, err
	}
	merge(c, input)
	looked.fill(c)
	if missing := missing(c); len(missing) > 0 {
		return plan{}, world.Refuse(missingFields, "missing: %s", strings.Join(missing, ", "))
	}
	return looked, nil
}

// merge puts what an input has into a counterparty.
func merge(c *portonev2.B2BCounterparty, input *portonev2.B2BCounterpartyInput) {
	for _, member := range []struct{ of, given **string }{
		{&c.CompanyName, &input.Name},
		{&c.RepresentativeName, &input.RepresentativeName},
		{&c.Address, &input.Address},
		{&c.BusinessType, &input.BusinessType},
		{&c.BusinessClass, &input.BusinessClass},
		{&c.Memo, &input.Memo},
	} {
		if *member.given != nil {
			*member.of = world.Ptr(**member.given)
		}
	}
	if input.GetContact() != nil {
		c.Contact = contact(input.GetContact())
	}
	if len(input.GetAdditionalContacts()) > 0 || isEmptyList(input.GetUnrecognized()["additionalContacts"]) {
		c.AdditionalContacts = nil
		for _, given := range input.GetAdditionalContacts() {
			c.AdditionalContacts = append(c.AdditionalContacts, contact(given))
		}
	}
}

// isEmptyList reports whether the raw JSON of a member is []: transcode keeps a list
// that is present but empty apart from one that is absent.
func isEmptyList(raw string) bool { return strings.Join(strings.Fields(raw), "") == "[]" }

func contact(input *portonev2.B2BCounterpartyContactInput) *portonev2.B2BCounterpartyContact {
	given := proto.CloneOf(input)
	return &portonev2.B2BCounterpartyContact{Name: given.Name, PhoneNumber: given.PhoneNumber, Email: given.Email, Memo: given.Memo}
}

// missing names what a counterparty cannot be without.
func missing(c *portonev2.B2BCounterparty) []string {
	var names []string
	for _, member := range []struct {
		name  string
		value string
	}{
		{"name", c.GetCompanyName()},
		{"representativeName", c.GetRepresentativeName()},
		{"contact.name", c.GetContact().GetName()},
		{"contact.email", c.GetContact().GetEmail()},
	} {
		if member.value == "" {
			names = append(names, member.name)
		}
	}
	return names
}
