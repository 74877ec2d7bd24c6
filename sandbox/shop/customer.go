package shop

import (
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// customerOf is the customer as recorded. No one given is a customer without
// members.
func customerOf(in *portonev2.CustomerInput) *portonev2.Customer {
	if in == nil {
		return &portonev2.Customer{}
	}
	return &portonev2.Customer{
		Id: in.Id, Name: nameOf(in.Name), BirthYear: in.BirthYear, BirthMonth: in.BirthMonth, BirthDay: in.BirthDay,
		Gender: in.Gender, Email: in.Email, PhoneNumber: in.PhoneNumber, Address: addressOf(in.Address), Zipcode: in.Zipcode,
	}
}

// nameOf joins a name that came in parts in the Korean order, family name first.
func nameOf(in *portonev2.CustomerNameInput) *string {
	if separated := in.GetSeparated(); separated != nil {
		return world.Ptr(strings.TrimSpace(separated.GetLast() + " " + separated.GetFirst()))
	}
	if in == nil {
		return nil
	}
	return in.Full
}

func addressOf(in *portonev2.SeparatedAddressInput) *portonev2.Address {
	if in == nil {
		return nil
	}
	line := make([]string, 0, 4)
	for _, part := range []string{in.GetProvince(), in.GetCity(), in.GetAddressLine1(), in.GetAddressLine2()} {
		if part != "" {
			line = append(line, part)
		}
	}
	return &portonev2.Address{Type: &portonev2.Address_Separated{Separated: &portonev2.SeparatedAddress{
		OneLine: world.Ptr(strings.Join(line, " ")), AddressLine1: in.AddressLine1, AddressLine2: in.AddressLine2,
		City: in.City, Province: in.Province, Country: in.Country,
	}}}
}
