package b2b

import (
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
)

func (s *sandbox) certificateIsValid(brn string) bool {
	s.t.Helper()
	return must(s.t, s.ValidateB2BCounterpartyCertificate, &portonev2.ValidateB2BCounterpartyCertificateRequest{Brn: brn}).GetIsValid()
}

// TestCertificate has a business without a certificate register one, which expires.
func TestCertificate(t *testing.T) {
	s := newSandbox(t)
	const brn = registry.BRNWithoutCertificate
	s.counterparty("c", brn, false)
	get := &portonev2.GetB2BCounterpartyCertificateRequest{Brn: brn}
	url := &portonev2.GetB2BCounterpartyCertificateRegistrationUrlRequest{Brn: brn}
	refuse(t, s.GetB2BCounterpartyCertificate, get, certificateUnregistered)
	refuse(t, s.ValidateB2BCounterpartyCertificate, &portonev2.ValidateB2BCounterpartyCertificateRequest{Brn: brn}, certificateUnregistered)

	first := must(t, s.GetB2BCounterpartyCertificateRegistrationUrl, url)
	same(t, "the URL asked for again", must(t, s.GetB2BCounterpartyCertificateRegistrationUrl, url), first)
	refuse(t, s.GetB2BCounterpartyCertificate, get, certificateUnregistered)
	s.wait(time.Minute)
	if c := must(t, s.GetB2BCounterpartyCertificate, get); !c.GetRegisteredAt().AsTime().Equal(start.Add(time.Minute)) || !s.certificateIsValid(brn) {
		t.Errorf("%v", c)
	}
	s.world.Clock.MoveTo(start.AddDate(certificateYears, 0, 1))
	if s.certificateIsValid(brn) {
		t.Error("the certificate does not expire")
	}
	must(t, s.GetB2BCounterpartyCertificateRegistrationUrl, url)
	s.wait(time.Minute)
	if !s.certificateIsValid(brn) {
		t.Error("a new certificate does not replace the old one")
	}
	must(t, s.DeleteB2BCounterparty, &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: "c"})
	s.counterparty("c", brn, false)
	refuse(t, s.GetB2BCounterpartyCertificate, get, certificateUnregistered)
}

// TestCertificates expects of each business what its constant says.
func TestCertificates(t *testing.T) {
	s := newSandbox(t)
	s.counterparty("ordinary", acme, false)
	s.counterparty("expired", registry.BRNExpiredCertificate, false)
	if !s.certificateIsValid(acme) || s.certificateIsValid(registry.BRNExpiredCertificate) {
		t.Error("the certificates of an ordinary and of the expired business are not so")
	}
	s.counterparty("unconnected", registry.BRNNotConnected, false)
	for brn, want := range map[string]portonev2.ErrorReason{registry.BRNNotConnected: notConnected, registry.MerchantBRN: counterpartyNotFound} {
		refuse(t, s.GetB2BCounterpartyCertificateRegistrationUrl, &portonev2.GetB2BCounterpartyCertificateRegistrationUrlRequest{Brn: brn}, want)
		refuse(t, s.GetB2BCounterpartyCertificate, &portonev2.GetB2BCounterpartyCertificateRequest{Brn: brn}, want)
		refuse(t, s.ValidateB2BCounterpartyCertificate, &portonev2.ValidateB2BCounterpartyCertificateRequest{Brn: brn}, want)
	}
}
