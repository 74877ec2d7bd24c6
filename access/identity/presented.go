package identity

import (
	"crypto/sha256"
	"errors"
	"net/netip"
	"strings"
)

// Headers are what a caller sent beside the message; http.Header is one.
type Headers interface {
	// Values returns the values of a header, whose name is in lower case.
	Values(name string) []string
}

// HeaderAuthorization has the caller's key or token.
const HeaderAuthorization = "authorization"

const (
	// maxToken is how long a token may be, in bytes.
	maxToken = 8 << 10

	maxKey = len(KeyPrefix) + MaxKeyID + 1 + secretLength + 1 + checksumLength
)

// Presented are the credentials of a call. That they are there says nothing of
// whether they are good.
type Presented struct {
	// KeyID and KeyHash are those of a gateway key; KeyID is empty without one.
	KeyID   string
	KeyHash KeyHash

	// Token is a JWT; empty without one.
	Token string

	// Mesh is the SPIFFE ID that a proxy of the mesh speaks for; empty without one.
	Mesh string

	// Cert and Unix are the connection's. They are nil where the connection is a
	// proxy's, which speaks for somebody else.
	Cert *Cert
	Unix *UnixPeer
}

// Proxies are whose x-forwarded-client-cert is believed: any of these.
type Proxies struct {
	SPIFFE map[string]bool
	UIDs   map[uint32]bool
	Nets   []netip.Prefix
}

// has reports whether the other end of a connection is a proxy of the mesh.
func (p *Proxies) has(peer *Peer) bool {
	switch {
	case p == nil || peer == nil:
		return false
	case peer.Cert != nil && p.SPIFFE[peer.Cert.SPIFFE]:
		return true
	case peer.Unix != nil && p.UIDs[peer.Unix.UID]:
		return true
	}
	for _, net := range p.Nets {
		if net.Contains(peer.Addr.Unmap()) {
			return true
		}
	}
	return false
}

var (
	errSeveral = errors.New("a header with credentials stands twice")
	errScheme  = errors.New("authorization is neither a gateway key nor a token")
	errSpoofed = errors.New("x-forwarded-client-cert comes from somebody else than a proxy of the mesh")
)

// Present reads the credentials of a call. Peer may be nil. Proxies are nil where the
// mesh's header is not switched on; it is not looked at then. The error is for logs
// and has nothing of the credentials.
func Present(headers Headers, peer *Peer, proxies *Proxies) (Presented, error) {
	var p Presented
	if peer != nil {
		p.Cert, p.Unix = peer.Cert, peer.Unix
	}
	if values := headers.Values(HeaderAuthorization); len(values) == 1 {
		if err := p.authorization(values[0]); err != nil {
			return p, err
		}
	} else if len(values) > 1 {
		return p, errSeveral
	}
	if proxies == nil {
		return p, nil
	}
	switch values := headers.Values(HeaderXFCC); {
	case len(values) == 0:
		return p, nil
	case !proxies.has(peer):
		return p, errSpoofed
	case len(values) > 1:
		return p, errSeveral
	default:
		uri, err := parseXFCC(values[0])
		p.Mesh, p.Cert, p.Unix = uri, nil, nil
		return p, err
	}
}

// authorization reads "PortOne <key>", as PortOne's SDKs send it, and "Bearer <key or
// token>". What comes after PortOne and is no key is a placeholder: SDKs have to send
// something also where the connection says who calls. It identifies no one, so that
// PortOne's own secrets never become keys of the gateway.
func (p *Presented) authorization(value string) error {
	scheme, text, ok := strings.Cut(value, " ")
	if !ok {
		return errScheme
	}
	isKey := strings.HasPrefix(text, KeyPrefix)
	switch {
	case strings.EqualFold(scheme, "PortOne") && !isKey:
		return nil
	case isKey && (strings.EqualFold(scheme, "PortOne") || strings.EqualFold(scheme, "Bearer")):
		id, ok := keyID(text)
		if !ok {
			return errScheme
		}
		var buffer [maxKey]byte // on the stack
		p.KeyID, p.KeyHash = id, sha256.Sum256(buffer[:copy(buffer[:], text)])
		return nil
	case strings.EqualFold(scheme, "Bearer") && len(text) <= maxToken && strings.Count(text, ".") == 2:
		p.Token = text
		return nil
	}
	return errScheme
}

// None reports whether the call presents nothing by which anybody could be known.
func (p *Presented) None() bool {
	return p.KeyID == "" && p.Token == "" && p.Mesh == "" && p.Cert == nil && p.Unix == nil
}
