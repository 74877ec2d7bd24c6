package identity

import (
	"crypto/x509"
	"net/netip"
	"sync/atomic"
	"time"
)

// Peer is who is at the other end of a connection, as far as the connection tells. It
// is made once for a connection and is not changed; it is safe for concurrent use.
type Peer struct {
	// Cert is what a verified client certificate says; nil without one.
	Cert *Cert

	// Unix is the process at the other end of a unix socket; nil elsewhere, and where
	// the system does not tell.
	Unix *UnixPeer

	// Addr is the address at the other end of a TCP connection.
	Addr netip.Addr
}

// UnixPeer is a process at the other end of a unix socket.
type UnixPeer struct{ UID, GID uint32 }

// Cert is what counts of a client certificate whose chain was verified.
type Cert struct {
	// SPIFFE is its SPIFFE ID, where it has exactly one URI, that is one, and of a
	// trust domain for which the certificate's authority may speak.
	SPIFFE string

	// DNS are its names, where the authority may speak for names.
	DNS []string

	// Serial is the certificate's serial number in hexadecimal, for the audit.
	Serial string

	// NotAfter is when the first certificate of the chain expires.
	NotAfter time.Time

	// Chains are those that were verified, for lists of revoked certificates.
	Chains [][]*x509.Certificate

	// Checked is for whoever checks the chains again: against what it was checked last.
	// It begins as nil.
	Checked atomic.Value
}
