package identity

import (
	"crypto/sha512"
	"encoding/base64"
	"regexp"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// person is the customer of a verification, as the request says.
type person struct {
	id          *string // the caller's, if there is one
	name, phone string

	// born and the rest come from the identity number. Without one born is zero.
	born      time.Time
	gender    portonev2.Gender
	foreigner bool
}

// Of customers without an identity number only the carrier knows these.
var (
	madeUpBirth  = time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC)
	madeUpGender = portonev2.Gender_GENDER_MALE
)

var (
	phoneNumber    = regexp.MustCompile(`^\d{10,11}$`)
	identityNumber = regexp.MustCompile(`^\d{7}$`)
)

// centuries are what the seventh digit of a resident registration number says of
// the year of birth. From 5 to 8 it is a foreigner's, and of men it is odd.
var centuries = [10]string{"18", "19", "19", "20", "20", "19", "19", "20", "20", "18"}

// readPerson reads the customer of a request. The identity number may be absent.
func readPerson(in *portonev2.SendIdentityVerificationBodyCustomer, now time.Time) (person, error) {
	p := person{name: in.GetName(), phone: in.GetPhoneNumber()}
	if in.Id != nil {
		p.id = world.Ptr(in.GetId())
	}
	switch number := in.GetIdentityNumber(); {
	case p.name == "":
		return person{}, world.Invalid("customer.name must not be empty")
	case !phoneNumber.MatchString(p.phone):
		return person{}, world.Invalid("customer.phoneNumber must be 10 or 11 digits")
	case in.IdentityNumber == nil:
		return p, nil
	case !identityNumber.MatchString(number):
		return person{}, world.Invalid("customer.identityNumber must be 7 digits")
	default:
		digit := number[6] - '0'
		born, err := time.Parse("20060102", centuries[digit]+number[:6])
		if err != nil || born.After(now) {
			return person{}, world.Invalid("customer.identityNumber does not begin with a date of birth")
		}
		p.born, p.foreigner = born, digit >= 5 && digit <= 8
		p.gender = portonev2.Gender_GENDER_FEMALE
		if digit%2 == 1 {
			p.gender = portonev2.Gender_GENDER_MALE
		}
		return p, nil
	}
}

// requested is the person before it is verified.
func (p person) requested() *portonev2.IdentityVerificationRequestedCustomer {
	customer := &portonev2.IdentityVerificationRequestedCustomer{Id: p.id, Name: &p.name, PhoneNumber: &p.phone}
	if !p.born.IsZero() {
		customer.BirthYear = world.Ptr(p.born.Format("2006"))
		customer.BirthMonth = world.Ptr(p.born.Format("01"))
		customer.BirthDay = world.Ptr(p.born.Format("02"))
	}
	return customer
}

// known is the person with what the carrier knows beyond the request.
func (p person) known() person {
	if p.born.IsZero() {
		p.born, p.gender = madeUpBirth, madeUpGender
	}
	return p
}

// verified is a person who is known, as the PG tells it. KG Inicis tells neither
// carrier nor DI.
func (p person) verified(operator portonev2.IdentityVerificationOperator, channel *portonev2.SelectedChannel) *portonev2.IdentityVerificationVerifiedCustomer {
	customer := &portonev2.IdentityVerificationVerifiedCustomer{
		Id:          p.id,
		Name:        &p.name,
		PhoneNumber: &p.phone,
		BirthDate:   world.Ptr(p.born.Format(time.DateOnly)),
		Gender:      p.gender.Enum(),
		IsForeigner: &p.foreigner,
		Ci:          world.Ptr(p.fingerprint("ci", 64)),
	}
	if channel.GetPgProvider() != portonev2.PgProvider_PG_PROVIDER_INICIS_UNIFIED {
		customer.Operator = operator.Enum()
		customer.Di = world.Ptr(p.fingerprint("di of "+channel.GetPgMerchantId(), 48))
	}
	return customer
}

// fingerprint makes up a CI or DI of some bytes in base64: always the same for a
// name with a phone number, by whatever method it is verified.
func (p person) fingerprint(kind string, size int) string {
	sum := sha512.Sum512([]byte(kind + "\x00" + p.name + "\x00" + p.phone))
	return base64.StdEncoding.EncodeToString(sum[:size])
}
