package upstream

import (
	"bytes"
	"log/slog"
	"strings"
	"unicode/utf8"
)

const (
	// shown is how many bytes of an unexpected response go into the log.
	shown = 256

	// alike is how many letters and digits in a row a page and the request have in
	// common before the page counts as one that repeats the request.
	alike = 6
)

// unexpected is a response that PortOne's API does not give, such as the HTML page
// of a load balancer.
type unexpected struct {
	status, size int
	begin        string // empty where it may name people or hold what is secret
}

// newUnexpected notes such a response. What looks like JSON may be half of an answer,
// and so name people; and pages of servers and firewalls may repeat the request that
// they refuse, see maySay.
func (o *outgoing) newUnexpected(status int, body []byte) *unexpected {
	u := &unexpected{status: status, size: len(body)}
	begin := bytes.TrimSpace(body[:min(len(body), shown)])
	if len(begin) > 0 && begin[0] != '{' && begin[0] != '[' && o.maySay(begin) {
		u.begin = string(bytes.ToValidUTF8(begin, nil))
	}
	return u
}

// maySay reports whether the beginning of a page may stand in the log. A page that
// answers a request with a body or a query never may: firewalls show what they found
// there, in part and in encodings of their own, and it can be a card number. Of other
// requests the page must have nothing that is secret or names anything: no header, by
// whatever name it comes back, and no piece of the secret, the key or an id.
func (o *outgoing) maySay(begin []byte) bool {
	if len(o.request.Body) > 0 || len(o.request.Query) > 0 {
		return false
	}
	lower := bytes.ToLower(begin)
	for _, word := range []string{"authorization", "idempotency", "portone "} {
		if bytes.Contains(lower, []byte(word)) {
			return false
		}
	}
	secret, err := o.client.opts.Credentials.Secret()
	if err != nil {
		return false
	}
	page := plainText(begin)
	if shares(page, secret.value) || o.request.Key != "" && shares(page, string(o.request.Key)) {
		return false
	}
	for _, id := range o.request.Call.Describe().IDs {
		if shares(page, id.Value) {
			return false
		}
	}
	return true
}

// shares reports whether a page, as plainText has it, holds a piece of a text. A text
// with fewer letters and digits than a piece has cannot be found for certain, nor can
// one with others than ASCII's, and so count as held.
func shares(page []byte, text string) bool {
	piece := plainText([]byte(text))
	if len(piece) < alike || strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return true
	}
	for i := range len(piece) - alike + 1 {
		if bytes.Contains(page, piece[i:i+alike]) {
			return true
		}
	}
	return false
}

// plainText is what no escaping changes of a text: its ASCII letters, in lower case,
// and digits.
func plainText(text []byte) []byte {
	plain := make([]byte, 0, len(text))
	for _, c := range bytes.ToLower(text) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			plain = append(plain, c)
		}
	}
	return plain
}

// logUnexpected writes down, once for a call, that PortOne did not answer as its API
// does.
func (o *outgoing) logUnexpected() {
	if u := o.past.unexpected; u != nil {
		o.client.opts.Logger.Warn("unexpected response from PortOne", slog.String("operation", o.operation()),
			slog.String("request_id", o.request.RequestID), slog.Int("attempts", o.past.sent), slog.Int("http_status", u.status),
			slog.String("begin", u.begin), slog.Int("bytes", u.size))
	}
}
