package b2b

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const (
	// registeringTakes is how long after the URL was asked for the person in
	// charge has registered the certificate.
	registeringTakes = time.Minute

	// certificateYears is how long a certificate is good for.
	certificateYears = 1
)

// GetB2BCounterpartyCertificateRegistrationUrl returns the URL at which a business
// registers its certificate. In the sandbox somebody does so a minute after each
// call; a new certificate takes the place of the old one.
func (s *Store) GetB2BCounterpartyCertificateRegistrationUrl(_ context.Context, req *portonev2.GetB2BCounterpartyCertificateRegistrationUrlRequest) (*portonev2.GetB2BCounterpartyCertificateRegistrationUrlResponse, error) {
	m := s.in(req)
	c, err := m.connected(req.GetBrn())
	if err != nil {
		return nil, err
	}
	m.world.Clock.At(m.world.Clock.Now().Add(registeringTakes), func() {
		if c := m.counterparties.business(c.GetBrn()); c != nil && isConnected(c) {
			m.certificates[c.GetBrn()] = newCertificate(c, m.world.Clock.Now())
			m.world.Counters.Add("certificate.registered")
		}
	})
	return &portonev2.GetB2BCounterpartyCertificateRegistrationUrlResponse{
		Url: world.Ptr(m.url("certificates/" + c.GetBrn() + "/register")),
	}, nil
}

// ValidateB2BCounterpartyCertificate reports whether a certificate has not expired.
func (s *Store) ValidateB2BCounterpartyCertificate(_ context.Context, req *portonev2.ValidateB2BCounterpartyCertificateRequest) (*portonev2.ValidateB2BCounterpartyCertificateResponse, error) {
	m := s.in(req)
	certificate, err := m.certificate(req.GetBrn())
	if err != nil {
		return nil, err
	}
	return &portonev2.ValidateB2BCounterpartyCertificateResponse{IsValid: world.Ptr(m.valid(certificate))}, nil
}

// GetB2BCounterpartyCertificate returns the certificate of a business, expired or
// not.
func (s *Store) GetB2BCounterpartyCertificate(_ context.Context, req *portonev2.GetB2BCounterpartyCertificateRequest) (*portonev2.B2BCertificate, error) {
	certificate, err := s.in(req).certificate(req.GetBrn())
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(certificate), nil
}

// connected finds the counterparty with a BRN that is connected to the NTS.
func (m *mode) connected(brn string) (*portonev2.B2BCounterparty, error) {
	c := m.counterparties.business(brn)
	switch {
	case c == nil:
		return nil, world.Refuse(counterpartyNotFound, "there is no counterparty with the business registration number %q", brn)
	case !isConnected(c):
		return nil, refuseUnconnected(c)
	}
	return c, nil
}

func refuseUnconnected(c *portonev2.B2BCounterparty) error {
	return world.Refuse(notConnected, "counterparty %q is not connected to the NTS", c.GetId()).
		With(&portonev2.B2BCounterpartyNtsNotConnectedError{Brn: world.Ptr(c.GetBrn()), CounterpartyId: world.Ptr(c.GetId())})
}

// certificate finds the certificate of a connected business: one that was
// registered through the URL, else the one that it had all along.
func (m *mode) certificate(brn string) (*portonev2.B2BCertificate, error) {
	c, err := m.connected(brn)
	if err != nil {
		return nil, err
	}
	if registered := m.certificates[brn]; registered != nil {
		return registered, nil
	}
	since := c.GetNtsConnectedAt().AsTime()
	switch brn {
	case registry.BRNWithoutCertificate:
		return nil, world.Refuse(certificateUnregistered, "the business %s has registered no certificate", brn)
	case registry.BRNExpiredCertificate:
		return newCertificate(c, since.AddDate(-certificateYears, 0, -1)), nil
	}
	return newCertificate(c, since), nil
}

func newCertificate(c *portonev2.B2BCounterparty, at time.Time) *portonev2.B2BCertificate {
	return &portonev2.B2BCertificate{
		RegisteredAt:          timestamppb.New(at),
		ExpiredAt:             timestamppb.New(at.AddDate(certificateYears, 0, 0)),
		IssuerName:            world.Ptr("샌드박스 인증기관"),
		SubjectName:           world.Ptr(c.GetCompanyName()),
		CertificateType:       portonev2.B2BCertificateType_B2B_CERTIFICATE_TYPE_E_TAX.Enum(),
		Oid:                   world.Ptr("1.2.410.200004.5.2.1.6.257"),
		RegistrantContactName: world.Ptr(c.GetContact().GetName()),
		RegistrantContactId:   world.Ptr("contact-" + c.GetBrn()),
	}
}

// valid reports whether a certificate is good now.
func (m *mode) valid(certificate *portonev2.B2BCertificate) bool {
	return m.world.Clock.Now().Before(certificate.GetExpiredAt().AsTime())
}

// maySign returns what is against a tax invoice signed by a business. The contract
// has no error of its own for that: the service that signs fails.
func (m *mode) maySign(brn string) error {
	if brn == registry.MerchantBRN {
		return nil
	}
	certificate, err := m.certificate(brn)
	if err != nil || !m.valid(certificate) {
		return world.Refuse(externalService, "the supplier %s has no valid certificate to sign with", brn)
	}
	return nil
}
