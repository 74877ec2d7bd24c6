package identity

import (
	"errors"
	"strings"
)

// HeaderXFCC has what Envoy and meshes of it write of the client certificate that they
// verified ("x-forwarded-client-cert" in Envoy's documentation).
const HeaderXFCC = "x-forwarded-client-cert"

// maxXFCC is how long the header may be, in bytes.
const maxXFCC = 16 << 10

var errXFCC = errors.New("x-forwarded-client-cert cannot be trusted")

// parseXFCC reads the URI of the one certificate that the header may speak of. Several
// elements, as where a proxy appends to what the client sent, several URIs, and
// whatever is not exactly of the form are errors: which of them is the client's is
// then a matter of opinion.
func parseXFCC(header string) (uri string, err error) {
	if len(header) > maxXFCC {
		return "", errXFCC
	}
	rest := header
	for {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || name == "" || strings.ContainsAny(name, ",;\"\\ ") {
			return "", errXFCC
		}
		value, after, err := xfccValue(after)
		if err != nil {
			return "", err
		}
		if strings.EqualFold(name, "URI") {
			if uri != "" || value == "" {
				return "", errXFCC
			}
			uri = value
		}
		if after == "" {
			break
		}
		if after[0] != ';' {
			return "", errXFCC // a comma: another element
		}
		rest = after[1:]
	}
	if uri == "" || CheckSPIFFE(uri) != nil {
		return "", errXFCC
	}
	return uri, nil
}

// xfccValue reads a value, which may be quoted, and returns what comes after it.
func xfccValue(text string) (value, after string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, `,;"`)
		if end < 0 {
			return text, "", nil
		}
		if text[end] == '"' {
			return "", "", errXFCC
		}
		return text[:end], text[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i == len(text) {
				return "", "", errXFCC
			}
			b.WriteByte(text[i])
		case '"':
			return b.String(), text[i+1:], nil
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "", errXFCC
}
