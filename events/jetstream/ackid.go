package jetstream

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/portone-gateway/portone-gateway/events/store"
)

// loan names a delivery to the server. Its text is an ack id, which comes back from
// callers, so nothing of it goes into a subject unchecked.
type loan struct {
	subscription string
	incarnation  string
	domain, hash string // of the account; both empty or neither
	attempt      uint64
	sequence     uint64 // of the message in the stream
	delivery     uint64 // of the delivery in the consumer
	at           int64  // of the message, in nanoseconds
}

// Tokens of the subject that a delivery is acknowledged at:
// $JS.ACK[.<domain>.<account>].<stream>.<consumer>.<attempt>.<sequence>.<delivery>.<time>.<pending>[.<random>]
const (
	shortTokens = 9
	longTokens  = 11
)

// readReply reads the subject that comes with a delivery.
func readReply(subject string) (l loan, pending uint64, err error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) < shortTokens || tokens[0] != "$JS" || tokens[1] != "ACK" {
		return loan{}, 0, fmt.Errorf("%w: a delivery of no known form", store.ErrUnavailable)
	}
	rest := tokens[2:]
	if len(tokens) >= longTokens {
		l.domain, l.hash, rest = rest[0], rest[1], rest[2:]
	}
	l.subscription = rest[1]
	for i, number := range []*uint64{&l.attempt, &l.sequence, &l.delivery, nil, &pending} {
		if number == nil {
			l.at, err = strconv.ParseInt(rest[2+i], 10, 64)
		} else {
			*number, err = strconv.ParseUint(rest[2+i], 10, 64)
		}
		if err != nil {
			return loan{}, 0, fmt.Errorf("%w: a delivery of no known form", store.ErrUnavailable)
		}
	}
	return l, pending, nil
}

// subject is where the loan is settled.
func (l loan) subject(stream string) string {
	account := ""
	if l.hash != "" {
		account = l.domain + "." + l.hash + "."
	}
	return fmt.Sprintf("$JS.ACK.%s%s.%s.%d.%d.%d.%d.0", account, stream, l.subscription, l.attempt, l.sequence, l.delivery, l.at)
}

// id is the loan as an ack id.
func (l loan) id() string {
	text := fmt.Sprintf("1|%s|%s|%s|%s|%d|%d|%d|%d", l.subscription, l.incarnation, l.domain, l.hash, l.attempt, l.sequence, l.delivery, l.at)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// readID reads an ack id of a subscription.
func readID(subscription, id string) (loan, error) {
	text, err := base64.RawURLEncoding.DecodeString(id)
	parts := strings.Split(string(text), "|")
	if err != nil || len(parts) != 9 || parts[0] != "1" || parts[1] != subscription {
		return loan{}, store.ErrMalformed
	}
	l := loan{subscription: parts[1], incarnation: parts[2], domain: parts[3], hash: parts[4]}
	if !isToken(l.incarnation) || (l.domain == "") != (l.hash == "") || l.hash != "" && (!isToken(l.domain) || !isToken(l.hash)) {
		return loan{}, store.ErrMalformed
	}
	for i, number := range []*uint64{&l.attempt, &l.sequence, &l.delivery} {
		if *number, err = strconv.ParseUint(parts[5+i], 10, 63); err != nil {
			return loan{}, store.ErrMalformed
		}
	}
	if l.at, err = strconv.ParseInt(parts[8], 10, 64); err != nil {
		return loan{}, store.ErrMalformed
	}
	return l, nil
}

// isToken reports whether a text is letters, digits, "_" and "-", so that it is one
// token of a subject and nothing more.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return text != "" && len(text) <= maxToken
}
