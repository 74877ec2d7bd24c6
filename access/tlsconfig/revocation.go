package tlsconfig

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"sync"
	"time"
)

// revocations are lists of revoked certificates.
type revocations struct {
	lists []*list

	// genuine has which lists an authority has signed, once that was looked at.
	genuine sync.Map // bool by signer
}

type list struct {
	parsed  *x509.RevocationList
	serials map[string]bool // hexadecimal
}

type signer struct {
	list   *list
	issuer string // its certificate
}

func newRevocations() *revocations { return &revocations{} }

// add reads lists, as PEM or one as DER.
func (r *revocations) add(text []byte) error {
	if !bytes.Contains(text, []byte("-----BEGIN")) {
		return r.addDER(text)
	}
	found := false
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "X509 CRL" {
			continue
		}
		if err := r.addDER(block.Bytes); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return errors.New("has no list of revoked certificates")
	}
	return nil
}

func (r *revocations) addDER(der []byte) error {
	parsed, err := x509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	l := &list{parsed, make(map[string]bool, len(parsed.RevokedCertificateEntries))}
	for _, entry := range parsed.RevokedCertificateEntries {
		l.serials[entry.SerialNumber.Text(16)] = true
	}
	r.lists = append(r.lists, l)
	return nil
}

// stale reports whether a list is past its time.
func (r *revocations) stale(now time.Time) bool {
	for _, l := range r.lists {
		if !l.parsed.NextUpdate.IsZero() && now.After(l.parsed.NextUpdate) {
			return true
		}
	}
	return false
}

// check refuses chains of which one has a certificate that is revoked.
func (r *revocations) check(chains [][]*x509.Certificate) error {
	if len(r.lists) == 0 {
		return nil
	}
	for _, chain := range chains {
		if err := r.checkChain(chain); err != nil {
			return err
		}
	}
	return nil
}

// checkChain looks for each certificate of a chain in the lists that its issuer signed.
func (r *revocations) checkChain(chain []*x509.Certificate) error {
	for i := range len(chain) - 1 {
		for _, l := range r.lists {
			if bytes.Equal(l.parsed.RawIssuer, chain[i].RawIssuer) && l.serials[chain[i].SerialNumber.Text(16)] && r.signed(l, chain[i+1]) {
				return errRevoked
			}
		}
	}
	return nil
}

// signed reports whether a list is of an authority: anybody could write one under its
// name.
func (r *revocations) signed(l *list, issuer *x509.Certificate) bool {
	k := signer{l, string(issuer.Raw)}
	if known, ok := r.genuine.Load(k); ok {
		return known.(bool)
	}
	genuine := l.parsed.CheckSignatureFrom(issuer) == nil
	r.genuine.Store(k, genuine)
	return genuine
}
