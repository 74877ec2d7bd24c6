package identity

import (
	"fmt"
	"strings"
)

const (
	spiffeScheme = "spiffe://"

	// maxSPIFFE is how long an id may be, in bytes (SPIFFE-ID, section 2.3).
	maxSPIFFE = 2048
)

// CheckSPIFFE reports what is wrong with a SPIFFE ID (SPIFFE-ID, section 2).
func CheckSPIFFE(id string) error {
	_, _, err := splitSPIFFE(id)
	return err
}

// TrustDomain is the trust domain of a SPIFFE ID; empty where it is none.
func TrustDomain(id string) string {
	domain, _, err := splitSPIFFE(id)
	if err != nil {
		return ""
	}
	return domain
}

// CheckTrustDomain reports what is wrong with the name of a trust domain.
func CheckTrustDomain(domain string) error {
	if domain == "" || len(domain) > 255 {
		return fmt.Errorf("a trust domain must have 1 to 255 characters")
	}
	for i := range len(domain) {
		if c := domain[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return fmt.Errorf("a trust domain must be of a-z, 0-9, dots, - and _")
		}
	}
	return nil
}

func splitSPIFFE(id string) (domain, path string, err error) {
	rest, ok := strings.CutPrefix(id, spiffeScheme)
	if !ok {
		return "", "", fmt.Errorf("must begin with spiffe://")
	}
	if len(id) > maxSPIFFE {
		return "", "", fmt.Errorf("must have at most %d characters", maxSPIFFE)
	}
	domain, path, hasPath := strings.Cut(rest, "/")
	if err := CheckTrustDomain(domain); err != nil {
		return "", "", err
	}
	if !hasPath {
		return domain, "", nil
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", "", fmt.Errorf("must not have an empty segment, . or .. in its path")
		}
		for i := range len(segment) {
			c := segment[i]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
				return "", "", fmt.Errorf("its path must be of letters, digits, dots, - and _")
			}
		}
	}
	return domain, path, nil
}
